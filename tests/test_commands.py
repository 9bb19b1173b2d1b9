"""The work of the commands that hold no interview: whole files graded, batches made and read, pages imported."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import wire
from scripted import ScriptedDecider, scripted_llm
from shipped import LIBRARY, PROMPTS, QUESTION
from tables import ANSWER, SECOND, VERDICTS, seat

from interviewer.batch import read_answers
from interviewer.chat_decider import ChatDecider
from interviewer.commands import export_batch, grade_answers, import_batch, import_documents, preview
from interviewer.content import check_folder
from interviewer.errors import AnswersError, ContentError, ProviderUnreachable, ReplyError
from interviewer.grading import questions_for
from interviewer.interview import Interviewer, answer, begin, next_step, speak
from interviewer.schema import Decision, Grade, State, TypedQuestion
from interviewer.settings import Settings

PAGES = Path(__file__).parent / "pages"
SETTINGS = Settings()


def write(path: Path, *lines: object) -> Path:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return path


def line(id: str, *answers: str, **more: Any) -> dict[str, Any]:
    said = answers or (ANSWER,)
    return {"id": id, "question_id": QUESTION.id, "answer": said[0] if len(said) == 1 else list(said), **more}


def read_grades(path: Path) -> list[Grade]:
    return [Grade.model_validate_json(text) for text in path.read_text(encoding="utf-8").splitlines()]


# ── grading a file ───────────────────────────────────────────────────────────────────────────────────


async def grade(folder: Path, decider: ScriptedDecider, *lines: object) -> tuple[list[Grade], tuple[int, int]]:
    job = read_answers(write(folder / "in.jsonl", *lines), LIBRARY)
    out = folder / "out.jsonl"
    counts = await grade_answers(seat(decider=decider), job, out, concurrency=1, progress=lambda *_: None)
    return read_grades(out), counts


async def test_an_answer_and_those_to_its_follow_ups_are_graded_together(tmp_path: Path) -> None:
    decider = ScriptedDecider({**VERDICTS, "quote.star.result": "7"})
    (graded,), _ = await grade(tmp_path, decider, line("a", ANSWER, SECOND, asked=["One?", "Two?"]))
    (quote,) = graded.star_quotes["result"]
    assert (quote.answer, SECOND[quote.start : quote.end]) == (1, quote.text)
    assert "One?" in decider.states[0].text and "Two?" in decider.states[0].text


async def test_progress_counts_every_answer_there_is(tmp_path: Path) -> None:
    job = read_answers(write(tmp_path / "in.jsonl", line("a"), line("b", ""), line("c")), LIBRARY)
    told: list[tuple[int, int]] = []
    await grade_answers(
        seat(),
        job,
        tmp_path / "new" / "out.jsonl",
        concurrency=2,
        progress=lambda done, whole: told.append((done, whole)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


class FailingOnce(ScriptedDecider):
    """Can't be reached for the second answer it is asked about."""

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        if len(self.states) == 1:
            self.states.append(state)
            raise ProviderUnreachable("The line broke.")
        async for decision in super().decide(state, questions):
            yield decision


async def test_an_answer_that_a_model_failed_on_says_so_and_is_graded_by_the_next_run_alone(tmp_path: Path) -> None:
    lines = line("a"), line("b"), line("c")
    grades, counts = await grade(tmp_path, FailingOnce(VERDICTS), *lines)
    assert [(one.id, one.status, one.reason) for one in grades] == [
        ("a", "graded", ""), ("b", "unscored", "The line broke."), ("c", "graded", ""),
    ]  # fmt: skip
    again = ScriptedDecider(VERDICTS)
    grades, counts = await grade(tmp_path, again, *lines)
    assert [one.status for one in grades] == ["graded"] * 3
    assert counts == (2, 1) and len(again.states) == 1


async def test_another_grader_grades_everything_again(tmp_path: Path) -> None:
    await grade(tmp_path, ScriptedDecider(VERDICTS), line("a"), line("b"))
    other = ScriptedDecider(VERDICTS)
    other.model = "another"
    grades, counts = await grade(tmp_path, other, line("a"), line("b"))
    assert counts == (0, 2) and {one.model for one in grades} == {"another"}


async def test_a_grade_of_one_sample_is_not_kept_when_three_are_asked_for(tmp_path: Path) -> None:
    job, out = read_answers(write(tmp_path / "answers.jsonl", line("a")), LIBRARY), tmp_path / "grades.jsonl"

    async def again(samples: int) -> tuple[int, int]:
        panel = replace(seat(said=VERDICTS), samples=samples)
        return await grade_answers(panel, job, out, concurrency=1, progress=lambda *_: None)

    assert [await again(1), await again(1), await again(3)] == [(0, 1), (1, 0), (0, 1)]


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────


