"""The records a store returns, its ids and its limits; never touches a database."""

from __future__ import annotations

import re
import secrets

from ..errors import StoreError
from ..phrases import _
from ..schema import Grade, Record

__all__ = ["DRAFT_CHARACTERS", "MOST_CHARACTERS", "Grading", "Saved", "check_id", "is_id", "new_id"]

DRAFT_CHARACTERS = 100_000
"""Longest draft kept, in characters; more is cut."""
MOST_CHARACTERS = 20_000_000
"""Largest interview kept or read back, as JSON: a damaged or foreign one must not fill the memory."""
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


class Saved(Record):
    """One line of the list of interviews."""

    id: str
    questions: tuple[str, ...]
    """The questions as asked."""
    answers: int
    """How many answers the candidate gave."""
    started: str
    """ISO 8601, UTC; empty when the interview does not say."""
    ended: str
    """Why it ended; empty while it runs."""


class Grading(Record):
    """A grade that was once made; one made again, by another decider say, stands beside it."""

    made_at: float
    """Seconds since the epoch when it was first saved, UTC."""
    attempt: int
    """Which try at the grade's question, from 1."""
    grade: Grade


def new_id() -> str:
    """Returns 128 random bits as 22 URL-safe characters: who can't guess the id can't open the interview."""
    return secrets.token_urlsafe(16)


def is_id(text: str) -> bool:
    """Whether it could be from `new_id`."""
    return _ID.fullmatch(text) is not None


def check_id(interview_id: str) -> str:
    """The id itself, which comes from the browser.

    Raises:
        StoreError: it has another length or other characters than ours.
    """
    if not is_id(interview_id):
        raise StoreError(_("That is not the id of an interview: start a new one."))
    return interview_id
