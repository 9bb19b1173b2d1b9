"""Splits a page of plain text into lines, list items and their places; knows no layout.

Built for text taken from web pages: odd white space, headings glued to their neighbours, many kinds of bullets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .errors import ImportPageError

__all__ = ["Item", "PageLine", "PageName", "list_items", "name_items", "page_lines"]

_MOST_CHARACTERS = 100_000

_GLUED = re.compile(
    # Text taken from a web page often loses the line break before or after a heading.
    r"(?<=[\w.,;!?)\"”'’])(?=(?:Sample Answer|Underlying Motivations|Potential Minefields|Themes?:"
    r"|Interview Question for|Popular Comments|Example \d+:|Situation:|Action:|Result:|Key Takeaways:))"
    r"|(?<=Sample Answer)(?=[A-Z])|(?<=Underlying Motivations)(?=[A-Z])|(?<=Potential Minefields)(?=[A-Z])"
)
_BULLET = re.compile(r"(?:[•‣·▪●]\s*|[-*–—]\s+|\d{1,2}[.)]\s+)(?=\S)")


@dataclass(frozen=True)
class PageLine:
    """A line that holds something."""

    number: int
    text: str
    indented: bool
    """It began with white space, so it may go on with the line before."""

    @property
    def bullet(self) -> str:
        """What stands after the bullet; empty when this is no list item."""
        match = _BULLET.match(self.text)
        return self.text[match.end() :] if match else ""


@dataclass(frozen=True)
class Item:
    """A list item `Name: text` and the line it starts on."""

    number: int
    name: str
    text: str


@dataclass(frozen=True)
class PageName:
    """The page's name, for messages."""

    name: str

    def refuse(self, line: int, message: str) -> ImportPageError:
        """The error to raise: `NAME:LINE: message`."""
        return ImportPageError(f"{self.name}:{line}: {message}")


def page_lines(text: str, page: PageName) -> Iterator[PageLine]:
    """The lines that hold something: white space folded, invisible marks dropped, glued headings apart."""
    if len(text) > _MOST_CHARACTERS:
        raise page.refuse(1, f"the page is longer than {_MOST_CHARACTERS:,} characters: import it in parts")
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        line = re.sub(r"[\u00ad\u200b\u2060\ufeff]", "", raw)
        for part, piece in enumerate(_GLUED.split(" ".join(line.split()))):
            if odd := re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", piece):
                raise page.refuse(number, f"holds the character U+{ord(odd[0]):04X}, which is no text: delete it")
            if piece.strip():
                yield PageLine(number, piece.strip(), part == 0 and line[:1].isspace())


def list_items(lines: Sequence[PageLine], heading: PageLine, page: PageName, *, last: bool) -> list[Item]:
    """The list under a heading; an introduction before it is skipped, and so is what follows the page's last list."""
    texts: list[tuple[int, str]] = []
    for index, line in enumerate(lines):
        if line.bullet:
            texts.append((line.number, line.bullet))
        elif texts and (line.indented or line.text[0].islower()):
            texts[-1] = (texts[-1][0], f"{texts[-1][1]} {line.text}")
        elif texts:
            sentence = len(line.text.split()) > 6 or line.text[-1] in ".,;"
            if not last or (sentence and any(later.bullet for later in lines[index:])):
                raise page.refuse(line.number, f"`{line.text[:40]}` is no list item: begin it with `- Name: `")
            break
    if not texts:
        raise page.refuse(heading.number, f"no list (`- Name: text`) under `{heading.text[:40]}`")
    return name_items([_item(number, text, page) for number, text in texts], page)


def _item(number: int, text: str, page: PageName) -> Item:
    name, colon, rest = (part.strip() for part in text.partition(":"))
    if not colon or not name or not rest:
        raise page.refuse(number, f"`{text[:40]}` must be a name, a colon and a text")
    return Item(number, name, rest)


def name_items(items: list[Item], page: PageName) -> list[Item]:
    """The items, once no two have the same name."""
    first: dict[str, int] = {}
    for item in items:
        if first.setdefault(item.name.casefold(), item.number) != item.number:
            raise page.refuse(item.number, f"`{item.name[:40]}` already stands on line {first[item.name.casefold()]}")
    return items
