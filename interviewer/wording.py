"""Says verdicts, bands, agreement and evidence in plain words; never judges and never formats.

The page and the terminal show the same words, so they live here: `number_evidence` gives every criterion that
rests on words of the candidate a number, `cut_answers` cuts the answers where those words begin and end.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

from .intake import STATES
from .schema import (
    STAR_PARTS,
    Grade,
    KeyPointVerdict,
    Kind,
    MotivationVerdict,
    QuestionDocument,
    Quote,
    Record,
    RedFlagVerdict,
)
from .scoring import CREDIT, FLAG_CAP, NOT_JUDGED, points_for

__all__ = [
    "BANDS",
    "STAR_NAMES",
    "STATE_NAMES",
    "VERDICTS",
    "Evidence",
    "Segment",
    "count_criteria",
    "cut_answers",
    "explain_band",
    "not_judged",
    "number_evidence",
    "said_unsure",
    "say_making",
    "say_second_opinion",
    "say_set_aside",
    "say_status",
    "say_verdict",
    "summarise",
]

BANDS = {1: "poor", 2: "weak", 3: "adequate", 4: "strong", 5: "excellent"}
VERDICTS = {
    "covered": "Covered",
    "partial": "Partly covered",
    "missing": "Missing",
    "present": "Found",
    "absent": "Not found",
    "told": "Told",
    "left_out": "Left out",
    "unsure": "Unsure",
    "unscored": "Not scored",
}
STAR_NAMES = {"situation": "Situation", "task": "Task", "action": "Action", "result": "Result"}
STATE_NAMES = {
    "empty": "No answer to grade",
    "too_short": "Too short to grade",
    "unreadable": "Can't be read",
    "off_topic": "Off topic",
    "too_long": "Too long to grade",
    "other_language": "In another language",
    "addressed": "No answer to grade",
    "copied": "A worked example",
    "declined": "No example given",
}
"""Headings for the reasons of `intake.STATES`."""


_UNSURE = re.compile(r"\d+ samples: |The likeliest verdict ")
"""How the reasons of `sampling` and `scoring` for being unsure begin."""


class Evidence(Record):
    """The words one criterion rests on, under the number they are shown by."""

    number: int
    """From 1, counted over all criteria that have words."""
    kind: Kind
    criterion: str
    """Id of the criterion, or the STAR part."""
    name: str
    verdict: str
    """A key of `VERDICTS`, or `level 2`."""
    quotes: tuple[Quote, ...]


class Segment(Record):
    """A run of characters of one answer that the same criteria rest on."""

    text: str
    numbers: tuple[int, ...] = ()
    """Of the evidence these characters belong to."""
    ending: tuple[int, ...] = ()
    """Of the evidence whose quote ends with these characters."""


def number_evidence(grade: Grade, document: QuestionDocument) -> tuple[Evidence, ...]:
    """Numbers every criterion that has quotes, in the order in which their words stand in the answers."""
    rows: list[tuple[Kind, str, str, str, tuple[Quote, ...]]] = []
    for point in document.key_points:
        if judged := grade.key_points.get(point.id):
            rows.append(("key_point", point.id, point.name, judged.verdict, judged.quotes))
    for motivation in document.motivations:
        if found := grade.motivations.get(motivation.id):
            verdict = "unsure" if found.level is None else f"level {found.level}"
            rows.append(("motivation", motivation.id, motivation.name, verdict, found.quotes))
    for flag in document.red_flags:
        if seen := grade.red_flags.get(flag.id):
            rows.append(("red_flag", flag.id, flag.name, seen.verdict, seen.quotes))
    for part in STAR_PARTS:
        told = {True: "told", False: "left_out", None: "unsure"}[grade.star.get(part)]
        rows.append(("star", part, STAR_NAMES[part], told, grade.star_quotes.get(part, ())))
    shown = sorted((row for row in rows if row[4]), key=lambda row: min((one.answer, one.start) for one in row[4]))
    return tuple(
        Evidence(number=number, kind=kind, criterion=criterion, name=name, verdict=verdict, quotes=quotes)
        for number, (kind, criterion, name, verdict, quotes) in enumerate(shown, start=1)
    )


def cut_answers(answers: Sequence[str], evidence: Iterable[Evidence]) -> tuple[tuple[Segment, ...], ...]:
    """Cuts each answer where evidence begins or ends; the segments of an answer joined are that answer."""
    spans = [
        (quote.answer, quote.start, quote.end, item.number)
        for item in evidence
        for quote in item.quotes
        # An old grade may point past an answer that was edited since: no mark rather than a wrong one.
        if 0 <= quote.answer < len(answers) and 0 <= quote.start < quote.end <= len(answers[quote.answer])
    ]
    return tuple(
        _cut(text, [(start, end, number) for answer, start, end, number in spans if answer == index])
        for index, text in enumerate(answers)
    )


def _cut(text: str, spans: Sequence[tuple[int, int, int]]) -> tuple[Segment, ...]:
    edges = sorted({0, len(text), *(edge for start, end, _ in spans for edge in (start, end))})
    return tuple(
        Segment(
            text=text[low:high],
            numbers=tuple(sorted({number for start, end, number in spans if start <= low and high <= end})),
            ending=tuple(sorted({number for _, end, number in spans if end == high})),
        )
        for low, high in itertools.pairwise(edges)
    )


def said_unsure(found: MotivationVerdict) -> bool:
    """Whether a motivation has no level because its decider was unsure, not because there was no usable decision."""
    told = found.probability is not None or _UNSURE.match(found.reason) is not None
    return found.level is None and told and not not_judged(found)


def not_judged(verdict: KeyPointVerdict | MotivationVerdict | RedFlagVerdict) -> bool:
    """Whether the decider hasn't said anything about this criterion (yet)."""
    given = verdict.level is not None if isinstance(verdict, MotivationVerdict) else verdict.verdict != "unscored"
    return not given and verdict.reason in ("", NOT_JUDGED)


