"""Speaks to chat and decision models through the openai SDK, and never decides what is said or judged.

Three layers: an `Endpoint` sends one wire body and returns one (the SDK's, a recording, a fake); an `LLM`
asks or says something with one chat model behind an endpoint; `replies.read_reply` reads a wire body.
Every exception of the SDK and of its HTTP library becomes a `ProviderError` or `ReplyError` in one place here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from .errors import (
    InterviewerError,
    ProviderBusy,
    ProviderError,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnreachable,
    ProviderUnsupported,
    ReplyError,
    SettingsError,
)
from .replies import Reply, clip, join_chunks, read_piece, read_reply

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

__all__ = ["LLM", "Api", "Endpoint", "OpenAIEndpoint", "Reply", "Variables", "join_chunks", "read_reply"]

Api = Literal["chat", "decisions", "systemone", "models"]
OPENAI_URL = "https://api.openai.com/v1"

# What to do when an endpoint names an option it doesn't take: send the request once more without it, or renamed.
_OTHER_NAME = {"stream_options": "", "temperature": "", "max_tokens": "max_completion_tokens"}
_NOT_TAKEN = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed|not implemented"
    r"|not available|response_format|json_schema|grammar",
    re.IGNORECASE,
)


class Variables(NamedTuple):
    """Names of the settings that an endpoint came from, for its messages."""

    url: str = "OPENAI_BASE_URL"
    key: str = "OPENAI_API_KEY"
    model: str = "INTERVIEWER_MODEL"


class Endpoint(Protocol):
    """Sends wire bodies to one host."""

    @property
    def host(self) -> str:
        """Host and port, for messages."""
        ...

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        """Returns the reply's JSON object.

        Raises:
            ProviderError: the host can't be reached or refuses.
            ReplyError: the reply is no JSON object.
        """
        ...

    def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Yields the chunks of a streamed chat completion; closing it closes the connection."""
        ...


class OpenAIEndpoint:
    """An OpenAI-compatible host, spoken to through the openai SDK."""

    def __init__(
        self,
        *,
        base_url: str | None,
        api_key: str,
        timeout_seconds: float,
        http_client: httpx2.AsyncClient | None = None,
        variables: Variables | None = None,
    ) -> None:
        """Opens no connection yet.

        Args:
            base_url: ends in `/v1` as a rule; None is OpenAI's own.
            api_key: empty where the host needs none (a local server).
            timeout_seconds: for one try; the SDK tries three times.
            http_client: for tests.
            variables: what messages tell to check; None: those of the chat model.

        Raises:
            SettingsError: the base URL is no http(s) address.
        """
        self._variables = variables or Variables()
        self._host = _read_host(base_url or OPENAI_URL, self._variables)
        self._url = base_url or OPENAI_URL
        self._key = api_key
        self._timeout_seconds = timeout_seconds
        self._http_client = http_client
        self._renamed: dict[str, dict[str, str]] = {}
        self._untimed: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: AsyncOpenAI | None = self._make_client()

    def __repr__(self) -> str:
        return f"OpenAIEndpoint({self._host})"

    @property
    def host(self) -> str:
        """Host and port, for messages."""
        return self._host

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        """See `Endpoint`. A body may hold keys that the SDK doesn't know (llama.cpp's `grammar`, `id_slot` …)."""
        with self._provider_errors():
            if api == "chat":
                return self._read_object(await self._create_chat(body))
            if api == "decisions":
                known, rest = _split(body, ("model", "input", "questions"))
                return self._read_object(await self._connected().decisions.create(**known, extra_body=rest or None))
            if api == "systemone":
                return self._read_object(await self._connected().post("/systemone", cast_to=object, body=body))
            # Not `models.list()`, which trips over a web page that is sent instead.
            return self._read_object(await self._connected().get("/models", cast_to=object))

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """See `Endpoint`."""
        asked = {**body, "stream": True, "stream_options": {"include_usage": True}}
        with self._provider_errors():
            chunks = await self._create_chat(asked)
            if not hasattr(chunks, "__aiter__"):
                raise ReplyError(f"{self._host} sent no stream of events: is this address an OpenAI-compatible API?")
            try:
                async for chunk in chunks:
                    yield self._read_object(chunk)
            finally:
                await chunks.close()

    async def transcribe(self, model: str, file: tuple[str, bytes, str]) -> dict[str, Any]:
        """What is said in a recording (file name, bytes, MIME type), with the words' times where the model gives them.

        Raises:
            ProviderError: the host can't be reached or refuses.
            ReplyError: the reply is no JSON object.
        """
        import openai

        with self._provider_errors():
            create = self._connected().audio.transcriptions.create
            if model not in self._untimed:
                try:
                    return self._read_object(
                        await create(
                            file=file, model=model, response_format="verbose_json", timestamp_granularities=["word"]
                        )
                    )
                except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                    if not any(_names(error, option) for option in ("response_format", "timestamp_granularities")):
                        raise
                    self._untimed.add(model)
            return self._read_object(await create(file=file, model=model, response_format="json"))

    async def speak(self, model: str, voice: str, text: str) -> bytes:
        """The text read aloud, as an MP3 file.

        Raises:
            ProviderError: the host can't be reached or refuses.
            ReplyError: the reply is no sound.
        """
        with self._provider_errors():
            speech = self._connected().audio.speech
            sound = await speech.create(model=model, voice=voice, input=text, response_format="mp3")
            kind = sound.response.headers.get("content-type", "")
            if not sound.content or kind.startswith(("text/", "application/json")):
                raise ReplyError(f"{self._host} sent no sound where speech was due: is this an OpenAI-compatible API?")
            return sound.content

    async def close(self) -> None:
        """Closes the connections; a later request opens new ones."""
        if self._client is not None:
            await self._client.close()
        self._client = None

    def _make_client(self) -> AsyncOpenAI:
        import httpx2
        from openai import AsyncOpenAI

        return AsyncOpenAI(
            base_url=self._url,
            api_key=self._key or "none-needed",
            max_retries=2,
            timeout=httpx2.Timeout(self._timeout_seconds, connect=min(10.0, self._timeout_seconds)),
            http_client=self._http_client,
        )

    def _connected(self) -> AsyncOpenAI:
        """The SDK's client. In another event loop it is a new one: connections belong to the loop they were made in."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop not in (None, loop):
            self._client = self._make_client()
        self._loop = loop
        return self._client

    async def _create_chat(self, body: dict[str, Any]) -> Any:
        """Sends a chat request; drops or renames an option that this model says it doesn't take, and remembers it."""
        import openai

        renamed = self._renamed.setdefault(str(body.get("model")), {})
        while True:
            known, rest = _split(_rename(body, renamed), ("model", "messages", "stream"))
            try:
                return await self._connected().chat.completions.create(**known, extra_body=rest)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                option = next((name for name in _OTHER_NAME if name in rest and _names(error, name)), None)
                if option is None:
                    raise
                renamed[option] = _OTHER_NAME[option]

    def _read_object(self, result: Any) -> dict[str, Any]:
        """The JSON object in a result of the SDK, which hands on what it couldn't read as text or as a list."""
        if hasattr(result, "to_dict"):
            result = result.to_dict(mode="json", warnings=False)
        if isinstance(result, dict):
            return result
        raise ReplyError(
            f"{self._host} sent {clip(result)!r} where a JSON object was due: is this an OpenAI-compatible API?"
        )

    @contextmanager
    def _provider_errors(self) -> Iterator[None]:
        """The one place where foreign exceptions become ours; nothing but SDK calls belongs inside."""
        try:
            yield
        except InterviewerError:
            raise
        except Exception as error:
            mapped = _explain(error, self._host, self._timeout_seconds, self._variables)
            if mapped is None:
                raise
            # The original may print the request with its key, or a reply that echoes it: it isn't chained.
            message = str(mapped)
            raise type(mapped)(message.replace(self._key, "******") if self._key else message) from None


