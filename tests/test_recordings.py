"""What was recorded comes back the same, directly and through the real SDK; what wasn't is named, never guessed."""

from __future__ import annotations

import datetime
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest
import wire

from interviewer.errors import ProviderBusy, ProviderUnsupported, RecordingError
from interviewer.llm import LLM, Api, Endpoint, Reply
from interviewer.recordings import RecordingEndpoint, ReplayingEndpoint, read_recordings, request_key

ASKED = [{"role": "user", "content": "How did you stay calm?"}]
BODY = {"model": "m", "messages": ASKED, "max_tokens": 9, "temperature": 0.0}


class Host:
    """Replies with a number that goes up, so that repeats differ."""

    host = "models.example"

    def __init__(self) -> None:
        self.number = 0

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        self.number += 1
        return wire.completion_body(f"reply {self.number}") if api == "chat" else {"answers": {"a": self.number}}

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        self.number += 1
        for chunk in wire.chunks_of("re", "ply ", str(self.number)):
            yield chunk


def record_into(file: Path, inner: Endpoint | None = None) -> RecordingEndpoint:
    return RecordingEndpoint(inner or Host(), file, today=lambda: datetime.date(2026, 11, 23))


async def talk(endpoint: Endpoint) -> list[str | Reply]:
    """One of everything, and one request twice."""
    llm = LLM(endpoint, "m")
    said: list[str | Reply] = [await llm.ask(ASKED, max_tokens=9), await llm.ask(ASKED, max_tokens=9)]
    async with aclosing(llm.say(ASKED, max_tokens=9)) as pieces:
        said += [piece async for piece in pieces]
    said.append(json.dumps(await endpoint.send("systemone", {"model": "m", "state": "x", "questions": {}})))
    return said


@pytest.fixture
async def recorded(tmp_path: Path) -> Path:
    file = tmp_path / "set.jsonl"
    await talk(record_into(file))
    return file


async def test_a_recording_replays_as_it_was_repeats_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "sets" / "talk.jsonl"
    heard = await talk(record_into(file))
    replayed = ReplayingEndpoint(file)
    assert await talk(replayed) == heard
    assert replayed.unused() == ()


async def test_a_recording_replays_the_same_through_the_real_sdk(recorded: Path) -> None:
    directly = await talk(ReplayingEndpoint(recorded))
    endpoint = wire.endpoint()
    with wire.mock_host() as host:
        wire.serve_recordings(host, ReplayingEndpoint(recorded))
        assert await talk(endpoint) == directly
    await endpoint.close()


async def test_every_line_carries_model_day_parameters_and_reply_and_no_key(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    endpoint = wire.endpoint()
    with wire.mock_host() as host:
        host.post("/chat/completions").mock(return_value=wire.completion("Hello"))
        await LLM(record_into(file, endpoint), "m").ask(ASKED, max_tokens=9, extra={"id_slot": 1})
    await endpoint.close()
    (line,) = file.read_text(encoding="utf-8").splitlines()
    told = json.loads(line)
    assert told.pop("response")["choices"][0]["message"]["content"] == "Hello"
    assert told == {
        "key": request_key("chat", {**BODY, "id_slot": 1}),
        "repeat": 0,
        "api": "chat",
        "model": "test-model",
        "recorded": "2026-11-23",
        "request": {**BODY, "id_slot": 1},
    }
    assert wire.KEY not in line


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({**BODY, "max_tokens": 8}, r"no recording of chat request to m ending “How did you stay calm\?”"),
        (BODY, "number 3"),
    ],
)
async def test_a_missing_recording_names_the_request_and_the_command(
    recorded: Path, other: dict[str, Any], told: str
) -> None:
    endpoint = ReplayingEndpoint(recorded, command="make the-set")
    for _ in range(2):
        await endpoint.send("chat", BODY)
    with pytest.raises(RecordingError, match=told) as caught:
        await endpoint.send("chat", other)
    assert "`make the-set`" in str(caught.value)
    assert "set.jsonl" in str(caught.value)


async def test_a_stream_is_another_recording_than_the_same_request_unstreamed(recorded: Path) -> None:
    endpoint = ReplayingEndpoint(recorded)
    assert [chunk async for chunk in endpoint.stream(BODY)] == wire.chunks_of("re", "ply ", "3")
    with pytest.raises(RecordingError):
        _ = [chunk async for chunk in endpoint.stream(BODY)]


