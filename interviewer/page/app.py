"""Lays out the page and ties buttons to the desk; decides nothing, and keeps no state but the tab's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ..errors import InterviewerError
from ..panel import Panel
from ..phrases import _, later
from ..schema import Interview
from .author import Author, show_seen
from .away import show_away
from .browsing import Browsing, lay_out_library
from .data import DataView
from .desk import ASKS, Change, Desk
from .frame import show_failure, show_notice, show_people, show_side, show_welcome
from .group import GroupView
from .history import HistoryView
from .job import Job
from .plays import RolePlays
from .shelf import show_export_menu
from .views import QUIET, View, Wiring
from .voice import show_voice

__all__ = ["build_page"]

_SEND = later("Send answer")
_MODES = {
    "practice": later("Practice: a rubric after each answer, hints, and as many tries as you like"),
    "simulation": later("Simulation: with a clock, and no feedback until the report at the end"),
}
_FLAGS = (
    "start", "room", "filtered", "missed", "previous", "retry", "ended", "grading", "regrade", "helped", "undoable",
    "busy",
)  # fmt: skip


# What is chosen stands in the cards alone: a handler that needs it is sent it by the browser.
_CHOSEN = '[...document.querySelectorAll("#cards input:checked")].map(box => box.value).join(" ")'
_FORM = 'JSON.stringify(Object.fromEntries(new FormData(document.querySelector("#side form[data-sent]"))))'
_PLAN = 'document.querySelector("#plans input:checked")?.value || ""'


@dataclass(frozen=True)
class _Parts:
    """The page's components, by what they are for."""

    flags: dict[str, gr.HTML]
    interview: gr.State
    refused: gr.State
    kept: gr.BrowserState
    notice: gr.HTML
    library: Browsing
    back: gr.Button
    question: gr.HTML
    chat: gr.Chatbot
    hints: gr.HTML
    box: gr.Textbox
    send: gr.Button
    wait_no_more: gr.Button
    hint: gr.Button
    undo: gr.Button
    retry: gr.Button
    end: gr.Button
    leave: gr.Button
    side: gr.HTML
    stop: gr.Button
    regrade: gr.Button
    differ: gr.Button
    again: gr.Button
    better: gr.Button
    stop_better: gr.Button
    mode: gr.Radio

    def update(self, change: Change) -> dict[Any, Any]:
        """A change in gradio's words; what it doesn't name is left alone."""
        plain = {
            "interview": self.interview,
            "refused": self.refused,
            "kept": self.kept,
            "notice": self.notice,
            "chat": self.chat,
        }
        plain |= {"question": self.question, "hints": self.hints, "side": self.side}
        found: dict[Any, Any] = {part: change[name] for name, part in plain.items() if name in change}
        found |= self.library.update(change)
        if "screen" in change:
            change = Change(change, start=change["screen"] == "start", room=change["screen"] == "room")
        found |= {part: _flag(name, up=change[name]) for name, part in self.flags.items() if name in change}
        if "busy" in change:
            busy, ended = change["busy"], change.get("ended", False)
            label = _("The interviewer is speaking …") if busy else _(_SEND)
            found[self.send] = gr.update(interactive=not busy and not ended, value=label)
        box: dict[str, Any] = {"value": change["box"]} if "box" in change else {}
        if "placeholder" in change:
            box["placeholder"] = change["placeholder"]
        if "ended" in change:
            box["interactive"] = not change["ended"]
        if box:
            found[self.box] = gr.update(**box)
        return found or {self.notice: gr.skip()}  # an empty answer would empty every part


def _flag(name: str, *, up: bool) -> str:
    """The style sheet shows and hides parts by these: gradio loses what a part is told while it is not shown."""
    return f'<i class="flag-{name}"></i>' if up else ""


