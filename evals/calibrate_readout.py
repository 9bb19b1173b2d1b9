"""Fits the readout grader on labelled answers, and measures it against the built-in alone; no model is trained.

python evals/calibrate_readout.py                fits again from the recorded log-odds, offline, in a minute or two
python evals/calibrate_readout.py --minutes 20   first asks the embedded model about answers for so long, some ten
                                                 seconds each on two cores; goes on where it stopped

Writes interviewer/weights/readout.json, evals/results/readout.json and readout.md.

Fitted on: dev answers to every question, and the train answers to questions that the built-in weights were not trained
on; on answers that it has learnt, its readings are surer than users will see. What these answers are worth is measured
by cross-validation, both graders on the same ones. Test answers only report.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import itertools
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from evals.builtin_calibration import GROUPS
from evals.builtin_examples import HELD_QUESTIONS, SEED, load_answers, other_questions
from evals.measure_builtin import SHOWN, Row, figures
from evals.readout_fit import FOLDS, LEVELS, Sample, Shown, area, fit_kind, fold_of, level_of, thresholds
from interviewer import local_model
from interviewer.agreement import bootstrap_interval
from interviewer.builtin import BuiltinDecider
from interviewer.content import load_library
from interviewer.encoder import Criterion, Encoder, Reading, load_tokenizer
from interviewer.folders import bundled
from interviewer.grading import grade, questions_for
from interviewer.llm import LLM, Api, OpenAIEndpoint
from interviewer.prompts import Prompts
from interviewer.readout import (
    ASKED,
    AskedKind,
    Curve,
    ReadoutDecider,
    ReadoutWeights,
    asked_kind,
    templates_hash,
    values_upwards,
)
from interviewer.rubric import rubric_hash
from interviewer.schema import Agreement, Calibration, Decider, QuestionDocument, State, TypedQuestion, Usage

HERE = Path(__file__).parent
RECORDING = HERE / "recordings" / "readout-odds.jsonl"
WEIGHTS = HERE.parent / "interviewer" / "weights" / "readout.json"
MODEL = local_model.MODEL.file.removesuffix(".gguf")
PROMPTS = Prompts()
NEUTRAL = "I don't know. It depends on the situation, I suppose, and on the people."
"""An answer that shows nothing: what the model says to it is its leaning, not a finding."""
ROWS = (
    ("key_point_macro_f1", "key points, macro-F1 of the verdicts given"),
    ("key_point_coverage", "key points, share of verdicts given"),
    ("key_point_macro_f1_all", "key points, macro-F1 with unsure counted as wrong"),
    ("red_flag_f1", "red flags, F1"),
    ("red_flag_area", "red flags, area under the curve"),
    ("band_qwk", "band, quadratic weighted kappa of the bands given"),
    ("requests", "statements put to the model, per answer"),
)
Odds = dict[str, float | None]


@dataclass(frozen=True)
class Item:
    """One labelled answer, or the neutral one to a question."""

    id: str
    question: str
    """Id of its document."""
    asked: str
    answer: str
    use: Literal["fit", "test", "neutral"]
    group: str = ""
    """Part and band: each is drawn from in turn."""
    labels: tuple[dict[str, Any], dict[str, Any]] | None = None
    """Both raters' records."""


@cache
def library() -> Mapping[str, QuestionDocument]:
    """Every question, by id."""
    return load_library([bundled("content")]).questions


def document(question: str) -> QuestionDocument:
    """A question of the library."""
    return library()[question]


# ── drawing ──────────────────────────────────────────────────────────────────────────────────────────


def labelled() -> list[Item]:
    """Every answer that may be fitted or tested on; see the module."""
    items = []
    for question in (SEED, *other_questions("test")):
        held = question in HELD_QUESTIONS
        for part in ("dev", "test", *(("train",) if held else ())):
            use: Literal["fit", "test"] = "test" if part == "test" else "fit"
            where = "seed" if question == SEED else "held" if held else "other" if _has_train(question) else "unseen"
            for first, second in load_answers(part, question):
                group = f"{where} {part} band {first['band']}"
                known = (first["id"], question, first["asked"], first["answer"])
                items.append(Item(*known, use=use, group=group, labels=(first, second)))
    return items


