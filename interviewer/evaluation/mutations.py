"""Changes answers with a known effect on the grade, and finds grades that moved the wrong way; never grades.

A relation says what may not happen between the grade of an answer and that of its changed copy. A verdict that is
*unsure* or *unscored* on either side breaks nothing; it is counted as an abstention.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..schema import Grade, QuestionDocument
from ..sentences import split_sentences
from .records import Case, Outcome

__all__ = [
    "MEANING_KEPT",
    "RELATIONS",
    "Check",
    "Relation",
    "append",
    "check_pair",
    "checks",
    "document_for",
    "filled_with_fillers",
    "like_speech",
    "mutated",
    "paired",
    "repeated",
    "shuffled",
    "with_typos",
    "without",
]

COVERAGE_LEEWAY = 0.04
"""How far coverage may move when nothing of substance was said (metric 17)."""

Ordered = Literal["down", "up", "change"]
"""What is not allowed: to go down, to go up, to change."""


@dataclass(frozen=True)
class Relation:
    """What may not happen to the grade; a part left out may do anything."""

    about: Ordered | None = None
    """The verdict on the criterion that the case is about."""
    points: Ordered | None = None
    """The other key points."""
    flags: Ordered | None = None
    """The other red flags; up is better, so `up` forbids that a flag goes away."""
    motivations: Ordered | None = None
    band: Ordered | None = None
    steady_coverage: bool = False
    """Instead of each key point: coverage may move by at most `COVERAGE_LEEWAY`."""


_EMPTY = Relation(band="change", flags="change", steady_coverage=True)
_SAME = Relation(points="change", flags="change", motivations="change", band="change")

RELATIONS: Mapping[str, Relation] = {
    "add": Relation(about="down", points="change", flags="down", motivations="down", band="down"),
    "remove": Relation(about="up", points="up", band="up"),
    "flag": Relation(about="up", points="up", band="up"),
    "retract": Relation(points="up", motivations="up", band="up"),
    "pad": _EMPTY,
    "repeat": _EMPTY,
    "praise": _EMPTY,
    "irrelevant": _EMPTY,
    "typos": _SAME,
    "fillers": _SAME,
    "speech": _SAME,
    "shuffle": _SAME,
    "paraphrase": _SAME,
}
"""By family. A retraction may bring a flag or take one away, so flags are left out there."""

MEANING_KEPT = ("typos", "fillers", "speech", "shuffle", "paraphrase")
"""Families whose answers say the same as before: what metric 14 is measured on."""

_RANKS: Mapping[object, int] = {"missing": 0, "partial": 1, "covered": 2, "present": 0, "absent": 1}
"""The higher the better for the candidate; what isn't in it is no verdict."""


@dataclass(frozen=True)
class Check:
    """One thing that a relation says about one pair of grades."""

    case: str
    family: str
    what: str
    """`band`, `coverage`, or the name of a verdict: `key_point.calm`."""
    before: str
    after: str
    result: Literal["kept", "violated", "abstained"]


# ── changes of the words ─────────────────────────────────────────────────────────────────────────────


def mutated(case: Case, family: str, answer: str, *, number: int = 0, about: str = "", tag: str = "") -> Case:
    """The case with its last answer replaced, as a case of its own; `number` tells several of a family apart."""
    *before, _ = case.answers
    return case.model_copy(
        update={
            "id": f"{case.id}~{family}" + (f"-{number}" if number else ""),
            "answers": (*before, answer),
            "tags": (*case.tags, tag) if tag else case.tags,
            "raters": (),
            "reference": None,
            "base": case.id,
            "family": family,
            "about": about,
        }
    )


def append(answer: str, words: str) -> str:
    """The words as sentences of their own after the answer."""
    end = "" if answer.rstrip().endswith((".", "!", "?", "…")) else "."
    return f"{answer.rstrip()}{end} {words}"


def without(answer: str, spans: Sequence[str]) -> str:
    """The answer without the sentences that hold any of the spans; unchanged when none does."""
    places = [(at, at + len(span)) for span in spans if (at := answer.find(span)) >= 0]
    kept, cursor = [], 0
    for sentence in split_sentences([answer]):
        if any(start < sentence.end and end > sentence.start for start, end in places):
            kept.append(answer[cursor : sentence.start])
            cursor = sentence.end
    return re.sub(r" {2,}", " ", "".join([*kept, answer[cursor:]])).strip()


def repeated(answer: str, seed: int) -> str:
    """The answer with one of its own sentences said again at the end."""
    sentences = split_sentences([answer])
    return append(answer, random.Random(seed).choice(sentences).text) if sentences else answer  # noqa: S311


