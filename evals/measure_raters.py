"""Measures how far the two raters of every question agree; writes `results/raters.json` and `results/raters.md`.

No model runs: it reads the committed labels only. `python evals/measure_raters.py`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from interviewer.agreement import f1, macro_f1, spearman, weighted_kappa

HERE = Path(__file__).resolve().parent
LEVELS = ("covered", "partial", "missing")
SHORT_WORDS = 60
Pair = tuple[dict[str, Any], dict[str, Any]]
"""The first and the second rater's labels of one answer."""


def labelled_pairs(folder: Path = HERE / "answers") -> dict[str, list[Pair]]:
    """By question id, the pairs in the order of the answers."""
    found = {}
    for second in sorted(folder.glob("*.rater2.jsonl")):
        question = second.name.removesuffix(".rater2.jsonl")
        others = {row["id"]: row for row in _rows(second)}
        found[question] = [(row, others[row["id"]]) for row in _rows(folder / f"{question}.jsonl")]
    return found


def agreement(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Figures of one set of pairs; kappas are quadratic weighted, F1 takes the first rater as the truth."""
    points = [(a["key_points"][k], b["key_points"][k]) for a, b in pairs for k in a["key_points"]]
    flags = [(a["red_flags"][k], b["red_flags"][k]) for a, b in pairs for k in a["red_flags"]]
    levels = [(a["motivations"][k], b["motivations"][k]) for a, b in pairs for k in a["motivations"]]
    words = [len(a["answer"].split()) for a, _ in pairs]
    bands = [(a["band"], b["band"]) for a, b in pairs]
    return {
        "answers": len(pairs),
        "short": sum(count <= SHORT_WORDS for count in words) / len(words),
        "labellers": sorted({row["labeller"] for pair in pairs for row in pair}),
        "key_points_macro_f1": macro_f1(*_split(points), labels=LEVELS),
        "partly_f1": f1(*_split(points), positive="partial"),
        "red_flags_f1": f1(*_split(flags), positive="present"),
        "motivations_qwk": weighted_kappa(*_split(levels)),
        "band_qwk": weighted_kappa(*_split(bands)),
        "length_band_spearman": spearman(words, [a for a, _ in bands]),
        "bands": {str(band): sum(a == band for a, _ in bands) for band in range(1, 6)},
    }


def criteria_agreement(pairs: Sequence[Pair]) -> dict[str, float]:
    """By criterion, the share of answers on which both raters give the same verdict."""
    first = pairs[0][0]
    return {
        f"{kind}.{criterion}": sum(a[kind][criterion] == b[kind][criterion] for a, b in pairs) / len(pairs)
        for kind in ("key_points", "motivations", "red_flags")
        for criterion in first[kind]
    }


def measure() -> dict[str, Any]:
    """Everything there is to know, over all questions and by question."""
    found = labelled_pairs()
    written = [pair for question, pairs in found.items() if question != "difficult-customers" for pair in pairs]
    return {
        "all but difficult-customers": agreement(written),
        "questions": {
            question: {**agreement(pairs), "criteria": criteria_agreement(pairs)} for question, pairs in found.items()
        },
    }


def table(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    rows = [_row(question, one) for question, one in figures["questions"].items()]
    rows.append(_row("**all but difficult-customers**", figures["all but difficult-customers"]))
    low = sorted(
        (share, f"{question} {criterion}")
        for question, one in figures["questions"].items()
        for criterion, share in one["criteria"].items()
        if share < 0.7
    )
    listed = "\n".join(f"- {name}: {share:.0%}" for share, name in low)
    return (
        "All raters are language models, each reading one question's answers without the other's labels or the\n"
        "writer's intent. F1 takes the first rater as the truth. *Short*: at most 60 words. *Length*: Spearman's\n"
        "correlation of words and band.\n\n"
        "| question | answers | short | key points, macro-F1 | partly, F1 | red flags, F1 | motivations, QWK "
        "| band, QWK | length |\n|---|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n\n"
        "Criteria on which the two agree on fewer than 70 % of the answers:\n\n" + (listed or "- none") + "\n"
    )


def _row(name: str, one: dict[str, Any]) -> str:
    figures = (
        "key_points_macro_f1",
        "partly_f1",
        "red_flags_f1",
        "motivations_qwk",
        "band_qwk",
        "length_band_spearman",
    )
    cells = [name, str(one["answers"]), f"{one['short']:.0%}", *(f"{one[key]:.2f}" for key in figures)]
    return "| " + " | ".join(cells) + " |"


def _split(pairs: Iterable[tuple[Any, Any]]) -> tuple[list[Any], list[Any]]:
    listed = list(pairs)
    return [a for a, _ in listed], [b for _, b in listed]


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Measures, writes both files, prints the table."""
    figures = measure()
    text = json.dumps(figures, indent=1, ensure_ascii=False) + "\n"
    (HERE / "results" / "raters.json").write_text(text, encoding="utf-8")
    (HERE / "results" / "raters.md").write_text(table(figures), encoding="utf-8")
    print(table(figures))


if __name__ == "__main__":
    main()