@cache
def _has_train(question: str) -> bool:
    return question in other_questions("train")


def queue() -> list[Item]:
    """What to record, in order, so that stopping early leaves some of everything.

    Two answers to fit on for each to test on; parts and bands in turn; before the first answer to a question the
    neutral one.
    """
    items = labelled()
    fits, tests = (_in_turn(item for item in items if item.use == use) for use in ("fit", "test"))
    mixed = sorted([*enumerate(fits), *((2 * place, item) for place, item in enumerate(tests))], key=lambda at: at[0])
    neutral: dict[str, Item] = {}
    found = []
    for _, item in mixed:
        if item.question not in neutral:
            neutral[item.question] = neutral_item(item.question)
            found.append(neutral[item.question])
        found.append(item)
    return found


def neutral_item(question: str) -> Item:
    """The neutral answer to a question."""
    return Item(f"neutral:{question}", question, document(question).question, NEUTRAL, use="neutral")


def _in_turn(items: Iterable[Item]) -> list[Item]:
    """One of each group, then a second of each, and so on; within a group in an order drawn with a seed."""
    shuffled = list(items)
    random.Random(5).shuffle(shuffled)
    groups: dict[str, list[Item]] = {}
    for item in shuffled:
        groups.setdefault(item.group, []).append(item)
    layers = itertools.zip_longest(*(groups[name] for name in sorted(groups)))
    return [item for layer in layers for item in layer if item is not None]


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────


@cache
def stamp(question: str) -> dict[str, str]:
    """What a recording depends on: where one of these is another, it is made again."""
    return {"model": MODEL, "templates": templates_hash(PROMPTS), "rubric": rubric_hash(document(question))}


def recorded(path: Path = RECORDING) -> dict[str, Odds]:
    """Log-odds by answer and question, as far as they were recorded with this model, wording and document."""
    if not path.is_file():
        return {}
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {line["id"]: line["odds"] for line in lines if stamp(line["question"]).items() <= line.items()}


def questions_of(item: Item) -> tuple[State, list[TypedQuestion]]:
    """What is read, and all verdict questions."""
    state, questions = questions_for(document(item.question), [item.answer], [item.asked], PROMPTS)
    return state, list(questions)


def asked_of(item: Item) -> list[tuple[AskedKind, TypedQuestion]]:
    """The red flags and key points that the model is asked about."""
    _, questions = questions_of(item)
    return [(kind, question) for kind in ASKED for question in questions if asked_kind(question) == kind]


async def record(minutes: float, threads: int | None) -> None:
    """Asks the embedded model about every answer that isn't recorded, until the time is over; writes each at once."""
    until = time.monotonic() + 60 * minutes
    known, items = recorded(), queue()
    missing = [item for item in items if item.id not in known]
    path = local_model.find()
    if path is None:
        raise SystemExit("The embedded model is not there: run `interviewer model pull` first.")
    RECORDING.parent.mkdir(exist_ok=True)
    with local_model.start(path, threads=threads) as server:
        endpoint = OpenAIEndpoint(base_url=server.base_url, api_key=server.api_key, timeout_seconds=900)
        decider = ReadoutDecider(LLM(endpoint, server.model, local=True), PROMPTS, builtin=builtin(), weights=plain())
        for number, item in enumerate(missing, len(items) - len(missing) + 1):
            if time.monotonic() >= until:
                break
            line = {"id": item.id, "question": item.question, **stamp(item.question), "odds": await ask(decider, item)}
            with RECORDING.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, separators=(",", ":")) + "\n")
            print(f"{number}/{len(items)} {item.id}", flush=True)
        await endpoint.close()


