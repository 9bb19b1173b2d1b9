"""Counts how an answer sounded: pace, pauses, filler words; judges nothing, and no grader ever sees it.

Times come from the words of a `Transcript`. Silence before the first and after the last word is the button's, and not
counted. A gap counts as silence from 0.25 seconds on, a usual cut-off for silent pauses in studies of fluency (De Jong
and Bosker 2013, "Choosing a threshold for silent pauses", compare 0.1 to 1 second); as a pause above 1.5 seconds.

Filler words are counted in English only, and only where they are hardly anything else:

- um, uh, er, erm and their longer spellings: as words of their own, never in capitals ("the ER"), never "uh-huh";
- you know, I mean: between commas or ends of sentences ("I was, you know, new"; never "do you know");
- sort of, kind of: after a pronoun, "was", "just" … ("I sort of knew"; never "a kind of", "that was kind of you");
- basically: always.

"like", "so" and "actually" are not counted: code can't tell whether they mean something.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from .schema import Delivery, SpokenWord, Transcript

__all__ = [
    "PAUSE_SECONDS",
    "SILENCE_SECONDS",
    "combine",
    "count_fillers",
    "is_from",
    "observe",
    "silent_share",
    "without_hesitations",
    "words_per_minute",
]

SILENCE_SECONDS = 0.25
PAUSE_SECONDS = 1.5

_SOUND = r"(?<![\w'’-])(?:[Uu]+h*m+|[Uu]+h+|[Ee]rm*)(?![\w'’-])"
_BEFORE = (
    r"(?:\b(?:i|we|you|he|she|they|it|was|were|is|am|are|just|and|but|had|have|has|felt|feel|got|then)"
    r"|['’](?:s|m|re|d|ve))"
)
_KIND = r"(?!\s+(?:you|him|her|them|us|me|the|my|your|his|their|our)\b)"
_PHRASES = {
    "you know": r"(?:^|[,.;:!?…—–-]\s*)you know(?=\s*[,.;:!?…—–-]|\s*$)",
    "I mean": r"(?:^|[,.;:!?…—–-]\s*)i mean(?=\s*[,;:…—–-])",
    "sort of": _BEFORE + r"\s+sort of\b" + _KIND,
    "kind of": _BEFORE + r"\s+kind of\b" + _KIND,
    "basically": r"\bbasically\b",
}
_SOUNDS = re.compile(_SOUND)
_HESITATING = re.compile(rf"(?P<removed>(?:,?\s*{_SOUND}(?:[,…]|\.{{3}})?)+)(?P<after>\s+\w)?")
_FILLERS = {name: re.compile(pattern, re.IGNORECASE | re.MULTILINE) for name, pattern in _PHRASES.items()}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def observe(transcript: Transcript, *, english: bool) -> Delivery:
    """What can be counted of a recording; without word times, only words and filler words."""
    counted = Delivery(
        words=len(_WORD.findall(transcript.text)),
        fillers=count_fillers(transcript.text) if english else None,
        model=transcript.model,
    )
    return counted.model_copy(update=_timed(transcript.words)) if transcript.words else counted


def _timed(words: Sequence[SpokenWord]) -> dict[str, float | int]:
    gaps = []
    latest = words[0].end
    for word in words[1:]:
        gaps.append(word.start - latest)
        latest = max(latest, word.end)
    pauses = [gap for gap in gaps if gap > PAUSE_SECONDS]
    return {
        "seconds": latest - words[0].start,
        "silent_seconds": sum(gap for gap in gaps if gap >= SILENCE_SECONDS),
        "pauses": len(pauses),
        "longest_pause_seconds": max(pauses, default=0.0),
    }


def combine(first: Delivery, second: Delivery) -> Delivery:
    """Both recordings as one answer; what is unknown of either is unknown of both."""

    def total(name: str) -> float | None:
        one, other = getattr(first, name), getattr(second, name)
        return None if one is None or other is None else one + other

    longest = [first.longest_pause_seconds, second.longest_pause_seconds]
    known = [pause for pause in longest if pause is not None]
    counted = first.fillers is not None and second.fillers is not None
    return Delivery(
        words=first.words + second.words,
        recordings=first.recordings + second.recordings,
        seconds=total("seconds"),
        silent_seconds=total("silent_seconds"),
        pauses=None if first.pauses is None or second.pauses is None else first.pauses + second.pauses,
        longest_pause_seconds=max(known) if len(known) == len(longest) else None,
        fillers=dict(Counter(first.fillers) + Counter(second.fillers)) if counted else None,
        model=second.model,
    )


def words_per_minute(delivery: Delivery) -> float | None:
    """Words in a minute of speaking, silence left out; None where there are no times, or none worth a rate."""
    if delivery.seconds is None or delivery.silent_seconds is None:
        return None
    speaking = delivery.seconds - delivery.silent_seconds
    return delivery.words / speaking * 60 if speaking >= 1 else None


def silent_share(delivery: Delivery) -> float | None:
    """Silence between words as a share of the time from the first to the last, 0 to 1."""
    if delivery.silent_seconds is None or not delivery.seconds:
        return None
    return min(1.0, delivery.silent_seconds / delivery.seconds)


def count_fillers(text: str) -> dict[str, int]:
    """How often each filler word stands in an English text; those that don't are left out."""
    found = Counter(_name(match[0]) for match in _SOUNDS.finditer(text))
    for name, pattern in _FILLERS.items():
        if times := len(pattern.findall(text)):
            found[name] = times
    return dict(found)


def _name(sound: str) -> str:
    low = sound.lower()
    return {"u": "um" if low.endswith("m") else "uh", "e": "erm" if low.endswith("m") else "er"}[low[0]]


def without_hesitations(text: str) -> str:
    """An English text without um, uh, er and erm, so that what is graded is what was said with words."""
    bare = _HESITATING.sub(_close_up, text).strip()
    return bare if _WORD.search(bare) else ""


def _close_up(match: re.Match[str]) -> str:
    """What stands where hesitations were: a comma where there was one on both sides, and the sentence's capital."""
    removed, after = match["removed"], match["after"] or ""
    both = removed.startswith(",") and removed.endswith(",") and bool(after)
    starts = removed.lstrip(" ,")[:1].isupper()
    return ("," if both else "") + (after.upper() if starts else after)


def is_from(transcript: str, text: str) -> bool:
    """Whether a text still has at least half of a transcript's words in it: edited, and not deleted."""
    said = Counter(word.lower() for word in _WORD.findall(transcript))
    kept = said & Counter(word.lower() for word in _WORD.findall(text))
    return bool(said) and 2 * kept.total() >= said.total()
