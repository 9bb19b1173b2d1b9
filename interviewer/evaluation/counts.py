"""Turns tables of counts into figures of agreement, many tables at once; never sees a label or an answer.

A table has a row for each true value and a column for each said value, both in ascending order where there is an order.
Every function takes an array `(..., rows, columns)` of tables, e.g. one for each bootstrap draw, and returns one figure
for each; nan where a table holds nothing to measure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = [
    "Floats",
    "accuracy",
    "against_rest",
    "alpha",
    "coincidences",
    "f1s",
    "kappa",
    "krippendorff_alpha",
    "macro_f1",
    "mean_distance",
    "mean_of",
    "moments",
    "ratio",
    "slope",
    "spearman",
    "table",
    "within",
]

Floats = npt.NDArray[np.float64]


def table(truth: Sequence[int], said: Sequence[int], *, values: int, columns: int = 0) -> Floats:
    """One table of pairs of codes from 0; `columns` when more can be said than can be true (abstentions, last)."""
    counts = np.zeros((values, columns or values))
    np.add.at(counts, (np.asarray(truth, dtype=int), np.asarray(said, dtype=int)), 1.0)
    return counts


def ratio(top: Floats, bottom: Floats) -> Floats:
    """`top ÷ bottom`, nan where the bottom is 0."""
    found: Floats = np.full(np.broadcast(top, bottom).shape, np.nan)
    np.divide(top, bottom, out=found, where=np.asarray(bottom) > 0)
    return found


def mean_of(values: Floats) -> Floats:
    """The mean along the last axis of what is not nan."""
    there = ~np.isnan(values)
    return ratio(np.where(there, values, 0.0).sum(-1), there.sum(-1).astype(float))


def f1s(tables: Floats) -> Floats:
    """The F1 of each value, `(..., values)`; nan for a value on neither side. A spare column counts as wrong."""
    values = tables.shape[-2]
    hits = np.diagonal(tables[..., :values], axis1=-2, axis2=-1)
    return ratio(2 * hits, tables.sum(-1) + tables[..., :values].sum(-2))


def macro_f1(tables: Floats) -> Floats:
    """The plain mean of the F1 of the values that occur on either side, as scikit-learn does by default."""
    return mean_of(f1s(tables))


def against_rest(tables: Floats, value: int) -> Floats:
    """Square tables folded to two values: the rest (0) against one value (1).

    The macro-F1 of the result is HealthBench's "balanced F1": the mean of the F1 of met and of not met.
    """
    hits = tables[..., value, value]
    misses, alarms = tables[..., value, :].sum(-1) - hits, tables[..., :, value].sum(-1) - hits
    rest = tables.sum((-1, -2)) - hits - misses - alarms
    return np.stack([np.stack([rest, alarms], -1), np.stack([misses, hits], -1)], -2)


def accuracy(tables: Floats) -> Floats:
    """Share of pairs that are the same. A spare column counts as wrong."""
    return ratio(np.diagonal(tables, axis1=-2, axis2=-1).sum(-1), tables.sum((-1, -2)))


def within(tables: Floats, steps: int) -> Floats:
    """Share of pairs at most so many values apart."""
    return ratio((tables * (_distance(tables) <= steps)).sum((-1, -2)), tables.sum((-1, -2)))


def mean_distance(tables: Floats) -> Floats:
    """How many values apart the pairs are on average: the mean absolute error of an ordered scale."""
    return ratio((tables * _distance(tables)).sum((-1, -2)), tables.sum((-1, -2)))


def kappa(tables: Floats) -> Floats:
    """Cohen's kappa with quadratic weights (Cohen 1968); nan where nothing could differ, unlike `agreement`'s."""
    square = _distance(tables) ** 2
    rows, columns = tables.sum(-1), tables.sum(-2)
    expected = np.einsum("...i,...j,ij->...", rows, columns, square)
    return 1 - ratio((tables * square).sum((-1, -2)) * tables.sum((-1, -2)), expected)


def spearman(tables: Floats) -> Floats:
    """Spearman's rank correlation of square tables, ties sharing their mean rank (Kendall 1945)."""
    rows, columns = tables.sum(-1), tables.sum(-2)
    total = tables.sum((-1, -2))[..., None]
    row_ranks, column_ranks = (m.cumsum(-1) - m / 2 - total / 2 for m in (rows, columns))
    together = np.einsum("...ij,...i,...j->...", tables, row_ranks, column_ranks)
    spread = (rows * row_ranks**2).sum(-1) * (columns * column_ranks**2).sum(-1)
    return ratio(together, np.sqrt(spread))


def coincidences(ratings: Sequence[Sequence[int | None]], values: int) -> Floats:
    """What each unit adds to Krippendorff's coincidence matrix, `(units, values, values)`.

    Args:
        ratings: For each unit, what each rater said, as codes from 0; None for a missing value.
        values: How many values the scale has.
    """
    counts = np.zeros((len(ratings), values))
    for unit, row in enumerate(ratings):
        for code in row:
            if code is not None:
                counts[unit, code] += 1
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(values)
    others = counts.sum(-1)[:, None, None] - 1
    return np.where(others > 0, pairs / np.maximum(others, 1), 0.0)


def alpha(coincidence: Floats) -> Floats:
    """Krippendorff's alpha for ordered values, of coincidence matrices (Content Analysis, 4th edition, chapter 12).

    1 − (n − 1) · Σ o(c, k) · δ²(c, k) ÷ Σ n(c) · n(k) · δ²(c, k), where δ is the number of values said from c to k,
    those at both ends counting half; nan where everything said is the same.
    """
    said = coincidence.sum(-1)
    ranks = said.cumsum(-1) - said / 2
    square = (ranks[..., :, None] - ranks[..., None, :]) ** 2
    expected = (said[..., :, None] * said[..., None, :] * square).sum((-1, -2))
    return 1 - ratio((said.sum(-1) - 1) * (coincidence * square).sum((-1, -2)), expected)


def krippendorff_alpha(ratings: Sequence[Sequence[int | None]], *, values: int) -> float:
    """Ordinal alpha of ratings as `coincidences` takes them; nan when no unit has two ratings or all are the same."""
    return float(alpha(coincidences(ratings, values).sum(0)))


def moments(x: Floats, y: Floats) -> Floats:
    """What each point adds to a regression of y on x, `(points, 5)`: 1, x, y, x·y, x²; zeros where either is nan."""
    there = ~(np.isnan(x) | np.isnan(y))
    kept_x, kept_y = np.where(there, x, 0.0), np.where(there, y, 0.0)
    return np.stack([there.astype(float), kept_x, kept_y, kept_x * kept_y, kept_x**2], -1)


def slope(sums: Floats) -> Floats:
    """The least-squares change of y for one more of x, from summed `moments` `(..., 5)`; nan where x does not vary."""
    n, x, y, xy, xx = np.moveaxis(sums, -1, 0)
    spread = n * xx - x**2
    return ratio(n * xy - x * y, np.where(spread > 1e-9 * np.maximum(1.0, n * xx), spread, 0.0))


def _distance(tables: Floats) -> Floats:
    rows, columns = (np.arange(size, dtype=float) for size in tables.shape[-2:])
    return np.abs(rows[:, None] - columns[None, :])
