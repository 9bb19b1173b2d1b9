"""Plays transcript prefixes through the interview's own code, up to the interviewer's next turn; words nothing itself.

A prefix is a line of `evals/sets/interviewer.jsonl`. Code chooses the step by `interview.next_step`, from a reading in
which only the wanted gap is open; `interview.speak` words it, with a chat model or with the document's own words.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..batch import numbered_lines
from ..errors import AnswersError, RecordingError
from ..interview import NO_EXAMPLE, Close, FollowUp, Interviewer, answer, begin, end, next_step, speak
from ..llm import LLM, Api, Endpoint
from ..prompts import Prompts
from ..recordings import ReplayingEndpoint, read_recordings
from ..replies import read_piece
from ..schema import (
    STAR_PARTS,
    Grade,
    Interview,
    KeyPointVerdict,
    Library,
    Limits,
    MotivationVerdict,
    Probe,
    QuestionDocument,
    Record,
    RedFlagVerdict,
    Turn,
)
from .records import Figure
from .speech import Judged, Prefix, Spoken, figures, judge_spoken

__all__ = [
    "GRAMMAR",
    "Measured",
    "WholeReplies",
    "interviewer_over",
    "load_prefixes",
    "measure_speech",
    "play",
]

GRAMMAR = "interviewer/one_question.gbnf"
SOMETHING_ELSE = "why-this-role"
"""The question that follows where an interview goes on, unless it is the one that was asked."""


def load_prefixes(file: Path, library: Library) -> tuple[Prefix, ...]:
    """The prefixes of a set, in order.

    Raises:
        AnswersError: a line is no prefix, repeats an id, or names a question or criterion that isn't there.
    """
    found: dict[str, Prefix] = {}
    for number, text in numbered_lines(file):
        try:
            prefix = Prefix.model_validate_json(text)
            _check(prefix, library)
        except ValidationError as wrong:
            first = wrong.errors()[0]
            key = ".".join(map(str, first["loc"])) or "the line"
            raise AnswersError(f"{file}:{number}: {key}: {first['msg']}; correct this line.") from wrong
        except ValueError as wrong:
            raise AnswersError(f"{file}:{number}: {wrong}") from wrong
        if prefix.id in found:
            raise AnswersError(f"{file}:{number}: the id {prefix.id!r} stands in an earlier line: give it another.")
        found[prefix.id] = prefix
    return tuple(found.values())


def _check(prefix: Prefix, library: Library) -> None:
    if prefix.question_id not in library.questions:
        raise ValueError(f"there is no question {prefix.question_id!r}: `interviewer questions` lists them.")
    if len(prefix.answers) != len(prefix.asked) + 1:
        raise ValueError("there must be one answer more than follow-ups asked: the first is to the question itself.")
    document = library.questions[prefix.question_id]
    for name in (*prefix.asked, *([] if prefix.expects.startswith(("next", "close.")) else [prefix.expects])):
        _probe(document, name)


def _probe(document: QuestionDocument, name: str) -> Probe:
    """The document's probe for a criterion.

    Raises:
        ValueError: it has none of that name.
    """
    kind, _, criterion = name.partition(".")
    if (kind, criterion) == (NO_EXAMPLE.kind, NO_EXAMPLE.criterion):
        return NO_EXAMPLE
    texts: dict[str, dict[str, str]] = {
        "key_point": {point.id: point.probe for point in document.key_points},
        "motivation": {motivation.id: motivation.probe for motivation in document.motivations},
        "star": {str(part): text for part, text in document.star_probes.items()},
    }
    if criterion not in texts.get(kind, {}):
        raise ValueError(f"{document.id} has no probe for {name!r}: correct this line.")
    return Probe.model_validate({"kind": kind, "criterion": criterion, "text": texts[kind][criterion], "reason": name})


# ── who speaks ───────────────────────────────────────────────────────────────────────────────────────


class WholeReplies:
    """An endpoint that hears every reply of another to its end, so that a line that breaks a rule is known whole."""

    def __init__(self, inner: Endpoint) -> None:
        self._inner = inner
        self.line: str | None = None
        """The latest reply's text; None until there is one."""

    @property
    def host(self) -> str:
        """The inner endpoint's."""
        return self._inner.host

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        """See `Endpoint`."""
        return await self._inner.send(api, body)

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """See `Endpoint`; nothing comes before everything is there."""
        chunks = [chunk async for chunk in self._inner.stream(body)]
        self.line = "".join(read_piece(chunk) for chunk in chunks)
        for chunk in chunks:
            yield chunk


def interviewer_over(endpoint: WholeReplies, model: str, prompts: Prompts) -> Interviewer:
    """The interviewer as it is with the embedded model, which this endpoint stands for."""
    grammar = prompts.source(GRAMMAR).read_text(encoding="utf-8")
    return Interviewer(prompts, LLM(endpoint, model, local=True), grammar)


def _replayed(recording: Path, command: str) -> tuple[ReplayingEndpoint, str, str]:
    """The endpoint that replays a recording, the model it is of, and the day (or days) it was made.

    Raises:
        RecordingError: it is missing, empty or unreadable; the message names the command that makes it.
    """
    recordings = read_recordings(recording, command=command)
    if not recordings:
        raise RecordingError(f"{recording} is empty: record it with `{command}`.")
    days = sorted({one.recorded for one in recordings})
    return ReplayingEndpoint(recording, command=command), str(recordings[0].request["model"]), " to ".join(days)