def count_criteria(grade: Grade | None, document: QuestionDocument) -> tuple[int, int]:
    """How many key points, motivations and red flags have been judged or refused so far, and of how many."""
    whole = len(document.key_points) + len(document.motivations) + len(document.red_flags)
    if grade is None:
        return 0, whole
    verdicts: tuple[KeyPointVerdict | MotivationVerdict | RedFlagVerdict, ...] = (
        *grade.key_points.values(),
        *grade.motivations.values(),
        *grade.red_flags.values(),
    )
    return sum(not not_judged(verdict) for verdict in verdicts), whole


def summarise(grade: Grade) -> str:
    """One sentence with the counts; empty before anything was judged."""
    verdicts = [point.verdict for point in grade.key_points.values()]
    if not verdicts:
        return ""
    words = {"covered": "covered", "partial": "partly", "missing": "missing", "unsure": "unsure"}
    counts = [f"{verdicts.count(key)} {word}" for key, word in words.items() if key in verdicts]
    if unscored := verdicts.count("unscored"):
        counts.append(f"{unscored} not scored")
    present = sum(flag.verdict == "present" for flag in grade.red_flags.values())
    flags = {0: "no red flag", 1: "1 red flag"}.get(present, f"{present} red flags")
    return f"Key points: {', '.join(counts)}; {flags} found."


def explain_band(grade: Grade) -> tuple[str, ...]:
    """How the band came about, step by step, from the verdicts and the rule in `scoring`."""
    judged = [point.verdict for point in grade.key_points.values() if point.verdict in CREDIT]
    levels = [found.level for found in grade.motivations.values() if found.level is not None]
    lines = [f"{len(judged)} of {len(grade.key_points)} key points and {_levels(grade)} could be judged."]
    if grade.coverage is not None:
        covered, partly = judged.count("covered"), judged.count("partial")
        lines.append(
            f"Coverage: {covered} covered and {partly} partly (each ½) of {len(judged)}: {grade.coverage:.0%}."
        )
    if grade.band is None or grade.coverage is None or not levels:
        return (*lines, "Too little could be judged for a band, so none is given.")
    mean = sum(levels) / len(levels)
    points = points_for(grade.coverage, mean)
    lines.append(f"Motivations: level {mean:.2f} of 3 on average.")
    lines.append(f"Points: 1.25 + 2 × {grade.coverage:.2f} + 2 × {mean:.2f} ÷ 3 = {points:.2f}, rounded.")
    if any(flag.verdict == "present" for flag in grade.red_flags.values()):
        lines.append(f"A red flag was found, so the band is at most {FLAG_CAP}.")
    return (*lines, f"Band {grade.band}, {BANDS[grade.band]}.")


def _levels(grade: Grade) -> str:
    judged = sum(found.level is not None for found in grade.motivations.values())
    return f"{judged} of {len(grade.motivations)} motivations"


def say_status(grade: Grade) -> tuple[str, str]:
    """A heading and a sentence for a grade that is not complete; both empty for one that is."""
    if grade.status == "graded" and not grade.reason:
        return "", ""
    heading = {"graded": "Graded", "partly_graded": "Partly graded", "unscored": "Not graded"}[grade.status]
    return STATE_NAMES.get(grade.reason, heading), STATES.get(grade.reason, grade.reason)


def say_set_aside(grade: Grade) -> str:
    """That some sentences were not judged, and why; empty when all were."""
    said = []
    if grade.set_aside and grade.reason != "addressed":
        some = "One sentence speaks" if len(grade.set_aside) == 1 else f"{len(grade.set_aside)} sentences speak"
        said.append(f"{some} to the grader instead of answering, and counted neither for nor against you.")
    if grade.copied and grade.reason != "copied":
        some = "One sentence is" if len(grade.copied) == 1 else f"{len(grade.copied)} sentences are"
        said.append(f"{some} a worked example's, and counted neither for nor against you.")
    return " ".join(said)


def say_second_opinion(grade: Grade) -> dict[tuple[Kind, str], str]:
    """A sentence for each criterion that the second opinion sees as the opposite."""
    if grade.second_opinion is None:
        return {}
    who = "The built-in grader" if grade.second_opinion.decider == "builtin" else grade.second_opinion.model
    says = {
        "covered": f"{who} reads this as covered.",
        "missing": f"{who} reads this as missing.",
        "present": f"{who} finds this in your words.",
        "absent": f"{who} does not find this in your words.",
    }
    return {(one.kind, one.criterion): says[one.verdict] for one in grade.second_opinion.differs}


def say_verdict(verdict: str) -> str:
    """A key of `VERDICTS`, or a level, in words."""
    return VERDICTS.get(verdict) or f"Level {verdict} of 3"


def say_making(grade: Grade) -> str:
    """What graded, how long it took and what it cost."""
    parts = [f"{grade.model} ({grade.decider})" if grade.model else grade.decider, f"{grade.seconds:.1f} s"]
    if grade.samples > 1:
        parts.insert(1, f"{grade.samples} samples")
    if grade.tokens:
        parts.append(f"{grade.tokens:,} tokens")
    if grade.usd is not None:
        parts.append(f"${grade.usd:.4f}")
    return " · ".join(parts)
