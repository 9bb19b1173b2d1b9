"""Says why and what to do better, in the document's own words; can't change a verdict."""

from __future__ import annotations

from collections.abc import Iterator

from . import written
from .schema import Advice, Grade, Library, QuestionDocument

__all__ = ["advise", "explain"]

MOST_ADVICE = 2


def explain(document: QuestionDocument, grade: Grade) -> Grade:
    """The grade with a one-line reason wherever a verdict came without one."""
    points = {point.id: point for point in document.key_points}
    motivations = {motivation.id: motivation for motivation in document.motivations}
    flags = {flag.id: flag for flag in document.red_flags}
    key_points = {
        id: verdict
        if verdict.reason
        else verdict.model_copy(
            update={
                "reason": {
                    "covered": written.COVERED_WHEN.format(text=points[id].covered),
                    "partial": written.PARTLY_WHEN.format(text=points[id].partly),
                    "missing": written.NOT_THERE.format(text=points[id].covered),
                }.get(verdict.verdict, "")
            }
        )
        for id, verdict in grade.key_points.items()
    }
    levels = {
        id: verdict
        if verdict.reason or verdict.level is None
        else verdict.model_copy(
            update={"reason": written.LEVEL.format(level=verdict.level, text=motivations[id].levels[verdict.level])}
        )
        for id, verdict in grade.motivations.items()
    }
    red_flags = {
        id: verdict
        if verdict.reason or verdict.verdict != "present"
        else verdict.model_copy(update={"reason": flags[id].description})
        for id, verdict in grade.red_flags.items()
    }
    return grade.model_copy(update={"key_points": key_points, "motivations": levels, "red_flags": red_flags})


def advise(document: QuestionDocument, grade: Grade, library: Library) -> tuple[Advice, ...]:
    """The two biggest gaps, each with the worked example or guide step that fits it best."""
    if grade.status == "unscored":
        return ()
    chosen: list[Advice] = []
    for criterion, text in _gaps(document, grade):
        id = criterion.partition(".")[2]
        if len(chosen) == MOST_ADVICE or any(advice.text == text for advice in chosen):
            continue
        link, step = _reading(document, library, id, taken={a.link for a in chosen})
        chosen.append(Advice(criterion=criterion, text=text, link=link, step=step))
    return tuple(chosen)


def _gaps(document: QuestionDocument, grade: Grade) -> Iterator[tuple[str, str]]:
    """Biggest first: red flags, missing key points, weak motivations, missing STAR parts, points partly there."""
    for flag in document.red_flags:
        if grade.red_flags[flag.id].verdict == "present":
            yield f"red_flag.{flag.id}", written.LEAVE_OUT.format(name=flag.name, text=flag.description)
    missing = [point for point in document.key_points if grade.key_points[point.id].verdict == "missing"]
    for point in missing:
        yield f"key_point.{point.id}", written.ADD.format(name=point.name, text=point.covered)
    for motivation in document.motivations:
        level = grade.motivations[motivation.id].level
        if level is not None and level < len(motivation.levels) - 1:
            better = motivation.levels[level + 1]
            yield f"motivation.{motivation.id}", written.SHOW_MORE.format(name=motivation.name, text=better)
    for part, there in grade.star.items():
        if there is False and part in document.star_probes:
            yield f"star.{part}", written.TELL.format(part=part, text=document.star_probes[part])
    for point in document.key_points:
        if grade.key_points[point.id].verdict == "partial":
            yield f"key_point.{point.id}", written.SAY_MORE.format(name=point.name, text=point.covered)


def _reading(document: QuestionDocument, library: Library, criterion: str, taken: set[str]) -> tuple[str, int | None]:
    """Id of a linked document that shows the criterion, an example before a guide step, fresh ones first."""
    examples = [id for id in document.examples if id in library.examples and criterion in library.examples[id].shows]
    for id in sorted(examples, key=lambda id: id in taken):
        return id, None
    for id in document.guides:
        for number, step in enumerate(library.guides[id].steps if id in library.guides else (), start=1):
            if criterion in step.shows:
                return id, number
    return "", None
