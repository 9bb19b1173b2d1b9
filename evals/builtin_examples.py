"""Makes training examples from labelled answers and pieces; changes words only where labels stay true."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.measure_raters import Settled, settled_labels
from interviewer.builtin import criterion_text
from interviewer.content import load_library
from interviewer.encoder import CLASSES, HeadKind
from interviewer.folders import bundled
from interviewer.quotes import locate
from interviewer.rubric import ON_TOPIC, verdict_questions
from interviewer.schema import KeyPoint, QuestionDocument, RedFlag
from interviewer.sentences import split_sentences

HERE = Path(__file__).parent
SEED = "difficult-customers"
SEED_QUESTION = "How do you handle difficult or confrontational situations with customers?"
HELD_QUESTIONS = ("lost-sale", "speaking-up", "taking-criticism")
"""Train questions that weights are never trained on: they stand for unseen ones where something is chosen."""
FILLERS = [
    "um,",
    "uh,",
    "like,",
    "you know,",
    "I mean,",
    "honestly,",
    "well,",
    "so,",
    "basically,",
    "to be fair,",
    "yeah,",
    "obviously,",
    "right,",
    "kind of",
    "sort of",
]

Target = tuple[float, ...]
Spots = frozenset[int]


@dataclass
class Example:
    """An answer's sentences and what is known of it; a criterion that isn't in `targets` is not trained on."""

    sentences: list[str]
    targets: dict[str, Target]
    """By criterion (`key_point.calm`): a probability for each of the kind's classes."""
    shown: dict[str, Spots] = field(default_factory=dict)
    """By criterion: the sentences that show it; empty when none does; absent when not known."""
    near: frozenset[str] = frozenset()
    """Criteria that it looks like and doesn't show."""
    follow_ups: dict[int, str] = field(default_factory=dict)
    """What the interviewer asked in between, by the place of the sentence that opens the reply; a talk's alone."""


@dataclass
class Subject:
    """One question: its criteria in several wordings, labelled answers, and pieces to put answers together from."""

    id: str
    wordings: dict[str, tuple[str, ...]]
    """By criterion: its text as users' answers are read against it, then shorter ones."""
    answers: list[Example]
    pieces: list[dict[str, Any]]


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The records of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def load_answers(part: str, question: str = SEED) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Both raters' records of each answer to a question in `train`, `dev` or `test`."""
    if question == SEED:
        ids = json.loads((HERE / "split.json").read_text(encoding="utf-8"))[part]
    else:
        ids = json.loads((HERE / "split-questions.json").read_text(encoding="utf-8"))["questions"][question][part]
    first = {row["id"]: row for row in read_lines(HERE / f"answers/{question}.jsonl")}
    second = {row["id"]: row for row in read_lines(HERE / f"answers/{question}.rater2.jsonl")}
    return [(first[i], second[i]) for i in ids]


def load_settled(part: str, question: str = SEED) -> Settled:
    """Both raters' records of each answer, and what they agree on or, where they differ, what was decided."""
    return settled_labels(question, load_answers(part, question))


def other_questions(part: str) -> list[str]:
    """Ids of the questions, the seed question apart, that have labelled answers in a part."""
    split = json.loads((HERE / "split-questions.json").read_text(encoding="utf-8"))["questions"]
    return [name for name, parts in split.items() if parts[part] and (HERE / f"answers/{name}.rater2.jsonl").is_file()]


def load_subject(question: str, *, whole: bool = False) -> Subject:
    """A question with its train answers and pieces; `whole`: and with the answers written for training alone."""
    document = load_library([bundled("content")]).questions[question]
    return Subject(
        id=question,
        wordings=wordings_of(document),
        answers=[from_raters(*row) for row in load_settled("train", question)] + whole * whole_answers(question),
        pieces=lines_of(f"training/pieces/{question}.jsonl"),
    )


def whole_answers(question: str) -> list[Example]:
    """Answers written for training alone, labelled by whoever wrote them and by somebody who didn't."""
    second = {row["id"]: row for row in lines_of(f"training/whole/{question}.rater2.jsonl")}
    return [from_raters(row, second[row["id"]]) for row in lines_of(f"training/whole/{question}.jsonl")]


def lines_of(name: str) -> list[dict[str, Any]]:
    """The records of a file of `evals/`; none where there is no such file."""
    return read_lines(HERE / name) if (HERE / name).is_file() else []


