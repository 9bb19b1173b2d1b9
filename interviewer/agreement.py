"""Measures how far two sets of labels agree; never reads a file and never asks a model.

Labels come as two sequences of equal length, the reference first.
"""

from __future__ import annotations

import math
import random
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

__all__ = [
    "balanced_f1",
    "bootstrap_interval",
    "confusion",
    "f1",
    "macro_f1",
    "precision",
    "recall",
    "spearman",
    "token_iou",
    "weighted_kappa",
]

Label = TypeVar("Label", bound=Hashable)
Item = TypeVar("Item")
Span = tuple[int, int]
_WORD = re.compile(r"[^\W_]+")


def confusion(truth: Sequence[Label], said: Sequence[Label]) -> dict[tuple[Label, Label], int]:
    """How often each pair (truth, said) occurs.

    Raises:
        ValueError: the sequences differ in length.
    """
    counts: dict[tuple[Label, Label], int] = {}
    for pair in zip(truth, said, strict=True):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def precision(truth: Sequence[Label], said: Sequence[Label], *, positive: Label) -> float:
    """Share of the said positives that are true; 0 when none was said."""
    counts = confusion(truth, said)
    claimed = sum(n for (_, s), n in counts.items() if s == positive)
    return counts.get((positive, positive), 0) / claimed if claimed else 0.0


def recall(truth: Sequence[Label], said: Sequence[Label], *, positive: Label) -> float:
    """Share of the true positives that were said; 0 when there is none."""
    counts = confusion(truth, said)
    there = sum(n for (t, _), n in counts.items() if t == positive)
    return counts.get((positive, positive), 0) / there if there else 0.0


def f1(truth: Sequence[Label], said: Sequence[Label], *, positive: Label) -> float:
    """2 · hits ÷ (2 · hits + false alarms + misses); 0 when the label occurs on neither side.

    Van Rijsbergen, Information Retrieval (1979), chapter 7, as the harmonic mean of precision and recall.
    """
    counts = confusion(truth, said)
    hits = counts.get((positive, positive), 0)
    either = sum(n * ((t == positive) + (s == positive)) for (t, s), n in counts.items())
    return 2 * hits / either if either else 0.0


def macro_f1(truth: Sequence[Label], said: Sequence[Label], *, labels: Sequence[Label]) -> float:
    """The plain mean of every label's F1 (Opitz and Burst, 2019, "averaged F1"); 0 for no labels."""
    return sum(f1(truth, said, positive=label) for label in labels) / len(labels) if labels else 0.0


def balanced_f1(truth: Sequence[Label], said: Sequence[Label], *, positive: Label) -> float:
    """The mean of the F1 of one label and the F1 of all others together (HealthBench, 2025, arXiv 2505.08775)."""
    return macro_f1([t == positive for t in truth], [s == positive for s in said], labels=(True, False))


def weighted_kappa(truth: Sequence[int], said: Sequence[int]) -> float:
    """Cohen's kappa with quadratic weights (Cohen 1968, Psychological Bulletin 70(4)): 1 same, 0 as by chance.

    1 − Σ (i − j)² · observed(i, j) ÷ Σ (i − j)² · expected(i, j), expected from the margins. Where nothing could differ
    (one and the same value throughout, or no labels), 1 when the two are the same.
    """
    counts = confusion(truth, said)
    total = sum(counts.values())
    observed = sum(n * (t - s) ** 2 for (t, s), n in counts.items())
    expected = sum((t - s) ** 2 for t in truth for s in said) / total if total else 0.0
    return 1.0 - observed / expected if expected else 1.0


def spearman(x: Sequence[float], y: Sequence[float]) -> float | None:
    """Spearman's rank correlation, ties sharing their mean rank; None where either has no spread.

    Raises:
        ValueError: the sequences differ in length.
    """
    pairs = list(zip(_ranks(x), _ranks(y), strict=True))
    spread = sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs)
    return sum(a * b for a, b in pairs) / math.sqrt(spread) if spread else None


def _ranks(values: Sequence[float]) -> list[float]:
    """Each value's mean rank, less the mean of all ranks."""
    ordered = sorted(values)
    return [(bisect_left(ordered, v) + bisect_right(ordered, v) - len(ordered)) / 2 for v in values]


def token_iou(one: Iterable[Span], other: Iterable[Span], text: str) -> float:
    """Words in both sets of spans ÷ words in either; 0 when no word is touched.

    Jaccard's index on the positions of the text's words, as ERASER (DeYoung et al. 2020) compares rationales. A word is
    a run of letters and digits, and belongs to a span that holds any of its characters.

    Args:
        one: Spans as (start, end) in characters of `text`.
        other: The same.
        text: What both are in.
    """
    words = [match.span() for match in _WORD.finditer(text)]
    mine, theirs = _touched(one, words), _touched(other, words)
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else 0.0


def _touched(spans: Iterable[Span], words: Sequence[Span]) -> set[Span]:
    return {word for start, end in spans for word in words if word[0] < end and start < word[1]}


def bootstrap_interval(
    items: Sequence[Item], measure: Callable[[Sequence[Item]], float], *, draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """The 95 % percentile interval of `measure` (Efron 1979), drawing whole items, e.g. answers, with replacement.

    Args:
        items: What is drawn; everything that hangs together (one answer's verdicts) should be one item.
        measure: A figure of such a sequence.
        draws: How many samples.
        seed: Of the draws; the same seed gives the same interval.

    Raises:
        ValueError: no items.
    """
    if not items:
        raise ValueError("No items to draw from.")
    draw = random.Random(seed)  # noqa: S311 — sampling, not secrets
    figures = sorted(measure(draw.choices(items, k=len(items))) for _ in range(draws))
    return figures[int(0.025 * (draws - 1))], figures[round(0.975 * (draws - 1))]
