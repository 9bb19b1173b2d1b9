"""Counts what a history of graded answers shows: bands, trends, weak points, days; pure, and never fills a gap.

What is unsure or unscored counts for nothing. A trend compares the latest answers with those before them, only among
verdicts of one grader (decider and model), and only where there are enough of both.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, tzinfo
from typing import Literal

from .schema import STAR_PARTS, DeciderName, Kind, Marked, Record, StarPart

__all__ = [
    "LEAST",
    "RECENT",
    "Band",
    "GraderChange",
    "Practised",
    "Share",
    "Trend",
    "Weak",
    "bands",
    "criterion_trends",
    "day_of",
    "grader_changes",
    "only",
    "overall_trends",
    "practised",
    "theme_trends",
    "told",
    "weakest",
]

RECENT = 3
"""How many of the latest answers a trend compares with all before them."""
LEAST = 3
"""How many answers there must be before those; with fewer it is too early to tell."""
_STEP = 0.15
"""A share that moved less than this is about the same."""

Direction = Literal["more", "same", "less", "unknown"]
Grader = tuple[DeciderName, str]
"""Decider and model."""
_CREDIT = {"covered": 1.0, "partial": 0.5, "missing": 0.0}


class Band(Record):
    """The best attempt at one question on one day."""

    day: date
    at: float
    """Seconds since the epoch, UTC."""
    question_id: str
    question: str
    band: int
    tries: int
    """How many attempts with a band there were that day."""
    decider: DeciderName
    model: str


class GraderChange(Record):
    """From this day on somebody else graded."""

    day: date
    at: float
    before: str
    """Decider and model, in words."""
    after: str


class Share(Record):
    """So much of so much: a partly covered point is half a one, a motivation's level one to three of three."""

    got: float
    of: float
    answers: int

    @property
    def value(self) -> float:
        """Between 0 and 1."""
        return self.got / self.of


class Trend(Record):
    """How one thing went in the latest answers, and in those before."""

    kind: Kind | Literal["theme", "all"]
    question_id: str = ""
    """Of a criterion; empty for what several questions share."""
    question: str = ""
    criterion: str
    name: str
    """As the document has it; empty where the page has a word of its own (a STAR part, all key points)."""
    recent: Share
    before: Share | None
    """None: too few answers came before."""
    direction: Direction
    steps: tuple[float, ...]
    """Share in each answer counted here, 0 to 1, the oldest first."""
    decider: DeciderName
    model: str
    others: int
    """Answers left out because somebody else graded them."""


class Weak(Record):
    """A key point that was missed much, and lately."""

    question_id: str
    question: str
    criterion: str
    name: str
    weight: float
    """Missing counts 2, partly 1, and half as much with every later answer: 0 to 4."""
    missing: int
    partial: int
    answers: int
    """How many known verdicts there are."""
    at: float
    """When it was last missed, in seconds since the epoch, UTC."""


class Practised(Record):
    """How much was practised; a count, never a demand."""

    today: date
    days: tuple[date, ...]
    """Days of this month with a graded answer."""
    answers: int
    """Graded answers this month."""
    all_days: int
    all_answers: int
    with_hints: int
    """Of all answers, how many were given with at least one hint."""


def day_of(at: float, zone: tzinfo | None = None) -> date:
    """The day of a moment where the candidate is; `zone` None: this machine's."""
    return datetime.fromtimestamp(at, zone).date()


def only(marks: Iterable[Marked], *, question_id: str = "", role: str = "") -> tuple[Marked, ...]:
    """The marks of this question and this role, the oldest first; empty fits all."""
    found = (
        one for one in marks if (not question_id or one.question_id == question_id) and (not role or one.role == role)
    )
    return tuple(sorted(found, key=lambda one: (one.at, one.interview_id, one.attempt)))


def told(marks: Iterable[Marked], running: Collection[str]) -> tuple[Marked, ...]:
    """The marks that may be shown: a simulation or role-play tells nothing of its criteria before it has ended.

    Args:
        marks: of any interviews.
        running: ids of the interviews that have not ended.
    """
    return tuple(one for one in marks if one.mode == "practice" or one.interview_id not in running)


