"""Measures outcomes against references: every figure with its interval, for all and by slice; never grades.

A figure's key is that of a `Definition`; those beside the grader's carry a prefix: `raters.` (the second rater against
the first), `majority.` and `length.` (the baselines). How each is defined stands in `evals/README.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from . import baselines
from .counts import Floats, ratio
from .definitions import DEFINITIONS, Definition, Sample, Sums, nothing
from .marks import KINDS, VALUES, Marked, mark, mark_raters, words
from .records import Case, Confusion, Curve, Figure, Outcome, RunFacts
from .reliability import reliability_curve
from .resampling import interval, weigh
from .tallies import SURE, Tallies, confidences, criteria_of, table_of, tally

__all__ = ["SHORT_WORDS", "changes", "confusions", "curves", "measure"]

SHORT_WORDS = 60
"""Most words of a short answer."""
DRAWS = 400
CRITERION_FIGURES = (
    ("agreement", "same verdict, of those given"),
    ("bias", "mean of said − reference, as a share of the scale's range"),
)
BASELINE_SLICES = ("", "tag:long", "tag:short")

SHORT_WORDS = 60
"""Most words of a short answer."""
DRAWS = 400
CRITERION_FIGURES = (
    ("agreement", "same verdict, of those given"),
    ("bias", "mean of said − reference, as a share of the scale's range"),
)
BASELINE_SLICES = ("", "tag:long", "tag:short")


def measure(
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    facts: RunFacts,
    *,
    training: Sequence[Case] = (),
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[Figure, ...]:
    """Metrics 1 to 13 and 18 to 20 of a labelled set.

    Args:
        cases: With the reference that grades are held against; what has none counts for quotes and cost only.
        outcomes: Of these cases; others are passed over. Figures are of each case's first run, stability of all.
        facts: Of the run. A replayed one has no seconds: they would be those of reading a file.
        training: Cases the two baselines are fitted on, apart from `cases`; without them there are no baselines.
        draws: Bootstrap samples of each interval.
        seed: Of the samples.

    Returns:
        For the whole set every figure, with value None where there was nothing to measure; for slices those with an n.
        A slice of one question has an interval over its answers; a single answer has none.
    """
    marked = mark(cases, outcomes)
    seen = {one.case.id for one in marked}
    found = list(_figures(marked, draws, seed))
    if facts.source == "replayed":
        found = [figure for figure in found if not figure.key.startswith("seconds")]
    found += _beside("raters", mark_raters(case for case in cases if case.id in seen), draws, seed)
    if any(case.reference for case in training):
        for name, said in (
            ("majority", baselines.by_majority(marked, baselines.commonest(training))),
            ("length", baselines.by_length(marked, baselines.fit_length(training))),
        ):
            found += _beside(name, said, draws, seed, BASELINE_SLICES)
    return tuple(found)


def changes(
    cases: Sequence[Case],
    before: Sequence[Outcome],
    after: Sequence[Outcome],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[Figure, ...]:
    """How far each figure changed between two runs on the cases that both have, with its paired interval.

    The paired bootstrap (Efron and Tibshirani 1993, chapter 8): the change is computed in each draw. Keys
    have the prefix `change.`. `n` is the first run's.
    """
    both = {outcome.case for outcome in before} & {outcome.case for outcome in after}
    shared = [case for case in cases if case.id in both]
    if not shared:
        return ()
    old, new = mark(shared, before), mark(shared, after)
    weights = weigh([one.case.question_id for one in old], draws=draws, seed=seed)
    one, other = _samples(old, weights), _samples(new, weights)
    return tuple(
        _figure(
            definition._replace(key=f"change.{definition.key}"),
            definition.value(other[0]) - definition.value(one[0]),
            definition.value(other[1]) - definition.value(one[1]),
            float(definition.n(one[0])[0]),
        )
        for definition in DEFINITIONS
    )


def confusions(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> tuple[Confusion, ...]:
    """The confusion matrix of each kind, over the first run of every case; none where nothing is labelled."""
    marked = mark(cases, outcomes)
    found = []
    for kind in KINDS:
        tables = [table_of(one, kind) for one in marked]
        if any(table.any() for table in tables):
            rows = tuple(tuple(int(n) for n in row) for row in np.sum(tables, 0))
            found.append(Confusion(kind=kind, values=VALUES[kind], counts=rows))
    return tuple(found)


def curves(cases: Sequence[Case], outcomes: Sequence[Outcome], *, bins: int = 10) -> tuple[Curve, ...]:
    """The reliability curve of each kind that probabilities were given for."""
    found = []
    for kind in SURE:
        pairs = [pair for one in mark(cases, outcomes) for pair in confidences(one, kind)]
        if pairs:
            n, sure, right = zip(
                *reliability_curve([p for p, _ in pairs], [r for _, r in pairs], bins=bins), strict=True
            )
            found.append(Curve.model_validate({"kind": kind, "n": n, "confidence": sure, "right": right}))
    return tuple(found)


# ── samples and slices ───────────────────────────────────────────────────────────────────────────────


def _beside(
    source: str, marked: Sequence[Marked], draws: int, seed: int, slices: Sequence[str] = ()
) -> Iterator[Figure]:
    """The figures of another source that has any, in some slices or all but the criteria."""
    for figure in _figures(marked, draws, seed, slices):
        if figure.n and not figure.slice.startswith("criterion:"):
            yield figure.model_copy(update={"key": f"{source}.{figure.key}"})


def _figures(marked: Sequence[Marked], draws: int, seed: int, slices: Sequence[str] = ()) -> Iterator[Figure]:
    """Every figure of some slices, or of all when none are named; the whole first."""
    if not marked:
        yield from (Figure(key=d.key, name=d.name, value=None, slice=_kind_slice(d)) for d in DEFINITIONS)
        return
    tallies = tally(marked)
    criteria = criteria_of(marked)
    for name, places in _slices(marked).items():
        if slices and name not in slices:
            continue
        part = [marked[place] for place in places]
        # One answer has no other to be drawn instead.
        weights = weigh([one.case.question_id for one in part], draws=draws if len(part) > 1 else 0, seed=seed)
        whole, drawn = _samples(part, weights, {key: array[places] for key, array in tallies.items()})
        for definition in DEFINITIONS:
            n = float(definition.n(whole)[0])
            if not name:
                yield _figure(definition, definition.value(whole), definition.value(drawn), n)
            elif definition.everywhere and n:
                yield _figure(definition, definition.value(whole), definition.value(drawn), n, name)
        if name.startswith("question:"):
            yield from _criterion_figures(criteria, whole, drawn)


def _slices(marked: Sequence[Marked]) -> dict[str, list[int]]:
    """Places of the answers in each slice; `tag:short` and `tag:long` go by words, whatever the tags say."""
    found: dict[str, list[int]] = {"": list(range(len(marked)))}
    for place, one in enumerate(marked):
        length = "short" if words(one.case) <= SHORT_WORDS else "long"
        tags = {tag for tag in one.case.tags if tag not in ("short", "long")} | {length}
        for name in (f"question:{one.case.question_id}", *(f"tag:{tag}" for tag in sorted(tags))):
            found.setdefault(name, []).append(place)
    return dict(sorted(found.items()))


def _samples(marked: Sequence[Marked], weights: Floats, tallies: Tallies | None = None) -> tuple[Sample, Sample]:
    """The answers as they are, as one draw, and the draws."""
    counted = tally(marked) if tallies is None else tallies
    ids = [one.case.question_id for one in marked]
    numbers = np.unique(ids, return_inverse=True)[1].astype(np.int64)

    def sample(rows: Floats) -> Sample:
        return Sample(rows, counted, Sums(rows, counted), numbers)

    return sample(np.ones((1, len(marked)))), sample(weights)


def _figure(definition: Definition, value: Floats, drawn: Floats, n: float, name: str = "") -> Figure:
    point = float(value[0])
    ends = interval(drawn) if drawn.size and not np.isnan(point) else None
    return Figure(
        key=definition.key,
        name=definition.name,
        value=None if np.isnan(point) else point,
        low=ends[0] if ends else None,
        high=ends[1] if ends else None,
        n=round(n),
        slice=name or _kind_slice(definition),
    )


def _kind_slice(definition: Definition) -> str:
    return f"kind:{definition.kind}" if definition.kind else ""


def _criterion_figures(criteria: Sequence[tuple[str, str]], whole: Sample, drawn: Sample) -> Iterator[Figure]:
    """Agreement and bias of each criterion of one question."""
    tallies = whole.tallies["criteria"]
    for place in np.flatnonzero(tallies[..., 0].any(0)):
        criterion, question = criteria[int(place)]
        sums, draws = whole.weights @ tallies[:, place], drawn.weights @ tallies[:, place]
        for column, (key, name) in enumerate(CRITERION_FIGURES, 1):
            yield _figure(
                Definition(key, name, nothing, nothing),
                ratio(sums[:, column], sums[:, 0]),
                ratio(draws[:, column], draws[:, 0]),
                float(sums[0, 0]),
                f"criterion:{question}/{criterion}",
            )
