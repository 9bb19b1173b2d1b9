"""Records what endpoints reply and replays it, as readable JSON lines; replaying never sends anything.

One file is one set of recordings, one recording a line: the request as sent, the response or the chunks as they came
(but for the bytes of tokens), the model and the day. A request is found again by a hash of its API and body, and by
how often it was made before.

What many requests have in common is written once, on a line of its own before them: `{"shared": "3f…", "value": …}`.
Where it belongs, a request then has `{"shared": "3f…"}`, or `{"shared": "3f…", "then": "…"}` for a text that goes on.
"""

from __future__ import annotations

import copy
import datetime
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Self

from .errors import ProviderError, ProviderUnsupported, RecordingError
from .llm import Api, Endpoint
from .schema import Record

__all__ = ["Recording", "RecordingEndpoint", "ReplayingEndpoint", "read_recordings", "request_key"]

COMMAND = "make recordings"
MOST_KEPT = 64
"""Shared values held at a time; the others are read again where they stand."""
LEAST_SHARED = 200
"""Characters below which nothing is worth a line of its own."""
_SHARED_KEYS = ("response_format", "questions")
_Place = tuple[str, int]


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
    unsupported: str | None = None
    """What the endpoint said when it didn't take this request at all: there is neither response nor chunks."""


def request_key(api: Api, body: dict[str, Any], *, stream: bool = False) -> str:
    """16 hexadecimal digits for a request; the order of keys in the body doesn't matter."""
    return _hash([api, stream, body])


def read_recordings(file: Path, *, command: str = COMMAND) -> tuple[Recording, ...]:
    """Every recording of a set, in order.

    Raises:
        RecordingError: the file is missing, or a line of it is unreadable or was changed by hand.
    """
    return tuple(recording for _, recording in _RecordedSet(file, command).scan())


def _hash(value: Any) -> str:
    told = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


# ── a set as a file ──────────────────────────────────────────────────────────────────────────────────


class _RecordedSet:
    """The file of a set, read line by line: only where its lines stand is remembered, and what was shared lately."""

    def __init__(self, file: Path, command: str) -> None:
        self.file = file
        self.command = command
        self._shared: dict[str, int] = {}
        self._lately: dict[str, Any] = {}

    def scan(self) -> Iterator[tuple[int, Recording]]:
        """(place in the file, recording), each checked against its key."""
        try:
            with self.file.open("rb") as lines:
                place = 0
                for number, line in enumerate(lines, 1):
                    if line.strip() and (found := self._read(line, place, f"{self.file}:{number}")) is not None:
                        yield place, found
                    place += len(line)
        except (OSError, UnicodeDecodeError) as error:
            raise RecordingError(
                f"{self.file} can't be read ({type(error).__name__}): record it with `{self.command}`."
            ) from error

    def read_at(self, place: int) -> Recording:
        """The recording that `scan` found at this place."""
        recording = self._read(self._line_at(place), place, str(self.file), check=False)
        if recording is None:
            raise RecordingError(f"{self.file} was changed while it was read: run the same command again.")
        return recording

    def append(self, recording: Recording) -> int:
        """Writes a recording, after what it shares with others and isn't there yet; its place."""
        told = recording.model_dump(mode="json", exclude_none=True)
        told["request"], shared = _taken_out(recording.request)
        with self.file.open("ab") as file:
            for key, value in shared.items():
                if key not in self._shared:
                    self._keep(key, value, file.tell())
                    file.write(_as_line({"shared": key, "value": value}))
            place = file.tell()
            file.write(_as_line(told))
        return place

    def rewrite(self, wanted: Callable[[int, Recording], bool]) -> int:
        """Keeps the recordings that are wanted, in their order; how many others there were."""
        other = _RecordedSet(self.file.with_name(self.file.name + ".new"), self.command)
        other.file.write_bytes(b"")
        dropped = 0
        for place, recording in self.scan():
            if wanted(place, recording):
                other.append(recording)
            else:
                dropped += 1
        other.file.replace(self.file)
        return dropped

    def drop_cut_line(self) -> None:
        """Takes away a last line that an interruption cut off."""
        with self.file.open("rb+") as file:
            whole = file.read().rpartition(b"\n")
            file.truncate(len(whole[0]) + len(whole[1]))

    def _read(self, line: bytes, place: int, where: str, *, check: bool = True) -> Recording | None:
        """The recording on a line; None for a line that recordings share. `check` compares request and key."""
        again = f"make it again with `{self.command}`."
        text = line.decode("utf-8")
        try:
            told = json.loads(text)
            if isinstance(told, dict) and told.keys() == {"shared", "value"}:
                if told["shared"] != _hash(told["value"]):
                    raise RecordingError(f"{where}: what recordings share was changed by hand: {again}")
                self._keep(told["shared"], told["value"], place)
                return None
            recording = Recording.model_validate(_filled(told, self._value))
        except KeyError as error:
            raise RecordingError(f"{where}: what it shares with others ({error}) stands nowhere: {again}") from error
        except (ValueError, RecursionError) as error:  # pydantic's and json's own are ValueErrors
            raise RecordingError(f"{where}: this is no recording: {again}") from error
        if sum(one is not None for one in (recording.response, recording.chunks, recording.unsupported)) != 1:
            raise RecordingError(f"{where}: a recording has a response or chunks: {again}")
        if check and recording.key != request_key(
            recording.api, recording.request, stream=recording.chunks is not None
        ):
            raise RecordingError(f"{where}: the request was changed by hand: {again}")
        return recording

    def _keep(self, key: str, value: Any, place: int) -> None:
        self._shared[key] = place
        if len(self._lately) >= MOST_KEPT:
            del self._lately[next(iter(self._lately))]
        self._lately[key] = value

    def _value(self, key: str) -> Any:
        """What is shared under this hash; KeyError when no line before had it."""
        if key not in self._lately:
            place = self._shared[key]
            self._keep(key, json.loads(self._line_at(place))["value"], place)
        return self._lately[key]

    def _line_at(self, place: int) -> bytes:
        with self.file.open("rb") as lines:
            lines.seek(place)
            return lines.readline()


