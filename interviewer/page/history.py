"""Lays out the progress view and ties it to its desk: what is due, how it goes, every interview, grading again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from ..phrases import _
from .desk import Change, Desk
from .history_desk import HistoryDesk
from .views import QUIET, Wiring

__all__ = ["HistoryView"]

_CHOSEN = '[...document.querySelectorAll("#history .interviews input:checked")].map(box => box.value).join(" ")'


class HistoryView:
    """The tab "Progress"."""

    def __init__(self, desk: Desk, history: HistoryDesk | None = None) -> None:
        self._desk = history or HistoryDesk(desk)

    def lay_out(self) -> None:
        """Makes the tab and what is in it."""
        graders = [(f"{one.name} ({one.model})", str(place)) for place, one in enumerate(self._desk.graders)]
        # Rendered from the start: gradio loses what a part is told before it is.
        with gr.Tab(_("Progress"), render_children=True) as self._tab, gr.Column(elem_id="history"):
            with gr.Row(elem_classes="filters"):
                self._question = _filter(_("Question"))
                self._role = _filter(_("Role"))
            self._body = gr.HTML("", elem_id="past", js_on_load=None)
            with gr.Row(elem_classes="buttons again"):
                self._grader = gr.Dropdown(
                    graders, value="0", label=_("Who grades again"), filterable=False, min_width=200,
                    info=_("Only graders that this page has now."),
                )  # fmt: skip
                self._again = gr.Button(_("Grade the chosen again"), elem_id="past-again")
                self._stop = gr.Button(_("Stop"), elem_id="past-stop")
            self._regraded = gr.HTML("", elem_id="past-regraded", js_on_load=None)
            self._interviews = gr.HTML("", elem_id="past-interviews", js_on_load=None)
            self._acts = {
                name: gr.Button(name, visible="hidden", elem_id=f"past-{name}")
                for name in ("practise", "open", "regrade", "use")
            }
            self._told = gr.Textbox(visible="hidden")

    def wire(self, wiring: Wiring) -> None:
        """Ties its parts to its handlers."""
        filters = [self._question, self._role]
        mine = [*filters, self._body, self._interviews, self._regraded, wiring.notice]

        async def drawn(*given: Any) -> Any:
            # It reads only, and a long history takes a while: nobody else waits for it.
            return self._update(await asyncio.to_thread(self._desk.draw, *given), wiring)

        draw = {"fn": drawn, "outputs": mine}
        gr.on(
            [self._tab.select, self._question.input, self._role.input], inputs=filters, trigger_mode="always_last",
            **draw, **QUIET,
        )  # fmt: skip
        wiring.leaving.then(inputs=filters, **draw, **QUIET)
        for name, handler in (("practise", self._desk.practise), ("open", self._desk.open)):
            sent: dict[str, Any] = {"inputs": self._told, "js": f"() => [{_what(name)}]", **QUIET}
            wiring.go_on(self._acts[name].click(wiring.once(handler), outputs=wiring.whole, **sent))
        self._wire_regrading(mine, wiring)

    def _wire_regrading(self, mine: list[Any], wiring: Wiring) -> None:
        async def regrade(what: str, grader: str, request: gr.Request) -> AsyncIterator[Any]:
            yield self._update(Change(), wiring)  # gradio empties every part when a generator ends without a word
            async for change in self._desk.regrade(_tab(request), grader, what):
                yield self._update(change, wiring)

        async def stop(request: gr.Request) -> Any:
            return self._update(self._desk.stop(_tab(request)), wiring)

        async def use(what: str, request: gr.Request) -> Any:
            return self._update(self._desk.use(_tab(request), what), wiring)

        told = [self._told, self._grader]
        for button, words in ((self._acts["regrade"], _what("regrade")), (self._again, _CHOSEN)):
            button.click(
                regrade, told, mine, js=f"(told, grader) => [{words}, grader]", trigger_mode="multiple", **QUIET
            )
        self._stop.click(stop, None, mine, **QUIET)
        self._acts["use"].click(use, self._told, mine, js=f"() => [{_what('use')}]", **QUIET)

    def _update(self, change: Change, wiring: Wiring) -> dict[Any, Any]:
        """A change in gradio's words."""
        parts = {"body": self._body, "interviews": self._interviews, "regraded": self._regraded}
        found: dict[Any, Any] = {part: change[name] for name, part in parts.items() if name in change}
        for name, choices in change.get("choices", {}).items():
            found[{"question": self._question, "role": self._role}[name]] = gr.update(choices=choices)
        return {**found, **wiring.update(Change(notice=change["notice"]) if "notice" in change else Change())}


def _what(name: str) -> str:
    """What the button that was pressed last is about; the script notes it on gradio's of this name."""
    return f'document.getElementById("past-{name}").dataset.value'


def _filter(label: str) -> gr.Dropdown:
    # Not filterable: typing into it would open a phone's keyboard over the list.
    return gr.Dropdown([(_("All"), "")], value="", label=label, filterable=False, min_width=140)


def _tab(request: gr.Request) -> str:
    return str(request.session_hash)
