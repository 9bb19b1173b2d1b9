"""What travels between the openai SDK and a model's host, for tests: respx under httpx2, wire bodies, and faults.

respx patches httpcore, and the SDK speaks through httpcore2: `HTTPCore2Mocker` carries respx over. Use it as

    with wire.mock_host() as host:
        host.post("/chat/completions").mock(return_value=wire.completion("Hello"))
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import httpcore2
import httpx
import respx
from respx.mocks import HTTPCoreMocker

from interviewer.llm import Api, OpenAIEndpoint
from interviewer.recordings import ReplayingEndpoint

__all__ = [
    "BASE_URL",
    "HOST",
    "KEY",
    "HTTPCore2Mocker",
    "chunks_of",
    "completion",
    "completion_body",
    "cut_stream",
    "endpoint",
    "event_bytes",
    "failure",
    "mock_host",
    "sent_bodies",
    "serve_recordings",
    "streamed",
]

BASE_URL = "https://models.example/v1"
HOST = "models.example"
KEY = "sk-test-0123456789abcdef"
NOW = {"retry-after-ms": "1"}
"""The SDK retries at once, so that no test sleeps."""


class HTTPCore2Mocker(HTTPCoreMocker):
    """respx's httpcore mocker, for httpcore2."""

    name = "httpcore2"
    targets = [target.replace("httpcore.", "httpcore2.") for target in HTTPCoreMocker.targets]  # noqa: RUF012

    @classmethod
    def from_sync_httpx_response(cls, httpx_response: httpx.Response, target: Any, **kwargs: Any) -> httpcore2.Response:
        """The same response as httpcore2's."""
        return httpcore2.Response(
            status=httpx_response.status_code,
            headers=httpx_response.headers.raw,
            content=httpx_response.stream,
            extensions=httpx_response.extensions,
        )


def mock_host(base_url: str = BASE_URL) -> respx.MockRouter:
    """A host for `with`: requests to it are answered by respx, any other request fails."""
    return respx.mock(base_url=base_url, using=HTTPCore2Mocker.name)


def endpoint(base_url: str = BASE_URL, *, key: str = KEY, timeout_seconds: float = 30.0) -> OpenAIEndpoint:
    """The real endpoint over the real SDK, for `mock_host`."""
    return OpenAIEndpoint(base_url=base_url, api_key=key, timeout_seconds=timeout_seconds)


def sent_bodies(route: respx.Route) -> list[dict[str, Any]]:
    """The JSON bodies a route was sent."""
    return [json.loads(call.request.content) for call in route.calls]


def completion_body(
    text: str | None, *, model: str = "test-model", finish: str = "stop", **message: Any
) -> dict[str, Any]:
    """A chat completion as an OpenAI-compatible host sends it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1767225600,
        "model": model,
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": text, **message},
            }
        ],
        "usage": {
            "prompt_tokens": 120,
            "completion_tokens": 7,
            "total_tokens": 127,
            "prompt_tokens_details": {"cached_tokens": 100},
        },
    }


def completion(text: str | None, **options: Any) -> httpx.Response:
    """`completion_body` as a response."""
    return httpx.Response(200, json=completion_body(text, **options))


def chunks_of(*pieces: str, model: str = "test-model", usage: bool = True) -> list[dict[str, Any]]:
    """The chunks of a streamed chat completion that says `pieces`."""
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1767225600, "model": model}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    chunks = [chunk({"role": "assistant", "content": ""}), *(chunk({"content": piece}) for piece in pieces)]
    chunks.append(chunk({}, "stop"))
    if usage:
        chunks.append({**base, "choices": [], "usage": completion_body("")["usage"]})
    return chunks


def event_bytes(chunks: Iterable[Mapping[str, Any]], *, done: bool = True) -> bytes:
    """Chunks, or a recording's chunks, as the server-sent events they travel as."""
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


def streamed(chunks: Iterable[Mapping[str, Any]], *, done: bool = True) -> httpx.Response:
    """A response that streams `chunks`."""
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=event_bytes(chunks, done=done))


def cut_stream(
    chunks: Iterable[Mapping[str, Any]], error: type[Exception] = httpcore2.RemoteProtocolError
) -> httpx.Response:
    """A response whose connection breaks after `chunks`."""

    async def body() -> AsyncIterator[bytes]:
        yield event_bytes(chunks, done=False)
        raise error("peer closed connection without sending complete message body")

    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body())


def failure(status: int, message: str = "", *, code: str | None = None, param: str | None = None) -> httpx.Response:
    """An error as an OpenAI-compatible host sends it; the SDK's retries don't wait."""
    error = {"message": message or f"made-up failure {status}", "type": "error", "param": param, "code": code}
    return httpx.Response(status, json={"error": error}, headers=NOW)


PATHS: dict[str, Api] = {"/chat/completions": "chat", "/decisions": "decisions", "/systemone": "systemone"}


def serve_recordings(router: respx.MockRouter, recordings: ReplayingEndpoint, base_url: str = BASE_URL) -> None:
    """Has a mocked host answer every request from recordings, so that they replay through the real SDK."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix(httpx.URL(base_url).path)
        if path == "/models":
            return httpx.Response(200, json=recordings.take("models", {}).response)
        body = json.loads(request.content)
        stream = body.pop("stream", False)
        body.pop("stream_options", None)
        recording = recordings.take(PATHS[path], body, stream=stream)
        return streamed(recording.chunks or ()) if stream else httpx.Response(200, json=recording.response)

    router.route().mock(side_effect=answer)
