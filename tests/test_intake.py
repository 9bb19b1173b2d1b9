"""Answers that can't be graded get a name, and honest answers never do."""

import json
from pathlib import Path

import pytest

from interviewer.intake import MOST_CHARACTERS, STATES, declined, ungradable

ANSWERS = Path(__file__).parents[1] / "evals/answers/difficult-customers.jsonl"


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ([""], "empty"),
        (["  \n\t "], "empty"),
        (["...!?"], "empty"),
        (["I stay calm"], "too_short"),
        (["sdfkj qwrtz plmk ghjkl bvcx wrtp qqqq zxcv"], "unreadable"),
        (["1234 5678 9999 !!! ### 000 4444 222"], "unreadable"),
        (["calm " * 40], "unreadable"),
        (["word " * MOST_CHARACTERS], "too_long"),
        (["I don't have an example"], "declined"),
        (["I've never had any experience of that, sorry."], "declined"),
        (["Nothing comes to mind, can we skip this?"], "declined"),
        (["Honestly I can't think of anything like that."], "declined"),
        (["I can’t remember one right now, sorry."], "declined"),
        (["No, sorry, I don't have one."], "declined"),
        (["That's never happened to me. I only did quiet shifts."], "declined"),
        (["Never happened to me."], "declined"),
        (["I've never been in that situation, I'm fresh from school."], "declined"),
        (["I'm drawing a blank, sorry."], "declined"),
        (["My mind's gone blank."], "declined"),
        (["I've got nothing, sorry."], "declined"),
        (["I took her to the desk and sorted it"], ""),
        (["No", "I walked over, listened and gave her the refund."], ""),
        (["I don't have an example", "Well, I would ask what happened and call my manager."], ""),
    ],
)
def test_each_state_has_a_name(answers: list[str], state: str) -> None:
    assert ungradable(answers) == state
    assert state in STATES or not state


@pytest.mark.parametrize(
    "answer",
    [
        "I don't have a problem with angry people, I just listen to them and then we fix it together at the till.",
        "I can give you an example from last week",
        "I never have an issue with that",
        "I've got nothing against customers who shout, they have their reasons",
        "They said that they don't have one in blue so I rang the other store",
        "It never happened again after that",
        "I can't remember anything she said but she was red in the face and I gave her a chair",
        "He asked me to skip the queue and I explained why I couldn't",
    ],
)
def test_mentioning_examples_or_problems_is_not_declining(answer: str) -> None:
    assert not declined(answer)


def test_no_labelled_answer_is_taken_for_unreadable_or_too_long() -> None:
    lines = [json.loads(line) for line in ANSWERS.read_text(encoding="utf-8").splitlines()]
    states = {line["id"]: ungradable([line["answer"]]) for line in lines}
    assert {
        id: state for id, state in states.items() if state in ("unreadable", "too_long", "empty", "too_short")
    } == {}
