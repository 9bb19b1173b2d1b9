"""Remembers what is still being worked on for each interview: grades coming in, drafts being read; never saves."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from ..errors import InterviewerError
from ..interview import answer, answers_to, with_grade
from ..panel import Panel
from ..schema import Dispute, Grade, Interview, Rewrite
from .better import Writing

__all__ = ["Work", "Works", "newest", "until"]

log = logging.getLogger(__name__)
T = TypeVar("T")

REMEMBERED = 200
"""Interviews remembered at once; what is forgotten is only unfinished work, the store has the rest."""


@dataclass
class Work:
    """What is going on for one interview."""

    grades: dict[str, Grade] = field(default_factory=dict)
    """The latest grade of each question, finished or stopped."""
    disputes: tuple[Dispute, ...] | None = None
    """All that the candidate sees differently; None until somebody has looked what is stored."""
    coming: Grade | None = None
    """The grade that is filling in."""
    reading: tuple[str, int, Grade] | None = None
    """Question id, number of answers with the draft, and what the reader made of them."""
    speech: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to cut off the line being spoken; a new one for each line."""
    unanswered: bool = False
    """Whether the last line failed to come, or was waited for no longer."""
    grading: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to stop the grading that runs; a new one for each."""
    rewrites: dict[str, Rewrite] = field(default_factory=dict)
    """The latest of each question."""
    writing: Writing | None = None
    """The rewrite that is being written."""
    rewriting: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to stop it; a new one for each."""
    draft: str = ""
    task: asyncio.Task[None] | None = None
    listened: int = 0
    """Turns of the interview when the model was last let read them."""
    listening: asyncio.Task[None] | None = None
    read_ahead: tuple[str, int] = ("", 0)
    """Question id, and how many sentences of its answers were read while they were written."""
    reading_ahead: asyncio.Task[None] | None = None

    def stop_listening(self) -> None:
        """Ends all that is read while the candidate types: the model is to speak now."""
        for task in (self.listening, self.reading_ahead):
            if task is not None:
                task.cancel()
        self.listening = self.reading_ahead = None

    def take_speech(self) -> asyncio.Event:
        """Cuts off what is being spoken, for whoever speaks now; e.g. the same page after a reload."""
        self.speech.set()
        self.speech = asyncio.Event()
        self.unanswered = False
        return self.speech

    def take_grading(self) -> asyncio.Event:
        """Stops the grading that runs, for the one that starts now."""
        self.grading.set()
        self.grading = asyncio.Event()
        return self.grading

    def take_rewriting(self) -> asyncio.Event:
        """Stops the rewriting that runs, for the one that starts now."""
        self.rewriting.set()
        self.rewriting = asyncio.Event()
        self.writing = None
        return self.rewriting

    def forget(self, question_id: str) -> None:
        """What was judged of this question is about words that are no longer its answer."""
        self.take_grading()
        self.take_rewriting()
        self.coming = None
        self.reading = None
        self.grades.pop(question_id, None)

    def merge(self, interview: Interview) -> Interview:
        """The interview with the latest grades and rewrites, and what is seen differently."""
        for grade in self.grades.values():
            interview = with_grade(interview, grade)
        if self.rewrites:
            interview = interview.model_copy(update={"rewrites": {**interview.rewrites, **self.rewrites}})
        return interview if self.disputes is None else interview.model_copy(update={"disputes": self.disputes})

    def known(self, interview: Interview) -> Grade | None:
        """What is known of the current question's answers: the reading of the last draft, else the last grade."""
        question_id = interview.question.id
        _, answers = answers_to(interview, question_id)
        if self.reading is not None and self.reading[:2] == (question_id, len(answers)):
            return self.reading[2]
        return self.grades.get(question_id, interview.grades.get(question_id))


