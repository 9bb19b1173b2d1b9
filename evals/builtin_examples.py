"""Makes training examples from labelled answers and snippets; changes words only where labels stay true."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interviewer.encoder import CLASSES, HeadKind
from interviewer.quotes import locate
from interviewer.sentences import split_sentences

HERE = Path(__file__).parent
SEED = "difficult-customers"
SEED_QUESTION = "How do you handle difficult or confrontational situations with customers?"
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
HELD = 6
"""Every so-manieth piece is held out."""
# Where a motivation is seen, its sentence is most often one that shows these points.
SHOWN_BY = {
    "conflict_resolution": ("de_escalation", "problem_solving", "professional"),
    "service_orientation": ("satisfaction", "empathy", "positive_attitude", "listening"),
    "problem_solving": ("problem_solving",),
    "emotional_intelligence": ("calm", "empathy", "listening"),
}

Target = tuple[float, ...]


@dataclass
class Example:
    """An answer's sentences and what is known of it; a criterion that isn't in `targets` is not trained on."""

    sentences: list[str]
    targets: dict[str, Target]
    """By criterion (`key_point.calm`): a probability for each of the kind's classes."""
    shown: dict[str, frozenset[int]] = field(default_factory=dict)
    """By criterion: the sentences that show it; empty when none does; absent when not known."""
    asked: str = SEED_QUESTION
    weight: float = 1.0


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


def other_questions(part: str) -> list[str]:
    """Ids of the questions, the seed question apart, that have labelled answers in a part."""
    split = json.loads((HERE / "split-questions.json").read_text(encoding="utf-8"))["questions"]
    return [name for name, parts in split.items() if parts[part] and (HERE / f"answers/{name}.rater2.jsonl").is_file()]


def _one_hot(kind: HeadKind, value: str) -> Target:
    return tuple(float(value == name) for name in CLASSES[kind])


def _mean(a: Target, b: Target) -> Target:
    return tuple((x + y) / 2 for x, y in zip(a, b, strict=True))


def _labels(row: dict[str, Any]) -> dict[str, Target]:
    labels = {f"key_point.{k}": _one_hot("key_point", v) for k, v in row["key_points"].items()}
    labels |= {f"motivation.{k}": _one_hot("motivation", str(v)) for k, v in row["motivations"].items()}
    labels |= {f"red_flag.{k}": _one_hot("red_flag", str(v == "present").lower()) for k, v in row["red_flags"].items()}
    return labels | {f"star.{k}": _one_hot("star", str(bool(v)).lower()) for k, v in row["star"].items()}


def from_raters(first: dict[str, Any], second: dict[str, Any]) -> Example:
    """An answer with the mean of both raters' labels, and the sentences in which either saw evidence."""
    sentences = split_sentences([first["answer"]])
    one, two = _labels(first), _labels(second)
    targets = {name: _mean(one[name], two[name]) for name in one}
    spans: dict[str, set[int]] = {}
    for row in (first, second):
        for criterion, quotes in row["evidence"].items():
            for words in quotes:
                quote = locate(words, [first["answer"]])
                if quote is not None:
                    hit = {i for i, s in enumerate(sentences) if s.start < quote.end and quote.start < s.end}
                    for kind in ("key_point", "red_flag"):
                        # One id can be a point and a flag's name; evidence belongs to whichever this row asserts.
                        if f"{kind}.{criterion}" in targets and targets[f"{kind}.{criterion}"][-1] < 1:
                            spans.setdefault(f"{kind}.{criterion}", set()).update(hit)
    shown = {}
    for name, target in targets.items():
        kind, _, criterion = name.partition(".")
        if kind in ("key_point", "red_flag"):
            if spans.get(name):
                shown[name] = frozenset(spans[name])
            elif target[-1] == 1:
                shown[name] = frozenset()
        elif kind == "motivation":
            union = frozenset().union(*(spans.get(f"key_point.{p}", set()) for p in SHOWN_BY.get(criterion, ())))
            if target[0] == 1 or union:
                shown[name] = frozenset() if target[0] == 1 else union
        elif target[-1] == 1:
            shown[name] = frozenset()
    off = {"off-topic"} & set(first["tags"])
    targets["star.on_topic"] = _one_hot("star", "false" if off else "true")
    return Example([s.text for s in sentences], targets, shown, first["asked"])


def drop_sentences(example: Example, rng: random.Random) -> Example:
    """Keeps a run or a random part of the sentences; what its evidence no longer supports is relabelled or left out."""
    n = len(example.sentences)
    if n < 3:
        return example
    share = rng.choice((0.25, 0.4, 0.6, 0.8))
    kept = [i for i in range(n) if rng.random() < share] or [rng.randrange(n)]
    place = {old: new for new, old in enumerate(kept)}
    targets: dict[str, Target] = {}
    shown: dict[str, frozenset[int]] = {}
    for name, target in example.targets.items():
        kind = name.partition(".")[0]
        spots = example.shown.get(name)
        if kind == "key_point" and spots is not None:
            left = frozenset(place[i] for i in spots if i in place)
            if len(left) == len(spots):
                targets[name], shown[name] = target, left
            elif not left:
                targets[name], shown[name] = (0.03, 0.07, 0.9), left
            else:
                targets[name] = tuple(0.75 * t + 0.25 * u for t, u in zip(target, (0.0, 1.0, 0.0), strict=True))
                shown[name] = left
        elif kind == "red_flag" and spots is not None:
            left = frozenset(place[i] for i in spots if i in place)
            if left or not spots:
                targets[name], shown[name] = target, left
        elif kind == "star" and target[-1] == 1 and name != "star.on_topic":
            targets[name], shown[name] = target, frozenset()
    return Example([example.sentences[i] for i in kept], targets, shown, example.asked)


