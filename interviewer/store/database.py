"""Opens one database, SQLite or a server's, and keeps its guarantees; never knows what is in the tables.

SQLite: a write-ahead log, so that who reads never waits; `synchronous=FULL`, so that what was saved outlives a power
cut; a transaction that writes begins as one, so that two never deadlock; deleted content is overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    NullPool,
    StaticPool,
    column,
    create_engine,
    event,
    make_url,
    select,
    table,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)

from ..errors import StoreError
from ..phrases import _
from .faults import explain
from .tables import TABLES

__all__ = ["REVISIONS", "Database"]

REVISIONS = "interviewer_revision"
"""Table with the revision; of a name of its own, for a server's database may be shared with another program."""
_SECONDS = 5
"""How long to wait for a server to answer."""


class Database:
    """One database by its address; nothing is opened or made before it is used."""

    def __init__(self, url: str | URL, *, wait: float) -> None:
        """Args:
        url: SQLAlchemy's address of the database.
        wait: seconds to wait for another program that holds SQLite's file.

        Raises:
            StoreError: the address can't be read, or its driver isn't installed.
        """
        address = _parse(url)
        self.file = _file_of(address)
        self.place = str(self.file) if self.file else _describe(address)
        self.engine = _engine(address, wait)

    def exists(self) -> bool:
        """Whether there is something to read; a server's database always counts as there."""
        return self.file is None or self.file.exists()

    def create(self) -> None:
        """Makes SQLite's folder and file, readable by their owner only; SQLite gives its log the same rights.

        Raises:
            StoreError: the folder can't be written.
        """
        if self.file is None:
            return
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with suppress(FileExistsError):
                os.close(os.open(self.file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            raise explain(error, str(self.file.parent)) from error
        # Locked: another process is just doing the same, and the mode stays in the file.
        with self._connect(None) as connection, suppress(OperationalError):
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads; of an empty database where there is none yet.

        Raises:
            StoreError: the database can't be read.
        """
        if self.exists():
            with self._connect("BEGIN") as connection:
                yield connection
        else:
            with _nothing() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it is kept, or nothing.

        Raises:
            StoreError: the database can't be written.
            IntegrityError: another writer made the same row meanwhile; only a server lets two write at once.
        """
        with self._connect("BEGIN IMMEDIATE") as connection:
            yield connection
            connection.commit()

    def revision(self) -> str | None:
        """The revision of the tables; None where nothing says one.

        Raises:
            StoreError: the database can't be read.
        """
        with self._connect("BEGIN") as connection, suppress(OperationalError, ProgrammingError):
            found: str | None = connection.scalar(select(column("version_num")).select_from(table(REVISIONS)))
            return found
        return None

    def scrub(self) -> None:
        """Leaves no trace of deleted rows in SQLite's files; a server's are its administrator's.

        Raises:
            StoreError: another program reads just now.
        """
        if self.engine.dialect.name != "sqlite":
            return
        with self._connect(None) as connection:
            connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
        if busy:
            raise StoreError(
                _("{place} is being read: the rows are deleted; delete again to leave no trace.").format(
                    place=self.place
                )
            )

    def close(self) -> None:
        """Ends the connections to a server."""
        self.engine.dispose()

    @contextmanager
    def _connect(self, begin: str | None) -> Iterator[Connection]:
        try:
            with self.engine.connect().execution_options(begin=begin) as connection:
                yield connection
        except IntegrityError:
            raise
        except (DBAPIError, OSError) as error:
            raise explain(error, self.place) from error


def _parse(url: str | URL) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(
            "INTERVIEWER_DATABASE is no address of a database: write e.g. postgresql+psycopg://name:password@host/database."
        ) from None
    if "@" in (address.host or ""):
        # Else the part after it would count as the host, and be shown.
        raise StoreError("INTERVIEWER_DATABASE has an @ in its name or password: write %40 for it.")
    if address.get_backend_name() == "sqlite" and address.database in (None, "", ":memory:"):
        raise StoreError("INTERVIEWER_DATABASE names no file: write e.g. sqlite:////home/me/interviews.db.")
    return address


def _file_of(address: URL) -> Path | None:
    name = address.database or ""
    is_file = address.get_backend_name() == "sqlite" and not name.startswith("file:")
    return Path(name).expanduser().absolute() if is_file else None


def _describe(address: URL) -> str:
    """Where it is, without names, passwords and options."""
    if address.get_backend_name() == "sqlite":
        return (address.database or "").partition("?")[0].removeprefix("file:")
    port = f":{address.port}" if address.port else ""
    return f"{address.get_backend_name()}://{address.host or ''}{port}/{address.database or ''}"


def _engine(address: URL, wait: float) -> Engine:
    # Parameters are people's words: they belong in no message.
    options: dict[str, Any] = {"hide_parameters": True}
    if address.get_backend_name() == "sqlite":
        # With no connection left open, the file is whole between two calls.
        options |= {"poolclass": NullPool, "connect_args": {"timeout": wait}}
    else:
        options["pool_pre_ping"] = True
        if address.get_backend_name() == "postgresql":
            options["connect_args"] = {"connect_timeout": _SECONDS}
    try:
        engine = create_engine(address, **options)
    except NoSuchModuleError:
        raise StoreError(
            f"INTERVIEWER_DATABASE: no database is called {address.drivername!r}; write sqlite or postgresql+psycopg."
        ) from None
    except ImportError as error:
        extra = "'interviewer[postgres]'" if address.get_backend_name() == "postgresql" else error.name
        raise StoreError(f"INTERVIEWER_DATABASE needs a library that isn't installed: pip install {extra}") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _take_over)
        event.listen(engine, "begin", _begin)
    return engine


def _take_over(connection: Any, _: object) -> None:
    # Else the driver begins and commits by rules of its own.
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    for pragma in ("foreign_keys=ON", "secure_delete=ON", "synchronous=FULL"):
        connection.exec_driver_sql(f"PRAGMA {pragma}")
    if begin := connection.get_execution_options().get("begin"):
        connection.exec_driver_sql(begin)


@contextmanager
def _nothing() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        TABLES.create_all(connection)
        yield connection
    engine.dispose()
