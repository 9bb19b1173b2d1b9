"""Measures the built-in grader on the dev and test parts as users get it, and writes the figures; needs no torch.

python evals/measure_builtin.py            writes evals/results/builtin.json and builtin.md
python evals/measure_builtin.py --record   also writes the test figures into the weights' card
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from evals.builtin_calibration import GROUPS, label_of
from evals.builtin_examples import SEED, load_answers
from interviewer.agreement import balanced_f1, bootstrap_interval, f1, macro_f1, precision, recall, weighted_kappa
from interviewer.builtin import BuiltinDecider
from interviewer.content import load_library
from interviewer.encoder import CLASSES, Encoder, HeadKind, load_tokenizer
from interviewer.folders import bundled
from interviewer.grading import grade
from interviewer.prompts import Prompts
from interviewer.quotes import locate
from interviewer.schema import Grade

HERE = Path(__file__).parent
ROWS = (
    ("key_point_macro_f1", "key points, macro-F1 of the verdicts given"),
    ("key_point_coverage", "key points, share of verdicts given"),
    ("key_point_macro_f1_all", "key points, macro-F1 with unsure counted as wrong"),
    ("key_point_balanced_f1", "key points, covered against the rest, mean of both F1"),
    ("red_flag_f1", "red flags, F1"),
    ("red_flag_precision", "red flags, precision"),
    ("red_flag_recall", "red flags, recall"),
    ("red_flag_false_alarms_per_answer", "red flags, false alarms per answer"),
    ("motivation_qwk", "motivations, quadratic weighted kappa of the levels given"),
    ("motivation_coverage", "motivations, share of levels given"),
    ("star_f1", "STAR parts, F1 (unknown counts as absent)"),
    ("band_qwk", "band, quadratic weighted kappa of the bands given"),
    ("band_coverage", "band, share of answers with one"),
    ("evidence_hit", "quotes of right key points that overlap a rater's evidence"),
    ("seconds_median", "seconds per answer, median"),
)
Row = tuple[dict[str, Any], dict[str, Any], Grade]
SHOWN = ("key_point_macro_f1", "key_point_coverage", "red_flag_f1", "band_qwk")
"""What the page and the README show."""
ELSEWHERE = ("unseen", "model-rater-3")
INTERVALS = ("key_point_macro_f1", "key_point_balanced_f1", "red_flag_f1", "band_qwk")


async def grade_part(decider: BuiltinDecider, part: str, question: str = SEED) -> tuple[list[Row], float]:
    """Both raters' records and the grade of each answer, and the median of seconds per answer."""
    document = load_library([bundled("content")]).questions[question]
    rows, seconds = [], []
    for first, second in load_answers(part, question):
        started = time.perf_counter()
        asked, answers = [first["asked"]], [first["answer"]]
        steps = grade(document, answers, asked=asked, decider=decider, prompts=Prompts(), id=first["id"])
        *_, final = [step async for step in steps]
        seconds.append(time.perf_counter() - started)
        rows.append((first, second, final))
    return rows, statistics.median(seconds)


async def grade_elsewhere(decider: BuiltinDecider) -> list[Row]:
    """The same for the whole test questions, which nothing was trained or chosen on."""
    split = json.loads((HERE / "split-questions.json").read_text(encoding="utf-8"))
    found = [await grade_part(decider, "test", question) for question in split["test_questions"]]
    return [row for rows, _ in found for row in rows]


def verdicts(rows: list[Row], kind: HeadKind, rater: int = 0) -> list[tuple[str, str]]:
    """(rater's value, the grade's value or `unsure`) for every criterion of a kind."""
    pairs = []
    for row in rows:
        labels, final = row[:2][rater], row[2]
        for criterion, value in labels[GROUPS[kind]].items():
            pairs.append((label_of(kind, value), said(final, kind, criterion)))
    return pairs


def said(final: Grade, kind: HeadKind, criterion: str) -> str:
    """The grade's value for a criterion, as a decision's value, or `unsure`; an answer not gradable shows nothing."""
    if final.status == "unscored":
        return {"motivation": "0"}.get(kind, CLASSES[kind][-1])
    if kind == "key_point":
        verdict = final.key_points[criterion].verdict
        return verdict if verdict in CLASSES[kind] else "unsure"
    if kind == "motivation":
        level = final.motivations[criterion].level
        return "unsure" if level is None else str(level)
    if kind == "red_flag":
        flag = final.red_flags[criterion].verdict
        return {"present": "true", "absent": "false"}.get(flag, "unsure")
    part: Any = criterion
    return {True: "true", False: "false"}.get(final.star.get(part), "unsure")  # type: ignore[arg-type]


