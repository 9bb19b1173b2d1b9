"""Runs graders over labelled answers for the command line: locally, from recordings, or asking; never prints.

Replaying is what happens unless told otherwise: the recordings of a set are `evals/recordings/DECIDER-SET.jsonl`.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import shlex
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from .build import DEFAULT_CHAT_MODEL, Asked, open_asked, open_library, read_price
from .builtin import BuiltinDecider
from .calibrated import calibrate_decider
from .deciders import decider_over, sampled_over
from .encoder import load
from .errors import AnswersError, RecordingError, SettingsError
from .evaluation.batches import model_of, read_replies, record_replies, request_lines
from .evaluation.records import Case, Outcome, RunFacts
from .evaluation.running import Work, run
from .evaluation.sets import NAMED, evals_folder, load_set, tell_apart
from .llm import Endpoint, OpenAIEndpoint
from .prompts import Prompts
from .recordings import RecordingEndpoint, ReplayingEndpoint
from .schema import Decider, DeciderName, Library
from .settings import Settings

__all__ = [
    "DEFAULT_SETS",
    "Order",
    "Ran",
    "Tally",
    "decider_maker",
    "evaluate",
    "export_requests",
    "import_replies",
]

DEFAULT_SETS = ("test", "unseen")
Mode = Literal["replay", "record", "live"]
Progress = Callable[[int, int], None]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What to run."""

    sets: tuple[str, ...] = DEFAULT_SETS
    decider: DeciderName = "builtin"
    mode: Mode = "replay"
    repeats: int = 1
    samples: int = 1
    """How many times the chat model is asked about each answer in each repeat; recorded in a set of their own."""
    model: str | None = None
    """As requests name it; None: the one that was recorded, or that the settings say."""
    concurrency: int = 4
    """Cases that an asked model grades at once."""
    recordings: Path | None = None
    """Folder of recordings other than the usual one."""

    def command(self, name: str) -> str:
        """What records a set for this order."""
        words = ["interviewer", "eval", name, "--decider", self.decider, "--record"]
        words += ["--model", self.model] if self.model else []
        words += ["--repeat", str(self.repeats)] if self.repeats > 1 else []
        words += ["--samples", str(self.samples)] if self.samples > 1 else []
        words += ["--recordings", str(self.recordings)] if self.recordings else []
        return shlex.join(words)

    def file(self, name: str) -> Path:
        """Where the recordings of a set are."""
        path = Path(name)
        named = path.suffix == "" and (name in NAMED or not path.is_file())
        folder = self.recordings or (evals_folder() if named else path.parent) / "recordings"
        asked = f"{self.decider}-{self.samples}-samples" if self.samples > 1 else self.decider
        return folder / f"{asked}-{path.stem}.jsonl"


@dataclass
class Tally:
    """What became of one set."""

    name: str
    cases: int
    graded: int = 0
    partly: int = 0
    unscored: int = 0
    seconds: float = 0.0

    def count(self, outcome: Outcome, seconds: float) -> None:
        """One more outcome, and how long it took to come."""
        self.seconds += seconds
        status = outcome.grade.status
        self.graded += status == "graded"
        self.partly += status == "partly_graded"
        self.unscored += status == "unscored"

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.cases} cases, {self.graded} graded, {self.partly} partly, {self.unscored} unscored, "
            f"{self.seconds:.1f} s"
        )


@dataclass(frozen=True)
class Ran:
    """A run that has ended."""

    facts: RunFacts
    cases: tuple[Case, ...]
    """Of all sets."""
    tallies: tuple[Tally, ...]
    """One a set."""
    out: Path
    """The outcomes: `evaluation.running.read_outcomes` reads them one at a time."""


@dataclass(frozen=True)
class _Graders:
    """Who grades each set, and where that comes from."""

    decider_for: Mapping[str, Callable[[int], Decider]]
    source: Literal["local", "replayed", "recorded", "live"]
    recorded: str = ""
    """The days of recordings that are replayed."""
    asked: Endpoint | None = None
    """Whose connections end with the run."""


