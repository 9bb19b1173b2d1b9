"""The desk at which a coach labels answers: shows, asks, keeps every step; judges nothing and sends nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .batch import AnswerLine, Job, numbered_lines
from .disputes import to_labels
from .errors import AnswersError
from .interview import answers_to
from .labelling import (
    ENOUGH,
    RULES,
    Comparison,
    Difference,
    Figure,
    Labels,
    Sheet,
    back,
    begin,
    compare,
    enter,
    explain,
    invite,
    is_complete,
    said_by_grader,
)
from .schema import Dispute, Grade, Interview, Library
from .terminal import Screen

__all__ = ["add_disputes", "label_answers", "print_comparison"]

HOW = "b goes back one question, ? shows the guide's rule, q stops and keeps everything."
WORST = 10
"""Most disagreements that are printed."""
Key = tuple[str, str]
"""An answer's id and who labelled it."""
Rows = dict[Key, dict[str, Any]]


def label_answers(
    screen: Screen, job: Job, library: Library, out: Path, *, labeller: str, again: str | None = None
) -> None:
    """Asks for the labels of every answer that this labeller has not labelled, until all are done or they stop.

    A finished answer is a line of `out`; one begun is kept beside it, in `OUT.unfinished`, after every reply.

    Args:
        screen: where to print and read.
        job: the answers.
        library: their questions.
        out: the labels, of this and other labellers.
        labeller: whose labels are made.
        again: id of the one answer to label or correct instead.

    Raises:
        AnswersError: a file can't be read or written, or there is no answer `again`.
    """
    if again is not None and again not in {line.id for line in job.lines}:
        raise AnswersError(f"There is no answer {again!r} to label; its id must be that of a line.")
    labelled = _labels_of(out, labeller)
    done = {line.id for line in job.lines if _finished(labelled.get(line.id), line, library)}
    begun = _read_rows(_unfinished(out))
    todo = [line for line in job.lines if (line.id == again if again else line.id not in done)]
    if not todo:
        screen.say(f"All {len(job.lines)} answers are labelled by {labeller}; --again ID corrects one.")
        return
    screen.say(f"Labelling as {labeller}: {len(todo)} of {len(job.lines)} answers. {HOW}", "dim")
    for line in todo:
        key = line.id, labeller
        row = begun.get(key) or _read_rows(out).get(key) or {"id": line.id, "labeller": labeller}
        sheet = begin(library.questions[line.question_id], line.answer, Labels(**row), at=str(row.get("at", "")))
        if not _label_one(screen, sheet, line, out):
            screen.say("Everything is kept; the same command goes on here.")
            return
    screen.say(f"Done: the labels are in {out}.")


def _label_one(screen: Screen, sheet: Sheet, line: AnswerLine, out: Path) -> bool:
    """Asks until the answer is labelled; False when the labeller stops."""
    _show_answer(screen, sheet, line)
    shown = -1
    while sheet.step is not None:
        if shown != sheet.at:
            _show_step(screen, sheet)
            shown = sheet.at
        typed = screen.ask(invite(sheet))
        if typed is None or typed.strip() == "q":
            return False
        if typed.strip() == "?":
            for rule in RULES[sheet.step.part]:
                screen.say(f"  {rule}", "cyan")
            continue
        try:
            sheet = back(sheet) if typed.strip() == "b" else enter(sheet, typed)
        except ValueError as unclear:
            screen.say(str(unclear), "yellow")
            continue
        if sheet.step is None and not is_complete(sheet.labels, sheet.document, sheet.answers):
            sheet = begin(sheet.document, sheet.answers, sheet.labels)
        if sheet.step is not None:
            _keep_unfinished(sheet, out)
    _keep(sheet, out)
    return True


def _show_answer(screen: Screen, sheet: Sheet, line: AnswerLine) -> None:
    screen.say(f"\n── {line.id} ──", "bold")
    for number, asked in enumerate(line.asked_in(sheet.document)):
        screen.say(f"Question: {asked}", "bold cyan")
        for sentence in sheet.sentences:
            if sentence.answer == number:
                screen.say(f"  [{sentence.number}] {' '.join(sentence.text.split())}")


