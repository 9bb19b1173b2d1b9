"""Chooses the numbers of the band rule on train answers and measures it on the others: `python evals/fit_band.py`.

The rule is `interviewer/scoring.py`'s. Of 210 triples of round numbers the one whose bands agree best with the settled
labels, given their verdicts: the mean of two quadratic weighted kappas, on the 96 train answers to the first question
and on the 176 to the others. All triples are monotone: no number is negative.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from interviewer import scoring
from interviewer.agreement import weighted_kappa
from interviewer.schema import KeyPointVerdict, MotivationVerdict, RedFlagVerdict

HERE = Path(__file__).parent
FIRST = "difficult-customers"
BASES, COVERAGES, MOTIVATIONS = (0.75, 1.0, 1.25, 1.5, 1.75), (1, 1.5, 2, 2.5, 3, 3.5, 4), (1, 1.5, 2, 2.5, 3, 3.5)
Row = dict[str, Any]


def settled() -> dict[str, Row]:
    """By id, the labels that both raters gave or, where they differ, those of the third."""
    found: dict[str, Row] = {}
    for file in sorted((HERE / "answers").glob("*.adjudicated.jsonl")):
        decided = {row["id"]: row["verdicts"] for row in read(file)}
        for row in read(file.with_name(file.name.replace(".adjudicated", ""))):
            for name, value in decided.get(row["id"], {}).items():
                part, _, criterion = name.partition(".")
                if criterion:
                    row[part][criterion] = value
                else:
                    row[part] = value
            found[row["id"]] = row
    return found


def read(file: Path) -> list[Row]:
    """The rows of a JSON Lines file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def parts() -> dict[str, list[Row]]:
    """Settled labels by part: `first` and `others` with train, dev and test, and `unseen`."""
    rows = settled()
    first = json.loads((HERE / "split.json").read_text(encoding="utf-8"))
    split = json.loads((HERE / "split-questions.json").read_text(encoding="utf-8"))
    found = {f"first {part}": [rows[id] for id in first[part]] for part in ("train", "dev", "test")}
    for question, ids in split["questions"].items():
        for part in ("train", "dev", "test"):
            name = "unseen" if question in split["test_questions"] else f"others {part}"
            found.setdefault(name, []).extend(rows[id] for id in ids[part])
    return found


def ruled(row: Row) -> int | None:
    """The band that the rule gives to the verdicts of a row."""
    return scoring.band(
        {name: KeyPointVerdict(verdict=value) for name, value in row["key_points"].items()},
        {name: MotivationVerdict(level=value) for name, value in row["motivations"].items()},
        {name: RedFlagVerdict(verdict=value) for name, value in row["red_flags"].items()},
    )


def kappa(rows: list[Row]) -> float:
    """Quadratic weighted kappa of the rule's bands with those given."""
    return weighted_kappa([row["band"] for row in rows], [ruled(row) or 0 for row in rows])


def main() -> None:
    """Tries all triples on train, then prints the figures of the shipped one on every part."""
    found = parts()
    shipped = scoring.BASE, scoring.COVERAGE_WEIGHT, scoring.MOTIVATION_WEIGHT
    tried = []
    for triple in itertools.product(BASES, COVERAGES, MOTIVATIONS):
        scoring.BASE, scoring.COVERAGE_WEIGHT, scoring.MOTIVATION_WEIGHT = triple
        tried.append(((kappa(found["first train"]) + kappa(found["others train"])) / 2, triple))
    scoring.BASE, scoring.COVERAGE_WEIGHT, scoring.MOTIVATION_WEIGHT = shipped
    for value, triple in sorted(tried, reverse=True)[:5]:
        print(f"{value:.3f}  {triple}")
    print(f"Shipped: {shipped}")
    for name, rows in found.items():
        print(f"{name}: {kappa(rows):.3f} over {len(rows)} answers")


if __name__ == "__main__":
    main()
