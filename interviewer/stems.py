"""Cuts English words down to stems so that forms of one word meet; for matching alone, never for showing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

__all__ = ["places", "stem", "stems", "telling_stems"]

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_COMMON = """
a about after all also always an and any are as at away be been bring but by call can come could day did do does each
even every few find first for from get give go good had has have he her here his how i if in into is it its job just
keep know ll look made make makes many may me might more much must my need needs new next no not now of off on one or
other our out own people put re right s same see she should show small so some somebody someone such t take takes tell
than that the their them then there these they thing things this those time to up us want wanted wants was way we well
were what when where which who why will with work would yet you your
"""


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """The word in lower case as Snowball's English stemmer leaves it: `customers` and `customer` meet."""
    return str(_stemmer().stemWord(word.casefold().replace("’", "'")))


@cache
def _stemmer() -> Any:
    from snowballstemmer.english_stemmer import EnglishStemmer

    return EnglishStemmer()


def places(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each word's stem and (start, one past the end) in the text."""
    return ((stem(word[0]), word.span()) for word in _WORD.finditer(text))


def stems(text: str) -> frozenset[str]:
    """Every word's stem."""
    return frozenset(one for one, _ in places(text))


def telling_stems(text: str) -> frozenset[str]:
    """The same without words that stand in any text."""
    return stems(text) - _TELL_NOTHING


_TELL_NOTHING = stems(_COMMON)
