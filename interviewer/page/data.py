"""The tab "Your data": what is kept, taken along as files, brought back, deleted; files travel as text, by no route."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import gradio as gr

from ..data_desk import FORMATS, Format, Taken, export, mine, say_taken, sender_of, take_in, tells_too_early
from ..errors import InterviewerError, StoreError
from ..exports.bundle import LARGEST, Bundle, read_bundle
from ..exports.outline import Trust
from ..phrases import _, count_of, later
from ..schema import Interview
from .desk import Change, Desk
from .frame import show_failure, show_notice
from .room import checked
from .shelf import WORD, show_download, show_kept, show_said, show_tools
from .views import QUIET, Wiring, or_why

__all__ = ["DataView", "delete_all", "import_files", "read_files", "read_told", "take_in_gently", "trust_of"]

log = logging.getLogger(__name__)

Parts = dict[Any, Any]
_TICKED = '[...document.querySelectorAll("#kept input:checked")].map(box => box.value)'
_VALUE = 'document.getElementById("{button}").dataset.value || ""'
_NAME = 'document.getElementById("data-name").value'
_ASKED = f"JSON.stringify({{ids: {_TICKED}, name: {_NAME}, format: {_VALUE.format(button='data-export')}}})"
_FILES = 'document.getElementById("data-import").files || "[]"'
_TYPED = 'document.getElementById("data-word").value'
_TOO_EARLY = later("A simulation or role-play tells nothing of its rubric before it has ended: end it, then export it.")
_DAMAGED = later("The page sent something that can't be read, or too much at once: reload it and try again.")


class DataView:
    """One tab of the start screen."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._numbers = itertools.count(1)

    def lay_out(self) -> None:
        """The tab: the list, what can be done with it, and the hidden parts through which files travel."""
        with gr.Tab(_("Your data"), render_children=True, elem_id="data-tab") as self._tab:
            self._says = gr.HTML(show_said(""), elem_id="data-says", js_on_load=None)
            self._kept = gr.HTML(show_kept(()), elem_id="kept", js_on_load=None)
            gr.HTML(show_tools(self.desk.place), elem_id="tools", js_on_load=None)
            self._told = gr.Textbox(visible="hidden")
            names = ("data-refresh", "data-export", "data-import", "data-delete", "data-everything")
            self._buttons = {name: gr.Button(name, visible="hidden", elem_id=name) for name in names}

    def wire(self, wiring: Wiring) -> None:
        """Ties the buttons of the page's HTML, which the script presses, to what they do."""
        w, told, says = wiring, self._told, [self._says]
        # Outside the tab, which is not in the page before it was opened once: the room needs them too.
        self._file = gr.HTML("", elem_id="download", visible="hidden", js_on_load=None)
        self._buttons["room-export"] = gr.Button("room-export", visible="hidden", elem_id="room-export")
        listed = [self._kept]
        # The script presses the button when the start screen comes back and the list is in sight.
        shown = [self._tab.select, self._buttons["data-refresh"].click]
        gr.on(shown, self._list, None, listed, trigger_mode="always_last", **QUIET)

        def tie(
            name: str, handler: Callable[..., Awaitable[Parts]], given: list[Any], outputs: list[Any], js: str
        ) -> None:
            self._buttons[name].click(
                or_why(handler, self._say), [told, *given], outputs, js=js, trigger_mode="multiple", **QUIET
            )

        tie("data-export", self._export, [], [self._file, *says], f"() => [{_ASKED}]")
        tie("data-import", self._import, [], [*listed, *says], f"() => [{_FILES}]")

        def deleting(handler: Callable[..., Awaitable[tuple[Change | None, Parts]]]) -> Callable[..., Awaitable[Parts]]:
            async def handle(*given: Any) -> Parts:
                change, parts = await handler(*given)
                return {**(w.update(change) if change else {}), **parts}

            return handle

        gone = [*w.whole, *listed, *says]
        ticked = f"(told, kept) => [JSON.stringify({_TICKED}), kept]"
        tie("data-delete", deleting(self._delete), [w.kept], gone, ticked)
        tie("data-everything", deleting(self._delete_everything), [], gone, f"() => [{_TYPED}]")
        room = _VALUE.format(button="room-export")

        async def this(format: Format, interview: Interview | None) -> Parts:
            return await self._export_this(format, interview, w.notice)

        tie("room-export", this, [w.interview], [self._file, w.notice], f"(told, one) => [{room}, one]")

    # ── what the buttons do ──────────────────────────────────────────────────────────────────────────

    async def _list(self) -> Parts:
        try:
            found = await self._mine()
        except InterviewerError as failure:
            return {self._kept: show_failure(failure, "")}
        return {self._kept: await asyncio.to_thread(show_kept, found)}

    async def _export(self, told: str) -> Parts:
        asked = read_told(told)
        early = ""
        if not isinstance(asked, Mapping) or asked.get("format") not in FORMATS:
            return self._say(_(_DAMAGED), failed=True)
        every = await self._mine()
        wanted = asked.get("ids") or [one.id for one in every]
        chosen = [one for one in every if one.id in wanted]
        if not chosen:
            return self._say(_("Nothing is kept yet, so nothing can be exported."), failed=True)
        if running := [one for one in chosen if tells_too_early(one)]:
            chosen = [one for one in chosen if one not in running]
            early = count_of(
                "{number} that still runs is not in it: a simulation or role-play tells nothing before its end.",
                "{number} that still run are not in it: a simulation or role-play tells nothing before its end.",
                len(running),
            )
        if not chosen:
            return self._say(_(_TOO_EARLY), failed=True)
        name, sender = " ".join(str(asked.get("name", ""))[:100].split()), sender_of(every, self.desk.owner())
        file, says = await self._made(chosen, asked["format"], name=name, sender=sender)
        return {self._file: file, **self._say(f"{says} {early}".strip(), failed=not file)}

    async def _export_this(self, format: Format, interview: Interview | None, notice: gr.HTML) -> Parts:
        if interview is None or format not in FORMATS:
            return {self._file: gr.skip()}
        try:
            stored = self.desk.load_own(interview.id)
        except InterviewerError as failure:
            return {notice: show_failure(failure, "")}
        if tells_too_early(stored):
            return {notice: show_notice(_(_TOO_EARLY))}
        file, says = await self._made([stored], format, name="", sender="")
        return {self._file: file, notice: show_notice(says, tone="info" if file else "failed")}

    async def _made(self, chosen: Sequence[Interview], format: Format, *, name: str, sender: str) -> tuple[str, str]:
        """The file for the script, empty when it could not be made, and what to say of it."""
        try:
            made = await asyncio.to_thread(
                export, chosen, format, now=self.desk.now(), candidate=name, sender=sender, trust=trust_of(self.desk)
            )  # fmt: skip
        except InterviewerError as failure:
            return "", str(failure)
        except Exception:
            # An edge: whatever a library makes of somebody's words, the page says so and the words stay kept.
            log.exception("exporting failed")
            return "", _("The export failed unexpectedly. What is kept stays kept.")
        count = count_of("{number} interview", "{number} interviews", len(chosen))
        says = _("{file} is made, of {count}: your browser saves it.").format(file=made.name, count=count)
        return show_download(made, next(self._numbers)), says

    async def _import(self, told: str) -> Parts:
        owner = self.desk.owner()

        def own(bundle: Bundle) -> list[Interview]:
            return [one.model_copy(update={"owner": owner}) for one in bundle.interviews]

        says, failed = await import_files(self.desk, told, own)
        return {**await self._list(), **self._say(says, failed=failed)}

    async def _delete(self, told: str, kept: Mapping[str, Any] | None) -> tuple[Change | None, Parts]:
        own = {one.id for one in await self._mine()}
        wanted = [id for id in dict.fromkeys(map(str, read_told(told) or ())) if id in own]
        if not wanted:
            return None, self._say(_("Tick the interviews that you want to delete."), failed=True)
        try:
            await delete_all(self.desk, wanted)
        except InterviewerError as failure:
            return None, {**await self._list(), **self._say(str(failure), failed=True)}
        deleted = count_of("{number} interview is deleted.", "{number} interviews are deleted.", len(wanted))
        # Nobody can go on with an interview that is gone.
        own_browser = checked(kept)
        last = own_browser["previous"] in wanted
        change = Change(kept={**own_browser, "previous": ""}, previous=False) if last else None
        return change, {**await self._list(), **self._say(deleted)}

    async def _delete_everything(self, word: str) -> tuple[Change | None, Parts]:
        if str(word).strip().casefold() != _(WORD).casefold():
            says = _("Nothing is deleted: type “{word}” first.").format(word=_(WORD))
            return None, self._say(says, failed=True)
        try:
            await delete_all(self.desk, None)
        except InterviewerError as failure:
            return None, self._say(str(failure), failed=True)
        gone = Change(kept={"id": "", "draft": "", "previous": ""}, previous=False, missed=False, box="")
        says = show_said(_("Everything is deleted, here and in this browser."), forgets=next(self._numbers))
        return gone, {self._kept: show_kept(()), self._says: says}

    # ── whose, and what is said ──────────────────────────────────────────────────────────────────────

    async def _mine(self) -> list[Interview]:
        """Raises StoreError where they can't be read: that is not the same as none."""
        return await asyncio.to_thread(mine, self.desk.store, self.desk.owner())

    def _say(self, text: str, *, failed: bool = False) -> Parts:
        return {self._says: show_said(text, failed=failed)}


