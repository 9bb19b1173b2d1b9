"""Defines every figure as a formula of tallies summed over answers; never counts and never draws.

The numbers in brackets are those of the metrics in `evals/README.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..schema import STAR_PARTS
from . import counts
from .counts import Floats, ratio
from .marks import KINDS, VALUES, Kind
from .reliability import calibration_error
from .resampling import percentile
from .tallies import RATED, SURE, Tallies

__all__ = ["DEFINITIONS", "Definition", "Sample", "Sums", "nothing"]


class Sums(dict[str, Floats]):
    """Each tally added up over weighted answers, `(draws, …)`, when it is first asked for."""

    def __init__(self, weights: Floats, tallies: Tallies) -> None:
        super().__init__()
        self._weights, self._tallies = weights, tallies

    def __missing__(self, name: str) -> Floats:
        self[name] = found = np.tensordot(self._weights, self._tallies[name], 1)
        return found


class Sample(NamedTuple):
    """Answers with weights, one row for each draw."""

    weights: Floats
    """`(draws, answers)`."""
    tallies: Tallies
    sums: Sums
    questions: npt.NDArray[np.int64]
    """`(answers,)`: which question each answer is to, as a number."""


Formula = Callable[[Sample], Floats]


class Definition(NamedTuple):
    """How one figure follows from the tallies."""

    key: str
    name: str
    value: Formula
    n: Formula
    kind: str = ""
    """For figures that every kind of criterion has; empty for the others."""
    everywhere: bool = False
    """Given for each question and tag too."""


def nothing(sample: Sample) -> Floats:
    """No figure for any draw."""
    return np.full(len(sample.weights), np.nan)


# ── where a figure comes from ────────────────────────────────────────────────────────────────────────


def _given(kind: Kind, formula: Callable[[Floats], Floats]) -> tuple[Formula, Formula]:
    """A formula of the table of verdicts given, and how many these are."""
    return (
        lambda sample: formula(sample.sums[f"{kind}.table"][..., :-1]),
        lambda sample: sample.sums[f"{kind}.table"][..., :-1].sum((-1, -2)),
    )


def _labelled(kind: Kind, formula: Callable[[Floats], Floats]) -> tuple[Formula, Formula]:
    """A formula of the whole table, abstentions in its last column, and how many verdicts were labelled."""
    return (
        lambda sample: formula(sample.sums[f"{kind}.table"]),
        lambda sample: sample.sums[f"{kind}.table"].sum((-1, -2)),
    )


def _share(tally: str, top: int, bottom: int) -> tuple[Formula, Formula]:
    """One column of a tally as a share of another, and how many the latter counts."""
    return (
        lambda sample: ratio(sample.sums[tally][..., top], sample.sums[tally][..., bottom]),
        lambda sample: sample.sums[tally][..., bottom],
    )


def _slope(tally: str) -> tuple[Formula, Formula]:
    return lambda sample: counts.slope(sample.sums[tally]), lambda sample: sample.sums[tally][..., 0]


def _mean_each(tally: str, formula: Callable[[Floats], Floats]) -> tuple[Formula, Formula]:
    """The mean of a formula over the criteria of a tally, and how many verdicts are behind it."""
    return (
        lambda sample: counts.mean_of(formula(sample.sums[tally])),
        lambda sample: sample.sums[tally].sum((-1, -2, -3)),
    )


def _percentile(tally: str, share: float) -> tuple[Formula, Formula]:
    return (
        lambda sample: percentile(sample.tallies[tally], sample.weights, share),
        lambda sample: sample.weights @ (~np.isnan(sample.tallies[tally])).astype(float),
    )


def _mean_over_questions(sample: Sample) -> Floats:
    """Macro-F1 of key points question by question, each counting as often as it was drawn."""
    tables = sample.tallies["key_point.table"][..., :-1]
    found, times = [], []
    for question in np.unique(sample.questions):
        here = sample.questions == question
        found.append(counts.macro_f1(np.tensordot(sample.weights[:, here], tables[here], 1)))
        times.append(sample.weights[:, here].mean(-1))
    figures, drawn = np.stack(found, -1), np.stack(times, -1)
    kept = np.where(np.isnan(figures), 0.0, drawn)
    return ratio((np.nan_to_num(figures) * kept).sum(-1), kept.sum(-1))


def _alpha(tally: str) -> Formula:
    return lambda sample: counts.alpha(sample.sums[tally])


def _pairable(tally: str) -> Formula:
    """How many values Krippendorff's alpha is over: those of criteria that at least two gave one for."""
    return lambda sample: np.asarray(sample.sums[tally].sum((-1, -2)))