def _show_step(screen: Screen, sheet: Sheet) -> None:
    name, *texts = explain(sheet)
    screen.say(f"\n{sheet.at + 1}/{len(sheet.steps)} {name}", "bold")
    for text in texts:
        screen.say(f"  {text}")


# ── from interviews ──────────────────────────────────────────────────────────────────────────────────


def add_disputes(interviews: Iterable[Interview], answers: Path, out: Path, *, labeller: str) -> tuple[int, int]:
    """Adds what was seen differently in interviews to a file of labels, and the answers it is about to another.

    Lines that are there stay. A dispute takes the place of this labeller's verdict on the same criterion, in the
    label that is only begun too. An answer's id is that of its grade in the interview.

    Returns:
        How many disputes there are, about how many answers.

    Raises:
        AnswersError: a file can't be read or written.
    """
    begun, labels = _read_rows(_unfinished(out)), _read_rows(out)
    answered = [_object(answers, *line) for line in numbered_lines(answers)] if answers.exists() else []
    known = {row.get("id") for row in answered}
    count, found = 0, 0
    for interview in sorted(interviews, key=lambda one: (one.started, one.id)):
        for (question_id, heard), disputes in _by_answers(interview.disputes).items():
            id = f"{interview.id}.{question_id}.{heard}"
            count, found = count + 1, found + len(disputes)
            new, key = to_labels(disputes, id=id, labeller=labeller), (id, labeller)
            labels[key] = _joined(labels.get(key, {}), new)
            if key in begun:
                begun[key] = _joined(begun[key], new)
            if id not in known:
                asked, said = (list(texts[:heard]) for texts in answers_to(interview, question_id))
                answered.append({"id": id, "question_id": question_id, "asked": asked, "answer": said})
    if found:
        _write_rows(answers, dict(enumerate(answered)))
        _write_rows(out, labels)
        _write_rows(_unfinished(out), begun)
    return found, count


def _by_answers(disputes: Iterable[Dispute]) -> dict[tuple[str, int], list[Dispute]]:
    found: dict[tuple[str, int], list[Dispute]] = {}
    for one in disputes:
        found.setdefault((one.question_id, one.answers), []).append(one)
    return found


def _joined(row: Mapping[str, Any], new: Labels) -> dict[str, Any]:
    """A line of labels with the new verdicts, and their words alone, in place of its own."""
    fresh = new.model_dump(mode="json")
    joined = {**fresh, **row}
    for part in ("key_points", "red_flags", "motivations", "star"):
        joined[part] = {**row.get(part, {}), **fresh[part]}
    judged = {*fresh["key_points"], *fresh["red_flags"]}
    old = {id: words for id, words in row.get("evidence", {}).items() if id not in judged}
    return {**joined, "evidence": {**old, **fresh["evidence"]}}


# ── the comparison ───────────────────────────────────────────────────────────────────────────────────


def print_comparison(screen: Screen, job: Job, library: Library, out: Path, *, labeller: str, other: Path) -> None:
    """Says how far a file of grades or labels agrees with the finished labels of one labeller.

    Raises:
        AnswersError: a file can't be read, or has an answer twice.
    """
    ours = _labels_of(out, labeller)
    theirs = _read_other(other)
    finished = [line for line in job.lines if _finished(ours.get(line.id), line, library)]
    pairs = [
        (library.questions[line.question_id], ours[line.id], theirs[line.id]) for line in finished if line.id in theirs
    ]
    found = compare(pairs)
    screen.say(f"\n{other} against {len(finished)} answers labelled by {labeller}: {found.answers} in both.", "bold")
    for sentence in _figure_lines(found):
        screen.say(f"  {sentence}")
    if found.differences:
        screen.say(f"The widest of {len(found.differences)} disagreements:", "bold")
    for difference in found.differences[:WORST]:
        _show_difference(screen, difference)


def _figure_lines(found: Comparison) -> Iterator[str]:
    if found.answers < ENOUGH:
        yield f"Too few to say how far they agree: it takes {ENOUGH} answers that both have."
        return
    if found.judged.value is not None:
        yield f"{found.judged.name}: {found.judged.value:.0%} of {found.judged.n}"
    yield from map(_figure_line, found.figures)


