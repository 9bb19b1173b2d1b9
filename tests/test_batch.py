"""A file of answers is graded in order, whatever happens on the way."""

import asyncio
import json
from pathlib import Path

import pytest
from shipped import LIBRARY, QUESTION

from interviewer.batch import AnswerLine, grade_file, read_answers
from interviewer.errors import AnswersError
from interviewer.rubric import answer_hash
from interviewer.schema import Grade

STAMP = {QUESTION.id: {"model": "m", "rubric_hash": "r"}}


def write(path: Path, *lines: object) -> Path:
    path.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n", encoding="utf-8"
    )
    return path


def line(id: str, answer: str = "I listened to her.") -> dict[str, str]:
    return {"id": id, "question_id": QUESTION.id, "answer": answer}


class KilledError(Exception):
    """The run ends here."""


class Grading:
    """Grades by name, remembering whom it graded; fails at one id the way a killed run does."""

    def __init__(self, dies_at: str = "", fails_at: str = "") -> None:
        self.graded: list[str] = []
        self.dies_at, self.fails_at = dies_at, fails_at
        self.running = self.most_running = 0

    async def __call__(self, line: AnswerLine) -> Grade:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        # Later ones finish first, so that order can't come from luck.
        for _ in range(20 - len(self.graded)):
            await asyncio.sleep(0)
        self.running -= 1
        if line.id == self.dies_at:
            raise KilledError
        self.graded.append(line.id)
        failed = line.id == self.fails_at
        return Grade(
            id=line.id,
            question_id=line.question_id,
            status="unscored" if failed else "graded",
            reason="No reply." if failed else "",
            decider="builtin",
            model="m",
            prompt_hash="p",
            rubric_hash="r",
            answer_hash=answer_hash(line.answer),
        )


def ids(path: Path) -> list[str]:
    return [json.loads(text)["id"] for text in path.read_text(encoding="utf-8").splitlines()]


async def test_grades_keep_the_order_of_the_answers(tmp_path: Path) -> None:
    job = read_answers(write(tmp_path / "in.jsonl", *map(line, "abcdefg")), LIBRARY)
    grading = Grading()
    kept, made = await grade_file(job, tmp_path / "out.jsonl", grading, stamp=STAMP, concurrency=3)
    assert (kept, made) == (0, 7)
    assert ids(tmp_path / "out.jsonl") == list("abcdefg")
    assert grading.most_running == 3


async def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    job = read_answers(write(tmp_path / "in.jsonl", *map(line, "abcdefg")), LIBRARY)
    out = tmp_path / "out.jsonl"
    with pytest.raises(KilledError):
        await grade_file(job, out, Grading(dies_at="d"), stamp=STAMP)
    assert ids(out) == list("abc")
    out.write_text(out.read_text(encoding="utf-8") + '{"id": "d", "questi', encoding="utf-8")  # cut off mid-line
    grading = Grading()
    assert await grade_file(job, out, grading, stamp=STAMP) == (3, 4)
    assert grading.graded == list("defg")
    assert ids(out) == list("abcdefg")
    assert not out.with_name("out.jsonl.before").exists()


async def test_an_answer_that_was_edited_under_its_id_is_graded_again(tmp_path: Path) -> None:
    job = read_answers(write(tmp_path / "in.jsonl", *map(line, "ab")), LIBRARY)
    out = tmp_path / "out.jsonl"
    await grade_file(job, out, Grading(), stamp=STAMP)
    edited = read_answers(write(tmp_path / "in.jsonl", line("a", "I shouted at her."), line("b")), LIBRARY)
    again = Grading()
    await grade_file(edited, out, again, stamp=STAMP)
    assert again.graded == ["a"]


async def test_grades_that_no_longer_hold_and_failures_are_made_again(tmp_path: Path) -> None:
    job = read_answers(write(tmp_path / "in.jsonl", *map(line, "abc")), LIBRARY)
    out = tmp_path / "out.jsonl"
    await grade_file(job, out, Grading(fails_at="b"), stamp=STAMP)
    again = Grading()
    await grade_file(job, out, again, stamp=STAMP)
    assert again.graded == ["b"]
    other = Grading()
    await grade_file(job, out, other, stamp={QUESTION.id: {"rubric_hash": "changed"}})
    assert other.graded == ["a", "b", "c"]


