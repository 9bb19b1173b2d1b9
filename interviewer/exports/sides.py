"""Sets the attempts at one question side by side, and says what changed from each to the next; never judges."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from ..attempts import Difference, compare
from ..disputes import graded_as
from ..phrases import _, count_of
from ..schema import STAR_PARTS, Attempt, Grade, Kind, QuestionDocument, Record
from ..wording import STAR_NAMES, say_verdict

__all__ = ["Side", "Sides", "criteria_of", "say_difference", "side_by_side"]


class Side(Record):
    """One criterion over all graded attempts."""

    kind: Kind
    name: str
    verdicts: tuple[str, ...]
    """A key of `wording.VERDICTS` or a level, one for each attempt; empty where a grade lacks it."""
    change: str
    """From the first to the last: `better`, `worse`, `same`, or `unknown`."""


class Sides(Record):
    """The graded attempts at one question, compared."""

    attempts: tuple[int, ...]
    """Number of each."""
    rows: tuple[Side, ...]
    bands: tuple[int | None, ...]
    changes: tuple[str, ...]
    """A sentence for each step from one attempt to the next."""


def criteria_of(document: QuestionDocument) -> Iterator[tuple[Kind, str, str]]:
    """Kind, id and name of all that an answer is judged by, in the order of the rubric."""
    yield from (("red_flag", flag.id, flag.name) for flag in document.red_flags)
    yield from (("key_point", point.id, point.name) for point in document.key_points)
    yield from (("motivation", one.id, one.name) for one in document.motivations)
    yield from (("star", part, STAR_NAMES[part]) for part in STAR_PARTS)


def side_by_side(attempts: Sequence[Attempt], document: QuestionDocument) -> Sides | None:
    """The graded attempts beside each other; None when there are fewer than two."""
    graded = [
        (number, attempt.grade)
        for number, attempt in enumerate(attempts, start=1)
        if attempt.grade is not None and attempt.grade.status != "unscored"
    ]
    if len(graded) < 2:
        return None
    grades = [grade for _number, grade in graded]
    steps = itertools.pairwise(graded)
    return Sides(
        attempts=tuple(number for number, _grade in graded),
        rows=tuple(_rows(grades, document)),
        bands=tuple(grade.band for grade in grades),
        changes=tuple(
            _("From attempt {before} to {after}: {change}").format(
                before=before, after=after, change=say_difference(compare(old, new, document))
            )
            for (before, old), (after, new) in steps
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


def say_difference(found: Difference) -> str:
    """What changed, criterion by criterion, in a sentence or a few."""
    parts = []
    for changes, says in ((found.better, _("better: {names}.")), (found.worse, _("worse: {names}."))):
        names = ", ".join(
            _("{name} ({before}, now {after})").format(
                name=one.name, before=say_verdict(one.before, inside=True), after=say_verdict(one.after, inside=True)
            )
            for one in changes
        )
        if names:
            parts.append(says.format(names=names))
    if not parts:
        parts.append(_("no verdict changed."))
    if found.unknown:
        parts.append(
            count_of(
                "For {number} criterion nobody knows: one of the two grades is unsure.",
                "For {number} criteria nobody knows: one of the two grades is unsure.",
                found.unknown,
            )
        )
    before, after = found.band
    if before is not None and after is not None:
        parts.append(_("Band {before}, now {after}.").format(before=before, after=after))
    if not found.same_grader:
        parts.append(_("Two different graders judged, so a change may be the grader's."))
    return " ".join(parts)
