"""Fits the readout grader on labelled train and dev answers, and measures it on test answers; the model is not trained.

python evals/calibrate_readout.py                     fits again from the recorded log-odds, offline, in seconds
python evals/calibrate_readout.py --record 40 20      first asks the embedded model about 40 answers to fit on and 20 of
                                                      the test part, about a minute each on two cores; goes on where
                                                      it stopped

Writes interviewer/weights/readout.json, evals/results/readout.json and readout.md.

Curves: for each kind an ordinal logistic curve by maximum likelihood on the first rater's labels, one for all criteria
of the kind. Thresholds: by `fit_threshold` of `builtin_calibration`, with the shares wanted there.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import json
import random
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from evals.builtin_calibration import GROUPS, MOST_UNSURE, WANTED, Numbers, fit_threshold, label_of
from evals.builtin_examples import load_answers
from evals.measure_builtin import ROWS, Row, figures, interval
from interviewer import local_model
from interviewer.builtin import BuiltinDecider
from interviewer.content import load_library
from interviewer.encoder import HeadKind
from interviewer.encoder import load as load_encoder
from interviewer.folders import bundled
from interviewer.grading import grade, questions_for
from interviewer.llm import LLM, Api, OpenAIEndpoint
from interviewer.prompts import Prompts
from interviewer.readout import Curve, CurveName, ReadoutDecider, ReadoutWeights, templates_hash
from interviewer.rubric import ON_TOPIC, rubric_hash
from interviewer.schema import Agreement, Calibration, QuestionDocument, State, TypedQuestion, Usage

HERE = Path(__file__).parent
RECORDING = HERE / "recordings" / "readout-difficult-customers.jsonl"
WEIGHTS = HERE.parent / "interviewer" / "weights" / "readout.json"
MODEL = local_model.MODEL.file.removesuffix(".gguf")
LEVELS: dict[CurveName, int] = {"key_point": 3, "motivation": 4, "red_flag": 2, "star": 2}
ON_TOPIC_CURVE = Curve(scale=1.0, cuts=(-1.0,))
"""Not fitted: nearly every labelled answer is on topic. Leans towards on topic, which `grading` doubts below 0.15."""
NEUTRAL_ANSWERS = (
    "I don't know.",
    "It depends on the situation and on the people.",
    "Yes, I have worked with customers for some years.",
)
"""Answers that show nothing: what the model says to them is its leaning, not a finding."""
Odds = dict[str, float | None]


def document() -> QuestionDocument:
    """The question that the labelled answers are about."""
    return load_library([bundled("content")]).questions["difficult-customers"]


def draw(count: int, *parts: str) -> list[dict[str, Any]]:
    """The first rater's records of `count` answers of these parts, each band in turn so that none is rare."""
    rows = [first for part in parts for first, _ in load_answers(part)]
    random.Random(5).shuffle(rows)
    by_band: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_band.setdefault(row["band"], []).append(row)
    ranked = [(place, band, row) for band, group in by_band.items() for place, row in enumerate(group)]
    return [row for _, _, row in sorted(ranked, key=lambda item: item[:2])][:count]


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────


def recorded(prompts: Prompts) -> dict[str, Odds]:
    """Log-odds by answer and question, as far as they were recorded with this model, wording and document."""
    if not RECORDING.is_file():
        return {}
    lines = [json.loads(line) for line in RECORDING.read_text(encoding="utf-8").splitlines()]
    made = stamp(prompts)
    return {line["id"]: line["odds"] for line in lines if made.items() <= line.items()}


def stamp(prompts: Prompts) -> dict[str, str]:
    """What a recording depends on: where one of these is another, it is made again."""
    return {"model": MODEL, "templates": templates_hash(prompts), "rubric": rubric_hash(document())}


