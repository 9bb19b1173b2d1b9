"""What a grade holds in English is said in the language in use; other people's words stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import ScriptedDecider
from shipped import LIBRARY, PROMPTS, QUESTION
from tables import ANSWER, FLAGGED

from interviewer import written
from interviewer.grading import grade
from interviewer.phrases import _, use_language
from interviewer.schema import Calibration, Grade
from interviewer.wording import say_status
from interviewer.written import say_reason

SENTENCES = [getattr(written, name) for name in written.__all__ if name.isupper()]


@pytest.fixture(autouse=True)
def _in_english_afterwards() -> Iterator[None]:
    yield
    use_language("en")


TEXTS = {"name", "part", "said", "text", "verdict"}


def filled(sentence: str) -> str:
    names = {name for _text, name, *_rest in Formatter().parse(sentence) if name}
    return sentence.format_map({name: "Ask him in." if name in TEXTS else "7" for name in names})


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_filled_in_is_known_again_in_both_languages(sentence: str) -> None:
    use_language("en")
    assert say_reason(filled(sentence)) == filled(sentence)
    use_language("de")
    assert say_reason(filled(sentence)) == filled(_(sentence)) != filled(sentence)


def test_verdicts_levels_and_parts_inside_a_sentence_are_said_in_that_language_too() -> None:
    use_language("de")
    assert "teilweise erfüllt, hat" in say_reason(written.NOT_SURE.format(verdict="partly covered", probability="40%"))
    assert "ist Stufe 2, aber" in say_reason(written.NO_WORDS.format(verdict="level 2"))
    assert "(Aufgabe): Why you?" in say_reason(written.TELL.format(part="task", text="Why you?"))
    assert say_reason(written.SAMPLES.format(number=3, said="covered, missing, no")).endswith("erfüllt, fehlt, nein")


@given(st.text())
def test_words_of_others_stay_as_they_are(words: str) -> None:
    use_language("de")
    assert say_reason(f"{words} {{they}} said so.") == f"{words} {{they}} said so."


async def graded(decider: ScriptedDecider) -> Grade:
    grades = [
        g async for g in grade(QUESTION, [ANSWER], asked=["How?"], decider=decider, prompts=PROMPTS, library=LIBRARY)
    ]
    return grades[-1]


async def test_a_german_rubric_has_no_english_sentence_of_ours() -> None:
    flagged = await graded(
        ScriptedDecider({**FLAGGED, "star.result": "false"}, calibration=Calibration(key_point=0.55))
    )
    refused = await graded(ScriptedDecider({"key_point.calm": None}))
    few = await graded(ScriptedDecider(calibration=Calibration(motivation=0.95)))
    use_language("de")
    assert say_status(refused)[1] == "1 von 15 Kriterien ließen sich nicht beurteilen."
    assert say_status(few)[1].startswith("Zu wenige sichere Urteile für eine Gesamtstufe: 10 von 10 Kernpunkten, 0 von")
    reasons = [say_reason(point.reason) for point in flagged.key_points.values()]
    assert {one.split()[0] for one in reasons} == {"Das", "Erfüllt,", "Teilweise", "Nicht"}
    assert [say_reason(one.text).split()[0] for one in flagged.advice] == ["Lassen", "Fügen"]
