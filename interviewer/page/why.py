"""Shows why a verdict was given, folded up under its criterion; pure."""

from __future__ import annotations

from ..phrases import _
from ..reasons import reasons_for
from ..schema import Grade, Kind, QuestionDocument
from .marks import escape

__all__ = ["show_why"]


def show_why(grade: Grade, document: QuestionDocument, kind: Kind, criterion: str, *, prefix: str, name: str) -> str:
    """What a verdict was judged by and how, folded up under the criterion; empty for one that isn't there."""
    rows = reasons_for(grade, document, kind, criterion)
    if not rows:
        return ""
    items = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>" for term, text in rows)
    return (
        f'<details class="why" id="{prefix}-why-{kind}-{escape(criterion)}"><summary>{escape(_("Why?"))}'
        f'<span class="aloud"> {escape(name)}</span></summary><dl>{items}</dl></details>'
    )
