"""Has a chat model judge every criterion in one request, quotes before verdicts; trusts no quote it can't find.

A chat model's verdict carries no probability: decisions are marked `measured=False`, and nothing is made up. What can't
be used in the reply is asked for once more; what still can't be used is refused, with the reason.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal

from .errors import ProviderUnsupported, ReplyError
from .llm import LLM
from .prompts import Prompts
from .replies import Reply, clip, read_reply
from .schema import Calibration, Choice, Decision, Predicate, State, TypedQuestion, Usage
from .stated import Statement, answers_of, read_statements

__all__ = ["ChatDecider", "batch_line", "read_batch_reply", "verdict_schema"]

Message = dict[str, str]
TOKENS_A_QUESTION = 150
_FORMATS = ("schema", "object", "none")


class ChatDecider:
    """A chat model as a decider."""

    name: Literal["chat"] = "chat"
    evidence: Literal["quoted"] = "quoted"
    english_only = False

    def __init__(
        self, llm: LLM, prompts: Prompts, calibration: Calibration | None = None, *, temperature: float = 0.0
    ) -> None:
        """Asks nothing yet.

        Args:
            llm: the chat model.
            prompts: `grader/chat_*.j2` and the questions' own wording.
            calibration: its agreement with raters, where that was measured; its thresholds mean nothing here.
            temperature: of its requests; above 0 where several samples are compared.
        """
        self._llm = llm
        self._temperature = temperature
        self._prompts = prompts
        self._format = 0
        self.model = llm.model
        self.calibration = calibration or Calibration()

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        """Yields what the first reply holds, then what the second one mends; see `schema.Decider`."""
        messages = write_messages(state, questions, self._prompts)
        answers = answers_of(state.sentences)
        first = await self._ask(messages, questions)
        statements = read_statements(first.text, questions, answers)
        spent = first.usage
        for statement in statements:
            if statement.decision is not None:
                yield statement.decision.model_copy(update={"usage": spent})
                spent = Usage()
        if not any(statement.problem for statement in statements):
            return
        open_questions = [q for q, one in zip(questions, statements, strict=True) if one.problem]
        mended, usage = await self._ask_again(messages, first, statements, open_questions, answers)
        if all(one.problem for one in (*statements, *mended)):
            raise ReplyError(
                f"{self._llm.endpoint.host}: {self.model} stated no verdict that can be used, asked twice "
                f"({clip(first.text, 80)}): choose a stronger model."
            )
        spent += usage
        for statement in mended:
            yield _settle(statement).model_copy(update={"usage": spent})
            spent = Usage()

    async def _ask_again(
        self,
        messages: Sequence[Message],
        first: Reply,
        statements: Sequence[Statement],
        questions: Sequence[TypedQuestion],
        answers: Sequence[str],
    ) -> tuple[Sequence[Statement], Usage]:
        """The one repair: what is wrong is listed, and only that is asked for."""
        problems = [statement for statement in statements if statement.problem]
        repair = self._prompts.render("grader/chat_repair.j2", problems=problems)
        said = [{"role": "assistant", "content": first.text}, {"role": "user", "content": repair}]
        try:
            second = await self._ask([*messages, *said], questions)
        except ReplyError:
            return problems, Usage()
        return read_statements(second.text, questions, answers), second.usage

    async def _ask(self, messages: Sequence[Message], questions: Sequence[TypedQuestion]) -> Reply:
        """Asks for JSON as strictly as the endpoint can, and remembers how strictly that is."""
        for number, form in enumerate(_FORMATS[self._format :], self._format):
            try:
                reply = await self._llm.ask(
                    messages,
                    max_tokens=TOKENS_A_QUESTION * len(questions),
                    temperature=self._temperature,
                    schema=verdict_schema(questions) if form == "schema" else None,
                    extra={"response_format": {"type": "json_object"}} if form == "object" else None,
                )
            except ProviderUnsupported as error:
                refused = error
                continue
            self._format = number
            return reply
        raise refused


def write_messages(state: State, questions: Sequence[TypedQuestion], prompts: Prompts) -> list[Message]:
    """What stays the same for a document first, so that it is read from the endpoint's cache; the answer last."""
    return [
        {"role": "system", "content": prompts.render("grader/chat_system.j2", questions=questions)},
        {"role": "user", "content": prompts.render("grader/chat_answer.j2", state=state.text)},
    ]


def verdict_schema(questions: Sequence[TypedQuestion]) -> dict[str, Any]:
    """The JSON schema of the reply, within what OpenAI's strict mode takes; quotes come before the verdict."""
    return {
        "title": "verdicts",
        "type": "object",
        "properties": {question.name: _entry_schema(question) for question in questions},
        "required": [question.name for question in questions],
        "additionalProperties": False,
    }


def _entry_schema(question: TypedQuestion) -> dict[str, Any]:
    if isinstance(question, Predicate):
        values = ["true", "false"]
    else:
        offered = question.options if isinstance(question, Choice) else question.levels
        values = [option.value for option in offered]
    properties = {
        "quotes": {"type": "array", "items": {"type": "string"}},
        "verdict": {"type": "string", "enum": values},
        "reason": {"type": "string"},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _settle(statement: Statement) -> Decision:
    """The decision, or a refusal that says what is wrong even after it was asked for again."""
    if statement.decision is not None:
        return statement.decision
    refusal = f"The model's verdict can't be used: {statement.problem}."
    return Decision(name=statement.name, refusal=refusal, cited=statement.cited)


# ── batch files ──────────────────────────────────────────────────────────────────────────────────────


def batch_line(
    custom_id: str, state: State, questions: Sequence[TypedQuestion], *, model: str, prompts: Prompts
) -> dict[str, Any]:
    """One line of the OpenAI Batch API's input.

    It has no temperature, which newer models refuse: in a batch nobody is there to ask again without it.
    """
    schema = {"name": "verdicts", "strict": True, "schema": verdict_schema(questions)}
    body = {
        "model": model,
        "messages": write_messages(state, questions, prompts),
        "max_completion_tokens": TOKENS_A_QUESTION * len(questions),
        "response_format": {"type": "json_schema", "json_schema": schema},
    }
    return {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body}


def read_batch_reply(line: Mapping[str, Any], state: State, questions: Sequence[TypedQuestion]) -> tuple[Decision, ...]:
    """The decisions in one line of the OpenAI Batch API's output; what can't be used is refused with the reason."""
    try:
        reply = _read_batch_body(line)
    except ReplyError as error:
        return tuple(Decision(name=question.name, refusal=str(error)) for question in questions)
    decisions = [_settle(one) for one in read_statements(reply.text, questions, answers_of(state.sentences))]
    return tuple(
        decision.model_copy(update={"usage": reply.usage if number == 0 else Usage()})
        for number, decision in enumerate(decisions)
    )


def _read_batch_body(line: Mapping[str, Any]) -> Reply:
    response = line.get("response")
    body = response.get("body") if isinstance(response, dict) else None
    status = response.get("status_code") if isinstance(response, dict) else None
    if line.get("error") or status != 200 or not isinstance(body, dict):
        told = line.get("error") or body or "no response"
        if isinstance(told, dict):
            inner = told.get("error")
            told = (inner if isinstance(inner, dict) else told).get("message") or told
        raise ReplyError(f"The batch request failed ({clip(told)}).")
    return read_reply(body)
