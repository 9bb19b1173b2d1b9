"""Tells whether a rewrite keeps to the facts of the answers it was made from; English only, asks no model."""

from __future__ import annotations

from .checking import BLANK, Checked, check, without_blanks

__all__ = ["BLANK", "Checked", "check", "without_blanks"]
