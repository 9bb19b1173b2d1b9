"""What is exported comes back once and whole; a version that is further replaces one that is not; nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from exported import begun, graded, twice
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import QUESTION
from tables import ANSWER, SECOND

from interviewer.data_desk import as_guests, comment, export, guests, mine, say_taken, sender_of, take_in
from interviewer.data_files import delete, export_to, make_group_csv, restore
from interviewer.errors import BundleError, StoreError
from interviewer.exports.bundle import read_bundle, write_bundle
from interviewer.exports.settle import settle, with_comments
from interviewer.interview import answer, with_grade
from interviewer.schema import Comment, Interview
from interviewer.store import Store, new_id

NOW = 1_795_700_000.0
FIRST = answer(begun(), "One.")
FURTHER = answer(FIRST, "Two.")


def said(text: str = "Good.", at: float = 1.0) -> Comment:
    return Comment(question_id=QUESTION.id, attempt=1, text=text, author="Ms Reed", at=at)


def commented(interview: Interview, *comments: Comment) -> Interview:
    return interview.model_copy(update={"comments": comments})


def sent(store: Store, *interviews: Interview) -> str:
    return say_taken(take_in(store, read_bundle(write_bundle(interviews), "f.json").interviews))


# ── two versions of one interview ────────────────────────────────────────────────────────────────────


def test_the_same_interview_is_kept_once() -> None:
    assert settle(FIRST, FIRST) == ("same", FIRST)
    assert settle(FURTHER, FIRST)[0] == "same"


def test_a_version_that_went_on_replaces_one_that_did_not() -> None:
    outcome, kept = settle(FIRST, FURTHER)
    assert outcome == "further"
    assert kept.turns == FURTHER.turns
    assert kept.revision > FIRST.revision  # a tab that has it open notices


def test_two_versions_that_went_different_ways_are_both_kept() -> None:
    assert settle(FURTHER, answer(FIRST, "Another two."))[0] == "beside"


def test_a_grade_that_says_something_else_of_the_same_words_does_not_replace_one() -> None:
    told = answer(begun(), ANSWER)
    kept, other = with_grade(told, graded([ANSWER])), with_grade(told, graded([ANSWER], {}))
    assert settle(kept, other)[0] == "beside"
    assert settle(told, kept)[0] == "further"
    assert settle(kept, told)[0] == "same"
    assert settle(kept, with_grade(answer(told, SECOND), graded([ANSWER, SECOND])))[0] == "further"


def test_comments_come_to_whichever_version_is_kept_and_only_once() -> None:
    mine_, theirs = commented(FURTHER, said("Mine.", 2.0)), commented(FIRST, said("Theirs.", 1.0))
    outcome, kept = settle(mine_, theirs)
    assert outcome == "commented"
    assert [one.text for one in kept.comments] == ["Theirs.", "Mine."]
    assert settle(kept, theirs)[0] == "same"
    assert settle(theirs, mine_)[1].comments == kept.comments
    assert with_comments(kept, kept.comments) == kept


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=4), st.lists(st.sampled_from(["a", "b", "c"]), max_size=4))
def test_no_answer_is_ever_lost(mine_: list[str], theirs: list[str]) -> None:
    def told(words: list[str]) -> Interview:
        interview = begun()
        for text in words:
            interview = answer(interview, text)
        return interview

    outcome, kept = settle(told(mine_), told(theirs))
    if outcome != "beside":
        words = [turn.text for turn in kept.turns if turn.act == "answer"]
        assert len(words) == max(len(mine_), len(theirs))
        assert sorted(words) in (sorted(mine_), sorted(theirs))


# ── in and out of a store ────────────────────────────────────────────────────────────────────────────


def test_everything_exported_deleted_and_imported_is_there_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    told = [twice(), begun(new_id())]
    for interview in told:
        store.save(interview)
    text = export(mine(store, None), "json", now=NOW).data.decode()
    store.delete_everything()
    assert mine(store, None) == []
    taken = take_in(store, read_bundle(text, "f").interviews)
    assert say_taken(taken) == "2 interviews read: 2 new."
    assert sorted(mine(store, None), key=lambda one: one.id) == sorted(told, key=lambda one: one.id)
    assert say_taken(take_in(store, read_bundle(text, "f").interviews)) == ("2 interviews read: 2 were here already.")


def test_a_version_that_went_another_way_is_kept_beside_and_comes_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(FURTHER)
    other = answer(FIRST, "Another two.")
    assert sent(store, other) == "1 interview read: 1 differs from yours and is kept beside it."
    assert sent(store, other) == "1 interview read: 1 was here already."
    assert len(mine(store, None)) == 2
    assert store.load(FURTHER.id) == FURTHER


def test_an_id_of_somebody_elses_interview_neither_opens_nor_changes_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    theirs = FURTHER.model_copy(update={"owner": "somebody"})
    store.save(theirs)
    forged = answer(FURTHER, "Mine now.").model_copy(update={"owner": "me"})
    take_in(store, [forged])
    assert store.load(theirs.id) == theirs
    [kept] = mine(store, "me")
    assert kept.id != theirs.id


@pytest.mark.parametrize("id", ["../../etc/passwd", "", "short", "x" * 5000])
def test_an_interview_with_an_id_that_is_none_gets_one(id: str, tmp_path: Path) -> None:
    store = Store(tmp_path)
    take_in(store, [FIRST.model_copy(update={"id": id})])
    assert [one.turns for one in mine(store, None)] == [FIRST.turns]


def test_candidates_of_a_group_are_apart_from_ones_own_practice(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(FIRST)
    bundle = read_bundle(write_bundle([begun(new_id())], candidate="Kim", sender="abc"), "f")
    take_in(store, as_guests(bundle))
    assert [one.id for one in mine(store, None)] == [FIRST.id]
    assert [one.candidate for one in guests(store)] == ["Kim"]


def test_a_sender_is_the_same_for_every_export_and_tells_nothing_of_the_owner() -> None:
    told = [begun("b" * 22), begun("a" * 22)]
    assert sender_of(told, None) == sender_of(told[::-1], "")
    assert sender_of(told, "secret") == sender_of(told[:1], "secret")
    assert "secret" not in sender_of(told, "secret")


def test_a_coachs_comment_comes_back_to_the_candidate(tmp_path: Path) -> None:
    candidate, coach = Store(tmp_path / "candidate"), Store(tmp_path / "coach")
    candidate.save(FIRST)
    take_in(coach, as_guests(read_bundle(export([FIRST], "json", now=NOW, candidate="Kim").data.decode(), "f")))
    [there] = guests(coach)
    assert comment(coach, there.id, QUESTION.id, 1, "  Say <b>how</b> it ended. ", "Ms  Reed", NOW) == ""
    back = export(guests(coach), "json", now=NOW).data.decode()
    assert say_taken(take_in(candidate, read_bundle(back, "f").interviews)) == ("1 interview read: 1 has new comments.")
    [told] = candidate.load(FIRST.id).comments
    assert (told.text, told.author) == ("Say <b>how</b> it ended.", "Ms Reed")


def test_a_comment_that_says_nothing_or_too_much_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(FIRST)
    assert comment(store, FIRST.id, QUESTION.id, 1, " \n", "", NOW) == "Write a comment first."
    assert "at most 5,000" in comment(store, FIRST.id, QUESTION.id, 1, "x" * 5001, "", NOW)
    assert store.load(FIRST.id) == FIRST


@pytest.mark.parametrize(
    ("format", "begins"), [("md", b"# "), ("csv", b"\xef\xbb\xbf"), ("json", b"{"), ("pdf", b"%PDF")]
)
def test_a_file_is_named_after_what_is_in_it(format: str, begins: bytes) -> None:
    made = export([twice()], format, now=NOW, candidate="Kim Núñez/../x")  # type: ignore[arg-type]
    assert made.data.startswith(begins)
    assert made.name == f"interview-difficult-customers-kim-n-ez-x-2026-11-26.{format}"


# ── files ────────────────────────────────────────────────────────────────────────────────────────────


def test_files_are_written_restored_and_deleted_and_each_step_is_said(tmp_path: Path) -> None:
    store, says, folder = Store(tmp_path / "data"), list[str](), tmp_path / "out"
    folder.mkdir()
    for interview in (twice(), begun(new_id())):
        store.save(interview)
    export_to(store, [], "json", tmp_path / "all.json", now=NOW, candidate="", say=says.append)
    export_to(store, [], "md", folder, now=NOW, candidate="", say=says.append)
    assert says[0] == f"{tmp_path / 'all.json'}: 2 interviews."
    assert len([*folder.iterdir()]) == 2
    delete(store, [twice().id], everything=False, say=says.append)
    assert says[-1] == f"1 interview deleted; 1 left in {store.place}."
    delete(store, [], everything=True, say=says.append)
    assert not any(b"drill" in path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    restore(store, [tmp_path / "all.json"], say=says.append)
    assert says[-1].endswith("2 interviews read: 2 new.")
    assert len(mine(store, None)) == 2


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    store = Store(tmp_path / "data")
    with pytest.raises(StoreError, match="nothing was exported"):
        export_to(store, [], "md", tmp_path / "x.md", now=NOW, candidate="", say=print)
    store.save(FIRST)
    with pytest.raises(StoreError, match="can't be written"):
        export_to(store, [], "md", tmp_path / "no" / "x.md", now=NOW, candidate="", say=print)
    with pytest.raises(StoreError, match="There is no interview"):
        delete(store, [FIRST.id, new_id()], everything=False, say=print)
    assert store.load(FIRST.id) == FIRST
    with pytest.raises(BundleError, match="can't be read"):
        restore(store, [tmp_path / "none.json"], say=print)
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe")
    with pytest.raises(BundleError, match="not UTF-8"):
        restore(store, [tmp_path / "bad.json"], say=print)
    with pytest.raises(StoreError, match="No candidate has a graded answer"):
        make_group_csv(store, [], tmp_path / "g.csv", say=print)


def test_a_groups_table_is_made_of_candidates_files(tmp_path: Path) -> None:
    says: list[str] = []
    for name in ("kim", "lee"):
        told = twice(new_id())
        (tmp_path / f"{name}.json").write_text(write_bundle([told], candidate=name, sender=name), encoding="utf-8")
    files = [tmp_path / "kim.json", tmp_path / "lee.json"]
    make_group_csv(Store(tmp_path / "data"), files, tmp_path / "group.csv", say=says.append)
    table = (tmp_path / "group.csv").read_text(encoding="utf-8")
    assert table.splitlines()[0].endswith(",kim,lee")
    assert says == [f"{tmp_path / 'group.csv'}: 1 question."]


def test_a_file_too_large_to_come_back_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interviewer.data_desk.LARGEST", 1_000)
    with pytest.raises(BundleError, match="export fewer"):
        export([twice()], "json", now=1.0)
