"""Counts each marked answer once, so that figures and their intervals need sums only; never computes a figure.

A tally is an array whose first axis is the answers, in their order; everything in it may be added up over answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np

from ..agreement import token_iou
from ..quotes import locate
from ..schema import STAR_PARTS, Grade, Quote
from .counts import Floats, coincidences, moments, table
from .marks import ABSTAINED, KINDS, VALUES, Codes, Kind, Marked, coverage, kind_of, of_kind, shows_nothing, words
from .reliability import bin_edges, bin_sums

__all__ = ["RATED", "SURE", "Tallies", "confidences", "criteria_of", "table_of", "tally"]

Tallies = dict[str, Floats]
RATED: tuple[Kind, ...] = ("key_point", "motivation", "band")
"""The kinds on an ordered scale, which raters are compared on."""
SURE: tuple[Kind, ...] = ("key_point", "motivation", "red_flag", "star")
"""The kinds a decider gives probabilities for."""
LEAST_OVERLAP = 0.3
"""Token IoU from which a quote counts as the reference's evidence (ERASER uses 0.5; the labelled spans are short)."""
FALSE_ALARMS = 0.05
MOVED = 0.1
"""A change of coverage between runs that a candidate would notice."""


def tally(marked: Sequence[Marked]) -> Tallies:
    """Every count, by name; the shapes are given where each is made."""
    tallies = {f"{kind}.table": np.stack([table_of(one, kind) for one in marked]) for kind in KINDS}
    motivations = [(name, question) for name, question in criteria_of(marked) if kind_of(name) == "motivation"]
    tallies["motivation.each"] = _each("motivation", motivations, marked)
    tallies["star.each"] = _each("star", [(f"star.{part}", "") for part in STAR_PARTS], marked)
    tallies["criteria"] = _criteria(marked)
    tallies["alarms"] = _alarms(marked)
    tallies |= {f"{kind}.bins": _bins(marked, kind) for kind in SURE}
    for kind in RATED:
        tallies |= _alphas(marked, kind)
    rows: dict[str, Callable[[Marked], Sequence[float]]] = {
        "flagged": _flagged,
        "coverage": _coverage,
        "quotes": _quotes,
        "evidence": _evidence,
        "repeats": _repeats,
    }
    tallies |= {name: np.array([row(one) for one in marked], dtype=float) for name, row in rows.items()}
    tallies["repeats.alpha"] = np.stack([_coincidence(one.repeats, "key_point") for one in marked])
    return tallies | _lengths(marked)


def criteria_of(marked: Iterable[Marked]) -> list[tuple[str, str]]:
    """(criterion, question) of everything labelled, in order of appearance; the band is no criterion."""
    return list(dict.fromkeys((name, one.case.question_id) for one in marked for name in one.truth if name != "band"))


def confidences(one: Marked, kind: Kind) -> Iterator[tuple[float, bool]]:
    """(probability of the likeliest value, whether it is the reference's) of each labelled criterion decided on."""
    for name, code in of_kind(one.truth, kind):
        found = one.outcome.probabilities.get(name) if one.outcome else None
        if found:
            value = max(found, key=found.__getitem__)
            yield found[value], value == _value(kind, code)


def table_of(one: Marked, kind: Kind, name: str = "") -> Floats:
    """(values, values + 1) pairs of reference and said, abstentions last; of one criterion when named."""
    size = len(VALUES[kind])
    pairs = [(code, one.said[n] % (size + 1)) for n, code in of_kind(one.truth, kind) if name in ("", n)]
    return table([t for t, _ in pairs], [s for _, s in pairs], values=size, columns=size + 1)


def _value(kind: Kind, code: int) -> str:
    """As a decision names it."""
    return ("false", "true")[code] if kind == "red_flag" else VALUES[kind][code]


def _each(kind: Kind, criteria: Sequence[tuple[str, str]], marked: Sequence[Marked]) -> Floats:
    """(answers, criteria, values, values + 1): a table for each (criterion, question), of all questions when empty."""
    size = len(VALUES[kind])
    tables = np.zeros((len(marked), len(criteria), size, size + 1))
    for answer, one in enumerate(marked):
        for place, (name, question) in enumerate(criteria):
            if name in one.truth and question in ("", one.case.question_id):
                tables[answer, place] = table_of(one, kind, name)
    return tables


