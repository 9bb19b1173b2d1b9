"""The commands that measure a grader on labelled answers and fit it to them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from ..errors import RecordingError
from .flags import ONE_IN_A_BATCH, CalibrationFlag, ContentFlag, LocalFlag, PromptsFlag, SamplesFlag, settings_of
from .output import counted, fail, note, progress_bar

if TYPE_CHECKING:
    from ..eval_desk import Order
    from ..gate_desk import Judged
    from ..settings import Settings

__all__ = ["calibrate", "eval_"]

MOST_CHANGES = 20
"""Changed verdicts that are printed."""


def eval_(
    sets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SET]...",
            help="dev, test, unseen, train, a set of evals/sets/, a file of answers; or diff BEFORE AFTER.",
        ),
    ] = None,
    decider: Annotated[
        Literal["builtin", "chat", "openai", "systemone", "readout"], typer.Option(help="Who grades.")
    ] = "builtin",
    replay: Annotated[bool, typer.Option("--replay", help="Grade from recordings, as without a flag.")] = False,
    record: Annotated[bool, typer.Option("--record", help="Ask the model in the settings, and record it.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Ask the model in the settings, and keep nothing.")] = False,
    repeat: Annotated[int, typer.Option(min=1, max=100, help="How often each answer is graded.")] = 1,
    samples: SamplesFlag = None,
    model: Annotated[str | None, typer.Option(help="The model that grades, or that was recorded.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the outcomes go, one a line; goes on with them.")] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="Write the figures as JSON.")] = None,
    md: Annotated[Path | None, typer.Option("--md", help="Write the figures as Markdown.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page to look through.")] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write the gates as JUnit XML.")] = None,
    inspect: Annotated[Path | None, typer.Option("--inspect", help="Write a log that Inspect reads.")] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="BASELINE", help="Fail when worse than this run, or those of a folder.")
    ] = None,
    bless: Annotated[str | None, typer.Option(metavar="WHY", help="Make the run the sets' baseline.")] = None,
    gates: Annotated[Path | None, typer.Option(help="Floors and margins other than evals/gates.yaml.")] = None,
    export_batch: Annotated[
        Path | None, typer.Option(help="Write the chat decider's requests as an OpenAI batch file; send nothing.")
    ] = None,
    import_batch: Annotated[
        Path | None, typer.Option(help="Record that API's output, or lines of custom_id and content; send nothing.")
    ] = None,
    recordings: Annotated[Path | None, typer.Option(help="Folder of recordings other than evals/recordings.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Answers an asked model grades at once.")] = 4,
    calibration: CalibrationFlag = None,
    content: ContentFlag = None,
    prompts: PromptsFlag = None,
    local_model: LocalFlag = None,
) -> None:
    """Measure a grader on labelled answers, offline unless told otherwise.

    Exit code 1: a gate failed, or something is wrong; 2: a recording or baseline is missing or stale.
    """
    from .. import eval_desk

    if sets == ["interviewer"]:
        _measure_interviewer(settings_of(content=content, prompts=prompts))
        return
    if sets and sets[0] == "diff":
        _diff(sets[1:], {"md": md, "html": html}, settings_of(content=content))
        return
    if sum((replay, record, live)) > 1:
        fail("--replay, --record and --live exclude each other: choose one.", code=2)
    if export_batch and import_batch:
        fail("--export-batch and --import-batch exclude each other: choose one.", code=2)
    if (export_batch or import_batch) and decider != "chat":
        fail("Batches are for the chat decider: add --decider chat.", code=2)
    if against and bless is not None:
        fail("--against and --bless exclude each other: compare first, then bless.", code=2)
    if samples is not None and samples > 1 and decider != "chat":
        fail("--samples is for the chat decider: add --decider chat.", code=2)
    settings = settings_of(
        content=content, prompts=prompts, decider=decider, local_model=local_model, model=model, decider_model=model,
        calibration=calibration, samples=samples,
    )  # fmt: skip
    taken = settings.samples if decider == "chat" else 1
    if taken > 1 and (export_batch or import_batch):
        fail(ONE_IN_A_BATCH, code=2)
    if taken > 1 and bless is not None:
        fail("Baselines are of one sample a verdict: leave out --bless, or --samples.", code=2)
    order = eval_desk.Order(
        sets=tuple(dict.fromkeys(sets or eval_desk.DEFAULT_SETS)),
        decider=decider,
        mode="record" if record else "live" if live else "replay",
        repeats=repeat,
        samples=taken,
        model=model,
        concurrency=concurrency,
        recordings=recordings,
    )
    given = {"json": json_, "md": md, "html": html, "junit": junit, "inspect": inspect}
    reports = {name: path for name, path in given.items() if path is not None}
    try:
        if export_batch is not None:
            count = eval_desk.export_requests(settings, order, export_batch)
            note(f"{export_batch}: {counted(count, 'request')}. Nothing was sent.")
        elif import_batch is not None:
            _import_replies(settings, order, import_batch)
        else:
            _evaluate(settings, order, out, reports, Demands(against, gates, bless))
    except RecordingError as stale:
        fail(str(stale), code=2)


def _import_replies(settings: Settings, order: Order, file: Path) -> None:
    from ..eval_desk import import_replies

    counts, missing = import_replies(settings, order, file)
    for path, count in counts.items():
        note(f"{path}: {count} {'reply' if count == 1 else 'replies'} recorded.")
    if missing:
        fail(f"{file}: {counted(len(missing), 'request')} without a usable reply, the first {missing[0]!r}.", code=2)


def _measure_interviewer(settings: Settings) -> None:
    """`interviewer eval interviewer`: how the recorded interviewer speaks, judged by rules."""
    from ..report_desk import interviewer_lines

    try:
        for line in interviewer_lines(settings):
            typer.echo(line)
    except RecordingError as stale:
        fail(str(stale), code=2)


def _diff(files: list[str], reports: dict[str, Path | None], settings: Settings) -> None:
    """`interviewer eval diff BEFORE AFTER`: two files of outcomes, as text or as the files asked for."""
    from ..report_desk import compare_files, write_text

    if len(files) != 2:
        fail("eval diff compares two files of outcomes: interviewer eval diff BEFORE.jsonl AFTER.jsonl.", code=2)
    before, after = map(Path, files)
    typer.echo(compare_files(before, after, settings).rstrip("\n"))
    for form, path in reports.items():
        if path is not None:
            write_text(path, compare_files(before, after, settings, "html" if form == "html" else "md"))


class Demands(NamedTuple):
    """What a run is held against, and whether it becomes a baseline itself."""

    against: Path | None
    gates: Path | None
    bless: str | None


def _evaluate(settings: Settings, order: Order, out: Path | None, reports: dict[str, Path], demands: Demands) -> None:
    from tempfile import TemporaryDirectory

    from ..eval_desk import evaluate
    from ..gate_desk import bless_run, check_gates
    from ..report_desk import headline, sum_up_run, write_reports

    with TemporaryDirectory(prefix="interviewer-") as folder, progress_bar("Grading") as progress:
        ran = evaluate(settings, order, out or Path(folder, "outcomes.jsonl"), progress=progress, say=note)
        for tally in ran.tallies:
            typer.echo(str(tally))
        summary = sum_up_run(ran, settings)
        for line in headline(summary):
            typer.echo(line)
        judged = check_gates(ran, against=demands.against, gates=demands.gates)
        write_reports(ran, summary, reports, settings, judged.results)
        blessed = bless_run(ran, why=demands.bless) if demands.bless is not None and not judged.failures else ()
    _tell(judged)
    for file in blessed:
        typer.echo(f"{file}: what later runs are held against.")
    if judged.failures:
        sys.exit(1)


def _tell(judged: Judged) -> None:
    """The changed verdicts, the worst of them, then the gates."""
    for one in judged.changed[:MOST_CHANGES]:
        told = f"{one.before} before, {one.after} now, {one.reference} by the reference"
        typer.echo(f"{one.case}\t{one.criterion}\t{told}")
    if len(judged.changed) > MOST_CHANGES:
        typer.echo(f"… and {len(judged.changed) - MOST_CHANGES} more changed verdicts.")
    if judged.results:
        held = len(judged.results) - len(judged.failures)
        typer.echo(f"gates: {held} of {len(judged.results)} hold")
    note(*(f"interviewer: {failure}" for failure in judged.failures))


def calibrate(
    sets: Annotated[
        list[str] | None, typer.Argument(metavar="[SET]...", help="dev, train, or a file of labelled answers.")
    ] = None,
    decider: Annotated[
        Literal["builtin", "chat", "openai", "systemone", "readout"], typer.Option(help="What is calibrated.")
    ] = "builtin",
    replay: Annotated[bool, typer.Option("--replay", help="Grade from recordings, as without a flag.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Ask the model in the settings.")] = False,
    model: Annotated[str | None, typer.Option(help="The model that grades, or that was recorded.")] = None,
    out: Annotated[Path, typer.Option(help="Where the calibration goes.")] = Path("calibration.json"),
    force_report: Annotated[
        bool, typer.Option("--force-report", help="Show figures for answers kept for measuring; write nothing.")
    ] = False,
    recordings: Annotated[Path | None, typer.Option(help="Folder of recordings other than evals/recordings.")] = None,
    content: ContentFlag = None,
    prompts: PromptsFlag = None,
    local_model: LocalFlag = None,
) -> None:
    """Fit a grader's temperatures and thresholds to labelled answers, by a written rule.

    Exit code 2: a recording is missing or stale.
    """
    from .. import calibration_desk
    from ..eval_desk import Order

    if replay and live:
        fail("--replay and --live exclude each other: choose one.", code=2)
    settings = settings_of(
        content=content, prompts=prompts, decider=decider, local_model=local_model, model=model, decider_model=model
    )
    order = Order(
        sets=tuple(dict.fromkeys(sets or ("dev",))),
        decider=decider,
        mode="live" if live else "replay",
        model=model,
        recordings=recordings,
    )
    try:
        with progress_bar("Grading") as progress:
            fitted = calibration_desk.calibrate(
                settings, order, progress=progress, say=note, even_measured=force_report
            )
    except RecordingError as stale:
        fail(str(stale), code=2)
    typer.echo("\n".join(fitted.lines()))
    if not force_report:
        calibration_desk.write_calibration(fitted, out)
        note(f"{out}: written; use it with --calibration {out} or INTERVIEWER_CALIBRATION.")
