"""Several samples of a chat grader: what two thirds say stands, the rest is unsure, and nothing is averaged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from statistics import median_low
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shipped import PROMPTS, QUESTION

from interviewer import errors
from interviewer.chat_decider import ChatDecider
from interviewer.deciders import Models, choose_decider
from interviewer.grading import grade, questions_for
from interviewer.llm import LLM, Api
from interviewer.sampling import SampledDecider, agree
from interviewer.schema import Decision, Grade, Usage

ANSWER = "A man shouted at me about a refund. I stayed calm and let him finish. He thanked me and left happy."
_, QUESTIONS = questions_for(QUESTION, [ANSWER], [QUESTION.question], PROMPTS)
NOTHING = {"choice": "missing", "score": "0", "predicate": "false"}
ORDERS = {"key_point": ("missing", "partial", "covered"), "motivation": ("0", "1", "2", "3")}


def stated(name: str, value: str | None, *quotes: str) -> Decision:
    if value is None:
        return Decision(name=name, refusal="The model's verdict can't be used.")
    return Decision(name=name, probabilities={value: 1.0}, quotes=quotes, cited=quotes, measured=False)


def told(decision: Decision) -> str:
    return decision.unsure or decision.refusal or next(iter(decision.probabilities))


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("key_point.calm", ["covered", "covered", "covered"], "covered"),
        ("key_point.calm", ["covered", "partial", "partial"], "partial"),  # 2 of 3 is two thirds
        ("key_point.calm", ["covered", "partial", "missing"], "3 samples: covered, partial, missing"),
        ("key_point.calm", ["covered", "covered", "covered", "partial", "partial"], None),  # 3 of 5 is 0.6
        ("key_point.calm", ["covered", "missing"], "2 samples: covered, missing"),
        ("key_point.calm", ["covered", None, "covered"], "covered"),
        ("key_point.calm", ["covered", None, None], "3 samples: covered, no verdict, no verdict"),
        ("key_point.calm", [None, None, None], "The model's verdict can't be used."),
        ("motivation.care", ["3", "1", "1"], "1"),
        ("motivation.care", ["0", "1", "2"], "3 samples: level 0, level 1, level 2"),  # not level 1, the mean
        ("red_flag.blaming", ["true", "false", "true"], "true"),
        ("red_flag.blaming", ["true", "false"], "2 samples: present, absent"),
        ("star.result", ["true", "false"], "2 samples: told, left out"),
    ],
)
def test_what_two_thirds_say_stands_and_else_the_reason_lists_the_samples(
    name: str, values: list[str | None], said: str | None
) -> None:
    agreed = agree(name, [stated(name, value) for value in values])
    assert told(agreed) == (said or f"{len(values)} samples: {', '.join(str(value) for value in values)}")
    assert agreed.samples == len(values)
    assert not (agreed.unsure and agreed.probabilities)


@given(st.data())
def test_a_verdict_that_stands_is_the_median_of_ordered_values_and_the_majority(data: st.DataObject) -> None:
    order = data.draw(st.sampled_from([*ORDERS.values(), ("false", "true")]))
    values = data.draw(st.lists(st.sampled_from(order), min_size=1, max_size=9))
    agreed = agree("key_point.calm", [stated("key_point.calm", value) for value in values])
    middle = order[median_low(order.index(value) for value in values)]
    if agreed.unsure:
        assert all(3 * values.count(value) < 2 * len(values) for value in order)
    else:
        assert told(agreed) == middle and 2 * values.count(middle) > len(values)


def test_quotes_are_those_of_the_samples_that_gave_the_verdict() -> None:
    samples = [
        stated("key_point.calm", "covered", "I stayed calm"),
        stated("key_point.calm", "partial", "let him finish"),
        stated("key_point.calm", "covered", "I stayed calm", "calm and"),
    ]
    assert agree("key_point.calm", samples).quotes == ("I stayed calm", "calm and")


def test_a_failed_sample_counts_among_those_asked_for() -> None:
    calm = stated("key_point.calm", "covered")
    assert told(agree("key_point.calm", [calm, calm, None])) == "covered"
    assert told(agree("key_point.calm", [calm, None])) == "2 samples: covered, no verdict"


class Wavering:
    """A chat model whose replies differ: one list of verdicts a request, or an error."""

    host = "models.example"

    def __init__(self, *replies: dict[str, Any] | errors.InterviewerError) -> None:
        self.replies = list(replies)
        self.bodies: list[dict[str, Any]] = []

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        self.bodies.append(body)
        reply = self.replies[len(self.bodies) - 1]
        if isinstance(reply, errors.InterviewerError):
            raise reply
        values = {one.name: {"quotes": [], "verdict": NOTHING[one.type], "reason": ""} for one in QUESTIONS}
        values["star.on_topic"]["verdict"] = "true"
        content = json.dumps({**values, **reply})
        usage = {"prompt_tokens": 100, "completion_tokens": 10}
        return {"model": "big-1", "choices": [{"index": 0, "message": {"content": content}}], "usage": usage}

    def stream(self, body: dict[str, Any]) -> Any:
        raise NotImplementedError


def calm(verdict: str, *quotes: str) -> dict[str, Any]:
    return {"key_point.calm": {"quotes": list(quotes), "verdict": verdict, "reason": "Because."}}


COVERED, PARTLY, MISSING = calm("covered", "I stayed calm"), calm("partial", "let him finish"), calm("missing")


async def graded(host: Wavering, samples: int) -> Grade:
    chosen = await choose_decider("chat", Models(PROMPTS, chat=LLM(host, "big"), samples=samples))
    steps = grade(QUESTION, [ANSWER], asked=[QUESTION.question], decider=chosen.decider, prompts=PROMPTS)
    return [step async for step in steps][-1]


async def test_three_samples_are_three_requests_in_the_same_words_and_their_tokens_are_summed() -> None:
    host = Wavering(COVERED, MISSING, COVERED)
    made = await graded(host, 3)
    assert made.key_points["calm"].verdict == "covered"
    assert made.key_points["calm"].probability is None
    assert [quote.text for quote in made.key_points["calm"].quotes] == ["I stayed calm"]
    assert (made.samples, made.tokens, made.status) == (3, 330, "graded")  # 3 · (100 + 10)
    assert [body["messages"] for body in host.bodies] == [host.bodies[0]["messages"]] * 3
    assert {body["temperature"] for body in host.bodies} == {0.7}


async def test_samples_that_disagree_make_the_verdict_unsure_and_it_counts_for_nothing() -> None:
    made = await graded(Wavering(COVERED, PARTLY, MISSING), 3)
    judged = made.key_points["calm"]
    assert (judged.verdict, judged.quotes, judged.probability) == ("unsure", (), None)
    assert judged.reason == "3 samples: covered, partial, missing"
    assert made.coverage == 0.0  # all the other points are missing


async def test_one_sample_is_the_request_it_always_was() -> None:
    host, plain = Wavering(COVERED), Wavering(COVERED)
    made = await graded(host, 1)
    alone = ChatDecider(LLM(plain, "big"), PROMPTS)
    _ = [one async for one in grade(QUESTION, [ANSWER], asked=[QUESTION.question], decider=alone, prompts=PROMPTS)]
    assert host.bodies == plain.bodies and host.bodies[0]["temperature"] == 0.0
    assert made.samples == 1


async def test_a_sample_that_fails_leaves_the_others_and_when_all_fail_the_first_failure_is_told() -> None:
    busy = errors.ProviderBusy("models.example is overloaded.")
    made = await graded(Wavering(COVERED, busy, COVERED), 3)
    assert (made.status, made.key_points["calm"].verdict, made.tokens) == ("graded", "covered", 220)
    made = await graded(Wavering(busy, busy), 2)
    assert (made.status, made.reason) == ("unscored", "models.example is overloaded.")


async def test_a_stale_recording_is_never_taken_for_a_failed_sample() -> None:
    with pytest.raises(errors.RecordingError):
        await graded(Wavering(COVERED, errors.RecordingError("It was never recorded."), COVERED), 3)


def test_a_sampled_decider_is_its_samples_in_all_but_number() -> None:
    one = ChatDecider(LLM(Wavering(), "big"), PROMPTS)
    sampled = SampledDecider([one, one])
    for name in ("name", "model", "calibration", "evidence", "english_only"):
        assert getattr(sampled, name) == getattr(one, name)


def test_what_is_agreed_carries_no_usage_of_its_own() -> None:
    spent: Sequence[Decision] = [
        stated("key_point.calm", "covered").model_copy(update={"usage": Usage(prompt_tokens=9)})
    ]
    assert agree("key_point.calm", spent).usage == Usage()
