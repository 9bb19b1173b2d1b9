"""Grades the answers to one question: asks a decider, finds the quotes, applies the rule; never guesses.

`grade` yields the grade as it fills in; the last one is final. A model that fails leaves what was judged standing,
and the rest *unscored* with the reason.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from . import scoring
from .advice import advise, explain
from .copied import part_copied
from .errors import ProviderError, ReplyError
from .intake import STATES, ungradable
from .language import is_english
from .phrases import later
from .prompts import Prompts
from .quotes import found_quotes, quote_sentence
from .rubric import ON_TOPIC, answer_hash, build_state, rubric_hash, sentence_question, verdict_questions
from .schema import (
    STAR_PARTS,
    Calibration,
    Decider,
    Decision,
    Grade,
    KeyPointVerdict,
    Library,
    MotivationVerdict,
    QuestionDocument,
    Quote,
    RedFlagVerdict,
    Sentence,
    State,
    TypedQuestion,
    Usage,
)
from .sentences import split_sentences
from .steering import part_sentences
from .written import NOT_ALL_JUDGED, TOO_FEW

__all__ = ["Price", "Told", "blank_grade", "finish", "grade", "questions_for", "worth_repeating"]

NOT_FINISHED = "Still being graded."
ON_TOPIC_LEAST = 0.15
"""Below this probability of being on topic, with nothing found in the answer, it counts as off topic."""


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens."""

    prompt: float
    cached: float
    completion: float

    def of(self, usage: Usage) -> float:
        """US dollars for the tokens of `usage`."""
        fresh = usage.prompt_tokens - usage.cached_tokens
        spent = fresh * self.prompt + usage.cached_tokens * self.cached + usage.completion_tokens * self.completion
        return round(spent / 1_000_000, 6)


async def grade(
    document: QuestionDocument,
    answers: Sequence[str],
    *,
    asked: Sequence[str],
    decider: Decider,
    prompts: Prompts,
    library: Library | None = None,
    id: str = "",
    price: Price | None = None,
    clock: Callable[[], float] = time.monotonic,
    only_last: bool = False,
) -> AsyncGenerator[Grade]:
    """Grades all answers to one question together, yielding after every decision.

    Args:
        document: what the answers are judged by.
        answers: the first answer and those to its follow-ups, in order.
        asked: the question each of them replies to; as many as answers.
        decider: who judges.
        prompts: wording of the questions put to the decider.
        library: where advice finds a worked example or guide; None for none.
        id: of the answer, carried through.
        price: of the decider's tokens; None leaves `usd` empty.
        clock: seconds, for `seconds`.
        only_last: yield the final grade alone, where nobody watches it fill in.

    Yields:
        Grades whose verdicts fill in; what is not judged yet is *unscored*. The last one is final.
    """
    started = clock()
    told = part_answers(document, answers, library)
    blank = blank_grade(document, id=id, decider=decider, prompts=prompts, answers=answers, told=told)
    state = ungradable(answers)
    if not state and decider.english_only and not is_english(answers):
        state = "other_language"
    if state:
        yield blank.model_copy(update={"reason": state, "seconds": round(clock() - started, 3)})
        return
    reading, questions = questions_for(document, answers, asked, prompts, told=told)
    if not reading.sentences:
        state = "copied" if blank.copied else "addressed"
        yield blank.model_copy(update={"reason": state, "seconds": round(clock() - started, 3)})
        return
    decisions: dict[str, Decision] = {}

    def so_far(failure: str | None = NOT_FINISHED) -> Grade:
        return finish(
            blank.model_copy(update={"seconds": round(clock() - started, 3)}),
            document, answers, reading.sentences, decisions, decider.calibration,
            library=library, price=price, failure=failure,
        )  # fmt: skip

    try:
        async for decision in _decide(decider, reading, questions, prompts):
            decisions[decision.name] = decision
            if not only_last:
                yield so_far()
    except (ProviderError, ReplyError) as failure:
        yield so_far(str(failure))
        return
    yield so_far(None)


