"""Measures how far the raters of every question agree; writes `results/raters.json` and `results/raters.md`.

Two raters label every answer; where they differ, a third one settled it. No model runs: it reads the committed labels
only. `python evals/measure_raters.py`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from textwrap import fill
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from interviewer.agreement import f1, macro_f1, spearman, weighted_kappa

HERE = Path(__file__).resolve().parent
LEVELS = ("covered", "partial", "missing")
SEED = "difficult-customers"
SHORT_WORDS = 60
KINDNESS: dict[Any, int] = {"covered": 2, "partial": 1, "missing": 0, "absent": 1, "present": 0}
"""Of verdicts that are no number: the more, the better for the candidate."""
FIGURES = (
    "key_points_macro_f1",
    "partly_f1",
    "red_flags_f1",
    "motivations_qwk",
    "band_qwk",
    "length_band_spearman",
)
Pair = tuple[dict[str, Any], dict[str, Any]]
"""The first and the second rater's labels of one answer."""
Settled = list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]
"""The two raters' labels of one answer, and the settled ones."""


def labelled_pairs(folder: Path = HERE / "answers") -> dict[str, list[Pair]]:
    """By question id, the pairs in the order of the answers."""
    found = {}
    for second in sorted(folder.glob("*.rater2.jsonl")):
        question = second.name.removesuffix(".rater2.jsonl")
        others = {row["id"]: row for row in _rows(second)}
        found[question] = [(row, others[row["id"]]) for row in _rows(folder / f"{question}.jsonl")]
    return found


def settled_labels(question: str, pairs: Sequence[Pair], folder: Path = HERE / "answers") -> Settled:
    """The pairs with the settled labels: what both raters say, else what the adjudicator says.

    Raises:
        ValueError: a verdict on which the raters differ was not settled, or one on which they agree was.
    """
    rows = {row["id"]: row for row in _rows(folder / f"{question}.adjudicated.jsonl")}
    return [(a, b, _settle(a, b, rows.get(a["id"], {}).get("verdicts", {}))) for a, b in pairs]


def _settle(a: dict[str, Any], b: dict[str, Any], verdicts: dict[str, Any]) -> dict[str, Any]:
    if {name for name in names(a) if at(a, name) != at(b, name)} != verdicts.keys():
        raise ValueError(f"{a['id']}: what was settled is not what the raters differ on.")
    labels = deepcopy(a)
    for name, verdict in verdicts.items():
        part, _, criterion = name.partition(".")
        if criterion:
            labels[part][criterion] = verdict
        else:
            labels[part] = verdict
    return labels


def names(labels: dict[str, Any]) -> list[str]:
    """Everything that is judged: `key_points.calm`, …, `star.result`, `band`."""
    parts = ("key_points", "red_flags", "motivations", "star")
    return [*(f"{part}.{criterion}" for part in parts for criterion in labels[part]), "band"]


def at(labels: dict[str, Any], name: str) -> Any:
    """The verdict of that name."""
    part, _, criterion = name.partition(".")
    return labels[part][criterion] if criterion else labels[part]


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


def against_settled(settled: Settled) -> dict[str, Any]:
    """How far each rater agrees with the settled labels, taken as the truth, and how the rest was settled."""
    return {
        "first": _short(agreement([(truth, a) for a, _, truth in settled])),
        "second": _short(agreement([(truth, b) for _, b, truth in settled])),
        "adjudicated": count_ways(settled),
    }


def count_ways(settled: Settled, name: str = "") -> dict[str, int]:
    """Of the verdicts settled (of one criterion, or of all): whose was taken, and was it the kinder of the two?

    `neither` is a verdict that neither rater gave; it counts as neither kinder nor stricter.
    """
    counts = dict.fromkeys(("verdicts", "first", "second", "neither", "kinder", "stricter"), 0)
    for a, b, truth in settled:
        for each in [name] if name else names(a):
            ours, theirs, taken = at(a, each), at(b, each), at(truth, each)
            if ours == theirs:
                continue
            counts["verdicts"] += 1
            counts["first" if taken == ours else "second" if taken == theirs else "neither"] += 1
            if taken in (ours, theirs):
                kinder = max(ours, theirs, key=lambda verdict: KINDNESS.get(verdict, verdict))
                counts["kinder" if taken == kinder else "stricter"] += 1
    return counts


def by_criterion(settled: Settled) -> dict[str, dict[str, Any]]:
    """For each criterion on which the raters ever differ: how often two verdicts are the same, and whose was taken."""
    found = {}
    for name in names(settled[0][0]):
        rows = [(at(a, name), at(b, name), at(truth, name)) for a, b, truth in settled]
        ways = count_ways(settled, name)
        if ways["verdicts"]:
            found[name] = {
                "raters": sum(a == b for a, b, _ in rows) / len(rows),
                "first": sum(a == truth for a, _, truth in rows) / len(rows),
                "second": sum(b == truth for _, b, truth in rows) / len(rows),
                "adjudicated": ways,
            }
    return found