async def test_what_was_not_asked_for_can_be_listed(recorded: Path) -> None:
    endpoint = ReplayingEndpoint(recorded)
    await endpoint.send("chat", BODY)
    assert len(endpoint.unused()) == 3
    assert "chat request to m ending “How did you stay calm?”, repeat 1, of 2026-11-23" in endpoint.unused()


def test_the_order_of_keys_makes_no_other_request() -> None:
    assert request_key("chat", BODY) == request_key("chat", dict(reversed(BODY.items())))
    assert request_key("chat", BODY) != request_key("decisions", BODY)
    assert request_key("chat", {"a": "lone \ud800"}) != request_key("chat", {"a": "lone"})


async def test_a_failed_or_unfinished_request_is_not_recorded(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    endpoint = wire.endpoint()
    recording = record_into(file, endpoint)
    with wire.mock_host() as host:
        host.post("/chat/completions").mock(
            side_effect=[wire.failure(429)] * 3 + [wire.streamed(wire.chunks_of("a", "b"))]
        )
        with pytest.raises(ProviderBusy):
            await recording.send("chat", BODY)
        async with aclosing(LLM(recording, "m").say(ASKED, max_tokens=9)) as said:
            assert await anext(said) == "a"
    await endpoint.close()
    assert file.read_text(encoding="utf-8") == ""


async def test_recording_again_begins_the_set_anew(recorded: Path) -> None:
    await record_into(recorded).send("chat", BODY)
    assert len(read_recordings(recorded)) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: "{" + text, ":1: this is no recording"),
        (lambda text: text.replace('"max_tokens":9', '"max_tokens":7', 1), ":1: the request was changed by hand"),
        (lambda text: text.replace('"response":', '"chunks":[],"response":', 1), ":1: a recording has a response or"),
        (lambda text: text + text, "recorded twice"),
    ],
)
def test_a_damaged_set_names_its_line_and_the_command(recorded: Path, change: Any, told: str) -> None:
    recorded.write_text(change(recorded.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(RecordingError, match=told) as caught:
        ReplayingEndpoint(recorded)
    assert "`make recordings`" in str(caught.value)


def test_a_missing_set_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"none\.jsonl can't be read.*make recordings"):
        ReplayingEndpoint(tmp_path / "none.jsonl")


LONG = "Judge the answer by these rules. " * 20
STATE = f"{'What the candidate said. ' * 20}\n\n"


def long_body(about: str) -> dict[str, Any]:
    schema = {"type": "json_schema", "json_schema": {"name": "verdicts", "schema": {"title": LONG}}}
    messages = [{"role": "system", "content": LONG}, {"role": "user", "content": f"{STATE}Is it about {about}?"}]
    return {**BODY, "messages": messages, "response_format": schema}


async def test_what_requests_have_in_common_is_written_once_and_replays_whole(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    recording = record_into(file)
    bodies = [long_body(about) for about in ("calm", "care", "blame")]
    heard = [await recording.send("chat", body) for body in bodies]
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    shared = {line["shared"]: line["value"] for line in lines if "shared" in line}
    assert list(shared.values()) == [bodies[0]["response_format"], LONG, STATE]  # each once, before it is needed
    user = lines[-1]["request"]["messages"][1]["content"]
    assert shared[user["shared"]] == STATE and user["then"] == "Is it about blame?"
    replaying = ReplayingEndpoint(file)
    assert [await replaying.send("chat", body) for body in bodies] == heard
    assert [recording.request for recording in read_recordings(file)] == bodies


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Judge the answer", "Praise the answer", r":\d: what recordings share was changed by hand"),
        ("Is it about calm?", "Is it about care?", r":4: the request was changed by hand"),
        ('"messages":[{"role":"system","content":{"shared":"', '"messages":[{"role":"system","content":{"shared":"0',
         r":4: what it shares with others \('0.*'\) stands nowhere"),
    ],
)  # fmt: skip
async def test_a_shared_text_can_not_be_changed_by_hand(tmp_path: Path, old: str, new: str, told: str) -> None:
    file = tmp_path / "set.jsonl"
    await record_into(file).send("chat", long_body("calm"))
    file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RecordingError, match=told):
        read_recordings(file)


