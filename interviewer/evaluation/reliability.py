"""Compares how sure a grader says it is with how often it is right; never judges an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .counts import Floats, ratio

__all__ = ["Point", "bin_edges", "bin_sums", "calibration_error", "expected_calibration_error", "reliability_curve"]


class Point(NamedTuple):
    """One bin of a reliability curve."""

    n: int
    confidence: float
    """Mean probability of the verdicts in it."""
    right: float
    """Share of them that are right."""


def bin_edges(confidence: Floats, bins: int = 10) -> Floats:
    """The upper edges of equal-mass bins, ascending: the quantiles at 1/bins, 2/bins …, equal ones once.

    Equal probabilities always share a bin, so there are fewer bins than asked for where many are the same.
    """
    wanted = np.arange(1, bins + 1) / bins
    return np.unique(np.quantile(confidence, wanted, method="inverted_cdf")) if confidence.size else np.zeros(0)


def bin_sums(confidence: Floats, right: Floats, edges: Floats) -> Floats:
    """For each bin, (how many, sum of confidence, how many right), `(bins, 3)`; a value on an edge is below it."""
    sums = np.zeros((len(edges), 3))
    if confidence.size:
        places = np.minimum(np.searchsorted(edges, confidence, side="left"), len(edges) - 1)
        np.add.at(sums, places, np.stack([np.ones_like(confidence), confidence, right.astype(float)], -1))
    return sums


def calibration_error(sums: Floats) -> Floats:
    """Expected calibration error of `bin_sums` `(..., bins, 3)`: Σ n · |mean confidence − share right| ÷ Σ n.

    Naeini, Cooper and Hauskrecht 2015 (AAAI), with the equal-mass bins of Nixon et al. 2019.
    """
    return ratio(np.abs(sums[..., 1] - sums[..., 2]).sum(-1), sums[..., 0].sum(-1))


def expected_calibration_error(confidence: Sequence[float], right: Sequence[bool], *, bins: int = 10) -> float:
    """The error of probabilities of the likeliest values; nan for none.

    Raises:
        ValueError: the sequences differ in length.
    """
    return float(calibration_error(_summed(confidence, right, bins)))


def reliability_curve(confidence: Sequence[float], right: Sequence[bool], *, bins: int = 10) -> tuple[Point, ...]:
    """Confidence against correctness, bin by bin, from the least sure."""
    return tuple(Point(int(n), c / n, r / n) for n, c, r in _summed(confidence, right, bins).tolist() if n)


def _summed(confidence: Sequence[float], right: Sequence[bool], bins: int) -> Floats:
    if len(confidence) != len(right):
        raise ValueError("As many probabilities as verdicts are needed.")
    sure = np.asarray(confidence, dtype=float)
    return bin_sums(sure, np.asarray(right, dtype=float), bin_edges(sure, bins))
