"""A real browser for the page's tests and pictures: headless Chromium, pages served on a free port of this machine."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from interviewer.page.author import Author
from interviewer.page.serving import open_page
from interviewer.panel import Panel
from interviewer.store import Store

CHROMIUM = next(
    (
        path
        for path in map(Path, ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"))
        if path.is_file()
    ),
    None,
)
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium on this machine"),
    # The server runs in this process: gradio uses pandas in ways that pandas will drop.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]
"""What every file of browser tests is marked with: `pytestmark = MARKS`."""
PATIENCE = 30_000
"""ms that a page is waited for: a busy machine takes longer than the usual five seconds."""
expect.set_options(timeout=PATIENCE)
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""Flags for a microphone that beeps, and that every page may use."""


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A browser that talks to nobody but the page."""
    assert CHROMIUM is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS.split(), *flags])
        yield browser
        browser.close()


@contextmanager
def served(
    panel: Panel,
    folder: Path,
    port: int | None = None,
    author: Author | None = None,
    *,
    coach: bool = False,
    now: Callable[[], float] = time.time,
) -> Iterator[str]:
    """The page's address; `now` says what time it is for the server."""
    store, port = Store(folder), port or free_port()
    with open_page(panel, store, host="127.0.0.1", port=port, author=author, coach=coach, now=now) as page:
        yield page.address


_ENDED = """() => {
    for (const one of document.getAnimations())
        if (one.effect?.getComputedTiming().endTime !== Infinity) one.finish();
}"""


def barriers(page: Page) -> list[str]:
    """What axe-core finds on the page as it is now that is serious or critical, one line each."""
    # Colours on their way to others are nobody's: what is looked at is where they end.
    page.evaluate(_ENDED)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['impact']} {one['id']}: {one['nodes'][0]['html'][:200]} ({len(one['nodes'])} places)"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
