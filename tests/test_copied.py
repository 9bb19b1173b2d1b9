"""A worked example's words are nobody's story: found when they are pasted, and never in anybody's own answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import ScriptedDecider
from shipped import LIBRARY, PROMPTS, QUESTION
from tables import ANSWER, VERDICTS

from interviewer.copied import part_copied
from interviewer.grading import grade
from interviewer.schema import Grade, WorkedExample
from interviewer.sentences import split_sentences
from interviewer.wording import say_set_aside, say_status

EXAMPLES = [*LIBRARY.examples.values()]
ANSWERS = Path(__file__).resolve().parent.parent / "evals" / "answers"


def pasted(example: WorkedExample) -> str:
    return f"{example.situation} {example.action} {example.result}"


async def graded(*answers: str, decider: ScriptedDecider | None = None) -> Grade:
    *_, last = [
        one
        async for one in grade(
            QUESTION, answers, asked=[QUESTION.question] * len(answers),
            decider=decider or ScriptedDecider(VERDICTS), prompts=PROMPTS, library=LIBRARY,
        )
    ]  # fmt: skip
    return last


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
async def test_every_worked_example_pasted_whole_is_named_and_no_model_is_asked(example: WorkedExample) -> None:
    decider = ScriptedDecider(VERDICTS)
    found = await graded(pasted(example), decider=decider)
    assert (found.status, found.reason, found.band, decider.asked) == ("unscored", "copied", None, [])
    assert say_status(found)[0] == "A worked example" and say_set_aside(found) == ""


async def test_ones_own_story_around_it_is_judged_alone() -> None:
    decider = ScriptedDecider(VERDICTS)
    found = await graded(f"{EXAMPLES[0].action} {ANSWER}", decider=decider)
    assert found.copied and found.reason != "copied"
    words = " ".join(sentence.text for sentence in decider.states[0].sentences)
    assert words.startswith("Last winter a man came") and EXAMPLES[0].action not in words
    assert "a worked example's, and counted neither for nor against you" in say_set_aside(found)


async def test_capitals_punctuation_and_a_changed_word_do_not_hide_it() -> None:
    words = pasted(EXAMPLES[0]).replace(",", " -").upper().split()
    words[len(words) // 2] = "CHANGED"
    assert (await graded(" ".join(words))).reason == "copied"


def test_none_of_the_labelled_answers_is_taken_for_a_worked_example() -> None:
    rows = [
        json.loads(line)
        for file in (*sorted(ANSWERS.glob("*.jsonl")), ANSWERS.parent / "sets" / "talks.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    said = [row["answer"] for row in rows if "answer" in row]
    answers = [[one] if isinstance(one, str) else one for one in said]
    assert len(answers) >= 360
    assert [one for one in answers if part_copied(split_sentences(one), EXAMPLES)[1]] == []


def test_an_opening_that_an_example_happens_to_share_is_ones_own() -> None:
    opening = " ".join(EXAMPLES[0].situation.split()[:9])
    assert part_copied(split_sentences([f"{opening}."]), EXAMPLES)[1] == ()
    more = split_sentences([f"{opening}. {EXAMPLES[0].action}"])
    assert part_copied(more, EXAMPLES) == ((), more)


@given(st.lists(st.sampled_from(["I", "said", "the", "customer", "manager", "to", "called", "and"]), max_size=60))
def test_nothing_is_lost_or_invented_by_the_parting(words: list[str]) -> None:
    sentences = split_sentences([" ".join(words) + ". " + EXAMPLES[1].result])
    own, copied = part_copied(sentences, EXAMPLES)
    assert sorted((*own, *copied), key=lambda one: one.number) == list(sentences)
    assert part_copied(sentences, [])[1] == ()
