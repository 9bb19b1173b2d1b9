"""What a history is counted to show: bands, trends, weak points, days; nothing that is not known."""

from __future__ import annotations

from datetime import UTC, date, timedelta, timezone
from typing import Any

import pytest
from histories import mark, marks_of
from hypothesis import given
from hypothesis import strategies as st

from interviewer.progress import (
    bands,
    criterion_trends,
    grader_changes,
    only,
    overall_trends,
    practised,
    theme_trends,
    weakest,
)
from interviewer.schema import Marked

C, P, M, U = "covered", "partial", "missing", "unsure"
verdicts = st.lists(st.sampled_from([C, P, M, U, "unscored"]), max_size=12)


def test_the_best_attempt_of_a_day_is_shown_and_what_has_no_band_is_not() -> None:
    marks = [
        mark(0, band=2),
        mark(0.05, band=4),
        mark(0.1, band=3),
        mark(1, band=None),
        mark(1.1, question="q2", band=5),
    ]
    found = bands(marks, UTC)
    assert [(one.question_id, one.band, one.tries) for one in found] == [("q1", 4, 3), ("q2", 5, 1)]


def test_a_day_is_the_candidates_own() -> None:
    late = mark(0.24)  # 23:45 in London is tomorrow further east
    east = timezone(timedelta(hours=5))
    assert [bands([late], zone)[0].day for zone in (UTC, east)] == [date(2026, 11, 2), date(2026, 11, 3)]


def test_where_the_grader_changes_is_marked() -> None:
    marks = [mark(0), mark(1), mark(2, decider="chat", model="big"), mark(3, decider="chat", model="bigger")]
    changes = grader_changes(bands(marks, UTC))
    assert [(one.day.day, one.before, one.after) for one in changes] == [
        (4, "builtin (m)", "chat (big)"),
        (5, "chat (big)", "chat (bigger)"),
    ]


@pytest.mark.parametrize(
    ("given", "recent", "before", "direction"),
    [
        ([M, M, M, C, C, C], (3, 3), (0, 3), "more"),
        ([C, C, C, M, P, M], (0.5, 3), (3, 3), "less"),
        ([C, P, C, C, C, P], (2.5, 3), (2.5, 3), "same"),
        ([M, M, C, C, C], (3, 3), None, "unknown"),  # two before are too few
        ([M, M, U, C, C, C], (3, 3), None, "unknown"),  # and unsure is nothing
        ([C], (1, 1), None, "unknown"),
        ([M, C, M, C, M, C, C, C], (3, 3), (2, 5), "more"),
    ],
)
def test_a_trend_compares_the_latest_three_with_those_before(
    given: list[str], recent: tuple[float, int], before: tuple[float, int] | None, direction: str
) -> None:
    (trend,) = criterion_trends(marks_of("calm", *given))
    assert (trend.recent.got, trend.recent.of) == recent
    assert (None if trend.before is None else (trend.before.got, trend.before.of)) == before
    assert trend.direction == direction and trend.name == "The point calm"


def test_a_trend_never_mixes_graders_and_says_how_many_answers_it_left_out() -> None:
    old = marks_of("calm", M, M, M, M)
    new = [mark(9 + day, key_points={"calm": C}, decider="chat", model="big") for day in range(3)]
    (trend,) = criterion_trends([*new, *old])
    assert (trend.recent.answers, trend.before, trend.direction) == (3, None, "unknown")
    assert (trend.decider, trend.model, trend.others) == ("chat", "big", 4)


@given(verdicts)
def test_what_is_unsure_changes_nothing(given: list[str]) -> None:
    known = [one for one in given if one in (C, P, M)]
    with_unsure = [mark(day, key_points={"calm": verdict}) for day, verdict in enumerate(given)]
    without = [one for one in with_unsure if one.key_points["calm"] in (C, P, M)]
    assert criterion_trends(with_unsure) == criterion_trends(without)
    assert weakest(with_unsure) == weakest(without)
    assert bool(criterion_trends(with_unsure)) is bool(known)


