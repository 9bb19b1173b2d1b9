"""Turns decisions into verdicts, and verdicts into coverage and a band; never asks anybody anything.

The rule, in full:

* A verdict is the likeliest value of a decision whose probability reaches the decider's calibrated threshold;
  below it, or where a chat model's samples disagree, the verdict is *unsure*. A refused or missing decision is
  *unscored*. Neither is ever rounded up.
* Every covered or partly covered key point, every motivation above level 0, every present red flag and every STAR
  part that is there needs words of the candidate that code has found; without them it is *unsure* (no sentence
  shows it); a chat model's words that are not in the answer make it *unscored*.
* A red flag that is *unsure* comes with the words it may be in, where there are any: to be read again by whoever said
  them. It counts for nothing.
* Coverage = (covered + ½ · partly) ÷ judged key points, given only when at least half of them were judged.
* Band = 1¼ + 2 · coverage + 2 · (mean motivation level ÷ 3), rounded to the nearest whole number (½ upwards), at
  most 2 when a red flag is present. It is given only when at least 60 % of the key points and half of the
  motivations were judged.

`evals/fit_band.py` chose the three numbers on the train answers. From raters' own verdicts the rule gives the raters'
bands, on answers it was not chosen on, at a quadratic weighted kappa of 0.925 (84 answers to questions that some train
answers are to) and 0.943 (96 answers to eight other questions); `tests/test_scoring.py` recomputes both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, cast

from .phrases import later
from .schema import Calibration, Decision, KeyPointVerdict, MotivationVerdict, Quote, RedFlagVerdict
from .written import MAY_BE, NO_WORDS, NOT_SURE

__all__ = [
    "band",
    "coverage",
    "judge_key_point",
    "judge_motivation",
    "judge_red_flag",
    "judge_star",
    "needs_words",
    "points_for",
]

NOT_JUDGED = later("Not judged yet.")
LEAST_COVERAGE = 0.5
LEAST_KEY_POINTS = 0.6
LEAST_MOTIVATIONS = 0.5
CREDIT = {"covered": 1.0, "partial": 0.5, "missing": 0.0}
FLAG_CAP = 2
BASE, COVERAGE_WEIGHT, MOTIVATION_WEIGHT = 1.25, 2.0, 2.0
_UNSHOWN = frozenset({"missing", "0", "false"})
"""Values that say something is not there, so no words can show them."""


class Judged(NamedTuple):
    """One decision settled: its value, or why it has none."""

    value: str
    """The value of the decision, `"unsure"` or `"unscored"`."""
    probability: float | None
    quotes: tuple[Quote, ...]
    reason: str


def judge_key_point(decision: Decision | None, quotes: Sequence[Quote], calibration: Calibration) -> KeyPointVerdict:
    """The verdict on one key point, `quotes` being those found for it."""
    judged = _settle(decision, quotes, lambda _: calibration.key_point)
    verdict = cast(Literal["covered", "partial", "missing", "unsure", "unscored"], judged.value)
    return KeyPointVerdict(verdict=verdict, probability=judged.probability, quotes=judged.quotes, reason=judged.reason)


def judge_motivation(decision: Decision | None, quotes: Sequence[Quote], calibration: Calibration) -> MotivationVerdict:
    """The level of one motivation, None with the reason when unsure or unscored."""
    judged = _settle(decision, quotes, lambda _: calibration.motivation)
    level = int(judged.value) if judged.value.isdigit() else None
    return MotivationVerdict(
        level=level,
        unsure=judged.value == "unsure",
        probability=judged.probability,
        quotes=judged.quotes,
        reason=judged.reason,
    )


def judge_red_flag(decision: Decision | None, quotes: Sequence[Quote], calibration: Calibration) -> RedFlagVerdict:
    """Whether one red flag is present; an unsure one keeps the words it may be in."""
    least = {"true": calibration.red_flag_present, "false": calibration.red_flag_absent}
    judged = _settle(decision, quotes, least.__getitem__)
    if judged.value == "unsure" and quotes and decision is not None and decision.probabilities:
        told = MAY_BE.format(probability=f"{decision.probabilities['true']:.0%}")
        judged = judged._replace(quotes=tuple(quotes), reason=told)
    value = {"true": "present", "false": "absent"}.get(judged.value, judged.value)
    verdict = cast(Literal["present", "absent", "unsure", "unscored"], value)
    return RedFlagVerdict(verdict=verdict, probability=judged.probability, quotes=judged.quotes, reason=judged.reason)


def judge_star(
    decision: Decision | None, quotes: Sequence[Quote], calibration: Calibration
) -> tuple[bool | None, tuple[Quote, ...]]:
    """Whether one STAR part is there (None: unsure or unscored), and the words that show it."""
    judged = _settle(decision, quotes, lambda _: calibration.star)
    return {"true": True, "false": False}.get(judged.value), judged.quotes


def coverage(key_points: Mapping[str, KeyPointVerdict]) -> float | None:
    """Share of the judged key points that are covered, partly counting half; None when too few were judged."""
    judged = [CREDIT[point.verdict] for point in key_points.values() if point.verdict in CREDIT]
    if not judged or len(judged) < LEAST_COVERAGE * len(key_points):
        return None
    return round(sum(judged) / len(judged), 4)


def band(
    key_points: Mapping[str, KeyPointVerdict],
    motivations: Mapping[str, MotivationVerdict],
    red_flags: Mapping[str, RedFlagVerdict],
) -> int | None:
    """1 poor to 5 excellent, by the rule above; None when too little was judged to say."""
    levels = [verdict.level for verdict in motivations.values() if verdict.level is not None]
    judged = sum(point.verdict in CREDIT for point in key_points.values())
    covered = coverage(key_points)
    if covered is None or judged < LEAST_KEY_POINTS * len(key_points):
        return None
    if not levels or len(levels) < LEAST_MOTIVATIONS * len(motivations):
        return None
    whole = min(5, max(1, math.floor(points_for(covered, sum(levels) / len(levels)) + 0.5)))
    flagged = any(flag.verdict == "present" for flag in red_flags.values())
    return min(whole, FLAG_CAP) if flagged else whole


def points_for(coverage: float, level: float) -> float:
    """What a coverage (0 to 1) and a mean motivation level (0 to 3) come to, before rounding and the cap."""
    return BASE + COVERAGE_WEIGHT * coverage + MOTIVATION_WEIGHT * level / 3


def likeliest(decision: Decision) -> tuple[str, float]:
    """The value with the highest probability; the first of equals, as the question listed them."""
    return max(decision.probabilities.items(), key=lambda item: item[1])


def needs_words(decision: Decision, calibration: Calibration) -> bool:
    """Whether a decision, if it stands, needs words of the candidate that show it."""
    if decision.unsure:
        return False
    kind = decision.name.partition(".")[0]
    value, probability = likeliest(decision)
    if kind == "red_flag":
        return value == "true" and probability >= calibration.red_flag_present
    least = {"key_point": calibration.key_point, "motivation": calibration.motivation}.get(kind, calibration.star)
    return value not in _UNSHOWN and probability >= least


def _settle(
    decision: Decision | None,
    quotes: Sequence[Quote],
    least: Callable[[str], float],
) -> Judged:
    """One decision against its threshold and its quotes."""
    if decision is not None and decision.unsure:
        return Judged("unsure", None, (), decision.unsure)
    if decision is None or decision.refusal or not decision.probabilities:
        return Judged("unscored", None, (), (decision.refusal if decision else "") or NOT_JUDGED)
    value, probability = likeliest(decision)
    shown = round(probability, 4) if decision.measured else None
    if probability < least(value):
        told = NOT_SURE.format(verdict=_said(value), probability=f"{probability:.0%}")
        return Judged("unsure", shown, (), told)
    if value in _UNSHOWN:
        return Judged(value, shown, (), decision.reason)
    if not quotes:
        return Judged("unsure", shown, (), NO_WORDS.format(verdict=_said(value)))
    return Judged(value, shown, tuple(quotes), decision.reason)


def _said(value: str) -> str:
    words = {"true": later("yes"), "false": later("no"), "partial": "partly covered"}
    return f"level {value}" if value.isdigit() else words.get(value, value)
