"""Says when a point that was missed is worth practising again, by the FSRS model; keeps nothing but the history.

Each key point of each question is a card, and each verdict on it a review at the time of the answer: missing is a lapse
(*again*), partly covered is *hard*, covered is *good*; unsure and unscored say nothing, so they are no review. A point
that was never missed, not even in part, is never asked for again.

The model is FSRS-6 with its published weights (the `fsrs` package), without its random spread of dates: the same
history always gives the same schedule. Its short steps of minutes are left out, for an answer is no flashcard: the
shortest interval is a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache

from fsrs import Card, Rating, Scheduler

from .progress import day_of, only
from .schema import Marked, Record

__all__ = ["Point", "due", "schedule"]

_RETENTION = 0.9
"""A point is due when the model gives this chance that it would still be said; the usual value of FSRS."""

_RATINGS = {"missing": Rating.Again, "partial": Rating.Hard, "covered": Rating.Good}
_FSRS = Scheduler(desired_retention=_RETENTION, learning_steps=(), relearning_steps=(), enable_fuzzing=False)


class Point(Record):
    """A key point that was missed at least once, and when it is due."""

    question_id: str
    question: str
    criterion: str
    """Id of the key point."""
    name: str
    verdict: str
    """The latest that is known: `covered`, `partial` or `missing`."""
    reviews: int
    """How many known verdicts the schedule rests on."""
    last: float
    """Of the latest of them, in seconds since the epoch, UTC."""
    due: float
    """Seconds since the epoch, UTC."""
    stability: float
    """Days until the chance that it would still be said falls to 0.9."""


def schedule(marks: Iterable[Marked]) -> tuple[Point, ...]:
    """Every point that was ever missed or only partly covered, those due first; the order of `marks` doesn't count."""
    reviews: dict[tuple[str, str], list[tuple[str, Marked]]] = {}
    for mark in only(marks):
        for criterion, verdict in mark.key_points.items():
            if verdict in _RATINGS:
                reviews.setdefault((mark.question_id, criterion), []).append((verdict, mark))
    points = [_point(criterion, seen) for (_, criterion), seen in reviews.items() if _missed(seen)]
    return tuple(sorted(points, key=lambda one: (one.due, one.stability, one.question_id, one.criterion)))


def due(points: Iterable[Point], today: date, zone: tzinfo | None = None) -> tuple[Point, ...]:
    """The points to practise today or earlier, the likeliest forgotten first.

    Args:
        points: of a schedule.
        today: where the candidate is.
        zone: where that is; None: this machine's.
    """
    ready = [one for one in points if day_of(one.due, zone) <= today]
    return tuple(sorted(ready, key=lambda one: (_recall(one, today, zone), one.due, one.question_id, one.criterion)))


def _missed(reviews: list[tuple[str, Marked]]) -> bool:
    return any(verdict != "covered" for verdict, _ in reviews)


def _point(criterion: str, reviews: list[tuple[str, Marked]]) -> Point:
    due_at, stability = _fold(tuple((verdict, mark.at) for verdict, mark in reviews))
    verdict, last = reviews[-1]
    return Point(
        question_id=last.question_id,
        question=last.question,
        criterion=criterion,
        name=last.names.get(f"key_point.{criterion}", criterion),
        verdict=verdict,
        reviews=len(reviews),
        last=last.at,
        due=due_at,
        stability=stability,
    )


@lru_cache(maxsize=20_000)  # a history only grows: next time, most cards are as they were
def _fold(reviews: tuple[tuple[str, float], ...]) -> tuple[float, float]:
    """When the card with these verdicts and moments is due, and its stability."""
    # Both given: without them the package takes the time of day, and waits a millisecond for each card.
    card = Card(card_id=0, due=_time(reviews[0][1]))
    for verdict, at in reviews:
        card, _ = _FSRS.review_card(card, _RATINGS[verdict], _time(at))
    return card.due.timestamp(), card.stability or 0.0


def _recall(point: Point, today: date, zone: tzinfo | None) -> float:
    """The model's chance that the point would still be said, in whole days since it was; only for the order."""
    days = (today - day_of(point.last, zone)).days
    card = Card(card_id=0, due=_time(point.due), stability=point.stability, last_review=_time(0))
    return _FSRS.get_card_retrievability(card, _time(86_400 * max(0, days)))


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
