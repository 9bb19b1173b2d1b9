"""Keeps interviews, drafts and every grade in a database, SQLite or PostgreSQL; never stores a key or a password.

`Store` is loaded when it is first asked for, for SQLAlchemy takes time to load that `interviewer --help` and the
grading of files do without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .records import DRAFT_CHARACTERS, Grading, Saved, new_id

if TYPE_CHECKING:
    from .interviews import Store

__all__ = ["DRAFT_CHARACTERS", "Grading", "Saved", "Store", "new_id"]


def __getattr__(name: str) -> Any:
    if name != "Store":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .interviews import Store

    return Store