async def test_a_set_at_one_repeat_replies_the_same_whatever_the_order(recorded: Path) -> None:
    second = ReplayingEndpoint(recorded).at(1)
    assert [(await LLM(second, "m").ask(ASKED, max_tokens=9)).text for _ in range(2)] == ["reply 2", "reply 2"]
    with pytest.raises(RecordingError, match="recording number 3 of"):
        await ReplayingEndpoint(recorded).at(2).send("chat", BODY)


def cut_off(file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8") + '{"key": "01', encoding="utf-8")


async def test_recording_goes_on_after_a_line_that_was_cut_off(recorded: Path) -> None:
    held = read_recordings(recorded)
    cut_off(recorded)
    host = Host()
    endpoint = RecordingEndpoint(host, recorded, resume=True)
    assert [(await LLM(endpoint, "m").ask(ASKED, max_tokens=9)).text for _ in range(3)] == [
        "reply 1", "reply 2", "reply 1",
    ]  # fmt: skip
    assert host.number == 1 and read_recordings(recorded)[: len(held)] == held


async def test_asking_anew_replaces_what_was_recorded(recorded: Path) -> None:
    endpoint = RecordingEndpoint(Host(), recorded, renew=True)
    assert (await LLM(endpoint.at(1), "m").ask(ASKED, max_tokens=9)).text == "reply 1"
    assert endpoint.tidy() == 1
    assert (await LLM(ReplayingEndpoint(recorded).at(1), "m").ask(ASKED, max_tokens=9)).text == "reply 1"


async def test_a_form_the_endpoint_does_not_take_replays_as_such_once_another_was_taken(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    endpoint = wire.endpoint()
    recording = record_into(file, endpoint)
    with wire.mock_host() as host:
        refused = wire.failure(400, "response_format is not supported")
        host.post("/chat/completions").mock(side_effect=[refused, wire.completion("Hello")])
        with pytest.raises(ProviderUnsupported):
            await recording.send("chat", {**BODY, "response_format": {"type": "json_object"}})
        assert file.read_text(encoding="utf-8") == ""  # it may be that nothing works there
        await recording.send("chat", BODY)
    await endpoint.close()
    replaying = ReplayingEndpoint(file)
    with pytest.raises(ProviderUnsupported, match="response_format is not supported"):
        await replaying.send("chat", {**BODY, "response_format": {"type": "json_object"}})
    assert (await LLM(replaying, "m").ask(ASKED, max_tokens=9)).text == "Hello"


async def test_log_probabilities_are_recorded_without_the_bytes_of_tokens(tmp_path: Path) -> None:
    class Told(Host):
        async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
            top = [{"token": "Yes", "logprob": -0.1, "bytes": [89, 101, 115], "id": 7}]
            told = {"token": "Yes", "logprob": -0.1, "bytes": [89, 101, 115], "id": 7, "top_logprobs": top}
            whole = wire.completion_body("Yes")
            return {**whole, "choices": [{**whole["choices"][0], "logprobs": {"content": [told]}}]}

    file = tmp_path / "set.jsonl"
    heard = await LLM(record_into(file, Told()), "m").ask(ASKED, max_tokens=9)
    assert await LLM(ReplayingEndpoint(file), "m").ask(ASKED, max_tokens=9) == heard
    assert "bytes" not in file.read_text(encoding="utf-8") and heard.top_logprobs == ({"Yes": -0.1},)


async def test_the_models_of_a_set_are_known_with_their_days(recorded: Path) -> None:
    replaying = ReplayingEndpoint(recorded)
    assert replaying.days == {"m": {"2026-11-23"}}
    assert replaying.first_of("m").request == BODY


async def test_a_mocked_host_that_lacks_a_recording_fails_the_test_and_not_the_product(recorded: Path) -> None:
    endpoint = wire.endpoint()
    with wire.mock_host() as host:
        wire.serve_recordings(host, ReplayingEndpoint(recorded))
        with pytest.raises(RecordingError):
            await endpoint.send("chat", {**BODY, "model": "other"})
    await endpoint.close()


def test_events_end_with_done() -> None:
    assert wire.event_bytes([{"a": 1}]) == b'data: {"a": 1}\n\ndata: [DONE]\n\n'
    assert isinstance(wire.streamed([]), httpx.Response)