async def test_nothing_finished_is_lost_when_a_rewrite_is_interrupted(tmp_path: Path) -> None:
    job = read_answers(write(tmp_path / "in.jsonl", *map(line, "abcde")), LIBRARY)
    out = tmp_path / "out.jsonl"
    await grade_file(job, out, Grading(fails_at="b"), stamp=STAMP)
    with pytest.raises(KilledError):
        await grade_file(job, out, Grading(dies_at="b"), stamp=STAMP)
    grading = Grading()
    assert await grade_file(job, out, grading, stamp=STAMP) == (4, 1)
    assert grading.graded == ["b"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{not json", "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ({"id": "x", "question_id": QUESTION.id}, "answer: Field required"),
        ({**line("x"), "answer": 3}, "answer: should be a text, or a list of texts"),
        ({**line("x"), "answer": ["a", None]}, "answer: should be a text, or a list of texts"),
        ({**line("x"), "answer": []}, "answer: "),
        ({**line("x"), "asked": ["a", "b"]}, "asked has more texts than answer"),
        (r'{"id": "x", "question_id": "difficult-customers", "answer": "\ud800"}', "half a character"),
        ({"id": "", "question_id": QUESTION.id, "answer": "a"}, "id: "),
        ({"id": "x", "question_id": "nowhere", "answer": "a"}, "no question 'nowhere'"),
        ({"id": 7, "question_id": QUESTION.id, "answer": "a"}, "id: Input should be a valid string"),
        (line("a"), "stands in line 1 already"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_is_named_by_file_and_number_and_stops_nothing(tmp_path: Path, bad: object, why: str) -> None:
    path = write(tmp_path / "in.jsonl", line("a"), "", bad, line("z"))
    job = read_answers(path, LIBRARY)
    assert [one.id for one in job.lines] == ["a", "z"]
    assert len(job.bad) == 1
    assert str(job.bad[0]).startswith(f"{path}:3: ")
    assert why in str(job.bad[0])


def test_labels_and_tags_beside_the_answer_are_left_alone(tmp_path: Path) -> None:
    job = read_answers(write(tmp_path / "in.jsonl", {**line("a"), "band": 3, "tags": []}), LIBRARY)
    assert not job.bad and job.lines[0].answer == ("I listened to her.",)


@pytest.mark.parametrize(
    ("fields", "answers", "asked"),
    [
        ({"answer": "One."}, ("One.",), (QUESTION.question,)),
        ({"answer": "One.", "asked": "Why?"}, ("One.",), ("Why?",)),
        ({"answer": ["One.", "Two."]}, ("One.", "Two."), (QUESTION.question, QUESTION.question)),
        ({"answer": ["One.", "Two."], "asked": ["Why?", "And then?"]}, ("One.", "Two."), ("Why?", "And then?")),
    ],
)
def test_a_line_has_one_answer_or_several_and_what_each_replies_to(
    tmp_path: Path, fields: dict[str, object], answers: tuple[str, ...], asked: tuple[str, ...]
) -> None:
    (read,) = read_answers(write(tmp_path / "in.jsonl", {**line("a"), **fields}), LIBRARY).lines
    assert (read.answer, read.asked_in(QUESTION)) == (answers, asked)


@pytest.mark.parametrize(
    ("content", "why"), [(None, "can't be read"), (b"\xff\xfe\x00", "not UTF-8")], ids=["missing", "bytes"]
)
def test_an_unreadable_file_is_one_clear_sentence(tmp_path: Path, content: bytes | None, why: str) -> None:
    path = tmp_path / "in.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AnswersError, match=why):
        read_answers(path, LIBRARY)


async def test_a_foreign_out_file_is_not_written_over(tmp_path: Path) -> None:
    job = read_answers(write(tmp_path / "in.jsonl", line("a")), LIBRARY)
    out = write(tmp_path / "out.jsonl", {"precious": "data"})
    with pytest.raises(AnswersError, match="not a grade of this version"):
        await grade_file(job, out, Grading(), stamp=STAMP)
    assert "precious" in out.read_text(encoding="utf-8")
