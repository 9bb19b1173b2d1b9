"""A job seeker's way through "Your job" in a real browser: pasted, kept over a reload, ranked, cleared, begun."""

from __future__ import annotations

from pathlib import Path

from browsing import MARKS, barriers, served
from playwright.sync_api import BrowserContext, Page, expect
from shipped import LIBRARY
from tables import FOLLOW_UPS, seat
from test_fit import POEM, WARD

pytestmark = MARKS
BEST = LIBRARY.questions["distressed-patient"]


def open_job(page: Page) -> None:
    page.get_by_role("tab", name="Your job").click()
    expect(page.get_by_label("Job ad")).to_be_visible()


def test_an_ad_finds_its_questions_and_the_interviewer_knows_of_it_what_is_shown(
    context: BrowserContext, tmp_path: Path
) -> None:
    with served(seat(*FOLLOW_UPS), tmp_path) as address:
        page = context.new_page()
        elsewhere: list[str] = []
        page.on(
            "request",
            lambda sent: elsewhere.append(sent.url) if not sent.url.startswith((address, "data:", "blob:")) else None,
        )
        page.goto(address)
        open_job(page)
        cards = page.locator("#job-cards")
        start = page.locator("#job-begin")
        expect(cards).to_contain_text("Nothing pasted yet")
        expect(start).to_be_hidden()

        page.get_by_label("Job ad").fill(WARD)
        page.get_by_label("CV").fill("I was a barista.")
        page.reload()
        open_job(page)
        expect(page.get_by_label("Job ad")).to_have_value(WARD)
        expect(page.get_by_label("CV")).to_have_value("I was a barista.")

        page.get_by_role("button", name="Find my questions").click()
        first = cards.locator(".fits > li").first
        expect(first).to_contain_text(BEST.question)
        expect(first).to_contain_text("Close fit")
        expect(first.locator("mark", has_text="patients").first).to_be_visible()
        expect(first.get_by_role("checkbox")).to_be_checked()
        expect(page.locator("#job-chosen")).to_contain_text("ticked")
        assert barriers(page) == []

        page.get_by_label("Job ad").fill(POEM)
        page.get_by_label("CV").fill("")
        page.get_by_role("button", name="Find my questions").click()
        expect(cards).to_contain_text("No question fits well; the nearest are these.")
        expect(page.locator("#job-chosen")).to_have_text("Tick a question to start.")

        page.get_by_role("button", name="Clear", exact=True).click()
        expect(page.get_by_label("Job ad")).to_have_value("")
        expect(cards).to_contain_text("Nothing pasted yet")
        page.reload()
        open_job(page)
        expect(page.get_by_label("Job ad")).to_have_value("")

        page.get_by_label("Job ad").fill(WARD)
        page.get_by_role("button", name="Find my questions").click()
        expect(cards).to_contain_text(BEST.question)
        for box in cards.get_by_role("checkbox").all():
            box.uncheck()
        cards.get_by_role("checkbox", name=BEST.question).check()
        expect(page.locator("#job-chosen")).to_have_text("1 question ticked")
        page.get_by_label("Let the interviewer know the ad").check()
        expect(page.locator("#job-know")).to_contain_text("are sent to scripted")
        start.click()
        expect(page.locator("#chat")).to_contain_text(BEST.question)
        expect(page.locator("#notice")).to_contain_text("are sent to scripted with each follow-up")
        page.get_by_text("What the interviewer knows of the ad").click()
        expect(page.locator("#question")).to_contain_text("Kingsmead Hospital Trust")
        assert elsewhere == []
