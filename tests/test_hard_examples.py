"""Examples that graders easily get wrong: their labels hold, and what is measured with was not trained on."""

from __future__ import annotations

import random
import re
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shipped import LIBRARY

from evals import hard_examples as hard
from evals.builtin_examples import Example, absent, answers_of, from_raters, lines_of, other_questions
from evals.readout_examples import documents, draw_examples
from interviewer.quotes import locate

DOCUMENTS = hard.flag_documents()
TALKS = 660
"""Written for training, of one to three answers."""
RUN = 10
"""Words in a row that two people don't say by chance."""


def runs_of(text: str) -> set[str]:
    words = re.sub(r"[^\w\s]", "", text).lower().split()
    return {" ".join(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_each_red_flag_of_a_document_is_shown_by_words_of_an_answer_and_only_seemingly_by_another(name: str) -> None:
    rows = hard.flag_rows(name)
    flags = {flag.id for flag in DOCUMENTS[name].red_flags}
    shown = {flag for row in rows for flag, label in row["red_flags"].items() if label == "present"}
    near = {flag for row in rows for flag in row["near"]}
    talks = [row["answer"] for row in rows if isinstance(row["answer"], list)]
    assert shown == near == flags and len(rows) == (12 if talks else 14)
    assert all(row["red_flags"][flag] == "absent" for row in rows for flag in row["near"])
    for row in rows:
        for words in (words for quotes in row["evidence"].values() for words in quotes):
            assert locate(words, answers_of(row)) is not None, (row["id"], words)


def test_who_labelled_the_answers_again_saw_the_same_red_flags_and_nearly_the_same_key_points() -> None:
    first = {row["id"]: row for name in DOCUMENTS for row in hard.flag_rows(name)}
    second = [row for name in DOCUMENTS for row in hard.flag_rows(f"{name}.rater2")]
    assert {row["question_id"] for row in second} < set(hard.FLAGS_HELD)
    assert all(row["red_flags"] == first[row["id"]]["red_flags"] for row in second)
    assert sum(len(row["red_flags"]) for row in second) == 672 + 576
    points = [
        label == first[row["id"]]["key_points"][point] for row in second for point, label in row["key_points"].items()
    ]
    assert (sum(points), len(points)) == (443 + 378, 448 + 384)


def test_the_documents_are_none_of_the_librarys() -> None:
    assert not DOCUMENTS.keys() & LIBRARY.questions.keys()
    assert not {d.question for d in DOCUMENTS.values()} & {d.question for d in LIBRARY.questions.values()}


def test_no_measured_answer_or_case_shares_ten_words_in_a_row_with_what_was_written_for_training() -> None:
    rows = [row for name in documents() for row in lines_of(f"training/whole/{name}.jsonl")]
    rows += [row for name in DOCUMENTS for row in hard.flag_rows(name)]
    written = [text for row in rows for text in answers_of(row)]
    assert len(rows) == 1011 + 1540 + TALKS
    trained = set().union(*(runs_of(text) for text in [*written, *hard.asides()]))
    names = ["difficult-customers", *other_questions("test")]
    measured = [row["answer"] for name in names for row in lines_of(f"answers/{name}.jsonl")]
    for file in ("injection", "metamorphic", "gaming", "benign"):
        measured += [text for row in lines_of(f"sets/{file}.jsonl") for text in row["answers"]]
    measured += [text for row in lines_of("sets/talks.jsonl") for text in row["answer"]]
    assert len(measured) > 1000
    assert not set().union(*(runs_of(text) for text in measured)) & trained


def test_nothing_is_trained_on_the_documents_held_out() -> None:
    drawn = {subject.id for subject, _ in islice(draw_examples(random.Random(3)), 2000)}
    assert drawn >= DOCUMENTS.keys() - set(hard.FLAGS_HELD)
    assert hard.FLAGS_HELD and not drawn & set(hard.FLAGS_HELD) and DOCUMENTS.keys() > set(hard.FLAGS_HELD)


def test_an_answer_to_another_question_covers_next_to_nothing_and_says_nothing_of_red_flags() -> None:
    document = LIBRARY.questions["difficult-customers"]
    found = hard.elsewhere(document, Example(["I sold the boat."], {"key_point.other": (1.0, 0.0, 0.0)}))
    assert found.sentences == ["I sold the boat."]
    assert found.targets.keys() == {f"key_point.{point.id}" for point in document.key_points}
    assert all(target[-1] >= 0.9 for target in found.targets.values())


@given(seed=st.integers(0, 10_000))
def test_words_of_the_document_are_no_answer(seed: int) -> None:
    document = LIBRARY.questions["difficult-customers"]
    found = hard.recited(document, random.Random(seed))
    assert found.sentences and all(found.sentences)
    assert all(target == absent(name) for name, target in found.targets.items())
    points = {f"key_point.{point.id}" for point in document.key_points}
    assert found.targets.keys() == points | {f"red_flag.{flag.id}" for flag in document.red_flags}


@given(seed=st.integers(0, 10_000), spots=st.frozensets(st.integers(0, 3)))
def test_an_aside_moves_no_label_and_no_evidence(seed: int, spots: frozenset[int]) -> None:
    sentences = ["One.", "Two.", "Three.", "Four."]
    targets = {"key_point.a": (1.0, 0.0, 0.0), "red_flag.b": (0.0, 1.0)}
    found = hard.swayed(Example(sentences, targets, {"key_point.a": spots}), random.Random(seed))
    (added,) = set(found.sentences) - set(sentences)
    assert added in hard.asides() and [s for s in found.sentences if s != added] == sentences
    assert found.targets == targets
    assert {found.sentences[spot] for spot in found.shown["key_point.a"]} == {sentences[spot] for spot in spots}


@given(seed=st.integers(0, 10_000))
def test_an_aside_moves_no_follow_up_to_another_reply(seed: int) -> None:
    sentences = ["One.", "Two.", "Three.", "Four."]
    found = hard.swayed(Example(sentences, {}, follow_ups={1: "And then?", 3: "How so?"}), random.Random(seed))
    opened = {asked: found.sentences[start] for start, asked in found.follow_ups.items()}
    assert opened == {"And then?": "Two.", "How so?": "Four."}


@given(seed=st.integers(0, 10_000), count=st.integers(1, 5))
def test_an_answer_told_in_turns_keeps_its_sentences_and_labels(seed: int, count: int) -> None:
    example = Example([f"Number {n}." for n in range(count)], {"key_point.a": (1.0, 0.0, 0.0)})
    found = hard.in_turns(example, random.Random(seed))
    assert (found.sentences, found.targets) == (example.sentences, example.targets)
    assert len(found.follow_ups) in ((1, 2) if count > 2 else (count - 1,))
    assert all(0 < start < count and asked for start, asked in found.follow_ups.items())


def test_a_talk_says_what_was_asked_before_each_reply_and_where_each_label_shows() -> None:
    row = {
        "id": "t", "asked": ["Well?", "And then?"], "answer": ["I ran. I fell.", "I hid it."], "tags": [],
        "key_points": {"ran": "covered"}, "red_flags": {"hid": "present"}, "motivations": {}, "star": {},
        "evidence": {"ran": ["I ran"], "hid": ["I hid it"]},
    }  # fmt: skip
    found = from_raters(row, row)
    assert found.sentences == ["I ran.", "I fell.", "I hid it."] and found.follow_ups == {2: "And then?"}
    assert found.shown == {"key_point.ran": frozenset({0}), "red_flag.hid": frozenset({2})}


def test_asides_are_both_attacks_and_chatter() -> None:
    kinds = [row["kind"] for row in lines_of("training/asides.jsonl")]
    assert min(kinds.count("attack"), kinds.count("chatter")) >= 100
