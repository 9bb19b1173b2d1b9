"""Measures how well pasted job ads find the questions that fit them; prints tables, and `--write` keeps them.

Words alone, the encoder alone and both, on the two halves of `fit/ads.jsonl`: what was tuned was tuned on `choose`, and
`report` is what counts. No model but the shipped encoder runs. `python evals/measure_fit.py --write` writes
`results/fit.md`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from interviewer.content import load_library
from interviewer.encoder import load
from interviewer.fit import Fit, Method, Ranking, rank
from interviewer.folders import bundled
from interviewer.schema import Library

HERE = Path(__file__).resolve().parent
TOP = 5
PARTS = ("choose", "report")
Ads = list[dict[str, Any]]


def read_ads(file: Path = HERE / "fit" / "ads.jsonl") -> Ads:
    """The ads, each with the questions that a recruiter would pick."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def measure(ads: Ads, rankings: Sequence[Ranking]) -> dict[str, float]:
    """Hit rate (a pick in the first five), recall (share of the picks there), MRR of the first pick; each 0 to 1."""
    found: dict[str, list[float]] = {"hit": [], "recall": [], "mrr": []}
    for ad, ranking in zip(ads, rankings, strict=True):
        if not ad["picks"]:
            continue
        order = [one.document.id for one in ranking.questions]
        places = [order.index(pick) + 1 for pick in ad["picks"]]
        found["hit"].append(min(places) <= TOP)
        found["recall"].append(sum(place <= TOP for place in places) / min(TOP, len(places)))
        found["mrr"].append(1 / min(places))
    return {name: sum(values) / len(values) for name, values in found.items()}


def grades(ads: Ads, rankings: Sequence[Ranking]) -> dict[Fit, tuple[int, int]]:
    """(how many of them were picked, how often it was given) for each grade of fit."""
    pairs = [
        (one.fit, one.document.id in ad["picks"])
        for ad, all_ in zip(ads, rankings, strict=True)
        for one in all_.questions
    ]
    return {
        fit: (sum(right for given, right in pairs if given == fit), sum(given == fit for given, _ in pairs))
        for fit in get_args(Fit)
    }


def rank_all(library: Library, ads: Ads, method: Method) -> list[Ranking]:
    """Each ad's ranking."""
    return [rank(library, ad["text"], encoder=load(), method=method) for ad in ads]


def tables(library: Library, ads: Ads) -> str:
    """Both tables, in Markdown."""
    rows = ["| half | matched by | ads | a pick in the top 5 | picks in the top 5 | MRR |", "|---|---|---|---|---|---|"]
    fits = ["| half | fit | given | of these picked |", "|---|---|---|---|"]
    nothing = []
    for part in PARTS:
        mine = [ad for ad in ads if ad["part"] == part]
        ranked = {method: rank_all(library, mine, method) for method in get_args(Method)}
        rankings = ranked["both"]
        for method, found in ranked.items():
            got = measure(mine, found)
            count = sum(bool(ad["picks"]) for ad in mine)
            rows.append(f"| {part} | {method} | {count} | {got['hit']:.2f} | {got['recall']:.2f} | {got['mrr']:.2f} |")
        fits += [
            f"| {part} | {fit} | {given} | {f'{right / given:.2f}' if given else '–'} |"
            for fit, (right, given) in grades(mine, rankings).items()
        ]
        empty = [ranking.fits for ad, ranking in zip(mine, rankings, strict=True) if not ad["picks"]]
        nothing.append(f"{part}: {sum(empty)} of {len(empty)} texts that fit nothing were said to fit something.")
    return "\n".join([*rows, "", *fits, "", *nothing])


def main() -> None:
    """Prints the tables and how long an ad of 1,000 words takes."""
    library, ads = load_library([bundled("content")]), read_ads()
    text = tables(library, ads)
    print(text)
    long = " ".join(" ".join(ad["text"] for ad in ads).split()[:1000])
    started = time.perf_counter()
    rank(library, long, encoder=load())
    print(f"\nAn ad of 1,000 words: {time.perf_counter() - started:.2f} s")
    if "--write" in sys.argv:
        head = "# How well job ads find their questions\n\nWritten by `python evals/measure_fit.py --write`.\n\n"
        (HERE / "results" / "fit.md").write_text(f"{head}{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
