"""What is kept comes back, whatever was typed, from SQLite and from PostgreSQL; what is deleted leaves no trace."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kept import grade_of, make_interview, said, tried_twice, write_old_file
from sqlalchemy import text

from interviewer import attempts
from interviewer.errors import StoreError
from interviewer.schema import Interview
from interviewer.store import DRAFT_CHARACTERS, Store, new_id

Open = Callable[[], Store]


@pytest.fixture(params=["sqlite", "postgresql"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same store anew each time, as another process would."""
    opened: list[Store] = []
    url = request.getfixturevalue("empty_postgres") if request.param == "postgresql" else ""

    def open_one() -> Store:
        opened.append(Store.at(url) if url else Store(tmp_path / "interviews"))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@given(text=st.text())
@settings(max_examples=60, deadline=None)
def test_an_interview_comes_back_as_it_was_saved(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = Store(tmp_path_factory.mktemp("interviews"))
    interview = make_interview(text)
    store.save(interview)
    assert store.load(interview.id) == interview


@pytest.mark.parametrize(
    "words", ["plain", "zeilen\r\nende\n", "日本語 🙂", "\x00\x01", '"; DROP TABLE interviews; --']
)
def test_both_databases_keep_every_character(words: str, reopen: Open) -> None:
    interview = tried_twice(words, words, words)
    reopen().save(interview)
    reopen().save_draft(interview.id, words)
    assert reopen().load(interview.id) == interview
    assert reopen().draft(interview.id) == words
    assert list(reopen().interviews()) == [interview]


@pytest.mark.parametrize("draft", ["half a sente", "zeilen\r\nende\n", "日本語 🙂", "\\ud800", " "])
def test_a_draft_comes_back_and_an_empty_one_is_forgotten(draft: str, reopen: Open) -> None:
    store, identity = reopen(), new_id()
    assert store.draft(identity) == ""
    store.save_draft(identity, draft)
    store.save_draft(identity, draft)
    assert reopen().draft(identity) == draft
    store.save_draft(identity, "")
    assert reopen().draft(identity) == ""


def test_lone_surrogates_do_not_lose_the_rest(reopen: Open) -> None:
    store, interview = reopen(), make_interview("before \ud800 after")
    store.save(interview)
    store.save_draft(interview.id, "before \ud800 after")
    assert store.draft(interview.id) == store.load(interview.id).turns[0].text == "before ? after"


def test_an_endless_draft_is_cut(tmp_path: Path) -> None:
    store, identity = Store(tmp_path), new_id()
    store.save_draft(identity, "x" * (DRAFT_CHARACTERS + 5))
    assert len(store.draft(identity)) == DRAFT_CHARACTERS


def test_ids_are_128_random_bits() -> None:
    ids = {new_id() for _ in range(200)}
    assert len(ids) == 200
    assert {len(identity) for identity in ids} == {22}


@pytest.mark.parametrize("identity", ["", "../../etc/passwd", "a" * 21, "a" * 23, "a/b" + "c" * 19, "a" * 21 + "\n"])
def test_an_id_that_is_not_ours_reaches_no_database_and_no_file(identity: str, tmp_path: Path) -> None:
    store = Store(tmp_path)
    alien = make_interview().model_copy(update={"id": identity})
    for act in (
        store.load, store.draft, store.gradings, store.delete,
        lambda one: store.save_draft(one, "text"), lambda _: store.save(alien),
    ):  # fmt: skip
        with pytest.raises(StoreError, match="not the id of an interview"):
            act(identity)
    assert list(tmp_path.iterdir()) == []


def test_reading_makes_no_file_and_finds_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "none")
    assert not (store.saved() or store.marks() or store.gradings(new_id()) or store.draft(new_id()))
    assert not list(store.interviews())
    store.save_draft(new_id(), "")
    store.delete(new_id())
    store.delete_everything()
    assert not (tmp_path / "none").exists()


def test_files_and_folder_are_for_the_owner_only(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "interviews")
    store.save(make_interview())
    with store._database.reading() as connection:  # so that the log is there
        connection.execute(text("SELECT 1 FROM interviews"))
        store.save_draft(new_id(), "half")
        files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new" / "interviews").iterdir()}
    assert set(files) == {"interviews.db", "interviews.db-wal", "interviews.db-shm"}
    assert set(files.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "new" / "interviews").stat().st_mode) == 0o700


def test_the_list_is_newest_first_and_of_one_owner_or_all(reopen: Open) -> None:
    store = reopen()
    old, young = make_interview(started=1.0), make_interview(started=2.0, owner="anna")
    assert store.saved() == ()
    store.save(old)
    store.save(young)
    lines = reopen().saved()
    assert [line.id for line in lines] == [young.id, old.id]
    assert lines[1].started == "1970-01-01T00:00:01+00:00"
    assert lines[0].answers == 1 and lines[0].questions == ("Tell me.",)
    assert [line.id for line in store.saved("anna")] == [young.id] == [one.id for one in store.interviews("anna")]
    assert [line.id for line in store.saved("")] == [old.id] and store.saved("bert") == ()


def test_the_last_save_of_an_interview_wins_and_leaves_one_row(reopen: Open) -> None:
    first, interview = reopen(), make_interview()
    first.save(interview)
    changed = interview.model_copy(update={"ended": "closed", "turns": (*interview.turns, said("More."))})
    reopen().save(changed)
    assert first.load(interview.id) == changed
    (line,) = first.saved()
    assert (line.ended, line.answers) == ("closed", 2)


def test_grades_are_the_latest_of_every_interview(reopen: Open) -> None:
    store = reopen()
    for _ in range(60):  # more than are read in one go
        store.save(tried_twice())
    assert [grade.band for one in store.interviews() for grade in one.grades.values()] == [4] * 60
    assert len({interview.id for interview in store.interviews()}) == 60


