"""Measures how far two criteria ask for the same thing, from vectors that it is given; never loads a model.

Two key points are alike by their vectors, less what their document's other criteria have in common, and by the words
that both use and the other points don't. `evals/overlaps.py` measures how well that tells points written to overlap
from points written not to; `evals/README.md` has the figures that `MOST_ALIKE` and `LEAST_AKIN` rest on.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from .schema import KeyPoint, Motivation, QuestionDocument, RedFlag

__all__ = ["LEAST_AKIN", "MOST_ALIKE", "akin", "likenesses"]

MOST_ALIKE = 0.7
"""Two key points whose likeness reaches this are probably shown by the same sentences."""
LEAST_AKIN = 0.6
"""Two halves joined by "and" whose likeness is below this are two things rather than two words for one."""
_WEIGHT_OF_WORDS = 2.0

Floats = NDArray[np.float32]
Vector = Callable[[str], Floats]
"""What a text means, e.g. `Encoder.criterion`."""


def likenesses(document: QuestionDocument, vector: Vector) -> Iterator[tuple[KeyPoint, KeyPoint, float]]:
    """Every two key points with their likeness: about 0 for unrelated ones, at most 3."""
    vectors = {id(one): vector(_text(one)) for one in _criteria(document)}
    words = {id(point): _words(_text(point)) for point in document.key_points}
    uses = Counter(word for found in words.values() for word in found)
    for one, other in itertools.combinations(document.key_points, 2):
        pair = (id(one), id(other))
        common = np.mean(
            [v for key, v in vectors.items() if key not in pair] or [np.zeros_like(vectors[pair[0]])], axis=0
        )
        meaning = _cosine(vectors[pair[0]] - common, vectors[pair[1]] - common)
        yield one, other, meaning + _WEIGHT_OF_WORDS * _shared(words[pair[0]], words[pair[1]], uses, len(words))


def akin(one: str, other: str, vector: Vector) -> float:
    """How near two short texts are in meaning, as a cosine."""
    return _cosine(vector(one), vector(other))


def _criteria(document: QuestionDocument) -> tuple[KeyPoint | Motivation | RedFlag, ...]:
    return (*document.key_points, *document.motivations, *document.red_flags)


def _text(criterion: KeyPoint | Motivation | RedFlag) -> str:
    """What counts, without what doesn't: neither Partly nor an exception nor the lower levels."""
    named = f"{criterion.name}. {criterion.description}"
    if isinstance(criterion, KeyPoint):
        return f"{named} {criterion.covered}"
    return f"{named} {' '.join(criterion.levels[2:])}" if isinstance(criterion, Motivation) else named


def _words(text: str) -> set[str]:
    """The words of four letters or more, cut to five so that `reports` and `reported` are one."""
    return {word[:5] for word in re.findall(r"[^\W\d_]{4,}", text.casefold())}


def _shared(one: set[str], other: set[str], uses: Counter[str], points: int) -> float:
    """The weight of the words both have in that of all they have; a word weighs less the more other points use it."""

    def weight(words: set[str]) -> float:
        return sum(math.log(points / (1 + uses[word] - (word in one) - (word in other))) for word in words)

    return weight(one & other) / max(weight(one | other), 1e-9)


def _cosine(one: Floats, other: Floats) -> float:
    return float(one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-9))
