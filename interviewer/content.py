"""Finds the documents in content folders and loads them into one library; never asks a model anything.

A folder holds `questions/`, `examples/` and `guides/`. Every mistake is a `ContentError` that opens `FILE:LINE:`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from .documents import document_schema, read_example, read_guide, read_question
from .errors import ContentError
from .markup import Page
from .schema import Guide, Library, QuestionDocument, WorkedExample
from .typeset import example_text, guide_text, question_text

__all__ = [
    "MAX_BYTES",
    "check_folder",
    "document_schema",
    "load_library",
    "questions_table",
    "write_example",
    "write_guide",
    "write_question",
]

MAX_BYTES = 200_000
"""A larger file is refused: documents are pages, not books."""

D = TypeVar("D", bound=QuestionDocument | WorkedExample | Guide)


@dataclass
class _Shelf:
    """What has been read so far: the documents by kind and id, and a page for every file."""

    questions: dict[str, QuestionDocument] = field(default_factory=dict)
    examples: dict[str, WorkedExample] = field(default_factory=dict)
    guides: dict[str, Guide] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    """By file (or folder, for one without documents), in the order of reading."""

    @property
    def problems(self) -> list[ContentError]:
        return [problem for page in self.pages.values() for problem in page.problems]


def load_library(folders: Sequence[Path]) -> Library:
    """Every document in the folders, links checked.

    Raises:
        ContentError: the first mistake; it says how many more there are.
    """
    shelf = _read_folders(folders)
    if shelf.problems:
        more = len(shelf.problems) - 1
        also = f" (and {more} more: `interviewer check DIR` lists them)" if more else ""
        raise ContentError(f"{shelf.problems[0]}{also}")
    return Library(questions=shelf.questions, examples=shelf.examples, guides=shelf.guides)


def check_folder(path: Path, beside: Sequence[Path] = ()) -> list[ContentError]:
    """All mistakes in a content folder, file by file; its links may also lead to the folders beside it."""
    return _read_folders([*beside, path]).problems


def _read_folders(folders: Sequence[Path]) -> _Shelf:
    shelf = _Shelf()
    for folder in {folder.resolve(): folder for folder in folders}.values():
        already = len(shelf.pages)
        for file in _files(folder / "questions"):
            _read_one(file, read_question, shelf.questions, shelf)
        for file in _files(folder / "examples"):
            _read_one(file, read_example, shelf.examples, shelf)
        for file in _files(folder / "guides"):
            _read_one(file, read_guide, shelf.guides, shelf)
        if len(shelf.pages) == already:
            what = "holds no documents" if folder.is_dir() else "is not a folder"
            page = shelf.pages[str(folder)] = Page(str(folder))
            page.wrong(1, f"{what}: expected questions/*.md, examples/*.md or guides/*.md in it")
    _check_links(shelf)
    return shelf


def _files(folder: Path) -> list[Path]:
    found = folder.rglob("*.md") if folder.is_dir() else ()
    return sorted(file for file in found if file.name != "README.md" and not file.name.startswith("."))


def _read_one(file: Path, read: Callable[[str, Page], D | None], known: dict[str, D], shelf: _Shelf) -> None:
    page = shelf.pages[str(file)] = Page(str(file))
    text = _read_text(file, page)
    if text is None or (document := read(text, page)) is None:
        return
    line = page.line("id")
    if document.id != file.stem:
        message = f"rename the file to {document.id}.md, or change the id"
        page.wrong(line, f"id `{document.id}` is not the file's name: {message}")
    if document.id in known:
        page.wrong(line, f"id `{document.id}` is already used by {known[document.id].source}: rename one of the two")
    known.setdefault(document.id, document)


def _read_text(file: Path, page: Page) -> str | None:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            page.wrong(1, f"is larger than {MAX_BYTES:,} bytes: split it into several documents")
            return None
        return data.decode("utf-8")
    except OSError as error:
        page.wrong(1, f"can't be read ({error.strerror or error}): check what it is and who may read it")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        page.wrong(line, f"byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8")
    return None


def _check_links(shelf: _Shelf) -> None:
    criteria: set[str] = set()
    for question in shelf.questions.values():
        page = shelf.pages[question.source]
        _check_names(question.examples, shelf.examples, page, "examples", "worked example")
        _check_names(question.guides, shelf.guides, page, "guides", "guide")
        for listed in (question.key_points, question.motivations, question.red_flags):
            criteria.update(one.id for one in listed)
    for example in shelf.examples.values():
        _check_names(example.shows, criteria, shelf.pages[example.source], "shows", "criterion")
    for guide in shelf.guides.values():
        for number, step in enumerate(guide.steps):
            _check_names(step.shows, criteria, shelf.pages[guide.source], ("steps", number), "criterion")


def _check_names(
    names: Sequence[str], known: Container[str], page: Page, where: str | tuple[str, int], what: str
) -> None:
    for number, name in enumerate(names):
        line = page.line(where, number) if isinstance(where, str) else page.line(*where)
        if name not in known:
            page.wrong(line, f"there is no {what} `{name}`: correct the id, or write it")
        elif name in names[:number]:
            page.wrong(line, f"`{name}` is named twice: keep one")


def questions_table(library: Library) -> str:
    """The library's questions as a Markdown table, for `content/README.md`."""
    rows = [
        "| question | asked of | key points | motivations | red flags | examples | guides |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in library.questions.values():
        counts = (one.key_points, one.motivations, one.red_flags, one.examples, one.guides)
        cells = [
            f"[{one.question}](questions/{one.id}.md)",
            f"{one.role}, {one.function}",
            *(str(len(c)) for c in counts),
        ]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def write_question(document: QuestionDocument) -> str:
    """The document's text, to be saved as `questions/<id>.md`; it reads back as the same record, its source apart.

    Raises:
        ContentError: the record holds something that a document can't say, e.g. an empty name.
    """
    return _proven(question_text(document), document, read_question)


def write_example(example: WorkedExample) -> str:
    """The example's text, to be saved as `examples/<id>.md`; it reads back as the same record, its source apart.

    Raises:
        ContentError: the record holds something that a document can't say.
    """
    return _proven(example_text(example), example, read_example)


def write_guide(guide: Guide) -> str:
    """The guide's text, to be saved as `guides/<id>.md`; it reads back as the same record, its source apart.

    Raises:
        ContentError: the record holds something that a document can't say.
    """
    return _proven(guide_text(guide), guide, read_guide)


def _proven(text: str, record: D, read: Callable[[str, Page], D | None]) -> str:
    """The text, once it has been read back: what can't be saved faithfully is refused, not bent."""
    page = Page(record.id)
    again = read(text, page)
    if page.problems:
        raise page.problems[0]
    if again is None or again.model_copy(update={"source": record.source}) != record:
        raise ContentError(f"{record.id}:1: a text has line breaks or double spaces: fold its white space")
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise ContentError(f"{record.id}:1: is larger than {MAX_BYTES:,} bytes: split it into several documents")
    return text
