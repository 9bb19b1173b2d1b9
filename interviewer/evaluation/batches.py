"""Writes the chat grader's requests for a batch API and turns its replies into recordings; sends nothing.

A reply is a line of an OpenAI batch's output or, from a model asked in any other way, `{"custom_id": …, "content": …}`
with the bare text, and `model` and `date` (YYYY-MM-DD) where they are known.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..batch import numbered_lines, read_object, say_invalid
from ..chat_decider import ChatDecider, batch_line
from ..errors import AnswersError, SettingsError
from ..grading import questions_for
from ..intake import ungradable
from ..llm import LLM, Api
from ..prompts import Prompts
from ..recordings import RecordingEndpoint
from ..schema import Library, State, TypedQuestion
from ..tokens import count_tokens
from .mutations import document_for
from .records import Case
from .running import grade_case

__all__ = ["BatchReply", "Replies", "model_of", "read_replies", "record_replies", "request_lines"]


class BatchReply(BaseModel):
    """One line of replies, of either kind."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    custom_id: str = Field(min_length=1)
    content: str | None = None
    """The bare text; None in a line of a batch's output."""
    model: str = ""
    date: datetime.date | None = None
    response: dict[str, Any] | None = None
    error: Any = None

    @property
    def body(self) -> dict[str, Any] | None:
        """The wire body of a batch's reply; None where the request failed, or the text is bare."""
        response = self.response or {}
        body = response.get("body")
        return body if isinstance(body, dict) and response.get("status_code") == 200 and not self.error else None

    @property
    def answered(self) -> bool:
        return self.content is not None or self.body is not None

    @property
    def answered_by(self) -> str:
        """The model's name; empty where the line doesn't say it."""
        return str((self.body or {}).get("model") or "") or self.model

    @property
    def day(self) -> datetime.date | None:
        """When the reply was made; None where the line doesn't say it."""
        created = (self.body or {}).get("created")
        if isinstance(created, int) and 0 < created < 10**11:
            return datetime.datetime.fromtimestamp(created, datetime.UTC).date()
        return self.date


def _custom_id(case: Case, repeat: int) -> str:
    return f"{case.id}#{repeat}" if repeat else case.id


def _asked(
    cases: Sequence[Case], repeats: int, library: Library, prompts: Prompts
) -> Iterator[tuple[Case, int, State, Sequence[TypedQuestion]]]:
    """The cases that a model is asked about, and what; nothing can be judged of the others."""
    for repeat in range(repeats):
        for case in cases:
            if ungradable(case.answers):
                continue
            document = document_for(case, library.questions[case.question_id])
            state, questions = questions_for(document, case.answers, case.asked, prompts, library)
            if state.sentences:  # else every word speaks to the grader
                yield case, repeat, state, questions


def request_lines(
    cases: Sequence[Case], *, model: str, library: Library, prompts: Prompts, repeats: int = 1
) -> Iterator[dict[str, Any]]:
    """The lines of an OpenAI batch's input, `custom_id` being the case's id and, from the second on, `#` and repeat."""
    for case, repeat, state, questions in _asked(cases, repeats, library, prompts):
        yield batch_line(_custom_id(case, repeat), state, questions, model=model, prompts=prompts)


def read_replies(file: Path) -> dict[str, BatchReply]:
    """The replies by `custom_id`, the last where one stands there twice.

    Raises:
        AnswersError: the file or a line of it can't be read.
    """
    replies = {}
    for number, text in numbered_lines(file):
        try:
            reply = BatchReply.model_validate(read_object(text))
        except ValidationError as wrong:
            raise AnswersError(f"{file}:{number}: no reply of a batch: {say_invalid(wrong)}") from wrong
        except ValueError as wrong:
            raise AnswersError(f"{file}:{number}: no reply of a batch: {wrong}") from wrong
        replies[reply.custom_id] = reply
    return replies


def model_of(replies: Iterable[BatchReply]) -> str:
    """The one model that all replies are from.

    Raises:
        SettingsError: they name none, or several.
    """
    names = sorted({reply.answered_by for reply in replies if reply.answered} - {""})
    if len(names) != 1:
        told = f"the replies are from {' and '.join(names)}" if names else "the replies don't say which model gave them"
        raise SettingsError(f"--model is missing: {told}.")
    return names[0]


async def record_replies(
    cases: Sequence[Case],
    replies: dict[str, BatchReply],
    file: Path,
    *,
    model: str,
    library: Library,
    prompts: Prompts,
    repeats: int = 1,
    command: str,
) -> tuple[int, tuple[str, ...]]:
    """Records the replies to the requests that replaying them will make; those to other requests stay as they are.

    Args:
        cases: of one set.
        replies: as `read_replies` returns them; removed here once they are used.
        file: the set's recordings.
        model: as replayed requests name it.
        library: the questions' documents.
        prompts: wording of the questions.
        repeats: how often each case was asked about.
        command: makes the recordings, named where they can't be read.

    Returns:
        How many replies were recorded, and the `custom_id` of every request without a usable one.
    """
    batch = Replies(model)
    recording = RecordingEndpoint(batch, file, renew=True, command=command, today=lambda: batch.day)
    recorded, missing = 0, []
    for case, repeat, _, _ in _asked(cases, repeats, library, prompts):
        reply = replies.pop(_custom_id(case, repeat), None)
        if reply is None or not reply.answered:
            missing.append(_custom_id(case, repeat))
            continue
        batch.hand_out(reply)
        decider = ChatDecider(LLM(recording.at(repeat), model), prompts)
        await grade_case(case, decider, library=library, prompts=prompts, repeat=repeat)
        recorded += 1
    recording.tidy()
    return recorded, tuple(missing)


class Replies:
    """An endpoint whose reply to the next request is given; to a further one, a repair, nothing is replied."""

    host = "a batch"

    def __init__(self, model: str) -> None:
        self._model = model
        self._next: BatchReply | None = None
        self.day = datetime.date.today()

    def hand_out(self, reply: BatchReply) -> None:
        """Makes this the reply to the next request."""
        self._next = reply
        self.day = reply.day or datetime.date.today()

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        """The reply in its wire shape; without choices when there is none, which no reader takes for a verdict."""
        reply, self._next = self._next, None
        if reply is None:
            return {"model": self._model, "choices": []}
        told = reply.body or self._completion(reply.content or "")
        return told if told.get("usage") else {**told, "usage": _counted(body, told)}

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Nothing: no grader streams."""
        return
        yield {}

    def _completion(self, content: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": content}
        return {"model": self._model, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def _counted(asked: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Tokens as this package counts them, and says so: neither the schema's nor what a host adds."""
    said = json.dumps(told.get("choices"), ensure_ascii=False)
    choices = told.get("choices") or [{}]
    message = choices[0].get("message") if isinstance(choices[0], dict) else None
    content = message.get("content") if isinstance(message, dict) else None
    return {
        "prompt_tokens": sum(count_tokens(str(message.get("content") or "")) for message in asked["messages"]),
        "completion_tokens": count_tokens(content if isinstance(content, str) else said),
        "usage_counted": True,
    }
