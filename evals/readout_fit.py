"""Fits how the built-in's reading and the embedded model's join, and measures it; never asks a model.

Curve of a kind: P(level ≥ k) as a logistic function of both log-odds, by maximum likelihood of every "level ≥ k" taken
by itself, with a quadratic penalty (le Cessie and van Houwelingen 1992, "Ridge Estimators in Logistic Regression") on
what it adds to the built-in's reading, the model's log-odds measured in their standard deviation. How strong a penalty
is chosen by cross-validation over answers; the strongest leaves the built-in as it is, so few answers, or a model that
knows nothing, can't make it worse by much. Partly covered points count half as much again: there are few, and the
levels taken by themselves leave the middle one too little room. `evals/runs.md` compares some weights on dev.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evals.builtin_calibration import Numbers
from interviewer.evaluation.calibration import MOST_UNSURE, WANTED, fit_alarm, fit_threshold
from interviewer.readout import AskedKind, Curve, at_least

__all__ = [
    "FOLDS",
    "LEVELS",
    "STRENGTHS",
    "Sample",
    "Shown",
    "area",
    "fit_curve",
    "fit_kind",
    "fold_of",
    "level_of",
    "thresholds",
]

LEVELS: dict[AskedKind, int] = {"key_point": 3, "red_flag": 2}
STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0, float("inf"))
"""Of the penalty; under the last the built-in stays as it is."""
FOLDS = 5
PARTLY_COUNTS = 1.5
"""Weight of a partly covered key point in the fit; of every other verdict 1."""
RIGHT_POINTS = 0.85
"""Share of the verdicts on key points that should be right; the built-in, which is less often sure, is asked for 0.8.
At 0.8 nearly every doubtful verdict was given, and a changed answer moved many."""
_RIGHT = 0.5
"""Below this a verdict is more likely wrong than right: it isn't given, whatever was wanted of the sure ones."""
_CLEAR = 0.7
"""Below this no red flag is said to be absent: of such that are left open, three in ten or more are there."""


class Sample(NamedTuple):
    """One verdict that the model was asked about."""

    name: str
    """Of the question: `key_point.calm`."""
    answer: str
    """Id of the answer it is from."""
    reading: tuple[float, ...]
    """The built-in's probability of each level, from the lowest."""
    said: tuple[float, ...]
    """The model's, likewise."""
    level: int
    """What was settled."""


@dataclass(frozen=True)
class Shown:
    """One verdict as users would get it, before any threshold."""

    kind: AskedKind
    probabilities: tuple[float, ...]
    """Of each level, from the lowest."""
    level: int
    """What was settled."""
    answer: str
    """Id of the answer it is of."""


def fit_kind(samples: Sequence[Sample], kind: AskedKind) -> Curve:
    """The curve of a kind, its penalty chosen by cross-validation; the built-in as it is when there are no samples."""
    strength = min(STRENGTHS, key=lambda strength: _unseen_cost(samples, strength, LEVELS[kind]))
    return fit_curve(samples, strength, LEVELS[kind])


def fit_curve(samples: Sequence[Sample], strength: float, levels: int) -> Curve:
    """The likeliest curve under a penalty; a model that says "yes" where it should say "no" gets no weight."""
    if not samples or strength == float("inf"):
        return Curve(cuts=(0.0,) * (levels - 1))
    spread = float(np.std([odds for sample in samples for odds in at_least(sample.said)])) or 1.0
    theta = _ridge(samples, strength, levels, 1.0 / spread)
    if theta[1] < 0.0:
        theta = _ridge(samples, strength, levels, 0.0)
    builtin, model, *cuts = (float(value) for value in theta)
    rounded = tuple(round(cut, 4) for cut in cuts)
    return Curve(builtin=round(max(1.0 + builtin, 0.0), 4), model=round(model / spread, 4), cuts=rounded)


