"""What is deleted stays deleted, whatever was running for it, and nobody deletes or opens what is another browser's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from kept import tried_twice
from scripted import ScriptedDecider, ScriptedTranscriber
from shipped import QUESTION
from starlette.applications import Starlette
from tables import ANSWER, FOLLOW_UPS, VERDICTS, seat
from test_voice import OWN, SAID, hear

from interviewer.errors import StoreError
from interviewer.hearing import Voices
from interviewer.page.data import delete_all, take_in_gently
from interviewer.page.desk import Desk
from interviewer.page.history_desk import HistoryDesk
from interviewer.page.spoken import AT_ONCE, Spoken
from interviewer.schema import Decision, Interview, State, Transcript, TypedQuestion
from interviewer.store import Store, new_id


class Slow(ScriptedDecider):
    """Decides when it is let."""

    def __init__(self) -> None:
        super().__init__(VERDICTS)
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        self.begun.set()
        await self.go_on.wait()
        async for decision in super().decide(state, questions):
            yield decision


class SlowTranscriber(ScriptedTranscriber):
    """Writes down when it is let."""

    def __init__(self, *transcripts: Transcript) -> None:
        super().__init__(*transcripts)
        self.held, self.go_on = asyncio.Semaphore(0), asyncio.Event()

    async def transcribe(self, audio: bytes, mime: str) -> Transcript:
        self.held.release()
        await self.go_on.wait()
        return await super().transcribe(audio, mime)


def words_in(folder: Path) -> bool:
    return any(b"broken drill" in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def begun(desk: Desk) -> Interview:
    interview: Interview = desk.begin([QUESTION.id])["interview"]
    return interview


async def spent(changes: AsyncIterator[object]) -> None:
    async for _change in changes:
        pass


@pytest.mark.parametrize("everything", [True, False])
async def test_what_runs_on_writes_nothing_back(everything: bool, tmp_path: Path) -> None:
    slow = Slow()
    desk = Desk(seat(*FOLLOW_UPS, decider=slow), Store(tmp_path), now=lambda: 100.0)
    interview = desk.submit(ANSWER, begun(desk), None)["interview"]
    desk.note_draft(f"{ANSWER} and more", interview)
    grading = asyncio.create_task(spent(desk.grade(interview)))
    speaking = asyncio.create_task(spent(desk.speak(interview)))
    await slow.begun.wait()
    await delete_all(desk, None if everything else [interview.id])
    slow.go_on.set()
    await asyncio.gather(grading, speaking)
    # What other tabs still send of it.
    said = desk.submit(ANSWER, interview.model_copy(update={"turns": interview.turns[:1]}), None)
    assert "deleted" in said["notice"] and "box" not in said and "interview" not in said
    desk.note_draft(f"{ANSWER} typed on", interview)
    for change in (desk.finish(interview, None), desk.take_back("", interview, None), desk.hint(interview, None)):
        assert "deleted" in change["notice"] and "interview" not in change
    await spent(desk.speak(interview))
    await spent(desk.grade(interview))
    await spent(desk.better.write(QUESTION.id, interview))
    with pytest.raises(StoreError):
        desk.use_grade(interview, next(iter(tried_twice().grades.values())))
    assert desk.store.saved() == () and not words_in(tmp_path)


async def test_what_is_imported_again_is_kept_again(tmp_path: Path) -> None:
    desk = Desk(seat(*FOLLOW_UPS), Store(tmp_path), now=lambda: 100.0)
    interview = begun(desk)
    await delete_all(desk, [interview.id])
    await take_in_gently(desk, [interview])
    assert "deleted" not in desk.submit(ANSWER, interview, None)["notice"]
    assert desk.store.load(interview.id).turns[1].text == ANSWER


async def test_what_another_program_brings_back_is_kept_again_once_it_is_opened(tmp_path: Path) -> None:
    desk = Desk(seat(*FOLLOW_UPS), Store(tmp_path), now=lambda: 100.0)
    interview = begun(desk)
    await delete_all(desk, [interview.id])
    Store(tmp_path).save(interview)
    again = desk.resume({"id": interview.id})["interview"]
    assert desk.submit(ANSWER, again, None)["notice"] == ""


async def test_what_could_not_be_deleted_goes_on(tmp_path: Path) -> None:
    desk = Desk(seat(*FOLLOW_UPS), Store(tmp_path), now=lambda: 100.0)
    interview = begun(desk)

    def fails(*ids: str) -> None:
        raise StoreError("The disk is full.")

    desk.store.delete = fails  # type: ignore[method-assign]
    with pytest.raises(StoreError):
        await delete_all(desk, [interview.id])
    assert desk.submit(ANSWER, interview, None)["notice"] == ""


async def test_a_recording_that_is_written_down_meanwhile_is_not_noted(tmp_path: Path) -> None:
    slow = SlowTranscriber(SAID)
    desk = Desk(replace(seat(*FOLLOW_UPS), voices=Voices(slow)), Store(tmp_path), now=lambda: 100.0)
    app = Starlette()
    desk.spoken.open_routes(app)
    interview = begun(desk)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        sent = asyncio.create_task(hear(client, **{"x-interview": interview.id}))
        await slow.held.acquire()
        await delete_all(desk, None)
        slow.go_on.set()
        assert (await sent).status_code == 200
    assert desk.spoken._heard == {}


async def test_so_many_recordings_are_held_at_once_and_one_more_is_told_to_wait() -> None:
    slow = SlowTranscriber(*[SAID] * (AT_ONCE + 1))
    spoken, app = Spoken(Voices(slow)), Starlette()
    spoken.open_routes(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        sent = [asyncio.create_task(hear(client)) for _ in range(AT_ONCE)]
        for _ in range(AT_ONCE):
            await slow.held.acquire()
        refused = await hear(client)
        slow.go_on.set()
        assert [reply.status_code for reply in await asyncio.gather(*sent)] == [200] * AT_ONCE
        assert refused.status_code == 422 and "try again" in refused.json()["says"]
        assert (await hear(client)).status_code == 200
    assert OWN["x-interview"] in spoken._heard


async def test_grading_again_holds_no_word_of_what_is_deleted(tmp_path: Path) -> None:
    desk = Desk(seat(*FOLLOW_UPS), Store(tmp_path), now=lambda: 100.0)
    interview = desk.submit(ANSWER, begun(desk), None)["interview"]
    await spent(desk.grade(interview))
    history = HistoryDesk(desk, now=lambda: 100.0)
    await spent(history.regrade("tab", "0", interview.id))
    await delete_all(desk, [interview.id])
    assert ANSWER not in repr(history._runs) and ANSWER not in repr(desk._works._works)


# ── whose ────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_id_opens_nothing_in_another_browser(tmp_path: Path) -> None:
    ann, ben = new_id(), new_id()
    now = [ann]
    desk = Desk(seat(*FOLLOW_UPS), Store(tmp_path), now=lambda: 100.0, whose=lambda: now[0])
    interview = desk.submit(ANSWER, begun(desk), None)["interview"]
    kept = {"id": interview.id, "draft": "", "previous": ""}
    assert desk.resume(kept)["screen"] == "room"
    now[0] = ben
    history = HistoryDesk(desk, now=lambda: 100.0)
    for change in (
        desk.resume(kept), desk.submit("mine", None, kept), desk.finish(None, kept), desk.take_back("", None, kept),
        desk.hint(None, kept), desk.again(QUESTION.id, None, kept), desk.differ("{}", None, kept),
        history.open(interview.id),
    ):  # fmt: skip
        assert change.get("interview") is None and "broken drill" not in repr(change)
        assert str(tmp_path) not in repr(change)
    assert str(tmp_path) not in repr(desk.resume({"id": new_id()}))
    changes = [change async for change in history.regrade("tab", "0", interview.id)]
    assert "broken drill" not in repr(changes) and len(changes) == 1
    assert desk.store.load(interview.id) == interview


async def test_everything_of_one_browser_is_not_everything(tmp_path: Path) -> None:
    ann, ben = new_id(), new_id()
    now = [ann]
    slow = Slow()
    desk = Desk(seat(*FOLLOW_UPS, decider=slow), Store(tmp_path), now=lambda: 100.0, whose=lambda: now[0])
    interview = desk.submit(ANSWER, begun(desk), None)["interview"]
    grading = asyncio.create_task(spent(desk.grade(interview)))
    await slow.begun.wait()
    now[0] = ben
    begun(desk)
    await delete_all(desk, None)
    slow.go_on.set()
    await grading
    assert [saved.id for saved in desk.store.saved()] == [interview.id]
    assert QUESTION.id in desk.store.load(interview.id).grades
