"""In a real browser: an answer is said better, copied, reloaded; a model that fails leaves the own sentences."""

from __future__ import annotations

import os
from pathlib import Path

from browsing import MARKS, PATIENCE, barriers, served
from playwright.sync_api import Browser, expect
from tables import ANSWER, FLAGGED, FOLLOW_UPS, seat
from test_better import TOLD
from test_browser import BROKEN, begin, say

pytestmark = MARKS
PICTURES = os.environ.get("BETTER_PICTURES", "")


def test_an_answer_is_said_better_copied_and_still_there_after_a_reload(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    with served(seat(FOLLOW_UPS[0], TOLD, ["He left. ", BROKEN], said=FLAGGED), tmp_path) as address:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        begin(page, address)
        say(page, ANSWER)
        side = page.locator("#side")
        expect(side).to_contain_text("band 2 of 5")
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        button = side.get_by_role("button", name="Say it better")
        button.focus()
        page.keyboard.press("Enter")
        text = side.locator(".rewritten")
        expect(text).to_contain_text("I kept my voice low and let him tell the whole story.")
        expect(text.locator("mark.blank")).to_have_text("[What went on inside you?]")
        expect(side.locator("[role=status]").first).to_contain_text("Your rewrite is ready.")
        expect(side.get_by_role("button", name="Write it once more")).to_be_focused()
        expect(side.locator(".dropped")).to_contain_text("2 sentences left out, and why")
        side.get_by_text("2 sentences left out, and why").click()
        expect(side.locator(".dropped")).to_contain_text("“b” is not in your answer.")
        assert barriers(page) == []
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        side.get_by_role("button", name="Copy").click()
        expect(side.locator(".said-better .foot [role=status]")).to_have_text("Copied")
        assert "[What went on inside you?]" in page.evaluate("navigator.clipboard.readText()")
        if PICTURES:
            for name, width in (("desktop", 1280), ("phone", 390)):
                for theme in ("light", "dark"):
                    other = context.new_page()
                    other.set_viewport_size({"width": width, "height": 1100})
                    other.goto(f"{address}/?__theme={theme}")
                    shown = other.locator(".said-better")
                    expect(shown.locator(".rewritten")).to_be_visible()
                    shown.scroll_into_view_if_needed()
                    other.get_by_text("2 sentences left out, and why").click()
                    shown.screenshot(path=f"{PICTURES}/{name}-{theme}.png")
                    other.close()
        page.reload()
        expect(text).to_contain_text("He left with a new drill.")
        expect(side.locator("[role=status]").first).to_contain_text("Your rubric is ready")  # nothing is drawn after it
        side.get_by_role("button", name="Write it once more").click()
        expect(side).to_contain_text("broke off: start the server again. These are your own sentences")
        expect(text).to_contain_text("Last winter a man came to the service desk shouting")
        assert errors == []
    context.close()
