"""The tab "Your job": paste an ad or a CV, and practise what fits; keeps nothing of either but the brief one allows."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import gradio as gr

from ..brief import make_brief
from ..encoder import load
from ..errors import ModelFileError
from ..fit import Ranking, rank
from ..pasted import LONGEST_PASTE
from ..phrases import _, forms_of
from ..schema import Brief, Mode
from .desk import Change, Desk
from .fits import preselect, show_brief, show_empty, show_fits, show_searching
from .frame import show_notice
from .marks import escape
from .views import QUIET, Wiring

__all__ = ["Job"]

log = logging.getLogger(__name__)

_CHOSEN = '[...document.querySelectorAll("#job-cards input:checked")].map(box => box.value).join(" ")'


class Job:
    """One tab of the start screen."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def lay_out(self) -> None:
        with gr.Tab(_("Your job"), render_children=True):
            says = _(
                "Paste a job ad, your CV or both, and practise the questions that fit. The program that serves this "
                "page reads the text to find them. It saves nothing of it, and no grade knows it."
            )
            gr.HTML(f'<p class="lead">{escape(says)}</p>', js_on_load=None)
            with gr.Row(elem_id="job-texts"):
                self.ad = _box(_("Job ad"), "job-ad")
                self.cv = _box(_("CV"), "job-cv")
            with gr.Row(elem_classes="buttons"):
                self.find = gr.Button(_("Find my questions"), variant="primary", elem_id="job-find")
                self.clear = gr.Button(_("Clear"), elem_id="job-clear")
            self.cards = gr.HTML(show_empty(), elem_id="job-cards", js_on_load=None)
            with gr.Column(elem_id="job-start"):
                self.know = gr.Checkbox(
                    label=_("Let the interviewer know the ad"), info=self.goes_to(), value=False,
                    interactive=self._listens(), elem_id="job-know",
                )  # fmt: skip
                self.brief = gr.HTML("", elem_id="job-brief", js_on_load=None)
                with gr.Row(elem_classes="buttons bar"):
                    gr.HTML(_say_ticked(), js_on_load=None)
                    self.begin = gr.Button(_("Start the interview"), variant="primary", elem_id="job-begin")
            self.told = gr.Textbox(visible="hidden")

    def wire(self, wiring: Wiring) -> None:
        texts = [self.ad, self.cv]
        self.find.click(self.search, texts, [self.cards, self.brief], trigger_mode="once", **QUIET)
        # In the browser alone: the script forgets its copy, too.
        cleared = json.dumps(["", "", "", show_empty()])
        forget = f"() => {{ sessionStorage.removeItem('interviewer-job'); return {cleared}; }}"
        self.clear.click(None, None, [self.ad, self.cv, self.brief, self.cards], js=forget, **QUIET)
        begun = f"(told, ...given) => [{_CHOSEN}, ...given]"
        self.begin.click(
            wiring.once(self.start), [self.told, wiring.mode, self.know, self.ad], wiring.whole, js=begun, **QUIET
        )

    async def search(self, ad: str | None, cv: str | None) -> AsyncIterator[tuple[str, str]]:
        """The ranked cards, and what the interviewer would know."""
        if not (ad or "").strip() and not (cv or "").strip():
            yield show_empty(), ""
            return
        yield show_searching(), ""
        try:
            ranking = await asyncio.to_thread(self._rank, ad, cv)
            brief = await asyncio.to_thread(self._brief, ad) if self._listens() else None
            yield show_fits(ranking, preselect(ranking)), show_brief(brief, self.goes_to())
        except Exception:
            # An edge: whatever was pasted stays in its box.
            log.exception("ranking failed")
            yield show_notice(_("The questions could not be ranked. Your text is still in its box."), tone="failed"), ""

    def start(self, chosen: str, mode: Mode, know: bool, ad: str | None) -> Change:
        """An interview about what is ticked; the interviewer knows the ad's brief where that is wanted."""
        ids = chosen.split()
        if not ids:
            return Change(notice=show_notice(_("Tick a question first.")))
        if not (know and (ad or "").strip() and self._listens()):
            return self.desk.begin(ids, mode=mode)
        brief = self._brief(ad)
        begun = self.desk.begin(ids, mode=mode, brief=brief)
        if brief is None or "interview" not in begun:
            return begun
        says = _("The interviewer knows a few words of the ad. {where}").format(where=self.goes_to())
        return Change(begun, notice=begun["notice"] + show_notice(says))

    def _rank(self, ad: str | None, cv: str | None) -> Ranking:
        try:
            encoder = load()
        except ModelFileError:  # words alone rank, too
            log.exception("no encoder to rank with")
            encoder = None
        return rank(self.desk.panel.library, (ad or "")[:LONGEST_PASTE], (cv or "")[:LONGEST_PASTE], encoder=encoder)

    def _brief(self, ad: str | None) -> Brief | None:
        """What the interviewer would know: of the ad alone, whatever the CV says and whatever is ticked."""
        return make_brief(ad or "", self._rank(ad, "").telling)

    def _listens(self) -> bool:
        """Whether a model interviews, which could take up the ad."""
        return self.desk.panel.interviewer.llm is not None

    def goes_to(self) -> str:
        """Where the interviewer's words of the ad go."""
        llm = self.desk.panel.interviewer.llm
        if llm is None:
            return _("No model interviews here: the follow-ups are written in the documents, and nobody would read it.")
        if llm.local:
            return _("At most 60 words of it, shown below. The interviewer's model runs on this machine.")
        return _(
            "At most 60 words of it, shown below, are sent to {host} with each follow-up question. "
            "The CV is never sent."
        ).format(host=llm.endpoint.host)


def _say_ticked() -> str:
    """The line beside the start button; the script keeps it current."""
    some, none = forms_of("{number} question ticked", "{number} questions ticked"), _("Tick a question to start.")
    return f'<p id="job-chosen" role="status" data-none="{escape(none)}" data-some="{escape(json.dumps(some))}"></p>'


def _box(label: str, place: str) -> gr.Textbox:
    return gr.Textbox(
        label=label, info=_("Stays in this tab, not saved."), lines=7, max_lines=14, elem_id=place, min_width=260
    )
