"""Reads a sentence as words with what governs each: a negation, a condition, the speaker; knows no part of speech.

Where English leaves it open, the reading errs towards telling two uses of a word apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from .forms import AUXILIARIES, FUNCTION_WORDS, fold_word, is_content, listed, stem
from .numerals import read_number

__all__ = ["Mood", "Said", "Word", "read_words"]

Mood = Literal["plain", "denied", "under_denial", "unreal", "under_unreal", "unclear", "intended"]
"""Plain: it happened. Denied, unreal: the word a negation or a `would` governs. Under one: further on in its clause.
Unclear: after an `and` or `or` there. Intended: after `to`."""
Agent = Literal["i", "start", "i_was", "i_object", "we", ""]
"""Who did it: the speaker; the speaker, if the sentence's first word is a verb; the speaker as what was or was done;
something in the speaker's clause; we; anybody else."""

_TOKEN = re.compile(
    r"(?P<number>\d+(?:[.,:/]\d+)*)|(?P<word>[^\W\d_]+(?:['’ʼ＇][^\W\d_]+)*)|(?P<sign>[$€£¥%])"
    r"|(?P<stop>[.,;:!?…()\n\"“”«»—–]|(?<=\s)-(?=\s))|(?P<other>\w)"
)
_SIGNS = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "%": "percent"}
_CUT = re.compile(r"(did|do|does|is|was|were|are|has|have|had|ca|could|would|should|wo|must|need|sha)(?:n't|nt)")
_WHOLE = {"ca": "can", "wo": "will", "sha": "shall"}
_ENDS = {"d": "would", "ll": "will", "m": "am", "re": "are", "ve": "have", "s": "s"}
_BEFORE = {"im": ("i", "am"), "ive": ("i", "have"), "cannot": ("can", "not")}

_BE = listed("am is are was were be been being s got get")
_SUBJECTS = listed("i we you he she it they who which")
_OPENERS = listed("a an the this that these those my our your his her its their some any no every all each another one")
_JOINS = listed("and or nor")
_BREAKS = listed("but because so while although though when until since then where unless before after whereas as once")
_NO = listed("not never no without nor neither hardly barely scarcely nobody nothing none")
_NO_ONE = listed("nobody nothing none")
_PERHAPS = listed(
    """would could should might may must will can shall if unless whether almost nearly maybe perhaps probably possibly
    hope hoped hoping wish wished think thought believe believed guess guessed suppose supposed imagine imagined expect
    expected want wanted plan planned fail failed refuse refused forget forgot avoid avoided prevent prevented try tried
    trying attempt attempted promise promised offer offered seemed seems seem"""
)
_DID_SO = listed("had have has managed manage used got")
"""Before `to`: what follows was done."""
_VERBS_IN_LY = listed("apply reply supply rely fly imply comply multiply")


@dataclass(frozen=True)
class Word:
    """One word of a sentence."""

    text: str
    """As written, for messages."""
    folded: str
    stem: str
    """Empty for a word that says nothing itself; `#3` for a number."""
    capital: bool
    first: bool
    """Whether it opens the sentence."""
    clause: int
    """Words of one clause share it."""
    mood: Mood = "plain"
    agent: Agent = ""
    opens: bool = False
    """Whether it is the first word of its clause that says something."""


@dataclass(frozen=True)
class Said:
    """A sentence as read."""

    words: tuple[Word, ...]

    @property
    def telling(self) -> tuple[Word, ...]:
        """The words that say something themselves, and the numbers."""
        return tuple(word for word in self.words if word.stem)


def read_words(sentence: str) -> Said:
    """The sentence's words in order, each with its mood and agent; those of a question are all `under_unreal`."""
    reading = _Reading(asks=sentence.rstrip(" \"”')").endswith("?"))
    tokens = [token for match in _TOKEN.finditer(sentence) for token in _pieces(match)]
    folded = [fold for _, fold, stop in tokens if not stop]
    place = 0
    skip = 0
    for at, (text, fold, stop) in enumerate(tokens):
        if stop:
            reading.stop(text)
            continue
        if skip:
            skip -= 1
        else:
            # A number ends where a sentence does or pauses: "I served twenty, five of them twice" holds two.
            run = [one for _text, one, _stop in takewhile(lambda token: not token[2], tokens[at:])]
            value, taken = ("", 0) if fold in ("first", "firstly") else read_number(run, 0)
            skip = max(taken - 1, 0)
            reading.take(text, fold, value, folded[place + 1] if place + 1 < len(folded) else "")
        place += 1
    return Said(tuple(reading.words))


def _pieces(match: re.Match[str]) -> Iterator[tuple[str, str, bool]]:
    """(as written, folded, whether it is a stop) of one token; a contraction is two words."""
    text = match[0]
    if match["stop"]:
        yield text, text, True
        return
    if match["sign"]:
        yield text, _SIGNS[text], False
        return
    folded = re.sub("[’ʼ＇]", "'", fold_word(text)) if match["word"] else fold_word(text)
    if cut := _CUT.fullmatch(folded):
        yield text, _WHOLE.get(cut[1], cut[1]), False
        yield "not", "not", False
        return
    first, *rest = folded.split("'")
    head, *more = _BEFORE.get(first, (first,))
    yield text, head, False
    for piece in (*more, *(_ENDS.get(one, one) for one in rest)):
        yield piece, piece, False