def evaluate(settings: Settings, order: Order, out: Path, *, progress: Progress, say: Say = lambda _: None) -> Ran:
    """Grades the sets and writes every outcome to `out`.

    Raises:
        SettingsError: a set, a model or a grader asked for can't be had.
        AnswersError: a line of a set can't be used, or `out` can't be written.
        RecordingError: a recording is missing or stale; the message names the command that makes it.
        ProviderError: an asked model fails.
    """
    library, prompts = open_library(settings), Prompts(settings.prompts, remember=True)
    sets = _load(order, library)
    with _graders(settings, order, prompts, say) as found:
        graders = _calibrated(found, settings, prompts)
        first = next(iter(graders.decider_for.values()))(0)
        facts = RunFacts(
            sets=order.sets,
            decider=first.name,
            model=first.model,
            samples=order.samples,
            made=_today(),
            source=graders.source,
            recorded=graders.recorded,
            prompt_hash=prompts.hash("grader"),
            calibration=first.calibration,
            cases=sum(len(cases) for cases in sets.values()),
        )
        outcomes = run(
            [Work(cases, graders.decider_for[name]) for name, cases in sets.items()],
            out,
            facts,
            library=library,
            prompts=prompts,
            repeats=order.repeats,
            # The embedded model keeps one prompt's beginning for its grader: two answers by turns would be read anew.
            concurrency=order.concurrency if graders.asked and order.decider != "readout" else 1,
            price=read_price(settings),
            progress=progress,
        )
        tallies = asyncio.run(_count(outcomes, sets, graders.asked))
    return Ran(facts, tuple(case for cases in sets.values() for case in cases), tallies, out)


def _load(order: Order, library: Library) -> dict[str, tuple[Case, ...]]:
    sets = {name: load_set(name, library) for name in order.sets}
    tell_apart(sets.items())
    return sets


async def _count(
    outcomes: AsyncIterator[Outcome], sets: Mapping[str, Sequence[Case]], asked: Endpoint | None
) -> tuple[Tally, ...]:
    """Runs to the end; what became of each set. Connections belong to this event loop, so they end with it."""
    tallies = {name: Tally(name, len(cases)) for name, cases in sets.items()}
    tally_of = {case.id: tallies[name] for name, cases in sets.items() for case in cases}
    before = time.monotonic()
    try:
        async for outcome in outcomes:
            now = time.monotonic()
            tally_of[outcome.case].count(outcome, now - before)
            before = now
    finally:
        if isinstance(asked, OpenAIEndpoint):
            await asked.close()
    return tuple(tallies.values())


def _today() -> str:
    return datetime.date.today().isoformat()


# ── who grades ───────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _graders(settings: Settings, order: Order, prompts: Prompts, say: Say) -> Iterator[_Graders]:
    if order.decider == "builtin":
        if order.mode != "replay":
            raise SettingsError(f"The built-in grader always runs on this machine: leave out --{order.mode}.")
        decider = BuiltinDecider(load())
        yield _Graders(dict.fromkeys(order.sets, lambda _: decider), "local")
    elif order.mode == "replay":
        yield _replaying(order, prompts)
    else:
        with open_asked(settings, say=say) as asked:
            if order.mode == "live":
                make = decider_maker(order, asked.endpoint, asked.model, prompts, local=asked.local)
                yield _Graders(dict.fromkeys(order.sets, make), "live", asked=asked.endpoint)
            else:
                yield from _recording(order, asked, prompts)


def _calibrated(graders: _Graders, settings: Settings, prompts: Prompts) -> _Graders:
    """The same with the calibration in the settings, if there is one."""
    file, prompt_hash = settings.calibration, prompts.hash("grader")
    if file is None:
        return graders

    def over(make: Callable[[int], Decider]) -> Callable[[int], Decider]:
        return lambda repeat: calibrate_decider(make(repeat), file, prompt_hash=prompt_hash)

    return replace(graders, decider_for={name: over(make) for name, make in graders.decider_for.items()})


def decider_maker(
    order: Order, endpoint: Endpoint, model: str, prompts: Prompts, *, local: bool
) -> Callable[[int], Decider]:
    """The decider of each repeat, asking this endpoint; over recordings, every sample of every repeat apart."""

    def make(repeat: int) -> Decider:
        if order.samples == 1:
            return decider_over(order.decider, _at(endpoint, repeat), model, prompts, local=local)
        first = repeat * order.samples
        return sampled_over([_at(endpoint, first + n) for n in range(order.samples)], model, prompts)

    return make


