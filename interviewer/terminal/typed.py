"""Collects an answer typed in several lines, with commands between them; keeps every line as it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from .orders import Order, read_order
from .screen import interruptible, more_waits, read_line

__all__ = ["Typing"]


class Typing:
    """What is being typed."""

    def __init__(self, stdin: TextIO, keep: Callable[[str], None]) -> None:
        """Reads from `stdin`; `keep` is told everything typed so far after each line."""
        self.over = False
        """Whether nothing more can come."""
        self._stdin = stdin
        self._keep = keep
        self._lines: list[str] = []
        self._touched = False

    @property
    def text(self) -> str:
        """What is typed of the answer so far."""
        return "".join(self._lines)

    def put_back(self, text: str) -> None:
        """The answer now begins with this; empty forgets what was typed."""
        self._lines = [text if text.endswith("\n") else f"{text}\n"] if text else []
        self._touched = False
        self._keep(text)

    def line(self) -> str:
        """One line that is no part of an answer, stripped; empty also when nothing more comes."""
        with interruptible():
            line = read_line(self._stdin)
        self.over = self.over or not line
        return line.strip()

    def read(self) -> str | Order | None:
        """The next whole answer or command; None when nothing more comes.

        Raises:
            EOFError: nothing more comes, and what was put back was not touched: it is no finished answer.
            KeyboardInterrupt: Ctrl-C.
        """
        with interruptible():
            while True:
                line = read_line(self._stdin)
                order = read_order(line.rstrip("\r\n"))
                if order is not None:
                    return order
                if line and (line.strip() or more_waits(self._stdin)):
                    self._lines.append(line)
                    self._touched = True
                    self._keep(self.text)
                    continue
                self.over = not line
                text = self.text.strip("\n")
                if text.strip():
                    if self.over and not self._touched:
                        raise EOFError
                    self._lines = []
                    return text
                if self.over:
                    return None
