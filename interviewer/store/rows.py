"""Turns an interview into the rows that are kept of it; never touches a database."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from ..attempts import attempts_at, marks
from ..schema import Grade, Interview, Marked
from .records import Saved
from .tables import gradings as gradings_table
from .tables import marks as marks_table

__all__ = ["Row", "draft_text", "grading_row", "grading_rows", "interview_row", "mark_rows", "readable"]

Row = dict[str, Any]


def readable(interview: Interview) -> Interview:
    """The interview itself, or a copy in which `?` stands for each lone surrogate, which a browser can send."""
    try:
        interview.model_dump_json()
    except ValueError:
        text = json.dumps(interview.model_dump(), ensure_ascii=False)
        return Interview.model_validate_json(text.encode("utf-8", errors="replace"))
    return interview


def draft_text(draft: str) -> str:
    """A draft as a JSON string without lone surrogates."""
    return json.dumps(draft.encode("utf-8", errors="replace").decode("utf-8"), ensure_ascii=False)


def interview_row(interview: Interview, touched: float) -> Row:
    """The row of `interviews`; `touched` in seconds since the epoch."""
    return {
        "interview_id": interview.id,
        "owner": interview.owner,
        "mode": interview.mode,
        "started": interview.started,
        "ended": bool(interview.ended),
        "touched": touched,
        "summary": _summary(interview).model_dump_json(),
        "document": interview.model_dump_json(),
    }


def mark_rows(interview: Interview) -> list[Row]:
    """The rows of `marks`; one for each graded attempt."""
    found = {(mark.question_id, mark.attempt): mark for mark in marks(interview)}
    return [{**_columns(mark), "mark": mark.model_dump_json()} for mark in found.values()]


def _columns(mark: Marked) -> Row:
    return mark.model_dump(include=set(marks_table.columns.keys()))


def grading_rows(interview: Interview, made_at: float) -> list[Row]:
    """The rows of `gradings`; one for each grade the interview holds now."""
    found: dict[tuple[str, int], Row] = {}
    for document in interview.questions:
        for number, attempt in enumerate(attempts_at(interview, document.id), start=1):
            if attempt.grade is not None:
                found[document.id, number] = grading_row(interview.id, number, attempt.grade, made_at)
    return list(found.values())


def grading_row(interview_id: str, attempt: int, grade: Grade, made_at: float) -> Row:
    """The row of `gradings` for a grade of this attempt at its question."""
    text = grade.model_dump_json()
    key = {"interview_id": interview_id, "attempt": attempt, "made_at": made_at}
    columns = grade.model_dump(include=set(gradings_table.columns.keys()))
    return {**key, **columns, "grade_hash": hashlib.sha256(text.encode()).hexdigest(), "grade": text}


def _summary(interview: Interview) -> Saved:
    started = datetime.fromtimestamp(interview.started, UTC) if interview.started else None
    return Saved(
        id=interview.id,
        questions=tuple(document.question for document in interview.questions),
        answers=sum(turn.act == "answer" for turn in interview.turns),
        started=started.isoformat(timespec="seconds") if started else "",
        ended=interview.ended,
    )
