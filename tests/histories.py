"""Histories for tests: graded attempts as a store lists them, and stored interviews over several days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shipped import PROMPTS

from interviewer import scoring
from interviewer.interview import answer, begin, with_grade
from interviewer.rubric import answer_hash, rubric_hash
from interviewer.schema import (
    Grade,
    Interview,
    KeyPointVerdict,
    Marked,
    MotivationVerdict,
    QuestionDocument,
    RedFlagVerdict,
)
from interviewer.store import Store, new_id

DAY = 86_400.0
START = datetime(2026, 11, 2, 18, 0, tzinfo=UTC).timestamp()
"""A Monday evening."""


def mark(days: float = 0, *, question: str = "q1", number: int = 0, **more: Any) -> Marked:
    """One graded attempt, so many days after the start."""
    points = more.get("key_points", {})
    return Marked(
        **{
            "interview_id": f"i{days}{question}{number}",
            "question_id": question,
            "question": f"Tell me about {question}.",
            "role": "Cook",
            "function": "Kitchen",
            "themes": ("Care",),
            "attempt": 1,
            "latest": True,
            "at": START + days * DAY,
            "mode": "practice",
            "hints": 0,
            "answers": 1,
            "status": "graded",
            "band": 3,
            "coverage": 0.5,
            "key_points": points,
            "motivations": {},
            "red_flags": {},
            "star": {},
            "names": {f"key_point.{id}": f"The point {id}" for id in points},
            "decider": "builtin",
            "model": "m",
        }
        | more
    )


def marks_of(criterion: str, *verdicts: str, **more: Any) -> list[Marked]:
    """One answer a day with these verdicts on one point."""
    return [mark(day, key_points={criterion: verdict}, **more) for day, verdict in enumerate(verdicts)]


def graded(document: QuestionDocument, verdicts: Sequence[str], **more: Any) -> Grade:
    """A grade with these verdicts on the first key points, and covered ones after; band 1 to 5 by how many."""
    given = [*verdicts, *["covered"] * len(document.key_points)][: len(document.key_points)]
    points = {
        point.id: KeyPointVerdict.model_validate({"verdict": verdict})
        for point, verdict in zip(document.key_points, given, strict=True)
    }
    share = scoring.coverage(points)
    return Grade(
        **{
            "id": "",
            "question_id": document.id,
            "status": "graded",
            "key_points": points,
            "motivations": {one.id: MotivationVerdict(level=2) for one in document.motivations},
            "red_flags": {one.id: RedFlagVerdict(verdict="absent") for one in document.red_flags},
            "star": {"situation": True, "task": None, "action": True, "result": "missing" not in given},
            "coverage": share,
            "band": max(1, round(5 * (share or 0))),
            "decider": "builtin",
            "model": "scripted",
            "prompt_hash": "p",
            "rubric_hash": rubric_hash(document),
        }
        | more
    )


def answered(
    document: QuestionDocument, words: str, grade: Grade | None, days: float, *, ended: str = "done"
) -> Interview:
    """A stored interview about one question, so many days after the start."""
    at = START + days * DAY
    begun = begin([document], prompts=PROMPTS, id=new_id(), now=at)
    said = answer(begun, words, at + 60)
    if grade is not None:
        count = f"{said.id}.{document.id}.1"
        hashed = {"id": count, "answer_hash": answer_hash([words])}
        said = with_grade(said, grade.model_copy(update=hashed))
    return said.model_copy(update={"ended": ended})


WEEKS: Sequence[tuple[float, str, str]] = (
    (0, "difficult-customers", "mmpmmpmp"),
    (0.1, "mistake-at-work", "mmmpmmm"),
    (2, "difficult-customers", "mpmmcpm"),
    (3, "team-conflict", "mmpmpm"),
    (5, "mistake-at-work", "mpcmpmm"),
    (7, "difficult-customers", "cpcmpm"),
    (8, "team-conflict", "pmcmp"),
    (9, "why-this-role", "mmpmm"),
    (12, "mistake-at-work", "cpcpm"),
    (14, "difficult-customers", "ccpcm"),
    (15, "busy-shop-floor", "pmmpmm"),
    (17, "team-conflict", "cpcm"),
    (19, "why-this-role", "cpmp"),
    (20, "mistake-at-work", "ccpc"),
)
"""Three weeks: days after the start, the question, and its first points' verdicts by first letter; the rest covered."""
WEEKS_END = START + 21 * DAY
_LETTERS = {"c": "covered", "p": "partial", "m": "missing"}


def practised(store: Store, questions: Mapping[str, QuestionDocument], words: str) -> None:
    """Keeps three weeks of practice, and an interview that was left in the middle."""
    for days, question_id, letters in WEEKS:
        document = questions[question_id]
        store.save(answered(document, words, graded(document, [_LETTERS[one] for one in letters]), days))
    store.save(answered(questions["better-way"], "We had a list on paper.", None, 20.1, ended=""))
