"""Compares two runs on the same cases: which verdicts changed, worst first, and which figures; never grades.

Worst is what moved farthest away from the reference. An abstention counts as half a scale from every verdict.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from ..errors import AnswersError
from ..schema import QuestionDocument, Record
from .figures import DRAWS, changes
from .marks import KINDS, codes_of_grade, codes_of_labels, kind_of
from .records import Case, Figure, Outcome, RunFacts
from .running import read_facts, read_outcomes
from .sheet import escape, facts_list, frame, section, show_answers, show_side, table
from .sides import Side, code_in, distance, first_runs, name_of, side_of_grade, side_of_labels
from .summary import HEADLINES, KIND_NAMES, find, say_figure, say_run

__all__ = ["Change", "Diff", "Run", "diff_files", "diff_runs", "read_run", "show_html", "show_markdown", "show_text"]

MOST = 200
"""Changed verdicts that are shown."""
Documents = Mapping[str, QuestionDocument]
Run = tuple[RunFacts, Sequence[Outcome]]


class Change(Record):
    """One criterion of one answer on which two runs differ."""

    case: Case
    criterion: str
    name: str
    before: Side
    after: Side
    reference: Side | None
    """None: nobody labelled it."""
    farther: float
    """How much farther from the reference it is after, as a share of the scale; negative: nearer. 0 without one."""
    size: float
    """How far the verdicts are apart."""


class Diff(Record):
    """Everything in which two runs differ."""

    before: RunFacts
    after: RunFacts
    cases: int
    """In both."""
    changes: tuple[Change, ...]
    """The worst first."""
    figures: tuple[Figure, ...]
    """Changes of the headline figures, paired."""


def diff_files(
    before: Path,
    after: Path,
    cases: Sequence[Case],
    documents: Documents | None = None,
    *,
    form: Literal["text", "md", "html"] = "text",
) -> str:
    """Two files of outcomes compared, as text for the terminal, Markdown or a page.

    Raises:
        AnswersError: a file can't be read, is no file of outcomes, or the two have no case in common.
    """
    found = diff_runs(cases, read_run(before), read_run(after), documents)
    if not found.cases:
        raise AnswersError(f"{before} and {after} have no case in common: compare runs on the same sets.")
    return {"text": show_text, "md": show_markdown, "html": show_html}[form](found)


def read_run(file: Path) -> Run:
    """What was run, and every outcome.

    Raises:
        AnswersError: it can't be read, or is no file of outcomes.
    """
    return read_facts(file), tuple(read_outcomes(file))


def diff_runs(
    cases: Sequence[Case], before: Run, after: Run, documents: Documents | None = None, *, draws: int = DRAWS
) -> Diff:
    """What changed between two runs, on the cases that both have; each case's first run counts.

    Args:
        cases: Of both runs; others are passed over.
        before: The first run.
        after: The second.
        documents: For the names of criteria.
        draws: Bootstrap samples of each interval.
    """
    old, new = first_runs(before[1]), first_runs(after[1])
    shared = [case for case in cases if case.id in old and case.id in new]
    known = documents or {}
    found = [change for case in shared for change in _changes(case, old[case.id], new[case.id], known)]
    measured = changes(shared, before[1], after[1], draws=draws)
    headlines = [find(measured, f"change.{h.key}", h.slice) for h in HEADLINES]
    return Diff(
        before=before[0],
        after=after[0],
        cases=len(shared),
        changes=tuple(sorted(found, key=lambda one: (-one.farther, -one.size, KINDS.index(kind_of(one.criterion))))),
        figures=tuple(one for one in headlines if one is not None and one.value is not None),
    )


def _changes(case: Case, before: Outcome, after: Outcome, documents: Documents) -> Iterator[Change]:
    old, new = codes_of_grade(before.grade), codes_of_grade(after.grade)
    truth = codes_of_labels(case.reference) if case.reference else {}
    for criterion in dict.fromkeys((*old, *new)):
        one, other = code_in(old, criterion, before.grade), code_in(new, criterion, after.grade)
        if one == other:
            continue
        true = truth.get(criterion)
        yield Change(
            case=case,
            criterion=criterion,
            name=name_of(criterion, documents.get(case.question_id)),
            before=side_of_grade(before, criterion, one),
            after=side_of_grade(after, criterion, other),
            reference=_reference(case, criterion, true),
            farther=0.0 if true is None else distance(criterion, other, true) - distance(criterion, one, true),
            size=distance(criterion, one, other),
        )


def _reference(case: Case, criterion: str, code: int | None) -> Side | None:
    if case.reference is None or code is None:
        return None
    return side_of_labels(case.reference, criterion, code, case.answers)


# ── in words ─────────────────────────────────────────────────────────────────────────────────────────


def _name(facts: RunFacts) -> str:
    return f"{facts.decider}, model {facts.model}, {say_run(facts)}"


def _summary(diff: Diff) -> str:
    worse, better = (sum(sign * one.farther > 0 for one in diff.changes) for sign in (1, -1))
    count = len(diff.changes)
    verdicts = "1 verdict changed" if count == 1 else f"{count} verdicts changed"
    return f"{verdicts} on {diff.cases} answers: {worse} away from the reference, {better} towards it."


def _beyond_chance(figure: Figure) -> bool:
    return figure.low is not None and figure.high is not None and (figure.low > 0 or figure.high < 0)


def _figure_rows(diff: Diff) -> list[tuple[str, str, str]]:
    """(name, change with its interval, whether it is more than chance) of each headline figure."""
    names = {(f"change.{h.key}", h.slice): h for h in HEADLINES}
    rows = []
    for figure in diff.figures:
        headline = names[figure.key, figure.slice]
        up = (figure.value or 0) > 0
        verdict = "better" if up != headline.less_is_better else "worse"
        chance = "may be chance" if figure.value else "the same"
        rows.append((headline.name, say_figure(figure), verdict if _beyond_chance(figure) else chance))
    return rows


def _groups(changes: Sequence[Change]) -> dict[tuple[str, str], list[Change]]:
    """By question and kind of criterion; the group with the worst change first."""
    found: dict[tuple[str, str], list[Change]] = {}
    for one in changes:
        found.setdefault((one.case.question_id, kind_of(one.criterion)), []).append(one)
    return found


def _direction(change: Change) -> str:
    if change.reference is None:
        return "changed"
    return "worse" if change.farther > 0 else "better" if change.farther < 0 else "as far"


def _say(side: Side | None) -> str:
    if side is None:
        return "not labelled"
    sure = "" if side.probability is None else f" ({side.probability:.2f})"
    quotes = " / ".join(f"“{' '.join(quote.text.split())}”" for quote in side.quotes)
    return f"{side.value}{sure}{': ' + quotes if quotes else ''}"


def _left_out(diff: Diff, most: int) -> str:
    rest = len(diff.changes) - most
    return f"{rest} more changes are left out." if rest > 0 else ""


def show_text(diff: Diff, *, most: int = MOST, width: int = 100) -> str:
    """For the terminal: figures first, then each changed verdict with the words it rests on.

    Control characters of answers are taken out, so that they can't move the cursor or colour the screen.
    """
    lines = [f"before  {_name(diff.before)}", f"after   {_name(diff.after)}", "", _summary(diff), ""]
    lines += [f"{name:<44} {figure:>24}  {verdict}" for name, figure, verdict in _figure_rows(diff)]
    for (question, kind), group in _groups(diff.changes[:most]).items():
        lines += ["", f"{question} · {KIND_NAMES[kind].lower()}"]
        for one in group:
            lines.append(f"  {_direction(one):<7} {one.case.id}  {one.name}")
            sides = (("before", one.before), ("after", one.after), ("labels", one.reference))
            lines += [
                textwrap.fill(f"{who:<7} {_say(side)}", width, initial_indent=" " * 10, subsequent_indent=" " * 18)
                for who, side in sides
            ]
    lines += ["", left] if (left := _left_out(diff, most)) else []
    return "\n".join(_printable(line).rstrip() for line in lines) + "\n"


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def show_markdown(diff: Diff, *, most: int = MOST) -> str:
    """Two tables: figures, and changed verdicts grouped by question and kind."""
    lines = [f"Before: {_inert(_name(diff.before))}  ", f"After: {_inert(_name(diff.after))}", "", _summary(diff), ""]
    lines += ["| figure | change | |", "|---|---|---|"]
    lines += [f"| {name} | {figure} | {verdict} |" for name, figure, verdict in _figure_rows(diff)]
    for (question, kind), group in _groups(diff.changes[:most]).items():
        lines += ["", f"### {_inert(question)} · {KIND_NAMES[kind].lower()}", ""]
        lines += ["| | answer | criterion | before | after | reference |", "|---|---|---|---|---|---|"]
        for one in group:
            cells = (_direction(one), one.case.id, one.name, *map(_say, (one.before, one.after, one.reference)))
            lines.append(f"| {' | '.join(map(_inert, cells))} |")
    lines += ["", left] if (left := _left_out(diff, most)) else []
    return "\n".join(lines) + "\n"


def _inert(text: str) -> str:
    """Text in which nothing is Markdown or HTML."""
    marked = escape(" ".join(text.split()))
    return "".join(f"\\{character}" if character in "\\|`*_[]~$@" else character for character in marked)


def show_html(diff: Diff, *, most: int = MOST) -> str:
    """A page: figures, then every changed verdict, with all words marked in the answer."""
    rows = [(escape(name), figure, verdict) for name, figure, verdict in _figure_rows(diff)]
    head = (
        f'<header><p class="eyebrow">Two runs compared</p><h1>{escape(_summary(diff))}</h1>'
        f"{facts_list((('Before', _name(diff.before)), ('After', _name(diff.after))))}</header>"
    )
    figures = table(("figure", "change", ""), rows, caption="Changes with their 95 % intervals") if rows else ""
    groups = (
        section(f"group-{n}", f"{question} · {KIND_NAMES[kind].lower()}", *map(_article, group))
        for n, ((question, kind), group) in enumerate(_groups(diff.changes[:most]).items())
    )
    note = "Paired bootstrap on the answers of both runs. Better and worse: the interval leaves out 0."
    left = f'<p class="note">{_left_out(diff, most)}</p>'
    body = (head, section("figures", "Headline figures", figures, note=note), *groups, left)
    return frame("Two runs compared", "".join(body))


def _article(one: Change) -> str:
    told = one.reference
    sides: Iterable[str] = (
        show_side("Before", one.before, "before"),
        show_side("After", one.after),
        *([show_side("Reference", told, "reference")] if told else []),
    )
    direction = _direction(one)
    quotes = one.after.quotes or one.before.quotes
    return (
        f'<article class="case"><p class="eyebrow">{escape(one.case.id)} · <b class="{direction}">{direction}</b></p>'
        f'<h3>{escape(one.name)}</h3><div class="sides">{"".join(sides)}</div>'
        f"{show_answers(one.case.answers, quotes, told.quotes if told else ())}</article>"
    )
