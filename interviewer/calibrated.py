"""Gives a decider the temperatures and thresholds fitted to it, kept in a file; never fits and never decides itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from .errors import SettingsError
from .schema import Calibration, Decider, DeciderName, Decision, Kind, Record, State, TypedQuestion

__all__ = ["CalibratedDecider", "DeciderAround", "FittedCalibration", "calibrate_decider", "read_calibration", "soften"]

LEAST = 1e-9
"""Probabilities below it count as this much, so that none is lost for ever."""


class FittedCalibration(Record):
    """What `interviewer calibrate` writes: thresholds, temperatures, and what they were fitted to."""

    version: Literal[1] = 1
    decider: DeciderName
    model: str
    prompt_hash: str
    """Of the grader's templates at the time; with others, the agreement no longer holds."""
    made: str
    """Day, YYYY-MM-DD."""
    answers: str
    """What it was fitted on, e.g. `dev (60 answers), labelled by model-rater-1`."""
    calibration: Calibration = Field(default_factory=Calibration)


class DeciderAround:
    """What stands around another decider, and is that one in everything but how it decides."""

    def __init__(self, inner: Decider, calibration: Calibration | None = None) -> None:
        self.inner = inner
        self.calibration = calibration or inner.calibration

    @property
    def name(self) -> DeciderName:
        return self.inner.name

    @property
    def model(self) -> str:
        return self.inner.model

    @property
    def evidence(self) -> Literal["together", "after", "quoted"]:
        return self.inner.evidence

    @property
    def english_only(self) -> bool:
        return self.inner.english_only


class CalibratedDecider(DeciderAround):
    """A decider whose probabilities are taken to a calibration's temperatures, and judged by its thresholds."""

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        """The inner decider's decisions on verdicts, softened; sentence choices stay as they are."""
        kinds: dict[str, Kind] = {one.name: one.kind for one in questions if not getattr(one, "evidence_for", "")}
        async for decision in self.inner.decide(state, questions):
            temperature = self.calibration.temperatures.get(kinds.get(decision.name, "star"), 1.0)
            if decision.refusal or decision.name not in kinds or temperature == 1.0:
                yield decision
            else:
                softened = soften(decision.probabilities, temperature)
                yield decision.model_copy(update={"probabilities": softened})


def soften(probabilities: Mapping[str, float], temperature: float) -> dict[str, float]:
    """The same at another temperature: p^(1/T), summing to 1 again; above 1 they come nearer to each other.

    The order stays. Guo et al. 2017, "On Calibration of Modern Neural Networks", for which log p are the logits.
    """
    powered = {value: max(p, LEAST) ** (1 / temperature) for value, p in probabilities.items()}
    total = sum(powered.values())
    return {value: p / total for value, p in powered.items()}


def calibrate_decider(decider: Decider, file: Path | None, *, prompt_hash: str) -> Decider:
    """The decider with the calibration in the file; as it is without one.

    Args:
        decider: who grades.
        file: what `interviewer calibrate` wrote.
        prompt_hash: of the grader's templates now. Under others than it was fitted with its agreement is left out.

    Raises:
        SettingsError: the file can't be read, or was fitted to another decider or model.
    """
    if file is None:
        return decider
    fitted = read_calibration(file)
    if (fitted.decider, fitted.model) != (decider.name, decider.model):
        raise SettingsError(
            f"{file} was fitted to {fitted.decider} ({fitted.model}), and {decider.name} ({decider.model}) grades: "
            f"fit one with `interviewer calibrate --decider {decider.name}`, or leave out INTERVIEWER_CALIBRATION."
        )
    calibration = fitted.calibration
    if fitted.prompt_hash != prompt_hash:
        calibration = calibration.model_copy(update={"agreement": None, "elsewhere": None})
    return CalibratedDecider(decider, calibration)


def read_calibration(file: Path) -> FittedCalibration:
    """What `interviewer calibrate` wrote.

    Raises:
        SettingsError: it can't be read, or is something else.
    """
    again = "write it again with `interviewer calibrate`"
    try:
        fitted = FittedCalibration.model_validate_json(file.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise SettingsError(f"The calibration {file} can't be read: {wrong.strerror or wrong}; {again}.") from wrong
    except (ValidationError, UnicodeDecodeError) as wrong:
        raise SettingsError(f"{file} is no calibration of this version: {again}.") from wrong
    if any(temperature <= 0 for temperature in fitted.calibration.temperatures.values()):
        raise SettingsError(f"{file} has a temperature that is not above 0: {again}.")
    return fitted
