"""Calibrations: temperatures and thresholds of tiny tables by hand, kept in a file and given to a decider."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import ScriptedDecider
from shipped import PROMPTS, QUESTION
from test_figures import case, labels, outcome

from interviewer.calibrated import CalibratedDecider, FittedCalibration, calibrate_decider, read_calibration, soften
from interviewer.errors import SettingsError
from interviewer.evaluation.calibration import (
    MOST_FLAGGED,
    Readings,
    fit,
    fit_alarm,
    fit_temperature,
    fit_threshold,
    read,
    soften_all,
)
from interviewer.rubric import verdict_questions
from interviewer.schema import Calibration, State

SHARES = st.lists(st.tuples(st.floats(0.3, 1), st.booleans()), min_size=1, max_size=40)


def threshold(pairs: list[tuple[float, bool]], wanted: float, most_unsure: float = 0.5) -> float:
    return fit_threshold(np.array([p for p, _ in pairs]), np.array([r for _, r in pairs]), wanted, most_unsure)


# ── thresholds ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("wanted", "most_unsure", "least"),
    [
        # 0.4 and 0.5 wrong, 0.7 and 0.8 right: of all, half are right; without the first 2/3; of the last two, all.
        (0.5, 0.5, 0.34),
        (0.6, 0.5, 0.42),
        (0.9, 0.5, 0.52),
        # All but one right is the best that leaves at most one of four unsure: 0.5 is the highest threshold for that.
        (0.9, 0.25, 0.5),
    ],
)
def test_a_threshold_is_the_least_at_which_verdicts_are_right_as_often_as_wanted(
    wanted: float, most_unsure: float, least: float
) -> None:
    assert threshold([(0.4, False), (0.5, False), (0.7, True), (0.8, True)], wanted, most_unsure) == least


def test_a_threshold_lies_lower_where_even_the_least_leaves_too_many_unsure() -> None:
    # A tenth may be unsure; nine of ten lie at 0.3.
    assert threshold([*[(0.3, True)] * 9, (0.9, True)], 0.75, 0.1) == 0.3
    assert threshold([], 0.75) == 0.5


@settings(deadline=None)
@given(pairs=SHARES, wanted=st.floats(0, 1), most_unsure=st.floats(0, 0.6))
def test_no_threshold_leaves_more_unsure_than_allowed(
    pairs: list[tuple[float, bool]], wanted: float, most_unsure: float
) -> None:
    least = threshold(pairs, wanted, most_unsure)
    assert sum(p < least for p, _ in pairs) <= most_unsure * len(pairs) + 1e-9


@settings(deadline=None)
@given(pairs=SHARES, wanted=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_wanting_more_never_lowers_a_threshold(pairs: list[tuple[float, bool]], wanted: tuple[float, float]) -> None:
    less, more = sorted(wanted)
    assert threshold(pairs, less) <= threshold(pairs, more)


def alarm(free: list[list[float]], flagged: list[list[float]] | None = None) -> float:
    rows = [(f"free{n}", p, 0) for n, found in enumerate(free) for p in found]
    rows += [
        (f"flagged{n}", p, int(place == 0)) for n, found in enumerate(flagged or []) for place, p in enumerate(found)
    ]
    return fit_alarm([a for a, _, _ in rows], np.array([p for _, p, _ in rows]), np.array([t for _, _, t in rows]))


def test_at_most_three_of_a_hundred_flag_free_answers_are_flagged() -> None:
    # Of 67 answers two may be flagged (2 ÷ 67 = 2.99 %): the third highest has to stay below.
    free = [[0.1, 0.9], [0.8, 0.1], [0.7, 0.7], *[[0.2, 0.3]] * 64]
    assert MOST_FLAGGED == 0.03 and alarm(free) == 0.71
    # One answer fewer, and 2 of 66 (3.03 %) are too many.
    assert alarm(free[:-1]) == 0.81
    # Answers with a flag are no false alarms, whatever is said of them.
    assert alarm(free, [[0.6, 0.99]] * 5) == 0.71


def test_answers_are_counted_and_not_flags() -> None:
    # One answer with ten flags at 0.9 is one of 40 (2.5 %): it may be flagged.
    assert alarm([[0.9] * 10, *[[0.2] * 10] * 39]) == 0.5


def test_an_alarm_where_nothing_helps_or_nothing_is_needed() -> None:
    assert alarm([[1.0]] * 5) == 1.0
    assert alarm([], [[0.9]]) == 0.5


@settings(deadline=None)
@given(free=st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=3), min_size=1, max_size=30), more=st.floats(0, 1))
def test_one_more_high_flag_free_answer_never_lowers_the_alarm(free: list[list[float]], more: float) -> None:
    least = alarm(free)
    flagged = sum(max(found) >= least for found in free)
    assert flagged <= MOST_FLAGGED * len(free) or least == 1.0
    assert alarm([*free, *[[1.0]] * len(free)]) >= least


# ── temperatures ─────────────────────────────────────────────────────────────────────────────────────


def test_a_temperature_makes_probabilities_as_sure_as_they_are_right() -> None:
    # Nine of ten at 0.9 are right: nothing to do. Seven of ten: log-odds 0.85 instead of 2.2, so 2.2 / 0.85 = 2.59.
    told = np.array([[0.1, 0.9]] * 10)
    assert fit_temperature(told, np.array([1] * 9 + [0])) == 1.0
    assert fit_temperature(told, np.array([1] * 7 + [0] * 3)) == pytest.approx(math.log(9) / math.log(7 / 3), abs=0.025)
    # Always right: as sharp as may be.
    assert fit_temperature(told, np.array([1] * 10)) == 0.5


@settings(deadline=None)
@given(
    told=st.lists(st.floats(0.001, 1), min_size=2, max_size=4),
    temperature=st.floats(0.5, 3),
)
def test_softening_keeps_the_order_and_the_sum(told: list[float], temperature: float) -> None:
    before = {str(n): p / sum(told) for n, p in enumerate(told)}
    after = soften(before, temperature)
    assert sum(after.values()) == pytest.approx(1)
    for one in before:
        for other in before:
            assert before[one] > before[other] or after[one] <= after[other] + 1e-12
    assert list(after.values()) == pytest.approx(soften_all(np.array([list(before.values())]), temperature)[0].tolist())


# ── from outcomes ────────────────────────────────────────────────────────────────────────────────────


def sure(**by_name: float) -> dict[str, dict[str, float]]:
    return {f"red_flag.{name}": {"true": p, "false": 1 - p} for name, p in by_name.items()}


def test_labelled_verdicts_with_probabilities_are_read_by_kind() -> None:
    cases = [case(0, labels("cm", flags=[True])), case(1, None)]
    told = {"key_point.k0": {"covered": 0.7, "partial": 0.2, "missing": 0.1}, "key_point.k9": {"covered": 1.0}}
    outcomes = [
        outcome(0, "cm", probabilities={**told, **sure(f0=0.9)}),
        outcome(0, "cm", repeat=1, probabilities=sure(f0=0.1)),
        outcome(1, "cm", probabilities=told),
    ]
    found = read(cases, outcomes)
    assert found["key_point"].answers == ("c0",) and found["key_point"].labels.tolist() == [2]
    assert found["key_point"].probabilities.tolist() == [[0.1, 0.2, 0.7]]
    assert found["red_flag"].probabilities[0].tolist() == pytest.approx([0.1, 0.9])
    assert found["motivation"].labels.size == 0


def test_a_fit_reports_what_it_does_to_each_kind_that_has_verdicts() -> None:
    rows = Readings(tuple("abcdefghij"), np.array([[0.0, 0.1, 0.9]] * 10), np.array([2] * 7 + [0] * 3))
    calibration, (report,) = fit({"key_point": rows})
    assert calibration.star == Calibration().star and set(calibration.temperatures) == {"key_point"}
    # 0.9 sure and 0.7 right: wrong by 0.2 before, and nearly nothing after.
    assert report.error_before == pytest.approx(0.2) and report.error_after < report.error_before
    assert report.n == report.curve[0].n == 10 and report.right == pytest.approx(0.7)


# ── in a file, and given to a decider ────────────────────────────────────────────────────────────────


def fitted(**changes: Any) -> FittedCalibration:
    told = {
        "decider": "builtin", "model": "scripted", "prompt_hash": "p", "made": "2026-11-25", "answers": "dev",
        "calibration": {
            "key_point": 0.7, "temperatures": {"key_point": 2.0},
            "agreement": {
                "labellers": "x", "split": "s", "measured": "d", "key_point_macro_f1": 0.5, "key_point_coverage": 1,
                "red_flag_f1": 0.5,
            },
        },
    }  # fmt: skip
    return FittedCalibration.model_validate({**told, **changes})


def write(file: Path, **changes: Any) -> Path:
    file.write_text(fitted(**changes).model_dump_json(), encoding="utf-8")
    return file


async def test_a_calibrated_decider_has_other_thresholds_and_softer_verdicts_and_the_same_sentences(
    tmp_path: Path,
) -> None:
    said = {"key_point.calm": ("covered", 0.9), "red_flag.blaming": ("true", 0.8), "key_point.empathy": None}
    decider = calibrate_decider(ScriptedDecider(said), write(tmp_path / "c.json"), prompt_hash="p")
    assert isinstance(decider, CalibratedDecider) and decider.calibration.key_point == 0.7
    assert (decider.name, decider.model, decider.evidence) == ("builtin", "scripted", "together")
    assert decider.calibration.agreement is not None
    questions = verdict_questions(QUESTION, PROMPTS.render)
    state = State(asked="?", sentences=(), text="")
    found = {one.name: one async for one in decider.decide(state, questions)}
    # √0.9 : √0.1 is 3 : 1.
    assert found["key_point.calm"].probabilities["covered"] == pytest.approx(0.75)
    assert found["key_point.empathy"].refusal
    assert found["star.result"].probabilities == {"false": 0.9, "true": pytest.approx(0.1)}


def test_agreement_is_shown_only_with_the_wording_it_was_measured_with(tmp_path: Path) -> None:
    decider = calibrate_decider(ScriptedDecider(), write(tmp_path / "c.json"), prompt_hash="other")
    assert decider.calibration.agreement is None and decider.calibration.key_point == 0.7
    plain = ScriptedDecider()
    assert calibrate_decider(plain, None, prompt_hash="p") is plain


@pytest.mark.parametrize("changes", [{"decider": "readout"}, {"model": "another"}])
def test_a_calibration_of_another_decider_or_model_is_refused(tmp_path: Path, changes: dict[str, str]) -> None:
    file = write(tmp_path / "c.json", **changes)
    with pytest.raises(SettingsError, match=r"c\.json was fitted to .*, and builtin \(scripted\) grades"):
        calibrate_decider(ScriptedDecider(), file, prompt_hash="p")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "is no calibration of this version"),
        (b"\xff", "is no calibration of this version"),
        (None, "can't be read"),
        (fitted(calibration={"temperatures": {"star": 0}}).model_dump_json(), "a temperature that is not above 0"),
    ],
)
def test_what_is_no_calibration_is_told_in_one_sentence(tmp_path: Path, text: str | bytes | None, told: str) -> None:
    file = tmp_path / "c.json"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError, match=told):
        read_calibration(file)
