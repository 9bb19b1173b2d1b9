"""Examples that graders easily get wrong: implied red flags, talks of several answers, gaming, words meant to sway.

All were written for training alone, and what robustness is measured on (`evals/sets`) is not read here. But some of its
kinds are among them: `recited` makes lists as its gaming cases are, of the trained documents' words, and asides are of
most of its families of attacks, in words of somebody who had not seen them.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

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
    "in_turns",
    "recited",
    "swayed",
]

FOLDERS = ("flags", "talks")
"""Of `training/`: where implied red flags are, in single answers and in talks of up to three."""
FLAGS_HELD = (
    "alone-in-the-grounds",
    "before-it-leaves-bay",
    "child-not-seen",
    "cut-feature",
    "geckos-and-hot-bottles",
    "hands-on-or-off",
    "ice-till-closing",
    "invoice-into-january",
    "late-for-the-carpet",
    "letting-agent-wrong-request",
    "porridge-in-my-boots",
    "refused-advice",
    "seams-held-to-light",
    "shelter-turned-away",
    "short-of-target",
    "telling-parents",
    "trainee-aloft",
    "vet-about-to",
    "wall-built-wrong",
    "wedding-off-plan",
    "year-four-is-full",
)
"""Documents of these that nothing is trained on: they stand for red flags never seen."""
MISSING_ELSEWHERE: Target = (0.03, 0.07, 0.9)
"""Of a key point in an answer to another question: now and then that covers it all the same."""


# ── implied red flags ────────────────────────────────────────────────────────────────────────────────


@cache
def flag_documents() -> Mapping[str, QuestionDocument]:
    """Questions with answers and talks in which a red flag is implied, often in one clause of a good one; by id."""
    return {document.id: document for folder in FOLDERS for document in examples.more_documents(folder)}


def flag_rows(question: str) -> list[dict[str, Any]]:
    """The records of the answers or talks about one of them."""
    return [row for folder in FOLDERS for row in examples.lines_of(f"training/{folder}/{question}.jsonl")]


def flag_answers(question: str) -> list[Example]:
    """The answers or talks about one of them, by their writer's labels."""
    return [examples.from_raters(row, row) for row in flag_rows(question)]


def flag_subjects() -> list[Subject]:
    """All of them but those held out; they have no pieces."""
    return [
        Subject(id=name, wordings=examples.wordings_of(document), answers=flag_answers(name), pieces=[])
        for name, document in flag_documents().items()
        if name not in FLAGS_HELD
    ]


# ── talks ────────────────────────────────────────────────────────────────────────────────────────────


def in_turns(example: Example, rng: random.Random) -> Example:
    """One answer told in two or three, as somebody who is asked to go on tells it; the labels stay."""
    places = range(1, len(example.sentences))
    cuts = sorted(rng.sample(places, min(len(places), rng.choice((1, 1, 2)))))
    return dataclasses.replace(example, follow_ups={cut: rng.choice(_FOLLOW_UPS) for cut in cuts})


_FOLLOW_UPS = (
    "Go on, please.",
    "What happened after that?",
    "Could you say more about your own part in it?",
    "And then?",
    "How did the others take it?",
    "What did you do in the end?",
    "Is there anything you would add?",
    "Why that way?",
    "What was going through your mind?",
    "Can you make that more concrete for me?",
    "How do you usually go about it?",
    "What came of it?",
    "Who else was there, and what did they see?",
    "Tell me about the part you found hardest.",
    "When was that, and where?",
    "What would you say you took from it?",
    "And if the same thing came up tomorrow?",
    "Have you another example?",
)


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
    follow_ups = {start + (start >= place): asked for start, asked in example.follow_ups.items()}
    return dataclasses.replace(example, sentences=sentences, shown=shown, follow_ups=follow_ups)
