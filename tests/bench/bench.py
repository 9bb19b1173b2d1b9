"""Measures what people wait for, beside the bare thing in the same run; prints a table and asserts nothing.

Run it with `make bench`, or parts of it by name: `python tests/bench/bench.py replay`. Every
figure is a median; the number of runs stands beside it. Nothing
leaves the machine.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
FIRST_WORD_SECONDS = 0.050
"""What the fake endpoint waits before its first word; a fast hosted model needs several times as long."""
BETWEEN_WORDS_SECONDS = 0.002
LINE = "What did you say to that customer first, and what did they do then?"

Row = tuple[str, str, str, str]
"""What, figure, beside, runs."""

BARE_PAGE = """
import sys, gradio as gr
with gr.Blocks() as page:
    gr.Chatbot(); gr.Textbox()
page.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True)
"""


def main() -> None:
    """Measure everything, or what is named; what can't be measured says why."""
    from interviewer import local_model

    measures: dict[str, Callable[[], Iterator[Row]]] = {
        "help": help_seconds,
        "page": page_start,
        "speech": speech_overhead,
        "builtin": builtin_grades,
        "prompts": prompt_sizes,
        "progress": progress_drawn,
        "replay": replayed_grades,
        "ahead": partial(reading_ahead, local_model.find()),
    }
    chosen = sys.argv[1:] or list(measures)
    if unknown := [name for name in chosen if name not in measures]:
        sys.exit(f"There is no part {unknown[0]!r}: choose among {', '.join(measures)}.")
    table = Table("what", "ours", "beside it", "runs", title="make bench")
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(clean_environment(home))
        for name in chosen:
            try:
                for row in measures[name]():
                    table.add_row(*row)
            except Exception as error:  # a figure that is missing is reported, the others are still wanted
                table.add_row(name, f"not measured: {error}", "", "")
    Console(width=130).print(table)


def clean_environment(home: str) -> dict[str, str]:
    """No keys, no model, no statistics: the same run on every machine."""
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "INTERVIEWER_"))]:
        del os.environ[name]
    return {
        "GRADIO_ANALYTICS_ENABLED": "False",
        "INTERVIEWER_LOCAL_MODEL": "off",
        "INTERVIEWER_DATA": f"{home}/data",
        "INTERVIEWER_CACHE": f"{home}/cache",
    }


def help_seconds(runs: int = 9) -> Iterator[Row]:
    """Seconds of `interviewer --help`, beside a Python that does nothing."""

    def seconds(*command: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        return time.perf_counter() - started

    ours, bare = alternate(runs, lambda: seconds("-m", "interviewer", "--help"), lambda: seconds("-c", "pass"))
    yield "interviewer --help", f"{ours:.2f} s", f"python -c pass: {bare:.2f} s (ours × {ours / bare:.1f})", str(runs)


def page_start(runs: int = 3) -> Iterator[Row]:
    """Seconds from starting the process until the page answers, beside a bare Gradio page."""

    def seconds(*command: str) -> float:
        port = free_port()
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *[part.format(port=port) for part in command]],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            wait_for_page(f"http://127.0.0.1:{port}/", process)
            return time.perf_counter() - started
        finally:
            process.terminate()
            process.communicate()

    ours, bare = alternate(
        runs,
        lambda: seconds("-m", "interviewer", "serve", "--port", "{port}"),
        lambda: seconds("-c", BARE_PAGE.replace("{", "{{").replace("}", "}}"), "{port}"),
    )
    yield "page start-up", f"{ours:.2f} s", f"bare Gradio page: {bare:.2f} s (ours × {ours / bare:.2f})", str(runs)


def speech_overhead(runs: int = 60) -> Iterator[Row]:
    """Milliseconds from an answer to the first visible word, beside a bare SDK stream of the same request."""
    ours, bare = asyncio.run(_speech(runs))
    overhead = (ours - bare) * 1000
    beside = f"bare SDK stream: {bare * 1000:.1f} ms (ours × {ours / bare:.2f}, overhead {overhead:.1f} ms)"
    yield "answer → first word", f"{ours * 1000:.1f} ms", beside, str(runs)


