"""What can't be kept or read says so in one sentence, without a password or anybody's words; the last version stays."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import postgres
import pytest
from kept import make_interview, tried_twice
from sqlalchemy import event

from interviewer.errors import StoreError
from interviewer.store import Store, new_id
from interviewer.store.faults import explain

FILE = "interviews.db"


def change(folder: Path, statement: str, *values: object) -> None:
    """Does to a store's file what this program would not."""
    connection = sqlite3.connect(folder / FILE, isolation_level=None)
    connection.execute(statement, values)
    connection.close()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"id": 7, "questions": []}', r"damaged \(id: "),
        ("secretword", "damaged"),
        (make_interview().model_dump_json(), "holds the interview"),
    ],
)
def test_a_damaged_interview_is_named_and_left_out_of_what_reads_it(
    document: str, message: str, tmp_path: Path
) -> None:
    store, whole, broken = Store(tmp_path), make_interview(), make_interview()
    store.save(whole)
    store.save(broken)
    change(tmp_path, "UPDATE interviews SET document = ? WHERE interview_id = ?", document, broken.id)
    with pytest.raises(StoreError, match=message) as caught:
        store.load(broken.id)
    assert str(tmp_path / FILE) in str(caught.value) and broken.id in str(caught.value)
    assert "secretword" not in str(caught.value)
    if "holds" not in message:
        assert list(store.interviews()) == [whole]


@pytest.mark.parametrize(("table", "column"), [("interviews", "summary"), ("marks", "mark"), ("gradings", "grade")])
def test_a_damaged_row_is_left_out_of_its_list(table: str, column: str, tmp_path: Path) -> None:
    store, whole, broken = Store(tmp_path), make_interview(), make_interview()
    store.save(whole)
    store.save(broken)
    change(tmp_path, f"UPDATE {table} SET {column} = '{{' WHERE interview_id = ?", broken.id)
    assert len(store.saved()) == (1 if table == "interviews" else 2)
    assert len(store.marks()) == (1 if table == "marks" else 2)
    assert len(store.gradings(broken.id)) == (0 if table == "gradings" else 1)
    assert store.load(broken.id) == broken


def test_unusually_big_interviews_are_neither_kept_nor_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, interview = Store(tmp_path), make_interview()
    with pytest.raises(StoreError, match="There is no interview"):
        store.load(new_id())
    store.save(interview)
    monkeypatch.setattr("interviewer.store.interviews.MOST_CHARACTERS", 10)
    with pytest.raises(StoreError, match="more than 10"):
        store.load(interview.id)
    assert list(store.interviews()) == []
    with pytest.raises(StoreError, match="larger than 10 characters"):
        store.save(interview)


def test_a_locked_database_says_so_and_can_be_read_meanwhile(tmp_path: Path) -> None:
    store, interview = Store(tmp_path, wait=0.01), make_interview()
    store.save(interview)
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    acts: tuple[Callable[[], None], ...] = (
        lambda: store.save(interview),
        lambda: store.save_draft(interview.id, "x"),
        lambda: store.delete(interview.id),
    )
    for act in acts:
        with pytest.raises(StoreError, match=r"interviews\.db is locked by another program"):
            act()
    assert store.load(interview.id) == interview
    other.execute("ROLLBACK")
    other.close()
    store.save(interview)


def test_a_reader_keeps_traces_from_being_removed_and_that_is_said(tmp_path: Path) -> None:
    store, interview = Store(tmp_path, wait=0.01), make_interview("xylophone")
    store.save(interview)
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT document FROM interviews").fetchall()
    with pytest.raises(StoreError, match="delete again to leave no trace"):
        store.delete_everything()
    assert store.saved() == ()
    other.execute("ROLLBACK")
    other.close()
    store.delete_everything()
    assert not any(b"xylophone" in path.read_bytes() for path in tmp_path.iterdir())


