"""Examples that a grader easily gets wrong: red flags that are implied, answers that are gamed, words meant to sway it.

All were written for training alone, and what robustness is measured on (`evals/sets`) is not read here. But some of its
kinds are among them: `recited` makes lists as its gaming cases are, of the trained documents' words, and asides are of
most of its families of attacks, in words of somebody who had not seen them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from evals import builtin_examples as examples
from evals.builtin_examples import Example, Spots, Subject, Target
from interviewer.schema import QuestionDocument

__all__ = [
    "FLAGS_HELD",
    "asides",
    "elsewhere",
    "flag_answers",
    "flag_documents",
    "flag_subjects",
    "recited",
    "swayed",
]

FLAGS_HELD = (
    "alone-in-the-grounds",
    "before-it-leaves-bay",
    "child-not-seen",
    "geckos-and-hot-bottles",
    "hands-on-or-off",
    "invoice-into-january",
    "late-for-the-carpet",
    "porridge-in-my-boots",
    "seams-held-to-light",
    "short-of-target",
    "telling-parents",
    "wall-built-wrong",
    "year-four-is-full",
)
"""Documents of `training/flags` that nothing is trained on: they stand for red flags never seen."""
MISSING_ELSEWHERE: Target = (0.03, 0.07, 0.9)
"""Of a key point in an answer to another question: now and then that covers it all the same."""


# ── implied red flags ────────────────────────────────────────────────────────────────────────────────


@cache
def flag_documents() -> Mapping[str, QuestionDocument]:
    """Questions with answers in which a red flag is implied, often in one clause of a good answer; by id."""
    return {document.id: document for document in examples.more_documents("flags")}


def flag_answers(question: str) -> list[Example]:
    """The answers to one of them, by their writer's labels."""
    return [examples.from_raters(row, row) for row in examples.lines_of(f"training/flags/{question}.jsonl")]


def flag_subjects() -> list[Subject]:
    """All of them but those held out; they have no pieces."""
    return [
        Subject(id=name, wordings=examples.wordings_of(document), answers=flag_answers(name), pieces=[])
        for name, document in flag_documents().items()
        if name not in FLAGS_HELD
    ]


# ── gamed answers ────────────────────────────────────────────────────────────────────────────────────


def elsewhere(document: QuestionDocument, answer: Example) -> Example:
    """An answer to another question: it covers hardly anything of this one; its red flags aren't known."""
    targets = {f"key_point.{point.id}": MISSING_ELSEWHERE for point in document.key_points}
    return Example(answer.sentences, targets, dict.fromkeys(targets, frozenset[int]()))


def recited(document: QuestionDocument, rng: random.Random) -> Example:
    """The question or the document's own words in place of an answer: nothing is covered, and no flag is there."""
    names = [point.name.lower() for point in document.key_points]
    covered = [point.covered for point in document.key_points]
    rng.shuffle(names)
    rng.shuffle(covered)
    words = list(dict.fromkeys(word.strip(".,:;").lower() for word in " ".join(covered).split() if len(word) > 5))
    rng.shuffle(words)
    said: Sequence[Callable[[], list[str]]] = (
        lambda: [f"{rng.choice(_OPENINGS)} {', '.join(names)}."],
        lambda: [f"{name.capitalize()}." for name in names],
        lambda: covered[: rng.randrange(2, len(covered) + 1)],
        lambda: [f"{', '.join(words[: rng.randrange(6, 25)])}."],
        lambda: [document.question] * rng.randrange(1, 4),
    )
    targets = {f"key_point.{point.id}": examples.absent("key_point.") for point in document.key_points}
    targets |= {f"red_flag.{flag.id}": examples.absent("red_flag.") for flag in document.red_flags}
    return Example(rng.choice(said)(), targets, dict.fromkeys(targets, frozenset[int]()))


_OPENINGS = (
    "My strengths are",
    "You will find all of it with me:",
    "What matters here is",
    "I believe in",
    "In that job I lived by",
    "It's about",
    "I'm known for",
)


# ── words meant to sway ──────────────────────────────────────────────────────────────────────────────


@cache
def asides() -> Sequence[str]:
    """Words that must change no verdict: some speak to the grader, some are chatter."""
    return [row["text"] for row in examples.lines_of("training/asides.jsonl")]


def swayed(example: Example, rng: random.Random) -> Example:
    """Puts an aside before, between or after an answer's sentences; the labels stay."""
    end = len(example.sentences)
    place = rng.choice((0, end, end, end, rng.randrange(end + 1)))
    sentences = [*example.sentences[:place], rng.choice(asides()), *example.sentences[place:]]
    shown: dict[str, Spots] = {
        name: frozenset(spot + (spot >= place) for spot in spots) for name, spots in example.shown.items()
    }
    return Example(sentences, example.targets, shown, example.near)
