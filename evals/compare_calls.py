"""Compares ways of asking a chat grader: all criteria in one request, a request a kind, a request a criterion, and
three samples of the one request; writes `results/calls.md`.

python evals/compare_calls.py                   measures what was recorded, offline, in seconds
python evals/compare_calls.py --export FILE     writes the requests as a batch file, under numbers that tell nothing
python evals/compare_calls.py --import FILE     records the replies to them

The one request's first reply is that of `recordings/chat-dev.jsonl`. All answers are dev answers: nothing here has seen
a test answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from interviewer.calibrated import DeciderAround
from interviewer.chat_decider import ChatDecider, batch_line, write_messages
from interviewer.content import load_library
from interviewer.evaluation.batches import Replies, read_replies
from interviewer.evaluation.figures import changes, measure
from interviewer.evaluation.records import Case, Figure, Outcome, RunFacts
from interviewer.evaluation.running import grade_case
from interviewer.evaluation.sets import load_set
from interviewer.folders import bundled
from interviewer.grading import questions_for
from interviewer.intake import ungradable
from interviewer.llm import LLM
from interviewer.prompts import Prompts
from interviewer.recordings import RecordingEndpoint, ReplayingEndpoint
from interviewer.sampling import SampledDecider
from interviewer.schema import Decider, Decision, State, TypedQuestion, Usage
from interviewer.tokens import count_tokens

HERE = Path(__file__).resolve().parent
ONE = HERE / "recordings" / "chat-dev.jsonl"
OTHERS = HERE / "recordings" / "chat-calls-dev.jsonl"
REPORT = HERE / "results" / "calls.md"
COMMAND = "python evals/compare_calls.py --import FILE"
ONE_MODEL, MODEL = "imported-batch-1", "imported-batch-2"
PROMPTS = Prompts()
LIBRARY = load_library([bundled("content")])

SEED = 20
ANSWERS, ALONE, SAMPLED = 14, slice(0, 4), slice(4, 12)
"""How many answers; which of them are also asked about criterion by criterion; which three times as a whole."""
SAMPLES = 3
APART = 4
"""So many requests at least lie between two about one answer."""
LEAST_CACHED = 1024
"""Tokens that a beginning needs before OpenAI and others keep it at all."""

Questions = tuple[TypedQuestion, ...]


# ── what is asked ────────────────────────────────────────────────────────────────────────────────────


def whole(questions: Sequence[TypedQuestion]) -> list[Questions]:
    """All in one request, as the product asks."""
    return [tuple(questions)]


def by_kind(questions: Sequence[TypedQuestion]) -> list[Questions]:
    """Key points, motivations, red flags, and the story with its topic."""
    kinds = dict.fromkeys(question.kind for question in questions)
    return [tuple(one for one in questions if one.kind == kind) for kind in kinds]


def alone(questions: Sequence[TypedQuestion]) -> list[Questions]:
    """Each key point and each red flag; nothing else is asked."""
    return [(one,) for one in questions if one.kind in ("key_point", "red_flag")]


Way = Callable[[Sequence[TypedQuestion]], list[Questions]]


def chosen() -> list[Case]:
    """Dev answers to as many questions, drawn band by band."""
    draw = random.Random(SEED)
    bands: dict[int, list[Case]] = {}
    for case in load_set("dev", LIBRARY):
        if case.reference and case.reference.band and not ungradable(case.answers) and asked(case)[0].sentences:
            bands.setdefault(case.reference.band, []).append(case)
    for band in sorted(bands):
        draw.shuffle(bands[band])
    found: dict[str, Case] = {}
    before = -1
    while before < len(found) < ANSWERS:
        before = len(found)
        for band in sorted(bands):
            fresh = next((case for case in bands[band] if case.question_id not in found), None)
            if fresh is not None and len(found) < ANSWERS:
                found[fresh.question_id] = fresh
    return list(found.values())


def asked(case: Case) -> tuple[State, Questions]:
    """What a decider reads and is asked."""
    return questions_for(LIBRARY.questions[case.question_id], case.answers, case.asked, PROMPTS, LIBRARY)


@dataclass(frozen=True)
class Packet:
    """One request of the batch."""

    case: Case
    part: Questions
    repeat: int = 0


def packets(cases: Sequence[Case]) -> dict[str, Packet]:
    """All requests by an id that tells nothing, in an order in which one answer's lie apart."""
    left = [Packet(case, part) for case in cases for part in by_kind(asked(case)[1])]
    left += [Packet(case, part) for case in cases[ALONE] for part in alone(asked(case)[1])]
    left += [Packet(case, asked(case)[1], repeat) for repeat in range(1, SAMPLES) for case in cases[SAMPLED]]
    random.Random(SEED).shuffle(left)
    placed: list[Packet] = []
    while left:
        lately = {one.case.id for one in placed[-APART:]}
        count = {one.case.id: sum(other.case is one.case for other in left) for one in left}
        # Those with most left come first, or they would be all that is left.
        free = [one for one in left if one.case.id not in lately] or left
        most = max(count[one.case.id] for one in free)
        pick = next(one for one in free if count[one.case.id] == most) if most > len(left) / (APART + 2) else free[0]
        left.remove(pick)
        placed.append(pick)
    return {f"r-{number:03}": packet for number, packet in enumerate(placed, 1)}