class LLM:
    """One chat model behind an endpoint.

    With `local=True` the model shares a small machine with the page, so speech goes first: an `ask` waits while
    a `say` is running, and only one `ask` runs at a time, so a `say` waits for one short request at most.
    """

    def __init__(self, endpoint: Endpoint, model: str, *, local: bool = False) -> None:
        self.endpoint = endpoint
        self.model = model
        self.local = local
        self._speaking = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._one_ask = asyncio.Lock()

    def __repr__(self) -> str:
        return f"LLM({self.model} at {self.endpoint.host})"

    async def ask(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: dict[str, Any] | None = None,
        top_logprobs: int = 0,
        extra: dict[str, Any] | None = None,
    ) -> Reply:
        """Returns the whole reply.

        Args:
            messages: chat messages, each with `role` and `content`.
            max_tokens: most tokens to generate.
            temperature: 0 for the likeliest.
            schema: a JSON schema the reply must keep to, sent as a strict `response_format`.
            top_logprobs: how many of the likeliest tokens to report for each generated one, 0 to 20.
            extra: further keys of the wire body.

        Raises:
            ProviderError: the host can't be reached or refuses.
            ReplyError: the reply has no words and no log-probabilities.
        """
        body = self._body(messages, max_tokens, temperature, extra)
        if schema is not None:
            named = {"name": schema.get("title", "reply"), "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        if top_logprobs:
            body |= {"logprobs": True, "top_logprobs": top_logprobs}
        async with self._turn_to_ask():
            return read_reply(await self.endpoint.send("chat", body))

    async def say(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        extra: dict[str, Any] | None = None,
    ) -> AsyncGenerator[str | Reply]:
        """Yields pieces of text as they come, then the whole reply.

        Closing the generator, or cancelling the task that reads it, closes the connection: leave a loop over it early
        only inside `contextlib.aclosing`.

        Raises:
            ProviderError: the host can't be reached, refuses, or breaks off midway.
            ReplyError: nothing was said.
        """
        seen: list[dict[str, Any]] = []
        with self._speech():
            chunks = self.endpoint.stream(self._body(messages, max_tokens, temperature, extra))
            try:
                async for chunk in chunks:
                    seen.append(chunk)
                    if piece := read_piece(chunk):
                        yield piece
            finally:
                if (close := getattr(chunks, "aclose", None)) is not None:
                    await close()
        reply = read_reply(join_chunks(seen))
        if not reply.finish_reason:
            raise ProviderUnreachable(f"{self.endpoint.host} broke off in the middle of its reply: try again.")
        yield reply

    def _body(
        self, messages: Sequence[Mapping[str, Any]], max_tokens: int, temperature: float, extra: dict[str, Any] | None
    ) -> dict[str, Any]:
        wanted = [dict(message) for message in messages]
        body = {"model": self.model, "messages": wanted, "max_tokens": max_tokens, "temperature": temperature}
        return body | (extra or {})

    @contextmanager
    def _speech(self) -> Iterator[None]:
        self._speaking += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._speaking -= 1
            if not self._speaking:
                self._quiet.set()

    @asynccontextmanager
    async def _turn_to_ask(self) -> AsyncIterator[None]:
        if not self.local:
            yield
            return
        async with self._one_ask:
            while self._speaking:
                await self._quiet.wait()
            yield


def _split(body: dict[str, Any], names: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    return {n: body[n] for n in names if n in body}, {n: v for n, v in body.items() if n not in names}


def _rename(body: dict[str, Any], renamed: dict[str, str]) -> dict[str, Any]:
    return {renamed.get(name, name): value for name, value in body.items() if renamed.get(name, name)}


def _names(error: Any, option: str) -> bool:
    """Whether a refusal says that it doesn't take this option (and not, say, that its number is too large)."""
    told = f"{error.message} {error.body}"
    return option in told and _NOT_TAKEN.search(told) is not None


def _read_host(base_url: str, variables: Variables) -> str:
    import httpx2

    try:
        url = httpx2.URL(base_url)
    except (httpx2.InvalidURL, TypeError):
        url = httpx2.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise SettingsError(f"{variables.url} is {base_url!r}: give an address such as http://127.0.0.1:8080/v1.")
    return f"{url.host}:{url.port}" if url.port else url.host


def _explain(error: Exception, host: str, seconds: float, variables: Variables) -> InterviewerError | None:
    """Our error for one of the SDK's or its HTTP library's; None when it is neither."""
    import httpx2
    import openai

    if isinstance(error, openai.APIStatusError):
        return _explain_status(error.status_code, _told(error), host, variables)
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException | TimeoutError):
        return ProviderTimeout(
            f"{host} gave no reply within {seconds:g} seconds: try again, or raise INTERVIEWER_TIMEOUT_SECONDS."
        )
    if isinstance(error, openai.APIConnectionError | httpx2.TransportError | OSError):
        cause = error.__cause__ or error
        return ProviderUnreachable(
            f"{host} can't be reached or broke off ({type(cause).__name__}: {clip(cause)}): "
            f"check {variables.url} and the network."
        )
    unreadable = (
        openai.APIResponseValidationError,
        openai.LengthFinishReasonError,
        openai.ContentFilterFinishReasonError,
        httpx2.DecodingError,
        ValueError,
    )
    if isinstance(error, unreadable):
        return ReplyError(f"{host} sent a reply that can't be read ({clip(error)}): is this an OpenAI-compatible API?")
    modules = {parent.__module__.partition(".")[0] for parent in type(error).__mro__}
    if modules & {"openai", "httpx2", "httpcore2", "anyio"}:
        return ProviderError(f"{host} failed: {clip(error)}")
    return None


def _told(error: Any) -> str:
    """What the host itself says about a refusal, with its code where that is a word."""
    inner = error.body.get("message") if isinstance(error.body, dict) else None
    words = inner if isinstance(inner, str) and inner else re.sub(r"^Error code: \d+(?: - )?", "", error.message)
    code = error.code or ""
    return " ".join(part for part in (words, "" if code.isdigit() or code in words else code) if part)


def _explain_status(status: int, told: str, host: str, variables: Variables) -> ProviderError:
    words = clip(told) or "no reason given"
    if status in (401, 403):
        return ProviderRefused(f"{host} refused the key ({status}: {words}): check {variables.key}.")
    if status == 402 or "insufficient_quota" in told:
        return ProviderRefused(f"{host} refused ({status}: {words}): the account has no quota left.")
    if status in (404, 405, 501):
        return ProviderUnsupported(
            f"{host} doesn't have this API or model ({status}: {words}): check {variables.model} and {variables.url}."
        )
    if status in (400, 415, 422) and _NOT_TAKEN.search(told):
        return ProviderUnsupported(f"{host} doesn't support this request ({status}: {words}).")
    if status in (408, 504, 524):
        return ProviderTimeout(f"{host} gave up waiting for the model ({status}: {words}): try again.")
    if status in (429, 503, 529):
        return ProviderBusy(
            f"{host} is overloaded or limits the rate ({status}: {words}): wait a little and try again."
        )
    if status >= 500:
        return ProviderError(f"{host} failed ({status}: {words}): try again later.")
    return ProviderError(f"{host} refused the request ({status}: {words}).")
