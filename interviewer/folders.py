"""Finds packaged prompts and content and the user's own folders; never reads what is inside them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import platformdirs

from .errors import SettingsError

__all__ = ["bundled", "cache_folder", "checkout", "data_folder"]

PACKAGE = Path(__file__).resolve().parent


def checkout() -> Path | None:
    """The checkout this package runs from; None when it is installed."""
    return PACKAGE.parent if (PACKAGE.parent / "pyproject.toml").is_file() else None


def bundled(folder: Literal["prompts", "content"]) -> Path:
    """The packaged folder: the checkout's own first, then the copy inside the wheel.

    site-packages itself is never searched: an editable install leaves a frozen, stale copy there.

    Raises:
        SettingsError: neither place has it; the message names both.
    """
    places = [PACKAGE / "_bundled" / folder]
    if (root := checkout()) is not None:
        places.insert(0, root / folder)
    for place in places:
        if place.is_dir():
            return place
    looked = f"{PACKAGE.parent / folder} (a checkout) or {PACKAGE / '_bundled' / folder} (an installed package)"
    raise SettingsError(f"The folder {folder!r} is missing: looked for {looked}; install interviewer again.")


def cache_folder(chosen: Path | None = None) -> Path:
    """Where downloads are kept, safe to delete: `chosen`, else INTERVIEWER_CACHE, else the system's place.

    The folder is not created here.
    """
    return _user_folder(chosen, "INTERVIEWER_CACHE", platformdirs.user_cache_path)


def data_folder(chosen: Path | None = None) -> Path:
    """Where interviews are kept: `chosen`, else INTERVIEWER_DATA, else the system's place.

    The folder is not created here.
    """
    return _user_folder(chosen, "INTERVIEWER_DATA", platformdirs.user_data_path)


def _user_folder(chosen: Path | None, variable: str, system_place: Callable[..., Path]) -> Path:
    # Read here and not in settings, which is no lower: so any module can ask for a folder without being told.
    named = str(chosen) if chosen is not None else os.environ.get(variable, "").strip()
    if named:
        return Path(named).expanduser().absolute()
    return system_place("interviewer", appauthor=False)
