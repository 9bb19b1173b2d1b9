"""Grades by rules too simple to be a grader, as the least that one must beat; never reads an answer's meaning."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from .marks import VALUES, Kind, Marked, codes_of_labels, kind_of, words
from .records import Case

__all__ = ["LengthRule", "by_length", "by_majority", "commonest", "fit_length"]

NOMINAL: tuple[Kind, ...] = ("key_point", "red_flag", "star")
QUARTERS = (0.25, 0.5, 0.75)


class LengthRule(NamedTuple):
    """What a number of words says of an answer."""

    edges: tuple[float, ...]
    """The log2(words) up to which an answer is in the first, second and third quarter."""
    commonest: dict[Kind, tuple[int, ...]]
    """For each quarter, the code given most often."""
    lines: dict[Kind, tuple[float, float]]
    """Where log2(words) is 0, and the rise for each doubling, in values of the scale; for motivations and the band."""

    def say(self, kind: Kind, length: float) -> int | None:
        """The code for an answer of that log2(words); None for a kind never seen in training."""
        if kind in self.lines:
            start, rise = self.lines[kind]
            return min(len(VALUES[kind]) - 1, max(0, math.floor(start + rise * length + 0.5)))
        return self.commonest[kind][bisect_left(self.edges, length)] if kind in self.commonest else None


def commonest(training: Iterable[Case]) -> dict[Kind, int]:
    """For each kind, the code given most often; of equals the lower."""
    counts: dict[Kind, list[int]] = {}
    for kind, _, code in _labels(training):
        counts.setdefault(kind, []).append(code)
    return {kind: _mode(codes) for kind, codes in counts.items()}


def fit_length(training: Sequence[Case]) -> LengthRule:
    """Motivations and band: the least-squares line of the code on log2(words), rounded to the nearest code.

    The others, which a line would call partly covered throughout: the commonest code of each quarter by words.
    """
    points: dict[Kind, list[tuple[float, int]]] = {}
    for kind, case, code in _labels(training):
        points.setdefault(kind, []).append((_length(case), code))
    edges = tuple(float(q) for q in np.quantile([_length(case) for case in training], QUARTERS))
    overall = {kind: _mode([code for _, code in found]) for kind, found in points.items()}
    return LengthRule(
        edges=edges,
        commonest={
            kind: tuple(
                _mode([code for length, code in points[kind] if bisect_left(edges, length) == quarter], overall[kind])
                for quarter in range(len(edges) + 1)
            )
            for kind in NOMINAL
            if kind in points
        },
        lines={kind: _line(found) for kind, found in points.items() if kind not in NOMINAL},
    )


def by_majority(marked: Iterable[Marked], codes: Mapping[Kind, int]) -> list[Marked]:
    """The same cases with the commonest value said of every criterion."""
    return [_say(one, codes.get) for one in marked]


def by_length(marked: Iterable[Marked], rule: LengthRule) -> list[Marked]:
    """The same cases with the value that the rule gives for that many words said of every criterion of a kind."""
    return [_say(one, partial(rule.say, length=_length(one.case))) for one in marked]


def _say(one: Marked, value: Callable[[Kind], int | None]) -> Marked:
    said = {name: code for name in one.truth if (code := value(kind_of(name))) is not None}
    return Marked(one.case, {name: one.truth[name] for name in said}, said)


def _labels(cases: Iterable[Case]) -> Iterable[tuple[Kind, Case, int]]:
    for case in cases:
        for name, code in codes_of_labels(case.reference).items() if case.reference else ():
            yield kind_of(name), case, code


def _mode(codes: Sequence[int], otherwise: int = 0) -> int:
    return min(codes, key=lambda code: (-codes.count(code), code), default=otherwise)


def _length(case: Case) -> float:
    return math.log2(max(1, words(case)))


def _line(points: Sequence[tuple[float, int]]) -> tuple[float, float]:
    """Least squares; level where all are equally long."""
    x, y = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    spread = float(((x - x.mean()) ** 2).sum())
    rise = float(((x - x.mean()) * (y - y.mean())).sum()) / spread if spread else 0.0
    return float(y.mean()) - rise * float(x.mean()), rise
