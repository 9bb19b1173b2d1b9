"""Finds the fonts that a text needs among those of the packages installed; never downloads one.

Noto Sans, with Noto for 19 other scripts and for emoji, comes with `manimgx-fonts` (OFL-1.1); Chinese, Japanese and
Korean with `manimgx-fonts-cjk`, 32 MB and therefore optional (the extra `cjk`).
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from unicodedata import category

from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

__all__ = ["LACKING", "bold_file", "clean", "fallback_file", "regular_file"]

LACKING = "\N{REPLACEMENT CHARACTER}"
"""Stands, visibly, for every character that no installed font has."""
_REGULAR = "NotoSans[wght].ttf"
_FIRST = ("NotoEmoji[wght].ttf", "NotoSansSymbols[wght].ttf")
_BOLD = 700
_JOINERS = "\u200c\u200d"


@cache
def _folder(package: str) -> Path | None:
    found = find_spec(package)
    return Path(found.origin).parent if found and found.origin else None


def regular_file() -> Path:
    """Noto Sans, for Latin, Greek and Cyrillic letters; its default weight is the regular one."""
    folder = _folder("manimgx_fonts")
    assert folder is not None  # a dependency
    return folder / _REGULAR


@cache
def bold_file() -> Path:
    """Noto Sans at weight 700, cut from the variable font once a process, for that takes seconds."""
    folder = Path(tempfile.mkdtemp(prefix="interviewer-font-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    bold = instancer.instantiateVariableFont(TTFont(regular_file()), {"wght": _BOLD}, static=True)
    bold.save(folder / "NotoSans-Bold.ttf")
    return folder / "NotoSans-Bold.ttf"


@cache
def _characters(file: Path) -> frozenset[int]:
    with TTFont(file, lazy=True, fontNumber=0) as font:
        return frozenset(font.getBestCmap() or ())


@cache
def _fallbacks() -> tuple[Path, ...]:
    return tuple(_others())


def _others() -> Iterator[Path]:
    folder = _folder("manimgx_fonts")
    assert folder is not None
    yield from (folder / name for name in _FIRST)
    yield from sorted(file for file in folder.glob("NotoSans[A-Z]*.ttf") if file.name not in _FIRST)
    if (more := _folder("manimgx_fonts_cjk")) is not None:
        yield from sorted(more.glob("*.ttc"))


@cache
def fallback_file(character: str) -> Path | None:
    """The font to take for a character that Noto Sans lacks; None when there is none, or none is needed."""
    if ord(character) in _characters(regular_file()):
        return None
    return next((file for file in _fallbacks() if ord(character) in _characters(file)), None)


def clean(text: str) -> str:
    """The text with every character that can't be drawn replaced by `LACKING`, and invisible ones taken out.

    Line ends become newlines, every other control character a space. What turns the direction of writing around is
    taken out too: it could make words read as others than were said.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(map(_drawn, lines))


@cache
def _drawn(character: str) -> str:
    kind = category(character)
    if character == "\n":
        return character
    if kind in ("Cc", "Zs", "Zl", "Zp"):
        return " "
    if character in _JOINERS or "\ufe00" <= character <= "\ufe0f" or kind == "Cf":
        return ""
    drawable = kind != "Cs" and (ord(character) in _characters(regular_file()) or fallback_file(character) is not None)
    return character if drawable else LACKING