def _alpha_change(kind: Kind) -> Formula:
    raters, joined = _alpha(f"{kind}.raters"), _alpha(f"{kind}.joined")
    return lambda sample: joined(sample) - raters(sample)


def _calibration(kind: Kind) -> tuple[Formula, Formula]:
    tally = f"{kind}.bins"
    return lambda sample: calibration_error(sample.sums[tally]), lambda sample: sample.sums[tally][..., 0].sum(-1)


def _star_part(place: int) -> tuple[Formula, Formula]:
    return (
        lambda sample: _true_f1(sample.sums["star.each"][..., place, :, :]),
        lambda sample: sample.sums["star.each"][..., place, :, :].sum((-1, -2)),
    )


def _f1_of(place: int) -> Callable[[Floats], Floats]:
    """The F1 of one value; an abstention counts as not said."""

    def formula(tables: Floats) -> Floats:
        return np.asarray(counts.f1s(tables)[..., place])

    return formula


_true_f1 = _f1_of(1)


# ── the definitions ──────────────────────────────────────────────────────────────────────────────────


def _key_points() -> Iterator[Definition]:
    macro, n = _given("key_point", counts.macro_f1)
    yield Definition("key_point_macro_f1", "key points, macro-F1 of the verdicts given [1]", macro, n, everywhere=True)
    yield Definition("key_point_macro_f1_questions", "the same, mean over questions [1]", _mean_over_questions, n)
    yield Definition(
        "key_point_macro_f1_all",
        "key points, macro-F1 with abstentions counted as wrong [1, 19]",
        *_labelled("key_point", counts.macro_f1),
        everywhere=True,
    )
    for place, value in reversed(list(enumerate(VALUES["key_point"]))):
        name = f"key points, F1 of {'partly' if value == 'partial' else value} [{2 if value == 'partial' else 1}]"
        yield Definition(
            f"key_point_f1_{value}", name, *_given("key_point", _f1_of(place)), everywhere=value == "partial"
        )
    yield Definition(
        "key_point_balanced_f1",
        "key points, covered against the rest, mean of both F1 [3]",
        *_given("key_point", lambda tables: counts.macro_f1(counts.against_rest(tables, 2))),
        everywhere=True,
    )
    yield Definition("coverage_bias", "coverage, said − reference [4]", *_share("coverage", 1, 0), everywhere=True)
    yield Definition("coverage_mae", "coverage, mean absolute error [4]", *_share("coverage", 2, 0), everywhere=True)


def _red_flags() -> Iterator[Definition]:
    def said(sample: Sample) -> Floats:
        return np.asarray(sample.sums["red_flag.table"][..., :, 1].sum(-1))

    def there(sample: Sample) -> Floats:
        return np.asarray(sample.sums["red_flag.table"][..., 1, :].sum(-1))

    def hits(sample: Sample) -> Floats:
        return np.asarray(sample.sums["red_flag.table"][..., 1, 1])

    f1, n = _labelled("red_flag", _true_f1)
    yield Definition("red_flag_precision", "red flags, precision [5]", lambda s: ratio(hits(s), said(s)), said)
    yield Definition(
        "red_flag_recall", "red flags, recall [5]", lambda s: ratio(hits(s), there(s)), there, everywhere=True
    )
    yield Definition("red_flag_f1", "red flags, F1 [5]", f1, n, everywhere=True)
    yield Definition(
        "flagged_answers_found",
        "answers with a labelled flag in which at least one is found [5]",
        *_share("flagged", 1, 0),
        everywhere=True,
    )
    yield Definition(
        "flagged_answers_found_or_open",
        "answers with a labelled flag in which at least one is found or left open [5]",
        *_share("flagged", 2, 0),
    )
    yield Definition(
        "flag_free_answers_flagged",
        "answers without a flag that are said to have one [5]",
        *_share("flagged", 4, 3),
        everywhere=True,
    )
    yield Definition(
        "flag_free_answers_flagged_or_open",
        "answers without a flag that are said to have one, or in which one is left open [5]",
        *_share("flagged", 5, 3),
    )
    yield Definition(
        "red_flag_recall_at_5",
        "red flags, recall where 5 % of the flag-free answers would be flagged [5]",
        *_share("alarms", 1, 0),
    )


