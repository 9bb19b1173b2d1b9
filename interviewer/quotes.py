"""Finds the words of a quote in the answers and says where they stand; never accepts words that aren't there.

Comparison folds what people and models write differently without meaning to: Unicode form and width, case,
white space, quotation marks, apostrophes, dashes and invisible characters. Offsets always refer to the original.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from .schema import Decision, Quote, Sentence

__all__ = ["found_quotes", "locate", "quote_sentence"]

_MOST = 2
_SECOND_LEAST = 0.25
"""A second sentence is quoted too when its probability reaches this."""

_SAME = {
    **dict.fromkeys("‘’‚‛′`´ʼ＇", "'"),
    **dict.fromkeys("“”„‟″«»＂", '"'),
    **dict.fromkeys("‐‑‒–—―−－", "-"),
}
_TRIMMED = " .,;:!?…'\"-"


def locate(words: str, answers: Sequence[str]) -> Quote | None:
    """Finds `words` in one of the answers, the first that has them, whole words only.

    Marks around the words (quotation marks, a final full stop) don't have to match; everything between does.

    Returns:
        A quote whose text is the answer's own characters, or None when no answer has the words.
    """
    wanted = _fold(words)[0].strip(_TRIMMED)
    if not wanted:
        return None
    for index, answer in enumerate(answers):
        folded, places = _fold(answer)
        at = _find_words(folded, wanted)
        if at >= 0:
            start, end = places[at], places[at + len(wanted) - 1] + 1
            while end < len(answer) and unicodedata.combining(answer[end]):
                end += 1
            return Quote(text=answer[start:end], start=start, end=end, answer=index)
    return None


def quote_sentence(sentence: Sentence) -> Quote:
    """The whole sentence as a quote."""
    return Quote(text=sentence.text, start=sentence.start, end=sentence.end, answer=sentence.answer)


def found_quotes(
    decision: Decision | None, choice: Decision | None, sentences: Sequence[Sentence], answers: Sequence[str]
) -> tuple[Quote, ...]:
    """The quotes of one verdict: words the decision names that are in an answer, or the sentences chosen for it.

    Args:
        decision: the verdict's; its own quotes are located, and those that aren't there dropped.
        choice: which sentence shows it, by number; the likeliest is taken unless it is `"none"`.
        sentences: as numbered for the decider.
        answers: what was said.
    """
    if decision is not None and decision.quotes:
        located = (locate(words, answers) for words in decision.quotes)
        return tuple(dict.fromkeys(quote for quote in located if quote is not None))
    if choice is None or choice.refusal or not choice.probabilities:
        return ()
    by_number = {str(sentence.number): sentence for sentence in sentences}
    ranked = sorted(choice.probabilities.items(), key=lambda item: -item[1])
    best, rest = ranked[0][0], ranked[1:_MOST]
    if best not in by_number:
        return ()
    numbers = [best, *(number for number, probability in rest if probability >= _SECOND_LEAST)]
    chosen = sorted((by_number[number] for number in numbers if number in by_number), key=lambda s: s.number)
    return tuple(quote_sentence(sentence) for sentence in chosen)


def _find_words(folded: str, wanted: str) -> int:
    """Where `wanted` starts as whole words, -1 if nowhere: "calm" is not a quote from "calmly"."""
    at = folded.find(wanted)
    while at >= 0:
        before = folded[at - 1 : at] if at else ""
        after = folded[at + len(wanted) : at + len(wanted) + 1]
        if not (before.isalnum() and wanted[0].isalnum()) and not (after.isalnum() and wanted[-1].isalnum()):
            return at
        at = folded.find(wanted, at + 1)
    return -1


@lru_cache(maxsize=128)  # an answer is looked through for every quote
def _fold(text: str) -> tuple[str, tuple[int, ...]]:
    """The text as compared, and for each of its characters the place it came from."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for kept in _fold_character(character):
            if kept == " " and folded and folded[-1] == " ":
                continue
            folded.append(kept)
            places.append(place)
    return "".join(folded), tuple(places)


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    """What one character is compared as: nothing, itself or others."""
    same = (_SAME.get(piece, piece) for piece in unicodedata.normalize("NFKD", character).casefold())
    kept = (" " if piece.isspace() else piece for piece in same)
    # Left out: accents written apart, and invisible characters that could hide a mismatch.
    return "".join(piece for piece in kept if piece == " " or unicodedata.category(piece) not in ("Mn", "Cf", "Cc"))
