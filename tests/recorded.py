"""One interview with the embedded model, recorded by `python tests/recorded.py`; the tests replay it.

The model is the one `interviewer model info` names, at temperature 0; each line of the recording says model and date.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from shipped import LIBRARY, PROMPTS, QUESTION

from interviewer import local_model
from interviewer.builtin import BuiltinDecider
from interviewer.encoder import load
from interviewer.interview import Interviewer, answer, answers_to, next_step, speak, with_grade
from interviewer.llm import LLM, Endpoint, OpenAIEndpoint
from interviewer.panel import Panel
from interviewer.readout import Curve, ReadoutDecider, load_weights
from interviewer.recordings import RecordingEndpoint
from interviewer.schema import Interview

RECORDING = Path(__file__).parent / "recordings/interview.jsonl"
ANSWERS = (
    "A lady was shouting at my till that our cameras had embarrassed her. I took a breath, let her finish and said I "
    "would be cross too.",
    "I walked her over to the bench by the door, we talked it over, and I gave her a voucher. In the end she shook my "
    "hand.",
)

ASKING = load_weights().model_copy(
    update={
        "curves": {"key_point": Curve(model=0.3, cuts=(0.0, 0.0)), "red_flag": Curve(model=0.3, cuts=(0.0,))},
        "sure": 2.0,
        "most": 99,
    }
)
"""Everything is asked, so that what was recorded does not hang on what was fitted."""


def seat(endpoint: Endpoint, model: str) -> Panel:
    """A panel whose interviewer and grader are the model behind the endpoint."""
    llm = LLM(endpoint, model, local=True)
    builtin = BuiltinDecider(load())
    return Panel(
        library=LIBRARY,
        prompts=PROMPTS,
        interviewer=Interviewer(PROMPTS, llm, PROMPTS.source("interviewer/one_question.gbnf").read_text("utf-8")),
        decider=ReadoutDecider(llm, PROMPTS, builtin=builtin, weights=ASKING),
        reader=builtin,
    )


async def hold(panel: Panel) -> Interview:
    """An interview of two answers: each is read, followed up, and the first is graded."""
    interview = panel.begin([QUESTION.id], id="recorded", now=0.0)
    for number, text in enumerate(ANSWERS):
        interview = answer(interview, text)
        asked, answered = answers_to(interview, QUESTION.id)
        step = next_step(interview, await panel.read(QUESTION, answered, asked=asked), now=1.0)
        async for piece in speak(interview, step, panel.interviewer):
            if isinstance(piece, Interview):
                interview = piece
        if number == 0:
            async for made in panel.grade(QUESTION, answered, asked=asked):
                interview = with_grade(interview, made)
    return interview


def record() -> None:
    """Holds the interview with the real model and writes down what it said."""
    path = local_model.find()
    if path is None:
        raise SystemExit("The embedded model is not there: `interviewer model pull` fetches it.")
    with local_model.start(path) as server:
        inner = OpenAIEndpoint(base_url=server.base_url, api_key=server.api_key, timeout_seconds=300)
        interview = asyncio.run(hold(seat(RecordingEndpoint(inner, RECORDING), server.model)))
    for turn in interview.turns:
        print(f"{turn.speaker}: {turn.text}" + (f"  [replaced: {turn.replaced}]" if turn.replaced else ""))


if __name__ == "__main__":
    record()
