"""Fits how the readout grader joins the built-in's reading and the embedded model's, and its thresholds.

python evals/calibrate_readout.py            fits again from the recorded replies, offline, in a minute or two
python evals/calibrate_readout.py --record   first asks the embedded model what isn't recorded, some thirteen seconds an
                                             answer on two cores; goes on where it stopped

Writes interviewer/weights/readout.json, evals/results/curve.json and curve.md. Neither model is trained
here, and no test answer is read: `interviewer eval test unseen --decider readout` measures, and
`python evals/measure_builtin.py --decider readout` publishes that.

Fitted on: dev answers to every question, and the train answers to questions that neither model was trained on; what
they have learnt they are surer of than users will see. Labels: the settled ones. What the fit is worth on these answers
is measured by cross-validation over answers.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from evals.builtin_calibration import GROUPS
from evals.builtin_examples import HELD_QUESTIONS, SEED, load_settled, other_questions
from evals.readout_fit import FOLDS, LEVELS, Sample, Shown, area, fit_kind, fold_of, level_of, thresholds
from interviewer import local_model
from interviewer.agreement import macro_f1
from interviewer.builtin import BuiltinDecider
from interviewer.content import load_library
from interviewer.encoder import load
from interviewer.folders import bundled
from interviewer.grading import questions_for
from interviewer.llm import LLM, Endpoint, OpenAIEndpoint
from interviewer.prompts import Prompts
from interviewer.readout import (
    ASKED,
    Curve,
    ReadoutDecider,
    ReadoutWeights,
    Said,
    asked_kind,
    templates_hash,
    values_upwards,
)
from interviewer.recordings import RecordingEndpoint, ReplayingEndpoint, read_recordings
from interviewer.schema import Calibration, QuestionDocument, State, TypedQuestion

HERE = Path(__file__).parent
COMMAND = "python evals/calibrate_readout.py --record"
RECORDING = HERE / "recordings" / "readout-fit.jsonl"
WEIGHTS = HERE.parent / "interviewer" / "weights" / "readout.json"
MODEL = local_model.MODEL.file.removesuffix(".gguf")
PROMPTS = Prompts()
COUNTS = (0, 2, 4, 6, 8, 10, 12)
"""Statements put to the model, at most, of which the curve of quality against seconds is made."""
SURE_SHARE = 0.75
"""Of the key points, the surest share that the curve's macro-F1 is of."""
MOST_FLAGGED = 0.05
"""Of the answers without a red flag, the share flagged at which the curve counts those found."""


class Item(NamedTuple):
    """One labelled answer."""

    id: str
    question: str
    """Id of its document."""
    asked: str
    answer: str
    labels: dict[str, Any]
    """The settled ones."""
    held: bool
    """Whether it answers a question that neither model was trained on."""


@dataclass(frozen=True)
class Read:
    """What both made of an answer."""

    item: Item
    readings: Mapping[str, tuple[float, ...]]
    """The built-in's probabilities by question, from the lowest level."""
    said: Mapping[str, Said]
    """What the model said of those it was asked about, those that the built-in doubted most first."""


@cache
def library() -> Mapping[str, QuestionDocument]:
    """Every question, by id."""
    return load_library([bundled("content")]).questions


@cache
def builtin() -> BuiltinDecider:
    """The shipped built-in grader."""
    return BuiltinDecider(load())


def labelled() -> list[Item]:
    """Every answer that is fitted on; see the module."""
    items = []
    for question in (SEED, *other_questions("dev")):
        held = question in HELD_QUESTIONS
        for part in ("dev", *(("train",) if held else ())):
            for first, _, settled in load_settled(part, question):
                items.append(Item(first["id"], question, first["asked"], first["answer"], settled, held))
    return items


def questions_of(item: Item) -> tuple[State, list[TypedQuestion]]:
    """What is read, and the key points and red flags."""
    state, questions = questions_for(library()[item.question], [item.answer], [item.asked], PROMPTS)
    return state, [question for question in questions if asked_kind(question)]


def asking() -> ReadoutWeights:
    """Weights with which everything doubtful is asked about."""
    return ReadoutWeights(
        model=MODEL,
        adapter=hashlib.sha256(local_model.ADAPTER.read_bytes()).hexdigest()[:12],
        templates=templates_hash(PROMPTS),
        builtin=builtin().stamp,
        curves={kind: Curve(model=1.0, cuts=(0.0,) * (levels - 1)) for kind, levels in LEVELS.items()},
        calibration=builtin().calibration.model_copy(update={"agreement": None, "elsewhere": None}),
    )


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────


