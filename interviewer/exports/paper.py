"""An A4 page on which runs of text flow, highlighted where they are evidence; knows nothing of interviews."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from unicodedata import bidirectional

from fpdf import FPDF, ViewerPreferences
from fpdf.enums import PageMode

from ..phrases import _, chosen_language
from .typeface import LACKING, bold_file, clean, fallback_file, regular_file

__all__ = ["Ink", "Paper", "Run"]

Ink = tuple[int, int, int]
INK: Ink = (31, 38, 36)
SOFT: Ink = (86, 96, 92)
LINE: Ink = (226, 222, 212)
POINT_MM = 25.4 / 72
LEADING = 1.42
"""Height of a line over the size of its letters."""
_PAGES = "\u200b\u200b"
"""Replaced by the number of pages. Nobody's words hold it: zero-width spaces are taken out of them."""
_TURNS = frozenset({"R", "AL"})


@dataclass(frozen=True)
class Run:
    """Text of one look."""

    text: str
    size: float = 10
    """In points."""
    bold: bool = False
    ink: Ink = INK
    ground: Ink | None = None
    """Colour behind the words."""


class Paper(FPDF):
    """A document in Noto Sans; whatever is written on it is cleaned first."""

    def __init__(self, title: str, made: float) -> None:
        super().__init__(format="A4")
        self._footing = ""
        self.lacks = False
        """Whether some character could not be drawn."""
        self.set_margins(20, 18)
        self.set_auto_page_break(auto=True, margin=20)
        self.add_font("noto", "", regular_file())
        self.add_font("noto", "B", bold_file())
        self._fallbacks: dict[str, str] = {}
        self._widths: dict[tuple[str, float, bool], float] = {}
        self.c_margin = 0
        self.alias_nb_pages(_PAGES)
        self.set_title(self._known(title))
        self._footing = self._known(" ".join(title.split()))[:90]
        self.set_creator("interviewer")
        self.set_lang(chosen_language())
        self.set_creation_date(datetime.fromtimestamp(made, UTC))
        self.page_mode = PageMode.USE_OUTLINES
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.add_page()

    def footer(self) -> None:
        """The document's title and the page's number; fpdf2 calls it at the end of each page."""
        self.set_y(-13)
        self._look(Run("", 8, ink=SOFT))
        self.cell(self.epw - 33, 4, self._footing)
        # The number of pages is put in later, and takes no room until then.
        self.cell(30, 4, _("Page {number} of {pages}").format(number=self.page_no(), pages=_PAGES), align="R")

    # ── text ─────────────────────────────────────────────────────────────────────────────────────────

    def outline(self, name: str, level: int) -> None:
        """An entry in the document's outline that leads here."""
        self.start_section(self._known(" ".join(name.split()))[:120] or "-", level, strict=False)

    def flow(self, runs: Iterable[Run], *, left: float = 0, width: float = 0, after: float = 0) -> None:
        """Writes runs as lines from here down, over as many pages as it takes.

        Args:
            runs: one after the other; newlines in them end a line.
            left: mm from the left margin.
            width: mm; 0: to the right margin.
            after: mm left free below.
        """
        width = width or self.epw - left
        for line in self._lines(runs, width):
            self._write(line, left, width)
        if self.get_y() + after < self.page_break_trigger:
            self.ln(after)

    def height(self, runs: Iterable[Run], width: float) -> float:
        """How many mm these runs take in a column of that width."""
        return sum(_height(line) for line in self._lines(runs, width))

    def room_for(self, height: float) -> None:
        """Turns the page when less than this is left of it; never for what fills a page anyway."""
        if self.will_page_break(height) and height < self.eph * 0.9:
            self.add_page()

    def _lines(self, runs: Iterable[Run], width: float) -> Iterator[list[Run]]:
        """Lines of runs, none of them wider; a word wider than a line is cut."""
        line: list[Run] = []
        used = 0.0
        for piece in self._pieces(runs, width):
            if piece.text == "\n":
                yield line or [replace(piece, text="")]
                line, used = [], 0.0
                continue
            wide = self._width(piece)
            if line and used + wide > width and not piece.text.isspace():
                yield line
                line, used = [], 0.0
            if not line and piece.text.isspace():
                continue
            line.append(piece)
            used += wide
        if line:
            yield line

    def _pieces(self, runs: Iterable[Run], width: float) -> Iterator[Run]:
        """Words, spaces and newlines."""
        for run in runs:
            for place, text in enumerate(self._known(run.text).split("\n")):
                if place:
                    yield replace(run, text="\n")
                for word in _words(text):
                    piece = replace(run, text=word)
                    yield from [piece] if self._width(piece) <= width else self._cut(piece, width)

    def _cut(self, piece: Run, width: float) -> Iterator[Run]:
        part = ""
        for character in piece.text:
            if part and self._width(replace(piece, text=part + character)) > width:
                yield replace(piece, text=part)
                part = ""
            part += character
        yield replace(piece, text=part)

    def _write(self, line: Sequence[Run], left: float, width: float) -> None:
        high = _height(line)
        if self.will_page_break(high):
            self.add_page()
        runs = _joined(line)
        turned = any(bidirectional(character) in _TURNS for run in runs[:1] for character in run.text[:1])
        self.set_x(self.l_margin + left)
        if turned:  # Arabic or Hebrew: from the right
            runs.reverse()
            self.set_x(self.l_margin + left + max(0.0, width - sum(map(self._width, runs))))
        for run in runs:
            self._look(run)
            self.cell(self._width(run), high, run.text, fill=run.ground is not None)
        self.ln(high)

    def _width(self, run: Run) -> float:
        key = (run.text, run.size, run.bold)
        if key not in self._widths:
            self._look(run)
            self._widths[key] = self.get_string_width(run.text)
        return self._widths[key]

    def _look(self, run: Run) -> None:
        # Only where letters join or change places: it costs many times what plain letters do.
        self.set_text_shaping(any("\u0590" <= character <= "\u1cff" for character in run.text))
        self.set_font("noto", "B" if run.bold else "", run.size)
        self.set_text_color(*run.ink)
        if run.ground is not None:
            self.set_fill_color(*run.ground)

    def _known(self, text: str) -> str:
        """The text cleaned, and the fonts it needs loaded."""
        shown = clean(text)
        self.lacks = self.lacks or (LACKING in shown and LACKING not in text)
        for character in set(shown):
            file = fallback_file(character)
            if file is not None and str(file) not in self._fallbacks:
                name = f"more{len(self._fallbacks)}"
                self.add_font(name, "", file)
                self._fallbacks[str(file)] = name
                self.set_fallback_fonts([*self._fallbacks.values()], exact_match=False)
        return shown


def _words(text: str) -> Iterator[str]:
    """Words and the spaces between them, joined again the same text."""
    word = ""
    for character in text:
        if word and character.isspace() != word[-1].isspace():
            yield word
            word = ""
        word += character
    if word:
        yield word


def _joined(line: Sequence[Run]) -> list[Run]:
    """The line with neighbours of one look as one run, so that letters shape and read on as they should."""
    runs: list[Run] = []
    for piece in line:
        if runs and replace(runs[-1], text="") == replace(piece, text=""):
            runs[-1] = replace(piece, text=runs[-1].text + piece.text)
        else:
            runs.append(piece)
    return runs


def _height(line: Sequence[Run]) -> float:
    return max((run.size for run in line), default=10) * POINT_MM * LEADING
