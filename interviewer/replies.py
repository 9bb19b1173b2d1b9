"""Reads chat completions in their wire shape, whole or streamed, and never sends anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import ReplyError
from .schema import Record, Usage

__all__ = ["Reply", "clip", "join_chunks", "read_models", "read_piece", "read_reply"]


class Reply(Record):
    """What a chat model replied."""

    text: str
    model: str
    """As the endpoint names it; may be longer than the name asked for."""
    finish_reason: str
    """`stop`, `length` (cut off at max_tokens) …"""
    usage: Usage = Usage()
    top_logprobs: tuple[dict[str, float], ...] = ()
    """For each generated token the likeliest tokens: text → natural log-probability. Empty unless asked for."""


def read_reply(body: Mapping[str, Any]) -> Reply:
    """Turns the wire body of a chat completion into a reply.

    Raises:
        ReplyError: it has no choices, was refused or filtered, or is empty.
    """
    choice = _first(body.get("choices"))
    if not choice:
        raise ReplyError(f"The model's reply has no choices ({clip(body)}): try again, or another model.")
    message = _dict(choice.get("message"))
    text, finish = _text(message.get("content")), str(choice.get("finish_reason") or "")
    try:
        logprobs = _top_logprobs(choice.get("logprobs"))
        usage = _usage(_dict(body.get("usage")))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReplyError(f"The model's reply has unreadable numbers ({clip(repr(error))}).") from error
    if message.get("refusal"):
        raise ReplyError(f"The model declined to reply: {clip(message['refusal'])}")
    if finish == "content_filter":
        raise ReplyError("The endpoint's content filter withheld the model's reply.")
    if not text.strip() and not logprobs:
        why = " (it used all its tokens before the first word; raise max_tokens)" if finish == "length" else ""
        raise ReplyError(f"The model replied with no words{why}: try again, or another model.")
    return Reply(
        text=text,
        model=str(body.get("model") or ""),
        finish_reason=finish,
        usage=usage,
        top_logprobs=logprobs,
    )


def join_chunks(chunks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The chat completion that a stream of chunks adds up to, in the wire shape `read_reply` reads."""
    text, finish, refusal = "", None, ""
    for chunk in chunks:
        choice = _first(chunk.get("choices"))
        text += read_piece(chunk)
        refusal += str(_dict(choice.get("delta")).get("refusal") or "")
        finish = choice.get("finish_reason") or finish
    message = {"role": "assistant", "content": text, "refusal": refusal or None}
    choices = [{"index": 0, "finish_reason": finish, "message": message}]
    return {
        "model": next((chunk["model"] for chunk in chunks if chunk.get("model")), ""),
        "choices": choices if any(chunk.get("choices") for chunk in chunks) else [],
        "usage": next((chunk["usage"] for chunk in reversed(chunks) if chunk.get("usage")), None),
    }


def read_models(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The names in a host's list of models; what isn't one is left out."""
    listed = body.get("data")
    rows = listed if isinstance(listed, list) else ()
    return tuple(row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str) and row["id"])


def read_piece(chunk: Mapping[str, Any]) -> str:
    """The words in one chunk of a stream."""
    return _text(_dict(_first(chunk.get("choices")).get("delta")).get("content"))


def clip(words: Any, characters: int = 200) -> str:
    """A server's words on one line, cut, for a message; a web page is only named."""
    line = " ".join(str(words).split())
    if re.match(r"(?i)<(!doctype|html)", line):
        return "a web page"
    return line if len(line) <= characters else line[: characters - 1] + "…"


def _first(choices: Any) -> dict[str, Any]:
    return _dict(choices[0]) if isinstance(choices, list) and choices else {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(content: Any) -> str:
    """A message's words; some hosts send them as a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _usage(usage: dict[str, Any]) -> Usage:
    return Usage(
        prompt_tokens=int(usage.get("prompt_tokens") or 0),
        cached_tokens=int(_dict(usage.get("prompt_tokens_details")).get("cached_tokens") or 0),
        completion_tokens=int(usage.get("completion_tokens") or 0),
    )


def _top_logprobs(logprobs: Any) -> tuple[dict[str, float], ...]:
    tokens = []
    for generated in _dict(logprobs).get("content") or ():
        found: dict[str, float] = {}
        for token in [*(generated.get("top_logprobs") or ()), generated]:
            # Two tokens can decode to the same text (parts of one character): the likelier stands for both.
            found[token["token"]] = max(found.get(token["token"], float("-inf")), float(token["logprob"]))
        tokens.append(found)
    return tuple(tokens)
