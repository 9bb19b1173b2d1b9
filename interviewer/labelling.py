"""Labels one answer criterion by criterion and compares labels; never reads a file, never asks a model.

A `Sheet` is one answer being labelled: each of `enter` and `back` gives the next one. The labels have the shape of
`evals/answers/*.rater2.jsonl`, and the rules are those of `evals/LABELLING.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .agreement import f1, macro_f1, weighted_kappa
from .quotes import locate
from .schema import STAR_PARTS, Grade, KeyPointVerdict, QuestionDocument, RedFlagVerdict, Sentence, StarPart
from .sentences import split_sentences

__all__ = [
    "ENOUGH",
    "NEEDS_WORDS",
    "RULES",
    "Comparison",
    "Difference",
    "Figure",
    "Labels",
    "Sheet",
    "Step",
    "back",
    "begin",
    "compare",
    "enter",
    "explain",
    "invite",
    "is_complete",
    "said_by_grader",
    "steps_of",
    "value_at",
]

ENOUGH = 10
"""Answers below which no figure of agreement is given."""
Part = Literal["key_points", "red_flags", "motivations", "star", "band"]

RULES: dict[Part, tuple[str, ...]] = {
    "key_points": (
        "covered: the candidate says it as their own behaviour or view, concretely enough that a quote shows it; "
        "other words for the same thing count",
        'partial: only hinted; only named without substance ("I use empathy"); done by somebody else; '
        "one half of a point that has two",
        "missing: not there, denied, or there only as its opposite",
    ),
    "red_flags": (
        "present: the candidate shows it, boasts of it or excuses it as their own, in the past too, "
        "unless they call it wrong and say what they do now instead",
        "absent: otherwise",
        'A missing key point is not a red flag. "Lack of …" needs the lack to show: feelings waved away, a solution '
        "refused. Empty, evasive and off-topic answers have no red flag.",
    ),
    "motivations": (
        "0 no evidence; 1 weak, a general claim; 2 adequate, clear behaviour with little detail; 3 strong, specific "
        "behaviour and its effect. A red flag that contradicts a motivation holds it at 1 or below.",
    ),
    "star": (
        "situation: a concrete event or setting. task: what they had to do, or what was at stake. action: what they "
        'themselves did. result: how it ended. A general method ("I always …") has an action only when it says what '
        "is done, and never a situation.",
    ),
    "band": (
        "As an experienced hiring manager for this role would put it. 1 poor: harmful, evasive, off-topic or empty. "
        "2 weak: vague, or with a red flag. 3 adequate: sound but thin or generic. 4 strong: specific, several points "
        "with evidence, no red flag. 5 excellent: specific and structured, most points with evidence, reflection or a "
        "measurable result, no red flag.",
    ),
}
"""What the guide says on each part."""

POINT_KEYS = {"c": "covered", "p": "partial", "m": "missing"}
FLAG_KEYS = {"y": "present", "n": "absent"}
NEEDS_WORDS = ("covered", "partial", "present")
INVITATIONS: dict[Part, str] = {
    "key_points": "c covered · p partly · m missing",
    "red_flags": "y there · n not there",
    "motivations": "0 to 3",
    "star": "letters of the parts that are there, such as SAR; - for none",
    "band": "1 to 5",
}
WORDS_WANTED = "Which sentence shows it? Numbers such as 2 or 2,3, or paste the words; several quotes with | between"


class Labels(BaseModel):
    """One line of a file of labels; what isn't judged yet is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1)
    labeller: str = Field(min_length=1)
    key_points: dict[str, Literal["covered", "partial", "missing"]] = {}
    red_flags: dict[str, Literal["present", "absent"]] = {}
    motivations: dict[str, Annotated[int, Field(ge=0, le=3)]] = {}
    star: dict[StarPart, bool] = {}
    band: Annotated[int, Field(ge=1, le=5)] | None = None
    evidence: dict[str, tuple[str, ...]] = {}
    """Words of the answer for each criterion that is there."""


@dataclass(frozen=True)
class Step:
    """One thing to judge."""

    part: Part
    criterion: str = ""
    """Empty for STAR and the band, which are judged in one go."""

    @property
    def name(self) -> str:
        return f"{self.part}.{self.criterion}".rstrip(".")


@dataclass(frozen=True)
class Sheet:
    """One answer being labelled."""

    document: QuestionDocument
    answers: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    steps: tuple[Step, ...]
    labels: Labels
    at: int = 0
    pending: str = ""
    """A verdict given that still needs the words that show it."""

    @property
    def step(self) -> Step | None:
        """What is judged next; None when everything is."""
        return self.steps[self.at] if self.at < len(self.steps) else None


# ── one answer ───────────────────────────────────────────────────────────────────────────────────────


