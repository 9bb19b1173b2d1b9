"""Fits temperatures and thresholds to labelled answers, by rules written here; never reads a file, never grades.

Temperature of a kind: the one of 0.50, 0.55 … 3.00 with the least negative log-likelihood of the reference labels
(Guo et al. 2017, "On Calibration of Modern Neural Networks").
Threshold of a kind: the least of 0.34, 0.36 … 0.90 at which the verdicts given are right as often as `WANTED` says;
where none is, or more than `MOST_UNSURE` would be unsure, the highest that leaves no more than that unsure; where
even 0.34 leaves more unsure, the quantile that doesn't. For red flags said absent the same, from 0.5.
Threshold of red flags said present: the least of 0.50, 0.51 … 0.99 at which at most `MOST_FLAGGED` of the answers
without a flag are said to have any; 1 where none is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..calibrated import LEAST
from ..schema import Calibration, Kind
from .counts import Floats
from .marks import VALUES as SAID
from .marks import codes_of_labels, kind_of
from .records import Case, Outcome
from .reliability import Point, expected_calibration_error, reliability_curve

__all__ = [
    "MOST_FLAGGED",
    "MOST_UNSURE",
    "VALUES",
    "WANTED",
    "KindReport",
    "Readings",
    "fit",
    "fit_alarm",
    "fit_temperature",
    "fit_threshold",
    "read",
    "soften_all",
]

WANTED: dict[str, float] = {"key_point": 0.8, "motivation": 0.65, "star": 0.85, "present": 0.7, "absent": 0.95}
"""Share of the verdicts given that should be right."""
MOST_UNSURE: dict[str, float] = {"key_point": 0.25, "motivation": 0.25, "star": 0.2, "present": 0.5, "absent": 0.15}
MOST_FLAGGED = 0.03
"""Of the answers without a red flag, the share that may be said to have one."""
TEMPERATURES = np.round(np.arange(0.5, 3.01, 0.05), 2)
THRESHOLDS = np.round(np.arange(0.34, 0.91, 0.02), 2)
ALARMS = np.round(np.arange(0.5, 1.0, 0.01), 2)
VALUES: dict[Kind, tuple[str, ...]] = {
    "key_point": SAID["key_point"],
    "motivation": SAID["motivation"],
    "red_flag": ("false", "true"),
    "star": ("false", "true"),
}
"""As decisions name them, in the order of `marks.VALUES`."""


class Readings(NamedTuple):
    """The labelled verdicts of one kind."""

    answers: tuple[str, ...]
    """Which answer each is of."""
    probabilities: Floats
    """`(verdicts, values)`, in the order of `VALUES`."""
    labels: npt.NDArray[np.int64]
    """`(verdicts,)`: places in `VALUES`."""


class KindReport(NamedTuple):
    """What calibrating did to one kind, on the answers it was fitted on."""

    kind: Kind
    n: int
    temperature: float
    error_before: float
    """Expected calibration error of the likeliest values, ten equal-mass bins."""
    error_after: float
    given: float
    """Share of the verdicts that reach their threshold."""
    right: float
    """Share of those that are right; nan for none."""
    curve: tuple[Point, ...]
    """After, from the least sure."""


def read(cases: Iterable[Case], outcomes: Iterable[Outcome]) -> dict[Kind, Readings]:
    """The labelled verdicts that probabilities were given for, of each case's first run, by kind."""
    first = {outcome.case: outcome for outcome in outcomes if not outcome.repeat}
    rows: dict[Kind, list[tuple[str, list[float], int]]] = {kind: [] for kind in VALUES}
    for case in cases:
        if case.reference is not None and case.id in first:
            for name, code in codes_of_labels(case.reference).items():
                found = first[case.id].probabilities.get(name)
                if found and name != "band":
                    kind: Kind = next(one for one in VALUES if one == kind_of(name))
                    rows[kind].append((case.id, [found.get(value, 0.0) for value in VALUES[kind]], code))
    return {
        kind: Readings(
            tuple(answer for answer, _, _ in found),
            np.array([p for _, p, _ in found], dtype=float).reshape(-1, len(VALUES[kind])),
            np.array([code for _, _, code in found], dtype=np.int64),
        )
        for kind, found in rows.items()
    }