def _figure_line(figure: Figure) -> str:
    if figure.answers < ENOUGH:
        return f"{figure.name}: too few to say ({figure.answers} answers)"
    if figure.value is None:
        return f"{figure.name}: neither side has any (n = {figure.n})"
    return f"{figure.name}: {figure.value:.2f} (n = {figure.n})"


def _show_difference(screen: Screen, difference: Difference) -> None:
    screen.say(f"  {difference.answer} · {difference.criterion}")
    for who, verdict, quotes in (
        ("label", difference.label, difference.label_quotes),
        ("other", difference.other, difference.other_quotes),
    ):
        screen.say(f"    {who}: {verdict} {' '.join(f'“{words}”' for words in quotes)}".rstrip())


# ── files ────────────────────────────────────────────────────────────────────────────────────────────


def _finished(labels: Labels | None, line: AnswerLine, library: Library) -> bool:
    return labels is not None and is_complete(labels, library.questions[line.question_id], line.answer)


def _labels_of(path: Path, labeller: str) -> dict[str, Labels]:
    return {id: Labels(**row) for (id, who), row in _read_rows(path).items() if who == labeller}


def _read_rows(path: Path) -> Rows:
    """The lines of a file of labels, further keys included; none when there is no such file."""
    rows: Rows = {}
    for number, text in numbered_lines(path) if path.exists() else ():
        row = _object(path, number, text)
        labels = _checked(path, number, row)
        if (labels.id, labels.labeller) in rows:
            raise AnswersError(f"{path}:{number}: {labels.labeller} labels {labels.id!r} twice: remove one line.")
        rows[labels.id, labels.labeller] = row
    return rows


def _read_other(path: Path) -> dict[str, Labels]:
    """Grades or labels by the answer's id."""
    found: dict[str, Labels] = {}
    for number, text in numbered_lines(path):
        row = _object(path, number, text)
        labels = _checked(path, number, row)
        if labels.id in found:
            raise AnswersError(
                f"{path}:{number}: answer {labels.id!r} stands there twice, by {found[labels.id].labeller} and "
                f"{labels.labeller}: compare with a file that has it once."
            )
        found[labels.id] = labels
    return found


def _object(path: Path, number: int, text: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise AnswersError(f"{path}:{number}: not JSON; correct or remove this line.") from wrong
    if not isinstance(row, dict):
        raise AnswersError(f"{path}:{number}: not a JSON object; correct or remove this line.")
    return row


def _checked(path: Path, number: int, row: Mapping[str, Any]) -> Labels:
    try:
        return said_by_grader(Grade.model_validate(row)) if "decider" in row else Labels.model_validate(row)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise AnswersError(f"{path}:{number}: {key}: {first['msg']}; correct or remove this line.") from wrong


def _unfinished(out: Path) -> Path:
    return out.with_name(f"{out.name}.unfinished")


def _keep(sheet: Sheet, out: Path) -> None:
    """The finished line takes the place of the labeller's earlier one, whose further keys stay."""
    key = sheet.labels.id, sheet.labels.labeller
    rows = _read_rows(out)
    rows[key] = {**rows.get(key, {}), **sheet.labels.model_dump(mode="json")}
    _write_rows(out, rows)
    begun = _read_rows(_unfinished(out))
    if begun.pop(key, None) is not None:
        _write_rows(_unfinished(out), begun)


def _keep_unfinished(sheet: Sheet, out: Path) -> None:
    path = _unfinished(out)
    at = sheet.step.name if sheet.step else ""
    row = {**sheet.labels.model_dump(mode="json"), "at": at}
    _write_rows(path, {**_read_rows(path), (sheet.labels.id, sheet.labels.labeller): row})


def _write_rows(path: Path, rows: Mapping[Any, Mapping[str, Any]]) -> None:
    """Writes all or nothing; a file without a line is removed."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        if not rows:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows.values())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as wrong:
        cause = wrong.strerror or str(wrong)
        raise AnswersError(f"{path}: can't be written: {cause}; free space or choose another place.") from wrong