async def ask(decider: ReadoutDecider, item: Item) -> Odds:
    """The model's log-odds about one answer, by question name."""
    state, _ = questions_of(item)
    odds = {question.name: (await decider.ask_odds(state, question))[0] for _, question in asked_of(item)}
    return {name: None if value is None else round(value, 3) for name, value in odds.items()}


# ── the graders, offline ─────────────────────────────────────────────────────────────────────────────


class Remembering(Encoder):
    """The built-in encoder, which reads each answer against the same criteria once."""

    def __init__(self, folder: Path) -> None:
        facts = json.loads((folder / "builtin.json").read_text(encoding="utf-8"))
        super().__init__(str(folder / "builtin.onnx"), load_tokenizer(folder / "tokenizer.json"), facts)
        self._known: dict[tuple[tuple[str, ...], tuple[Criterion, ...]], tuple[Reading, ...]] = {}

    def read(self, sentences: Sequence[str], criteria: Sequence[Criterion]) -> tuple[Reading, ...]:
        """See `Encoder`."""
        key = (tuple(sentences), tuple(criteria))
        if key not in self._known:
            self._known[key] = super().read(sentences, criteria)
        return self._known[key]


@cache
def builtin() -> BuiltinDecider:
    """The shipped built-in grader."""
    return BuiltinDecider(Remembering(WEIGHTS.parent))


class Silent:
    """An endpoint that is never asked."""

    host = "nowhere"

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        """See `Endpoint`."""
        raise NotImplementedError

    def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """See `Endpoint`."""
        raise NotImplementedError


class RecordedReadout(ReadoutDecider):
    """The readout grader as users get it, on recorded log-odds."""

    def __init__(self, weights: ReadoutWeights) -> None:
        super().__init__(LLM(Silent(), MODEL), PROMPTS, builtin=builtin(), weights=weights)
        self.odds: Odds = {}
        self.requests = 0

    async def ask_odds(self, state: State, question: TypedQuestion) -> tuple[float | None, Usage]:
        """What was recorded."""
        self.requests += 1
        return self.odds[question.name], Usage()


# ── fitting ──────────────────────────────────────────────────────────────────────────────────────────


def plain(known: Mapping[str, Odds] | None = None) -> ReadoutWeights:
    """Weights that leave the built-in as it is, with the leanings that were recorded."""
    leanings: dict[str, float] = {}
    by_kind: dict[AskedKind, list[float]] = {kind: [] for kind in ASKED}
    weights = ReadoutWeights(
        model=MODEL,
        templates=templates_hash(PROMPTS),
        builtin=builtin().stamp,
        curves={kind: Curve(cuts=(0.0,) * (levels - 1)) for kind, levels in LEVELS.items()},
        leanings=leanings,
        usual={},
        calibration=builtin().calibration.model_copy(update={"agreement": None, "elsewhere": None}),
    )
    key = RecordedReadout(weights).key
    for name in sorted(known or {}):
        item = neutral_item(name.removeprefix("neutral:")) if name.startswith("neutral:") else None
        for kind, question in asked_of(item) if item else ():
            value = known[item.id][question.name] if known and item else None
            if value is not None:
                leanings[key(question)] = value
                by_kind[kind].append(value)
    usual = {kind: round(sum(values) / len(values), 3) for kind, values in by_kind.items() if values}
    return weights.model_copy(update={"leanings": dict(sorted(leanings.items())), "usual": usual})


async def samples_of(items: Sequence[Item], known: Mapping[str, Odds], weights: ReadoutWeights) -> list[Sample]:
    """Every verdict on these answers that the model is asked about."""
    decider, found = RecordedReadout(weights), []
    for item in items:
        state, questions = questions_of(item)
        readings = {decision.name: decision async for decision in builtin().decide(state, questions)}
        for kind, question in asked_of(item):
            odds = known[item.id][question.name]
            reading = tuple(readings[question.name].probabilities[value] for value in values_upwards(question))
            if odds is not None and max(reading) < weights.sure:
                x = odds - decider.leaning(question, kind)
                found.append(Sample(question.name, item.id, reading, x, label_level(item, question)))
    return found