def export(file: Path) -> None:
    """Writes the requests as lines of a batch's input."""
    lines = (
        batch_line(id, asked(one.case)[0], one.part, model=MODEL, prompts=PROMPTS)
        for id, one in packets(chosen()).items()
    )
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


async def record(file: Path) -> tuple[int, list[str]]:
    """Records the replies; how many, and the ids of the requests without one."""
    replies, recorded, missing = read_replies(file), 0, []
    batch = Replies(MODEL)
    recording = RecordingEndpoint(batch, OTHERS, renew=True, command=COMMAND, today=lambda: batch.day)
    for id, packet in packets(chosen()).items():
        if id not in replies:
            missing.append(id)
            continue
        batch.hand_out(replies[id])
        decider = ChatDecider(LLM(recording.at(packet.repeat), MODEL), PROMPTS)
        async for _ in decider.decide(asked(packet.case)[0], packet.part):
            pass
        recorded += 1
    recording.tidy()
    return recorded, missing


# ── what came of it ──────────────────────────────────────────────────────────────────────────────────


class InParts(DeciderAround):
    """A decider that is asked part by part, and what that took."""

    def __init__(self, inner: Decider, way: Way) -> None:
        super().__init__(inner)
        self.way = way
        self.spent = Usage()

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        for part in self.way(questions):
            async for decision in self.inner.decide(state, part):
                self.spent += decision.usage
                yield decision


@dataclass(frozen=True, eq=False)
class Run:
    """The answers, graded in one way."""

    cases: Sequence[Case]
    outcomes: tuple[Outcome, ...]
    spent: tuple[Usage, ...]
    way: Way = whole


async def graded(cases: Sequence[Case], decider: Decider, way: Way = whole) -> Run:
    """Grades each answer with the code that the page uses."""
    outcomes, spent = [], []
    for case in cases:
        asking = InParts(decider, way)
        outcomes.append(await grade_case(case, asking, library=LIBRARY, prompts=PROMPTS))
        spent.append(asking.spent)
    return Run(cases, tuple(outcomes), tuple(spent), way)


def chat(file: Path, repeat: int = 0) -> ChatDecider:
    """The chat grader over one recording."""
    model = ONE_MODEL if file == ONE else MODEL
    return ChatDecider(LLM(ReplayingEndpoint(file, command=COMMAND).at(repeat), model), PROMPTS)


@cache
def figures(run: Run, *again: Run) -> dict[str, Figure]:
    """Its figures for all answers, by key; those of stability compare it with the runs given."""
    facts = RunFacts(sets=("dev",), decider="chat", model=MODEL, made="", source="replayed", prompt_hash="")
    outcomes = list(run.outcomes)
    for number, other in enumerate(again, 1):
        outcomes += [one.model_copy(update={"repeat": number}) for one in other.outcomes]
    # Neither the raters' own figures nor those of slices by tag are wanted.
    cases = [case.model_copy(update={"raters": (), "tags": ()}) for case in run.cases]
    found = measure(cases, outcomes, facts)
    return {one.key + (f" {one.slice}" if one.slice.startswith("kind:") else ""): one for one in found if _is_all(one)}


