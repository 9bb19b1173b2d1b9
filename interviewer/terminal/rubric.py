"""A grade as lines of a terminal: colours where there are some, numbers and words that do without; never judges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from ..criteria import graded_as, say_part, sign_of
from ..phrases import _
from ..schema import STAR_PARTS, Grade, Kind, Library, QuestionDocument, Quote
from ..wording import (
    cut_answers,
    explain_band,
    number_evidence,
    say_band,
    say_making,
    say_second_opinion,
    say_set_aside,
    say_status,
    say_verdict,
    summarise,
)
from ..written import say_reason
from .screen import clean

__all__ = ["rubric_lines"]

_SIGNS = {
    "covered": ("✓", "green"),
    "partial": ("◐", "yellow"),
    "missing": ("○", "red"),
    "present": ("⚑", "bold red"),
    "absent": ("✓", "green"),
    "told": ("✓", "green"),
    "left_out": ("○", "yellow"),
    "unsure": ("?", "blue"),
    "unscored": ("–", "dim"),
}
EMPHASIS = "black on yellow"
FLAGGED = "white on red"


def rubric_lines(
    grade: Grade, document: QuestionDocument, answers: Sequence[str], library: Library, *, missed: str = ""
) -> Iterator[Text]:
    """A grade as lines to print: colours where the terminal has them, numbers and words that do without.

    `missed` says how often its grader misses red flags.
    """
    yield Text()
    heading, sentence = say_status(grade)
    if grade.band is not None:
        yield Text(_("Band {band} of 5: {word}").format(band=grade.band, word=say_band(grade.band)), "bold")
    if heading:
        yield Text.assemble((f"{heading}. ", "bold yellow"), clean(sentence))
    if aside := say_set_aside(grade):
        yield Text.assemble((_("Set aside") + ". ", "bold yellow"), aside)
    if grade.status != "unscored":
        yield Text(summarise(grade))
        yield from _advice_lines(grade, library)
        yield from _answer_lines(grade, document, answers)
        yield from _criterion_lines(grade, document, several=len(answers) > 1, missed=missed)
        yield Text("\n" + _("How the band came about"), "bold")
        yield from (Text(f"  {line}", "dim") for line in explain_band(grade))
    yield Text(_("Graded by {who}").format(who=clean(say_making(grade))) + "\n", "dim")


def _advice_lines(grade: Grade, library: Library) -> Iterator[Text]:
    if not grade.advice:
        return
    yield Text("\n" + _("To do better"), "bold")
    for number, advice in enumerate(grade.advice, start=1):
        yield Text(f"  {number}. {clean(say_reason(advice.text))}")
        guide = library.guides.get(advice.link)
        if advice.link in library.examples:
            told = _("Worked example: {title}").format(title=clean(library.examples[advice.link].title))
            yield Text(f"     {told} ({advice.link})", "dim")
        elif guide and advice.step:
            told = _("Guide, step {step}: {name}").format(
                step=advice.step, name=clean(guide.steps[advice.step - 1].name)
            )
            yield Text(f"     {told}", "dim")


def _answer_lines(grade: Grade, document: QuestionDocument, answers: Sequence[str]) -> Iterator[Text]:
    evidence = number_evidence(grade, document)
    flagged = {item.number for item in evidence if item.verdict == "present"}
    yield Text("\n" + _("Your words, and the verdicts that rest on them"), "bold")
    for index, segments in enumerate(cut_answers(answers, evidence), start=1):
        line = Text(f"  {index}. " if len(answers) > 1 else "  ")
        for segment in segments:
            style = FLAGGED if flagged & set(segment.numbers) else EMPHASIS if segment.numbers else ""
            line.append(clean(segment.text), style)
            if segment.ending:
                line.append(f" [{','.join(map(str, segment.ending))}]", "bold")
        yield line


def _criterion_lines(grade: Grade, document: QuestionDocument, *, several: bool, missed: str) -> Iterator[Text]:
    numbers = {(item.kind, item.criterion): item.number for item in number_evidence(grade, document)}

    opinions = say_second_opinion(grade)

    def line(kind: Kind, criterion: str, name: str, verdict: str, word: str, quotes: Sequence[Quote]) -> Iterator[Text]:
        sign, style = _SIGNS[verdict]
        number = next((f" [{n}]" for (k, c), n in numbers.items() if (k, c) == (kind, criterion)), "")
        yield Text.assemble(f"  {sign} {clean(name)}: ", (word, style), (number, "bold"))
        for quote in quotes:
            source = f" ({_('answer {number}').format(number=quote.answer + 1)})" if several else ""
            yield Text(f"      “{clean(quote.text.strip())}”{source}", "italic")
        if other := opinions.get((kind, criterion)):
            yield Text(f"      {clean(other)}", "dim italic")

    yield Text("\n" + _("Red flags"), "bold")
    for flag in document.red_flags:
        if seen := grade.red_flags.get(flag.id):
            yield from line("red_flag", flag.id, flag.name, seen.verdict, say_verdict(seen.verdict), seen.quotes)
            if seen.verdict == "unsure" and seen.reason:
                yield Text(f"      {clean(say_reason(seen.reason))}", "dim")
    if missed and any(seen.verdict == "absent" for seen in grade.red_flags.values()):
        yield Text(f"      {missed}", "dim")
    yield Text("\n" + _("Key points"), "bold")
    for point in document.key_points:
        if judged := grade.key_points.get(point.id):
            yield from line(
                "key_point", point.id, point.name, judged.verdict, say_verdict(judged.verdict), judged.quotes
            )
            if judged.verdict != "covered" and judged.reason:
                yield Text(f"      {clean(say_reason(judged.reason))}", "dim")
    yield Text("\n" + _("What the interviewer wanted to find out"), "bold")
    for motivation in document.motivations:
        if found := grade.motivations.get(motivation.id):
            level, verdict = found.level, graded_as(grade, "motivation", motivation.id) or "unscored"
            word = say_verdict(verdict)
            if level is not None:
                word = f"{say_verdict(verdict, inside=True)}. {clean(motivation.levels[level])}"
            yield from line("motivation", motivation.id, motivation.name, sign_of(verdict), word, found.quotes)
    yield Text("\n" + _("The story"), "bold")
    for part in STAR_PARTS:
        told = {True: "told", False: "left_out", None: "unsure"}[grade.star.get(part)]
        yield from line("star", part, say_part(part), told, say_verdict(told), ())