# ── playing ──────────────────────────────────────────────────────────────────────────────────────────


async def play(
    prefix: Prefix, library: Library, interviewer: Interviewer, endpoint: WholeReplies | None = None
) -> Spoken:
    """The interviewer's next turn.

    Args:
        prefix: checked by `load_prefixes`.
        library: where its question is.
        interviewer: who words it.
        endpoint: what the interviewer's model is behind; None when there is no model.

    Raises:
        RecordingError: replayed, and this request isn't recorded.
        ProviderError: asked, and the model failed.
    """
    before = _interview(prefix, library, interviewer.prompts)
    if endpoint is not None:
        endpoint.line = None
    if prefix.expects == "close.stopped":
        step, after = prefix.expects, end(before, interviewer)
    else:
        chosen = next_step(before, _reading(before.question, prefix), now=60 * prefix.minutes)
        step = _name(chosen)
        after = before
        async for piece in speak(before, chosen, interviewer):
            if isinstance(piece, Interview):
                after = piece
    return Spoken(
        step=step,
        line=endpoint.line if endpoint is not None else None,
        turn=after.turns[-1],
        document=after.question,
        before=before.turns,
    )


def _interview(prefix: Prefix, library: Library, prompts: Prompts) -> Interview:
    document = library.questions[prefix.question_id]
    other = [document for id, document in library.questions.items() if id == SOMETHING_ELSE]
    questions = (document, *(other if prefix.expects == "next" else ()))
    limits = Limits(follow_ups=prefix.follow_ups)
    interview = begin(questions, prompts=prompts, id=prefix.id, now=0.0, limits=limits, mode="simulation")
    for number, text in enumerate(prefix.answers):
        if number:
            asked = _asked(document, prefix.asked[number - 1], prompts)
            interview = interview.model_copy(update={"turns": (*interview.turns, asked)})
        interview = answer(interview, text)
    return interview


def _asked(document: QuestionDocument, name: str, prompts: Prompts) -> Turn:
    probe = _probe(document, name)
    text = probe.text or prompts.render("interviewer/no_example.j2", document=document)
    return Turn(
        speaker="interviewer",
        act="follow_up",
        text=text,
        question_id=document.id,
        said_by="document",
        probe=probe,
    )


def _reading(document: QuestionDocument, prefix: Prefix) -> Grade:
    """A grade in which all is well but the criterion that should be asked about."""
    gap = prefix.expects
    return Grade(
        id=prefix.id,
        question_id=document.id,
        status="graded",
        key_points={
            point.id: KeyPointVerdict(verdict="missing" if gap == f"key_point.{point.id}" else "covered")
            for point in document.key_points
        },
        motivations={
            motivation.id: MotivationVerdict(level=0 if gap == f"motivation.{motivation.id}" else 3)
            for motivation in document.motivations
        },
        red_flags={flag.id: RedFlagVerdict(verdict="absent") for flag in document.red_flags},
        star={part: gap != f"star.{part}" for part in STAR_PARTS},
        decider="builtin",
        model="",
        prompt_hash="",
        rubric_hash="",
    )


def _name(step: object) -> str:
    if isinstance(step, FollowUp):
        return f"{step.probe.kind}.{step.probe.criterion}"
    return f"close.{step.reason}" if isinstance(step, Close) else "next"


# ── measuring ────────────────────────────────────────────────────────────────────────────────────────


class Measured(Record):
    """How an interviewer spoke on a set of prefixes."""

    interviewer: str
    """The model's name, or `document`."""
    recorded: str = ""
    """The day or days of the recording; empty without a model."""
    judged: tuple[Judged, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """See `speech.figures`."""
        return figures(self.judged)


async def measure_speech(
    prefixes: Sequence[Prefix], library: Library, prompts: Prompts, recording: Path, *, command: str
) -> tuple[Measured, Measured]:
    """How the recorded model speaks in the interview, and how the document's own words do, on the same prefixes.

    Args:
        prefixes: from `load_prefixes`.
        library: where their questions are.
        prompts: the interviewer's; the recording was made with the same.
        recording: what the model replied.
        command: what makes the recording.

    Raises:
        RecordingError: the recording is missing, or was made with other prefixes, documents, prompts or code.
    """
    replaying, model, days = _replayed(recording, command)
    endpoint = WholeReplies(replaying)
    spoken = await _play_all(prefixes, library, interviewer_over(endpoint, model, prompts), endpoint)
    if left := replaying.unused():
        raise RecordingError(f"{recording} holds lines that no prefix asks for ({left[0]}): run `{command}`.")
    written = await _play_all(prefixes, library, Interviewer(prompts))
    return (
        Measured(interviewer=model, recorded=days, judged=spoken),
        Measured(interviewer="document", judged=written),
    )


async def _play_all(
    prefixes: Sequence[Prefix], library: Library, interviewer: Interviewer, endpoint: WholeReplies | None = None
) -> tuple[Judged, ...]:
    return tuple([judge_spoken(prefix, await play(prefix, library, interviewer, endpoint)) for prefix in prefixes])
