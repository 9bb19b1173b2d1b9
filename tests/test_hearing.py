"""Writing speech down over the wire and with a stand-in for the local model: faults, limits, keys, times."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import httpcore2
import httpx
import pytest
import respx
import wire

from interviewer import errors
from interviewer.build import open_voices
from interviewer.hearing import MOST_BYTES, EndpointSpeech, EndpointTranscriber, LocalTranscriber, read_transcript
from interviewer.llm import OpenAIEndpoint, Variables
from interviewer.schema import SpokenWord
from interviewer.settings import Settings

HEAR = "/audio/transcriptions"
SPEAK = "/audio/speech"
MIME = "audio/webm;codecs=opus"
VERBOSE = {
    "task": "transcribe",
    "language": "english",
    "duration": 2.5,
    "text": "I was late.",
    "words": [
        {"word": "I", "start": 0.2, "end": 0.3},
        {"word": "was", "start": 0.3, "end": 0.6},
        {"word": "late", "start": 2.2, "end": 2.5},
    ],
}
ELSEWHERE = "https://speech.example/v1"


@pytest.fixture
def host() -> Iterator[respx.MockRouter]:
    with wire.mock_host() as router:
        yield router


@pytest.fixture
def hears() -> EndpointTranscriber:
    names = Variables("INTERVIEWER_VOICE_URL", "INTERVIEWER_VOICE_KEY", "INTERVIEWER_TRANSCRIBE_MODEL")
    endpoint = OpenAIEndpoint(base_url=wire.BASE_URL, api_key=wire.KEY, timeout_seconds=30, variables=names)
    return EndpointTranscriber(endpoint, "whisper-1")


def form(call: Any) -> str:
    return str(call.request.content.decode("latin-1"))


async def test_a_recording_comes_back_as_words_with_their_times(
    host: respx.MockRouter, hears: EndpointTranscriber
) -> None:
    route = host.post(HEAR).mock(return_value=httpx.Response(200, json=VERBOSE))
    found = await hears.transcribe(b"sound", MIME)
    assert (found.text, found.model) == ("I was late.", "whisper-1")
    assert found.words[2] == SpokenWord(text="late", start=2.2, end=2.5)
    sent = form(route.calls[0])
    for told in ("verbose_json", "timestamp_granularities[]", 'filename="answer.webm"', "audio/webm", "whisper-1"):
        assert told in sent
    assert route.calls[0].request.headers["authorization"] == f"Bearer {wire.KEY}"


async def test_a_model_without_word_times_is_asked_without_them_from_then_on(
    host: respx.MockRouter, hears: EndpointTranscriber
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if b"verbose_json" in request.content:
            told = "response_format 'verbose_json' is not compatible with model 'x'. Use 'json' or 'text' instead."
            return wire.failure(400, told, param="response_format")
        return httpx.Response(200, json={"text": " I was late. "})

    route = host.post(HEAR).mock(side_effect=answer)
    for _ in range(2):
        found = await hears.transcribe(b"sound", MIME)
        assert (found.text, found.words) == ("I was late.", ())
    assert ["verbose_json" in form(call) for call in route.calls] == [True, False, False]


@pytest.mark.parametrize(
    ("response", "expected", "told"),
    [
        (wire.failure(401), errors.ProviderRefused, "INTERVIEWER_VOICE_KEY"),
        (wire.failure(404), errors.ProviderUnsupported, "INTERVIEWER_TRANSCRIBE_MODEL"),
        (wire.failure(429, "Slow down"), errors.ProviderBusy, "429"),
        (wire.failure(400, "Audio file might be corrupted"), errors.ProviderError, "corrupted"),
        (wire.failure(413, "Maximum content size limit exceeded"), errors.ProviderError, "size limit"),
        (wire.failure(500), errors.ProviderError, "try again"),
        (httpx.Response(200, html="<html>Welcome</html>"), errors.ReplyError, "JSON object"),
        (httpx.Response(200, json=["odd"]), errors.ReplyError, "JSON object"),
        (httpx.Response(200, json={"detail": "odd"}), errors.ReplyError, "no transcript"),
        (httpx.Response(200, json={"text": 7}), errors.ReplyError, "no transcript"),
        (httpx.Response(200, json={"text": ""}), errors.HearingError, "No words were heard"),
        (httpx.Response(200, json={"text": " . . . "}), errors.HearingError, "No words were heard"),
    ],
)
async def test_each_fault_becomes_one_sentence_of_ours(
    host: respx.MockRouter, hears: EndpointTranscriber, response: httpx.Response, expected: type[Exception], told: str
) -> None:
    host.post(HEAR).mock(return_value=response)
    with pytest.raises(expected, match=told) as caught:
        await hears.transcribe(b"sound", MIME)
    assert type(caught.value) is expected
    assert wire.KEY not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (httpcore2.ConnectError, errors.ProviderUnreachable),
        (httpcore2.RemoteProtocolError, errors.ProviderUnreachable),
        (httpcore2.ReadTimeout, errors.ProviderTimeout),
    ],
)
async def test_a_connection_that_is_cut_is_named_with_the_setting_it_came_from(
    host: respx.MockRouter, hears: EndpointTranscriber, raised: type[Exception], expected: type[Exception]
) -> None:
    def cut(_: httpx.Request) -> httpx.Response:
        raise raised("cut")

    host.post(HEAR).mock(side_effect=cut)
    with pytest.raises(expected, match=r"INTERVIEWER_(VOICE_URL|TIMEOUT_SECONDS)"):
        await hears.transcribe(b"sound", MIME)


@pytest.mark.parametrize(
    ("audio", "mime", "told"),
    [
        (b"", MIME, "empty"),
        (b"x" * (MOST_BYTES + 1), MIME, "larger than 25 MB"),
        (b"sound", "video/avi", "format"),
        (b"sound", "", "format"),
    ],
)
async def test_what_nobody_can_read_is_refused_before_anything_is_sent(
    host: respx.MockRouter, hears: EndpointTranscriber, audio: bytes, mime: str, told: str
) -> None:
    with pytest.raises(errors.HearingError, match=told):
        await hears.transcribe(audio, mime)
    assert not host.calls


@pytest.mark.parametrize(
    "words",
    [
        None,
        "odd",
        ["odd"],
        [{"word": "I"}],
        [{"word": "I", "start": "0", "end": 1}],
        [{"word": "I", "start": 0, "end": float("nan")}],
        [{"word": "I", "start": 2, "end": 1}],
        [{"word": "I", "start": -1, "end": 1}],
        [{"word": "I", "start": 3, "end": 4}, {"word": "was", "start": 1, "end": 2}],
    ],
)
def test_times_that_make_no_sense_count_as_none(words: Any) -> None:
    assert read_transcript({"text": "I was late.", "words": words}, "m").words == ()


def test_words_inside_segments_are_found_too() -> None:
    segments = [{"words": [{"word": " I", "start": 0, "end": 1}]}, {"words": None}, "odd", {"words": 7}]
    assert read_transcript({"text": "I", "segments": segments}, "m").words == (SpokenWord(text="I", start=0, end=1),)


async def test_a_line_is_read_aloud_by_the_endpoint(host: respx.MockRouter) -> None:
    route = host.post(SPEAK).mock(
        return_value=httpx.Response(200, content=b"ID3sound", headers={"content-type": "audio/mpeg"})
    )
    assert await EndpointSpeech(wire.endpoint(), "tts-1", "coral").speak("Hello.") == b"ID3sound"
    body = json.loads(route.calls[0].request.content)
    assert body == {"model": "tts-1", "voice": "coral", "input": "Hello.", "response_format": "mp3"}


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (wire.failure(500), errors.ProviderError),
        (wire.failure(429), errors.ProviderBusy),
        (httpx.Response(200, html="<html>Welcome</html>"), errors.ReplyError),
        (httpx.Response(200, json={"detail": "odd"}), errors.ReplyError),
        (httpx.Response(200, content=b"", headers={"content-type": "audio/mpeg"}), errors.ReplyError),
    ],
)
async def test_what_is_no_sound_is_never_played(
    host: respx.MockRouter, response: httpx.Response, expected: type[Exception]
) -> None:
    host.post(SPEAK).mock(return_value=response)
    with pytest.raises(expected):
        await EndpointSpeech(wire.endpoint(), "tts-1", "coral").speak("Hello.")


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_alone_sends_nobodys_voice_anywhere() -> None:
    voices = open_voices(Settings(openai_api_key=wire.KEY))
    assert voices.transcriber is None and voices.speech is None


@pytest.mark.parametrize(("key", "sent"), [("sk-own", "Bearer sk-own"), (None, "Bearer none-needed")])
async def test_a_key_goes_only_to_the_host_it_was_given_for(key: str | None, sent: str) -> None:
    settings = Settings(
        openai_api_key=wire.KEY, openai_base_url=wire.BASE_URL, voice_url=ELSEWHERE, voice_key=key,
        transcribe_model="whisper-1", speech_model="tts-1",
    )  # fmt: skip
    voices = open_voices(settings)
    assert voices.transcriber and voices.speech
    assert (voices.transcriber.host, voices.speech.host) == ("speech.example", "speech.example")
    with wire.mock_host() as host, wire.mock_host(ELSEWHERE) as elsewhere:
        elsewhere.post(HEAR).mock(return_value=httpx.Response(200, json=VERBOSE))
        elsewhere.post(SPEAK).mock(
            return_value=httpx.Response(200, content=b"x", headers={"content-type": "audio/mpeg"})
        )
        await voices.transcriber.transcribe(b"sound", MIME)
        await voices.speech.speak("Hello.")
        assert {call.request.headers["authorization"] for call in elsewhere.calls} == {sent}
        assert not host.calls


@pytest.mark.parametrize("name", ["transcribe_model", "speech_model"])
def test_a_model_without_an_endpoint_says_what_to_set(name: str) -> None:
    with pytest.raises(errors.SettingsError, match="there is no endpoint"):
        open_voices(Settings(**{name: "whisper-1"}))


# ── a model on this machine: a stand-in for faster-whisper, which no test has ----------------------------------------


class Whisper:
    """Says what it is told to, in faster-whisper's shapes."""

    made: list[tuple[str, dict[str, Any]]] = []  # noqa: RUF012
    said: list[Any] | Exception = []  # noqa: RUF012

    def __init__(self, folder: str, **options: Any) -> None:
        if folder.endswith("broken"):
            raise RuntimeError("Unsupported model binary version")
        self.made.append((folder, options))

    def transcribe(self, audio: Any, **options: Any) -> tuple[Iterator[Any], Any]:
        assert audio.read() == b"sound" and options["word_timestamps"]
        if isinstance(self.said, Exception):
            raise self.said
        return iter(self.said), SimpleNamespace(duration=3.0, language="en")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    module = ModuleType("faster_whisper")
    module.__dict__.update(WhisperModel=Whisper, __spec__=SimpleNamespace())
    monkeypatch.setitem(sys.modules, "faster_whisper", module)
    monkeypatch.setattr(Whisper, "made", [])
    (tmp_path / "model.bin").touch()
    return tmp_path


