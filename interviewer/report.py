"""Writes the parts of the documentation that quote the program; never anything a reader could not check."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .content import document_schema, load_library
from .content import questions_table as content_table
from .errors import InterviewerError
from .folders import bundled, checkout
from .prompts import Prompts
from .schema import Agreement
from .settings import Settings

__all__ = [
    "LAYERS",
    "agreement_table",
    "command_line",
    "module_map",
    "prompts_table",
    "questions_table",
    "quoted",
    "schema_text",
    "scoring_rule",
    "settings_table",
]

LAYERS: tuple[tuple[str, str], ...] = (
    ("Records", "errors schema"),
    (
        "Small and pure",
        "folders settings markup giveaways naming pagetext intake quotes sentences steering rubric scoring agreement "
        "probes advice replies plans places overlaps calibrated",
    ),
    (
        "Edges: one outside thing each",
        "documents typeset margins prompts llm local_model encoder store tokens language wording stated",
    ),
    ("Made of edges", "content importer recordings decisions_api chat_decider readout builtin"),
    ("Judging", "deciders grading lint labelling"),
    ("The conversation", "interview"),
    ("Who interviews and who grades", "panel"),
    ("Places to use it", "page terminal batch report"),
    ("Where objects are built", "build"),
    ("Measuring graders", "evaluation"),
    ("Commands that hold no interview", "commands authoring label_desk eval_desk"),
    ("What follows from a run", "gate_desk calibration_desk"),
    ("The command line", "cli"),
    ("The command", "__main__"),
)
"""The modules from the lowest layer to the highest: a module imports only from layers below its own."""

PACKAGE = Path(__file__).resolve().parent


def module_map() -> str:
    """Every module with the first sentence of its docstring, under its layer."""
    lines: list[str] = []
    for number, (job, names) in enumerate(LAYERS):
        rows = [row for name in names.split() for row in _module_rows(name)]
        lines += [f"**{number} · {job}**", "", _table(("module", "job"), rows), ""]
    return "\n".join(lines).rstrip()


def _module_rows(name: str) -> Iterator[tuple[str, str]]:
    folder = PACKAGE / name
    files = sorted(folder.glob("*.py")) if folder.is_dir() else [PACKAGE / f"{name}.py"]
    for file in files:
        if file.is_file():
            dotted = file.relative_to(PACKAGE).with_suffix("").as_posix().removesuffix("/__init__")
            yield f"`{dotted}`", _first_sentence(file)


def _first_sentence(file: Path) -> str:
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def prompts_table() -> str:
    """Every template with its variables and purpose, from its opening comment."""
    prompts = Prompts()
    rows = []
    for name in prompts.names():
        opening = re.match(
            r"\{#\s*Variables:\s*(.*?)\.\s+(.*?)\s*#\}", prompts.source(name).read_text(encoding="utf-8")
        )
        variables, purpose = opening.groups() if opening else ("", "")
        rows.append((f"`{name}`", purpose, variables))
    return _table(("template", "what it is", "variables"), rows)


def command_line(*command: str) -> str:
    """What `interviewer … --help` prints, in a fenced block 100 columns wide."""
    plain = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "TERM": "dumb"}
    run = [sys.executable, "-m", "interviewer", *command, "--help"]
    done = subprocess.run(run, capture_output=True, text=True, encoding="utf-8", env=plain, check=True)  # noqa: S603
    return "```text\n" + "\n".join(line.rstrip() for line in done.stdout.strip().splitlines()) + "\n```"


def settings_table() -> str:
    """Every environment variable with its default."""
    rows = [(f"`{name}`", meaning, default) for name, default, meaning in Settings.table()]
    return _table(("variable", "what it does", "default"), rows)


def questions_table(folder: str = "") -> str:
    """The packaged questions; `folder` is where `questions/` lies as seen from the page."""
    table = content_table(load_library([bundled("content")])).rstrip()
    return table.replace("](questions/", f"]({folder}questions/")


def agreement_table() -> str:
    """How far each decider agreed with raters, from every published result."""
    rows = [
        (
            f"`{decider}`",
            agreement.split,
            f"{agreement.key_point_macro_f1:.2f}",
            f"{agreement.key_point_coverage:.0%}",
            f"{agreement.red_flag_f1:.2f}",
            "—" if agreement.band_qwk is None else f"{agreement.band_qwk:.2f}",
            f"{agreement.labellers}, {agreement.measured}",
        )
        for decider, agreement in sorted(_agreements(), key=lambda pair: (pair[1].split, pair[0]))
    ]
    if not rows:
        return "No decider has been measured yet."
    head = ("decider", "answers", "key points, macro-F1", "judged", "red flags, F1", "band, QWK", "raters, date")
    return _table(head, rows)


def _agreements() -> set[tuple[str, Agreement]]:
    places: list[Path] = sorted((PACKAGE / "weights").glob("*.json"))
    if (root := checkout()) is not None:
        places += sorted((root / "evals" / "results").glob("*.json"))
    found: set[tuple[str, Agreement]] = set()
    for file in places:
        found |= set(_search(json.loads(file.read_text(encoding="utf-8")), file.stem))
    return found


def _search(value: Any, decider: str) -> Iterator[tuple[str, Agreement]]:
    """Every `agreement`, and `elsewhere`, anywhere in a JSON value, with the decider named nearest above it."""
    if isinstance(value, list):
        for part in value:
            yield from _search(part, decider)
    elif isinstance(value, dict):
        decider = value.get("decider", decider) if isinstance(value.get("decider"), str) else decider
        for key, part in value.items():
            if key in ("agreement", "elsewhere") and isinstance(part, dict):
                yield decider, Agreement.model_validate(part)
            else:
                yield from _search(part, decider)


def scoring_rule() -> str:
    """The rule by which verdicts become coverage and a band, as its module states it."""
    text = ast.get_docstring(ast.parse((PACKAGE / "scoring.py").read_text(encoding="utf-8"))) or ""
    return text.partition("\n\n")[2].strip()


def quoted(text: str) -> str:
    """The text as a Markdown block quote."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def schema_text() -> str:
    """`content/question.schema.json`: what editors check a question's YAML head against."""
    return json.dumps(document_schema(), indent=2, ensure_ascii=False) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def line(cells: Sequence[str]) -> str:
        # A bar or a line break in a cell would end it.
        return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(head), "|" + "---|" * len(head), *(line(row) for row in rows)])


def main() -> None:
    """Write the generated files; `make docs` then fills the blocks of the READMEs."""
    root = checkout()
    if root is None:
        raise InterviewerError("The documentation is written in a checkout, and this package is an installed one.")
    (root / "content" / "question.schema.json").write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
