"""Cuts English words down to stems so that forms of one word meet; rough, for matching alone, never for showing."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
_LONG_ENDINGS = ("ations", "ation", "ingly", "ments", "ment", "ness", "ities", "ity", "ings")
_SHORT_ENDINGS = ("ing", "ies", "ied", "edly", "ers", "er", "ed", "es", "ly", "s", "e", "y")
_LEAST_LEFT = {"ing": 3, "ed": 3, "es": 3, "ly": 3, "s": 3, "e": 3, "y": 3}


def stem(word: str) -> str:
    """The word in lower case without its ending: `customers` and `customer` meet."""
    plain = word.casefold().replace("’", "'").removesuffix("'s")
    for ending in (*_LONG_ENDINGS, *_SHORT_ENDINGS):
        if plain.endswith(ending) and len(plain) - len(ending) >= _LEAST_LEFT.get(ending, 4):
            plain = plain.removesuffix(ending)
            break
    # stopped, stopping: but press and fill keep their letters
    return plain[:-1] if len(plain) > 3 and plain[-1] == plain[-2] and plain[-1] not in "sl" else plain


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
