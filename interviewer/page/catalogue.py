"""What there is to practise, as HTML: cards, counts, plans; pure, and shows nothing that an answer is judged by."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from ..phrases import _, count_of, forms_of, later
from ..plans import MINUTES_A_QUESTION, find_questions
from ..schema import Library, Plan, QuestionDocument
from .marks import escape

__all__ = ["NOTHING_FITS", "Filters", "count_choices", "say_chosen", "show_card", "show_cards", "show_plans"]

NOTHING_FITS = later("Nothing fits: clear the filters, or try fewer words.")
LEFT_OUT = later("Chosen, though the filters leave them out")
Choices = list[tuple[str, str]]


class Filters(NamedTuple):
    """What the candidate is looking for; empty fits all."""

    words: str = ""
    role: str = ""
    function: str = ""
    theme: str = ""

    def find(self, library: Library) -> list[QuestionDocument]:
        """The questions that fit all of them."""
        return find_questions(library, **self._asdict())


def count_choices(library: Library, filters: Filters) -> dict[str, Choices]:
    """(label, value) of each filter's choices, with how many questions the other filters leave it.

    Every value stays in the list, also at 0: gradio refuses one that is chosen just as it goes.
    """
    values: dict[str, Callable[[QuestionDocument], tuple[str, ...]]] = {
        "role": lambda one: (one.role,),
        "function": lambda one: (one.function,),
        "theme": lambda one: one.themes,
    }
    found: dict[str, Choices] = {}
    for name, of in values.items():
        counts = Counter({value: 0 for one in library.questions.values() for value in of(one)})
        counts.update(value for one in filters._replace(**{name: ""}).find(library) for value in of(one))
        found[name] = [(_("Any"), ""), *((f"{value} ({count})", value) for value, count in sorted(counts.items()))]
    return found


def show_cards(library: Library, filters: Filters, chosen: Collection[str] = ()) -> str:
    """The questions that fit as cards to choose from; chosen ones stay, whatever the filters."""
    found = filters.find(library)
    fitting = {document.id for document in found}
    kept = [library.questions[id] for id in chosen if id in library.questions and id not in fitting]
    whole = len(library.questions)
    said = count_of("{number} question", "{number} questions", whole)
    if any(filters):
        said = _("{count} of {all} questions").format(count=len(found), all=whole)
    empty = "" if found else _empty()
    return (
        f'<p class="found" role="status">{escape(said)}</p>{empty}{_cards(kept, chosen, LEFT_OUT)}'
        f"{_cards(found, chosen, later('Questions'))}"
    )


def _empty() -> str:
    return (
        f'<div class="empty"><h3>{escape(_("Nothing fits"))}</h3>'
        f"<p>{escape(_('Clear the filters, or try fewer words.'))}</p>"
        f'<p><button type="button" class="plain" data-press="clear">{escape(_("Clear the filters"))}</button></p></div>'
    )


def _cards(documents: Sequence[QuestionDocument], chosen: Collection[str], label: str) -> str:
    if not documents:
        return ""
    cards = "".join(f"<li>{show_card(one, box=_box(one, chosen=one.id in chosen))}</li>" for one in documents)
    says = escape(_(label))
    heading = f'<p class="label left-out">{says}</p>' if label == LEFT_OUT else ""
    return f'{heading}<ul class="cards" aria-label="{says}">{cards}</ul>'


def _box(document: QuestionDocument, *, chosen: bool) -> str:
    return f'<input type="checkbox" value="{escape(document.id)}"{" checked" * chosen}>'


def show_card(document: QuestionDocument, *, box: str) -> str:
    """What candidates may know of a question before it is asked; `box` is the HTML to choose it by."""
    themes = "".join(f"<li>{escape(theme)}</li>" for theme in document.themes)
    return (
        f'<label class="card">{box}<span class="eyebrow">{escape(document.role)} · {escape(document.function)}</span>'
        f'<span class="asked">{escape(document.question)}</span>'
        f'<span class="about"><b>{escape(_("The job:"))}</b> {escape(document.role_description)}</span></label>'
        f'<div class="wanted"><span class="label">{escape(_("The interviewer wants to hear about"))}</span>'
        f'<ul class="themes">{themes}</ul></div>'
    )


def show_plans(library: Library) -> str:
    """The plans to choose one from; the chosen one shows its questions."""
    if not library.plans:
        says = escape(_("A plan is a short document in plans/."))
        return f'<div class="empty"><h3>{escape(_("No plans yet"))}</h3><p>{says}</p></div>'
    plans = sorted(library.plans.values(), key=lambda plan: plan.title)
    cards = "".join(_plan(plan, library, chosen=not place) for place, plan in enumerate(plans))
    return f'<ul class="cards plans" aria-label="{escape(_("Plans"))}">{cards}</ul>'


def _plan(plan: Plan, library: Library, *, chosen: bool) -> str:
    asked = "".join(f"<li>{escape(library.questions[id].question)}</li>" for id in plan.questions)
    count = count_of("{number} question", "{number} questions", len(plan.questions))
    minutes = count_of("{number} minute", "{number} minutes", plan.minutes)
    # Most titles say it themselves.
    about = " · ".join(
        part
        for part, said in (
            (plan.role, plan.role in plan.title),
            (f"{count} · {minutes}", f"{plan.minutes} minutes" in plan.title),
        )
        if not said
    )
    return (
        f'<li><label class="card"><input type="radio" name="plan" value="{escape(plan.id)}"{" checked" * chosen}>'
        f'<span class="eyebrow">{escape(about)}</span><span class="asked">{escape(plan.title)}</span>'
        f'<span class="about">{escape(plan.introduction)}</span>'
        f'</label><ol class="asks">{asked}</ol></li>'
    )


def say_chosen() -> str:
    """The line beside the start button; the script keeps it current."""
    some = forms_of(
        "{number} question chosen, about {minutes} minutes", "{number} questions chosen, about {minutes} minutes"
    )
    none = escape(_("Nothing chosen: you start with the first one shown."))
    return (
        f'<p id="chosen" role="status" data-minutes="{MINUTES_A_QUESTION}" data-none="{none}" '
        f'data-some="{escape(json.dumps(some))}"></p>'
    )
