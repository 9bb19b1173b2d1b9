"""What happens in the progress view: draws a history, begins practice, opens, grades again; knows no gradio."""

from __future__ import annotations

import logging
from asyncio import Event
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from ..attempts import attempts_at
from ..data_desk import tells_too_early
from ..errors import InterviewerError, StoreError
from ..interview import answers_to
from ..phrases import _
from ..progress import day_of, only, told
from ..rubric import answer_hash
from ..schema import Decider, Interview, Marked
from ..store import Saved
from .desk import Change, Desk
from .frame import show_failure, show_notice
from .interviews import show_interviews
from .past import History, show_empty, show_history
from .regrading import Regraded, graded_answers, graders_of, regrade, say_failed, show_regraded
from .work import until

__all__ = ["HistoryDesk"]

log = logging.getLogger(__name__)

REMEMBERED = 100
"""Tabs whose last grading again can still be taken over."""


@dataclass
class _Run:
    """Grading again in one tab."""

    stopped: Event = field(default_factory=Event)
    found: list[Regraded] = field(default_factory=list)
    whole: int = 0
    about: frozenset[str] = frozenset()
    """Ids of the interviews."""


class HistoryDesk:
    """The handlers of the progress view, for all tabs."""

    def __init__(self, desk: Desk, *, now: Callable[[], float] | None = None, zone: tzinfo | None = None) -> None:
        """`now`: what time it is; None: what the desk says. `zone`: where the candidates are; None: this machine's."""
        self._desk = desk
        self._now = now or desk.now
        self._zone = zone
        self._runs: OrderedDict[str, _Run] = OrderedDict()
        desk.also_forget.append(self._forget)

    def _forget(self, interview_ids: frozenset[str]) -> None:
        """They are deleted: no tab grades them on, or holds their words."""
        for run in self._runs.values():
            if run.about & interview_ids:
                run.stopped.set()
                run.found[:] = [one for one in run.found if one.interview.id not in interview_ids]

    def draw(self, question_id: str | None = "", role: str | None = "") -> Change:
        """The whole view: `body`, `interviews`, and the `choices` of both filters."""
        owner = self._desk.owner()
        try:
            marks, saved = self._desk.store.marks(owner), self._desk.store.saved(owner)
        except StoreError as failure:
            return Change(body=show_failure(failure, ""), interviews="")
        marks = told(marks, {one.id for one in saved if not one.ended})
        today = day_of(self._now(), self._zone)
        chosen = only(marks, question_id=question_id or "", role=role or "")
        if question_id or role:
            with_some = {one.interview_id for one in chosen}
            saved = tuple(one for one in saved if one.id in with_some)
        known = self._desk.panel.library.questions.keys()
        history = History(chosen, known, today, self._zone, question_id or "")
        return Change(
            body=show_history(history) if marks else show_empty(),
            interviews=show_interviews(_unfinished_first(saved), marks, today, self._zone),
            choices=_choices(marks),
        )

    def practise(self, what: str) -> Change:
        """A new practice interview with these questions, ids with spaces between."""
        known = self._desk.panel.library.questions
        return self._desk.begin([one for one in what.split() if one in known])

    def open(self, interview_id: str) -> Change:
        """The interview as it is: an unfinished one goes on, an ended one is read."""
        try:
            if self._loaded([interview_id]):
                return self._desk.resume({"id": interview_id})
        except StoreError as failure:
            return Change(notice=show_failure(failure, ""))
        return Change(notice=show_notice(_("There is no such interview any more.")))

    # ── grading again ────────────────────────────────────────────────────────────────────────────────

    @property
    def graders(self) -> tuple[Decider, ...]:
        """Who can grade again."""
        return graders_of(self._desk.panel)

    async def regrade(self, tab: str, grader: str | None, what: str) -> AsyncIterator[Change]:
        """These interviews' answers graded again, one after the other.

        Args:
            tab: names the tab, which grades one set at a time.
            grader: place in `graders`.
            what: ids of interviews with spaces between.
        """
        decider = self.graders[int(grader or 0)]
        try:
            answers = graded_answers(one for one in self._loaded(what.split()) if not tells_too_early(one))
        except StoreError as failure:
            yield Change(notice=show_failure(failure, ""))
            return
        if not answers:
            yield Change(notice=show_notice(_("Choose an interview with a graded answer first.")))
            return
        run = self._begin(tab, len(answers), frozenset(one.id for one, _document in answers))
        yield Change(regraded=show_regraded(run.found, run.whole, running=True), notice="")
        notice = ""
        try:
            async for one in until(run.stopped, regrade(self._desk.panel, decider, answers)):
                if one.failed:
                    notice = say_failed(one, run.whole - len(run.found))
                    break
                run.found.append(one)
                notice = self._keep(one)
                yield Change(regraded=show_regraded(run.found, run.whole, running=True, notice=notice))
        except InterviewerError as failure:
            notice = str(failure)
        except Exception:
            log.exception("grading again failed")
            notice = _("Grading again failed unexpectedly. All grades stay as they were.")
        if run.stopped.is_set():
            notice = _("You stopped it. What was graded again until then is below.")
        yield Change(regraded=show_regraded(run.found, run.whole, running=False, notice=notice))

    def stop(self, tab: str) -> Change:
        """Ends the grading that runs in this tab; what it has done stays."""
        if run := self._runs.get(tab):
            run.stopped.set()
        return Change()

    def use(self, tab: str, what: str) -> Change:
        """From now on these answers' new grades are shown: `what` is pairs of interview and question."""
        run = self._runs.get(tab)
        words = what.split()
        wanted = set(zip(words[::2], words[1::2], strict=False))
        chosen = [one for one in run.found if (one.interview.id, one.document.id) in wanted] if run else []
        if run is None or not chosen:
            return Change(notice=show_notice(_("Grade these answers again first: this page was opened anew since.")))
        said = ""
        for one in chosen:
            said = self._use(one) or said
        notice = said or _("The new grades are shown from now on. The old ones are kept.")
        shown = show_regraded(run.found, run.whole, running=False, notice=notice, used=not said)
        return Change(self.draw(), regraded=shown)

    def _begin(self, tab: str, whole: int, about: frozenset[str]) -> _Run:
        self.stop(tab)
        run = self._runs[tab] = _Run(whole=whole, about=about)
        self._runs.move_to_end(tab)
        while len(self._runs) > REMEMBERED:
            self._runs.popitem(last=False)[1].stopped.set()
        return run

    def _keep(self, one: Regraded) -> str:
        """Keeps the new grade beside the old one; why that failed, or nothing."""
        attempt = len(attempts_at(one.interview, one.document.id))
        try:
            self._desk.store.keep_grading(one.interview.id, attempt, one.after)
        except StoreError as failure:
            return _("{failure} The new grade is shown here, but it was not kept.").format(failure=failure)
        return ""

    def _use(self, one: Regraded) -> str:
        """Why the new grade can't be the one shown; empty when it is."""
        try:
            interview = self._desk.store.load(one.interview.id)
            words = answers_to(interview, one.document.id)[1]
            if answer_hash(words) != one.after.answer_hash:
                return _("Not all could be used: an answer has changed since. Grade it again.")
            self._desk.use_grade(interview, one.after)
        except StoreError as failure:
            return str(failure)
        return ""

    def _loaded(self, ids: Sequence[str]) -> list[Interview]:
        """Those that are there, and this candidate's own.

        Raises:
            StoreError: one can't be read.
        """
        owner = self._desk.owner()
        found = [self._desk.load_own(one) for one in dict.fromkeys(ids)]
        return [one for one in found if one.owner == owner]


def _unfinished_first(saved: Sequence[Saved]) -> list[Saved]:
    return sorted(saved, key=lambda one: bool(one.ended))


def _choices(marks: Sequence[Marked]) -> dict[str, list[tuple[str, str]]]:
    """(label, value) of both filters; every value stays, also one that the other filter leaves nothing of."""
    questions = {one.question_id: one.question for one in marks}
    roles = sorted({one.role for one in marks})
    return {
        "question": [(_("All"), ""), *sorted((label, id) for id, label in questions.items())],
        "role": [(_("All"), ""), *((role, role) for role in roles)],
    }
