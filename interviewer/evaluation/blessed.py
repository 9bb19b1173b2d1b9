"""Keeps a run that later ones are held against, as small as comparing needs; never blesses one by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..errors import AnswersError, RecordingError
from .records import Outcome, RunFacts
from .running import read_facts, read_outcomes

__all__ = ["baseline_file", "bless", "compact", "read_baseline"]


def baseline_file(folder: Path, decider: str, name: str) -> Path:
    """Where the baseline of a decider on a set is."""
    return folder / f"{decider}-{Path(name).stem}.jsonl"


def compact(outcome: Outcome) -> Outcome:
    """Without reasons, advice and all digits of a number but four: what no figure needs.

    Why an answer was not graded stays, and so do quotes.
    """
    told = outcome.model_dump(mode="json")
    grade = told["grade"]
    grade["advice"] = []
    for group in ("key_points", "motivations", "red_flags"):
        for verdict in grade[group].values():
            verdict["reason"] = ""
    return Outcome.model_validate(_rounded(told))


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def bless(outcomes: Iterable[Outcome], facts: RunFacts, file: Path, *, why: str, day: str) -> None:
    """Writes a baseline: an outcome file whose facts say why it became one, and on which day (YYYY-MM-DD).

    Raises:
        AnswersError: it can't be written.
    """
    new = file.with_name(f"{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with new.open("w", encoding="utf-8", newline="\n") as out:
            out.write(facts.model_copy(update={"blessed": day, "why": why}).model_dump_json() + "\n")
            for outcome in outcomes:
                out.write(compact(outcome).model_dump_json(exclude_defaults=True) + "\n")
        new.replace(file)
    except OSError as wrong:
        raise AnswersError(f"{file}: can't be written: {wrong.strerror or wrong}.") from wrong


def read_baseline(file: Path, *, decider: str, command: str) -> tuple[RunFacts, Sequence[Outcome]]:
    """What was run, and what came of it.

    Raises:
        RecordingError: there is none, or it is another decider's.
        AnswersError: it is no file of outcomes.
    """
    if not file.is_file():
        raise RecordingError(f"There is no baseline {file}: make one with `{command}`.")
    facts = read_facts(file)
    if facts.decider != decider:
        raise RecordingError(f"{file} is a run of {facts.decider}, not of {decider}: make one with `{command}`.")
    return facts, list(read_outcomes(file))
