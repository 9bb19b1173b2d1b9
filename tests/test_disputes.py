"""Another view of a verdict: kept beside the grader's, never counted, its words found; made labels of."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept import write_old_file
from scripted import ScriptedDecider
from shipped import LIBRARY, PROMPTS, QUESTION
from tables import ANSWER, SECOND, VERDICTS

from interviewer.batch import read_answers
from interviewer.criteria import graded_as
from interviewer.disputes import (
    CHOICES,
    dispute,
    find_dispute,
    heard,
    to_labels,
    with_dispute,
    without_dispute,
)
from interviewer.errors import AnswersError, DisputeError
from interviewer.grading import grade
from interviewer.interview import answer, begin
from interviewer.label_desk import add_disputes
from interviewer.labelling import Labels, said_by_grader
from interviewer.labelling import begin as begin_sheet
from interviewer.schema import Dispute, Grade, Interview, Kind
from interviewer.store import Store, new_id

SHOWN = "he left with a new drill"
FOUND = "He left with a new drill"


async def graded(*answers: str) -> Grade:
    asked = [QUESTION.question] * len(answers)
    made = grade(
        QUESTION, answers, asked=asked, id="a", decider=ScriptedDecider(VERDICTS), prompts=PROMPTS, library=LIBRARY
    )
    return [each async for each in made][-1]


@pytest.mark.parametrize(
    ("kind", "criterion", "verdict", "words", "was"),
    [
        ("key_point", "learning", "covered", SHOWN, "missing"),
        ("key_point", "learning", "partial", f"  “{SHOWN}” ", "missing"),
        ("key_point", "calm", "missing", "", "covered"),
        ("key_point", "calm", "covered", SHOWN, "covered"),  # the same verdict, for other words
        ("motivation", "service_orientation", "3", "", "2"),
        ("red_flag", "blaming", "present", "he could have been less stupid", "absent"),
        ("star", "result", "left_out", "", "told"),
    ],
)
async def test_both_verdicts_and_the_words_are_taken_down(
    kind: Kind, criterion: str, verdict: str, words: str, was: str
) -> None:
    made = dispute(await graded(ANSWER), [ANSWER], kind, criterion, verdict=verdict, words=words)
    assert (made.verdict, made.graded, made.answers, made.graded_by) == (verdict, was, 1, "builtin scripted")
    assert all(ANSWER[quote.start : quote.end] == quote.text for quote in made.quotes)
    assert bool(made.quotes) == bool(words)


@pytest.mark.parametrize(
    ("kind", "criterion", "verdict", "words", "says"),
    [
        ("key_point", "learning", "covered", "", "needs the words of the answer"),
        ("key_point", "learning", "covered", " | ", "needs the words of the answer"),
        ("key_point", "learning", "covered", "I gave him a voucher", "“I gave him a voucher”. Copy them exactly."),
        ("key_point", "learning", "covered", f"{SHOWN} | a voucher", "“a voucher”"),
        ("key_point", "learning", "covered", "x" * 900, r"x{80} …”"),
        ("key_point", "learning", "", "", "Choose the verdict"),
        ("key_point", "learning", "present", SHOWN, "Choose the verdict"),
        ("key_point", "learning", "missing", "", "The grader says the same"),
        ("key_point", "calm", "covered", "I took a breath, kept my voice low and let him tell the whole story without "
         "cutting in.", "The grader says the same"),
        ("key_point", "nothing", "covered", SHOWN, "no such criterion"),
        ("motivation", "service_orientation", "4", "", "Choose the verdict"),
        ("motivation", "service_orientation", "2", "", "The grader says the same"),
        ("red_flag", "blaming", "present", "", "needs the words"),
        ("star", "result", "told", "", "The grader says the same"),
        ("star", "ending", "told", "", "no such criterion"),
    ],
)  # fmt: skip
async def test_what_cannot_be_taken_down_is_refused_in_one_sentence(
    kind: Kind, criterion: str, verdict: str, words: str, says: str
) -> None:
    with pytest.raises(DisputeError, match=says):
        dispute(await graded(ANSWER), [ANSWER], kind, criterion, verdict=verdict, words=words)


async def test_words_must_stand_in_the_answers_that_had_been_graded() -> None:
    first = await graded(ANSWER)
    assert (heard(first, [ANSWER, SECOND]), heard(await graded(ANSWER, SECOND), [ANSWER, SECOND])) == (1, 2)
    assert heard(first.model_copy(update={"answer_hash": ""}), [ANSWER, SECOND]) == 2
    with pytest.raises(DisputeError, match="not in the answer"):
        dispute(first, [ANSWER, SECOND], "key_point", "learning", verdict="covered", words="so now I do")


async def test_several_quotes_are_found_one_by_one() -> None:
    made = dispute(
        await graded(ANSWER), [ANSWER], "key_point", "learning", verdict="covered", words=f"{SHOWN} | a breath"
    )
    assert [quote.text for quote in made.quotes] == [FOUND, "a breath"]


async def test_every_verdict_of_a_grade_has_a_word() -> None:
    complete = await graded(ANSWER)
    criteria: dict[Kind, Iterable[str]] = {
        "key_point": complete.key_points,
        "motivation": complete.motivations,
        "red_flag": complete.red_flags,
        "star": complete.star,
    }
    words = {(kind, graded_as(complete, kind, one)) for kind, ids in criteria.items() for one in ids}
    assert not [word for kind, word in words if word not in (*CHOICES[kind], "unsure")]


def made(criterion: str = "calm", verdict: str = "missing", answers: int = 1, kind: Kind = "key_point") -> Dispute:
    return Dispute(
        question_id=QUESTION.id, kind=kind, criterion=criterion, answers=answers, verdict=verdict,
        graded="unsure", graded_by="builtin",
    )  # fmt: skip


some = st.builds(made, st.sampled_from(["calm", "empathy"]), st.sampled_from(["missing"]), st.integers(1, 3))


@given(st.lists(some), some)
def test_taking_back_what_was_just_said_leaves_what_nobody_said_again(before: list[Dispute], new: Dispute) -> None:
    disputes: tuple[Dispute, ...] = ()
    for one in before:
        disputes = with_dispute(disputes, one)
    after = without_dispute(with_dispute(disputes, new), QUESTION.id, "key_point", new.criterion)
    same = (new.criterion, new.answers)
    assert after == tuple(one for one in disputes if (one.criterion, one.answers) != same)
    assert find_dispute(with_dispute(disputes, new), QUESTION.id, "key_point", new.criterion) == new


def test_taking_back_what_is_not_there_changes_nothing() -> None:
    assert without_dispute((made(),), QUESTION.id, "key_point", "empathy") == (made(),)


def test_disputes_become_labels_of_their_criteria_alone() -> None:
    labels = to_labels(
        [
            made(),
            made("problem_solving", "covered"),
            made("problem_solving", "3", kind="motivation"),
            made("result", "left_out", kind="star"),
            made("blaming", "absent", kind="red_flag"),
        ],
        id="a",
        labeller="candidate",
    )
    assert labels.key_points == {"calm": "missing", "problem_solving": "covered"}
    assert (labels.motivations, labels.star) == ({"problem_solving": 3}, {"result": False})
    assert (labels.red_flags, labels.band, labels.evidence) == ({"blaming": "absent"}, None, {})


# ── exported ─────────────────────────────────────────────────────────────────────────────────────────


async def interviewed(*disputes: tuple[Kind, str, str, str]) -> Interview:
    held = answer(begin([QUESTION], prompts=PROMPTS, id=new_id(), now=1.0), ANSWER)
    grade_of_it = await graded(ANSWER)
    kept: tuple[Dispute, ...] = ()
    for kind, criterion, verdict, words in disputes:
        kept = with_dispute(kept, dispute(grade_of_it, [ANSWER], kind, criterion, verdict=verdict, words=words))
    return held.model_copy(update={"disputes": kept, "grades": {QUESTION.id: grade_of_it}})


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def test_an_interview_is_saved_with_its_disputes_and_one_without_still_loads(tmp_path: Path) -> None:
    store, held = Store(tmp_path), await interviewed(("key_point", "learning", "covered", SHOWN))
    store.save(held)
    assert store.load(held.id) == held
    older = write_old_file(tmp_path / "older", held)
    content = json.loads(older.read_text(encoding="utf-8"))
    del content["interview"]["disputes"]
    older.write_text(json.dumps(content), encoding="utf-8")
    assert Store(tmp_path / "older").load(held.id).disputes == ()


async def test_exported_lines_are_gone_on_with_and_keep_what_was_there(tmp_path: Path) -> None:
    answers, out = tmp_path / "answers.jsonl", tmp_path / "labels.jsonl"
    held = await interviewed(("key_point", "learning", "covered", SHOWN), ("star", "result", "left_out", ""))
    answers.write_text(json.dumps({"id": "mine", "question_id": QUESTION.id, "answer": "x", "tag": 1}) + "\n")
    assert add_disputes([held], answers, out, labeller="candidate") == (2, 1)
    (mine, line), (label,) = read(answers), read(out)
    assert mine["tag"] == 1 and line["answer"] == [ANSWER] and len(line["asked"]) == 1
    assert label["id"] == line["id"] == f"{held.id}.{QUESTION.id}.1"
    assert label["evidence"] == {"learning": [FOUND]}
    job = read_answers(answers, LIBRARY)
    assert not job.bad
    sheet = begin_sheet(QUESTION, job.lines[1].answer, Labels(**label))
    assert sheet.labels.key_points == {"learning": "covered"} and sheet.step is not None
    assert sheet.step.criterion == QUESTION.key_points[0].id

    label["key_points"] |= {"calm": "partial", "learning": "missing"}
    label["evidence"] = {"calm": ["a breath"]}
    out.write_text(json.dumps({**label, "note": "kept"}) + "\n")
    assert add_disputes([held], answers, out, labeller="candidate") == (2, 1)
    assert len(read(answers)) == 2
    (again,) = read(out)
    assert again["key_points"] == {"calm": "partial", "learning": "covered"} and again["note"] == "kept"
    assert again["evidence"] == {"calm": ["a breath"], "learning": [FOUND]}
    add_disputes([held], answers, out, labeller="coach")
    assert [row["labeller"] for row in read(out)] == ["candidate", "coach"]


async def test_nothing_disputed_writes_nothing(tmp_path: Path) -> None:
    assert add_disputes([await interviewed()], tmp_path / "a", tmp_path / "b", labeller="candidate") == (0, 0)
    assert not any(path.exists() for path in (tmp_path / "a", tmp_path / "b"))


async def test_a_broken_line_is_named_before_anything_is_written(tmp_path: Path) -> None:
    answers, out = tmp_path / "answers.jsonl", tmp_path / "labels.jsonl"
    answers.write_text("{}\nnot json\n")
    with pytest.raises(AnswersError, match=r"answers.jsonl:2: not JSON"):
        add_disputes([await interviewed(("star", "result", "left_out", ""))], answers, out, labeller="candidate")
    assert answers.read_text() == "{}\nnot json\n" and not out.exists()


async def test_the_grade_as_labels_is_untouched_by_disputes() -> None:
    held = await interviewed(("key_point", "learning", "covered", SHOWN))
    assert said_by_grader(held.grades[QUESTION.id]).key_points["learning"] == "missing"