def _criteria(marked: Sequence[Marked]) -> Floats:
    """(answers, criteria, 3), as `criteria_of`: verdicts given, right ones, sum of (said − reference) ÷ range."""
    places = {criterion: place for place, criterion in enumerate(criteria_of(marked))}
    counts = np.zeros((len(marked), len(places), 3))
    for answer, one in enumerate(marked):
        for name, code in one.truth.items():
            said = one.said[name]
            if name != "band" and said != ABSTAINED:
                change = (said - code) / (len(VALUES[kind_of(name)]) - 1)
                counts[answer, places[name, one.case.question_id]] = 1, said == code, change
    return counts


def _alarms(marked: Sequence[Marked]) -> Floats:
    """(answers, 4): labelled flags and those found, flag-free answers and those flagged, at `FALSE_ALARMS`.

    A flag counts as said when its probability exceeds the least threshold that at most this share of the flag-free
    answers reach with any flag; it is chosen once, on all answers, and held in every draw.
    """
    rows = [_flag_probabilities(one) for one in marked]
    highest = sorted((max(p for _, p in row) for row in rows if row and not any(t for t, _ in row)), reverse=True)
    if not highest:
        return np.zeros((len(marked), 4))
    least = highest[int(FALSE_ALARMS * len(highest))]
    counts = []
    for row in rows:
        there, free = sum(t for t, _ in row), bool(row) and not any(t for t, _ in row)
        counts.append((there, sum(t and p > least for t, p in row), free, free and any(p > least for _, p in row)))
    return np.array(counts, dtype=float)


def _flag_probabilities(one: Marked) -> list[tuple[bool, float]]:
    """(labelled as present, probability of being present) of each flag decided on."""
    found = one.outcome.probabilities if one.outcome else {}
    return [(bool(t), found[n]["true"]) for n, t in of_kind(one.truth, "red_flag") if "true" in found.get(n, {})]


def _bins(marked: Sequence[Marked], kind: Kind) -> Floats:
    """(answers, bins, 3) as `bin_sums`; the bins are laid once over all answers, so that a draw keeps them."""
    pairs = [np.array(list(confidences(one, kind)), dtype=float).reshape(-1, 2) for one in marked]
    edges = bin_edges(np.concatenate(pairs)[:, 0])
    return np.stack([bin_sums(rows[:, 0], rows[:, 1], edges) for rows in pairs])


def _alphas(marked: Sequence[Marked], kind: Kind) -> Tallies:
    """(answers, values, values) coincidences of the raters alone, and with the grader as one more."""
    shared = [one if len(one.raters) > 1 else None for one in marked]
    nobody = np.zeros((len(VALUES[kind]),) * 2)
    alone = [nobody if one is None else _coincidence(one.raters, kind) for one in shared]
    joined = [nobody if one is None else _coincidence((*one.raters, one.said), kind) for one in shared]
    return {f"{kind}.raters": np.stack(alone), f"{kind}.joined": np.stack(joined)}


def _coincidence(sources: Sequence[Codes], kind: Kind) -> Floats:
    """(values, values): each criterion is a unit, each source a rater, an abstention a missing value."""
    names = dict.fromkeys(name for codes in sources for name, _ in of_kind(codes, kind))
    ratings = [[code if (code := c.get(name, ABSTAINED)) != ABSTAINED else None for c in sources] for name in names]
    return np.asarray(coincidences(ratings, len(VALUES[kind])).sum(0))


def _flagged(one: Marked) -> tuple[float, ...]:
    """Has a labelled flag; one of them is found; found or open; has none; is said to have one; or has one open."""
    pairs = [(code, one.said[name]) for name, code in of_kind(one.truth, "red_flag")]
    if any(code for code, _ in pairs):
        said = {said for code, said in pairs if code}
        return 1, 1 in said, bool(said & {1, ABSTAINED}), 0, 0, 0
    said = {said for _, said in pairs}
    return 0, 0, 0, bool(pairs), 1 in said, bool(said & {1, ABSTAINED})


def _coverage(one: Marked) -> tuple[float, ...]:
    """1, said − labelled coverage, its size; zeros where either is not given."""
    change = _change(one)
    return (0, 0, 0) if math.isnan(change) else (1, change, abs(change))


def _change(one: Marked) -> float:
    """Said − labelled coverage, nan where either is not given."""
    truth, said = coverage(one.truth), coverage(one.said)
    return math.nan if truth is None or said is None else said - truth


