"""The edge to chat and decision models: what is sent, what comes back, and every way it can fail."""

from __future__ import annotations

import asyncio
import inspect
import json
import pkgutil
import ssl
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from importlib import import_module
from types import ModuleType
from typing import Any

import anyio
import httpcore2
import httpx
import httpx2
import openai
import pytest
import respx
import wire

from interviewer import errors
from interviewer.llm import LLM, OpenAIEndpoint, Reply, join_chunks, read_reply
from interviewer.schema import Usage

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi."}]
CHAT = "/chat/completions"


@pytest.fixture
def host() -> Iterator[respx.MockRouter]:
    with wire.mock_host() as router:
        yield router


@pytest.fixture
async def endpoint() -> AsyncIterator[OpenAIEndpoint]:
    made = wire.endpoint()
    yield made
    await made.close()


@pytest.fixture
def llm(endpoint: OpenAIEndpoint) -> LLM:
    return LLM(endpoint, "test-model")


async def say(llm: LLM, **options: Any) -> list[str | Reply]:
    async with aclosing(llm.say(MESSAGES, max_tokens=50, **options)) as said:
        return [piece async for piece in said]


# ── what is sent and what comes back ─────────────────────────────────────────────────────────────────


async def test_asking_sends_one_plain_body_and_returns_the_reply(host: respx.MockRouter, llm: LLM) -> None:
    route = host.post(CHAT).mock(return_value=wire.completion("Hello"))
    reply = await llm.ask(MESSAGES, max_tokens=50, extra={"id_slot": 0, "grammar": 'root ::= "a"'})
    assert reply == Reply(
        text="Hello",
        model="test-model",
        finish_reason="stop",
        usage=Usage(prompt_tokens=120, cached_tokens=100, completion_tokens=7),
    )
    assert wire.sent_bodies(route) == [
        {
            "model": "test-model",
            "messages": MESSAGES,
            "max_tokens": 50,
            "temperature": 0.0,
            "id_slot": 0,
            "grammar": 'root ::= "a"',
        }
    ]
    assert route.calls[0].request.headers["authorization"] == f"Bearer {wire.KEY}"


async def test_a_schema_is_sent_as_a_strict_response_format(host: respx.MockRouter, llm: LLM) -> None:
    route = host.post(CHAT).mock(return_value=wire.completion("{}"))
    schema = {"title": "verdicts", "type": "object"}
    await llm.ask(MESSAGES, max_tokens=5, schema=schema)
    assert wire.sent_bodies(route)[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "verdicts", "strict": True, "schema": schema},
    }


async def test_log_probabilities_come_back_one_dict_a_token(host: respx.MockRouter, llm: LLM) -> None:
    body = wire.completion_body("yes")
    body["choices"][0]["logprobs"] = {
        "content": [
            {
                "token": "yes",
                "logprob": -0.1,
                "bytes": None,
                "top_logprobs": [
                    {"token": "yes", "logprob": -0.1, "bytes": None},
                    {"token": "no", "logprob": -2.4, "bytes": None},
                    {"token": "\ufffd", "logprob": -9.0, "bytes": None},
                    {"token": "\ufffd", "logprob": -8.0, "bytes": None},
                ],
            }
        ]
    }
    route = host.post(CHAT).mock(return_value=httpx.Response(200, json=body))
    reply = await llm.ask(MESSAGES, max_tokens=1, top_logprobs=20)
    assert reply.top_logprobs == ({"yes": -0.1, "no": -2.4, "\ufffd": -8.0},)
    assert wire.sent_bodies(route)[0]["logprobs"] is True
    assert wire.sent_bodies(route)[0]["top_logprobs"] == 20


async def test_saying_yields_pieces_as_they_come_then_the_reply(host: respx.MockRouter, llm: LLM) -> None:
    route = host.post(CHAT).mock(return_value=wire.streamed(wire.chunks_of("Hel", "lo")))
    *pieces, reply = await say(llm)
    assert pieces == ["Hel", "lo"]
    assert isinstance(reply, Reply)
    assert (reply.text, reply.finish_reason, reply.usage.cached_tokens) == ("Hello", "stop", 100)
    assert wire.sent_bodies(route)[0]["stream_options"] == {"include_usage": True}


