"""Keeps interviews and drafts, one JSON file per interview, and never stores a key or a password.

The folder is readable by its owner only. Every write goes to a new file that then replaces the old one, so a
crash or a full disk leaves the last good version.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from interviewer.errors import StoreError
from interviewer.schema import Grade, Interview, Record

__all__ = ["DRAFT_CHARACTERS", "Saved", "Store", "new_id"]

DRAFT_CHARACTERS = 100_000
"""Longest draft kept, in characters; more is cut."""
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_BYTES = 20_000_000
"""Largest file read back: a damaged or foreign file must not fill the memory."""


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


class _File(Record):
    version: int = 1
    interview: Interview


def new_id() -> str:
    """Returns 128 random bits as 22 URL-safe characters: who can't guess the id can't open the interview."""
    return secrets.token_urlsafe(16)


class Store:
    """Interviews in one folder, made when first written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, interview: Interview) -> None:
        """Writes the interview, replacing its last version.

        Raises:
            StoreError: the id is not one of ours, or the folder can't be written.
        """
        self._write(self._path(interview.id, ".json"), _File(interview=interview).model_dump_json())

    def load(self, interview_id: str) -> Interview:
        """Reads an interview back.

        Raises:
            StoreError: there is none with this id, or its file is damaged (the message names it).
        """
        path = self._path(interview_id, ".json")
        text = self._read(path)
        if text is None:
            raise StoreError(f"There is no interview {interview_id} in {self.folder}: start a new one.")
        try:
            interview = _File.model_validate_json(text).interview
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise StoreError(f"{path}: not a saved interview ({where}: {first['msg']}); move it away.") from None
        if interview.id != interview_id:
            raise StoreError(f"{path}: holds the interview {interview.id}, not the one it is named after.")
        return interview

    def save_draft(self, interview_id: str, text: str) -> None:
        """Keeps what is typed but not sent; an empty text forgets it.

        Raises:
            StoreError: the folder can't be written.
        """
        path = self._path(interview_id, ".draft")
        if text:
            self._write(path, text[:DRAFT_CHARACTERS])
            return
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _explain(error, self.folder) from error

    def draft(self, interview_id: str) -> str:
        """Returns what was typed but not sent; empty when there is nothing.

        Raises:
            StoreError: the file is there and can't be read.
        """
        return self._read(self._path(interview_id, ".draft")) or ""

    def saved(self) -> tuple[Saved, ...]:
        """Lists the interviews, newest first; a damaged file is left out: `load` names the fault."""
        newest_first = sorted(self.interviews(), key=lambda one: (-one.started, one.id))
        return tuple(_summary(interview) for interview in newest_first)

    def grades(self) -> Iterator[Grade]:
        """Every grade of every interview, in no order; a damaged file is left out."""
        for interview in self.interviews():
            yield from interview.grades.values()

    def interviews(self) -> Iterator[Interview]:
        """Every interview, in no order; a damaged file is left out."""
        for path in self.folder.glob("*.json") if self.folder.is_dir() else ():
            with suppress(StoreError):
                yield self.load(path.stem)

    def _path(self, interview_id: str, suffix: str) -> Path:
        # The id comes from the browser: only our own alphabet, so no path can be smuggled in.
        if not _ID.fullmatch(interview_id):
            raise StoreError("That is not the id of an interview: start a new one.")
        return self.folder / f"{interview_id}{suffix}"

    def _read(self, path: Path) -> str | None:
        try:
            if path.stat().st_size > _BYTES:
                raise StoreError(f"{path}: larger than {_BYTES:,} bytes, so not ours; move it away.")
            # newline="": line ends stay as they are, for quotes count characters.
            with path.open(encoding="utf-8", newline="") as file:
                return file.read()
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            raise StoreError(f"{path}: not UTF-8 text, so damaged; move it away.") from None
        except OSError as error:
            raise StoreError(f"{path}: can't be read ({error.strerror or error}).") from error

    def _write(self, path: Path, text: str) -> None:
        temporary = ""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # mkstemp makes the file readable by its owner only.
            handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.folder)
            # Lone surrogates can arrive from a browser; "replace" keeps the rest instead of failing.
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError as error:
            if temporary:
                Path(temporary).unlink(missing_ok=True)
            raise _explain(error, self.folder) from error


def _explain(error: OSError, folder: Path) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(f"The disk is full, so {folder} could not be written: free some space and go on.")
    return StoreError(
        f"{folder} can't be written ({error.strerror or error}): set INTERVIEWER_DATA to a folder that can."
    )


def _summary(interview: Interview) -> Saved:
    started = datetime.fromtimestamp(interview.started, UTC) if interview.started else None
    return Saved(
        id=interview.id,
        questions=tuple(document.question for document in interview.questions),
        answers=sum(turn.act == "answer" for turn in interview.turns),
        started=started.isoformat(timespec="seconds") if started else "",
        ended=interview.ended,
    )
