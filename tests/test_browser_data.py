"""A candidate takes what is kept along, deletes everything, and brings it back, in a real browser."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from browsing import MARKS, PATIENCE, barriers, served
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from shipped import QUESTION
from tables import ANSWER, FLAGGED, FOLLOW_UPS, seat
from test_browser import begin, say, strangers

pytestmark = MARKS


def saved(page: Page, button: str) -> tuple[str, bytes]:
    """The name and content of the file that the browser saves when this button is pressed."""
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def kept_on_disk(folder: Path, words: str) -> list[str]:
    """The files in which these words stand."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


def test_everything_can_be_taken_along_deleted_and_brought_back(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    with served(seat(*FOLLOW_UPS, said=FLAGGED), folder) as address:
        page = context.new_page()
        asked_elsewhere = strangers(page, address)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.get_by_role("tab", name="Your data").click()
        expect(page.locator("#kept")).to_contain_text("Nothing is kept yet")
        page.get_by_role("button", name="PDF report").click()
        expect(page.locator("#data-says")).to_contain_text("nothing can be exported")

        begin(page, address)
        say(page, ANSWER)
        expect(page.locator("#side")).to_contain_text("band 2 of 5")
        expect(page.locator("#take")).to_be_hidden()
        page.get_by_role("button", name="End the interview").click()
        page.get_by_text("Export this interview").click()
        name, data = saved(page, "Markdown")
        assert name.endswith(".md") and ANSWER[:40] in data.decode()

        page.get_by_role("button", name="Back to the start").click()
        page.get_by_role("tab", name="Your data").click()
        kept = page.locator("#kept")
        expect(kept).to_contain_text("best band 2 of 5")
        expect(kept.get_by_role("checkbox")).to_have_count(1)
        page.get_by_label("Your name").fill("Kim <b>")
        _, markdown = saved(page, "Markdown")
        assert "**Candidate:** Kim \\<b\\>" in markdown.decode()
        name, report = saved(page, "PDF report")
        assert name.startswith("interview-difficult-customers-kim-b-") and name.endswith(".pdf")
        words = " ".join(one.extract_text() for one in PdfReader(io.BytesIO(report)).pages)
        assert "Band 2 of 5" in words and "Measured 2026-11-23" in words
        _, table = saved(page, "CSV")
        rows = [*csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""))]
        assert {row["question"] for row in rows} == {QUESTION.question}
        name, bundle = saved(page, "JSON")
        assert json.loads(bundle)["candidate"] == "Kim <b>"
        assert barriers(page) == []

        page.get_by_text("Delete everything", exact=True).click()
        page.get_by_role("button", name="Delete everything now").click()
        expect(page.locator("#data-says")).to_contain_text("Nothing is deleted")
        assert kept_on_disk(folder, "broken drill")
        page.get_by_label("Type “delete”").fill("delete")
        page.get_by_role("button", name="Delete everything now").click()
        expect(page.locator("#data-says")).to_contain_text("Everything is deleted")
        expect(kept).to_contain_text("Nothing is kept yet")
        assert kept_on_disk(folder, "broken drill") == []
        page.reload()
        expect(page.get_by_role("button", name="Start the interview")).to_be_visible()
        expect(page.get_by_role("button", name="Go on with the last one")).to_be_hidden()

        page.get_by_role("tab", name="Your data").click()
        files = page.get_by_label("JSON files that were exported")
        files.set_input_files({"name": "notes.json", "mimeType": "application/json", "buffer": b"{}"})
        expect(page.locator("#data-says")).to_contain_text("notes.json: is not an export of interviews")
        files.set_input_files({"name": name, "mimeType": "application/json", "buffer": bundle})
        expect(page.locator("#data-says")).to_contain_text("1 interview read: 1 new.")
        expect(kept).to_contain_text("best band 2 of 5")
        files.set_input_files({"name": name, "mimeType": "application/json", "buffer": bundle})
        expect(page.locator("#data-says")).to_contain_text("1 was here already")
        assert kept_on_disk(folder, "broken drill")

        page.get_by_text("Delete the ticked interviews").click()
        page.get_by_role("button", name="Delete them now").click()
        expect(page.locator("#data-says")).to_contain_text("Tick the interviews")
        kept.get_by_role("checkbox").check()
        page.get_by_role("button", name="Delete them now").click()
        expect(kept).to_contain_text("Nothing is kept yet")
        assert kept_on_disk(folder, "broken drill") == []
        assert (asked_elsewhere, errors) == ([], [])
    context.close()


def test_what_is_deleted_takes_its_tick_and_the_way_back_to_it_along(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    with served(seat(*FOLLOW_UPS), tmp_path) as address:
        page = context.new_page()
        for _time in range(2):
            begin(page, address)
            say(page, ANSWER)
            expect(page.locator("#side")).to_contain_text("band 4 of 5")
            page.get_by_role("button", name="Back to the start").click()
            expect(page.get_by_role("button", name="Go on with the last one")).to_be_visible()
        page.get_by_role("tab", name="Your data").click()
        boxes = page.locator("#kept").get_by_role("checkbox")
        expect(boxes).to_have_count(2)
        boxes.first.check()
        page.get_by_text("Delete the ticked interviews").click()
        page.get_by_role("button", name="Delete them now").click()
        expect(page.locator("#data-says")).to_contain_text("1 interview is deleted.")
        expect(boxes).to_have_count(1)
        expect(boxes).not_to_be_checked()
        expect(page.get_by_role("button", name="Go on with the last one")).to_be_hidden()
        page.reload()
        expect(page.get_by_role("button", name="Start the interview")).to_be_visible()
        expect(page.get_by_role("button", name="Go on with the last one")).to_be_hidden()
        page.get_by_role("tab", name="Your data").click()
        expect(boxes).to_have_count(1)
    context.close()
