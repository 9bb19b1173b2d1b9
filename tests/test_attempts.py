"""Tries at one question: what a comparison says, which is best, what a history gets."""

from __future__ import annotations

from typing import Any

from shipped import QUESTION

from interviewer.attempts import Change, attempts_at, best_of, compare, marks
from interviewer.schema import (
    Attempt,
    Grade,
    Interview,
    KeyPointVerdict,
    MotivationVerdict,
    RedFlagVerdict,
    Turn,
)

POINT, OTHER = QUESTION.key_points[:2]
MOTIVATION = QUESTION.motivations[0]
FLAG = QUESTION.red_flags[0]


def graded(point: Any = "missing", *, level: int | None = 1, flag: Any = "absent", **more: Any) -> Grade:
    return Grade(
        **{
            "id": "",
            "question_id": QUESTION.id,
            "status": "graded",
            "decider": "builtin",
            "model": "m",
            "prompt_hash": "p",
            "rubric_hash": "r",
            "key_points": {POINT.id: KeyPointVerdict(verdict=point), OTHER.id: KeyPointVerdict(verdict="covered")},
            "motivations": {MOTIVATION.id: MotivationVerdict(level=level)},
            "red_flags": {FLAG.id: RedFlagVerdict(verdict=flag)},
            "star": {"result": False},
        }
        | more
    )


def tried(grade: Grade | None, *words: str) -> Attempt:
    turns = [Turn(speaker="candidate", act="answer", text=text, question_id=QUESTION.id, at=5.0) for text in words]
    return Attempt(question_id=QUESTION.id, turns=tuple(turns), grade=grade)


def test_a_comparison_names_what_got_better_and_what_got_worse() -> None:
    found = compare(graded(flag="present", band=2), graded("partial", level=0, star={"result": True}, band=3), QUESTION)
    assert found.better == (
        Change(kind="red_flag", criterion=FLAG.id, name=FLAG.name, before="present", after="absent"),
        Change(kind="key_point", criterion=POINT.id, name=POINT.name, before="missing", after="partial"),
        Change(kind="star", criterion="result", name="Result", before="left_out", after="told"),
    )
    worse = Change(kind="motivation", criterion=MOTIVATION.id, name=MOTIVATION.name, before="1", after="0")
    assert found.worse == (worse,)
    assert (found.unknown, found.band, found.same_grader) == (0, (2, 3), True)


def test_what_is_unsure_in_either_grade_is_no_change() -> None:
    found = compare(graded("unsure", star={"result": None}), graded("covered", level=None, model="other"), QUESTION)
    assert (found.better, found.worse, found.unknown, found.same_grader) == ((), (), 3, False)


def test_a_comparison_turned_round_is_the_same_the_other_way_round() -> None:
    one, two = graded("missing", level=3, flag="present"), graded("covered", level=0)
    there, back = compare(one, two, QUESTION), compare(two, one, QUESTION)
    turned = [change.model_copy(update={"before": change.after, "after": change.before}) for change in there.better]
    assert list(back.worse) == turned and len(there.worse) == len(back.better) == 1


def test_the_best_attempt_is_by_band_then_coverage_then_the_later_one() -> None:
    attempts = [
        tried(graded(band=3, coverage=0.5), "a"),
        tried(graded(band=4, coverage=0.6), "b"),
        tried(graded(band=4, coverage=0.6), "c"),
        tried(graded(band=4, coverage=0.5), "d"),
        tried(None, "e"),
    ]
    assert best_of(attempts) == 2
    assert best_of(attempts[-1:]) is None
    assert best_of([tried(graded(), "no band")]) is None


def test_a_history_gets_every_graded_attempt_with_its_number() -> None:
    turn = Turn(speaker="candidate", act="answer", text="Now.", question_id=QUESTION.id)
    interview = Interview(
        id="i",
        questions=(QUESTION,),
        attempts=(tried(graded(band=2), "One.", "More."), tried(None, "Not graded.")),
        turns=(turn,),
        grades={QUESTION.id: graded("covered", band=4)},
        started=3.0,
    )
    first, last = marks(interview)
    assert (first.attempt, first.latest, first.at, first.answers, first.band) == (1, False, 5.0, 2, 2)
    assert (last.attempt, last.latest, last.at, last.answers, last.band) == (3, True, 3.0, 1, 4)
    assert last.key_points == {POINT.id: "covered", OTHER.id: "covered"}
    assert last.names[f"red_flag.{FLAG.id}"] == FLAG.name
    assert len(attempts_at(interview, QUESTION.id)) == 3
