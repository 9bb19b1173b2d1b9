"""Chooses the few words of a job ad that the interviewer may know, verbatim; never takes any from a CV."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .pasted import LONGEST_TEXT, plain_text
from .schema import Brief
from .sentences import split_sentences
from .steering import speaks_to_grader

__all__ = ["MOST_WORDS", "make_brief", "say_brief"]

MOST_WORDS = 60
"""Of a whole brief."""
_TITLE_WORDS, _EMPLOYER_WORDS, _PHRASE_WORDS, _PHRASES = 12, 6, 14, 3
_NAME = r"(?-i:[A-Z][\w'’.-]*(?:(?: & | and | of | )(?-i:[A-Z][\w'’-]*)){0,4})"
_EMPLOYERS = (
    re.compile(rf"({_NAME} (?-i:Ltd|Limited|Inc|LLC|GmbH|AG|plc|PLC|Trust|Group|Society|University|Council))\b"),
    re.compile(rf"({_NAME}) (?:is|are) (?:now |currently )?(?:looking|seeking|hiring|recruiting)\b"),
    re.compile(rf"({_NAME}) (?:seeks|needs|sells|supports|wants|employs)\b"),
    re.compile(rf"\b(?:[Jj]oin(?: us at)?|[Aa]t|[Ww]ork for) ({_NAME})(?=[\s,.;:!]|$)"),
    re.compile(rf"\A[^\n]{{3,80}}?(?:, | at )({_NAME})(?: \([^\n)]*\))?$", re.MULTILINE),
)
_NO_NAME = {
    "a",
    "about",
    "an",
    "ideally",
    "immediate",
    "it",
    "its",
    "our",
    "that",
    "the",
    "these",
    "this",
    "we",
    "you",
    "your",
}
# How to reach somebody is nobody's business but the candidate's.
_PRIVATE = re.compile(r"@|https?:|www\.|\d[\d ()/-]{5,}\d")


def make_brief(ad: str, telling: Sequence[str]) -> Brief | None:
    """What may be known of an ad; None when there is nothing to know.

    Args:
        ad: as pasted.
        telling: sentences of the ad, the most telling first: `Ranking.telling`.
    """
    text = plain_text(ad)[:LONGEST_TEXT]
    title = _title(text)
    if not title:
        return None
    sentences = [*telling, *(one.text for one in split_sentences([text]) if one.text.startswith("You "))]
    phrases = [_cut(one, _PHRASE_WORDS) for one in dict.fromkeys(sentences) if _may_be_told(one) and title not in one]
    return Brief(title=title, employer=_employer(text), phrases=tuple(phrases[:_PHRASES]))


def say_brief(brief: Brief) -> tuple[str, ...]:
    """Its words, line by line."""
    return tuple(one for one in (brief.title, brief.employer, *brief.phrases) if one)


def _title(text: str) -> str:
    """The first line that can be a title, cut; a text in one line opens with it."""
    lines = [line.strip(" #*-–•\t") for line in text.splitlines()]
    for line in lines:
        first = re.split(r"(?<=[.!?]) ", line, maxsplit=1)[0]
        if "|" not in line and re.search(r"[^\W\d_]{2}", first) and not first.endswith("!") and _may_be_told(first):
            return _cut(first, _TITLE_WORDS).rstrip(".")
    return ""


def _employer(text: str) -> str:
    text = "\n".join(line for line in text.splitlines() if "©" not in line and "|" not in line)  # the web page's own
    for pattern in _EMPLOYERS:
        for found in pattern.finditer(text):
            name = found[1].rstrip(".")
            if not name.isupper() and name.split()[0].casefold() not in _NO_NAME and _may_be_told(name):
                return _cut(name, _EMPLOYER_WORDS)
    return ""


def _may_be_told(sentence: str) -> bool:
    return not _PRIVATE.search(sentence) and not speaks_to_grader(sentence)


def _cut(text: str, most: int) -> str:
    """The first so many words as they stand, and of an endless word a piece."""
    words = list(re.finditer(r"\S+", text))[:most]
    return text[words[0].start() : words[-1].end()][:200] if words else ""
