"""Lines for what stands beside a rubric: a retry's difference, reasons, the whole interview; never judges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from ..acting import moves, over
from ..attempts import answers_in
from ..criteria import Criterion
from ..disputes import find_dispute
from ..overview import Overview
from ..phrases import _, count_of
from ..reasons import reasons_for
from ..retelling import tell_best, tell_change, tell_difference, tell_doubts, tell_overview, tell_question
from ..schema import Attempt, Grade, Interview, QuestionDocument
from ..sides import side_by_side
from ..temper import GRADED, group_rules, tell_ending, tell_move, tell_open, tell_unknown
from ..wording import explain_band, say_second_opinion, say_verdict
from .orders import HELP
from .screen import clean

__all__ = ["course_lines", "difference_lines", "help_lines", "overview_lines", "why_band_lines", "why_lines"]

BAND_STYLES = {1: "red", 2: "red", 3: "yellow", 4: "green", 5: "green"}


def help_lines() -> Iterator[Text]:
    """The commands there are, and how a line of an answer may look like one."""
    for command, meaning in HELP:
        yield Text.assemble("  ", (f"{command:<24}", "bold"), _(meaning))
    yield Text(_("  A line that begins with a space is always part of your answer."), "dim")


def difference_lines(attempts: Sequence[Attempt], document: QuestionDocument) -> Iterator[Text]:
    """What the latest attempt changed against the last judged one before it; nothing where there is none."""
    sides = side_by_side(attempts, document)
    if sides is None or sides.attempts[-1] != len(attempts):
        return
    last = sides.steps[-1]
    found, earlier, latest = last.difference, attempts[last.before - 1], attempts[-1]
    yield Text(_("Compared with attempt {number}").format(number=last.before), "bold")
    yield Text(f"  {tell_difference(found)}")
    then, now = len(answers_in(earlier.turns)), len(answers_in(latest.turns))
    if then != now:
        told = count_of("That one was judged on {number} answer", "That one was judged on {number} answers", then)
        yield Text(f"  {told}{_(', this one on {number} so far.').format(number=now)}", "dim")
    for sign, style, changes in (("▲", "green", found.better), ("▼", "red", found.worse)):
        word = _("better") if style == "green" else _("worse")
        for change in changes:
            yield Text.assemble("  ", (f"{sign} {word}  ", style), clean(tell_change(change)))
    for sentence in tell_doubts(found):
        yield Text(f"  {sentence}", "dim")
    yield Text(f"  {tell_best(attempts)}\n", "bold")


def why_lines(attempt: Attempt, grade: Grade, document: QuestionDocument, about: Criterion) -> Iterator[Text]:
    """What a verdict was judged by and how."""
    yield Text(clean(about.name), "bold")
    for term, text in reasons_for(grade, document, about.kind, about.id):
        yield Text.assemble("  ", (f"{term}: ", "dim"), clean(text))
    if other := say_second_opinion(grade).get((about.kind, about.id)):
        yield Text.assemble("  ", (_("Second opinion") + ": ", "dim"), clean(other))
    if mine := find_dispute(attempt.disputes, document.id, about.kind, about.id):
        yield Text.assemble("  ", (_("You see it differently") + ": ", "dim"), say_verdict(mine.verdict))


def why_band_lines(grade: Grade) -> Iterator[Text]:
    """How the band came about."""
    yield Text(_("How the band came about"), "bold")
    yield from (Text(f"  {line}") for line in explain_band(grade))


def course_lines(interview: Interview) -> Iterator[Text]:
    """How the temper went in a role-play, line by line, and by which rules; nothing before the end, or of no talk."""
    play = interview.role_play
    if play is None or not over(interview) or not (made := moves(interview)):
        return
    yield Text("\n" + _("How the temper went"), "bold")
    yield Text(f"  {clean(tell_ending(play, made))}")
    yield from (Text(f"  {number}. {clean(tell_move(play, move))}") for number, move in enumerate(made, start=1))
    if left_open := tell_open(play, made):
        yield Text(f"  {clean(left_open)}")
    yield Text("\n" + _("The rules it went by"), "bold")
    for title, rules in group_rules(play):
        yield Text(f"  {title}")
        yield from (Text(f"    {clean(_(rule.name))}. {clean(_(rule.description))}", "dim") for rule in rules)
    yield Text(f"  {clean(tell_unknown(play))}", "dim")
    yield Text(f"\n{_(GRADED)}", "dim")


def overview_lines(found: Overview) -> Iterator[Text]:
    """The interview question by question, then what it came to."""
    yield Text("\n" + _("The interview"), "bold")
    for number, one in enumerate(found.questions, start=1):
        yield Text(f"  {number}. {clean(one.question)}", "bold")
        first, *rest = tell_question(one)
        style = BAND_STYLES.get(one.latest.band or 0, "") if one.latest else "dim"
        yield Text(f"     {clean(first)}", style)
        yield from (Text(f"     {clean(line)}") for line in rest)
    yield Text()
    yield from (Text(f"  {clean(line)}") for line in tell_overview(found))