def _short(figures: dict[str, Any]) -> dict[str, Any]:
    return {key: figures[key] for key in FIGURES[:-1]}


def measure() -> dict[str, Any]:
    """Everything there is to know, over all questions and by question."""
    found = labelled_pairs()
    settled = {question: settled_labels(question, pairs) for question, pairs in found.items()}
    written = [pair for question, pairs in found.items() if question != SEED for pair in pairs]
    newer = [triple for question, triples in settled.items() if question != SEED for triple in triples]
    return {
        "all but difficult-customers": {**agreement(written), "settled": against_settled(newer)},
        "questions": {
            question: {
                **agreement(pairs),
                "criteria": criteria_agreement(pairs),
                "settled": {
                    **against_settled(settled[question]),
                    "criteria": by_criterion(settled[question]),
                },
            }
            for question, pairs in found.items()
        },
    }


def table(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    every = {**figures["questions"], f"**all but {SEED}**": figures[f"all but {SEED}"]}
    return (
        "All raters are language models, each reading one question's answers without the other's labels or the\n"
        "writer's intent. F1 takes the first rater as the truth. *Short*: at most 60 words. *Length*: Spearman's\n"
        "correlation of words and band.\n\n"
        + _rows_of(
            "question | answers | short | key points, macro-F1 | partly, F1 | red flags, F1 | motivations, QWK "
            "| band, QWK | length",
            (
                [name, str(one["answers"]), f"{one['short']:.0%}", *_figures(one, FIGURES)]
                for name, one in every.items()
            ),
        )
        + "\nCriteria on which the two agree on fewer than 70 % of the answers:\n\n"
        + _low(figures)
        + "\n"
        + _settled_text(every)
    )


def _low(figures: dict[str, Any]) -> str:
    low = sorted(
        (share, f"{question} {criterion}")
        for question, one in figures["questions"].items()
        for criterion, share in one["criteria"].items()
        if share < 0.7
    )
    return "".join(f"- {name}: {share:.0%}\n" for share, name in low) or "- none\n"


def _settled_text(every: dict[str, Any]) -> str:
    seed, newer = (every[name]["settled"]["adjudicated"] for name in (SEED, f"**all but {SEED}**"))
    about = (
        "Where the two differ, a third language model (`model-rater-5`) settled it; it saw both verdicts, in random "
        "order, and could give a third one. What both say was not looked at again. "
        f"{_say_ways(f'Of `{SEED}`', seed)} {_say_ways('Of the newer questions', newer)} "
        "It had been told to favour neither the kinder nor the stricter by habit. So the settled labels lean to the "
        "kinder side, and a rater agrees with them more than with the other rater because most of them are its own."
    )
    return (
        f"## With a third rater\n\n{fill(about, 118)}\n\n"
        "The first and the second rater, each with the settled label as the truth; then whose verdict was taken.\n\n"
        + _rows_of(
            "question | key points, macro-F1 | red flags, F1 | motivations, QWK | band, QWK | settled | first | second "
            "| neither | kinder | stricter",
            (
                [name, *_both(one["settled"]), *map(str, one["settled"]["adjudicated"].values())]
                for name, one in every.items()
            ),
        )
        + "\nCriteria on which one of the two agrees with the settled label on fewer than 80 % of the answers:\n"
        "how often the raters say the same, the first as settled, the second as settled. `raters.json` has every\n"
        "criterion on which they ever differ.\n\n" + _far(every)
    )


def _say_ways(of: str, ways: dict[str, int]) -> str:
    return (
        f"{of}, {ways['verdicts']} verdicts were settled: {ways['first']} as the first rater had it, {ways['second']} "
        f"as the second, {ways['neither']} as neither; {ways['kinder']} times the kinder verdict of the two was taken, "
        f"{ways['stricter']} times the stricter."
    )


def _far(every: dict[str, Any]) -> str:
    far = sorted(
        (min(shares["first"], shares["second"]), f"{question} {name}", shares)
        for question, one in every.items()
        for name, shares in one["settled"].get("criteria", {}).items()
        if min(shares["first"], shares["second"]) < 0.8
    )
    return (
        "".join(
            f"- {name}: {shares['raters']:.0%}, {shares['first']:.0%}, {shares['second']:.0%}\n"
            for _, name, shares in far
        )
        or "- none\n"
    )


def _both(settled: dict[str, Any]) -> list[str]:
    kept = [key for key in FIGURES[:-1] if key != "partly_f1"]
    return [" · ".join(_figures(settled[who], [key])[0] for who in ("first", "second")) for key in kept]


def _figures(one: dict[str, Any], keys: Iterable[str]) -> list[str]:
    return [f"{one[key]:.2f}" for key in keys]


def _rows_of(head: str, rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {head} |", "|" + "---|" * (head.count("|") + 1), *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


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
