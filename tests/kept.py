"""Interviews for the tests of the store: small, and one with everything that a person can put into one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from interviewer.schema import (
    Attempt,
    Dispute,
    Grade,
    Interview,
    KeyPoint,
    KeyPointVerdict,
    QuestionDocument,
    Quote,
    Turn,
)
from interviewer.store import new_id

POINT = KeyPoint(id="calm", name="Calm", description="d", covered="c", partly="p", probe="How did you feel?")
DOCUMENT = QuestionDocument(
    id="q",
    question="Tell me.",
    role="r",
    function="f",
    role_description="",
    themes=("Conflict",),
    key_points=(POINT,),
    motivations=(),
    red_flags=(),
    star_probes={},
)


def said(text: str, at: float = 0.0) -> Turn:
    return Turn(speaker="candidate", act="answer", text=text, question_id="q", at=at)


def grade_of(text: str = "calm", **changes: Any) -> Grade:
    shown = KeyPointVerdict(verdict="covered", quotes=(Quote(text=text, start=0, end=len(text), answer=0),))
    grade = Grade(
        id="g",
        question_id="q",
        status="graded",
        key_points={"calm": shown},
        band=3,
        coverage=1.0,
        decider="builtin",
        model="m",
        prompt_hash="p",
        rubric_hash="r",
        answer_hash="a",
    )
    return grade.model_copy(update=changes)


def make_interview(text: str = "I stayed calm.", started: float = 1.0, **changes: Any) -> Interview:
    interview = Interview(
        id=new_id(), questions=(DOCUMENT,), turns=(said(text),), grades={"q": grade_of()}, started=started
    )
    return interview.model_copy(update=changes)


def tried_twice(*words: str, **changes: Any) -> Interview:
    """Two attempts, both graded, the second disputed; every word of `words` stands somewhere in it."""
    first, second, disputed = words or ("calmly", "quietly", "kindly")
    dispute = Dispute(
        question_id="q", kind="key_point", criterion="calm", answers=1, verdict="partial",
        quotes=(Quote(text=disputed, start=0, end=len(disputed), answer=0),), graded="covered", graded_by="builtin m",
    )  # fmt: skip
    return make_interview(second, **changes).model_copy(
        update={
            "attempts": (
                Attempt(
                    question_id="q", turns=(said(first, at=5.0),), grade=grade_of(first, band=2), mode="simulation"
                ),
            ),
            "turns": (said(f"{second} {disputed}", at=9.0),),
            "grades": {"q": grade_of(second, band=4)},
            "disputes": (dispute,),
        }
    )


def write_old_file(folder: Path, interview: Interview) -> Path:
    """The interview as the versions before the database wrote it."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{interview.id}.json"
    content = {"version": 1, "interview": json.loads(interview.model_dump_json())}
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    return path
