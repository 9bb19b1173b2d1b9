"""Puts an interview into words, part by part, as every readable export shows it; never formats and never judges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from ..attempts import answers_in, attempts_at, best_of, comments_on
from ..phrases import _, count_of, later
from ..retelling import tell_step
from ..schema import (
    Attempt,
    Grade,
    Interview,
    QuestionDocument,
    Record,
    Turn,
)
from ..sides import Sides, side_by_side
from ..wording import (
    MODE_NAMES,
    Segment,
    cut_answers,
    explain_band,
    number_evidence,
    say_band,
    say_making,
    say_set_aside,
    say_status,
    summarise,
)
from ..written import say_reason
from .judged import Group, groups_of

__all__ = ["Said", "Told", "ToldAttempt", "ToldQuestion", "Trust", "say_change", "say_date", "tell"]

Trust = Mapping[tuple[str, str], str]
"""How far a grader agreed with raters, in a sentence, by decider and model."""

ENDS = {
    "done": later("all questions were asked"),
    "time": later("the time was over"),
    "turns": later("it had as many answers as one interview may have"),
    "stopped": later("the candidate stopped"),
}
NOT_KNOWN = later("Nobody has noted how far this grader agrees with raters.")


class Said(Record):
    """One answer and what was asked before it."""

    asked: str
    segments: tuple[Segment, ...]
    """Of the answer; joined they are all of it."""


class ToldAttempt(Record):
    """One try at a question."""

    title: str
    """`Attempt 2 of 3`; empty when there is only one."""
    about: tuple[str, ...]
    """When, how and with how much help; short."""
    said: tuple[Said, ...]
    hints: tuple[str, ...]
    """The words of the hints that were used."""
    band: int | None
    band_name: str
    notes: tuple[str, ...]
    """Why it isn't (fully) graded, what was set aside, the counts."""
    steps: tuple[str, ...]
    """How the band came about."""
    groups: tuple[Group, ...]
    advice: tuple[str, ...]
    graded_by: str
    """What graded; empty when nothing did."""
    trust: str
    """How far to trust that."""
    comments: tuple[tuple[str, str], ...]
    """Who says what about it."""


class ToldQuestion(Record):
    """One question with every try at it that has an answer."""

    question: str
    role: str
    attempts: tuple[ToldAttempt, ...]
    best: int | None
    """Place of the best attempt; None with a single one, or none that has a band."""
    sides: Sides | None
    """The attempts compared; None when there are no two that were graded."""
    changes: tuple[str, ...]
    """What changed from each of them to the next, in a sentence or a few."""


class Told(Record):
    """One interview."""

    title: str
    facts: tuple[tuple[str, str], ...]
    """Label and value."""
    questions: tuple[ToldQuestion, ...]


