"""Names answers that can't be graded before any model is asked; never gives a low number instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .phrases import _, later
from .written import say_reason

__all__ = ["LEAST_WORDS", "MOST_CHARACTERS", "STATES", "declined", "say_state", "ungradable"]

LEAST_WORDS = 5
MOST_CHARACTERS = 12_000

STATES = {
    "empty": later("There is no answer to grade."),
    "too_short": later("Fewer than {words} words: too little to judge. Say what you did, and how it ended."),
    "unreadable": later("These don't read as sentences, so nothing was judged."),
    "off_topic": later("This doesn't answer the question that was asked, so nothing was judged."),
    "too_long": later("More than {characters:,} characters: shorten it, since nothing is cut silently."),
    "other_language": later(
        "This grader reads English only, and this is another language, so nothing was judged. "
        "A chat model can grade other languages: see the README on stronger models."
    ),
    "addressed": later("These words speak to the grader and answer nothing, so nothing was judged."),
    "copied": later("These are the words of a worked example, so nothing was judged. Tell what happened to you."),
    "declined": later("You said that you have no example, which is fine: nothing was judged."),
}
"""Why an answer was not graded, and the sentence for it, as `say_state` completes it."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_VOWEL = re.compile(r"[aeiouyàâäáãåæèéêëìíîïòóôöøõùúûüœÿ]", re.IGNORECASE)
_DECLINED = re.compile(
    r"\b(?:"
    r"(?:i|i've|ive)\s+(?:really\s+|honestly\s+)?(?:do\s?n[o']?t|haven'?t|have\s+not|never|have|got|can'?t|cannot)\s+"
    r"(?:have\s+|had\s+|got\s+|think\s+of\s+|recall\s+|remember\s+|any\s+|come\s+up\s+with\s+)*"
    r"(?:no|an?|any|one)\s+(?:such\s+|real\s+|good\s+)?(?:example|experience|situation|story)s?"
    r"|nothing\s+comes\s+to\s+mind"
    r"|(?:can'?t|cannot|can\s+not|couldn'?t|don'?t)\s+(?:really\s+|honestly\s+)?(?:think\s+of|recall|remember|come\s+up\s+with)\s+"
    r"(?:anything|one|a\s+time|something)(?:\s+like\s+(?:that|this|it))?(?:\s+(?:right\s+now|just\s+now|at\s+the\s+moment))?"
    r"(?=\s*(?:[,.;!]|$))"
    r"|(?:do\s?n[o']?t|do\s+not|haven'?t|have\s+not)\s+(?:really\s+)?(?:have|had|got)\s+(?:one|any|that)(?=\s*(?:[,.;!]|$))"
    r"|(?:that|it|this)(?:'?s|\s+has)?\s+never\s+(?:really\s+|actually\s+)?happened(?:\s+to\s+me)?(?=\s*(?:[,.;!]|$))"
    r"|^\s*(?:no\W+)?never\s+happened\s+to\s+me|nothing\s+like\s+(?:that|this)\s+(?:has\s+)?(?:ever\s+)?happened"
    r"|never\s+been\s+in\s+(?:that|such\s+a|this|a)\s+(?:kind\s+of\s+)?(?:situation|position)(?:\s+like\s+that)?"
    r"|draw(?:ing|n)?\s+a\s+blank|mind(?:'?s|\s+is|\s+has)?\s+(?:just\s+)?(?:gone\s+|went\s+)?(?:completely\s+)?blank"
    r"|(?:i've|ive|i\s+have)\s+(?:got\s+)?nothing(?:,?\s+sorry)?(?=\s*(?:[,.;!]|$))"
    r"|(?:i|i'd)\s+(?:would\s+)?(?:rather|prefer)\s+not\s+(?:to\s+)?(?:say|answer)"
    r"|(?:can|could|may)\s+(?:we|i)\s+(?:skip|pass|move\s+on)|^\s*(?:please\s+)?(?:skip|pass)\b"
    r")",
    re.IGNORECASE,
)
_DECLINE_MOST_WORDS = 25


def say_state(reason: str) -> str:
    """The sentence for a key of `STATES`; any other reason is one already."""
    if reason not in STATES:
        return say_reason(reason)
    return _(STATES[reason]).format(words=LEAST_WORDS, characters=MOST_CHARACTERS)


def ungradable(answers: Sequence[str]) -> str:
    """The key in `STATES` that fits all answers together, or an empty string when they can be judged."""
    text = "\n".join(answers).strip()
    words = _WORD.findall(text)
    if not any(character.isalnum() for character in text):
        return "empty"
    if len(text) > MOST_CHARACTERS:
        return "too_long"
    if all(declined(answer) or not answer.strip() for answer in answers):
        return "declined"
    if not _readable(text, words):
        return "unreadable"
    if len(words) < LEAST_WORDS:
        return "too_short"
    return ""


def declined(answer: str) -> bool:
    """Whether a short answer says that there is no example, or asks to move on."""
    return len(answer.split()) <= _DECLINE_MOST_WORDS and _DECLINED.search(answer.replace("’", "'")) is not None


def _readable(text: str, words: Sequence[str]) -> bool:
    """Most characters belong to words, and most words could be pronounced and are not one repeated."""
    visible = sum(not character.isspace() for character in text)
    if sum(map(len, words)) < 0.6 * visible:
        return False
    if any(ord(letter) > 0x24F for word in words for letter in word):
        return True  # another script: whether a decider can read it is the decider's business
    wordlike = sum((bool(_VOWEL.search(word)) and len(word) <= 24) or len(word) <= 2 for word in words)
    varied = len({word.casefold() for word in words}) / len(words) if words else 0.0
    return wordlike >= 0.7 * len(words) and (len(words) < 12 or varied >= 0.2)
