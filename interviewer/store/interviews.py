"""Keeps interviews, drafts, marks and gradings in the tables of one database; everything of a call, or nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection, Table, case, func, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError

from ..errors import StoreError
from ..phrases import _
from ..schema import Grade, Interview, Marked
from .database import Database
from .faults import explain
from .files import erase_files, first_fault, old_files, put_away, read_interview
from .records import MOST_CHARACTERS, Grading, Saved, check_id
from .rows import grading_row, interview_row, readable
from .tables import HEAD, drafts, gradings, interviews, marks
from .upgrades import upgrade
from .writing import derive_all, erase, erase_of, put, put_draft, put_file, put_gradings

__all__ = ["FILE", "Store"]

FILE = "interviews.db"
"""The database in a store's folder."""
WAIT = 5.0
"""Seconds to wait for another program that is writing."""
_AT_ONCE = 50
"""Interviews read in one go, so that a long history needs little memory."""
_REMEMBERED = 4096
"""Marks and summaries kept read: a long history's, some 5 kB each; none holds a candidate's words."""
T = TypeVar("T", bound=BaseModel)
Act = Callable[[Connection], None]


class Store:
    """Interviews in one database, made when first written to. Calls are short, and may come from any thread."""

    def __init__(self, folder: Path, *, wait: float = WAIT) -> None:
        """Args:
        folder: where the SQLite file is, or will be. Files of earlier versions in it are taken into the database.
        wait: seconds to wait for another program that is writing.
        """
        self._begin(Database(URL.create("sqlite", database=str(folder / FILE)), wait=wait), folder)

    @classmethod
    def at(cls, url: str, *, wait: float = WAIT) -> Store:
        """The store at SQLAlchemy's address of a database.

        Raises:
            StoreError: the address can't be read, or its driver isn't installed.
        """
        store = cls.__new__(cls)
        store._begin(Database(url, wait=wait), None)
        return store

    def _begin(self, database: Database, folder: Path | None) -> None:
        self._database = database
        self._opened = False
        self._opening = RLock()
        self.folder = folder
        """None for a store that was named by an address."""
        self.place = str(folder or database.place)
        """Where it is, for people: a folder, a file, or an address without names and passwords."""

    def open(self, *, create: bool = False) -> None:
        """Brings the database to this version, so that what is wrong is known now; else done when first needed.

        Args:
            create: makes it when it isn't there.

        Raises:
            StoreError: it can't be reached, read or written, or a newer version made it.
        """
        with self._opening:
            if self._opened and self._database.exists():
                return
            files = old_files(self.folder) if self.folder else ()
            if not (create or files or self._database.exists()):
                return
            self._database.create()
            if self._database.revision() != HEAD:
                with self._database.writing() as connection:
                    if upgrade(connection, self._database.place) not in (None, HEAD):  # HEAD: another process was first
                        derive_all(connection)
            self._take_in(files)
            self._opened = True

    def close(self) -> None:
        """Ends the connections to a server; the store may be used again."""
        self._database.close()

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────

    def save(self, interview: Interview) -> None:
        """Keeps the interview in place of its last version, and adds its new grades to those ever made.

        Raises:
            StoreError: the id is not one of ours, the interview is unusually big, or the database can't be written.
        """
        check_id(interview.id)
        interview = readable(interview)
        row = interview_row(interview, time.time())
        if len(row["document"]) > MOST_CHARACTERS:
            raise StoreError(
                _("The interview is larger than {most:,} characters: it was not kept.").format(most=MOST_CHARACTERS)
            )
        self._write(lambda connection: put(connection, interview, row))

    def keep_grading(self, interview_id: str, attempt: int, grade: Grade) -> None:
        """Adds a grade to those ever made of this attempt at its question; the interview's own grade stays.

        Raises:
            StoreError: there is no such interview, or the database can't be written.
        """
        row = grading_row(check_id(interview_id), attempt, grade, time.time())
        self.load(interview_id)
        self._write(lambda connection: put_gradings(connection, interview_id, [row]))

    def save_draft(self, interview_id: str, text: str) -> None:
        """Keeps what is typed but not sent; an empty text forgets it.

        Raises:
            StoreError: the database can't be written.
        """
        check_id(interview_id)
        if not text and not self._database.exists():
            return
        self._write(lambda connection: put_draft(connection, interview_id, text, time.time()))

    def delete(self, *interview_ids: str) -> None:
        """Forgets interviews, their drafts and grades, all at once; SQLite keeps no trace of their words in any file.

        Raises:
            StoreError: the database can't be written, or another program reads it just now.
        """
        for interview_id in interview_ids:
            check_id(interview_id)
        self._erase(lambda connection: erase(connection, interview_ids))
        for interview_id in interview_ids if self.folder is not None else ():
            self._erase_files(interview_id)

    def delete_everything(self, owner: str | None = None) -> None:
        """Forgets all interviews, or one owner's, as `delete` forgets one; the files of earlier versions are nobody's.

        Raises:
            StoreError: the database can't be written, or another program reads it just now.
        """
        self._erase(lambda connection: erase_of(connection, owner))
        if self.folder is not None and not owner:
            self._erase_files(None)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────

    def load(self, interview_id: str) -> Interview:
        """Reads an interview back.

        Raises:
            StoreError: there is none with this id, or it is damaged (the message names it).
        """
        check_id(interview_id)
        size = func.length(interviews.c.document)
        fits = case((size <= MOST_CHARACTERS, interviews.c.document))
        row = self._rows(select(size, fits).where(interviews.c.interview_id == interview_id))
        if not row:
            raise self._missing(interview_id)
        length, document = row[0]
        if document is None:
            raise self._damaged(interview_id, f"{length:,} characters, more than {MOST_CHARACTERS:,}")
        try:
            interview = Interview.model_validate_json(document)
        except ValidationError as error:
            raise self._damaged(interview_id, first_fault(error)) from None
        if interview.id != interview_id:
            raise self._damaged(interview_id, f"holds the interview {interview.id}")
        return interview

    def draft(self, interview_id: str) -> str:
        """Returns what was typed but not sent; empty when there is nothing.

        Raises:
            StoreError: the database can't be read.
        """
        rows = self._rows(select(drafts.c.draft).where(drafts.c.interview_id == check_id(interview_id)))
        return str(json.loads(rows[0][0])) if rows else ""

    def saved(self, owner: str | None = None) -> tuple[Saved, ...]:
        """Lists the interviews, of one owner or all, newest first; a damaged row is left out, and `load` says why."""
        order = (interviews.c.started.desc(), interviews.c.interview_id)
        return tuple(self._records(Saved, select(interviews.c.summary).order_by(*order), _of(interviews, owner)))

    def marks(self, owner: str | None = None, question_id: str | None = None) -> tuple[Marked, ...]:
        """Every graded attempt, of one owner or question or all, newest last; reads no interview."""
        where = _of(marks, owner)
        if question_id is not None:
            where.append(marks.c.question_id == question_id)
        order = (marks.c.at, marks.c.interview_id, marks.c.question_id, marks.c.attempt)
        return tuple(self._records(Marked, select(marks.c.mark).order_by(*order), where))

    def gradings(self, interview_id: str) -> tuple[Grading, ...]:
        """Every grade ever made of an interview's answers, oldest first; a damaged row is left out."""
        found = []
        for made_at, attempt, grade in self._rows(
            select(gradings.c.made_at, gradings.c.attempt, gradings.c.grade)
            .where(gradings.c.interview_id == check_id(interview_id))
            .order_by(gradings.c.made_at, gradings.c.question_id, gradings.c.attempt, gradings.c.grade_hash)
        ):
            with suppress(ValidationError):
                found.append(Grading(made_at=made_at, attempt=attempt, grade=Grade.model_validate_json(grade)))
        return tuple(found)

    def interviews(self, owner: str | None = None) -> Iterator[Interview]:
        """Every interview, of one owner or all, in no order; a damaged row is left out."""
        yield from self._documents(Interview, owner)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────────

    def _write(self, act: Act) -> None:
        self.open(create=True)
        try:
            with self._database.writing() as connection:
                act(connection)
        except IntegrityError:
            # On a server somebody made the same row meanwhile: now it is there to be replaced.
            try:
                with self._database.writing() as connection:
                    act(connection)
            except IntegrityError as error:  # e.g. a grade of an interview that was just deleted
                raise explain(error, self._database.place) from error

    def _erase(self, act: Act) -> None:
        self.open()
        if self._database.exists():
            with self._database.writing() as connection:
                act(connection)
            self._database.scrub()

    def _rows(self, statement: Any) -> list[Any]:
        self.open()
        with self._database.reading() as connection:
            return list(connection.execute(statement).all())

    def _records(self, kind: type[T], statement: Any, where: list[Any]) -> Iterator[T]:
        for (record,) in self._rows(statement.where(*where)):
            with suppress(ValidationError):
                yield _read(kind, record)

    def _documents(self, kind: type[T], owner: str | None) -> Iterator[T]:
        """A few at a time, each time by the id after the last, so that no transaction waits for who reads them."""
        after = ""
        key, document = interviews.c.interview_id, interviews.c.document
        fits = func.length(document) <= MOST_CHARACTERS
        while rows := self._rows(
            select(key, document).where(key > after, fits, *_of(interviews, owner)).order_by(key).limit(_AT_ONCE)
        ):
            for after, text in rows:  # noqa: B007
                with suppress(ValidationError):
                    yield kind.model_validate_json(text)

    def _missing(self, interview_id: str) -> StoreError:
        leftover = self.folder / f"{interview_id}.json" if self.folder else None
        if leftover is not None and leftover.exists():
            try:
                read_interview(leftover)
            except StoreError as fault:
                return fault
        return StoreError(
            _("There is no interview {id} in {place}: start a new one.").format(id=interview_id, place=self.place)
        )

    def _damaged(self, interview_id: str, fault: str) -> StoreError:
        return StoreError(
            _("{place}: the interview {id} is damaged ({fault}): delete it, or restore a copy.").format(
                place=self._database.place, id=interview_id, fault=fault
            )
        )

    # ── files of earlier versions ────────────────────────────────────────────────────────────────────

    def _take_in(self, files: tuple[Path, ...]) -> None:
        """Puts them into the database in one transaction, then moves them; a damaged one stays where it is."""
        if not files:
            return
        taken = []
        with self._database.writing() as connection:
            for path in files:
                with suppress(StoreError):
                    put_file(connection, path)
                    taken.append(path)
        try:
            for path in taken:
                put_away(path)
        except OSError as error:
            raise self._left_there(error) from error

    def _erase_files(self, interview_id: str | None) -> None:
        assert self.folder is not None
        try:
            erase_files(self.folder, interview_id)
        except OSError as error:
            raise self._left_there(error) from error

    def _left_there(self, error: OSError) -> StoreError:
        says = _("{folder} can't be written ({reason}): files are left there.")
        return StoreError(says.format(folder=self.folder, reason=error.strerror))


@lru_cache(maxsize=_REMEMBERED)
def _read(kind: type[T], record: str) -> T:
    """A record from its JSON; remembered, since a history is drawn again after each answer."""
    return kind.model_validate_json(record)


def _of(table: Table, owner: str | None) -> list[Any]:
    return [] if owner is None else [table.c.owner == owner]
