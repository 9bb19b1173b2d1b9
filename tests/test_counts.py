"""Figures of tables of counts, resampling and reliability, against other libraries and by hand."""

from __future__ import annotations

import math
import random

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import linregress, spearmanr
from sklearn.metrics import cohen_kappa_score, f1_score

from interviewer.agreement import weighted_kappa
from interviewer.evaluation import counts
from interviewer.evaluation.reliability import expected_calibration_error, reliability_curve
from interviewer.evaluation.resampling import interval, percentile, weigh

Pairs = list[tuple[int, int]]


def drawn_pairs(seed: int) -> tuple[list[int], list[int]]:
    draw = random.Random(seed)
    truth = [draw.randrange(4) for _ in range(50)]
    return truth, [min(3, max(0, t + draw.choice((-2, -1, 0, 0, 0, 1)))) for t in truth]


@pytest.mark.parametrize("seed", range(6))
def test_tables_give_what_scikit_learn_and_scipy_give_for_the_labels(seed: int) -> None:
    truth, said = drawn_pairs(seed)
    table = counts.table(truth, said, values=4)
    assert counts.f1s(table) == pytest.approx(f1_score(truth, said, average=None, labels=range(4)))
    assert counts.macro_f1(table) == pytest.approx(f1_score(truth, said, average="macro"))
    assert counts.kappa(table) == pytest.approx(cohen_kappa_score(truth, said, weights="quadratic"))
    assert counts.spearman(table) == pytest.approx(spearmanr(truth, said)[0])
    two = [[code == 2 for code in codes] for codes in (truth, said)]
    assert counts.macro_f1(counts.against_rest(table, 2)) == pytest.approx(f1_score(*two, average="macro"))
    apart = [abs(t - s) for t, s in zip(truth, said, strict=True)]
    assert counts.mean_distance(table) == pytest.approx(np.mean(apart))
    assert counts.within(table, 1) == pytest.approx(np.mean([a <= 1 for a in apart]))
    assert counts.accuracy(table) == pytest.approx(np.mean([a == 0 for a in apart]))


def test_many_tables_give_what_each_gives_alone() -> None:
    tables = np.stack([counts.table(*drawn_pairs(seed), values=4) for seed in range(3)])
    for formula in (counts.macro_f1, counts.kappa, counts.spearman, counts.accuracy, counts.mean_distance):
        assert formula(tables) == pytest.approx([float(formula(one)) for one in tables])


def test_an_abstention_is_a_miss_and_no_false_alarm() -> None:
    # True 0: said 0, abstained. True 1: said 1. F1 of 0: 2·1 ÷ (2 true + 1 said) = 2/3, of 1: 1.
    table = counts.table([0, 0, 1], [0, 2, 1], values=2, columns=3)
    assert counts.f1s(table) == pytest.approx([2 / 3, 1.0])
    assert counts.accuracy(table) == pytest.approx(2 / 3)


def test_what_cannot_be_measured_is_nan() -> None:
    empty = np.zeros((3, 3))
    same = counts.table([1, 1], [1, 1], values=3)
    for formula in (counts.macro_f1, counts.kappa, counts.spearman, counts.alpha, counts.accuracy):
        assert math.isnan(formula(empty))
    for formula in (counts.kappa, counts.spearman, counts.alpha):
        assert math.isnan(formula(same))


@pytest.mark.parametrize("seed", range(8))
def test_ordinal_alpha_is_that_of_krippendorff(seed: int) -> None:
    draw = random.Random(seed)
    units = [[min(4, max(0, base + draw.choice((-1, 0, 0, 1)))) for _ in range(3)] for base in range(5) for _ in "abcd"]
    ratings = [[None if draw.random() < 0.25 else code for code in unit] for unit in units]
    matrix = np.array([[math.nan if code is None else code for code in unit] for unit in ratings]).T
    expected = krippendorff.alpha(reliability_data=matrix, level_of_measurement="ordinal", value_domain=range(5))
    assert counts.krippendorff_alpha(ratings, values=5) == pytest.approx(expected)


def test_ordinal_alpha_by_hand() -> None:
    # Units (0, 0), (1, 1), (0, 1): o(0,0) = 2, o(1,1) = 2, o(0,1) = o(1,0) = 1, so n = 3, 3. The only
    # distance δ² cancels: observed 2 · δ², expected 2 · 3 · 3 · δ² ÷ 5. 1 − 2 ÷ 3.6 = 4/9.
    assert counts.krippendorff_alpha([(0, 0), (1, 1), (0, 1)], values=2) == pytest.approx(4 / 9)
    assert math.isnan(counts.krippendorff_alpha([(0, None), (None, 1)], values=2))


def test_the_slope_is_that_of_scipy_and_passes_over_what_is_missing() -> None:
    x, y = np.array([1.0, 2, 4, 5, math.nan, 7]), np.array([0.1, 0.4, 0.3, math.nan, 1, 0.9])
    there = [0, 1, 2, 5]
    assert counts.slope(counts.moments(x, y).sum(0)) == pytest.approx(linregress(x[there], y[there]).slope)
    assert math.isnan(counts.slope(counts.moments(np.ones(3), np.arange(3.0)).sum(0)))


PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=20)


