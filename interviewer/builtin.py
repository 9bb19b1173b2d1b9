"""Answers typed questions with the built-in encoder, on this machine and without a network; never generates text."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal

from .encoder import CLASSES, Encoder, Reading
from .rubric import ON_TOPIC
from .schema import Calibration, Choice, Decision, Predicate, Score, State, TypedQuestion

__all__ = ["BuiltinDecider", "criterion_text"]


NONE_SHARE = 0.25
"""How far the pointer's "no sentence shows it" still counts once the verdict says that something does."""
UNKNOWN_TOPIC = "The built-in grader can't tell whether an answer is about the question."
"""It was trained to, and takes answers to other questions for answers to this one."""


class BuiltinDecider:
    """The built-in encoder as a decider.

    It reads `criterion_text` of a question and the state's sentences, nothing else: instructions are no part of what it
    was trained on. Verdict and sentence come from the same pass.
    """

    name: Literal["builtin"] = "builtin"
    evidence: Literal["together"] = "together"
    english_only = True

    def __init__(self, encoder: Encoder) -> None:
        """Takes the encoder as loaded; its card says what the model is called and how it is calibrated."""
        self._encoder = encoder
        self.model: str = str(encoder.facts.get("name", "builtin"))
        self.calibration = Calibration.model_validate(encoder.facts.get("calibration", {}))
        self.stamp = _stamp(encoder.facts)
        """12 hexadecimal digits of the weights, as their card tells them apart."""

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        """Yields a decision for each question, all at once after one pass; see `schema.Decider`."""
        texts = {question.name: criterion_text(question) for question in questions}
        about = {q.name: texts.get(getattr(q, "evidence_for", ""), texts[q.name]) for q in questions}
        criteria = tuple(dict.fromkeys((question.kind, about[question.name]) for question in questions))
        sentences = [sentence.text for sentence in state.sentences]
        numbers = [str(sentence.number) for sentence in state.sentences]
        readings = await asyncio.to_thread(self._encoder.read, sentences, criteria)
        by_criterion = dict(zip(criteria, readings, strict=True))
        for question in questions:
            if question.name == ON_TOPIC:
                yield Decision(name=question.name, refusal=UNKNOWN_TOPIC)
                continue
            reading = by_criterion[question.kind, about[question.name]]
            if isinstance(question, Choice) and question.evidence_for:
                probabilities = _sentence_choice(reading, numbers)
            else:
                probabilities = dict(zip(CLASSES[question.kind], reading.probabilities, strict=True))
            yield Decision(name=question.name, probabilities=probabilities)


def _stamp(facts: Mapping[str, Any]) -> str:
    # Thresholds and test figures are no part of the weights; everything else on the card comes from one training.
    made = {key: value for key, value in facts.items() if key != "calibration"}
    return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:12]


def criterion_text(question: TypedQuestion) -> str:
    """A criterion as the encoder reads it: with what counts as covered and partly, its levels, or its exception."""
    if isinstance(question, Score):
        levels = " ".join(f"{level.value}: {level.description}" for level in question.levels[1:])
        return f"{question.criterion} {levels}"
    if isinstance(question, Choice) and not question.evidence_for:
        return (
            f"{question.criterion} Covered: {question.options[0].description} Partly: {question.options[1].description}"
        )
    exception = question.exception if isinstance(question, Predicate) else ""
    return f"{question.criterion} Not: {exception}" if exception else question.criterion


def _sentence_choice(reading: Reading, numbers: Sequence[str]) -> dict[str, float]:
    """Which sentence shows a criterion that its verdict says is there; sums to 1.

    While training, `none` was right for most criteria, and here it hardly is: what it counts for less is chosen on dev
    (prior shift, Saerens et al. 2002, "Adjusting the Outputs of a Classifier to New a Priori Probabilities").
    """
    none = NONE_SHARE * reading.none
    total = sum(reading.sentences) + none
    shares = (probability / total for probability in reading.sentences)
    return {**dict(zip(numbers, shares, strict=True)), "none": none / total}
