"""Finds where another decider's reading of the same answers is the opposite; never changes a verdict."""

from __future__ import annotations

from collections.abc import Iterator

from .schema import Grade, OtherVerdict, SecondOpinion

__all__ = ["GIVEN_ON", "second_opinion"]

GIVEN_ON = frozenset({"chat", "openai", "systemone"})
"""Deciders that the built-in one has no part in: on these it is a second opinion."""
_OPPOSITE = {"covered": "missing", "missing": "covered", "present": "absent", "absent": "present"}


def second_opinion(grade: Grade, other: Grade) -> SecondOpinion | None:
    """Where the other grade's verdicts are the opposite of this one's; None when the other holds no verdict at all.

    A verdict that the other grade has is one that its decider was sure of. What either calls partly covered, unsure or
    unscored is no opposite, and levels of motivations differ by degrees.
    """
    if other.status == "unscored":
        return None
    return SecondOpinion(decider=other.decider, model=other.model, differs=tuple(_opposites(grade, other)))


def _opposites(grade: Grade, other: Grade) -> Iterator[OtherVerdict]:
    for id, point in grade.key_points.items():
        read = other.key_points.get(id)
        if read is not None and _OPPOSITE.get(point.verdict) == read.verdict:
            yield OtherVerdict.model_validate({"kind": "key_point", "criterion": id, "verdict": read.verdict})
    for id, flag in grade.red_flags.items():
        seen = other.red_flags.get(id)
        if seen is not None and _OPPOSITE.get(flag.verdict) == seen.verdict:
            yield OtherVerdict.model_validate({"kind": "red_flag", "criterion": id, "verdict": seen.verdict})
