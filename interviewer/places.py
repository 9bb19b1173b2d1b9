"""Names every text of a question document by its place in the file; never reads the file itself.

A place is what `markup.Page.line` knows the line of: `("role",)`, `("key_points", "calm", "covered")`,
`("motivations", "honesty", "2")`, `("star_probes", "task")`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .schema import KeyPoint, Motivation, QuestionDocument, RedFlag

__all__ = ["Place", "change_texts", "texts"]

Place = tuple[str | int, ...]
Change = Callable[[Place, str], str]
C = TypeVar("C", KeyPoint, Motivation, RedFlag)

_FIELDS = {
    "name": "name",
    "description": "description",
    "covered": "covered",
    "partly": "partly",
    "exception": "not this",
    "probe": "probe",
}
"""A criterion's fields, and what they are called in a document."""


def change_texts(document: QuestionDocument, change: Change) -> QuestionDocument:
    """The document with every text as `change` returns it; ids, links and numbers stay."""
    return document.model_copy(
        update={
            "role": change(("role",), document.role),
            "function": change(("function",), document.function),
            "role_description": change(("role_description",), document.role_description),
            "themes": tuple(change(("themes", number), theme) for number, theme in enumerate(document.themes)),
            "question": change(("title",), document.question),
            "key_points": tuple(_criterion("key_points", one, change) for one in document.key_points),
            "motivations": tuple(_criterion("motivations", one, change) for one in document.motivations),
            "red_flags": tuple(_criterion("red_flags", one, change) for one in document.red_flags),
            "star_probes": {part: change(("star_probes", part), text) for part, text in document.star_probes.items()},
        }
    )


def _criterion(kind: str, criterion: C, change: Change) -> C:
    update: dict[str, Any] = {
        field: change((kind, criterion.id, label), getattr(criterion, field))
        for field, label in _FIELDS.items()
        if field in type(criterion).model_fields
    }
    if isinstance(criterion, Motivation):
        update["levels"] = tuple(
            change((kind, criterion.id, str(level)), text) for level, text in enumerate(criterion.levels)
        )
    return criterion.model_copy(update=update)


def texts(document: QuestionDocument) -> dict[Place, str]:
    """Every text of the document by its place."""
    found: dict[Place, str] = {}

    def note(place: Place, text: str) -> str:
        found[place] = text
        return text

    change_texts(document, note)
    return found
