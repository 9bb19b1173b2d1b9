"""Checks a rewrite sentence by sentence against the answers it was made from; keeps no fact that isn't in them.

A sentence is kept when each of its words that says something stands in the answers, as itself, in another form, or as
a plain synonym, and is used as it is used there: a number has its value, a name its spelling, what is denied or
supposed there is denied or supposed here, what the speaker did was done by the speaker, and words put together here
stand together in one sentence there. `[How long?]` is a question to the candidate and brings no fact.

It is a check of words, not of meaning. It drops many good sentences, and what two of an answer's own words can be made
to say in one of its own sentences, with nobody else acting, it lets through.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from ..phrases import _
from ..quotes import locate
from ..schema import Record
from ..sentences import split_sentences
from .clauses import Agent, Mood, Said, Word, read_words
from .forms import may_be_past

__all__ = ["BLANK", "Checked", "check", "without_blanks"]

BLANK = re.compile(r"\[[^\[\]\n]{1,240}\?\s*\]")
"""A question in square brackets."""
_FILL = "_"
_QUOTED = re.compile(r"[“\"«]([^“”\"«»]+)[”\"»]")
_ONE = ("a", "an", "once", "first")
_NEXT = re.compile(r"\b[a-z]{2,}[.!?](\s)(?=[A-Z])")
"""A sentence's end that the segmenter misses now and then: `He praised me. Sales rose.`"""
_LETTER = re.compile(r"[^\W_]")
_FAMILIES = tuple(
    frozenset(words.split())
    for words in ("he him his himself", "she her hers herself", "we us our ours ourselves")
)  # fmt: skip
_AS_SAID: dict[Mood, frozenset[Mood]] = {
    "plain": frozenset(["plain"]),
    "denied": frozenset(["denied", "under_denial"]),
    "unreal": frozenset(["unreal", "under_unreal", "intended"]),
    "under_denial": frozenset(["plain", "denied", "under_denial", "unreal", "under_unreal", "unclear", "intended"]),
    "under_unreal": frozenset(["plain", "denied", "under_denial", "unreal", "under_unreal", "unclear", "intended"]),
    "unclear": frozenset(["unclear"]),
    "intended": frozenset(["plain", "intended", "unreal", "under_unreal"]),
}
"""How a word may have been used in the answers, by how the rewrite uses it."""

New = Literal["", "number", "name", "word", "quoted", "denied", "who", "together"]


class Checked(Record):
    """One sentence of a rewrite."""

    text: str
    new: New = ""
    """What it brings in that is not in the answers; empty when the sentence is kept."""
    reason: str = ""
    """The same in words."""


class _Use(NamedTuple):
    mood: Mood
    agent: Agent


class _Known:
    """What the answers hold."""

    def __init__(self, answers: Sequence[str]) -> None:
        self.answers = tuple(without_blanks(answer) for answer in answers)
        self.counted: set[tuple[str, str]] = set()
        """A number and what it counts: the next word that says something."""
        self.sentences: list[frozenset[str]] = []
        self.uses: dict[str, set[_Use]] = {}
        self.written: set[str] = set()
        self.folded: set[str] = set()
        for answer in answers:
            for sentence in _sentences(answer):
                self._learn(read_words(without_blanks(sentence)))

    def _learn(self, said: Said) -> None:
        stems = {word.stem for word in said.telling}
        if any(word.folded in _ONE for word in said.words):
            stems.add("#1")
            self.uses.setdefault("#1", set())
        self.sentences.append(frozenset(stems))
        number = ""
        for word in said.words:
            if number and word.stem:
                self.counted.add((number, word.stem))
                number = ""
            if word.stem.startswith("#") or word.folded in _ONE:
                number = word.stem or "#1"
            self.written.add(word.text)
            self.folded.add(word.folded)
            if word.stem:
                self.uses.setdefault(word.stem, set()).add(_Use(word.mood, word.agent))

    def together(self, one: str, other: str) -> bool:
        if one.startswith("#"):
            return (one, other) in self.counted
        return any(one in sentence and other in sentence for sentence in self.sentences)


def check(rewrite: str, answers: Sequence[str]) -> tuple[Checked, ...]:
    """Every sentence of the rewrite, in order, kept or not.

    Args:
        rewrite: in English, with blanks in square brackets.
        answers: all of the candidate's to the question. What the interviewer said is no fact and never handed in.
    """
    known = _Known(answers)
    return tuple(_check(sentence, known) for sentence in _sentences(rewrite))


def without_blanks(text: str) -> str:
    """The text with its blanks replaced by spaces, as many characters long."""
    return BLANK.sub(lambda blank: " " * len(blank[0]), text)