async def test_the_first_piece_arrives_before_the_stream_ends(host: respx.MockRouter, llm: LLM) -> None:
    first, rest = wire.event_bytes(wire.chunks_of("Hel", "lo")[:2], done=False), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield first
        await rest.wait()

    host.post(CHAT).mock(
        return_value=httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body())
    )
    async with aclosing(llm.say(MESSAGES, max_tokens=5)) as said:
        assert await anext(said) == "Hel"


async def test_decisions_systemone_and_models_go_to_their_own_addresses(
    host: respx.MockRouter, endpoint: OpenAIEndpoint
) -> None:
    answer = {"answers": [{"type": "predicate", "name": "a", "probability": 0.5}], "model": "m", "usage": None}
    decisions = host.post("/decisions").mock(return_value=httpx.Response(200, json=answer))
    systemone = host.post("/systemone").mock(return_value=httpx.Response(200, json={"answers": {}}))
    host.get("/models").mock(return_value=httpx.Response(200, json={"object": "list", "data": [{"id": "m"}]}))
    body = {
        "model": "m",
        "input": "x",
        "questions": [{"type": "predicate", "instructions": "y"}],
        "prompt_cache_key": "k",
    }
    assert await endpoint.send("decisions", body) == answer
    assert wire.sent_bodies(decisions) == [body]
    assert await endpoint.send("systemone", {"model": "m", "state": "x"}) == {"answers": {}}
    assert wire.sent_bodies(systemone) == [{"model": "m", "state": "x"}]
    assert systemone.calls[0].request.headers["authorization"] == f"Bearer {wire.KEY}"
    assert (await endpoint.send("models", {}))["data"] == [{"id": "m"}]


