"""Tells commands from answers: a line with only a command is one, every other line belongs to the answer; pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..criteria import Criterion, criteria_of
from ..phrases import _, later
from ..schema import Interview, QuestionDocument
from ..wording import Evidence

__all__ = ["HELP", "Order", "find_criteria", "question_to_try", "read_order"]

HELP: tuple[tuple[str, str], ...] = (
    ("/hint", later("a hint for this answer; it is counted")),
    ("/undo", later("take the last answer back and change it")),
    ("/clear", later("drop what is typed of this answer")),
    ("/again [NUMBER]", later("try this question again, or the one with this number")),
    ("/why NUMBER or NAME", later("explain a verdict of the latest rubric")),
    ("/differ NUMBER or NAME", later("say how you see a verdict")),
    ("/end", later("end the interview")),
    ("/help", later("this list")),
)
_NOTHING = re.compile(r"")
_TAKES = {
    "hint": _NOTHING, "undo": _NOTHING, "clear": _NOTHING, "end": _NOTHING, "help": _NOTHING,
    "again": re.compile(r"\d{0,4}"), "why": re.compile(r".*"), "differ": re.compile(r".*"),
}  # fmt: skip
_LINE = re.compile(r"/([a-z]+)(?:[ \t]+(.*?))?\s*")


class Order(NamedTuple):
    """A command that was typed."""

    name: str
    """Without its slash; `unknown` for a single word with a slash that is none."""
    about: str
    """What stands after it; for `unknown` the word."""


def read_order(line: str) -> Order | None:
    """The command that a line is; None for a line of an answer, such as one that begins with a space."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    name, about = found[1], found[2] or ""
    if name in _TAKES:
        return Order(name, about) if _TAKES[name].fullmatch(about) else None
    return None if about else Order("unknown", f"/{name}")


def find_criteria(wanted: str, document: QuestionDocument, evidence: tuple[Evidence, ...]) -> tuple[Criterion, ...]:
    """The criteria meant by a number of the rubric, an id or (part of) a name; several when it isn't clear which."""
    every = [*criteria_of(document)]
    if wanted.strip("[] ").isdigit():
        number = int(wanted.strip("[] "))
        meant = {(one.kind, one.criterion) for one in evidence if one.number == number}
        return tuple(one for one in every if (one.kind, one.id) in meant)
    sought = wanted.strip().casefold()
    for fits in (
        [one for one in every if sought in (one.id.casefold(), one.name.casefold())],
        [one for one in every if one.name.casefold().startswith(sought)],
        [one for one in every if sought in one.name.casefold()],
    ):
        if fits:
            return tuple(fits)
    return ()


def question_to_try(interview: Interview, number: str) -> QuestionDocument | str:
    """The question that `/again` means, or a sentence why there is none.

    Without a number: the current one, or where that has no answer yet, the one answered last.
    """
    answered = [turn.question_id for turn in interview.turns if turn.act == "answer"]
    by_id = {document.id: document for document in interview.questions}
    if not number:
        if not answered:
            return _("There is no answer yet, so nothing to try again.")
        return interview.question if interview.question.id in answered else by_id[answered[-1]]
    if not 1 <= int(number) <= len(interview.questions):
        return _("There is no question {number}; this interview has {count}.").format(
            number=number, count=len(interview.questions)
        )
    wanted = interview.questions[int(number) - 1]
    if wanted.id not in answered:
        return _("Question {number} has no answer yet, so there is nothing to try again.").format(number=number)
    return wanted
