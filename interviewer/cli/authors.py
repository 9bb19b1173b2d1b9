"""The commands of those who write documents: import, begin, check and preview."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from .flags import THE_ANSWER, ContentFlag, PromptsFlag, settings_of
from .output import counted, fail, note

__all__ = ["check", "import_", "new", "preview"]


def import_(
    page: Annotated[Path, typer.Argument(metavar="PAGE.txt", help="A page of text: a question, examples or steps.")],
    out: Annotated[Path, typer.Option(help="Folder that gets questions/, examples/ and guides/.")] = Path("content"),
    force: Annotated[bool, typer.Option(help="Write over documents that are there already.")] = False,
) -> None:
    """Turn a page of text into documents."""
    from ..commands import import_documents

    for path in import_documents(page, out, force=force):
        typer.echo(str(path))


def new(
    id: Annotated[str, typer.Argument(help="Lower-case words joined by hyphens, e.g. late-delivery.")],
    kind: Annotated[
        Literal["question", "example", "guide", "role-play"],
        typer.Option(help="What to begin: question, example, guide or role-play."),
    ] = "question",
    out: Annotated[Path, typer.Option(help="Folder that gets questions/, examples/, guides/ or roleplays/.")] = Path(
        "content"
    ),
) -> None:
    """Begin a document: a commented skeleton to fill in."""
    from ..authoring import new_document, next_step

    typer.echo(str(new_document(id, kind, out)))
    note(next_step(id, kind, out))


def check(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="[DIR]...", help="Folders of documents; the shipped ones if none.")
    ] = None,
    content: Annotated[
        list[Path] | None,
        typer.Option("--content", help="A folder that links may lead to; may be given several times."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for warnings too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON, for other programs.")] = False,
) -> None:
    """Check documents without a model; exit code 1 when anything is wrong."""
    from ..authoring import check_documents

    checked = check_documents(folders or (), settings_of(content=content))
    errors, warnings = checked.count("error"), checked.count("warning")
    if as_json:
        typer.echo(json.dumps(checked.as_json(), ensure_ascii=False, indent=2))
        sys.exit(1 if errors or (strict and warnings) else 0)
    for finding in checked.findings:
        typer.echo(str(finding), err=True)
    told = [counted(errors, "problem")] * bool(errors) + [counted(warnings, "warning")] * bool(warnings)
    if errors or (strict and warnings):
        fail(f"{' and '.join(told)} found.")
    library = checked.library
    counts = [
        counted(len(library.questions), "question"),
        counted(len(library.examples), "worked example"),
        counted(len(library.guides), "guide"),
    ]
    counts += [counted(len(library.plans), "interview plan")] * bool(library.plans)
    counts += [counted(len(library.role_plays), "role-play")] * bool(library.role_plays)
    typer.echo(f"{', '.join(counts)}: {'; '.join(['no problem found', *told])}.")


def preview(
    question: Annotated[str, typer.Argument(help="Id of a question.")],
    answer: Annotated[str, typer.Option(help="An answer to show in place.")] = THE_ANSWER,
    margin: Annotated[
        bool, typer.Option("--margin/--no-margin", help="Which line of the document each line comes from.")
    ] = True,
    content: ContentFlag = None,
    prompts: PromptsFlag = None,
) -> None:
    """Print the exact prompts of a question, with their token counts."""
    from ..commands import preview as prompts_of

    sections = prompts_of(settings_of(content=content, prompts=prompts), question, answer)
    width = max(len(origin) for section in sections for origin in section.margin)
    for section in sections:
        typer.echo(f"── {section.title} · {section.tokens} tokens ──")
        for origin, line in zip(section.margin, section.text.split("\n"), strict=True):
            typer.echo(f"{origin:>{width}} │ {line}" if margin else line)
        typer.echo()
