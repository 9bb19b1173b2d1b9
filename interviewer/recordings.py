"""Records what endpoints reply and replays it, as readable JSON lines; replaying never sends anything.

One file is one set of recordings, one recording a line: the request as sent, the response or the chunks as they came,
the model and the day. A request is found again by a hash of its API and body, and by how often it was made before.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .errors import RecordingError
from .llm import Api, Endpoint
from .schema import Record

__all__ = ["Recording", "RecordingEndpoint", "ReplayingEndpoint", "read_recordings", "request_key"]

COMMAND = "make recordings"


class Recording(Record):
    """One request and what came back."""

    key: str
    """`request_key` of the request."""
    repeat: int = 0
    """How often the same request was made before it in this set."""
    api: Api
    model: str
    """As the endpoint names it."""
    recorded: str
    """Day, YYYY-MM-DD."""
    request: dict[str, Any]
    response: dict[str, Any] | None = None
    chunks: tuple[dict[str, Any], ...] | None = None
    """Of a streamed chat completion, which has no response."""


def request_key(api: Api, body: dict[str, Any], *, stream: bool = False) -> str:
    """16 hexadecimal digits for a request; the order of keys in the body doesn't matter."""
    told = json.dumps([api, stream, body], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_recordings(file: Path, *, command: str = COMMAND) -> tuple[Recording, ...]:
    """Every recording of a set, in order.

    Raises:
        RecordingError: the file is missing, or a line of it is unreadable or was changed by hand.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f"{file} can't be read ({type(error).__name__}): record it with `{command}`.") from error
    return tuple(_read_line(line, f"{file}:{number}", command) for number, line in enumerate(lines, 1) if line.strip())


def _read_line(line: str, place: str, command: str) -> Recording:
    try:
        recording = Recording.model_validate_json(line)
    except ValidationError as error:
        raise RecordingError(f"{place}: this is no recording: make it again with `{command}`.") from error
    if (recording.response is None) == (recording.chunks is None):
        raise RecordingError(f"{place}: a recording has a response or chunks: make it again with `{command}`.")
    if recording.key != request_key(recording.api, recording.request, stream=recording.chunks is not None):
        raise RecordingError(f"{place}: the request was changed by hand: make it again with `{command}`.")
    return recording


class RecordingEndpoint:
    """An endpoint that hands everything on to another one and writes down what comes back."""

    def __init__(
        self, inner: Endpoint, file: Path, *, today: Callable[[], datetime.date] = datetime.date.today
    ) -> None:
        """Begins the set anew: an older file of that name is emptied."""
        self._inner = inner
        self._file = file
        self._today = today
        self._made: Counter[str] = Counter()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("", encoding="utf-8")

    @property
    def host(self) -> str:
        """The inner endpoint's."""
        return self._inner.host

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        """See `Endpoint`. A request that fails is not recorded."""
        response = await self._inner.send(api, body)
        self._write(api, body, response=response)
        return response

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """See `Endpoint`. A stream that isn't read to its end is not recorded."""
        chunks: list[dict[str, Any]] = []
        inner = self._inner.stream(body)
        try:
            async for chunk in inner:
                chunks.append(chunk)
                yield chunk
        finally:
            if (close := getattr(inner, "aclose", None)) is not None:
                await close()
        self._write("chat", body, chunks=tuple(chunks))

    def _write(
        self,
        api: Api,
        body: dict[str, Any],
        *,
        response: dict[str, Any] | None = None,
        chunks: tuple[dict[str, Any], ...] | None = None,
    ) -> None:
        key = request_key(api, body, stream=chunks is not None)
        told = [response] if response is not None else list(chunks or ())
        recording = Recording(
            key=key,
            repeat=self._made[key],
            api=api,
            model=next((str(one["model"]) for one in told if one.get("model")), str(body.get("model") or "")),
            recorded=self._today().isoformat(),
            request=body,
            response=response,
            chunks=chunks,
        )
        self._made[key] += 1
        with self._file.open("a", encoding="utf-8") as file:
            file.write(recording.model_dump_json(exclude_none=True) + "\n")


class ReplayingEndpoint:
    """An endpoint that replies from recordings and reaches nothing."""

    def __init__(self, *files: Path, command: str = COMMAND) -> None:
        """Reads the sets at once.

        Args:
            files: sets of recordings.
            command: what makes them, named where one is missing.

        Raises:
            RecordingError: a file is missing or unreadable, or two hold the same request.
        """
        self._names = ", ".join(file.name for file in files)
        self._command = command
        self._asked: Counter[str] = Counter()
        self._left: dict[tuple[str, int], Recording] = {}
        for file in files:
            for recording in read_recordings(file, command=command):
                place = (recording.key, recording.repeat)
                if place in self._left:
                    raise RecordingError(f"{file}: {_describe(recording)} is recorded twice: run `{command}`.")
                self._left[place] = recording

    @property
    def host(self) -> str:
        """The names of the files."""
        return f"recording {self._names}"

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        """See `Endpoint`.

        Raises:
            RecordingError: this request was never recorded, or not as often as it is made.
        """
        return self.take(api, body).response or {}

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """See `Endpoint`; raises like `send`."""
        for chunk in self.take("chat", body, stream=True).chunks or ():
            yield chunk

    def take(self, api: Api, body: dict[str, Any], *, stream: bool = False) -> Recording:
        """The recording of this request; each is given out once.

        Raises:
            RecordingError: as for `send`.
        """
        key = request_key(api, body, stream=stream)
        recording = self._left.pop((key, self._asked[key]), None)
        if recording is None:
            raise RecordingError(
                f"{self._names} holds no {_times(self._asked[key])}{_describe_request(api, body)}: "
                f"a prompt, a document or the code has changed since; record again with `{self._command}`."
            )
        self._asked[key] += 1
        return recording

    def unused(self) -> tuple[str, ...]:
        """What was recorded and not asked for (so far): stale, or not reached."""
        return tuple(_describe(recording) for recording in self._left.values())


def _times(before: int) -> str:
    return f"recording number {before + 1} of " if before else "recording of "


def _describe(recording: Recording) -> str:
    return f"{_describe_request(recording.api, recording.request)}, repeat {recording.repeat}, of {recording.recorded}"


def _describe_request(api: Api, body: dict[str, Any]) -> str:
    """The API, the model and the end of what is asked, which is where requests differ."""
    messages = body.get("messages")
    last = messages[-1].get("content", "") if messages else body.get("input") or body.get("state") or ""
    line = " ".join(str(last).split())
    return f"{api} request to {body.get('model', 'any model')} ending “{line[-80:]}”"