def worth_repeating(grade: Grade) -> bool:
    """Whether grading again may give more: something failed or was stopped, rather than was ungradable."""
    unscored = any(point.verdict == "unscored" for point in grade.key_points.values())
    return unscored and grade.reason not in STATES


def questions_for(
    document: QuestionDocument,
    answers: Sequence[str],
    asked: Sequence[str],
    prompts: Prompts,
    library: Library | None = None,
    told: Told | None = None,
) -> tuple[State, tuple[TypedQuestion, ...]]:
    """What a decider reads and is asked about the answers, sentence choices left out.

    Words that speak to the grader are not read, nor those of the library's worked examples; there are no sentences
    when nothing else was said.
    """
    told = told or part_answers(document, answers, library)
    reading = build_state(asked, told.own, prompts.render)
    return reading, verdict_questions(document, prompts.render)


class Told(NamedTuple):
    """The numbered sentences of the answers, by what becomes of them."""

    own: tuple[Sentence, ...]
    """Those that are judged."""
    aside: tuple[Sentence, ...]
    """Those that speak to the grader."""
    copied: tuple[Sentence, ...]
    """Those of a worked example."""


def part_answers(document: QuestionDocument, answers: Sequence[str], library: Library | None) -> Told:
    """The answers' sentences, parted."""
    said, aside = part_sentences(split_sentences(answers), answers, document)
    own, copied = part_copied(said, library.examples.values() if library else ())
    # What is left between an example's sentences is no answer of its own.
    if copied and ungradable([" ".join(one.text for one in own)]):
        own = ()
    return Told(own, tuple(aside), copied)


async def _decide(
    decider: Decider, reading: State, questions: Sequence[TypedQuestion], prompts: Prompts
) -> AsyncIterator[Decision]:
    """The verdict questions and, as this decider wants them, which sentences show the verdicts."""
    which = [
        sentence_question(question, reading.sentences, prompts.render)
        for question in questions
        if question.name != ON_TOPIC and decider.evidence != "quoted"
    ]
    if decider.evidence == "together":
        async for decision in decider.decide(reading, (*questions, *which)):
            yield decision
        return
    needs_words: set[str] = set()
    async for decision in decider.decide(reading, questions):
        if not decision.refusal and scoring.needs_words(decision, decider.calibration):
            needs_words.add(decision.name)
        yield decision
    needed = [choice for choice in which if choice.evidence_for in needs_words]
    if needed:
        async for decision in decider.decide(reading, needed):
            yield decision


def blank_grade(
    document: QuestionDocument,
    *,
    id: str,
    decider: Decider,
    prompts: Prompts,
    answers: Sequence[str] = (),
    library: Library | None = None,
    told: Told | None = None,
) -> Grade:
    """A grade with nothing judged, stamped with what would judge it, and with what won't be judged at all."""
    told = told or part_answers(document, answers, library)
    return Grade(
        id=id,
        question_id=document.id,
        status="unscored",
        decider=decider.name,
        model=decider.model,
        prompt_hash=prompts.hash("grader"),
        rubric_hash=rubric_hash(document),
        answer_hash=answer_hash(answers) if answers else "",
        key_points={p.id: KeyPointVerdict(verdict="unscored") for p in document.key_points},
        motivations={m.id: MotivationVerdict() for m in document.motivations},
        red_flags={f.id: RedFlagVerdict(verdict="unscored") for f in document.red_flags},
        star=dict.fromkeys(STAR_PARTS),
        set_aside=tuple(map(quote_sentence, told.aside)),
        copied=tuple(map(quote_sentence, told.copied)),
    )