def label_level(item: Item, question: TypedQuestion) -> int:
    """What the first rater said of a criterion, as a level from 0."""
    if item.labels is None:
        raise ValueError(f"{item.id} has no labels")
    return level_of(item.labels[0][GROUPS[question.kind]][question.name.partition(".")[2]])


async def fit(items: Sequence[Item], known: Mapping[str, Odds], start: ReadoutWeights) -> ReadoutWeights:
    """Curves and thresholds from labelled answers; `start` has the leanings."""
    samples = await samples_of(items, known, start)
    curves = {kind: fit_kind([s for s in samples if s.name.startswith(f"{kind}.")], kind) for kind in ASKED}
    joined = start.model_copy(update={"curves": curves})
    shown = [one for item in items for one in await show(RecordedReadout(joined), item, known)]
    return joined.model_copy(update={"calibration": Calibration(**thresholds(shown))})


async def show(decider: Decider, item: Item, known: Mapping[str, Odds]) -> list[Shown]:
    """A grader's probabilities for the key points and red flags of one answer."""
    state, questions = questions_of(item)
    if isinstance(decider, RecordedReadout):
        decider.odds = known[item.id]
    decided = {decision.name: decision.probabilities async for decision in decider.decide(state, questions)}
    found = []
    for kind, question in asked_of(item):
        probabilities = decided[question.name]
        if probabilities:
            levels = tuple(probabilities[value] for value in values_upwards(question))
            found.append(Shown(kind, levels, label_level(item, question)))
    return found


# ── measuring ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Measured:
    """What a grader made of labelled answers, in their order."""

    rows: list[Row]
    shown: list[list[Shown]]
    requests: int

    def __add__(self, other: Measured) -> Measured:
        return Measured(self.rows + other.rows, self.shown + other.shown, self.requests + other.requests)

    def figures(self) -> dict[str, float]:
        """All figures against the first rater."""
        flags = [one for shown in self.shown for one in shown if one.kind == "red_flag"]
        extra = {"red_flag_area": area(flags), "requests": self.requests / len(self.rows)}
        return {key: round(value, 4) for key, value in {**figures(self.rows), **extra}.items()}


async def measure(decider: Decider, items: Sequence[Item], known: Mapping[str, Odds]) -> Measured:
    """Grades answers as users get them graded."""
    rows, shown = [], []
    for item in items:
        shown.append(await show(decider, item, known))
    requests = decider.requests if isinstance(decider, RecordedReadout) else 0
    for item in items:
        if isinstance(decider, RecordedReadout):
            decider.odds = known[item.id]
        steps = grade(document(item.question), [item.answer], asked=[item.asked], decider=decider, prompts=PROMPTS)
        *_, final = [step async for step in steps]
        if item.labels is not None:
            rows.append((*item.labels, final))
    return Measured(rows, shown, requests)


async def measure_unseen(items: Sequence[Item], known: Mapping[str, Odds], start: ReadoutWeights) -> Measured:
    """The combination on answers to fit on, each graded with weights fitted on the other folds."""
    folds, found = fold_of([item.id for item in items]), Measured([], [], 0)
    for fold in range(FOLDS):
        weights = await fit([item for item in items if folds[item.id] != fold], known, start)
        graded = [item for item in items if folds[item.id] == fold]
        found += await measure(RecordedReadout(weights), graded, known)
    return found


def in_folds(items: Sequence[Item]) -> list[Item]:
    """Answers in the order of `measure_unseen`."""
    folds = fold_of([item.id for item in items])
    return sorted(items, key=lambda item: folds[item.id])


def gain(alone: Measured, combined: Measured) -> dict[str, float]:
    """How much better the combination's key-point macro-F1 is, and the 95 % interval over answers."""

    def difference(pairs: Sequence[tuple[Row, Row]]) -> float:
        key = "key_point_macro_f1_all"
        return figures([b for _, b in pairs])[key] - figures([a for a, _ in pairs])[key]

    pairs = list(zip(alone.rows, combined.rows, strict=True))
    low, high = bootstrap_interval(pairs, difference, draws=400)
    return {"value": round(difference(pairs), 4), "low": round(low, 4), "high": round(high, 4)}