@given(PAIRS)
def test_tables_agree_with_labels_and_are_the_same_from_either_side(pairs: Pairs) -> None:
    truth, said = [t for t, _ in pairs], [s for _, s in pairs]
    one, other = counts.table(truth, said, values=5), counts.table(said, truth, values=5)
    for formula in (counts.macro_f1, counts.kappa, counts.spearman, counts.accuracy, counts.mean_distance):
        assert formula(one) == pytest.approx(formula(other), nan_ok=True)
    assert 0 <= counts.macro_f1(one) <= 1
    if not math.isnan(counts.kappa(one)):
        assert counts.kappa(one) == pytest.approx(weighted_kappa(truth, said))
    alpha = counts.krippendorff_alpha(pairs, values=5)
    assert math.isnan(alpha) or alpha <= 1


# ── resampling ───────────────────────────────────────────────────────────────────────────────────────

GROUPS = ["a"] * 3 + ["b"] * 5 + ["c"] * 2


def test_a_draw_takes_whole_questions_and_then_as_many_of_their_answers() -> None:
    weights = weigh(GROUPS, draws=200, seed=1)
    by_question = np.stack([weights[:, :3].sum(1) / 3, weights[:, 3:8].sum(1) / 5, weights[:, 8:].sum(1) / 2], 1)
    assert np.all(by_question == by_question.round())
    assert np.all(by_question.sum(1) == 3)
    assert {0.0, 1.0, 2.0, 3.0} <= set(by_question.ravel().tolist())
    assert len(np.unique(weights, axis=0)) > 150  # answers differ within the same questions
    assert np.array_equal(weights, weigh(GROUPS, draws=200, seed=1))
    assert not np.array_equal(weights, weigh(GROUPS, draws=200, seed=2))


def test_one_question_has_its_answers_drawn() -> None:
    weights = weigh(["a"] * 4, draws=50)
    assert np.all(weights.sum(1) == 4)
    with pytest.raises(ValueError, match="No answers"):
        weigh([])


def test_questions_that_differ_widen_the_interval() -> None:
    # The same 40 answers, half right: as 40 answers to one question, or 4 questions all right or all wrong.
    right = np.array([1.0] * 20 + [0.0] * 20)
    width = []
    for groups in (["a"] * 40, [str(n // 10) for n in range(40)]):
        ends = interval(weigh(groups, draws=400) @ right / 40)
        assert ends is not None
        width.append(ends[1] - ends[0])
    # Standard errors: sqrt(0.25 / 40) = 0.079 and sqrt(0.25 / 4) = 0.25.
    assert width[1] > 2 * width[0]


def test_an_interval_is_the_middle_95_percent_of_what_was_measured() -> None:
    # Of 0 to 200, 2.5 % is 5 and 97.5 % is 195.
    assert interval(np.append(np.arange(201.0), math.nan)) == (5.0, 195.0)
    assert interval(np.array([math.nan])) is None


def test_percentiles_are_of_the_answers_in_the_draw() -> None:
    values = np.array([30.0, 10, math.nan, 20])
    weights = np.array([[1.0, 1, 1, 1], [0, 1, 1, 0], [0, 0, 5, 0], [1, 3, 0, 0]])
    # All: 10 20 30, half is reached at 20; 10 alone; nothing known; 10 10 10 30.
    assert percentile(values, weights, 0.5) == pytest.approx([20, 10, math.nan, 10], nan_ok=True)
    assert percentile(values, weights, 0.95) == pytest.approx([30, 10, math.nan, 30], nan_ok=True)


# ── reliability ──────────────────────────────────────────────────────────────────────────────────────


def test_calibration_error_by_hand() -> None:
    # Two bins of two: (0.5, 0.6) with one right, |1.1 − 1| = 0.1; (0.9, 1.0) with one right, |1.9 − 1| = 0.9. 1.0 ÷ 4.
    sure, right = [0.9, 0.5, 1.0, 0.6], [True, True, False, False]
    assert expected_calibration_error(sure, right, bins=2) == pytest.approx(0.25)
    low, high = reliability_curve(sure, right, bins=2)
    assert (low.n, high.n) == (2, 2)
    assert (low.confidence, low.right, high.confidence, high.right) == pytest.approx((0.55, 0.5, 0.95, 0.5))


def test_equal_probabilities_share_a_bin_in_any_order() -> None:
    right = [True, False, True, False]
    assert expected_calibration_error([0.5] * 4, right, bins=4) == 0
    assert expected_calibration_error([0.5] * 4, sorted(right), bins=4) == 0
    assert len(reliability_curve([0.5] * 4, right, bins=4)) == 1


def test_no_probabilities_have_no_error() -> None:
    assert math.isnan(expected_calibration_error([], []))
    assert reliability_curve([], []) == ()
    with pytest.raises(ValueError, match="As many"):
        expected_calibration_error([0.5], [])


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), st.integers(1, 12))
def test_bins_hold_everything_and_the_error_is_bounded(pairs: list[tuple[float, bool]], bins: int) -> None:
    sure, right = [p for p, _ in pairs], [r for _, r in pairs]
    curve = reliability_curve(sure, right, bins=bins)
    assert sum(point.n for point in curve) == len(pairs)
    assert len(curve) <= bins
    assert [point.confidence for point in curve] == sorted(point.confidence for point in curve)
    assert -1e-9 <= expected_calibration_error(sure, right, bins=bins) <= 1 + 1e-9
