"""The labelled answers: complete, verbatim, split once and for all; the published figures of the raters are theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shipped import LIBRARY

from evals.measure_raters import criteria_agreement, labelled_pairs, measure, table

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
