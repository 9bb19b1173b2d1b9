from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score, f1_score, precision_score, recall_score

from interviewer.agreement import (
    balanced_f1,
    bootstrap_interval,
    confusion,
    f1,
    macro_f1,
    precision,
    recall,
    spearman,
    token_iou,
    weighted_kappa,
)

LABELS = ("covered", "partial", "missing")


@pytest.mark.parametrize("seed", range(8))
def test_figures_are_those_of_scikit_learn(seed: int) -> None:
    draw = random.Random(seed)
    truth = draw.choices(LABELS, k=60)
    said = [draw.choice((t, t, draw.choice(LABELS))) for t in truth]
    assert macro_f1(truth, said, labels=LABELS) == pytest.approx(f1_score(truth, said, labels=LABELS, average="macro"))
    for label in LABELS:
        one = {"labels": [label], "average": "macro", "zero_division": 0}
        assert f1(truth, said, positive=label) == pytest.approx(f1_score(truth, said, **one))
        assert precision(truth, said, positive=label) == pytest.approx(precision_score(truth, said, **one))
        assert recall(truth, said, positive=label) == pytest.approx(recall_score(truth, said, **one))


@pytest.mark.parametrize("seed", range(8))
def test_kappa_is_that_of_scikit_learn(seed: int) -> None:
    draw = random.Random(seed)
    truth = [draw.randint(1, 5) for _ in range(50)]
    said = [min(5, max(1, t + draw.choice((-2, -1, 0, 0, 0, 1)))) for t in truth]
    assert weighted_kappa(truth, said) == pytest.approx(cohen_kappa_score(truth, said, weights="quadratic"))


def test_kappa_by_hand() -> None:
    # Observed squared distance: (1-2)^2 = 1 of 4 pairs, so 1/4. By chance each truth meets each said:
    # truth 1,1,3,3 with said 1,2,3,3: (0+1+4+4) * 2 + (4+1+0+0) * 2 = 28 of 16 pairs, so 28/16. 1 - 0.25/1.75 = 6/7.
    assert weighted_kappa([1, 1, 3, 3], [1, 2, 3, 3]) == pytest.approx(6 / 7)


@pytest.mark.parametrize(
    ("truth", "said", "figure"), [([], [], 1.0), ([2, 2], [2, 2], 1.0), ([1, 1], [2, 2], 0.0), ([1, 3], [2, 2], 0.0)]
)
def test_kappa_of_labels_without_spread(truth: list[int], said: list[int], figure: float) -> None:
    assert weighted_kappa(truth, said) == pytest.approx(figure)


def test_what_occurs_nowhere_counts_nothing() -> None:
    assert (
        f1(["a"], ["a"], positive="b")
        == precision(["a"], ["a"], positive="b")
        == recall(["a"], ["a"], positive="b")
        == 0
    )
    assert macro_f1(["a"], ["a"], labels=()) == 0


def test_labels_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        confusion(["a"], ["a", "b"])


def test_the_interval_holds_the_figure_and_repeats() -> None:
    items = [1.0] * 30 + [0.0] * 10
    low, high = bootstrap_interval(items, lambda drawn: sum(drawn) / len(drawn), seed=3)
    assert (low, high) == bootstrap_interval(items, lambda drawn: sum(drawn) / len(drawn), seed=3)
    # Standard error sqrt(0.75 * 0.25 / 40) = 0.068, so about 0.75 ± 0.13.
    assert 0.56 < low < 0.68 and 0.82 < high < 0.94
    with pytest.raises(ValueError, match="No items"):
        bootstrap_interval([], len)


@pytest.mark.parametrize("seed", range(8))
def test_balanced_f1_is_the_macro_f1_of_two_classes(seed: int) -> None:
    draw = random.Random(seed)
    truth, said = draw.choices(LABELS, k=40), draw.choices(LABELS, k=40)
    two = [[label == "covered" for label in labels] for labels in (truth, said)]
    assert balanced_f1(truth, said, positive="covered") == pytest.approx(f1_score(*two, average="macro"))


@pytest.mark.parametrize("seed", range(8))
def test_rank_correlation_is_that_of_scipy(seed: int) -> None:
    draw = random.Random(seed)
    x = [draw.randint(1, 5) for _ in range(30)]
    y = [value + draw.choice((0, 0.5, 3, -2)) for value in x]
    assert spearman(x, y) == pytest.approx(spearmanr(x, y)[0])


def test_without_spread_there_is_no_rank_correlation() -> None:
    assert spearman([1, 1], [1, 2]) is None
    assert spearman([], []) is None


TEXT = "I stayed calm, and he left with a new drill."  # I 0-1, stayed 2-8, calm 9-13, and 15-18, he 19-21


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ([(0, 13)], [(0, 13)], 1.0),
        ([(0, 13)], [(0, 14)], 1.0),  # a comma is no word
        ([(0, 13)], [(2, 8)], 1 / 3),  # stayed, of I stayed calm
        ([(0, 13)], [(2, 21)], 2 / 5),  # stayed calm, of I stayed calm and he
        ([(0, 1), (9, 13)], [(2, 13)], 1 / 3),  # calm, of I stayed calm
        ([(0, 13)], [(10, 12)], 1 / 3),  # "al" touches calm
        ([(0, 13)], [(15, 21)], 0.0),
        ([(13, 15)], [(13, 15)], 0.0),  # touches no word
        ([], [], 0.0),
    ],
)
def test_spans_overlap_by_words(one: list[tuple[int, int]], other: list[tuple[int, int]], share: float) -> None:
    assert token_iou(one, other, TEXT) == pytest.approx(share)
    assert token_iou(other, one, TEXT) == pytest.approx(share)


PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=20)


@given(PAIRS)
def test_agreement_is_bounded_and_the_same_from_either_side(pairs: list[tuple[int, int]]) -> None:
    truth, said = [t for t, _ in pairs], [s for _, s in pairs]
    for label in range(5):
        assert 0 <= balanced_f1(truth, said, positive=label) <= 1
        assert f1(truth, said, positive=label) == f1(said, truth, positive=label)
        assert precision(truth, said, positive=label) == recall(said, truth, positive=label)
    assert weighted_kappa(truth, said) == pytest.approx(weighted_kappa(said, truth))
    assert -1 - 1e-9 <= weighted_kappa(truth, said) <= 1
    found = spearman(truth, said)
    assert found is None or (abs(found) <= 1 + 1e-9 and found == pytest.approx(spearman(said, truth)))