@pytest.mark.parametrize(
    ("option", "told", "gone", "added"),
    [
        ("stream_options", "Unrecognized request argument supplied: stream_options", "stream_options", None),
        ("stream_options", '{"loc": ["stream_options"], "msg": "Extra input not permitted"}', "stream_options", None),
        ("temperature", "Unsupported value: 'temperature' does not support 0.0 with this model.", "temperature", None),
        ("max_tokens", "Unsupported parameter: 'max_tokens'", "max_tokens", "max_completion_tokens"),
    ],
)  # fmt: skip
async def test_an_option_the_host_refuses_is_left_out_from_then_on(
    host: respx.MockRouter, llm: LLM, option: str, told: str, gone: str, added: str | None
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if option in json.loads(request.content):
            return wire.failure(400, told, param=option)
        return wire.streamed(wire.chunks_of("Hello", usage=False))

    route = host.post(CHAT).mock(side_effect=answer)
    assert (await say(llm))[0] == "Hello"
    assert (await say(llm))[0] == "Hello"
    bodies = wire.sent_bodies(route)
    assert [gone in body for body in bodies] == [True, False, False]
    assert added is None or bodies[1][added] == 50


async def test_a_number_that_is_too_large_is_no_refused_option(host: respx.MockRouter, llm: LLM) -> None:
    route = host.post(CHAT).mock(return_value=wire.failure(400, "max_tokens is too large: 50, the context holds 40"))
    with pytest.raises(errors.ProviderError, match="too large"):
        await llm.ask(MESSAGES, max_tokens=50)
    assert route.call_count == 1


# ── failures ─────────────────────────────────────────────────────────────────────────────────────────

WEB_PAGE = httpx.Response(200, html="<!DOCTYPE html><html><body>Welcome to nginx!</body></html>")


@pytest.mark.parametrize(
    ("response", "expected", "told"),
    [
        (wire.failure(401, f"Incorrect API key provided: {wire.KEY}"), errors.ProviderRefused, "OPENAI_API_KEY"),
        (wire.failure(403), errors.ProviderRefused, "403"),
        (wire.failure(402, "Payment required"), errors.ProviderRefused, "quota"),
        (wire.failure(429, "You exceeded it", code="insufficient_quota"), errors.ProviderRefused, "quota"),
        (wire.failure(429, "Slow down"), errors.ProviderBusy, "429"),
        (wire.failure(503, "Loading model"), errors.ProviderBusy, "wait"),
        (wire.failure(529, "Overloaded"), errors.ProviderBusy, "wait"),
        (wire.failure(404, "The model `x` does not exist"), errors.ProviderUnsupported, "INTERVIEWER_MODEL"),
        (wire.failure(405), errors.ProviderUnsupported, "405"),
        (wire.failure(501, "not supported by this server"), errors.ProviderUnsupported, "501"),
        (wire.failure(400, "response_format json_schema is not supported"), errors.ProviderUnsupported, "json_schema"),
        (wire.failure(400, "failed to parse grammar"), errors.ProviderUnsupported, "grammar"),
        (wire.failure(400, "the request exceeds the context size"), errors.ProviderError, "context size"),
        (wire.failure(500), errors.ProviderError, "try again"),
        (wire.failure(504), errors.ProviderTimeout, "504"),
        (httpx.Response(404, html="<html><body>Not here</body></html>"), errors.ProviderUnsupported, "404"),
        (WEB_PAGE, errors.ReplyError, "a web page"),
        (httpx.Response(200, json=[1, 2]), errors.ReplyError, "JSON object"),
        (httpx.Response(200, text="{broken", headers={"content-type": "application/json"}), errors.ReplyError, "read"),
        (httpx.Response(200, json={"model": "m", "choices": []}), errors.ReplyError, "no choices"),
        (httpx.Response(200, json={"detail": "odd"}), errors.ReplyError, "no choices"),
        (httpx.Response(200, json={"choices": ["odd"]}), errors.ReplyError, "no choices"),
        (wire.completion(""), errors.ReplyError, "no words"),
        (wire.completion("", finish="length"), errors.ReplyError, "raise max_tokens"),
        (wire.completion(None, refusal="I can't help with that."), errors.ReplyError, "declined"),
        (wire.completion("par", finish="content_filter"), errors.ReplyError, "filter"),
    ],
)  # fmt: skip
async def test_each_fault_becomes_one_sentence_of_ours(
    host: respx.MockRouter, llm: LLM, response: httpx.Response, expected: type[Exception], told: str
) -> None:
    host.post(CHAT).mock(return_value=response)
    with pytest.raises(expected, match=told) as caught:
        await llm.ask(MESSAGES, max_tokens=50)
    assert type(caught.value) is expected
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    if response.status_code >= 400:
        assert wire.HOST in str(caught.value)


async def test_a_refusal_is_told_in_the_hosts_own_words(host: respx.MockRouter, llm: LLM) -> None:
    host.post(CHAT).mock(return_value=wire.failure(403, "No access to test-model", code="no_access"))
    with pytest.raises(errors.ProviderRefused) as caught:
        await llm.ask(MESSAGES, max_tokens=50)
    assert str(caught.value) == (
        "models.example refused the key (403: No access to test-model no_access): check OPENAI_API_KEY."
    )


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (httpcore2.ConnectError, errors.ProviderUnreachable),
        (httpcore2.RemoteProtocolError, errors.ProviderUnreachable),
        (httpcore2.ConnectTimeout, errors.ProviderTimeout),
        (httpcore2.ReadTimeout, errors.ProviderTimeout),
    ],
)
async def test_a_connection_that_fails_is_named_with_its_host(
    raised: type[Exception],
    expected: type[Exception],
    host: respx.MockRouter,
    llm: LLM,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.0)
    monkeypatch.setattr("openai._base_client.MAX_RETRY_DELAY", 0.0)
    route = host.post(CHAT).mock(side_effect=raised("made up"))
    with pytest.raises(expected, match=wire.HOST):
        await llm.ask(MESSAGES, max_tokens=50)
    assert route.call_count == 3  # the SDK's own two retries


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_failure_is_retried(host: respx.MockRouter, llm: LLM, status: int) -> None:
    route = host.post(CHAT).mock(side_effect=[wire.failure(status), wire.completion("Hello")])
    assert (await llm.ask(MESSAGES, max_tokens=50)).text == "Hello"
    assert route.call_count == 2


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (wire.cut_stream(wire.chunks_of("Hel", "lo")[:2]), errors.ProviderUnreachable),
        (wire.cut_stream(wire.chunks_of("Hel", "lo")[:2], httpcore2.ReadError), errors.ProviderUnreachable),
        (wire.cut_stream(wire.chunks_of("Hel", "lo")[:2], httpcore2.ReadTimeout), errors.ProviderTimeout),
        (wire.streamed(wire.chunks_of("Hel", "lo")[:2], done=False), errors.ProviderUnreachable),
        (wire.streamed([*wire.chunks_of("Hel")[:2], {"error": {"message": "out of memory"}}]), errors.ProviderError),
        (httpx.Response(200, headers={"content-type": "text/event-stream"},
            content=wire.event_bytes(wire.chunks_of("Hel")[:2], done=False) + b"data: {brok\n\n"), errors.ReplyError),
    ],
)  # fmt: skip
async def test_a_stream_that_breaks_midway_has_said_its_pieces_and_then_says_so(
    host: respx.MockRouter, llm: LLM, response: httpx.Response, expected: type[Exception]
) -> None:
    host.post(CHAT).mock(return_value=response)
    said: list[str | Reply] = []

    async def listen() -> None:
        async with aclosing(llm.say(MESSAGES, max_tokens=5)) as pieces:
            async for piece in pieces:
                said.append(piece)

    with pytest.raises(expected) as caught:
        await listen()
    assert type(caught.value) is expected
    assert said == ["Hel"]