async def main() -> None:
    """Records for as long as is asked for, fits, measures, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=0.0, help="how long the embedded model is asked")
    parser.add_argument("--threads", type=int, help="for the model; one per processor unless given")
    options = parser.parse_args()
    if options.minutes > 0:
        await record(options.minutes, options.threads)
    known = recorded()
    items = [item for item in labelled() if item.id in known]
    fits, tests = (_in_turn(item for item in items if item.use == use) for use in ("fit", "test"))
    if len(fits) < FOLDS or not tests:
        raise SystemExit(f"{len(fits)} answers to fit on and {len(tests)} to test on are recorded: use --minutes 20.")
    start = plain(known)
    weights = await fit(fits, known, start)
    result = {
        "fit": compare(await measure(builtin(), in_folds(fits), known), await measure_unseen(fits, known, start)),
        "test": compare(await measure(builtin(), tests, known), await measure(RecordedReadout(weights), tests, known)),
    }
    write(weights, result, tests)


def compare(alone: Measured, combined: Measured) -> dict[str, Any]:
    """Both graders' figures on the same answers."""
    return {
        "answers": len(alone.rows),
        "alone": alone.figures(),
        "combined": combined.figures(),
        "gain": gain(alone, combined),
    }


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────


def write(weights: ReadoutWeights, result: dict[str, Any], tests: Sequence[Item]) -> None:
    """Writes the weights with their figures, and the results; prints the table."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    agreement = {
        grader: Agreement(
            labellers="model-rater-1, model-rater-3",
            split=f"test ({len(tests)} answers to {len({item.question for item in tests})} questions)",
            measured=today,
            **{key: result["test"][grader][key] for key in SHOWN},
        )
        for grader in ("alone", "combined")
    }
    calibration = weights.calibration.model_copy(update={"agreement": agreement["combined"]})
    made = weights.model_copy(update={"calibration": calibration, "alone": agreement["alone"]})
    WEIGHTS.write_text(made.model_dump_json(indent=1) + "\n", encoding="utf-8")
    told = {"model": MODEL, "builtin": weights.builtin, "measured": today, **result}
    curves = {kind: curve.model_dump() for kind, curve in weights.curves.items()}
    (HERE / "results" / "readout.json").write_text(json.dumps({**told, "curves": curves}, indent=1) + "\n", "utf-8")
    words = table(told) + "".join(f"\nCurve of {kind}: {curve}" for kind, curve in weights.curves.items()) + "\n"
    (HERE / "results" / "readout.md").write_text(words, encoding="utf-8")
    print(words)


def table(result: Mapping[str, Any]) -> str:
    """The figures as Markdown."""
    fit, test = result["fit"], result["test"]
    lines = [
        f"Model `{result['model']}` after the built-in grader `{result['builtin']}`, measured {result['measured']},",
        "against the first rater's labels, both graders on the same answers, graded as users get them graded. Dev: the",
        "answers that the curves are fitted on, each graded with curves fitted on the others. Test chose nothing.",
        "",
        f"| figure | dev ({fit['answers']}): built-in alone | dev: combined "
        f"| test ({test['answers']}): built-in alone | test: combined |",
        "|---|---|---|---|---|",
    ]
    for key, words in ROWS:
        cells = (part[grader][key] for part in (fit, test) for grader in ("alone", "combined"))
        lines.append(f"| {words} | {' | '.join(f'{value:.2f}' for value in cells)} |")
    for name, part in (("dev", fit), ("test", test)):
        more = part["gain"]
        lines.append(
            f"\nGain in macro-F1 with unsure counted as wrong, {name}: {more['value']:+.3f} "
            f"(95 % interval over answers {more['low']:+.3f} to {more['high']:+.3f})."
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    asyncio.run(main())
