"""The tab "Group" of a coach: candidates' files in, the gaps they share, comments out; never shown to a network."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import gradio as gr

from ..attempts import attempts_at
from ..data_desk import Made, as_guests, comment, export, guests, is_guest, sender_of
from ..errors import InterviewerError
from ..group import group, group_csv, names_of
from ..phrases import _, later
from ..schema import Interview
from .data import delete_all, import_files, read_told
from .desk import Desk
from .frame import show_failure
from .heat import show_group, show_group_tools, show_one
from .shelf import show_download, show_said
from .views import QUIET, Wiring, or_why

__all__ = ["GroupView"]

Parts = dict[Any, Any]
_GONE = later("That attempt is not here any more.")


class GroupView:
    """One tab of the start screen."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._numbers = itertools.count(1)

    def lay_out(self) -> None:
        """The tab: tools, the table, one attempt, and the hidden parts through which files and comments travel."""
        with gr.Tab(_("Group"), render_children=True, elem_id="group-tab") as self._tab:
            gr.HTML(show_group_tools(), elem_id="group-tools", js_on_load=None)
            self._says = gr.HTML(show_said(""), elem_id="group-says", js_on_load=None)
            self._one = gr.HTML("", elem_id="group-one", js_on_load=None)
            self._table = gr.HTML(show_group(()), elem_id="group", js_on_load=None)
            self._file = gr.HTML("", elem_id="group-download", visible="hidden", js_on_load=None)
            self._told = gr.Textbox(visible="hidden")
            acts = ("import", "open", "comment", "json", "csv", "remove")
            self._buttons = {act: gr.Button(f"group-{act}", visible="hidden", elem_id=f"group-{act}") for act in acts}

    def wire(self, wiring: Wiring) -> None:
        """Ties the buttons of the page's HTML, which the script presses, to what they do."""
        self._tab.select(self._list, None, [self._table, self._one], **QUIET)

        def tie(act: str, handler: Callable[..., Awaitable[Parts]], outputs: list[Any], js: str) -> None:
            self._buttons[act].click(
                or_why(handler, self._say), self._told, outputs, js=js, trigger_mode="multiple", **QUIET
            )

        value = '() => [document.getElementById("group-{act}").dataset.value || ""]'
        files = '() => [document.getElementById("group-import").files || "[]"]'
        typed = (
            '() => [JSON.stringify({place: document.getElementById("group-comment").dataset.value, '
            'text: document.getElementById("comment-text").value, '
            'author: document.getElementById("coach-name").value})]'
        )
        tie("import", self._import, [self._one, self._table, self._says], files)
        tie("open", self._open, [self._one, self._says], value.format(act="open"))
        tie("comment", self._comment, [self._one, self._says], typed)
        tie("json", self._json, [self._file, self._says], value.format(act="json"))
        tie("csv", self._csv, [self._file, self._says], value.format(act="csv"))
        tie("remove", self._remove, [self._one, self._table, self._says], value.format(act="remove"))

    # ── what the buttons do ──────────────────────────────────────────────────────────────────────────

    async def _list(self) -> Parts:
        try:
            there = await self._guests()
        except InterviewerError as failure:
            return {self._table: show_failure(failure, "")}
        table = {self._table: await asyncio.to_thread(lambda: show_group(group(there)))}
        # What was opened may have been deleted since, words and all.
        return table if there else {**table, self._one: ""}

    async def _import(self, told: str) -> Parts:
        says, failed = await import_files(self.desk, told, as_guests)
        return {**await self._list(), **self._say(says, failed=failed)}

    async def _open(self, told: str) -> Parts:
        there = await self._guests()
        found = _find(there, told)
        if found is None:
            return {self._one: "", **self._say(_(_GONE), failed=True)}
        return {self._one: self._show(there, *found), **self._say("")}

    async def _comment(self, told: str) -> Parts:
        sent = read_told(told)
        place = str(sent.get("place", "")) if isinstance(sent, dict) else ""
        found = _find(await self._guests(), place)
        if found is None:
            return self._say(_(_GONE), failed=True)
        interview, question_id, attempt = found
        refused = comment(
            self.desk.store, interview.id, question_id, attempt,
            str(sent.get("text", "")), str(sent.get("author", "")), self.desk.now(),
        )  # fmt: skip
        if refused:
            return self._say(refused, failed=True)
        there = await self._guests()
        again = _find(there, place)
        shown = {self._one: self._show(there, *again)} if again else {}
        return {**shown, **self._say(_("Your comment is kept. The candidate reads it when they import your export."))}

    async def _json(self, told: str) -> Parts:
        there = await self._guests()
        found = _find(there, told)
        if found is None:
            return self._say(_(_GONE), failed=True)
        theirs = [one for one in there if one.owner == found[0].owner]
        sender = sender_of(theirs, found[0].owner)
        made = await asyncio.to_thread(export, theirs, "json", now=self.desk.now(), sender=sender)
        name = names_of(there)[found[0].owner]
        return self._saved(made, _("{file} is made, for {name}.").format(file=made.name, name=name))

    async def _csv(self, told: str) -> Parts:
        there = await self._guests()
        table = await asyncio.to_thread(lambda: group_csv(group(there)))
        made = Made(name="group.csv", media_type="text/csv", data=table.encode("utf-8", "replace"))
        return self._saved(made, _("{file} is made.").format(file=made.name))

    async def _remove(self, told: str) -> Parts:
        there = await self._guests()
        found = _find(there, told)
        if found is None or not is_guest(found[0]):
            return self._say(_(_GONE), failed=True)
        name = names_of(there)[found[0].owner]
        await delete_all(self.desk, [one.id for one in there if one.owner == found[0].owner])
        says = _("{name} is out of the group, and nothing of theirs is kept here.").format(name=name)
        return {self._one: "", **await self._list(), **self._say(says)}

    # ── what is shown ────────────────────────────────────────────────────────────────────────────────

    async def _guests(self) -> list[Interview]:
        """Raises StoreError where they can't be read: that is not the same as none."""
        return await asyncio.to_thread(guests, self.desk.store)

    def _show(self, there: Sequence[Interview], interview: Interview, question_id: str, attempt: int) -> str:
        name = names_of(there)[interview.owner]
        library = self.desk.panel.library
        return show_one(interview, question_id, attempt, name, library, removable=is_guest(interview))

    def _saved(self, made: Made, says: str) -> Parts:
        return {self._file: show_download(made, next(self._numbers)), **self._say(says)}

    def _say(self, text: str, *, failed: bool = False) -> Parts:
        return {self._says: show_said(text, failed=failed)}


def _find(there: Sequence[Interview], place: str) -> tuple[Interview, str, int] | None:
    """The attempt that a cell of the table names, if it is still there."""
    interview_id, _space, rest = place.partition(" ")
    number, _space, question_id = rest.partition(" ")
    found = next((one for one in there if one.id == interview_id), None)
    if found is None or not number.isdecimal() or question_id not in {one.id for one in found.questions}:
        return None
    count = len(attempts_at(found, question_id))
    return (found, question_id, int(number)) if 1 <= int(number) <= count else None
