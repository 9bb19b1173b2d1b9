"""Grades cases with the code that the page uses and writes what came of each; measures nothing, chooses no model.

A file of outcomes has `RunFacts` on its first line, then one `Outcome` a line: set by set, repeat by repeat, in the
order of the cases.
"""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pydantic import ValidationError

from ..batch import failed, in_order
from ..calibrated import DeciderAround
from ..errors import AnswersError, ProviderError
from ..grading import Price, grade
from ..prompts import Prompts
from ..rubric import answer_hash, rubric_hash
from ..schema import Decider, Decision, Library, State, TypedQuestion
from .mutations import document_for
from .records import Case, Outcome, RunFacts

__all__ = ["PATIENCE", "Work", "grade_case", "read_facts", "read_outcomes", "run"]

PATIENCE = 5
"""So many cases in a row that an asked model failed on end a run."""
_QUOTATION_MARKS = dict.fromkeys(map(ord, "‘’‚‛′`´ʼ＇"), "'") | dict.fromkeys(map(ord, "“”„‟″«»＂"), '"')
_Key = tuple[str, int]


@dataclass(frozen=True)
class Work:
    """The cases of one set, and who grades them."""

    cases: Sequence[Case]
    decider_for: Callable[[int], Decider]
    """The decider that grades every case for the n-th time, from 0."""


@dataclass(frozen=True)
class _Grading:
    case: Case
    repeat: int
    decider: Decider

    @property
    def key(self) -> _Key:
        return self.case.id, self.repeat


class _Listening(DeciderAround):
    """A decider that another one decides for, and that remembers the decisions."""

    def __init__(self, inner: Decider) -> None:
        super().__init__(inner)
        self.heard: list[Decision] = []

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        async for decision in self.inner.decide(state, questions):
            self.heard.append(decision)
            yield decision


async def grade_case(
    case: Case,
    decider: Decider,
    *,
    library: Library,
    prompts: Prompts,
    repeat: int = 0,
    price: Price | None = None,
) -> Outcome:
    """What the decider makes of one case, by `grading.grade`, as for a candidate on the page."""
    listening = _Listening(decider)
    steps = grade(
        document_for(case, library.questions[case.question_id]),
        case.answers,
        asked=case.asked,
        decider=listening,
        prompts=prompts,
        library=library,
        id=case.id,
        price=price,
        only_last=True,
    )
    final = [step async for step in steps][-1]
    cited = [words for decision in listening.heard for words in decision.cited]
    said = [_folded(answer) for answer in case.answers]
    return Outcome(
        case=case.id,
        repeat=repeat,
        grade=final,
        probabilities=_probabilities(listening.heard),
        cited=len(cited),
        cited_found=sum(any(_folded(words) in answer for answer in said) for words in cited),
    )


def _probabilities(decisions: Iterable[Decision]) -> dict[str, dict[str, float]]:
    """Of the verdict questions, sentence choices left out, and nothing that was only stated."""
    verdicts = (one for one in decisions if one.measured and not one.refusal and not one.name.startswith("quote."))
    return {one.name: {value: round(p, 6) for value, p in one.probabilities.items()} for one in verdicts}


