"""Helps coaches write documents: begins one, and checks folders of them; never changes what a coach has written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from .content import Reading, read_folders
from .documents import DOCUMENT_ID
from .encoder import load
from .errors import ContentError
from .folders import bundled
from .lint import Severity, lint_question
from .markup import Page
from .schema import Library
from .settings import Settings

__all__ = ["Checked", "Finding", "Kind", "check_documents", "new_document", "next_step"]

Kind = Literal["question", "example", "guide", "role-play"]
_FOLDERS: dict[Kind, str] = {
    "question": "questions", "example": "examples", "guide": "guides", "role-play": "roleplays",
}  # fmt: skip


# ── beginning a document ─────────────────────────────────────────────────────────────────────────────


def new_document(id: str, kind: Kind, out: Path) -> Path:
    """Writes a commented skeleton for the author to fill in; the file written.

    Raises:
        ContentError: the id can't be one, the file is there already, or it can't be written.
    """
    if not re.fullmatch(DOCUMENT_ID, id):
        raise ContentError(f"{id!r} can't be an id: write lower-case words joined by hyphens, e.g. late-delivery.")
    path = out / _FOLDERS[kind] / f"{id}.md"
    skeleton = (bundled("content") / "skeletons" / f"{kind}.md").read_text(encoding="utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(skeleton.replace("id: ID\n", f"id: {id}\n", 1))
    except OSError as wrong:
        there = isinstance(wrong, FileExistsError) and path.is_file()
        why = "is there already and stays as it is" if there else f"can't be written ({wrong.strerror or wrong})"
        raise ContentError(f"{path} {why}: choose another id, or --out DIR.") from wrong
    return path


def next_step(id: str, kind: Kind, out: Path) -> str:
    """What the author does with a new document, in a few sentences."""
    then = {
        "question": f"`interviewer preview {id} --content {out}` then shows the prompts made from it.",
        "example": f"Then link it: add `{id}` to `examples` in the head of each question it fits.",
        "guide": f"Then link it: add `{id}` to `guides` in the head of each question it fits.",
        "role-play": f"`interviewer chat --role-play {id} --content {out}` then plays it.",
    }
    return f"Fill in what is empty; `interviewer check {out}` names what is left. {then[kind]}"


# ── checking ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Finding:
    """Something to put right or to look at in one line of a document."""

    file: str
    line: int
    severity: Severity
    rule: str
    """`document` for what keeps it from being read, else one of `lint`'s or of this module's."""
    message: str
    suggestion: str

    def __str__(self) -> str:
        kind = "" if self.severity == "error" else "warning: "
        advice = f": {self.suggestion}" if self.suggestion else ""
        return f"{self.file}:{self.line}: {kind}{self.message}{advice}"


@dataclass(frozen=True)
class Checked:
    """What a check found."""

    library: Library
    """The documents that could be read."""
    findings: tuple[Finding, ...]
    """File by file, from the first line to the last."""

    def count(self, severity: Severity) -> int:
        """How many findings are so severe."""
        return sum(finding.severity == severity for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Version 1; fields may be added within a version."""
        return {
            "version": 1,
            "errors": self.count("error"),
            "warnings": self.count("warning"),
            "findings": [asdict(finding) for finding in self.findings],
        }


def check_documents(folders: Sequence[Path], settings: Settings, *, only: str = "") -> Checked:
    """Everything wrong or doubtful in the folders; in the shipped documents when no folder is given.

    Links may also lead to shipped documents and to those of the settings' folders, as they may when they are used.

    Args:
        folders: of documents.
        settings: whose `content` links may lead to.
        only: a document's `source`; nothing is then said of the others, which takes a fraction of the time.
    """
    shipped = bundled("content")
    reading = read_folders(folders or [shipped], beside=[shipped, *settings.content])
    found = [*_mistakes(reading), *_remarks(reading, only), *_taken(reading), *_unlinked(reading)]
    order = {file: number for number, file in enumerate(reading.pages)}
    found.sort(key=lambda one: (order[one.file], one.line))
    return Checked(reading.library, tuple(one for one in found if only in ("", one.file)))


def _mistakes(reading: Reading) -> Iterator[Finding]:
    for file, page in reading.pages.items():
        for line, fault in page.faults:
            # A fault says what is wrong, a colon and what to do; a colon between backticks belongs to what is quoted.
            message, *advice = re.split(r": (?=[^`]*(?:`[^`]*`[^`]*)*$)", fault, maxsplit=1)
            yield Finding(file, line, "error", "document", message, "".join(advice))


def _remarks(reading: Reading, only: str) -> Iterator[Finding]:
    for document in reading.library.questions.values():
        if only not in ("", document.source):
            continue
        page = reading.pages[document.source]
        for remark in lint_question(document, load().criterion):
            line = page.line(*remark.place)
            yield Finding(page.source, line, remark.severity, remark.rule, remark.message, remark.suggestion)


def _taken(reading: Reading) -> Iterator[Finding]:
    """Documents whose ids are in use elsewhere: the folder can't be added to those others."""
    library, near = reading.library, reading.near
    for mine, theirs in (
        (library.questions, near.questions),
        (library.examples, near.examples),
        (library.guides, near.guides),
        (library.plans, near.plans),
        (library.role_plays, near.role_plays),
    ):
        for id in mine.keys() & theirs.keys():
            page = reading.pages[mine[id].source]
            message = f"`{id}` is also the id of {theirs[id].source}"
            yield _about(page, "taken-id", message, "choose another one, or this folder can't be added with --content")


def _unlinked(reading: Reading) -> Iterator[Finding]:
    questions = [*reading.library.questions.values(), *reading.near.questions.values()]
    for what, linked, documents in (
        ("worked example", {id for one in questions for id in one.examples}, reading.library.examples),
        ("guide", {id for one in questions for id in one.guides}, reading.library.guides),
    ):
        for id in documents.keys() - linked:
            page = reading.pages[documents[id].source]
            yield _about(page, "unlinked", f"no question links this {what}", f"add `{id}` to the head of one it fits")


def _about(page: Page, rule: str, message: str, suggestion: str) -> Finding:
    return Finding(page.source, page.line("id"), "warning", rule, message, suggestion)
