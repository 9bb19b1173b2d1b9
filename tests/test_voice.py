"""Speaking instead of typing, on the server's side: who may send, what comes back, and that no grader hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from scripted import ScriptedDecider, ScriptedTranscriber, heard, scripted_llm
from shipped import PROMPTS, QUESTION
from starlette.applications import Starlette
from tables import ANSWER, VERDICTS, seat
from test_page import everything, make_desk, started

from interviewer.chat_decider import ChatDecider
from interviewer.errors import HearingError, ProviderBusy
from interviewer.hearing import MOST_BYTES, Transcriber, Voices
from interviewer.interview import messages
from interviewer.page.spoken import Spoken
from interviewer.page.voice import show_deliveries, show_line, show_voice
from interviewer.schema import Delivery, Interview, Probe, Transcript

OWN = {"sec-fetch-site": "same-origin", "x-interview": "abc_-123", "content-type": "audio/webm;codecs=opus"}
SAID = heard("Um,", "last", "winter", "a", "man", "came", "in", "shouting.", pause=2.0)


def spoken_through(transcriber: Transcriber) -> tuple[Spoken, httpx.AsyncClient]:
    spoken, app = Spoken(Voices(transcriber)), Starlette()
    spoken.open_routes(app)
    return spoken, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:7860")


async def hear(client: httpx.AsyncClient, content: Any = b"sound", **headers: str) -> httpx.Response:
    return await client.post("/voice/hear", content=content, headers={**OWN, **headers})


async def test_a_recording_becomes_text_without_its_hesitations() -> None:
    transcriber = ScriptedTranscriber(SAID)
    _, client = spoken_through(transcriber)
    reply = await hear(client)
    assert reply.json() == {"text": "Last winter a man came in shouting."}
    assert transcriber.recordings == [(b"sound", "audio/webm;codecs=opus")]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"x-interview": ""},
        {"x-interview": "../../etc"},
        {"x-interview": "a" * 65},
    ],
)
async def test_only_the_interviews_own_page_may_send(headers: dict[str, str]) -> None:
    transcriber = ScriptedTranscriber(SAID)
    _, client = spoken_through(transcriber)
    reply = await hear(client, **headers)
    assert reply.status_code == 403 and transcriber.recordings == []


@pytest.mark.parametrize(
    ("origin", "status"), [("http://127.0.0.1:7860", 200), ("https://evil.example", 403), ("", 403)]
)
async def test_an_old_browser_is_told_apart_by_its_origin(origin: str, status: int) -> None:
    _, client = spoken_through(ScriptedTranscriber(SAID))
    headers = {name: value for name, value in OWN.items() if name != "sec-fetch-site"}
    reply = await client.post("/voice/hear", content=b"sound", headers={**headers, "origin": origin})
    assert reply.status_code == status


@pytest.mark.parametrize(
    ("failure", "status", "says"),
    [
        (ProviderBusy("speech.example is overloaded: wait."), 502, "speech.example is overloaded: wait."),
        (HearingError("No words were heard."), 422, "No words were heard."),
        (RuntimeError("a mistake of ours"), 500, "That failed unexpectedly."),
        (heard("Um,", "uh."), 422, "Only hesitations"),
    ],
)
async def test_a_recording_that_fails_says_why_and_can_be_sent_again(
    failure: Any, status: int, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    _, client = spoken_through(ScriptedTranscriber(failure, SAID))
    reply = await hear(client)
    assert reply.status_code == status and says in reply.json()["says"] and "mistake" not in reply.text
    assert (await hear(client)).status_code == 200


async def test_a_recording_without_end_is_not_read_to_its_end() -> None:
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while given < 3 * MOST_BYTES:
            given += 1_000_000
            yield b"x" * 1_000_000

    transcriber = ScriptedTranscriber()
    _, client = spoken_through(transcriber)
    reply = await hear(client, endless())
    assert reply.status_code == 422 and "larger than 25 MB" in reply.json()["says"]
    assert given <= MOST_BYTES + 2_000_000 and transcriber.recordings == []


class Reads:
    host = "speech.example"

    async def speak(self, text: str) -> bytes:
        if "busy" in text:
            raise ProviderBusy("speech.example is overloaded: wait.")
        return f"sound of {text}".encode()


@pytest.mark.parametrize(
    ("line", "status", "says"),
    [
        ("How did it end?", 200, "sound of How did it end?"),
        ("busy", 502, "overloaded"),
        ("  ", 422, "nothing to read"),
        ("x" * 5000, 422, "too much"),
        ("x" * 50_000, 422, "too much"),
    ],
)
async def test_a_line_comes_back_as_sound_or_as_a_sentence(line: str, status: int, says: str) -> None:
    app = Starlette()
    Spoken(Voices(speech=Reads())).open_routes(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        reply = await client.post("/voice/read", content=line, headers={**OWN, "content-type": "text/plain"})
        foreign = await client.post("/voice/read", content=line, headers={"x-interview": "abc"})
        unheard = await client.post("/voice/hear", content=b"sound", headers=OWN)
    assert reply.status_code == status and says in reply.text
    assert (foreign.status_code, unheard.status_code) == (403, 404)


async def test_without_anything_to_hear_there_is_no_route() -> None:
    app = Starlette()
    Spoken(Voices()).open_routes(app)
    assert app.routes == []


# ── what belongs to which answer ─────────────────────────────────────────────────────────────────────


def answered(desk: Any, interview: Interview, text: str) -> Interview:
    result = desk.submit(text, interview, {})["interview"]
    assert isinstance(result, Interview)
    return result


async def speak_into(desk: Any, interview: Interview, *transcripts: Transcript) -> None:
    app = Starlette()
    desk.spoken.open_routes(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        for _ in transcripts:
            assert (await hear(client, **{"x-interview": interview.id})).status_code == 200


def talking_desk(folder: Path, *transcripts: Transcript) -> Any:
    return make_desk(replace(seat(), voices=Voices(ScriptedTranscriber(*transcripts))), folder)


async def test_an_edited_transcript_keeps_how_it_sounded_and_is_saved_with_the_answer(tmp_path: Path) -> None:
    desk = talking_desk(tmp_path, SAID, SAID)
    interview = started(desk)
    await speak_into(desk, interview, SAID, SAID)
    after = answered(desk, interview, "Last winter a customer came in shouting. " + ANSWER)
    delivery = after.turns[-1].delivery
    assert delivery is not None and delivery.recordings == 2
    assert (delivery.words, delivery.pauses, delivery.fillers) == (16, 2, {"um": 2})
    assert desk.store.load(after.id).turns[-1].delivery == delivery


async def test_a_deleted_transcript_and_one_of_another_interview_say_nothing_of_an_answer(tmp_path: Path) -> None:
    desk = talking_desk(tmp_path, SAID, SAID)
    interview, other = started(desk), started(desk)
    await speak_into(desk, interview, SAID)
    await speak_into(desk, other, SAID)
    assert answered(desk, interview, "Something else was typed.").turns[-1].delivery is None
    assert answered(desk, other, SAID.text).turns[-1].delivery is not None


async def test_an_answer_that_is_taken_back_and_sent_again_keeps_how_it_sounded(tmp_path: Path) -> None:
    desk = talking_desk(tmp_path, SAID)
    interview = started(desk)
    await speak_into(desk, interview, SAID)
    after = answered(desk, interview, SAID.text)
    back = desk.take_back("", after, {})["interview"]
    assert answered(desk, back, f"{SAID.text} Last winter.").turns[-1].delivery == after.turns[-1].delivery


async def test_an_earlier_attempt_keeps_how_it_sounded(tmp_path: Path) -> None:
    desk = talking_desk(tmp_path, SAID)
    interview = started(desk)
    await speak_into(desk, interview, SAID)
    after = answered(desk, interview, f"{SAID.text} {ANSWER}")
    await everything(desk.grade(after))
    anew = desk.again(QUESTION.id, after, {})
    assert anew["side"].count("private, not graded") == 1


async def test_what_was_spoken_for_one_answer_is_not_counted_for_the_next(tmp_path: Path) -> None:
    desk = talking_desk(tmp_path, SAID)
    interview = started(desk)
    await speak_into(desk, interview, SAID)
    after = answered(desk, interview, SAID.text)
    spoken = [change async for change in desk.speak(after)][-1]["interview"]
    assert answered(desk, spoken, SAID.text).turns[-1].delivery is None


# ── the grader ───────────────────────────────────────────────────────────────────────────────────────


async def test_neither_grader_nor_interviewer_is_asked_anything_else_for_a_spoken_answer(tmp_path: Path) -> None:
    delivery = Delivery(words=7, seconds=4, silent_seconds=1, pauses=2, longest_pause_seconds=3, fillers={"um": 9})
    asked: list[Any] = []
    for sounded in (None, delivery):
        llm, endpoint = scripted_llm("{}", "{}", "{}", "{}")
        desk = make_desk(seat(decider=ScriptedDecider(VERDICTS)), tmp_path / str(sounded is None))
        desk.panel = replace(desk.panel, decider=ChatDecider(llm, PROMPTS))
        interview = answered(desk, started(desk), ANSWER)
        *before, last = interview.turns
        interview = interview.model_copy(update={"turns": (*before, last.model_copy(update={"delivery": sounded}))})
        await everything(desk.grade(interview))
        probe = Probe(kind="star", criterion="result", text="How did it end?", reason="")
        asked.append((endpoint.bodies, messages(interview, probe, PROMPTS)))
    assert asked[0][0] and asked[0] == asked[1]


# ── what the page shows ──────────────────────────────────────────────────────────────────────────────


def test_without_anything_to_hear_there_is_no_button_to_record_and_one_line_says_how_to_get_it() -> None:
    page = show_voice(Voices())
    assert 'data-voice="record"' not in page and 'data-voice="aloud"' in page
    assert "INTERVIEWER_TRANSCRIBE_MODEL" in page


def test_the_host_is_named_before_anything_is_recorded() -> None:
    assert "Your recording goes to speech.example to be written down." in show_voice(Voices(ScriptedTranscriber()))
    assert "stays on this machine" in show_voice(Voices(ScriptedTranscriber(host="")))


def test_what_is_counted_is_shown_in_numbers_and_nobodys_words_become_markup() -> None:
    delivery = Delivery(
        words=130, recordings=2, seconds=70, silent_seconds=10, pauses=2, longest_pause_seconds=3.14,
        fillers={"um": 3, "you know": 1}, model="<b>whisper</b>",
    )  # fmt: skip
    shown = show_deliveries([None, delivery], "rubric-0")
    for told in ("130 in 2 recordings", "130 words a minute", "2, the longest 3.1 seconds", "14% of 70 seconds"):
        assert told in shown
    assert "“um” 3, “you know” 1" in shown and "private, not graded" in shown and "Answer 2" in shown
    assert "<b>whisper" not in shown and "{" not in shown
    assert show_deliveries([None, None], "rubric-0") == ""


def test_what_is_not_known_says_so() -> None:
    shown = show_deliveries([Delivery(words=1)], "rubric-0")
    assert "the model gives no times of words" in shown and "counted in English only" in shown


def test_only_a_whole_line_of_the_interviewer_is_there_to_be_read(tmp_path: Path) -> None:
    desk = make_desk(seat(), tmp_path)
    interview = started(desk)
    assert QUESTION.question in show_line(interview)
    assert 'data-words=""' in show_line(asyncio.run(asyncio.to_thread(answered, desk, interview, ANSWER)))
