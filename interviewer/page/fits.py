"""How well each question fits a pasted job, as HTML: cards with reasons; pure, and shows no criterion and no number."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..brief import say_brief
from ..fit import Fit, Fitting, Ranking, Reason
from ..phrases import _, count_of, later
from ..schema import Brief
from .catalogue import show_card
from .marks import escape

__all__ = ["preselect", "show_brief", "show_empty", "show_fits", "show_searching"]

MOST_SHOWN = 10
MOST_CHOSEN = 5
NEAREST = 3
"""Shown when nothing fits."""
_FITS: dict[Fit, str] = {"close": later("Close fit"), "partly": later("Fits partly"), "little": later("Fits little")}
_SOURCES = {"ad": later("From the ad"), "cv": later("From the CV")}


def show_empty() -> str:
    """Before anything was looked for."""
    return _message(_("Nothing pasted yet"), _("Paste a job ad, a CV or both, then press “Find my questions”."))


def show_searching() -> str:
    """While it is looked for."""
    says = escape(_("Looking for the questions that fit …"))
    return f'<div class="empty" aria-busy="true"><p role="status">{says}</p></div>'


def preselect(ranking: Ranking) -> list[str]:
    """Ids of what is ticked at first: close ones, else those that fit partly; at most five."""
    for fit in ("close", "partly"):
        found = [one.document.id for one in ranking.questions if one.fit == fit]
        if found:
            return found[:MOST_CHOSEN]
    return []


def show_fits(ranking: Ranking, chosen: Collection[str] = ()) -> str:
    """The questions that fit, the best first; when none does, it says so and shows the nearest."""
    notes = "".join(f'<p class="notice" role="note">{escape(note)}</p>' for note in ranking.notes)
    if not ranking.questions:
        return notes + _message(
            _("Nothing to read"), _("There are no words in what was pasted. Paste the text itself.")
        )
    shown = [one for one in ranking.questions if one.fit != "little"][:MOST_SHOWN]
    said = count_of("{number} question fits, the best first.", "{number} questions fit, the best first.", len(shown))
    if not shown:
        shown = list(ranking.questions[:NEAREST])
        said = _("No question fits well; the nearest are these.")
    how = _(
        "Your text is compared with the question, its role, its job and its themes. It is a guide: check the reasons."
    )
    cards = "".join(f"<li>{_card(one, chosen=one.document.id in chosen)}</li>" for one in shown)
    return (
        f'{notes}<p class="found" role="status">{escape(said)}</p>'
        f'<ol class="cards fits" aria-label="{escape(_("Questions that fit"))}">{cards}</ol>'
        f'<p class="label how">{escape(how)}</p>'
    )


def show_brief(brief: Brief | None, goes_to: str = "") -> str:
    """What the interviewer is told of the ad, word for word, and where that goes."""
    if brief is None:
        return ""
    lines = "".join(f"<li>{escape(line)}</li>" for line in say_brief(brief))
    title = escape(
        _("What the interviewer would know of the ad") if goes_to else _("What the interviewer knows of the ad")
    )
    where = f'<p class="label">{escape(goes_to)}</p>' if goes_to else ""
    return f'<details class="brief"><summary>{title}</summary><ul>{lines}</ul>{where}</details>'


def _card(one: Fitting, *, chosen: bool) -> str:
    document = one.document
    box = f'<input type="checkbox" value="{escape(document.id)}"{" checked" * chosen}>'
    return f"{show_card(document, box=box)}{_why(one)}"


def _why(one: Fitting) -> str:
    badge = f'<p class="fit fit-{one.fit}">{_pips(one.fit)}<b>{escape(_(_FITS[one.fit]))}</b></p>'
    if one.fit == "little":
        return f'<div class="why">{badge}<p class="reason">{escape(_("Nothing in the text points to this."))}</p></div>'
    named = [_("the role {role}").format(role=one.document.role)] * one.role
    named += [_("the theme {theme}").format(theme=theme) for theme in one.themes]
    names = f'<p class="reason">{escape(_("It names {what}.").format(what=", ".join(named)))}</p>' if named else ""
    return f'<div class="why">{badge}{names}{_quotes(one.reasons)}</div>'


def _quotes(reasons: Sequence[Reason]) -> str:
    return "".join(
        f'<blockquote class="quote"><span class="label">{escape(_said(reason))}</span> {_marked(reason)}</blockquote>'
        for reason in reasons
    )


def _said(reason: Reason) -> str:
    source = _(_SOURCES[reason.source])
    return source if reason.words else _("{source}, alike in sense").format(source=source)


def _marked(reason: Reason) -> str:
    """The sentence with the words that the question shares marked."""
    parts, last = [], 0
    for start, end in reason.words:
        parts += [escape(reason.text[last:start]), f"<mark>{escape(reason.text[start:end])}</mark>"]
        last = end
    return "".join([*parts, escape(reason.text[last:])])


def _pips(fit: Fit) -> str:
    """Three steps, so many filled; the word stands beside them."""
    filled = {"close": 3, "partly": 2, "little": 1}[fit]
    pips = "".join(f'<i class="pip{" on" * (place < filled)}"></i>' for place in range(3))
    return f'<span class="steps" aria-hidden="true">{pips}</span>'


def _message(title: str, says: str) -> str:
    return f'<div class="empty"><h3>{escape(title)}</h3><p>{escape(says)}</p></div>'
