"""Says in plain counts how far a grader agreed with labels when it was measured; measures nothing."""

from __future__ import annotations

from .phrases import _, later
from .schema import Agreement, Calibration

__all__ = ["say_missed", "say_trust"]

SHIPPED = (
    later("the settled labels of three language models"),
    later("84 other answers to the 23 questions it was trained or tuned on"),
    later("96 answers to eight questions it has never seen"),
)
"""What the shipped weights say of how they were measured, so that the catalogue has it."""


def say_trust(calibration: Calibration) -> str:
    """How far to trust a grader with this calibration, or that nobody has measured it."""
    agreement = calibration.agreement
    if agreement is None:
        return _("Nobody has measured how far this grader agrees with raters.")
    labellers = _(agreement.labellers)
    measured = _("Measured {day} against {labellers}.").format(day=agreement.measured, labellers=labellers)
    said = [measured, *(_say_points(one) for one in _all(calibration) if one.key_points)]
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


def _say_points(agreement: Agreement) -> str:
    right = round(100 * agreement.key_points_right / agreement.key_points)
    open = round(100 * (1 - agreement.key_point_coverage))
    return _(
        "In {split} it judged {right} of 100 key points as labelled and {wrong} otherwise, and left {open} open; two "
        "raters agreed on {raters}."
    ).format(
        split=_(agreement.split), right=right, wrong=100 - right - open, open=open,
        raters=round(100 * agreement.raters_alike),
    )  # fmt: skip


def _flagged(calibration: Calibration) -> tuple[int, int]:
    """Answers with a labelled red flag, and those of them that were found."""
    measured = _all(calibration)
    return sum(one.flagged_answers for one in measured), sum(one.flagged_found for one in measured)


def _all(calibration: Calibration) -> list[Agreement]:
    return [one for one in (calibration.agreement, calibration.elsewhere) if one is not None]
