"""Runs over cases: every outcome in order, cut short and gone on with, replayed without a model, and batches."""

from __future__ import annotations

import asyncio
import datetime
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from recorded import ASKING
from scripted import ScriptedDecider
from shipped import LIBRARY, PROMPTS, QUESTION

from interviewer import readout
from interviewer.chat_decider import ChatDecider
from interviewer.deciders import decider_over
from interviewer.errors import AnswersError, ProviderError, ProviderUnsupported, RecordingError, SettingsError
from interviewer.eval_desk import Order, decider_maker, evaluate
from interviewer.evaluation.batches import model_of, read_replies, record_replies, request_lines
from interviewer.evaluation.records import Case, Outcome, RunFacts
from interviewer.evaluation.running import PATIENCE, Work, grade_case, read_facts, read_outcomes, run
from interviewer.evaluation.sets import load_set
from interviewer.llm import LLM, Api
from interviewer.recordings import RecordingEndpoint, ReplayingEndpoint, read_recordings
from interviewer.rubric import ON_TOPIC, verdict_questions
from interviewer.schema import Calibration, Decider, Decision, State, TypedQuestion
from interviewer.settings import Settings

WORDS = "I stayed calm and listened to her until she was done. Then I said sorry and mended it."


def case(id: str, answer: str = WORDS) -> Case:
    return Case(id=id, question_id=QUESTION.id, asked=(QUESTION.question,), answers=(f"{answer} That was {id}.",))


def facts(**changes: Any) -> RunFacts:
    told = {
        "sets": ("s",), "decider": "builtin", "model": "scripted", "made": "2026-11-25", "source": "local",
        "prompt_hash": PROMPTS.hash("grader"),
    }  # fmt: skip
    return RunFacts(**{**told, **changes})


async def collect(
    cases: Sequence[Case],
    decider_for: Callable[[int], Decider],
    out: Path,
    *,
    told: RunFacts | None = None,
    **options: Any,
) -> list[Outcome]:
    works = [Work(cases, decider_for)]
    outcomes = run(works, out, told or facts(), library=LIBRARY, prompts=PROMPTS, **options)
    return [outcome async for outcome in outcomes]


def keys(outcomes: Sequence[Outcome]) -> list[tuple[str, int]]:
    return [(one.case, one.repeat) for one in outcomes]


class DyingError(Exception):
    """Stands for a process that was killed."""