async def import_files(desk: Desk, told: str, whose: Callable[[Bundle], Sequence[Interview]]) -> tuple[str, bool]:
    """Takes in the interviews of the files that a browser sent.

    Args:
        desk: of the page.
        told: the files, as the script sends them.
        whose: a file's interviews, as they are to be kept.

    Returns:
        What to say, a sentence or two for each file, and whether something failed.
    """
    says, failed = [], False
    for file, text in await asyncio.to_thread(read_files, told):
        try:
            bundle = await asyncio.to_thread(read_bundle, text, file)
            says.append(f"{file}: {say_taken(await take_in_gently(desk, whose(bundle)))}")
        except InterviewerError as failure:
            says.append(str(failure))
            failed = True
    return (" ".join(says), failed) if says else (_(_DAMAGED), True)


async def take_in_gently(desk: Desk, interviews: Iterable[Interview]) -> Taken:
    """Takes interviews in one by one: each is read and saved at once, and between two everybody else has their turn.

    Raises:
        StoreError: the store can't be read or written.
    """
    taken: Taken = Counter()
    for one in interviews:
        taken += take_in(desk.store, [one])
        desk.restore([one.id])
        await asyncio.sleep(0)
    return taken


async def delete_all(desk: Desk, ids: Sequence[str] | None) -> None:
    """Deletes these interviews, or all of whoever asks, in a thread: to leave no trace takes a while.

    They are forgotten first, so that nothing which runs meanwhile writes one of them back.

    Raises:
        StoreError: not all could be deleted without a trace.
    """
    forgotten = desk.own_ids() if ids is None else frozenset(ids)
    desk.forget(forgotten)
    try:
        if ids is None:
            await asyncio.to_thread(desk.store.delete_everything, desk.owner() or None)
        else:
            await asyncio.to_thread(desk.store.delete, *ids)
    except StoreError:
        with suppress(StoreError):
            desk.restore(forgotten & {one.id for one in desk.store.saved()})
        raise


def trust_of(desk: Desk) -> Trust:
    """How far the grader at the table agreed with raters; of others nothing is known here."""
    decider = desk.panel.decider
    return {(decider.name, decider.model): desk.panel.describe().agreement}


def read_files(told: str) -> list[tuple[str, str]]:
    """Name and text of the files that a browser sent; none where it sent something else."""
    found = read_told(told)
    files = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    return [(str(one.get("name", "?"))[:200], str(one.get("text", ""))) for one in files]


def read_told(told: str) -> Any:
    """What a browser sent as JSON; None where it isn't any, or too much of it."""
    try:
        # Escapes make JSON in JSON longer than the files that are in it.
        return json.loads(told) if len(told) <= 3 * LARGEST else None
    except (ValueError, RecursionError):
        return None
