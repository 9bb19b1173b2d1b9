"""Does the work of the commands that hold no interview: grade a file, import a page, preview prompts; never prints."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .batch import AnswerLine, Job, grade_file, numbered_lines, read_answers
from .build import open_library, read_price
from .chat_decider import ChatDecider, batch_line, read_batch_reply, write_messages
from .content import read_page, write_example, write_guide, write_question
from .errors import AnswersError, ContentError, ProviderUnsupported
from .grading import Price, blank_grade, finish, questions_for
from .importer import import_page
from .intake import ungradable
from .interview import FollowUp, answer, begin, messages, next_step
from .llm import LLM, Api
from .margins import lines_behind, marked
from .panel import Panel
from .prompts import Prompts
from .rubric import rubric_hash
from .schema import Grade, Guide, Library, QuestionDocument, WorkedExample
from .settings import Settings
from .tokens import count_tokens

__all__ = ["Section", "export_batch", "grade_answers", "import_batch", "import_documents", "preview"]

DEFAULT_BATCH_MODEL = "gpt-5.4-mini"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Section:
    """One prompt as it is sent."""

    title: str
    text: str
    tokens: int
    margin: tuple[str, ...]
    """For each line of the text the document's lines in it, `late-delivery.md:23`; empty for the template's words."""


async def grade_answers(panel: Panel, job: Job, out: Path, *, concurrency: int, progress: Progress) -> tuple[int, int]:
    """Grades the answers with the panel's grader; see `batch.grade_file`."""
    done = 0

    async def one(line: AnswerLine) -> Grade:
        document = panel.library.questions[line.question_id]
        grades = panel.grade(document, line.answer, asked=line.asked_in(document), id=line.id)
        return [grade async for grade in grades][-1]

    def count(_: Grade) -> None:
        nonlocal done
        done += 1
        progress(done, len(job.lines))

    stamp = {
        id: {
            "decider": panel.decider.name,
            "model": panel.decider.model,
            "samples": panel.samples,
            "prompt_hash": panel.prompts.hash("grader"),
            "rubric_hash": rubric_hash(document),
        }
        for id, document in panel.library.questions.items()
    }
    return await grade_file(job, out, one, stamp=stamp, concurrency=concurrency, progress=count)


# ── batches: the chat decider's requests in a file, its replies from one ─────────────────────────────


