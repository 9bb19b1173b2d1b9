"""The commands that grade files of answers and label them by hand; none holds an interview."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .flags import ONE_IN_A_BATCH, ContentFlag, DeciderFlag, LocalFlag, PromptsFlag, SamplesFlag, settings_of
from .output import counted, fail, note, progress_bar, run

__all__ = ["grade", "label"]

CANDIDATE = "candidate"
"""Whose labels they are that come from interviews, when nobody says."""


def grade(
    answers: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="Answers, one JSON object a line.")],
    out: Annotated[Path | None, typer.Option(help="Where the grades go, one a line.")] = None,
    decider: DeciderFlag = None,
    content: ContentFlag = None,
    prompts: PromptsFlag = None,
    local_model: LocalFlag = None,
    samples: SamplesFlag = None,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Answers graded at once.")] = 2,
    export_batch: Annotated[
        Path | None, typer.Option(help="Write the chat decider's requests as an OpenAI batch file; send nothing.")
    ] = None,
    import_batch: Annotated[
        Path | None, typer.Option(help="Finish the grading from that API's output file; send nothing.")
    ] = None,
) -> None:
    """Grade a file of answers; goes on where an interrupted run stopped."""
    from .. import commands
    from ..batch import read_answers
    from ..build import open_panel

    settings = settings_of(
        content=content, prompts=prompts, decider=decider, local_model=local_model, samples=samples
    )  # fmt: skip
    if settings.samples > 1 and (export_batch or import_batch):
        fail(ONE_IN_A_BATCH, code=2)
    if export_batch is not None:
        count, job = commands.export_batch(settings, answers, export_batch)
        note(f"{export_batch}: {counted(count, 'request')}. Nothing was sent.")
    elif out is None:
        fail("--out is missing: say where the grades go, e.g. --out grades.jsonl.", code=2)
    elif import_batch is not None:
        job = commands.import_batch(settings, answers, import_batch, out)
        note(f"{out}: {counted(len(job.lines), 'grade')} made.")
    else:
        with open_panel(settings, say=note) as panel:
            note(*panel.notices)
            job = read_answers(answers, panel.library)
            with progress_bar("Grading") as progress:
                work = commands.grade_answers(panel, job, out, concurrency=concurrency, progress=progress)
                kept, made = run(work)
        note(f"{out}: {counted(made, 'grade')} made, {kept} kept from an earlier run.")
    note(*(f"interviewer: {error}" for error in job.bad))
    if job.bad:
        sys.exit(1)


def label(
    answers: Annotated[Path, typer.Argument(metavar="ANSWERS.jsonl", help="Answers, one JSON object a line.")],
    out: Annotated[
        Path | None, typer.Option(help="Where the labels go; ANSWERS.labels.jsonl beside the answers when left out.")
    ] = None,
    labeller: Annotated[str | None, typer.Option(help="Who labels; your user name when left out.")] = None,
    again: Annotated[str | None, typer.Option(metavar="ID", help="Label or correct this one answer.")] = None,
    compare: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Then say how far these grades or labels agree.")
    ] = None,
    ask: Annotated[bool, typer.Option("--ask/--no-ask", help="--no-ask only compares.")] = True,
    from_interviews: Annotated[
        bool,
        typer.Option(
            "--from-interviews",
            help="Only add what was seen differently on the page: answers to ANSWERS, labels to --out.",
        ),
    ] = False,
    content: ContentFlag = None,
) -> None:
    """Label answers by the guide, and see how far grades agree with your labels."""
    from ..batch import read_answers
    from ..build import open_library
    from ..label_desk import label_answers, print_comparison
    from ..terminal import Screen

    out = out or answers.with_suffix(".labels.jsonl")
    if out.resolve() in {path.resolve() for path in (answers, compare) if path}:
        fail(f"{out}: is read, so labels can't be written to it: choose another --out.", code=2)
    if from_interviews:
        if again or compare or not ask:
            fail("--from-interviews only adds lines: leave out --again, --compare and --no-ask.", code=2)
        _add_disputes(answers, out, labeller or CANDIDATE)
        return
    if again and not ask:
        fail("--again asks, and --no-ask doesn't: leave out one of them.", code=2)
    labeller = _labeller(labeller)
    library = open_library(settings_of(content=content))
    job, screen = read_answers(answers, library), Screen()
    if ask:
        label_answers(screen, job, library, out, labeller=labeller, again=again)
    if compare is not None:
        print_comparison(screen, job, library, out, labeller=labeller, other=compare)
    note(*(f"interviewer: {error}" for error in job.bad))
    if job.bad:
        sys.exit(1)


def _add_disputes(answers: Path, out: Path, labeller: str) -> None:
    from ..build import open_store
    from ..label_desk import add_disputes

    store = open_store(settings_of())
    found, count = add_disputes(store.interviews(), answers, out, labeller=labeller)
    if not found:
        fail(f"Nobody saw a verdict differently in the interviews in {store.place}: nothing was written.")
    note(
        f"{out}: {counted(found, 'verdict')} by {labeller} on {counted(count, 'answer')} of {answers}. "
        f"To go on with the other criteria: interviewer label {answers} --out {out} --labeller {labeller}"
    )


def _labeller(given: str | None) -> str:
    import getpass

    try:
        name = (getpass.getuser() if given is None else given).strip()
    except (KeyError, OSError, ImportError):  # no name in the environment or the system's list of users
        name = ""
    return name or fail("--labeller is missing: say who labels, e.g. --labeller coach-1.", code=2)