def verdicts(**said: Any) -> str:
    """A chat model's verdicts: everything missing, but for what is said (`key_point__calm=…`)."""
    _, questions = questions_for(QUESTION, ["-"], ["-"], PROMPTS)
    blank = {"predicate": "false", "score": "0", "choice": "missing"}
    told = {question.name: {"quotes": [], "verdict": blank[question.type], "reason": ""} for question in questions}
    told["star.on_topic"]["verdict"] = "true"
    return json.dumps(told | {name.replace("__", "."): value for name, value in said.items()})


CALM = {"quotes": ["I took a breath"], "verdict": "covered", "reason": "Keeps calm."}


def reply(id: str, text: str, *, status: int = 200) -> dict[str, Any]:
    body = wire.completion_body(text, model="told-model") if status == 200 else {"error": {"message": text}}
    return {"id": "r", "custom_id": id, "response": {"status_code": status, "body": body}, "error": None}


def test_an_exported_batch_has_a_request_for_each_answer_that_can_be_graded(tmp_path: Path) -> None:
    answers = write(tmp_path / "in.jsonl", line("a"), line("b", ""), {"id": "?"}, line("c", ANSWER, SECOND))
    count, job = export_batch(Settings(model="mine"), answers, tmp_path / "new" / "requests.jsonl")
    requests = [json.loads(text) for text in (tmp_path / "new" / "requests.jsonl").read_text("utf-8").splitlines()]
    assert [request["custom_id"] for request in requests] == ["a", "c"] and count == 2
    assert {request["url"] for request in requests} == {"/v1/chat/completions"}
    assert {request["body"]["model"] for request in requests} == {"mine"}
    assert "She said I could have offered" in requests[1]["body"]["messages"][1]["content"]
    assert [str(error).partition(": ")[0] for error in job.bad] == [f"{answers}:3"]


def test_an_imported_batch_is_graded_in_the_order_of_the_answers_whatever_order_it_came_in(tmp_path: Path) -> None:
    answers = write(
        tmp_path / "in.jsonl",
        *(line(id, "" if id == "empty" else ANSWER) for id in ("a", "empty", "b", "lost", "failed")),
    )
    replies = write(
        tmp_path / "replies.jsonl",
        reply("failed", "too many tokens", status=400),
        reply("b", verdicts()),
        reply("a", verdicts(key_point__calm=CALM)),
        reply("nobody", "not asked"),
    )
    settings = Settings(price_input=10, price_output=100)
    job = import_batch(settings, answers, replies, tmp_path / "out.jsonl")
    grades = {one.id: one for one in read_grades(tmp_path / "out.jsonl")}
    assert list(grades) == ["a", "empty", "b", "lost", "failed"] and not job.bad
    calm = grades["a"].key_points["calm"]
    assert (calm.verdict, [ANSWER[quote.start : quote.end] for quote in calm.quotes]) == (
        "covered",
        ["I took a breath"],
    )
    assert (grades["a"].decider, grades["a"].model) == ("chat", "told-model")
    # 120 prompt tokens at 10 USD a million, cached or not, and 7 generated ones at 100.
    assert grades["a"].tokens == 127 and grades["a"].usd == pytest.approx((120 * 10 + 7 * 100) / 1e6)
    assert (grades["empty"].status, grades["empty"].reason) == ("unscored", "empty")
    assert grades["b"].key_points["calm"].verdict == "missing"
    assert (grades["lost"].status, grades["lost"].reason) == (
        "unscored", "The batch's output has no line for this answer.",
    )  # fmt: skip
    assert grades["failed"].status == "unscored"
    assert "too many tokens" in grades["failed"].key_points["calm"].reason


@pytest.mark.parametrize(
    "response", ["text", 7, [1], {"status_code": 200}, {"status_code": 200, "body": {"model": None, "choices": "x"}}]
)
def test_a_reply_that_is_no_completion_leaves_its_answer_unscored_and_stops_nothing(
    tmp_path: Path, response: Any
) -> None:
    answers = write(tmp_path / "in.jsonl", line("a"), line("b"))
    odd = {"custom_id": "a", "response": response}
    replies = write(tmp_path / "replies.jsonl", odd, reply("b", verdicts()))
    import_batch(SETTINGS, answers, replies, tmp_path / "out.jsonl")
    first, second = read_grades(tmp_path / "out.jsonl")
    assert first.status == "unscored" and second.key_points["calm"].verdict == "missing"