def _is_all(figure: Figure) -> bool:
    return not figure.slice or figure.slice.startswith("kind:")


def cost(run: Run) -> tuple[float, float, float, float, float]:
    """Of an answer, on average: requests, prompt tokens, completion tokens; and shares of the prompt that stay the same
    from answer to answer of a document, and that are long enough for a provider to keep."""
    requests = prompt = constant = kept = 0
    for case in run.cases:
        state, questions = asked(case)
        for part in run.way(questions):
            system, user = (count_tokens(one["content"]) for one in write_messages(state, part, PROMPTS))
            requests += 1
            prompt += system + user
            constant += system
            kept += system if system >= LEAST_CACHED else 0
    replied = sum(one.completion_tokens for one in run.spent)
    n = len(run.cases)
    return requests / n, prompt / n, replied / n, constant / prompt, kept / prompt


# ── the report ───────────────────────────────────────────────────────────────────────────────────────

COMPARED = (
    "key_point_macro_f1", "key_point_f1_partial", "red_flag_f1", "motivation_qwk", "star_f1", "band_qwk",
    "quote_fidelity_raw",
)  # fmt: skip
ALONE_COMPARED = ("key_point_macro_f1", "key_point_balanced_f1", "red_flag_f1", "quote_fidelity_raw")
SAMPLED_COMPARED = ("key_point_macro_f1", "key_point_macro_f1_all", "red_flag_f1", "motivation_qwk", "band_qwk")
COSTS = (
    ("requests", "{:.0f}"),
    ("prompt tokens", "{:,.0f}"),
    ("completion tokens", "{:,.0f}"),
    ("of the prompt: the same for every answer to a question", "{:.0%}"),
    (f"of the prompt: that, where it is at least {LEAST_CACHED:,} tokens long, which providers ask for", "{:.0%}"),
)

ONE_CONVERSATION = (
    f"`{MODEL}` is one conversation. It answered everything but the first reply to the one request, and had\n"
    "read an answer before when it came to it again. Where it never differs from itself, that is memory and no\n"
    "agreement: three agreeing samples then say what that conversation says, and what a request a kind changed\n"
    "above may be no more than the difference between two conversations."
)


async def report() -> str:
    """Everything that was measured, as Markdown."""
    cases = chosen()
    few, sampled = cases[ALONE], cases[SAMPLED]
    one, others = chat(ONE), chat(OTHERS)
    again = [chat(OTHERS, repeat) for repeat in range(1, SAMPLES)]
    first, parted = await graded(cases, one), await graded(cases, others, by_kind)
    first_few, parted_few = await graded(few, one), await graded(few, others, by_kind)
    single = await graded(few, others, alone)
    samples = [await graded(sampled, decider) for decider in (one, *again)]
    agreed = await graded(sampled, SampledDecider([one, *again]))
    parted_sampled = await graded(sampled, others, by_kind)
    parts = [
        "# One request or several, for the chat grader",
        f"Written by `evals/compare_calls.py` from recordings: `{ONE_MODEL}` for the one request, `{MODEL}` for all\n"
        f"others. {len(cases)} dev answers to as many questions. In brackets: 95 % intervals over answers.\n"
        "[evals/README.md](../README.md#one-request-or-several) says how they were asked and what they can't show.",
        f"## A request a kind: {len(cases)} answers",
        _table("one request", "a request a kind", first, parted, COMPARED),
        f"## A request a criterion: {len(few)} of them, key points and red flags alone",
        _table("one request", "a request a criterion", first_few, single, ALONE_COMPARED),
        _table("a request a kind", "a request a criterion", parted_few, single, ALONE_COMPARED),
        "## What an answer costs",
        _costs({"one request": first_few, "a request a kind": parted_few, "a request a criterion": single}),
        f"Means of the {len(few)} answers that were asked in all three ways, by this package's own count of tokens, "
        "without the schema. A request a criterion leaves out motivations and the story.",
        f"## The one request again, twice: {len(sampled)} answers",
        ONE_CONVERSATION,
        _table("one", "three agreeing", samples[0], agreed, SAMPLED_COMPARED),
        _samples(samples, agreed, parted_sampled),
    ]
    return "\n\n".join(parts) + "\n"


