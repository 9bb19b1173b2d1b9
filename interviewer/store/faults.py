"""Says in one sentence what a database's error means; never repeats a statement, a word of anybody or a password."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError

from ..errors import StoreError
from ..phrases import _

__all__ = ["explain"]

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_FOREIGN = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT}
_SHUT = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_FULL = {errno.ENOSPC, errno.EDQUOT}
_SERVER_FULL = "53100"
"""PostgreSQL's SQLSTATE `disk_full`."""
_UNREACHED = "08000"
"""Its SQLSTATE for a connection's failure, which has none when there never was a connection."""
_SHUT_OUT = {"08", "28", "3D", "57"}
"""Classes of SQLSTATEs: no connection, no login, no such database, the server stops."""


def explain(error: DBAPIError | OSError, place: str) -> StoreError:
    """The error of a driver or of the file system as ours."""
    if isinstance(error, OSError):
        return _full(place) if error.errno in _FULL else _shut(place, error.strerror or str(error))
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _explain_sqlite(cause, place)
    state = getattr(cause, "sqlstate", None) or _UNREACHED
    if state == _SERVER_FULL:
        return _full(place)
    if isinstance(error, OperationalError) and state[:2] in _SHUT_OUT:
        return StoreError(
            _("{place} can't be reached ({reason}): check that the server runs, and INTERVIEWER_DATABASE.").format(
                place=place, reason=_reason(cause)
            )
        )
    return StoreError(_("{place} refused ({reason}).").format(place=place, reason=_reason(cause)))


def _explain_sqlite(cause: sqlite3.Error, place: str) -> StoreError:
    # The upper bits say more than anybody can act on. Misuse by this program has no code.
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code in _LOCKED:
        return StoreError(
            _("{place} is locked by another program: wait until that is done, or end it, and try again.").format(
                place=place
            )
        )
    if code in _FOREIGN:
        return StoreError(
            _("{place} is damaged or no database ({reason}): move it away, or restore a copy.").format(
                place=place, reason=_reason(cause)
            )
        )
    if code == sqlite3.SQLITE_FULL:
        return _full(place)
    if code in _SHUT:
        return _shut(place, _reason(cause))
    return StoreError(_("{place} failed ({reason}).").format(place=place, reason=_reason(cause)))


def _full(place: str) -> StoreError:
    return StoreError(
        _("The disk is full, so {place} could not be written: free some space and go on.").format(place=place)
    )


def _shut(place: str, reason: str) -> StoreError:
    return StoreError(
        _("{place} can't be written ({reason}): set INTERVIEWER_DATA to a folder that can.").format(
            place=place, reason=reason
        )
    )


def _reason(cause: BaseException | None) -> str:
    """The first line alone: what follows may quote values."""
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0].rstrip(".")