def _at(endpoint: Endpoint, repeat: int) -> Endpoint:
    return endpoint.at(repeat) if isinstance(endpoint, RecordingEndpoint | ReplayingEndpoint) else endpoint


def _replaying(order: Order, prompts: Prompts) -> _Graders:
    """Deciders that ask recordings, as the model was asked that was recorded."""
    decider_for, models, days = {}, {}, set[str]()
    for name in order.sets:
        replaying = ReplayingEndpoint(order.file(name), command=order.command(name))
        models[name] = model = _recorded_model(order, name, replaying)
        days |= replaying.days[model]
        local = "id_slot" in replaying.first_of(model).request
        decider_for[name] = decider_maker(order, replaying, model, prompts, local=local)
    if len(set(models.values())) > 1:
        told = ", ".join(f"{name} by {model}" for name, model in models.items())
        raise SettingsError(f"The sets were graded by different models ({told}): run them one at a time.")
    return _Graders(decider_for, "replayed", " to ".join(dict.fromkeys((min(days), max(days)))))


def _recorded_model(order: Order, name: str, replaying: ReplayingEndpoint) -> str:
    known = sorted(replaying.days)
    if order.model in known:
        return str(order.model)
    if not known or order.model:
        what = f"of {order.model}" if order.model else "at all"
        others = f" (there are some of {', '.join(known)})" if known else ""
        raise RecordingError(
            f"{order.file(name)} holds no recording {what}{others}: record it with `{order.command(name)}`."
        )
    if len(known) > 1:
        raise SettingsError(f"{order.file(name)} holds recordings of {', '.join(known)}: choose one with --model NAME.")
    return known[0]


def _recording(order: Order, asked: Asked, prompts: Prompts) -> Iterator[_Graders]:
    """Deciders that ask and are written down; at the end of a whole run what is stale goes."""
    files = {name: order.file(name) for name in order.sets}
    endpoints = {
        name: RecordingEndpoint(asked.endpoint, file, resume=True, command=order.command(name))
        for name, file in files.items()
    }
    yield _Graders(
        {name: decider_maker(order, one, asked.model, prompts, local=asked.local) for name, one in endpoints.items()},
        "recorded",
        asked=asked.endpoint,
    )
    for name, endpoint in endpoints.items():
        if endpoint.missed:
            raise RecordingError(
                f"{files[name]}: {len(endpoint.missed)} requests failed, the last because: {endpoint.missed[-1]} "
                f"The others are recorded; go on with `{order.command(name)}`."
            )
        endpoint.tidy(stale_of=asked.model)


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────


def export_requests(settings: Settings, order: Order, file: Path) -> int:
    """Writes the chat grader's requests for a batch API; how many. Nothing is sent."""
    library, prompts = open_library(settings), Prompts(settings.prompts, remember=True)
    model = order.model or settings.model or DEFAULT_CHAT_MODEL
    count = 0
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", newline="\n") as out:
            for cases in _load(order, library).values():
                for line in request_lines(cases, model=model, library=library, prompts=prompts, repeats=order.repeats):
                    out.write(json.dumps(line, ensure_ascii=False) + "\n")
                    count += 1
    except OSError as wrong:
        raise AnswersError(f"{file}: can't be written: {wrong.strerror or wrong}.") from wrong
    return count


def import_replies(settings: Settings, order: Order, file: Path) -> tuple[dict[Path, int], tuple[str, ...]]:
    """Records a batch's replies: how many in each file of recordings, and which requests have no usable reply.

    Raises:
        AnswersError: the replies can't be read, or fit none of the sets.
        SettingsError: nobody says which model gave them.
    """
    library, prompts = open_library(settings), Prompts(settings.prompts, remember=True)
    sets, replies = _load(order, library), read_replies(file)
    model = order.model or model_of(replies.values())
    counts, missing = {}, list[str]()
    for name, cases in sets.items():
        work = record_replies(
            cases,
            replies,
            order.file(name),
            model=model,
            library=library,
            prompts=prompts,
            repeats=order.repeats,
            command=order.command(name),
        )
        counts[order.file(name)], without = asyncio.run(work)
        missing += without
    if replies and not sum(counts.values()):
        raise AnswersError(f"{file}: no reply fits a case of {', '.join(order.sets)}: name the sets it was made for.")
    return counts, tuple(missing)