@given(verdicts)
def test_the_order_in_which_the_store_lists_is_no_matter(given: list[str]) -> None:
    marks = marks_of("calm", *given)
    for count in (criterion_trends, theme_trends, overall_trends, weakest, bands):
        assert count(marks) == count(list(reversed(marks)))


def test_a_theme_counts_the_points_of_every_question_that_has_it() -> None:
    two: dict[str, Any] = {"key_points": {"a": C, "b": M}}
    marks = [mark(0, themes=("Care", "Pace"), **two), mark(1, question="q2", **two), mark(2, themes=("Pace",))]
    care, pace = theme_trends(marks)
    assert (care.name, care.recent.got, care.recent.of, care.recent.answers) == ("Care", 2, 4, 2)
    assert (pace.name, pace.recent.of, pace.steps) == ("Pace", 2, (0.5,))  # an answer without verdicts adds nothing


@pytest.mark.parametrize(
    ("flags", "counted"),
    [({"a": "present", "b": "unsure"}, (0, 1)), ({"a": "absent"}, (1, 1)), ({"a": "absent", "b": "unsure"}, None)],
)
def test_an_answer_is_free_of_red_flags_only_when_all_were_judged(flags: dict[str, str], counted: Any) -> None:
    found = {one.criterion: one for one in overall_trends([mark(red_flags=flags)])}
    assert ((one := found.get("red_flags")) and (one.recent.got, one.recent.of)) == counted


def test_motivations_count_by_level_and_red_flags_once_they_were_found() -> None:
    marks = [
        mark(0, motivations={"care": 2}, red_flags={"blaming": "absent", "scorn": "absent"}),
        mark(1, motivations={"care": None}, red_flags={"blaming": "present", "scorn": "absent"}),
    ]
    found = {(one.kind, one.criterion): one.recent for one in criterion_trends(marks)}
    assert {key: (share.got, share.of) for key, share in found.items()} == {
        ("motivation", "care"): (2, 3),
        ("red_flag", "blaming"): (1, 2),
    }


def test_the_weakest_point_was_missed_most_and_most_recently() -> None:
    marks = [
        *marks_of("long_ago", M, C, C),  # 2/4
        *marks_of("lately", C, C, M, question="q2"),  # 2
        *marks_of("always", M, M, M, question="q3"),  # 2 + 1 + 1/2
        *marks_of("partly", C, P, P, question="q4"),  # 1 + 1/2
        *marks_of("never", C, C, C, question="q5"),
    ]
    found = weakest(marks)
    assert [(one.criterion, one.weight) for one in found] == [
        ("always", 3.5), ("lately", 2), ("partly", 1.5), ("long_ago", 0.5),
    ]  # fmt: skip
    assert (found[2].missing, found[2].partial, found[2].answers) == (0, 2, 3)
    assert len(weakest(marks, 2)) == 2


def test_days_are_counted_and_a_gap_breaks_nothing() -> None:
    marks = [mark(-3), mark(0, hints=2), mark(0.1), mark(9)]
    found = practised(marks, date(2026, 11, 20), UTC)
    assert (len(found.days), found.answers, found.all_days, found.all_answers, found.with_hints) == (2, 3, 3, 4, 1)
    assert found.days == (date(2026, 11, 2), date(2026, 11, 11))
    assert practised([], date(2026, 11, 20)).days == ()


@given(
    st.lists(st.builds(lambda day, role: mark(day, role=role, number=day), st.integers(0, 9), st.sampled_from("ab")))
)
def test_filters_leave_what_fits_in_order(marks: list[Marked]) -> None:
    found = only(marks, role="a")
    assert all(one.role == "a" for one in found) and [one.at for one in found] == sorted(one.at for one in found)
    assert len(only(marks)) == len(marks)
