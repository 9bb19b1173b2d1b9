"""Shows the report at the end of an interview: question by question, and what was weak in several; pure."""

from __future__ import annotations

from ..overview import Overview, QuestionOverview, Standing, overview
from ..phrases import _
from ..retelling import tell_counts, tell_graders, tell_repeated, tell_result
from ..schema import Interview
from .marks import escape

__all__ = ["show_report"]

MOST_REPEATED = 6
"""Things weak in several questions that are listed at the most."""


def show_report(interview: Interview) -> str:
    """What an interview that is over came to; empty for one short practice, whose rubric says it all."""
    if not interview.ended or (len(interview.questions) < 2 and interview.mode != "simulation"):
        return ""
    found = overview(interview)
    title = escape(_("Your report"))
    if not found.answered:
        says = _("Nothing was answered, so there is nothing to report.")
        return f'<section class="report empty"><h3>{title}</h3><p>{escape(says)}</p></section>'
    says = " ".join(tell_counts(found))
    if interview.ended == "time":
        says += " " + _("The time was up before the last question was done.")
    rows = "".join(_row(one, place) for place, one in enumerate(found.questions))
    graders = "".join(f'<p class="hint">{escape(sentence)}</p>' for sentence in tell_graders(found))
    return (
        f'<section class="report" aria-label="{title}"><h3>{title}</h3><p class="summary">{escape(says)}</p>'
        f'<ol class="asked-all">{rows}</ol>{_across(found)}{graders}</section>'
    )


def _row(one: QuestionOverview, place: int) -> str:
    latest = one.latest
    band = latest.band if latest else None
    tile = (
        f'<span class="tile band-{band}" aria-hidden="true">{band}</span>'
        if band
        else '<span class="tile" aria-hidden="true">–</span>'
    )
    go = (
        f'<button type="button" class="plain" data-go="rubric-{place}">{escape(_("To its rubric"))}'
        f'<span class="aloud">: {escape(one.question)}</span></button>'
        if latest
        else ""
    )
    return (
        f'<li>{tile}<div><p class="asked">{escape(one.question)}</p>'
        f'<p class="about">{escape(" ".join(tell_result(one)))}</p>{_gaps(latest)}</div>{go}</li>'
    )


def _gaps(latest: Standing | None) -> str:
    if latest is None:
        return ""
    flags = "".join(f'<li class="flag">{escape(name)}</li>' for name in latest.flags)
    gaps = "".join(f"<li>{escape(name)}</li>" for name in latest.gaps[:3])
    if not (flags or gaps):
        return ""
    return f'<ul class="gaps" aria-label="{escape(_("Flags found, and points left out"))}">{flags}{gaps}</ul>'


def _across(found: Overview) -> str:
    if not found.repeated:
        return ""
    items = "".join(f"<li>{escape(tell_repeated(one))}</li>" for one in found.repeated[:MOST_REPEATED])
    return f"<h4>{escape(_('Weak in more than one question'))}</h4><ul class='across'>{items}</ul>"
