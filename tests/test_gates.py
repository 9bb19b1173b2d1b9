"""Gates: floors and margins as written, planted regressions, noise, missing figures, and baselines gone stale."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_figures import case, labels, outcome

from interviewer.errors import AnswersError, ContentError, RecordingError
from interviewer.evaluation.blessed import baseline_file, bless, compact, read_baseline
from interviewer.evaluation.definitions import DEFINITIONS
from interviewer.evaluation.figures import measure
from interviewer.evaluation.gates import Floor, Margin, changed_verdicts, check_current, compare, judge, read_gates
from interviewer.evaluation.records import Case, Figure, Outcome, RunFacts

GATES = Path(__file__).parent.parent / "evals" / "gates.yaml"
FACTS = RunFacts(sets=("s",), decider="builtin", model="tiny", made="2026-11-25", source="local", prompt_hash="p")


def figure(value: float | None, **more: Any) -> Figure:
    return Figure.model_validate({"key": "f", "name": "the figure", "value": value, "n": 9, **more})


def floor(bound: str, value: float, **more: Any) -> Floor:
    return Floor.model_validate({"key": "f", "bound": bound, "value": value, "where": "gates.yaml:3", **more})


def margin(key: str, way: str, value: float, part: str = "") -> Margin:
    return Margin.model_validate({"key": key, "slice": part, "way": way, "value": value, "where": "gates.yaml:9"})


# ── floors ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("bound", "value", "passed"),
    [
        ("least", 0.6, True), ("least", 0.61, False), ("most", 0.6, True), ("most", 0.59, False),
        ("low_least", 0.5, True), ("low_least", 0.55, False), ("high_most", 0.7, True), ("high_most", 0.65, False),
    ],
)  # fmt: skip
def test_a_floor_bounds_the_figure_or_the_end_of_its_interval(bound: str, value: float, passed: bool) -> None:
    (result,) = judge([figure(0.6, low=0.5, high=0.7)], [floor(bound, value)])
    assert result.passed is passed


def test_a_failed_floor_says_which_figure_what_it_is_what_was_wanted_and_where() -> None:
    (result,) = judge([figure(0.48)], [floor("least", 0.55)])
    assert result.sentence == "f (the figure) is 0.48, and at least 0.55 is wanted: gates.yaml:3"
    (result,) = judge([figure(0.6, high=0.2, slice="kind:star")], [floor("high_most", 0.1, slice="kind:star")])
    told = "the high end of f of kind:star (the figure) is 0.2, and at most 0.1 is wanted: gates.yaml:3"
    assert result.sentence == told


@pytest.mark.parametrize(
    ("figures", "bound", "why"),
    [
        ([], "most", "f is no figure of this run"),
        ([figure(0.0, slice="tag:short")], "most", "f is no figure of this run"),
        ([figure(None, n=0)], "most", "has no value, of 0 to measure"),
        ([figure(None)], "least", "has no value, of 9 to measure"),
        ([figure(0.0)], "high_most", "the high end of f (the figure) has no value"),
        ([figure(float("nan"))], "most", "has no value"),
    ],
)
def test_a_floor_whose_figure_is_missing_or_has_no_value_fails(figures: list[Figure], bound: str, why: str) -> None:
    (result,) = judge(figures, [floor(bound, 1.0)])
    assert not result.passed and why in result.sentence and "gates.yaml:3" in result.sentence


@given(value=st.floats(0, 1), low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_higher_floor_never_passes_where_a_lower_one_fails(value: float, low: float, high: float) -> None:
    low, high = sorted((low, high))
    easy, hard = judge([figure(value)], [floor("least", low), floor("least", high)])
    assert easy.passed or not hard.passed


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────


def test_gates_are_read_with_the_line_each_stands_in() -> None:
    text = """# what must hold
floors:
  builtin:
    test:
      f: {least: 0.5, high_most: 0.9}
      given kind:star: {least: 0.7}
margins:
  f: {drop: 0.02}
