"""Interviews for the tests of exports: graded by the tables' grader, tried twice, with every kind of thing said."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shipped import LIBRARY, PROMPTS, QUESTION
from tables import ANSWER, FLAGGED, SECOND, VERDICTS, seat

from interviewer.data_desk import set_pages
from interviewer.disputes import dispute
from interviewer.interview import answer, begin, try_again, with_grade
from interviewer.schema import Comment, Grade, Hint, Interview, Probe, QuestionDocument

__all__ = ["OTHER", "begun", "graded", "set_watched", "twice"]

OTHER = next(one for one in LIBRARY.questions.values() if one.id != QUESTION.id)
AT = 1_795_700_000.0


def set_watched(interviews: Sequence[Interview], **given: Any) -> tuple[bytes, list[str]]:
    """A PDF, and what was logged as a warning while it was made; for a process of its own."""
    records: list[str] = []
    watch = logging.Handler(logging.WARNING)
    watch.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(watch)
    try:
        return set_pages(interviews, **given), records
    finally:
        logging.getLogger().removeHandler(watch)


def graded(answers: Sequence[str], said: object = VERDICTS, document: QuestionDocument = QUESTION) -> Grade:
    """What the scripted grader makes of these answers."""

    async def last() -> Grade:
        panel = seat(said=said)  # type: ignore[arg-type]
        return [one async for one in panel.grade(document, answers, asked=[document.question], id="g")][-1]

    with ThreadPoolExecutor(1) as beside:  # a browser's test has a loop running already
        return beside.submit(asyncio.run, last()).result()


def begun(id: str = "interview-of-22-chars_", *documents: QuestionDocument) -> Interview:
    return begin(documents or (QUESTION,), prompts=PROMPTS, id=id, now=AT)


def twice(id: str = "interview-of-22-chars_", first: str = ANSWER, second: str = f"{ANSWER} {SECOND}") -> Interview:
    """A question tried twice; the first time with a red flag, a hint and a dispute, the second with a comment."""
    probe = Probe(kind="star", criterion="result", text="How did it end?", reason="r")
    told = answer(begun(id), first, AT + 60)
    told = told.model_copy(update={"hints": (Hint(question_id=QUESTION.id, probe=probe, answers=1),)})
    told = with_grade(told, graded([first], FLAGGED))
    other = dispute(told.grades[QUESTION.id], [first], "red_flag", "blaming", verdict="absent")
    told = try_again(told.model_copy(update={"disputes": (other,)}), QUESTION.id, prompts=PROMPTS)
    told = with_grade(answer(told, second, AT + 600), graded([second]))
    comment = Comment(
        question_id=QUESTION.id, attempt=2, text="Name the <b>manager</b> sooner.", author="Ms Reed", at=AT
    )
    return told.model_copy(update={"comments": (comment,), "candidate": "Kim"})
