"""Measures a grader of this package on the test parts and writes the figures into its card; needs no torch.

`python evals/measure_builtin.py` does what `interviewer eval test` and `interviewer eval unseen` do, writes
`results/builtin-test.json` and `builtin-unseen.json`, and puts what the page shows of them into
`interviewer/weights/builtin.json`; with `--decider readout` the same for the readout grader, from its recorded replies.
It chooses nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from evals.builtin_calibration import GROUPS, label_of
from interviewer.agreement import balanced_f1, f1, macro_f1, precision, recall, weighted_kappa
from interviewer.encoder import CLASSES, HeadKind
from interviewer.eval_desk import Order, evaluate
from interviewer.evaluation.records import Summary
from interviewer.evaluation.summary import find
from interviewer.quotes import locate
from interviewer.report_desk import sum_up_run, write_reports
from interviewer.schema import Agreement, Grade
from interviewer.settings import Settings

HERE = Path(__file__).parent
Measured = Literal["builtin", "readout"]
WEIGHTS = HERE.parent / "interviewer" / "weights"
Row = tuple[dict[str, Any], dict[str, Any], Grade]
"""Both raters' records of an answer, and its grade."""
SHOWN = ("key_point_macro_f1", "key_point_coverage", "red_flag_f1", "band_qwk")
"""What the page and the README show."""
SETS = {
    "agreement": ("test", "other answers to the 23 questions it was trained or tuned on"),
    "elsewhere": ("unseen", "answers to eight questions it has never seen"),
}
"""By their name in the card: the set, and what it is."""


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


def measure(name: str, folder: Path, decider: Measured = "builtin") -> Summary:
    """Grades a set as users' answers are graded, and publishes the figures."""
    settings = Settings()
    order = Order(sets=(name,), decider=decider)
    ran = evaluate(settings, order, folder / f"{name}.jsonl", progress=lambda done, total: None)
    summary = sum_up_run(ran, settings)
    write_reports(ran, summary, {"json": HERE / "results" / f"{decider}-{name}.json"}, settings)
    return summary


def agreement(summary: Summary, what: str) -> Agreement:
    """What the page says of a run."""

    def value(key: str, slice: str = "") -> float:
        figure = find(summary.figures, key, slice)
        assert figure is not None and figure.value is not None, f"{key} was not measured"
        return round(figure.value, 4)

    flagged = find(summary.figures, "flagged_answers_found", "")
    points = find(summary.figures, "agreement_all", "kind:key_point")
    assert flagged is not None and points is not None, "nothing was labelled"
    return Agreement(
        labellers="the settled labels of three language models",
        split=f"{summary.answers} {what}",
        measured=summary.facts.made,
        key_point_macro_f1=value("key_point_macro_f1"),
        key_point_coverage=value("given", "kind:key_point"),
        red_flag_f1=value("red_flag_f1"),
        band_qwk=value("band_qwk"),
        key_points=points.n,
        key_points_right=round(value("agreement_all", "kind:key_point") * points.n),
        raters_alike=value("raters.agreement", "kind:key_point"),
        flagged_answers=flagged.n,
        flagged_found=round(value("flagged_answers_found") * flagged.n),
    )


def main() -> None:
    """Measures both sets and writes the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decider", choices=get_args(Measured), default="builtin")
    decider: Measured = parser.parse_args().decider
    file = WEIGHTS / f"{decider}.json"
    card = json.loads(file.read_text(encoding="utf-8"))
    with TemporaryDirectory() as folder:
        for name, (part, what) in SETS.items():
            told = agreement(measure(part, Path(folder), decider), what)
            card["calibration"][name] = told.model_dump()
            print(f"{part}: {told.model_dump_json()}")
    file.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
