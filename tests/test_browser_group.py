"""A coach opens two candidates' files, sees what both miss, leaves a comment, and the candidate reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import MARKS, PATIENCE, barriers, served
from playwright.sync_api import Browser, Page, expect
from shipped import QUESTION
from tables import ANSWER, seat
from test_browser_data import saved
from tour import bundles

from interviewer.data_desk import guests, mine
from interviewer.errors import SettingsError
from interviewer.page.serving import open_page
from interviewer.store import Store

pytestmark = MARKS
COMMENT = "Say what you learnt. <img src=x onerror=alert(1)>"
LEARNING = next(point for point in QUESTION.key_points if point.id == "learning")


def open_tab(page: Page, address: str, tab: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Start the interview").wait_for()
    page.get_by_role("tab", name=tab).click()


def test_a_coach_sees_the_shared_gap_and_the_candidate_reads_the_comment(browser: Browser, tmp_path: Path) -> None:
    files, coach = bundles(tmp_path), tmp_path / "coach"
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    with served(seat(), coach, coach=True) as address:
        open_tab(page, address, "Group")
        expect(page.locator("#group")).to_contain_text("No candidate is here yet")
        files_box = page.get_by_label("Candidates’ JSON files")
        files_box.set_input_files({"name": "x.json", "mimeType": "application/json", "buffer": b"[]"})
        expect(page.locator("#group-says")).to_contain_text("x.json: is not an export")
        files_box.set_input_files(files)
        group = page.locator("#group")
        expect(group).to_contain_text("2 candidates")
        expect(group.locator(".shared li").first).to_contain_text("missing in 2 of 2")
        expect(group.locator(".shared")).to_contain_text(LEARNING.name)
        assert barriers(page) == []

        cell = group.get_by_role("button", name="Kim: Missing. Read the answer").first
        cell.focus()
        page.keyboard.press("Enter")
        one = page.locator("#group-one")
        expect(one).to_contain_text("Kim, attempt 2")
        expect(one.locator("h3").first).to_be_focused()
        expect(one).to_contain_text(ANSWER[:50])
        page.get_by_role("button", name="Keep the comment").click()
        expect(page.locator("#group-says")).to_contain_text("Write a comment first.")
        page.get_by_label("Your name, for your comments").fill("Ms Reed")
        page.get_by_label("Your comment on this attempt").fill(COMMENT)
        page.get_by_role("button", name="Keep the comment").click()
        expect(one.locator(".comments")).to_contain_text(COMMENT)
        assert barriers(page) == []
        _, back = saved(page, "Export for Kim, with comments")
        assert b"Lee" not in back
        _, table = saved(page, "Export the table as CSV")
        assert table.decode("utf-8-sig").splitlines()[0].endswith(",Kim,Lee")
        page.get_by_role("button", name="Back to the table").click()
        expect(cell).to_be_focused()
        page.get_by_role("tab", name="Your data").click()
        expect(page.locator("#kept")).to_contain_text("Nothing is kept yet")

        page.get_by_role("tab", name="Group").click()
        group.get_by_role("button", name="Lee: Missing. Read the answer").first.click()
        page.get_by_text("Take Lee out of the group").click()
        page.get_by_role("button", name="Delete them here").click()
        expect(group).to_contain_text("1 candidate")
        assert [interview.candidate for interview in guests(Store(coach))] == ["Kim"]

    with served(seat(), tmp_path / "Kim") as address:
        open_tab(page, address, "Your data")
        expect(page.get_by_role("tab", name="Group")).to_have_count(0)
        page.get_by_label("JSON files that were exported").set_input_files(
            {"name": "back.json", "mimeType": "application/json", "buffer": back}
        )
        expect(page.locator("#data-says")).to_contain_text("1 has new comments")
        expect(page.locator("#kept")).to_contain_text("1 comment")
        [told] = mine(Store(tmp_path / "Kim"), None)
        assert [(one.author, one.text) for one in told.comments] == [("Ms Reed", COMMENT)]
    context.close()


def test_the_coachs_view_is_never_shown_to_the_network(tmp_path: Path) -> None:
    with (
        pytest.raises(SettingsError, match="shows everybody's answers"),
        open_page(seat(), Store(tmp_path), host="0.0.0.0", port=0, coach=True),
    ):
        pass
