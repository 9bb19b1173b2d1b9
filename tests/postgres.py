"""A private PostgreSQL server for the tests: in a temporary folder, on a Unix socket alone, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

PROGRAMS = ("initdb", "pg_ctl", "postgres")
NAME = "interviewer"
PASSWORD = "pa/ss word"


def why_not() -> str:
    """Why there can be none here; empty when there can."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"no PostgreSQL on this machine ({', '.join(missing)} not found): install the package `postgresql`"
    try:
        import psycopg
    except ImportError:
        return "the driver psycopg is not installed"
    assert psycopg
    if os.geteuid() == 0 and _user() is None:
        return "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as"
    return ""


def _user() -> str | None:
    """Whom to run it as: the server refuses root."""
    import pwd

    if os.geteuid() != 0:
        return None
    names = {one.pw_name for one in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


@contextmanager
def server() -> Iterator[str]:
    """The address of a database on it, with its password."""
    # A socket's path has at most 107 characters, so not pytest's folder.
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    user = _user()
    if user is not None:
        shutil.chown(home, user)

    def run(*command: str) -> None:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(home)}
        log = home / "tests.log"
        with log.open("a") as file:
            done = subprocess.run(
                command, user=user, cwd=home, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )
        assert done.returncode == 0, log.read_text()

    (home / "password").write_text(PASSWORD)
    if user is not None:
        shutil.chown(home / "password", user)
    data = str(home / "data")
    run("initdb", "-D", data, "-U", NAME, "--pwfile", str(home / "password"), "-A", "scram-sha-256", "-N", "-E", "UTF8")
    options = f"-c listen_addresses='' -c unix_socket_directories='{home}' -c fsync=off"
    run("pg_ctl", "-D", data, "-w", "-l", str(home / "server.log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://{NAME}:{quote(PASSWORD, safe='')}@/postgres?host={home}"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(home, ignore_errors=True)
