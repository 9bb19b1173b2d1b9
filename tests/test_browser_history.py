"""The progress view in a real browser: empty, then days of practice; what is due, an open interview, another grade."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from browsing import MARKS, PATIENCE, barriers, served
from histories import DAY, START, answered, graded
from playwright.sync_api import Browser, Page, expect
from scripted import ScriptedDecider
from shipped import LIBRARY, QUESTION
from tables import ANSWER, FOLLOW_UPS, VERDICTS, seat

from interviewer.store import Store

pytestmark = MARKS
OTHER, THIRD = [document for id, document in LIBRARY.questions.items() if id != QUESTION.id][:2]
POINT = QUESTION.key_points[0].name
MISSING = "missing"


class Another(ScriptedDecider):
    """Who reads drafts at this table, and can grade again."""

    def __init__(self) -> None:
        super().__init__({**VERDICTS, "key_point.listening": MISSING})
        self.model = "another"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def to_progress(page: Page) -> None:
    page.get_by_role("tab", name="Progress").click()


def ago(days: float) -> float:
    """Days since the histories' start."""
    return (time.time() - START) / DAY - days


def fill(folder: Path) -> None:
    """Four answers over a week, and an interview that was left in the middle."""
    store = Store(folder)
    for days, verdicts in ((7, [MISSING] * 6), (5, [MISSING] * 3), (3, [MISSING])):
        store.save(answered(QUESTION, ANSWER, graded(QUESTION, verdicts), ago(days)))
    store.save(answered(OTHER, ANSWER, graded(OTHER, [MISSING, "partial"], model="older"), ago(2)))
    store.save(answered(THIRD, "I was half way through this.", None, ago(1), ended=""))


def test_somebody_new_begins_here_and_comes_back_to_what_was_missed(page: Page, tmp_path: Path) -> None:
    with served(seat(*FOLLOW_UPS), tmp_path) as address:
        page.goto(address)
        to_progress(page)
        expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
        expect(page.locator("#history .filters")).to_be_hidden()
        page.get_by_role("button", name="Choose a question").click()
        page.get_by_role("checkbox", name=QUESTION.question).check()
        page.get_by_role("button", name="Start the interview").click()
        page.get_by_label("Your answer").fill(ANSWER)
        page.get_by_role("button", name="Send answer").click()
        expect(page.locator("#side")).to_contain_text("band 4 of 5")
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        page.get_by_role("button", name="Back to the start").click()
        to_progress(page)
        expect(page.locator("#past")).to_contain_text("Practised on 1 day this month, 1 answer.")
        expect(page.locator("#past")).to_contain_text("Nothing is due today. Next: tomorrow")
        # What was left is gone on with, where it stopped.
        page.get_by_role("button", name=f"Go on: {QUESTION.question}").click()
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        expect(page.get_by_role("button", name="Send answer")).to_be_enabled()


def test_days_of_practice_are_seen_practised_again_opened_and_graded_by_another(page: Page, tmp_path: Path) -> None:
    fill(tmp_path)
    with served(seat(*FOLLOW_UPS, reader=Another()), tmp_path) as address:
        page.goto(address)
        to_progress(page)
        past = page.locator("#past")
        due = past.get_by_role("region", name="Due today")
        expect(due).to_contain_text(POINT)
        expect(due).to_contain_text("2 questions, about 12 minutes")
        expect(past.get_by_role("img", name="Bands over time")).to_be_visible()
        past.get_by_text("The same as a table").click()
        table = past.get_by_role("region", name="The bands as a table").get_by_role("table")
        expect(table.get_by_role("row")).to_have_count(5)
        day = date.today() - timedelta(days=2)
        expect(table.get_by_role("row").nth(1)).to_contain_text(f"{day.day} ")
        expect(table.get_by_role("row").nth(1)).to_contain_text("builtin (older)")

        # One question alone.
        page.get_by_label("Question", exact=True).click()
        page.get_by_role("option", name=OTHER.question).click()
        expect(due).to_contain_text("1 question, about 6 minutes")
        expect(page.locator("#past-interviews")).not_to_contain_text(QUESTION.question)
        page.get_by_label("Question", exact=True).click()
        page.get_by_role("option", name="All", exact=True).click()
        expect(due).to_contain_text("2 questions")

        # Graded again by another: both side by side, and the new one only when it is asked for.
        page.get_by_label("Who grades again").click()
        page.get_by_role("option", name="builtin (another)").click()
        page.get_by_role("checkbox", name=f"Choose for grading again: {QUESTION.question}").first.check()
        page.get_by_role("button", name="Grade the chosen again").click()
        regraded = page.locator("#past-regraded")
        expect(regraded.get_by_role("status")).to_have_text("Graded again: 1 of 1")
        row = regraded.get_by_role("row", name=POINT)
        expect(row.get_by_role("cell")).to_have_text(["Missing", "Covered"])
        expect(regraded).to_contain_text("Before: builtin (scripted)")
        expect(page.get_by_role("button", name="Stop", exact=True)).to_be_hidden()
        past.get_by_text(QUESTION.question, exact=True).last.click()
        expect(past.locator("details[open] .goes-row")).to_contain_text(POINT)
        assert barriers(page) == []
        page.set_viewport_size({"width": 390, "height": 844})
        page.evaluate("document.body.classList.add('dark')")
        assert barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.set_viewport_size({"width": 1280, "height": 900})
        regraded.get_by_role("button", name="Use the new grade").click()
        expect(regraded).to_contain_text("The new grades are shown from now on.")

        # An ended one is read, not written.
        page.get_by_role("button", name=f"Open: {QUESTION.question}").first.click()
        expect(page.locator("#side")).to_contain_text("another")
        expect(page.get_by_role("button", name="Send answer")).to_be_hidden()
        page.get_by_role("button", name="Back to the start").click()

        # What is due is practised at once, the likeliest forgotten first.
        first = due.locator(".asked").first.inner_text()
        page.get_by_role("button", name="Practise these now").click()
        expect(page.locator("#question")).to_contain_text(first)
        expect(page.locator("#question")).to_contain_text("question 1 of 2")
        expect(page.locator("#chat")).to_contain_text("Hello, and thank you for coming in")
