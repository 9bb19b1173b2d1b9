"""Brings a database's tables to the newest revision; never called for one that is there already.

Alembic is imported only in here, when a database is new or of an older version.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

from ..errors import StoreError
from .database import REVISIONS
from .tables import HEAD

__all__ = ["MIGRATIONS", "upgrade"]

MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 0x696E7465  # "inte": who else locks by number in a shared database takes another one


def upgrade(connection: Connection, place: str, *, to: str = HEAD) -> str | None:
    """Runs the migrations that are missing, within the connection's transaction.

    Returns:
        The revision before; None for a new database.

    Raises:
        StoreError: a newer version of this program made the database.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":  # SQLite's transaction has the lock already
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    before = MigrationContext.configure(connection, opts={"version_table": REVISIONS}).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if before is not None and before not in known:
        raise StoreError(
            f"{place} was made by a newer version of Interviewer (revision {before}; this one knows {HEAD}): "
            "install the newest, or set INTERVIEWER_DATA or INTERVIEWER_DATABASE to another place."
        )
    command.upgrade(config, to)
    return before
