"""Small real stand-ins: a decider that says what it is told to, a chat model that speaks given lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal

from interviewer.errors import InterviewerError
from interviewer.llm import LLM, Api
from interviewer.schema import (
    Calibration,
    DeciderName,
    Decision,
    Predicate,
    SpokenWord,
    State,
    Transcript,
    TypedQuestion,
    Usage,
)

Said = Mapping[str, str | tuple[str, float] | InterviewerError | None]


class ScriptedDecider:
    """Decides as told by question name: a value, (value, probability), None for a refusal, or an error to raise.

    What isn't named gets `missing`, level 0, false (`on_topic`: true), sentence 1; each with probability 0.9.
    """

    def __init__(
        self,
        said: Said | None = None,
        *,
        evidence: Literal["together", "after", "quoted"] = "together",
        quotes: Mapping[str, Sequence[str]] | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self.said = dict(said or {})
        self.quotes = dict(quotes or {})
        self.evidence: Literal["together", "after", "quoted"] = evidence
        self.calibration = calibration or Calibration()
        self.name: DeciderName = "builtin"
        self.english_only = False
        self.model = "scripted"
        self.states: list[State] = []
        self.asked: list[str] = []

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        self.states.append(state)
        for number, question in enumerate(questions):
            self.asked.append(question.name)
            usage = Usage(prompt_tokens=100, cached_tokens=40, completion_tokens=1) if number == 0 else Usage()
            yield self._decide(question).model_copy(update={"usage": usage})

    def _decide(self, question: TypedQuestion) -> Decision:
        default = {"predicate": "false", "score": "0", "choice": "missing"}[question.type]
        if question.name == "star.on_topic":
            default = "true"
        if question.name.startswith("quote."):
            default = "1"
        said = self.said.get(question.name, default)
        if isinstance(said, InterviewerError):
            raise said
        if said is None:
            return Decision(name=question.name, refusal="The model declined to answer this question.")
        value, probability = said if isinstance(said, tuple) else (said, 0.9)
        other = "false" if isinstance(question, Predicate) and value == "true" else "true"
        rest = {other if isinstance(question, Predicate) else "other": 1 - probability}
        return Decision(
            name=question.name,
            probabilities={value: probability, **rest},
            quotes=tuple(self.quotes.get(question.name, ())),
        )


class ScriptedEndpoint:
    """A chat endpoint that streams the given lines, one a request, word by word; an error is raised where it stands."""

    host = "scripted"

    def __init__(self, *lines: str | Sequence[str | InterviewerError]) -> None:
        self.lines = list(lines)
        self.bodies: list[dict[str, Any]] = []

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        self.bodies.append(body)
        line = self.lines.pop(0)
        assert isinstance(line, str)
        message = {"role": "assistant", "content": line}
        return {"model": "scripted", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        self.bodies.append(body)
        line = self.lines.pop(0)
        pieces = line.replace(" ", "\0 ").split("\0") if isinstance(line, str) else line
        for piece in pieces:
            if isinstance(piece, InterviewerError):
                raise piece
            yield {
                "model": "scripted",
                "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}],
            }
        yield {"model": "scripted", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


class ScriptedTranscriber:
    """Hears what it is told to, one recording after the other: a transcript, or an error to raise."""

    def __init__(self, *heard: Transcript | Exception, host: str = "speech.example") -> None:
        self.heard = list(heard)
        self.host = host
        self.recordings: list[tuple[bytes, str]] = []

    async def transcribe(self, audio: bytes, mime: str) -> Transcript:
        self.recordings.append((audio, mime))
        said = self.heard.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


def heard(*words: str, pause: float = 0.0) -> Transcript:
    """A transcript in which each word takes half a second, with a pause in the middle."""
    half = len(words) // 2
    starts = [number * 0.5 + (pause if number >= half else 0.0) for number in range(len(words))]
    timed = tuple(
        SpokenWord(text=word, start=start, end=start + 0.5) for word, start in zip(words, starts, strict=True)
    )
    return Transcript(text=" ".join(words), words=timed, model="whisper-1")


def scripted_llm(*lines: str | Sequence[str | InterviewerError], local: bool = False) -> tuple[LLM, ScriptedEndpoint]:
    """A chat model that says these lines, and its endpoint to look at what it was sent."""
    endpoint = ScriptedEndpoint(*lines)
    return LLM(endpoint, "scripted", local=local), endpoint