async def record(wanted: Sequence[tuple[str, str, str]], prompts: Prompts, threads: int | None) -> None:
    """Asks the embedded model about every (id, asked, answer) that isn't recorded, and writes each at once."""
    known = recorded(prompts)
    missing = [item for item in wanted if item[0] not in known]
    path = local_model.find()
    if not missing or path is None:
        print(f"{len(missing)} answers to record" + (": run `interviewer model pull` first" if missing else ""))
        return
    RECORDING.parent.mkdir(exist_ok=True)
    with local_model.start(path, threads=threads) as server:
        endpoint = OpenAIEndpoint(base_url=server.base_url, api_key=server.api_key, timeout_seconds=900)
        llm = LLM(endpoint, server.model, local=True)
        decider = ReadoutDecider(llm, prompts, pointer=offline(EMPTY), weights=EMPTY)
        for number, (answer_id, asked, answer) in enumerate(missing, 1):
            state, questions = questions_for(document(), [answer], [asked], prompts)
            odds = {q.name: (await decider.ask_odds(state, q))[0] for q in questions}
            rounded = {name: None if value is None else round(value, 3) for name, value in odds.items()}
            line = {"id": answer_id, **stamp(prompts), "odds": rounded}
            with RECORDING.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, separators=(",", ":")) + "\n")
            print(f"{number}/{len(missing)} {answer_id}", flush=True)
        await endpoint.close()


# ── fitting ──────────────────────────────────────────────────────────────────────────────────────────

EMPTY = ReadoutWeights(
    model=MODEL,
    templates="",
    curves={
        **{name: Curve(scale=1.0, cuts=(0.0,) * (n - 1)) for name, n in LEVELS.items()},
        "on_topic": ON_TOPIC_CURVE,
    },
    leanings={},
    usual={},
    calibration=Calibration(),
)


def leanings(known: dict[str, Odds], questions: Sequence[TypedQuestion]) -> dict[str, float]:
    """Mean log-odds on the neutral answers, by question name."""
    found = {}
    for question in questions:
        values = [v for n in range(len(NEUTRAL_ANSWERS)) if (v := known[f"neutral-{n + 1}"][question.name]) is not None]
        found[question.name] = round(sum(values) / len(values), 3) if values else 0.0
    return found


SHARES = (0.0, 0.5, 1.0)
"""How much of a leaning may be taken off; the likeliest on the labelled answers is."""


def fit_curve(odds: Sequence[float], lean: Sequence[float], levels: Sequence[int], count: int) -> Curve:
    """The likeliest ordinal logistic curve of log-odds less a share of the leanings."""
    fits = [(share, *_descend(np.array(odds) - share * np.array(lean), np.array(levels), count)) for share in SHARES]
    share, curve, _ = min(fits, key=lambda found: found[2])
    cuts = tuple(round(cut, 4) for cut in curve.cuts)
    return Curve(scale=round(curve.scale, 4), cuts=cuts, leaning=share)