def more_documents(folder: str = "more") -> list[QuestionDocument]:
    """Questions written for training alone: no document of the library, no motivations."""
    found = []
    for file in sorted((HERE / "training" / folder).glob("*.json")):
        told = json.loads(file.read_text(encoding="utf-8"))
        found.append(
            QuestionDocument(
                id=told["id"],
                question=told["question"],
                role=told["role"],
                function="",
                role_description="",
                themes=(),
                key_points=tuple(KeyPoint(**point, probe="") for point in told["key_points"]),
                motivations=(),
                red_flags=tuple(RedFlag(**flag) for flag in told["red_flags"]),
                star_probes={},
            )
        )
    return found


def more_subjects(*, whole: bool = False) -> list[Subject]:
    """The documents written for training alone, with their pieces; `whole`: and with their answers."""
    return [
        Subject(
            id=document.id,
            wordings=wordings_of(document),
            answers=whole * whole_answers(document.id),
            pieces=lines_of(f"training/pieces/{document.id}.jsonl"),
        )
        for document in more_documents()
    ]


def wordings_of(document: QuestionDocument) -> dict[str, tuple[str, ...]]:
    """By criterion, the text that answers are read against first, then the same without its name or description."""
    found: dict[str, tuple[str, ...]] = {}
    for question in verdict_questions(document, lambda *_, **__: ""):
        whole = criterion_text(question)
        rest = whole.partition(": ")[2]
        description = question.criterion.partition(": ")[2]
        shorter = (question.criterion, rest, whole.replace(f": {description}", ".", 1))
        found[question.name] = (whole,) if question.kind == "star" else (whole, *shorter)
    return found


def kind_of(name: str) -> HeadKind:
    """The kind of a criterion by its name."""
    kind: Any = name.partition(".")[0]
    return kind  # type: ignore[no-any-return]


def one_hot(kind: HeadKind, value: str) -> Target:
    """All probability on one class."""
    return tuple(float(value == name) for name in CLASSES[kind])


def absent(name: str) -> Target:
    """What it means for a criterion that nothing shows it."""
    kind = kind_of(name)
    return one_hot(kind, "0" if kind == "motivation" else CLASSES[kind][-1])


def from_raters(first: dict[str, Any], second: dict[str, Any], settled: dict[str, Any] | None = None) -> Example:
    """An answer with the mean of both raters' labels, and the sentences in which either saw evidence.

    `settled`, where it is known, counts as much as both raters together.
    """
    answers = answers_of(first)
    sentences = split_sentences(answers)
    one, two = _labels(first), _labels(second)
    last = _labels(settled) if settled else None
    targets = {
        name: tuple(
            sum(row[name][k] for row in ((one, two, last, last) if last else (one, two))) / (4 if last else 2)
            for k in range(len(one[name]))
        )
        for name in one
    }
    shown: dict[str, Spots] = {}
    spans: dict[str, set[int]] = {}
    for row in (first, second):
        for criterion, quotes in row.get("evidence", {}).items():
            for words in quotes:
                quote = locate(words, answers)
                if quote is not None:
                    own = ((i, s) for i, s in enumerate(sentences) if s.answer == quote.answer)
                    hit = {i for i, s in own if s.start < quote.end and quote.start < s.end}
                    for kind in ("key_point", "red_flag"):
                        # One id can be a point and a flag's name; evidence belongs to whichever this row asserts.
                        if f"{kind}.{criterion}" in targets and targets[f"{kind}.{criterion}"][-1] < 1:
                            spans.setdefault(f"{kind}.{criterion}", set()).update(hit)
    for name, target in targets.items():
        if spans.get(name):
            shown[name] = frozenset(spans[name])
        elif target == absent(name):
            shown[name] = frozenset()
    off = {"off-topic"} & set(first["tags"])
    targets[ON_TOPIC] = one_hot("star", "false" if off else "true")
    opens = [i for i in range(1, len(sentences)) if sentences[i].answer != sentences[i - 1].answer]
    follow_ups = {i: first["asked"][sentences[i].answer] for i in opens}
    return Example([s.text for s in sentences], targets, shown, follow_ups=follow_ups)


def answers_of(row: dict[str, Any]) -> list[str]:
    """The answers of a record: one, or those of a talk."""
    return [row["answer"]] if isinstance(row["answer"], str) else row["answer"]


def _labels(row: dict[str, Any]) -> dict[str, Target]:
    labels = {f"key_point.{k}": one_hot("key_point", v) for k, v in row["key_points"].items()}
    labels |= {f"motivation.{k}": one_hot("motivation", str(v)) for k, v in row["motivations"].items()}
    labels |= {f"red_flag.{k}": one_hot("red_flag", str(v == "present").lower()) for k, v in row["red_flags"].items()}
    return labels | {f"star.{k}": one_hot("star", str(bool(v)).lower()) for k, v in row["star"].items()}


