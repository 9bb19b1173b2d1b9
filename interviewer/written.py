"""The sentences with numbers and names in them that a grade holds, and says them again in the language in use.

A grade is written down in English, whatever the page speaks, so that grades can be compared and read back.
"""

from __future__ import annotations

import re
from functools import cache
from string import Formatter

from .phrases import _, later

__all__ = [
    "ADD",
    "COVERED_WHEN",
    "LEAVE_OUT",
    "LEVEL",
    "MAY_BE",
    "NOT_ALL_JUDGED",
    "NOT_SURE",
    "NOT_THERE",
    "NO_WORDS",
    "PARTLY_WHEN",
    "SAMPLES",
    "SAY_MORE",
    "SHOW_MORE",
    "TELL",
    "TOO_FEW",
    "holds",
    "say_reason",
]

NOT_ALL_JUDGED = later("{open} of {all} criteria could not be judged.")
TOO_FEW = later(
    "Too few sure verdicts for a band: {judged} of {points} key points, {levels} of {motivations} motivations."
)
NOT_SURE = later("The likeliest verdict, {verdict}, has a probability of only {probability}.")
MAY_BE = later("It may be there, with a probability of {probability}: read these words again.")
NO_WORDS = later("The likeliest verdict is {verdict}, but no sentence shows it.")
SAMPLES = later("{number} samples: {said}")
COVERED_WHEN = later("Covered when: {text}")
PARTLY_WHEN = later("Partly covered when: {text}")
NOT_THERE = later("Not in the answer. Covered when: {text}")
LEVEL = later("Level {level}: {text}")
LEAVE_OUT = later("Leave out what reads as “{name}”: {text}")
ADD = later("Add “{name}”: {text}")
SHOW_MORE = later("Show more of “{name}”: {text}")
SAY_MORE = later("Say more about “{name}”: {text}")
TELL = later("Tell the {part} too: {text}")
_LEVEL_NAME = later("level {level}")
_PARTS = tuple(map(later, ("situation", "task", "action", "result")))
"""What `part` is, so that the catalogue has it."""
_TEXTS = frozenset({"name", "part", "said", "text", "verdict"})
_SENTENCES = (
    NOT_ALL_JUDGED, TOO_FEW, NOT_SURE, MAY_BE, NO_WORDS, SAMPLES, COVERED_WHEN, PARTLY_WHEN, NOT_THERE, LEVEL,
    LEAVE_OUT, ADD, SHOW_MORE, SAY_MORE, TELL, _LEVEL_NAME,
)  # fmt: skip


def say_reason(told: str) -> str:
    """A reason or advice of a grade, in the language in use where it is ours; a document's words stay as they are."""
    for sentence in _SENTENCES:
        if found := _pattern(sentence).fullmatch(told):
            # Of samples, several verdicts are said.
            told_again = {
                name: ", ".join(map(say_reason, words.split(", "))) if name == "said" else say_reason(words)
                for name, words in found.groupdict().items()
            }
            return _(sentence).format_map(told_again)
    return _(told)


def holds(told: str, *sentences: str) -> bool:
    """Whether it is one of these sentences of ours, filled in."""
    return any(_pattern(sentence).fullmatch(told) for sentence in sentences)


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    """Matches the sentence filled in; what is no text in it is a number."""
    parts = [
        re.escape(text) + (f"(?P<{name}>{'.+?' if name in _TEXTS else '[0-9]+%?'})" if name else "")
        for text, name, *_rest in Formatter().parse(sentence)
    ]
    return re.compile("".join(parts), re.DOTALL)
