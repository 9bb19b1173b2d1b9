"""Says verdicts, bands, agreement and evidence in plain words; never judges and never formats.

The page and the terminal show the same words, so they live here: `number_evidence` gives every criterion that
rests on words of the candidate a number, `cut_answers` cuts the answers where those words begin and end.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from .criteria import not_judged, say_part
from .intake import say_state
from .phrases import _, count_of, later
from .schema import (
    STAR_PARTS,
    Grade,
    KeyPointVerdict,
    Kind,
    Mode,
    MotivationVerdict,
    QuestionDocument,
    Quote,
    Record,
    RedFlagVerdict,
)
from .scoring import CREDIT, FLAG_CAP, points_for

__all__ = [
    "KIND_NAMES",
    "MODE_NAMES",
    "VERDICTS",
    "Evidence",
    "Segment",
    "count_criteria",
    "cut_answers",
    "explain_band",
    "number_evidence",
    "say_band",
    "say_counts",
    "say_making",
    "say_second_opinion",
    "say_set_aside",
    "say_status",
    "say_verdict",
    "summarise",
]

_BANDS = {1: later("poor"), 2: later("weak"), 3: later("adequate"), 4: later("strong"), 5: later("excellent")}
VERDICTS = {
    "covered": later("Covered"),
    "partial": later("Partly covered"),
    "missing": later("Missing"),
    "present": later("Found"),
    "absent": later("Not found"),
    "told": later("Told"),
    "left_out": later("Left out"),
    "unsure": later("Unsure"),
    "unscored": later("Not scored"),
}
KIND_NAMES: dict[Kind, str] = {
    "red_flag": later("Red flags"),
    "key_point": later("Key points"),
    "motivation": later("What the interviewer wanted to find out"),
    "star": later("The story: STAR"),
}
"""Headings, in the order of the rubric."""
MODE_NAMES: dict[Mode, str] = {
    "practice": later("Practice"),
    "simulation": later("Simulation"),
    "role_play": later("Role-play"),
}
_STATE_NAMES = {
    "empty": later("No answer to grade"),
    "too_short": later("Too short to grade"),
    "unreadable": later("Can't be read"),
    "off_topic": later("Off topic"),
    "too_long": later("Too long to grade"),
    "other_language": later("In another language"),
    "addressed": later("No answer to grade"),
    "copied": later("A worked example"),
    "declined": later("No example given"),
}
"""Headings for the reasons of `intake.STATES`."""

_STATUSES = {
    "graded": later("Graded"),
    "partly_graded": later("Partly graded"),
    "unscored": later("Not graded"),
}
_INSIDE = {
    "covered": later("covered"),
    "partial": later("partly covered"),
    "missing": later("missing"),
    "present": later("found"),
    "absent": later("not found"),
    "told": later("told"),
    "left_out": later("left out"),
    "unsure": later("unsure"),
    "unscored": later("not scored"),
}
_COUNTED = {
    "covered": later("{number} covered"),
    "partial": later("{number} partly"),
    "missing": later("{number} missing"),
    "unsure": later("{number} unsure"),
    "unscored": later("{number} not scored"),
}


class Evidence(Record):
    """The words one criterion rests on, under the number they are shown by."""

    number: int
    """From 1, counted over all criteria that have words."""
    kind: Kind
    criterion: str
    """Id of the criterion, or the STAR part."""
    name: str
    verdict: str
    """A key of `VERDICTS`, or a level."""
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
            verdict = "unsure" if found.level is None else str(found.level)
            rows.append(("motivation", motivation.id, motivation.name, verdict, found.quotes))
    for flag in document.red_flags:
        if seen := grade.red_flags.get(flag.id):
            rows.append(("red_flag", flag.id, flag.name, seen.verdict, seen.quotes))
    for part in STAR_PARTS:
        told = {True: "told", False: "left_out", None: "unsure"}[grade.star.get(part)]
        rows.append(("star", part, say_part(part), told, grade.star_quotes.get(part, ())))
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


def say_counts(counts: Mapping[str, int]) -> str:
    """How often each verdict on key points was given, by verdict; empty where none was."""
    return ", ".join(_(words).format(number=counts[key]) for key, words in _COUNTED.items() if counts.get(key))


def summarise(grade: Grade) -> str:
    """One sentence with the counts; empty before anything was judged."""
    verdicts = [point.verdict for point in grade.key_points.values()]
    if not verdicts:
        return ""
    present = sum(flag.verdict == "present" for flag in grade.red_flags.values())
    flags = count_of("{number} red flag found", "{number} red flags found", present)
    return _("Key points: {counts}; {flags}.").format(
        counts=say_counts(Counter(verdicts)), flags=flags if present else _("no red flag found")
    )


def explain_band(grade: Grade) -> tuple[str, ...]:
    """How the band came about, step by step, from the verdicts and the rule in `scoring`."""
    judged = [point.verdict for point in grade.key_points.values() if point.verdict in CREDIT]
    levels = [found.level for found in grade.motivations.values() if found.level is not None]
    lines = [
        _("{judged} of {points} key points and {levels} of {motivations} motivations could be judged.").format(
            judged=len(judged), points=len(grade.key_points), levels=len(levels), motivations=len(grade.motivations)
        )
    ]
    if grade.coverage is not None:
        covered, partly = judged.count("covered"), judged.count("partial")
        lines.append(
            _("Coverage: {covered} covered and {partly} partly (each ½) of {judged}: {share}.").format(
                covered=covered, partly=partly, judged=len(judged), share=f"{grade.coverage:.0%}"
            )
        )
    if grade.band is None or grade.coverage is None or not levels:
        return (*lines, _("Too little could be judged for a band, so none is given."))
    mean = sum(levels) / len(levels)
    points = points_for(grade.coverage, mean)
    lines.append(_("Motivations: level {mean:.2f} of 3 on average.").format(mean=mean))
    lines.append(
        _("Points: 1.25 + 2 × {coverage:.2f} + 2 × {mean:.2f} ÷ 3 = {points:.2f}, rounded.").format(
            coverage=grade.coverage, mean=mean, points=points
        )
    )
    if any(flag.verdict == "present" for flag in grade.red_flags.values()):
        lines.append(_("A red flag was found, so the band is at most {most}.").format(most=FLAG_CAP))
    return (*lines, _("Band {band}, {word}.").format(band=grade.band, word=say_band(grade.band)))


def say_status(grade: Grade) -> tuple[str, str]:
    """A heading and a sentence for a grade that is not complete; both empty for one that is."""
    if grade.status == "graded" and not grade.reason:
        return "", ""
    return _(_STATE_NAMES.get(grade.reason, _STATUSES[grade.status])), say_state(grade.reason)


def say_set_aside(grade: Grade) -> str:
    """That some sentences were not judged, and why; empty when all were."""
    said = []
    if grade.set_aside and grade.reason != "addressed":
        said.append(
            count_of(
                "One sentence speaks to the grader instead of answering, and counted neither for nor against you.",
                "{number} sentences speak to the grader instead of answering, and counted neither for nor against you.",
                len(grade.set_aside),
            )
        )
    if grade.copied and grade.reason != "copied":
        said.append(
            count_of(
                "One sentence is a worked example's, and counted neither for nor against you.",
                "{number} sentences are a worked example's, and counted neither for nor against you.",
                len(grade.copied),
            )
        )
    return " ".join(said)


def say_second_opinion(grade: Grade) -> dict[tuple[Kind, str], str]:
    """A sentence for each criterion that the second opinion sees as the opposite."""
    if grade.second_opinion is None:
        return {}
    who = _("The built-in grader") if grade.second_opinion.decider == "builtin" else grade.second_opinion.model
    says = {
        "covered": _("{who} reads this as covered."),
        "missing": _("{who} reads this as missing."),
        "present": _("{who} finds this in your words."),
        "absent": _("{who} does not find this in your words."),
    }
    return {(one.kind, one.criterion): says[one.verdict].format(who=who) for one in grade.second_opinion.differs}


def say_band(band: int) -> str:
    """A band in a word."""
    return _(_BANDS[band])


def say_verdict(verdict: str, *, inside: bool = False) -> str:
    """A key of `VERDICTS`, or a level, in words; `inside` a sentence they don't begin with a capital."""
    words = (_INSIDE if inside else VERDICTS).get(verdict)
    level = _("level {level} of 3") if inside else _("Level {level} of 3")
    return _(words) if words else level.format(level=verdict)


def say_making(grade: Grade) -> str:
    """What graded, how long it took and what it cost."""
    parts = [f"{grade.model} ({grade.decider})" if grade.model else grade.decider, f"{grade.seconds:.1f} s"]
    if grade.samples > 1:
        parts.insert(1, _("{number} samples").format(number=grade.samples))
    if grade.tokens:
        parts.append(_("{number:,} tokens").format(number=grade.tokens))
    if grade.usd is not None:
        parts.append(f"${grade.usd:.4f}")
    return " · ".join(parts)