def steps_of(document: QuestionDocument) -> tuple[Step, ...]:
    """Everything there is to judge, in the order it is asked."""
    return (
        *(Step("key_points", point.id) for point in document.key_points),
        *(Step("red_flags", flag.id) for flag in document.red_flags),
        *(Step("motivations", motivation.id) for motivation in document.motivations),
        Step("star"),
        Step("band"),
    )


def begin(document: QuestionDocument, answers: Sequence[str], labels: Labels, *, at: str = "") -> Sheet:
    """The sheet of an answer, labelled as far as `labels` go.

    Args:
        document: the question's.
        answers: the first answer and those to its follow-ups.
        labels: what is known; criteria that the document no longer has are dropped, and verdicts whose words no
            longer stand in the answer.
        at: name of the step to go on with; the first that is not judged when left out.
    """
    steps = steps_of(document)
    labels = _fitting(_standing(labels, answers), document)
    names = [step.name for step in steps]
    open_steps = [number for number, step in enumerate(steps) if value_at(labels, step) is None]
    start = names.index(at) if at in names else min(open_steps, default=0)
    return Sheet(document, tuple(answers), split_sentences(answers), steps, labels, at=start)


def is_complete(labels: Labels, document: QuestionDocument, answers: Sequence[str]) -> bool:
    """Whether every criterion of the document is judged, by words that stand in the answer."""
    standing = _standing(labels, answers)
    return all(value_at(standing, step) is not None for step in steps_of(document))


def value_at(labels: Labels, step: Step) -> str | int | None:
    """What a step was judged as; None where it isn't."""
    if step.part == "band":
        return labels.band
    if step.part == "star":
        letters = "".join(part[0].upper() for part in STAR_PARTS if labels.star.get(part))
        return (letters or "-") if labels.star.keys() >= set(STAR_PARTS) else None
    value: str | int | None = getattr(labels, step.part).get(step.criterion)
    return value


def explain(sheet: Sheet) -> tuple[str, ...]:
    """What the step is about, the criterion's name first."""
    step = sheet.step
    if step is None:
        return ()
    criterion = next((one for one in getattr(sheet.document, step.part, ()) if one.id == step.criterion), None)
    if criterion is None:
        if step.part == "band":
            return ("Band, the whole answer",)
        so_far = ", ".join(f"{part} {'there' if told else 'not there'}" for part, told in sheet.labels.star.items())
        return ("The story: situation, task, action, result", *([f"so far: {so_far}"] if so_far else []))
    if step.part == "key_points":
        return criterion.name, f"covered: {criterion.covered}", f"partly: {criterion.partly}"
    if step.part == "red_flags":
        return (f"Red flag: {criterion.name}", criterion.description, *_exception(criterion.exception))
    return f"Motivation: {criterion.name}", *(f"{level}: {text}" for level, text in enumerate(criterion.levels))


def _exception(text: str) -> tuple[str, ...]:
    return (f"not: {text}",) if text else ()


def invite(sheet: Sheet) -> str:
    """What can be typed now, and what Enter would keep."""
    step = sheet.step
    if step is None:
        return ""
    quotes = " ".join(f"“{words}”" for words in sheet.labels.evidence.get(step.criterion, ()))
    present = value_at(sheet.labels, step)
    if sheet.pending:
        wanted, kept = WORDS_WANTED, quotes
    else:
        wanted, kept = INVITATIONS[step.part], "" if present is None else f"{present} {quotes}".strip()
    return f"{wanted} · Enter keeps {kept}" if kept else wanted


def enter(sheet: Sheet, typed: str) -> Sheet:
    """The sheet after a reply to its step; a verdict that needs words and has none waits for them.

    Raises:
        ValueError: the reply can't be used; the message says what can.
    """
    text, step = typed.strip(), sheet.step
    if step is None:
        raise ValueError("Everything is judged.")
    if sheet.pending:
        kept = () if text else sheet.labels.evidence.get(step.criterion, ())
        return _judge(sheet, sheet.pending, kept or _words(text, sheet))
    if not text and value_at(sheet.labels, step) is not None:
        return replace(sheet, at=sheet.at + 1)
    if step.part in ("key_points", "red_flags"):
        return _enter_verdict(sheet, text, POINT_KEYS if step.part == "key_points" else FLAG_KEYS)
    if step.part == "star":
        return _enter_star(sheet, text)
    least, most = (0, 3) if step.part == "motivations" else (1, 5)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise ValueError(f"Type a number from {least} to {most}.")
    return _judge(sheet, int(text))


def back(sheet: Sheet) -> Sheet:
    """One question back."""
    if sheet.pending:
        return replace(sheet, pending="")
    return replace(sheet, at=max(0, sheet.at - 1))


