"""Judges by a chat model's log-probabilities for "yes" and "no"; nothing that the model generates is trusted.

Each typed question is one request whose beginning, instructions and answer, is the same for all of them, so the model
reads it once. Log-odds of "yes" are compared with the model's own on answers that say nothing (contextual calibration,
Zhao et al. 2021, "Calibrate Before Use"), then a curve for each kind of criterion, fitted on labelled answers by
`evals/calibrate_readout.py`, turns them into probabilities.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from importlib import resources
from typing import Literal

from .errors import ProviderUnsupported
from .llm import LLM, Reply
from .prompts import Prompts
from .rubric import ON_TOPIC
from .schema import Calibration, Choice, Decider, Decision, Predicate, Record, Score, State, TypedQuestion, Usage

__all__ = ["Curve", "ReadoutDecider", "ReadoutWeights", "load_weights", "log_odds", "templates_hash"]

CurveName = Literal["key_point", "motivation", "red_flag", "star", "on_topic"]
MOST_TOKENS = 20
"""Likeliest tokens asked for, the most an endpoint gives."""
GRADER_SLOT = 1
"""Of the embedded server's two, so that the interviewer's prompt stays cached in the other."""
_ORDER: Sequence[CurveName] = ("red_flag", "key_point", "star", "motivation", "on_topic")
_TEMPLATES = (
    *(f"readout_{name}" for name in ("system", "key_point", "motivation", "red_flag", "star")),
    *("state", "star", "on_topic"),
)


class Curve(Record):
    """An ordinal logistic curve: P(level ≥ k) = 1 / (1 + exp(cuts[k-1] − scale · x)).

    x is the log-odds of "yes" less a share of the model's leaning.

    McCullagh 1980, "Regression Models for Ordinal Data", the proportional-odds model.
    """

    scale: float
    cuts: tuple[float, ...]
    """Ascending, one fewer than there are levels."""
    leaning: float = 1.0
    """How much of the leaning is taken off; 0 where that was found not to help."""

    def levels(self, odds: float, leaning: float = 0.0) -> tuple[float, ...]:
        """The probability of each level, from the lowest; they sum to 1."""
        x = odds - self.leaning * leaning
        at_least = [1.0, *(_sigmoid(self.scale * x - cut) for cut in self.cuts), 0.0]
        return tuple(high - low for high, low in itertools.pairwise(at_least))


class ReadoutWeights(Record):
    """What was fitted on labelled answers, and for which model and wording."""

    model: str
    templates: str
    """Hash of the templates it was fitted with."""
    curves: dict[CurveName, Curve]
    leanings: dict[str, float]
    """The mean log-odds on neutral answers, by the hash of the question as the model reads it."""
    usual: dict[CurveName, float]
    """The mean leaning of each kind, for a question that was never put to neutral answers."""
    calibration: Calibration


def load_weights() -> ReadoutWeights:
    """The shipped weights."""
    text = resources.files(__package__).joinpath("weights", "readout.json").read_text(encoding="utf-8")
    return ReadoutWeights.model_validate_json(text)


class ReadoutDecider:
    """A chat model that gives log-probabilities, as a decider."""

    name: Literal["readout"] = "readout"
    evidence: Literal["after"] = "after"
    english_only = True

    def __init__(
        self,
        llm: LLM,
        prompts: Prompts,
        calibration: Calibration | None = None,
        *,
        pointer: Decider,
        weights: ReadoutWeights | None = None,
    ) -> None:
        """Asks nothing yet.

        Args:
            llm: gives `top_logprobs`; the embedded model as a rule.
            prompts: wording of the questions.
            calibration: thresholds other than the fitted ones.
            pointer: chooses the sentence that shows a verdict; the built-in encoder as a rule. The embedded model
                can't: asked for a sentence's number or its words, it was right no more often than chance.
            weights: other than the shipped ones.
        """
        self._llm = llm
        self._prompts = prompts
        self._pointer = pointer
        self._weights = weights or load_weights()
        self.model = llm.model
        self.calibration = calibration or self._fitted_calibration()

    def _fitted_calibration(self) -> Calibration:
        """The fitted thresholds; the agreement figures only for the model and wording they were measured with."""
        same = self._weights.model == self.model and self._weights.templates == templates_hash(self._prompts)
        return self._weights.calibration if same else self._weights.calibration.model_copy(update={"agreement": None})

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        """Yields one decision a request, red flags and key points first; see `schema.Decider`."""
        where = [question for question in questions if isinstance(question, Choice) and question.evidence_for]
        if where:
            async for decision in self._pointer.decide(state, where):
                yield decision
        verdicts = [question for question in questions if question not in where]
        for question in sorted(verdicts, key=lambda question: _ORDER.index(_curve_name(question))):
            odds, usage = await self.ask_odds(state, question)
            yield self.read(question, odds).model_copy(update={"usage": usage})

    def read(self, question: TypedQuestion, odds: float | None) -> Decision:
        """The decision that log-odds of "yes" stand for; None is a refusal."""
        if odds is None:
            return Decision(name=question.name, refusal="The model answered neither yes nor no.")
        name = _curve_name(question)
        leaning = self._weights.leanings.get(self.key(question), self._weights.usual.get(name, 0.0))
        levels = self._weights.curves[name].levels(odds, leaning)
        return Decision(name=question.name, probabilities=_by_value(question, levels))

    async def ask_odds(self, state: State, question: TypedQuestion) -> tuple[float | None, Usage]:
        """The model's log-odds of "yes", as they come, and the tokens that took."""
        reply = await self._ask(state, self._word(question))
        return log_odds(reply.top_logprobs[0]), reply.usage

    async def _ask(self, state: State, text: str) -> Reply:
        # The question last: everything before it is the same for all questions and is read once.
        messages = [
            {"role": "system", "content": self._prompts.render("grader/readout_system.j2")},
            {"role": "user", "content": f"{state.text}\n\n{text}"},
        ]
        extra = {"id_slot": GRADER_SLOT} if self._llm.local else None
        reply = await self._llm.ask(messages, max_tokens=1, top_logprobs=MOST_TOKENS, extra=extra)
        if not reply.top_logprobs:
            raise ProviderUnsupported(
                f"{self.model} gave no log-probabilities, which the readout grader reads: set INTERVIEWER_DECIDER=chat."
            )
        return reply

    def _word(self, question: TypedQuestion) -> str:
        return self._prompts.render(f"grader/readout_{question.kind}.j2", question=question)

    def key(self, question: TypedQuestion) -> str:
        """What a question's leaning is kept under: changes with the model and with any word of the question."""
        return hashlib.sha256(f"{self.model}\n{self._word(question)}".encode()).hexdigest()[:12]


