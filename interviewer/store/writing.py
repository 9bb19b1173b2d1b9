"""Writes rows within a transaction that somebody else began; never ends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, true, update

from ..schema import Interview
from .files import read_draft, read_interview
from .records import DRAFT_CHARACTERS
from .rows import draft_text, grading_rows, interview_row, mark_rows
from .tables import drafts, gradings, interviews, marks

__all__ = ["derive_all", "erase", "erase_of", "put", "put_draft", "put_file", "put_gradings"]


def put(connection: Connection, interview: Interview, row: dict[str, Any]) -> None:
    """Writes an interview's row, its marks and its new gradings."""
    # First the interview's own row: on a server it locks out who writes the same interview.
    _replace(connection, interviews, row)
    _derive(connection, interview, row["touched"])


def put_draft(connection: Connection, interview_id: str, text: str, touched: float) -> None:
    """Writes a draft; an empty text deletes it."""
    if text:
        row = {"interview_id": interview_id, "draft": draft_text(text[:DRAFT_CHARACTERS]), "touched": touched}
        _replace(connection, drafts, row)
    else:
        connection.execute(delete(drafts).where(drafts.c.interview_id == interview_id))


def _replace(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    mine = table.c.interview_id == row["interview_id"]
    if connection.execute(update(table).where(mine).values(row)).rowcount == 0:
        connection.execute(insert(table).values(row))


def put_file(connection: Connection, path: Path) -> None:
    """One file's content, unless the database knows better already."""
    interview = read_interview(path) if path.suffix == ".json" else None
    draft = read_draft(path) if interview is None else ""
    table = drafts if interview is None else interviews
    if connection.execute(select(table.c.interview_id).where(table.c.interview_id == path.stem)).first():
        return
    written = path.stat().st_mtime
    if interview is None:
        put_draft(connection, path.stem, draft, written)
    else:
        put(connection, interview, interview_row(interview, written))


def _derive(connection: Connection, interview: Interview, now: float) -> None:
    connection.execute(delete(marks).where(marks.c.interview_id == interview.id))
    if rows := mark_rows(interview):
        connection.execute(insert(marks), rows)
    put_gradings(connection, interview.id, grading_rows(interview, now))


def put_gradings(connection: Connection, interview_id: str, made: list[dict[str, Any]]) -> None:
    """Adds those rows of `gradings` that are not there yet."""
    known = select(gradings.c.question_id, gradings.c.attempt, gradings.c.grade_hash)
    had = {tuple(row) for row in connection.execute(known.where(gradings.c.interview_id == interview_id))}
    if new := [row for row in made if (row["question_id"], row["attempt"], row["grade_hash"]) not in had]:
        connection.execute(insert(gradings), new)


def derive_all(connection: Connection) -> None:
    """After a migration: what is derived has a new shape, or is new."""
    for document, touched in connection.execute(select(interviews.c.document, interviews.c.touched)).all():
        with suppress(ValidationError):
            _derive(connection, Interview.model_validate_json(document), touched)


def erase(connection: Connection, interview_ids: Sequence[str]) -> None:
    """Deletes every row of these interviews."""
    for interview_id in interview_ids:
        _erase(connection, _is(interview_id))


def _is(interview_id: str) -> Callable[[Table], ColumnElement[bool]]:
    return lambda table: table.c.interview_id == interview_id


def erase_of(connection: Connection, owner: str | None) -> None:
    """Deletes every row of an owner; or of all, drafts of interviews that were never saved too."""
    theirs = select(interviews.c.interview_id).where(interviews.c.owner == owner)
    _erase(connection, lambda table: true() if owner is None else table.c.interview_id.in_(theirs))


def _erase(connection: Connection, which: Callable[[Table], ColumnElement[bool]]) -> None:
    connection.execute(delete(drafts).where(which(drafts)))
    # Its marks and gradings go with it. To delete those first would wait for a save that waits for this.
    connection.execute(delete(interviews).where(which(interviews)))