@pytest.mark.parametrize("text", ["{not json", "[1]", '"text"', "{}", "[" * 100_000])
def test_a_line_that_is_no_batch_output_is_named_and_nothing_is_written(tmp_path: Path, text: str) -> None:
    answers = write(tmp_path / "in.jsonl", line("a"))
    replies = tmp_path / "replies.jsonl"
    replies.write_text(f"\n{text}\n", encoding="utf-8")
    with pytest.raises(AnswersError, match=r"replies\.jsonl:2: .*custom_id"):
        import_batch(SETTINGS, answers, replies, tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


def test_a_file_that_is_read_is_never_written_over(tmp_path: Path) -> None:
    answers = write(tmp_path / "in.jsonl", line("a"))
    replies = write(tmp_path / "replies.jsonl", reply("a", verdicts()))
    before = answers.read_text(), replies.read_text()
    with pytest.raises(AnswersError, match="choose another place"):
        export_batch(SETTINGS, answers, answers)
    for out in (answers, replies):
        with pytest.raises(AnswersError, match="choose another place"):
            import_batch(SETTINGS, answers, replies, out)
    assert (answers.read_text(), replies.read_text()) == before


def test_replies_that_are_not_there_are_one_sentence(tmp_path: Path) -> None:
    answers = write(tmp_path / "in.jsonl", line("a"))
    with pytest.raises(AnswersError, match=r"none\.jsonl: can't be read: No such file"):
        import_batch(SETTINGS, answers, tmp_path / "none.jsonl", tmp_path / "out.jsonl")


# ── importing pages ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("page", "made"),
    [
        ("question", ["questions/orders-right-line-running.md"]),
        ("examples", ["examples/missing-item.md", "examples/changes-plans.md", "examples/mix-up.md"]),
        ("steps", ["guides/packing-fragile-goods-steps.md"]),
    ],
)
def test_a_page_becomes_files_of_its_kind_that_pass_the_check(page: str, made: list[str], tmp_path: Path) -> None:
    paths = import_documents(PAGES / f"{page}.txt", tmp_path / "mine")
    assert [path.relative_to(tmp_path / "mine").as_posix() for path in paths] == made
    assert check_folder(tmp_path / "mine") == []


def test_what_a_coach_has_edited_is_not_written_over_unless_asked_for(tmp_path: Path) -> None:
    _, second, _ = import_documents(PAGES / "examples.txt", tmp_path)
    for path in tmp_path.rglob("*.md"):
        path.unlink()
    second.write_text("edited", encoding="utf-8")
    with pytest.raises(ContentError, match=r"changes-plans\.md is there already: --force"):
        import_documents(PAGES / "examples.txt", tmp_path)
    assert [path.name for path in tmp_path.rglob("*.md")] == [second.name]
    assert second.read_text(encoding="utf-8") == "edited"
    assert len(import_documents(PAGES / "examples.txt", tmp_path, force=True)) == 3
    assert second.read_text(encoding="utf-8") != "edited"


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "can't be read: No such file"), (b"caf\xe9", r":1: not UTF-8 \(byte 3\)"), (b"", "page.txt:1: ")],
)
def test_a_page_that_cannot_be_read_is_one_sentence(content: bytes | None, told: str, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    if content is not None:
        page.write_bytes(content)
    with pytest.raises(ContentError, match=told):
        import_documents(page, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AnswersError, match="can't be written: "):
        import_documents(PAGES / "question.txt", tmp_path / "file")


# ── previewing prompts ───────────────────────────────────────────────────────────────────────────────


async def test_a_preview_shows_what_is_sent_to_the_letter() -> None:
    shown = {section.title: section.text for section in preview(SETTINGS, QUESTION.id, ANSWER)}

    llm, interviewers = scripted_llm("What did he say to that?")
    interview = answer(begin([QUESTION], prompts=PROMPTS, id="i", now=0.0), ANSWER)
    async for _ in speak(interview, next_step(interview, None, 0.0), Interviewer(PROMPTS, llm)):
        pass
    for message in interviewers.bodies[0]["messages"]:
        assert shown[f"interviewer: {message['role']}"] == message["content"]

    llm, graders = scripted_llm("{}", "{}")
    reading, questions = questions_for(QUESTION, [ANSWER], [QUESTION.question], PROMPTS)
    with pytest.raises(ReplyError):
        _ = [one async for one in ChatDecider(llm, PROMPTS).decide(reading, questions)]
    for message in graders.bodies[0]["messages"][:2]:
        assert shown[f"chat decider: {message['role']}"] == message["content"]

    assert shown["what every decider reads"] == reading.text
    for question in questions:
        assert shown[f"decision {question.name} ({question.type})"] == question.instructions


def test_a_preview_counts_tokens_and_uses_the_templates_in_force(tmp_path: Path) -> None:
    own = tmp_path / "grader" / "chat_answer.j2"
    own.parent.mkdir()
    own.write_text("{# Variables: state. #}\n{{ state }} Judge.", encoding="utf-8")
    sections = preview(Settings(prompts=(tmp_path,)), QUESTION.id, "I stayed calm.")
    (changed,) = [section for section in sections if section.title == "chat decider: user"]
    assert changed.text.endswith(" Judge.") and "I stayed calm." in changed.text
    assert all(section.tokens > 0 for section in sections)


def test_a_preview_of_an_unknown_question_says_where_to_look() -> None:
    with pytest.raises(ContentError, match="no question 'nope'; `interviewer questions` lists them"):
        preview(SETTINGS, "nope", "")
