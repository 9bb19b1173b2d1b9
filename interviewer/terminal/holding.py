"""Begins an interview or a role-play in a terminal, or goes on with one; saves every turn before the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO

from rich.console import Console

from ..errors import StoreError
from ..panel import Panel
from ..phrases import _
from ..schema import Interview, Mode, Plan
from ..store import new_id
from .opening import people_lines, plan_lines
from .table import Table

if TYPE_CHECKING:
    from ..store import Store

__all__ = ["chat", "resume"]


async def chat(
    panel: Panel,
    store: Store,
    question_ids: Sequence[str],
    *,
    plan: Plan | None = None,
    mode: Mode = "practice",
    role_play: str = "",
    console: Console | None = None,
    stdin: TextIO | None = None,
    now: Callable[[], float] = time.time,
) -> Interview:
    """Holds an interview, or a role-play, until it ends, saved after every turn.

    Args:
        panel: who interviews and who grades.
        store: where the interview is kept.
        question_ids: of the documents, in the order they are asked.
        plan: where they came from.
        mode: practice or simulation.
        role_play: id of a role-play, which is then played instead of questions asked.
        console: where to print; standard output when left out.
        stdin: where answers come from; standard input when left out.
        now: seconds since the epoch.

    Returns:
        The interview as far as it went.

    Raises:
        ContentError: there is no such question or role-play.
    """
    if role_play:
        begun = panel.begin_role_play(role_play, id=new_id(), now=now())
    else:
        begun = panel.begin(question_ids, id=new_id(), now=now(), plan=plan, mode=mode)
    table = Table(panel, store, begun, console, stdin, now)
    table.show([*(plan_lines(plan) if plan else ()), *people_lines(panel, begun)])
    for turn in begun.turns:
        table.say(turn)
    return await table.hold()


async def resume(
    panel: Panel,
    store: Store,
    interview_id: str = "",
    *,
    console: Console | None = None,
    stdin: TextIO | None = None,
    now: Callable[[], float] = time.time,
) -> Interview:
    """Goes on with an interview where it stopped, with what was half typed; one that has ended is looked at again.

    Args:
        panel: who interviews and who grades from now on.
        store: where it is kept.
        interview_id: empty: the newest that has not ended.
        console: as for `chat`, as are the other two.
        stdin: see there.
        now: see there.

    Raises:
        StoreError: there is no such interview.
    """
    interview = store.load(interview_id) if interview_id else _newest(store)
    table = Table(panel, store, interview, console, stdin, now, resumed=True)
    table.show([*people_lines(panel, interview)])
    table.recall(store.draft(interview.id))
    return await table.hold()


def _newest(store: Store) -> Interview:
    open_ones = [one for one in store.interviews() if not one.ended and not one.owner]
    if not open_ones:
        raise StoreError(
            _("There is no unfinished interview in {place}: `interviewer chat` begins one.").format(place=store.place)
        )
    return max(open_ones, key=lambda one: (one.started, one.id))
