"""Reads the JSON files in which earlier versions kept interviews; never changes one, only moves or removes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from ..errors import StoreError
from ..schema import Interview, Record
from .records import MOST_CHARACTERS, is_id

__all__ = ["IMPORTED", "erase_files", "first_fault", "old_files", "put_away", "read_draft", "read_interview"]

IMPORTED = "imported"
"""Subfolder for files whose interviews are in the database."""
_SUFFIXES = (".json", ".draft")


class _File(Record):
    version: int = 1
    interview: Interview


def old_files(folder: Path) -> tuple[Path, ...]:
    """The interviews, then the drafts, that earlier versions left in the folder."""
    if not folder.is_dir():
        return ()
    return tuple(path for suffix in _SUFFIXES for path in sorted(folder.glob(f"*{suffix}")) if is_id(path.stem))


def read_interview(path: Path) -> Interview:
    """The interview in a file.

    Raises:
        StoreError: the file is damaged or not ours; the message names it.
    """
    try:
        interview = _File.model_validate_json(_read(path)).interview
    except ValidationError as error:
        raise StoreError(f"{path}: not a saved interview ({first_fault(error)}); move it away.") from None
    if interview.id != path.stem:
        raise StoreError(f"{path}: holds the interview {interview.id}, not the one it is named after.")
    return interview


def read_draft(path: Path) -> str:
    """The draft in a file.

    Raises:
        StoreError: the file is damaged or not ours; the message names it.
    """
    return _read(path)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_CHARACTERS:
            raise StoreError(f"{path}: larger than {MOST_CHARACTERS:,} bytes, so not ours; move it away.")
        # newline="": line ends stay as they are, for quotes count characters.
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError:
        raise StoreError(f"{path}: not UTF-8 text, so damaged; move it away.") from None
    except OSError as error:
        raise StoreError(f"{path}: can't be read ({error.strerror or error}).") from error


def first_fault(error: ValidationError) -> str:
    """Where a record is wrong, and how; never quotes what stands there."""
    first = error.errors(include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


def put_away(path: Path) -> None:
    """Moves a file into the subfolder of files that are in the database; one that another process moved is left."""
    folder = path.parent / IMPORTED
    folder.mkdir(mode=0o700, exist_ok=True)
    with suppress(FileNotFoundError):
        path.replace(folder / path.name)


def erase_files(folder: Path, interview_id: str | None = None) -> None:
    """Removes what earlier versions wrote of one interview, or of all, half-written files and moved ones too."""
    for path in list(_written(folder, interview_id or "*")):
        path.unlink(missing_ok=True)
    with suppress(OSError):  # not there, or not empty
        (folder / IMPORTED).rmdir()


def _written(folder: Path, stem: str) -> Iterator[Path]:
    for place in (folder, folder / IMPORTED):
        yield from (path for suffix in _SUFFIXES for path in place.glob(f"{stem}{suffix}") if is_id(path.stem))
    yield from folder.glob(".*.part")
