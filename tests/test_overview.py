"""What an interview came to: counts by question, what was weak in several, nothing that nobody knows."""

from __future__ import annotations

from typing import Any

from shipped import QUESTION

from interviewer.overview import overview
from interviewer.schema import (
    Attempt,
    Grade,
    Hint,
    Interview,
    KeyPointVerdict,
    MotivationVerdict,
    Probe,
    QuestionDocument,
    RedFlagVerdict,
    Turn,
)

TWIN = QUESTION.model_copy(update={"id": "twin", "question": "And another one?"})
FIRST, SECOND, THIRD = QUESTION.key_points[:3]
FLAG, MOTIVATION = QUESTION.red_flags[0], QUESTION.motivations[0]


def graded(document: QuestionDocument = QUESTION, *points: Any, band: int | None = 3, **more: Any) -> Grade:
    judged = zip(document.key_points, points, strict=False)
    return Grade(
        **{
            "id": "", "question_id": document.id, "status": "graded", "decider": "builtin", "model": "m",
            "prompt_hash": "p", "rubric_hash": "r", "band": band, "coverage": 0.5,
            "key_points": {point.id: KeyPointVerdict(verdict=verdict) for point, verdict in judged},
        }
        | more
    )  # fmt: skip


def said(document: QuestionDocument = QUESTION, count: int = 1) -> tuple[Turn, ...]:
    return (Turn(speaker="candidate", act="answer", text="So.", question_id=document.id),) * count


def held(*documents: QuestionDocument, grades: tuple[Grade, ...] = (), **more: Any) -> Interview:
    turns = tuple(turn for grade in grades for turn in said(next(d for d in documents if d.id == grade.question_id)))
    by_id = {grade.question_id: grade for grade in grades}
    return Interview(**{"id": "i", "questions": documents, "turns": turns, "grades": by_id} | more)


def test_each_question_has_its_latest_and_its_best_attempt_in_counts() -> None:
    hint = Hint(question_id=QUESTION.id, probe=Probe(kind="star", criterion="result", text="?", reason="r"), answers=0)
    best = graded(QUESTION, "covered", "covered", "unsure", band=4)
    flag = {FLAG.id: RedFlagVerdict(verdict="present")}
    latest = graded(QUESTION, "partial", "missing", "unscored", band=2, red_flags=flag)
    attempt = Attempt(question_id=QUESTION.id, turns=said(count=2), grade=best, hints=(hint,))
    found = overview(held(QUESTION, grades=(latest,), attempts=(attempt,), hints=(hint,)))
    (one,) = found.questions
    assert (one.attempts, one.hints) == (2, 2) and one.latest and one.best
    assert (one.latest.attempt, one.latest.answers, one.latest.band) == (2, 1, 2)
    counts = one.latest.covered, one.latest.partial, one.latest.missing, one.latest.unsure, one.latest.unscored
    assert counts == (0, 1, 1, 0, 1)
    assert one.latest.gaps == (SECOND.name, FIRST.name) and one.latest.flags == (FLAG.name,)
    assert (one.best.attempt, one.best.answers, one.best.covered, one.best.unsure) == (1, 2, 2, 1)
    assert (found.answered, found.graded, found.flags, found.hints, found.graders) == (1, 1, 1, 2, ("builtin m",))


def test_a_question_without_an_answer_or_a_grade_is_listed_as_such() -> None:
    found = overview(held(QUESTION, TWIN, turns=said()))
    answered, skipped = found.questions
    assert (answered.attempts, answered.latest, answered.best) == (1, None, None)
    assert (skipped.attempts, skipped.latest) == (0, None)
    assert (found.answered, found.graded, found.graders, found.repeated) == (1, 0, (), ())


def test_what_is_weak_in_two_questions_under_the_same_name_repeats() -> None:
    motivations = {MOTIVATION.id: MotivationVerdict(level=1)}
    grades = tuple(
        graded(one, "missing", verdict, band=2, star={"result": False, "task": None}, motivations=motivations)
        for one, verdict in ((QUESTION, "covered"), (TWIN, "partial"))
    )
    found = {(one.kind, one.name): one for one in overview(held(QUESTION, TWIN, grades=grades)).repeated}
    themes = [("theme", theme) for theme in QUESTION.themes]
    named = ("key_point", FIRST.name), ("motivation", MOTIVATION.name), ("star", "result")
    assert [*found] == [*named, *themes]
    assert found["key_point", FIRST.name].questions == (QUESTION.id, "twin")
    assert found["key_point", FIRST.name].judged == 2


def test_names_that_differ_never_repeat() -> None:
    points = tuple(point.model_copy(update={"name": f"Other {point.name}"}) for point in TWIN.key_points)
    other = TWIN.model_copy(update={"key_points": points, "themes": ("Elsewhere",)})
    grades = graded(QUESTION, "missing", band=1), graded(other, "missing", band=1)
    assert overview(held(QUESTION, other, grades=grades)).repeated == ()


def test_what_is_unsure_or_unscored_counts_for_nothing() -> None:
    star = {"result": None}
    unknown = {MOTIVATION.id: MotivationVerdict(level=None)}
    grades = tuple(
        graded(one, verdict, band=None, star=star, motivations=unknown)
        for one, verdict in ((QUESTION, "unsure"), (TWIN, "unscored"))
    )
    found = overview(held(QUESTION, TWIN, grades=grades))
    assert found.repeated == () and found.graded == 0


def test_grades_of_different_graders_are_told_apart() -> None:
    grades = graded(QUESTION, "covered"), graded(TWIN, "covered", decider="chat", model="x")
    assert overview(held(QUESTION, TWIN, grades=grades)).graders == ("builtin m", "chat x")
