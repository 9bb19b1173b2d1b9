"""Sums up an interview question by question, and what was missed in more than one; never invents a total.

A criterion repeats only where two documents give it the same name (capitals don't count); STAR parts have the same name
everywhere. Unsure and unscored verdicts count for nothing: nobody knows what they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from .attempts import attempts_at, best_of
from .schema import STAR_PARTS, Attempt, Grade, Interview, QuestionDocument, Record

__all__ = ["Overview", "QuestionOverview", "Repeated", "Standing", "overview"]

LOW_LEVEL = 1
"""The highest level of a motivation that is listed as weak."""
LOW_BAND = 2
"""The highest band for which a question's themes are listed as weak."""


class Standing(Record):
    """One graded attempt in counts."""

    attempt: int
    """Which try at the question, from 1."""
    answers: int
    """Answers given in this try."""
    band: int | None
    covered: int
    partial: int
    missing: int
    unsure: int
    """Key points, as the three above."""
    unscored: int
    gaps: tuple[str, ...]
    """Names of the key points that are missing, then of those partly covered; each in the document's order."""
    flags: tuple[str, ...]
    """Names of the red flags found."""
    grader: str
    """Decider and model."""


class QuestionOverview(Record):
    """One question of the interview, over all tries at it."""

    question_id: str
    question: str
    """As the document asks it."""
    attempts: int
    """Tries with an answer; 0: it was not answered."""
    hints: int
    """Over all tries."""
    latest: Standing | None
    """None: the latest try has no grade."""
    best: Standing | None
    """By `attempts.best_of`; None: no try has a band."""


class Repeated(Record):
    """What was weak in more than one question."""

    kind: Literal["key_point", "motivation", "red_flag", "star", "theme"]
    name: str
    """As the first of the documents writes it."""
    questions: tuple[str, ...]
    """Ids of the questions it was weak in: a key point missing or partly covered, a motivation at level 0 or 1, a red
    flag found, a STAR part left out, a theme whose question got band 1 or 2."""
    judged: int
    """In how many questions it was judged."""


class Overview(Record):
    """An interview as far as it went."""

    questions: tuple[QuestionOverview, ...]
    """In the order they are asked."""
    repeated: tuple[Repeated, ...]
    """The most frequent first, else in the order of kinds and documents."""
    answered: int
    """Questions with an answer."""
    graded: int
    """Questions whose latest try has a band."""
    flags: int
    """Red flags found in the latest tries."""
    hints: int
    """Over all tries."""
    graders: tuple[str, ...]
    """Decider and model of every grade counted: with more than one, bands come from different measures."""


def overview(interview: Interview) -> Overview:
    """What an interview came to, from its latest and best attempts at each question; finished or not."""
    questions = tuple(_question(interview, document) for document in interview.questions)
    standings = [one.latest for one in questions if one.latest is not None]
    return Overview(
        questions=questions,
        repeated=_repeated(interview),
        answered=sum(one.attempts > 0 for one in questions),
        graded=sum(one.band is not None for one in standings),
        flags=sum(len(one.flags) for one in standings),
        hints=sum(one.hints for one in questions),
        graders=tuple(dict.fromkeys(s.grader for one in questions for s in (one.latest, one.best) if s is not None)),
    )


def _question(interview: Interview, document: QuestionDocument) -> QuestionOverview:
    attempts = attempts_at(interview, document.id)
    best = best_of(attempts)
    shown = [hint for hint in interview.hints if hint.question_id == document.id]
    earlier = [hint for attempt in interview.attempts if attempt.question_id == document.id for hint in attempt.hints]
    return QuestionOverview(
        question_id=document.id,
        question=document.question,
        attempts=len(attempts),
        hints=len(shown) + len(earlier),
        latest=_standing(attempts[-1], len(attempts), document) if attempts else None,
        best=None if best is None else _standing(attempts[best], best + 1, document),
    )


def _standing(attempt: Attempt, number: int, document: QuestionDocument) -> Standing | None:
    grade = attempt.grade
    if grade is None:
        return None
    verdicts = {id: judged.verdict for id, judged in grade.key_points.items()}
    named = [(point.name, verdicts.get(point.id)) for point in document.key_points]
    counts = list(verdicts.values())
    found = (flag for flag in document.red_flags if flag.id in grade.red_flags)
    return Standing(
        attempt=number,
        answers=sum(turn.act == "answer" for turn in attempt.turns),
        band=grade.band,
        covered=counts.count("covered"),
        partial=counts.count("partial"),
        missing=counts.count("missing"),
        unsure=counts.count("unsure"),
        unscored=counts.count("unscored"),
        gaps=tuple(name for wanted in ("missing", "partial") for name, verdict in named if verdict == wanted),
        flags=tuple(flag.name for flag in found if grade.red_flags[flag.id].verdict == "present"),
        grader=f"{grade.decider} {grade.model}".strip(),
    )


def _repeated(interview: Interview) -> tuple[Repeated, ...]:
    judged: dict[tuple[str, str], list[tuple[str, str, bool]]] = {}
    for document in interview.questions:
        grade = interview.grades.get(document.id)
        if grade is not None:
            for kind, name, weak in _judged(document, grade):
                judged.setdefault((kind, name.casefold().strip()), []).append((document.id, name, weak))
    found = [
        Repeated.model_validate({
            "kind": kind,
            "name": seen[0][1],
            "questions": tuple(dict.fromkeys(id for id, _, weak in seen if weak)),
            "judged": len({id for id, _, _ in seen}),
        })
        for (kind, _), seen in judged.items()
    ]  # fmt: skip
    order = ("key_point", "motivation", "red_flag", "star", "theme")
    several = [one for one in found if len(one.questions) > 1]
    return tuple(sorted(several, key=lambda one: (-len(one.questions), order.index(one.kind))))


def _judged(document: QuestionDocument, grade: Grade) -> Iterator[tuple[str, str, bool]]:
    """Kind, name and whether it is weak, of everything the grade is sure about."""
    for point in document.key_points:
        verdict = grade.key_points.get(point.id)
        if verdict and verdict.verdict in ("covered", "partial", "missing"):
            yield "key_point", point.name, verdict.verdict != "covered"
    for motivation in document.motivations:
        found = grade.motivations.get(motivation.id)
        if found and found.level is not None:
            yield "motivation", motivation.name, found.level <= LOW_LEVEL
    for flag in document.red_flags:
        seen = grade.red_flags.get(flag.id)
        if seen and seen.verdict in ("present", "absent"):
            yield "red_flag", flag.name, seen.verdict == "present"
    for part in STAR_PARTS:
        told = grade.star.get(part)
        if told is not None:
            yield "star", part, not told
    if grade.band is not None:
        yield from (("theme", theme, grade.band <= LOW_BAND) for theme in document.themes)
