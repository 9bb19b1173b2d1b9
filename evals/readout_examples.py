"""Makes trees of tokens that the embedded model's adapter is trained on; never reads the test part of the split.

A tree is what the grader asks about one answer: the beginning of the prompt, which is the same for all criteria, and a
branch for each key point and red flag whose label is known. The examples are those of the built-in encoder and
`hard_examples`.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import httpx2

from evals import builtin_examples as examples
from evals import hard_examples as hard
from evals.builtin_calibration import GROUPS, label_of
from evals.builtin_examples import HELD_QUESTIONS, SEED, Example, Subject, kind_of
from interviewer import local_model
from interviewer.content import load_library
from interviewer.folders import bundled
from interviewer.prompts import Prompts
from interviewer.readout import AskedKind, asked_kind
from interviewer.rubric import build_state, verdict_questions
from interviewer.schema import Choice, QuestionDocument, Sentence, TypedQuestion
from interviewer.sentences import split_sentences

__all__ = [
    "WORDS",
    "Branch",
    "Replies",
    "Tree",
    "dev_trees",
    "documents",
    "embedded_tokenizer",
    "reply_tokens",
    "train_trees",
    "tree",
]

Word = Literal["yes", "partly", "no"]
WORDS: tuple[Word, ...] = ("yes", "partly", "no")
"""What the model replies, in the order of a key point's classes."""
SHARES = {
    "settled": 12,
    "whole": 24,
    "flags": 40,
    "shortened": 10,
    "composed": 6,
    "joined": 4,
    "elsewhere": 2,
    "recited": 2,
}
"""Of the draws: answers with settled labels, answers written for training alone, and answers and talks with implied
red flags as they are, any of them with sentences left out, answers put together from pieces, either of the first two
joined with one of those, answers to another question, and the document's own words in place of an answer."""
IN_TURNS = 0.2
"""The share of the draws of one answer that is told in two or three, with follow-ups in between."""
SWAYED = 0.12
"""The share of the draws with an aside that must change nothing."""
ROUGH = 0.5
"""The share of the draws that `roughen` gets."""
WITH_PARTLY = 0.35
"""The share of the training trees whose key points also say what is partly covered.

Without it each key point is read faster, so that is shipped; some are shown with it, for it tells what half is.
"""
PROMPTS = Prompts(remember=True)
BEFORE_USER = "<|im_end|>\n<|im_start|>user\n"
BEFORE_REPLY = "<|im_end|>\n<|im_start|>assistant\n"

Tokenize = Callable[[str], Sequence[int]]
"""The model's tokens of a text; `<|im_start|>` and the like are one token each."""
Answered = tuple[Subject, Example]
T = TypeVar("T")


@dataclass(frozen=True)
class Branch:
    """What is asked about one criterion, and what should be replied."""

    tokens: Sequence[int]
    """From the criterion's words to where the reply begins."""
    kind: AskedKind
    target: tuple[float, float, float]
    """The probability of each of `WORDS`; a red flag is never partly there."""
    gold: Word | None
    """The likeliest word, where a sentence's number should follow it."""
    digits: frozenset[int]
    """What that number may begin with; more than one where several sentences show it, none without `gold`."""


@dataclass(frozen=True)
class Tree:
    """One answer: all branches go on from the same head, and none sees another."""

    head: Sequence[int]
    """From the beginning of the prompt to the blank line after the answer."""
    branches: tuple[Branch, ...]

    @property
    def size(self) -> int:
        """Tokens of the head and of every branch, with the gold word of those that have one."""
        return len(self.head) + sum(len(branch.tokens) + bool(branch.gold) for branch in self.branches)


@dataclass(frozen=True)
class Replies:
    """The model's tokens for what it replies."""

    words: tuple[int, ...]
    """The first of each of `WORDS`: "partly" begins with "part", which is all that is read of it."""
    digits: tuple[int, ...]
    """0 to 9."""


def reply_tokens(tokenize: Tokenize) -> Replies:
    """Looks them up."""
    words = tuple(tokenize(word)[0] for word in WORDS)
    return Replies(words, tuple(tokenize(str(digit))[0] for digit in range(10)))


