"""Makes short ids from names and questions; never looks at what is already there unless told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

__all__ = ["criterion_id", "document_id"]

_LITTLE = frozenset(
    re.findall(
        r"\w+",
        """
        a about all an and any are as be been can could did do does doing for had has have how i if in into is it its me
        most my not of on or our so some such than that the their them there they this to us was we were what
        when where which who whose why will with would you your
        """,
    )
)
"""Words that only hold a name together."""

_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        ability abilities active actively approach being company deal dealing dealt demonstrating describe effective
        effectively ensure ensuring example examples experience experiences explain faced follow following give
        handle handled handling having keep keeping maintain maintaining manage managed method methods process
        providing remain remaining resolving showing situation situations skill skills stay staying strategies
        technique techniques tell using way ways
        """,
    )
)
"""Words that many names share, so that they tell none from another."""

_CUTS = frozenset(re.findall(r"\w+", "after at by during for from in on under when while with without"))
_LONGEST_WORD = 18
_LONGEST = 60


def document_id(
    text: str, taken: Collection[str] = (), *, suffix: str = "", whole: bool = False, fallback: str = "page"
) -> str:
    """A hyphenated id for a title or question: its telling words, at most four.

    `Dealing with a Customer Who Has Unreasonable Demands` becomes `unreasonable-demands`.

    Args:
        text: the title or question.
        taken: ids that are in use already.
        suffix: a last word, e.g. `steps`.
        whole: look beyond the first preposition, as a question needs.
        fallback: used when the text has no letters of the Latin alphabet.
    """
    text = re.sub(r"\b(?:about|of) a time\b", "", text, flags=re.IGNORECASE)
    after_who = re.split(r"\bwho\b", text, maxsplit=1, flags=re.IGNORECASE)[-1]
    words = _telling(_words(after_who), whole=whole) or _telling(_words(text), whole=True) or _all(text) or [fallback]
    return _free("-".join([*words[:4], *([suffix] if suffix else [])]), "-", taken)


def criterion_id(name: str, question: str, taken: Collection[str] = (), *, fallback: str = "point") -> str:
    """An id for a criterion, words joined by `_`: what tells its name from others under the same question.

    `Remaining calm & composed` becomes `calm`; `Inability to remain calm` becomes `not_calm`.

    Args:
        name: the criterion's.
        question: its words tell no criterion from another.
        taken: ids that are in use already.
        fallback: used when the name has no letters of the Latin alphabet.
    """
    lack, name_of_it = _lacking(name)
    known = {word.rstrip("s") for word in _words(question)}
    first = re.split(r"[&/,;(]|\band\b|\bor\b", name_of_it, maxsplit=1)[0]
    words = _telling(_words(first), known) or _all(name_of_it) or [fallback]
    if lack == ["lack", "of"] and len(words) > 1:
        lack = ["no"]
    found = "_".join([*lack, *words[:3]])
    whole = "_".join([*lack, *_words(name_of_it)])[:_LONGEST].rstrip("_")
    if found in taken and whole and whole not in taken:
        found = whole
    return _free(found if found[0].isalpha() else f"{fallback}_{found}", "_", taken)


def _lacking(name: str) -> tuple[list[str], str]:
    """What a name denies: (`lack`, `of`) or (`not`), and the rest of it."""
    match = re.match(r"\s*(lack of|inability to|unable to|failure to|failing to)\s+(?=\S)", name, re.IGNORECASE)
    if not match:
        return [], name
    return ["lack", "of"] if match[1].casefold() == "lack of" else ["not"], name[match.end() :]


def _words(text: str) -> list[str]:
    """Lower-case ASCII words: accents and apostrophes dropped, hyphens split."""
    ascii_text = unicodedata.normalize("NFKD", re.sub(r"['’]", "", text)).encode("ascii", "ignore").decode()
    return [word[:_LONGEST_WORD] for word in re.findall(r"[a-z0-9]+", ascii_text.casefold())]


def _telling(words: Sequence[str], known: Collection[str] = (), *, whole: bool = False) -> list[str]:
    """The words that tell: of alternatives the first, and unless whole only up to a preposition after one."""
    found: list[str] = []
    previous = ""
    for word in words:
        if word in _CUTS and found and not whole:
            break
        little = word in _LITTLE or word in _COMMON or word in _CUTS or word.rstrip("s") in known
        if not little and previous not in ("or", "and"):
            found.append(word)
        previous = word
    return found


def _all(text: str) -> list[str]:
    return [word for word in _words(text) if word not in _LITTLE]


def _free(wanted: str, joint: str, taken: Collection[str]) -> str:
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted}{joint}{number}"
    return found
