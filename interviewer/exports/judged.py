"""Puts each criterion of a grade into words, grouped as the rubric groups them; never formats and never judges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..criteria import Judged, criteria_of, graded_as, judged_on, quotes_on, sign_of
from ..disputes import find_dispute
from ..phrases import _
from ..schema import (
    Dispute,
    Grade,
    KeyPointVerdict,
    Kind,
    QuestionDocument,
    Quote,
    Record,
)
from ..wording import KIND_NAMES, number_evidence, say_second_opinion, say_verdict
from ..written import say_reason

__all__ = ["Criterion", "Group", "groups_of"]


class Criterion(Record):
    """One criterion and what was found."""

    sign: str
    """A key of `wording.VERDICTS`; for a level, the nearest one."""
    name: str
    verdict: str
    """In words."""
    sure: str
    """How sure the grader was; empty where that isn't known, and for what is unsure, whose reason says it."""
    number: int
    """Under which its words are marked in the answers; 0: no words."""
    quotes: tuple[str, ...]
    reasons: tuple[str, ...]
    """Why, and what a second opinion sees otherwise."""
    dispute: str
    """What somebody sees otherwise; empty when nobody does."""
    dispute_quotes: tuple[str, ...]


class Group(Record):
    """The criteria of one kind."""

    title: str
    criteria: tuple[Criterion, ...]


def groups_of(grade: Grade, document: QuestionDocument, disputes: Sequence[Dispute]) -> tuple[Group, ...]:
    """The criteria of a grade with their verdicts, red flags first."""
    numbers = {(item.kind, item.criterion): item.number for item in number_evidence(grade, document)}
    opinions = say_second_opinion(grade)
    rows: dict[Kind, list[Criterion]] = {kind: [] for kind in KIND_NAMES}
    for kind, criterion, name in criteria_of(document):
        verdict = graded_as(grade, kind, criterion)
        if verdict is None:
            continue
        found = judged_on(grade, kind, criterion)
        sure = found.probability if found else None
        other = find_dispute(disputes, document.id, kind, criterion)
        rows[kind].append(
            Criterion(
                sign=sign_of(verdict),
                name=name,
                verdict=say_verdict(verdict),
                sure="" if sure is None or verdict == "unsure" else _("{share} sure").format(share=f"{sure:.0%}"),
                number=numbers.get((kind, criterion), 0),
                quotes=_words(quotes_on(grade, kind, criterion)),
                reasons=tuple(
                    one for one in (_why(document, criterion, found), opinions.get((kind, criterion), "")) if one
                ),
                dispute=_("Seen otherwise: {verdict}").format(verdict=say_verdict(other.verdict)) if other else "",
                dispute_quotes=_words(other.quotes) if other else (),
            )
        )
    return tuple(
        Group(title=_(KIND_NAMES[kind]), criteria=tuple(criteria)) for kind, criteria in rows.items() if criteria
    )


def _why(document: QuestionDocument, criterion: str, found: Judged | None) -> str:
    """The reason, unless the quotes above it say all and it only repeats what the document asks for."""
    if found is None:
        return ""
    asked = next((point.covered for point in document.key_points if point.id == criterion), "")
    repeats = asked and found.quotes and isinstance(found, KeyPointVerdict) and found.reason.endswith(asked)
    return "" if repeats else say_reason(found.reason)


def _words(quotes: Iterable[Quote]) -> tuple[str, ...]:
    return tuple(quote.text.strip() for quote in quotes)