def test_marks_are_those_of_the_interviews_newest_last(reopen: Open) -> None:
    store = reopen()
    twice, once = tried_twice(), make_interview(started=7.0, owner="anna")
    store.save(twice)
    store.save(once)
    first, second = attempts.marks(twice)
    (third,) = attempts.marks(once)
    assert reopen().marks() == (first, third, second)
    assert (first.attempt, first.latest, first.mode, first.band) == (1, False, "simulation", 2)
    assert store.marks("") == (first, second) and store.marks("anna", "q") == (third,)
    assert store.marks(question_id="other") == ()
    store.save(twice.model_copy(update={"attempts": (), "grades": {}}))
    assert store.marks() == (third,), "what an interview no longer holds is no history"


def test_a_grade_made_again_stands_beside_the_earlier_one_and_the_same_is_kept_once(reopen: Open) -> None:
    store, interview = reopen(), tried_twice()
    store.save(interview)
    reopen().save(interview)
    kept = store.gradings(interview.id)
    assert [(one.attempt, one.grade) for one in kept] == [(1, interview.attempts[0].grade), (2, interview.grades["q"])]
    again = grade_of("quietly", band=1, decider="chat", model="other")
    store.save(interview.model_copy(update={"grades": {"q": again}}))
    assert [one.grade for one in store.gradings(interview.id)][2:] == [again]
    made = [one.made_at for one in store.gradings(interview.id)]
    assert made == sorted(made) and made[:2] == [one.made_at for one in kept]
    store.save(interview.model_copy(update={"grades": {}}))
    assert len(store.gradings(interview.id)) == 3, "taking a grade back does not unmake it"


def test_writers_from_several_stores_and_threads_lose_nothing(reopen: Open) -> None:
    stores = [reopen() for _ in range(4)]
    shared = make_interview()
    mine = [[make_interview(started=float(number)) for number in range(10)] for _ in stores]

    def write(store: Store, interviews: list[Interview]) -> None:
        for interview in interviews:
            store.save(interview)
            store.save_draft(shared.id, interview.id)
            store.save(shared)
            assert store.load(interview.id) == interview

    with ThreadPoolExecutor(len(stores)) as pool:
        list(pool.map(write, stores, mine))
    assert {line.id for line in reopen().saved()} == {shared.id, *(one.id for some in mine for one in some)}


def test_an_interview_saved_by_another_process_is_read(tmp_path: Path) -> None:
    store, interview = Store(tmp_path), make_interview()
    store.save(make_interview())
    code = (
        "import sys; from pathlib import Path\n"
        "from interviewer.schema import Interview; from interviewer.store import Store\n"
        "Store(Path(sys.argv[1])).save(Interview.model_validate_json(sys.argv[2]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path), interview.model_dump_json()], check=True)
    assert store.load(interview.id) == interview and len(store.saved()) == 2


# ── deleting ─────────────────────────────────────────────────────────────────────────────────────────


def traces(folder: Path, *words: str) -> list[str]:
    """Every file below the folder that holds one of the words."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [f"{path.name}: {word}" for path in files for word in words if word.encode() in path.read_bytes()]


def test_a_deleted_interview_is_gone_and_the_others_stay(reopen: Open) -> None:
    store, gone, stays = reopen(), tried_twice(), tried_twice()
    for interview in (gone, stays):
        store.save(interview)
        store.save_draft(interview.id, "half")
    store.delete(gone.id)
    assert [line.id for line in reopen().saved()] == [stays.id]
    assert {mark.interview_id for mark in store.marks()} == {stays.id}
    assert store.gradings(gone.id) == () and store.draft(gone.id) == ""
    assert len(store.gradings(stays.id)) == 2 and store.draft(stays.id) == "half"
    with pytest.raises(StoreError, match="There is no interview"):
        store.load(gone.id)


def test_deleting_everything_of_an_owner_leaves_the_rest(reopen: Open) -> None:
    store, gone, stays = reopen(), tried_twice(owner="anna"), tried_twice(owner="bert")
    for interview in (gone, stays):
        store.save(interview)
        store.save_draft(interview.id, "half")
    store.delete_everything("anna")
    assert [line.id for line in store.saved()] == [stays.id] and store.marks("anna") == ()
    assert store.draft(gone.id) == "" and store.draft(stays.id) == "half"
    store.delete_everything()
    assert not (store.saved() or store.marks() or store.gradings(stays.id) or store.draft(stays.id))
    store.save(gone)
    assert reopen().load(gone.id) == gone


WORDS = ("xylophone", "quokka", "zeppelin", "marzipan", "obelisk", "periwinkle")


@pytest.mark.parametrize("everything", [True, False])
def test_what_is_deleted_leaves_no_word_in_any_file(everything: bool, tmp_path: Path) -> None:
    first, second, disputed, draft, filed, begun = WORDS
    imported, interview = make_interview(filed), tried_twice(first, second, disputed)
    write_old_file(tmp_path, imported)
    (tmp_path / f"{imported.id}.draft").write_text(begun)
    store = Store(tmp_path)
    store.save(interview)
    store.save_draft(interview.id, draft)
    for _ in range(30):
        store.save(tried_twice())
    store.save(interview.model_copy(update={"grades": {}}))
    assert {line.partition(": ")[2] for line in traces(tmp_path, *WORDS)} == set(WORDS)
    if everything:
        (tmp_path / ".x.part").write_text(first)  # what a crash of an earlier version left
        store.delete_everything()
    else:
        store.delete(interview.id)
        store.delete(imported.id)
    assert traces(tmp_path, *WORDS) == []
    assert not (tmp_path / "imported").exists()
    assert len(store.saved()) == (0 if everything else 30)