class Dying(ScriptedDecider):
    """Dies when it reads an answer with these words."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self.at = at

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        if self.at in state.text:
            raise DyingError
        async for decision in super().decide(state, questions):
            yield decision


# ── one case ─────────────────────────────────────────────────────────────────────────────────────────


async def test_an_outcome_holds_the_probabilities_as_decided_and_not_those_of_sentences() -> None:
    decider = ScriptedDecider(
        {"key_point.calm": ("partial", 0.6), "key_point.empathy": None}, calibration=Calibration(key_point=0.7)
    )
    outcome = await grade_case(case("a"), decider, library=LIBRARY, prompts=PROMPTS)
    assert outcome.grade.key_points["calm"].verdict == "unsure"
    assert outcome.probabilities["key_point.calm"] == {"partial": 0.6, "other": 0.4}
    assert "key_point.empathy" not in outcome.probabilities
    assert not any(name.startswith("quote.") for name in outcome.probabilities)


async def test_cited_quotes_are_counted_as_written_and_found_letter_by_letter() -> None:
    said = {
        "key_point.calm": {"quotes": ["I stayed calm", "she shouted"], "verdict": "covered"},
        "key_point.listening": {"quotes": ["i LISTENED to her"], "verdict": "covered"},  # found by folding case only
        "key_point.empathy": {"quotes": ["said  “sorry"], "verdict": "covered"},
    }
    words = f"{WORDS} And I said 'I am sorry'. She said \"sorry\" too."
    chat = Chat({name: {"reason": "", **entry} for name, entry in said.items()})
    outcome = await grade_case(case("a", words), ChatDecider(LLM(chat, "m"), PROMPTS), library=LIBRARY, prompts=PROMPTS)
    assert (outcome.cited, outcome.cited_found) == (4, 2)
    assert outcome.probabilities == {}  # a chat model states verdicts


# ── a run ────────────────────────────────────────────────────────────────────────────────────────────


async def test_outcomes_are_written_in_order_after_the_facts(tmp_path: Path) -> None:
    out, seen = tmp_path / "out.jsonl", list[tuple[int, int]]()
    made = await collect(
        [case(id) for id in "abc"],
        lambda _: ScriptedDecider(),
        out,
        repeats=2,
        concurrency=3,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert keys(made) == [("a", 0), ("b", 0), ("c", 0), ("a", 1), ("b", 1), ("c", 1)]
    assert seen[-1] == (6, 6)
    assert read_facts(out) == facts()
    assert list(read_outcomes(out)) == made
    assert not out.with_name("out.jsonl.before").exists()


@pytest.mark.parametrize("cut", [False, True], ids=["between lines", "within a line"])
async def test_an_interrupted_run_goes_on_where_it_was_cut_off(tmp_path: Path, cut: bool) -> None:
    out, cases = tmp_path / "out.jsonl", [case(id) for id in "abcde"]
    with pytest.raises(DyingError):
        await collect(cases, lambda _: Dying("That was d"), out)
    assert keys(list(read_outcomes(out))) == [("a", 0), ("b", 0), ("c", 0)]
    if cut:
        out.write_bytes(out.read_bytes()[:-20])
    decider = ScriptedDecider()
    assert keys(await collect(cases, lambda _: decider, out)) == [(id, 0) for id in "abcde"]
    assert len(decider.states) == (3 if cut else 2)


async def test_nothing_is_lost_when_going_on_is_interrupted_too(tmp_path: Path) -> None:
    out, cases = tmp_path / "out.jsonl", [case(id) for id in "abcd"]
    for stop in ("That was c", "That was a", "That was d"):
        with pytest.raises(DyingError):
            await collect(cases if stop != "That was a" else [case("x", stop), *cases], lambda _: Dying(stop), out)  # noqa: B023
    decider = ScriptedDecider()
    await collect(cases, lambda _: decider, out)
    assert len(decider.states) == 1


@pytest.mark.parametrize(
    "changed",
    [{"model": "other"}, {"prompt_hash": "0"}, {"source": "replayed"}, {"calibration": {"key_point": 0.6}}],
    ids=lambda changed: next(iter(changed)),
)
async def test_outcomes_of_another_grader_are_made_again(tmp_path: Path, changed: dict[str, Any]) -> None:
    out, cases = tmp_path / "out.jsonl", [case(id) for id in "abc"]
    with pytest.raises(DyingError):
        await collect(cases, lambda _: Dying("That was c"), out)
    decider = ScriptedDecider()
    await collect(cases, lambda _: decider, out, told=facts(**changed))
    assert len(decider.states) == 3


async def test_an_answer_that_was_edited_is_graded_again(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(DyingError):
        await collect([case(id) for id in "abc"], lambda _: Dying("That was c"), out)
    decider = ScriptedDecider()
    await collect([case("a", "I shouted at her."), case("b"), case("c")], lambda _: decider, out)
    assert len(decider.states) == 2


async def test_a_finished_run_is_made_again_unless_it_was_asked_for_live(tmp_path: Path) -> None:
    for source, asked in (("local", 2), ("live", 1)):
        out, decider = tmp_path / f"{source}.jsonl", ScriptedDecider()
        for _ in range(2):
            await collect([case("a")], lambda _: decider, out, told=facts(source=source))  # noqa: B023
        assert len(decider.states) == asked


async def test_a_model_that_fails_again_and_again_ends_the_run_and_what_was_made_is_kept(tmp_path: Path) -> None:
    out, cases = tmp_path / "out.jsonl", [case(str(number)) for number in range(PATIENCE + 3)]
    deciders = [ScriptedDecider(), ScriptedDecider({"key_point.calm": ProviderError("models.example failed.")})]

    def first_well(state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        return deciders["That was 0" not in state.text].decide(state, questions)

    decider = ScriptedDecider()
    decider.decide = first_well  # type: ignore[method-assign]
    with pytest.raises(ProviderError, match=f"{PATIENCE} cases in a row.*models.example failed.*run the same command"):
        await collect(cases, lambda _: decider, out, told=facts(source="live"))
    again = ScriptedDecider()
    await collect(cases, lambda _: again, out, told=facts(source="live"))
    assert len(again.states) == len(cases) - 1


@pytest.mark.parametrize("text", ["precious\n", '{"id": 1}\n'])
async def test_a_file_of_something_else_is_not_written_over(tmp_path: Path, text: str) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text(text, encoding="utf-8")
    with pytest.raises(AnswersError, match=r"out\.jsonl:1: no outcomes of this version"):
        await collect([case("a")], lambda _: ScriptedDecider(), out)
    assert out.read_text(encoding="utf-8") == text


# ── recorded and replayed ────────────────────────────────────────────────────────────────────────────


QUESTIONS = verdict_questions(QUESTION, PROMPTS.render)


def nothing_there() -> dict[str, Any]:
    """A whole reply in the shape asked for: nothing is there, and the answer is on topic."""
    least = {"choice": "missing", "score": "0", "predicate": "false"}
    values = {question.name: least[question.type] for question in QUESTIONS} | {ON_TOPIC: "true"}
    return {name: {"quotes": [], "verdict": value, "reason": ""} for name, value in values.items()}


class Chat:
    """A chat model that finds nothing in any answer, but for what it is told to say; counts what it is sent."""

    host = "models.example"

    def __init__(self, said: dict[str, Any] | None = None, *, takes_schema: bool = True, fails_at: int = -1) -> None:
        self.said = said or {}
        self.takes_schema = takes_schema
        self.fails_at = fails_at
        self.sent = 0

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        self.sent += 1
        if self.sent == self.fails_at:
            raise DyingError
        told = {**nothing_there(), **self.said}
        if not self.takes_schema and body["response_format"]["type"] == "json_schema":
            raise ProviderUnsupported("models.example doesn't support this request.")
        message = {"role": "assistant", "content": json.dumps(told)}
        usage = {"prompt_tokens": 10, "completion_tokens": self.sent}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        return {"model": "big-1", "choices": choices, "usage": usage}

    def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        raise NotImplementedError


def chat_over(endpoint: RecordingEndpoint | ReplayingEndpoint) -> Callable[[int], Decider]:
    return lambda repeat: ChatDecider(LLM(endpoint.at(repeat), "big"), PROMPTS)


@pytest.mark.parametrize("takes_schema", [True, False])
async def test_what_was_recorded_replays_to_the_same_grades_repeat_by_repeat(
    tmp_path: Path, takes_schema: bool
) -> None:
    file, cases = tmp_path / "rec.jsonl", [case(id) for id in "abc"]
    recording = RecordingEndpoint(Chat(takes_schema=takes_schema), file)
    live = await collect(cases, chat_over(recording), tmp_path / "live.jsonl", repeats=2, concurrency=2)
    replayed = await collect(cases, chat_over(ReplayingEndpoint(file)), tmp_path / "again.jsonl", repeats=2)
    assert [one.grade.tokens for one in replayed] == [one.grade.tokens for one in live]
    assert len({one.grade.tokens for one in replayed}) == 6  # the model's count of replies is in its usage
    assert all(one.grade.status == "graded" for one in replayed)


def sampled_by(endpoint: RecordingEndpoint | ReplayingEndpoint) -> Callable[[int], Decider]:
    order = Order(decider="chat", samples=3)
    return decider_maker(order, endpoint, "big", PROMPTS, local=False)


async def test_samples_are_recorded_apart_and_replay_to_the_same_grades(tmp_path: Path) -> None:
    file, cases = tmp_path / "rec.jsonl", [case(id) for id in "ab"]
    live = await collect(cases, sampled_by(RecordingEndpoint(Chat(), file)), tmp_path / "1.jsonl", repeats=2)
    replayed = await collect(cases, sampled_by(ReplayingEndpoint(file)), tmp_path / "2.jsonl", repeats=2, concurrency=2)
    assert [one.grade.tokens for one in replayed] == [one.grade.tokens for one in live]
    assert {one.grade.samples for one in replayed} == {3}
    # 2 repeats of 3 samples: of each request the repeats 0 to 5, each recorded once
    assert [one.repeat for one in read_recordings(file)].count(5) == len({one.key for one in read_recordings(file)})
    assert len(read_recordings(file)) == 6 * len({one.key for one in read_recordings(file)})


def test_samples_are_recorded_in_a_set_of_their_own() -> None:
    one, three = Order(decider="chat"), Order(decider="chat", samples=3)
    assert one.file("test").name == "chat-test.jsonl"
    assert three.file("test").name == "chat-3-samples-test.jsonl"
    assert "--samples 3" in three.command("test") and "--samples" not in one.command("test")


async def test_replaying_goes_on_in_the_right_repeat_after_an_interruption(tmp_path: Path) -> None:
    file, cases, out = tmp_path / "rec.jsonl", [case(id) for id in "abc"], tmp_path / "out.jsonl"
    whole = await collect(cases, chat_over(RecordingEndpoint(Chat(), file)), tmp_path / "live.jsonl", repeats=2)
    await collect(cases, chat_over(ReplayingEndpoint(file)), out, repeats=2)
    out.write_text("".join(out.read_text(encoding="utf-8").splitlines(keepends=True)[:6]), encoding="utf-8")
    again = await collect(cases, chat_over(ReplayingEndpoint(file)), out, repeats=2)
    assert [one.grade.tokens for one in again] == [one.grade.tokens for one in whole]


async def test_an_interrupted_recording_goes_on_and_asks_for_nothing_twice(tmp_path: Path) -> None:
    file, cases = tmp_path / "rec.jsonl", [case(id) for id in "abcd"]
    with pytest.raises(DyingError):
        await collect(cases, chat_over(RecordingEndpoint(Chat(fails_at=3), file)), tmp_path / "1.jsonl")
    with file.open("ab") as half:
        half.write(b'{"key":"0123')
    chat = Chat()
    recording = RecordingEndpoint(chat, file, resume=True)
    await collect(cases, chat_over(recording), tmp_path / "2.jsonl")
    assert chat.sent == 2
    assert recording.tidy(stale_of="big") == 0
    assert len(await collect(cases, chat_over(ReplayingEndpoint(file)), tmp_path / "3.jsonl")) == 4


async def test_a_recording_that_goes_on_with_its_outcomes_loses_no_recording(tmp_path: Path) -> None:
    file, out, cases = tmp_path / "rec.jsonl", tmp_path / "out.jsonl", [case(id) for id in "abcd"]
    told = facts(decider="chat", model="big", source="recorded")
    with pytest.raises(DyingError):
        await collect(cases, chat_over(RecordingEndpoint(Chat(fails_at=3), file)), out, told=told)
    recording = RecordingEndpoint(Chat(), file, resume=True)
    await collect(cases, chat_over(recording), out, told=told)
    assert recording.tidy(stale_of="big") == 0 and len(read_recordings(file)) == 4


async def test_what_is_no_longer_asked_for_is_dropped_and_another_models_recordings_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "rec.jsonl"
    await collect([case("a"), case("b")], chat_over(RecordingEndpoint(Chat(), file)), tmp_path / "1.jsonl")
    recording = RecordingEndpoint(Chat(), file, resume=True)
    other: Callable[[int], Decider] = lambda repeat: ChatDecider(LLM(recording.at(repeat), "other"), PROMPTS)  # noqa: E731
    await collect([case("b")], other, tmp_path / "2.jsonl")
    assert recording.tidy(stale_of="other") == 0
    recording = RecordingEndpoint(Chat(), file, resume=True)
    await collect([case("b")], chat_over(recording), tmp_path / "3.jsonl")
    assert recording.tidy(stale_of="big") == 1
    assert [one.request["model"] for one in read_recordings(file)] == ["big", "other"]


async def test_a_changed_answer_makes_its_recording_stale_and_the_run_fails(tmp_path: Path) -> None:
    file = tmp_path / "rec.jsonl"
    await collect([case("a")], chat_over(RecordingEndpoint(Chat(), file)), tmp_path / "1.jsonl")
    replaying = ReplayingEndpoint(file, command="interviewer eval s --record")
    with pytest.raises(RecordingError, match="record again with `interviewer eval s --record`"):
        await collect([case("a", "I shouted at her.")], chat_over(replaying), tmp_path / "2.jsonl")


class Probabilities:
    """The embedded model, and a decision model: both say yes to every second question."""

    host = "127.0.0.1:1"

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        self.bodies.append(body)
        if api == "systemone":
            answers = {name: answer_to(asked) for name, asked in body["questions"].items()}
            return {"model": body["model"], "answers": answers}
        yes, no = (-0.1, -2.4) if len(self.bodies) % 2 else (-2.4, -0.1)
        top = [{"token": "yes", "logprob": yes}, {"token": "no", "logprob": no}]
        message = {"role": "assistant", "content": "yes"}
        choice = {
            "message": message,
            "finish_reason": "length",
            "logprobs": {"content": [{**top[0], "top_logprobs": top}]},
        }
        return {"model": body["model"], "choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}

    def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        raise NotImplementedError


def answer_to(asked: dict[str, Any]) -> dict[str, Any]:
    if asked["type"] == "choice":
        first, *rest = asked["criteria"]
        return {"type": "choice", "probabilities": {first: 1.0, **dict.fromkeys(rest, 0.0)}}
    if asked["type"] == "score":
        return {"type": "score", "probabilities": {"0": 1.0, "1": 0.0, "2": 0.0, "3": 0.0}}
    return {"type": "noul", "noul": 0.75}


@pytest.mark.parametrize("name", ["readout", "systemone"])
def test_a_grader_by_probabilities_replays_as_its_model_was_asked(
    tmp_path: Path, name: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readout, "load_weights", lambda: ASKING)
    answers = tmp_path / "mine.jsonl"
    answers.write_text(json.dumps({"id": "a", "question_id": QUESTION.id, "answer": WORDS}) + "\n", encoding="utf-8")
    order = Order(sets=(str(answers),), decider=name)
    inner, local = Probabilities(), name == "readout"
    recording = RecordingEndpoint(inner, order.file(str(answers)))
    decider = decider_over(name, recording.at(0), ASKING.model, PROMPTS, local=local)
    (only,) = load_set(str(answers), LIBRARY)
    live = asyncio.run(grade_case(only, decider, library=LIBRARY, prompts=PROMPTS))
    assert live.probabilities and ("id_slot" in inner.bodies[0]) == local
    ran = evaluate(Settings(decider=name), order, tmp_path / "out.jsonl", progress=lambda done, total: None)
    (again,) = read_outcomes(ran.out)
    assert again.probabilities == live.probabilities and again.grade.key_points == live.grade.key_points
    assert (ran.facts.source, ran.facts.model) == ("replayed", ASKING.model)
    assert ran.facts.recorded == datetime.date.today().isoformat()


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────


def answered(lines: Sequence[dict[str, Any]], *, bare: bool) -> list[dict[str, Any]]:
    """What a batch API, or somebody who asked otherwise, makes of the requests."""
    replies = []
    for line in lines:
        content = json.dumps(nothing_there())
        body = {
            "model": "big-1",
            "created": 1_764_000_000,  # 2025-11-24, 16:00 UTC
            "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 5},
        }
        whole = {"custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}
        short = {"custom_id": line["custom_id"], "content": content, "model": "big-1", "date": "2025-11-24"}
        replies.append(short if bare else whole)
    return replies


async def import_into(file: Path, replies: Path, cases: Sequence[Case], repeats: int = 1) -> tuple[int, Sequence[str]]:
    return await record_replies(
        cases,
        read_replies(replies),
        file,
        model="big-1",
        library=LIBRARY,
        prompts=PROMPTS,
        repeats=repeats,
        command="x",
    )


@pytest.mark.parametrize("bare", [False, True], ids=["a batch's output", "bare replies"])
async def test_a_batch_goes_out_comes_back_and_replays(tmp_path: Path, bare: bool) -> None:
    cases = [case("a"), case("b"), Case(id="c", question_id=QUESTION.id, asked=("Why?",), answers=("No.",))]
    lines = list(request_lines(cases, model="big", library=LIBRARY, prompts=PROMPTS, repeats=2))
    assert [line["custom_id"] for line in lines] == ["a", "b", "a#1", "b#1"]  # "No." is too short to be asked about
    replies = tmp_path / "replies.jsonl"
    replies.write_text("".join(json.dumps(one) + "\n" for one in answered(lines, bare=bare)), encoding="utf-8")
    assert model_of(read_replies(replies).values()) == "big-1"
    file = tmp_path / "rec.jsonl"
    assert await import_into(file, replies, cases, repeats=2) == (4, ())
    assert await import_into(file, replies, cases, repeats=2) == (4, ())  # again: nothing stands there twice
    recorded = read_recordings(file)
    assert {one.recorded for one in recorded} == {"2025-11-24"} and len(recorded) == 4
    usage = (recorded[0].response or {})["usage"]
    assert usage.get("usage_counted", False) == bare and usage["prompt_tokens"] > 0
    endpoint = ReplayingEndpoint(file)
    outcomes = await collect(
        cases, lambda repeat: ChatDecider(LLM(endpoint.at(repeat), "big-1"), PROMPTS), tmp_path / "o", repeats=2
    )
    assert [one.grade.status for one in outcomes] == ["graded", "graded", "unscored"] * 2


async def test_what_a_batch_left_open_stays_unscored_and_replays_so(tmp_path: Path) -> None:
    said = nothing_there()
    del said["key_point.calm"]
    replies = tmp_path / "replies.jsonl"
    replies.write_text(json.dumps({"custom_id": "a", "content": json.dumps(said)}), encoding="utf-8")
    file = tmp_path / "rec.jsonl"
    assert await import_into(file, replies, [case("a")]) == (1, ())
    first, repair = read_recordings(file)
    assert first.response and first.response["choices"] and repair.response == {"model": "big-1", "choices": []}
    endpoint = ReplayingEndpoint(file)
    decider = ChatDecider(LLM(endpoint.at(0), "big-1"), PROMPTS)
    outcome = await grade_case(case("a"), decider, library=LIBRARY, prompts=PROMPTS)
    unscored = [id for id, point in outcome.grade.key_points.items() if point.verdict == "unscored"]
    assert unscored == ["calm"] and outcome.grade.status == "partly_graded"


async def test_requests_without_a_usable_reply_are_named(tmp_path: Path) -> None:
    replies = tmp_path / "replies.jsonl"
    failed = {"custom_id": "b", "response": {"status_code": 500, "body": {}}, "error": {"message": "overloaded"}}
    replies.write_text(json.dumps(failed) + "\n", encoding="utf-8")
    assert await import_into(tmp_path / "rec.jsonl", replies, [case("a"), case("b")]) == (0, ("a", "b"))


@pytest.mark.parametrize(
    ("line", "why"),
    [("{", "not JSON"), ("{}", "custom_id: Field required"), ('{"custom_id": "a", "content": 3}', "content: ")],
)
def test_a_bad_reply_is_named_by_file_and_line(tmp_path: Path, line: str, why: str) -> None:
    file = tmp_path / "replies.jsonl"
    file.write_text(f'{{"custom_id": "z"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(AnswersError, match=r"replies\.jsonl:2: no reply of a batch: ") as caught:
        read_replies(file)
    assert why in str(caught.value)


@pytest.mark.parametrize(("models", "why"), [((), "don't say which model"), (("m1", "m2"), "are from m1 and m2")])
def test_replies_that_are_from_no_one_model_need_a_name(tmp_path: Path, models: Sequence[str], why: str) -> None:
    file = tmp_path / "replies.jsonl"
    lines = [{"custom_id": str(n), "content": "{}", "model": model} for n, model in enumerate(models or [""])]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with pytest.raises(SettingsError, match=f"--model is missing: the replies {why}"):
        model_of(read_replies(file).values())