def join(a: Example, b: Example) -> Example:
    """Two answers, one after the other: each criterion as the one that shows it more has it."""
    shift = len(a.sentences)
    targets: dict[str, Target] = {}
    shown: dict[str, frozenset[int]] = {}
    for name in a.targets.keys() & b.targets.keys():
        if name.startswith("motivation."):
            continue
        stronger = max(a.targets[name], b.targets[name], key=lambda t: (t[0], -t[-1]))
        targets[name] = stronger
        if name in a.shown and name in b.shown:
            shown[name] = a.shown[name] | frozenset(i + shift for i in b.shown[name])
    return Example(a.sentences + b.sentences, targets, shown, a.asked, min(a.weight, b.weight))


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
    return Example(rough, example.targets, example.shown, example.asked, example.weight)


def _swap(word: str, rng: random.Random) -> str:
    i = rng.randrange(1, len(word) - 2)
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]


class Snippets:
    """Short labelled pieces that are put together into answers."""

    def __init__(self, names: list[str]) -> None:
        folder = HERE / "training"
        self.names = names
        pieces = read_lines(folder / "snippets.jsonl")
        self.held = pieces[::HELD]
        """Pieces that are never trained on: with dev they choose the step."""
        self.pieces = [piece for piece in pieces if piece not in self.held]
        self.others = read_lines(folder / "other-criteria.jsonl")
        self.off_topic = read_lines(folder / "off-topic.jsonl")
        self.criteria: dict[str, list[str]] = json.loads((folder / "criteria.json").read_text(encoding="utf-8"))

    def other_names(self) -> list[str]:
        """Criteria of no document, so that the encoder learns to read criteria instead of remembering them."""
        return [row["criterion"] for row in self.others]

    def compose(self, rng: random.Random, *, held: bool = False) -> Example:
        """One to six pieces (of those held out, or the others) in a row; what none of them shows is missing."""
        pieces = rng.sample(self.held if held else self.pieces, rng.choice((1, 1, 2, 2, 3, 4, 5, 6)))
        sentences: list[str] = []
        marks: dict[str, tuple[float, Target]] = {}
        shown: dict[str, set[int]] = {}

        def mark(name: str, strength: float, target: Target, at: range) -> None:
            if strength > marks.get(name, (-1.0, ()))[0]:
                marks[name] = (strength, target)
            shown.setdefault(name, set()).update(at)

        for piece in pieces:
            start = len(sentences)
            sentences += [s.text for s in split_sentences([piece["text"]])]
            at = range(start, len(sentences))
            for criterion, value in piece.get("key_points", {}).items():
                mark(f"key_point.{criterion}", float(value == "covered"), _one_hot("key_point", value), at)
            for criterion in piece.get("red_flags", ()):
                mark(f"red_flag.{criterion}", 1.0, _one_hot("red_flag", "true"), at)
            for part in piece.get("star", ()):
                mark(f"star.{part}", 1.0, _one_hot("star", "true"), at)
        for _ in range(rng.choice((0, 0, 1, 2))):
            row = rng.choice(self.others)
            start = len(sentences)
            sentences += [s.text for s in split_sentences([rng.choice(row["shown"])])]
            mark(row["criterion"], 1.0, (1.0, 0.0, 0.0), range(start, len(sentences)))
        known = [n for n in self.names if n.partition(".")[0] in ("key_point", "red_flag", "star")]
        # A piece says an action nearly always, so action is only known where it is marked.
        known = [n for n in known if n not in ("star.action", "star.on_topic")] + self.other_names()
        targets: dict[str, Target] = {"star.on_topic": _one_hot("star", "true")}
        for name in known:
            kind: Any = name.partition(".")[0]
            targets[name] = marks[name][1] if name in marks else _one_hot(kind, CLASSES[kind][-1])
        for name in marks.keys() - targets.keys():
            targets[name] = marks[name][1]
        where = {name: frozenset(shown.get(name, ())) for name in targets if name != "star.on_topic"}
        return Example(sentences, targets, where, weight=0.7)

    def stray(self, rng: random.Random) -> Example:
        """An answer to another question, or none at all: every point missing, every motivation 0, no flag."""
        row = rng.choice(self.off_topic)
        targets: dict[str, Target] = {}
        for name in self.names:
            kind: Any = name.partition(".")[0]
            value = "0" if kind == "motivation" else CLASSES[kind][-1]
            if kind != "star" or name == "star.on_topic":
                targets[name] = _one_hot(kind, value)
        sentences = [s.text for s in split_sentences([row["text"]])]
        shown: dict[str, frozenset[int]] = {name: frozenset() for name in targets if name != "star.on_topic"}
        return Example(sentences, targets, shown, row.get("question", ""))