@contextmanager
def embedded_tokenizer(model: Path) -> Iterator[Tokenize]:
    """The tokenizer of a model's file, by the server that grades with it; each text is sent once."""
    with (
        local_model.start(model, context=512, slots=1) as server,
        httpx2.Client(headers={"Authorization": f"Bearer {server.api_key}"}, timeout=60.0) as client,
    ):
        address = f"{server.base_url.removesuffix('/v1')}/tokenize"

        @cache
        def tokenize(text: str) -> tuple[int, ...]:
            reply = client.post(address, json={"content": text, "parse_special": True})
            return tuple(reply.raise_for_status().json()["tokens"])

        yield tokenize


@cache
def documents() -> Mapping[str, QuestionDocument]:
    """Every question of the library, and every one that was written for training alone, by id."""
    shipped = load_library([bundled("content")]).questions
    return {**shipped, **{document.id: document for document in examples.more_documents()}, **hard.flag_documents()}


# ── one tree ─────────────────────────────────────────────────────────────────────────────────────────


def tree(document: QuestionDocument, example: Example, tokenize: Tokenize, *, with_partly: bool = False) -> Tree:
    """What the grader asks about an answer to a question, with a branch for each label that is known.

    Head and branches are tokenised apart, for no token of this model reaches over a blank line's end.

    Args:
        document: the question.
        example: the answer or talk, its sentences joined with blanks and divided again, as those of users are.
        tokenize: by the model that is trained.
        with_partly: whether key points say what is partly covered.
    """
    starts = [0, *sorted(example.follow_ups), len(example.sentences)]
    answers = [example.sentences[start:end] for start, end in itertools.pairwise(starts)]
    sentences = split_sentences([" ".join(answer) for answer in answers])
    asked = [document.question, *(example.follow_ups[start] for start in starts[1:-1])]
    state = build_state(asked, sentences, PROMPTS.render)
    system = PROMPTS.render("grader/readout_system.j2")
    head = f"<|im_start|>system\n{system}{BEFORE_USER}{state.text}\n\n"
    branches = []
    for question in verdict_questions(document, lambda *_, **__: ""):
        kind = asked_kind(question)
        if kind is None or question.name not in example.targets:
            continue
        first, *between, last = example.targets[question.name]
        target = (first, between[0] if between else 0.0, last)
        word = WORDS[max(range(3), key=target.__getitem__)]
        digits = frozenset[int]()
        if word != "no":
            digits = first_digits(answers, example.shown.get(question.name, frozenset()), sentences)
        tokens = tokenize(word_criterion(question, with_partly=with_partly) + BEFORE_REPLY)
        branches.append(Branch(tokens, kind, target, word if digits else None, digits))
    return Tree(tokenize(head), tuple(branches))


def word_criterion(question: TypedQuestion, *, with_partly: bool) -> str:
    """A criterion as the grader words it, or a key point with what is partly covered after that."""
    text = PROMPTS.render(f"grader/readout_{question.kind}.j2", question=question)
    return f"{text} Partly: {question.options[1].description}" if with_partly and isinstance(question, Choice) else text


def first_digits(
    answers: Sequence[Sequence[str]], spots: frozenset[int], sentences: Sequence[Sentence]
) -> frozenset[int]:
    """What the numbers of the sentences begin with that overlap a part which shows something.

    Args:
        answers: the parts of each answer, which is these joined with blanks.
        spots: which of all parts show it.
        sentences: of the answers; a part without its full stop runs on into the next.
    """
    places: list[tuple[int, int, int]] = []
    for number, parts in enumerate(answers):
        ends = itertools.accumulate(len(part) + 1 for part in parts)
        places += [(number, end - 1 - len(part), end - 1) for part, end in zip(parts, ends, strict=True)]
    shown = [places[spot] for spot in spots]
    return frozenset(
        int(str(sentence.number)[0])
        for sentence in sentences
        if any(sentence.answer == n and sentence.start < end and start < sentence.end for n, start, end in shown)
    )


# ── all of them ──────────────────────────────────────────────────────────────────────────────────────


def train_trees(tokenize: Tokenize, draws: int, *, seed: int = 7) -> list[Tree]:
    """Trees of drawn examples; fewer than there are draws, for one of which no label is known makes none."""
    rng = random.Random(seed)
    made = (
        tree(documents()[subject.id], example, tokenize, with_partly=rng.random() < WITH_PARTLY)
        for subject, example in itertools.islice(draw_examples(rng), draws)
    )
    return [one for one in made if one.branches]


