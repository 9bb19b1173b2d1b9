"""The commands on what was kept: taking it along, bringing it back, deleting it, and a group of candidates at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from .flags import settings_in_use
from .output import fail, note

__all__ = ["delete", "export", "group", "history", "restore"]


def history() -> None:
    """Say what was practised, what is due, and how bands and criteria went over time."""
    from ..build import open_store
    from ..progress import told
    from ..recounting import history_lines

    store = open_store(settings_in_use())
    store.open()
    own = told(store.marks(""), {saved.id for saved in store.saved("") if not saved.ended})
    for line in history_lines(own, now=time.time()):
        typer.echo(line)


def export(
    interviews: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of interviews.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All interviews, instead of ids.")] = False,
    format: Annotated[
        Literal["md", "json", "csv", "pdf"], typer.Option(help="json can be restored; pdf is a report.")
    ] = "json",
    out: Annotated[Path | None, typer.Option(help="The file, or a folder for one file each.")] = None,
    name: Annotated[str, typer.Option(help="What the candidate calls themselves; may be empty.")] = "",
) -> None:
    """Write interviews to Markdown, JSON, CSV or a PDF report; with nothing named, list those there are."""
    from ..build import open_store
    from ..data_files import export_to, list_interviews

    store = open_store(settings_in_use())
    if every and interviews:
        fail("Give ids of interviews or --all, not both.", code=2)
    if not (every or interviews):
        for line in list_interviews(store):
            typer.echo(line)
        return
    if out is None:
        fail("Say where to with --out FILE, or --out FOLDER for one file each.", code=2)
    export_to(store, interviews or (), format, out, now=time.time(), candidate=name, say=note)


def restore(files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON files of `export`.")]) -> None:
    """Bring exported interviews back; what is here already stays, and a version that went on replaces it."""
    from ..build import open_store
    from ..data_files import restore as take_back

    take_back(open_store(settings_in_use()), files, say=note)


def delete(
    interviews: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of interviews.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="All interviews, drafts and grades.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Delete interviews for good, drafts and grades included."""
    from ..build import open_store
    from ..data_files import delete as erase

    if everything == bool(interviews):
        fail("Give ids of interviews or --everything.", code=2)
    store = open_store(settings_in_use())
    if not yes:
        what = f"everything in {store.place}" if everything else f"{len(interviews or ())} of the interviews"
        if typer.prompt(f"This deletes {what} for good. Type delete to go on", default="", err=True) != "delete":
            fail("Nothing was deleted.")
    erase(store, interviews or (), everything=everything, say=note)


def group(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Candidates' JSON files; else those in the database."),
    ] = None,
    out: Annotated[Path, typer.Option(help="The table to write.")] = Path("group.csv"),
) -> None:
    """Write what a group of candidates covers and misses, point by point, as a table."""
    from ..build import open_store
    from ..data_files import make_group_csv

    make_group_csv(open_store(settings_in_use()), files or (), out, say=note)
