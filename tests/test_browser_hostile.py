"""A file made as an attack is imported on a shared page, in a real browser: nothing of it runs, nobody else sees it."""

from __future__ import annotations

import json
from pathlib import Path

from browsing import MARKS, PATIENCE, free_port
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect
from tables import FOLLOW_UPS, seat
from test_browser import strangers
from test_hostile_bundle import HOSTILE, MARK, full, leaves, put, signed, taken

from interviewer.page.serving import open_page
from interviewer.store import Store

pytestmark = MARKS


def hostile_file() -> FilePayload:
    """Every text that a file may have is markup, a template and a formula."""
    whole = json.loads(full().model_dump_json())
    for place, value in list(leaves(whole)):
        if isinstance(value, str) and value != whole["id"]:
            put(whole, place, HOSTILE)
            if taken(whole) is None:
                put(whole, place, value)
    return FilePayload(name="<img src=x>.json", mimeType="application/json", buffer=signed([whole]).encode())


def opened(context: BrowserContext, address: str) -> tuple[Page, list[str], list[str]]:
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    elsewhere, errors = strangers(page, address), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.get_by_role("button", name="Start the interview").wait_for()
    return page, elsewhere, errors


def test_nothing_of_a_hostile_file_runs_and_no_other_browser_can_open_it(browser: Browser, tmp_path: Path) -> None:
    panel, port = seat(*FOLLOW_UPS), free_port()
    ann, ben = browser.new_context(accept_downloads=True), browser.new_context()
    with open_page(panel, Store(tmp_path), host="0.0.0.0", port=port):
        address = f"http://127.0.0.1:{port}"
        page, elsewhere, errors = opened(ann, address)
        page.get_by_role("tab", name="Your data").click()
        page.locator('input[type=file][data-reads="data-import"]').set_input_files(hostile_file())
        expect(page.locator("#data-says")).to_contain_text("1 new")
        expect(page.locator("#kept")).to_contain_text(MARK)
        for button in ("Markdown", "CSV", "JSON"):
            with page.expect_download():
                page.locator("#tools").get_by_role("button", name=button, exact=True).click()
        page.get_by_role("tab", name="Progress").click()
        expect(page.locator("#past")).to_contain_text(MARK)
        page.locator("#past-interviews").get_by_role("button", name="Open").first.click()
        expect(page.locator("#side .rubric").first).to_contain_text(MARK)
        expect(page.locator("#chat")).to_contain_text(MARK)
        # The browser's own name comes with the next request: its interview is there after a reload.
        page.reload()
        expect(page.locator("#side .rubric").first).to_contain_text(MARK)
        for folded in page.locator("#side summary").all():
            if folded.is_visible():
                folded.click()
        assert page.evaluate(f"window.{MARK}") is None
        assert page.locator("img[src=x]").count() == 0
        assert elsewhere == [] and errors == []

        stored = page.evaluate("localStorage.getItem('interviewer')")
        other, _, _ = opened(ben, address)
        other.evaluate("stored => localStorage.setItem('interviewer', stored)", stored)
        other.reload()
        expect(other.locator("#notice")).to_contain_text("no such interview of yours")
        assert MARK not in other.content()
    for context in (ann, ben):
        context.close()
