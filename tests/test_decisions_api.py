"""Decision models over both wire formats, in their exact shapes; what they don't say is refused, never made up."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import openai.types
import pytest
import respx
import wire
from openai.types.decision_create_params import DecisionCreateParams
from pydantic import TypeAdapter

from interviewer import errors
from interviewer.content import load_library
from interviewer.decisions_api import OpenAIDecider, SystemOneDecider
from interviewer.folders import bundled
from interviewer.grading import questions_for
from interviewer.llm import OpenAIEndpoint
from interviewer.prompts import Prompts
from interviewer.rubric import sentence_question
from interviewer.schema import (
    Calibration,
    Choice,
    Decider,
    Decision,
    Option,
    Predicate,
    Score,
    Sentence,
    State,
    TypedQuestion,
    Usage,
)

STATE = State(
    asked="Tell me about a difficult customer.",
    sentences=(Sentence(number=1, answer=0, start=0, end=14, text="I stayed calm."),),
    text="<<<candidate\n[1] I stayed calm.\ncandidate>>>",
)
CALM = Choice(
    name="key_point.calm",
    kind="key_point",
    criterion="Calm: stays calm",
    instructions="How far is it covered?",
    options=(Option(value="covered", description="says it"), Option(value="partial"), Option(value="missing")),
)
SERVICE = Score(
    name="motivation.service",
    kind="motivation",
    criterion="Service",
    instructions="How strong?",
    levels=tuple(Option(value=str(n), description=f"anchor {n}") for n in range(4)),
)
BLAME = Predicate(name="red_flag.blaming", kind="red_flag", criterion="Blames", instructions="The candidate blames.")
QUOTE = Choice(
    name="quote.key_point.calm",
    kind="key_point",
    criterion="Calm: stays calm",
    instructions="Which sentence?",
    options=(Option(value="1"), Option(value="none", description="No sentence does.")),
    evidence_for="key_point.calm",
)
QUESTIONS: tuple[TypedQuestion, ...] = (CALM, SERVICE, BLAME, QUOTE)

OPENAI_ANSWERS: list[dict[str, Any]] = [
    {
        "type": "choice",
        "name": "key_point_calm",
        "choice": "covered",
        "confidence": 0.55,
        "probabilities": [
            {"value": "covered", "probability": 0.7},
            {"value": "partial", "probability": 0.2},
            {"value": "missing", "probability": 0.1},
        ],
    },
    {
        "type": "score",
        "name": "motivation_service",
        "score": 1.7,
        "confidence": 0.4,
        "probabilities": [
            {"label": "0", "value": 0, "probability": 0.1},
            {"label": "1", "value": 1, "probability": 0.2},
            {"label": "2", "value": 2, "probability": 0.6},
            {"label": "3", "value": 3, "probability": 0.1},
        ],
    },
    {"type": "predicate", "name": "red_flag_blaming", "probability": 0.25},
    {
        "type": "choice",
        "name": "quote_key_point_calm",
        "choice": "1",
        "confidence": 0.8,
        "probabilities": [{"value": "1", "probability": 0.9}, {"value": "none", "probability": 0.1}],
    },
]
SYSTEMONE_ANSWERS: dict[str, dict[str, Any]] = {
    "key_point_calm": {
        "type": "choice",
        "choice": "covered",
        "confidence": 0.55,
        "probabilities": {"covered": 0.7, "partial": 0.2, "missing": 0.1},
    },
    "motivation_service": {
        "type": "score",
        "score": 1.7,
        "legend": {"0": "anchor 0", "1": "anchor 1", "2": "anchor 2", "3": "anchor 3"},
        "probabilities": {"0": 0.1, "1": 0.2, "2": 0.6, "3": 0.1},
        "confidence": 0.4,
    },
    "red_flag_blaming": {"type": "noul", "noul": 0.25},
    "quote_key_point_calm": {
        "type": "choice",
        "choice": "1",
        "confidence": 0.8,
        "probabilities": {"1": 0.9, "none": 0.1},
    },
}
EXPECTED = {
    "key_point.calm": {"covered": 0.7, "partial": 0.2, "missing": 0.1},
    "motivation.service": {"0": 0.1, "1": 0.2, "2": 0.6, "3": 0.1},
    "red_flag.blaming": {"true": 0.25, "false": 0.75},
    "quote.key_point.calm": {"1": 0.9, "none": 0.1},
}
OPENAI_USAGE = {
    "input_tokens": 900,
    "input_tokens_details": {"cached_tokens": 640, "cache_write_tokens": 0},
    "output_tokens": 0,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 900,
}


def openai_reply(answers: Sequence[Any]) -> httpx.Response:
    return httpx.Response(200, json={"model": "gpt-6-luna", "answers": answers, "usage": OPENAI_USAGE})


def systemone_reply(answers: Any) -> httpx.Response:
    usage = {"input_tokens": 900, "output_tokens": 0}
    return httpx.Response(200, json={"model": "laya", "answers": answers, "usage": usage})


@pytest.fixture
def host() -> Iterator[respx.MockRouter]:
    with wire.mock_host() as router:
        yield router


async def ask(decider: Decider, questions: Sequence[TypedQuestion] = QUESTIONS) -> dict[str, Decision]:
    return {decision.name: decision async for decision in decider.decide(STATE, questions)}


def openai_decider() -> OpenAIDecider:
    return OpenAIDecider(wire.endpoint(), "gpt-6-luna", Calibration())


def systemone_decider() -> SystemOneDecider:
    return SystemOneDecider(wire.endpoint(), "laya", Calibration())


# ── the exact shapes ─────────────────────────────────────────────────────────────────────────────────


def test_the_replies_in_these_tests_are_in_the_sdks_own_shape() -> None:
    reply = json.loads(openai_reply([*OPENAI_ANSWERS, {"type": "refusal", "name": None}]).content)
    decision = openai.types.Decision.model_validate(reply, strict=True)
    assert [answer.type for answer in decision.answers] == ["choice", "score", "predicate", "choice", "refusal"]


async def test_the_decisions_api_is_asked_everything_in_one_request(host: respx.MockRouter) -> None:
    route = host.post("/decisions").mock(return_value=openai_reply(OPENAI_ANSWERS))
    decided = await ask(openai_decider())
    assert {name: one.probabilities for name, one in decided.items()} == {
        name: pytest.approx(shares) for name, shares in EXPECTED.items()
    }
    assert [one.usage for one in decided.values()] == [Usage(prompt_tokens=900, cached_tokens=640), *[Usage()] * 3]
    (body,) = wire.sent_bodies(route)
    assert body == {
        "model": "gpt-6-luna",
        "input": STATE.text,
        "questions": [
            {
                "type": "choice",
                "name": "key_point_calm",
                "instructions": "How far is it covered?",
                "choices": [
                    {"value": "covered", "description": "says it"},
                    {"value": "partial"},
                    {"value": "missing"},
                ],
            },
            {
                "type": "score",
                "name": "motivation_service",
                "instructions": "How strong?",
                "levels": [{"label": str(n), "description": f"anchor {n}"} for n in range(4)],
            },
            {"type": "predicate", "name": "red_flag_blaming", "instructions": "The candidate blames."},
            {
                "type": "choice",
                "name": "quote_key_point_calm",
                "instructions": "Which sentence?",
                "choices": [{"value": "1"}, {"value": "none", "description": "No sentence does."}],
            },
        ],
    }
    TypeAdapter(DecisionCreateParams).validate_python(body)


async def test_answers_without_names_are_taken_in_order(host: respx.MockRouter) -> None:
    host.post("/decisions").mock(return_value=openai_reply([{**one, "name": None} for one in OPENAI_ANSWERS]))
    assert (await ask(openai_decider()))["red_flag.blaming"].probabilities["true"] == 0.25


async def test_answers_out_of_order_are_told_apart_by_name(host: respx.MockRouter) -> None:
    host.post("/decisions").mock(return_value=openai_reply(OPENAI_ANSWERS[::-1]))
    decided = await ask(openai_decider())
    assert decided["red_flag.blaming"].probabilities["true"] == 0.25
    assert not any(one.refusal for one in decided.values())


async def test_systemone_is_asked_everything_in_one_request(host: respx.MockRouter) -> None:
    route = host.post("/systemone").mock(return_value=systemone_reply(SYSTEMONE_ANSWERS))
    decided = await ask(systemone_decider())
    assert {name: one.probabilities for name, one in decided.items()} == {
        name: pytest.approx(shares) for name, shares in EXPECTED.items()
    }
    assert decided["key_point.calm"].usage == Usage(prompt_tokens=900)
    assert wire.sent_bodies(route) == [
        {
            "model": "laya",
            "state": STATE.text,
            "questions": {
                "key_point_calm": {
                    "type": "choice",
                    "instructions": "How far is it covered?",
                    "criteria": {
                        "covered": "says it",
                        "partial": "partial",
                        "missing": "missing",
                    },
                },
                "motivation_service": {
                    "type": "score",
                    "instructions": "How strong?",
                    "criteria": ["anchor 0", "anchor 1", "anchor 2", "anchor 3"],
                },
                "red_flag_blaming": {"type": "noul", "instructions": "The candidate blames."},
                "quote_key_point_calm": {
                    "type": "choice",
                    "instructions": "Which sentence?",
                    "criteria": {"1": "Sentence [1]", "none": "No sentence does."},
                },
            },
        }
    ]


# ── what is not an answer ────────────────────────────────────────────────────────────────────────────

Spoil = Callable[[dict[str, Any]], Any]


def with_share(value: str, probability: Any) -> Spoil:
    """The answer with another probability for one option, in either format."""

    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        shares = answer["probabilities"]
        if isinstance(shares, dict):
            return {**answer, "probabilities": {**shares, value: probability}}
        kept = [one for one in shares if one["value"] != value]
        return {**answer, "probabilities": [*kept, {"value": value, "probability": probability}]}

    return spoil


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda answer: {"type": "refusal", "name": answer.get("name")}, "declined"),
        (lambda answer: None, "no answer"),
        (lambda answer: "covered", "no answer"),
        (lambda answer: {**answer, "type": "score"}, "of type score, and choice was due"),
        (lambda answer: {key: value for key, value in answer.items() if key != "probabilities"}, "probabilities"),
        (lambda answer: {**answer, "probabilities": None}, "unusable"),
        (lambda answer: {**answer, "probabilities": 3}, "unusable"),
        (with_share("covered", 0.2), "sum to 0.5"),
        (with_share("covered", 1.7), "1.7 for a probability"),
        (with_share("covered", -0.7), "-0.7 for a probability"),
        (with_share("covered", "high"), "'high' for a probability"),
        (with_share("covered", None), "None for a probability"),
        (with_share("covered", True), "unusable"),
        (with_share("brilliant", 0.0), "wasn't offered"),
    ],
)
@pytest.mark.parametrize("api", ["decisions", "systemone"])
async def test_an_unusable_answer_is_refused_with_the_reason_and_the_others_stand(
    host: respx.MockRouter, api: str, spoil: Spoil, told: str
) -> None:
    if api == "decisions":
        host.post("/decisions").mock(return_value=openai_reply([spoil(OPENAI_ANSWERS[0]), *OPENAI_ANSWERS[1:]]))
        decided = await ask(openai_decider())
    else:
        answers = {**SYSTEMONE_ANSWERS, "key_point_calm": spoil(SYSTEMONE_ANSWERS["key_point_calm"])}
        host.post("/systemone").mock(return_value=systemone_reply(answers))
        decided = await ask(systemone_decider())
    assert told in decided["key_point.calm"].refusal
    assert decided["key_point.calm"].probabilities == {}
    assert [name for name, one in decided.items() if one.refusal] == ["key_point.calm"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
async def test_a_number_that_is_none_is_refused(host: respx.MockRouter, number: str) -> None:
    text = json.dumps({"answers": {"red_flag_blaming": {"type": "noul", "noul": 0.5}}}).replace("0.5", number)
    host.post("/systemone").mock(
        return_value=httpx.Response(200, text=text, headers={"content-type": "application/json"})
    )
    decided = await ask(systemone_decider(), [BLAME])
    assert decided["red_flag.blaming"].refusal
    assert decided["red_flag.blaming"].probabilities == {}


async def test_rounded_probabilities_are_made_to_sum_to_one(host: respx.MockRouter) -> None:
    answer = {
        **SYSTEMONE_ANSWERS["key_point_calm"],
        "probabilities": {"covered": 0.33, "partial": 0.33, "missing": 0.33},
    }
    host.post("/systemone").mock(return_value=systemone_reply({"key_point_calm": answer}))
    decided = await ask(systemone_decider(), [CALM])
    assert sum(decided["key_point.calm"].probabilities.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("body", [{}, {"answers": None}, {"answers": "none"}, {"detail": "odd"}])
async def test_a_reply_without_answers_is_unreadable_as_a_whole(host: respx.MockRouter, body: dict[str, Any]) -> None:
    host.post("/decisions").mock(return_value=httpx.Response(200, json=body))
    host.post("/systemone").mock(return_value=httpx.Response(200, json=body))
    for decider in (openai_decider(), systemone_decider()):
        with pytest.raises(errors.ReplyError, match=r"models\.example"):
            await ask(decider)


async def test_answers_too_few_and_unnamed_are_all_refused(host: respx.MockRouter) -> None:
    answers = [{**one, "name": None} for one in OPENAI_ANSWERS[1:]]
    host.post("/decisions").mock(return_value=openai_reply(answers))
    assert all(one.refusal for one in (await ask(openai_decider())).values())


async def test_a_host_without_the_api_says_so(host: respx.MockRouter) -> None:
    host.post("/decisions").mock(return_value=wire.failure(404))
    with pytest.raises(errors.ProviderUnsupported):
        await ask(openai_decider())


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────


def answer_systemone(body: dict[str, Any], *, most_options: int = 255, best: str = "") -> httpx.Response:
    """What a server answers: `best` has 0.6 where it is offered, else the first option."""
    answers: dict[str, Any] = {}
    for name, question in body["questions"].items():
        if question["type"] == "noul":
            answers[name] = {"type": "noul", "noul": 0.25}
            continue
        if len(question["criteria"]) > most_options:
            told = f"too many options ({len(question['criteria'])}), this model supports at most {most_options}"
            return wire.failure(400, f"questions.{name}: {told}")
        keys = list(question["criteria"])
        top = best if best in keys else keys[0]
        shares = {key: 0.6 if key == top else 0.4 / (len(keys) - 1) for key in keys}
        answers[name] = {"type": "choice", "choice": top, "confidence": 0.5, "probabilities": shares}
    return systemone_reply(answers)


def many_sentences(count: int) -> Choice:
    options = (*(Option(value=str(n + 1)) for n in range(count)), Option(value="none"))
    return QUOTE.model_copy(update={"options": options})


async def test_more_questions_than_a_request_takes_are_split(host: respx.MockRouter) -> None:
    route = host.post("/systemone").mock(side_effect=lambda request: answer_systemone(json.loads(request.content)))
    questions = [BLAME.model_copy(update={"name": f"red_flag.f{n}"}) for n in range(401)]
    decided = await ask(systemone_decider(), questions)
    assert len(decided) == 401
    assert [len(body["questions"]) for body in wire.sent_bodies(route)] == [400, 1]
    assert sum(one.usage.prompt_tokens for one in decided.values()) == 1800


async def test_a_choice_with_too_many_options_is_decided_in_rounds(host: respx.MockRouter) -> None:
    route = host.post("/systemone").mock(
        side_effect=lambda request: answer_systemone(json.loads(request.content), best="250")
    )
    decided = await ask(systemone_decider(), [many_sentences(300), BLAME])
    # 300 sentences make heats of 207 and 93, each with `none`; the final is between their winners and `none`.
    offered = [next(iter(body["questions"].values())).get("criteria", {}) for body in wire.sent_bodies(route)]
    assert [len(one) for one in offered] == [0, 208, 94, 3]
    assert list(offered[-1]) == ["1", "250", "none"]
    assert decided["quote.key_point.calm"].probabilities == pytest.approx({"1": 0.2, "250": 0.6, "none": 0.2})
    assert decided["quote.key_point.calm"].usage.prompt_tokens == 2700


async def test_a_model_that_takes_fewer_options_is_asked_again_within_them(host: respx.MockRouter) -> None:
    route = host.post("/systemone").mock(
        side_effect=lambda request: answer_systemone(json.loads(request.content), most_options=52, best="60")
    )
    decider = systemone_decider()
    decided = await ask(decider, [many_sentences(70), BLAME])
    assert (
        max(
            decided["quote.key_point.calm"].probabilities, key=decided["quote.key_point.calm"].probabilities.__getitem__
        )
        == "60"
    )
    refused = route.call_count
    await ask(decider, [many_sentences(70), BLAME])
    assert route.call_count == 2 * refused - 1  # the limit is remembered


async def test_names_that_would_clash_stay_apart(host: respx.MockRouter) -> None:
    route = host.post("/systemone").mock(side_effect=lambda request: answer_systemone(json.loads(request.content)))
    names = ["red_flag.a-b", "red_flag.a.b", "red_flag.é", "red_flag." + "x" * 80]
    decided = await ask(systemone_decider(), [BLAME.model_copy(update={"name": name}) for name in names])
    assert list(decided) == names
    sent = list(wire.sent_bodies(route)[0]["questions"])
    assert len(set(sent)) == 4
    assert all(name.replace("_", "").isascii() and name.replace("_", "").isalnum() and len(name) <= 64 for name in sent)


# ── a real server on this machine, and real questions ────────────────────────────────────────────────


class FakeSystemOne(BaseHTTPRequestHandler):
    """Checks a request as strictly as llama.cpp does, and answers it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        wrong = self.check(body) if self.path == "/v1/systemone" else f"no such path: {self.path}"
        response = wire.failure(400, wrong) if wrong else self.answer(body)
        self.send_response(response.status_code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(response.content)))
        self.end_headers()
        self.wfile.write(response.content)

    def check(self, body: dict[str, Any]) -> str:
        if not isinstance(body.get("state"), str) or not body.get("questions"):
            return '"state" must be provided'
        for name, question in body["questions"].items():
            criteria = question.get("criteria")
            shapes = {
                "noul": criteria is None or isinstance(criteria, dict),
                "score": isinstance(criteria, list) and 2 <= len(criteria) <= 10 and all(criteria),
                "choice": isinstance(criteria, dict) and len(criteria) >= 2 and all(criteria.values()),
            }
            if not shapes.get(question.get("type"), False) or not question.get("instructions"):
                return f"questions.{name}: malformed"
        return ""

    def answer(self, body: dict[str, Any]) -> httpx.Response:
        answers = {}
        for name, question in body["questions"].items():
            if question["type"] == "noul":
                answers[name] = {"type": "noul", "noul": 0.9}
                continue
            is_score = question["type"] == "score"
            keys = [str(n) for n in range(len(question["criteria"]))] if is_score else list(question["criteria"])
            shares = dict.fromkeys(keys, 1 / len(keys))
            told = {"score": 1.5, "legend": dict(enumerate(question["criteria"]))} if is_score else {"choice": keys[0]}
            answers[name] = {"type": question["type"], **told, "confidence": 0.0, "probabilities": shares}
        return systemone_reply(answers)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), FakeSystemOne) as made:
        made.daemon_threads = True
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{made.server_address[1]}/v1"
        made.shutdown()
        thread.join()