def build_page(
    panel: Panel,
    desk: Desk,
    author: Author | None = None,
    views: Sequence[View] | None = None,
    *,
    coach: bool = False,
) -> gr.Blocks:
    """The page, not yet served. Of the documents it holds what candidates may know, unless it is for an author.

    Args:
        panel: who interviews and who grades.
        desk: the handlers.
        author: what an author is shown; None: no such view.
        views: the start screen's further tabs; None: all there are.
        coach: whether there is a view of a group of candidates.
    """
    page: gr.Blocks
    shown = open_views(desk, coach=coach) if views is None else views
    with gr.Blocks(title="interviewer", analytics_enabled=False, fill_width=True) as page:
        parts = _lay_out(panel, shown, author=author is not None)
        wiring = _wire(page, parts, desk)
        for view in shown:
            view.wire(wiring)
        if author is not None:
            _wire_author(parts.library, author)
    # Everybody has their own interview: a limit of one would make the second tab wait for the first.
    page.queue(api_open=False, default_concurrency_limit=None)
    return page


def open_views(desk: Desk, *, coach: bool = False) -> list[View]:
    """The start screen's tabs beside the library's own, in their order."""
    group = [GroupView(desk)] if coach else []
    return [Job(desk), RolePlays(desk), HistoryView(desk), DataView(desk), *group]


def _lay_out(panel: Panel, views: Sequence[View], *, author: bool) -> _Parts:
    interview = gr.State(None)
    refused = gr.State(False)  # whether what was sent last was not taken, so that nobody speaks or grades because of it
    # Not a secret: it only scrambles what the browser keeps, and a fixed one lets a restarted page read it.
    kept = gr.BrowserState(
        {"id": "", "draft": "", "previous": ""},
        storage_key="interviewer",
        secret="interviewer",  # noqa: S106
    )
    with gr.Row(elem_id="flags"):
        # The start is there at once; whoever comes back to an interview is taken to it when the server has found it.
        flags = {name: gr.HTML(_flag(name, up=name == "start"), js_on_load=None) for name in _FLAGS}
    gr.HTML(show_people(panel.describe()), elem_id="top", js_on_load=None)
    notice = gr.HTML("", elem_id="notice", js_on_load=None)
    with gr.Column(elem_id="start"):
        gr.HTML(show_welcome(), js_on_load=None)
        back = gr.Button(_("Go on with the last one"), elem_id="back")
        mode = gr.Radio(
            [(_(_MODES["practice"]), "practice"), (_(_MODES["simulation"]), "simulation")],
            value="practice",
            label=_("How do you want to practise?"),
            elem_id="mode",
        )
        library = lay_out_library(panel.library, views, author=author)
    gr.HTML(show_away(), elem_id="away", js_on_load=None)
    with gr.Row(elem_id="room"):
        with gr.Column(elem_id="talk", scale=5, min_width=320):
            question = gr.HTML("", elem_id="question", js_on_load=None)
            chat = _chatbot()
            hints = gr.HTML("", elem_id="hints", js_on_load=None)
            box = gr.Textbox(
                label=_("Your answer"),
                placeholder=_(ASKS),
                info=_("Enter starts a new line; Shift + Enter or Ctrl + Enter sends."),
                lines=4,
                max_lines=14,
                elem_id="answer",
            )
            with gr.Row(elem_classes="buttons"):
                send = gr.Button(_(_SEND), variant="primary", elem_id="send")
                wait_no_more = gr.Button(_("Stop waiting"), elem_id="wait-no-more")
                hint = gr.Button(_("Hint"), elem_id="hint")
                undo = gr.Button(_("Take back my last answer"), elem_id="undo")
                retry = gr.Button(_("Ask again"), elem_id="retry")
                end = gr.Button(_("End the interview"), elem_id="end")
                leave = gr.Button(_("Back to the start"), elem_id="leave")
            gr.HTML(show_voice(panel.voices), elem_id="voice", js_on_load=None)
            gr.HTML(show_export_menu(), elem_id="take", js_on_load=None)
        with gr.Column(elem_id="rubrics", scale=6, min_width=320):
            with gr.Row(elem_classes="buttons"):
                stop = gr.Button(_("Stop grading"), size="sm", elem_id="stop")
                regrade = gr.Button(_("Grade again"), size="sm", elem_id="regrade")
            side = gr.HTML(show_side(None, {}, panel.library), elem_id="side", js_on_load=None)
            differ = gr.Button(_("Keep my view"), visible="hidden", elem_id="differ")
            again = gr.Button(_("Try again"), visible="hidden", elem_id="try-again")
            better = gr.Button(_("Say it better"), visible="hidden", elem_id="say-better")
            stop_better = gr.Button(_("Stop rewriting"), visible="hidden", elem_id="stop-better")
    return _Parts(
        flags, interview, refused, kept, notice, library, back, question, chat, hints, box, send, wait_no_more, hint,
        undo, retry, end, leave, side, stop, regrade, differ, again, better, stop_better, mode,
    )  # fmt: skip


