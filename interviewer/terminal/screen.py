"""Prints to a terminal and reads lines from it; never lets anybody's words steer it."""

from __future__ import annotations

import contextlib
import io
import select
import signal
import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import TextIO

from rich.console import Console
from rich.text import Text

__all__ = [
    "Screen",
    "clean",
    "interruptible",
    "more_waits",
    "open_console",
    "print_indented",
    "read_line",
    "replace_unreadable",
    "show_progress",
]

_STEERING = frozenset({"Cc", "Cf", "Cs", "Co"})


class Screen:
    """A terminal for work that holds no interview: prints lines, and reads one at a time."""

    def __init__(self, console: Console | None = None, stdin: TextIO | None = None) -> None:
        replace_unreadable(sys.stdin, sys.stdout)
        self._console = console or open_console()
        self._stdin = stdin or sys.stdin

    def say(self, text: str = "", style: str = "") -> None:
        """Prints a text, cleaned; what wraps stays under its beginning."""
        for line in clean(text).split("\n"):
            print_indented(self._console, Text(line, style))

    def ask(self, invitation: str) -> str | None:
        """The line that is typed; None at its end or for Ctrl-C."""
        self.say(invitation, "dim")
        try:
            line = read_line(self._stdin)
        except KeyboardInterrupt:
            return None
        return line.rstrip("\r\n") if line else None


def clean(text: str) -> str:
    """Text without what steers a terminal: escapes would move its cursor, direction marks would reorder its words."""
    return "".join(
        character if character in "\n\t\u200c\u200d" or unicodedata.category(character) not in _STEERING else "�"
        for character in text.replace("\r\n", "\n")
    )


def print_indented(console: Console, text: Text) -> None:
    """Prints a line; what wraps stays under its beginning."""
    indent = len(text.plain) - len(text.plain.lstrip(" "))
    for line in text[indent:].wrap(console, max(20, console.width - indent)):
        console.print(Text(" " * indent) + line)


def open_console() -> Console:
    """Standard output, where nothing in a text is markup."""
    return Console(highlight=False, markup=False, emoji=False)


def replace_unreadable(*streams: TextIO) -> None:
    """What isn't UTF-8, and what a terminal without Unicode can't show, becomes a question mark, not a traceback."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def read_line(stdin: TextIO) -> str:
    """The next line with its end; empty when nothing more comes.

    On a terminal it can be edited, and be longer than the 4,095 characters after which a terminal cuts a line.
    """
    if stdin is not sys.stdin or not stdin.isatty():
        return stdin.readline()
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  # `input` edits lines with it once it is there
    try:
        return input("> ") + "\n"
    except EOFError:
        return ""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C interrupts the reading of a line; inside a running event loop it would only be noted."""
    try:
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
    except ValueError:  # not in the main thread, where signals don't arrive either
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def more_waits(stdin: TextIO) -> bool:
    """Whether an empty line stands inside pasted text: more of it is already there."""
    try:
        return stdin.isatty() and bool(select.select([stdin], [], [], 0.05)[0])
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def show_progress(doing: str, *, unit: str = "", scale: int = 1) -> Iterator[Callable[[int, int], None]]:
    """Yields a function told (done, total): a bar on a terminal, a line every tenth elsewhere; both on stderr."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing, total=None, told="")
        tenth = -1

        def tell(done: int, total: int) -> None:
            nonlocal tenth
            told = f"{done // scale} of {total // scale} {unit}".rstrip()
            bar.update(task, completed=done, total=total, told=told)
            if not console.is_terminal and total and 10 * done // total > tenth:
                tenth = 10 * done // total
                console.print(f"{doing}: {told}", highlight=False)

        yield tell
