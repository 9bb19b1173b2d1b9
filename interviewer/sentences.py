"""Splits answers into numbered sentences that know their place; never changes a character.

A quote is a sentence, so a speaker who never pauses would be quoted whole: a sentence of more than
`LONGEST_WORDS` words is divided further, at the pause or joining word nearest its middle.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from sentencex import segment

from .schema import Sentence

__all__ = ["LONGEST_WORDS", "split_sentences"]

LONGEST_WORDS = 32
_LEAST_WORDS = 5
_PAUSE = re.compile(
    r"(?<=[,;:])\s+|\s+(?=(?:and|but|so|then|because|which|while|until|or)\b)|\s+[-–—]\s+", re.IGNORECASE
)
_SAYS_SOMETHING = re.compile(r"\w")


def split_sentences(answers: Sequence[str], *, longest: int = LONGEST_WORDS) -> tuple[Sentence, ...]:
    """Numbers the sentences of all answers from 1, skipping pieces without a letter or digit.

    Args:
        answers: in order.
        longest: words from which a sentence is divided; 0: as they were said, however long.

    Returns:
        Sentences in order; `answers[s.answer][s.start:s.end] == s.text` for each.
    """
    found: list[Sentence] = []
    for index, answer in enumerate(answers):
        for start, end in _spans(answer, longest):
            found.append(Sentence(number=len(found) + 1, answer=index, start=start, end=end, text=answer[start:end]))
    return tuple(found)


def _spans(answer: str, longest: int) -> Iterator[tuple[int, int]]:
    cursor = 0
    for line in answer.splitlines(keepends=True):
        end_of_line = cursor + len(line)
        for piece in segment("en", line):
            start = answer.find(piece, cursor, end_of_line)
            if start >= 0:
                yield from _divide(answer, start, start + len(piece), longest)
                cursor = start + len(piece)
        # The segmenter gives its input back in pieces; should it ever alter one, the rest of the line is one sentence.
        yield from _divide(answer, cursor, end_of_line, longest)
        cursor = end_of_line


def _divide(answer: str, start: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    while start < end and _unseen(answer[start]):
        start += 1
    while end > start and _unseen(answer[end - 1]):
        end -= 1
    text = answer[start:end]
    if not _SAYS_SOMETHING.search(text):
        return
    words = len(text.split())
    cuts = [
        match
        for match in _PAUSE.finditer(text)
        if min(len(text[: match.start()].split()), len(text[match.end() :].split())) >= _LEAST_WORDS
    ]
    if not longest or words <= longest or not cuts:
        yield start, end
        return
    cut = min(cuts, key=lambda match: abs(match.start() - len(text) / 2))
    yield from _divide(answer, start, start + cut.start(), longest)
    yield from _divide(answer, start + cut.end(), end, longest)


def _unseen(character: str) -> bool:
    """White space, and what no screen shows: text can be hidden in it beside a sentence. An override shows."""
    return character.isspace() or (unicodedata.category(character) == "Cf" and character not in "\u202d\u202e")
