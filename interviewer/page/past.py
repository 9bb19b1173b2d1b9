"""The progress view as HTML: what is due, bands, trends, interviews; pure, escapes everybody's words.

A criterion is only named here once an answer to its question was graded: all names come from marks.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from ..phrases import _, count_of
from ..plans import MINUTES_A_QUESTION
from ..progress import (
    Trend,
    bands,
    criterion_trends,
    overall_trends,
    practised,
    theme_trends,
    weakest,
)
from ..recounting import (
    say_due,
    say_grader_note,
    say_hints,
    say_next_due,
    say_practised,
    say_share,
    say_trend,
    say_weak,
    trend_name,
)
from ..schedule import Point, due, schedule
from ..schema import Marked
from .chart import draw_bands, draw_steps
from .marks import escape, icon

__all__ = ["History", "act", "show_empty", "show_history"]

AT_ONCE = 5
"""Most questions of one practice, half an hour."""
QUESTIONS_SHOWN = 6
"""Questions whose criteria are listed; a filter shows any other."""

_ARROWS = {
    "more": '<path d="M8 13V3M4 7l4-4 4 4"/>',
    "less": '<path d="M8 3v10M4 9l4 4 4-4"/>',
    "same": '<path d="M3 8h10M9.5 4.5l3.5 3.5-3.5 3.5"/>',
    "unknown": '<path d="M4 8h.1M8 8h.1M12 8h.1"/>',
}


@dataclass(frozen=True)
class History:
    """What is drawn, all of it already chosen."""

    marks: Sequence[Marked]
    """Of the question and role that were chosen, the oldest first."""
    known: Collection[str]
    """Ids of the questions that can be practised now."""
    today: date
    zone: tzinfo | None = None
    """Where the candidate is; None: this machine's."""
    question_id: str = ""
    """The one chosen; empty: all."""


def act(name: str, what: str, label: str, *, main: bool = False, about: str = "") -> str:
    """A button that presses gradio's of that name, which sends `what`; `about` is what is read aloud."""
    aloud = f' aria-label="{escape(about)}"' if about else ""
    kind = "plain main" if main else "plain"
    told = f'data-press="past-{name}" data-value="{escape(what)}"{aloud}'
    return f'<button type="button" class="{kind}" {told}>{escape(label)}</button>'


def show_empty() -> str:
    """What somebody new sees."""
    says = _("Answer a question, and once it is graded you see here what to practise again and how it goes over time.")
    return (
        f'<div class="empty nothing-yet"><h3>{escape(_("Nothing here yet"))}</h3><p>{escape(says)}</p><p class="acts">'
        f'<button type="button" class="plain main" data-tab="0">{escape(_("Choose a question"))}</button>'
        f'<button type="button" class="plain" data-press="surprise">{escape(_("Surprise me"))}</button></p></div>'
    )


def show_history(history: History) -> str:
    """Everything but the interviews, which have a part of their own."""
    if not history.marks:
        says = _("No graded answer fits: choose another question or role.")
        return f'<div class="empty"><h3>{escape(_("Nothing fits"))}</h3><p>{escape(says)}</p></div>'
    return "".join(
        (
            _practised(history),
            _due(history),
            _weakest(history),
            _bands(history),
            _trends(history),
        )
    )


def _section(title: str, body: str, name: str) -> str:
    return f'<section class="chapter {name}" aria-label="{escape(title)}"><h3>{escape(title)}</h3>{body}</section>'


# ── how much, and what next ──────────────────────────────────────────────────────────────────────────


def _practised(history: History) -> str:
    found = practised(history.marks, history.today, history.zone)
    days = {day.day for day in found.days}
    length = monthrange(history.today.year, history.today.month)[1]
    squares = "".join(
        f'<i class="{"on" if day in days else ""}{" now" if day == history.today.day else ""}"></i>'
        for day in range(1, length + 1)
    )
    return (
        f'<p class="counted">{escape(say_practised(found))} {escape(say_hints(found))}</p>'
        f'<p class="month" aria-hidden="true">{squares}</p>'
    )


def _due(history: History) -> str:
    points = [one for one in schedule(history.marks) if one.question_id in history.known]
    ready = due(points, history.today, history.zone)
    if not ready:
        says = say_next_due(points, history.today, history.zone)
        return _section(_("Due today"), f'<p class="quiet">{escape(says)}</p>', "due")
    by_question: dict[str, list[Point]] = {}
    for point in ready:
        by_question.setdefault(point.question_id, []).append(point)
    asked = list(by_question)[:AT_ONCE]
    items = "".join(_due_question(by_question[question_id], history) for question_id in asked)
    rest = len(by_question) - len(asked)
    more = count_of("{number} more question is due after these.", "{number} more questions are due after these.", rest)
    number = count_of("{number} question", "{number} questions", len(asked))
    takes = _("{questions}, about {minutes} minutes").format(questions=number, minutes=MINUTES_A_QUESTION * len(asked))
    begin = act("practise", " ".join(asked), _("Practise these now"), main=True)
    return _section(
        _("Due today"),
        f'<ul class="rows">{items}</ul>{f"<p class=quiet>{escape(more)}</p>" * bool(rest)}'
        f'<p class="acts">{begin}<span class="quiet">{escape(takes)}</span></p>',
        "due",
    )