def _levels() -> Iterator[Definition]:
    yield Definition(
        "motivation_qwk",
        "motivations, quadratic weighted kappa, pooled [6]",
        *_given("motivation", counts.kappa),
        everywhere=True,
    )
    yield Definition(
        "motivation_qwk_mean",
        "motivations, quadratic weighted kappa, mean over motivations [6]",
        *_mean_each("motivation.each", lambda tables: counts.kappa(tables[..., :-1])),
    )
    yield Definition("motivation_exact", "motivations, same level [6]", *_given("motivation", counts.accuracy))
    yield Definition(
        "motivation_within_one",
        "motivations, at most one level apart [6]",
        *_given("motivation", lambda tables: counts.within(tables, 1)),
        everywhere=True,
    )
    yield Definition("band_qwk", "band, quadratic weighted kappa [7]", *_given("band", counts.kappa), everywhere=True)
    yield Definition(
        "band_mae", "band, mean absolute error in bands [7]", *_given("band", counts.mean_distance), everywhere=True
    )
    yield Definition("band_spearman", "band, Spearman's correlation [7]", *_given("band", counts.spearman))


def _raters() -> Iterator[Definition]:
    for kind in RATED:
        words = kind.replace("_", " ")
        for who, name in (("raters", "of the raters"), ("joined", "with the grader as one more")):
            tally = f"{kind}.{who}"
            yield Definition(
                f"{kind}_alpha_{who}", f"{words}, ordinal alpha {name} [8]", _alpha(tally), _pairable(tally)
            )
        name = f"{words}, alpha with the grader − without [8]"
        yield Definition(f"{kind}_alpha_change", name, _alpha_change(kind), _pairable(f"{kind}.joined"))


def _star() -> Iterator[Definition]:
    yield Definition("star_f1", "STAR parts, mean F1 [9]", *_mean_each("star.each", _true_f1), everywhere=True)
    for place, part in enumerate(STAR_PARTS):
        yield Definition(f"star_f1_{part}", f"STAR, F1 of {part} [9]", *_star_part(place))


def _quotes() -> Iterator[Definition]:
    yield Definition("quote_fidelity_raw", "quotes as the model wrote them, found [10]", *_share("quotes", 1, 0))
    yield Definition("quote_fidelity", "quotes delivered that stand where they say [11]", *_share("quotes", 3, 2))
    yield Definition(
        "evidence_completeness", "covered, partly and flag verdicts with a quote [12]", *_share("evidence", 1, 0)
    )
    yield Definition(
        "evidence_support",
        "quotes that overlap the labelled words, token IoU at least 0.3 [12]",
        *_share("evidence", 3, 2),
    )


def _stability() -> Iterator[Definition]:
    def answers(sample: Sample) -> Floats:
        return np.asarray(sample.sums["repeats"][..., 2])

    yield Definition("repeat_flips", "verdicts that differ between two runs [13]", *_share("repeats", 1, 0))
    yield Definition("repeat_alpha", "key points, ordinal alpha among runs [13]", _alpha("repeats.alpha"), answers)
    yield Definition("repeat_moves", "answers whose coverage moves by 0.1 or more [13]", *_share("repeats", 3, 2))


def _length() -> Iterator[Definition]:
    for what in ("coverage", "band"):
        name = f"{what}, change of (said − reference) for each doubling of the words, share of the range [18]"
        yield Definition(f"{what}_length_slope", name, *_slope(f"{what}.length"))


def _every_kind() -> Iterator[Definition]:
    for kind in KINDS:
        yield Definition("given", "share of verdicts given [19]", *_labelled(kind, _given_share), kind)
        yield Definition("agreement", "same verdict, of those given [19]", *_given(kind, counts.accuracy), kind)
        yield Definition(
            "agreement_all", "same verdict, abstentions counted as wrong [19]", *_labelled(kind, counts.accuracy), kind
        )
    for kind in SURE:
        name = "expected calibration error of the likeliest values, ten equal-mass bins"
        yield Definition("calibration_error", name, *_calibration(kind), kind)


def _given_share(tables: Floats) -> Floats:
    return ratio(tables[..., :-1].sum((-1, -2)), tables.sum((-1, -2)))


def _costs() -> Iterator[Definition]:
    for tally in ("tokens", "seconds", "usd"):
        for share in (50, 95):
            name = f"{tally} of an answer, {share} % need no more [20]"
            yield Definition(f"{tally}_p{share}", name, *_percentile(tally, share / 100))


DEFINITIONS: tuple[Definition, ...] = (
    *_key_points(),
    *_red_flags(),
    *_levels(),
    *_raters(),
    *_star(),
    *_quotes(),
    *_stability(),
    *_length(),
    *_every_kind(),
    *_costs(),
)
"""Every figure, in the order in which they are reported."""