def _descend(x: Numbers, truth: NDArray[np.int_], count: int) -> tuple[Curve, float]:
    """By gradient descent (Adam); a weak prior holds the scale near 1. Returns the curve and its cost."""
    # cuts = first, first + e^gap, …: they can't change places.
    theta = np.concatenate([[np.log(0.5), 0.0], np.zeros(count - 2)])
    moment, square = np.zeros_like(theta), np.zeros_like(theta)
    places = np.arange(len(x))

    def cost(parameters: Numbers) -> float:
        curve = unpack(parameters)
        at_least = [np.ones_like(x)] + [1 / (1 + np.exp(cut - curve.scale * x)) for cut in curve.cuts]
        table = np.stack([*at_least, np.zeros_like(x)])
        chosen = table[truth, places] - table[truth + 1, places]
        return float(-np.log(np.maximum(chosen, 1e-9)).mean() + 0.01 * parameters[0] ** 2)

    for step in range(1, 301):
        slope = np.array([(cost(theta + d) - cost(theta - d)) / 2e-4 for d in 1e-4 * np.eye(len(theta))])
        moment, square = 0.9 * moment + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        theta = theta - 0.05 * (moment / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return unpack(theta), cost(theta)


def unpack(parameters: Numbers) -> Curve:
    """Free numbers as a curve: the scale is positive, the cuts ascend."""
    scale, first, *gaps = (float(value) for value in parameters)
    cuts = [first]
    for gap in gaps:
        cuts.append(cuts[-1] + float(np.exp(gap)))
    return Curve(scale=float(np.exp(scale)), cuts=tuple(cuts))


def level_of(kind: HeadKind, value: Any) -> int:
    """A rater's label as a level, from 0."""
    named = label_of(kind, value)
    return {"missing": 0, "partial": 1, "covered": 2, "false": 0, "true": 1}.get(named) or (
        int(named) if kind == "motivation" else 0
    )


def fit(rows: Sequence[dict[str, Any]], known: dict[str, Odds], questions: Sequence[TypedQuestion]) -> dict[str, Any]:
    """Curves and thresholds from the labelled answers."""
    lean = leanings(known, questions)
    curves: dict[CurveName, Curve] = {"on_topic": ON_TOPIC_CURVE}
    least: dict[str, float] = {}
    for kind, count in LEVELS.items():
        x: list[float] = []
        leans: list[float] = []
        truth: list[int] = []
        for row in rows:
            for criterion, value in row[GROUPS[kind]].items():  # type: ignore[index]
                odds = known[row["id"]][f"{kind}.{criterion}"]
                if odds is not None:
                    x.append(odds)
                    leans.append(lean[f"{kind}.{criterion}"])
                    truth.append(level_of(kind, value))  # type: ignore[arg-type]
        curve = curves[kind] = fit_curve(x, leans, truth, count)
        tables = np.array([curve.levels(*pair) for pair in zip(x, leans, strict=True)])
        said, sure, right = tables.argmax(1), tables.max(1), tables.argmax(1) == np.array(truth)
        if kind == "red_flag":
            for value, word in ((1, "present"), (0, "absent")):
                mask = said == value
                least[f"red_flag_{word}"] = _threshold(sure[mask], right[mask], word)
        else:
            least[kind] = _threshold(sure, right, kind)
    return {"curves": curves, "least": least, "leanings": lean}


def _threshold(sure: Numbers, right: NDArray[np.bool_], name: str) -> float:
    """As `fit_threshold`; where even its lowest leaves more unsure than wanted, the highest that doesn't."""
    lowest = float(np.quantile(sure, MOST_UNSURE[name])) if len(sure) else 0.5
    return round(lowest, 2) if lowest < 0.34 else fit_threshold(sure, right, WANTED[name], MOST_UNSURE[name])


# ── measuring ────────────────────────────────────────────────────────────────────────────────────────


class RecordedReadout(ReadoutDecider):
    """The readout grader on recorded log-odds."""

    odds: Odds

    async def ask_odds(self, state: State, question: TypedQuestion) -> tuple[float | None, Usage]:
        """What was recorded."""
        return self.odds[question.name], Usage()


class Silent:
    """An endpoint that is never asked."""

    host = "nowhere"

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        """See `Endpoint`."""
        raise NotImplementedError

    def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """See `Endpoint`."""
        raise NotImplementedError


def offline(weights: ReadoutWeights) -> RecordedReadout:
    """The readout grader as users get it, on recorded log-odds."""
    pointer = BuiltinDecider(load_encoder())
    return RecordedReadout(LLM(Silent(), MODEL), Prompts(), pointer=pointer, weights=weights)


async def measure(weights: ReadoutWeights, known: dict[str, Odds], part: str) -> list[Row]:
    """Both raters' records and the grade of every recorded answer of a part."""
    decider, rows = offline(weights), []
    for first, second in load_answers(part):
        if first["id"] in known:
            decider.odds = known[first["id"]]
            steps = grade(document(), [first["answer"]], asked=[first["asked"]], decider=decider, prompts=Prompts())
            *_, final = [step async for step in steps]
            rows.append((first, second, final))
    return rows


def weigh(known: dict[str, Odds], prompts: Prompts) -> tuple[ReadoutWeights, int]:
    """The weights that the recorded answers give, unmeasured, and how many answers they were fitted on."""
    _, questions = questions_for(document(), ["-"], [document().question], prompts)
    to_fit = [row for row in draw(1000, "train", "dev") if row["id"] in known]
    fitted, keys = fit(to_fit, known, questions), offline(EMPTY).key
    by_kind: dict[CurveName, list[float]] = {}
    for question in questions:
        name: CurveName = "on_topic" if question.name == ON_TOPIC else question.kind
        by_kind.setdefault(name, []).append(fitted["leanings"][question.name])
    weights = ReadoutWeights(
        model=MODEL,
        templates=templates_hash(prompts),
        curves=fitted["curves"],
        leanings={keys(question): fitted["leanings"][question.name] for question in questions},
        usual={name: round(sum(values) / len(values), 3) for name, values in by_kind.items()},
        calibration=Calibration(**fitted["least"]),
    )
    return weights, len(to_fit)


async def main() -> None:
    """Records what is asked for, fits, measures, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", type=int, nargs=2, metavar=("FIT", "TEST"), help="how many answers of each")
    parser.add_argument("--threads", type=int, help="for the model; one per processor unless given")
    options = parser.parse_args()
    prompts = Prompts()
    if options.record:
        await record(wanted(*options.record), prompts, options.threads)
    known = recorded(prompts)
    weights, fitted_on = weigh(known, prompts)
    await finish(weights, known, fitted_on)


def wanted(to_fit: int, to_test: int) -> list[tuple[str, str, str]]:
    """(id, asked, answer) to record: neutral ones first, then two to fit on for each to test on, so that stopping early
    leaves some of both."""
    neutral = [(f"neutral-{n}", document().question, answer) for n, answer in enumerate(NEUTRAL_ANSWERS, 1)]
    fits, tests = draw(to_fit, "train", "dev"), draw(to_test, "test")
    mixed = [*((n, row) for n, row in enumerate(fits)), *((2 * n, row) for n, row in enumerate(tests))]
    return [*neutral, *((row["id"], row["asked"], row["answer"]) for _, row in sorted(mixed, key=lambda item: item[0]))]


async def finish(weights: ReadoutWeights, known: dict[str, Odds], fitted_on: int) -> None:
    """Measures, and writes the weights and the figures."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    rows = await measure(weights, known, "test")
    test = {f"model-rater-{n + 1}": {k: round(v, 4) for k, v in figures(rows, n).items()} for n in (0, 1)}
    mine = test["model-rater-1"]
    agreement = Agreement(
        labellers="model-rater-1",
        split=f"difficult-customers test ({len(rows)} answers)",
        measured=today,
        key_point_macro_f1=mine["key_point_macro_f1"],
        key_point_coverage=mine["key_point_coverage"],
        red_flag_f1=mine["red_flag_f1"],
        band_qwk=mine["band_qwk"],
    )
    calibrated = weights.calibration.model_copy(update={"agreement": agreement})
    WEIGHTS.write_text(
        weights.model_copy(update={"calibration": calibrated}).model_dump_json(indent=1) + "\n", encoding="utf-8"
    )
    intervals = {key: interval(rows, key) for key in ("key_point_macro_f1", "red_flag_f1", "band_qwk")}
    result = {
        "model": MODEL,
        "measured": today,
        "fitted_on": fitted_on,
        "answers": len(rows),
        "test": test,
        "intervals": intervals,
    }
    (HERE / "results" / "readout.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (HERE / "results" / "readout.md").write_text(table(result), encoding="utf-8")
    print(table(result))


def table(result: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [
        f"Model `{result['model']}`, measured {result['measured']}. Fitted on {result['fitted_on']}",
        f"answers of train and dev, tested on {result['answers']} of test. Labels: `model-rater-1` and",
        "`model-rater-2`, both language models. In brackets",
        "the 95 % interval over answers. Quotes are pointed at by the built-in encoder.",
        "",
        "| figure | test, rater 1 | test, rater 2 |",
        "|---|---|---|",
    ]
    for key, words in ROWS:
        if key in result["test"]["model-rater-1"]:
            ends = result["intervals"].get(key)
            first, second = (result["test"][f"model-rater-{n}"][key] for n in (1, 2))
            lines.append(f"| {words} | {first:.2f}{f' ({ends[0]:.2f}–{ends[1]:.2f})' if ends else ''} | {second:.2f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    asyncio.run(main())