class _Reading:
    """A sentence while it is being read from left to right."""

    def __init__(self, *, asks: bool) -> None:
        self.words: list[Word] = []
        self.asks = asks
        self.clause = 0
        self.subject: Agent = "start"  # a story's sentence without a subject is about its teller
        self.awaits = True
        """Whether the next telling word is what the subject does."""
        self.opening = True
        self.passive = False
        self.scope: Literal["", "no", "perhaps"] = ""
        self.supposes = False
        self.governed = False
        self.joined = False
        self.to = False
        self.numbered = False

    def stop(self, mark: str) -> None:
        """Punctuation ends what a negation reaches. After a comma a list goes on, or another clause begins."""
        self._open(goes_on=mark == ",")
        self.scope = ""

    def take(self, text: str, folded: str, value: str, following: str) -> None:
        """One more word; a number's further words are left out."""
        self._turn(folded)
        telling = (
            bool(value)
            or is_content(folded)
            or (folded == "do" and self.to)
            or (self.numbered and folded not in FUNCTION_WORDS)
        )
        word = Word(
            text=text,
            folded=folded,
            stem=f"#{value}" if value else stem(folded) if telling else "",
            capital=text[:1].isupper(),
            first=not self.words,
            clause=self.clause,
        )
        if telling:
            mood, agent = self._mood(folded), self._agent(folded)
            opens = all(one.clause != self.clause or not one.stem for one in self.words)
            word = Word(**{**word.__dict__, "mood": mood, "agent": agent, "opens": opens})
        self.words.append(word)
        self.numbered = bool(value)
        self._govern(folded, following)

    def _open(self, *, goes_on: bool) -> None:
        self.clause += 1
        self.opening = True
        self.awaits = goes_on and self.subject in ("i", "start", "we")
        if not goes_on:
            self.subject = ""
        self.passive = False

    def _turn(self, folded: str) -> None:
        """What a joining word, a subject or an article makes of the clause."""
        if folded in _JOINS:
            self._open(goes_on=True)
            self.joined = bool(self.scope)
        elif folded in _BREAKS:
            self._open(goes_on=folded in ("but", "then"))
            if folded != "then":
                self.scope, self.joined = "", False
        elif folded in _SUBJECTS:
            self._end_joined()
            if self.supposes and self.governed:
                self.scope = ""  # "If it is broken I change it": what follows is so
            self.clause += 1
            self.subject = "i" if folded == "i" else "we" if folded == "we" else ""
            self.awaits, self.opening, self.passive = self.subject != "", False, False
        elif self.opening and folded in _OPENERS:
            self._end_joined()
            self.subject, self.awaits, self.opening = "", False, False
        elif folded in _BE:
            self.passive = True
        elif folded not in AUXILIARIES and folded in FUNCTION_WORDS and folded not in _NO:
            self.opening = False
            if not self.words or self.words[-1].clause != self.clause:
                self.subject, self.awaits = "", False  # "In the end …", "with a smile …": nobody yet

    def _end_joined(self) -> None:
        if self.joined:
            self.scope, self.joined = "", False

    def _mood(self, folded: str) -> Mood:
        if self.to and not self.scope:
            return "intended"
        if not self.scope:
            return "under_unreal" if self.asks else "plain"
        if self.joined:
            return "unclear"
        if self.governed:
            return "under_denial" if self.scope == "no" else "under_unreal"
        self.governed = not _adverb(folded)
        return "denied" if self.scope == "no" else "unreal"

    def _agent(self, folded: str) -> Agent:
        self.opening = False
        mine = self.subject in ("i", "start")
        if not self.awaits:
            return "i_object" if mine else ""
        if _adverb(folded):
            return "i_object" if mine else "we"
        self.awaits = False
        if self.subject == "i" and self.passive and not folded.endswith("ing"):
            return "i_was"
        return self.subject

    def _govern(self, folded: str, following: str) -> None:
        """What this word does to the next ones."""
        did = self.words[-2].folded in _DID_SO if len(self.words) > 1 else False
        self.to = folded == "to" and not did
        spares = (folded, following) in (("not", "only"), ("no", "longer")) or (folded == "no" and not following)
        if (folded in _NO and not spares) or (folded, following) in (("instead", "of"), ("rather", "than")):
            self.scope, self.governed, self.joined = "no", False, False
            if folded in _NO_ONE:
                self._deny_before(anywhere=folded == "none")
        elif folded in _PERHAPS and self.scope != "no":
            self.scope, self.governed, self.joined = "perhaps", False, False
            self.supposes = folded == "if"

    def _deny_before(self, *, anywhere: bool) -> None:
        """`I said nothing`, `it needs a receipt, and he had none`: the word before is denied too."""
        for place in reversed(range(len(self.words) - 1)):
            word = self.words[place]
            if word.clause != self.clause and not anywhere:
                return
            if word.stem:
                self.words[place] = Word(**{**word.__dict__, "mood": "denied"})
                return


def _adverb(folded: str) -> bool:
    return folded.endswith("ly") and len(folded) > 4 and folded not in _VERBS_IN_LY
