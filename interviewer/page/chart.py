"""Draws bands over time as SVG with the same numbers in a table; pure, colours are the style sheet's.

Places across are percentages, so that the chart fills a phone and a desktop alike and its letters keep their size.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from ..phrases import _, count_of
from ..progress import Band, GraderChange, grader_changes
from ..recounting import say_day
from .marks import escape

__all__ = ["MOST", "draw_bands", "draw_steps"]

MOST = 200
"""Bands drawn at most; the latest ones."""
_LEFT, _RIGHT = 7.0, 97.0
"""Where the first and the last day stand, in percent."""
_TOP, _STEP = 24, 38
"""Pixels above band 5, and from band to band."""
_HEIGHT = _TOP + 4 * _STEP + 40


class _Dot(NamedTuple):
    x: float
    band: int
    bands: list[Band]


def draw_bands(bands: Sequence[Band], today: date) -> str:
    """The chart, who graded when, and the table; the bands oldest first, at least one."""
    shown = bands[-MOST:]
    changes = grader_changes(shown)
    first, last = shown[0].day, shown[-1].day
    title = _("Bands over time, from {first} to {last}").format(first=say_day(first, today), last=say_day(last, today))
    about = _("The best attempt at each question on each day; 1 is poor, 5 is excellent. A table below says the same.")
    parts = [*_grid(shown, today), *_turns(shown, changes), *_lines(shown), *_dots(shown, today)]
    left_out = len(bands) - len(shown)
    cut = count_of("{number} earlier band is not drawn.", "{number} earlier bands are not drawn.", left_out)
    return (
        f'<figure class="over-time"><svg role="img" aria-labelledby="over-time-title over-time-about" width="100%" '
        f'height="{_HEIGHT}"><title id="over-time-title">{escape(title)}</title>'
        f'<desc id="over-time-about">{escape(about)}</desc>{"".join(parts)}</svg>'
        f"<figcaption>{_graders(shown, changes, today)}{f'<p>{escape(cut)}</p>' * bool(left_out)}</figcaption></figure>"
        f"{_table(shown, today)}"
    )


def draw_steps(steps: Sequence[float]) -> str:
    """The latest answers as little bars, the oldest first; the words beside them say the same."""
    shown = steps[-10:]
    # A path for each colour, not a shape for each bar: a history has hundreds of bars.
    paths: dict[str, str] = {}
    for place, step in enumerate(shown):
        kind = "full" if step == 1 else "some" if step else "none"
        paths[kind] = paths.get(kind, "") + f"M{8 * place} 16v-{max(2, round(16 * step))}h6V16z"
    bars = "".join(f'<path class="{kind}" d="{path}"/>' for kind, path in paths.items())
    width = 8 * len(shown)
    return f'<svg class="steps" width="{width}" height="16" aria-hidden="true" focusable="false">{bars}</svg>'


def _x(one: Band, shown: Sequence[Band]) -> float:
    first, last = shown[0].day.toordinal(), shown[-1].day.toordinal()
    share = (one.day.toordinal() - first) / (last - first) if last > first else 0.5
    return round(_LEFT + share * (_RIGHT - _LEFT), 2)


def _y(band: int) -> int:
    return _TOP + (5 - band) * _STEP


def _grid(shown: Sequence[Band], today: date) -> Iterator[str]:
    for band in range(1, 6):
        yield f'<line class="grid" x1="{_LEFT - 2}%" x2="100%" y1="{_y(band)}" y2="{_y(band)}"/>'
        yield f'<text x="0" y="{_y(band) + 5}">{band}</text>'
    days = sorted({one.day: one for one in shown}.values(), key=lambda one: one.day)
    ends = [days[0], days[-1]] if len(days) > 1 else days
    for place, one in enumerate(ends):
        anchor = "middle" if len(ends) == 1 else ("start", "end")[place]
        x = {"start": _LEFT - 2, "end": 100.0}.get(anchor, _x(one, shown))
        yield f'<text x="{x}%" y="{_HEIGHT - 10}" text-anchor="{anchor}">{escape(say_day(one.day, today))}</text>'


def _turns(shown: Sequence[Band], changes: Sequence[GraderChange]) -> Iterator[str]:
    """A dashed line, numbered, where the grader changed."""
    by_moment = {change.at: number for number, change in enumerate(changes, start=1)}
    for before, now in itertools.pairwise(shown):
        if number := by_moment.get(now.at):
            x = (_x(before, shown) + _x(now, shown)) / 2
            yield f'<line class="turn" x1="{x}%" x2="{x}%" y1="14" y2="{_y(1) + 10}"/>'
            yield f'<text class="turn" x="{x}%" y="10" text-anchor="middle">{number}</text>'


def _lines(shown: Sequence[Band]) -> Iterator[str]:
    """From band to band where all are of one question; broken where the grader changes."""
    if len({one.question_id for one in shown}) > 1:
        return
    for before, now in itertools.pairwise(shown):
        if (before.decider, before.model) == (now.decider, now.model):
            ends = f'x1="{_x(before, shown)}%" y1="{_y(before.band)}" x2="{_x(now, shown)}%" y2="{_y(now.band)}"'
            yield f'<line class="run" {ends}/>'


def _dots(shown: Sequence[Band], today: date) -> Iterator[str]:
    dots: dict[tuple[date, int], _Dot] = {}
    for one in shown:
        dots.setdefault((one.day, one.band), _Dot(_x(one, shown), one.band, [])).bands.append(one)
    for dot in dots.values():
        count = len(dot.bands)
        asked = "; ".join(one.question for one in dot.bands)
        says = _("{day}, band {band}: {questions}").format(
            day=say_day(dot.bands[0].day, today), band=dot.band, questions=asked
        )
        number = f'<text class="many" x="{dot.x}%" y="{_y(dot.band) + 4}" text-anchor="middle">{count}</text>'
        yield (
            f'<g><title>{escape(says)}</title><circle class="dot" cx="{dot.x}%" cy="{_y(dot.band)}" '
            f'r="{5 if count == 1 else 10}"/>{number * (count > 1)}</g>'
        )


def _graders(shown: Sequence[Band], changes: Sequence[GraderChange], today: date) -> str:
    """Who graded; bands of different graders are not of one measure."""
    if not changes:
        said = _("All graded by {decider} ({model}).").format(decider=shown[0].decider, model=shown[0].model)
        return f"<p>{escape(said)}</p>"
    started = _("At first graded by {grader}.").format(grader=changes[0].before)
    items = "".join(
        "<li>" + escape(_("From {day} on by {grader}.").format(day=say_day(one.day, today), grader=one.after)) + "</li>"
        for one in changes
    )
    warns = _("Where the grader changes, a step may be the grader's and not yours.")
    return f"<p>{escape(started)}</p><ol>{items}</ol><p>{escape(warns)}</p>"


def _table(shown: Sequence[Band], today: date) -> str:
    heads = "".join(
        f'<th scope="col">{escape(name)}</th>'
        for name in (_("Day"), _("Question"), _("Band"), _("Tries"), _("Graded by"))
    )
    rows = "".join(
        f'<tr><td class="day">{escape(say_day(one.day, today))}</td><td>{escape(one.question)}</td><td>{one.band}</td>'
        f"<td>{one.tries}</td><td>{escape(one.decider)} ({escape(one.model)})</td></tr>"
        for one in reversed(shown)
    )
    return (
        f'<details id="past-bands"><summary>{escape(_("The same as a table"))}</summary>'
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(_("The bands as a table"))}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )
