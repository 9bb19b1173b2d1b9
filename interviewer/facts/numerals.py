"""Reads the numbers in English text, in digits and in words, as values; never adds anything up.

`two hundred and fifty`, `250` and `250.0` are one value; so are `3rd` and `third`, `half` and `0.5`, `twice` and `2`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

__all__ = ["read_number"]

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {
    **{word: value for value, word in enumerate(f"{_UNITS} seventeen eighteen nineteen".split())},
    **{word: value for value, word in enumerate(_ORDINALS.split())},
    **{f"{word}th": value for value, word in enumerate(_UNITS.split()) if value > 12},
    "seventeenth": 17,
    "eighteenth": 18,
    "nineteenth": 19,
    **{word: value for value, word in zip(range(20, 100, 10), _TENS.split(), strict=True)},
    **{f"{word[:-1]}ieth": value for value, word in zip(range(20, 100, 10), _TENS.split(), strict=True)},
}
_LARGE = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "dozen": 12}
_LARGE |= {"hundredth": 100, "thousandth": 1000, "millionth": 10**6, "k": 1000}
_WORDS = {
    "half": "0.5", "halves": "0.5", "halved": "0.5", "quarter": "0.25", "quarters": "0.25", "twice": "2", "thrice": "3",
    "double": "2", "doubled": "2", "triple": "3", "tripled": "3", "couple": "2", "pair": "2", "both": "2",
    "thirds": "3", "fifths": "5",
}  # fmt: skip
_DIGITS = re.compile(r"\d+(?:[.,:/]\d+)*")


def read_number(words: Sequence[str], place: int) -> tuple[str, int]:
    """The number that begins at `words[place]`, and how many words it takes; an empty value where none does.

    Args:
        words: folded words, digits apart from letters: `3`, `rd`; a time or date as it is written, `10:30`.
        place: where to look.

    Returns:
        A value that equal numbers share, such as `250` or `0.5`, and a count of words; `("", 0)`.
    """
    word = words[place]
    if word in _WORDS:
        return _WORDS[word], 1
    if _DIGITS.fullmatch(word):
        large = _LARGE.get(words[place + 1]) if place + 1 < len(words) else None
        value = _plain(word)
        return (_text(Decimal(value) * large), 2) if large and _is_decimal(value) else (value, 1)
    if len(word) == 1 and unicodedata.numeric(word, None) is not None:
        return _text(Decimal(str(unicodedata.numeric(word)))), 1
    return _in_words(words, place)


def _plain(digits: str) -> str:
    """`1,000` is 1000, `2.50` is 2.5; what is no such number, such as a date, stays as it is written."""
    try:
        return _text(Decimal(re.sub(r",(?=\d{3}(?:\D|$))", "", digits)))
    except InvalidOperation:
        return digits


def _is_decimal(value: str) -> bool:
    return value.replace(".", "", 1).isdigit()


def _text(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"


def _in_words(words: Sequence[str], place: int) -> tuple[str, int]:
    """`two hundred and fifty`: units and tens add up, the large ones multiply what stands before them."""
    total, group, taken, last = 0, 0, 0, 0
    for word in words[place:]:
        if word in _SMALL and (not taken or _fits(group, _SMALL[word], last)):
            group, last = group + _SMALL[word], _SMALL[word]
        elif word in _LARGE and word != "k":
            size = _LARGE[word]
            last = 0
            if size in (12, 100):
                group = max(group, 1) * size
            else:
                total, group = total + max(group, 1) * size, 0
        elif not (word == "and" and taken and not last and _more(words, place + taken + 1)):
            break
        taken += 1
    return (str(total + group), taken) if taken else ("", 0)


def _fits(group: int, small: int, last: int) -> bool:
    """Whether a small number goes on with the one being read: `twenty five`, `hundred five`, not `three four`."""
    return last == 0 if group % 100 == 0 else last >= 20 and small < 10


def _more(words: Sequence[str], place: int) -> bool:
    return place < len(words) and words[place] in _SMALL
