"""Takes down where somebody judges an answer otherwise than the grader; never changes a grade.

A dispute holds both verdicts. What needs words, by the guide of `labelling`, needs them here too, and they must stand
in the answers that had been graded. Disputes about the same answers make a line of labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .criteria import graded_as, quotes_on
from .errors import DisputeError
from .labelling import NEEDS_WORDS, Labels
from .phrases import _
from .quotes import locate
from .rubric import answer_hash
from .schema import Dispute, Grade, Kind, Quote

__all__ = ["CHOICES", "dispute", "find_dispute", "heard", "to_labels", "with_dispute", "without_dispute"]

CHOICES: dict[Kind, tuple[str, ...]] = {
    "key_point": ("covered", "partial", "missing"),
    "motivation": ("0", "1", "2", "3"),
    "red_flag": ("present", "absent"),
    "star": ("told", "left_out"),
}
"""The verdicts there are on each kind of criterion."""


def heard(grade: Grade, answers: Sequence[str]) -> int:
    """How many of the answers, from the first, the grade judges; all where the grade doesn't say."""
    counts = range(len(answers), 0, -1)
    return next((count for count in counts if answer_hash(answers[:count]) == grade.answer_hash), len(answers))


def dispute(
    grade: Grade, answers: Sequence[str], kind: Kind, criterion: str, *, verdict: str, words: str = ""
) -> Dispute:
    """Another verdict on one criterion, beside the grader's.

    Args:
        grade: as it stands.
        answers: all that were given to its question.
        kind: of the criterion.
        criterion: its id, or the STAR part.
        verdict: one of `CHOICES[kind]`.
        words: the answers' own, that show what is there; several quotes with | between. Passed over where the
            verdict needs none.

    Raises:
        DisputeError: there is no such criterion or verdict, the grader says the same, or the words are missing or
            stand in none of the answers.
    """
    graded = graded_as(grade, kind, criterion)
    if graded is None:
        raise DisputeError(_("The rubric has no such criterion: reload the page and try again."))
    if verdict not in CHOICES[kind]:
        raise DisputeError(_("Choose the verdict that you would give."))
    count = heard(grade, answers)
    quotes = _find(words, answers[:count]) if verdict in NEEDS_WORDS else ()
    graders = quotes_on(grade, kind, criterion)
    if verdict == graded and all(_within(quote, graders) for quote in quotes):
        raise DisputeError(_("The grader says the same: choose another verdict, or other words that show it."))
    return Dispute(
        question_id=grade.question_id,
        kind=kind,
        criterion=criterion,
        answers=count,
        verdict=verdict,
        quotes=quotes,
        graded=graded,
        graded_by=f"{grade.decider} {grade.model}".strip(),
    )


def _within(quote: Quote, others: Iterable[Quote]) -> bool:
    return any(
        quote.answer == other.answer and other.start <= quote.start and quote.end <= other.end for other in others
    )


def _find(words: str, answers: Sequence[str]) -> tuple[Quote, ...]:
    if not words.strip(" |\n\r\t"):
        raise DisputeError(_("This verdict needs the words of the answer that show it: copy them from the answer."))
    whole = locate(words, answers)
    if whole is not None:
        return (whole,)
    return tuple(dict.fromkeys(_located(part, answers) for part in words.split("|") if part.strip()))


def _located(words: str, answers: Sequence[str]) -> Quote:
    quote = locate(words, answers)
    if quote is None:
        shown = " ".join(words.split())
        shown = f"{shown[:80]} …" if len(shown) > 80 else shown
        raise DisputeError(_("These words are not in the answer: “{words}”. Copy them exactly.").format(words=shown))
    return quote


# ── many disputes ────────────────────────────────────────────────────────────────────────────────────


def with_dispute(disputes: Iterable[Dispute], new: Dispute) -> tuple[Dispute, ...]:
    """The disputes with a new one, which takes the place of one on the same criterion and the same answers."""
    return (*(one for one in disputes if _about(one) != _about(new)), new)


def find_dispute(disputes: Iterable[Dispute], question_id: str, kind: Kind, criterion: str) -> Dispute | None:
    """The latest on a criterion."""
    found = (one for one in disputes if (one.question_id, one.kind, one.criterion) == (question_id, kind, criterion))
    return next(iter(reversed([*found])), None)


def without_dispute(disputes: Sequence[Dispute], question_id: str, kind: Kind, criterion: str) -> tuple[Dispute, ...]:
    """The disputes less the latest on a criterion: an earlier one, on fewer answers, shows again."""
    last = find_dispute(disputes, question_id, kind, criterion)
    return tuple(one for one in disputes if last is None or _about(one) != _about(last))


def to_labels(disputes: Iterable[Dispute], *, id: str, labeller: str) -> Labels:
    """Disputes about the same answers as labels; what nobody disputed is left out, and the band always is.

    Args:
        disputes: all about the same answers to the same question.
        id: of those answers.
        labeller: who disputes.
    """
    labels: dict[str, dict[str, Any]] = {"key_points": {}, "red_flags": {}, "motivations": {}, "star": {}}
    evidence = {}
    for one in disputes:
        match one.kind:
            case "key_point" | "red_flag":
                labels[f"{one.kind}s"][one.criterion] = one.verdict
                if one.quotes:
                    evidence[one.criterion] = [quote.text for quote in one.quotes]
            case "motivation":
                labels["motivations"][one.criterion] = int(one.verdict)
            case "star":
                labels["star"][one.criterion] = one.verdict == "told"
    return Labels.model_validate({"id": id, "labeller": labeller, **labels, "evidence": evidence})


def _about(one: Dispute) -> tuple[str, Kind, str, int]:
    return one.question_id, one.kind, one.criterion, one.answers