def _folded(text: str) -> str:
    """The letters as they are, in NFC, with white space and quotation marks made alike."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_QUOTATION_MARKS).split())


# ── a whole run ──────────────────────────────────────────────────────────────────────────────────────


async def run(
    works: Sequence[Work],
    out: Path,
    facts: RunFacts,
    *,
    library: Library,
    prompts: Prompts,
    repeats: int = 1,
    concurrency: int = 1,
    price: Price | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> AsyncIterator[Outcome]:
    """Grades every case of every set `repeats` times, writes each outcome to `out` and yields it.

    What `out` holds of an interrupted run is kept as far as decider, model, prompts, document and answer are the same.
    A finished run is graded anew, unless a model was asked live, which costs. A run that records takes up recordings
    instead: they say which of them are still asked for.

    Args:
        works: sets of cases with ids of their own.
        out: where outcomes go.
        facts: written first.
        library: the questions' documents.
        prompts: wording of the questions put to deciders.
        repeats: how often each case is graded.
        concurrency: cases graded at once; no more outcomes than that are held.
        price: of the decider's tokens.
        progress: told (done, all) after each outcome.

    Raises:
        AnswersError: `out` can't be written, or holds something else.
        ProviderError: a model failed on `PATIENCE` cases in a row.
        RecordingError: a recording is missing or stale.
    """
    total = repeats * sum(len(work.cases) for work in works)
    gradings = _gradings(works, repeats)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        earlier = _Earlier(out, facts)
        earlier.keep({case.id: _stamp(case, library) for work in works for case in work.cases}, total)

        async def one(grading: _Grading) -> Outcome:
            if (kept := earlier.read(grading.key)) is not None:
                return kept
            return await grade_case(
                grading.case, grading.decider, library=library, prompts=prompts, repeat=grading.repeat, price=price
            )

        with out.open("w", encoding="utf-8", newline="\n") as file:
            _write(file, facts)
            done = failures = 0
            async with aclosing(in_order(gradings, one, concurrency)) as outcomes:
                async for outcome in outcomes:
                    _write(file, outcome)
                    done += 1
                    progress(done, total)
                    yield outcome
                    failures = failures + 1 if _model_failed(outcome, facts) else 0
                    if failures >= PATIENCE:
                        raise ProviderError(
                            f"{failures} cases in a row could not be graded, the last because: {outcome.grade.reason} "
                            "What was graded is kept: run the same command to go on."
                        )
        earlier.forget()
    except OSError as wrong:
        cause = wrong.strerror or str(wrong)
        raise AnswersError(f"{out}: can't be written: {cause}; free space or choose another place.") from wrong


def _gradings(works: Iterable[Work], repeats: int) -> Iterator[_Grading]:
    for work in works:
        for repeat in range(repeats):
            decider = work.decider_for(repeat)
            yield from (_Grading(case, repeat, decider) for case in work.cases)


def _write(file: TextIO, record: RunFacts | Outcome) -> None:
    file.write(record.model_dump_json() + "\n")
    file.flush()


def _model_failed(outcome: Outcome, facts: RunFacts) -> bool:
    return facts.source in ("recorded", "live") and outcome.grade.status == "unscored" and failed(outcome.grade)


def _stamp(case: Case, library: Library) -> tuple[str, str]:
    return rubric_hash(document_for(case, library.questions[case.question_id])), answer_hash(case.answers)


# ── an earlier run's file ────────────────────────────────────────────────────────────────────────────


class _Earlier:
    """What an earlier run left in the file of outcomes: kept beside it until this run has ended."""

    def __init__(self, out: Path, facts: RunFacts) -> None:
        self.out = out
        self.facts = facts
        self.beside = out.with_name(out.name + ".before")
        self.places: dict[_Key, int] = {}

    def keep(self, stamps: Mapping[str, tuple[str, str]], total: int) -> None:
        """Puts what still holds beside the file, and remembers where each outcome stands."""
        new = self.out.with_name(self.out.name + ".new")
        with new.open("wb") as file:
            file.write(self.facts.model_dump_json().encode() + b"\n")
            for source in (self.beside, self.out):
                same = source.exists() and _same_run(read_facts(source), self.facts)
                if not same or self.facts.source == "recorded":
                    continue
                for outcome in read_outcomes(source):
                    if self._holds(outcome, stamps):
                        self.places[outcome.case, outcome.repeat] = file.tell()
                        file.write(outcome.model_dump_json().encode() + b"\n")
        if len(self.places) >= total and self.facts.source != "live":
            self.places.clear()
        new.replace(self.beside)

    def read(self, key: _Key) -> Outcome | None:
        """The outcome kept, or None."""
        if (place := self.places.get(key)) is None:
            return None
        with self.beside.open("rb") as file:
            file.seek(place)
            return Outcome.model_validate_json(file.readline())

    def forget(self) -> None:
        self.beside.unlink(missing_ok=True)

    def _holds(self, outcome: Outcome, stamps: Mapping[str, tuple[str, str]]) -> bool:
        made = outcome.grade
        stamp = made.rubric_hash, made.answer_hash
        asked_again = self.facts.source == "live" and failed(made)
        return stamps.get(outcome.case) == stamp and not asked_again


def _same_run(one: RunFacts, other: RunFacts) -> bool:
    alike = ("decider", "model", "samples", "prompt_hash", "calibration", "source")
    return all(getattr(one, name) == getattr(other, name) for name in alike)


def read_facts(file: Path) -> RunFacts:
    """What a file of outcomes is about.

    Raises:
        AnswersError: it can't be read, or is no file of outcomes.
    """
    try:
        with file.open(encoding="utf-8") as lines:
            return RunFacts.model_validate_json(lines.readline())
    except (ValidationError, UnicodeDecodeError) as wrong:
        raise AnswersError(
            f"{file}:1: no outcomes of this version; choose another place, or remove the file."
        ) from wrong
    except OSError as wrong:
        raise AnswersError(f"{file}: can't be read: {wrong.strerror or wrong}.") from wrong


def read_outcomes(file: Path) -> Iterator[Outcome]:
    """The outcomes in a file, one at a time; a last line that was cut off is left out.

    Raises:
        AnswersError: it can't be read, or is no file of outcomes.
    """
    read_facts(file)
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            next(lines)
            for number, line in enumerate(lines, 2):
                try:
                    yield Outcome.model_validate_json(line)
                except ValidationError as wrong:
                    if line.endswith("\n"):
                        raise AnswersError(
                            f"{file}:{number}: no outcome of this version; choose another place, or remove the file."
                        ) from wrong
    except OSError as wrong:
        raise AnswersError(f"{file}: can't be read: {wrong.strerror or wrong}.") from wrong
