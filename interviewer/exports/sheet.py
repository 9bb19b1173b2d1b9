"""Writes verdicts and attempts as CSV tables; no cell of anybody's words can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..attempts import attempts_at
from ..criteria import criteria_of, graded_as, judged_on, quotes_on
from ..disputes import find_dispute
from ..schema import (
    Attempt,
    Interview,
    QuestionDocument,
)
from .outline import say_date

__all__ = ["VERDICT_COLUMNS", "defuse", "verdicts_csv", "write_csv"]

_ATTEMPT_COLUMNS: Mapping[str, str] = {
    "interview": "id of the interview",
    "candidate": "as they call themselves; may be empty",
    "date": "of the attempt's first answer, else of the interview; UTC",
    "mode": "practice, simulation or role_play",
    "question": "as asked",
    "question_id": "id of its document",
    "attempt": "which try at the question in this interview, from 1",
    "answers": "how many answers: the first, then those to follow-ups",
    "hints": "how many hints were used",
    "status": "graded, partly_graded, unscored; empty when nothing graded it",
    "band": "1 to 5; empty when there is none",
    "coverage": "0 to 1; empty when there is none",
    "decider": "which kind of grader judged",
    "model": "and its model",
}
"""What each column of a table of attempts holds; a table of verdicts opens with the same."""

VERDICT_COLUMNS: Mapping[str, str] = {
    **_ATTEMPT_COLUMNS,
    "kind": "key_point, motivation, red_flag or star",
    "criterion": "its id, or the STAR part",
    "name": "of the criterion",
    "verdict": "covered, partial, missing; a level 0 to 3; present, absent; told, left_out; unsure, unscored",
    "probability": "of that verdict, 0 to 1; empty where it isn't known",
    "quotes": "the words it rests on, with | between",
    "dispute": "what somebody sees otherwise; empty when nobody does",
}
"""What each column of a table of verdicts holds."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
Cell = str | int | float | None


def defuse(text: str) -> str:
    """Text that a spreadsheet takes for text: what would begin a formula gets an apostrophe before it."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA) else text


def write_csv(columns: Iterable[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table as CSV, its first character a byte-order mark: without one, Excel reads UTF-8 as something else."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in (columns, *rows):
        writer.writerow([defuse(cell.replace("\0", "")) if isinstance(cell, str) else cell for cell in row])
    return f"\ufeff{out.getvalue()}"


def verdicts_csv(interviews: Iterable[Interview]) -> str:
    """One row for each criterion of each graded attempt; `VERDICT_COLUMNS` says what they hold."""
    return write_csv(VERDICT_COLUMNS, _verdict_rows(interviews))


def _attempt_rows(interviews: Iterable[Interview]) -> Iterator[tuple[QuestionDocument, Attempt, list[Cell]]]:
    for interview in interviews:
        for document in interview.questions:
            for number, attempt in enumerate(attempts_at(interview, document.id), start=1):
                yield document, attempt, _attempt_row(interview, document, attempt, number)


def _attempt_row(interview: Interview, document: QuestionDocument, attempt: Attempt, number: int) -> list[Cell]:
    answers = [turn for turn in attempt.turns if turn.act == "answer"]
    grade = attempt.grade
    return [
        interview.id,
        interview.candidate,
        say_date(answers[0].at or interview.started),
        attempt.mode,
        document.question,
        document.id,
        number,
        len(answers),
        len(attempt.hints),
        grade.status if grade else "",
        grade.band if grade else None,
        grade.coverage if grade else None,
        grade.decider if grade else "",
        grade.model if grade else "",
    ]


def _verdict_rows(interviews: Iterable[Interview]) -> Iterator[list[Cell]]:
    for document, attempt, row in _attempt_rows(interviews):
        if attempt.grade is None:
            continue
        for kind, criterion, name in criteria_of(document):
            verdict = graded_as(attempt.grade, kind, criterion)
            if verdict is None:
                continue
            other = find_dispute(attempt.disputes, document.id, kind, criterion)
            found = judged_on(attempt.grade, kind, criterion)
            probability = found.probability if found else None
            words = " | ".join(quote.text.strip() for quote in quotes_on(attempt.grade, kind, criterion))
            yield [*row, kind, criterion, name, verdict, probability, words, other.verdict if other else ""]
