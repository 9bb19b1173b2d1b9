from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.encoder import (
    CLASSES,
    OVERLAP_SENTENCES,
    WINDOW_TOKENS,
    Criterion,
    Encoder,
    Reading,
    lay_out,
    load,
    split_windows,
)
from interviewer.errors import ModelFileError

ANSWER = (
    "A man shouted at me about his change.",
    "I took a breath and let him finish.",
    "Then I counted the till with him and gave him the two dollars.",
    "He said sorry and shook my hand.",
)
CRITERIA: tuple[Criterion, ...] = (
    ("key_point", "Remaining calm: keeps their own feelings in hand"),
    ("key_point", "Teamwork: helps colleagues"),
    ("motivation", "Problem-solving abilities: finds a way out of a confrontation"),
    ("red_flag", "Aggression: shouts at or threatens customers"),
    ("star", "Result: how it ended"),
)
SAME = 1e-4
"""Rounding only: products quantise their input row by row, so a criterion's numbers are its own."""


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load()


def numbers(reading: Reading) -> np.ndarray:
    return np.array([*reading.probabilities, *reading.sentences, reading.none])


def test_every_criterion_gets_probabilities_that_sum_to_one(encoder: Encoder) -> None:
    for (kind, _), reading in zip(CRITERIA, encoder.read(ANSWER, CRITERIA), strict=True):
        assert len(reading.probabilities) == len(CLASSES[kind])
        assert sum(reading.probabilities) == pytest.approx(1)
        assert len(reading.sentences) == len(ANSWER)
        assert sum(reading.sentences) + reading.none == pytest.approx(1)
        assert min(numbers(reading)) >= -1e-9


def test_order_and_company_of_criteria_change_nothing(encoder: Encoder) -> None:
    together = encoder.read(ANSWER, CRITERIA)
    backwards = encoder.read(ANSWER, CRITERIA[::-1])[::-1]
    for criterion, one, other in zip(CRITERIA, together, backwards, strict=True):
        (alone,) = encoder.read(ANSWER, [criterion])
        assert numbers(one) == pytest.approx(numbers(other), abs=SAME)
        # Eight-bit products round sums of another length differently; a criterion that was seen would change far more.
        assert numbers(one) == pytest.approx(numbers(alone), abs=0.01)


def test_the_same_question_twice_gives_the_same_numbers(encoder: Encoder) -> None:
    assert encoder.read(ANSWER, CRITERIA) == encoder.read(ANSWER, CRITERIA)


def test_criteria_are_told_apart(encoder: Encoder) -> None:
    calm, teamwork = encoder.read(ANSWER, CRITERIA[:2])
    assert calm.probabilities[0] > teamwork.probabilities[0]


@pytest.mark.parametrize("sentences", [(), ("",), ("…",), ("", "I stayed calm.")])
def test_an_empty_answer_is_read_too(encoder: Encoder, sentences: tuple[str, ...]) -> None:
    for reading in encoder.read(sentences, CRITERIA):
        assert sum(reading.probabilities) == pytest.approx(1)
        assert len(reading.sentences) == len(sentences)
        assert sum(reading.sentences) + reading.none == pytest.approx(1)


def test_no_criteria_no_readings(encoder: Encoder) -> None:
    assert encoder.read(ANSWER, ()) == ()


def test_a_long_answer_is_read_to_its_end(encoder: Encoder) -> None:
    padding = ("The shop sells lamps, rugs and chairs on two floors.",) * 60
    star: Criterion = ("star", "Result: how it ended")
    (without,) = encoder.read(padding, [star])
    (reading,) = encoder.read((*padding, *ANSWER), [star])
    assert len(reading.sentences) == len(padding) + len(ANSWER)
    assert sum(reading.sentences) + reading.none == pytest.approx(1)
    assert reading.probabilities[0] > without.probabilities[0]


def test_a_sentence_longer_than_a_window_is_cut(encoder: Encoder) -> None:
    (reading,) = encoder.read(("word " * 2000,), [CRITERIA[0]])
    assert sum(reading.probabilities) == pytest.approx(1)


@given(st.lists(st.integers(0, 700), max_size=40))
def test_windows_hold_every_sentence_and_fit(lengths: list[int]) -> None:
    windows = split_windows(lengths)
    assert windows[0][0] == 0 and windows[-1][1] == len(lengths)
    for start, end in windows:
        assert end > start or not lengths
        assert sum(min(n, WINDOW_TOKENS) for n in lengths[start:end]) <= WINDOW_TOKENS
    for (start, end), (next_start, next_end) in pairwise(windows):
        assert start < next_start <= end < next_end
        assert end - next_start <= OVERLAP_SENTENCES


def test_a_layout_averages_each_sentence_over_its_own_tokens() -> None:
    layout = lay_out([[7, 8], [], [9]])
    assert layout.tokens.tolist() == [101, 7, 8, 9, 102]
    assert layout.sentences.tolist() == [[0, 0.5, 0.5, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 1, 0]]


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("I stayed calm and fixed it.", 0.9, 1),
        ("yeah i dunno i just let em talk n sort it", 0.7, 1),
        ("My manager Krzysztof at Sainsbury's sorted the receipt.", 0.7, 1),
        ("asdkjh qwekjh zxmcnb", 0, 0.2),
        ("哈哈哈哈", 0, 0.2),
        ("", 0, 0),
        ("?!…", 0, 0),
    ],
)
def test_readability_tells_words_from_mashed_keys(encoder: Encoder, text: str, least: float, most: float) -> None:
    assert least <= encoder.readability(text) <= most


def test_missing_weights_are_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"built-in grader's files in .* install the package again"):
        load(tmp_path)


def test_neither_torch_nor_transformers_is_imported() -> None:
    program = (
        "import sys; from interviewer.encoder import load; assert 'onnxruntime' not in sys.modules;"
        "load().read(['I listen.'], [('star', 'Result')]);"
        "assert not {'torch', 'transformers', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_what_sentences_are_about_is_one_vector_each_however_many_windows_they_fill() -> None:
    vectors = load().about(ANSWER * 20)
    assert vectors.shape == (80, 384) and np.isfinite(vectors).all()
    assert load().about([]).shape == (0, 384)
    assert load().about(["word " * 1000]).shape == (1, 384)


def test_a_sentence_is_nearest_to_one_that_means_the_same() -> None:
    dog, cook, other = load().about(["She walks the dog every morning.", "He cooks rice.", "The dog is walked daily."])
    assert float(dog @ other) / np.linalg.norm(dog) > float(cook @ other) / np.linalg.norm(cook)
