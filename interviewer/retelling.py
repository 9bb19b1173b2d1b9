"""Says in plain words what a retry changed and what an interview came to; never praises, never adds up bands."""

from __future__ import annotations

from collections.abc import Sequence

from .attempts import Change, Difference, answers_in, best_of
from .criteria import say_part
from .overview import Overview, QuestionOverview, Repeated, Standing
from .phrases import _, count_of, later
from .schema import Attempt
from .sides import Step
from .wording import say_band, say_counts, say_verdict

__all__ = [
    "tell_best",
    "tell_change",
    "tell_counts",
    "tell_difference",
    "tell_doubts",
    "tell_graders",
    "tell_overview",
    "tell_question",
    "tell_repeated",
    "tell_result",
    "tell_step",
    "tell_unsure",
]

_REPEATED = {
    "key_point": later("Key point “{name}”: missing or only partly covered in {weak} of {judged} questions."),
    "motivation": later("“{name}”: level 0 or 1 in {weak} of {judged} questions."),
    "red_flag": later("Red flag “{name}”: found in {weak} of {judged} questions."),
    "star": later("The story: {name} left out in {weak} of {judged} questions."),
    "theme": later("Theme “{name}”: band 1 or 2 in {weak} of {judged} questions."),
}


def tell_difference(found: Difference) -> str:
    """What became of the band, in one sentence."""
    before, after = found.band
    if before is None or after is None:
        return _("One of the two has no band, so the bands can’t be compared.")
    said = {
        0: _("Band {after}, as before."),
        1: _("Band {after}, up from {before}."),
        -1: _("Band {after}, down from {before}."),
    }[(after > before) - (after < before)]
    return said.format(before=before, after=after)


def tell_change(change: Change) -> str:
    """A verdict then and now."""
    before, after = say_verdict(change.before), say_verdict(change.after)
    return _("{name}: {before} → {after}").format(name=change.name, before=before, after=after)


def tell_doubts(found: Difference) -> tuple[str, ...]:
    """Why a comparison may say less than it seems to; a sentence each."""
    says = []
    if not (found.better or found.worse):
        says.append(_("No verdict changed."))
    if unsure := tell_unsure(found):
        says.append(unsure)
    if not found.same_grader:
        says.append(_("The two were graded by different graders or rubrics: a change may be the grader’s."))
    return tuple(says)


def tell_unsure(found: Difference) -> str:
    """Of how much nobody knows whether it changed; empty where all is known."""
    if not found.unknown:
        return ""
    return count_of(
        "{number} criterion is unsure in one of the two, so nobody knows whether it changed.",
        "{number} criteria are unsure in one of the two, so nobody knows whether they changed.",
        found.unknown,
    )


def tell_step(step: Step) -> str:
    """All that changed from one attempt to the next, in a few sentences."""
    found = step.difference
    says = [tell_difference(found)]
    for changes, words in ((found.better, _("Better: {changes}.")), (found.worse, _("Worse: {changes}."))):
        if changes:
            says.append(words.format(changes="; ".join(map(tell_change, changes))))
    told = " ".join((*says, *tell_doubts(found)))
    return _("From attempt {before} to {after}: {change}").format(before=step.before, after=step.after, change=told)


def tell_best(attempts: Sequence[Attempt]) -> str:
    """Which try is the best so far; empty for an only one."""
    if len(attempts) < 2:
        return ""
    place = best_of(attempts)
    if place is None:
        return _("No attempt has a band, so none is called the best.")
    grade = attempts[place].grade
    said = count_of("after {number} answer", "after {number} answers", len(answers_in(attempts[place].turns)))
    return _("Best so far: attempt {attempt} of {count}, band {band} {said}.").format(
        attempt=place + 1, count=len(attempts), band=grade.band if grade else "–", said=said
    )


# ── a whole interview ────────────────────────────────────────────────────────────────────────────────


def tell_question(one: QuestionOverview) -> tuple[str, ...]:
    """How one question stands and what is open in it, a sentence each."""
    result, *more = tell_result(one)
    lines = [result]
    if one.latest and one.latest.gaps:
        lines.append(_("Still open: {names}.").format(names=", ".join(one.latest.gaps)))
    if one.latest and one.latest.flags:
        lines.append(_("Red flags found: {names}.").format(names=", ".join(one.latest.flags)))
    return (*lines, *more)


def tell_result(one: QuestionOverview) -> tuple[str, ...]:
    """How one question stands without naming what is open in it, a sentence each."""
    if not one.attempts:
        return (_("Not answered."),)
    lines = [_tell_standing(one.latest)] if one.latest else [_("Not graded yet.")]
    if one.attempts > 1:
        tries = count_of("{number} attempt", "{number} attempts", one.attempts)
        best = _("the best is attempt {number}, band {band}") if one.best else _("none with a band")
        told = best.format(number=one.best.attempt if one.best else 0, band=one.best.band if one.best else 0)
        lines.append(f"{tries}: {told}.")
    if one.hints:
        lines.append(count_of("With {number} hint.", "With {number} hints.", one.hints))
    return tuple(lines)


def _tell_standing(one: Standing) -> str:
    counts = say_counts(one.model_dump(include={"covered", "partial", "missing", "unsure", "unscored"}))
    if one.band is None:
        heading = _("No band: too little could be judged.")
    else:
        heading = _("Band {band} of 5, {word}.").format(band=one.band, word=say_band(one.band))
    return heading + (" " + _("Key points: {counts}.").format(counts=counts) if counts else "")


def tell_overview(found: Overview) -> tuple[str, ...]:
    """What the whole interview came to, a sentence each."""
    lines = [*tell_counts(found), *map(tell_repeated, found.repeated), *tell_graders(found)]
    if found.graded > 1:
        lines.append(_("There is no total: each question is judged by its own document."))
    return tuple(lines)


def tell_counts(found: Overview) -> tuple[str, ...]:
    """How many questions, red flags and hints there were, a sentence each."""
    questions = count_of("{number} question", "{number} questions", len(found.questions))
    lines = [
        _("{answered} of {questions} answered, {graded} with a band.").format(
            answered=found.answered, questions=questions, graded=found.graded
        )
    ]
    if found.flags:
        lines.append(count_of("{number} red flag found.", "{number} red flags found.", found.flags))
    if found.hints:
        lines.append(count_of("{number} hint taken.", "{number} hints taken.", found.hints))
    return tuple(lines)


def tell_graders(found: Overview) -> tuple[str, ...]:
    """That bands can't be compared where several graders gave them; nothing where one did."""
    if len(found.graders) < 2:
        return ()
    says = _("More than one grader was at work ({graders}), so the bands come from different measures.")
    return (says.format(graders=", ".join(found.graders)),)


def tell_repeated(one: Repeated) -> str:
    """What was weak in several questions, and in how many."""
    name = say_part(one.name) if one.kind == "star" else one.name
    return _(_REPEATED[one.kind]).format(name=name, weak=len(one.questions), judged=one.judged)
