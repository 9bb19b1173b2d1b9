"""Finds the sentences of an answer that are a worked example's; no verdict rests on them, for they are nobody's story.

A sentence is copied when most of its words stand in runs of at least `RUN` words that some worked example has in the
same order; a shorter one when all its words stand so and a longer one is copied too. Fewer than `LEAST` such words in
all the answers may be chance, and none is copied. Rewording slips through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from .schema import Sentence, WorkedExample

__all__ = ["part_copied"]

RUN = 6
MOST = 0.6
"""Share of a sentence's words in such runs from which it counts as copied."""
LEAST = 12
"""Words in such runs, in all answers together, from which any sentence counts as copied; fewer may be chance."""
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def part_copied(
    sentences: Sequence[Sentence], examples: Iterable[WorkedExample]
) -> tuple[tuple[Sentence, ...], tuple[Sentence, ...]]:
    """The sentences that are the candidate's own, and those of a worked example; in order, numbers unchanged.

    Args:
        sentences: of the answers.
        examples: whose words are looked for.
    """
    sources = [_source(example) for example in examples]
    words = {one.number: _words(one.text) for one in sentences}
    runs = {number: max((_in_runs(said, source) for source in sources), default=0) for number, said in words.items()}
    copied = {number for number, said in words.items() if len(said) >= RUN and runs[number] >= MOST * len(said)}
    if sum(runs[number] for number in copied) < LEAST:
        copied = set()
    if copied:
        copied |= {number for number, said in words.items() if any(_is_whole(said, source) for source in sources)}
    own = tuple(one for one in sentences if one.number not in copied)
    return own, tuple(one for one in sentences if one.number in copied)


@lru_cache(maxsize=256)
def _source(example: WorkedExample) -> tuple[frozenset[tuple[str, ...]], str]:
    """Every run of `RUN` words of the example, and all its words as one padded line."""
    text = " ".join((example.situation, example.action, example.result, *example.takeaways))
    words = _words(text)
    runs = frozenset(words[start : start + RUN] for start in range(len(words) - RUN + 1))
    return runs, f" {' '.join(words)} "


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.replace("’", "'").casefold()))


def _in_runs(words: tuple[str, ...], source: tuple[frozenset[tuple[str, ...]], str]) -> int:
    """How many of the words stand in runs that the example has."""
    inside: set[int] = set()
    for start in range(len(words) - RUN + 1):
        if words[start : start + RUN] in source[0]:
            inside.update(range(start, start + RUN))
    return len(inside)


def _is_whole(words: tuple[str, ...], source: tuple[frozenset[tuple[str, ...]], str]) -> bool:
    return len(words) > 1 and f" {' '.join(words)} " in source[1]
