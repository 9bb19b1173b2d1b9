from __future__ import annotations

import math
import random

import pytest

from evals.calibrate_readout import labelled, queue
from evals.readout_fit import Sample, Shown, area, fit_curve, fit_kind, fold_of, thresholds
from interviewer.readout import Curve


def made_by(curve: Curve, count: int, *, informed: bool = True) -> list[Sample]:
    """Verdicts drawn from a curve, four an answer; the model's odds are noise unless it is informed."""
    source = random.Random(1)
    samples = []
    for n in range(count):
        reading, x = source.choice(((0.6, 0.3, 0.1), (0.2, 0.3, 0.5), (0.3, 0.4, 0.3))), source.uniform(-3, 3)
        level = source.choices(range(3), curve.levels(reading, x if informed else 0.0))[0]
        samples.append(Sample("key_point.calm", f"a{n // 4}", reading, x, level))
    return samples


def test_a_curve_is_found_again_from_what_it_made() -> None:
    made = Curve(builtin=1.4, model=0.8, cuts=(0.3, 0.6))
    found = fit_curve(made_by(made, 2000), 1.0, 3)
    assert found.builtin == pytest.approx(1.4, abs=0.2)
    assert found.model == pytest.approx(0.8, abs=0.1)
    assert found.cuts == pytest.approx((0.3, 0.6), abs=0.2)


def test_the_scale_of_the_models_odds_does_not_matter() -> None:
    samples = made_by(Curve(model=0.8, cuts=(0.0, 0.0)), 200)
    small = fit_curve([sample._replace(x=sample.x / 10) for sample in samples], 10.0, 3)
    assert small.model == pytest.approx(10 * fit_curve(samples, 10.0, 3).model, rel=1e-2)


def test_a_model_that_knows_nothing_gets_next_to_no_weight() -> None:
    found = fit_kind(made_by(Curve(cuts=(0.0, 0.0)), 400, informed=False), "key_point")
    assert found.builtin == pytest.approx(1.0, abs=0.2) and 0.0 <= found.model < 0.1


def test_a_model_that_says_the_opposite_gets_no_weight() -> None:
    against = [s._replace(x=-s.x) for s in made_by(Curve(model=1.0, cuts=(0.0, 0.0)), 200)]
    assert fit_curve(against, 1.0, 3).model == 0.0


@pytest.mark.parametrize("samples", [[], made_by(Curve(model=2.0, cuts=(1.0, 1.0)), 40)])
def test_under_the_strongest_penalty_or_without_samples_the_built_in_stands(samples: list[Sample]) -> None:
    assert fit_curve(samples, math.inf, 3) == Curve(builtin=1.0, model=0.0, cuts=(0.0, 0.0))
    assert fit_kind([], "red_flag") == Curve(builtin=1.0, model=0.0, cuts=(0.0,))


def test_a_stronger_penalty_stays_nearer_to_the_built_in() -> None:
    samples = made_by(Curve(model=1.0, cuts=(0.0, 0.0)), 100)
    weights = [fit_curve(samples, strength, 3).model for strength in (1.0, 10.0, 100.0, math.inf)]
    assert weights == sorted(weights, reverse=True) and weights[-1] == 0.0 < weights[-2]


def test_all_verdicts_on_one_answer_are_in_the_same_fold() -> None:
    assert fold_of(["a", "a", "b", "c", "d", "e", "f", "b"]) == {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4, "f": 0}


@pytest.mark.parametrize(
    ("chances", "levels", "expected"),
    # Pairs (there, absent): 0.9 > 0.2 and 0.9 > 0.5, 0.5 > 0.2 and 0.5 = 0.5: (3 + ½) ÷ 4.
    [((0.9, 0.5, 0.5, 0.2), (1, 1, 0, 0), 0.875), ((0.1, 0.9), (1, 0), 0.0), ((0.1, 0.9), (0, 0), 0.5)],
)
def test_area_under_the_curve(chances: tuple[float, ...], levels: tuple[int, ...], expected: float) -> None:
    shown = [Shown("red_flag", (1 - p, p), level) for p, level in zip(chances, levels, strict=True)]
    assert area(shown) == pytest.approx(expected)


def test_thresholds_leave_out_verdicts_that_are_too_often_wrong() -> None:
    sure = [Shown("key_point", (0.05, 0.05, 0.9), 2)] * 16
    unsure = [Shown("key_point", (0.31, 0.31, 0.38), level) for level in (0, 0, 0, 0)]
    found = thresholds([*sure, *unsure])
    # All 20: 16 right, 0.8 ≥ 0.75, so the lowest threshold does; of four more wrong ones it does not.
    assert found["key_point"] == 0.34
    assert found["red_flag_present"] >= 0.5 and found["red_flag_absent"] >= 0.5


def test_what_is_recorded_early_has_every_use_and_band_and_each_questions_neutral_answer_first() -> None:
    items = queue()
    assert [item.id for item in items] == [item.id for item in queue()]
    assert len({item.id for item in items}) == len(items)
    early = [item for item in items if item.use != "neutral"][:60]
    assert {item.use for item in early} == {"fit", "test"}
    assert {item.group.rpartition(" ")[2] for item in early} == set("12345")
    assert {item.group.partition(" ")[0] for item in early} == {"seed", "held", "other", "unseen"}
    seen: set[str] = set()
    for item in items:
        assert item.use == "neutral" or item.question in seen
        seen.add(item.question)


def test_nothing_is_fitted_on_answers_the_built_in_was_trained_on_or_is_tested_with() -> None:
    for item in labelled():
        where, part, *_ = item.group.split()
        assert (item.use == "test") == (part == "test")
        assert part != "train" or where == "held"
