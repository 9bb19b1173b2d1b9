from __future__ import annotations

import math
import random

import pytest

from evals import readout_fit
from evals.builtin_examples import HELD_QUESTIONS, SEED, load_answers, other_questions
from evals.calibrate_readout import Item, Read, found_at, labelled, show
from evals.readout_fit import Sample, Shown, area, fit_curve, fit_kind, fold_of, thresholds
from interviewer.readout import Curve, Said, at_least


def said_at(x: float) -> tuple[float, ...]:
    """What a model says whose log-odds are x of partly or more, and x − 1 of covered."""
    some, all_ = (1 / (1 + math.exp(-odds)) for odds in (x, x - 1))
    return (1 - some, some - all_, all_)


def scaled(said: tuple[float, ...], by: float) -> tuple[float, ...]:
    """The same with its log-odds times a number."""
    odds = [by * one for one in at_least(said)]
    reached = [1 / (1 + math.exp(-one)) for one in (max(odds), min(odds))]
    return (1 - reached[0], reached[0] - reached[1], reached[1])


def made_by(curve: Curve, count: int, *, informed: bool = True) -> list[Sample]:
    """Verdicts drawn from a curve, four an answer; the model's odds are noise unless it is informed."""
    source = random.Random(1)
    samples = []
    for n in range(count):
        reading = source.choice(((0.6, 0.3, 0.1), (0.2, 0.3, 0.5), (0.3, 0.4, 0.3)))
        said = said_at(source.uniform(-3, 3))
        level = source.choices(range(3), curve.levels(reading, said if informed else said_at(0.0)))[0]
        samples.append(Sample("key_point.calm", f"a{n // 4}", reading, said, level))
    return samples


def test_a_curve_is_found_again_from_what_it_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readout_fit, "PARTLY_COUNTS", 1.0)
    made = Curve(builtin=1.4, model=0.8, cuts=(0.3, 0.6))
    found = fit_curve(made_by(made, 2000), 1.0, 3)
    assert found.builtin == pytest.approx(1.4, abs=0.2)
    assert found.model == pytest.approx(0.8, abs=0.1)
    assert found.cuts == pytest.approx((0.3, 0.6), abs=0.2)


def test_partly_covered_points_count_for_more_and_red_flags_and_the_ends_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    samples = made_by(Curve(model=0.8, cuts=(0.0, 0.0)), 400)
    ends, flags = [s for s in samples if s.level != 1], [s._replace(level=min(s.level, 1)) for s in samples]
    flags = [s._replace(reading=(s.reading[0], 1 - s.reading[0]), said=(s.said[0], 1 - s.said[0])) for s in flags]

    def fitted() -> list[Curve]:
        return [fit_curve(samples, 1.0, 3), fit_curve(ends, 1.0, 3), fit_curve(flags, 1.0, 2)]

    now = fitted()
    monkeypatch.setattr(readout_fit, "PARTLY_COUNTS", 1.0)
    alike = fitted()
    room, before = (curve.cuts[1] - curve.cuts[0] for curve in (now[0], alike[0]))
    assert room > before and now[1:] == alike[1:]


def test_the_scale_of_the_models_odds_does_not_matter() -> None:
    samples = made_by(Curve(model=0.8, cuts=(0.0, 0.0)), 200)
    small = fit_curve([sample._replace(said=scaled(sample.said, 0.1)) for sample in samples], 10.0, 3)
    assert small.model == pytest.approx(10 * fit_curve(samples, 10.0, 3).model, rel=1e-2)


def test_a_model_that_knows_nothing_gets_next_to_no_weight() -> None:
    found = fit_kind(made_by(Curve(cuts=(0.0, 0.0)), 400, informed=False), "key_point")
    assert found.builtin == pytest.approx(1.0, abs=0.2) and 0.0 <= found.model < 0.1


