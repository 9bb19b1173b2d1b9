"""What a tab of the start screen is made of; each view lays out its own parts, and ties them to handlers of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import gradio as gr

from ..errors import InterviewerError
from .desk import Change

__all__ = ["QUIET", "View", "Wiring", "handled", "or_why"]

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""How every event is tied: no spinner of gradio's, and nothing in its API."""


@dataclass(frozen=True)
class Wiring:
    """The page that a view is part of."""

    interview: gr.State
    """The tab's interview."""
    kept: gr.BrowserState
    """What the browser keeps: id, draft, previous."""
    notice: gr.HTML
    whole: list[Any]
    """Every part of the page that a `Change` may change; a view's own parts come on top."""
    update: Callable[[Change], dict[Any, Any]]
    """A change in gradio's words; what it doesn't name is left alone."""
    once: Callable[[Callable[..., Change]], Callable[..., Any]]
    """A handler that returns one change, as gradio calls it; its outputs are `whole`."""
    streamed: Callable[[Callable[..., AsyncIterator[Change]]], Callable[..., Any]]
    """A handler that yields changes."""
    go_on: Callable[[Any], None]
    """After this event the interviewer speaks and the grader grades, where an answer waits for them."""
    mode: gr.Radio
    """Practice or simulation, as chosen for the next interview."""
    leaving: Any
    """The event after which the start screen is shown again."""


class View(Protocol):
    """One tab of the start screen."""

    def lay_out(self) -> None:
        """Makes the tab and what is in it (`gr.Tab(…, render_children=True)`); called once, inside `gr.Tabs`."""
        ...

    def wire(self, wiring: Wiring) -> None:
        """Ties its parts to its handlers; called once, when the whole page is laid out."""
        ...


def handled(handler: Callable[..., Mapping[Any, Any]]) -> Callable[..., Any]:
    """A handler of a view's own parts, as gradio calls it.

    Async, though nothing waits: a plain function would run in a thread, beside the desk's event loop.
    """

    async def handle(*given: Any) -> Any:
        return {**handler(*given)}

    return handle


def or_why(
    handler: Callable[..., Awaitable[dict[Any, Any]]], say: Callable[..., dict[Any, Any]]
) -> Callable[..., Awaitable[dict[Any, Any]]]:
    """The handler; where it fails for a known reason, what `say` makes of the reason."""

    async def handle(*given: Any) -> dict[Any, Any]:
        try:
            return await handler(*given)
        except InterviewerError as failure:
            return say(str(failure), failed=True)

    return handle
