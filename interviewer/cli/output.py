"""What every command says and how it ends: notes, progress, counts, the sentence of a failure; never a result."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import typer

__all__ = ["counted", "fail", "note", "progress_bar", "run"]

T = TypeVar("T")


def fail(sentence: str, *, code: int = 1) -> NoReturn:
    """Says what went wrong and exits."""
    typer.echo(f"interviewer: {sentence}", err=True)
    sys.exit(code)


def note(*sentences: str) -> None:
    """Says these beside the result: on standard error."""
    for sentence in sentences:
        typer.echo(sentence, err=True)


@contextmanager
def progress_bar(doing: str, *, unit: str = "", scale: int = 1) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal; every tenth as a line elsewhere."""
    from ..terminal import show_progress

    with show_progress(doing, unit=unit, scale=scale) as progress:
        yield progress


def counted(number: int, name: str) -> str:
    """`1 request`, `2 requests`."""
    return f"{number} {name}{'s' * (number != 1)}"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Waits for what takes a while, in an event loop of its own."""
    import asyncio

    return asyncio.run(work)
