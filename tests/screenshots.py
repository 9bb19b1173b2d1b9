"""Takes the pictures in docs/: `python tests/screenshots.py`; needs Chromium and playwright, no network.

Every view as a desktop shows it by light; the most important ones by dark and on a phone, too. With names of views as
arguments only those; `--all FOLDER` puts all of them, each in four ways, into a folder, to be looked at.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from pathlib import Path
from typing import Literal

from browsing import chromium
from PIL import Image
from playwright.sync_api import Page, expect
from tour import VIEWS, tour

DOCS = Path(__file__).resolve().parent.parent / "docs"
SIZES = {"desktop": (1360, 900), "phone": (390, 844)}
IN_FOUR_WAYS = ("start", "difference", "progress")
PATIENCE = 30_000
"""Milliseconds."""
UNPICTURED = ("another-try", "unfolded")
"""States of a view that has a picture."""
AT_ONCE = ("start", "questions", "plans")
"""Only what fits the window, with the bar at its foot."""
TALLEST = 1800
"""Pixels: a picture of a longer page ends there."""


def main() -> None:
    """The pictures that were asked for; those of views that are no more are deleted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("views", nargs="*", choices=[*VIEWS, []], help="only these views")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every view in four ways, into this folder")
    told = parser.parse_args()
    folder, views = told.all or DOCS, told.views or [one for one in VIEWS if told.all or one not in UNPICTURED]
    folder.mkdir(exist_ok=True, parents=True)
    expect.set_options(timeout=PATIENCE)
    made = set()
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        for device in SIZES:
            usual = (scheme, device) == ("light", "desktop")
            wanted = [one for one in views if told.all or usual or one in IN_FOUR_WAYS]
            made |= {path.name for path in take(wanted, folder, device, scheme)}
    if not told.views and not told.all:
        for path in DOCS.glob("*.png"):
            if path.name not in made:
                path.unlink()


def take(wanted: list[str], folder: Path, device: str, scheme: Literal["light", "dark"]) -> list[Path]:
    """Pictures of these views."""
    width, height = SIZES[device]
    made = []
    kept = Path(tempfile.gettempdir()) / "interviewer-pictures"  # always the same: a picture shows it
    shutil.rmtree(kept, ignore_errors=True)
    with chromium() as browser:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE)
        for name, page in tour(context, kept, scheme, wanted=wanted):
            if name in wanted:
                made.append(folder / f"{name}-{device}-{scheme}.png")
                made[-1].write_bytes(picture(page, whole=name not in AT_ONCE))
        context.close()
    shutil.rmtree(kept)
    return made


def picture(page: Page, *, whole: bool) -> bytes:
    """The page from its top as a PNG of 256 colours, which are enough for it and a third of the size."""
    page.wait_for_timeout(500)  # until nothing moves any more: a picture, no test
    page.mouse.move(1, 1)
    page.evaluate("scrollTo(0, 0)")
    tall = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    width = page.evaluate("innerWidth")
    if not whole:
        seen = page.screenshot()
    elif page.locator("#room").is_visible():
        seen = page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": width, "height": tall})
    else:  # in a window as tall as the page, for the bar at the window's foot would lie over what is below it
        height = page.evaluate("innerHeight")
        page.set_viewport_size({"width": width, "height": max(tall, height)})
        seen = page.screenshot()
        page.set_viewport_size({"width": width, "height": height})
    colours = Image.open(io.BytesIO(seen)).convert("RGB")
    few = colours.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = io.BytesIO()
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
