"""Lays out the start screen's library: search, filters, cards, plans; decides nothing and ties nothing to handlers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ..phrases import _
from ..schema import Library
from .catalogue import Filters, count_choices, say_chosen, show_cards, show_plans
from .desk import Change
from .marks import escape
from .views import View

__all__ = ["Browsing", "lay_out_library"]


@dataclass(frozen=True)
class Browsing:
    """The library's components, by what they are for."""

    words: gr.Textbox
    role: gr.Dropdown
    function: gr.Dropdown
    theme: gr.Dropdown
    clear: gr.Button
    surprise: gr.Button
    missed: gr.Button
    cards: gr.HTML
    begin: gr.Button
    plans: gr.HTML
    begin_plan: gr.Button
    document: gr.Dropdown
    again: gr.Button
    seen: gr.HTML
    """The author's view, with the two before it; left out of the page for candidates."""
    told: gr.Textbox
    """Never shown: carries what the browser adds to a request."""

    @property
    def parts(self) -> list[Any]:
        """What a change may change."""
        return [self.words, self.role, self.function, self.theme, self.cards, self.plans]

    def update(self, change: Change) -> dict[Any, Any]:
        """The library's part of a change, in gradio's words."""
        found: dict[Any, Any] = {}
        if "cards" in change:
            found[self.cards] = change["cards"]
        if "plans" in change:
            found[self.plans] = change["plans"]
        for name, choices in change.get("choices", {}).items():
            found[getattr(self, name)] = {"choices": choices}
        for name, value in change["filters"]._asdict().items() if "filters" in change else ():
            found.setdefault(getattr(self, name), {})["value"] = value
        return {part: gr.update(**told) if isinstance(told, dict) else told for part, told in found.items()}


def lay_out_library(library: Library, views: Sequence[View], *, author: bool) -> Browsing:
    """Two tabs, questions to choose from and plans; then the other views'; the last one for an author."""
    with gr.Tabs(elem_id="library", overflow_behavior="wrap"):
        with gr.Tab(_("Questions")):
            questions = _lay_out_questions(library)
        # Rendered from the start: gradio loses what a part is told before it is.
        with gr.Tab(_("Plans"), render_children=True):
            plans = gr.HTML(show_plans(library), elem_id="plans", js_on_load=None)
            with gr.Row(elem_classes="buttons bar"):
                ends = escape(_("A plan ends by itself when its minutes are over."))
                gr.HTML(f'<p class="label">{ends}</p>', js_on_load=None)
                begin_plan = gr.Button(_("Start this plan"), variant="primary", elem_id="begin-plan")
        for view in views:
            view.lay_out()
        with gr.Tab(_("Author"), visible=author):
            document = gr.Dropdown(
                [(one.question, one.id) for one in library.questions.values()] if author else [],
                value=None, label=_("Question"), elem_id="document",
            )  # fmt: skip
            again = gr.Button(_("Read it again"), size="sm", elem_id="again")
            seen = gr.HTML("", elem_id="seen", js_on_load=None)
    told = gr.Textbox(visible="hidden")
    return Browsing(
        **questions, plans=plans, begin_plan=begin_plan, document=document, again=again, seen=seen, told=told
    )


def _lay_out_questions(library: Library) -> dict[str, Any]:
    choices = count_choices(library, Filters())
    hint = _("e.g. mistake, till, deadlines")
    with gr.Row(elem_id="filters"):
        words = gr.Textbox(label=_("Search"), placeholder=hint, max_lines=1, elem_id="words")
        role = _filter(_("Role"), choices["role"])
        function = _filter(_("Line of work"), choices["function"])
        theme = _filter(_("Theme"), choices["theme"])
    with gr.Row(elem_classes="buttons ways"):
        clear = gr.Button(_("Clear the filters"), size="sm", elem_id="clear")
        surprise = gr.Button(_("Surprise me"), size="sm", elem_id="surprise")
        missed = gr.Button(_("What you missed most"), size="sm", elem_id="missed")
    cards = gr.HTML(show_cards(library, Filters()), elem_id="cards", js_on_load=None)
    with gr.Row(elem_classes="buttons bar"):
        gr.HTML(say_chosen(), js_on_load=None)
        begin = gr.Button(_("Start the interview"), variant="primary", elem_id="begin")
    return {
        "words": words, "role": role, "function": function, "theme": theme, "clear": clear,
        "surprise": surprise, "missed": missed, "cards": cards, "begin": begin,
    }  # fmt: skip


def _filter(label: str, choices: Sequence[tuple[str, str]]) -> gr.Dropdown:
    # Not filterable: typing into it would open a phone's keyboard over the list.
    return gr.Dropdown(list(choices), value="", label=label, filterable=False, min_width=140)
