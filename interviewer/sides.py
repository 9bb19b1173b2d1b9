"""Sets the attempts at one question side by side, criterion by criterion; words nothing and never judges."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from .attempts import Difference, compare, judged_among
from .criteria import criteria_of, graded_as
from .schema import Attempt, Grade, Kind, QuestionDocument, Record

__all__ = ["Side", "Sides", "Step", "side_by_side"]


class Side(Record):
    """One criterion over all graded attempts."""

    kind: Kind
    name: str
    verdicts: tuple[str, ...]
    """As `criteria.graded_as` says, one for each attempt; empty where a grade lacks it."""
    change: str
    """From the first to the last: `better`, `worse`, `same`, or `unknown`."""


class Step(Record):
    """From one graded attempt to the next."""

    before: int
    """Number of the attempt, from 1; so is the next."""
    after: int
    difference: Difference


class Sides(Record):
    """The graded attempts at one question, compared."""

    attempts: tuple[int, ...]
    """Number of each."""
    rows: tuple[Side, ...]
    bands: tuple[int | None, ...]
    steps: tuple[Step, ...]


def side_by_side(attempts: Sequence[Attempt], document: QuestionDocument) -> Sides | None:
    """The graded attempts beside each other; None when there are fewer than two."""
    judged = judged_among(attempts)
    if len(judged) < 2:
        return None
    grades = [grade for _number, grade in judged]
    return Sides(
        attempts=tuple(number for number, _grade in judged),
        rows=tuple(_rows(grades, document)),
        bands=tuple(grade.band for grade in grades),
        steps=tuple(
            Step(before=before, after=after, difference=compare(old, new, document))
            for (before, old), (after, new) in itertools.pairwise(judged)
        ),
    )


def _rows(grades: Sequence[Grade], document: QuestionDocument) -> Iterator[Side]:
    whole = compare(grades[0], grades[-1], document)
    better = {(one.kind, one.criterion) for one in whole.better}
    worse = {(one.kind, one.criterion) for one in whole.worse}
    for kind, criterion, name in criteria_of(document):
        verdicts = tuple(graded_as(grade, kind, criterion) or "" for grade in grades)
        if not any(verdicts):
            continue
        known = {verdicts[0], verdicts[-1]}.isdisjoint({"unsure", "unscored", ""})
        place = (kind, criterion)
        change = "better" if place in better else "worse" if place in worse else "same" if known else "unknown"
        yield Side(kind=kind, name=name, verdicts=verdicts, change=change)
