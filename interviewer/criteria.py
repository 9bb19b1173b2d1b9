"""Goes through all that an answer is judged by, in the order of the rubric, and looks up verdicts; never judges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .phrases import _, later
from .schema import (
    STAR_PARTS,
    Grade,
    KeyPointVerdict,
    Kind,
    MotivationVerdict,
    QuestionDocument,
    Quote,
    RedFlagVerdict,
)
from .scoring import NOT_JUDGED
from .written import NO_WORDS, NOT_SURE, SAMPLES, holds

__all__ = [
    "Criterion",
    "Judged",
    "criteria_of",
    "graded_as",
    "judged_on",
    "not_judged",
    "quotes_on",
    "said_unsure",
    "say_part",
    "sign_of",
]

_STAR_NAMES = {
    "situation": later("Situation"),
    "task": later("Task"),
    "action": later("Action"),
    "result": later("Result"),
}
_LEVELS = ("missing", "partial", "partial", "covered")

Judged = KeyPointVerdict | MotivationVerdict | RedFlagVerdict


def say_part(part: str) -> str:
    """The name of a STAR part; anything else stays as it is."""
    return _(_STAR_NAMES.get(part, part))


class Criterion(NamedTuple):
    """One thing an answer is judged by."""

    kind: Kind
    id: str
    """For STAR the part."""
    name: str


def criteria_of(document: QuestionDocument) -> Iterator[Criterion]:
    """All that an answer is judged by, in the order of the rubric."""
    yield from (Criterion("red_flag", flag.id, flag.name) for flag in document.red_flags)
    yield from (Criterion("key_point", point.id, point.name) for point in document.key_points)
    yield from (Criterion("motivation", one.id, one.name) for one in document.motivations)
    yield from (Criterion("star", part, say_part(part)) for part in STAR_PARTS)


def graded_as(grade: Grade, kind: Kind, criterion: str) -> str | None:
    """The grader's verdict, as `disputes.CHOICES` has them, `unsure` or `unscored`; None: there is none."""
    if kind == "star":
        told = [there for part, there in grade.star.items() if part == criterion]
        return {True: "told", False: "left_out", None: "unsure"}[told[0]] if told else None
    found = judged_on(grade, kind, criterion)
    if isinstance(found, MotivationVerdict):
        return str(found.level) if found.level is not None else "unsure" if said_unsure(found) else "unscored"
    return None if found is None else found.verdict


def judged_on(grade: Grade, kind: Kind, criterion: str) -> Judged | None:
    """The whole judgement of a criterion; None where there is none, and for STAR, which has only a word."""
    match kind:
        case "key_point":
            return grade.key_points.get(criterion)
        case "motivation":
            return grade.motivations.get(criterion)
        case "red_flag":
            return grade.red_flags.get(criterion)
        case "star":
            return None


def quotes_on(grade: Grade, kind: Kind, criterion: str) -> tuple[Quote, ...]:
    """The words that a verdict rests on."""
    if kind == "star":
        return next((quotes for part, quotes in grade.star_quotes.items() if part == criterion), ())
    found = judged_on(grade, kind, criterion)
    return found.quotes if found else ()


def said_unsure(found: MotivationVerdict) -> bool:
    """Whether a motivation has no level because its decider was unsure, not because there was no usable decision."""
    told = found.unsure or found.probability is not None or holds(found.reason, SAMPLES, NOT_SURE, NO_WORDS)
    return found.level is None and told and not not_judged(found)


def not_judged(verdict: Judged) -> bool:
    """Whether the decider hasn't said anything about this criterion (yet)."""
    given = verdict.level is not None if isinstance(verdict, MotivationVerdict) else verdict.verdict != "unscored"
    return not given and verdict.reason in ("", NOT_JUDGED)


def sign_of(verdict: str) -> str:
    """The verdict whose sign stands for this one: itself, or for a level the nearest."""
    return _LEVELS[int(verdict)] if verdict.isdigit() else verdict
