"""Counts what a group of candidates covers and misses, question by question; pure, and never compares people.

Each candidate counts once for a question: with the best attempt over all interviews, by band, then coverage, then the
later one; where none has a band, with the latest that was graded. Verdicts that are unsure are counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from .attempts import attempts_at
from .criteria import criteria_of, graded_as
from .exports.sheet import write_csv
from .phrases import _
from .schema import Grade, Interview, Kind, QuestionDocument, Record

__all__ = ["Candidate", "GroupQuestion", "GroupRow", "group", "group_csv", "names_of"]

_UNKNOWN = ("unsure", "unscored", "")
_KINDS: tuple[Kind, ...] = ("red_flag", "key_point", "motivation", "star")


class Candidate(Record):
    """One candidate's attempt that counts for a question."""

    name: str
    """As they call themselves; two of one name get a number."""
    interview_id: str
    attempt: int
    """Which try in that interview, from 1."""
    attempts: int
    """How many graded ones there are, over all their interviews."""
    band: int | None


class GroupRow(Record):
    """One criterion over all candidates."""

    kind: Kind
    criterion: str
    name: str
    verdicts: tuple[str, ...]
    """One for each candidate: as `criteria.graded_as` says, or empty where the grade lacks the criterion."""

    @property
    def counts(self) -> Counter[str]:
        """How many have each verdict."""
        return Counter(self.verdicts)

    @property
    def judged(self) -> int:
        """How many verdicts are known: the rest is unsure, unscored or not there."""
        return sum(verdict not in _UNKNOWN for verdict in self.verdicts)

    @property
    def lacking(self) -> tuple[int, int]:
        """How many lack it wholly and in part: missing and partly; level 0 and 1; red flags found; parts left out."""
        counts = self.counts
        whole = counts["missing"] + counts["0"] + counts["present"] + counts["left_out"]
        return whole, counts["partial"] + counts["1"]


class GroupQuestion(Record):
    """One question over all candidates who answered it."""

    question_id: str
    question: str
    candidates: tuple[Candidate, ...]
    rows: tuple[GroupRow, ...]
    """By kind: red flags, key points, motivations, STAR; in each, what most of the group lacks first."""

    @property
    def gaps(self) -> tuple[GroupRow, ...]:
        """The key points that two or more lack, and more than half of those judged; the most lacked first."""
        points = [row for row in self.rows if row.kind == "key_point"]
        return tuple(row for row in points if sum(row.lacking) > max(1, row.judged / 2))


def group(interviews: Iterable[Interview]) -> tuple[GroupQuestion, ...]:
    """What a group covers and misses; the question most candidates answered first.

    Args:
        interviews: of several candidates; those of one have one owner.
    """
    whole = [*interviews]
    names = names_of(whole)
    documents: dict[str, QuestionDocument] = {}
    tries: dict[str, dict[str, list[tuple[Interview, int, Grade]]]] = {}
    for interview in sorted(whole, key=lambda one: one.started):
        for document in interview.questions:
            for number, attempt in enumerate(attempts_at(interview, document.id), start=1):
                if attempt.grade is None or attempt.grade.status == "unscored":
                    continue
                documents[document.id] = document
                tries.setdefault(document.id, {}).setdefault(interview.owner, []).append(
                    (interview, number, attempt.grade)
                )
    made = [_question(documents[id], found, names) for id, found in tries.items()]
    return tuple(sorted(made, key=lambda one: (-len(one.candidates), one.question)))


def _question(
    document: QuestionDocument, found: dict[str, list[tuple[Interview, int, Grade]]], names: dict[str, str]
) -> GroupQuestion:
    candidates, grades = [], []
    for owner, tries in sorted(found.items(), key=lambda pair: names[pair[0]].casefold()):
        place = max(range(len(tries)), key=lambda place: _worth(tries[place][2], place))
        interview, number, grade = tries[place]
        candidates.append(
            Candidate(
                name=names[owner], interview_id=interview.id, attempt=number, attempts=len(tries), band=grade.band
            )
        )
        grades.append(grade)
    return GroupQuestion(
        question_id=document.id,
        question=document.question,
        candidates=tuple(candidates),
        rows=tuple(sorted(_rows(document, grades), key=_order)),
    )


def _worth(grade: Grade, place: int) -> tuple[int, float, int]:
    """By which the best is chosen: without a band nothing but being the later one counts."""
    return (0, 0.0, place) if grade.band is None else (grade.band, grade.coverage or 0.0, place)


def _rows(document: QuestionDocument, grades: Sequence[Grade]) -> Iterator[GroupRow]:
    for kind, criterion, name in criteria_of(document):
        verdicts = tuple(graded_as(grade, kind, criterion) or "" for grade in grades)
        if any(verdicts):
            yield GroupRow(kind=kind, criterion=criterion, name=name, verdicts=verdicts)


def _order(row: GroupRow) -> tuple[int, int, int]:
    whole, partly = row.lacking
    return _KINDS.index(row.kind), -whole, -partly


def names_of(interviews: Sequence[Interview]) -> dict[str, str]:
    """A name for each owner: the latest they gave, numbered where several share it or have none."""
    told: dict[str, str] = {}
    for interview in sorted(interviews, key=lambda one: one.started):
        told[interview.owner] = interview.candidate or told.get(interview.owner, "")
    shared = Counter(name.casefold() for name in told.values())
    names: dict[str, str] = {}
    for owner, name in told.items():
        pattern = f"{name} ({{number}})" if name else _("Candidate {number}")
        numbered = (pattern.replace("{number}", str(number)) for number in range(1, len(told) * 2 + 1))
        taken = {other.casefold() for other in names.values()}
        alone = name and shared[name.casefold()] == 1 and name.casefold() not in taken
        names[owner] = name if alone else next(one for one in numbered if one.casefold() not in taken)
    return names


def group_csv(questions: Sequence[GroupQuestion]) -> str:
    """The whole table: one row for each criterion of each question, one column for each candidate."""
    names = [*dict.fromkeys(candidate.name for one in questions for candidate in one.candidates)]
    heads = ["question", "kind", "criterion", "name", "candidates", "judged", "lacking", "partly", *names]
    return write_csv(heads, (cells for one in questions for cells in _cells(one, names)))


def _cells(one: GroupQuestion, names: Sequence[str]) -> Iterator[list[str | int]]:
    place = {candidate.name: place for place, candidate in enumerate(one.candidates)}
    for row in one.rows:
        counts = [len(one.candidates), row.judged, *row.lacking]
        verdicts = [row.verdicts[place[name]] if name in place else "" for name in names]
        yield [one.question, row.kind, row.criterion, row.name, *counts, *verdicts]