def _ridge(samples: Sequence[Sample], strength: float, levels: int, scale: float) -> Numbers:
    """(what is added to the built-in's weight, the weight of scale · x, the cuts), by Newton's method."""
    rows, offsets, targets, counts = [], [], [], []
    for sample in samples:
        for k, (odds, told) in enumerate(zip(at_least(sample.reading), at_least(sample.said), strict=True)):
            rows.append([odds, scale * told, *(-1.0 if k == cut else 0.0 for cut in range(levels - 1))])
            offsets.append(odds)
            targets.append(float(sample.level > k))
            counts.append(PARTLY_COUNTS if 0 < sample.level < levels - 1 else 1.0)
    x, offset, y, count = np.array(rows), np.array(offsets), np.array(targets), np.array(counts)
    theta = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-np.clip(offset + x @ theta, -30, 30)))
        slope = x.T @ (count * (p - y)) + strength * theta
        bend = (x * (count * p * (1.0 - p))[:, None]).T @ x + strength * np.eye(len(theta))
        step = np.linalg.solve(bend, slope)
        # A long step may leave the region where the curve is like its tangent.
        theta = theta - step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
    return theta


def _unseen_cost(samples: Sequence[Sample], strength: float, levels: int) -> float:
    """Mean negative log-likelihood of the verdicts on answers that the curve was not fitted on."""
    costs = []
    folds = fold_of([sample.answer for sample in samples])
    for fold in range(FOLDS):
        curve = fit_curve([s for s in samples if folds[s.answer] != fold], strength, levels)
        unseen = (s for s in samples if folds[s.answer] == fold)
        costs += [-np.log(max(curve.levels(s.reading, s.said)[s.level], 1e-9)) for s in unseen]
    return float(np.mean(costs)) if costs else 0.0


def fold_of(answers: Sequence[str]) -> dict[str, int]:
    """Which fold each answer is in; all verdicts on one answer are in the same."""
    return {answer: place % FOLDS for place, answer in enumerate(dict.fromkeys(answers))}


def thresholds(shown: Sequence[Shown]) -> dict[str, float]:
    """The least probabilities for a verdict, by the rules of `interviewer.evaluation.calibration`."""
    points = [one for one in shown if one.kind == "key_point"]
    flags = [one for one in shown if one.kind == "red_flag"]
    absent = [one for one in flags if int(np.argmax(one.probabilities)) == 0]
    there, labels = np.array([one.probabilities[-1] for one in flags]), np.array([one.level for one in flags])
    return {
        "key_point": max(_RIGHT, fit_threshold(*_sure(points), RIGHT_POINTS, MOST_UNSURE["key_point"])),
        "red_flag_present": fit_alarm([one.answer for one in flags], there, labels),
        "red_flag_absent": max(_CLEAR, fit_threshold(*_sure(absent), WANTED["absent"], MOST_UNSURE["absent"])),
    }


def _sure(shown: Sequence[Shown]) -> tuple[Numbers, NDArray[np.bool_]]:
    """The probability of each likeliest level, and whether it was settled so."""
    sure = np.array([max(one.probabilities) for one in shown])
    return sure, np.array([int(np.argmax(one.probabilities)) == one.level for one in shown], dtype=bool)


def area(shown: Sequence[Shown]) -> float:
    """Area under the ROC curve of the highest level's probability, equals counting half (Mann and Whitney 1947).

    0.5 is chance, and what is given when all were settled alike.
    """
    highest = max((len(one.probabilities) for one in shown), default=1) - 1
    there = np.array([one.probabilities[-1] for one in shown if one.level == highest])
    absent = np.array([one.probabilities[-1] for one in shown if one.level != highest])
    if not len(there) or not len(absent):
        return 0.5
    return float(np.sign(there[:, None] - absent[None, :]).mean() / 2 + 0.5)


def level_of(label: Any) -> int:
    """A label of a key point or red flag as a level, from 0."""
    levels: Mapping[Any, int] = {"missing": 0, "partial": 1, "covered": 2, "absent": 0, "present": 1}
    return levels[label]