async def read_all(items: Sequence[Item], endpoint: Endpoint, *, say: bool = False) -> list[Read]:
    """What both make of every answer, the model's part through the endpoint."""
    decider = ReadoutDecider(LLM(endpoint, MODEL, local=True), PROMPTS, builtin=builtin(), weights=asking())
    found = []
    for number, item in enumerate(items, 1):
        state, questions = questions_of(item)
        decisions = {one.name: one async for one in builtin().decide(state, questions)}
        readings = {
            question.name: tuple(decisions[question.name].probabilities[value] for value in values_upwards(question))
            for question in questions
        }
        said = {}
        for question in decider.choose(questions, decisions):
            reply, _ = await decider.ask(state, question)
            if reply is not None:
                said[question.name] = reply
        doubts = {name: decider.doubt(kind_of(name), decisions[name]) for name in said}
        ordered = {name: said[name] for name in sorted(said, key=doubts.__getitem__, reverse=True)}
        found.append(Read(item, readings, ordered))
        if say:
            print(f"{number}/{len(items)} {item.id}", flush=True)
    return found


async def record(items: Sequence[Item]) -> None:
    """Asks the embedded model what isn't recorded yet; each reply is written at once."""
    path = local_model.find()
    if path is None:
        raise SystemExit("The embedded model is not there: run `interviewer model pull` first.")
    with ExitStack() as stack:
        server = stack.enter_context(local_model.start(path))
        asked = OpenAIEndpoint(base_url=server.base_url, api_key=server.api_key, timeout_seconds=900)
        await read_all(items, RecordingEndpoint(asked, RECORDING, resume=True, command=COMMAND), say=True)
        await asked.close()


def seconds_of(path: Path) -> tuple[float, float]:
    """What the recorded replies took the server, in seconds: all of an answer's together, and one after the first.

    Medians; an answer is what comes before the criterion in a request. Those after its first reply take as long as the
    median one: an answer that was recorded in two goes was read twice then, and is read once by who uses it.
    """
    by_answer: dict[str, list[float]] = {}
    for one in read_recordings(path, command=COMMAND):
        if one.response is not None:
            timings = one.response["timings"]
            read = one.request["messages"][-1]["content"].rpartition("\n\n")[0]
            by_answer.setdefault(read, []).append((timings["prompt_ms"] + timings["predicted_ms"]) / 1000)
    later = [seconds for _, *others in by_answer.values() for seconds in others]
    each = float(np.median(later))
    return float(np.median([first + each * len(others) for first, *others in by_answer.values()])), each


# ── fitting ──────────────────────────────────────────────────────────────────────────────────────────


def samples_of(reads: Iterable[Read]) -> list[Sample]:
    """Every verdict that the model was asked about."""
    return [
        Sample(name, read.item.id, read.readings[name], said.levels, label_level(read.item, name))
        for read in reads
        for name, said in read.said.items()
    ]


def label_level(item: Item, name: str) -> int:
    """What was settled on a criterion (`key_point.calm`), as a level from 0."""
    kind, _, criterion = name.partition(".")
    return level_of(item.labels[GROUPS[kind]][criterion])  # type: ignore[index]


def fit_curves(reads: Sequence[Read]) -> dict[Any, Curve]:
    """The curve of each kind."""
    samples = samples_of(reads)
    return {kind: fit_kind([one for one in samples if kind_of(one.name) == kind], kind) for kind in ASKED}


def kind_of(name: str) -> Any:
    """`key_point` of `key_point.calm`."""
    return name.partition(".")[0]


def show(read: Read, curves: Mapping[Any, Curve], most: int) -> list[Shown]:
    """The probabilities that users would get, with the model asked about `most` verdicts."""
    heard = dict(list(read.said.items())[:most])
    return [
        Shown(
            kind_of(name),
            curves[kind_of(name)].levels(reading, heard[name].levels) if name in heard else reading,
            label_level(read.item, name),
            read.item.id,
        )
        for name, reading in read.readings.items()
    ]


