"""One answer's way, down through the modules and back up, in the order the README walks it."""

import sys
from types import FrameType
from typing import Any

from scripted import ScriptedDecider, scripted_llm
from shipped import LIBRARY, PROMPTS, QUESTION

from interviewer.interview import FollowUp, Interviewer, answer, answers_to, next_step, speak, with_grade
from interviewer.panel import Panel
from interviewer.schema import Interview

WALK = ("panel", "grading", "rubric", "quotes", "scoring", "advice")


async def test_an_answer_walks_through_the_modules_in_order() -> None:
    llm, _ = scripted_llm("What did she say to that?")
    panel = Panel(
        library=LIBRARY,
        prompts=PROMPTS,
        interviewer=Interviewer(PROMPTS, llm),
        decider=ScriptedDecider({"key_point.calm": "covered"}),
    )
    interview = panel.begin([QUESTION.id], id="i", now=0.0)
    interview = answer(interview, "She shouted at me. I took a breath and let her finish.")
    step = next_step(interview, None, now=1.0)
    assert isinstance(step, FollowUp)
    async for piece in speak(interview, step, panel.interviewer):
        if isinstance(piece, Interview):
            interview = piece
    assert interview.turns[-1].text == "What did she say to that?"

    entered: list[str] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        module = frame.f_globals.get("__name__", "")
        if event == "call" and module.startswith("interviewer.") and module not in entered:
            entered.append(module)

    asked, answered = answers_to(interview, QUESTION.id)
    sys.setprofile(note)
    try:
        grades = [grade async for grade in panel.grade(QUESTION, answered, asked=asked)]
    finally:
        sys.setprofile(None)
    walked = [name.removeprefix("interviewer.") for name in entered]
    assert [name for name in walked if name in WALK] == list(WALK)
    interview = with_grade(interview, grades[-1])
    verdict = interview.grades[QUESTION.id].key_points["calm"]
    assert verdict.verdict == "covered"
    assert verdict.quotes[0].text in "She shouted at me. I took a breath and let her finish."


async def test_a_reading_of_the_draft_decides_what_is_asked_next() -> None:
    reader = ScriptedDecider({f"motivation.{motivation.id}": "3" for motivation in QUESTION.motivations})
    panel = Panel(LIBRARY, PROMPTS, Interviewer(PROMPTS), decider=ScriptedDecider(), reader=reader)
    interview = answer(panel.begin([QUESTION.id], id="i", now=0.0), "I helped her as best I could.")
    asked, answered = answers_to(interview, QUESTION.id)
    reading = await panel.read(QUESTION, answered, asked=asked)
    step = next_step(interview, reading, now=1.0)
    assert isinstance(step, FollowUp)
    assert step.probe.kind == "key_point"  # every motivation is there already, so the first key point is asked after
