"""Measures how the interviewer speaks, on transcript prefixes; writes `results/interviewer.json` and `interviewer.md`.

python evals/measure_interviewer.py            replays what was recorded, offline, in seconds
python evals/measure_interviewer.py --record   first asks the embedded model for every line that isn't recorded
                                               yet, about seventy short ones, ten minutes on two idle cores; goes on
                                               where it stopped
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from interviewer import local_model
from interviewer.content import load_library
from interviewer.errors import RecordingError
from interviewer.evaluation.playing import Measured, WholeReplies, interviewer_over, load_prefixes, measure_speech, play
from interviewer.evaluation.records import Figure
from interviewer.evaluation.speech import RULES
from interviewer.folders import bundled
from interviewer.llm import Api, Endpoint, OpenAIEndpoint
from interviewer.prompts import Prompts
from interviewer.recordings import RecordingEndpoint, ReplayingEndpoint

HERE = Path(__file__).resolve().parent
SET = HERE / "sets" / "interviewer.jsonl"
RECORDING = HERE / "recordings" / "interviewer-embedded.jsonl"
COMMAND = "python evals/measure_interviewer.py --record"


class Known:
    """An endpoint that replies from earlier recordings where they hold the very request, else from a model."""

    def __init__(self, inner: Endpoint, *files: Path) -> None:
        self._inner = inner
        self._day = datetime.date.today()
        self._files = [ReplayingEndpoint(file, command=COMMAND) for file in files if file.is_file()]

    @property
    def host(self) -> str:
        """The model's."""
        return self._inner.host

    def day(self) -> datetime.date:
        """When the latest reply was made."""
        return self._day

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        """See `Endpoint`."""
        return await self._inner.send(api, body)

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """See `Endpoint`."""
        chunks = self._recorded(body)
        async for chunk in self._inner.stream(body) if chunks is None else _each(chunks):
            yield chunk

    def _recorded(self, body: dict[str, Any]) -> tuple[dict[str, Any], ...] | None:
        for file in self._files:
            with suppress(RecordingError):
                known = file.take("chat", body, stream=True)
                self._day = datetime.date.fromisoformat(known.recorded)
                return known.chunks
        self._day = datetime.date.today()
        return None


async def _each(chunks: tuple[dict[str, Any], ...]) -> AsyncIterator[dict[str, Any]]:
    for chunk in chunks:
        yield chunk


async def record(threads: int | None) -> None:
    """Asks the embedded model for the next line of every prefix that isn't recorded, and writes all of them anew."""
    path = local_model.find()
    if path is None:
        raise SystemExit("The embedded model is not there: `interviewer model pull` fetches it.")
    library, prompts = load_library([bundled("content")]), Prompts()
    prefixes = load_prefixes(SET, library)
    unfinished, stopped = RECORDING.with_suffix(".unfinished"), RECORDING.with_suffix(".stopped")
    if unfinished.is_file():
        unfinished.replace(stopped)
    with local_model.start(path, threads=threads) as server:
        inner = OpenAIEndpoint(base_url=server.base_url, api_key=server.api_key, timeout_seconds=900)
        known = Known(inner, RECORDING, stopped)
        endpoint = WholeReplies(RecordingEndpoint(known, unfinished, today=known.day))
        interviewer = interviewer_over(endpoint, server.model, prompts)
        for number, prefix in enumerate(prefixes, 1):
            began = time.monotonic()
            spoken = await play(prefix, library, interviewer, endpoint)
            print(f"{number}/{len(prefixes)} {prefix.id} ({time.monotonic() - began:.0f} s): {spoken.line}", flush=True)
        await inner.close()
    unfinished.replace(RECORDING)  # an interrupted run leaves the last whole recording as it was
    stopped.unlink(missing_ok=True)


def measure() -> tuple[Measured, Measured]:
    """The embedded model and the document's own words on every prefix, from the committed recording."""
    library = load_library([bundled("content")])
    prefixes = load_prefixes(SET, library)
    return asyncio.run(measure_speech(prefixes, library, Prompts(), RECORDING, command=COMMAND))


