"""Shows what a coach said about an attempt; pure, escapes everybody's words."""

from __future__ import annotations

from collections.abc import Sequence

from ..exports.outline import say_date
from ..phrases import _, later
from ..schema import Comment
from .marks import escape

__all__ = ["show_comments"]


def show_comments(comments: Sequence[Comment], title: str = later("Your coach says")) -> str:
    """What a coach said about an attempt, under a title that fits who reads it; empty when nobody did."""
    if not comments:
        return ""
    items = "".join(
        f'<li><p class="words">{escape(one.text)}</p><p class="hint">{escape(_by(one))}</p></li>' for one in comments
    )
    return f'<section class="comments"><h4>{escape(_(title))}</h4><ul>{items}</ul></section>'


def _by(comment: Comment) -> str:
    return " · ".join(filter(None, (comment.author, say_date(comment.at) if comment.at else "")))