def shown_unseen(reads: Sequence[Read], most: int) -> list[Shown]:
    """As `show`, each answer with curves fitted on the other folds."""
    folds = fold_of([read.item.id for read in reads])
    found = []
    for fold in range(FOLDS):
        curves = fit_curves([read for read in reads if folds[read.item.id] != fold])
        found += [one for read in reads if folds[read.item.id] == fold for one in show(read, curves, most)]
    return found


# ── measuring ────────────────────────────────────────────────────────────────────────────────────────


def figures(shown: Sequence[Shown]) -> dict[str, float]:
    """How good the probabilities are, before any threshold."""
    points = [one for one in shown if one.kind == "key_point"]
    flags = [one for one in shown if one.kind == "red_flag"]
    sure = np.array([max(one.probabilities) for one in points])
    surest = [one for one, p in zip(points, sure, strict=True) if p >= np.quantile(sure, 1 - SURE_SHARE)]
    return {
        "key_point_macro_f1": _macro(points),
        "key_point_macro_f1_surest": _macro(surest),
        "red_flag_area": area(flags),
        "flagged_answers_found": found_at(flags, MOST_FLAGGED),
    }


def _macro(points: Sequence[Shown]) -> float:
    columns = ([str(one.level) for one in points], [str(int(np.argmax(one.probabilities))) for one in points])
    return macro_f1(*columns, labels=("0", "1", "2"))


def found_at(flags: Sequence[Shown], most: float) -> float:
    """Of the answers with a flag, the share said to have one where at most `most` of those without are."""
    highest: dict[str, float] = {}
    for one in flags:
        highest[one.answer] = max(highest.get(one.answer, 0.0), one.probabilities[-1])
    there = {one.answer for one in flags if one.level}
    free = sorted((p for answer, p in highest.items() if answer not in there), reverse=True)
    bar = free[int(most * len(free))] if free else 0.0
    return sum(highest[answer] > bar for answer in there) / len(there) if there else 0.0


def curve_of(reads: Sequence[Read], seconds: float) -> list[dict[str, float]]:
    """Quality by how many verdicts the model is asked about, and what asking took beside reading the answer."""
    return [
        {"asked": most, "seconds": round(most * seconds, 2)}
        | {key: round(value, 4) for key, value in figures(shown_unseen(reads, most)).items()}
        for most in COUNTS
    ]


def table(rows: Sequence[Mapping[str, float]], curves: Mapping[str, Curve], answers: int) -> str:
    """The curve as Markdown."""
    lines = [
        f"Settled labels of {answers} dev answers; each answer with curves fitted on the others, no threshold applied.",
        "Seconds: what asking took on two cores, the median of a recorded reply times their number; reading the answer",
        "comes first, and takes some two seconds for 100 words.",
        "",
        f"| verdicts put to the model | seconds | key points, macro-F1 | of the surest {SURE_SHARE:.0%} "
        f"| red flags, area under the curve | flagged answers found, {MOST_FLAGGED:.0%} of the others flagged |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['asked']:.0f} | {row['seconds']:.1f} | {row['key_point_macro_f1']:.2f} "
            f"| {row['key_point_macro_f1_surest']:.2f} | {row['red_flag_area']:.2f} "
            f"| {row['flagged_answers_found']:.0%} |"
        )
    return "\n".join(lines) + "\n" + "".join(f"\nCurve of {kind}: {curve}\n" for kind, curve in curves.items())


async def main() -> None:
    """Records when asked to, fits, measures on the same answers, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="ask the embedded model what isn't recorded")
    options = parser.parse_args()
    items = labelled()
    if options.record:
        await record(items)
    reads = await read_all(items, ReplayingEndpoint(RECORDING, command=COMMAND))
    curves, most = fit_curves(reads), asking().most
    fitted = thresholds(shown_unseen(reads, most))
    weights = asking().model_copy(update={"curves": curves, "calibration": Calibration(**fitted)})
    WEIGHTS.write_text(weights.model_dump_json(indent=1) + "\n", encoding="utf-8")
    whole, each = seconds_of(RECORDING)
    rows = curve_of(reads, each)
    told = {"model": MODEL, "answers": len(items), "seconds": round(whole, 2), "curve": rows, "thresholds": fitted}
    (HERE / "results" / "curve.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    words = table(rows, curves, len(items))
    (HERE / "results" / "curve.md").write_text(words, encoding="utf-8")
    print(words)


if __name__ == "__main__":
    asyncio.run(main())
