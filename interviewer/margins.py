"""Tells which lines of a document each line of a prompt was made from; changes no prompt that is sent.

The prompts are made a second time, from a copy of the document in which every text opens with a mark for its line.
"""

from __future__ import annotations

from collections.abc import Callable

from .places import Place, change_texts
from .schema import QuestionDocument

__all__ = ["lines_behind", "marked"]

_MARKS = 0xF0000
"""Where the marks begin: characters for private use, which Unicode gives no meaning and nobody types."""
_MOST_LINES = 0xFFFD


def marked(document: QuestionDocument, line_of: Callable[[Place], int]) -> QuestionDocument:
    """The document with a mark for its line before every text."""
    return change_texts(document, lambda place, text: chr(_MARKS + min(line_of(place), _MOST_LINES)) + text)


def lines_behind(prompt: str, marked_prompt: str) -> tuple[tuple[int, ...], ...]:
    """For each line of the prompt the document's lines in it, in order; none known where a template cut lines.

    Args:
        prompt: as it is sent.
        marked_prompt: the same made from `marked` texts.
    """
    found = [
        tuple(sorted({ord(mark) - _MARKS for mark in line if _MARKS < ord(mark) <= _MARKS + _MOST_LINES}))
        for line in marked_prompt.split("\n")
    ]
    lines = prompt.count("\n") + 1
    return tuple(found) if len(found) == lines else ((),) * lines
