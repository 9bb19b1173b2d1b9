"""Shows the report at the end of an interview: question by question, and what was weak in several; pure."""

from __future__ import annotations

from ..overview import Overview, QuestionOverview, Repeated, Standing, overview
from ..phrases import _, count_of, later
from ..schema import Interview
from ..wording import say_band, say_part
from .marks import escape

__all__ = ["show_report"]

_KINDS = {
    "key_point": later("key point"),
    "motivation": later("what the interviewer wanted to find out"),
    "red_flag": later("red flag"),
    "star": later("part of the story"),
    "theme": later("theme"),
}


def show_report(interview: Interview) -> str:
    """What an interview that is over came to; empty for one short practice, whose rubric says it all."""
    if not interview.ended or (len(interview.questions) < 2 and interview.mode != "simulation"):
        return ""
    found = overview(interview)
    if not found.answered:
        says = _("Nothing was answered, so there is nothing to report.")
        return f'<section class="report empty"><h3>{escape(_("Your report"))}</h3><p>{escape(says)}</p></section>'
    places = {document.id: place for place, document in enumerate(interview.questions)}
    rows = "".join(_row(one, places[one.question_id]) for one in found.questions)
    return (
        f'<section class="report" aria-label="{escape(_("Your report"))}"><h3>{escape(_("Your report"))}</h3>'
        f'<p class="summary">{escape(_sum(interview, found))}</p>'
        f'<ol class="asked-all">{rows}</ol>{_across(interview, found)}{_graders(found)}</section>'
    )


def _sum(interview: Interview, found: Overview) -> str:
    whole = len(interview.questions)
    parts = [_("{answered} of {whole} questions answered, {graded} with a band.").format(
        answered=found.answered, whole=whole, graded=found.graded)]  # fmt: skip
    if found.flags:
        parts.append(count_of("{number} red flag found.", "{number} red flags found.", found.flags))
    if found.hints:
        parts.append(count_of("{number} hint taken.", "{number} hints taken.", found.hints))
    if interview.ended == "time":
        parts.append(_("The time was up before the last question was done."))
    return " ".join(parts)


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
        f'<li>{tile}<div><p class="asked">{escape(one.question)}</p><p class="about">{escape(_result(one))}</p>'
        f"{_gaps(latest)}</div>{go}</li>"
    )


def _result(one: QuestionOverview) -> str:
    if not one.attempts:
        return _("Not answered.")
    if one.latest is None:
        return _("Not graded yet.")
    if one.latest.band is None:
        return _("No band: too little could be judged.")
    counts = _("{covered} covered, {partial} partly, {missing} missing, {unsure} unsure").format(
        covered=one.latest.covered,
        partial=one.latest.partial,
        missing=one.latest.missing,
        unsure=one.latest.unsure + one.latest.unscored,
    )
    said = _("Band {band} of 5, {word}. Key points: {counts}.").format(
        band=one.latest.band, word=say_band(one.latest.band), counts=counts
    )
    if one.best and one.best.attempt != one.latest.attempt:
        said += " " + _("Your best was attempt {number}, band {band}.").format(
            number=one.best.attempt, band=one.best.band
        )
    return said


def _gaps(latest: Standing | None) -> str:
    if latest is None:
        return ""
    flags = "".join(f'<li class="flag">{escape(name)}</li>' for name in latest.flags)
    gaps = "".join(f"<li>{escape(name)}</li>" for name in latest.gaps[:3])
    if not (flags or gaps):
        return ""
    return f'<ul class="gaps" aria-label="{escape(_("Flags found, and points left out"))}">{flags}{gaps}</ul>'


def _across(interview: Interview, found: Overview) -> str:
    if not found.repeated:
        return ""
    items = "".join(f"<li>{escape(_repeat(one))}</li>" for one in found.repeated[:6])
    return f"<h4>{escape(_('Weak in more than one question'))}</h4><ul class='across'>{items}</ul>"


def _repeat(one: Repeated) -> str:
    name = say_part(one.name) if one.kind == "star" else one.name
    return _("{name} ({kind}): in {weak} of {judged} questions").format(
        name=name, kind=_(_KINDS[one.kind]), weak=len(one.questions), judged=one.judged
    )


def _graders(found: Overview) -> str:
    if len(found.graders) < 2:
        return ""
    says = _("More than one grader was at work ({graders}), so the bands come from different measures.")
    return f'<p class="hint">{escape(says.format(graders=", ".join(found.graders)))}</p>'
