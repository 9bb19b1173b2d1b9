"""Reads the sets of labelled answers that graders are measured on; grades nothing and never guesses a label.

`dev`, `test`, `train` and `unseen` are parts of `evals/answers/`; other names are files of cases in `evals/sets/`;
everything else is the path of a file of answers. Beside a file of answers lie `FILE.rater2.jsonl`, a second rater's
labels, `FILE.labels.jsonl`, what `interviewer label` writes, and `FILE.adjudicated.jsonl`, who was right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from ..batch import AnswerLine, numbered_lines, read_object, say_invalid
from ..errors import AnswersError, SettingsError
from ..folders import checkout
from ..labelling import Labels
from ..schema import Library, QuestionDocument
from .records import Case

__all__ = ["NAMED", "evals_folder", "load_set", "settle", "tell_apart"]

NAMED: tuple[Literal["dev", "test", "unseen", "train"], ...] = ("dev", "test", "unseen", "train")
"""The parts of the labelled answers; `test` leaves out the questions that are `unseen` as a whole."""
SEED = "difficult-customers"
"""The question with a split of its own."""
GROUPS = ("key_points", "red_flags", "motivations", "star")
_Ids = TypeAdapter(tuple[str, ...])
T = TypeVar("T")


def evals_folder() -> Path:
    """The checkout's `evals/`.

    Raises:
        SettingsError: the package is an installed one, which has none.
    """
    if (root := checkout()) is None:
        raise SettingsError(
            "The named sets are in a checkout's evals/ folder, and this package is an installed one: "
            "give the path of a file of labelled answers."
        )
    return root / "evals"


def load_set(name_or_path: str, library: Library, *, folder: Path | None = None) -> tuple[Case, ...]:
    """The cases of a set, in order.

    Args:
        name_or_path: a name of `NAMED` or of a file in `evals/sets/`, or the path of a file.
        library: where the questions' documents are.
        folder: other than the checkout's `evals/`.

    Raises:
        SettingsError: there is no such set.
        AnswersError: a line can't be used; the message opens with `FILE:LINE:`.
    """
    if name_or_path in NAMED:
        return tuple(_part(name_or_path, library, folder or evals_folder()))
    file = _find(name_or_path, folder)
    return _read_cases(file, library)


def _find(name: str, folder: Path | None) -> Path:
    sets = (folder or (checkout() or Path()) / "evals") / "sets"
    named = sets / f"{name}.jsonl"
    if "/" not in name and named.is_file():
        return named
    if Path(name).is_file():
        return Path(name)
    # A second dot is in the names of files of labels.
    known = ", ".join([*NAMED, *sorted(file.stem for file in sets.glob("*.jsonl") if "." not in file.stem)])
    raise SettingsError(f"There is no set {name!r}: choose one of {known}, or give the path of a file of answers.")


# ── named sets ───────────────────────────────────────────────────────────────────────────────────────


def _part(part: str, library: Library, folder: Path) -> Iterator[Case]:
    for question, ids in _ids_by_question(part, folder):
        file = folder / "answers" / f"{question}.jsonl"
        by_id = {case.id: case for case in _read_cases(file, library)}
        missing = [id for id in ids if id not in by_id]
        if missing:
            raise AnswersError(f"{file}:1: the split names answer {missing[0]!r}, which this file has not.")
        yield from (by_id[id].model_copy(update={"part": part}) for id in ids)


def _ids_by_question(part: str, folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    seed, others = folder / "split.json", folder / "split-questions.json"
    split = _read_split(others)
    unseen = split.get("test_questions", [])
    if part != "unseen":
        yield SEED, _checked(lambda: _Ids.validate_python(_read_split(seed)[part]), seed)
    for question in split.get("questions", {}):
        if (question in unseen) == (part == "unseen"):
            key = "test" if part == "unseen" else part
            yield question, _checked(lambda: _Ids.validate_python(split["questions"][question][key]), others)  # noqa: B023


def _read_split(file: Path) -> dict[str, Any]:
    def read() -> dict[str, Any]:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return told

    return _checked(read, file)


def _checked(read: Callable[[], T], file: Path) -> T:
    try:
        return read()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise AnswersError(
            f"{file}:1: says not which answers are in which part ({type(wrong).__name__}): restore this file."
        ) from wrong


# ── files of answers ─────────────────────────────────────────────────────────────────────────────────


def _read_cases(file: Path, library: Library) -> tuple[Case, ...]:
    second = _labels_beside(file, "rater2", "labels")
    decided = {one.id: one for _, one in _rows(file.with_suffix(".adjudicated.jsonl"), _read_decision)}
    cases: dict[str, Case] = {}
    for number, text in numbered_lines(file):
        place = f"{file}:{number}"
        try:
            case = _read_case(read_object(text), second, decided, library)
        except ValidationError as wrong:
            raise AnswersError(f"{place}: {say_invalid(wrong)}") from wrong
        except ValueError as wrong:
            raise AnswersError(f"{place}: {wrong}") from wrong
        if case.id in cases:
            raise AnswersError(f"{place}: id {case.id!r} stands in an earlier line already; give it another.")
        cases[case.id] = case
    if not cases:
        raise AnswersError(f"{file}:1: there is no answer in this file; write one a line.")
    return tuple(cases.values())


def _read_case(
    row: dict[str, Any],
    second: Mapping[str, Sequence[Labels]],
    decided: Mapping[str, Labels],
    library: Library,
) -> Case:
    """A case as written, or one made of a labelled answer.

    Raises:
        ValueError: it can't be used; the message says why.
    """
    if "answers" in row:
        case = Case.model_validate(row)
        document = _document(case.question_id, library)
        if len(case.asked) != len(case.answers) or not case.answers:
            raise ValueError("asked and answers should have as many texts, and at least one; correct this line.")
    else:
        line = AnswerLine.model_validate(row)
        document = _document(line.question_id, library)
        own = (Labels.model_validate(row),) if "labeller" in row else ()
        raters = (*own, *second.get(line.id, ()))
        case = Case(
            id=line.id,
            question_id=line.question_id,
            asked=line.asked_in(document),
            answers=line.answer,
            tags=tuple(map(str, row.get("tags") or ())) if isinstance(row.get("tags"), list) else (),
            raters=raters,
            reference=settle(raters, decided.get(line.id)),
        )
    for labels in (*case.raters, *([case.reference] if case.reference else [])):
        _check_criteria(labels, document)
    return case


def _document(id: str, library: Library) -> QuestionDocument:
    if id not in library.questions:
        raise ValueError(f"there is no question {id!r}; `interviewer questions` lists them, --content DIR adds some.")
    return library.questions[id]


def _check_criteria(labels: Labels, document: QuestionDocument) -> None:
    for part in ("key_points", "red_flags", "motivations"):
        known = {one.id for one in getattr(document, part)}
        for criterion in getattr(labels, part):
            if criterion not in known:
                told = f"{labels.labeller} labels {part}.{criterion}, which {document.id} has not"
                raise ValueError(f"{told}; its {part} are {', '.join(sorted(known))}.")


def _labels_beside(file: Path, *names: str) -> dict[str, list[Labels]]:
    """What others said of each answer, by its id: no rater twice."""
    found: dict[str, list[Labels]] = {}
    for name in names:
        beside = file.with_suffix(f".{name}.jsonl")
        for number, labels in _rows(beside, Labels.model_validate):
            others = found.setdefault(labels.id, [])
            if labels.labeller in {one.labeller for one in others}:
                raise AnswersError(f"{beside}:{number}: {labels.labeller} labels {labels.id!r} twice: remove one line.")
            others.append(labels)
    return found


def _rows(file: Path, read: Callable[[dict[str, Any]], Labels]) -> Iterator[tuple[int, Labels]]:
    """(line number, labels) of a file that lies beside the answers; nothing when there is none."""
    if not file.exists():
        return
    for number, text in numbered_lines(file):
        try:
            yield number, read(read_object(text))
        except ValidationError as wrong:
            raise AnswersError(f"{file}:{number}: {say_invalid(wrong)}") from wrong
        except ValueError as wrong:
            raise AnswersError(f"{file}:{number}: {wrong}") from wrong


def _read_decision(row: dict[str, Any]) -> Labels:
    """What somebody decided where raters differ: `{"id", "labeller", "verdicts": {"key_points.calm": …}, "evidence"}`.

    Raises:
        ValueError: it can't be used; the message says why.
    """
    verdicts = row.get("verdicts", {})
    if not isinstance(verdicts, dict):
        raise ValueError('verdicts should be an object such as {"key_points.calm": "partial"}; correct this line.')
    told: dict[str, Any] = {group: {} for group in GROUPS}
    for name, value in verdicts.items():
        group, _, criterion = name.partition(".")
        if name == "band":
            told["band"] = value
        elif group in GROUPS and criterion:
            told[group][criterion] = value
        else:
            raise ValueError(f"verdicts: {name!r} is neither band nor {', '.join(GROUPS)} with a criterion.")
    return Labels.model_validate({**row, **told})


# ── what raters agree on ─────────────────────────────────────────────────────────────────────────────


def settle(raters: Sequence[Labels], decided: Labels | None = None) -> Labels | None:
    """The labels that grades are held against; None when nobody labelled the answer.

    What the first two raters agree on; where they differ what was decided and, where nothing was, what the first says.
    """
    if not raters:
        return None
    first, second = raters[0], raters[min(1, len(raters) - 1)]
    told: dict[str, Any] = {
        group: _choose(*(getattr(one, group) if one else {} for one in (first, second, decided))) for group in GROUPS
    }
    band = _choose(*({"band": one.band if one else None} for one in (first, second, decided)))["band"]
    names = " and ".join(dict.fromkeys((first.labeller, second.labeller)))
    return Labels(
        id=first.id,
        labeller=f"{names}, {decided.labeller} where they differ" if decided else names,
        band=band,
        evidence=_evidence([one for one in (decided, first, second) if one], told),
        **told,
    )


def _choose(first: Mapping[str, Any], second: Mapping[str, Any], decided: Mapping[str, Any]) -> dict[str, Any]:
    """By criterion the value that both have, or the one that has any, else what was decided, else the first's."""
    chosen = {}
    for key in dict.fromkeys((*first, *second)):
        one, other = first.get(key), second.get(key)
        if one is None or other is None or one == other:
            chosen[key] = other if one is None else one
        else:
            chosen[key] = one if decided.get(key) is None else decided[key]
    return chosen


def _evidence(said: Sequence[Labels], told: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """For each criterion that is there, the words of all who say what was settled on."""
    found: dict[str, tuple[str, ...]] = {}
    for group in ("key_points", "red_flags"):
        for key, value in told[group].items():
            same = [one for one in said if getattr(one, group).get(key) == value and value not in ("missing", "absent")]
            if words := tuple(dict.fromkeys(quote for one in same for quote in one.evidence.get(key, ()))):
                found[key] = words
    return found


def tell_apart(sets: Iterable[tuple[str, Sequence[Case]]]) -> None:
    """Makes sure that no two sets use one id for different answers.

    Raises:
        SettingsError: two do.
    """
    seen: dict[str, str] = {}
    for name, cases in sets:
        for case in cases:
            if case.id in seen:
                told = f"The sets {seen[case.id]} and {name} both have a case {case.id!r}"
                raise SettingsError(f"{told}: run them one at a time, each with its own --out.")
        seen |= {case.id: name for case in cases}