def _chatbot() -> gr.Chatbot:
    # It inserts messages as HTML whatever it is told: `show_chat` escapes, and the sanitizer stays on behind that.
    return gr.Chatbot(
        label=_("Interview"),
        show_label=False,
        elem_id="chat",
        height=None,
        buttons=[],
        feedback_options=None,
        render_markdown=False,
        sanitize_html=True,
        allow_tags=False,
        latex_delimiters=[],
        group_consecutive_messages=False,
        allow_file_downloads=False,
        layout="bubble",
    )


def _wire(page: gr.Blocks, parts: _Parts, desk: Desk) -> Wiring:
    p = parts
    flags = [p.flags[name] for name in ("retry", "ended", "helped", "undoable", "busy")]
    # The side too: a simulation that ends shows its report.
    talk = [p.interview, p.refused, p.chat, p.question, p.hints, p.notice, p.box, p.send, p.side, *flags]
    rubric = [p.side, p.notice, p.flags["grading"], p.flags["regrade"]]
    shelf = [*p.library.parts, p.flags["filtered"]]
    whole = [*dict.fromkeys([*talk, *rubric, p.kept, *shelf, *p.flags.values()])]

    def once(handler: Callable[..., Change]) -> Callable[..., Any]:
        # async, though nothing waits: a plain function would run in a thread, beside the desk's event loop.
        async def handle(*given: Any) -> Any:
            return p.update(handler(*given))

        return handle

    def streamed(handler: Callable[..., AsyncIterator[Change]], **fixed: Any) -> Callable[..., Any]:
        async def handle(*given: Any) -> AsyncIterator[Any]:
            # First a change of nothing: gradio empties every part when a generator ends without a word.
            yield p.update(Change())
            async for change in handler(*given, **fixed):
                yield p.update(change)

        return handle

    def unless_refused(handler: Callable[..., AsyncIterator[Change]]) -> Callable[..., AsyncIterator[Change]]:
        async def handle(interview: Interview | None, refused: bool) -> AsyncIterator[Change]:
            if not refused:
                async for change in handler(interview):
                    yield change

        return handle

    def go_on(after: Any) -> None:
        """The interviewer speaks while the grader grades; a model that does both here speaks first, see `llm.LLM`."""
        # "multiple": a chain's event must not be dropped because its forerunner is just being stopped.
        told = [p.interview, p.refused]
        spoken = after.then(streamed(unless_refused(desk.speak)), told, talk, trigger_mode="multiple", **QUIET)
        spoken.then(streamed(desk.draw_again), p.interview, rubric, trigger_mode="multiple", **QUIET)
        after.then(streamed(unless_refused(desk.grade)), told, rubric, trigger_mode="multiple", **QUIET)

    go_on(page.load(once(desk.arrive), p.kept, whole, **QUIET))
    go_on(p.back.click(once(lambda kept: desk.resume(_previous(kept))), p.kept, whole, **QUIET))
    _wire_library(p, desk, once, shelf, whole)
    go_on(gr.on([p.send.click, p.box.submit], once(desk.submit), [p.box, p.interview, p.kept], whole, **QUIET))
    p.wait_no_more.click(once(desk.stop_waiting), p.interview, talk, **QUIET)
    p.retry.click(streamed(desk.speak), p.interview, talk, **QUIET)
    p.regrade.click(streamed(desk.grade, again=True), p.interview, rubric, **QUIET)
    p.stop.click(once(desk.stop_grading), p.interview, rubric, **QUIET)
    # The rubric's forms are HTML of ours: the script marks the one that was sent and presses this button.
    form = f"(told, ...others) => [{_FORM}, ...others]"
    seen = [p.library.told, p.interview, p.kept]
    p.differ.click(once(desk.differ), seen, whole, js=form, trigger_mode="multiple", **QUIET)
    again = '(id, ...others) => [document.getElementById("try-again").dataset.value, ...others]'
    p.again.click(once(desk.again), seen, whole, js=again, trigger_mode="multiple", **QUIET)
    asked = '(id, ...others) => [document.getElementById("say-better").dataset.value, ...others]'
    # "multiple": a second one takes the place of the first.
    p.better.click(
        streamed(desk.better.write), seen[:2], [p.side, p.notice], js=asked, trigger_mode="multiple", **QUIET
    )
    p.stop_better.click(once(desk.better.stop), p.interview, [p.side, p.notice], **QUIET)
    go_on(p.undo.click(once(desk.take_back), [p.box, p.interview, p.kept], whole, **QUIET))
    p.hint.click(once(desk.hint), [p.interview, p.kept], whole, **QUIET)
    ended = p.end.click(once(desk.finish), [p.interview, p.kept], whole, **QUIET)
    ended.then(streamed(desk.grade_played), p.interview, rubric, trigger_mode="multiple", **QUIET)
    leaving = p.leave.click(once(desk.leave), p.interview, whole, **QUIET)

    # Not `input`: gradio drops the first of these after it has set the box itself, and a paste is only one.
    p.box.change(once(desk.note_draft), [p.box, p.interview], p.notice, trigger_mode="always_last", **QUIET)
    # In the browser alone, so that words typed while the server is away survive a reload too.
    keep = "(draft, kept) => [{...kept, draft}]"
    p.box.change(None, [p.box, p.kept], p.kept, js=keep, trigger_mode="always_last", **QUIET)
    return Wiring(p.interview, p.kept, p.notice, whole, p.update, once, streamed, go_on, p.mode, leaving)


