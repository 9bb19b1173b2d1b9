"""Histories for tests: graded attempts as a store lists them, and stored interviews over several days."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from interviewer.schema import Marked

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