async def test_every_question_of_the_seed_document_is_answered_by_a_real_server(server: str) -> None:
    document = load_library([bundled("content")]).questions["difficult-customers"]
    prompts = Prompts()
    answer = "A man shouted at me. I stayed calm and listened to him. He left happy."
    state, questions = questions_for(document, [answer], [document.question], prompts)
    which = [sentence_question(question, state.sentences, prompts.render) for question in questions]
    endpoint = OpenAIEndpoint(base_url=server, api_key="", timeout_seconds=30)
    decider = SystemOneDecider(endpoint, "laya", Calibration())
    decided = [decision async for decision in decider.decide(state, [*questions, *which])]
    await endpoint.close()
    assert [one.name for one in decided] == [question.name for question in (*questions, *which)]
    assert not [one.refusal for one in decided if one.refusal]
    assert all(sum(one.probabilities.values()) == pytest.approx(1.0) for one in decided)


def test_a_decider_tried_in_one_event_loop_works_in_the_next(server: str) -> None:
    endpoint = OpenAIEndpoint(base_url=server, api_key="", timeout_seconds=30)
    decider = SystemOneDecider(endpoint, "laya", Calibration())

    async def once() -> Decision:
        try:
            return (await ask(decider, [BLAME]))["red_flag.blaming"]
        finally:
            await endpoint.close()

    for _ in range(3):
        assert asyncio.run(once()).probabilities["true"] == 0.9
