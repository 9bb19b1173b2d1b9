"""The command line: reads flags, has things built, calls one function, prints; the only place that exits."""

from .app import app, main

__all__ = ["app", "main"]
