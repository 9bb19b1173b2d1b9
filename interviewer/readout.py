"""Gives the built-in reading a second look by a chat model's odds of "yes"; trusts nothing that the model generates.

The built-in encoder reads all criteria in one pass. Of the key points and red flags that it is not very sure of, the
least sure ones are put to the chat model, one short statement a request, last in a prompt whose beginning is the same
for all of them and is read once. Its log-odds of "yes", less those on an answer that says nothing (contextual
calibration, Zhao et al. 2021, "Calibrate Before Use"), and the built-in's join in a curve for each kind of criterion,
fitted on labelled answers by `evals/calibrate_readout.py`. All else, quotes too, is the built-in's alone.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from importlib import resources
from typing import Literal, Protocol

from .errors import ProviderUnsupported
from .llm import LLM, Reply
from .prompts import Prompts
from .schema import Agreement, Calibration, Choice, Decider, Decision, Record, State, TypedQuestion, Usage

__all__ = [
    "ASKED",
    "AskedKind",
    "Curve",
    "Reader",
    "ReadoutDecider",
    "ReadoutWeights",
    "asked_kind",
    "at_least",
    "load_weights",
    "log_odds",
    "templates_hash",
    "values_upwards",
]

AskedKind = Literal["red_flag", "key_point"]
ASKED: Sequence[AskedKind] = ("red_flag", "key_point")
"""Kinds that the model is asked about, in this order."""
MOST_TOKENS = 20
"""Likeliest tokens asked for, the most an endpoint gives."""
GRADER_SLOT = 1
"""Of the embedded server's two, so that the interviewer's prompt stays cached in the other."""
_TEMPLATES = ("readout_system", "readout_key_point", "readout_red_flag", "state")
_LEAST = 1e-6
"""Probabilities nearer to 0 or 1 than this count as this far off, so that their log-odds are finite."""


class Curve(Record):
    """An ordinal logistic curve over two log-odds.

    P(level ≥ k) = 1 / (1 + exp(cuts[k-1] − builtin · b(k) − model · x)), where b(k) is the built-in's log-odds of
    level ≥ k, and x the model's log-odds of "yes" less its leaning. With 1, 0 and cuts of 0 the built-in stands as is.

    McCullagh 1980, "Regression Models for Ordinal Data", the proportional-odds model.
    """

    builtin: float = 1.0
    model: float = 0.0
    cuts: tuple[float, ...]
    """One fewer than there are levels."""

    def levels(self, reading: Sequence[float], x: float) -> tuple[float, ...]:
        """The probability of each level, from the lowest; they sum to 1.

        Args:
            reading: the built-in's, from the lowest.
            x: the model's log-odds of "yes" less its leaning.
        """
        pairs = zip(at_least(reading), self.cuts, strict=True)
        reached = (_sigmoid(self.builtin * odds + self.model * x - cut) for odds, cut in pairs)
        # A level is reached no more often than the one below it, whatever the cuts.
        steps = [*itertools.accumulate(reached, min, initial=1.0), 0.0]
        return tuple(high - low for high, low in itertools.pairwise(steps))


class ReadoutWeights(Record):
    """What was fitted on labelled answers; for which model, wording and built-in weights."""

    model: str
    templates: str
    """Hash of the templates it was fitted with."""
    builtin: str
    """Stamp of the built-in weights it was fitted with."""
    curves: dict[AskedKind, Curve]
    """Of a kind whose curve gives the model no weight, nothing is asked."""
    leanings: dict[str, float]
    """The log-odds on an answer that says nothing, by the hash of the statement as the model reads it."""
    usual: dict[AskedKind, float]
    """The mean leaning of each kind, for a statement that was never put to such an answer."""
    sure: float = 0.97
    """A built-in verdict of at least this probability is not asked about."""
    most: int = 15
    """Statements put to the model about one answer, at most; of more, the least sure ones."""
    calibration: Calibration
    """Thresholds for key points and red flags (the others are the built-in's), and the agreement of both together."""
    alone: Agreement | None = None
    """The built-in's agreement on the same answers, without the model."""


def load_weights() -> ReadoutWeights:
    """The shipped weights."""
    text = resources.files(__package__).joinpath("weights", "readout.json").read_text(encoding="utf-8")
    return ReadoutWeights.model_validate_json(text)


class Reader(Decider, Protocol):
    """A decider whose weights have a stamp: the built-in encoder."""

    @property
    def stamp(self) -> str:
        """Changes with the weights."""
        ...


class ReadoutDecider:
    """The built-in encoder and a chat model that gives log-probabilities, as one decider."""

    name: Literal["readout"] = "readout"
    evidence: Literal["together"] = "together"
    english_only = True

    def __init__(
        self,
        llm: LLM,
        prompts: Prompts,
        calibration: Calibration | None = None,
        *,
        builtin: Reader,
        weights: ReadoutWeights | None = None,
    ) -> None:
        """Asks nothing yet.

        Args:
            llm: gives `top_logprobs`; the embedded model as a rule.
            prompts: wording of the statements.
            calibration: thresholds other than the fitted ones.
            builtin: reads first, and alone chooses the sentences that show a verdict. The embedded model can't: asked
                for a sentence's number or its words, it was right no more often than chance.
            weights: other than the shipped ones.
        """
        self._llm = llm
        self._prompts = prompts
        self._builtin = builtin
        self._weights = weights or load_weights()
        self.model = llm.model
        fitted = (self._weights.model, self._weights.templates, self._weights.builtin)
        self._measured = fitted == (self.model, templates_hash(prompts), builtin.stamp)
        self.calibration = calibration or self._fitted_calibration()

    def _fitted_calibration(self) -> Calibration:
        """The fitted thresholds; agreement only for the model, wording and built-in weights it was measured with."""
        own = self._builtin.calibration
        update: dict[str, object] = {"motivation": own.motivation, "star": own.star}
        if not self._measured:
            update |= {"agreement": None, "elsewhere": None}
        return self._weights.calibration.model_copy(update=update)

    @property
    def looks(self) -> bool:
        """Whether the model has any weight; without, it is never asked and the verdicts are the built-in's."""
        return any(curve.model for curve in self._weights.curves.values())

    @property
    def alone(self) -> Agreement | None:
        """The built-in's agreement on the answers that `calibration.agreement` was measured on; None as there."""
        return self._weights.alone if self._measured else None

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        """Yields what the built-in alone decides, then one decision a request, red flags first; see `schema.Decider`.

        A verdict that the model was to be asked about is never the built-in's alone: when the model fails, there is
        none.
        """
        readings = {decision.name: decision async for decision in self._builtin.decide(state, questions)}
        asked = self.choose(questions, readings)
        settled = readings.keys() - {question.name for question in asked}
        # Sentences first, so that a verdict has its words when it comes.
        for question in sorted(questions, key=lambda question: not _chooses_sentence(question)):
            if question.name in settled:
                yield readings[question.name]
        for question in asked:
            odds, usage = await self.ask_odds(state, question)
            yield self.combine(question, readings[question.name], odds).model_copy(update={"usage": usage})

    def choose(self, questions: Sequence[TypedQuestion], readings: Mapping[str, Decision]) -> list[TypedQuestion]:
        """The questions that the model is asked, in the order they are asked: those the built-in is least sure of."""
        sureness = {
            question.name: max(readings[question.name].probabilities.values())
            for question in questions
            if (kind := asked_kind(question)) and self._weights.curves[kind].model
        }
        unsure = sorted(
            (name for name, sure in sureness.items() if sure < self._weights.sure), key=sureness.__getitem__
        )
        least = set(unsure[: self._weights.most])
        return [q for kind in ASKED for q in questions if q.kind == kind and q.name in least]

    def combine(self, question: TypedQuestion, reading: Decision, odds: float | None) -> Decision:
        """The decision that the built-in's reading and log-odds of "yes" come to; None is a refusal."""
        kind = asked_kind(question)
        if odds is None or kind is None:
            return Decision(name=question.name, refusal="The model answered neither yes nor no.")
        values = values_upwards(question)
        known = [reading.probabilities[value] for value in values]
        levels = self._weights.curves[kind].levels(known, odds - self.leaning(question, kind))
        return Decision(name=question.name, probabilities=dict(zip(values, levels, strict=True)))

    def leaning(self, question: TypedQuestion, kind: AskedKind) -> float:
        """What the model's log-odds of "yes" are when an answer says nothing."""
        return self._weights.leanings.get(self.key(question), self._weights.usual.get(kind, 0.0))

    async def ask_odds(self, state: State, question: TypedQuestion) -> tuple[float | None, Usage]:
        """The model's log-odds of "yes", as they come, and the tokens that took."""
        reply = await self._ask(state, self._word(question))
        return log_odds(reply.top_logprobs[0]), reply.usage

    async def _ask(self, state: State, text: str) -> Reply:
        # The statement last: everything before it is the same for all of them and is read once.
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
        """What a statement's leaning is kept under: changes with the model and with any word the model reads."""
        read = (self.model, self._prompts.render("grader/readout_system.j2"), self._word(question))
        return hashlib.sha256("\n".join(read).encode()).hexdigest()[:12]


def at_least(levels: Sequence[float]) -> tuple[float, ...]:
    """Log-odds of reaching each level but the lowest.

    Args:
        levels: probability of each level, from the lowest.
    """
    reached = (sum(levels[k:]) for k in range(1, len(levels)))
    bounded = (min(max(p, _LEAST), 1.0 - _LEAST) for p in reached)
    return tuple(math.log(p / (1.0 - p)) for p in bounded)


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


def asked_kind(question: TypedQuestion) -> AskedKind | None:
    """Its kind when the model is asked about questions like it; None for other kinds and for sentence choices."""
    return None if _chooses_sentence(question) else next((kind for kind in ASKED if kind == question.kind), None)


def values_upwards(question: TypedQuestion) -> tuple[str, ...]:
    """The values of a key point's or red flag's decision, from the lowest level."""
    if isinstance(question, Choice):
        return tuple(option.value for option in reversed(question.options))
    return ("false", "true")


def _chooses_sentence(question: TypedQuestion) -> bool:
    return isinstance(question, Choice) and bool(question.evidence_for)


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


def _log_sum(values: Sequence[float]) -> float:
    highest = max(values)
    return highest + math.log(sum(math.exp(value - highest) for value in values))
