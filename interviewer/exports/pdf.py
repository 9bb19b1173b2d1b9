"""Sets interviews as a PDF report fit to hand to a coach; says nothing that the rubric doesn't say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..phrases import _
from ..schema import Interview
from ..sides import Sides
from ..wording import VERDICTS, say_verdict
from .judged import Criterion
from .outline import Said, ToldAttempt, ToldQuestion, Trust, say_change, tell
from .paper import INK, LINE, SOFT, Ink, Paper, Run
from .signs import INKS, draw_sign

__all__ = ["to_pdf"]

ACCENT: Ink = (11, 107, 99)
SHOWN: Ink = (253, 240, 184)
FLAGGED: Ink = (251, 219, 214)
SIGN = 6.5
"""mm that a sign takes, with the space after it."""


def to_pdf(interviews: Sequence[Interview], *, made: float, trust: Trust | None = None) -> bytes:
    """One report of all these interviews, each beginning on a new page.

    Args:
        interviews: at least one.
        made: seconds since the epoch, UTC; written into the file.
        trust: how far each grader agreed with raters.
    """
    told = [tell(one, trust) for one in interviews]
    title = told[0].title if len(told) == 1 else _("{count} interviews").format(count=len(told))
    paper = Paper(title, made)
    for place, one in enumerate(told):
        if place:
            paper.add_page()
        paper.outline(one.title, 0)
        paper.flow([Run(_("Interview report"), 9, ink=ACCENT)])
        paper.flow([Run(one.title, 17, bold=True)], after=3)
        for label, value in one.facts:
            paper.flow([Run(f"{label}: ", 9.5, ink=SOFT), Run(value, 9.5)])
        _rule(paper)
        if not one.questions:
            paper.flow([Run(_("No answer was given."))])
        for question in one.questions:
            _question(paper, question)
    if paper.lacks:
        says = _(
            "The sign \ufffd stands for a character that no font installed here has; the JSON and Markdown have it."
        )
        paper.flow([Run(says, 8.5, ink=SOFT)])
    return bytes(paper.output())


def _question(paper: Paper, told: ToldQuestion) -> None:
    paper.room_for(50)
    paper.outline(told.question, 1)
    paper.flow([Run(told.question, 13, bold=True)])
    paper.flow([Run(told.role, 9.5, ink=SOFT)], after=2)
    for change in told.changes:
        paper.flow([Run(change, 9.5)], after=1.5)
    for place, attempt in enumerate(told.attempts):
        if attempt.title:
            best = _("the best") if place == told.best else ""
            paper.room_for(40)
            paper.outline(attempt.title, 2)
            paper.flow([Run(attempt.title, 11.5, bold=True, ink=ACCENT), Run(f"   {best}", 9.5, ink=SOFT)], after=0.5)
        _attempt(paper, attempt)
    if told.sides is not None:
        _sides(paper, told.sides)


def _attempt(paper: Paper, told: ToldAttempt) -> None:
    paper.flow([Run(" · ".join(told.about), 9, ink=SOFT)], after=2)
    if told.band is not None:
        _band(paper, told.band, told.band_name)
    for note in told.notes:
        paper.flow([Run(note, 9.5)], after=1)
    for number, said in enumerate(told.said, start=1):
        _said(paper, said, number if len(told.said) > 1 else 0, _flagged(told))
    _list(paper, _("Hints used"), told.hints)
    _list(paper, _("What to do better"), told.advice)
    for who, text in told.comments:
        _heading(paper, _("{name} says").format(name=who))
        _beside(paper, [Run(text)], ACCENT)
    for group in told.groups:
        _heading(paper, group.title)
        for criterion in group.criteria:
            _criterion(paper, criterion)
    _list(paper, _("How the band came about"), told.steps, size=9)
    if told.graded_by:
        paper.ln(1)
        by = _("Graded by {grader}. How far to trust it: {trust}").format(grader=told.graded_by, trust=told.trust)
        paper.flow([Run(by, 8.5, ink=SOFT)], after=4)


def _flagged(told: ToldAttempt) -> frozenset[int]:
    return frozenset(one.number for group in told.groups for one in group.criteria if one.sign == "present")


def _heading(paper: Paper, text: str) -> None:
    paper.room_for(22)
    paper.ln(2.5)
    paper.flow([Run(text, 10.5, bold=True)], after=0.8)


def _list(paper: Paper, title: str, items: Sequence[str], *, size: float = 10) -> None:
    if not items:
        return
    _heading(paper, title)
    for number, item in enumerate(items, start=1):
        paper.flow([Run(f"{number}.  {item}", size)], left=2, after=0.6)


def _rule(paper: Paper) -> None:
    paper.ln(2)
    paper.set_draw_color(*LINE)
    paper.set_line_width(0.3)
    paper.line(paper.l_margin, paper.get_y(), paper.l_margin + paper.epw, paper.get_y())
    paper.ln(4)


def _band(paper: Paper, band: int, name: str) -> None:
    """Five boxes, as many filled as the band has, and the same in words."""
    top = paper.get_y()
    for step in range(1, 6):
        paper.set_fill_color(*(ACCENT if step <= band else (255, 255, 255)))
        paper.set_draw_color(*ACCENT)
        paper.set_line_width(0.3)
        paper.rect(paper.l_margin + (step - 1) * 10, top + 1.2, 9, 3.2, style="DF")
    says = _("Band {band} of 5").format(band=band)
    paper.flow([Run(says, 11, bold=True), Run(f"   {name}", 11)], left=54, after=1.5)


def _said(paper: Paper, said: Said, number: int, flagged: frozenset[int]) -> None:
    if said.asked:
        paper.room_for(24)
        paper.ln(1.5)
        paper.flow([Run(_("Asked"), 8.5, ink=SOFT)])
        paper.flow([Run(said.asked, 9.5, ink=SOFT)], left=4, after=1)
    paper.room_for(14)
    paper.flow([Run(_("Answer {number}").format(number=number) if number else _("Answer"), 8.5, ink=SOFT)])
    runs = []
    for segment in said.segments:
        ground = None
        if segment.numbers:
            ground = FLAGGED if flagged.intersection(segment.numbers) else SHOWN
        runs.append(Run(segment.text, ground=ground))
        if segment.ending:
            runs.append(Run(f" [{', '.join(map(str, segment.ending))}]", 8, bold=True, ink=ACCENT))
    _beside(paper, runs, LINE)


def _beside(paper: Paper, runs: Sequence[Run], colour: Ink) -> None:
    """Text with a line to its left, on every page that it goes over."""
    page, top = paper.page, paper.get_y()
    paper.flow(runs, left=4)
    paper.set_draw_color(*colour)
    paper.set_line_width(0.7)
    if paper.page == page:
        paper.line(paper.l_margin + 1, top + 0.6, paper.l_margin + 1, paper.get_y() - 0.4)
    paper.ln(1.2)


def _criterion(paper: Paper, one: Criterion) -> None:
    heads, lines = _head(one), [*_below(one)]
    width = paper.epw - SIGN
    paper.room_for(paper.height(heads, width) + sum(paper.height(runs, width) for runs in lines))
    draw_sign(paper, one.sign, paper.l_margin + 0.6, paper.get_y() + 0.8)
    paper.flow(heads, left=SIGN)
    for runs in lines:
        paper.flow(runs, left=SIGN)
    paper.ln(0.9)


def _head(one: Criterion) -> list[Run]:
    runs = [Run(one.name, 9.5, bold=True), Run(f"   {one.verdict}", 9.5, bold=True, ink=INKS.get(one.sign, SOFT))]
    if one.sure:
        runs.append(Run(f"   {one.sure}", 8.5, ink=SOFT))
    if one.number:
        runs.append(Run(f"   [{one.number}]", 8.5, bold=True, ink=ACCENT))
    return runs


def _below(one: Criterion) -> Iterator[list[Run]]:
    for quote in one.quotes:
        yield [Run(f"“{quote}”", 9)]
    for reason in one.reasons:
        yield [Run(reason, 8.5, ink=SOFT)]
    if one.dispute:
        yield [Run(one.dispute, 9, bold=True), *(Run(f" “{quote}”", 9) for quote in one.dispute_quotes)]


# ── attempts side by side ────────────────────────────────────────────────────────────────────────────


def _sides(paper: Paper, sides: Sides) -> None:
    """A table with one column for each of the latest attempts, and what changed."""
    latest = slice(-4, None)
    numbers, bands = sides.attempts[latest], sides.bands[latest]
    name, last = 62.0, 22.0
    column = (paper.epw - name - last) / len(numbers)
    _heading(paper, _("Attempts side by side"))
    paper.outline(_("Attempts side by side"), 2)

    def row(cells: Sequence[Run], signs: Sequence[str]) -> None:
        widths = [name, *([column] * len(numbers)), last]
        high = max(paper.height([cell], width - 2) for cell, width in zip(cells, widths, strict=True)) + 1.2
        paper.room_for(high)
        top, left = paper.get_y(), 0.0
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            sign = signs[place] if place < len(signs) else ""
            paper.set_y(top)
            if sign:
                draw_sign(paper, sign, paper.l_margin + left, top + 0.6)
            paper.flow([cell], left=left + (5 if sign else 0), width=width - (6 if sign else 1))
            left += width
        paper.set_y(top + high)
        paper.set_draw_color(*LINE)
        paper.set_line_width(0.2)
        paper.line(paper.l_margin, top + high - 0.5, paper.l_margin + paper.epw, top + high - 0.5)

    heads = ["", *(_("Attempt {number}").format(number=number) for number in numbers), _("Change")]
    row([Run(head, 8.5, bold=True) for head in heads], ())
    row([Run(_("Band"), 9), *(Run(str(band or "–"), 9, bold=True) for band in bands), Run("", 9)], ())
    for side in sides.rows:
        verdicts = side.verdicts[latest]
        cells = [Run(say_verdict(one) if one else "–", 8.5, ink=_ink(one)) for one in verdicts]
        changed = side.change in ("better", "worse")
        row(
            [Run(side.name, 9), *cells, Run(say_change(side.change), 8.5, bold=changed, ink=INK if changed else SOFT)],
            ["", *(one if one in VERDICTS else "" for one in verdicts)],
        )
    paper.ln(4)


def _ink(verdict: str) -> Ink:
    return INKS.get(verdict, INK)