def with_typos(answer: str, seed: int, share: float = 0.08) -> str:
    """Slips of the keys in that share of the words of five letters or more: two letters swapped, inner ones only."""
    draw = random.Random(seed)  # noqa: S311

    def slip(match: re.Match[str]) -> str:
        word = match[0]
        if draw.random() >= share:
            return word
        at = draw.randrange(1, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    return re.sub(r"[A-Za-z]{5,}", slip, answer)


_FILLERS = ("um,", "uh,", "like,", "you know,", "I mean,", "well,", "so yeah,", "kind of,")


def filled_with_fillers(answer: str, seed: int, share: float = 0.08) -> str:
    """A filler before that share of the words, as people speak."""
    draw = random.Random(seed)  # noqa: S311
    return re.sub(r"(?<= )\b", lambda match: f"{draw.choice(_FILLERS)} " if draw.random() < share else match[0], answer)


def like_speech(answer: str) -> str:
    """As a speech recogniser writes it: lower case, no punctuation but apostrophes, one line."""
    bare = re.sub(r"[^\w\s'’]|_", " ", answer.replace("-", " "))
    return " ".join(bare.lower().split())


def shuffled(document: QuestionDocument, seed: int) -> QuestionDocument:
    """The document with its key points, motivations and red flags in another order; nothing else differs."""
    draw = random.Random(seed)  # noqa: S311
    return document.model_copy(
        update={
            part: tuple(draw.sample(getattr(document, part), k=len(getattr(document, part))))
            for part in ("key_points", "motivations", "red_flags")
        }
    )


def document_for(case: Case, document: QuestionDocument) -> QuestionDocument:
    """The document that a case is to be graded by: shuffled when it has a tag `shuffle:SEED`, else as it is."""
    seeds = [int(tag.partition(":")[2]) for tag in case.tags if tag.startswith("shuffle:")]
    return shuffled(document, seeds[0]) if seeds else document


# ── what may not have happened ───────────────────────────────────────────────────────────────────────


def paired(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> Iterator[tuple[Case, Grade, Grade]]:
    """Each changed case with the grade of its base and its own, where both were graded; first repeats only."""
    grades = {outcome.case: outcome.grade for outcome in outcomes if outcome.repeat == 0}
    for case in cases:
        if case.base and case.base in grades and case.id in grades:
            yield case, grades[case.base], grades[case.id]


def checks(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> tuple[Check, ...]:
    """Everything that the relations say about these outcomes; families without a relation are passed over."""
    return tuple(
        check
        for case, before, after in paired(cases, outcomes)
        if case.family in RELATIONS
        for check in check_pair(case, before, after)
    )


def check_pair(case: Case, before: Grade, after: Grade) -> Iterator[Check]:
    """What the relation of the case's family says about the grade of its base and its own."""
    relation = RELATIONS[case.family]

    def check(what: str, old: object, new: object, forbidden: Ordered) -> Check:
        result = _judge(_rank(old), _rank(new), forbidden)
        return Check(case.id, case.family, what, str(old), str(new), result)

    for name, old, new in _verdicts(before, after):
        kind = name.partition(".")[0]
        part = {"key_point": relation.points, "red_flag": relation.flags, "motivation": relation.motivations}[kind]
        if forbidden := relation.about if name == case.about else part:
            yield check(name, old, new, forbidden)
    if relation.steady_coverage:
        yield _steady(case, before, after)
    if relation.band:
        yield check("band", before.band, after.band, relation.band)


def _verdicts(before: Grade, after: Grade) -> Iterator[tuple[str, object, object]]:
    for id, point in before.key_points.items():
        yield f"key_point.{id}", point.verdict, after.key_points[id].verdict
    for id, flag in before.red_flags.items():
        yield f"red_flag.{id}", flag.verdict, after.red_flags[id].verdict
    for id, motivation in before.motivations.items():
        yield f"motivation.{id}", motivation.level, after.motivations[id].level


def _rank(value: object) -> int | None:
    return value if isinstance(value, int) else _RANKS.get(value)


def _judge(old: int | None, new: int | None, forbidden: Ordered) -> Literal["kept", "violated", "abstained"]:
    if old is None or new is None:
        return "abstained"
    broken = {"down": new < old, "up": new > old, "change": new != old}[forbidden]
    return "violated" if broken else "kept"


def _steady(case: Case, before: Grade, after: Grade) -> Check:
    """Coverage over the key points that both grades judge."""
    ranks = [(_rank(point.verdict), _rank(after.key_points[id].verdict)) for id, point in before.key_points.items()]
    both = [(old, new) for old, new in ranks if old is not None and new is not None]
    share = 1 / (2 * len(both)) if both else 0.0
    was, now = sum(old for old, _ in both) * share, sum(new for _, new in both) * share
    result: Literal["kept", "violated", "abstained"] = "kept" if abs(now - was) <= COVERAGE_LEEWAY else "violated"
    return Check(case.id, case.family, "coverage", f"{was:.3f}", f"{now:.3f}", result if both else "abstained")
