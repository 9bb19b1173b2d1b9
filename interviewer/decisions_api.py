"""Asks decision models typed questions over two wire formats, and makes up no probability that they didn't give.

`openai` is OpenAI's Decisions API, also served by other hosts: https://developers.openai.com/api/docs/guides/decisions.
`systemone` is TypeSafe's System One format, served by llama.cpp, vLLM, Ollama and several hosts. They ask the same
three types of question under other names: predicate (noul), choice, score.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .errors import ProviderError, ReplyError
from .llm import Endpoint
from .replies import clip
from .schema import Calibration, Choice, Decision, Predicate, Score, State, TypedQuestion, Usage

__all__ = ["OpenAIDecider", "SystemOneDecider"]

Ask = Callable[[Sequence[TypedQuestion]], Awaitable[list[Decision]]]
DECLINED = "The model declined to answer this question."
NONE = "none"


@dataclass
class Limits:
    """What one request may hold; `options` shrinks when a server says that its model takes fewer."""

    questions: int
    options: int


class OpenAIDecider:
    """A model behind `POST /decisions`."""

    name: Literal["openai"] = "openai"
    evidence: Literal["together"] = "together"
    english_only = False

    def __init__(self, endpoint: Endpoint, model: str, calibration: Calibration) -> None:
        self._endpoint = endpoint
        self.model = model
        self.calibration = calibration
        # OpenAI allows 255 options; the same API elsewhere 208.
        self._limits = Limits(questions=400, options=208)

    def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        """One request, or as few as the limits allow; see `schema.Decider`."""
        return _decide_in_batches(lambda batch: self._ask(state, batch), self._limits, questions)

    async def _ask(self, state: State, questions: Sequence[TypedQuestion]) -> list[Decision]:
        names = _safe_names(questions)
        asked = [_openai_question(name, question) for name, question in zip(names, questions, strict=True)]
        body = {"model": self.model, "input": state.text, "questions": asked}
        reply = await self._endpoint.send("decisions", body)
        answers = reply.get("answers")
        if not isinstance(answers, list):
            raise ReplyError(f"{self._endpoint.host} sent no answers ({clip(reply)}): is this a decision model?")
        by_name = {answer["name"]: answer for answer in answers if isinstance(answer, dict) and answer.get("name")}
        in_order = answers if len(answers) == len(names) and not by_name else []
        found = in_order or [by_name.get(name) for name in names]
        return _with_usage(_read_all(questions, found, _read_openai), reply.get("usage"))


class SystemOneDecider:
    """A model behind `POST /systemone`."""

    name: Literal["systemone"] = "systemone"
    evidence: Literal["together"] = "together"
    english_only = False

    def __init__(self, endpoint: Endpoint, model: str, calibration: Calibration) -> None:
        self._endpoint = endpoint
        self.model = model
        self.calibration = calibration
        self._limits = Limits(questions=400, options=208)

    def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        """One request, or as few as the limits allow; see `schema.Decider`."""
        return _decide_in_batches(lambda batch: self._ask(state, batch), self._limits, questions)

    async def _ask(self, state: State, questions: Sequence[TypedQuestion]) -> list[Decision]:
        names = _safe_names(questions)
        asked = {name: _systemone_question(question) for name, question in zip(names, questions, strict=True)}
        body = {"model": self.model, "state": state.text, "questions": asked}
        reply = await self._endpoint.send("systemone", body)
        answers = reply.get("answers")
        if not isinstance(answers, dict):
            raise ReplyError(f"{self._endpoint.host} sent no answers ({clip(reply)}): is this a decision model?")
        found = [answers.get(name) for name in names]
        return _with_usage(_read_all(questions, found, _read_systemone), reply.get("usage"))


# ── keeping to the limits ────────────────────────────────────────────────────────────────────────────


async def _decide_in_batches(ask: Ask, limits: Limits, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
    """Yields a decision for each question; a choice with too many options is decided in two rounds, last."""
    pending = list(questions)
    while batch := [q for q in pending if _count_options(q) <= limits.options][: limits.questions]:
        try:
            decisions = await ask(batch)
        except ProviderError as error:
            if not _learn_limit(error, limits):
                raise
            continue
        for decision in decisions:
            yield decision
        done = {question.name for question in batch}
        pending = [question for question in pending if question.name not in done]
    for question in pending:
        if isinstance(question, Choice) and limits.options > 2:
            yield await _decide_in_rounds(ask, limits, question)
        else:
            yield Decision(name=question.name, refusal="It has more options than this model takes.")


async def _decide_in_rounds(ask: Ask, limits: Limits, question: Choice) -> Decision:
    """Each heat's likeliest option meets the others' in a final, whose probabilities are the decision's."""
    usage = Usage()
    while _count_options(question) > limits.options:
        always = tuple(option for option in question.options if option.value == NONE)
        others = tuple(option for option in question.options if option.value != NONE)
        size = limits.options - len(always)
        parts = [others[start : start + size] for start in range(0, len(others), size)]
        heats = [question.model_copy(update={"options": (*part, *always)}) for part in parts]
        winners = []
        for heat, part in zip(heats, parts, strict=True):
            (decision,) = await ask([heat])
            if decision.refusal:
                return decision
            usage += decision.usage
            winners.append(max(part, key=lambda option: decision.probabilities[option.value]))
        question = question.model_copy(update={"options": (*winners, *always)})
    (final,) = await ask([question])
    return final.model_copy(update={"usage": usage + final.usage})


def _count_options(question: TypedQuestion) -> int:
    return len(question.options) if isinstance(question, Choice) else 2


