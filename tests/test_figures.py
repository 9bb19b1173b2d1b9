"""Figures of an evaluation, against tiny tables computed by hand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score

from interviewer.evaluation.baselines import by_length, by_majority, commonest, fit_length
from interviewer.evaluation.definitions import DEFINITIONS
from interviewer.evaluation.figures import changes, confusions, curves, measure
from interviewer.evaluation.marks import mark
from interviewer.evaluation.records import Case, Figure, Outcome, RunFacts
from interviewer.intake import STATES
from interviewer.labelling import Labels
from interviewer.schema import Grade, KeyPointVerdict, MotivationVerdict, Quote, RedFlagVerdict

FACTS = RunFacts(sets=("answers",), decider="builtin", model="tiny", made="2026-11-25", source="local", prompt_hash="p")
WORDS = {"c": "covered", "p": "partial", "m": "missing", "u": "unsure"}
TEXT = "I stayed calm and let him finish. Then I found a receipt."
"""Twelve words."""


def labels(points: str, *, flags: Sequence[bool] = (), labeller: str = "one", **more: Any) -> Labels:
    """`points`: a letter for each key point k0, k1 …"""
    return Labels(
        id="x",
        labeller=labeller,
        key_points={f"k{n}": WORDS[letter] for n, letter in enumerate(points)},
        red_flags={f"f{n}": "present" if there else "absent" for n, there in enumerate(flags)},
        **more,
    )


def case(number: int, reference: Labels | None, *, question: str = "q", text: str = TEXT, **more: Any) -> Case:
    return Case(id=f"c{number}", question_id=question, asked=("How?",), answers=(text,), reference=reference, **more)


def outcome(
    number: int,
    points: str = "",
    *,
    flags: str = "",
    levels: Sequence[int | None] = (),
    quotes: Sequence[Quote] = (),
    repeat: int = 0,
    probabilities: dict[str, dict[str, float]] | None = None,
    cited: tuple[int, int] = (0, 0),
    **grade: Any,
) -> Outcome:
    """`flags`: y, n or u for each; quotes go to every covered or partly covered key point and every flag."""
    shown = {"quotes": tuple(quotes)}
    return Outcome(
        case=f"c{number}",
        repeat=repeat,
        cited=cited[0],
        cited_found=cited[1],
        probabilities=probabilities or {},
        grade=Grade(
            id=f"c{number}",
            question_id="q",
            key_points={
                f"k{n}": KeyPointVerdict.model_validate({"verdict": WORDS[w], **(shown if w in "cp" else {})})
                for n, w in enumerate(points)
            },
            red_flags={
                f"f{n}": RedFlagVerdict.model_validate(
                    {"verdict": {"y": "present", "n": "absent", "u": "unsure"}[w], **(shown if w == "y" else {})}
                )
                for n, w in enumerate(flags)
            },
            motivations={f"m{n}": MotivationVerdict(level=level) for n, level in enumerate(levels)},
            decider="builtin",
            model="tiny",
            prompt_hash="p",
            rubric_hash="r",
            **{"status": "graded", **grade},
        ),
    )


def figures(cases: Sequence[Case], outcomes: Sequence[Outcome], **more: Any) -> dict[tuple[str, str], Figure]:
    found = measure(cases, outcomes, more.pop("facts", FACTS), draws=40, **more)
    keyed = {(figure.key, figure.slice): figure for figure in found}
    assert len(keyed) == len(found)
    return keyed


def value(found: dict[tuple[str, str], Figure], key: str, part: str = "") -> tuple[Any, int]:
    figure = found[key, part]
    return figure.value, figure.n


def test_key_points_by_hand() -> None:
    cases = [case(0, labels("ccmm")), case(1, labels("pcpm"), question="other")]
    found = figures(cases, [outcome(0, "ccmu"), outcome(1, "pmmm")])
    # Given: (c,c) (c,c) (m,m); (p,p) (c,m) (p,m) (m,m). F1 covered 4/5, partly 2/3, missing 4/6.
    assert value(found, "key_point_f1_covered") == (pytest.approx(4 / 5), 7)
    assert value(found, "key_point_f1_partial") == (pytest.approx(2 / 3), 7)
    assert value(found, "key_point_f1_missing") == (pytest.approx(2 / 3), 7)
    assert value(found, "key_point_macro_f1") == (pytest.approx((4 / 5 + 2 / 3 + 2 / 3) / 3), 7)
    # One more missing that nobody said: 4/7 instead of 4/6, over all eight.
    assert value(found, "key_point_macro_f1_all") == (pytest.approx((4 / 5 + 2 / 3 + 4 / 7) / 3), 8)
    # Covered against the rest: 4/5, and of the rest four right of four true and five said, 8/9.
    assert value(found, "key_point_balanced_f1") == (pytest.approx((4 / 5 + 8 / 9) / 2), 7)
    # By question: 1 (covered and missing right, partly nowhere), and covered 0, partly 2/3, missing 2/4.
    assert value(found, "key_point_macro_f1_questions")[0] == pytest.approx((1 + (0 + 2 / 3 + 1 / 2) / 3) / 2)
    # Coverage: said 2/3, labelled 2/4; said 1/8, labelled 4/8 (two partly, one covered).
    assert value(found, "coverage_bias") == (pytest.approx((1 / 6 - 3 / 8) / 2), 2)
    assert value(found, "coverage_mae") == (pytest.approx((1 / 6 + 3 / 8) / 2), 2)
    # Abstentions: seven of eight given, five right.
    assert value(found, "given", "kind:key_point") == (7 / 8, 8)
    assert value(found, "agreement", "kind:key_point") == (5 / 7, 7)
    assert value(found, "agreement_all", "kind:key_point") == (5 / 8, 8)


def test_red_flags_by_hand() -> None:
    cases = [
        case(0, labels("", flags=(True, True, False))),
        case(1, labels("", flags=(True, False, False))),
        case(2, labels("", flags=(False, False, False))),
        case(3, labels("", flags=(False, False, False))),
        case(4, labels("", flags=(True, False, False))),
    ]
    outcomes = [outcome(place, flags=said) for place, said in enumerate(("yun", "nyn", "nny", "nnu", "unn"))]
    found = figures(cases, outcomes)
    # Four there, one of them found; three said.
    assert value(found, "red_flag_precision") == (1 / 3, 3)
    assert value(found, "red_flag_recall") == (1 / 4, 4)
    assert value(found, "red_flag_f1") == (pytest.approx(2 / 7), 15)
    assert value(found, "flagged_answers_found") == (1 / 3, 3)
    # Another flag than the labelled one is no find: answer 1.
    assert value(found, "flagged_answers_found_or_open") == (2 / 3, 3)
    assert value(found, "flag_free_answers_flagged") == (1 / 2, 2)
    assert value(found, "flag_free_answers_flagged_or_open") == (1.0, 2)
    assert value(found, "given", "kind:red_flag") == (12 / 15, 15)


def test_recall_is_read_where_one_flag_free_answer_in_twenty_is_flagged() -> None:
    def sure(p: float) -> dict[str, dict[str, float]]:
        return {"red_flag.f0": {"true": p, "false": 1 - p}}

    cases = [case(n, labels("", flags=(n >= 20,))) for n in range(23)]
    # Flag-free answers reach 0.01 … 0.19, and one 0.9: one in twenty may, so what exceeds 0.19 counts.
    chances = [*(n / 100 for n in range(1, 20)), 0.9, 0.5, 0.2, 0.19]
    outcomes = [outcome(n, flags="n", probabilities=sure(p)) for n, p in enumerate(chances)]
    assert value(figures(cases, outcomes), "red_flag_recall_at_5") == (pytest.approx(2 / 3), 3)


def test_levels_and_bands_are_those_of_scikit_learn() -> None:
    truth, said = [0, 1, 2, 3, 3, 1, 2, 0], [0, 1, 3, 3, 1, 0, 2, 0]
    cases = [case(n, labels("", motivations={"m0": level}, band=level + 1)) for n, level in enumerate(truth)]
    outcomes = [outcome(n, levels=[level], band=level + 1) for n, level in enumerate(said)]
    found = figures(cases, outcomes)
    kappa = cohen_kappa_score(truth, said, weights="quadratic")
    assert value(found, "motivation_qwk") == (pytest.approx(kappa), 8)
    assert value(found, "motivation_qwk_mean") == (pytest.approx(kappa), 8)
    assert value(found, "band_qwk") == (pytest.approx(kappa), 8)
    # Three of eight differ: by 1, by 2, by 1.
    assert value(found, "motivation_exact") == (5 / 8, 8)
    assert value(found, "motivation_within_one") == (7 / 8, 8)
    assert value(found, "band_mae") == (4 / 8, 8)


def test_a_motivation_of_one_question_is_not_that_of_another() -> None:
    cases = [
        case(n, labels("", motivations={"m0": level}), question=question)
        for n, (level, question) in enumerate([(0, "q"), (3, "q"), (0, "r"), (3, "r")])
    ]
    found = figures(cases, [outcome(n, levels=[level]) for n, level in enumerate([0, 3, 3, 0])])
    # Kappa 1 for one question and -1 for the other: 0 on average.
    assert value(found, "motivation_qwk_mean") == (pytest.approx(0.0), 4)


def test_star_parts_not_known_count_as_absent() -> None:
    cases = [case(n, labels("", star={"action": there, "result": True})) for n, there in enumerate([True, True, False])]
    outcomes = [
        outcome(0, star={"action": True, "result": True}),
        outcome(1, star={"action": None, "result": True}),
        outcome(2, star={"action": True, "result": True}),
    ]
    found = figures(cases, outcomes)
    # Action: one hit, two there, two said: 2/4. Result: all three.
    assert value(found, "star_f1_action") == (pytest.approx(1 / 2), 3)
    assert value(found, "star_f1") == (pytest.approx(3 / 4), 6)
    assert value(found, "star_f1_task") == (None, 0)


SHOWING_NOTHING = ("empty", "too_short", "unreadable", "off_topic", "declined", "addressed", "copied")
BEYOND_THE_GRADER = ("too_long", "other_language")


def test_every_reason_of_intake_is_about_the_answer_or_the_grader() -> None:
    assert {*SHOWING_NOTHING, *BEYOND_THE_GRADER} == set(STATES), "decide how the new reason counts"


@pytest.mark.parametrize("reason", SHOWING_NOTHING)
def test_an_answer_that_is_not_gradable_shows_nothing(reason: str) -> None:
    reference = labels("mc", flags=(False,), motivations={"m0": 0}, star={"task": False}, band=1)
    blank = outcome(0, "uu", flags="u", levels=[None], star={"task": None}, status="unscored", reason=reason)
    found = figures([case(0, reference)], [blank])
    assert value(found, "agreement_all", "kind:key_point") == (1 / 2, 2)
    for kind in ("red_flag", "motivation", "star", "band"):
        assert value(found, "agreement_all", f"kind:{kind}") == (1.0, 1)
    assert value(found, "coverage_bias") == (-0.5, 1)


@pytest.mark.parametrize("reason", [*BEYOND_THE_GRADER, "The decider gave no usable verdict."])
def test_an_answer_that_could_not_be_graded_is_an_abstention(reason: str) -> None:
    lost = outcome(0, status="unscored", reason=reason)
    found = figures([case(0, labels("mc", flags=(False,), band=1))], [lost])
    for kind, n in (("key_point", 2), ("red_flag", 1), ("band", 1)):
        assert value(found, "given", f"kind:{kind}") == (0.0, n)
    assert value(found, "coverage_bias") == (None, 0)
    assert value(found, "key_point_macro_f1") == (None, 0)


def test_raters_agree_less_with_a_grader_that_errs() -> None:
    same = labels("cm", band=2)
    cases = [case(n, same, raters=(same, same)) for n in range(3)]
    right, wrong = outcome(0, "cm", band=2), outcome(1, "mc", band=5)
    found = figures(cases, [right, wrong, outcome(2, "uu")])
    assert value(found, "key_point_alpha_raters") == (1.0, 12)
    joined, n = value(found, "key_point_alpha_joined")
    assert n == 16  # three raters of the first two cases, two of the third, for two points each
    assert value(found, "key_point_alpha_change")[0] == pytest.approx(joined - 1)
    assert joined < 1


def test_the_second_rater_is_measured_against_the_first_on_the_cases_graded() -> None:
    first, second = labels("ccm"), labels("cmm")
    cases = [case(n, first, raters=(first, second)) for n in range(2)]
    found = figures(cases, [outcome(0, "ccm")])
    assert value(found, "key_point_macro_f1") == (1.0, 3)
    assert value(found, "raters.key_point_macro_f1") == (pytest.approx(2 / 3), 3)  # covered 2/3, missing 2/3
    assert ("raters.quote_fidelity", "") not in found


def test_quotes_by_hand() -> None:
    reference = labels("cp", evidence={"k0": ("stayed calm",), "k1": ("not in the answer",)})
    whole = Quote(text="I stayed calm", start=0, end=13, answer=0)
    moved = Quote(text="I stayed calm", start=1, end=14, answer=0)
    found = figures([case(0, reference)], [outcome(0, "cp", quotes=[whole, moved], cited=(5, 4))])
    assert value(found, "quote_fidelity_raw") == (4 / 5, 5)
    # The same two quotes for both points; one of them doesn't stand where it says.
    assert value(found, "quote_fidelity") == (2 / 4, 4)
    assert value(found, "evidence_completeness") == (1.0, 2)
    # Only k0 has labelled words to compare with: two words of three, and of "stayed calm" itself, are enough.
    assert value(found, "evidence_support") == (1.0, 2)
    bare = figures([case(0, reference)], [outcome(0, "cp")])
    assert value(bare, "evidence_completeness") == (0.0, 2)
    assert value(bare, "quote_fidelity") == (None, 0)
    far = Quote(text=TEXT[34:57], start=34, end=57, answer=0)
    assert value(figures([case(0, reference)], [outcome(0, "cm", quotes=[far])]), "evidence_support") == (0.0, 1)


def test_a_quote_of_all_labelled_words_together_is_supported() -> None:
    # Four spans of one word; the quote has all four: 1/4 with each, 1 with all.
    reference = labels("c", evidence={"k0": ("stayed", "calm", "and", "let")})
    quote = Quote(text="stayed calm and let", start=2, end=21, answer=0)
    assert value(figures([case(0, reference)], [outcome(0, "c", quotes=[quote])]), "evidence_support") == (1.0, 1)


def test_repeats_by_hand() -> None:
    runs = [outcome(0, "cccc", repeat=2), outcome(0, "ccmu", repeat=1), outcome(0, "ccmm", repeat=0)]
    found = figures([case(0, labels("ccmm")), case(1, labels("c"))], [*runs, outcome(1, "c")])
    # Of five verdicts a run (the band is none): runs 0 and 1 differ in one, 0 and 2 in two, 1 and 2 in two. 5 of 15.
    assert value(found, "repeat_flips") == (pytest.approx(5 / 15), 15)
    # Coverage 1/2, 2/3 and 1.
    assert value(found, "repeat_moves") == (1.0, 1)
    # All other figures are of the first run.
    assert value(found, "key_point_macro_f1") == (1.0, 5)
    assert value(found, "given", "kind:key_point") == (1.0, 5)


def test_length_slope_is_the_change_for_each_doubling() -> None:
    # 8, 16 and 32 words; said is 0, 1 and 2 bands of four too high: a quarter of the range for each doubling.
    cases = [case(n, labels("", band=1), text="word " * 2 ** (n + 3)) for n in range(3)]
    found = figures(cases, [outcome(n, band=n + 1) for n in range(3)])
    assert value(found, "band_length_slope") == (pytest.approx(1 / 4), 3)
    assert value(found, "coverage_length_slope") == (None, 0)


def test_calibration_is_of_probabilities_before_any_threshold() -> None:
    cases = [case(n, labels("c")) for n in range(2)]
    sure = {"key_point.k0": {"covered": 0.6, "partial": 0.3, "missing": 0.1}}
    outcomes = [outcome(0, "u", probabilities=sure), outcome(1, "c", probabilities=sure)]
    # Both right at 0.6, though one was too unsure to be given.
    assert value(figures(cases, outcomes), "calibration_error", "kind:key_point") == (pytest.approx(0.4), 2)
    assert [(curve.kind, curve.n, curve.right) for curve in curves(cases, outcomes)] == [("key_point", (2,), (1.0,))]


def test_costs_are_percentiles_and_a_replay_has_no_seconds() -> None:
    cases = [case(n, labels("c")) for n in range(20)]
    outcomes = [outcome(n, "c", tokens=n + 1, seconds=n / 10, usd=None if n else 0.5) for n in range(20)]
    found = figures(cases, outcomes)
    assert (value(found, "tokens_p50"), value(found, "tokens_p95")) == ((10.0, 20), (19.0, 20))
    assert value(found, "seconds_p95") == (pytest.approx(1.8), 20)
    assert value(found, "usd_p50") == (0.5, 1)
    replayed = figures(cases, outcomes, facts=FACTS.model_copy(update={"source": "replayed"}))
    assert not [key for key, _ in replayed if key.startswith("seconds")]


def test_figures_are_given_by_question_tag_length_and_criterion() -> None:
    cases = [
        case(0, labels("cm"), question="q", tags=("colloquial", "long")),
        case(1, labels("cm"), question="r", text="word " * 61),
    ]
    found = figures(cases, [outcome(0, "cc"), outcome(1, "cm")])
    slices = {part for _, part in found if part and not part.startswith("kind:")}
    assert slices == {
        "question:q",
        "question:r",
        "tag:colloquial",
        "tag:short",
        "tag:long",
        *(f"criterion:{q}/key_point.{k}" for q in "qr" for k in ("k0", "k1")),
    }
    for part in ("question:q", "tag:colloquial", "tag:short"):
        assert value(found, "key_point_macro_f1", part) == (pytest.approx((2 / 3 + 0) / 2), 2)
    assert value(found, "key_point_macro_f1", "tag:long") == (1.0, 2)
    assert value(found, "agreement", "criterion:q/key_point.k1") == (0.0, 1)
    assert value(found, "bias", "criterion:q/key_point.k1") == (1.0, 1)
    assert found["key_point_macro_f1", "question:q"].low is None  # a single answer


def test_every_figure_is_there_when_nothing_was_graded() -> None:
    found = figures([case(0, labels("c"))], [])
    assert len(found) == len(DEFINITIONS)
    assert all(figure.value is None and figure.n == 0 for figure in found.values())


def test_a_case_without_a_reference_counts_for_cost_only() -> None:
    found = figures([case(0, None)], [outcome(0, "c", tokens=7)])
    assert value(found, "tokens_p50") == (7.0, 1)
    assert value(found, "key_point_macro_f1") == (None, 0)
    assert confusions([case(0, None)], [outcome(0, "c")]) == ()


def test_the_commonest_verdict_is_the_first_baseline() -> None:
    training = [case(n, labels(points, band=band)) for n, (points, band) in enumerate([("cc", 2), ("cm", 4), ("p", 4)])]
    assert commonest(training) == {"key_point": 2, "band": 3}
    graded = mark([case(9, labels("m", flags=(True,), band=1))], [outcome(9, "c", band=1)])
    (said,) = by_majority(graded, commonest(training))
    assert said.said == {"key_point.k0": 2, "band": 3}  # nothing was learnt of flags
    assert said.truth == {"key_point.k0": 0, "band": 0}


def test_the_number_of_words_is_the_second_baseline() -> None:
    # 8, 16, 32 and 64 words: band 1, 2, 3 and 4; points missing in the shorter half, covered in the longer.
    sizes = (8, 16, 32, 64)
    training = [case(n, labels("mmcc"[n], band=n + 1), text="word " * size) for n, size in enumerate(sizes)]
    rule = fit_length(training)
    graded = mark([case(0, labels("c", band=1), text="word " * 128)], [outcome(0, "m", band=1)])
    (said,) = by_length(graded, rule)
    assert said.said == {"key_point.k0": 2, "band": 4}
    assert [rule.say("band", length) for length in (0, 3, 4.4, 5, 20)] == [0, 0, 1, 2, 4]
    assert [rule.say("key_point", length) for length in (0, 3, 4, 5, 6, 20)] == [0, 0, 0, 2, 2, 2]
    found = figures(training, [outcome(n, "c", band=1) for n in range(4)], training=training)
    assert value(found, "length.band_qwk") == (1.0, 4)
    assert value(found, "majority.band_qwk") == (0.0, 4)
    assert ("length.band_qwk", "question:q") not in found


def test_confusions_count_abstentions_last() -> None:
    cases = [case(0, labels("cpmm", flags=(True,)))]
    points, flags = confusions(cases, [outcome(0, "cmmu", flags="n")])
    assert (points.kind, points.values) == ("key_point", ("missing", "partial", "covered"))
    assert points.counts == ((1, 0, 0, 1), (1, 0, 0, 0), (0, 0, 1, 0))
    assert flags.counts == ((0, 0, 0), (1, 0, 0))


def test_changes_are_of_the_cases_that_both_runs_have() -> None:
    cases = [case(n, labels("cm")) for n in range(4)]
    before = [outcome(n, "cc") for n in range(3)]
    after = [outcome(n, "cm") for n in range(4)]
    found = {(figure.key, figure.slice): figure for figure in changes(cases, before, after, draws=40)}
    change = found["change.agreement", "kind:key_point"]
    assert (change.value, change.low, change.high, change.n) == (0.5, 0.5, 0.5, 6)
    assert found["change.band_qwk", ""].value is None
    assert changes(cases, before, []) == ()


@pytest.mark.parametrize("seed", range(3))
def test_figures_of_random_verdicts_are_those_of_scikit_learn(seed: int) -> None:
    draw = random.Random(seed)
    truth = ["".join(draw.choices("cpm", k=6)) for _ in range(12)]
    said = ["".join(draw.choice((t, t, draw.choice("cpm"))) for t in points) for points in truth]
    cases = [case(n, labels(points), question=f"q{n % 3}") for n, points in enumerate(truth)]
    found = figures(cases, [outcome(n, points) for n, points in enumerate(said)])
    expected = f1_score(list("".join(truth)), list("".join(said)), average="macro")
    figure = found["key_point_macro_f1", ""]
    assert figure.value == pytest.approx(expected)
    assert figure.low is not None and figure.high is not None and figure.low <= expected <= figure.high
    assert measure(cases, [outcome(n, p) for n, p in enumerate(said)], FACTS, draws=40) == tuple(found.values())


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text("cpm", min_size=3, max_size=3), st.text("cpmu", min_size=3, max_size=3), st.sampled_from("qr")
        ),
        min_size=1,
        max_size=5,
    )
)
def test_every_figure_lies_in_its_range_and_its_interval_is_ordered(rows: list[tuple[str, str, str]]) -> None:
    cases = [case(n, labels(truth), question=question) for n, (truth, _, question) in enumerate(rows)]
    for figure in measure(cases, [outcome(n, said) for n, (_, said, _) in enumerate(rows)], FACTS, draws=8):
        assert figure.value is None or (figure.n > 0 and -1 <= figure.value <= 1)
        assert (figure.low is None) == (figure.high is None)
        assert figure.low is None or figure.high is None or figure.low <= figure.high


def test_every_figure_is_defined_in_the_readme() -> None:
    text = (Path(__file__).parent.parent / "evals" / "README.md").read_text(encoding="utf-8")
    missing = sorted({definition.key for definition in DEFINITIONS if f"`{definition.key}`" not in text})
    assert not missing
