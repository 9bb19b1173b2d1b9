"""Draws small plots as SVG: dots with intervals, and curves in a square; takes numbers and escapes every word.

Colours are classes, so that the page's style sheet gives them in light, dark and print.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

__all__ = ["Dot", "Line", "chart", "dots", "span_of"]


Place = tuple[float, float]


class Dot(NamedTuple):
    """A value with its interval; None: nothing to draw."""

    style: str
    """Its class."""
    value: float | None
    low: float | None = None
    high: float | None = None


class Line(NamedTuple):
    """A curve in a chart, with a circle at each point when these have sizes."""

    style: str
    points: Sequence[Place]
    sizes: Sequence[float] = ()
    """Areas of the circles, as shares of the largest."""


WIDTH, ROW, EDGE = 220.0, 12.0, 6.0
SIDE, LEFT, BOTTOM, MARGIN = 240.0, 44.0, 40.0, 10.0


def dots(rows: Sequence[Dot], span: Place) -> str:
    """One row for each value, over a scale from `span[0]` to `span[1]`; what lies outside sits on the edge.

    The numbers stand beside it in the page, so readers aloud skip it.
    """
    height = ROW * len(rows)

    def x(value: float) -> float:
        share = (min(max(value, span[0]), span[1]) - span[0]) / (span[1] - span[0])
        return round(EDGE + share * (WIDTH - 2 * EDGE), 1)

    ticks = [span[0], 0.0, span[1]] if span[0] < 0 < span[1] else [span[0], sum(span) / 2, span[1]]
    parts = [f'<path class="grid" d="M{x(tick)} 0V{height:g}"/>' for tick in ticks]
    for place, dot in enumerate(rows):
        y = ROW * (place + 0.5)
        style = escape(dot.style)
        if dot.low is not None and dot.high is not None:
            parts.append(f'<path class="bar {style}" d="M{x(dot.low)} {y:g}H{x(dot.high)}"/>')
        if dot.value is not None:
            parts.append(f'<circle class="dot {style}" cx="{x(dot.value)}" cy="{y:g}" r="3.6"/>')
    return f'<svg class="dots" viewBox="0 0 {WIDTH:g} {height:g}" aria-hidden="true">{"".join(parts)}</svg>'


def span_of(rows: Sequence[Dot], low: float = 0.0, high: float = 1.0) -> tuple[float, float]:
    """The scale from `low` to `high`, widened in tenths to what the values and intervals need."""
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None]
    return (
        min(low, *(int(end * 10 - 0.999) / 10 for end in ends)) if ends else low,
        max(high, *(int(end * 10 + 0.999) / 10 for end in ends)) if ends else high,
    )


def chart(title: str, lines: Sequence[Line], *, across: str, up: str, start: Place = (0, 0), diagonal: bool) -> str:
    """Curves in a square whose axes begin at `start` and end at 1.

    Args:
        title: what is read aloud.
        lines: drawn in this order.
        across: name of the horizontal axis.
        up: name of the vertical axis.
        start: where the axes begin.
        diagonal: draws the line on which both are the same.
    """
    inner = SIDE - LEFT - MARGIN, SIDE - BOTTOM - MARGIN

    def at(point: Place) -> Place:
        shares = [(value - low) / (1 - low) for value, low in zip(point, start, strict=True)]
        return round(LEFT + shares[0] * inner[0], 1), round(MARGIN + (1 - shares[1]) * inner[1], 1)

    parts = [_axes(at, start, across, up)]
    if diagonal:
        low = max(start)
        parts.append(f'<path class="grid dashed" d="{_path([at((low, low)), at((1, 1))])}"/>')
    for line in lines:
        places = [at(point) for point in line.points]
        parts.append(f'<path class="line {escape(line.style)}" d="{_path(places)}"/>')
        for (cx, cy), size in zip(places, line.sizes, strict=False):
            parts.append(f'<circle class="dot {escape(line.style)}" cx="{cx}" cy="{cy}" r="{2 + 4 * size**0.5:.1f}"/>')
    return (
        f'<svg class="chart" viewBox="0 0 {SIDE:g} {SIDE:g}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )


def _axes(at: Callable[[Place], Place], start: Place, across: str, up: str) -> str:
    parts = []
    for share in (0.0, 0.5, 1.0):
        x, y = (low + share * (1 - low) for low in start)
        (cx, bottom), (left, cy) = at((x, start[1])), at((start[0], y))
        right, top = at((1, 1))
        parts += [
            f'<path class="grid" d="M{cx} {bottom}V{top}M{left} {cy}H{right}"/>',
            f'<text x="{cx}" y="{bottom + 14}" text-anchor="middle">{x:.2g}</text>',
            f'<text x="{left - 5}" y="{cy + 4}" text-anchor="end">{y:.2g}</text>',
        ]
    middle = LEFT + (SIDE - LEFT - MARGIN) / 2
    centre = MARGIN + (SIDE - BOTTOM - MARGIN) / 2
    parts += [
        f'<text x="{middle:g}" y="{SIDE - 8:g}" text-anchor="middle">{escape(across)}</text>',
        f'<text transform="translate(11 {centre:g}) rotate(-90)" text-anchor="middle">{escape(up)}</text>',
    ]
    return "".join(parts)


def _path(places: Sequence[Place]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in places)
