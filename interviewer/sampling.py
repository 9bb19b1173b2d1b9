"""Asks a grader that states verdicts several times, and keeps what most samples say; never averages and never guesses.

A verdict stands when at least two thirds of the samples gave it. What more than half gave is the median of ordered
values and the majority of yes and no alike, so one rule serves every kind of criterion. Below two thirds the samples
disagree: the verdict is *unsure*, and its reason lists them.

Several samples instead of one: Wang et al. 2023, "Self-Consistency Improves Chain of Thought Reasoning".
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from fractions import Fraction
from typing import Literal

from .errors import ProviderError, ReplyError
from .phrases import later
from .schema import Calibration, Decider, DeciderName, Decision, Kind, State, TypedQuestion, Usage
from .written import SAMPLES

__all__ = ["SAMPLING_TEMPERATURE", "SampledDecider", "agree"]

_LEAST_SHARE = Fraction(2, 3)
"""Of all samples asked for, those that failed included."""
SAMPLING_TEMPERATURE = 0.7
"""Of each sample's requests: at 0 most models say the same every time, which would look like agreement."""
NO_VERDICT = later("no verdict")
_WORDS: dict[Kind, dict[str, str]] = {
    "red_flag": {"true": "present", "false": "absent"},
    "star": {"true": "told", "false": "left out"},
}


class SampledDecider:
    """Several samples of one grader, taken at the same time."""

    def __init__(self, samples: Sequence[Decider]) -> None:
        """Asks nothing yet.

        Args:
            samples: one decider a sample, of one model; two or more. Over recordings each asks a repeat of its own.
        """
        self.samples = tuple(samples)

    @property
    def name(self) -> DeciderName:
        return self.samples[0].name

    @property
    def model(self) -> str:
        return self.samples[0].model

    @property
    def calibration(self) -> Calibration:
        return self.samples[0].calibration

    @property
    def evidence(self) -> Literal["together", "after", "quoted"]:
        return self.samples[0].evidence

    @property
    def english_only(self) -> bool:
        return self.samples[0].english_only

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        """Yields what the samples agree on once all have come; see `schema.Decider`.

        A sample that fails counts as one without verdicts. Only when all fail does the first failure end it.
        """
        heard = await self._ask_all(state, questions)
        failures = [failure for _, failure in heard if failure is not None]
        if len(failures) == len(heard):
            raise failures[0]
        said = [decisions for decisions, _ in heard]
        spent = sum((one.usage for decisions in said for one in decisions.values()), Usage())
        for question in questions:
            agreed = agree(question.name, [decisions.get(question.name) for decisions in said])
            yield agreed.model_copy(update={"usage": spent})
            spent = Usage()

    async def _ask_all(self, state: State, questions: Sequence[TypedQuestion]) -> list[_Heard]:
        running = [asyncio.create_task(_hear(one, state, questions)) for one in self.samples]
        try:
            return await asyncio.gather(*running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


_Heard = tuple[Mapping[str, Decision], ProviderError | ReplyError | None]


async def _hear(decider: Decider, state: State, questions: Sequence[TypedQuestion]) -> _Heard:
    """One sample's decisions by question, and what ended it before its end."""
    decisions: dict[str, Decision] = {}
    try:
        async for decision in decider.decide(state, questions):
            decisions[decision.name] = decision
    except (ProviderError, ReplyError) as failure:
        return decisions, failure
    return decisions, None


def agree(name: str, samples: Sequence[Decision | None]) -> Decision:
    """One decision for one question, with the quotes of those samples that gave its value; without usage.

    Args:
        name: of the question, e.g. `key_point.calm`.
        samples: what each sample decided; None where it failed. At least one decided or refused.
    """
    values = [_value(one) for one in samples]
    if not any(values):
        refused = next((one for one in samples if one is not None), Decision(name=name, refusal="No sample judged it."))
        return refused.model_copy(update={"samples": len(samples), "usage": Usage()})
    value, count = Counter(value for value in values if value).most_common(1)[0]
    if Fraction(count, len(samples)) < _LEAST_SHARE:
        told = ", ".join(_say(name, one) for one in values)
        reason = SAMPLES.format(number=len(samples), said=told)
        return Decision(name=name, unsure=reason, measured=False, samples=len(samples))
    same = [one for one, given in zip(samples, values, strict=True) if one is not None and given == value]
    update = {
        "quotes": tuple(dict.fromkeys(words for one in same for words in one.quotes)),
        "cited": tuple(dict.fromkeys(words for one in same for words in one.cited)),
        "samples": len(samples),
        "usage": Usage(),
    }
    return same[0].model_copy(update=update)


def _value(decision: Decision | None) -> str:
    if decision is None or decision.refusal or not decision.probabilities:
        return ""
    return max(decision.probabilities, key=decision.probabilities.__getitem__)


def _say(name: str, value: str) -> str:
    kind = name.partition(".")[0]
    words = next((words for known, words in _WORDS.items() if known == kind), {})
    return words.get(value) or (f"level {value}" if value.isdigit() else value) or NO_VERDICT
