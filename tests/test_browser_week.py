"""A job seeker's week with the page, in Chromium: seven evenings, one folder, a clock that the test moves on.

Each evening the program is started anew, as on one's own machine, so that all the next one knows has been kept.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from browsing import MARKS, PATIENCE, chromium, free_port, served
from histories import DAY, START
from playwright.sync_api import BrowserContext, FilePayload, Page, expect
from pypdf import PdfReader
from shipped import LIBRARY, QUESTION
from tables import ANSWER, FLAGGED, FOLLOW_UPS, SECOND, seat
from test_acting import talks
from test_browser import say, strangers
from test_browser_again import Turning
from test_browser_data import kept_on_disk, saved
from test_fit import WARD
from test_role_plays import KIND

from interviewer.panel import Panel

pytestmark = MARKS

MISTAKE = LIBRARY.questions["mistake-at-work"]
PLAN = LIBRARY.plans["first-job"]
HOLLIS = LIBRARY.role_plays["no-receipt"]
BEST = f"I gave her a voucher. {ANSWER}"
LATER = ("How long did that take in all?", "What did your manager say to you then?", "What did she write back to you?")
HALF = "What I took from it is that I offer the card"
SLIP = (
    "In my second month I sent forty catalogues to a customer's old address. It was my fault, I had not read her note. "
    "I rang her before she noticed, told my supervisor, and paid the second postage out of our team's budget."
)
WHY = (
    "I have bought my own shoes here since school, and I like that your staff kneel down and measure. "
    "I worked two summers at a market stall, so standing all day and talking to people is what I know."
)
REWRITTEN = (
    "Last winter a man came to the service desk shouting that we had sold him a broken drill on purpose. "
    "I kept my voice low and let him tell the whole story. He left with a new drill."
)
SAID = (ANSWER, SECOND, SLIP, WHY, HALF, KIND["no-receipt"][1])
"""What is said in this week: none of it may be left when everything has been deleted."""


@dataclass
class Week:
    """What lasts from one evening to the next: the browser, the folder, the address, and the time."""

    context: BrowserContext
    folder: Path
    port: int = field(default_factory=free_port)
    now: float = START

    @contextmanager
    def evening(self, day: int, panel: Panel) -> Iterator[Page]:
        """The page, opened on this day after Monday; nothing fails in it, and nobody else is asked for anything."""
        self.now = START + day * DAY
        with served(panel, self.folder, self.port, now=lambda: self.now) as address:
            page = self.context.new_page()
            asked_elsewhere = strangers(page, address)
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(address)
            yield page
            assert (errors, asked_elsewhere) == ([], [])
        # The program has ended under the open page.
        page.close()

    def kept(self, said: Sequence[str] = SAID) -> set[str]:
        """Which of these words stand in any file of the folder, by short pieces: a database page may end in one."""
        pieces = {words: (words[:16], words[16:32], words[32:48]) for words in said}
        return {words for words in said if any(kept_on_disk(self.folder, piece) for piece in pieces[words] if piece)}


@pytest.fixture
def week(tmp_path: Path) -> Iterator[Week]:
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        yield Week(context, tmp_path / "data")


def test_a_week_of_practice_from_the_first_question_to_all_of_it_deleted_and_brought_back(week: Week) -> None:
    with week.evening(0, seat(*FOLLOW_UPS, decider=Turning(FLAGGED))) as page:
        nothing_is_here(page)
        two_questions_are_chosen_and_the_first_tried_twice(page)
        half_an_answer_is_typed(page)
    with week.evening(1, seat(*LATER, decider=Turning(FLAGGED))) as page:
        it_goes_on_where_it_was(page)
        the_interview_ends_with_a_report(page)
    with week.evening(2, seat(*FOLLOW_UPS)) as page:
        a_plan_is_simulated_until_its_time_is_up(page, week)
    with week.evening(3, seat(decider=talks())) as page:
        a_role_play_is_played_to_its_end(page)
    with week.evening(4, seat(FOLLOW_UPS[0], REWRITTEN, decider=Turning(FLAGGED))) as page:
        progress_says_what_is_due_and_it_is_practised(page)
        the_answer_is_said_better(page)
        a_job_ad_finds_its_questions(page)
    assert week.kept() == set(SAID)
    with week.evening(5, seat()) as page:
        history = say_history(page)
        bundle = everything_is_taken_along(page)
        everything_is_deleted(page)
        assert week.kept() == set()
        nothing_is_here(page)
    assert week.kept() == set()
    with week.evening(6, seat()) as page:
        nothing_is_here(page)
        it_is_brought_back(page, bundle)
        week.now -= DAY
        assert say_history(page) == history
    assert week.kept() == set(SAID)


# ── Monday: a first evening ──────────────────────────────────────────────────────────────────────────


def tell(page: Page, words: str) -> None:
    """Says this once the interviewer listens, and sees it in the talk."""
    expect(page.get_by_role("button", name="Send answer")).to_be_enabled()
    say(page, words)
    expect(page.locator("#chat")).to_contain_text(words)


def to_start(page: Page) -> None:
    page.get_by_role("button", name="Back to the start").click()
    expect(page.get_by_role("tab", name="Questions")).to_be_visible()


def nothing_is_here(page: Page) -> None:
    """The page as somebody sees it who has never been here."""
    page.get_by_role("tab", name="Questions").click()
    expect(page.get_by_role("button", name="Start the interview")).to_be_visible()
    for offered in ("Go on with the last one", "What you missed most"):
        expect(page.get_by_role("button", name=offered)).to_be_hidden()
    page.get_by_role("tab", name="Progress").click()
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    expect(page.locator("#past-interviews")).to_be_empty()
    page.get_by_role("tab", name="Your data").click()
    expect(page.locator("#kept")).to_contain_text("Nothing is kept yet")
    page.get_by_role("tab", name="Your job").click()
    expect(page.get_by_label("Job ad")).to_have_value("")
    expect(page.get_by_label("CV")).to_have_value("")
    page.get_by_role("tab", name="Questions").click()


def two_questions_are_chosen_and_the_first_tried_twice(page: Page) -> None:
    for document in (QUESTION, MISTAKE):
        page.get_by_role("checkbox", name=document.question).check()
    page.get_by_role("button", name="Start the interview").click()
    chat, side = page.locator("#chat"), page.locator("#side")
    expect(chat).to_contain_text("Hello, and thank you for coming in")
    expect(page.locator("#question")).to_contain_text("question 1 of 2")
    page.get_by_role("button", name="Hint").click()
    expect(page.locator("#hints")).to_contain_text("1 hint, noted with your answer")
    tell(page, ANSWER)
    expect(chat).to_contain_text(FOLLOW_UPS[0])
    expect(side).to_contain_text("band 2 of 5")
    expect(side).to_contain_text("Two things to do better")
    expect(side.locator(".try")).to_have_text("with 1 hint")
    why = side.locator("#rubric-0-why-key_point-calm")
    why.locator("summary").click()
    expect(why).to_contain_text(QUESTION.key_points[0].covered)
    side.get_by_role("button", name="Try again").click()
    expect(side).to_contain_text("Another try")
    tell(page, BEST)
    expect(chat).to_contain_text(FOLLOW_UPS[1])
    expect(side.locator(".difference")).to_contain_text("Band 4, up from 2")
    expect(side.locator(".try")).to_have_text("Attempt 2 of 2 · your best so far")


def half_an_answer_is_typed(page: Page) -> None:
    expect(page.get_by_role("button", name="Send answer")).to_be_enabled()
    before = page.evaluate("Object.values(localStorage).join()")
    page.get_by_label("Your answer").fill(HALF)
    page.wait_for_function("before => Object.values(localStorage).join() !== before", arg=before)


# ── Tuesday: the rest of it ──────────────────────────────────────────────────────────────────────────


def it_goes_on_where_it_was(page: Page) -> None:
    expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[1])
    expect(page.locator("#question")).to_contain_text("question 1 of 2")
    expect(page.get_by_label("Your answer")).to_have_value(HALF)
    expect(page.locator("#side .try")).to_have_text("Attempt 2 of 2 · your best so far")
    expect(page.locator("#side .difference")).to_contain_text("Band 4, up from 2")


def the_interview_ends_with_a_report(page: Page) -> None:
    chat, question, side = page.locator("#chat"), page.locator("#question"), page.locator("#side")
    for answer, asked in ((f"{HALF} search first.", LATER[0]), (SECOND, LATER[1])):
        tell(page, answer)
        expect(chat).to_contain_text(asked)
    tell(page, "He left calmly, and came back in spring for a saw.")
    expect(question).to_contain_text("question 2 of 2")
    expect(chat).to_contain_text(MISTAKE.question)
    tell(page, SLIP)
    expect(chat).to_contain_text(LATER[2])
    expect(side.locator("#rubric-1")).to_contain_text("of 5")
    expect(page.get_by_role("button", name="Send answer")).to_be_enabled()
    page.get_by_role("button", name="End the interview").click()
    report = side.get_by_role("region", name="Your report")
    expect(report).to_contain_text("2 of 2 questions answered, 2 with a band. 1 hint taken.")
    expect(report.get_by_role("button", name="To its rubric")).to_have_count(2)
    report.get_by_role("listitem").filter(has_text=QUESTION.question).get_by_role("button").click()
    expect(side.locator("#rubric-0")).to_be_in_viewport()
    to_start(page)


# ── Wednesday: as if it were real ────────────────────────────────────────────────────────────────────


def a_plan_is_simulated_until_its_time_is_up(page: Page, week: Week) -> None:
    expect(page.get_by_role("button", name="Go on with the last one")).to_be_visible()
    page.clock.set_fixed_time(week.now)
    page.get_by_role("radio", name="Simulation").check()
    page.get_by_role("tab", name="Plans").click()
    page.get_by_role("radio", name=PLAN.title).check()
    page.get_by_role("button", name="Start this plan").click()
    question, side = page.locator("#question"), page.locator("#side")
    expect(question.locator(".mode")).to_have_text("Simulation")
    expect(question.locator(".clock")).to_have_text(f"{PLAN.minutes:g} minutes left")
    expect(page.get_by_role("button", name="Hint")).to_be_hidden()
    tell(page, WHY)
    expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
    expect(side).to_contain_text("1 answer given")
    expect(side).not_to_contain_text("of 5")
    week.now += 60 * (PLAN.minutes + 1)
    page.clock.set_fixed_time(week.now)
    expect(question.locator(".clock")).to_have_text("Time is up: your next answer is the last")
    tell(page, "I would say it was the measuring.")
    report = side.get_by_role("region", name="Your report")
    expect(report).to_contain_text(f"1 of {len(PLAN.questions)} questions answered")
    expect(report).to_contain_text("The time was up before the last question was done.")
    expect(side.locator(".rubric").first).to_contain_text("of 5")
    expect(page.get_by_role("button", name="Send answer")).to_be_hidden()
    to_start(page)


# ── Thursday: with somebody difficult ────────────────────────────────────────────────────────────────


def a_role_play_is_played_to_its_end(page: Page) -> None:
    page.get_by_role("tab", name="Role-play").click()
    page.get_by_role("button", name=f"Start: {HOLLIS.title}").click()
    chat, side = page.locator("#chat"), page.locator("#side")
    expect(chat).to_contain_text(HOLLIS.opens)
    for line in KIND[HOLLIS.id]:
        tell(page, line)
        expect(chat).to_contain_text(line)
    expect(chat).to_contain_text(HOLLIS.endings["settled"])
    expect(side.get_by_role("region", name="How the temper went")).to_be_visible()
    expect(side.locator("#rubric-0")).to_contain_text("band 4 of 5")
    to_start(page)


# ── Friday: what was missed, and the job itself ──────────────────────────────────────────────────────


def progress_says_what_is_due_and_it_is_practised(page: Page) -> None:
    page.get_by_role("tab", name="Progress").click()
    past = page.locator("#past")
    expect(past).to_contain_text("Practised on 4 days this month")
    due = past.get_by_role("region", name="Due today")
    expect(due).to_contain_text(QUESTION.question)
    expect(due).to_contain_text(MISTAKE.question)
    expect(past.get_by_role("img", name="Bands over time")).to_be_visible()
    past.get_by_text("The same as a table").click()
    table = past.get_by_role("region", name="The bands as a table")
    for day in ("2 Nov", "yesterday"):
        expect(table).to_contain_text(day)
    page.get_by_label("Question", exact=True).click()
    page.get_by_role("option", name=QUESTION.question).click()
    expect(due).not_to_contain_text(MISTAKE.question)
    expect(due).to_contain_text("1 question, about 6 minutes")
    page.get_by_role("button", name="Practise these now").click()
    expect(page.locator("#question")).to_contain_text(QUESTION.question)
    tell(page, BEST)
    expect(page.locator("#side")).to_contain_text("band 4 of 5")


def the_answer_is_said_better(page: Page) -> None:
    expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
    page.locator("#side").get_by_role("button", name="Say it better").click()
    expect(page.locator("#side .rewritten")).to_contain_text(REWRITTEN)
    to_start(page)


def a_job_ad_finds_its_questions(page: Page) -> None:
    page.get_by_role("tab", name="Your job").click()
    page.get_by_label("Job ad").fill(WARD)
    page.get_by_role("button", name="Find my questions").click()
    first = page.locator("#job-cards .fits > li").first
    expect(first).to_contain_text(LIBRARY.questions["distressed-patient"].question)
    expect(first.get_by_role("checkbox")).to_be_checked()
    page.locator("#job-begin").click()
    expect(page.locator("#question")).to_contain_text("question 1 of")
    to_start(page)


# ── Saturday and Sunday: taken along, deleted, brought back ──────────────────────────────────────────


def say_history(page: Page) -> list[str]:
    """What the progress view tells, by its parts."""
    page.get_by_role("tab", name="Progress").click()
    expect(page.locator("#past")).to_contain_text("Practised on 5 days this month")
    return [page.locator(part).inner_text() for part in ("#past", "#past-interviews")]


def everything_is_taken_along(page: Page) -> bytes:
    """The JSON file; the PDF is read, too."""
    page.get_by_role("tab", name="Your data").click()
    expect(page.locator("#kept").get_by_role("checkbox")).to_have_count(5)
    _, report = saved(page, "PDF report")
    words = " ".join(one.extract_text() for one in PdfReader(io.BytesIO(report)).pages)
    for named in (QUESTION.question, MISTAKE.question, "Band 4 of 5"):
        assert named in " ".join(words.split())
    _, bundle = saved(page, "JSON")
    assert len(json.loads(bundle)["interviews"]) == 5
    return bundle


def everything_is_deleted(page: Page) -> None:
    page.get_by_role("tab", name="Your job").click()
    page.get_by_label("CV").fill("I was a barista, and never late.")
    page.get_by_role("tab", name="Your data").click()
    page.get_by_text("Delete everything", exact=True).click()
    page.get_by_label("Type “delete”").fill("delete")
    page.get_by_role("button", name="Delete everything now").click()
    expect(page.locator("#data-says")).to_contain_text("Everything is deleted")


def it_is_brought_back(page: Page, bundle: bytes) -> None:
    page.get_by_role("tab", name="Your data").click()
    file = FilePayload(name="practice.json", mimeType="application/json", buffer=bundle)
    page.get_by_label("JSON files that were exported").set_input_files(file)
    expect(page.locator("#data-says")).to_contain_text("5 interviews read: 5 new.")
    expect(page.locator("#kept").get_by_role("checkbox")).to_have_count(5)


def _unused(_: Any) -> None: ...