@pytest.mark.parametrize(
    "response",
    [
        wire.streamed([]),
        wire.streamed(wire.chunks_of()),
        WEB_PAGE,
        wire.completion("whole"),
        wire.streamed([{"choices": 3}]),
    ],
)
async def test_a_stream_that_says_nothing_is_an_unreadable_reply(
    host: respx.MockRouter, llm: LLM, response: httpx.Response
) -> None:
    host.post(CHAT).mock(return_value=response)
    with pytest.raises(errors.ReplyError):
        await say(llm)


def sdk_modules() -> list[ModuleType]:
    """openai's, httpx2's and httpcore2's modules (openai's generated types and resources define no exceptions)."""
    modules: list[ModuleType] = []
    for package in (openai, httpx2, httpcore2):
        modules.append(package)
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if not found.ispkg and not found.name.endswith(("__main__", "_main", "_trio", "trio")):
                modules.append(import_module(found.name))
    return modules


def sdk_exceptions() -> list[type[Exception]]:
    found = {
        thing
        for module in sdk_modules()
        for thing in list(vars(module).values())
        if inspect.isclass(thing)
        and issubclass(thing, Exception)
        and not issubclass(thing, Warning)
        and thing.__module__.partition(".")[0] in ("openai", "httpx2", "httpcore2")
    }
    return sorted(found, key=lambda cls: f"{cls.__module__}.{cls.__qualname__}")


def make(cls: type[Exception]) -> Exception:
    """An instance of an exception class, whatever its constructor asks for."""
    request = httpx2.Request("POST", wire.BASE_URL, headers={"authorization": f"Bearer {wire.KEY}"})
    given = {
        "message": f"made up, with {wire.KEY}",
        "request": request,
        "response": httpx2.Response(418, request=request),
        "body": None,
        "unsent_messages": [],
        "completion": None,
    }
    if issubclass(cls, openai.LengthFinishReasonError):
        given["completion"] = openai.types.chat.ChatCompletion.construct(usage=None)
    if not inspect.isfunction(cls.__init__):  # one of Python's own, which take any arguments
        return cls(given["message"])
    wanted = inspect.signature(cls).parameters.values()
    return cls(**{one.name: given.get(one.name, "made up") for one in wanted if one.default is one.empty})


def test_the_walk_finds_the_exceptions_there_are() -> None:
    found = sdk_exceptions()
    assert {openai.APITimeoutError, openai.OpenAIError, httpx2.RemoteProtocolError, httpx2.StreamClosed} <= set(found)
    assert len(found) > 60


