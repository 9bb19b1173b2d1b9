"""What a handler does when something is slow, locked, full or gone: a sentence, everything kept, and a way on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from shipped import QUESTION
from sqlalchemy import event
from tables import ANSWER, FOLLOW_UPS, SECOND, seat
from test_page import BROKEN, everything, make_desk, started

from interviewer.page.data import DataView
from interviewer.page.desk import Desk
from interviewer.page.group import GroupView
from interviewer.schema import Interview
from interviewer.store import Store
from interviewer.store.interviews import FILE


def waiting(desk: Desk) -> Interview:
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    assert isinstance(interview, Interview)
    return interview


async def test_a_line_that_is_waited_for_no_longer_costs_nothing_and_can_be_asked_for_again(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = waiting(desk)
    speaking = desk.speak(interview)
    assert (await anext(speaking))["busy"]
    stopped = desk.stop_waiting(interview)
    assert "Your answer is kept" in stopped["notice"] and stopped["retry"] and not stopped["busy"]
    assert not [change for change in await everything(speaking) if "interview" in change]
    again = desk.submit(SECOND, interview, None)
    assert "press “Ask again”" in again["notice"] and "box" not in again
    spoken = (await everything(desk.speak(interview)))[-1]["interview"]
    assert [turn.text for turn in spoken.turns[1:2]] == [ANSWER] and spoken.turns[-1].speaker == "interviewer"
    assert "interview" in desk.submit(SECOND, spoken, None)


async def test_a_line_that_came_in_the_last_moment_is_shown_though_nobody_waits_for_it(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = waiting(desk)
    spoken = (await everything(desk.speak(interview)))[-1]["interview"]
    assert desk.stop_waiting(interview)["interview"] == spoken
    assert not desk.stop_waiting(spoken) and not desk.stop_waiting(None)


async def test_an_answer_sent_while_the_model_is_gone_says_what_to_press(tmp_path: Path) -> None:
    desk = make_desk(seat([BROKEN], *FOLLOW_UPS), tmp_path)
    interview = waiting(desk)
    assert "not finished yet" in desk.submit(SECOND, interview, None)["notice"]
    assert (await everything(desk.speak(interview)))[-1]["retry"]
    assert "press “Ask again”" in desk.submit(SECOND, interview, None)["notice"]
    assert (await everything(desk.speak(interview)))[-1]["interview"].turns[-1].speaker == "interviewer"


def test_who_begins_before_the_opened_page_has_its_answer_stays_in_the_interview(tmp_path: Path) -> None:
    desk = make_desk(seat(), tmp_path)
    begun = desk.begin([QUESTION.id])
    late = desk.arrive({"id": "", "draft": "", "previous": begun["interview"].id})
    # Nor is a search that has begun cleared: the documents are those that the page was laid out with.
    assert late["previous"] and not {"cards", "filters", "notice"} & set(late)
    assert not {"screen", "interview", "chat", "question", "box", "kept", "side", "busy"} & set(late)
    assert desk.arrive({"id": begun["interview"].id})["interview"] == begun["interview"]
    assert desk.arrive({"id": "no-such-interview-here"})["screen"] == "start"


def lock(store: Store) -> Callable[[], None]:
    """Another program writes, until what is returned is called."""
    assert store.folder is not None
    other = sqlite3.connect(store.folder / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other.close


def fill(store: Store) -> Callable[[], None]:
    """The disk has no room for one page more, until what is returned is called."""
    engine = store._database.engine

    def no_more(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count=1")

    event.listen(engine, "begin", no_more)
    return lambda: event.remove(engine, "begin", no_more)


@pytest.mark.parametrize(("trouble", "says"), [(lock, "is locked by another program"), (fill, "The disk is full")])
async def test_what_is_said_while_nothing_can_be_saved_is_saved_with_what_is_said_next(
    trouble: Callable[[Store], Callable[[], None]], says: str, tmp_path: Path
) -> None:
    desk = Desk(seat(*FOLLOW_UPS), Store(tmp_path, wait=0.01), now=lambda: 100.0)
    interview = started(desk)
    over = trouble(desk.store)
    long = f"{ANSWER} {'And then he thought about it. ' * 1000}"
    sent = desk.submit(long, interview, None)
    assert says in sent["notice"] and "The interview goes on" in sent["notice"]
    spoken = (await everything(desk.speak(sent["interview"])))[-1]
    assert says in spoken["notice"]
    graded = await everything(desk.grade(sent["interview"]))
    assert "Your rubric is ready" in graded[-1]["side"]
    over()
    answered = desk.submit(SECOND, spoken["interview"], None)
    assert answered["notice"] == ""
    kept = Store(tmp_path).load(interview.id)
    assert [turn.text for turn in kept.turns if turn.speaker == "candidate"] == [long, SECOND]
    assert kept.turns[2].text == FOLLOW_UPS[0] and kept.grades[QUESTION.id].id.endswith(".1")


def remove(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


async def test_a_database_removed_meanwhile_is_made_anew_with_all_that_was_said(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = waiting(desk)
    remove(tmp_path)
    spoken = (await everything(desk.speak(interview)))[-1]
    assert spoken["notice"] == ""
    assert [turn.text for turn in Store(tmp_path).load(interview.id).turns[1:]] == [ANSWER, FOLLOW_UPS[0]]


@pytest.mark.parametrize("view", [DataView, GroupView])
async def test_what_can_not_be_read_is_said_and_not_shown_as_nothing(view: Any, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    shown = view(make_desk(seat(), tmp_path))
    with gr.Blocks(), gr.Tabs():
        shown.lay_out()
    (drawn,) = (await shown._list()).values()
    assert "damaged or no database" in drawn and "yet" not in drawn