def draw_examples(rng: random.Random) -> Iterator[Answered]:
    """Examples of every question but the held-out ones, without end, mixed by `SHARES`."""
    library = [name for name in (SEED, *examples.other_questions("train")) if name not in HELD_QUESTIONS]
    subjects = [examples.load_subject(name, whole=True) for name in library] + examples.more_subjects(whole=True)
    settled, whole = part_answers(subjects)
    flags = [(subject, answer) for subject in hard.flag_subjects() for answer in subject.answers]
    every = settled + whole
    anything = every + flags
    pools = {name: in_turn(pool, rng) for name, pool in (("settled", settled), ("whole", whole), ("flags", flags))}
    while True:
        how = rng.choices(list(SHARES), list(SHARES.values()))[0]
        if how in pools:
            subject, example = next(pools[how])
        elif how == "shortened":
            subject, example = rng.choice(anything)
            example = examples.drop_sentences(example, rng)
        elif how == "composed":
            subject = rng.choice(subjects)
            example = examples.compose(subject.pieces, list(subject.wordings), rng)
        elif how == "joined":
            subject, example = rng.choice(every)
            other = examples.compose(subject.pieces, list(subject.wordings), rng)
            example = examples.join(*rng.sample([example, other], 2))
        else:
            (subject, _), (other_subject, answer) = rng.choice(anything), rng.choice(anything)
            document = documents()[subject.id]
            if how == "recited":
                example = hard.recited(document, rng)
            elif other_subject.id != subject.id:
                example = hard.elsewhere(document, answer)
            else:
                continue
        if rng.random() < SWAYED:
            example = hard.swayed(example, rng)
        if not example.follow_ups and rng.random() < IN_TURNS:
            example = hard.in_turns(example, rng)
        yield subject, examples.roughen(example, rng) if rng.random() < ROUGH else example


def part_answers(subjects: Sequence[Subject]) -> tuple[list[Answered], list[Answered]]:
    """The subjects' answers with settled labels, which come first in each, and those written for training alone."""
    settled, whole = [], []
    for subject in subjects:
        count = len(subject.answers) - len(examples.whole_answers(subject.id))
        settled += [(subject, answer) for answer in subject.answers[:count]]
        whole += [(subject, answer) for answer in subject.answers[count:]]
    return settled, whole


def in_turn(pool: Sequence[T], rng: random.Random) -> Iterator[T]:
    """All of a pool in random order, then all again in another; without end."""
    while True:
        yield from rng.sample(pool, len(pool))


def dev_trees(tokenize: Tokenize) -> dict[str, list[Tree]]:
    """Trees of the answers that figures are of, in the wording that is shipped.

    `seen` are to trained questions, `held` to held-out ones without test; their labels are the settled ones. `flags`
    are those to `FLAGS_HELD`, by their writer's labels.
    """
    seen = [name for name in (SEED, *examples.other_questions("train")) if name not in HELD_QUESTIONS]
    parts = {
        "seen": [(name, "dev") for name in seen],
        "held": [(name, part) for name in HELD_QUESTIONS for part in ("train", "dev")],
    }
    found = {
        use: [
            tree(documents()[name], settle(*row), tokenize)
            for name, part in chosen
            for row in examples.load_settled(part, name)
        ]
        for use, chosen in parts.items()
    }
    flags = ((documents()[name], answer) for name in hard.FLAGS_HELD for answer in hard.flag_answers(name))
    return found | {"flags": [tree(document, answer, tokenize) for document, answer in flags]}


def settle(first: dict[str, object], second: dict[str, object], settled: dict[str, dict[str, object]]) -> Example:
    """An answer with nothing but the settled labels; where it shows them, as either rater saw it."""
    example = examples.from_raters(first, second, settled)
    targets = {
        name: examples.one_hot(kind, label_of(kind, settled[GROUPS[kind]][name.partition(".")[2]]))
        for name in example.targets
        if (kind := kind_of(name)) in ("key_point", "red_flag")
    }
    return dataclasses.replace(example, targets=targets)
