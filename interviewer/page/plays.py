"""The start screen's tab of role-plays: lays out their cards and starts the chosen one."""

from __future__ import annotations

import gradio as gr

from ..phrases import _
from .desk import Desk
from .stage import show_plays
from .views import QUIET, Wiring, handled

__all__ = ["RolePlays"]

# Which card's button was pressed stands in the cards alone: the script marks it and presses ours.
_CHOSEN = '() => [document.querySelector("#plays [data-chosen]")?.dataset.play || ""]'


class RolePlays:
    """The view of `roleplays/`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def lay_out(self) -> None:
        """See `View`."""
        with gr.Tab(_("Role-play"), render_children=True) as self._tab:
            self._cards = gr.HTML(self._draw(), elem_id="plays", js_on_load=None)
            self._begin = gr.Button(_("Start the role-play"), visible="hidden", elem_id="begin-play")
            self._told = gr.Textbox(visible="hidden")

    def wire(self, wiring: Wiring) -> None:
        """See `View`."""
        begin = wiring.once(self._desk.begin_role_play)
        self._begin.click(begin, self._told, wiring.whole, js=_CHOSEN, **QUIET)
        # A page that is opened later shows documents changed since the page was laid out.
        self._tab.select(handled(lambda: {self._cards: self._draw()}), None, self._cards, **QUIET)

    def _draw(self) -> str:
        return show_plays(self._desk.panel.library)