def drop_sentences(example: Example, rng: random.Random) -> Example:
    """Keeps a random part of the sentences; what its evidence no longer supports is relabelled or left out."""
    n = len(example.sentences)
    if n < 3:
        return example
    share = rng.choice((0.25, 0.4, 0.6, 0.8))
    kept = [i for i in range(n) if rng.random() < share] or [rng.randrange(n)]
    place = {old: new for new, old in enumerate(kept)}
    targets: dict[str, Target] = {}
    shown: dict[str, Spots] = {}
    for name, target in example.targets.items():
        spots, kind = example.shown.get(name), kind_of(name)
        if spots is None or kind == "motivation":
            continue
        left = frozenset(place[i] for i in spots if i in place)
        if len(left) == len(spots):
            targets[name], shown[name] = target, left
        elif kind == "key_point" and not left:
            targets[name], shown[name] = (0.03, 0.07, 0.9), left
        elif kind == "key_point":
            targets[name] = tuple(0.75 * t + 0.25 * u for t, u in zip(target, (0.0, 1.0, 0.0), strict=True))
            shown[name] = left
        elif kind == "red_flag" and left:
            targets[name], shown[name] = target, left
    return Example([example.sentences[i] for i in kept], targets, shown)


def compose(pieces: Sequence[dict[str, Any]], names: Sequence[str], rng: random.Random) -> Example:
    """One to seven pieces in a row; what none of them shows is missing or absent.

    Motivations stay unknown, and so does an action that isn't marked: nearly every piece tells of one.
    """
    sentences: list[str] = []
    marks: dict[str, Target] = {}
    shown: dict[str, set[int]] = {}
    near: set[str] = set()
    for piece in rng.sample(pieces, min(len(pieces), rng.choice((1, 1, 2, 2, 3, 4, 5, 6, 7)))):
        start = len(sentences)
        sentences += [s.text for s in split_sentences([piece["text"]])]
        found = {f"key_point.{k}": one_hot("key_point", v) for k, v in piece.get("key_points", {}).items()}
        found |= {f"red_flag.{k}": one_hot("red_flag", "true") for k in piece.get("red_flags", ())}
        found |= {f"star.{k}": one_hot("star", "true") for k in piece.get("star", ())}
        for name, target in found.items():
            marks[name] = max(marks.get(name, target), target)
            shown.setdefault(name, set()).update(range(start, len(sentences)))
        near |= {name for name in names if name.partition(".")[2] in piece.get("near", ())}
    known = [n for n in names if kind_of(n) != "motivation" and (n in marks or n not in ("star.action", ON_TOPIC))]
    targets = {name: marks.get(name) or absent(name) for name in known}
    where = {name: frozenset(shown.get(name, ())) for name in known}
    return Example(sentences, targets, where, frozenset(near - marks.keys()))


def join(a: Example, b: Example) -> Example:
    """Two answers, one after the other: each criterion as the one that shows it more has it."""
    shift = len(a.sentences)
    targets: dict[str, Target] = {}
    shown: dict[str, Spots] = {}
    for name in a.targets.keys() & b.targets.keys():
        if kind_of(name) == "motivation":
            continue
        targets[name] = max(a.targets[name], b.targets[name], key=lambda t: (t[0], -t[-1]))
        if name in a.shown and name in b.shown:
            shown[name] = a.shown[name] | frozenset(i + shift for i in b.shown[name])
    return Example(a.sentences + b.sentences, targets, shown, a.near | b.near)


def stray(example: Example) -> Example:
    """An answer to another question: that it is off topic is all that is known of it."""
    return Example(example.sentences, {ON_TOPIC: one_hot("star", "false")})


def roughen(example: Example, rng: random.Random) -> Example:
    """Adds fillers, drops punctuation or swaps letters, as in speech typed in haste; labels stay."""
    if rng.random() < 0.4:
        return example
    bare, fill, typo = rng.random() < 0.4, rng.random() < 0.5, rng.random() < 0.3
    rough = []
    for sentence in example.sentences:
        words = sentence.split()
        if fill and rng.random() < 0.5:
            words.insert(rng.choice((0, 0, rng.randrange(len(words) + 1))), rng.choice(FILLERS))
        if typo:
            words = [_swap(w, rng) if len(w) > 4 and rng.random() < 0.06 else w for w in words]
        text = " ".join(words)
        rough.append("".join(c for c in text if c not in ",.;:!\"”“'’") if bare else text)
    return dataclasses.replace(example, sentences=rough)


def _swap(word: str, rng: random.Random) -> str:
    i = rng.randrange(1, len(word) - 2)
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