def _band_change(one: Marked) -> float:
    """Said − labelled band as a share of the scale's range, nan where either is not given."""
    truth, said = one.truth.get("band", ABSTAINED), one.said.get("band", ABSTAINED)
    return math.nan if ABSTAINED in (truth, said) else (said - truth) / (len(VALUES["band"]) - 1)


def _lengths(marked: Sequence[Marked]) -> Tallies:
    """(answers, 5) regression moments on log2(words), and (answers,) costs, nan where not known."""
    x = np.array([math.log2(max(1, words(one.case))) for one in marked])
    found = [one.outcome.grade if one.outcome else None for one in marked]
    return {
        "coverage.length": moments(x, np.array([_change(one) for one in marked])),
        "band.length": moments(x, np.array([_band_change(one) for one in marked])),
        "tokens": np.array([math.nan if grade is None else grade.tokens for grade in found]),
        "seconds": np.array([math.nan if grade is None else grade.seconds for grade in found]),
        "usd": np.array([math.nan if grade is None or grade.usd is None else grade.usd for grade in found]),
    }


def _quotes(one: Marked) -> tuple[float, ...]:
    """Cited, found of these; delivered, standing of these where they say."""
    if one.outcome is None:
        return 0, 0, 0, 0
    delivered = list(_delivered(one.outcome.grade))
    stand = sum(_stands(quote, one.case.answers) for quote in delivered)
    return one.outcome.cited, one.outcome.cited_found, len(delivered), stand


def _delivered(grade: Grade) -> Iterator[Quote]:
    for verdicts in (grade.key_points, grade.motivations, grade.red_flags):
        for verdict in verdicts.values():
            yield from verdict.quotes
    for quotes in grade.star_quotes.values():
        yield from quotes


def _stands(quote: Quote, answers: Sequence[str]) -> bool:
    return quote.answer < len(answers) and answers[quote.answer][quote.start : quote.end] == quote.text


def _evidence(one: Marked) -> tuple[float, ...]:
    """Verdicts that need words, with a quote that stands; quotes with a labelled span to compare, overlapping it."""
    needing = shown = compared = overlapping = 0
    if one.outcome is not None and not shows_nothing(one.outcome.grade):
        for name, quotes in _shown(one.outcome.grade):
            needing += 1
            shown += any(_stands(quote, one.case.answers) for quote in quotes)
            spans = _labelled_spans(one, name)
            compared += len(quotes) if spans else 0
            overlapping += sum(_overlap(quote, spans, one.case.answers) >= LEAST_OVERLAP for quote in quotes)
    return needing, shown, compared, overlapping


def _shown(grade: Grade) -> Iterator[tuple[str, tuple[Quote, ...]]]:
    """The covered and partly covered key points and the flags present, with their quotes."""
    for key, point in grade.key_points.items():
        if point.verdict in ("covered", "partial"):
            yield f"key_point.{key}", point.quotes
    for key, flag in grade.red_flags.items():
        if flag.verdict == "present":
            yield f"red_flag.{key}", flag.quotes


def _labelled_spans(one: Marked, name: str) -> list[Quote]:
    """The reference's own words for a criterion that it says is there, as far as they are in the answers."""
    if one.case.reference is None or not one.truth.get(name):
        return []
    found = (locate(w, one.case.answers) for w in one.case.reference.evidence.get(name.partition(".")[2], ()))
    return [quote for quote in found if quote is not None]


def _overlap(quote: Quote, spans: Sequence[Quote], answers: Sequence[str]) -> float:
    """The greatest token IoU of a quote with one labelled span of the same answer, or with all of them together."""
    here = [(span.start, span.end) for span in spans if span.answer == quote.answer]
    text = answers[quote.answer] if quote.answer < len(answers) else ""
    sets = [here, *([span] for span in here)]
    return max(token_iou([(quote.start, quote.end)], spans, text) for spans in sets)


def _repeats(one: Marked) -> tuple[float, ...]:
    """Pairs of verdicts of two runs, differing pairs; 1 where there are runs to compare, whether coverage moved."""
    if not one.repeats:
        return 0, 0, 0, 0
    pairs = [(a.get(n), b.get(n)) for a, b in combinations(one.repeats, 2) for n in {**a, **b}]
    found = [value for codes in one.repeats if (value := coverage(codes)) is not None]
    moved = len(found) > 1 and round(max(found) - min(found), 9) >= MOVED
    return len(pairs), sum(a != b for a, b in pairs), 1, moved
