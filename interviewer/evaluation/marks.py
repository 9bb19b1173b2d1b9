"""Lays what a grader said beside the reference, criterion by criterion, as codes; never computes a figure.

A code is a place in `VALUES`, ascending; `ABSTAINED` stands for unsure and unscored. An answer that intake called not
gradable counts as everything missing, level 0, absent and band 1, which is what raters say of such answers; one that
is too long or in another language, or whose model failed, counts as abstentions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from ..labelling import Labels
from ..schema import Grade
from ..scoring import LEAST_COVERAGE
from .records import Case, Outcome

__all__ = [
    "ABSTAINED",
    "KINDS",
    "VALUES",
    "Codes",
    "Kind",
    "Marked",
    "codes_of_grade",
    "codes_of_labels",
    "coverage",
    "kind_of",
    "mark",
    "mark_raters",
    "of_kind",
    "shows_nothing",
    "words",
]

Kind = Literal["key_point", "motivation", "red_flag", "star", "band"]
KINDS: tuple[Kind, ...] = get_args(Kind)
VALUES: dict[Kind, tuple[str, ...]] = {
    "key_point": ("missing", "partial", "covered"),
    "motivation": ("0", "1", "2", "3"),
    "red_flag": ("absent", "present"),
    "star": ("false", "true"),
    "band": ("1", "2", "3", "4", "5"),
}
ABSTAINED = -1
SHOWING_NOTHING = frozenset({"empty", "too_short", "unreadable", "off_topic", "declined", "addressed", "copied"})
"""Keys of `intake.STATES` that are about the answer; the others are about what a grader can't read."""

Codes = dict[str, int]
"""By criterion (`key_point.calm`, `star.task`, `band`)."""


@dataclass(frozen=True)
class Marked:
    """One case, what is true of it and what was said of it."""

    case: Case
    truth: Codes
    said: Codes
    """Of the criteria in `truth`, and no others."""
    raters: tuple[Codes, ...] = ()
    outcome: Outcome | None = None
    """None where the verdicts are a rater's or a baseline's."""
    repeats: tuple[Codes, ...] = ()
    """Every run of this case, the first included; empty when there was only one."""


def mark(cases: Sequence[Case], outcomes: Iterable[Outcome]) -> list[Marked]:
    """Each case that has an outcome, marked by its first run; cases without a reference have no truth."""
    runs: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        runs.setdefault(outcome.case, []).append(outcome)
    return [_mark(case, sorted(runs[case.id], key=lambda run: run.repeat)) for case in cases if case.id in runs]


def mark_raters(cases: Iterable[Case]) -> list[Marked]:
    """The second rater held against the first, where there are two."""
    return [
        Marked(case, truth, _said(truth, codes_of_labels(case.raters[1])))
        for case in cases
        if len(case.raters) > 1
        for truth in (codes_of_labels(case.raters[0]),)
    ]


def codes_of_labels(labels: Labels) -> Codes:
    """What a rater said; what isn't labelled is left out."""
    return {
        **{f"key_point.{k}": VALUES["key_point"].index(v) for k, v in labels.key_points.items()},
        **{f"motivation.{k}": level for k, level in labels.motivations.items()},
        **{f"red_flag.{k}": VALUES["red_flag"].index(v) for k, v in labels.red_flags.items()},
        **{f"star.{k}": int(there) for k, there in labels.star.items()},
        **({} if labels.band is None else {"band": labels.band - 1}),
    }


def codes_of_grade(grade: Grade) -> Codes:
    """What a grader said of every criterion it knows."""
    codes = {
        **{f"key_point.{k}": _code("key_point", v.verdict) for k, v in grade.key_points.items()},
        **{f"motivation.{k}": _code("motivation", str(v.level)) for k, v in grade.motivations.items()},
        **{f"red_flag.{k}": _code("red_flag", v.verdict) for k, v in grade.red_flags.items()},
        **{f"star.{k}": _code("star", str(there).lower()) for k, there in grade.star.items()},
        "band": _code("band", str(grade.band)),
    }
    return dict.fromkeys(codes, 0) if shows_nothing(grade) else codes


def shows_nothing(grade: Grade) -> bool:
    """Whether intake found nothing in the answer that could be graded."""
    return grade.status == "unscored" and grade.reason in SHOWING_NOTHING


def coverage(codes: Mapping[str, int]) -> float | None:
    """Share of the judged key points that are covered, partly counting half; None when under half were judged."""
    points = [code for _, code in of_kind(codes, "key_point")]
    judged = [code for code in points if code != ABSTAINED]
    return sum(judged) / 2 / len(judged) if judged and len(judged) >= LEAST_COVERAGE * len(points) else None


def of_kind(codes: Mapping[str, int], kind: Kind) -> Iterator[tuple[str, int]]:
    """The criteria of one kind with their codes."""
    return ((name, code) for name, code in codes.items() if kind_of(name) == kind)


def kind_of(name: str) -> Kind:
    """The kind of a criterion: `key_point` of `key_point.calm`."""
    return cast(Kind, name.partition(".")[0])


def words(case: Case) -> int:
    """How many words the answers have together."""
    return sum(len(answer.split()) for answer in case.answers)


def _mark(case: Case, runs: Sequence[Outcome]) -> Marked:
    said = [codes_of_grade(run.grade) for run in runs]
    truth = codes_of_labels(case.reference) if case.reference else {}
    nothing = shows_nothing(runs[0].grade)
    return Marked(
        case=case,
        truth=truth,
        said=dict.fromkeys(truth, 0) if nothing else _said(truth, said[0]),
        raters=tuple(codes_of_labels(labels) for labels in case.raters),
        outcome=runs[0],
        repeats=tuple(said) if len(said) > 1 else (),
    )


def _said(truth: Codes, codes: Codes) -> Codes:
    return {name: codes.get(name, ABSTAINED) for name in truth}


def _code(kind: Kind, value: str) -> int:
    return VALUES[kind].index(value) if value in VALUES[kind] else ABSTAINED