def result(measured: Measured) -> dict[str, Any]:
    """What is published of a row: the figures, and every line that was replaced or breaks a rule."""
    lines = [
        {
            "prefix": one.prefix.id,
            "said": one.spoken.turn.text,
            "said_breaks": list(one.said),
            **({"line": one.spoken.line, "line_breaks": list(one.line or ())} if one.spoken.line is not None else {}),
            **({"replaced": one.spoken.turn.replaced} if one.spoken.turn.replaced else {}),
        }
        for one in measured.judged
        if one.said or one.line or one.spoken.turn.replaced
    ]
    return {
        "interviewer": measured.interviewer,
        "recorded": measured.recorded,
        "figures": [figure.model_dump(exclude_defaults=True) for figure in measured.figures],
        "lines": lines,
    }


def table(rows: tuple[Measured, Measured]) -> str:
    """The figures as Markdown."""
    model, document = rows
    prefixes = [one.prefix for one in model.judged]
    told = (
        f"{len(prefixes)} transcript prefixes over {len({p.question_id for p in prefixes})} questions, written by a\n"
        f"language model; every line judged by the rules of `interviewer/evaluation/speech.py`, no model judges.\n"
        f"Model `{model.interviewer}`, recorded {model.recorded}. *Its line*: as the model wrote it. *Said*: what the\n"
        "candidate was told, the document's words where a line broke a rule of the interview's watch (*replaced*).\n"
        "*Verbatim*: the model only repeated the document's probe. *Document*: what is said without a model. In\n"
        "brackets how many prefixes; the model isn't asked at all of them.\n"
    )
    head = "its line | said | replaced | verbatim | document |\n|---|---|---|---|---|---|"
    parts = ["", *(f"situation:{name}" for name in sorted({p.situation for p in prefixes}))]
    by_part = [f"| {p.partition(':')[2] or '**all**'} {_cells(p, model, document)}" for p in parts]
    by_rule = [f"| {RULES[rule]} {_cells(f'rule:{rule}', model, document)}" for rule in RULES]
    head_rules = "its line | said | document |\n|---|---|---|---|"
    return "\n".join(
        [told, f"| situation | {head}", *by_part, "", f"| the line … | {head_rules}", *by_rule, "", *_broken(rows)]
    )


def _cells(part: str, model: Measured, document: Measured) -> str:
    keys = ["line_passed", "said_passed"]
    keys += [] if part.startswith("rule:") else ["line_replaced", "line_verbatim"]
    found = [_figure(model, key, part) for key in keys] + [_figure(document, "said_passed", part)]
    return "".join(f"| {'—' if f.value is None else f'{f.value:.0%}'} ({f.n}) " for f in found) + "|"


def _figure(measured: Measured, key: str, part: str) -> Figure:
    return next(figure for figure in measured.figures if (figure.key, figure.slice) == (key, part))


def _broken(rows: tuple[Measured, Measured]) -> list[str]:
    """Every line that was said and breaks a rule."""
    found = [
        f"- `{one.prefix.id}` ({one.spoken.turn.said_by}): {', '.join(one.said)}: “{one.spoken.turn.text}”"
        for row in rows
        for one in row.judged
        if one.said
    ]
    return ["Said, and breaking a rule:", "", *(found or ["- none"]), ""]


def main() -> None:
    """Records if told to, then measures and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="ask the embedded model for what isn't recorded")
    parser.add_argument("--threads", type=int, help="for the model; one per processor unless given")
    options = parser.parse_args()
    if options.record:
        asyncio.run(record(options.threads))
    rows = measure()
    text = json.dumps([result(row) for row in rows], indent=1, ensure_ascii=False) + "\n"
    (HERE / "results" / "interviewer.json").write_text(text, encoding="utf-8")
    (HERE / "results" / "interviewer.md").write_text(table(rows), encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