def test_a_full_disk_says_so_and_keeps_the_last_version_whole(tmp_path: Path) -> None:
    store, interview = Store(tmp_path), make_interview()
    store.save(interview)

    def no_more(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count=1")  # SQLite takes it as: not one page more than now

    event.listen(store._database.engine, "begin", no_more)
    with pytest.raises(StoreError, match=r"The disk is full, so .* could not be written") as caught:
        store.save(tried_twice("long " * 20_000, "b", "c").model_copy(update={"id": interview.id}))
    assert "long" not in str(caught.value)
    event.remove(store._database.engine, "begin", no_more)
    assert store.load(interview.id) == interview and len(store.marks()) == 1


def test_a_crash_before_the_end_of_a_save_keeps_the_last_version(tmp_path: Path) -> None:
    store, interview = Store(tmp_path), make_interview()
    store.save(interview)
    code = (
        "import os, sys; from pathlib import Path\n"
        "from interviewer.schema import Interview; from interviewer.store import Store, interviews\n"
        "put = interviews.put\n"
        "interviews.put = lambda *given: (put(*given), os._exit(9))\n"
        "Store(Path(sys.argv[1])).save(Interview.model_validate_json(sys.argv[2]))"
    )
    changed = interview.model_copy(update={"ended": "closed"})
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path), changed.model_dump_json()], check=False)
    assert done.returncode == 9
    assert Store(tmp_path).load(interview.id) == interview
    Store(tmp_path).save(changed)


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be looked at" * 40, b"\xff" * 4096])
def test_a_file_that_is_no_database_is_named_and_left_alone(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(content)
    store = Store(tmp_path)
    for act in (store.saved, store.open, lambda: store.save(make_interview()), store.delete_everything):
        with pytest.raises(StoreError, match=r"interviews\.db is damaged or no database .* move it away"):
            act()
    assert (tmp_path / FILE).read_bytes() == content


def test_a_newer_versions_database_is_left_alone(tmp_path: Path) -> None:
    Store(tmp_path).save(make_interview())
    change(tmp_path, "UPDATE interviewer_revision SET version_num = '9999'")
    before = (tmp_path / FILE).read_bytes()
    for act in (Store(tmp_path).saved, Store(tmp_path).open, lambda: Store(tmp_path).save(make_interview())):
        with pytest.raises(StoreError, match=r"made by a newer version of Interviewer \(revision 9999"):
            act()
    assert (tmp_path / FILE).read_bytes() == before


def test_a_folder_that_is_a_file_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="set INTERVIEWER_DATA"):
        Store(tmp_path / "file" / "interviews").save(make_interview())


def test_a_database_that_may_only_be_read_is_read(tmp_path: Path) -> None:
    interview = make_interview()
    Store(tmp_path).save(interview)
    store = Store.at(f"sqlite:///file:{tmp_path / FILE}?mode=ro&uri=true")
    assert store.load(interview.id) == interview
    with pytest.raises(StoreError, match=r"can't be written .* set INTERVIEWER_DATA"):
        store.save(interview)


@pytest.mark.parametrize(
    ("number", "message"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "set INTERVIEWER_DATA")]
)
def test_an_error_of_the_file_system_says_what_to_do(number: int, message: str) -> None:
    assert message in str(explain(OSError(number, os.strerror(number)), "/data"))


# ── addresses and servers ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nothing", "no address of a database"),
        ("postgresql://me:hunter2@host:port/db", "no address of a database"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("oracledb9://me:hunter2@host/db", "no database is called 'oracledb9'"),
        ("postgresql+pg8000://me:hunter2@host/db", r"pip install 'interviewer\[postgres\]'"),
        ("mysql+pymysql://me:hunter2@host/db", "pip install pymysql"),
    ],
)
def test_an_address_that_can_not_be_used_says_why_without_its_password(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        Store.at(url)
    assert "hunter2" not in str(caught.value)


def test_a_missing_driver_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'interviewer\[postgres\]'"):
        Store.at("postgresql+psycopg://me:hunter2@host/db")


def test_an_address_of_a_file_is_a_store_in_that_file(tmp_path: Path) -> None:
    store, interview = Store.at(f"sqlite:///{tmp_path / 'mine' / 'own.db'}"), make_interview()
    assert store.saved() == () and store.folder is None and store.place == str(tmp_path / "mine" / "own.db")
    store.save(interview)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["own.db"]
    assert store.load(interview.id) == interview


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    pytest.importorskip("psycopg")
    store = Store.at("postgresql+psycopg://me:hunter2@127.0.0.1:1/db?application_name=hunter2")
    assert store.place == "postgresql://127.0.0.1:1/db"
    with pytest.raises(StoreError, match=r"postgresql://127\.0\.0\.1:1/db can't be reached .*refused") as caught:
        store.saved()
    assert "hunter2" not in str(caught.value)


def test_a_wrong_password_is_said_without_it(postgres_url: str) -> None:
    store = Store.at(postgres_url.replace(quote(postgres.PASSWORD, safe=""), "hunter2"))
    with pytest.raises(StoreError, match=r"can't be reached .*password authentication failed") as caught:
        store.save(make_interview())
    assert "hunter2" not in str(caught.value)


def test_a_server_that_forbids_writing_says_so_without_a_word_of_the_answer(empty_postgres: str) -> None:
    store, interview = Store.at(empty_postgres), make_interview("xylophone")
    store.save(interview)
    store.close()
    reader = Store.at(f"{empty_postgres}%20-cdefault_transaction_read_only%3Don")
    assert reader.load(interview.id) == interview
    with pytest.raises(StoreError, match="refused") as caught:
        reader.save(interview)
    assert "xylophone" not in str(caught.value)
    reader.close()


def test_connections_that_the_server_ended_are_opened_anew(empty_postgres: str) -> None:
    import psycopg

    store, interview = Store.at(empty_postgres), make_interview()
    store.save(interview)
    with psycopg.connect(empty_postgres.replace("+psycopg", "")) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert store.load(interview.id) == interview
    store.close()


def test_a_password_with_an_at_sign_is_not_taken_for_a_host_and_shown() -> None:
    with pytest.raises(StoreError, match="%40") as failure:
        Store.at("postgresql+psycopg://me:hush@secret@host/db")
    assert "secret" not in str(failure.value)
    assert Store.at("postgresql+psycopg://me:hush%40secret@host/db").place == "postgresql://host/db"