def finish(
    blank: Grade,
    document: QuestionDocument,
    answers: Sequence[str],
    sentences: Sequence[Sentence],
    decisions: Mapping[str, Decision],
    calibration: Calibration,
    *,
    library: Library | None = None,
    price: Price | None = None,
    failure: str | None = None,
) -> Grade:
    """The grade that follows from the decisions; the same for every decider, and for a batch read back.

    Args:
        blank: carries id, stamp and seconds.
        document: whose criteria are judged.
        answers: what was said.
        sentences: of the answers, as numbered for the decider.
        decisions: by question name, sentence choices included.
        calibration: the decider's thresholds.
        library: for advice.
        price: of tokens, for `usd`.
        failure: why decisions are missing; None when all have been made.
    """

    def quotes(name: str) -> tuple[Quote, ...]:
        return found_quotes(decisions.get(name), decisions.get(f"quote.{name}"), sentences, answers)

    usage = sum((decision.usage for decision in decisions.values()), Usage())
    filled = blank.model_copy(
        update={
            "tokens": usage.prompt_tokens + usage.completion_tokens,
            "samples": max((decision.samples for decision in decisions.values()), default=1),
            "usd": price.of(usage) if price else None,
            **_verdicts(document, decisions, quotes, calibration),
        }
    )
    if failure is None and _off_topic(decisions.get(ON_TOPIC), filled):
        stamps = {"tokens": filled.tokens, "samples": filled.samples, "usd": filled.usd, "reason": "off_topic"}
        return blank.model_copy(update=stamps)
    covered = scoring.coverage(filled.key_points)
    band = scoring.band(filled.key_points, filled.motivations, filled.red_flags) if failure is None else None
    status, reason = _status(filled, band, failure)
    graded = filled.model_copy(update={"coverage": covered, "band": band, "status": status, "reason": reason})
    if failure is None and library is not None:
        graded = graded.model_copy(update={"advice": advise(document, graded, library)})
    return explain(document, graded)


def _verdicts(
    document: QuestionDocument,
    decisions: Mapping[str, Decision],
    quotes: Callable[[str], tuple[Quote, ...]],
    calibration: Calibration,
) -> dict[str, object]:
    def known(name: str) -> tuple[Decision | None, tuple[Quote, ...], Calibration]:
        return decisions.get(name), quotes(name), calibration

    star = {part: scoring.judge_star(*known(f"star.{part}")) for part in STAR_PARTS}
    return {
        "key_points": {p.id: scoring.judge_key_point(*known(f"key_point.{p.id}")) for p in document.key_points},
        "motivations": {m.id: scoring.judge_motivation(*known(f"motivation.{m.id}")) for m in document.motivations},
        "red_flags": {f.id: scoring.judge_red_flag(*known(f"red_flag.{f.id}")) for f in document.red_flags},
        "star": {part: there for part, (there, _) in star.items()},
        "star_quotes": {part: words for part, (_, words) in star.items() if words},
    }


def _off_topic(decision: Decision | None, grade: Grade) -> bool:
    """Said to be off topic, and nothing in the answer speaks against it."""
    if decision is None or decision.refusal or decision.probabilities.get("true", 1.0) >= ON_TOPIC_LEAST:
        return False
    found = any(point.verdict in ("covered", "partial") for point in grade.key_points.values())
    return not found and not any(flag.verdict == "present" for flag in grade.red_flags.values())


def _status(grade: Grade, band: int | None, failure: str | None) -> tuple[str, str]:
    """How far it could be graded, and why not further."""
    open_points = [
        *(point.verdict == "unscored" for point in grade.key_points.values()),
        *(flag.verdict == "unscored" for flag in grade.red_flags.values()),
    ]
    if all(open_points):
        return "unscored", failure or later("The decider gave no usable verdict.")
    if failure is not None:
        return "partly_graded", failure
    if any(open_points):
        return "partly_graded", NOT_ALL_JUDGED.format(open=sum(open_points), all=len(open_points))
    if band is None:
        judged = sum(point.verdict in scoring.CREDIT for point in grade.key_points.values())
        levels = sum(motivation.level is not None for motivation in grade.motivations.values())
        return "partly_graded", TOO_FEW.format(
            judged=judged, points=len(grade.key_points), levels=levels, motivations=len(grade.motivations)
        )
    return "graded", ""
