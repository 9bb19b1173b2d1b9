"""The rule from verdicts to coverage and band, with its arithmetic."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from evals import fit_band
from interviewer import scoring
from interviewer.schema import (
    Calibration,
    Decision,
    KeyPointVerdict,
    MotivationVerdict,
    Quote,
    RedFlagVerdict,
)

QUOTE = Quote(text="so", start=0, end=2, answer=0)
CALIBRATION = Calibration(key_point=0.6, motivation=0.5, red_flag_present=0.7, red_flag_absent=0.55, star=0.6)
PointValue = Literal["covered", "partial", "missing", "unsure", "unscored"]
FlagValue = Literal["present", "absent", "unsure", "unscored"]


def decision(**probabilities: float) -> Decision:
    return Decision(name="key_point.x", probabilities=probabilities)


def points(*verdicts: PointValue) -> dict[str, KeyPointVerdict]:
    return {str(place): KeyPointVerdict(verdict=verdict) for place, verdict in enumerate(verdicts)}


def levels(*given: int | None) -> dict[str, MotivationVerdict]:
    return {str(place): MotivationVerdict(level=level) for place, level in enumerate(given)}


def flags(*verdicts: FlagValue) -> dict[str, RedFlagVerdict]:
    return {str(place): RedFlagVerdict(verdict=verdict) for place, verdict in enumerate(verdicts)}


@pytest.mark.parametrize(
    ("probabilities", "quotes", "verdict"),
    [
        ({"covered": 0.8, "partial": 0.1, "missing": 0.1}, (QUOTE,), "covered"),
        ({"covered": 0.2, "partial": 0.7, "missing": 0.1}, (QUOTE,), "partial"),
        ({"covered": 0.1, "partial": 0.1, "missing": 0.8}, (), "missing"),
        ({"covered": 0.59, "partial": 0.3, "missing": 0.11}, (QUOTE,), "unsure"),
        ({"covered": 0.9, "partial": 0.05, "missing": 0.05}, (), "unsure"),
    ],
)
def test_a_key_point_needs_its_probability_and_its_words(
    probabilities: dict[str, float], quotes: tuple[Quote, ...], verdict: str
) -> None:
    judged = scoring.judge_key_point(Decision(name="x", probabilities=probabilities), quotes, CALIBRATION)
    assert judged.verdict == verdict
    assert judged.probability == max(probabilities.values())
    assert bool(judged.quotes) == (verdict in ("covered", "partial"))
    assert bool(judged.reason) == (verdict == "unsure")


def test_a_refusal_is_unscored_with_its_reason_and_no_probability() -> None:
    refused = Decision(name="x", refusal="The model declined.")
    assert scoring.judge_key_point(refused, (), CALIBRATION) == KeyPointVerdict(
        verdict="unscored", reason="The model declined."
    )
    assert scoring.judge_motivation(refused, (), CALIBRATION) == MotivationVerdict(reason="The model declined.")
    assert scoring.judge_red_flag(None, (), CALIBRATION).verdict == "unscored"
    assert scoring.judge_star(refused, (), CALIBRATION) == (None, ())


def test_a_stated_verdict_shows_no_probability() -> None:
    stated = Decision(name="x", probabilities={"covered": 1.0}, measured=False)
    judged = scoring.judge_key_point(stated, (QUOTE,), CALIBRATION)
    assert (judged.verdict, judged.probability) == ("covered", None)


@pytest.mark.parametrize(
    ("probability", "verdict"),
    [(0.71, "present"), (0.69, "unsure"), (0.5, "unsure"), (0.45, "absent"), (0.1, "absent")],
)
def test_a_red_flag_is_present_or_absent_only_beyond_its_thresholds(probability: float, verdict: str) -> None:
    judged = scoring.judge_red_flag(
        Decision(name="red_flag.x", probabilities={"true": probability, "false": 1 - probability}),
        (QUOTE,),
        CALIBRATION,
    )
    assert judged.verdict == verdict


@pytest.mark.parametrize(("probability", "said"), [(0.69, "69%"), (0.5, "50%")])
def test_an_unsure_red_flag_keeps_the_words_it_may_be_in(probability: float, said: str) -> None:
    decision = Decision(name="red_flag.x", probabilities={"true": probability, "false": 1 - probability})
    judged = scoring.judge_red_flag(decision, (QUOTE,), CALIBRATION)
    assert (judged.verdict, judged.quotes) == ("unsure", (QUOTE,))
    assert judged.reason == f"It may be there, with a probability of {said}: read these words again."
    without = scoring.judge_red_flag(decision, (), CALIBRATION)
    assert (without.verdict, without.quotes) == ("unsure", ()) and "It may be there" not in without.reason


@pytest.mark.parametrize(
    "decision",
    [
        Decision(name="red_flag.x", unsure="3 samples: present, absent, absent", measured=False),
        Decision(name="red_flag.x", refusal="The model declined."),
        Decision(name="red_flag.x", probabilities={"true": 0.1, "false": 0.9}),
    ],
)
def test_words_are_kept_neither_for_a_flag_that_is_not_there_nor_where_no_probability_speaks_for_it(
    decision: Decision,
) -> None:
    assert scoring.judge_red_flag(decision, (QUOTE,), CALIBRATION).quotes == ()


def test_a_motivation_above_level_0_needs_words() -> None:
    strong = Decision(name="x", probabilities={"0": 0.1, "3": 0.9})
    assert scoring.judge_motivation(strong, (QUOTE,), CALIBRATION).level == 3
    assert scoring.judge_motivation(strong, (), CALIBRATION).level is None
    assert scoring.judge_motivation(Decision(name="x", probabilities={"0": 0.9}), (), CALIBRATION).level == 0


@pytest.mark.parametrize(
    ("verdicts", "share"),
    [
        (("covered", "partial", "missing", "missing"), 0.375),  # (1 + ½) / 4
        (("covered", "covered", "unsure", "unscored"), 1.0),  # 2 / 2, half of them judged
        (("covered", "unsure", "unsure", "unsure"), None),  # a quarter judged
        (("unscored", "unscored"), None),
    ],
)
def test_coverage_counts_judged_key_points_only(verdicts: tuple[PointValue, ...], share: float | None) -> None:
    assert scoring.coverage(points(*verdicts)) == share


@pytest.mark.parametrize(
    ("verdicts", "motivations", "flagged", "band"),
    [
        (("covered",) * 10, (3, 3, 3, 3), "absent", 5),  # 1¼ + 2·1 + 2·1 = 5¼
        (("missing",) * 10, (0, 0, 0, 0), "absent", 1),  # 1¼ + 0 + 0
        (("covered",) * 5 + ("missing",) * 5, (2, 2, 1, 1), "absent", 3),  # 1¼ + 1 + 2·1.5/3 = 3¼
        (("covered",) * 5 + ("missing",) * 5, (2, 2, 2, 3), "absent", 4),  # 1¼ + 1 + 2·2.25/3 = 3¾
        (("covered",) * 5 + ("missing",) * 5, (1, 2, 2, 2), "absent", 3),  # 1¼ + 1 + 2·1.75/3 = 3.42
        (("covered",) * 10, (3, 3, 3, 3), "present", 2),  # capped
        (("missing",) * 10, (0, 0, 0, 0), "present", 1),
        (("covered",) * 10, (3, 3, 3, 3), "unsure", 5),  # an unsure flag accuses nobody
        (("covered",) * 5 + ("unsure",) * 5, (3, 3, 3, 3), "absent", None),  # 5 of 10 judged
        (("covered",) * 6 + ("unsure",) * 4, (3, 3, None, None), "absent", 5),
        (("covered",) * 10, (3, None, None, None), "absent", None),
    ],
)
def test_the_band_follows_the_rule(
    verdicts: tuple[PointValue, ...], motivations: tuple[int | None, ...], flagged: FlagValue, band: int | None
) -> None:
    assert scoring.band(points(*verdicts), levels(*motivations), flags(flagged, "absent")) == band


@given(st.lists(st.sampled_from(("covered", "partial", "missing")), min_size=1, max_size=12), st.integers(0, 3))
def test_covering_one_more_point_never_lowers_the_band(verdicts: list[PointValue], level: int) -> None:
    before = scoring.band(points(*verdicts), levels(level), flags("absent"))
    better: list[PointValue] = ["covered", *verdicts[1:]]
    after = scoring.band(points(*better), levels(level), flags("absent"))
    assert before is not None
    assert after is not None
    assert after >= before


@pytest.mark.parametrize(
    ("questions", "answers", "kappa"), [(("first test", "others test"), 84, 0.925), (("unseen",), 96, 0.943)]
)
def test_the_rule_gives_raters_bands_from_raters_verdicts_on_answers_it_was_not_chosen_on(
    questions: tuple[str, ...], answers: int, kappa: float
) -> None:
    rows = [row for part in questions for row in fit_band.parts()[part]]
    assert len(rows) == answers
    given, ruled = [row["band"] for row in rows], [fit_band.ruled(row) for row in rows]
    assert cohen_kappa_score(given, ruled, weights="quadratic") == pytest.approx(kappa, abs=0.0006)
