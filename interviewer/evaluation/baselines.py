"""Grades by rules too simple to be a grader, as the least that one must beat; never reads an answer's meaning."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .marks import KINDS, VALUES, Kind, Marked, codes_of_labels, kind_of, words
from .records import Case

__all__ = ["by_length", "by_majority", "commonest", "fit_length"]

Line = tuple[float, float]
"""Where log2(words) is 0, and the rise for each doubling, in values of the scale."""


def commonest(training: Iterable[Case]) -> dict[Kind, int]:
    """For each kind, the code given most often; of equals the lower."""
    counts: dict[Kind, Counter[int]] = {kind: Counter() for kind in KINDS}
    for kind, _, code in _labels(training):
        counts[kind][code] += 1
    return {kind: min(found, key=lambda code: (-found[code], code)) for kind, found in counts.items() if found}


def fit_length(training: Sequence[Case]) -> dict[Kind, Line]:
    """For each kind, the least-squares line of the code on log2(words); level where all are equally long."""
    points: dict[Kind, list[tuple[float, int]]] = {kind: [] for kind in KINDS}
    for kind, case, code in _labels(training):
        points[kind].append((_length(case), code))
    return {kind: _line(found) for kind, found in points.items() if found}


def by_majority(marked: Iterable[Marked], codes: Mapping[Kind, int]) -> list[Marked]:
    """The same cases with the commonest value said of every criterion."""
    return [_say(one, codes) for one in marked]


def by_length(marked: Iterable[Marked], lines: Mapping[Kind, Line]) -> list[Marked]:
    """The same cases with the value, for every criterion of a kind, that the line gives for that many words."""
    return [
        _say(one, {kind: _nearest(kind, start + rise * _length(one.case)) for kind, (start, rise) in lines.items()})
        for one in marked
    ]


def _say(one: Marked, values: Mapping[Kind, int]) -> Marked:
    said = {name: values[kind_of(name)] for name in one.truth if kind_of(name) in values}
    return Marked(one.case, {name: one.truth[name] for name in said}, said)


def _labels(cases: Iterable[Case]) -> Iterable[tuple[Kind, Case, int]]:
    for case in cases:
        for name, code in codes_of_labels(case.reference).items() if case.reference else ():
            yield kind_of(name), case, code


def _length(case: Case) -> float:
    return math.log2(max(1, words(case)))


def _line(points: Sequence[tuple[float, int]]) -> Line:
    x, y = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    spread = float(((x - x.mean()) ** 2).sum())
    rise = float(((x - x.mean()) * (y - y.mean())).sum()) / spread if spread else 0.0
    return float(y.mean()) - rise * float(x.mean()), rise


def _nearest(kind: Kind, value: float) -> int:
    return min(len(VALUES[kind]) - 1, max(0, math.floor(value + 0.5)))
