"""Tells a history in plain words, for the page and the terminal: shares, trends, days; no praise and no reproach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, tzinfo

from .phrases import _, count_of, later
from .progress import (
    LEAST,
    RECENT,
    Practised,
    Share,
    Trend,
    Weak,
    bands,
    criterion_trends,
    day_of,
    grader_changes,
    overall_trends,
    practised,
    theme_trends,
    weakest,
)
from .schedule import Point, due, schedule
from .schema import Marked
from .wording import say_verdict

__all__ = [
    "NOTHING_YET",
    "history_lines",
    "say_day",
    "say_due",
    "say_grader_note",
    "say_hints",
    "say_next_due",
    "say_practised",
    "say_share",
    "say_trend",
    "say_weak",
    "tell_bands",
    "trend_name",
]

NOTHING_YET = later("Nothing here yet: answer a question, and once it is graded you see here how it goes over time.")
_MONTHS = tuple(
    map(later, ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")),
)
_TREND_WORDS = {
    "more": later("more than before"),
    "same": later("about the same"),
    "less": later("less than before"),
}
_SHARED_NAMES = {
    "key_points": later("Key points covered"),
    "red_flags": later("Answers free of red flags"),
    "situation": later("Situation told"),
    "task": later("Task told"),
    "action": later("Action told"),
    "result": later("Result told"),
}


def say_day(day: date, today: date) -> str:
    """`today`, `yesterday`, `2 Nov`, and the year where it is another one."""
    if day == today:
        return _("today")
    if (today - day).days == 1:
        return _("yesterday")
    month = _(_MONTHS[day.month - 1])
    if day.year == today.year:
        return _("{day} {month}").format(day=day.day, month=month)
    return _("{day} {month} {year}").format(day=day.day, month=month, year=day.year)


# ── trends ───────────────────────────────────────────────────────────────────────────────────────────


def trend_name(trend: Trend) -> str:
    """What the trend is of."""
    if trend.kind in ("all", "star"):
        return _(_SHARED_NAMES[trend.criterion])
    return _("Free of: {name}").format(name=trend.name) if trend.kind == "red_flag" else trend.name


def say_share(trend: Trend, share: Share | None) -> str:
    """`2½ of 3`, with what is counted where it is not the answers."""
    if share is None:
        return "–"
    numbers = _("{got} of {of}").format(got=_number(share.got), of=_number(share.of))
    if trend.kind == "motivation":
        return _("{share} levels").format(share=numbers)
    if trend.kind == "theme" or trend.criterion == "key_points":
        return _("{share} points").format(share=numbers)
    return numbers


def say_trend(trend: Trend) -> str:
    """Whether the latest answers differ from those before, or that nobody can tell yet."""
    if trend.direction != "unknown":
        return _(_TREND_WORDS[trend.direction])
    return _("too few to tell: {there} of {needed} answers").format(there=len(trend.steps), needed=RECENT + LEAST)


def say_grader_note(trend: Trend) -> str:
    """Whose verdicts are counted, where somebody else's are left out; empty where there are none."""
    if not trend.others:
        return ""
    left_out = count_of("{number} other left out", "{number} others left out", trend.others)
    return _("only by {decider} ({model}), {left_out}").format(
        decider=trend.decider, model=trend.model, left_out=left_out
    )


def _number(value: float) -> str:
    whole, half = divmod(round(value * 2), 2)
    return f"{whole or ''}½" if half else str(whole)


# ── what to practise, and how much was ───────────────────────────────────────────────────────────────


def say_practised(found: Practised) -> str:
    """Days and answers of this month, and of all time where that is more."""
    days = count_of("{number} day", "{number} days", len(found.days))
    answers = count_of("{number} answer", "{number} answers", found.answers)
    said = _("Practised on {days} this month, {answers}.").format(days=days, answers=answers)
    if found.all_answers == found.answers:
        return said
    return (
        said
        + " "
        + _("In all: {days}, {answers}.").format(
            days=count_of("{number} day", "{number} days", found.all_days),
            answers=count_of("{number} answer", "{number} answers", found.all_answers),
        )
    )


def say_hints(found: Practised) -> str:
    """How many answers were helped by a hint."""
    return _("Answers given with a hint: {number} of {all}.").format(number=found.with_hints, all=found.all_answers)


def say_due(point: Point, today: date, zone: tzinfo | None = None) -> str:
    """How a due point was judged last, and when."""
    day = say_day(day_of(point.last, zone), today)
    return _("{verdict}, {day}").format(verdict=say_verdict(point.verdict, inside=True), day=day)