async def _speech(runs: int) -> tuple[float, float]:
    from openai import AsyncOpenAI

    from interviewer import interview as talk
    from interviewer.llm import LLM, OpenAIEndpoint

    prompts, document = shipped()
    answers, _ = labelled_answers()
    async with fake_endpoint() as base_url:
        endpoint = OpenAIEndpoint(base_url=base_url, api_key="none", timeout_seconds=30)
        interviewer = talk.Interviewer(prompts=prompts, llm=LLM(endpoint, "fake"))
        client = AsyncOpenAI(base_url=base_url, api_key="none")
        begun = talk.begin([document], prompts=prompts, id="bench", now=time.time())

        async def our_first_word(answer: str) -> float:
            started = time.perf_counter()
            answered = talk.answer(begun, answer)
            step = talk.next_step(answered, None, time.time())
            seconds = 0.0
            async for _piece in talk.speak(answered, step, interviewer):
                seconds = seconds or time.perf_counter() - started
            return seconds

        async def bare_first_word(answer: str) -> float:
            answered = talk.answer(begun, answer)
            step = talk.next_step(answered, None, time.time())
            assert isinstance(step, talk.FollowUp)
            body: Any = talk.messages(answered, step.probe, prompts)
            seconds = 0.0
            started = time.perf_counter()
            stream = await client.chat.completions.create(model="fake", messages=body, max_tokens=90, stream=True)
            async for chunk in stream:
                if chunk.choices and chunk.choices[0].delta.content:
                    seconds = seconds or time.perf_counter() - started
            return seconds

        ours: list[float] = []
        bare: list[float] = []
        for number in range(runs + 5):
            text = answers[number % len(answers)]
            ours.append(await our_first_word(text))
            bare.append(await bare_first_word(text))
        await client.close()
        await endpoint.close()
    return statistics.median(ours[5:]), statistics.median(bare[5:])  # the first ones open connections


def builtin_grades() -> Iterator[Row]:
    """Seconds of a whole grade by the built-in decider, one at a time, and answers a second."""
    from interviewer import encoder
    from interviewer.builtin import BuiltinDecider
    from interviewer.grading import grade

    prompts, document = shipped()
    answers, _ = labelled_answers()
    started = time.perf_counter()
    decider = BuiltinDecider(encoder.load())
    loading = time.perf_counter() - started

    async def seconds(answer: str) -> float:
        begun = time.perf_counter()
        async for _ in grade(document, [answer], asked=[document.question], decider=decider, prompts=prompts):
            pass
        return time.perf_counter() - begun

    asyncio.run(seconds(answers[0]))
    each = [asyncio.run(seconds(answer)) for answer in answers[:60]]
    usual, slow = statistics.median(each), sorted(each)[int(len(each) * 0.95)]
    words = statistics.median(len(answer.split()) for answer in answers[:60])
    yield "built-in seconds per answer", f"{usual:.3f} s", f"95th percentile {slow:.3f} s", str(len(each))
    yield "built-in answers per second", f"{1 / usual:.1f}", f"median answer {words:.0f} words", str(len(each))
    yield "built-in decider loads in", f"{loading:.2f} s", "", "1"


def prompt_sizes(runs: int = 60) -> Iterator[Row]:
    """Prompt tokens of an interviewer's turn, and of a grade by each decider that asks a language model."""
    from interviewer import interview as talk
    from interviewer.tokens import count_tokens

    prompts, document = shipped()
    answers, _ = labelled_answers()
    begun = talk.begin([document], prompts=prompts, id="bench", now=time.time())
    turns = []
    for text in answers[:runs]:
        answered = talk.answer(begun, text)
        step = talk.next_step(answered, None, time.time())
        if isinstance(step, talk.FollowUp) and step.probe.text:
            turns.append(sum(count_tokens(said["content"]) for said in talk.messages(answered, step.probe, prompts)))
    yield "prompt tokens per turn", f"{statistics.median(turns):.0f}", f"most {max(turns)}", str(len(turns))
    for name in ("chat", "readout"):
        sent = asyncio.run(grade_requests(name, answers[: runs + 1]))
        whole = statistics.median(sum(map(count_tokens, texts)) for texts in sent[1:])
        anew = statistics.median(new_tokens(before[-1], texts) for before, texts in itertools.pairwise(sent))
        beside = f"in {len(sent[0])} request(s); {anew:.0f} not in the prefix cache"
        yield f"prompt tokens per grade, {name}", f"{whole:.0f}", beside, str(runs)