def _wire_library(p: _Parts, desk: Desk, once: Callable[..., Any], shelf: list[Any], whole: list[Any]) -> None:
    lib = p.library
    filters = [lib.words, lib.role, lib.function, lib.theme]
    sent: dict[str, Any] = {"inputs": [*filters, lib.told], "js": f"(...given) => [...given.slice(0, -1), {_CHOSEN}]"}
    browse = [lib.words.change, lib.role.input, lib.function.input, lib.theme.input]
    gr.on(browse, once(desk.browse), outputs=shelf, trigger_mode="always_last", **sent, **QUIET)
    lib.clear.click(once(desk.clear), lib.told, [*shelf, p.notice], js=f"() => [{_CHOSEN}]", **QUIET)

    def begun(handler: Callable[..., Change], **fixed: Any) -> Any:
        """A handler that begins an interview, in the mode that comes before what else it is given."""
        return once(lambda mode, *given: handler(*given, mode=mode, **fixed))

    chosen = f"(...given) => [...given.slice(0, -1), {_CHOSEN}]"
    lib.begin.click(begun(desk.begin_chosen), [p.mode, *filters, lib.told], whole, js=chosen, **QUIET)
    lib.begin_plan.click(begun(desk.begin_plan), [p.mode, lib.told], whole, js=f"(mode) => [mode, {_PLAN}]", **QUIET)
    lib.surprise.click(begun(desk.surprise), [p.mode, *filters], whole, **QUIET)
    lib.missed.click(begun(desk.surprise, weakest=True), [p.mode, *filters], whole, **QUIET)


def _wire_author(lib: Browsing, author: Author) -> None:
    async def look(question_id: str | None) -> AsyncIterator[str]:
        if not question_id:
            yield show_notice(_("Choose a question to look at."))
            return
        yield show_notice(_("The document is being read and checked …"))
        try:
            yield show_seen(await asyncio.to_thread(author, question_id))
        except InterviewerError as failure:
            yield show_failure(failure, "")

    gr.on([lib.document.input, lib.again.click], look, lib.document, lib.seen, **QUIET)


def _previous(kept: Any) -> dict[str, str]:
    return {"id": str((kept or {}).get("previous", ""))}