def _sentences(text: str) -> Iterator[str]:
    """Whole sentences; a blank that stands by itself is one, whatever its question holds."""
    covered = list(BLANK.sub(lambda blank: _FILL * len(blank[0]), text))
    for blank in BLANK.finditer(text):
        before, after = text[: blank.start()].rstrip(), text[blank.end() :].lstrip(" \t")
        alone = not before or before[-1] in ".!?]\n…:"
        if alone and (not after or after[0].isupper() or after[0] in "[\n"):
            for edge in (blank.start() - 1, blank.end()):
                if 0 <= edge < len(covered) and covered[edge].isspace():
                    covered[edge] = "\n"
    for end in _NEXT.finditer(text):
        if covered[end.start(1)] != _FILL:
            covered[end.start(1)] = "\n"
    for sentence in split_sentences(["".join(covered)], longest=0):
        yield text[sentence.start : sentence.end]


def _check(sentence: str, known: _Known) -> Checked:
    bare = without_blanks(sentence)
    said = read_words(bare)
    for new, reason in _faults(bare, said, known):
        return Checked(text=sentence, new=new, reason=reason)
    return Checked(text=sentence)


def _faults(bare: str, said: Said, known: _Known) -> Iterator[tuple[New, str]]:
    for word in said.telling:
        yield from _unknown(word, known)
    for word in said.words:
        yield from _unnamed(word, known)
    for quoted in _QUOTED.finditer(bare):
        if _LETTER.search(quoted[1]) and locate(quoted[1], known.answers) is None:
            yield "quoted", _("The words “{words}” are not in your answer.").format(words=quoted[1].strip())
    if said.words and not said.telling and _LETTER.search(bare) and locate(bare, known.answers) is None:
        yield "word", _("“{words}” is not in your answer.").format(words=bare.strip(" .!?,"))
    for word in said.telling:
        yield from _misused(word, known)
    telling = said.telling
    for one, other in itertools.pairwise(telling):
        if one.clause == other.clause and not known.together(one.stem, other.stem):
            words = {"one": one.text, "other": other.text}
            yield "together", _("No sentence of your answer has both “{one}” and “{other}”.").format(**words)


def _unknown(word: Word, known: _Known) -> Iterator[tuple[New, str]]:
    if word.stem in known.uses:
        return
    if word.stem.startswith("#"):
        yield "number", _("The number “{word}” is not in your answer.").format(word=word.text)
    elif word.capital and not word.first:
        yield "name", _("The name “{word}” is not in your answer.").format(word=word.text)
    else:
        yield "word", _("“{words}” is not in your answer.").format(words=word.text)


def _unnamed(word: Word, known: _Known) -> Iterator[tuple[New, str]]:
    """A name must be spelt as it is in the answers; one that is a common word too (`Will`, `US`) has its capital."""
    named = word.capital and not word.first and word.folded != "i" and not word.stem.startswith("#")
    if named and not (word.text in known.written or (word.stem and word.folded in known.folded)):
        yield "name", _("The name “{word}” is not in your answer.").format(word=word.text)
    for family in _FAMILIES:
        if word.folded in family and not family & known.folded:
            yield "who", _("Nobody in your answer is “{word}”.").format(word=word.text)


def _misused(word: Word, known: _Known) -> Iterator[tuple[New, str]]:
    if word.stem.startswith("#"):
        return
    uses = [use for use in known.uses[word.stem] if use.mood in _AS_SAID[word.mood]]
    if not uses:
        if word.mood in ("plain", "intended"):
            reason = _("Your answer doesn't say that “{word}” was so: it denies or supposes it.")
        else:
            reason = _("Your answer says “{word}” without denying or supposing it.")
        yield "denied", reason.format(word=word.text)
    elif not _same_agent(word, {use.agent for use in uses}):
        mine = word.agent != ""
        reason = _("Your answer doesn't say “{word}” of you.") if mine else _("Your answer says “{word}” of you alone.")
        yield "who", reason.format(word=word.text)


def _same_agent(word: Word, agents: set[Agent]) -> bool:
    """Whether the answers say it of the same person, as far as that is known of either."""
    match word.agent:
        case "i":
            return bool(agents & {"i", "start"})
        case "start":
            return bool(agents & {"i", "start"}) or not may_be_past(word.folded)
        case "i_was":
            participle = word.folded.endswith(("ed", "en", "t"))
            return "i_was" in agents or (not participle and bool(agents & {"i", "start", "i_object"}))
        case "we":
            return bool(agents & {"we", "i", "start"})
        case "i_object":
            return True
        case _:
            return bool(agents - {"i"}) or (word.opens and word.folded.endswith("ing"))