def fit(readings: Mapping[Kind, Readings]) -> tuple[Calibration, tuple[KindReport, ...]]:
    """Thresholds and temperatures of every kind that has verdicts; the others keep the defaults."""
    thresholds: dict[str, float] = {}
    temperatures: dict[Kind, float] = {}
    reports = []
    for kind, found in readings.items():
        if len(found.labels):
            temperature = temperatures[kind] = fit_temperature(found.probabilities, found.labels)
            softened = found._replace(probabilities=soften_all(found.probabilities, temperature))
            least = _thresholds(kind, softened)
            thresholds |= least
            reports.append(_report(kind, found, softened, temperature, least))
    return Calibration.model_validate({**thresholds, "temperatures": temperatures}), tuple(reports)


def _thresholds(kind: Kind, found: Readings) -> dict[str, float]:
    """By field of `Calibration`."""
    said, sure = found.probabilities.argmax(1), found.probabilities.max(1)
    right = said == found.labels
    if kind != "red_flag":
        return {kind: fit_threshold(sure, right, WANTED[kind], MOST_UNSURE[kind])}
    absent = said == 0
    least = fit_threshold(sure[absent], right[absent], WANTED["absent"], MOST_UNSURE["absent"])
    alarm = fit_alarm(found.answers, found.probabilities[:, 1], found.labels)
    return {"red_flag_present": alarm, "red_flag_absent": max(0.5, least)}


def fit_temperature(probabilities: Floats, labels: npt.NDArray[np.int64]) -> float:
    """See the module; probabilities `(verdicts, values)`, labels `(verdicts,)` as columns."""

    def cost(temperature: float) -> float:
        return float(-np.log(soften_all(probabilities, temperature)[np.arange(len(labels)), labels]).mean())

    return float(min(TEMPERATURES, key=cost))


def soften_all(probabilities: Floats, temperature: float) -> Floats:
    """Probabilities `(verdicts, values)` as `calibrated.soften` takes them to another temperature."""
    powered = np.maximum(probabilities, LEAST) ** (1.0 / temperature)
    return np.asarray(powered / powered.sum(axis=1, keepdims=True))


def fit_threshold(sure: Floats, right: npt.NDArray[np.bool_], wanted: float, most_unsure: float) -> float:
    """See the module.

    Args:
        sure: each verdict's probability.
        right: whether the reference agrees.
        wanted: share of the verdicts given that should be right.
        most_unsure: share of the verdicts that may stay below the threshold.

    Returns:
        The threshold; 0.5 for no verdicts.
    """
    if len(sure) == 0:
        return 0.5
    allowed = [t for t in THRESHOLDS if (sure < t).mean() <= most_unsure]
    if not allowed:
        return float(np.floor(100 * np.quantile(sure, most_unsure, method="lower")) / 100)
    good = [t for t in allowed if right[sure >= t].mean() >= wanted]
    return float(min(good) if good else max(allowed))


def fit_alarm(answers: Sequence[str], present: Floats, labels: npt.NDArray[np.int64]) -> float:
    """The threshold of red flags said present; see the module.

    Args:
        answers: which answer each verdict is of.
        present: the probability that its flag is there.
        labels: 1 where it is.

    Returns:
        The threshold; 0.5 where every answer has a flag.
    """
    flagged = {answer for answer, label in zip(answers, labels, strict=True) if label}
    highest: dict[str, float] = {}
    for answer, p in zip(answers, present, strict=True):
        if answer not in flagged:
            highest[answer] = max(float(p), highest.get(answer, 0.0))
    reached = np.array(list(highest.values()))
    good = (t for t in ALARMS if not len(reached) or (reached >= t).mean() <= MOST_FLAGGED)
    return float(next(good, 1.0))


# ── what it did ──────────────────────────────────────────────────────────────────────────────────────


def _report(
    kind: Kind, raw: Readings, softened: Readings, temperature: float, least: Mapping[str, float]
) -> KindReport:
    said, sure = softened.probabilities.argmax(1), softened.probabilities.max(1)
    right = said == softened.labels
    bars = np.array([least.get(kind, 0.0) or least[f"red_flag_{'present' if one else 'absent'}"] for one in said])
    given = sure >= bars
    before = raw.probabilities.argmax(1) == raw.labels
    return KindReport(
        kind=kind,
        n=len(said),
        temperature=temperature,
        error_before=expected_calibration_error(raw.probabilities.max(1).tolist(), before.tolist()),
        error_after=expected_calibration_error(sure.tolist(), right.tolist()),
        given=float(given.mean()),
        right=float(right[given].mean()) if given.any() else float("nan"),
        curve=reliability_curve(sure.tolist(), right.tolist()),
    )