def test_a_model_that_says_the_opposite_gets_no_weight() -> None:
    against = [s._replace(said=s.said[::-1]) for s in made_by(Curve(model=1.0, cuts=(0.0, 0.0)), 200)]
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
    shown = [
        Shown("red_flag", (1 - p, p), level, f"a{n}") for n, (p, level) in enumerate(zip(chances, levels, strict=True))
    ]
    assert area(shown) == pytest.approx(expected)


def test_thresholds_leave_out_verdicts_that_are_too_often_wrong() -> None:
    sure = [Shown("key_point", (0.05, 0.05, 0.9), 2, "a")] * 17
    wrong = [Shown("key_point", (0.2, 0.2, 0.6), 0, "a")] * 3
    found = thresholds([*sure, *wrong])
    # All 20: 17 right, 0.85 as wanted, so the lowest threshold does: that of verdicts more likely right than wrong.
    assert found["key_point"] == 0.5
    # One more wrong one is too many.
    assert thresholds([*sure, *wrong, wrong[0]])["key_point"] > 0.6
    assert found["red_flag_present"] >= 0.5 and found["red_flag_absent"] >= 0.7


def test_a_red_flag_is_said_to_be_there_where_few_answers_without_one_are_flagged() -> None:
    free = [Shown("red_flag", (1 - p, p), 0, f"free{n}") for n, p in enumerate([0.1] * 99 + [0.905])]
    found = thresholds([*free, Shown("red_flag", (0.05, 0.95), 1, "there")])
    # One of a hundred is no more than three: 0.5 does.
    assert found["red_flag_present"] == 0.5
    many = [Shown("red_flag", (0.095, 0.905), 0, f"more{n}") for n in range(5)]
    assert thresholds([*free, *many])["red_flag_present"] == 0.91


def test_flagged_answers_are_counted_at_a_share_of_the_others_flagged() -> None:
    free = [Shown("red_flag", (1 - p, p), 0, f"free{p}") for p in (0.9, 0.5, 0.2, 0.1)]
    there = [Shown("red_flag", (1 - p, p), 1, f"there{p}") for p in (0.95, 0.6, 0.3)]
    # A quarter of four may be flagged: the one at 0.9, so that the bar is 0.5.
    assert found_at([*free, *there], 0.25) == pytest.approx(2 / 3)
    assert found_at([*free, *there], 0.0) == pytest.approx(1 / 3)


def test_the_model_has_a_say_in_as_many_verdicts_as_it_is_asked_about() -> None:
    item = Item("a", "q", "asked", "answer", {"key_points": {"x": "covered", "y": "missing"}}, held=False)
    readings = {"key_point.x": (0.4, 0.3, 0.3), "key_point.y": (0.4, 0.3, 0.3)}
    said = {"key_point.y": Said((0.8, 0.1, 0.1), {}), "key_point.x": Said((0.1, 0.1, 0.8), {})}
    curves = {"key_point": Curve(builtin=0.0, model=1.0, cuts=(0.0, 0.0))}
    alone, one, both = (show(Read(item, readings, said), curves, most) for most in (0, 1, 2))
    assert [x.probabilities for x in alone] == list(readings.values())
    assert one[0].probabilities == readings["key_point.x"] and one[1].probabilities == pytest.approx((0.8, 0.1, 0.1))
    assert both[0].probabilities == pytest.approx((0.1, 0.1, 0.8)) and [x.level for x in both] == [2, 0]


def test_nothing_is_fitted_on_answers_that_either_was_trained_on_or_is_tested_with() -> None:
    fitted = {item.id for item in labelled()}
    for question in (SEED, *other_questions("test")):
        assert not fitted & {first["id"] for first, _ in load_answers("test", question)}
    for question in (SEED, *other_questions("train")):
        trained = {first["id"] for first, _ in load_answers("train", question)}
        assert bool(fitted & trained) == (question in HELD_QUESTIONS)
    assert any(item.held for item in labelled())
