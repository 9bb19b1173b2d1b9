"""Turns a question document into typed questions, and a decider's questions into a hash; never judges.

One question a criterion: a key point is a choice covered / partial / missing, a motivation a score over its four
levels, a red flag and a STAR part a predicate. `on_topic` asks whether there is an answer at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from .schema import (
    STAR_PARTS,
    Choice,
    Option,
    Predicate,
    QuestionDocument,
    Score,
    Sentence,
    StarPart,
    State,
    TypedQuestion,
)

__all__ = ["ON_TOPIC", "answer_hash", "build_state", "rubric_hash", "sentence_question", "verdict_questions"]

Render = Callable[..., str]

ON_TOPIC = "star.on_topic"
STAR_TEXTS: dict[StarPart, str] = {
    "situation": "Situation: a concrete event or setting is described",
    "task": "Task: what they had to do, or what was at stake",
    "action": "Action: what they themselves did",
    "result": "Result: how it ended",
}
_SHOWS = {
    "key_point": "shows this best",
    "motivation": "is the strongest evidence for this",
    "red_flag": "shows this red flag",
    "star": "states this part of the story",
}


def verdict_questions(document: QuestionDocument, render: Render) -> tuple[TypedQuestion, ...]:
    """One typed question for each criterion, in the document's order, then the STAR parts and `on_topic`."""
    return (
        *(
            Choice(
                name=f"key_point.{point.id}",
                kind="key_point",
                criterion=f"{point.name}: {point.description}",
                instructions=render("grader/key_point.j2", criterion=point),
                options=(
                    Option(value="covered", description=point.covered),
                    Option(value="partial", description=point.partly),
                    Option(value="missing", description="Not there, denied, or there only as the opposite."),
                ),
            )
            for point in document.key_points
        ),
        *(
            Score(
                name=f"motivation.{motivation.id}",
                kind="motivation",
                criterion=f"{motivation.name}: {motivation.description}",
                instructions=render("grader/motivation.j2", criterion=motivation),
                levels=tuple(
                    Option(value=str(level), description=anchor) for level, anchor in enumerate(motivation.levels)
                ),
            )
            for motivation in document.motivations
        ),
        *(
            Predicate(
                name=f"red_flag.{flag.id}",
                kind="red_flag",
                criterion=f"{flag.name}: {flag.description}",
                instructions=render("grader/red_flag.j2", criterion=flag),
                exception=flag.exception,
            )
            for flag in document.red_flags
        ),
        *(
            Predicate(
                name=f"star.{part}",
                kind="star",
                criterion=STAR_TEXTS[part],
                instructions=render("grader/star.j2", part=part),
            )
            for part in STAR_PARTS
        ),
        Predicate(
            name=ON_TOPIC,
            kind="star",
            criterion=f"On topic: tries to answer: {document.question}",
            instructions=render("grader/on_topic.j2", question=document.question),
        ),
    )


def sentence_question(question: TypedQuestion, sentences: Sequence[Sentence], render: Render) -> Choice:
    """Which numbered sentence shows what `question` asks about; `"none"` is an option."""
    return Choice(
        name=f"quote.{question.name}",
        kind=question.kind,
        criterion=question.criterion,
        instructions=render("grader/sentence.j2", about=question.criterion, what=_SHOWS[question.kind]),
        options=(
            *(Option(value=str(sentence.number)) for sentence in sentences),
            Option(value="none", description="No sentence does."),
        ),
        evidence_for=question.name,
    )


def build_state(asked: Sequence[str], sentences: Sequence[Sentence], render: Render) -> State:
    """What a decider reads.

    Args:
        asked: the question each answer replies to, in order.
        sentences: of all answers, numbered.
        render: `Prompts.render`.
    """
    exchanges = [
        {
            "asked": question,
            "sentences": "\n".join(f"[{s.number}] {s.text}" for s in sentences if s.answer == index),
        }
        for index, question in enumerate(asked)
    ]
    return State(asked=asked[0], sentences=tuple(sentences), text=render("grader/state.j2", exchanges=exchanges))


def answer_hash(answers: Sequence[str]) -> str:
    """12 hexadecimal digits that change whenever an answer does."""
    return hashlib.sha256("\x1e".join(answers).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def rubric_hash(document: QuestionDocument) -> str:
    """12 hexadecimal digits that change whenever a text that verdicts rest on does (not probes or links)."""
    judged = document.model_dump_json(
        exclude={
            "source": True,
            "examples": True,
            "guides": True,
            "follow_ups": True,
            "star_probes": True,
            "key_points": {"__all__": {"probe"}},
            "motivations": {"__all__": {"probe"}},
        }
    )
    return hashlib.sha256(judged.encode()).hexdigest()[:12]
