"""Grades a file of answers, one a line, in order and resumable; never lets one bad line stop the rest."""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from .errors import AnswersError
from .intake import STATES
from .rubric import answer_hash
from .schema import Grade, Library, QuestionDocument
from .written import TOO_FEW, holds

__all__ = [
    "AnswerLine",
    "Job",
    "failed",
    "grade_file",
    "in_order",
    "numbered_lines",
    "read_answers",
    "read_object",
    "say_invalid",
]

_SURROGATE = re.compile("[\ud800-\udfff]")
GradeOne = Callable[["AnswerLine"], Awaitable[Grade]]
T = TypeVar("T")
Made = TypeVar("Made")


class AnswerLine(BaseModel):
    """One line in: what is graded. Further keys (labels, tags) are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1)
    question_id: str
    answer: tuple[str, ...] = Field(min_length=1)
    """The first answer and those to its follow-ups."""
    asked: tuple[str, ...] = ()
    """What each of them replies to; the document's question where that is missing."""

    @field_validator("answer", "asked", mode="before")
    @classmethod
    def _take_one_for_a_list(cls, given: Any) -> Any:
        texts = [given] if isinstance(given, str) else given
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError("should be a text, or a list of texts")
        return texts

    @model_validator(mode="after")
    def _check_pairs(self) -> Self:
        if len(self.asked) > len(self.answer):
            raise ValueError("asked has more texts than answer")
        return self

    def asked_in(self, document: QuestionDocument) -> tuple[str, ...]:
        """What each answer replies to."""
        return (*self.asked, *[document.question] * (len(self.answer) - len(self.asked)))


@dataclass(frozen=True)
class Job:
    """What to grade, and what was wrong with the rest."""

    lines: tuple[AnswerLine, ...]
    bad: tuple[AnswersError, ...]


def read_answers(path: Path, library: Library) -> Job:
    """Reads a JSONL file of answers; a line that can't be used is set aside with its number.

    Raises:
        AnswersError: the file itself can't be read.
    """
    lines: list[AnswerLine] = []
    bad: list[AnswersError] = []
    seen: dict[str, int] = {}
    for number, text in numbered_lines(path):
        try:
            line = AnswerLine.model_validate(read_object(text))
        except ValidationError as wrong:
            bad.append(AnswersError(f"{path}:{number}: {say_invalid(wrong)}"))
        except ValueError as wrong:
            bad.append(AnswersError(f"{path}:{number}: {wrong}"))
        else:
            if line.id in seen:
                bad.append(AnswersError(f"{path}:{number}: id {line.id!r} stands in line {seen[line.id]} already."))
            elif line.question_id not in library.questions:
                bad.append(
                    AnswersError(
                        f"{path}:{number}: there is no question {line.question_id!r}; "
                        "`interviewer questions` lists them, --content DIR adds some."
                    )
                )
            else:
                seen[line.id] = number
                lines.append(line)
    return Job(tuple(lines), tuple(bad))


async def grade_file(
    job: Job,
    out: Path,
    grade_one: GradeOne,
    *,
    stamp: Mapping[str, Mapping[str, Any]],
    concurrency: int = 1,
    progress: Callable[[Grade], None] = lambda _: None,
) -> tuple[int, int]:
    """Writes one grade a line to `out`, in the order of the answers, each as soon as those before it are written.

    Grades that `out` holds already are kept when their stamp is still what would grade them now and no model failed
    on them; all others are made. So a run that was cut short goes on where it was.

    Args:
        job: the answers.
        out: where grades go.
        grade_one: grades one answer.
        stamp: by question id, the fields of a grade (decider, model, hashes) that an earlier one must still have.
        concurrency: answers graded at once.
        progress: called with every grade, kept or made.

    Returns:
        How many were kept, how many made now.

    Raises:
        AnswersError: `out` can't be read or written.
    """
    before = out.with_name(out.name + ".before")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        earlier = {
            grade.id: grade
            for grade in (*_earlier(before), *_earlier(out))
            if not failed(grade) and _stamped(grade, stamp.get(grade.question_id, {}))
        }
        lines = {line.id: line for line in job.lines}
        kept = {id: grade for id, grade in earlier.items() if id in lines and _same_answer(grade, lines[id])}

        async def one(line: AnswerLine) -> Grade:
            return kept[line.id] if line.id in kept else await grade_one(line)

        if kept:  # whatever happens while `out` is written anew, no finished grade is lost
            before.write_text("".join(f"{grade.model_dump_json()}\n" for grade in kept.values()), encoding="utf-8")
        with out.open("w", encoding="utf-8", newline="\n") as file:
            async for grade in in_order(job.lines, one, concurrency):
                file.write(grade.model_dump_json() + "\n")
                file.flush()
                progress(grade)
        before.unlink(missing_ok=True)
    except OSError as wrong:
        cause = wrong.strerror or str(wrong)
        raise AnswersError(f"{out}: can't be written: {cause}; free space or choose another place.") from wrong
    return len(kept), len(job.lines) - len(kept)


async def in_order(things: Iterable[T], make: Callable[[T], Awaitable[Made]], concurrency: int) -> AsyncGenerator[Made]:
    """What `make` makes of each thing, in their order; at most `concurrency` are being made, no more than that held."""

    async def one(thing: T) -> Made:
        return await make(thing)

    running: deque[asyncio.Task[Made]] = deque()
    try:
        for thing in things:
            running.append(asyncio.create_task(one(thing)))
            if len(running) >= concurrency:
                yield await running.popleft()
        while running:
            yield await running.popleft()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _earlier(out: Path) -> Iterator[Grade]:
    """The grades an earlier run wrote; a last line that was cut off is left out."""
    if not out.exists():
        return
    for number, text in numbered_lines(out):
        try:
            yield Grade.model_validate_json(text)
        except ValidationError as wrong:
            if text.endswith("}"):
                raise AnswersError(
                    f"{out}:{number}: not a grade of this version; choose another --out, or remove the file."
                ) from wrong


def failed(grade: Grade) -> bool:
    """Whether a model failed on it, so that it is worth another try."""
    return grade.status != "graded" and grade.reason not in STATES and not holds(grade.reason, TOO_FEW)


def _same_answer(grade: Grade, line: AnswerLine) -> bool:
    """Whether the grade is of this line's answer, as far as it says: it may have been edited under the same id."""
    return grade.question_id == line.question_id and grade.answer_hash in ("", answer_hash(line.answer))


def _stamped(grade: Grade, stamp: Mapping[str, Any]) -> bool:
    return all(getattr(grade, key) == value for key, value in stamp.items())


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file that say something, with their numbers from 1.

    Raises:
        AnswersError: the file can't be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise AnswersError(f"{path}: not UTF-8 (byte {wrong.start}); save it as UTF-8.") from wrong
    except OSError as wrong:
        raise AnswersError(f"{path}: can't be read: {wrong.strerror or wrong}.") from wrong
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.strip()


def read_object(text: str) -> dict[str, Any]:
    """The JSON object on a line.

    Raises:
        ValueError: there is none; the message says why in words.
    """
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as wrong:
        raise ValueError(f"not JSON ({wrong}); one answer a line.") from wrong
    if not isinstance(value, dict):
        raise ValueError("not a JSON object; one answer a line.")
    if _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise ValueError("half a character, written as a \\ud800 to \\udfff of its own; correct this line.")
    return value


def say_invalid(wrong: ValidationError) -> str:
    """The first thing wrong with a line, its key before it."""
    first = wrong.errors()[0]
    key = "".join(f"{part}: " for part in first["loc"])
    return f"{key}{first['msg'].removeprefix('Value error, ')}; correct this line."
