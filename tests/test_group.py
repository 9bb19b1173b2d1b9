"""What a group misses is counted by best attempts, unsure apart; two people of one name stay two."""

from __future__ import annotations

import csv
import io

import pytest
from exported import begun
from shipped import QUESTION
from test_attempts import FLAG, MOTIVATION, OTHER, POINT, graded

from interviewer.group import GroupRow, group, group_csv
from interviewer.interview import answer, with_grade
from interviewer.schema import Grade, Interview, KeyPointVerdict


def of(owner: str, *grades: Grade, name: str = "", started: float = 1.0) -> list[Interview]:
    """One interview for each grade."""
    told = []
    for place, grade in enumerate(grades):
        interview = with_grade(answer(begun(f"{owner}-{place}"), "Words."), grade)
        told.append(interview.model_copy(update={"owner": owner, "candidate": name, "started": started + place}))
    return told


def row(rows: tuple[GroupRow, ...], criterion: str) -> GroupRow:
    return next(one for one in rows if one.criterion == criterion)


def test_each_candidate_counts_once_with_the_best_attempt() -> None:
    told = of("a", graded("covered", band=4), graded("missing", band=2), name="Kim")
    [question] = group([*told, *of("b", graded("missing", band=2), name="Lee")])
    assert [(one.name, one.band, one.attempts) for one in question.candidates] == [("Kim", 4, 2), ("Lee", 2, 1)]
    assert row(question.rows, POINT.id).verdicts == ("covered", "missing")


def test_without_a_band_the_latest_attempt_counts() -> None:
    [question] = group(of("a", graded("missing"), graded("partial"), graded("unsure")))
    assert row(question.rows, POINT.id).verdicts == ("unsure",)


def test_of_two_equally_good_attempts_the_later_counts() -> None:
    told = of("a", graded("missing", band=3, coverage=0.5), graded("partial", band=3, coverage=0.5))
    [question] = group(told)
    assert row(question.rows, POINT.id).verdicts == ("partial",)


def test_unsure_is_neither_covered_nor_missing() -> None:
    told = [*of("a", graded("missing")), *of("b", graded("unsure")), *of("c", graded("partial"))]
    [question] = group(told)
    found = row(question.rows, POINT.id)
    assert (found.judged, found.lacking, found.counts["unsure"]) == (2, (1, 1), 1)


def test_what_most_of_the_group_lacks_comes_first_in_its_kind() -> None:
    other = {OTHER.id: KeyPointVerdict(verdict="missing"), POINT.id: KeyPointVerdict(verdict="covered")}
    told = [*of("a", graded(key_points=other)), *of("b", graded(key_points=other)), *of("c", graded("missing"))]
    [question] = group(told)
    points = [one.criterion for one in question.rows if one.kind == "key_point"]
    assert points == [OTHER.id, POINT.id]
    assert [one.criterion for one in question.gaps] == [OTHER.id]


def test_red_flags_and_levels_are_counted_too() -> None:
    told = [*of("a", graded(flag="present", level=0)), *of("b", graded(level=1)), *of("c", graded(level=3))]
    [question] = group(told)
    assert row(question.rows, FLAG.id).lacking == (1, 0)
    assert row(question.rows, MOTIVATION.id).lacking == (1, 1)
    assert [one.kind for one in question.rows] == ["red_flag", "key_point", "key_point", "motivation", "star"]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("Kim", "Lee"), ["Kim", "Lee"]),
        (("Kim", "kim"), ["Kim (1)", "kim (2)"]),
        (("", ""), ["Candidate 1", "Candidate 2"]),
        (("Kim", "Kim", "Kim (1)"), ["Kim (1)", "Kim (1) (1)", "Kim (2)"]),
    ],
)
def test_people_of_one_name_or_of_none_are_told_apart(names: tuple[str, ...], shown: list[str]) -> None:
    told = [of(f"owner-{place}", graded(), name=name, started=place)[0] for place, name in enumerate(names)]
    [question] = group(told)
    assert [one.name for one in question.candidates] == shown
    assert not any("owner" in one.name for one in question.candidates)


def test_an_answer_that_could_not_be_graded_counts_for_nobody() -> None:
    assert group(of("a", graded(status="unscored"))) == ()
    assert group([begun()]) == ()


def test_the_table_has_a_row_for_each_criterion_and_a_column_for_each_candidate() -> None:
    table = group_csv(group([*of("a", graded("covered"), name="=Kim"), *of("b", graded("unsure"), name="Lee")]))
    rows = [*csv.DictReader(io.StringIO(table.removeprefix("\ufeff"), newline=""))]
    found = next(one for one in rows if one["criterion"] == POINT.id)
    assert (found["question"], found["candidates"], found["judged"]) == (QUESTION.question, "2", "1")
    assert (found["'=Kim"], found["Lee"]) == ("covered", "unsure")