@pytest.mark.parametrize(
    "cls",
    [
        *sdk_exceptions(),
        ssl.SSLError,
        anyio.EndOfStream,
        json.JSONDecodeError,
        UnicodeDecodeError,
        OSError,
        TimeoutError,
    ],
    ids=lambda cls: f"{cls.__module__}.{cls.__qualname__}",
)
@pytest.mark.parametrize("streaming", [False, True])
async def test_no_exception_of_the_sdk_or_its_http_library_escapes(
    cls: type[Exception], streaming: bool, endpoint: OpenAIEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    if cls is json.JSONDecodeError:
        error: Exception = json.JSONDecodeError("made up", "{", 1)
    elif cls is UnicodeDecodeError:
        error = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "made up")
    else:
        error = make(cls)

    async def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr(endpoint._connected().chat.completions, "create", fail)
    llm = LLM(endpoint, "test-model")
    with pytest.raises((errors.ProviderError, errors.ReplyError)) as caught:
        await (say(llm) if streaming else llm.ask(MESSAGES, max_tokens=5))
    assert wire.KEY not in "".join(traceback.format_exception(caught.value))


async def test_our_own_mistakes_are_not_dressed_up_as_the_hosts(
    endpoint: OpenAIEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(**_: Any) -> None:
        raise TypeError("create() got an unexpected keyword argument")

    monkeypatch.setattr(endpoint._connected().chat.completions, "create", fail)
    with pytest.raises(TypeError):
        await endpoint.send("chat", {"model": "m", "messages": []})


# ── keys, addresses, cancelling, and who goes first ──────────────────────────────────────────────────


async def test_the_key_is_in_no_repr_and_no_message(host: respx.MockRouter, endpoint: OpenAIEndpoint) -> None:
    host.post(CHAT).mock(return_value=wire.failure(401, f"Incorrect API key provided: {wire.KEY}."))
    llm = LLM(endpoint, "test-model")
    with pytest.raises(errors.ProviderRefused) as caught:
        await llm.ask(MESSAGES, max_tokens=5)
    shown = f"{caught.value!r} {endpoint!r} {llm!r} {''.join(traceback.format_exception(caught.value))}"
    assert wire.KEY not in shown
    assert "******" in str(caught.value)


async def test_a_local_server_needs_no_key(host: respx.MockRouter) -> None:
    host.post(CHAT).mock(return_value=wire.completion("Hello"))
    endpoint = wire.endpoint(key="")
    assert (await LLM(endpoint, "m").ask(MESSAGES, max_tokens=5)).text == "Hello"
    await endpoint.close()


@pytest.mark.parametrize(
    "address", ["models.example/v1", "ftp://models.example", "http://", "http://[::1", "not a url"]
)
def test_an_unusable_address_is_refused_by_name(address: str) -> None:
    with pytest.raises(errors.SettingsError, match="OPENAI_BASE_URL"):
        OpenAIEndpoint(base_url=address, api_key="", timeout_seconds=5)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("http://127.0.0.1:8080/v1", "127.0.0.1:8080"),
        ("https://user:secret@models.example/v1", "models.example"),
        (None, "api.openai.com"),
    ],
)
async def test_messages_name_the_host_only(address: str | None, host: str) -> None:
    endpoint = OpenAIEndpoint(base_url=address, api_key="", timeout_seconds=5)
    assert endpoint.host == host
    await endpoint.close()


async def test_a_client_can_be_injected() -> None:
    answer = httpx2.MockTransport(lambda request: httpx2.Response(200, json=wire.completion_body("Hello")))
    endpoint = OpenAIEndpoint(
        base_url=wire.BASE_URL, api_key="", timeout_seconds=5, http_client=httpx2.AsyncClient(transport=answer)
    )
    assert (await LLM(endpoint, "m").ask(MESSAGES, max_tokens=5)).text == "Hello"
    await endpoint.close()


def test_each_event_loop_has_connections_of_its_own() -> None:
    endpoint = wire.endpoint()

    async def client() -> object:
        first, again = endpoint._connected(), endpoint._connected()
        assert first is again
        return first

    assert asyncio.run(client()) is not asyncio.run(client())


