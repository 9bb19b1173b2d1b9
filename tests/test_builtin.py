from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shipped import LIBRARY, PROMPTS, QUESTION

from interviewer.builtin import BuiltinDecider
from interviewer.encoder import Encoder, load
from interviewer.evaluation.sets import load_set
from interviewer.rubric import ON_TOPIC, build_state, verdict_questions
from interviewer.schema import Choice, Decision, Option, Predicate, Score, State, TypedQuestion
from interviewer.sentences import split_sentences

TEXT = "He shouted. I took a breath and let him finish. Then I got him a new one. He left happy."


def option(value: str) -> Option:
    return Option(value=value)


CALM = Choice(
    name="key_point.calm",
    kind="key_point",
    criterion="Remaining calm: keeps steady",
    instructions="",
    options=(option("covered"), option("partial"), option("missing")),
)
SERVICE = Score(
    name="motivation.service",
    kind="motivation",
    criterion="Service: looks after customers",
    instructions="",
    levels=tuple(option(str(i)) for i in range(4)),
)
FLAG = Predicate(name="red_flag.aggression", kind="red_flag", criterion="Aggression: shouts", instructions="")
RESULT = Predicate(name="star.result", kind="star", criterion="Result: how it ended", instructions="")


def quote_of(question: TypedQuestion, sentences: int) -> Choice:
    return Choice(
        name=f"quote.{question.name}",
        kind=question.kind,
        criterion=question.criterion,
        instructions="",
        options=(*(option(str(i + 1)) for i in range(sentences)), option("none")),
        evidence_for=question.name,
    )


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load()


def state_of(text: str) -> State:
    return State(asked="How?", sentences=split_sentences([text]), text=text)


async def decide(decider: BuiltinDecider, state: State, questions: list[TypedQuestion]) -> dict[str, Decision]:
    return {decision.name: decision async for decision in decider.decide(state, questions)}


async def test_each_question_is_answered_in_its_own_values(encoder: Encoder) -> None:
    state = state_of(TEXT)
    questions: list[TypedQuestion] = [CALM, SERVICE, FLAG, RESULT]
    questions += [quote_of(question, len(state.sentences)) for question in list(questions)]
    decisions = await decide(BuiltinDecider(encoder), state, questions)
    assert list(decisions) == [question.name for question in questions]
    assert list(decisions["key_point.calm"].probabilities) == ["covered", "partial", "missing"]
    assert list(decisions["motivation.service"].probabilities) == ["0", "1", "2", "3"]
    assert list(decisions["red_flag.aggression"].probabilities) == ["true", "false"]
    assert list(decisions["quote.star.result"].probabilities) == ["1", "2", "3", "4", "none"]
    for decision in decisions.values():
        assert sum(decision.probabilities.values()) == pytest.approx(1)
        assert decision.usage.prompt_tokens == 0 and not decision.refusal


async def test_a_sentence_choice_never_names_a_sentence_that_is_not_there(encoder: Encoder) -> None:
    for text in ("", "…", "I breathe.", TEXT * 20):
        state = state_of(text)
        decisions = await decide(BuiltinDecider(encoder), state, [quote_of(CALM, len(state.sentences))])
        numbers = {str(sentence.number) for sentence in state.sentences}
        assert set(decisions["quote.key_point.calm"].probabilities) == numbers | {"none"}


def test_the_card_says_what_it_is_and_how_far_it_agreed(encoder: Encoder) -> None:
    decider = BuiltinDecider(encoder)
    assert decider.name == "builtin" and decider.evidence == "together"
    assert decider.model.startswith("interviewer-builtin")
    agreement = decider.calibration.agreement
    elsewhere = decider.calibration.elsewhere
    assert agreement is not None and elsewhere is not None
    assert "model" in agreement.labellers and agreement.split != elsewhere.split


EVALS = Path(__file__).parent.parent / "evals"


def lines_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EVALS / name).read_text(encoding="utf-8").splitlines()]


def test_no_answer_is_in_two_parts_of_the_split() -> None:
    split = json.loads((EVALS / "split.json").read_text(encoding="utf-8"))
    parts = [split[part] for part in ("train", "dev", "test")]
    assert [len(part) for part in parts] == [96, 24, 40]
    answers = [row["id"] for row in lines_of("answers/difficult-customers.jsonl")]
    assert sorted(answer for part in parts for answer in part) == sorted(answers)
    assert [row["id"] for row in lines_of("answers/difficult-customers.rater2.jsonl")] == sorted(answers)


def test_the_first_raters_evidence_is_verbatim() -> None:
    for row in lines_of("answers/difficult-customers.jsonl"):
        for quotes in row["evidence"].values():
            assert all(words in row["answer"] for words in quotes), row["id"]


def test_training_pieces_are_not_taken_from_dev_test_or_unseen_answers() -> None:
    held = [case.answers[0] for name in ("dev", "test", "unseen") for case in load_set(name, LIBRARY)]
    assert len(held) == 248
    told = " | ".join(held)
    pieces = [piece for file in (EVALS / "training/pieces").glob("*.jsonl") for piece in lines_of(str(file))]
    assert len(pieces) > 7000
    assert [piece["text"] for piece in pieces if len(piece["text"].split()) >= 6 and piece["text"] in told] == []


async def test_it_never_judges_whether_an_answer_is_about_the_question(encoder: Encoder) -> None:
    state = build_state(["Why?"], split_sentences(["I like bread and I live around the corner."]), PROMPTS.render)
    topic = next(q for q in verdict_questions(QUESTION, PROMPTS.render) if q.name == ON_TOPIC)
    assert (await decide(BuiltinDecider(encoder), state, [topic]))[ON_TOPIC].refusal
