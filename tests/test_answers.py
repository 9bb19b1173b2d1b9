"""The labelled answers: complete, verbatim, split once and for all; the published figures of the raters are theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shipped import LIBRARY

from evals.measure_raters import (
    _settle,
    by_criterion,
    count_ways,
    criteria_agreement,
    labelled_pairs,
    measure,
    settled_labels,
    table,
)
from interviewer.labelling import NEEDS_WORDS, Labels

EVALS = Path(__file__).parents[1] / "evals"
PAIRS = labelled_pairs()
SPLIT = json.loads((EVALS / "split-questions.json").read_text(encoding="utf-8"))
WRITTEN = sorted(PAIRS.keys() - {"difficult-customers"})


def test_twenty_five_questions_have_at_least_twelve_answers_labelled_twice() -> None:
    assert len(PAIRS) >= 26
    assert min(len(pairs) for pairs in PAIRS.values()) >= 12


@pytest.mark.parametrize("question", WRITTEN)
def test_both_raters_judged_every_criterion_of_the_document(question: str) -> None:
    document = LIBRARY.questions[question]
    for labels in (label for pair in PAIRS[question] for label in pair):
        assert labels["key_points"].keys() == {one.id for one in document.key_points}, labels["id"]
        assert labels["motivations"].keys() == {one.id for one in document.motivations}, labels["id"]
        assert labels["red_flags"].keys() == {one.id for one in document.red_flags}, labels["id"]
        assert set(labels["motivations"].values()) <= {0, 1, 2, 3}
        assert labels["band"] in range(1, 6)


def shown(labels: dict[str, Any]) -> set[str]:
    points = {key for key, verdict in labels["key_points"].items() if verdict != "missing"}
    return points | {key for key, verdict in labels["red_flags"].items() if verdict == "present"}


@pytest.mark.parametrize("question", WRITTEN)
def test_every_label_that_needs_words_has_words_of_the_answer(question: str) -> None:
    for first, second in PAIRS[question]:
        for labels in (first, second):
            assert {key.rpartition(".")[2] for key in labels["evidence"]} == shown(labels), labels["id"]
            for spans in labels["evidence"].values():
                assert spans and all(span in first["answer"] for span in spans), labels["id"]


@pytest.mark.parametrize("question", WRITTEN)
def test_the_raters_are_two_and_neither_wrote_the_answers(question: str) -> None:
    for first, second in PAIRS[question]:
        assert len({first["labeller"], second["labeller"], first["author"]}) == 3


def test_at_least_a_third_of_the_answers_are_short() -> None:
    lengths = [len(first["answer"].split()) for question in WRITTEN for first, _ in PAIRS[question]]
    assert sum(8 <= count <= 60 for count in lengths) >= len(lengths) / 3


def test_every_answer_is_in_one_part_of_the_split() -> None:
    for question, parts in SPLIT["questions"].items():
        listed = [answer for part in parts.values() for answer in part]
        assert len(set(listed)) == len(listed)
        if question in PAIRS:
            assert sorted(listed) == sorted(first["id"] for first, _ in PAIRS[question])


def test_eight_whole_questions_are_test_only() -> None:
    whole = {question for question, parts in SPLIT["questions"].items() if not parts["train"] and not parts["dev"]}
    assert whole == set(SPLIT["test_questions"])
    assert len(whole) >= 8


def test_the_published_figures_are_those_of_the_labels() -> None:
    figures = measure()
    assert json.loads((EVALS / "results" / "raters.json").read_text(encoding="utf-8")) == figures
    assert (EVALS / "results" / "raters.md").read_text(encoding="utf-8") == table(figures)


def test_a_criterion_agrees_as_often_as_both_say_the_same() -> None:
    def labels(verdict: str) -> dict[str, Any]:
        return {"key_points": {"calm": verdict}, "motivations": {}, "red_flags": {}}

    pairs = [(labels("covered"), labels("covered")), (labels("missing"), labels("partial"))]
    assert criteria_agreement(pairs) == {"key_points.calm": 0.5}


# ── what a third rater settled ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("question", sorted(PAIRS))
def test_exactly_what_the_raters_differ_on_was_settled_with_words_of_the_answer(question: str) -> None:
    settled = settled_labels(question, PAIRS[question])  # raises when anything is left, or settled for nothing
    rows = (EVALS / "answers" / f"{question}.adjudicated.jsonl").read_text(encoding="utf-8").splitlines()
    said = {first["id"]: first["answer"] for first, _ in PAIRS[question]}
    for row in map(json.loads, rows):
        needed = {name.partition(".")[2] for name, verdict in row["verdicts"].items() if verdict in NEEDS_WORDS}
        assert row.get("evidence", {}).keys() == needed, row["id"]
        assert all(span in said[row["id"]] for spans in row.get("evidence", {}).values() for span in spans), row["id"]
        assert row["labeller"] not in {labels["labeller"] for labels in PAIRS[question][0]}
    for _, _, labels in settled:
        assert Labels(**{**labels, "evidence": {}}).band == labels["band"]


def judged(calm: str, flag: str = "absent", level: int = 2, result: bool = True, band: int = 3) -> dict[str, Any]:
    return {
        "id": "a", "labeller": "r", "answer": "x y", "key_points": {"calm": calm}, "red_flags": {"rude": flag},
        "motivations": {"care": level}, "star": {"result": result}, "band": band,
    }  # fmt: skip


def test_the_kinder_verdict_is_the_one_that_is_better_for_the_candidate() -> None:
    first, second = judged("covered", "present", 1, True, 4), judged("missing", "absent", 3, False, 2)
    taken = {"key_points.calm": "partial", "red_flags.rude": "absent", "motivations.care": 1, "star.result": True}
    settled = [(first, second, _settle(first, second, {**taken, "band": 2}))]
    # calm: neither; rude: second, kinder; care: first, stricter; result: first, kinder; band: second, stricter
    expected = {"verdicts": 5, "first": 2, "second": 2, "neither": 1, "kinder": 2, "stricter": 2}
    assert count_ways(settled) == expected
    assert by_criterion(settled)["motivations.care"]["first"] == 1.0
    assert by_criterion(settled)["key_points.calm"] == {
        "raters": 0.0,
        "first": 0.0,
        "second": 0.0,
        "adjudicated": {**dict.fromkeys(expected, 0), "verdicts": 1, "neither": 1},
    }


@pytest.mark.parametrize("verdicts", [{}, {"key_points.calm": "covered", "band": 3}])
def test_settling_too_little_or_too_much_is_an_error(verdicts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="what was settled is not what"):
        _settle(judged("covered"), judged("missing"), verdicts)


def test_a_file_of_settled_verdicts_is_no_question_and_no_rater() -> None:
    assert not [question for question in PAIRS if "adjudicated" in question]
    assert PAIRS.keys() <= LIBRARY.questions.keys()


def test_the_readme_says_how_often_the_kinder_verdict_was_taken() -> None:
    text = " ".join((EVALS / "README.md").read_text(encoding="utf-8").split())
    figures = measure()
    newer = figures["all but difficult-customers"]["settled"]["adjudicated"]
    seed = figures["questions"]["difficult-customers"]["settled"]["adjudicated"]
    assert f"{newer['kinder']} of {newer['verdicts']} on the newer questions" in text
    assert f"{seed['kinder']} of {seed['verdicts']} on `difficult-customers`" in text
    assert f"{newer['kinder'] + seed['kinder']} times of {newer['verdicts'] + seed['verdicts']}" in text
    assert f"the stricter {newer['stricter'] + seed['stricter']} times; {newer['neither'] + seed['neither']} v" in text
