"""The list of stored interviews as HTML: to open, to go on with, to choose for another grading; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo

from ..phrases import _, count_of
from ..progress import day_of
from ..recounting import say_day
from ..schema import Marked
from ..store import Saved
from ..wording import MODE_NAMES
from .marks import escape
from .past import act

__all__ = ["show_interviews"]

LISTED = 12
"""Interviews shown before the rest is folded up."""
MOST = 100
"""Interviews in the page at most; the filters lead to others."""


def show_interviews(saved: Sequence[Saved], marks: Iterable[Marked], today: date, zone: tzinfo | None = None) -> str:
    """One row an interview, in the order given; an empty string when there is none.

    Args:
        saved: what is stored.
        marks: of all of them; says mode and best band where something was graded.
        today: where the candidate is.
        zone: where that is; None: this machine's.
    """
    if not saved:
        return ""
    by_interview: dict[str, list[Marked]] = {}
    for one in marks:
        by_interview.setdefault(one.interview_id, []).append(one)
    rows = [_row(one, by_interview.get(one.id, []), today, zone) for one in saved[:MOST]]
    rest = rows[LISTED:]
    hidden = count_of(
        "{number} more: choose a question or a role above.", "{number} more: choose a question or a role above.",
        len(saved) - len(rows),
    )  # fmt: skip
    more = count_of("{number} earlier interview", "{number} earlier interviews", len(rest))
    folded = (
        f'<details id="past-earlier"><summary>{escape(more)}</summary><ul class="rows">{"".join(rest)}</ul></details>'
    )
    title = escape(_("Interviews"))
    return (
        f'<section class="chapter interviews" aria-label="{title}"><h3>{title}</h3>'
        f'<ul class="rows">{"".join(rows[:LISTED])}</ul>{folded * bool(rest)}'
        f"{f'<p class=quiet>{escape(hidden)}</p>' * (len(saved) > len(rows))}</section>"
    )


def _row(saved: Saved, marks: Sequence[Marked], today: date, zone: tzinfo | None) -> str:
    day = say_day(day_of(datetime.fromisoformat(saved.started).timestamp(), zone), today) if saved.started else ""
    mode = _(MODE_NAMES[max(marks, key=lambda one: one.at).mode]) if marks else ""
    state = "" if saved.ended else _("unfinished")
    answers = count_of("{number} answer", "{number} answers", saved.answers)
    about = " · ".join(part for part in (day, mode, answers, state) if part)
    best = max((one.band for one in marks if one.band is not None), default=None)
    band = _("best band {band} of 5").format(band=best) if best else _("no band")
    asked = saved.questions[0] if saved.questions else ""
    more = count_of("and {number} more question", "and {number} more questions", len(saved.questions) - 1)
    others = f' <span class="quiet">{escape(more)}</span>'
    opens = _("Open: {question}, {day}") if saved.ended else _("Go on: {question}, {day}")
    label = _("Open") if saved.ended else _("Go on")
    grade = act(
        "regrade", saved.id, _("Grade again"),
        about=_("Grade again: {question}, {day}").format(question=asked, day=day),
    )  # fmt: skip
    choose = _("Choose for grading again: {question}, {day}").format(question=asked, day=day)
    return (
        f'<li class="with-act">{_box(saved.id, choose) if marks else "<span></span>"}<div>'
        f'<p class="eyebrow">{escape(about)}</p>'
        f'<p class="asked">{escape(asked)}{others * (len(saved.questions) > 1)}</p>'
        f'<p class="quiet">{escape(band)}</p></div><span class="acts">{grade if marks else ""}'
        f"{act('open', saved.id, label, about=opens.format(question=asked, day=day))}</span></li>"
    )


def _box(interview_id: str, label: str) -> str:
    return f'<input type="checkbox" value="{escape(interview_id)}" aria-label="{escape(label)}">'
