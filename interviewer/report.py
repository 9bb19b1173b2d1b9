"""Writes the parts of the documentation that quote the program; never anything a reader could not check."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .content import document_schema, load_library
from .content import questions_table as content_table
from .costs import cost_table
from .errors import InterviewerError
from .folders import bundled, checkout
from .prompts import Prompts
from .published import adapter_card, agreement_table, model_card, robustness_table, table
from .settings import Settings

__all__ = [
    "LAYERS",
    "adapter_card",
    "agreement_table",
    "command_line",
    "cost_table",
    "library_table",
    "model_card",
    "module_map",
    "prompts_table",
    "questions_table",
    "quoted",
    "robustness_table",
    "schema_text",
    "scoring_rule",
    "settings_table",
]

LAYERS: tuple[tuple[str, str], ...] = (
    ("Records", "errors schema"),
    ("The sentences people read", "phrases"),
    ("The sentences a grade holds", "written"),
    (
        "Small and pure",
        "folders settings markup giveaways naming pagetext intake quotes sentences steering rubric scoring agreement "
        "probes advice replies plans places overlaps calibrated sampling copied second delivery roleplay "
        "in_role pasted stems progress trust",
    ),
    ("Every criterion and its verdict", "criteria"),
    ("Verdicts and tempers, compared and in words", "attempts wording temper"),
    (
        "Edges: one outside thing each",
        "documents typeset margins prompts llm local_model encoder store tokens language stated schedule",
    ),
    (
        "Made of edges",
        "facts recounting content importer hearing recordings decisions_api chat_decider readout builtin fit brief "
        "published",
    ),
    ("Judging", "deciders grading lint labelling costs overview sides"),
    ("The conversation", "interview disputes reasons retelling rewrite"),
    ("A talk that is played, and interviews as files", "acting exports"),
    ("Who interviews and who grades; what is done with what was kept", "panel data_desk group"),
    ("Places to use it", "page terminal batch report"),
    ("Where objects are built", "build"),
    ("Measuring graders", "evaluation"),
    ("Commands that hold no interview", "commands authoring label_desk eval_desk data_files"),
    ("What follows from a run", "gate_desk report_desk calibration_desk"),
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
        lines += [f"**{number} · {job}**", "", table(("module", "job"), rows), ""]
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
    return table(("template", "what it is", "variables"), rows)


def command_line(*command: str) -> str:
    """What `interviewer … --help` prints, in a fenced block 100 columns wide."""
    plain = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "TERM": "dumb"}
    run = [sys.executable, "-m", "interviewer", *command, "--help"]
    done = subprocess.run(run, capture_output=True, text=True, encoding="utf-8", env=plain, check=True)  # noqa: S603
    return "```text\n" + "\n".join(line.rstrip() for line in done.stdout.strip().splitlines()) + "\n```"


def settings_table() -> str:
    """Every environment variable with its default."""
    rows = [(f"`{name}`", meaning, default) for name, default, meaning in Settings.table()]
    return table(("variable", "what it does", "default"), rows)


def questions_table(folder: str = "") -> str:
    """The packaged questions; `folder` is where `questions/` lies as seen from the page."""
    table = content_table(load_library([bundled("content")])).rstrip()
    return table.replace("](questions/", f"]({folder}questions/")


def library_table() -> str:
    """What the library holds, and how far the raters of its labelled answers agree."""
    library, root = load_library([bundled("content")]), checkout()
    questions = library.questions.values()
    kinds = ("questions", "examples", "guides", "plans", "role_plays")
    rows = [
        ("documents", ", ".join(f"{len(getattr(library, kind))} {DOCUMENTS[kind]}" for kind in kinds)),
        ("roles", str(len({document.role for document in questions}))),
        ("functions", _counted(document.function for document in questions)),
    ]
    head = table(("the library", ""), rows)
    if root is None:
        return head
    raters = json.loads((root / "evals" / "results" / "raters.json").read_text(encoding="utf-8"))
    seed = raters["questions"]["difficult-customers"]
    newer = raters["all but difficult-customers"]
    columns = [(f"`difficult-customers`, {seed['answers']}", seed)]
    columns += [(f"the other {len(raters['questions']) - 1} questions, {newer['answers']}", newer)]
    figures = table(("labelled answers", *(name for name, _ in columns)), _rater_rows([one for _, one in columns]))
    return f"{head}\n\n{figures}"


DOCUMENTS = {
    "questions": "questions",
    "examples": "worked examples",
    "guides": "guides",
    "plans": "interview plans",
    "role_plays": "role-plays",
}


def _counted(values: Iterable[str]) -> str:
    counts = Counter(values)
    return f"{len(counts)}: " + ", ".join(f"{value} {count}" for value, count in sorted(counts.items()))


def _rater_rows(columns: Sequence[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """One row a figure."""
    yield "of at most 60 words", *(f"{one['short']:.0%}" for one in columns)
    yield "raters, language models all", *(", ".join(one["labellers"]) for one in columns)
    for key, name in AGREED.items():
        yield f"the two raters: {name}", *(f"{one[key]:.2f}" for one in columns)
    for key, name in AGREED.items():
        yield (
            f"each with the settled label: {name}",
            *(f"{one['settled']['first'][key]:.2f}, {one['settled']['second'][key]:.2f}" for one in columns),
        )
    yield "verdicts settled by a third, model-rater-5", *(_ways(one["settled"]["adjudicated"]) for one in columns)
    yield "length and band, Spearman", *(f"{one['length_band_spearman']:.2f}" for one in columns)


AGREED = {
    "key_points_macro_f1": "key points, macro-F1",
    "red_flags_f1": "red flags, F1",
    "band_qwk": "band, QWK",
}


def _ways(ways: dict[str, int]) -> str:
    return f"{ways['verdicts']}: the kinder one {ways['kinder']} times, the stricter one {ways['stricter']}"


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


def main() -> None:
    """Write the generated files; `make docs` then fills the blocks of the READMEs."""
    root = checkout()
    if root is None:
        raise InterviewerError("The documentation is written in a checkout, and this package is an installed one.")
    (root / "content" / "question.schema.json").write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
