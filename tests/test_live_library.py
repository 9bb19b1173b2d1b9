"""Documents changed on disk are taken up by new interviews; those that run, and broken files, change nothing."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import ScriptedDecider
from tables import seat
from written import write

from interviewer.content import LiveLibrary, load_library
from interviewer.errors import ContentError
from interviewer.page.desk import Desk
from interviewer.panel import Panel
from interviewer.schema import Interview
from interviewer.store import Store

ASKED = "What do you do when a delivery is late?"
ASKED_NOW = "What do you do when a delivery comes late?"


def edit(path: Path, was: str, becomes: str) -> None:
    """Changes the file as an editor does: its time moves on, if only by a nanosecond."""
    before = path.stat().st_mtime_ns
    path.write_text(path.read_text(encoding="utf-8").replace(was, becomes), encoding="utf-8")
    os.utime(path, ns=(before + 1, before + 1))


def questions(live: LiveLibrary) -> list[str]:
    return [document.question for document in live.library.questions.values()]


def panel_of(folder: Path) -> Panel:
    live = LiveLibrary([folder])
    return replace(seat("Who heard of it first?"), library=live.library, documents=live)


def begin(desk: Desk) -> tuple[Interview, str]:
    change = desk.begin(["late-delivery"])
    interview = change["interview"]
    assert isinstance(interview, Interview)
    return interview, change["notice"]


# ── the library ──────────────────────────────────────────────────────────────────────────────────────


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path)
    live = LiveLibrary([tmp_path])
    edit(path, ASKED, ASKED_NOW)
    assert questions(live) == [ASKED]
    assert live.renew() == "" and questions(live) == [ASKED_NOW]


def test_an_edit_of_the_same_length_is_seen_by_its_time(tmp_path: Path) -> None:
    path = write(tmp_path)
    live = LiveLibrary([tmp_path])
    edit(path, "late?", "LATE?")
    assert live.renew() == "" and questions(live) == [ASKED.replace("late", "LATE")]


def test_nothing_is_read_while_nothing_changes(tmp_path: Path) -> None:
    write(tmp_path)
    live = LiveLibrary([tmp_path])
    before = live.library
    assert live.renew() == "" and live.library is before


def test_files_that_are_added_or_taken_away_are_noticed(tmp_path: Path) -> None:
    write(tmp_path)
    live = LiveLibrary([tmp_path])
    added = write(tmp_path, "other-delivery")
    assert live.renew() == "" and list(live.library.questions) == ["late-delivery", "other-delivery"]
    added.unlink()
    assert live.renew() == "" and list(live.library.questions) == ["late-delivery"]


def test_a_broken_file_keeps_the_last_good_version_and_is_named_until_it_is_mended(tmp_path: Path) -> None:
    path = write(tmp_path)
    live = LiveLibrary([tmp_path])
    before = live.library
    edit(path, "- Partly:", "- Party:")
    for _ in range(2):
        notice = live.renew()
        assert notice.startswith(f"{path}:") and notice.endswith("all documents are used as they were before.")
        assert live.library is before
    edit(path, "- Party:", "- Partly:")
    edit(path, ASKED, ASKED_NOW)
    assert live.renew() == "" and questions(live) == [ASKED_NOW]


def test_a_folder_that_is_gone_keeps_the_last_good_version(tmp_path: Path) -> None:
    path = write(tmp_path / "mine")
    live = LiveLibrary([tmp_path / "mine"])
    path.unlink()
    assert "holds no documents" in live.renew() and questions(live) == [ASKED]


def test_what_is_broken_at_the_start_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "late-delivery", "question", ("function: Retail", ""))
    with pytest.raises(ContentError, match="lacks `function`"):
        LiveLibrary([tmp_path])


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_interview_is_held_with_the_documents_as_they_are_now(tmp_path: Path) -> None:
    path = write(tmp_path / "mine")
    desk = Desk(panel_of(tmp_path / "mine"), Store(tmp_path / "kept"))
    first, _ = begin(desk)
    edit(path, ASKED, ASKED_NOW)
    second, notice = begin(desk)
    assert (first.question.question, second.question.question, notice) == (ASKED, ASKED_NOW, "")


def test_the_page_says_which_document_is_broken_and_goes_on_with_the_last_good_one(tmp_path: Path) -> None:
    path = write(tmp_path / "mine")
    desk = Desk(panel_of(tmp_path / "mine"), Store(tmp_path / "kept"))
    edit(path, "- Partly:", "- Party:")
    interview, notice = begin(desk)
    assert interview.question.question == ASKED and "late-delivery.md:" in notice and "as they were before" in notice
    assert "late-delivery.md:" in desk.leave(interview)["notice"]


async def test_a_running_interview_keeps_the_version_it_began_with_also_after_a_restart(tmp_path: Path) -> None:
    path = write(tmp_path / "mine")
    store = Store(tmp_path / "kept")
    began, _ = begin(Desk(panel_of(tmp_path / "mine"), store))
    edit(path, "### Telling people early {#telling_early}", "### Calling people first {#calling}")
    restarted = Desk(panel_of(tmp_path / "mine"), store)
    assert restarted.panel.library.questions["late-delivery"].key_points[0].id == "calling"
    kept = restarted.resume({"id": began.id})["interview"]
    assert kept.question == began.question and kept.question.key_points[0].id == "telling_early"
    answered = restarted.submit("I rang all nine customers before eight.", kept, None)["interview"]
    _ = [change async for change in restarted.grade(answered)]
    grade = store.load(began.id).grades["late-delivery"]
    assert list(grade.key_points) == ["telling_early"]


def test_a_panel_without_folders_stays_as_it_is() -> None:
    panel = seat("Who heard of it first?", decider=ScriptedDecider())
    assert panel.renewed() == (panel, "")


def test_loading_gives_what_a_live_library_holds(tmp_path: Path) -> None:
    write(tmp_path)
    assert LiveLibrary([tmp_path]).library == load_library([tmp_path])