def bands(marks: Iterable[Marked], zone: tzinfo | None = None) -> tuple[Band, ...]:
    """The best attempt at each question on each day, the oldest first; what has no band is left out."""
    tries: dict[tuple[date, str], list[Marked]] = {}
    for one in only(marks):
        if one.band is not None:
            tries.setdefault((day_of(one.at, zone), one.question_id), []).append(one)
    found = []
    for (day, question_id), day_tries in tries.items():
        best = max(day_tries, key=lambda one: (one.band or 0, one.coverage or 0.0, one.at))
        found.append(
            Band(
                day=day, at=best.at, question_id=question_id, question=best.question, band=best.band or 0,
                tries=len(day_tries), decider=best.decider, model=best.model,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.at, one.question_id)))


def grader_changes(found: Sequence[Band]) -> tuple[GraderChange, ...]:
    """Where two bands that follow each other come from different graders."""
    return tuple(
        GraderChange(
            day=now.day, at=now.at, before=f"{last.decider} ({last.model})", after=f"{now.decider} ({now.model})"
        )
        for last, now in itertools.pairwise(found)
        if (last.decider, last.model) != (now.decider, now.model)
    )


# ── trends ───────────────────────────────────────────────────────────────────────────────────────────

_Seen = tuple[Marked, float, float]
"""An answer, what it got, and of how much."""


def criterion_trends(marks: Iterable[Marked]) -> tuple[Trend, ...]:
    """One for each criterion of each question that has a known verdict; the question answered last comes first.

    Of red flags only those that were ever found.
    """
    marked = only(marks)
    seen: dict[tuple[str, Kind, str], list[_Seen]] = {}
    for one in marked:
        for kind, criterion, got, of in _judged(one):
            seen.setdefault((one.question_id, kind, criterion), []).append((one, got, of))
    lately = list(dict.fromkeys(one.question_id for one in reversed(marked)))
    found = []
    for (question_id, kind, criterion), answers in seen.items():
        if kind == "red_flag" and all(got for _, got, _ in answers):
            continue
        last = answers[-1][0]
        name = last.names.get(f"{kind}.{criterion}", criterion)
        about = {"question_id": question_id, "question": last.question}
        found.append(_trend(answers, kind=kind, criterion=criterion, name=name, **about))
    return tuple(sorted(found, key=lambda one: lately.index(one.question_id)))


def _judged(one: Marked) -> Iterator[tuple[Kind, str, float, float]]:
    """Kind, id, what it got and of how much, of each criterion with a known verdict."""
    for criterion, verdict in one.key_points.items():
        if verdict in _CREDIT:
            yield "key_point", criterion, _CREDIT[verdict], 1.0
    for criterion, level in one.motivations.items():
        if level is not None:
            yield "motivation", criterion, float(level), 3.0
    for criterion, verdict in one.red_flags.items():
        if verdict in ("present", "absent"):
            yield "red_flag", criterion, float(verdict == "absent"), 1.0


def theme_trends(marks: Iterable[Marked]) -> tuple[Trend, ...]:
    """One for each theme: the share of key points covered in answers to its questions; by name."""
    seen: dict[str, list[_Seen]] = {}
    for one in only(marks):
        if of := _points(one):
            for theme in one.themes:
                seen.setdefault(theme, []).append((one, *of))
    return tuple(_trend(seen[name], kind="theme", criterion=name, name=name) for name in sorted(seen))


def overall_trends(marks: Iterable[Marked]) -> tuple[Trend, ...]:
    """What all questions share: key points covered, answers free of red flags, and each STAR part told."""
    marked = only(marks)
    found = []
    for kind, criterion, of in _SHARED:
        if seen := [(one, *got) for one in marked if (got := of(one))]:
            found.append(_trend(seen, kind=kind, criterion=criterion, name=""))
    return tuple(found)


def _points(one: Marked) -> tuple[float, float] | None:
    known = [_CREDIT[verdict] for verdict in one.key_points.values() if verdict in _CREDIT]
    return (sum(known), float(len(known))) if known else None