def _table(name: str, other: str, before: Run, after: Run, keys: Sequence[str]) -> str:
    """Figures of two runs over the same answers, and the change with its paired interval."""
    old, new = figures(before), figures(after)
    moved = {one.key: one for one in changes(before.cases, before.outcomes, after.outcomes)}
    lines = [f"| figure | {name} | {other} | change | n |", "|---|---|---|---|---|"]
    for key in keys:
        change = moved[f"change.{key}"]
        lines.append(
            f"| {old[key].name} | {_said(old[key])} | {_said(new[key])} | {_said(change, '{:+.2f}')} | {new[key].n} |"
        )
    lines.append(f"\n{_verdict([moved[f'change.{key}'] for key in keys])}")
    return "\n".join(lines)


def _verdict(moved: Sequence[Figure]) -> str:
    """Whether any change is more than noise, by its interval."""
    clear = [one.name for one in moved if one.low is not None and one.high is not None and one.low * one.high > 0]
    if not clear:
        return "No change is larger than noise: every interval has 0 in it, or there is none."
    return f"Changes whose interval leaves out 0: {'; '.join(clear)}."


def _said(figure: Figure, form: str = "{:.2f}") -> str:
    if figure.value is None:
        return "—"
    ends = figure.low, figure.high
    interval = "" if None in ends else f" ({form.format(ends[0])} to {form.format(ends[1])})"
    return form.format(figure.value) + interval


def _costs(runs: dict[str, Run]) -> str:
    columns = [cost(run) for run in runs.values()]
    lines = [f"| mean of an answer | {' | '.join(runs)} |", "|---|" + "---|" * len(runs)]
    for place, (name, form) in enumerate(COSTS):
        lines.append(f"| {name} | {' | '.join(form.format(column[place]) for column in columns)} |")
    return "\n".join(lines)


def _samples(samples: Sequence[Run], agreed: Run, parted: Run) -> str:
    """How alike the samples are, and what agreement among them leaves."""
    flips = {
        f"the first ({ONE_MODEL}) and the second ({MODEL})": figures(samples[0], samples[1]),
        f"the second and the third (both {MODEL})": figures(samples[1], samples[2]),
        f"the second and a request a kind (both {MODEL})": figures(samples[1], parted),
    }
    given = figures(agreed)
    kinds = ("key_point", "motivation", "red_flag", "star")
    lines = ["| verdicts that differ between | share | n |", "|---|---|---|"]
    lines += [
        f"| {name} | {_share(found['repeat_flips'])} | {found['repeat_flips'].n} |" for name, found in flips.items()
    ]
    lines += ["", "| kind | still given after three samples | n |", "|---|---|---|"]
    for kind in kinds:
        one = given[f"given kind:{kind}"]
        lines.append(f"| {kind.replace('_', ' ')} | {_share(one)} | {one.n} |")
    singles = ", ".join(_said(figures(run)["key_point_macro_f1"]) for run in samples)
    tokens = [sum(one.prompt_tokens + one.completion_tokens for one in run.spent) for run in (samples[0], agreed)]
    lines.append(
        f"\nEach sample alone, key points, macro-F1: {singles}. Tokens: {tokens[1] / tokens[0]:.1f} times those of one."
    )
    return "\n".join(lines)


def _share(figure: Figure) -> str:
    return _said(figure, "{:.1%}")


def main() -> None:
    """Exports, records, or measures and writes the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--export", type=Path, metavar="FILE", help="write the requests")
    parser.add_argument("--import", type=Path, metavar="FILE", dest="replies", help="record the replies")
    options = parser.parse_args()
    if options.export:
        export(options.export)
        return
    if options.replies:
        recorded, missing = asyncio.run(record(options.replies))
        print(f"{recorded} recorded, {len(missing)} without a reply: {', '.join(missing)}")
    text = asyncio.run(report())
    REPORT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
