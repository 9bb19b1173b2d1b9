from __future__ import annotations

import math
import random

import pytest

from evals.calibrate_readout import WEIGHTS, draw, fit_curve, recorded, wanted, weigh
from interviewer.prompts import Prompts
from interviewer.readout import Curve, load_weights


def test_a_curve_is_found_again_from_what_it_made() -> None:
    made, source = Curve(scale=1.2, cuts=(-0.5, 1.0)), random.Random(1)
    odds = [source.uniform(-4, 4) for _ in range(600)]
    levels = [source.choices(range(3), made.levels(x))[0] for x in odds]
    found = fit_curve(odds, [0.0] * len(odds), levels, 3)
    assert found.scale == pytest.approx(1.2, abs=0.3)
    assert found.cuts == pytest.approx((-0.5, 1.0), abs=0.35)


@pytest.mark.parametrize(("leaning_matters", "share"), [(True, 1.0), (False, 0.0)])
def test_leanings_are_taken_off_where_that_fits_better(leaning_matters: bool, share: float) -> None:
    source = random.Random(2)
    leans = [source.choice((-2.0, 2.0)) for _ in range(400)]
    shown = [source.uniform(-3, 3) for _ in leans]
    levels = [int(source.random() < 1 / (1 + math.exp(-2 * x))) for x in shown]
    odds = [x + lean * leaning_matters for x, lean in zip(shown, leans, strict=True)]
    assert fit_curve(odds, leans, levels, 2).leaning == share


def test_the_drawn_answers_are_the_same_each_time_and_hold_every_band() -> None:
    first = draw(10, "train", "dev")
    assert [row["id"] for row in first] == [row["id"] for row in draw(10, "train", "dev")]
    assert {row["band"] for row in first} == {1, 2, 3, 4, 5}
    assert draw(5, "train", "dev") == first[:5]


def test_what_is_recorded_first_has_both_parts() -> None:
    ids = [answer_id for answer_id, _, _ in wanted(10, 5)]
    assert ids[:3] == ["neutral-1", "neutral-2", "neutral-3"] and len(ids) == 18
    test = {row["id"] for row in draw(5, "test")}
    assert len(test & set(ids[3:9])) == 2


def test_the_shipped_curves_are_those_the_recordings_give() -> None:
    weights, _ = weigh(recorded(Prompts()), Prompts())
    shipped = load_weights()
    assert WEIGHTS.is_file() and shipped.calibration.agreement is not None
    again = shipped.calibration.model_copy(update={"agreement": None})
    assert (weights.curves, weights.leanings, weights.calibration) == (shipped.curves, shipped.leanings, again)
