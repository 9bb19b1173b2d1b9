"""Writes down what was said and reads lines aloud, through an endpoint or a model on this machine; keeps no recording.

A recording is held in memory while it is written down, and nowhere else.
"""

from __future__ import annotations

import asyncio
import importlib.util
import math
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from .errors import HearingError, ModelFileError, ReplyError, SettingsError
from .llm import OpenAIEndpoint
from .phrases import _
from .schema import SpokenWord, Transcript

__all__ = [
    "MOST_BYTES",
    "MOST_CHARACTERS",
    "MOST_MINUTES",
    "EndpointSpeech",
    "EndpointTranscriber",
    "LocalTranscriber",
    "Speech",
    "Transcriber",
    "Voices",
    "check_recording",
    "read_transcript",
]

MOST_BYTES = 25_000_000
"""Of a recording: what OpenAI's own endpoint takes."""
MOST_MINUTES = 10
"""After which the page stops recording."""
MOST_CHARACTERS = 4096
"""Of a line to read aloud: what OpenAI's own endpoint takes."""

_ENDINGS = {
    "audio/webm": "webm",
    "audio/ogg": "ogg",
    "audio/mp4": "mp4",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/flac": "flac",
}


class Transcriber(Protocol):
    """Writes down recordings."""

    @property
    def host(self) -> str:
        """Where recordings go; empty: they stay on this machine."""
        ...

    async def transcribe(self, audio: bytes, mime: str) -> Transcript:
        """The words of a recording.

        Raises:
            HearingError: it is too large, unreadable, or nothing is said in it.
            ProviderError: the endpoint can't be reached or refuses.
            ReplyError: what it sends is no transcript.
            ModelFileError: the model on this machine can't be loaded.
        """
        ...


class Speech(Protocol):
    """Reads text aloud."""

    @property
    def host(self) -> str:
        """Where the text goes."""
        ...

    async def speak(self, text: str) -> bytes:
        """An MP3 file.

        Raises:
            ProviderError: the endpoint can't be reached or refuses.
            ReplyError: what it sends is no sound.
        """
        ...


@dataclass(frozen=True)
class Voices:
    """What there is of both."""

    transcriber: Transcriber | None = None
    """None: answers are typed."""
    speech: Speech | None = None
    """None: the browser's own voice reads, where it has one."""


class EndpointTranscriber:
    """A model behind `/audio/transcriptions`."""

    def __init__(self, endpoint: OpenAIEndpoint, model: str) -> None:
        self.endpoint = endpoint
        self.model = model

    @property
    def host(self) -> str:
        """Where recordings go."""
        return self.endpoint.host

    async def transcribe(self, audio: bytes, mime: str) -> Transcript:
        """See `Transcriber`."""
        kind = check_recording(audio, mime)
        # The endpoint tells the format by the file's name.
        file = (f"answer.{_ENDINGS[kind]}", audio, kind)
        return read_transcript(await self.endpoint.transcribe(self.model, file), self.model)


class EndpointSpeech:
    """A model behind `/audio/speech`."""

    def __init__(self, endpoint: OpenAIEndpoint, model: str, voice: str) -> None:
        self.endpoint = endpoint
        self.model = model
        self.voice = voice

    @property
    def host(self) -> str:
        """Where the text goes."""
        return self.endpoint.host

    async def speak(self, text: str) -> bytes:
        """See `Speech`."""
        return await self.endpoint.speak(self.model, self.voice, text[:MOST_CHARACTERS])


