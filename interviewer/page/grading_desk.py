"""Grading on the page: the rubric as it fills in, stopped, shown; and another view of a verdict, kept beside it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing

from ..acting import as_played
from ..attempts import grade_id
from ..disputes import dispute, with_dispute, without_dispute
from ..errors import DisputeError, InterviewerError
from ..grading import worth_repeating
from ..interview import answers_to
from ..phrases import _, later, lowered
from ..schema import Dispute, Grade, Interview, QuestionDocument
from ..wording import count_criteria, say_band, say_status
from .change import Change
from .differ import Refusal, Sent, read_sent
from .frame import hidden_until_the_end, overlay, show_failure
from .library_desk import LibraryDesk
from .room import BEING_GRADED, KEPT, failed, gradable, last_answered
from .work import Work, newest, until

__all__ = ["GradingDesk"]

log = logging.getLogger(__name__)


class GradingDesk(LibraryDesk):
    """The handlers of the rubric."""

    async def grade(self, interview: Interview | None, again: bool = False) -> AsyncIterator[Change]:
        """The rubric of the question last answered, as it fills in; not judged twice unless asked to."""
        document = last_answered(interview)
        if interview is None or document is None or not gradable(interview):
            return
        asked, answers = answers_to(interview, document.id)
        identity = grade_id(interview, document.id)
        work = self._works.of(interview)
        before = work.grades.get(document.id, interview.grades.get(document.id))
        if before is not None and before.id == identity and not again:
            yield self._graded(interview, before)
            return
        stopped = work.take_grading()
        latest: Grade | None = None
        grades = self.panel.grade(document, answers, asked=asked, id=identity)
        try:
            async for latest in until(stopped, newest(_noted(grades, interview, work, stopped), self._pause)):
                yield self._filling(interview, document, before, latest)
        except InterviewerError as failure:
            yield self._ungraded(interview, show_failure(failure, _(KEPT)))
            return
        except Exception:
            log.exception("grading failed")
            yield self._ungraded(interview, failed(_("Grading failed unexpectedly.")))
            return
        if stopped.is_set():
            return  # by the candidate, who has been shown what there is, or by a newer answer
        work.coming = None
        if latest is not None:
            work.grades[document.id] = latest
            self._keeping.save_work(interview)
            yield self._graded(interview, latest)

    async def grade_played(self, interview: Interview | None) -> AsyncIterator[Change]:
        """The rubric of a role-play that the candidate has ended; an answer's is on its way already, or there."""
        played = interview is not None and interview.role_play is not None
        async for change in self.grade(interview) if played else self.draw_again(interview):
            yield change

    async def draw_again(self, interview: Interview | None) -> AsyncIterator[Change]:
        """The side of an interview that is over: a grade that came meanwhile may have reached the browser first."""
        if interview is not None and interview.ended and self._works.of(interview).grades:
            yield self._report(interview)

    def stop_grading(self, interview: Interview | None) -> Change:
        """Grading was stopped: what was judged until then stands, without a band."""
        if interview is None:
            return Change(grading=False)
        work = self._works.of(interview)
        work.take_grading()
        if work.coming is not None:
            stopped = work.coming.model_copy(update={"id": "", "reason": later("You stopped the grading.")})
            work.grades[stopped.question_id] = stopped
            work.coming = None
        again = last_answered(interview) is not None
        return Change(side=self._side(interview, status=_("Grading stopped.")), grading=False, regrade=again)

    def _filling(self, interview: Interview, document: QuestionDocument, before: Grade | None, grade: Grade) -> Change:
        if self._hidden(interview):
            return Change()
        if grade.status == "unscored" and before is None:
            return Change(grading=True, regrade=False)  # nothing to see yet, and no criterion to reveal
        side = self._side(
            interview,
            {document.id: overlay(before, grade)},
            grading=document.id,
            progress=count_criteria(grade, document),
            status=_(BEING_GRADED),
        )
        return Change(side=side, grading=True, regrade=False)

    def _graded(self, interview: Interview, grade: Grade) -> Change:
        if self._hidden(interview):
            return Change(grading=False, regrade=False)
        interview = self._keeping.further(interview) or interview
        heading = say_status(grade)[0]
        said = lowered(heading)
        if grade.band:
            said = _("band {band} of 5, {word}").format(band=grade.band, word=say_band(grade.band))
        status = _("Your rubric is ready: {said}.").format(said=said)
        side = self._side(interview, {grade.question_id: grade}, status=status)
        return Change(side=side, grading=False, regrade=worth_repeating(grade))

    def _hidden(self, interview: Interview) -> bool:
        """Whether the grade must not be shown: it may have taken longer than the simulation lasted."""
        return hidden_until_the_end(interview) and hidden_until_the_end(self._keeping.further(interview) or interview)

    def _ungraded(self, interview: Interview, notice: str) -> Change:
        return Change(side=self._side(interview), notice=notice, grading=False, regrade=True)

    # ── seeing it differently ────────────────────────────────────────────────────────────────────────

    def differ(self, told: str, interview: Interview | None, kept: Mapping[str, object] | None) -> Change:
        """Takes down, or takes back, another view of a verdict; the grade stays as it is."""
        found = self._found(interview, kept)
        if isinstance(found, Change):
            return found
        work = self._keeping.work(found)
        try:
            sent = read_sent(told)
        except DisputeError as failure:
            return Change(notice=show_failure(failure, ""))
        try:
            work.disputes = _disputes_after(sent, work.merge(found))
        except DisputeError as failure:
            return Change(side=self._drawn(found, refusal=Refusal(sent, str(failure))))
        says = _("Your view is taken back.") if sent.act == "undo" else _("Your view is kept beside the grader’s.")
        return Change(side=self._drawn(found, status=says), notice=self._keeping.save_disputes(found))


async def _noted(
    grades: AsyncGenerator[Grade], interview: Interview, work: Work, stopped: asyncio.Event
) -> AsyncGenerator[Grade]:
    """The grades as they come, each remembered at once: stopped, the grading leaves all that was judged."""
    async with aclosing(grades):
        async for grade in grades:
            if stopped.is_set():
                return
            work.coming = as_played(grade) if interview.role_play is not None else grade
            yield work.coming


def _disputes_after(sent: Sent, interview: Interview) -> tuple[Dispute, ...]:
    """The disputes once what was sent is taken down or back.

    Raises:
        DisputeError: it can't be.
    """
    if sent.act == "undo":
        return without_dispute(interview.disputes, sent.question_id, sent.kind, sent.criterion)
    if not sent.criterion:
        raise DisputeError(_("Choose the red flag that is there."))
    grade = interview.grades.get(sent.question_id)
    if grade is None:
        raise DisputeError(_("That answer has no rubric: reload the page and try again."))
    _asked, answers = answers_to(interview, sent.question_id)
    new = dispute(grade, answers, sent.kind, sent.criterion, verdict=sent.verdict, words=sent.words)
    return with_dispute(interview.disputes, new)
