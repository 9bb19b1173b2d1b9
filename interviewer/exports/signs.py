"""Draws the sign of a verdict on a page; a word stands beside each, so that no shape or colour says anything alone."""

from __future__ import annotations

from collections.abc import Callable

from .paper import SOFT, Ink, Paper

__all__ = ["INKS", "draw_sign"]

INKS: dict[str, Ink] = {
    "covered": (23, 105, 60), "told": (23, 105, 60), "absent": SOFT, "partial": (122, 82, 0),
    "missing": (163, 36, 27), "left_out": (163, 36, 27), "present": (163, 36, 27),
}  # fmt: skip
"""The colour of each verdict; any other is soft."""


def draw_sign(paper: Paper, sign: str, x: float, y: float) -> None:
    """A sign of 3 mm at this place."""
    paper.set_draw_color(*INKS.get(sign, SOFT))
    paper.set_fill_color(*INKS.get(sign, SOFT))
    paper.set_line_width(0.4)
    _SIGNS[sign](paper, x, y)


def _check(paper: Paper, x: float, y: float) -> None:
    paper.polyline([(x + 0.2, y + 1.7), (x + 1.2, y + 2.7), (x + 2.9, y + 0.5)])


def _half(paper: Paper, x: float, y: float) -> None:
    paper.ellipse(x, y, 3, 3)
    paper.solid_arc(x, y, 3, 270, 90, style="F")


def _empty(paper: Paper, x: float, y: float) -> None:
    paper.ellipse(x, y, 3, 3)


def _flag(paper: Paper, x: float, y: float) -> None:
    paper.line(x + 0.5, y, x + 0.5, y + 3.1)
    paper.polygon(
        [(x + 0.5, y + 0.1), (x + 3, y + 0.1), (x + 2.3, y + 1), (x + 3, y + 1.9), (x + 0.5, y + 1.9)], style="F"
    )


def _question_mark(paper: Paper, x: float, y: float) -> None:
    paper.set_font("noto", "B", 9)
    paper.set_text_color(*SOFT)
    paper.text(x + 0.6, y + 2.8, "?")


def _dash(paper: Paper, x: float, y: float) -> None:
    paper.line(x + 0.3, y + 1.6, x + 2.7, y + 1.6)


_SIGNS: dict[str, Callable[[Paper, float, float], None]] = {
    "covered": _check, "told": _check, "absent": _check, "partial": _half, "missing": _empty, "left_out": _empty,
    "present": _flag, "unsure": _question_mark, "unscored": _dash,
}  # fmt: skip
