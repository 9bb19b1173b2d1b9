"""Tells whether an answer is in another language than English; never judges what it says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

__all__ = ["is_english"]

LEAST_WORDS = 5
SURE = 0.9
"""Probability from which another language counts as found. No answer in `evals/answers/` reaches it."""
_LETTERS = re.compile(r"[^\W\d_]+")


def is_english(answers: Sequence[str]) -> bool:
    """Whether the answers, taken together, are in English for all that can be told; a few words always are."""
    text = " ".join(answers)
    if len(_LETTERS.findall(text)) < LEAST_WORDS:
        return True
    language, probability = _identifier().classify(text.casefold())
    return bool(language == "en" or probability < SURE)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