def export_batch(settings: Settings, answers: Path, out: Path) -> tuple[int, Job]:
    """Writes one request of the OpenAI Batch API a gradable answer; how many, and the job with its bad lines."""
    _spare(out, answers)
    library, prompts = open_library(settings), Prompts(settings.prompts)
    job = read_answers(answers, library)
    model = settings.model or DEFAULT_BATCH_MODEL
    asked = ((line, *_asked(library, line, prompts)) for line in job.lines if not ungradable(line.answer))
    lines = [
        batch_line(line.id, reading, questions, model=model, prompts=prompts)
        for line, reading, questions in asked
        if reading.sentences  # else none of the words is an answer
    ]
    _write(out, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return len(lines), job


def import_batch(settings: Settings, answers: Path, replies: Path, out: Path) -> Job:
    """Finishes the grading from the API's output file, in the order of the answers; nothing is sent.

    Raises:
        AnswersError: a file can't be read or written.
    """
    _spare(out, answers, replies)
    library, prompts = open_library(settings), Prompts(settings.prompts)
    job = read_answers(answers, library)
    told = dict(_replies(replies))
    price = read_price(settings)
    grades = [_from_reply(library, line, told.get(line.id), prompts, settings.model, price) for line in job.lines]
    _write(out, "".join(grade.model_dump_json() + "\n" for grade in grades))
    return job


def _spare(out: Path, *read: Path) -> None:
    if out.resolve() in {path.resolve() for path in read}:
        raise AnswersError(f"{out}: is read, so it can't be written to: choose another place.")


def _asked(library: Library, line: AnswerLine, prompts: Prompts) -> tuple[Any, Any]:
    document = library.questions[line.question_id]
    return questions_for(document, line.answer, line.asked_in(document), prompts, library)


def _replies(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, text in numbered_lines(path):
        try:
            line = json.loads(text)
            yield str(line["custom_id"]), line
        except (ValueError, KeyError, TypeError, RecursionError) as wrong:
            raise AnswersError(f"{path}:{number}: no line of a batch's output: it needs a custom_id.") from wrong


def _from_reply(
    library: Library,
    line: AnswerLine,
    reply: Mapping[str, Any] | None,
    prompts: Prompts,
    model: str | None,
    price: Price | None,
) -> Grade:
    document = library.questions[line.question_id]
    decider = ChatDecider(LLM(_Nowhere(), model or _model_of(reply) or DEFAULT_BATCH_MODEL), prompts)
    blank = blank_grade(document, id=line.id, decider=decider, prompts=prompts, answers=line.answer, library=library)
    reading, questions = _asked(library, line, prompts)
    state = ungradable(line.answer) or ("" if reading.sentences else "copied" if blank.copied else "addressed")
    if state:
        return blank.model_copy(update={"reason": state})
    decisions = read_batch_reply(reply, reading, questions) if reply is not None else ()
    return finish(
        blank,
        document,
        line.answer,
        reading.sentences,
        {decision.name: decision for decision in decisions},
        decider.calibration,
        library=library,
        price=price,
        failure=None if reply is not None else "The batch's output has no line for this answer.",
    )


def _model_of(reply: Mapping[str, Any] | None) -> str:
    try:
        return str((reply or {})["response"]["body"]["model"] or "")
    except (KeyError, TypeError):
        return ""


class _Nowhere:
    """The endpoint of a decider that only reads: nothing can be sent."""

    host = "a batch"

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        raise ProviderUnsupported("A batch is answered by its file.")

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        raise ProviderUnsupported("A batch is answered by its file.")
        yield {}


# ── documents ────────────────────────────────────────────────────────────────────────────────────────


def import_documents(page: Path, out: Path, *, force: bool = False) -> list[Path]:
    """Turns a page into document files under `out`; the files written.

    Raises:
        ContentError: the page can't be read or understood, or a file is there already.
    """
    try:
        text = page.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise ContentError(f"{page}:1: not UTF-8 (byte {wrong.start}): save it as UTF-8.") from wrong
    except OSError as wrong:
        raise ContentError(f"{page}: can't be read: {wrong.strerror or wrong}.") from wrong
    made = [_file(document, out) for document in import_page(text, name=str(page))]
    there = [path for path, _ in made if path.exists()]
    if there and not force:
        raise ContentError(f"{there[0]} is there already: --force writes over it, --out DIR writes elsewhere.")
    for path, written in made:
        _write(path, written)
    return [path for path, _ in made]


def _file(document: QuestionDocument | WorkedExample | Guide, out: Path) -> tuple[Path, str]:
    if isinstance(document, QuestionDocument):
        return out / "questions" / f"{document.id}.md", write_question(document)
    if isinstance(document, WorkedExample):
        return out / "examples" / f"{document.id}.md", write_example(document)
    return out / "guides" / f"{document.id}.md", write_guide(document)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as wrong:
        raise AnswersError(f"{path}: can't be written: {wrong.strerror or wrong}.") from wrong


def preview(settings: Settings, question: str, said: str) -> list[Section]:
    """The exact prompts of a question, the interviewer's first and then the graders', with `said` as the answer.

    Raises:
        ContentError: there is no such question.
    """
    library, prompts = open_library(settings), Prompts(settings.prompts)
    if question not in library.questions:
        raise ContentError(f"There is no question {question!r}; `interviewer questions` lists them.")
    document = library.questions[question]
    page = read_page(document)
    name = Path(document.source).name
    sent = _prompts_of(document, said, prompts)
    copies = _prompts_of(marked(document, lambda place: page.line(*place)), said, prompts)
    return [
        Section(title, text, count_tokens(text), tuple(_margin(name, lines) for lines in lines_behind(text, copy)))
        for (title, text), (_, copy) in zip(sent, copies, strict=True)
    ]


def _prompts_of(document: QuestionDocument, said: str, prompts: Prompts) -> list[tuple[str, str]]:
    """(title, text) of every prompt."""
    interview = answer(begin([document], prompts=prompts, id="preview", now=0.0), said)
    step = next_step(interview, None, now=0.0)
    asked = messages(interview, step.probe, prompts) if isinstance(step, FollowUp) else []
    reading, questions = questions_for(document, [said], [document.question], prompts)
    return [
        *((f"interviewer: {one['role']}", one["content"]) for one in asked),
        *((f"chat decider: {one['role']}", one["content"]) for one in write_messages(reading, questions, prompts)),
        ("what every decider reads", reading.text),
        *((f"decision {one.name} ({one.type})", one.instructions) for one in questions),
    ]


def _margin(name: str, lines: Sequence[int]) -> str:
    return f"{name}:{','.join(map(str, lines))}" if lines else ""