class LocalTranscriber:
    """A faster-whisper model in a folder on this machine, loaded when the first recording comes."""

    host = ""

    def __init__(self, folder: Path) -> None:
        """Looks whether both are there, and loads nothing yet.

        Raises:
            SettingsError: the package or the model isn't there.
        """
        if not (folder / "model.bin").is_file():
            raise SettingsError(
                f"INTERVIEWER_TRANSCRIBE_MODEL={folder}: there is no model.bin, so it is no folder of a "
                "faster-whisper model; give one, the name of an endpoint's model, or unset it."
            )
        if importlib.util.find_spec("faster_whisper") is None:
            raise SettingsError(
                f"INTERVIEWER_TRANSCRIBE_MODEL={folder} needs the package faster-whisper: "
                "install it with pip install faster-whisper, or unset it."
            )
        self.folder = folder
        self.model = folder.name
        self._loaded: Any = None
        self._one = asyncio.Lock()

    async def transcribe(self, audio: bytes, mime: str) -> Transcript:
        """See `Transcriber`. One recording at a time: the model takes every core it gets."""
        check_recording(audio, mime)
        async with self._one:
            return await asyncio.to_thread(self._transcribe, audio)

    def _transcribe(self, audio: bytes) -> Transcript:
        model = self._load()
        try:
            found, _about = model.transcribe(BytesIO(audio), word_timestamps=True, vad_filter=True)
            segments = list(found)  # a generator: this is where the work is done
        except Exception as error:
            # The library's decoders raise whatever they like.
            raise HearingError(
                _("The recording can't be read ({reason}): record it again.").format(reason=type(error).__name__)
            ) from error
        words = [
            {"word": one.word, "start": one.start, "end": one.end} for part in segments for one in part.words or ()
        ]
        return read_transcript({"text": " ".join(part.text.strip() for part in segments), "words": words}, self.model)

    def _load(self) -> Any:
        if self._loaded is None:
            try:
                from faster_whisper import WhisperModel

                self._loaded = WhisperModel(str(self.folder), device="auto", local_files_only=True)
            except Exception as error:
                raise ModelFileError(
                    f"{self.folder} can't be loaded as a faster-whisper model ({error}): fetch it again, or unset "
                    "INTERVIEWER_TRANSCRIBE_MODEL."
                ) from error
        return self._loaded


def check_recording(audio: bytes, mime: str) -> str:
    """The recording's kind, such as `audio/webm`.

    Raises:
        HearingError: it is empty, too large, or of a kind that nobody reads.
    """
    kind = mime.partition(";")[0].strip().lower()
    if kind not in _ENDINGS:
        raise HearingError(_("This browser records in a format that can't be read. Type your answer, please."))
    if not audio:
        raise HearingError(_("The recording is empty: check that the right microphone is on, and record it again."))
    if len(audio) > MOST_BYTES:
        raise HearingError(
            _("The recording is larger than {megabytes} MB: speak a shorter answer, or type the rest.").format(
                megabytes=MOST_BYTES // 1_000_000
            )
        )
    return kind


def read_transcript(body: Mapping[str, Any], model: str) -> Transcript:
    """The transcript in an endpoint's reply; times that make no sense count as none.

    Raises:
        ReplyError: it is no transcript.
        HearingError: nothing is said in it.
    """
    text = body.get("text")
    if not isinstance(text, str):
        raise ReplyError(f"The model {model} sent no transcript: check INTERVIEWER_TRANSCRIBE_MODEL.")
    # Half a character can be neither shown nor saved.
    text = text.encode("utf-8", "replace").decode().strip()
    if not any(char.isalnum() for char in text):
        raise HearingError(
            _("No words were heard in the recording: check that the right microphone is on, and try again.")
        )
    return Transcript(text=text, words=_read_words(body), model=model)


def _read_words(body: Mapping[str, Any]) -> tuple[SpokenWord, ...]:
    given = body.get("words") or _within(body.get("segments"))
    words = []
    for one in given if isinstance(given, list) else ():
        times = [one.get("start"), one.get("end")] if isinstance(one, Mapping) else []
        if not all(isinstance(time, int | float) and math.isfinite(time) for time in times) or not times:
            return ()
        words.append(SpokenWord(text=str(one.get("word", "")).strip(), start=times[0], end=times[1]))
    starts = [word.start for word in words]
    ordered = starts == sorted(starts) and all(0 <= word.start <= word.end for word in words)
    return tuple(words) if ordered else ()


def _within(segments: object) -> list[Any]:
    """Some servers put the words into the segments."""
    parts = [part for part in segments if isinstance(part, Mapping)] if isinstance(segments, list) else []
    return [word for part in parts for word in (part["words"] if isinstance(part.get("words"), list) else ())]