def _learn_limit(error: ProviderError, limits: Limits) -> bool:
    """Whether a server said that its model takes fewer options; llama.cpp's models take from 52 to 255."""
    found = re.search(r"too many options .*?at most (\d+)", str(error))
    if found is None or int(found[1]) >= limits.options:
        return False
    limits.options = int(found[1])
    return True


# ── questions ────────────────────────────────────────────────────────────────────────────────────────


def _safe_names(questions: Sequence[TypedQuestion]) -> list[str]:
    """A name of letters, digits and underscores for each question, all different; some servers take no others."""
    names: dict[str, None] = {}
    for number, question in enumerate(questions):
        name = re.sub(r"[^A-Za-z0-9_]+", "_", question.name)[:56]
        names[name if name not in names else f"{name}_{number}"] = None
    return list(names)


def _openai_question(name: str, question: TypedQuestion) -> dict[str, Any]:
    asked: dict[str, Any] = {"type": question.type, "name": name, "instructions": question.instructions}
    if isinstance(question, Choice):
        described = ((option.value, option.description) for option in question.options)
        asked["choices"] = [{"value": value, **({"description": text} if text else {})} for value, text in described]
    if isinstance(question, Score):
        asked["levels"] = [{"label": level.value, "description": level.description} for level in question.levels]
    return asked


def _systemone_question(question: TypedQuestion) -> dict[str, Any]:
    asked: dict[str, Any] = {"type": "noul", "instructions": question.instructions}
    if isinstance(question, Choice):
        # Some models read the descriptions only, so none may be empty.
        bare = "Sentence [{}]" if question.evidence_for else "{}"
        criteria = {option.value: option.description or bare.format(option.value) for option in question.options}
        asked |= {"type": "choice", "criteria": criteria}
    if isinstance(question, Score):
        asked |= {"type": "score", "criteria": [level.description for level in question.levels]}
    return asked


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────

Read = Callable[[TypedQuestion, Mapping[str, Any]], dict[str, float]]


def _read_all(questions: Sequence[TypedQuestion], answers: Sequence[Any], read: Read) -> Iterator[Decision]:
    for question, answer in zip(questions, answers, strict=True):
        if not isinstance(answer, dict):
            yield Decision(name=question.name, refusal="The model gave no answer to this question.")
        elif answer.get("type") == "refusal":
            yield Decision(name=question.name, refusal=DECLINED)
        else:
            try:
                yield Decision(name=question.name, probabilities=read(question, answer))
            except (ValueError, TypeError, KeyError) as error:
                told = f"lacks {error}" if isinstance(error, KeyError) else str(error)
                yield Decision(
                    name=question.name, refusal=f"The model's answer to this question is unusable: it {told}."
                )


def _read_openai(question: TypedQuestion, answer: Mapping[str, Any]) -> dict[str, float]:
    _check_type(answer, question.type)
    if isinstance(question, Predicate):
        return _read_truth(answer["probability"])
    found = {one["value"]: one["probability"] for one in answer["probabilities"]}
    if isinstance(question, Score):
        return _read_spread({_index(value): share for value, share in found.items()}, question)
    return _read_spread(found, question)


def _read_systemone(question: TypedQuestion, answer: Mapping[str, Any]) -> dict[str, float]:
    _check_type(answer, "noul" if isinstance(question, Predicate) else question.type)
    if isinstance(question, Predicate):
        return _read_truth(answer["noul"])
    return _read_spread(dict(answer["probabilities"]), question)


def _check_type(answer: Mapping[str, Any], due: str) -> None:
    if answer.get("type") != due:
        raise ValueError(f"is of type {clip(answer.get('type'), 40)}, and {due} was due")


def _index(value: Any) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else repr(value)


def _read_truth(value: Any) -> dict[str, float]:
    probability = _read_probability(value)
    return {"true": probability, "false": 1.0 - probability}


def _read_spread(found: Mapping[Any, Any], question: Choice | Score) -> dict[str, float]:
    """Probabilities by option value that sum to 1, out of ones that nearly do (hosts round to two digits)."""
    offered = question.options if isinstance(question, Choice) else question.levels
    values = [option.value for option in offered]
    if foreign := [value for value in found if value not in values]:
        raise ValueError(f"names an option that wasn't offered ({clip(foreign[0], 40)})")
    shares = {value: _read_probability(found.get(value, 0.0)) for value in values}
    total = sum(shares.values())
    if abs(total - 1.0) > min(0.1, 0.02 + 0.005 * len(found)):
        raise ValueError(f"has probabilities that sum to {total:.3g}")
    return {value: share / total for value, share in shares.items()}


def _read_probability(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"has {clip(repr(value), 40)} for a probability")
    if not -1e-6 <= value <= 1.0 + 1e-6:  # NaN isn't either
        raise ValueError(f"has {value} for a probability")
    return min(1.0, max(0.0, float(value)))


def _with_usage(decisions: Iterator[Decision], told: Any) -> list[Decision]:
    """The decisions of one request, its tokens on the first."""
    made = list(decisions)
    usage = told if isinstance(told, dict) else {}
    details = usage.get("input_tokens_details")
    tokens = Usage(
        prompt_tokens=_count(usage.get("input_tokens")),
        cached_tokens=_count(details.get("cached_tokens")) if isinstance(details, dict) else 0,
        completion_tokens=_count(usage.get("output_tokens")),
    )
    return [made[0].model_copy(update={"usage": tokens}), *made[1:]] if made else made


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
