"""Sums up a run for reports: its figures, curves, labellers and headline, in words; never grades and never writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from .figures import DRAWS, confusions, curves, measure
from .marks import Kind, Marked, mark, of_kind
from .records import Case, Figure, Outcome, RunFacts, Summary, Tradeoff
from .tallies import SURE, confidences

__all__ = [
    "BESIDE",
    "HEADLINES",
    "KIND_NAMES",
    "VALUE_NAMES",
    "Headline",
    "find",
    "labellers",
    "say_figure",
    "say_labellers",
    "say_number",
    "say_run",
    "sum_up",
    "tradeoffs",
    "worst_criteria",
]


class Headline(NamedTuple):
    """A figure that every report opens with."""

    key: str
    slice: str
    name: str
    less_is_better: bool = False


HEADLINES = (
    Headline("key_point_macro_f1", "", "Key points, macro-F1"),
    Headline("given", "kind:key_point", "Key points judged"),
    Headline("key_point_f1_partial", "", "Key points, F1 of partly covered"),
    Headline("key_point_balanced_f1", "", "Key points, covered against the rest"),
    Headline("flagged_answers_found", "", "Answers with a red flag that are found"),
    Headline("flag_free_answers_flagged", "", "Answers without a red flag that are flagged", less_is_better=True),
    Headline("motivation_qwk", "", "Motivations, QWK"),
    Headline("band_qwk", "", "Band, QWK"),
    Headline("star_f1", "", "STAR parts, F1"),
    Headline("quote_fidelity", "", "Quotes that stand in the answer"),
    Headline("evidence_support", "", "Quotes that overlap the labelled words"),
)
BESIDE = {"": "grader", "raters.": "second rater", "majority.": "commonest verdict", "length.": "length alone"}
"""Who else is measured on the same answers, by the prefix of the figures' keys."""
KIND_NAMES = {
    "key_point": "Key points",
    "motivation": "Motivations",
    "red_flag": "Red flags",
    "star": "STAR parts",
    "band": "Band",
}
VALUE_NAMES = {"partial": "partly", "false": "left out", "true": "told"}
"""Values whose name in a report is another one."""
SHARES = 20
ENOUGH = 5
"""Verdicts below which the agreement on a criterion is mostly luck."""


def sum_up(
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    facts: RunFacts,
    *,
    training: Sequence[Case] = (),
    more: Sequence[Figure] = (),
    draws: int = DRAWS,
) -> Summary:
    """Everything measured of a run.

    Args:
        cases: Of all sets.
        outcomes: Of these cases.
        facts: Of the run.
        training: What the two baselines are fitted on; without it there are none.
        more: Figures measured elsewhere, such as those of attacks.
        draws: Bootstrap samples of each interval.
    """
    graded = {outcome.case for outcome in outcomes}
    labelled = [case for case in cases if case.id in graded and case.reference]
    return Summary(
        facts=facts,
        labelled_by=labellers(labelled),
        answers=len(labelled),
        questions=len({case.question_id for case in labelled}),
        figures=(*measure(cases, outcomes, facts, training=training, draws=draws), *more),
        confusions=confusions(cases, outcomes),
        curves=curves(cases, outcomes),
        tradeoffs=tradeoffs(cases, outcomes),
    )


def labellers(cases: Iterable[Case]) -> tuple[str, ...]:
    """Everybody whose labels are in the references; one that was settled names them all in its `labeller`."""
    found: dict[str, None] = {}
    for case in cases:
        settled = case.reference.labeller if case.reference else ""
        found |= dict.fromkeys(re.split(r", | and ", settled.removesuffix(" where they differ")))
    return tuple(sorted(name for name in found if name))


def tradeoffs(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> tuple[Tradeoff, ...]:
    """For each kind with probabilities, the agreement of its surest 1/20, 2/20 … of the labelled verdicts."""
    marked = mark(cases, outcomes)
    return tuple(found for kind in SURE if (found := _tradeoff(marked, kind)) is not None)


def _tradeoff(marked: Sequence[Marked], kind: Kind) -> Tradeoff | None:
    pairs = sorted((pair for one in marked for pair in confidences(one, kind)), key=lambda pair: -pair[0])
    if not pairs:
        return None
    labelled = sum(1 for one in marked for _ in of_kind(one.truth, kind))
    right = np.cumsum([float(r) for _, r in pairs])
    counts = sorted({max(1, round(len(pairs) * step / SHARES)) for step in range(1, SHARES + 1)})
    return Tradeoff.model_validate(
        {
            "kind": kind,
            "given": [n / labelled for n in counts],
            "agreement": [float(right[n - 1]) / n for n in counts],
        }
    )


def worst_criteria(figures: Iterable[Figure]) -> list[tuple[Figure, Figure | None]]:
    """(agreement, bias) of each criterion, the least agreement first; those of under `ENOUGH` verdicts come last."""
    found = list(figures)
    bias = {one.slice: one for one in found if one.key == "bias"}

    def rank(one: Figure) -> tuple[bool, float, float, str]:
        other = bias.get(one.slice)
        return one.n < ENOUGH, one.value or 0, -abs(other.value or 0) if other else 0, one.slice

    of_criteria = (one for one in found if one.key == "agreement" and one.slice.startswith("criterion:"))
    return [(one, bias.get(one.slice)) for one in sorted(of_criteria, key=rank)]


# ── in words ─────────────────────────────────────────────────────────────────────────────────────────


def find(figures: Iterable[Figure], key: str, slice: str = "") -> Figure | None:
    """The figure of that key and slice; None when it wasn't measured."""
    return next((one for one in figures if one.key == key and one.slice == slice), None)


def say_number(value: float | None) -> str:
    """Two decimals, with a real minus; a dash for nothing."""
    return "—" if value is None else f"{value + 0.0:.2f}".replace("-0.00", "0.00").replace("-", "−")


def say_figure(figure: Figure | None) -> str:
    """`0.63 (0.58 to 0.69)`; without an interval, the number alone."""
    if figure is None or figure.value is None:
        return "—"
    if figure.low is None or figure.high is None:
        return say_number(figure.value)
    return f"{say_number(figure.value)} ({say_number(figure.low)} to {say_number(figure.high)})"


def say_labellers(names: Sequence[str]) -> str:
    """Who labelled, and what they are: a model is never taken for a person."""
    if not names:
        return "nobody"
    models = [name for name in names if name.startswith("model-")]
    if not models:
        return ", ".join(names)
    if len(models) == len(names):
        return f"{', '.join(names)}: language models, no person"
    people = [name for name in names if name not in models]
    return f"{', '.join(people)}, and the language models {', '.join(models)}"


def say_run(facts: RunFacts) -> str:
    """Where the verdicts come from, and of which day."""
    samples = f"{facts.samples} samples a verdict, " if facts.samples > 1 else ""
    return (
        samples
        + {
            "local": f"run on this machine on {facts.made}",
            "replayed": f"replayed on {facts.made} from what the model said on {facts.recorded or 'an unknown day'}",
            "recorded": f"asked and recorded on {facts.made}",
            "live": f"asked on {facts.made}",
        }[facts.source]
    )
