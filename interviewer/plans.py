"""Chooses the questions of one interview: by a written plan, at random, or by what was missed most; pure."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence

from .errors import ContentError
from .phrases import _, count_of
from .schema import Library, Marked, Plan, QuestionDocument

__all__ = [
    "MINUTES_A_QUESTION",
    "choose",
    "draw",
    "find_plan",
    "find_questions",
    "missed",
    "random_plan",
    "weakest_first",
]

MINUTES_A_QUESTION = 6
"""What one question with its follow-ups takes."""


def find_plan(library: Library, plan_id: str) -> Plan:
    """The plan with this id.

    Raises:
        ContentError: there is none; it names those there are.
    """
    if plan_id in library.plans:
        return library.plans[plan_id]
    known = ", ".join(sorted(library.plans)) or "none (write one in plans/)"
    raise ContentError(f"There is no plan {plan_id!r}; there are: {known}.")


def choose(
    library: Library,
    *,
    plan: str | None,
    count: int | None,
    role: str,
    theme: str,
    marks: Iterable[Marked] | None,
) -> Plan | None:
    """The plan that was asked for: a written one, or so many questions by chance; None for neither."""
    if plan:
        return find_plan(library, plan)
    if count:
        return random_plan(library, random.Random(), count=count, role=role, theme=theme, marks=marks)  # noqa: S311
    return None


def find_questions(
    library: Library, *, words: str = "", role: str = "", function: str = "", theme: str = ""
) -> list[QuestionDocument]:
    """The questions that fit every filter given, in the library's order.

    Args:
        library: where to look.
        words: each must occur in what candidates may know of it (question, role, function, job, themes); case
            doesn't count.
        role: exactly this role, as the other two; empty fits all.
        function: exactly this function.
        theme: one of its themes.
    """
    wanted = words.casefold().split()

    def fits(document: QuestionDocument) -> bool:
        known = (document.question, document.role, document.function, document.role_description, *document.themes)
        text = " ".join(known).casefold()
        return (
            all(word in text for word in wanted)
            and role.casefold() in ("", document.role.casefold())
            and function.casefold() in ("", document.function.casefold())
            and (not theme or theme.casefold() in (one.casefold() for one in document.themes))
        )

    return [document for document in library.questions.values() if fits(document)]


def random_plan(
    library: Library,
    rng: random.Random,
    *,
    count: int = 5,
    role: str = "",
    theme: str = "",
    marks: Iterable[Marked] | None = None,
) -> Plan:
    """A plan of questions that fit, in random order.

    Args:
        library: where the questions are.
        rng: seeded by who wants the same plan again.
        count: how many questions; fewer when fewer fit.
        role: only this role's questions; empty: any.
        theme: only questions with this theme; empty: any.
        marks: of earlier answers; with them the questions whose criteria were missed most come first, and
            chance only decides between equals.

    Raises:
        ContentError: no question fits, or the marks say of none that anything was missed.
    """
    found = find_questions(library, role=role, theme=theme)
    if not found:
        raise ContentError(_nothing_fits(library, role, theme))
    about = ", ".join(part for part in (role, theme) if part)
    return draw(found, rng, count=count, about=about, marks=marks)


def draw(
    found: Sequence[QuestionDocument],
    rng: random.Random,
    *,
    count: int = 5,
    about: str = "",
    marks: Iterable[Marked] | None = None,
) -> Plan:
    """A plan drawn from these questions, at least one; `about` says what they have in common.

    Raises:
        ContentError: the marks say of none that anything was missed.
    """
    found = list(found)
    rng.shuffle(found)
    if marks is not None:
        weights = missed(marks)
        if not weights:
            raise ContentError(_("No graded answer has missed anything yet: answer a question first."))
        found = weakest_first(found, weights)
    chosen = found[:count]
    about = about or _("all roles")
    if marks is None:
        title = count_of("One question, chosen at random", "{number} questions, chosen at random", len(chosen))
    else:
        title = count_of("One question, what you missed most", "{number} questions, what you missed most", len(chosen))
    return Plan(
        id="random",
        title=title,
        role=about,
        minutes=max(5, MINUTES_A_QUESTION * len(chosen)),
        questions=tuple(document.id for document in chosen),
        introduction=_("From {about}.").format(about=about),
    )


def _nothing_fits(library: Library, role: str, theme: str) -> str:
    """Which of the two fits nothing, and what there is instead."""
    roles = {document.role for document in library.questions.values()}
    if role.casefold() not in {one.casefold() for one in roles} and role:
        return f"There is no question for the role {role!r}; choose one of: {', '.join(sorted(roles))}."
    themes = {theme for document in find_questions(library, role=role) for theme in document.themes}
    return f"There is no question with the theme {theme!r}; choose one of: {', '.join(sorted(themes))}."


def missed(marks: Iterable[Marked]) -> Counter[tuple[str, str]]:
    """How often each criterion was missing (2) or only partly covered (1), by (question id, key point id).

    Of a question that was tried again only the latest attempt counts. Unsure and unscored verdicts count for nothing:
    nobody knows what they were.
    """
    found: Counter[tuple[str, str]] = Counter()
    for mark in marks:
        for criterion, verdict in mark.key_points.items() if mark.latest else ():
            weight = {"missing": 2, "partial": 1}.get(verdict, 0)
            if weight:
                found[mark.question_id, criterion] += weight
    return found


def weakest_first(documents: Sequence[QuestionDocument], weights: Counter[tuple[str, str]]) -> list[QuestionDocument]:
    """The documents, the one with the most missed criteria first; equals keep their order."""
    total = {document.id: 0 for document in documents}
    for (question_id, _criterion), weight in weights.items():
        if question_id in total:
            total[question_id] += weight
    return sorted(documents, key=lambda document: -total[document.id])
