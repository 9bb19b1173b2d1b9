"""Finds the documents in content folders and loads them into one library; never asks a model anything.

A folder holds `questions/`, `examples/`, `guides/`, `plans/` and `roleplays/`. Every mistake is a `ContentError`
that opens with `FILE:LINE:`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from .documents import document_schema, read_example, read_guide, read_plan, read_question, read_role_play
from .errors import ContentError
from .markup import Page
from .schema import Guide, Library, Plan, QuestionDocument, RolePlay, WorkedExample
from .typeset import example_text, guide_text, question_text

__all__ = [
    "MAX_BYTES",
    "LiveLibrary",
    "Reading",
    "check_folder",
    "document_schema",
    "load_library",
    "questions_table",
    "read_folders",
    "read_page",
    "write_example",
    "write_guide",
    "write_question",
]

MAX_BYTES = 200_000
"""A larger file is refused: documents are pages, not books."""

_SHELVES = ("questions", "examples", "guides", "plans", "roleplays")

D = TypeVar("D", bound=QuestionDocument | WorkedExample | Guide | Plan | RolePlay)


@dataclass
class _Shelf(Generic[D]):
    """The documents of one kind."""

    folder: str
    read: Callable[[str, Page], D | None]
    documents: dict[str, D] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    """Names of files that can't be read: a link to one is no further mistake."""

    @property
    def names(self) -> set[str]:
        return self.documents.keys() | self.unread


class _Shelves:
    """Everything read so far."""

    def __init__(self) -> None:
        self.questions = _Shelf("questions", read_question)
        self.examples = _Shelf("examples", read_example)
        self.guides = _Shelf("guides", read_guide)
        self.plans = _Shelf("plans", read_plan)
        self.role_plays = _Shelf("roleplays", read_role_play)
        self.pages: dict[str, Page] = {}
        """By file (or folder, for one without documents), in the order of reading."""

    def library(self) -> Library:
        return Library(
            questions=self.questions.documents,
            examples=self.examples.documents,
            guides=self.guides.documents,
            plans=self.plans.documents,
            role_plays=self.role_plays.documents,
        )


@dataclass(frozen=True)
class Reading:
    """What stands in some folders, mistakes and all."""

    library: Library
    """The documents that could be read."""
    near: Library
    """The documents beside them, where links may lead too."""
    pages: Mapping[str, Page]
    """By file: what is wrong with it, and where its texts stand."""

    @property
    def problems(self) -> list[ContentError]:
        """Every mistake, file by file."""
        return [problem for page in self.pages.values() for problem in page.problems]


def read_folders(folders: Sequence[Path], beside: Sequence[Path] = ()) -> Reading:
    """Reads every document in the folders; their links may also lead to documents in the folders beside them."""
    near = _read_all_in([folder for folder in beside if folder.resolve() not in {one.resolve() for one in folders}])
    found = _read_all_in(folders)
    _check_links(found, near)
    return Reading(found.library(), near.library(), found.pages)


def load_library(folders: Sequence[Path]) -> Library:
    """Every document in the folders, links checked.

    Raises:
        ContentError: the first mistake; it says how many more there are.
    """
    found = read_folders(folders)
    if problems := found.problems:
        also = f" (and {len(problems) - 1} more: `interviewer check DIR` lists them)" if len(problems) > 1 else ""
        raise ContentError(f"{problems[0]}{also}")
    return found.library


def check_folder(path: Path, beside: Sequence[Path] = ()) -> list[ContentError]:
    """All mistakes in a content folder, file by file; its links may also lead to the folders beside it."""
    return read_folders([path], beside).problems


def read_page(document: QuestionDocument) -> Page:
    """Where the texts of a question stand, from its file."""
    page = Page(document.source)
    text = _read_text(Path(document.source), page)
    if text is not None:
        read_question(text, page)
    return page


class LiveLibrary:
    """The library of some folders, read again when one of their files has changed."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Reads the folders.

        Raises:
            ContentError: see `load_library`.
        """
        self._folders = tuple(folders)
        self._stamps = _stamps(self._folders)
        self._notice = ""
        self.library = load_library(self._folders)

    def renew(self) -> str:
        """Reads all again if a file was changed, added or taken away.

        Returns:
            A sentence when a document can't be read: the library is then the last one that could. Else nothing.
        """
        stamps = _stamps(self._folders)
        if stamps != self._stamps:
            self._stamps, self._notice = stamps, ""
            try:
                self.library = load_library(self._folders)
            except ContentError as mistake:
                self._notice = f"{mistake}. Until that is put right, all documents are used as they were before."
        return self._notice


