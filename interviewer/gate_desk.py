"""Holds a run against floors and its baseline for the command line, blesses baselines; never grades, never prints."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import SettingsError
from .eval_desk import Ran
from .evaluation.blessed import baseline_file, bless, compact, read_baseline
from .evaluation.figures import measure
from .evaluation.gates import ChangedVerdict, Floor, GateResult, Gates, check_current, compare, judge, read_gates
from .evaluation.records import Case, Figure, Outcome
from .evaluation.robustness import robustness_figures
from .evaluation.running import read_outcomes
from .evaluation.sets import evals_folder
from .folders import checkout

__all__ = ["Judged", "bless_run", "check_gates", "find_gates"]


DRAWS = 400
"""Of an interval's bootstrap."""


@dataclass(frozen=True)
class Judged:
    """What became of a run's gates."""

    results: tuple[GateResult, ...]
    """Set by set: floors, then margins."""
    changed: tuple[ChangedVerdict, ...] = ()
    """Verdicts that differ from the baseline's, worst first in each set."""

    @property
    def failures(self) -> tuple[str, ...]:
        """A sentence for each gate that does not hold."""
        return tuple(result.sentence for result in self.results if not result.passed)


def find_gates(given: Path | None = None) -> Gates:
    """The gates of a file, else those of the checkout's `evals/gates.yaml`, else none.

    Raises:
        SettingsError: the file given is not there.
        ContentError: it can't be read; the message opens with `FILE:LINE:`.
    """
    root = checkout()
    file = given or (root / "evals" / "gates.yaml" if root else None)
    if file is None or (given is None and not file.is_file()):
        return Gates(source="")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise SettingsError(f"--gates {file}: can't be read: {wrong}.") from wrong
    return read_gates(text, _shown(file))


def check_gates(ran: Ran, *, against: Path | None = None, gates: Path | None = None) -> Judged:
    """Floors of every set that has some and, with a baseline, margins.

    Args:
        ran: a run that has ended.
        against: a folder of baselines or a file of outcomes; None compares with nothing.
        gates: other than `evals/gates.yaml`.

    Raises:
        RecordingError: a baseline is missing or stale.
        AnswersError: it is no file of outcomes.
        SettingsError: there are no margins to compare by.
        ContentError: the gates can't be read.
    """
    told = find_gates(gates)
    if against is not None and not told.margins:
        raise SettingsError(
            "--against needs margins: write some in evals/gates.yaml, or give a file with --gates FILE."
        )
    results: list[GateResult] = []
    changed: list[ChangedVerdict] = []
    for name, cases, outcomes in _by_set(ran):
        if floors := told.floors_for(ran.facts.decider, Path(name).stem):
            results += judge(_figures(ran, cases, outcomes, floors), floors)
        if against is not None:
            before = _baseline(ran, name, cases, against, outcomes)
            compared = compare(cases, before, [compact(one) for one in outcomes], told.margins)
            results += compared.results
            changed += compared.changed
    return Judged(tuple(results), tuple(changed))


def bless_run(ran: Ran, *, why: str, folder: Path | None = None) -> tuple[Path, ...]:
    """Makes the run what later ones are held against: the files written, one a set.

    Args:
        ran: a run that has ended.
        why: the reason, kept with the day in the file.
        folder: other than the checkout's `evals/baselines/`.

    Raises:
        SettingsError: no reason is given.
        AnswersError: a file can't be written.
    """
    if not why.strip():
        raise SettingsError('--bless needs a reason, such as --bless "new weights, trained on 23 questions".')
    place = folder or evals_folder() / "baselines"
    made = []
    for name, _, outcomes in _by_set(ran):
        file = baseline_file(place, ran.facts.decider, name)
        facts = ran.facts.model_copy(update={"sets": (name,), "cases": len({one.case for one in outcomes})})
        bless(outcomes, facts, file, why=why.strip(), day=datetime.date.today().isoformat())
        made.append(file)
    return tuple(made)


def _by_set(ran: Ran) -> Iterator[tuple[str, tuple[Case, ...], list[Outcome]]]:
    """Each set's name, cases and outcomes; the outcomes of one set are held at a time."""
    start = 0
    for tally in ran.tallies:
        cases = ran.cases[start : start + tally.cases]
        start += tally.cases
        ids = {case.id for case in cases}
        yield tally.name, cases, [one for one in read_outcomes(ran.out) if one.case in ids]


def _figures(
    ran: Ran, cases: Sequence[Case], outcomes: Sequence[Outcome], floors: Sequence[Floor]
) -> tuple[Figure, ...]:
    """The figures that floors may be about; intervals only where one is."""
    needed = any(floor.bound in ("low_least", "high_most") for floor in floors)
    found = measure(cases, outcomes, ran.facts, draws=DRAWS if needed else 1)
    # Only a set of changed answers can sway a grader.
    return (*found, *robustness_figures(cases, outcomes)) if any(case.base or case.family for case in cases) else found


def _baseline(
    ran: Ran, name: str, cases: Sequence[Case], against: Path, outcomes: Sequence[Outcome]
) -> Sequence[Outcome]:
    """The earlier outcomes of a set, checked to be of the same answers and documents."""
    command = shlex.join(["interviewer", "eval", name, "--decider", ran.facts.decider, "--bless", "WHY"])
    alone = against.suffix == ".jsonl"
    file = against if alone else baseline_file(against, ran.facts.decider, name)
    _, found = read_baseline(file, decider=ran.facts.decider, command=command)
    # One file may hold all sets of the run.
    others = {case.id for case in ran.cases} - {case.id for case in cases} if alone else set[str]()
    before = [one for one in found if one.case not in others]
    check_current(cases, before, outcomes, baseline=_shown(file), command=command)
    return before


def _shown(file: Path) -> str:
    """As seen from the checkout, where it lies in it."""
    root = checkout()
    return file.relative_to(root).as_posix() if root and file.is_relative_to(root) else str(file)