def _due_question(points: Sequence[Point], history: History) -> str:
    missed = "".join(
        f'<li class="is-{escape(one.verdict)}">{icon(one.verdict)}<span><b>{escape(one.name)}</b> '
        f'<span class="verdict">{escape(say_due(one, history.today, history.zone))}</span></span></li>'
        for one in points
    )
    return f'<li><p class="asked">{escape(points[0].question)}</p><ul class="points">{missed}</ul></li>'


def _weakest(history: History) -> str:
    found = [one for one in weakest(history.marks, 50) if one.question_id in history.known][:5]
    if not found:
        return ""
    items = "".join(
        f'<li class="with-act"><div><p><b>{escape(one.name)}</b> '
        f'<span class="verdict">{escape(say_weak(one))}</span></p>'
        f'<p class="quiet">{escape(one.question)}</p></div>'
        + act(
            "practise", one.question_id, _("Practise this now"),
            about=_("Practise this now: {question}").format(question=one.question),
        )
        + "</li>"
        for one in found
    )  # fmt: skip
    return _section(_("Missed most lately"), f'<ul class="rows">{items}</ul>', "weak")


# ── how it goes ──────────────────────────────────────────────────────────────────────────────────────


def _bands(history: History) -> str:
    found = bands(history.marks, history.zone)
    if not found:
        says = _("No band yet: too little could be judged so far.")
        return _section(_("Bands over time"), f'<p class="quiet">{escape(says)}</p>', "bands")
    return _section(_("Bands over time"), draw_bands(found, history.today), "bands")


def _trends(history: History) -> str:
    says = _("The latest three answers beside all before them. With fewer than three before, it is too early to tell.")
    shared = [*overall_trends(history.marks), *theme_trends(history.marks)]
    asked = list(dict.fromkeys(one.question_id for one in reversed(history.marks)))
    shown = asked[:QUESTIONS_SHOWN]
    criteria = criterion_trends(one for one in history.marks if one.question_id in shown)
    if not shared:  # every answer was too short, say
        return ""
    usual = _usual_grader([*shared, *criteria])
    if any(one.others for one in (*shared, *criteria)):
        counted = _("Counted is what {decider} ({model}) graded, where nothing else is said; graders are never mixed.")
        says += " " + counted.format(decider=usual[0], model=usual[1])
    by_question: dict[str, list[Trend]] = {}
    for one in criteria:
        by_question.setdefault(one.question_id, []).append(one)
    folded = "".join(
        f'<details id="past-of-{number}"{" open" * bool(history.question_id)}>'
        f"<summary>{escape(by_question[question_id][0].question)}</summary>"
        f"{_table(_('Criterion'), by_question[question_id], usual)}</details>"
        for number, question_id in enumerate(by_question)
    )
    rest = len(asked) - len(shown)
    more = count_of(
        "{number} more question: choose it above.", "{number} more questions: choose one above.", rest
    )  # fmt: skip
    return _section(
        _("How it goes"),
        f'<p class="quiet">{escape(says)}</p>{_table(_("In all answers, and by theme"), shared, usual)}'
        f"<h4>{escape(_('By criterion'))}</h4>{folded}{f'<p class=quiet>{escape(more)}</p>' * bool(rest)}",
        "trends",
    )


def _usual_grader(trends: Iterable[Trend]) -> tuple[str, str]:
    """Whoever graded what most trends count."""
    return Counter((one.decider, one.model) for one in trends).most_common(1)[0][0]


def _table(title: str, trends: Iterable[Trend], usual: tuple[str, str]) -> str:
    heads = "".join(
        f'<th scope="col"{side}>{escape(name)}</th>'
        for name, side in ((title, ""), (_("Latest"), ""), (_("Before"), ' class="before"'), (_("Trend"), ""))
    )
    rows = "".join(_row(one, usual) for one in trends)
    return f'<table class="goes-row"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _row(trend: Trend, usual: tuple[str, str]) -> str:
    note = "" if (trend.decider, trend.model) == usual else say_grader_note(trend)
    small = f'<span class="quiet">{escape(note)}</span>' if note else ""
    sign = (
        f'<svg class="sign" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{_ARROWS[trend.direction]}</svg>'
    )
    return (
        f'<tr class="goes-{trend.direction}"><th scope="row">{escape(trend_name(trend))}{small}</th>'
        f'<td class="latest">{draw_steps(trend.steps)}<span>{escape(say_share(trend, trend.recent))}</span></td>'
        f'<td class="before" data-head="{escape(_("before"))}">{escape(say_share(trend, trend.before))}</td>'
        f'<td class="goes">{sign}<span>{escape(say_trend(trend))}</span></td></tr>'
    )
