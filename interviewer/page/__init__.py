"""The browser page; this file only serves it, and loads gradio no sooner than then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..phrases import _

if TYPE_CHECKING:
    from ..panel import Panel
    from ..store import Store
    from .author import Author

__all__ = ["serve_page"]


def serve_page(
    panel: Panel,
    store: Store,
    *,
    host: str,
    port: int,
    open_browser: bool = False,
    author: Author | None = None,
    coach: bool = False,
) -> None:
    """Serves the page until interrupted, its address printed when it can be opened.

    Args:
        panel: who interviews and who grades.
        store: where interviews are kept.
        host: where to listen; anything but this machine's own address shows the page to the network.
        port: of the page.
        open_browser: whether to open it in the user's browser.
        author: reads questions for the author's view; without it the page has none.
        coach: whether the page has the view of a group of candidates.

    Raises:
        SettingsError: the address is taken or can't be listened on, or would show the coach's view to the network.
    """
    from .serving import open_page

    with open_page(panel, store, host=host, port=port, author=author, coach=coach) as served:
        print(_("The interviewer waits at {address} (Ctrl-C ends it).").format(address=served.address), flush=True)
        for warning in served.warnings:
            print(warning, flush=True)
        if open_browser:
            import webbrowser

            webbrowser.open(served.address)
        served.wait()
