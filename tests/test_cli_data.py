"""The commands on what was kept: listed, exported, restored and deleted only when it is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from exported import begun, twice
from shipped import QUESTION
from tables import ANSWER
from test_cli import Run
from test_cli import run as run

from interviewer.store import Store, new_id


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    monkeypatch.setenv("INTERVIEWER_DATA", str(tmp_path / "data"))
    kept = Store(tmp_path / "data" / "interviews")
    for interview in (twice(), begun(new_id())):
        kept.save(interview)
    return kept


def test_interviews_are_listed_exported_deleted_and_restored(run: Run, store: Store, tmp_path: Path) -> None:
    before = store.load(twice().id)
    listed = run("export")
    assert listed.code == 0
    assert f"{twice().id}\t2026-11-26, 13:33 UTC\t2 answers\t{QUESTION.question}" in listed.out.splitlines()
    whole = run("export", "--all", "--out", tmp_path / "all.json", "--name", "Kim")
    assert (whole.code, whole.err) == (0, f"{tmp_path / 'all.json'}: 2 interviews.\n")
    one = run("export", twice().id, "--format", "pdf", "--out", tmp_path / "one.pdf")
    assert one.code == 0
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")
    assert run("delete", "--everything", typed=b"no\n").code == 1
    assert len(store.saved()) == 2
    assert run("delete", "--everything", typed=b"delete\n").code == 0
    assert store.saved() == ()
    back = run("restore", tmp_path / "all.json")
    assert "2 interviews read: 2 new." in back.err
    assert store.load(before.id) == before
    assert run("delete", twice().id, "--yes").code == 0
    assert len(store.saved()) == 1


def test_a_groups_table_is_written_from_files(run: Run, store: Store, tmp_path: Path) -> None:
    run("export", twice().id, "--out", tmp_path / "kim.json", "--name", "Kim")
    made = run("group", tmp_path / "kim.json", "--out", tmp_path / "group.csv")
    assert (made.code, made.err) == (0, f"{tmp_path / 'group.csv'}: 1 question.\n")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("export", "--all", "x"), 2, "not both"),
        (("export", "--all"), 2, "--out FILE"),
        (("export", "x" * 22, "--out", "x.md"), 1, "There is no interview"),
        (("restore", "none.json"), 1, "none.json: can't be read"),
        (("delete",), 2, "Give ids"),
        (("group",), 1, "No candidate has a graded answer"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: tuple[str, ...], code: int, says: str, run: Run, store: Store
) -> None:
    done = run(*arguments)
    assert done.code == code
    assert says in done.err
    assert "Traceback" not in done.err


def test_a_history_without_answers_says_so_and_with_them_tells_of_them(run: Run) -> None:
    empty = run("history")
    assert empty.code == 0 and empty.out
    run("chat", QUESTION.id, "--decider", "builtin", typed=f"{ANSWER}\n\n/end\n".encode())
    told = run("history")
    assert told.code == 0 and told.out != empty.out and len(told.out.splitlines()) > 1