def _flags(one: Marked) -> tuple[float, float] | None:
    verdicts = one.red_flags.values()
    if "present" in verdicts:
        return 0.0, 1.0
    # Free of flags is only what was judged throughout.
    return (1.0, 1.0) if verdicts and set(verdicts) == {"absent"} else None


def _told(part: StarPart) -> Callable[[Marked], tuple[float, float] | None]:
    def of(one: Marked) -> tuple[float, float] | None:
        told = one.star.get(part)
        return None if told is None else (float(told), 1.0)

    return of


_Of = Callable[[Marked], tuple[float, float] | None]
_SHARED: tuple[tuple[Kind | Literal["all"], str, _Of], ...] = (
    ("all", "key_points", _points),
    ("all", "red_flags", _flags),
    *(("star", part, _told(part)) for part in STAR_PARTS),
)


def _trend(
    seen: Sequence[_Seen],
    *,
    kind: Kind | Literal["theme", "all"],
    criterion: str,
    name: str,
    question_id: str = "",
    question: str = "",
) -> Trend:
    """The trend among the answers that the latest one's grader judged."""
    latest = seen[-1][0]
    same = [one for one in seen if (one[0].decider, one[0].model) == (latest.decider, latest.model)]
    recent = _share(same[-RECENT:])
    before = _share(same[:-RECENT]) if len(same) - RECENT >= LEAST else None
    return Trend(
        kind=kind, criterion=criterion, name=name, question_id=question_id, question=question,
        recent=recent, before=before, direction=_direction(recent, before),
        steps=tuple(got / of for _, got, of in same),
        decider=latest.decider, model=latest.model, others=len(seen) - len(same),
    )  # fmt: skip


def _share(seen: Sequence[_Seen]) -> Share:
    return Share(got=sum(got for _, got, _ in seen), of=sum(of for _, _, of in seen), answers=len(seen))


def _direction(recent: Share, before: Share | None) -> Direction:
    if before is None:
        return "unknown"
    moved = recent.value - before.value
    return "same" if abs(moved) < _STEP else "more" if moved > 0 else "less"


# ── what to practise, and how much was ───────────────────────────────────────────────────────────────


def weakest(marks: Iterable[Marked], count: int = 5) -> tuple[Weak, ...]:
    """The key points missed most and most recently, at most `count`; none that was never missed."""
    seen: dict[tuple[str, str], list[tuple[str, Marked]]] = {}
    for one in only(marks):
        for criterion, verdict in one.key_points.items():
            if verdict in _CREDIT:
                seen.setdefault((one.question_id, criterion), []).append((verdict, one))
    found = sorted(_weak(seen), key=lambda one: (-one.weight, -one.at, one.question_id, one.criterion))
    return tuple(found[:count])


def _weak(seen: dict[tuple[str, str], list[tuple[str, Marked]]]) -> Iterator[Weak]:
    for (question_id, criterion), answers in seen.items():
        verdicts = [verdict for verdict, _ in answers]
        weight = sum(2 * (1 - _CREDIT[verdict]) / 2**age for age, verdict in enumerate(reversed(verdicts)))
        if weight:
            last = answers[-1][1]
            yield Weak(
                question_id=question_id, question=last.question, criterion=criterion,
                name=last.names.get(f"key_point.{criterion}", criterion), weight=weight,
                missing=verdicts.count("missing"), partial=verdicts.count("partial"), answers=len(verdicts),
                at=max(one.at for verdict, one in answers if verdict != "covered"),
            )  # fmt: skip


def practised(marks: Iterable[Marked], today: date, zone: tzinfo | None = None) -> Practised:
    """The days and answers of this month, and of all time."""
    marked = only(marks)
    days = [day_of(one.at, zone) for one in marked]
    this_month = [day for day in days if (day.year, day.month) == (today.year, today.month)]
    return Practised(
        today=today,
        days=tuple(sorted(set(this_month))),
        answers=len(this_month),
        all_days=len(set(days)),
        all_answers=len(days),
        with_hints=sum(one.hints > 0 for one in marked),
    )
