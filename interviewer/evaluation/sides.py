"""Puts what a grader and the reference say of one criterion side by side, worst first; never measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from ..labelling import Labels
from ..quotes import locate
from ..schema import (
    Grade,
    KeyPointVerdict,
    MotivationVerdict,
    QuestionDocument,
    Quote,
    Record,
    RedFlagVerdict,
    StarPart,
)
from .marks import ABSTAINED, VALUES, Codes, codes_of_grade, codes_of_labels, kind_of, shows_nothing
from .records import Case, Outcome
from .summary import VALUE_NAMES

__all__ = [
    "ABSTENTION",
    "Disagreement",
    "Side",
    "code_in",
    "disagreements",
    "distance",
    "first_runs",
    "name_of",
    "say_code",
    "side_of_grade",
    "side_of_labels",
]

ABSTENTION = 0.5
"""How far unsure and unscored are from every verdict, as a share of the scale."""
_Judged = KeyPointVerdict | MotivationVerdict | RedFlagVerdict
Documents = Mapping[str, QuestionDocument]


class Side(Record):
    """What one party says of one criterion."""

    value: str
    """In plain words; `unsure` for an abstention."""
    probability: float | None = None
    """Of that value, or of the likeliest when unsure; None where it was stated or is a label."""
    quotes: tuple[Quote, ...] = ()
    """Words of the answers, where they stand."""
    reason: str = ""


class Disagreement(Record):
    """One criterion of one answer on which a grader and the reference differ."""

    case: Case
    criterion: str
    """e.g. `key_point.calm`, or `band`."""
    name: str
    """As the document calls it."""
    said: Side
    reference: Side
    distance: float
    """As a share of the scale: 1 from end to end."""


def disagreements(
    cases: Sequence[Case], outcomes: Sequence[Outcome], documents: Documents | None = None
) -> tuple[Disagreement, ...]:
    """Every verdict given that isn't the reference's: the farthest first, then STAR parts last, then the surest first.

    Abstentions are no disagreements. Each case's first run counts.
    """
    runs = first_runs(outcomes)
    found = [one for case in cases if case.id in runs for one in _of_case(case, runs[case.id], (documents or {}))]
    return tuple(
        sorted(found, key=lambda one: (-one.distance, one.criterion.startswith("star."), -(one.said.probability or 0)))
    )


def first_runs(outcomes: Sequence[Outcome]) -> dict[str, Outcome]:
    """Each case's outcome of the least repeat."""
    return {one.case: one for one in sorted(outcomes, key=lambda one: -one.repeat)}


def _of_case(case: Case, outcome: Outcome, documents: Documents) -> Iterator[Disagreement]:
    if case.reference is None:
        return
    codes = codes_of_grade(outcome.grade)
    for criterion, truth in codes_of_labels(case.reference).items():
        said = code_in(codes, criterion, outcome.grade)
        if said not in (ABSTAINED, truth):
            yield Disagreement(
                case=case,
                criterion=criterion,
                name=name_of(criterion, documents.get(case.question_id)),
                said=side_of_grade(outcome, criterion, said),
                reference=side_of_labels(case.reference, criterion, truth, case.answers),
                distance=distance(criterion, said, truth),
            )


def code_in(codes: Codes, criterion: str, grade: Grade) -> int:
    """What a grade says of a criterion that it may have nothing on."""
    return codes.get(criterion, 0 if shows_nothing(grade) else ABSTAINED)


def distance(criterion: str, one: int, other: int) -> float:
    """How far two codes are apart, as a share of the scale; `ABSTENTION` when one of them is an abstention."""
    if one == other:
        return 0.0
    if ABSTAINED in (one, other):
        return ABSTENTION
    return abs(one - other) / (len(VALUES[kind_of(criterion)]) - 1)


def side_of_grade(outcome: Outcome, criterion: str, code: int) -> Side:
    """A grader's verdict with its probability and quotes."""
    grade, (kind, _, id) = outcome.grade, criterion.partition(".")
    judged: dict[str, Mapping[str, _Judged]] = {
        "key_point": grade.key_points,
        "motivation": grade.motivations,
        "red_flag": grade.red_flags,
    }
    verdict = judged.get(kind, {}).get(id)
    quotes = grade.star_quotes.get(cast(StarPart, id), ()) if kind == "star" else verdict.quotes if verdict else ()
    told = outcome.probabilities.get(criterion, {})
    stated = verdict.probability if verdict else None
    value = VALUES[kind_of(criterion)][code] if code != ABSTAINED else ""
    value = {"present": "true", "absent": "false"}.get(value, value)
    unscored = grade.reason if grade.status == "unscored" else ""
    return Side(
        value=say_code(criterion, code),
        probability=told.get(value, max(told.values(), default=None) if not value else None) if told else stated,
        quotes=quotes,
        reason=(verdict.reason if verdict else "") or unscored,
    )


def side_of_labels(labels: Labels, criterion: str, code: int, answers: Sequence[str]) -> Side:
    """A rater's verdict with those of its words that are in the answers."""
    words = labels.evidence.get(criterion.partition(".")[2], ()) if code else ()
    quotes = (locate(one, answers) for one in words)
    return Side(value=say_code(criterion, code), quotes=tuple(quote for quote in quotes if quote is not None))


def say_code(criterion: str, code: int) -> str:
    """A verdict in plain words."""
    if code == ABSTAINED:
        return "unsure"
    kind = kind_of(criterion)
    value = VALUES[kind][code]
    return {"motivation": f"level {value}", "band": f"band {value}"}.get(kind, VALUE_NAMES.get(value, value))


def name_of(criterion: str, document: QuestionDocument | None) -> str:
    """What the document calls a criterion; without one, its id in words."""
    kind, _, id = criterion.partition(".")
    parts = {"key_point": "key_points", "motivation": "motivations", "red_flag": "red_flags"}
    if document is not None and kind in parts:
        for one in getattr(document, parts[kind]):
            if one.id == id:
                return str(one.name)
    return (id or kind).replace("_", " ").capitalize()