def _stamps(folders: Sequence[Path]) -> dict[Path, tuple[int, int]]:
    """When each document was last changed, and its size."""
    found: dict[Path, tuple[int, int]] = {}
    for file in (file for folder in folders for shelf in _SHELVES for file in _files(folder / shelf)):
        with suppress(OSError):  # gone since it was listed
            state = file.stat()
            found[file] = (state.st_mtime_ns, state.st_size)
    return found


def _read_all_in(folders: Sequence[Path]) -> _Shelves:
    found = _Shelves()
    for folder in {folder.resolve(): folder for folder in folders}.values():
        already = len(found.pages)
        _read_all(folder, found.questions, found.pages)
        _read_all(folder, found.examples, found.pages)
        _read_all(folder, found.guides, found.pages)
        _read_all(folder, found.plans, found.pages)
        _read_all(folder, found.role_plays, found.pages)
        if len(found.pages) == already:
            what = "holds no documents" if folder.is_dir() else "is not a folder"
            page = found.pages[str(folder)] = Page(str(folder))
            shelves = [f"{shelf}/*.md" for shelf in _SHELVES]
            page.wrong(1, f"{what}: expected {', '.join(shelves[:-1])} or {shelves[-1]} in it")
    return found


def _read_all(folder: Path, shelf: _Shelf[D], pages: dict[str, Page]) -> None:
    for file in _files(folder / shelf.folder):
        page = pages[str(file)] = Page(str(file))
        text = _read_text(file, page)
        document = shelf.read(text, page) if text is not None else None
        if document is None:
            shelf.unread.add(file.stem)
        else:
            _put(document, file, shelf, page)


def _put(document: D, file: Path, shelf: _Shelf[D], page: Page) -> None:
    id_, line = document.id, page.line("id")
    if id_ != file.stem:
        page.wrong(line, f"id `{id_}` is not the file's name: rename the file to {id_}.md, or change the id")
    first = shelf.documents.setdefault(id_, document)
    if first is not document:
        page.wrong(line, f"id `{id_}` is already used by {first.source}: rename one of the two")


def _files(folder: Path) -> list[Path]:
    found = folder.rglob("*.md") if folder.is_dir() else ()
    return sorted(file for file in found if file.name != "README.md" and not file.name.startswith("."))


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


def _check_links(found: _Shelves, near: _Shelves) -> None:
    examples = found.examples.names | near.examples.names
    guides = found.guides.names | near.guides.names
    for question in found.questions.documents.values():
        page = found.pages[question.source]
        _check_names(question.examples, examples, page, "examples", "worked example")
        _check_names(question.guides, guides, page, "guides", "guide")
    for plan in found.plans.documents.values():
        questions = found.questions.names | near.questions.names
        _check_names(plan.questions, questions, found.pages[plan.source], "questions", "question")
    for play in found.role_plays.documents.values():
        page = found.pages[play.source]
        _check_names((play.question,), found.questions.names | near.questions.names, page, "question", "question")
        _check_names((play.example,), examples, page, "example", "worked example")
    if found.questions.unread | near.questions.unread:
        return  # the criteria of a question that can't be read are not known
    criteria = {*_criteria(found.questions.documents), *_criteria(near.questions.documents)}
    for example in found.examples.documents.values():
        _check_names(example.shows, criteria, found.pages[example.source], "shows", "criterion")
    for guide in found.guides.documents.values():
        for number, step in enumerate(guide.steps):
            _check_names(step.shows, criteria, found.pages[guide.source], ("steps", number), "criterion")


def _criteria(questions: Mapping[str, QuestionDocument]) -> Iterator[str]:
    for question in questions.values():
        for listed in (question.key_points, question.motivations, question.red_flags):
            yield from (one.id for one in listed)


def _check_names(
    names: Sequence[str], known: Collection[str], page: Page, where: str | tuple[str, int], what: str
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
