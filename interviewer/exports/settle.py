"""Decides what becomes of an imported interview that may be here already; nothing said by anybody is ever lost."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from typing import Literal

from ..attempts import answers_in, attempts_at
from ..schema import Comment, Dispute, Grade, Interview

__all__ = ["Outcome", "identity_beside", "settle", "with_comments"]

Outcome = Literal["same", "commented", "further", "beside"]


def settle(mine: Interview, theirs: Interview) -> tuple[Outcome, Interview]:
    """One interview of two versions with the same id and owner.

    Returns:
        What happened, and the interview to keep: `same`, mine as it is; `commented`, mine, with comments of theirs that
        it lacked; `further`, theirs, for it has all that mine has, and more; `beside`, theirs, which went another
        way and must be kept under another id.
    """
    both = with_comments(mine, theirs.comments)
    if _holds(mine, theirs):
        if both.comments == mine.comments:
            return "same", mine
        return "commented", _later(both, mine, theirs)
    if _holds(theirs, mine):
        update = {"owner": mine.owner, "comments": both.comments, "candidate": theirs.candidate or mine.candidate}
        return "further", _later(theirs.model_copy(update=update), mine, theirs)
    return "beside", theirs


def with_comments(interview: Interview, comments: tuple[Comment, ...]) -> Interview:
    """The interview with these comments too, each once, in the order in which they were made."""
    every = dict.fromkeys((*interview.comments, *comments))
    return interview.model_copy(update={"comments": tuple(sorted(every, key=lambda one: one.at))})


def identity_beside(interview: Interview, owner: str) -> str:
    """The id for a version that is kept beside another: the same each time it is imported, so that it comes once."""
    whole = interview.model_copy(update={"owner": owner, "comments": (), "revision": 0}).model_dump_json()
    return base64.urlsafe_b64encode(hashlib.sha256(whole.encode()).digest()[:16]).decode().rstrip("=")


def _later(interview: Interview, mine: Interview, theirs: Interview) -> Interview:
    """With a revision by which a tab that has it open notices that it went on elsewhere."""
    return interview.model_copy(update={"revision": max(mine.revision, theirs.revision) + 1})


def _holds(one: Interview, other: Interview) -> bool:
    """Whether an interview has all that was said, judged and disputed in another."""
    return (
        [document.id for document in one.questions] == [document.id for document in other.questions]
        and _answers(other) <= _answers(one)
        and set(_disputes(other)) <= set(_disputes(one))
        and _judged(one, other)
        and other.ended in ("", one.ended)
    )


def _answers(interview: Interview) -> Counter[tuple[str, str]]:
    turns = [*interview.turns, *(turn for attempt in interview.attempts for turn in attempt.turns)]
    return Counter((turn.question_id, turn.text) for turn in turns if turn.act == "answer")


def _disputes(interview: Interview) -> tuple[Dispute, ...]:
    return (*interview.disputes, *(one for attempt in interview.attempts for one in attempt.disputes))


def _judged(one: Interview, other: Interview) -> bool:
    """Whether no answers that both have were judged otherwise, or only in the other one."""
    mine = _grades(one)
    return all(
        answers not in mine or grade is None or mine[answers] == grade for answers, grade in _grades(other).items()
    )


def _grades(interview: Interview) -> dict[tuple[str, tuple[str, ...]], Grade | None]:
    """Each attempt's grade, by its question and answers: an attempt that goes on is another one here."""
    return {
        (document.id, answers_in(attempt.turns)): attempt.grade
        for document in interview.questions
        for attempt in attempts_at(interview, document.id)
    }