class Works:
    """The work of every interview that was touched lately."""

    def __init__(self, panel: Panel, pause: Callable[[], Awaitable[object]]) -> None:
        """Works for a panel.

        Args:
            panel: who reads and listens.
            pause: waits between two readings of a draft.
        """
        self._panel = panel
        self._pause = pause
        self._works: OrderedDict[str, Work] = OrderedDict()
        self._deleted: set[str] = set()

    @property
    def ids(self) -> frozenset[str]:
        """Of the interviews that are remembered."""
        return frozenset(self._works)

    def deleted(self, interview_id: str) -> bool:
        """Whether it was deleted, though a tab may still show it: then nothing of it is kept any more."""
        return interview_id in self._deleted

    def of(self, interview: Interview) -> Work:
        """The interview's work; the interviews untouched longest are forgotten."""
        work = self._works.setdefault(interview.id, Work())
        self._works.move_to_end(interview.id)
        while len(self._works) > REMEMBERED:
            self._works.popitem(last=False)
        return work

    def forget(self, interview_ids: Iterable[str]) -> None:
        """They are deleted: stops what runs for them, and keeps no word of them."""
        for id in interview_ids:
            self._deleted.add(id)
            if work := self._works.pop(id, None):
                work.take_speech()
                work.take_grading()
                work.take_rewriting()
                work.stop_listening()
                if work.task is not None:
                    work.task.cancel()

    def restore(self, interview_ids: Iterable[str]) -> None:
        """They are there again, e.g. because they were imported."""
        self._deleted.difference_update(interview_ids)

    def read_soon(self, interview: Interview, draft: str) -> None:
        """Lets the reader look at the draft in the background; nobody waits for it."""
        work = self.of(interview)
        work.draft = draft
        if self._panel.reader is not None and (work.task is None or work.task.done()):
            work.task = asyncio.get_running_loop().create_task(self._read(interview, work))

    def listen_soon(self, interview: Interview) -> None:
        """Lets the model read what was said so far in the background, once a turn; nobody waits for it."""
        work = self.of(interview)
        if work.listened != len(interview.turns):
            work.stop_listening()
            work.listened = len(interview.turns)
            work.listening = asyncio.get_running_loop().create_task(_quietly(partial(self._panel.listen, interview)))

    def read_ahead_soon(self, interview: Interview) -> None:
        """Lets the models read the draft in the background, unless they grade; nobody waits for it."""
        work = self.of(interview)
        idle = work.reading_ahead is None or work.reading_ahead.done()
        if self._panel.reads_ahead and work.coming is None and idle:
            work.reading_ahead = asyncio.get_running_loop().create_task(self._read_ahead(interview, work))

    async def _read_ahead(self, interview: Interview, work: Work) -> None:
        known, now = -1, work.read_ahead[1] if work.read_ahead[0] == interview.question.id else 0
        while now > known:
            known = now
            read = await _quietly(partial(self._panel.read_ahead, interview, work.draft, known))
            if read is not None:
                now = read
                work.read_ahead = (interview.question.id, now)

    async def _read(self, interview: Interview, work: Work) -> None:
        read: str | None = None
        while read != work.draft:
            read = work.draft
            asked, answers = answers_to(answer(interview, read), interview.question.id)
            try:
                found = await self._panel.read(interview.question, answers, asked=asked)
            except Exception:
                # Only the choice of the next probe is poorer without it.
                log.exception("reading a draft failed")
                return
            if found is not None:
                work.reading = (interview.question.id, len(answers), found)
            await self._pause()


async def _quietly(read: Callable[[], Awaitable[T]]) -> T | None:
    """What reading ahead gives; None where it failed, which costs nothing but time."""
    try:
        return await read()
    except InterviewerError as failure:
        log.info("reading ahead failed, so the next line and its grade take longer: %s", failure)
    except Exception:
        log.exception("reading ahead failed")
    return None


async def until(stopped: asyncio.Event, pieces: AsyncIterator[T]) -> AsyncIterator[T]:
    """The pieces as they come, until the event is set; then the request behind them is cancelled at once."""
    stop = asyncio.ensure_future(stopped.wait())
    try:
        while not stopped.is_set():
            piece = asyncio.ensure_future(_next(pieces))
            try:
                await asyncio.wait({piece, stop}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not piece.done():
                    piece.cancel()
                    await asyncio.wait({piece})
            if piece.cancelled() or stopped.is_set():
                return
            found = piece.result()
            if not found:
                return
            yield found[0]
    finally:
        stop.cancel()
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()


async def newest(pieces: AsyncGenerator[T], pause: Callable[[], Awaitable[object]]) -> AsyncGenerator[T]:
    """The newest piece as soon as it is there, then none before a pause is over; the last piece in any case."""
    fresh: list[T] = []
    come = asyncio.Event()

    async def read() -> None:
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    fresh[:] = [piece]
                    come.set()
        finally:
            come.set()

    reading = asyncio.ensure_future(read())
    try:
        while fresh or not reading.done():
            await come.wait()
            come.clear()
            if fresh:
                yield fresh.pop()
            pausing = asyncio.ensure_future(pause())
            await asyncio.wait({reading, pausing}, return_when=asyncio.FIRST_COMPLETED)
            pausing.cancel()
        await reading
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _next(pieces: AsyncIterator[T]) -> tuple[T] | None:
    """The next piece, or None at the end: a task can't carry StopAsyncIteration out."""
    async for piece in pieces:
        return (piece,)
    return None
