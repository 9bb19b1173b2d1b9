"""Says in plain counts how far a grader agreed with labels when it was measured; measures nothing."""

from __future__ import annotations

from .phrases import _, later
from .schema import Agreement, Calibration

__all__ = ["SHIPPED", "say_missed", "say_trust"]

SHIPPED = later("the settled labels of three language models")
"""What the shipped weights were measured against, so that the catalogue has it."""


def say_trust(calibration: Calibration) -> str:
    """How far to trust a grader with this calibration, all it was measured on together, or that nobody has measured it.

    Short, as it always stands on the page; the README's table tells the answers apart.
    """
    agreement = calibration.agreement
    if agreement is None:
        return _("Nobody has measured how far this grader agrees with raters.")
    against = _("Measured {day} against {labellers}.").format(day=agreement.measured, labellers=_(agreement.labellers))
    counted = [one for one in _all(calibration) if one.key_points]
    said = [against, _say_points(counted)] if counted else [against]
    there, found = _flagged(calibration)
    if there:
        said.append(_("Of {there} answers with a red flag it found {found}.").format(there=there, found=found))
    return " ".join(said)


def say_missed(calibration: Calibration) -> str:
    """How many answers with a red flag were found when the grader was measured; empty where nobody counted."""
    there, found = _flagged(calibration)
    if not there:
        return ""
    return _(
        "Not found is no proof: of {there} answers with a red flag, this grader found {found} when it was measured."
    ).format(there=there, found=found)


def _say_points(counted: list[Agreement]) -> str:
    points = sum(one.key_points for one in counted)
    right = round(100 * sum(one.key_points_right for one in counted) / points)
    open = round(100 * sum((1 - one.key_point_coverage) * one.key_points for one in counted) / points)
    raters = round(100 * sum(one.raters_alike * one.key_points for one in counted) / points)
    return _(
        "Of 100 key points it judged {right} as labelled and {wrong} otherwise, and left {open} open; two raters "
        "agreed on {raters}."
    ).format(right=right, wrong=100 - right - open, open=open, raters=raters)


def _flagged(calibration: Calibration) -> tuple[int, int]:
    """Answers with a labelled red flag, and those of them that were found."""
    measured = _all(calibration)
    return sum(one.flagged_answers for one in measured), sum(one.flagged_found for one in measured)


def _all(calibration: Calibration) -> list[Agreement]:
    return [one for one in (calibration.agreement, calibration.elsewhere) if one is not None]
