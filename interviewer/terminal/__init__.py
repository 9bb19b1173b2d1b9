"""The same interview in a terminal, and printing and asking for commands without one."""

from .holding import chat, resume
from .rubric import rubric_lines
from .screen import Screen, clean, show_progress

__all__ = ["Screen", "chat", "clean", "resume", "rubric_lines", "show_progress"]