async def test_a_model_on_this_machine_is_loaded_once_and_gives_times(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [SimpleNamespace(word=" I", start=0.0, end=0.5), SimpleNamespace(word=" left.", start=2.5, end=3.0)]
    said = [SimpleNamespace(text=" I", words=words[:1]), SimpleNamespace(text=" left.", words=words[1:])]
    monkeypatch.setattr(Whisper, "said", said)
    hears = open_voices(Settings(transcribe_model=str(folder))).transcriber
    assert isinstance(hears, LocalTranscriber) and hears.host == "" and not Whisper.made
    found = await asyncio.gather(*(hears.transcribe(b"sound", MIME) for _ in range(2)))
    assert found[0].text == "I left." and [word.start for word in found[0].words] == [0.0, 2.5]
    assert [(made, options["local_files_only"]) for made, options in Whisper.made] == [(str(folder), True)]


async def test_silence_and_a_recording_that_cannot_be_read_are_told_apart(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hears = LocalTranscriber(folder)
    with pytest.raises(errors.HearingError, match="No words were heard"):
        await hears.transcribe(b"sound", MIME)
    monkeypatch.setattr(Whisper, "said", ValueError("Invalid data found when processing input"))
    with pytest.raises(errors.HearingError, match="can't be read"):
        await hears.transcribe(b"sound", MIME)


async def test_a_model_that_cannot_be_loaded_is_named(folder: Path) -> None:
    broken = folder / "broken"
    broken.mkdir()
    (broken / "model.bin").touch()
    with pytest.raises(errors.ModelFileError, match="broken can't be loaded"):
        await LocalTranscriber(broken).transcribe(b"sound", MIME)


def test_a_folder_without_a_model_or_without_the_package_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(errors.SettingsError, match=r"no model\.bin"):
        open_voices(Settings(transcribe_model=str(tmp_path)))
    (tmp_path / "model.bin").touch()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(errors.SettingsError, match="pip install faster-whisper"):
        open_voices(Settings(transcribe_model=str(tmp_path)))
