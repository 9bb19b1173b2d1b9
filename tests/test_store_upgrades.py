"""A database of any earlier version, and the files before there was one, become today's; nothing in them is lost."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from kept import make_interview, tried_twice, write_old_file
from sqlalchemy import insert, inspect, select

from interviewer import attempts
from interviewer.errors import StoreError
from interviewer.store import Store, new_id
from interviewer.store.database import REVISIONS, Database
from interviewer.store.rows import interview_row
from interviewer.store.tables import HEAD, TABLES, interviews
from interviewer.store.upgrades import MIGRATIONS, upgrade


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("empty_postgres"))
    return f"sqlite:///{tmp_path / 'interviews.db'}"


def migrated(url: str, to: str, *rows: dict[str, Any]) -> Database:
    """A database at this revision, with these interviews."""
    database = Database(url, wait=1.0)
    database.create()
    with database.writing() as connection:
        upgrade(connection, database.place, to=to)
        for row in rows:
            connection.execute(insert(interviews).values(row))
    return database


def test_the_migrations_make_the_tables_that_the_program_knows(url: str) -> None:
    database = migrated(url, HEAD)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": REVISIONS})
        assert compare_metadata(context, TABLES) == []
        assert set(inspect(connection).get_table_names()) == {REVISIONS, *TABLES.tables}
    database.close()


def test_the_known_head_is_the_newest_migration_and_there_is_one_line_of_them() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_database_before_marks_and_gradings_gets_them_from_its_interviews(url: str) -> None:
    interview, broken = tried_twice(), interview_row(make_interview(), 8.0)
    migrated(url, "0001", interview_row(interview, 7.0), {**broken, "document": "{"}).close()
    store = Store.at(url)
    assert store.marks() == tuple(attempts.marks(interview))
    assert [(one.made_at, one.grade.band) for one in store.gradings(interview.id)] == [(7.0, 2), (7.0, 4)]
    assert store.load(interview.id) == interview and len(store.saved()) == 2
    store.close()


def test_a_failed_upgrade_leaves_the_database_as_it_was(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    interview = tried_twice()
    migrated(url, "0001", interview_row(interview, 7.0)).close()

    def fail(_: object) -> None:
        raise StoreError("half way")

    store = Store.at(url)
    with monkeypatch.context() as patch:
        patch.setattr("interviewer.store.interviews.derive_all", fail)
        with pytest.raises(StoreError, match="half way"):
            store.saved()
    database = Database(url, wait=1.0)
    assert database.revision() == "0001"
    with database.reading() as connection:
        assert "marks" not in inspect(connection).get_table_names()
        assert connection.scalar(select(interviews.c.interview_id)) == interview.id
    database.close()
    assert len(store.marks()) == 2
    store.close()


def test_a_new_database_opened_by_many_at_once_is_made_once(url: str) -> None:
    stores, kept = [Store.at(url) for _ in range(4)], [make_interview() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda pair: pair[0].save(pair[1]), zip(stores, kept, strict=True)))
    assert {line.id for line in stores[0].saved()} == {interview.id for interview in kept}
    for store in stores:
        store.close()


# ── files of earlier versions ────────────────────────────────────────────────────────────────────────


def test_files_are_taken_in_once_and_kept_in_a_subfolder(tmp_path: Path) -> None:
    interview, other = tried_twice("日本語", "b\r\n", "c"), make_interview()
    file = write_old_file(tmp_path, interview)
    write_old_file(tmp_path, other)
    before = file.read_bytes()
    (tmp_path / f"{interview.id}.draft").write_bytes("half\r\n🙂".encode())
    assert {line.id for line in Store(tmp_path).saved()} == {interview.id, other.id}
    store = Store(tmp_path)
    assert store.load(interview.id) == interview and store.draft(interview.id) == "half\r\n🙂"
    assert len(store.marks()) == 3 and len(store.gradings(interview.id)) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"interviews.db", "imported"}
    assert (tmp_path / "imported" / file.name).read_bytes() == before


def test_a_file_from_before_disputes_and_attempts_is_read(tmp_path: Path) -> None:
    interview = make_interview()
    path = write_old_file(tmp_path, interview)
    content = json.loads(path.read_text())
    for later in ("owner", "mode", "attempts", "hints", "disputes", "plan"):
        del content["interview"][later]
    path.write_text(json.dumps(content))
    assert Store(tmp_path).load(interview.id) == interview


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not a saved interview"),
        (b"[]", "not a saved interview"),
        (b'{"version": 1, "interview": {"id": 7}}', "interview.id"),
        (b"\xff\xfe", "not UTF-8"),
        (json.dumps({"interview": json.loads(make_interview().model_dump_json())}).encode(), "not the one it is named"),
    ],
)
def test_a_damaged_file_stays_and_is_named_and_the_others_are_taken_in(
    content: bytes, message: str, tmp_path: Path
) -> None:
    whole, broken = make_interview(), tmp_path / f"{new_id()}.json"
    write_old_file(tmp_path, whole)
    broken.write_bytes(content)
    (tmp_path / "notes.json").write_text("somebody's own")
    store = Store(tmp_path)
    assert [line.id for line in store.saved()] == [whole.id]
    assert broken.read_bytes() == content and (tmp_path / "notes.json").exists()
    with pytest.raises(StoreError, match=message) as caught:
        store.load(broken.stem)
    assert str(broken) in str(caught.value)
    assert Store(tmp_path).load(whole.id) == whole


def test_a_file_never_overwrites_what_the_database_has(tmp_path: Path) -> None:
    interview = make_interview()
    further = interview.model_copy(update={"ended": "closed"})
    Store(tmp_path).save(further)
    write_old_file(tmp_path, interview)
    assert Store(tmp_path).load(interview.id) == further
    assert (tmp_path / "imported" / f"{interview.id}.json").exists()


def test_a_crash_before_the_files_are_moved_takes_nothing_in_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interview = tried_twice()
    file = write_old_file(tmp_path, interview)

    def fail(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("interviewer.store.interviews.put_away", fail)
        with pytest.raises(StoreError, match="files are left there"):
            Store(tmp_path).open()
    assert file.exists()
    store = Store(tmp_path)
    assert len(store.saved()) == 1 and len(store.gradings(interview.id)) == 2 and not file.exists()