def reading_ahead(model: Path | None, runs: int = 3) -> Iterator[Row]:
    """Seconds from sending a long answer to what the embedded model makes of it, read while it was typed or not."""
    from interviewer import local_model

    if model is None:
        raise RuntimeError("the embedded model is not there; run `interviewer model pull`")
    answers = sorted(labelled_answers()[0], key=lambda text: len(text.split()))[-runs:]
    with local_model.start(model) as server:
        bare, ahead = asyncio.run(_answered(server, answers))
    words = statistics.median(len(answer.split()) for answer in answers)
    for place, what in enumerate(
        ("first word of the next line", "then first verdict of the model", "then whole grade")
    ):
        ours, beside = (statistics.median(times[place] for times in found) for found in (ahead, bare))
        yield f"{words:.0f} words: {what}", f"{ours:.1f} s", f"{beside:.1f} s not read while typed", str(runs)


async def _answered(server: Any, answers: list[str]) -> list[list[tuple[float, ...]]]:
    """What each answer takes, in seconds: as it is, then read while it is typed."""
    from interviewer.builtin import BuiltinDecider
    from interviewer.encoder import load
    from interviewer.interview import Interviewer, answer, answers_to
    from interviewer.llm import LLM, OpenAIEndpoint
    from interviewer.panel import Panel
    from interviewer.readout import ReadoutDecider

    prompts, document = shipped()
    endpoint = OpenAIEndpoint(base_url=server.base_url, api_key=server.api_key, timeout_seconds=900)
    llm = LLM(endpoint, server.model, local=True)
    decider = ReadoutDecider(llm, prompts, builtin=BuiltinDecider(load()))
    panel = Panel(shipped_library(), prompts, Interviewer(prompts, llm), decider, ahead=decider)
    asked = panel.begin([document.id], id="bench", now=0.0)

    async def typed(text: str) -> None:
        words, known = text.split(" "), 0
        for count in range(1, len(words) + 1):
            before = -1
            while before < known:
                before, known = known, await panel.read_ahead(asked, " ".join(words[:count]), known)

    async def seconds(text: str) -> tuple[float, ...]:
        begun, first = time.perf_counter(), 0.0
        answered = answer(asked, text)
        async with aclosing(panel.speak(answered, None, 0.0)) as line:  # type: ignore[type-var]
            await anext(line)
        spoken = time.perf_counter()
        questions, answers = answers_to(answered, document.id)
        async for grade in panel.grade(document, answers, asked=questions):
            if not first and grade.tokens:
                first = time.perf_counter() - spoken
        return spoken - begun, first, time.perf_counter() - spoken

    await seconds(answers[-1])  # what is the same before every answer is read
    bare = [await seconds(text) for text in answers]
    ahead = []
    for text in answers:
        await typed(text)
        ahead.append(await seconds(text))
    await endpoint.close()
    return [bare, ahead]


def progress_drawn(answers: int = 1000, runs: int = 9) -> Iterator[Row]:
    """Milliseconds in which the progress view's handler draws a history of so many answers; at first, and later."""
    from interviewer.page.desk import Desk
    from interviewer.page.history_desk import HistoryDesk
    from interviewer.panel import Panel
    from interviewer.store import Store

    decider: Any = None  # nobody grades here
    prompts, _ = shipped()
    library = shipped_library()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for interview in practised_interviews(library, prompts, answers):
            store.save(interview)
        history = HistoryDesk(Desk(Panel(library, prompts, None, decider), store))  # type: ignore[arg-type]
        each = []
        for _ in range(runs):
            started = time.perf_counter()
            history.draw()
            each.append((time.perf_counter() - started) * 1000)
    beside = f"the first time: {each[0]:.0f} ms"
    yield f"progress with {answers:,} stored answers", f"{statistics.median(each[1:]):.0f} ms", beside, str(runs - 1)


