"""Fits a calibration to a decider from a run over labelled answers, for the command line; never prints."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .build import open_library
from .calibrated import FittedCalibration
from .errors import AnswersError, SettingsError
from .eval_desk import Order, Ran, evaluate
from .evaluation.calibration import MOST_FLAGGED, KindReport, fit, read
from .evaluation.records import Case
from .evaluation.running import read_outcomes
from .evaluation.sets import load_set
from .folders import checkout
from .schema import Library
from .settings import Settings

__all__ = ["FEWEST", "Fitted", "calibrate", "write_calibration"]

FEWEST = 10
"""Labelled answers below which nothing is fitted."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Fitted:
    """A calibration, and what it does to the answers it was fitted on."""

    calibration: FittedCalibration
    reports: tuple[KindReport, ...]

    def lines(self) -> list[str]:
        """The thresholds and a table of reliability for each kind."""
        told = self.calibration.calibration
        lines = [
            f"{self.calibration.decider} ({self.calibration.model}), fitted on {self.calibration.answers}; the figures "
            "are of the same answers, so a little too good.",
            f"thresholds: key points {told.key_point:.2f}, motivations {told.motivation:.2f}, STAR {told.star:.2f}; "
            f"red flags: present {told.red_flag_present:.2f} (at most {MOST_FLAGGED:.0%} of the answers without one "
            f"flagged), absent {told.red_flag_absent:.2f}",
        ]
        for one in self.reports:
            lines += [
                "",
                f"{one.kind}: {one.n} verdicts, temperature {one.temperature:.2f}, calibration error "
                f"{one.error_before:.3f} before and {one.error_after:.3f} after; {one.given:.0%} given, "
                f"{one.right:.0%} of these right",
                "  verdicts  probability  right",
                *(f"  {bin.n:8}  {bin.confidence:11.2f}  {bin.right:5.2f}" for bin in one.curve),
            ]
        return lines


def calibrate(
    settings: Settings,
    order: Order,
    *,
    progress: Progress,
    say: Callable[[str], None] = lambda _: None,
    even_measured: bool = False,
) -> Fitted:
    """Grades the sets and fits temperatures and thresholds to what the decider said.

    Args:
        settings: of this run; a calibration in them is left out.
        order: the sets, the decider, and whether it is asked or replayed.
        progress: told (done, all) after each answer.
        say: told what takes a while.
        even_measured: do so for answers that graders are measured on, which then are no measure any more.

    Raises:
        SettingsError: the decider states its verdicts, or the answers are kept for measuring.
        AnswersError: too few of the answers are labelled.
        RecordingError: a recording is missing or stale.
    """
    if order.decider == "chat":
        raise SettingsError("The chat grader states its verdicts and gives no probabilities: nothing to calibrate.")
    if not even_measured:
        library = open_library(settings)
        refuse_measured([case for name in order.sets for case in load_set(name, library)], library)
    with TemporaryDirectory(prefix="interviewer-") as folder:
        bare = settings.model_copy(update={"calibration": None})
        ran = evaluate(bare, order, Path(folder, "outcomes.jsonl"), progress=progress, say=say)
        readings = read(ran.cases, read_outcomes(ran.out))
    answers = {answer for found in readings.values() for answer in found.answers}
    if len(answers) < FEWEST:
        raise AnswersError(
            f"{', '.join(order.sets)}: {len(answers)} labelled answers with probabilities are too few to fit on: "
            f"give {FEWEST} or more."
        )
    calibration, reports = fit(readings)
    fitted = FittedCalibration(
        decider=ran.facts.decider,
        model=ran.facts.model,
        prompt_hash=ran.facts.prompt_hash,
        made=datetime.date.today().isoformat(),
        answers=f"{', '.join(order.sets)} ({len(answers)} answers), labelled by {_labellers(ran, answers)}",
        calibration=calibration,
    )
    return Fitted(fitted, reports)


def refuse_measured(cases: Sequence[Case], library: Library) -> None:
    """Makes sure that no answer is one that graders are measured on, under whatever name it is given.

    Raises:
        SettingsError: one is.
    """
    kept = [case for name in ("test", "unseen") for case in load_set(name, library)] if checkout() else []
    measured = {(case.question_id, case.answers) for case in kept}
    for case in cases:
        if case.part in ("test", "unseen") or (case.question_id, case.answers) in measured:
            raise SettingsError(
                f"The answer {case.id!r} is one that graders are measured on, so nothing may be fitted to it: "
                "calibrate on dev or on answers of your own; --force-report shows the figures and writes nothing."
            )


def write_calibration(fitted: Fitted, file: Path) -> None:
    """Writes what `--calibration` reads.

    Raises:
        AnswersError: it can't be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(fitted.calibration.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as wrong:
        raise AnswersError(f"{file}: can't be written: {wrong.strerror or wrong}.") from wrong


def _labellers(ran: Ran, answers: set[str]) -> str:
    labels = [case.reference for case in ran.cases if case.reference is not None and case.id in answers]
    return "; ".join(dict.fromkeys(one.labeller for one in labels))
