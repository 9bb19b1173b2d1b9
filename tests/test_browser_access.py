"""Everybody can use every view: axe-core finds nothing serious, by light and by dark, on a desktop and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import MARKS, PATIENCE, barriers, served
from playwright.sync_api import Browser, Page, expect
from tables import ANSWER, FLAGGED, FOLLOW_UPS, seat
from test_browser import begin, say
from test_browser_again import Turning

pytestmark = MARKS


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_view_has_a_serious_barrier(scheme: str, width: int, browser: Browser, tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}

    def look(page: Page, view: str) -> None:
        if faults := barriers(page):
            found[view] = faults

    with served(seat(*FOLLOW_UPS, decider=Turning(FLAGGED), notices=("No model.",)), tmp_path) as address:
        context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(f"{address}/?__theme={scheme}")
        page.get_by_role("button", name="Start the interview").wait_for()
        for tab in page.locator("#library").get_by_role("tab").all():
            tab.click()
            look(page, f"tab {tab.inner_text()}")
        begin(page, f"{address}/?__theme={scheme}")
        page.get_by_role("button", name="Hint").click()
        expect(page.locator("#hints")).to_contain_text("1 hint")
        say(page, ANSWER)
        expect(page.locator("#side")).to_contain_text("band 2 of 5")
        page.locator("#side").get_by_role("button", name="Try again").click()
        expect(page.locator("#side")).to_contain_text("Another try")
        look(page, "another try")
        say(page, f"I gave her a voucher. {ANSWER}")
        expect(page.locator("#side")).to_contain_text("band 4 of 5")
        for closed in ("All attempts side by side", "How the band came about"):
            page.locator("#side").get_by_text(closed).first.click()
        page.locator("#rubric-0-why-key_point-calm summary").first.click()
        page.locator("#rubric-0-differ-key_point-calm summary").first.click()
        look(page, "rubric")
        context.close()
    assert found == {}