def _enter_verdict(sheet: Sheet, text: str, keys: Mapping[str, str]) -> Sheet:
    # "c3", "c 2,3" and "c" are verdicts; "calm and polite" is none, though it begins with a c.
    match = re.fullmatch(r"([a-z])(?:\s+(.+)|([\d,\s]+))?", text, re.IGNORECASE | re.DOTALL)
    verdict = keys.get(match[1].lower()) if match else None
    if match is None or verdict is None:
        raise ValueError(f"Type {' or '.join(keys)}: {', '.join(f'{key} for {word}' for key, word in keys.items())}.")
    shown = (match[2] or match[3] or "").strip()
    if verdict not in NEEDS_WORDS:
        if shown:
            raise ValueError(f"Nothing shows what is {verdict}: type {match[1].lower()} alone.")
        return _judge(sheet, verdict)
    return _judge(sheet, verdict, _words(shown, sheet)) if shown else replace(sheet, pending=verdict)


def _enter_star(sheet: Sheet, text: str) -> Sheet:
    letters = {part[0]: part for part in STAR_PARTS}
    typed = set(text.lower()) - set(" ,")
    if not typed or (typed != {"-"} and not typed <= letters.keys()):
        raise ValueError("Type the letters of the parts that are there, S, T, A or R, or - for none.")
    return _judge(sheet, {part: letter in typed for letter, part in letters.items()})


def _judge(sheet: Sheet, value: Any, words: tuple[str, ...] = ()) -> Sheet:
    step = sheet.steps[sheet.at]
    changed = {**getattr(sheet.labels, step.part), step.criterion: value} if step.criterion else value
    evidence = {key: kept for key, kept in sheet.labels.evidence.items() if key != step.criterion}
    if words:
        evidence[step.criterion] = words
    labels = _fitting(sheet.labels.model_copy(update={step.part: changed, "evidence": evidence}), sheet.document)
    return replace(sheet, labels=labels, at=sheet.at + 1, pending="")


def _words(text: str, sheet: Sheet) -> tuple[str, ...]:
    """The answer's own words that are meant by sentence numbers or a pasted quote."""
    if not text:
        raise ValueError(WORDS_WANTED + ".")
    if not re.fullmatch(r"[\d\s,]+", text, re.ASCII):
        return tuple(dict.fromkeys(_located(words, sheet) for words in text.split("|") if words.strip()))
    by_number = {str(sentence.number): sentence.text for sentence in sheet.sentences}
    numbers = [str(int(number)) for number in re.findall(r"\d+", text)]
    for number in numbers:
        if number not in by_number:
            raise ValueError(f'There is no sentence {number}. Words that are a number go in quotes: "{number}".')
    return tuple(by_number[number] for number in dict.fromkeys(numbers))


def _located(words: str, sheet: Sheet) -> str:
    quote = locate(words, sheet.answers)
    if quote is None:
        raise ValueError(f"These words are not in the answer: “{words.strip()}”. Copy them exactly, or give a number.")
    return quote.text


def _standing(labels: Labels, answers: Sequence[str]) -> Labels:
    """The labels without those whose words are not in the answer: it was edited since."""
    gone = {
        id
        for id, quotes in labels.evidence.items()
        if not all(any(words in said for said in answers) for words in quotes)
    }
    parts = {part: getattr(labels, part) for part in ("key_points", "red_flags", "evidence")}
    kept = {part: {id: value for id, value in values.items() if id not in gone} for part, values in parts.items()}
    return labels.model_copy(update=kept)


def _fitting(labels: Labels, document: QuestionDocument) -> Labels:
    """The labels of the document's criteria alone, in its order."""
    steps = [step for step in steps_of(document) if step.criterion]
    kept: dict[str, Any] = {"key_points": {}, "red_flags": {}, "motivations": {}}
    for step in steps:
        if (value := value_at(labels, step)) is not None:
            kept[step.part][step.criterion] = value
    evidence = {step.criterion: labels.evidence[step.criterion] for step in steps if step.criterion in labels.evidence}
    return labels.model_copy(update={**kept, "evidence": evidence})


# ── how far others agree ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Figure:
    """One figure of agreement."""

    name: str
    value: float | None
    """None when there is nothing to say it from."""
    n: int
    """Pairs of verdicts behind it."""
    answers: int
    """Answers they come from."""


@dataclass(frozen=True)
class Difference:
    """One criterion on which the two disagree."""

    answer: str
    criterion: str
    """Its name as shown."""
    label: str
    other: str
    label_quotes: tuple[str, ...]
    other_quotes: tuple[str, ...]
    size: float
    """As a share of the widest disagreement possible: 0 to 1."""


