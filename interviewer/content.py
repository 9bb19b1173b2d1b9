"""Finds the documents in content folders and loads them into one library; never asks a model anything.

A folder holds `questions/`, `examples/` and `guides/`. Every mistake is a `ContentError` that opens `FILE:LINE:`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from interviewer.documents import (
    document_schema,
    read_example,
    read_guide,
    read_question,
    write_example,
    write_guide,
    write_question,
)
from interviewer.errors import ContentError
from interviewer.markup import Page
from interviewer.schema import Guide, Library, QuestionDocument, WorkedExample

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

_READERS: dict[str, Callable[[str, Page], QuestionDocument | WorkedExample | Guide | None]] = {
    "questions": read_question,
    "examples": read_example,
    "guides": read_guide,
}


@dataclass
class _Shelf:
    """What has been read so far: by kind (`questions` …) and id."""

    documents: dict[str, dict[str, QuestionDocument | WorkedExample | Guide]] = field(
        default_factory=lambda: {kind: {} for kind in _READERS}
    )
    pages: dict[tuple[str, str], Page] = field(default_factory=dict)
    problems: list[ContentError] = field(default_factory=list)


def load_library(folders: Sequence[Path]) -> Library:
    """Every document in the folders, links checked.

    Raises:
        ContentError: the first mistake; it says how many more there are.
    """
    shelf = _read_folders(folders)
    _check_links(shelf)
    if shelf.problems:
        more = len(shelf.problems) - 1
        also = f" (and {more} more: `interviewer check DIR` lists them)" if more else ""
        raise ContentError(f"{shelf.problems[0]}{also}")
    return Library.model_validate(shelf.documents)


def check_folder(path: Path, beside: Sequence[Path] = ()) -> list[ContentError]:
    """All mistakes in a content folder, by file and line; its links may also lead to folders beside it."""
    shelf = _read_folders([path, *beside])
    _check_links(shelf)
    return shelf.problems


def _read_folders(folders: Sequence[Path]) -> _Shelf:
    shelf = _Shelf()
    seen: set[Path] = set()
    for folder in folders:
        if folder.resolve() in seen:
            continue
        seen.add(folder.resolve())
        files = [(kind, file) for kind in _READERS for file in _files(folder / kind)]
        if not files:
            what = "holds no documents" if folder.is_dir() else "is not a folder"
            places = ", ".join(f"{kind}/*.md" for kind in _READERS)
            shelf.problems.append(ContentError(f"{folder}:1: {what}: expected {places} in it"))
        for kind, file in files:
            _read_one(kind, file, shelf)
    return shelf


def _files(folder: Path) -> list[Path]:
    found = folder.rglob("*.md") if folder.is_dir() else ()
    return sorted(file for file in found if file.name != "README.md" and not file.name.startswith("."))


def _read_one(kind: str, file: Path, shelf: _Shelf) -> None:
    page = Page(str(file))
    text = _read_text(file, page)
    document = _READERS[kind](text, page) if text is not None else None
    shelf.problems.extend(page.problems)
    if document is None:
        return
    if document.id != file.stem:
        message = f"id `{document.id}` is not the file's name: rename the file to {document.id}.md, or change the id"
        shelf.problems.append(ContentError(f"{file}:{page.line('id')}: {message}"))
    first = shelf.documents[kind].get(document.id)
    if first is not None:
        message = f"id `{document.id}` is already used by {first.source}: rename one of the two"
        shelf.problems.append(ContentError(f"{file}:{page.line('id')}: {message}"))
        return
    shelf.documents[kind][document.id] = document
    shelf.pages[kind, document.id] = page


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
    questions = [one for one in shelf.documents["questions"].values() if isinstance(one, QuestionDocument)]
    criteria = {c.id for one in questions for c in (*one.key_points, *one.motivations, *one.red_flags)}
    for (kind, id_), page in shelf.pages.items():
        document = shelf.documents[kind][id_]
        already = len(page.problems)
        if isinstance(document, QuestionDocument):
            _check_names(document.examples, set(shelf.documents["examples"]), page, "examples", "worked example")
            _check_names(document.guides, set(shelf.documents["guides"]), page, "guides", "guide")
        elif isinstance(document, WorkedExample):
            _check_names(document.shows, criteria, page, "shows", "criterion")
        else:
            for number, step in enumerate(document.steps):
                _check_names(step.shows, criteria, page, ("steps", number), "criterion")
        shelf.problems.extend(page.problems[already:])


def _check_names(names: Sequence[str], known: set[str], page: Page, where: str | tuple[str, int], what: str) -> None:
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