def _as_line(told: dict[str, Any]) -> bytes:
    # Half a character, which a request may hold, can be written only as an escape.
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def _filled(told: Any, shared: Callable[[str], Any]) -> Any:
    """A line's JSON with what its request shares with others put in; KeyError names what isn't known."""
    if not isinstance(told, dict) or not isinstance(told.get("request"), dict):
        return told
    request = {key: _put_in(value, shared) for key, value in told["request"].items()}
    if isinstance(request.get("messages"), list):
        request["messages"] = [
            {key: _put_in(value, shared) for key, value in message.items()} if isinstance(message, dict) else message
            for message in request["messages"]
        ]
    return {**told, "request": request}


def _put_in(value: Any, shared: Callable[[str], Any]) -> Any:
    if not isinstance(value, dict) or not value.keys() <= {"shared", "then"} or "shared" not in value:
        return value
    known = shared(str(value["shared"]))
    return f"{known}{value['then']}" if "then" in value else known


def _taken_out(request: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The request as written, and what it shares, by hash: schemas, questions, how its messages begin."""
    shared: dict[str, Any] = {}

    def share(value: Any, then: str = "") -> Any:
        key = _hash(value)
        shared[key] = value
        return {"shared": key, "then": then} if then else {"shared": key}

    written = dict(request)
    for key in _SHARED_KEYS:
        if len(json.dumps(request.get(key))) >= LEAST_SHARED:
            written[key] = share(request[key])
    messages = request.get("messages")
    if isinstance(messages, list):
        written["messages"] = [_share_beginning(message, share) for message in messages]
    return written, shared


def _share_beginning(message: Any, share: Callable[..., Any]) -> Any:
    """A system message is shared whole, others up to their last blank line: what is asked about a text comes after."""
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, str):
        return message
    if message.get("role") == "system":
        return message if len(content) < LEAST_SHARED else {**message, "content": share(content)}
    beginning, blank, then = content.rpartition("\n\n")
    if len(beginning) < LEAST_SHARED:
        return message
    return {**message, "content": share(beginning + blank, then)}


def _without_bytes(response: dict[str, Any]) -> dict[str, Any]:
    """The response without each token's bytes and number, which repeat what its text says and make up half of it.

    Log-probabilities keep four decimals: a ten-thousandth, far below what they move by between two machines.
    """

    def trim(value: Any) -> Any:
        if isinstance(value, list):
            return [trim(one) for one in value]
        if not isinstance(value, dict):
            return value
        passed_over = ("bytes", "id") if "logprob" in value else ()
        kept = {key: trim(one) for key, one in value.items() if key not in passed_over}
        if isinstance(kept.get("logprob"), float):
            kept["logprob"] = round(kept["logprob"], 4)
        return kept

    choices = response.get("choices")
    return {**response, "choices": trim(choices)} if isinstance(choices, list) else response


# ── endpoints ────────────────────────────────────────────────────────────────────────────────────────


class _Numbering:
    """Which repeat of a request is meant: the next one in order or, `at` a repeat, that one each time."""

    def __init__(self) -> None:
        self._made: Counter[str] = Counter()
        self._repeat: int | None = None

    def at(self, repeat: int) -> Self:
        """The same set for one repeat of everything: whatever the order of requests, each is that repeat."""
        other = copy.copy(self)
        other._repeat = repeat
        return other

    def _number(self, key: str) -> int:
        if self._repeat is not None:
            return self._repeat
        self._made[key] += 1
        return self._made[key] - 1


class RecordingEndpoint(_Numbering):
    """An endpoint that hands everything on to another one and writes down what comes back."""

    def __init__(
        self,
        inner: Endpoint,
        file: Path,
        *,
        today: Callable[[], datetime.date] = datetime.date.today,
        resume: bool = False,
        renew: bool = False,
        command: str = COMMAND,
    ) -> None:
        """Begins the set anew: an older file of that name is emptied, unless recording goes on.

        Args:
            inner: who replies.
            file: the set.
            today: the day written with each recording.
            resume: keep what the file holds, and reply from it where it has the request.
            renew: keep what the file holds, but ask again; `tidy` then drops the older of two.
            command: makes the set; named where it can't be read.

        Raises:
            RecordingError: the set to go on with can't be read.
        """
        super().__init__()
        self._inner = inner
        self._today = today
        self._set = _RecordedSet(file, command)
        self._renew = renew
        self._held: dict[_Place, int] = {}
        self._asked: set[str] = set()
        self.missed: list[str] = []
        """What went wrong with requests that were not recorded for it."""
        self._refused: list[tuple[Api, dict[str, Any], int, str]] = []
        file.parent.mkdir(parents=True, exist_ok=True)
        if (resume or renew) and file.exists():
            self._set.drop_cut_line()
            self._held = {(one.key, one.repeat): place for place, one in self._set.scan()}
        else:
            file.write_text("", encoding="utf-8")

    @property
    def host(self) -> str:
        """The inner endpoint's."""
        return self._inner.host

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        """See `Endpoint`. A request that fails is not recorded.

        One form of a request that the endpoint doesn't take is recorded once it has replied to another form.
        """
        key = request_key(api, body)
        repeat = self._number(key)
        self._asked.add(key)
        if not self._renew and (place := self._held.get((key, repeat))) is not None:
            return _response(self._set.read_at(place))
        try:
            response = await self._inner.send(api, body)
        except ProviderUnsupported as refusal:
            self._refused.append((api, body, repeat, str(refusal)))
            raise
        except ProviderError as failure:
            self.missed.append(str(failure))
            raise
        for other_api, other, number, told in self._refused:
            self._write(other_api, other, number, unsupported=told)
        self._refused.clear()
        self._write(api, body, repeat, response=response)
        return response

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """See `Endpoint`. A stream that isn't read to its end is not recorded; one that is held is asked for again."""
        chunks: list[dict[str, Any]] = []
        inner = self._inner.stream(body)
        try:
            async for chunk in inner:
                chunks.append(chunk)
                yield chunk
        finally:
            if (close := getattr(inner, "aclose", None)) is not None:
                await close()
        key = request_key("chat", body, stream=True)
        self._asked.add(key)
        self._write("chat", body, self._number(key), chunks=tuple(chunks))

    def tidy(self, stale_of: str | None = None) -> int:
        """Drops recordings that a later one stands for; how many recordings went.

        Args:
            stale_of: also drop what was recorded of this model and not asked for since this endpoint was made.
        """

        def wanted(place: int, one: Recording) -> bool:
            stale = stale_of is not None and one.request.get("model") == stale_of and one.key not in self._asked
            return not stale and self._held[one.key, one.repeat] == place

        return self._set.rewrite(wanted)

    def _write(
        self,
        api: Api,
        body: dict[str, Any],
        repeat: int,
        *,
        response: dict[str, Any] | None = None,
        chunks: tuple[dict[str, Any], ...] | None = None,
        unsupported: str | None = None,
    ) -> None:
        key = request_key(api, body, stream=chunks is not None)
        told = [response] if response is not None else list(chunks or ())
        recording = Recording(
            key=key,
            repeat=repeat,
            api=api,
            model=next((str(one["model"]) for one in told if one.get("model")), str(body.get("model") or "")),
            recorded=self._today().isoformat(),
            request=body,
            response=_without_bytes(response) if response is not None else None,
            chunks=chunks,
            unsupported=unsupported,
        )
        self._held[key, repeat] = self._set.append(recording)


class ReplayingEndpoint(_Numbering):
    """An endpoint that replies from recordings and reaches nothing."""

    def __init__(self, *files: Path, command: str = COMMAND) -> None:
        """Checks the sets at once, and remembers where each recording stands.

        Args:
            files: sets of recordings.
            command: what makes them, named where one is missing.

        Raises:
            RecordingError: a file is missing or unreadable, or two hold the same request.
        """
        super().__init__()
        self._names = ", ".join(file.name for file in files)
        self._command = command
        self._left: dict[_Place, tuple[_RecordedSet, int]] = {}
        self._first: dict[str, tuple[_RecordedSet, int]] = {}
        self.days: dict[str, set[str]] = {}
        """By model, as requests name it: the days it was recorded on."""
        for file in files:
            recorded = _RecordedSet(file, command)
            for place, recording in recorded.scan():
                known = (recording.key, recording.repeat)
                if known in self._left:
                    raise RecordingError(f"{file}: {_describe(recording)} is recorded twice: run `{command}`.")
                self._left[known] = recorded, place
                model = str(recording.request.get("model") or "")
                self._first.setdefault(model, (recorded, place))
                self.days.setdefault(model, set()).add(recording.recorded)

    @property
    def host(self) -> str:
        """The names of the files."""
        return f"recording {self._names}"

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        """See `Endpoint`.

        Raises:
            RecordingError: this request was never recorded, or not as often as it is made.
            ProviderUnsupported: the endpoint that was recorded didn't take it.
        """
        return _response(self.take(api, body))

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """See `Endpoint`; raises like `send`."""
        for chunk in self.take("chat", body, stream=True).chunks or ():
            yield chunk

    def take(self, api: Api, body: dict[str, Any], *, stream: bool = False) -> Recording:
        """The recording of this request; each is given out once, unless this is the set `at` one repeat.

        Raises:
            RecordingError: as for `send`.
        """
        key = request_key(api, body, stream=stream)
        repeat = self._number(key)
        if (found := self._left.get((key, repeat))) is None:
            raise RecordingError(
                f"{self._names} holds no {_times(repeat)}{_describe_request(api, body)}: "
                f"a prompt, a document or the code has changed since; record again with `{self._command}`."
            )
        if self._repeat is None:
            del self._left[key, repeat]
        recorded, place = found
        return recorded.read_at(place)

    def first_of(self, model: str) -> Recording:
        """The first recording of a model, which shows how it was asked; KeyError when there is none."""
        recorded, place = self._first[model]
        return recorded.read_at(place)

    def unused(self) -> tuple[str, ...]:
        """What was recorded and not asked for (so far): stale, or not reached."""
        return tuple(_describe(recorded.read_at(place)) for recorded, place in self._left.values())


def _response(recording: Recording) -> dict[str, Any]:
    if recording.unsupported is not None:
        raise ProviderUnsupported(recording.unsupported)
    return recording.response or {}


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
