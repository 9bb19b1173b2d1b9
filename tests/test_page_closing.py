"""The report at the end: every question, what repeats, and no number that nobody computed."""

from __future__ import annotations

from typing import Any

from shipped import LIBRARY, QUESTION
from test_attempts import graded, tried

from interviewer.page.closing import show_report
from interviewer.schema import Interview, Turn

OTHER = LIBRARY.questions["guest-complaint"]


def ended(**more: Any) -> Interview:
    turn = Turn(speaker="candidate", act="answer", text="I listened.", question_id=QUESTION.id)
    return Interview(
        **{
            "id": "i", "mode": "simulation", "questions": (QUESTION, OTHER), "turns": (turn,),
            "grades": {QUESTION.id: graded(flag="present", band=2)}, "ended": "time",
        } | more
    )  # fmt: skip


def test_each_question_has_its_band_or_why_it_has_none() -> None:
    html = show_report(ended())
    assert "1 of 2 questions answered, 1 with a band. 1 red flag found." in html
    assert "Band 2 of 5, weak. Key points: 1 covered, 1 missing." in html
    assert "Not answered." in html and html.count('data-go="rubric-') == 1
    assert "The time was up before the last question was done." in html
    assert f'<li class="flag">{QUESTION.red_flags[0].name}</li>' in html


def test_an_answer_without_a_grade_or_a_band_gets_no_number() -> None:
    assert "Not graded yet." in show_report(ended(grades={}))
    assert "No band: too little could be judged." in show_report(ended(grades={QUESTION.id: graded()}))
    assert "Nothing was answered" in show_report(ended(turns=(), grades={}))


def test_a_better_earlier_attempt_and_different_graders_are_named() -> None:
    html = show_report(ended(attempts=(tried(graded(band=4, model="other"), "Once."),)))
    assert "2 attempts: the best is attempt 1, band 4." in html
    assert "More than one grader was at work (builtin m, builtin other)" in html


def test_one_short_practice_and_an_interview_that_runs_have_no_report() -> None:
    assert show_report(ended(ended="")) == ""
    assert show_report(ended(mode="practice", questions=(QUESTION,))) == ""


def test_names_are_text() -> None:
    nasty = QUESTION.model_copy(update={"question": "<script>1</script>"})
    assert "<script>" not in show_report(ended(questions=(nasty, OTHER)))
