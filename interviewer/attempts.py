"""Compares tries at one question: what got better, what got worse, which is best; counts nothing that is unsure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .criteria import criteria_of, graded_as
from .schema import (
    Attempt,
    Comment,
    Delivery,
    Grade,
    Interview,
    Kind,
    Marked,
    QuestionDocument,
    Record,
    Turn,
)

__all__ = [
    "Change",
    "Difference",
    "answers_in",
    "attempts_at",
    "best_of",
    "comments_on",
    "compare",
    "deliveries_in",
    "grade_id",
    "judged_among",
    "latest_at",
    "marks",
]


class Change(Record):
    """A verdict that is another one than in the attempt before."""

    kind: Kind
    criterion: str
    """Id of the criterion, or the STAR part."""
    name: str
    before: str
    """A verdict: `covered` … `missing`, a level `0` to `3`, `present`, `absent`, `told`, `left_out`."""
    after: str


class Difference(Record):
    """From one attempt to a later one."""

    better: tuple[Change, ...]
    worse: tuple[Change, ...]
    unknown: int
    """Criteria of which one of the two grades is unsure: nobody knows whether they changed."""
    band: tuple[int | None, int | None]
    same_grader: bool
    """Whether the same decider, model and document judged both; else a change may be the grader's."""


_WORTH = {"missing": 0, "partial": 1, "covered": 2, "present": 0, "absent": 1, "left_out": 0, "told": 1}


def answers_in(turns: Sequence[Turn]) -> tuple[str, ...]:
    """The candidate's words among these turns, in order."""
    return tuple(turn.text for turn in turns if turn.act == "answer")


def deliveries_in(turns: Sequence[Turn]) -> tuple[Delivery | None, ...]:
    """How each of `answers_in` sounded; None where it was typed."""
    return tuple(turn.delivery for turn in turns if turn.act == "answer")


def attempts_at(interview: Interview, question_id: str) -> tuple[Attempt, ...]:
    """Every try at a question that has an answer, the latest last."""
    earlier = [attempt for attempt in interview.attempts if attempt.question_id == question_id]
    return tuple(one for one in (*earlier, latest_at(interview, question_id)) if answers_in(one.turns))


def latest_at(interview: Interview, question_id: str) -> Attempt:
    """The try at a question that is not over, also one without an answer."""
    return Attempt(
        question_id=question_id,
        turns=tuple(turn for turn in interview.turns if turn.question_id == question_id),
        grade=interview.grades.get(question_id),
        hints=tuple(hint for hint in interview.hints if hint.question_id == question_id),
        disputes=tuple(one for one in interview.disputes if one.question_id == question_id),
        mode=interview.mode,
    )


def comments_on(interview: Interview, question_id: str, attempt: int) -> tuple[Comment, ...]:
    """What was said about one try at a question; `attempt` counts from 1."""
    return tuple(one for one in interview.comments if (one.question_id, one.attempt) == (question_id, attempt))


def grade_id(interview: Interview, question_id: str) -> str:
    """Name of a grade of the answers as they are now: of which interview, question and try, and of how many answers."""
    number = 1 + sum(attempt.question_id == question_id for attempt in interview.attempts)
    answers = sum(turn.act == "answer" and turn.question_id == question_id for turn in interview.turns)
    return ".".join([interview.id, question_id, *([f"try{number}"] if number > 1 else []), str(answers)])


def best_of(attempts: Sequence[Attempt]) -> int | None:
    """Place of the best attempt: by band, then coverage, then the later one; None when none has a band."""
    graded = [
        (attempt.grade.band, attempt.grade.coverage or 0.0, place)
        for place, attempt in enumerate(attempts)
        if attempt.grade is not None and attempt.grade.band is not None
    ]
    return max(graded)[2] if graded else None


def judged_among(attempts: Sequence[Attempt]) -> tuple[tuple[int, Grade], ...]:
    """Number, from 1, and grade of each attempt that could be judged."""
    return tuple(
        (number, one.grade)
        for number, one in enumerate(attempts, start=1)
        if one.grade is not None and one.grade.status != "unscored"
    )


def compare(before: Grade, after: Grade, document: QuestionDocument) -> Difference:
    """What changed between two grades of answers to the same question, in the document's order."""
    better: list[Change] = []
    worse: list[Change] = []
    unknown = 0
    for kind, criterion, name in criteria_of(document):
        old, new = graded_as(before, kind, criterion), graded_as(after, kind, criterion)
        if old is None or new is None:
            continue
        if not (_known(old) and _known(new)):
            unknown += 1
        elif old != new:
            change = Change(kind=kind, criterion=criterion, name=name, before=old, after=new)
            (better if _worth(new) > _worth(old) else worse).append(change)
    same = (before.decider, before.model, before.rubric_hash) == (after.decider, after.model, after.rubric_hash)
    return Difference(
        better=tuple(better), worse=tuple(worse), unknown=unknown, same_grader=same,
        band=(before.band, after.band),
    )  # fmt: skip


def _known(verdict: str) -> bool:
    return verdict not in ("unsure", "unscored")


def _worth(verdict: str) -> int:
    return int(verdict) if verdict.isdigit() else _WORTH[verdict]


# ── for a history ────────────────────────────────────────────────────────────────────────────────────


def marks(interview: Interview) -> Iterator[Marked]:
    """Every graded attempt of an interview, question by question, each with its verdicts."""
    for document in interview.questions:
        attempts = attempts_at(interview, document.id)
        for number, attempt in enumerate(attempts, start=1):
            if attempt.grade is not None:
                yield _mark(interview, document, attempt, attempt.grade, number, latest=number == len(attempts))


def _mark(
    interview: Interview, document: QuestionDocument, attempt: Attempt, grade: Grade, number: int, *, latest: bool
) -> Marked:
    at = next((turn.at for turn in attempt.turns if turn.act == "answer"), 0.0)
    return Marked(
        interview_id=interview.id,
        owner=interview.owner,
        question_id=document.id,
        question=document.question,
        role=document.role,
        function=document.function,
        themes=document.themes,
        attempt=number,
        latest=latest,
        at=at or interview.started,
        mode=attempt.mode,
        hints=len(attempt.hints),
        answers=len(answers_in(attempt.turns)),
        status=grade.status,
        band=grade.band,
        coverage=grade.coverage,
        key_points={id: verdict.verdict for id, verdict in grade.key_points.items()},
        motivations={id: verdict.level for id, verdict in grade.motivations.items()},
        red_flags={id: verdict.verdict for id, verdict in grade.red_flags.items()},
        star=dict(grade.star),
        names={f"{kind}.{id}": name for kind, id, name in criteria_of(document) if kind != "star"},
        decider=grade.decider,
        model=grade.model,
    )
