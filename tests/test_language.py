"""Answers in other languages are known as such; English, however plain or clumsy, never is."""

import json
from pathlib import Path

import pytest
from scripted import ScriptedDecider
from shipped import LIBRARY

from interviewer.grading import grade
from interviewer.language import is_english
from interviewer.prompts import Prompts
from interviewer.schema import QuestionDocument

EVALS = Path(__file__).parents[1] / "evals"
OTHERS = {
    "Spanish": "La semana pasada un cliente me gritó, yo respiré hondo y le escuché hasta el final.",
    "German": "Ich bin ruhig geblieben und habe dem Kunden zugehört, dann haben wir eine Lösung gefunden.",
    "French": "J'ai écouté le client jusqu'au bout et je lui ai proposé un remboursement.",
    "Polish": "Wysłuchałem klienta do końca i zaproponowałem zwrot pieniędzy.",
    "Tagalog": "Nakinig ako sa customer at humingi ako ng pasensya, tapos pinalitan ko ang gamit.",
    "Chinese": "上周有一位顾客对我大喊大叫，我深呼吸，听他把话说完，然后帮他解决了问题。 我 很 冷静 也 很 耐心。",
}


@pytest.mark.parametrize("language", OTHERS)
def test_another_language_is_known(language: str) -> None:
    assert not is_english([OTHERS[language]])


def test_no_labelled_answer_is_taken_for_another_language() -> None:
    files = [file for file in (EVALS / "answers").glob("*.jsonl") if file.name.count(".") == 1]
    answers = [json.loads(line)["answer"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(answers) >= 500
    assert [answer for answer in answers if not is_english([answer])] == []


def test_a_few_words_count_as_english() -> None:
    assert is_english(["Ja, genau so."])


@pytest.mark.parametrize("english_only", [True, False])
async def test_a_decider_that_reads_english_only_is_not_asked_about_another_language(english_only: bool) -> None:
    decider = ScriptedDecider()
    decider.english_only = english_only
    document: QuestionDocument = LIBRARY.questions["difficult-customers"]
    steps = grade(document, [OTHERS["German"]], asked=[document.question], decider=decider, prompts=Prompts())
    *_, last = [step async for step in steps]
    assert (last.reason == "other_language") is english_only
    assert bool(decider.asked) is not english_only
    assert (last.band is None) or not english_only
