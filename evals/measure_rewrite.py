"""Measures how much of a model's rewrites the check of facts leaves; writes `results/rewrite.json` and `rewrite.md`.

python evals/measure_rewrite.py            checks the texts that were written before, offline, in seconds
python evals/measure_rewrite.py --record   first has the embedded model rewrite all of them, five to ten minutes on two
                                           cores

The answers are one dev answer of at least fifty words of each of eight questions, the first ones by name; what is
missing in them is by the built-in grader. `invented` is read and counted by hand: sentences that were kept and say what
the answer doesn't. It stays in the file as long as the texts do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from interviewer.build import open_panel
from interviewer.content import load_library
from interviewer.evaluation.records import Case
from interviewer.evaluation.sets import load_set
from interviewer.folders import bundled
from interviewer.grading import grade
from interviewer.panel import Panel
from interviewer.rewrite import read_lines, rewrite, says_something, share_told, why_not_shown
from interviewer.schema import Grade, Library, Line
from interviewer.settings import Settings

HERE = Path(__file__).resolve().parent
FILE = HERE / "results" / "rewrite.json"
ANSWERS = 8
LEAST_WORDS = 50
UNREAD = "not read yet"


def chosen(library: Library) -> list[Case]:
    """The first dev answer long enough of each of the first questions by name."""
    found: dict[str, Case] = {}
    for case in sorted(load_set("dev", library), key=lambda case: case.id):
        if case.question_id not in found and len(" ".join(case.answers).split()) >= LEAST_WORDS:
            found[case.question_id] = case
    return [found[question] for question in sorted(found)][:ANSWERS]


async def _record(panel: Panel, cases: list[Case]) -> dict[str, Any]:
    if panel.interviewer.llm is None:
        raise SystemExit("There is no model to measure: interviewer model pull")
    rows = []
    for case in cases:
        document = panel.library.questions[case.question_id]
        assert panel.reader is not None
        graded = grade(
            document, case.answers, asked=case.asked, decider=panel.reader, prompts=panel.prompts,
            library=panel.library, id=case.id,
        )  # fmt: skip
        latest = [one async for one in graded][-1]
        began, told = time.monotonic(), ""
        async for piece in rewrite(document, case.answers, latest, llm=panel.interviewer.llm, prompts=panel.prompts):
            told += piece if isinstance(piece, str) else ""
        seconds = time.monotonic() - began
        print(f"{case.id}: {seconds:.0f} s", flush=True)
        rows.append({"id": case.id, "seconds": round(seconds, 1), "told": told, "invented": None})
        rows[-1]["grade"] = latest.model_dump(mode="json", exclude_defaults=True)
    return {"model": panel.interviewer.name, "prompt": panel.prompts.hash("rewrite"), "rows": rows}


def measure(library: Library) -> tuple[dict[str, Any], list[tuple[Line, ...]]]:
    """What was recorded, and the sentences of each text as the check judges them now."""
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    cases = {case.id: case for case in chosen(library)}
    grades = (Grade.model_validate(row["grade"]) for row in kept["rows"])
    made = []
    for row, judged in zip(kept["rows"], grades, strict=True):
        case = cases[row["id"]]
        lines = read_lines(row["told"], library.questions[case.question_id], case.answers, judged)
        row["share"] = share_told(lines, case.answers, judged)
        row["why_not"] = why_not_shown(lines, case.answers, judged, kept["model"])
        made.append(lines)
    return kept, made


def table(kept: dict[str, Any], made: list[tuple[Line, ...]]) -> str:
    """The figures as Markdown, each sentence of the model below."""
    head = (
        f"Model `{kept['model']}`, {len(made)} dev answers. *Written*: sentences with more than blanks. *Kept*: by\n"
        "the check. *Told*: how many of the answer's telling words they hold. *Shown*: the model's text, or the\n"
        "candidate's own sentences where fewer than half were kept or less than a third is told.\n"
        "*Invented*: kept sentences that say what the answer doesn't, read by hand.\n\n"
        "| answer | written | kept | told | shown | invented | seconds |\n|---|---|---|---|---|---|---|\n"
    )
    rows, details, shown = [], [], 0
    for row, lines in zip(kept["rows"], made, strict=True):
        written, left = counts(lines)
        models = not row["why_not"]
        shown += models
        name = "model's" if models else "own"
        new = UNREAD if row["invented"] is None else row["invented"]
        rows.append(
            f"| `{row['id']}` | {written} | {left} | {row['share']:.0%} | {name} | {new} | {row['seconds']:.0f} |"
        )
        details += [f"\n`{row['id']}`\n", *(f"- {_marked(line)}" for line in lines)]
    written, left = (sum(column) for column in zip(*map(counts, made), strict=True))
    seconds = sum(row["seconds"] for row in kept["rows"]) / len(made)
    read = [row["invented"] for row in kept["rows"] if row["invented"] is not None]
    invented = sum(read) if len(read) == len(made) else UNREAD
    share = f"{left} ({left / written:.0%})"
    rows.append(
        f"| **all** | {written} | {share} | | {shown} of {len(made)} model's | {invented} | {seconds:.0f} on average |"
    )
    return head + "\n".join(rows) + "\n" + "\n".join(details) + "\n"


def counts(lines: tuple[Line, ...]) -> tuple[int, int]:
    """Sentences that say something, and those of them that were kept."""
    telling = [line for line in lines if says_something(line)]
    return len(telling), sum(not line.left_out for line in telling)


def _marked(line: Line) -> str:
    return f"~~{line.text}~~ {line.left_out}" if line.left_out else line.text


def main() -> None:
    """Records if told to, then checks and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="have the embedded model write them anew")
    library = load_library([bundled("content")])
    if parser.parse_args().record:
        with open_panel(Settings()) as panel:
            found = asyncio.run(_record(panel, chosen(library)))
        FILE.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    text = table(*measure(library))
    FILE.with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
