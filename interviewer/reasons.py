"""Explains one verdict in words: what the criterion asks for, what the grader said, how sure it was, who it is."""

from __future__ import annotations

from .criteria import graded_as, judged_on
from .phrases import _, later
from .schema import STAR_PARTS, Grade, Kind, QuestionDocument
from .wording import say_verdict
from .written import say_reason

__all__ = ["reasons_for"]

_STAR = {
    "situation": later("Where and when it was, and who was there."),
    "task": later("What you had to achieve, and why it was yours to do."),
    "action": later("What you yourself did."),
    "result": later("How it ended, and what came of it."),
}


def reasons_for(grade: Grade, document: QuestionDocument, kind: Kind, criterion: str) -> tuple[tuple[str, str], ...]:
    """(term, text) of everything a verdict was judged by and how; empty for a verdict that isn't there."""
    asked = _asked(document, kind, criterion)
    told = _told(grade, kind, criterion)
    if not asked or told is None:
        return ()
    rows = [*asked, *told, (_("Graded by"), f"{grade.decider} ({grade.model})" if grade.model else grade.decider)]
    return tuple((term, text) for term, text in rows if text)


def _asked(document: QuestionDocument, kind: Kind, criterion: str) -> list[tuple[str, str]]:
    """The document's own words about the criterion."""
    if kind == "key_point":
        for point in document.key_points:
            if point.id == criterion:
                return [
                    (_("What it asks for"), point.description),
                    (_("Covered means"), point.covered),
                    (_("Partly means"), point.partly),
                ]
    if kind == "motivation":
        for motivation in document.motivations:
            if motivation.id == criterion:
                levels = [(_("Level {level}").format(level=n), text) for n, text in enumerate(motivation.levels)]
                return [(_("What it asks for"), motivation.description), *levels]
    if kind == "red_flag":
        for flag in document.red_flags:
            if flag.id == criterion:
                return [(_("What it is"), flag.description), (_("What isn’t one"), flag.exception)]
    if kind == "star" and criterion in STAR_PARTS:
        return [(_("What it asks for"), _(_STAR[criterion]))]
    return []


def _told(grade: Grade, kind: Kind, criterion: str) -> list[tuple[str, str]] | None:
    """What the grader said of it."""
    verdict = graded_as(grade, kind, criterion)
    if kind == "star":
        return [(_("Verdict"), say_verdict(verdict or "unscored"))]
    found = judged_on(grade, kind, criterion)
    if verdict is None or found is None:
        return None
    # Why a verdict is unsure says how likely it is.
    sure = [] if verdict == "unsure" else _sure(found.probability)
    return [(_("Verdict"), say_verdict(verdict)), *sure, (_("Reason"), say_reason(found.reason))]


def _sure(probability: float | None) -> list[tuple[str, str]]:
    if probability is None:
        return [(_("How sure"), _("This grader states no probability."))]
    return [(_("How sure"), _("{percent} by its own, calibrated count").format(percent=f"{probability:.0%}"))]
