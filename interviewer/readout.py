"""Gives the built-in reading a second look by the embedded model, tuned for it; trusts nothing that is generated.

The built-in encoder reads all criteria in one pass. Of the key points and red flags that it is not very sure of, the
least sure ones are put to the embedded model with its adapter (`weights/readout.gguf`), one a request, last in a prompt
whose beginning is the same for all of them and is read once. Its probabilities of "yes", "partly" and "no" and the
built-in's join in a curve for each kind of criterion, fitted on labelled answers by `evals/calibrate_readout.py`. After
"yes" or "partly" it goes on with the number of the sentence that shows it, whose probabilities join the built-in's own
choice. All else is the built-in's alone. No other model is asked: the adapter and the curves fit this one.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from importlib import resources
from typing import Literal, NamedTuple, Protocol

from .errors import ProviderUnsupported
from .llm import LLM
from .prompts import Prompts
from .schema import Calibration, Choice, Decider, Decision, Record, State, TypedQuestion, Usage

__all__ = [
    "ADAPTED",
    "ASKED",
    "AskedKind",
    "Curve",
    "Reader",
    "ReadoutDecider",
    "ReadoutWeights",
    "Said",
    "asked_kind",
    "at_least",
    "load_weights",
    "point",
    "read_said",
    "templates_hash",
    "values_upwards",
]

AskedKind = Literal["red_flag", "key_point"]
ASKED: Sequence[AskedKind] = ("red_flag", "key_point")
"""Kinds that the model is asked about, in this order."""
WORDS: dict[str, tuple[str, ...]] = {"yes": ("yes",), "partly": ("partly", "part"), "no": ("no",)}
"""What the model replies, as its first token may spell it."""
MOST_TOKENS = 14
"""Likeliest tokens asked for: the three words, or ten digits, and some to spare."""
FLAGS_COUNT = 6.0
"""How much more the built-in's doubt about a red flag counts than one about a key point, when not all can be asked
about: the model tells flags far better, and a flag caps the whole answer. `evals/runs.md` compares some on dev."""
SENTENCES_COUNT = 0.5
"""What the built-in's choice of a sentence counts beside the model's, as an exponent; on dev it made no difference."""
GRADER_SLOT = 1
"""Of the embedded server's two, so that the interviewer's prompt stays cached in the other."""
ADAPTED = ({"id": 0, "scale": 1.0},)
"""Lets the embedded server's adapter work in a request; in all others it doesn't."""
READING: dict[str, object] = {"id_slot": GRADER_SLOT, "lora": ADAPTED}
"""Goes with every request: what was read is kept in the slot, and counts only while the adapter works."""
_DIGITS = frozenset("123456789")
_TEMPLATES = ("readout_system", "readout_key_point", "readout_red_flag", "state")
_LEAST = 1e-6
"""Probabilities nearer to 0 or 1 than this count as this far off, so that their log-odds are finite."""


class Curve(Record):
    """An ordinal logistic curve over two log-odds.

    P(level ≥ k) = 1 / (1 + exp(cuts[k-1] − builtin · b(k) − model · m(k))), where b(k) and m(k) are the built-in's and
    the model's log-odds of level ≥ k. With 1, 0 and cuts of 0 the built-in stands as is.

    McCullagh 1980, "Regression Models for Ordinal Data", the proportional-odds model.
    """

    builtin: float = 1.0
    model: float = 0.0
    cuts: tuple[float, ...]
    """One fewer than there are levels."""

    def levels(self, reading: Sequence[float], said: Sequence[float]) -> tuple[float, ...]:
        """The probability of each level, from the lowest; they sum to 1.

        Args:
            reading: the built-in's, from the lowest.
            said: the model's, likewise.
        """
        pairs = zip(at_least(reading), at_least(said), self.cuts, strict=True)
        reached = (_sigmoid(self.builtin * known + self.model * told - cut) for known, told, cut in pairs)
        # A level is reached no more often than the one below it, whatever the cuts.
        steps = [*itertools.accumulate(reached, min, initial=1.0), 0.0]
        return tuple(high - low for high, low in itertools.pairwise(steps))


class ReadoutWeights(Record):
    """What was fitted on labelled answers; for which model, adapter, wording and built-in weights."""

    model: str
    adapter: str
    """Stamp of the adapter it was fitted with."""
    templates: str
    """Hash of the templates it was fitted with."""
    builtin: str
    """Stamp of the built-in weights it was fitted with."""
    curves: dict[AskedKind, Curve]
    """Of a kind whose curve gives the model no weight, nothing is asked."""
    sure: float = 0.99
    """A built-in verdict of at least this probability is not asked about."""
    most: int = 12
    """Verdicts that the model is asked about for one answer, at most: some 13 seconds on two cores."""
    calibration: Calibration
    """Thresholds for key points and red flags (the others are the built-in's), and the agreement of both together."""


class Said(NamedTuple):
    """What the model replied about one criterion."""

    levels: tuple[float, ...]
    """The probability of each level, from the lowest."""
    digits: Mapping[str, float]
    """How likely the number of the sentence that shows it begins with a digit; empty when it named none."""


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
    """The built-in encoder and the embedded model, as one decider."""

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
            llm: the embedded model; another one is never asked.
            prompts: wording of the requests.
            calibration: thresholds other than the fitted ones.
            builtin: reads first.
            weights: other than the shipped ones.
        """
        self._llm = llm
        self._prompts = prompts
        self._builtin = builtin
        self._weights = weights or load_weights()
        self.model = llm.model
        self._measured = self.fits and (self._weights.templates, self._weights.builtin) == (
            templates_hash(prompts),
            builtin.stamp,
        )
        self.calibration = calibration or self._fitted_calibration()

    def _fitted_calibration(self) -> Calibration:
        """The fitted thresholds; agreement only for the model, wording and built-in weights it was measured with."""
        own = self._builtin.calibration
        update: dict[str, object] = {"motivation": own.motivation, "star": own.star}
        if not self._measured:
            update |= {"agreement": None, "elsewhere": None}
        return self._weights.calibration.model_copy(update=update)

    @property
    def fits(self) -> bool:
        """Whether this is the embedded model that the adapter was made for; elsewhere it comes without the adapter."""
        return self._llm.local and self.model == self._weights.model

    @property
    def looks(self) -> bool:
        """Whether the model has any weight; without, it is never asked and the verdicts are the built-in's."""
        return self.fits and any(curve.model for curve in self._weights.curves.values())

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        """Yields what the built-in alone decides, then what the model is asked about, red flags first.

        A verdict that the model was to be asked about is never the built-in's alone: when the model fails, there is
        none. See `schema.Decider`.
        """
        readings = {decision.name: decision async for decision in self._builtin.decide(state, questions)}
        asked = self.choose(questions, readings)
        places = {q.evidence_for: q.name for q in questions if isinstance(q, Choice) and q.evidence_for}
        later = {question.name for question in asked} | {places.get(question.name, "") for question in asked}
        # Sentences first, so that a verdict has its words when it comes.
        for question in sorted(questions, key=lambda question: not _chooses_sentence(question)):
            if question.name in readings and question.name not in later:
                yield readings[question.name]
        for question in asked:
            said, usage = await self.ask(state, question)
            if place := places.get(question.name):
                yield point(readings[place], said)
            yield self.combine(question, readings[question.name], said).model_copy(update={"usage": usage})

    def choose(self, questions: Sequence[TypedQuestion], readings: Mapping[str, Decision]) -> list[TypedQuestion]:
        """The questions that the model is asked, in the order they are asked: those the built-in is least sure of."""
        if not self.fits:
            return []
        doubts = {
            question.name: self.doubt(kind, readings[question.name])
            for question in questions
            if (kind := asked_kind(question)) and self._weights.curves[kind].model
            if max(readings[question.name].probabilities.values(), default=1.0) < self._weights.sure
        }
        least = set(sorted(doubts, key=doubts.__getitem__, reverse=True)[: self._weights.most])
        return [q for kind in ASKED for q in questions if q.kind == kind and q.name in least]

    def doubt(self, kind: AskedKind, reading: Decision) -> float:
        """How much the built-in's doubt about a verdict counts."""
        return (1.0 - max(reading.probabilities.values())) * (FLAGS_COUNT if kind == "red_flag" else 1.0)

    def combine(self, question: TypedQuestion, reading: Decision, said: Said | None) -> Decision:
        """The decision that the built-in's reading and what the model said come to; None is a refusal."""
        kind = asked_kind(question)
        if said is None or kind is None:
            return Decision(name=question.name, refusal="The model answered neither yes nor no.")
        values = values_upwards(question)
        known = [reading.probabilities[value] for value in values]
        levels = self._weights.curves[kind].levels(known, said.levels)
        return Decision(name=question.name, probabilities=dict(zip(values, levels, strict=True)))

    async def ask(self, state: State, question: TypedQuestion) -> tuple[Said | None, Usage]:
        """What the model says of one criterion, and the tokens that took; None when it is none of its words."""
        messages = self._messages(state, self._word(question))
        reply = await self._llm.ask(messages, max_tokens=2, top_logprobs=MOST_TOKENS, extra=READING)
        if not reply.top_logprobs:
            raise ProviderUnsupported(
                f"{self.model} gave no log-probabilities, which the readout grader reads: set INTERVIEWER_DECIDER=chat."
            )
        return read_said(reply.top_logprobs, asked_kind(question) or "key_point"), reply.usage

    async def read_ahead(self, state: State) -> None:
        """Lets the model read what will stand before its questions; see `schema.ReadsAhead`."""
        if self.looks:
            await self._llm.ask(self._messages(state, ""), max_tokens=1, extra=READING)

    def _messages(self, state: State, criterion: str) -> list[dict[str, str]]:
        # The criterion last: everything before it is the same for all of them and is read once.
        return [
            {"role": "system", "content": self._prompts.render("grader/readout_system.j2")},
            {"role": "user", "content": f"{state.text}\n\n{criterion}"},
        ]

    def _word(self, question: TypedQuestion) -> str:
        return self._prompts.render(f"grader/readout_{question.kind}.j2", question=question)


def read_said(top: Sequence[Mapping[str, float]], kind: AskedKind) -> Said | None:
    """What the model said, of the log-probabilities of its first and second token; None when it is none of its words.

    Spellings of a word add up, and a word that is missing is just less likely than the least likely token there.

    Args:
        top: token text → natural log-probability, one mapping a token.
        kind: of the criterion; a red flag is there or not, never partly.
    """
    words = ("no", "partly", "yes") if kind == "key_point" else ("no", "yes")
    first = top[0]
    sums = {word: sum(math.exp(p) for token, p in first.items() if _spells(token, word)) for word in WORDS}
    if not any(sums.values()):
        return None
    floor = math.exp(min(first.values()) - 1.0)
    found = [sums[word] or floor for word in words]
    likeliest = max(first, key=first.__getitem__)
    names_one = len(top) > 1 and not _spells(likeliest, "no")
    digits = {text: math.exp(p) for text, p in top[1].items() if text in _DIGITS} if names_one else {}
    return Said(tuple(p / sum(found) for p in found), {digit: p / sum(digits.values()) for digit, p in digits.items()})


def point(choice: Decision, said: Said | None) -> Decision:
    """The built-in's choice of a sentence with the model's: each sentence by the digit that its number begins with.

    "None" keeps the share that it has; numbers that begin alike are told apart by the built-in's choice.
    """
    if said is None or not said.digits:
        return choice
    own = {number: share + _LEAST for number, share in choice.probabilities.items() if number != "none"}
    beside: dict[str, float] = {}
    for number, share in own.items():
        beside[number[0]] = beside.get(number[0], 0.0) + share
    joint = {
        number: said.digits.get(number[0], 0.0) * beside[number[0]] ** (SENTENCES_COUNT - 1.0) * share
        for number, share in own.items()
    }
    total, left = sum(joint.values()), 1.0 - choice.probabilities.get("none", 0.0)
    if not total:
        return choice
    shares = {number: left * share / total for number, share in joint.items()}
    return choice.model_copy(update={"probabilities": {**choice.probabilities, **shares}})


def at_least(levels: Sequence[float]) -> tuple[float, ...]:
    """Log-odds of reaching each level but the lowest.

    Args:
        levels: probability of each level, from the lowest.
    """
    reached = (sum(levels[k:]) for k in range(1, len(levels)))
    bounded = (min(max(p, _LEAST), 1.0 - _LEAST) for p in reached)
    return tuple(math.log(p / (1.0 - p)) for p in bounded)


def _spells(token: str, word: str) -> bool:
    return token.strip().lower() in WORDS[word]


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
