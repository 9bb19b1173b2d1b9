"""Everybody can use every view: axe-core finds nothing serious, and no phone has to be moved sideways."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import MARKS, PATIENCE, barriers, chromium
from playwright.sync_api import Page
from tour import VIEWS, tour

pytestmark = MARKS


def sticking_out(page: Page) -> list[str]:
    """What makes the page wider than its window: the elements that begin inside and end outside, innermost last."""
    if page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        return []
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll("body *")].filter(one => {
            const box = one.getBoundingClientRect();
            return box.width && box.left < innerWidth && box.right > innerWidth + 1;
        }).map(one => `too wide: ${one.outerHTML.slice(0, 150)}`).slice(-3)"""
    )
    return found or ["too wide"]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_view_has_a_serious_barrier_or_is_wider_than_its_window(scheme: str, width: int, tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}
    seen = []
    with chromium() as browser:
        context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        for view, page in tour(context, tmp_path, scheme, notices=("The model at 127.0.0.1 is away.",)):
            seen.append(view)
            if faults := [*sticking_out(page), *barriers(page)]:
                found[view] = faults
    assert found == {}
    assert tuple(seen) == VIEWS
