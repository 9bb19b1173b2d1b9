"""Measures how well `interviewer check` tells overlapping key points from those that were written not to overlap.

    python evals/overlaps.py

`overlaps.jsonl` holds key points that a language model wrote to overlap with one of a shipped question: the same
behaviour in other words. Each is put into that question, as a coach would who forgot what is there already. Every two
points that are shipped together count as not overlapping. The threshold was chosen on the lines of part `chosen`; those
of part `held` were written afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from interviewer.content import load_library
from interviewer.encoder import load
from interviewer.folders import bundled
from interviewer.overlaps import MOST_ALIKE, likenesses
from interviewer.schema import KeyPoint, Library

PAIRS = Path(__file__).with_suffix(".jsonl")


class Pair(NamedTuple):
    """Two key points of a question and how alike they are."""

    part: str
    """`shipped`, or the part of `overlaps.jsonl`."""
    question: str
    one: str
    other: str
    likeness: float


def shipped_pairs(library: Library) -> Iterator[Pair]:
    vector = load().criterion
    for document in library.questions.values():
        for one, other, likeness in likenesses(document, vector):
            yield Pair("shipped", document.id, one.id, other.id, likeness)


def overlapping_pairs(library: Library, questions: tuple[str, ...] = ()) -> Iterator[Pair]:
    """Those of the given questions; of all when none is given."""
    vector = load().criterion
    for line in map(json.loads, PAIRS.read_text(encoding="utf-8").splitlines()):
        document = library.questions.get(line["question"])
        if document is None or (questions and document.id not in questions):
            continue
        told = {name: line[name] for name in ("name", "description", "covered")}
        added = KeyPoint(id="added", partly="", probe="", **told)
        wider = document.model_copy(update={"key_points": (*document.key_points, added)})
        for one, other, likeness in likenesses(wider, vector):
            if (one.id, other.id) == (line["key_point"], "added"):
                yield Pair(line["part"], document.id, one.id, told["name"], likeness)


def main() -> None:
    library = load_library([bundled("content")])
    pairs = [*shipped_pairs(library), *overlapping_pairs(library)]
    for part in ("shipped", "chosen", "held"):
        found = sorted((pair.likeness for pair in pairs if pair.part == part), reverse=True)
        middle = found[len(found) // 2]
        hits = sum(likeness >= MOST_ALIKE for likeness in found)
        print(
            f"{part:8} {len(found):5} pairs, likeness {found[-1]:5.2f} to {found[0]:.2f}, median {middle:.2f}", end=""
        )
        print(f"; {hits} ({hits / len(found):.1%}) reach {MOST_ALIKE}")
    print("\nThe likeliest of the shipped:")
    for pair in sorted(pairs, key=lambda pair: -pair.likeness):
        if pair.part == "shipped" and pair.likeness >= MOST_ALIKE - 0.05:
            print(f"  {pair.likeness:.2f}  {pair.question}: {pair.one}, {pair.other}")


if __name__ == "__main__":
    main()