def log_odds(top: Mapping[str, float]) -> float | None:
    """Natural log-odds of "yes" against "no", summed over spellings; None when neither is among the tokens.

    One that is missing counts as just less likely than the least likely token there.

    Args:
        top: token text → natural log-probability.
    """
    sums = {word: [value for token, value in top.items() if token.strip().lower() == word] for word in ("yes", "no")}
    if not any(sums.values()):
        return None
    floor = min(top.values()) - 1.0
    yes, no = (_log_sum(values) if values else floor for values in sums.values())
    return yes - no


def templates_hash(prompts: Prompts) -> str:
    """12 hexadecimal digits that change with the wording that verdicts are read out with; comments don't count."""
    digest = hashlib.sha256()
    for name in _TEMPLATES:
        source = prompts.source(f"grader/{name}.j2").read_text(encoding="utf-8")
        digest.update(re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL).strip().encode())
    return digest.hexdigest()[:12]


def _curve_name(question: TypedQuestion) -> CurveName:
    return "on_topic" if question.name == ON_TOPIC else question.kind


def _by_value(question: TypedQuestion, levels: Sequence[float]) -> dict[str, float]:
    """Probabilities by option value; `levels` go from the lowest upwards."""
    if isinstance(question, Predicate):
        return dict(zip(("false", "true"), levels, strict=True))
    if isinstance(question, Score):
        return dict(zip((level.value for level in question.levels), levels, strict=True))
    return dict(zip((option.value for option in reversed(question.options)), levels, strict=True))


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


def _log_sum(values: Sequence[float]) -> float:
    highest = max(values)
    return highest + math.log(sum(math.exp(value - highest) for value in values))
