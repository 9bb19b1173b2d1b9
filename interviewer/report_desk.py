"""Writes the reports of a run that are asked for, and compares two runs; never grades and never prints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from .build import open_library
from .errors import AnswersError
from .eval_desk import Ran
from .evaluation.diff import diff_files
from .evaluation.exports import to_inspect, to_json, to_junit, to_markdown
from .evaluation.gates import GateResult
from .evaluation.html import show_report
from .evaluation.playing import load_prefixes, measure_speech
from .evaluation.records import Case, Figure, Gate, Outcome, Summary
from .evaluation.robustness import robustness_figures
from .evaluation.running import read_facts, read_outcomes
from .evaluation.sets import evals_folder, load_set
from .evaluation.summary import BESIDE, HEADLINES, say_figure, sum_up
from .folders import checkout
from .prompts import Prompts
from .schema import Library
from .settings import Settings

__all__ = ["compare_files", "headline", "interviewer_lines", "sum_up_run", "write_reports", "write_text"]

Form = Literal["text", "md", "html"]
_OVERALL = ("injection_success", "control_success", "metamorphic_violations", "benign_")
"""Beginnings of the robustness figures that the command line prints."""


def sum_up_run(ran: Ran, settings: Settings) -> Summary:
    """Everything measured of a run; the two baselines are fitted on the checkout's train answers."""
    library = open_library(settings)
    outcomes = list(read_outcomes(ran.out))
    training = load_set("train", library) if checkout() is not None else ()
    return sum_up(ran.cases, outcomes, ran.facts, training=training, more=_swayed(ran.cases, outcomes))


def _swayed(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> tuple[Figure, ...]:
    """Only a set of changed answers can sway a grader."""
    return robustness_figures(cases, outcomes) if any(case.base or case.family for case in cases) else ()


def headline(summary: Summary) -> tuple[str, ...]:
    """The headline figures, a line each, beside the second rater and the baselines."""
    keyed = {(figure.key, figure.slice): figure for figure in summary.figures}
    names = [prefix for prefix in BESIDE if any((f"{prefix}{one.key}", one.slice) in keyed for one in HEADLINES)]
    lines = [f"{'':<44}" + "".join(f"{BESIDE[prefix]:<24}" for prefix in names).rstrip()]
    for one in HEADLINES:
        figure = keyed.get((one.key, one.slice))
        if figure is not None and figure.value is not None:
            cells = (say_figure(keyed.get((f"{prefix}{one.key}", one.slice))) for prefix in names)
            lines.append(f"{one.name:<44}" + "".join(f"{cell:<24}" for cell in cells).rstrip())
    overall = [
        one for one in summary.figures if not one.slice and one.key.startswith(_OVERALL) and one.value is not None
    ]
    lines += [f"{one.name:<60}{say_figure(one)}" for one in overall]
    return tuple(lines) if lines[1:] else ()


def write_reports(
    ran: Ran, summary: Summary, reports: Mapping[str, Path], settings: Settings, gates: Sequence[GateResult] = ()
) -> None:
    """Writes the reports asked for, by their format: json, md, html, junit, inspect.

    Raises:
        AnswersError: a file can't be written.
    """
    documents = open_library(settings).questions
    judged = [Gate(key=one.gate, name=one.gate, failure="" if one.passed else one.sentence) for one in gates]
    forms: dict[str, Callable[[], str]] = {
        "json": lambda: to_json(summary),
        "md": lambda: to_markdown(summary),
        "html": lambda: show_report(summary, ran.cases, list(read_outcomes(ran.out)), documents),
        "junit": lambda: to_junit(summary, judged),
        "inspect": lambda: to_inspect(summary, ran.cases, list(read_outcomes(ran.out)), documents),
    }
    for form, path in reports.items():
        write_text(path, forms[form]())


def write_text(path: Path, text: str) -> None:
    """Writes a file, and the folder it lies in.

    Raises:
        AnswersError: it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as wrong:
        raise AnswersError(f"{path}: can't be written: {wrong.strerror or wrong}; choose another place.") from wrong


def compare_files(before: Path, after: Path, settings: Settings, form: Form = "text") -> str:
    """Two files of outcomes side by side: changed verdicts, the worst first, and figures with paired intervals.

    Raises:
        AnswersError: one of them is no file of outcomes, or they have no case in common.
    """
    library: Library = open_library(settings)
    names = dict.fromkeys((*read_facts(before).sets, *read_facts(after).sets))
    cases = [case for name in names for case in load_set(name, library)]
    return diff_files(before, after, list({case.id: case for case in cases}.values()), library.questions, form=form)


RECORD_INTERVIEWER = "python evals/measure_interviewer.py --record"


def interviewer_lines(settings: Settings) -> tuple[str, ...]:
    """How the recorded interviewer speaks on the prefixes of the set `interviewer`, and how the documents' words do.

    Raises:
        RecordingError: the recording is missing or stale.
    """
    folder, library = evals_folder(), open_library(settings)
    prefixes = load_prefixes(folder / "sets" / "interviewer.jsonl", library)
    recording = folder / "recordings" / "interviewer-embedded.jsonl"
    measuring = measure_speech(prefixes, library, Prompts(settings.prompts), recording, command=RECORD_INTERVIEWER)
    lines = []
    for measured in asyncio.run(measuring):
        lines.append(f"{measured.interviewer}, {len(measured.judged)} prefixes")
        lines += [
            f"  {one.name:<58}{say_figure(one)}" for one in measured.figures if not one.slice and one.value is not None
        ]
    return tuple(lines)