def say_next_due(points: Sequence[Point], today: date, zone: tzinfo | None = None) -> str:
    """That nothing is due today, and when something will be."""
    if not points:
        return _("Nothing is due: no point has been missed yet.")
    first = min(day_of(one.due, zone) for one in points)
    number = sum(day_of(one.due, zone) == first for one in points)
    many = count_of("{number} point", "{number} points", number)
    tomorrow = (first - today).days == 1
    day = _("tomorrow") if tomorrow else say_day(first, today)
    return _("Nothing is due today. Next: {day}, {points}.").format(day=day, points=many)


def say_weak(weak: Weak) -> str:
    """How often a point was missed."""
    said = []
    if weak.missing:
        said.append(_("missing in {number}").format(number=weak.missing))
    if weak.partial:
        said.append(_("partly covered in {number}").format(number=weak.partial))
    answers = count_of("of {number} answer", "of {number} answers", weak.answers)
    return _("{missed} {answers}").format(missed=_(", ").join(said), answers=answers)


# ── the terminal ─────────────────────────────────────────────────────────────────────────────────────


def history_lines(marks: Iterable[Marked], *, now: float, zone: tzinfo | None = None) -> tuple[str, ...]:
    """The whole history as lines of text: days, what is due, weak points, bands, trends.

    Args:
        marks: of every graded attempt that counts.
        now: seconds since the epoch.
        zone: where the candidate is; None: this machine's.
    """
    marked = tuple(marks)
    if not marked:
        return (_(NOTHING_YET),)
    today = day_of(now, zone)
    counted = practised(marked, today, zone)
    return (
        say_practised(counted),
        say_hints(counted),
        *_due_lines(schedule(marked), today, zone),
        *_section(
            _("Missed most lately"), [f"{one.name} ({one.question}): {say_weak(one)}" for one in weakest(marked)]
        ),
        *_section(_("Bands over time"), _band_lines(marked, today, zone)),
        *_section(_("Across all questions"), map(_trend_line, overall_trends(marked))),
        *_section(_("By theme"), map(_trend_line, theme_trends(marked))),
        *_criterion_lines(criterion_trends(marked)),
        *tell_bands(marked),
    )


def _section(title: str, lines: Iterable[str]) -> tuple[str, ...]:
    found = [f"  {line}" for line in lines]
    return ("", title, *found) if found else ()


def _due_lines(points: Sequence[Point], today: date, zone: tzinfo | None) -> tuple[str, ...]:
    ready = due(points, today, zone)
    if not ready:
        return "", say_next_due(points, today, zone)
    lines: list[str] = []
    for question_id in dict.fromkeys(one.question_id for one in ready):
        of_it = [one for one in ready if one.question_id == question_id]
        lines.append(f"{of_it[0].question} [{question_id}]")
        lines += [f"  {one.name}: {say_due(one, today, zone)}" for one in of_it]
    return _section(_("Due today"), lines)


def _band_lines(marks: Sequence[Marked], today: date, zone: tzinfo | None) -> list[str]:
    found = bands(marks, zone)
    changes = {one.at: one for one in grader_changes(found)}
    lines = []
    for one in found:
        if change := changes.get(one.at):
            lines.append(_("From here on graded by {grader}").format(grader=change.after))
        lines.append(
            _("{day}: band {band} of 5, {question}").format(
                day=say_day(one.day, today), band=one.band, question=one.question
            )
        )
    return lines


def _criterion_lines(trends: Sequence[Trend]) -> tuple[str, ...]:
    lines: list[str] = []
    for question in dict.fromkeys(one.question for one in trends):
        lines.append(question)
        lines += [f"  {_trend_line(one)}" for one in trends if one.question == question]
    return _section(_("By criterion"), lines)


def _trend_line(trend: Trend) -> str:
    note = say_grader_note(trend)
    line = _("{name}: latest {recent}, before {before}; {trend}").format(
        name=trend_name(trend), recent=say_share(trend, trend.recent), before=say_share(trend, trend.before),
        trend=say_trend(trend),
    )  # fmt: skip
    return f"{line} ({note})" if note else line


BARS = "▁▂▄▆█"
"""One for each band, 1 to 5."""


def tell_bands(marks: Iterable[Marked]) -> tuple[str, ...]:
    """Every band as a bar, oldest first, a line for each grader: bands of different graders can't be compared."""
    by_grader: dict[str, list[int]] = {}
    for mark in sorted(marks, key=lambda one: one.at):
        if mark.band is not None:
            by_grader.setdefault(f"{mark.decider} {mark.model}".strip(), []).append(mark.band)
    return tuple(
        _("{bars}  bands 1 to 5, the oldest first, by {grader}").format(
            bars="".join(BARS[band - 1] for band in bands), grader=grader
        )
        for grader, bands in by_grader.items()
        if len(bands) > 1
    )