def say_date(seconds: float) -> str:
    """`2026-11-26, 20:15 UTC`; a sentence where nobody noted it, or no calendar has it."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d, %H:%M} UTC" if seconds else _("not noted")
    except (ValueError, OverflowError, OSError):
        return _("not noted")


def tell(interview: Interview, trust: Trust | None = None) -> Told:
    """An interview in words.

    Args:
        interview: running or ended; with no answer at all it has no questions.
        trust: how far each grader agreed with raters.
    """
    questions = tuple(_question(interview, document, trust or {}) for document in interview.questions)
    return Told(
        title=interview.plan or ", ".join(dict.fromkeys(one.role for one in interview.questions)),
        facts=tuple(_facts(interview)),
        questions=tuple(one for one in questions if one.attempts),
    )


def _facts(interview: Interview) -> Iterator[tuple[str, str]]:
    if interview.candidate:
        yield _("Candidate"), interview.candidate
    yield _("Date"), say_date(interview.started)
    yield _("Mode"), _(MODE_NAMES[interview.mode])
    if interview.plan:
        yield _("Plan"), interview.plan
    yield _("Questions"), str(len(interview.questions))
    yield _("Interviewed by"), _interviewer(interview)
    ended = _(ENDS[interview.ended]) if interview.ended in ENDS else interview.ended
    yield _("Ended"), ended or _("it has not ended")


def _interviewer(interview: Interview) -> str:
    turns = [*interview.turns, *(turn for attempt in interview.attempts for turn in attempt.turns)]
    said_by = dict.fromkeys(turn.said_by for turn in turns if turn.speaker == "interviewer" and turn.said_by)
    models = [name for name in said_by if name != "document"]
    if not models:
        return _("the written questions and follow-ups; no model")
    return _("{models}, and the written questions").format(models=", ".join(models))


def _question(interview: Interview, document: QuestionDocument, trust: Trust) -> ToldQuestion:
    attempts = attempts_at(interview, document.id)
    told = tuple(
        _attempt(interview, document, attempt, number, len(attempts), trust)
        for number, attempt in enumerate(attempts, start=1)
    )
    sides = side_by_side(attempts, document)
    return ToldQuestion(
        question=document.question,
        role=document.role,
        attempts=told,
        best=best_of(attempts) if len(attempts) > 1 else None,
        sides=sides,
        changes=tuple(map(tell_step, sides.steps)) if sides else (),
    )


def _attempt(
    interview: Interview, document: QuestionDocument, attempt: Attempt, number: int, count: int, trust: Trust
) -> ToldAttempt:
    grade = attempt.grade
    comments = comments_on(interview, document.id, number)
    return ToldAttempt(
        title=_("Attempt {number} of {count}").format(number=number, count=count) if count > 1 else "",
        about=tuple(_about(attempt)),
        said=_said(attempt.turns, grade, document),
        hints=tuple(hint.probe.text for hint in attempt.hints),
        band=grade.band if grade else None,
        band_name=say_band(grade.band) if grade and grade.band else "",
        notes=tuple(_notes(grade)),
        steps=explain_band(grade) if grade and grade.status != "unscored" else (),
        groups=groups_of(grade, document, attempt.disputes) if grade and grade.status != "unscored" else (),
        advice=tuple(say_reason(one.text) for one in grade.advice) if grade else (),
        graded_by=say_making(grade) if grade else "",
        trust=trust.get((grade.decider, grade.model), _(NOT_KNOWN)) if grade else "",
        comments=tuple((one.author or _("A coach"), one.text) for one in comments),
    )


def _about(attempt: Attempt) -> Iterator[str]:
    answered = next((turn.at for turn in attempt.turns if turn.act == "answer"), 0.0)
    if answered:
        yield say_date(answered)
    yield _(MODE_NAMES[attempt.mode])
    yield count_of("{number} answer", "{number} answers", len(answers_in(attempt.turns)))
    if attempt.hints:
        yield count_of("{number} hint used", "{number} hints used", len(attempt.hints))


def _said(turns: Sequence[Turn], grade: Grade | None, document: QuestionDocument) -> tuple[Said, ...]:
    asked: list[str] = []
    last = ""
    for turn in turns:
        if turn.act == "answer":
            asked.append(last)
            last = ""
        elif turn.speaker == "interviewer":
            last = f"{last}\n{turn.text}" if last else turn.text
    cut = cut_answers(answers_in(turns), number_evidence(grade, document) if grade else ())
    return tuple(Said(asked=question, segments=segments) for question, segments in zip(asked, cut, strict=True))


def _notes(grade: Grade | None) -> Iterator[str]:
    if grade is None:
        yield _("Not graded.")
        return
    heading, sentence = say_status(grade)
    if heading:
        yield f"{heading}. {sentence}".strip()
    if aside := say_set_aside(grade):
        yield aside
    if summary := summarise(grade):
        yield summary


def say_change(change: str) -> str:
    """What became of a criterion from one attempt to the next: a key of `sides.CHANGES`, in a word."""
    return {"better": _("better"), "worse": _("worse"), "same": _("same"), "unknown": _("not known")}[change]