"""
    gates = read_gates(text, "gates.yaml")
    told = [(one.key, one.slice, one.bound, one.value, one.where) for one in gates.floors_for("builtin", "test")]
    assert told == [
        ("f", "", "least", 0.5, "gates.yaml:5"),
        ("f", "", "high_most", 0.9, "gates.yaml:5"),
        ("given", "kind:star", "least", 0.7, "gates.yaml:6"),
    ]
    assert gates.margins == (Margin(key="f", way="drop", value=0.02, where="gates.yaml:8"),)
    assert gates.floors_for("chat", "test") == gates.floors_for("builtin", "dev") == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("floors:\n  builtin:\n    test:\n      f: {lest: 1}\n", "g:4: `lest` is no bound: write least or most"),
        ("floors:\n  builtin:\n    test:\n      f: {least: much}\n", "g:4: `least: much` is no number"),
        ("floors:\n  builtin:\n    test:\n      f: {least: nan}\n", "g:4: `least: nan` is no number"),
        ("floors:\n  builtin:\n    test:\n      f: 0.5\n", "g:4: `f` needs a bound such as {least: 0.05}"),
        ("floors:\n  builtin: 1\n", "g:2: `builtin` needs `key: value` lines"),
        ("floors:\n  builtin:\n    test: 1\n", "g:3: `test` needs `key: value` lines"),
        ("margins:\n  f: {drop: -1}\n", "g:2: `drop` is how far it may get worse"),
        ("flores: {}\n", "g:1: `flores` is not known"),
        ("margins:\n  f: {drop: 1}\n  f: {drop: 2}\n", "g:3: `f` stands twice"),
        ("margins: {f: {drop: 1}\n", "g:2: the file is not YAML"),
        ("- a\n", "g:1: the file must be `key: value` lines"),
        ("a: &x\n  b: *x\n", "nested too deep"),
    ],
)
def test_a_fault_in_the_file_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ContentError) as wrong:
        read_gates(text, "g")
    assert told in str(wrong.value) and str(wrong.value).startswith("g:")


def test_the_shipped_gates_name_figures_that_there_are() -> None:
    gates = read_gates(GATES.read_text(encoding="utf-8"), "evals/gates.yaml")
    known = {(one.key, f"kind:{one.kind}" if one.kind else "") for one in DEFINITIONS}
    for file in (GATES.parent / "results").glob("*-*.json"):
        known |= {(one["key"], one.get("slice", "")) for one in json.loads(file.read_text(encoding="utf-8"))["figures"]}
    floors = [one for sets in gates.floors.values() for found in sets.values() for one in found]
    named = {(one.key, one.slice) for one in floors} | {(one.key, one.slice) for one in gates.margins}
    assert floors and gates.margins and named <= known


# ── an earlier run ───────────────────────────────────────────────────────────────────────────────────


def cases(count: int = 30) -> list[Case]:
    return [case(n, labels("cpm")) for n in range(count)]


def run(*said: str) -> list[Outcome]:
    return [outcome(n, points) for n, points in enumerate(said)]


def held(before: Sequence[Outcome], after: Sequence[Outcome], *margins: Margin, count: int = 30) -> list[bool]:
    return [one.passed for one in compare(cases(count), before, after, margins).results]


F1 = margin("key_point_macro_f1", "drop", 0.05)


def test_a_planted_regression_fails_and_the_same_run_passes() -> None:
    before = run(*["cpm"] * 30)
    assert held(before, before, F1, margin("coverage_mae", "rise", 0)) == [True, True]
    # Every third answer has its partly covered point called missing.
    worse = run(*["cmm" if n % 3 == 0 else "cpm" for n in range(30)])
    (result,) = compare(cases(), before, worse, [F1]).results
    assert not result.passed and "the whole interval is below 0" in result.sentence
    assert held(worse, before, F1) == [True]


def test_a_figure_where_less_is_better_fails_when_it_rises() -> None:
    before, worse = run(*["cpm"] * 30), run(*["cmm"] * 15, *["cpm"] * 15)
    assert held(before, worse, margin("coverage_mae", "rise", 0.5)) == [False]
    assert held(worse, before, margin("coverage_mae", "rise", 0.0)) == [True]


def test_noise_passes() -> None:
    # Six answers differ, three each way: the change is 0, and its interval has both signs.
    before = run(*["cmm"] * 3, *["cpm"] * 27)
    after = run(*["cpm"] * 3, *["cmm"] * 3, *["cpm"] * 24)
    assert held(before, after, F1, margin("coverage_mae", "rise", 0.01)) == [True, True]


def test_a_drop_beyond_the_margin_fails_though_chance_could_explain_it() -> None:
    # One answer of four: the interval of the change reaches 0.
    before, after = run("cpm", "cpm", "cpm", "cpm"), run("cpm", "cpm", "cpm", "mmm")
    (strict,) = compare(cases(4), before, after, [margin("key_point_macro_f1", "drop", 0.01)]).results
    assert not strict.passed and "a drop of at most 0.01 is allowed" in strict.sentence
    assert "whole interval" not in strict.sentence
    assert held(before, after, margin("key_point_macro_f1", "drop", 0.5), count=4) == [True]


def test_a_figure_that_is_missing_or_lost_its_value_fails_and_one_that_never_had_any_is_passed_over() -> None:
    before, silent = run("cpm", "cpm"), run("uuu", "uuu")
    assert held(before, before, margin("no_such", "drop", 1), count=2) == [False]
    assert held(before, silent, F1, count=2) == [False]
    assert held(before, before, margin("red_flag_f1", "drop", 0), count=2) == []


def test_changed_verdicts_come_worst_first() -> None:
    before, after = run("cpm", "ccm", "cpu"), run("mpm", "cpm", "upu")
    changed = changed_verdicts(cases(3), before, after)
    # Covered called missing: a whole scale further. Unsure: half of one. Partly, as the reference says: nearer.
    assert [(one.case, one.criterion, one.before, one.after, one.worse) for one in changed] == [
        ("c0", "key_point.k0", "covered", "missing", 1.0),
        ("c2", "key_point.k0", "covered", "unsure", 0.5),
        ("c1", "key_point.k1", "covered", "partial", -0.5),
    ]
    assert {one.reference for one in changed} == {"covered", "partial"}


@settings(deadline=None, max_examples=15)
@given(said=st.lists(st.text("cpmu", min_size=3, max_size=3), min_size=2, max_size=6))
def test_nothing_changes_between_a_run_and_itself(said: list[str]) -> None:
    made = run(*said)
    compared = compare(cases(len(said)), made, made, [F1, margin("coverage_mae", "rise", 0)], draws=20)
    assert not compared.changed
    assert all(one.passed for one in compared.results)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (run("cpm"), run("cpm", "cpm"), "it has no grade of 'c1'"),
        (run("cpm", "cpm", "cpm"), run("cpm", "cpm"), "the set no longer has its answer 'c2'"),
        (run("cpm", "cpm"), run("cpm"), "this run has no grade of 'c1'"),
        ([outcome(0), outcome(1, answer_hash="old")], [outcome(0), outcome(1)], "the answer 'c1' has changed since"),
    ],
)
def test_a_baseline_of_other_answers_is_stale(before: list[Outcome], after: list[Outcome], why: str) -> None:
    with pytest.raises(RecordingError) as stale:
        check_current(cases(2), before, after, baseline="b.jsonl", command="interviewer eval s --bless WHY")
    told = str(stale.value)
    assert told.startswith(f"b.jsonl is stale: {why}") and "`interviewer eval s --bless WHY`" in told


def test_a_baseline_of_another_document_is_stale() -> None:
    made = run("cpm")
    other = [made[0].model_copy(update={"grade": made[0].grade.model_copy(update={"rubric_hash": "new"})})]
    with pytest.raises(RecordingError, match="the document of q has changed since"):
        check_current(cases(1), made, other, baseline="b.jsonl", command="x")
    check_current(cases(1), made, made, baseline="b.jsonl", command="x")


# ── blessing ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_baseline_keeps_its_reason_and_gives_the_same_figures(tmp_path: Path) -> None:
    made = [outcome(n, "cpm", probabilities={"key_point.k0": {"covered": 2 / 3, "missing": 1 / 3}}) for n in range(3)]
    file = baseline_file(tmp_path / "baselines", "builtin", "a/s.jsonl")
    bless(made, FACTS, file, why="new weights", day="2026-11-25")
    facts, kept = read_baseline(file, decider="builtin", command="c")
    assert file.name == "builtin-s.jsonl" and (facts.why, facts.blessed) == ("new weights", "2026-11-25")
    assert list(kept) == [compact(one) for one in made]
    assert kept[0].probabilities["key_point.k0"] == {"covered": 0.6667, "missing": 0.3333}

    def figures(outcomes: Sequence[Outcome]) -> list[float | None]:
        return [one.value for one in measure(cases(3), outcomes, FACTS, draws=1) if "calibration" not in one.key]

    assert figures(kept) == figures(made)


def test_what_is_no_baseline_of_this_decider_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"There is no baseline .*: make one with `c`"):
        read_baseline(tmp_path / "no.jsonl", decider="builtin", command="c")
    bless([], FACTS, tmp_path / "b.jsonl", why="w", day="2026-11-25")
    with pytest.raises(RecordingError, match="is a run of builtin, not of chat"):
        read_baseline(tmp_path / "b.jsonl", decider="chat", command="c")
    (tmp_path / "b.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(AnswersError, match=r"b\.jsonl:1: no outcomes of this version"):
        read_baseline(tmp_path / "b.jsonl", decider="builtin", command="c")
