"""When a missed point is due: the same history, the same schedule; covering helps, unsure is nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from histories import DAY, START, mark, marks_of
from hypothesis import given
from hypothesis import strategies as st

from interviewer.schedule import due, schedule
from interviewer.schema import Marked

C, P, M = "covered", "partial", "missing"
FIRST = date(2026, 11, 2)
reviews = st.lists(st.tuples(st.floats(0, 60), st.sampled_from([C, P, M, "unsure", "unscored"])), max_size=10)


def told(history: list[tuple[float, str]]) -> list[Marked]:
    """Answers so many days after each other."""
    day, found = 0.0, []
    for number, (gap, verdict) in enumerate(history):
        day += gap
        found.append(mark(day, number=number, key_points={"calm": verdict}))
    return found


@given(reviews, st.randoms())
def test_the_same_history_gives_the_same_schedule_in_any_order(
    history: list[tuple[float, str]], chance: object
) -> None:
    marks = told(history)
    shuffled = list(marks)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert schedule(marks) == schedule(shuffled) == schedule(marks)


@given(reviews, st.floats(0, 60))
def test_covering_a_point_never_brings_it_nearer_than_missing_it(history: list[tuple[float, str]], gap: float) -> None:
    again, hard, good = (schedule([*told([(0.0, M), *history, (gap, verdict)])])[0].due for verdict in (M, P, C))
    assert again <= hard <= good


@given(reviews, st.floats(0, 60))
def test_unsure_is_no_review(history: list[tuple[float, str]], gap: float) -> None:
    assert schedule(told([*history, (gap, "unsure")])) == schedule(told(history))


@given(reviews)
def test_every_interval_is_whole_days_and_at_least_one(history: list[tuple[float, str]]) -> None:
    for point in schedule(told(history)):
        days = (point.due - point.last) / DAY
        assert round(days, 6) == round(days) >= 1


def test_what_was_never_missed_is_never_asked_for() -> None:
    assert schedule(marks_of("calm", C, C, C)) == ()
    (point,) = schedule(marks_of("calm", C, P, C))
    assert (point.verdict, point.reviews, point.name) == (C, 3, "The point calm")


def test_a_missed_point_is_due_the_next_day_and_a_covered_one_later_each_time() -> None:
    def dues(*verdicts: str) -> float:
        return (schedule(marks_of("calm", *verdicts))[0].due - START) / DAY

    assert dues(M) == 1
    assert dues(M, C) < dues(M, C, C) < dues(M, C, C, C)


def test_due_today_counts_the_candidates_own_day_and_puts_the_likeliest_forgotten_first() -> None:
    marks = [mark(0, key_points={"fresh": P, "lost": M, "later": P}), mark(1, key_points={"later": C})]
    points = schedule(marks)
    assert [one.criterion for one in due(points, FIRST, UTC)] == []
    assert [one.criterion for one in due(points, FIRST + timedelta(days=1), UTC)] == ["lost", "fresh"]
    assert {one.criterion for one in due(points, FIRST + timedelta(days=40), UTC)} == {"lost", "fresh", "later"}


def test_the_moment_of_drawing_changes_nothing() -> None:
    (point,) = schedule(marks_of("calm", M))
    assert datetime.fromtimestamp(point.due, UTC) == datetime(2026, 11, 3, 18, tzinfo=UTC)