@dataclass(frozen=True)
class Comparison:
    """How far another's verdicts agree with labels."""

    answers: int
    """In both."""
    judged: Figure
    """Share of the labelled key points on which the other gave a verdict."""
    figures: tuple[Figure, ...]
    differences: tuple[Difference, ...]
    """The widest first, then in the order of the answers."""


Pair = tuple[QuestionDocument, Labels, Labels]
Verdicts = tuple[str, Any, Any]
"""An answer's id, what the labels say and what the other says."""


def said_by_grader(grade: Grade) -> Labels:
    """A grade as labels: what is unsure or unscored is left out."""
    judged: list[tuple[str, KeyPointVerdict | RedFlagVerdict]] = [*grade.key_points.items(), *grade.red_flags.items()]
    return Labels(
        id=grade.id,
        labeller=f"{grade.decider} {grade.model}".strip(),
        key_points={
            id: seen.verdict
            for id, seen in grade.key_points.items()
            if seen.verdict != "unsure" and seen.verdict != "unscored"
        },
        red_flags={
            id: seen.verdict
            for id, seen in grade.red_flags.items()
            if seen.verdict != "unsure" and seen.verdict != "unscored"
        },
        motivations={id: seen.level for id, seen in grade.motivations.items() if seen.level is not None},
        star={part: there for part, there in grade.star.items() if there is not None},
        band=grade.band,
        evidence={id: tuple(quote.text for quote in seen.quotes) for id, seen in judged if seen.quotes},
    )


def compare(pairs: Sequence[Pair]) -> Comparison:
    """How far the second labels of each pair agree with the first; F1 takes the first as the truth.

    Kappas are quadratic weighted. Verdicts that the second doesn't give are counted in `judged` alone.
    """
    points, flags, levels, bands = (
        list(_verdicts(pairs, part)) for part in ("key_points", "red_flags", "motivations", "band")
    )
    labelled = sum(len(labels.key_points) for _, labels, _ in pairs)
    verdicts = tuple(POINT_KEYS.values())
    return Comparison(
        answers=len(pairs),
        judged=Figure("key points judged", len(points) / labelled if labelled else None, labelled, len(pairs)),
        figures=(
            _figure("key points, macro-F1", points, lambda truth, said: macro_f1(truth, said, labels=verdicts)),
            _figure("red flags, F1", _told(flags), lambda truth, said: f1(truth, said, positive="present"), of=flags),
            _figure("motivations, QWK", levels, weighted_kappa),
            _figure("band, QWK", bands, weighted_kappa),
        ),
        differences=tuple(sorted(_differences(pairs), key=lambda one: -one.size)),
    )


def _verdicts(pairs: Iterable[Pair], part: str) -> Iterator[Verdicts]:
    for document, labels, other in pairs:
        for step in steps_of(document):
            ours, theirs = value_at(labels, step), value_at(other, step)
            if step.part == part and ours is not None and theirs is not None:
                yield labels.id, ours, theirs


def _told(flags: list[Verdicts]) -> list[Verdicts]:
    """Where neither side ever sees a flag, an F1 of 0 would say that they disagree: there is none."""
    return flags if any("present" in verdicts for verdicts in flags) else []


def _figure(
    name: str,
    verdicts: Sequence[Verdicts],
    measure: Callable[[list[Any], list[Any]], float],
    *,
    of: Sequence[Verdicts] | None = None,
) -> Figure:
    counted = verdicts if of is None else of
    value = measure([ours for _, ours, _ in verdicts], [theirs for _, _, theirs in verdicts]) if verdicts else None
    return Figure(name, value, len(counted), len({answer for answer, _, _ in counted}))


def _differences(pairs: Iterable[Pair]) -> Iterator[Difference]:
    for document, labels, other in pairs:
        for step in steps_of(document):
            ours, theirs = value_at(labels, step), value_at(other, step)
            if step.part == "star" or ours is None or theirs is None or ours == theirs:
                continue
            yield Difference(
                answer=labels.id,
                criterion=_shown_name(document, step),
                label=str(ours),
                other=str(theirs),
                label_quotes=labels.evidence.get(step.criterion, ()),
                other_quotes=other.evidence.get(step.criterion, ()),
                size=_distance(step.part, ours, theirs),
            )


def _distance(part: Part, ours: str | int, theirs: str | int) -> float:
    if isinstance(ours, int) and isinstance(theirs, int):
        return abs(ours - theirs) / (3 if part == "motivations" else 4)
    if part == "key_points":
        ranks = tuple(POINT_KEYS.values())
        return abs(ranks.index(str(ours)) - ranks.index(str(theirs))) / 2
    return 1.0


def _shown_name(document: QuestionDocument, step: Step) -> str:
    return next((str(one.name) for one in getattr(document, step.part, ()) if one.id == step.criterion), "Band")
