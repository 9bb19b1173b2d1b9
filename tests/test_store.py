"""What is saved comes back, whatever was typed; what can't be saved or read says so in one sentence."""

import errno
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interviewer.errors import StoreError
from interviewer.schema import Grade, Interview, KeyPoint, QuestionDocument, Turn
from interviewer.store import DRAFT_CHARACTERS, Store, new_id


def make_interview(text: str = "I stayed calm.", started: float = 1.0) -> Interview:
    point = KeyPoint(id="calm", name="Calm", description="d", covered="c", partly="p", probe="How did you feel?")
    document = QuestionDocument(
        id="q",
        question="Tell me.",
        role="r",
        function="f",
        role_description="",
        themes=(),
        key_points=(point,),
        motivations=(),
        red_flags=(),
        star_probes={},
    )
    grade = Grade(
        id="g",
        question_id="q",
        status="unscored",
        decider="builtin",
        model="m",
        prompt_hash="p",
        rubric_hash="r",
    )
    return Interview(
        id=new_id(),
        questions=(document,),
        turns=(Turn(speaker="candidate", act="answer", text=text, question_id="q"),),
        grades={"q": grade},
        started=started,
    )


@given(text=st.text())
@settings(max_examples=60, deadline=None)
def test_an_interview_comes_back_as_it_was_saved(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = Store(tmp_path_factory.mktemp("interviews"))
    interview = make_interview(text)
    store.save(interview)
    assert store.load(interview.id) == interview


@pytest.mark.parametrize("draft", ["half a sente", "zeilen\r\nende\n", "日本語 🙂", "\\ud800", " "])
def test_a_draft_comes_back_and_an_empty_one_is_forgotten(draft: str, tmp_path: Path) -> None:
    store = Store(tmp_path)
    identity = new_id()
    assert store.draft(identity) == ""
    store.save_draft(identity, draft)
    assert store.draft(identity) == draft
    store.save_draft(identity, "")
    assert store.draft(identity) == ""
    assert list(tmp_path.iterdir()) == []


def test_a_lone_surrogate_in_a_draft_does_not_lose_the_rest(tmp_path: Path) -> None:
    store = Store(tmp_path)
    identity = new_id()
    store.save_draft(identity, "before \ud800 after")
    assert store.draft(identity) == "before ? after"


def test_an_endless_draft_is_cut(tmp_path: Path) -> None:
    store = Store(tmp_path)
    identity = new_id()
    store.save_draft(identity, "x" * (DRAFT_CHARACTERS + 5))
    assert len(store.draft(identity)) == DRAFT_CHARACTERS


def test_ids_are_128_random_bits() -> None:
    ids = {new_id() for _ in range(200)}
    assert len(ids) == 200
    assert {len(identity) for identity in ids} == {22}


@pytest.mark.parametrize("identity", ["", "../../etc/passwd", "a" * 21, "a" * 23, "a/b" + "c" * 19, "a" * 21 + "\n"])
def test_an_id_that_is_not_ours_never_becomes_a_path(identity: str, tmp_path: Path) -> None:
    store = Store(tmp_path)
    for act in (store.load, store.draft, lambda one: store.save_draft(one, "text")):
        with pytest.raises(StoreError, match="not the id of an interview"):
            act(identity)
    assert list(tmp_path.iterdir()) == []


def test_files_and_folder_are_for_the_owner_only(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "interviews")
    interview = make_interview()
    store.save(interview)
    store.save_draft(interview.id, "half")
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in store.folder.iterdir()} == {0o600}


def test_the_list_is_newest_first_and_skips_damaged_files(tmp_path: Path) -> None:
    store = Store(tmp_path)
    old, young = make_interview(started=1.0), make_interview(started=2.0)
    store.save(old)
    store.save(young)
    (tmp_path / f"{new_id()}.json").write_text("{")
    lines = store.saved()
    assert [line.id for line in lines] == [young.id, old.id]
    assert lines[1].started == "1970-01-01T00:00:01+00:00"
    assert lines[0].answers == 1 and lines[0].questions == ("Tell me.",)
    assert Store(tmp_path / "none").saved() == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not a saved interview"),
        (b"[]", "not a saved interview"),
        (b'{"version": 1, "interview": {"id": 7}}', "interview.id"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_damaged_file_is_an_error_that_names_it(content: bytes, message: str, tmp_path: Path) -> None:
    store = Store(tmp_path)
    identity = new_id()
    (tmp_path / f"{identity}.json").write_bytes(content)
    with pytest.raises(StoreError, match=message) as caught:
        store.load(identity)
    assert str(tmp_path / identity) in str(caught.value)


def test_a_missing_a_swapped_and_a_huge_file_are_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    with pytest.raises(StoreError, match="There is no interview"):
        store.load(new_id())
    interview, other = make_interview(), new_id()
    store.save(interview)
    (tmp_path / f"{other}.json").write_bytes((tmp_path / f"{interview.id}.json").read_bytes())
    with pytest.raises(StoreError, match="not the one it is named after"):
        store.load(other)
    monkeypatch.setattr("interviewer.store.interviews.MOST_CHARACTERS", 10)
    with pytest.raises(StoreError, match="larger than"):
        store.load(interview.id)


@pytest.mark.parametrize(
    ("number", "message"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "set INTERVIEWER_DATA")]
)
def test_a_failed_write_says_why_and_keeps_the_last_version(
    number: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    interview = make_interview()
    store.save(interview)

    def fail(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("interviewer.store.os.fsync", fail)
    changed = interview.model_copy(update={"ended": "closed"})
    with pytest.raises(StoreError, match=message):
        store.save(changed)
    assert store.load(interview.id) == interview
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


def test_a_folder_that_is_a_file_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="set INTERVIEWER_DATA"):
        Store(tmp_path / "file" / "interviews").save(make_interview())


def test_the_file_is_readable_json_with_a_version(tmp_path: Path) -> None:
    store = Store(tmp_path)
    interview = make_interview()
    store.save(interview)
    data = json.loads((tmp_path / f"{interview.id}.json").read_text())
    assert data["version"] == 1
    assert data["interview"]["turns"][0]["text"] == "I stayed calm."