def practised_interviews(library: Any, prompts: Any, answers: int) -> Iterator[Any]:
    """Interviews of ten graded answers each, three a week, with verdicts by a fixed chance."""
    from interviewer import interview as talk
    from interviewer.rubric import rubric_hash
    from interviewer.schema import Grade, KeyPointVerdict, RedFlagVerdict
    from interviewer.store import new_id

    rng = random.Random(1)
    documents = list(library.questions.values())
    verdicts = ("covered", "partial", "missing", "unsure")
    for number in range(answers // 10):
        at = 1_700_000_000 + number * 200_000.0
        begun = talk.begin(rng.sample(documents, 10), prompts=prompts, id=new_id(), now=at)
        for document in begun.questions:
            begun = talk.answer(begun.model_copy(update={"position": begun.questions.index(document)}), "I did.", at)
            points = {one.id: KeyPointVerdict(verdict=rng.choice(verdicts)) for one in document.key_points}
            flags = {one.id: RedFlagVerdict(verdict="absent") for one in document.red_flags}
            grade = Grade(
                id="", question_id=document.id, status="graded", key_points=points, red_flags=flags,
                star={"result": rng.random() < 0.5}, band=rng.randint(1, 5), coverage=0.5, decider="builtin",
                model="bench", prompt_hash="", rubric_hash=rubric_hash(document),
            )  # fmt: skip
            begun = talk.with_grade(begun, grade)
        yield begun.model_copy(update={"ended": "done"})


def replayed_grades(wanted: int = 10_000) -> Iterator[Row]:
    """Seconds and memory of an evaluation that replays so many recorded grades, in a process of its own."""
    command = [sys.executable, __file__, "--replay-in-this-process", str(wanted)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    seconds, busy, first, last = map(float, told.stdout.split())
    beside = f"{busy:.0f} s of a processor; peak {last:.0f} MB, after the first tenth {first:.0f} MB"
    yield f"{wanted:,} replayed grades", f"{seconds:.1f} s", beside, "1"


async def _replay(wanted: int) -> tuple[float, float, float, float]:
    """Seconds, those of them on a processor, and the peak megabytes of this process after a tenth and at the end."""
    from interviewer.chat_decider import ChatDecider
    from interviewer.evaluation.records import RunFacts
    from interviewer.evaluation.running import Work, run
    from interviewer.evaluation.sets import load_set
    from interviewer.llm import LLM
    from interviewer.recordings import ReplayingEndpoint

    prompts, _ = shipped()
    library = shipped_library()
    cases = load_set("dev", library)
    replaying = ReplayingEndpoint(ROOT / "evals" / "recordings" / "chat-dev.jsonl")
    model = next(iter(replaying.days))
    facts = RunFacts(
        sets=("dev",), decider="chat", model=model, made="2026-01-01", source="replayed",
        prompt_hash=prompts.hash("grader"),
    )  # fmt: skip
    # Each repeat grades the same recorded replies again.
    work = Work(cases, lambda repeat: ChatDecider(LLM(replaying.at(0), model), prompts))
    repeats = -(-wanted // len(cases))
    done, first = 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        started, busy = time.perf_counter(), time.process_time()
        async for _ in run(
            [work], Path(folder) / "out.jsonl", facts, library=library, prompts=prompts, repeats=repeats
        ):
            done += 1
            if done == wanted // 10:
                first = peak_megabytes()
            if done == wanted:
                break
        return time.perf_counter() - started, time.process_time() - busy, first, peak_megabytes()


def peak_megabytes() -> float:
    """The most memory that this process has held, as the system counts it."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 1e6 if sys.platform == "darwin" else used / 1e3


async def grade_requests(name: str, answers: list[str]) -> list[list[str]]:
    """For each answer, the texts of the requests that a decider makes to grade it."""
    from interviewer import encoder
    from interviewer.builtin import BuiltinDecider
    from interviewer.chat_decider import ChatDecider
    from interviewer.grading import grade
    from interviewer.llm import LLM
    from interviewer.readout import ReadoutDecider

    prompts, document = shipped()
    sent = []
    for answer in answers:
        endpoint = Noting()
        llm = LLM(endpoint, "noting")
        pointer = BuiltinDecider(encoder.load())
        decider = ChatDecider(llm, prompts) if name == "chat" else ReadoutDecider(llm, prompts, builtin=pointer)
        async for _ in grade(document, [answer], asked=[document.question], decider=decider, prompts=prompts):
            pass
        sent.append(endpoint.texts)
    return sent


def new_tokens(before: str, texts: list[str]) -> int:
    """Tokens that no prefix cache holds, when each request comes after the other."""
    from interviewer.tokens import count_tokens

    shared = map(os.path.commonprefix, itertools.pairwise([before, *texts]))  # of strings, no paths
    return sum(count_tokens(text.removeprefix(prefix)) for text, prefix in zip(texts, shared, strict=True))


class Noting:
    """An endpoint that notes what it is sent, and finds nothing in any answer."""

    host = "noting"

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def send(self, api: str, body: dict[str, Any]) -> dict[str, Any]:
        """Says no to everything, as JSON and in log-probabilities."""
        self.texts.append("\n".join(message["content"] for message in body["messages"]))
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        told = {
            name: {"verdict": next(v for v in entry["properties"]["verdict"]["enum"] if v in ("missing", "0", "false"))}
            for name, entry in schema.get("properties", {}).items()
        }
        tokens = [{"token": "no", "logprob": -0.1, "top_logprobs": []}]
        choice = {"index": 0, "message": {"content": json.dumps(told)}, "logprobs": {"content": tokens}}
        return {"model": "noting", "choices": [choice]}

    def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """No decider streams."""
        raise NotImplementedError


def alternate(runs: int, ours: Callable[[], float], bare: Callable[[], float]) -> tuple[float, float]:
    """Medians of both, measured in turn so that a busy machine is busy for both; the first pair warms up."""
    pairs = [(ours(), bare()) for _ in range(runs + 1)][1:]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def shipped() -> tuple[Any, Any]:
    """The packaged prompts and the first question."""
    from interviewer.prompts import Prompts

    return Prompts(), shipped_library().questions["difficult-customers"]


def shipped_library() -> Any:
    """Every packaged document."""
    from interviewer.content import load_library
    from interviewer.folders import bundled

    return load_library([bundled("content")])


def labelled_answers() -> tuple[list[str], Path]:
    """The texts of the labelled answers, and the file they are from."""
    file = ROOT / "evals" / "answers" / "difficult-customers.jsonl"
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    texts = [line["answer"] for line in lines]
    return [text for text in texts if len(text.split()) >= 30], file


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for_page(address: str, process: subprocess.Popen[str]) -> None:
    """Returns once the page answers; raises with the process's last words if it ends first."""
    while True:
        if process.poll() is not None:
            said = process.stderr.read() if process.stderr else ""
            raise RuntimeError(f"the page ended at once: {said.strip().splitlines()[-1:]}")
        try:
            with urllib.request.urlopen(address, timeout=5) as reply:
                if reply.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)


@asynccontextmanager
async def fake_endpoint() -> AsyncIterator[str]:
    """An OpenAI-compatible endpoint on loopback that streams one line with fixed delays."""

    serving: set[asyncio.Task[Any] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                fields = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:] if ": " in line)
                await reader.readexactly(int(fields.get("content-length", "0")))
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                )
                await writer.drain()
                await asyncio.sleep(FIRST_WORD_SECONDS)
                for event in events():
                    writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
                    await writer.drain()
                    await asyncio.sleep(BETWEEN_WORDS_SECONDS)
                writer.write(b"0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()
        await asyncio.gather(*filter(None, serving))  # they end when the clients have closed


def events() -> Iterator[bytes]:
    """The line as server-sent events, a word each."""
    frame: dict[str, Any] = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "fake"}
    for word in LINE.replace(" ", "\0 ").split("\0"):
        choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
        yield f"data: {json.dumps({**frame, 'choices': [choice]})}\n\n".encode()
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield f"data: {json.dumps({**frame, 'choices': [last]})}\n\n".encode()
    yield b"data: [DONE]\n\n"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--replay-in-this-process"]:
        print(*asyncio.run(_replay(int(sys.argv[2]))))
    else:
        main()