class ClosableStream(httpx.AsyncByteStream):
    """Sends its first chunks, then nothing until it is closed."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield wire.event_bytes(wire.chunks_of("Hel", "lo")[:2], done=False)
        await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.closed.set()


async def test_closing_the_generator_closes_the_connection(host: respx.MockRouter, llm: LLM) -> None:
    stream = ClosableStream()
    host.post(CHAT).mock(return_value=httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=stream))
    async with aclosing(llm.say(MESSAGES, max_tokens=5)) as said:
        assert await anext(said) == "Hel"
    assert stream.closed.is_set()


async def test_cancelling_the_listener_closes_the_connection(host: respx.MockRouter, llm: LLM) -> None:
    stream, heard = ClosableStream(), asyncio.Event()
    host.post(CHAT).mock(return_value=httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=stream))

    async def listen() -> None:
        async for _ in llm.say(MESSAGES, max_tokens=5):
            heard.set()

    task = asyncio.create_task(listen())
    await heard.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stream.closed.is_set()


class SlowEndpoint:
    """Logs when requests reach the model; each waits until the test lets it go."""

    host = "slow.example"

    def __init__(self) -> None:
        self.log: list[str] = []
        self.go_on = asyncio.Event()

    async def send(self, api: str, body: dict[str, Any]) -> dict[str, Any]:
        self.log.append(f"ask {body['messages'][0]['content']}")
        return wire.completion_body("asked")

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        self.log.append("say")
        first, *rest = wire.chunks_of("Hel", "lo")[1:]
        yield first
        await self.go_on.wait()
        for chunk in rest:
            yield chunk
        self.log.append("said")


def asked(words: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": words}]


@pytest.mark.parametrize(("local", "order"), [(True, ["say", "said", "ask 1"]), (False, ["say", "ask 1", "said"])])
async def test_speech_goes_first_on_a_local_model(local: bool, order: list[str]) -> None:
    endpoint = SlowEndpoint()
    llm = LLM(endpoint, "m", local=local)
    said = llm.say(MESSAGES, max_tokens=5)
    assert await anext(said) == "Hel"
    asking = asyncio.create_task(llm.ask(asked("1"), max_tokens=5))
    for _ in range(5):
        await asyncio.sleep(0)
    endpoint.go_on.set()
    rest = [piece async for piece in said]
    assert rest[0] == "lo"
    await asking
    assert endpoint.log == order


async def test_a_broken_off_speech_lets_questions_through_again() -> None:
    llm = LLM(SlowEndpoint(), "m", local=True)
    async with aclosing(llm.say(MESSAGES, max_tokens=5)) as said:
        await anext(said)
    assert (await llm.ask(asked("1"), max_tokens=5)).text == "asked"


# ── pure readers ─────────────────────────────────────────────────────────────────────────────────────


def test_a_stream_adds_up_to_the_same_reply_as_the_whole_completion() -> None:
    assert read_reply(join_chunks(wire.chunks_of("Hel", "lo"))) == read_reply(wire.completion_body("Hello"))


def test_content_in_parts_is_joined() -> None:
    body = wire.completion_body(None)
    body["choices"][0]["message"]["content"] = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]
    assert read_reply(body).text == "Hello"


def test_a_reply_of_log_probabilities_alone_needs_no_words() -> None:
    body = wire.completion_body("")
    body["choices"][0]["logprobs"] = {"content": [{"token": " ", "logprob": -0.2, "top_logprobs": []}]}
    assert read_reply(body).top_logprobs == ({" ": -0.2},)


@pytest.mark.parametrize(
    "logprobs", [{"content": [{"token": "a"}]}, {"content": 3}, {"content": [{"token": "a", "logprob": "x"}]}]
)
def test_unreadable_log_probabilities_are_named(logprobs: Any) -> None:
    body = wire.completion_body("a")
    body["choices"][0]["logprobs"] = logprobs
    with pytest.raises(errors.ReplyError, match="unreadable"):
        read_reply(body)
