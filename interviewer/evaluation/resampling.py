"""Says how sure a figure is by drawing questions, then answers, again; never computes the figure itself.

A draw is a row of weights: how often each answer is in it. A figure that takes weights `(draws, answers)` and returns
`(draws,)` is then computed for all draws at once, from counts that are made only once.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from .counts import Floats, ratio

__all__ = ["interval", "percentile", "weigh"]


def weigh(groups: Sequence[Hashable], *, draws: int = 400, seed: int = 0) -> Floats:
    """Weights `(draws, answers)` of a two-level bootstrap (Davison and Hinkley 1997, section 3.8).

    As many questions as there are, with replacement; for each one drawn, as many of its answers as it has, with
    replacement. An answer's weight is 0, 1, 2 …; with one question only its answers are drawn.

    Args:
        groups: The question of each answer.
        draws: How many samples.
        seed: The same seed and groups give the same weights, so two graders' figures can be drawn in pairs.

    Raises:
        ValueError: no answers.
    """
    if not groups:
        raise ValueError("No answers to draw from.")
    draw = np.random.default_rng(seed)
    members: dict[Hashable, list[int]] = {}
    for answer, group in enumerate(groups):
        members.setdefault(group, []).append(answer)
    times = draw.multinomial(len(members), np.full(len(members), 1 / len(members)), size=draws)
    weights = np.zeros((draws, len(groups)))
    for group, answers in enumerate(members.values()):
        # A question drawn m times with n answers each time is m · n answers at once.
        weights[:, answers] = draw.multinomial(times[:, group] * len(answers), np.full(len(answers), 1 / len(answers)))
    return weights


def interval(drawn: Floats) -> tuple[float, float] | None:
    """The 95 % percentile interval (Efron 1979) of the draws that gave a figure; None when none did."""
    there = drawn[~np.isnan(drawn)]
    if not there.size:
        return None
    low, high = np.percentile(there, [2.5, 97.5])
    return float(low), float(high)


def percentile(values: Floats, weights: Floats, share: float) -> Floats:
    """The least value that at least `share` of the weighted values do not exceed, for each row of weights.

    Args:
        values: `(answers,)`; nan where an answer has none.
        weights: `(draws, answers)`.
        share: 0 to 1, e.g. 0.95.
    """
    order = np.argsort(np.where(np.isnan(values), np.inf, values), kind="stable")
    kept = weights[:, order] * ~np.isnan(values[order])
    total = kept.sum(-1, keepdims=True)
    reached = ratio(kept.cumsum(-1), total) >= share - 1e-12
    return np.where(total[:, 0] > 0, values[order][reached.argmax(-1)], np.nan)
