"""Grades stored answers again with another decider and shows what that changes; never touches the grade that stands.

Both gradings are kept by the store. Which of them is shown in the interview is the candidate's choice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from ..acting import as_played
from ..attempts import Difference, compare, grade_id
from ..intake import STATES
from ..interview import answers_to
from ..panel import Panel
from ..phrases import _, count_of
from ..retelling import tell_unsure
from ..schema import Decider, Grade, Interview, QuestionDocument
from ..wording import say_status, say_verdict
from ..written import say_reason
from .marks import escape
from .past import act

__all__ = ["Regraded", "graded_answers", "graders_of", "regrade", "say_failed", "show_regraded"]

Answer = tuple[Interview, QuestionDocument]


@dataclass(frozen=True)
class Regraded:
    """One answer under two grades."""

    interview: Interview
    document: QuestionDocument
    before: Grade
    after: Grade

    @property
    def what(self) -> str:
        """Names the answer to the page: the ids of its interview and its question."""
        return f"{self.interview.id} {self.document.id}"

    @property
    def failed(self) -> bool:
        """Whether a model failed: what it left is no grade to compare with."""
        unscored = any(point.verdict == "unscored" for point in self.after.key_points.values())
        return self.after.reason not in STATES and (unscored or self.after.status == "unscored")


def graders_of(panel: Panel) -> tuple[Decider, ...]:
    """Every decider this process has, each once."""
    found = {(one.name, one.model): one for one in (panel.reader, panel.second, panel.decider) if one is not None}
    return tuple(reversed(found.values()))


def graded_answers(interviews: Iterable[Interview]) -> tuple[Answer, ...]:
    """What can be graded again: the answers to each question that have a grade."""
    return tuple(
        (interview, document)
        for interview in interviews
        for document in interview.questions
        if document.id in interview.grades and answers_to(interview, document.id)[1]
    )


async def regrade(panel: Panel, decider: Decider, answers: Sequence[Answer]) -> AsyncIterator[Regraded]:
    """Each answer under its grade and this decider's, one after the other; ends after the first that failed."""
    other = replace(panel, decider=decider, second=None)
    for interview, document in answers:
        asked, words = answers_to(interview, document.id)
        identity = grade_id(interview, document.id)  # else the page would grade once more, over the choice
        async with aclosing(other.grade(document, words, asked=asked, id=identity)) as grades:
            every = [grade async for grade in grades]
        after = every[-1] if interview.role_play is None else as_played(every[-1])
        found = Regraded(interview, document, interview.grades[document.id], after)
        yield found
        if found.failed:
            return


# ── what is shown ────────────────────────────────────────────────────────────────────────────────────


def say_failed(failed: Regraded, left: int) -> str:
    """Why grading again ended early."""
    reason = say_reason(failed.after.reason) or _("no verdict could be read")
    rest = count_of("{number} answer was not graded again.", "{number} answers were not graded again.", left)
    return _("Grading again failed: {reason} {rest} All grades stay as they were.").format(
        reason=reason if reason.endswith(".") else f"{reason}.", rest=rest
    )


def show_regraded(found: Sequence[Regraded], whole: int, *, running: bool, notice: str = "", used: bool = False) -> str:
    """Old beside new, as far as it has come.

    Args:
        found: those that did not fail.
        whole: how many answers are graded again.
        running: whether more are to come.
        notice: what else there is to say.
        used: whether the new grades are the ones shown now.
    """
    says = _("Graded again: {done} of {whole}").format(done=len(found), whole=whole)
    flag = '<i class="regrading"></i>' if running else ""
    bar = f'<progress max="{whole}" value="{len(found)}" aria-label="{escape(says)}"></progress>' if running else ""
    told = f'<p class="said">{escape(notice)}</p>' if notice else ""
    every = " ".join(one.what for one in found)
    use = "" if running or used or not found else f'<p class="acts">{_use(every, len(found))}</p>'
    return (
        f'<section class="chapter regraded">{flag}<p role="status">{escape(says)}</p>{bar}{told}'
        f"{''.join(map(_show, found))}{use}</section>"
    )


def _use(what: str, count: int) -> str:
    label = _("Use the new grade") if count == 1 else _("Use the new grades")
    says = (
        _("The old ones stay shown unless you do. Both are kept.")
        if count > 1
        else _("The old one stays shown unless you do. Both are kept.")
    )
    return f'{act("use", what, label, main=True)}<span class="quiet">{escape(says)}</span>'


def _show(one: Regraded) -> str:
    difference = compare(one.before, one.after, one.document)
    return (
        f'<article><h4>{escape(one.document.question)}</h4><p class="bands-beside">{_grade(one.before)}'
        f'<span aria-hidden="true">→</span>{_grade(one.after)}</p>{_changes(difference, one)}{_notes(difference)}'
        "</article>"
    )


def _who(grade: Grade) -> str:
    return f"{grade.decider} ({grade.model})"


def _grade(grade: Grade) -> str:
    said = _("band {band} of 5").format(band=grade.band) if grade.band else say_status(grade)[0] or _("no band")
    return f'<span><b>{escape(said)}</b> <span class="quiet">{escape(_who(grade))}</span></span>'


def _changes(difference: Difference, one: Regraded) -> str:
    if not (difference.better or difference.worse):
        return f'<p class="quiet">{escape(_("Every verdict that both are sure of is the same."))}</p>'
    heads = "".join(
        f'<th scope="col">{escape(head)}</th>'
        for head in (
            _("Criterion"),
            _("Before: {grader}").format(grader=_who(one.before)),
            _("After: {grader}").format(grader=_who(one.after)),
        )
    )
    rows = "".join(_rows(difference))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _rows(difference: Difference) -> Iterator[str]:
    for change in (*difference.worse, *difference.better):
        cells = "".join(f"<td>{escape(say_verdict(verdict))}</td>" for verdict in (change.before, change.after))
        yield f'<tr><th scope="row">{escape(change.name)}</th>{cells}</tr>'


def _notes(difference: Difference) -> str:
    said = [unsure] if (unsure := tell_unsure(difference)) else []
    if difference.same_grader:
        said.append(_("Both times the same grader: what differs is chance in its model."))
    return f'<p class="quiet">{escape(" ".join(said))}</p>' if said else ""
