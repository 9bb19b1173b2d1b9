"""What the page says when the program behind it is gone or failed; shown by the script, for then nobody else can."""

from __future__ import annotations

from ..phrases import _
from .marks import escape

__all__ = ["show_away"]


def show_away() -> str:
    """An empty alert, with the sentences that the script puts into it."""
    gone = _(
        "The program behind this page isn’t answering. What you type is kept in this browser. "
        "The page goes on by itself once the program is back."
    )
    failed = _("That failed unexpectedly. What you typed is kept: try it again, or reload this page.")
    return f'<p role="alert" data-gone="{escape(gone)}" data-failed="{escape(failed)}"></p>'
