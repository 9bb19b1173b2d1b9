"""The whole interview, replayed from the embedded model's recorded words through the real SDK; and held for real."""

from pathlib import Path

import pytest
import wire
from recorded import ANSWERS, RECORDING, hold, seat
from shipped import QUESTION

from interviewer import local_model
from interviewer.llm import OpenAIEndpoint
from interviewer.recordings import ReplayingEndpoint, read_recordings
from interviewer.schema import Interview

COMMAND = "python tests/recorded.py"


def check(interview: Interview) -> None:
    """What must hold whatever the model says."""
    follow_ups = [turn for turn in interview.turns if turn.act == "follow_up"]
    assert len(follow_ups) == len(ANSWERS)
    for turn in follow_ups:
        assert turn.text.count("?") == 1
        assert turn.probe is not None
        assert turn.replaced == "" or turn.text == turn.probe.text
    grade = interview.grades[QUESTION.id]
    assert grade.decider == "readout"
    assert grade.status in ("graded", "partly_graded")
    judged = [verdict for verdict in grade.key_points.values() if verdict.verdict != "unscored"]
    assert len(judged) == len(QUESTION.key_points)
    shown = [
        *(verdict.quotes for verdict in grade.key_points.values()),
        *(verdict.quotes for verdict in grade.red_flags.values()),
        *(verdict.quotes for verdict in grade.motivations.values()),
    ]
    for quote in (quote for quotes in shown for quote in quotes):
        assert ANSWERS[quote.answer][quote.start : quote.end] == quote.text
    for verdict in grade.key_points.values():
        assert bool(verdict.quotes) == (verdict.verdict in ("covered", "partial"))


async def test_the_recorded_interview_replays_end_to_end_through_the_sdk() -> None:
    recordings = ReplayingEndpoint(RECORDING, command=COMMAND)
    model = read_recordings(RECORDING)[0].model
    with wire.mock_host() as host:
        wire.serve_recordings(host, recordings)
        interview = await hold(seat(wire.endpoint(), model))
    check(interview)
    said_by = {turn.said_by for turn in interview.turns if turn.act == "follow_up"}
    assert model in said_by  # the model worded at least one of them itself


async def test_replaying_without_the_sdk_gives_the_same_interview() -> None:
    model = read_recordings(RECORDING)[0].model
    direct = await hold(seat(ReplayingEndpoint(RECORDING, command=COMMAND), model))
    with wire.mock_host() as host:
        wire.serve_recordings(host, ReplayingEndpoint(RECORDING, command=COMMAND))
        through_sdk = await hold(seat(wire.endpoint(), model))
    unstamped = {"seconds": 0.0}
    assert direct.turns == through_sdk.turns
    assert direct.grades[QUESTION.id].model_copy(update=unstamped) == through_sdk.grades[QUESTION.id].model_copy(
        update=unstamped
    )


def test_the_recording_names_model_and_date_and_holds_no_key() -> None:
    for recording in read_recordings(RECORDING):
        assert recording.model.startswith("qwen2.5-coder-1.5b")
        assert recording.recorded.startswith("20")
    assert "api_key" not in RECORDING.read_text(encoding="utf-8").lower()


@pytest.mark.embedded
async def test_an_interview_with_the_real_embedded_model(embedded_model_path: Path) -> None:
    with local_model.start(embedded_model_path) as server:
        endpoint = OpenAIEndpoint(base_url=server.base_url, api_key=server.api_key, timeout_seconds=600)
        interview = await hold(seat(endpoint, server.model))
        await endpoint.close()
    check(interview)
