"""The same interview in a terminal, and printing and asking for commands without one."""

from .rubric import rubric_lines
from .screen import Screen, clean, show_progress
from .table import chat, resume

__all__ = ["Screen", "chat", "clean", "resume", "rubric_lines", "show_progress"]
