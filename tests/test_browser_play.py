"""A role-play in a real browser: chosen, played without and with a model, ended, its course and its rubric read."""

from __future__ import annotations

from pathlib import Path

from browsing import MARKS, barriers, served
from playwright.sync_api import BrowserContext, Page, expect
from shipped import LIBRARY
from tables import seat
from test_acting import talks
from test_role_plays import KIND

from interviewer.errors import ProviderUnreachable

pytestmark = MARKS
HOLLIS = LIBRARY.role_plays["no-receipt"]
BROKEN = ProviderUnreachable("127.0.0.1 broke off: start the server again.")


def begin(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("tab", name="Role-play").click()
    page.get_by_role("button", name="Start: Money back, and no receipt").click()
    expect(page.locator("#chat")).to_contain_text(HOLLIS.opens)


def say(page: Page, words: str) -> None:
    page.get_by_label("Your answer").fill(words)
    page.get_by_role("button", name="Send answer").click()


def test_a_role_play_without_a_model_from_its_card_to_its_rubric(context: BrowserContext, tmp_path: Path) -> None:
    with served(seat(), tmp_path) as address:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        page.goto(address)
        page.get_by_role("tab", name="Role-play").click()
        cards = page.get_by_role("list", name="Role-plays").get_by_role("listitem")
        expect(cards).to_have_count(len(LIBRARY.role_plays))
        expect(cards.filter(has_text=HOLLIS.title)).to_contain_text("A refund without a receipt")
        start = page.get_by_role("button", name="Start: Money back, and no receipt")
        start.focus()
        page.keyboard.press("Enter")
        chat, side, question = page.locator("#chat"), page.locator("#side"), page.locator("#question")
        expect(chat).to_contain_text(HOLLIS.opens)
        expect(question).to_contain_text("You are talking to Mr Hollis, a customer at the service desk")
        expect(question).to_contain_text("Role-play Money back, and no receipt")
        expect(page.get_by_role("button", name="Hint")).to_be_hidden()
        expect(question.get_by_text("Talks faster")).to_be_hidden()
        question.get_by_text("How does Mr Hollis look?").click()
        expect(question.get_by_text("Talks faster")).to_be_visible()
        expect(page.get_by_label("Your answer")).to_have_attribute(
            "placeholder", "Say what you would say to Mr Hollis."
        )
        say(page, "Please calm down.")
        expect(chat).to_contain_text(HOLLIS.topics[0].heated[0])
        expect(side).to_contain_text("When the role-play is over")
        faults = barriers(page)
        assert errors == []
        page.reload()  # nothing of it is lost
        expect(chat).to_contain_text(HOLLIS.topics[0].heated[0])
        errors.clear()  # a reload breaks off what the browser was asking for
        for line in KIND["no-receipt"]:
            expect(page.get_by_role("button", name="Send answer")).to_be_enabled()
            expect(side).not_to_contain_text("How the temper went")
            say(page, line)
            expect(chat).to_contain_text(line)
        expect(chat).to_contain_text(HOLLIS.endings["settled"])
        expect(chat).to_contain_text("That is the end of the role-play: it is settled.")
        expect(page.get_by_role("button", name="Send answer")).to_be_hidden()
        course = side.get_by_role("region", name="How the temper went")
        expect(course.locator("svg")).to_be_visible()
        expect(course).to_contain_text("2 → 3 (Annoyed → Angry), because you told him how to behave.")
        expect(course.get_by_role("listitem")).to_have_count(4)
        expect(side).to_contain_text("This grader was made for answers that tell a story.")
        course.get_by_text("The rules it went by").click()
        expect(course).to_contain_text("What Mr Hollis did not know")
        faults += barriers(page)
        side.get_by_role("button", name="Try again").first.click()
        expect(side).to_contain_text("Another try")
        expect(course).to_have_count(0)
        expect(chat).to_contain_text(HOLLIS.opens)
        expect(chat).not_to_contain_text("Please calm down.")
        expect(page.get_by_role("button", name="Send answer")).to_be_enabled()
        page.get_by_role("button", name="Back to the start").click()
        expect(page.get_by_role("tab", name="Questions")).to_be_visible()
        assert faults == []
        assert errors == []


def test_a_model_words_the_lines_fails_once_is_replaced_once_and_the_candidate_ends_it(
    context: BrowserContext, tmp_path: Path
) -> None:
    worded = "So tell me then: what is that slip of paper good for?"
    panel = seat(["So tell me", BROKEN], worded, "You handled that well.", decider=talks())
    with served(panel, tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        chat, side = page.locator("#chat"), page.locator("#side")
        say(page, KIND["no-receipt"][0])
        expect(page.locator("#notice")).to_contain_text("Your answer is kept.")
        page.get_by_role("button", name="Ask again").click()
        expect(chat).to_contain_text(worded)
        expect(page.locator("#question")).to_contain_text("The model scripted words the lines.")
        expect(page.get_by_role("button", name="Send answer")).to_be_enabled()
        say(page, KIND["no-receipt"][1])
        expect(chat).to_contain_text(HOLLIS.topics[2].calm[0])
        expect(chat).not_to_contain_text("You handled that well.")
        page.get_by_role("button", name="End the interview").click()
        expect(chat).to_contain_text("let's stop the role-play here")
        expect(side).to_contain_text("You ended it, with something still open.")
        expect(side.locator("[role=status]")).to_contain_text("Your rubric is ready")