def figures(rows: list[Row], rater: int = 0) -> dict[str, float]:
    """All figures against one rater (0 or 1)."""
    points = verdicts(rows, "key_point", rater)
    given = [(t, s) for t, s in points if s != "unsure"]
    levels = verdicts(rows, "motivation", rater)
    levels_given = [(int(t), int(s)) for t, s in levels if s != "unsure"]
    flags = verdicts(rows, "red_flag", rater)
    star = verdicts(rows, "star", rater)
    bands = [(row[:2][rater]["band"], row[2].band) for row in rows if row[2].band is not None]
    hits = [hit for row in rows for hit in evidence_hits(row, rater)]
    return {
        "key_point_macro_f1": macro_f1(*columns(given), labels=CLASSES["key_point"]),
        "key_point_coverage": len(given) / len(points),
        "key_point_macro_f1_all": macro_f1(*columns(points), labels=CLASSES["key_point"]),
        "key_point_balanced_f1": balanced_f1(*columns(points), positive="covered"),
        **{f"key_point_f1_{name}": f1(*columns(given), positive=name) for name in CLASSES["key_point"]},
        "red_flag_f1": f1(*columns(flags), positive="true"),
        "red_flag_precision": precision(*columns(flags), positive="true"),
        "red_flag_recall": recall(*columns(flags), positive="true"),
        "red_flag_false_alarms_per_answer": sum(t == "false" and s == "true" for t, s in flags) / len(rows),
        "motivation_qwk": weighted_kappa(*columns(levels_given)),
        "motivation_coverage": len(levels_given) / len(levels),
        "star_f1": f1(*columns(star), positive="true"),
        "band_qwk": weighted_kappa(*columns(bands)),
        "band_coverage": len(bands) / len(rows),
        "evidence_hit": sum(hits) / len(hits) if hits else 0.0,
    }


def interval(rows: list[Row], key: str) -> list[float]:
    """The 95 % interval of one figure against the first rater, over answers."""

    def measure(drawn: Sequence[Row]) -> float:
        return figures(list(drawn))[key]

    return [round(x, 4) for x in bootstrap_interval(rows, measure, draws=400)]


def columns(pairs: list[tuple[Any, Any]]) -> tuple[list[Any], list[Any]]:
    """Truth and said apart."""
    return [t for t, _ in pairs], [s for _, s in pairs]


def evidence_hits(row: Row, rater: int) -> list[bool]:
    """For each rightly covered or partly covered point: whether a quote overlaps the rater's evidence."""
    labels, final = row[:2][rater], row[2]
    hits = []
    for criterion, words in labels["evidence"].items():
        point = final.key_points.get(criterion)
        if point is None or labels["key_points"].get(criterion) != point.verdict or not point.quotes:
            continue
        spans = [q for w in words if (q := locate(w, [row[0]["answer"]])) is not None]
        hits.append(any(a.start < b.end and b.start < a.end for a in spans for b in point.quotes))
    return hits


def table(result: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [
        f"Model `{result['model']}`, measured {result['measured']}. Labels: `model-rater-1` and `model-rater-2`, both",
        "language models. In brackets the 95 % interval over answers. Dev chose weights, temperatures and thresholds;",
        "test chose nothing. The last column is the whole test questions of `split-questions.json`, which nothing was",
        "trained or chosen on; their labels are by `model-rater-3`.",
        "",
        "| figure | dev, rater 1 | test, rater 1 | test, rater 2 | unseen questions |",
        "|---|---|---|---|---|",
    ]
    for key, words in ROWS:
        cells = []
        for part, rater in (("dev", "model-rater-1"), ("test", "model-rater-1"), ("test", "model-rater-2"), ELSEWHERE):
            value = result[part][rater].get(key)
            ends = result[part].get("intervals", {}).get(key) if rater == "model-rater-1" else None
            interval_words = f" ({ends[0]:.2f}–{ends[1]:.2f})" if ends else ""
            cells.append("" if value is None else f"{value:.2f}{interval_words}")
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


async def main() -> None:
    """Grades, measures, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=HERE.parent / "interviewer" / "weights")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument(
        "--dev-only", action="store_true", help="for choosing between models: leaves the test part alone"
    )
    parser.add_argument("--record", action="store_true", help="write the test figures into the weights' card")
    options = parser.parse_args()
    card = options.weights / "builtin.json"
    facts = json.loads(card.read_text(encoding="utf-8"))
    tokenizer = load_tokenizer(options.weights / "tokenizer.json")
    decider = BuiltinDecider(Encoder(str(options.weights / "builtin.onnx"), tokenizer, facts))
    result: dict[str, Any] = {
        "model": decider.model,
        "measured": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    await grade_part(decider, "dev")  # remembers the criteria, as a running page does
    for part in ("dev",) if options.dev_only else ("dev", "test"):
        rows, seconds = await grade_part(decider, part)
        measured: dict[str, Any] = {
            rater: {key: round(value, 4) for key, value in figures(rows, number).items()}
            for number, rater in enumerate(("model-rater-1", "model-rater-2"))
        }
        measured["model-rater-1"]["seconds_median"] = round(seconds, 3)
        if part == "test":
            measured["intervals"] = {key: interval(rows, key) for key in INTERVALS}
        result[part] = {"answers": len(rows), **measured}
    if options.dev_only:
        print(json.dumps(result, indent=1))
        return
    rows = await grade_elsewhere(decider)
    result["unseen"] = {
        "answers": len(rows),
        "model-rater-3": {key: round(value, 4) for key, value in figures(rows).items()},
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "builtin.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (options.out / "builtin.md").write_text(table(result), encoding="utf-8")
    print(table(result))
    if options.record:
        places = {
            "agreement": (("test", "model-rater-1"), "difficult-customers test"),
            "elsewhere": (ELSEWHERE, "eight questions never trained on"),
        }
        for name, ((part, rater), answers) in places.items():
            facts["calibration"][name] = {
                "labellers": rater,
                "split": f"{answers} ({result[part]['answers']} answers)",
                "measured": result["measured"],
                **{key: result[part][rater][key] for key in SHOWN},
            }
        card.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
