"""The page when something is empty, slow, gone, locked or unusual, in Chromium: a sentence, and always a way on."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from browsing import MARKS, barriers, free_port, served
from histories import answered, graded
from playwright.sync_api import BrowserContext, Page, expect
from scripted import ScriptedEndpoint
from shipped import PROMPTS, QUESTION
from tables import ANSWER, FOLLOW_UPS, SECOND, VERDICTS, seat
from test_browser import BROKEN, Held, begin, say
from test_browser_play import HOLLIS
from test_live_library import ASKED, edit
from written import write

from interviewer.content import LiveLibrary
from interviewer.interview import Interviewer
from interviewer.llm import LLM
from interviewer.page.serving import open_page
from interviewer.schema import Decision, State, TypedQuestion
from interviewer.store import DRAFT_CHARACTERS, Store
from interviewer.store.interviews import FILE

pytestmark = MARKS
PICTURES = os.environ.get("STATES_PICTURES", "")


def picture(page: Page, name: str) -> None:
    """For somebody to look at, where asked for; wide and narrow."""
    if not PICTURES:
        return
    before = page.viewport_size
    for width, height in ((1280, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=f"{PICTURES}/{name}-{width}.png")
    if before:
        page.set_viewport_size(before)


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def to_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


# ── nothing yet ──────────────────────────────────────────────────────────────────────────────────────


def test_on_a_first_visit_every_view_says_what_will_be_here_and_a_broken_document_costs_a_sentence(
    context: BrowserContext, tmp_path: Path
) -> None:
    path = write(tmp_path / "content")
    live = LiveLibrary([tmp_path / "content"])
    panel = replace(seat("Who heard of it first?"), library=live.library, documents=live)
    with served(panel, tmp_path / "kept", coach=True) as address:
        page = context.new_page()
        page.goto(address)
        expect(button(page, "Start the interview")).to_be_visible()
        expect(button(page, "Go on with the last one")).to_be_hidden()
        expect(button(page, "What you missed most")).to_be_hidden()
        picture(page, "first")
        to_tab(page, "Plans")
        expect(page.locator("#plans")).to_contain_text("No plans yet")
        expect(button(page, "Start this plan")).to_be_hidden()
        picture(page, "no-plans")
        to_tab(page, "Role-play")
        expect(page.locator("#plays")).to_contain_text("No role-plays yet")
        picture(page, "no-plays")
        to_tab(page, "Your data")
        expect(page.locator("#kept")).to_contain_text("Nothing is kept yet")
        picture(page, "no-data")
        to_tab(page, "Group")
        expect(page.locator("#group")).to_contain_text("No candidate is here yet")
        picture(page, "no-group")
        to_tab(page, "Progress")
        expect(page.locator("#past")).to_contain_text("Nothing here yet")
        picture(page, "no-progress")
        assert barriers(page) == []
        button(page, "Choose a question").click()
        edit(path, "- Probe: Who heard of it, and when?", "")
        button(page, "Start the interview").click()
        expect(page.get_by_role("alert").first).to_contain_text("all documents are used as they were before")
        expect(page.locator("#chat")).to_contain_text(ASKED)
        picture(page, "broken-document")
        button(page, "Back to the start").click()
        expect(button(page, "Go on with the last one")).to_be_visible()


def test_without_a_model_everything_works_and_says_so(context: BrowserContext, tmp_path: Path) -> None:
    with served(seat(), tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        expect(page.locator("#top")).to_contain_text("No model: the follow-ups are written in the document.")
        say(page, ANSWER)
        side = page.locator("#side")
        expect(side).to_contain_text("band 4 of 5")
        expect(page.locator("#chat .bot.message")).to_have_count(2)
        side.get_by_role("button", name="Say it better").click()
        expect(side.locator(".rewritten")).to_contain_text("Last winter a man came to the service desk shouting")
        for dead in ("Stop waiting", "Ask again", "Stop grading"):
            expect(button(page, dead)).to_be_hidden()
        button(page, "Back to the start").click()
        to_tab(page, "Role-play")
        page.get_by_role("button", name=f"Start: {HOLLIS.title}").click()
        expect(page.locator("#question")).to_contain_text("Scripted: Mr Hollis reacts to cue words")


# ── slow ─────────────────────────────────────────────────────────────────────────────────────────────


class SlowEndpoint(ScriptedEndpoint):
    """Says its first line's first words, then nothing until the test lets it go on."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.go = threading.Event()

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        number = 0
        async for piece in super().stream(body):
            if number == 2:
                await asyncio.to_thread(self.go.wait, 60)
            number += 1
            yield piece


def test_a_slow_interviewer_is_waited_for_no_longer_than_one_likes(context: BrowserContext, tmp_path: Path) -> None:
    slow = SlowEndpoint("One that is never heard to its end.", FOLLOW_UPS[0])
    panel = replace(seat(), interviewer=Interviewer(PROMPTS, LLM(slow, "scripted")))
    with served(panel, tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        say(page, ANSWER)
        chat, box = page.locator("#chat"), page.get_by_label("Your answer")
        expect(chat).to_contain_text("One that")
        expect(button(page, "The interviewer is speaking …")).to_be_disabled()
        box.fill("Typed meanwhile")
        expect(button(page, "Stop waiting")).to_be_visible()
        picture(page, "slow")
        button(page, "Stop waiting").click()
        expect(page.locator("#notice")).to_contain_text("You stopped waiting. Your answer is kept")
        expect(chat).not_to_contain_text("One that")
        expect(chat).to_contain_text("a broken drill on purpose")
        expect(button(page, "Stop waiting")).to_be_hidden()
        expect(box).to_have_value("Typed meanwhile")
        picture(page, "stopped")
        button(page, "Send answer").click()
        expect(page.locator("#notice")).to_contain_text("press “Ask again”. Your words stay in the box.")
        slow.go.set()
        button(page, "Ask again").click()
        expect(chat).to_contain_text(FOLLOW_UPS[0])
        expect(box).to_have_value("Typed meanwhile")
        expect(page.locator("#notice")).to_be_hidden()
        button(page, "Send answer").click()
        expect(chat).to_contain_text("Typed meanwhile")


class Moody(Held):
    """Holds its decisions back like `Held`, or fails on the fourth as often as told to."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__(VERDICTS)
        self.failures = failures
        self.model = "moody"
        if failures:
            self.go.set()

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        number = 0
        async for decision in super().decide(state, questions):
            if number == 3 and self.failures:
                self.failures -= 1
                raise BROKEN
            number += 1
            yield decision


def test_a_slow_grader_is_stopped_in_progress_and_awaited_for_a_simulations_report(
    context: BrowserContext, tmp_path: Path
) -> None:
    Store(tmp_path).save(answered(QUESTION, ANSWER, graded(QUESTION, ["missing"]), 0))
    held = Moody()
    with served(seat(*FOLLOW_UPS, decider=held), tmp_path) as address:
        page = context.new_page()
        page.goto(address)
        to_tab(page, "Progress")
        page.get_by_role("checkbox", name="Choose for grading again").check()
        button(page, "Grade the chosen again").click()
        regraded = page.locator("#past-regraded")
        expect(regraded.get_by_role("status")).to_have_text("Graded again: 0 of 1")
        picture(page, "slow-again")
        button(page, "Stop").click()
        expect(regraded).to_contain_text("You stopped it.")
        expect(button(page, "Stop")).to_be_hidden()

        to_tab(page, "Questions")
        page.get_by_role("radio", name="Simulation").check()
        page.get_by_role("checkbox", name=QUESTION.question).check()
        button(page, "Start the interview").click()
        say(page, ANSWER)
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        button(page, "End the interview").click()
        side = page.locator("#side")
        expect(page.locator("#chat")).to_contain_text("Thank you for your time")
        picture(page, "slow-report")
        held.go.set()
        expect(side).to_contain_text("band 4 of 5")


# ── gone ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_grader_that_breaks_off_keeps_what_it_judged_and_is_asked_again(
    context: BrowserContext, tmp_path: Path
) -> None:
    moody = Moody(failures=1)
    with served(seat(*FOLLOW_UPS, decider=moody), tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        say(page, ANSWER)
        side, chat = page.locator("#side"), page.locator("#chat")
        expect(chat).to_contain_text(FOLLOW_UPS[0])
        expect(side).to_contain_text("start the server again")
        picture(page, "grader-gone")
        button(page, "Grade again").click()
        expect(side).to_contain_text("band 4 of 5")
        button(page, "Back to the start").click()
        to_tab(page, "Progress")
        moody.failures = 1
        page.get_by_role("checkbox", name="Choose for grading again").check()
        button(page, "Grade the chosen again").click()
        regraded = page.locator("#past-regraded")
        expect(regraded).to_contain_text(
            "Grading again failed: 127.0.0.1 broke off: start the server again. 1 answer was"
        )
        picture(page, "again-gone")
        button(page, "Grade the chosen again").click()
        expect(regraded.get_by_role("status")).to_have_text("Graded again: 1 of 1")


@contextmanager
def written_by_another(folder: Path) -> Iterator[None]:
    """Another program writes into the database meanwhile."""
    other = sqlite3.connect(folder / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.close()


def test_a_locked_database_costs_a_sentence_and_is_written_when_it_is_free(
    context: BrowserContext, tmp_path: Path
) -> None:
    store = Store(tmp_path, wait=0.01)
    with open_page(seat(*FOLLOW_UPS), store, host="127.0.0.1", port=free_port()) as served_page:
        page = context.new_page()
        begin(page, served_page.address)
        with written_by_another(tmp_path):
            say(page, ANSWER)
            expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
            expect(page.locator("#notice")).to_contain_text("is locked by another program")
            expect(page.locator("#notice")).to_contain_text("The interview goes on")
            expect(page.locator("#side")).to_contain_text("band 4 of 5")
            picture(page, "locked")
        say(page, SECOND)
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[1])
        expect(page.locator("#notice")).to_be_hidden()
        page.reload()
        for words in ("a broken drill on purpose", FOLLOW_UPS[0], SECOND, FOLLOW_UPS[1]):
            expect(page.locator("#chat")).to_contain_text(words)


def test_words_typed_while_the_server_is_gone_are_there_when_it_is_back(
    context: BrowserContext, tmp_path: Path
) -> None:
    port = free_port()
    page = context.new_page()
    box, alert = page.get_by_label("Your answer"), page.locator("#away [role=alert]")
    with served(seat(*FOLLOW_UPS), tmp_path, port) as address:
        begin(page, address)
        say(page, ANSWER)
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        expect(page.locator("#side")).to_contain_text("band 4 of 5")
    box.fill("Half")
    expect(alert).to_contain_text(
        "The program behind this page isn’t answering. What you type is kept in this browser."
    )
    expect(page.get_by_text("Connection to the server was lost").first).to_be_hidden()
    expect(button(page, "Send answer")).to_be_disabled()
    box.fill("Half of it, and the other half.")
    assert barriers(page) == []
    picture(page, "away")
    with served(seat(FOLLOW_UPS[1]), tmp_path, port):
        expect(alert).to_be_empty()
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        expect(box).to_have_value("Half of it, and the other half.")
        button(page, "Send answer").click()
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[1])
        expect(box).to_have_value("")


# ── unusual ──────────────────────────────────────────────────────────────────────────────────────────


def test_two_tabs_and_the_browsers_own_buttons_never_lose_an_interview(context: BrowserContext, tmp_path: Path) -> None:
    with served(seat(*FOLLOW_UPS), tmp_path) as address:
        first = context.new_page()
        first.goto("about:blank")
        begin(first, address)
        second = context.new_page()
        second.goto(address)
        expect(second.locator("#chat")).to_contain_text("Hello, and thank you for coming in")
        say(first, ANSWER)
        expect(first.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        expect(first.locator("#side")).to_contain_text("band 4 of 5")
        say(second, SECOND)
        expect(second.locator("#notice")).to_contain_text("This interview went on in another tab.")
        expect(second.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        expect(second.get_by_label("Your answer")).to_have_value(SECOND)
        button(second, "Send answer").click()
        expect(second.locator("#chat")).to_contain_text(FOLLOW_UPS[1])
        first.go_back()
        first.go_forward()
        expect(first.locator("#chat")).to_contain_text(FOLLOW_UPS[1])
        say(first, "And a third one, after all that.")
        expect(first.locator("#chat")).to_contain_text(FOLLOW_UPS[2])


HEBREW = "לקוח צעק עליי בחנות. הקשבתי לו עד הסוף, ואז הצעתי לו זיכוי."


def test_answers_of_any_length_and_writing_leave_the_page_usable(context: BrowserContext, tmp_path: Path) -> None:
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    with served(seat(), tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        box, chat, notice = page.get_by_label("Your answer"), page.locator("#chat"), page.locator("#notice")
        say(page, " \n ")
        expect(notice).to_contain_text("Type an answer first.")
        say(page, "x" * (DRAFT_CHARACTERS + 1))
        expect(notice).to_contain_text("That is longer than 100,000 characters.")
        assert len(box.input_value()) == DRAFT_CHARACTERS + 1
        for words in ("😀😀 👍🏽", HEBREW, "I listened to him calmly. " * 1250, "y" * DRAFT_CHARACTERS):
            expect(button(page, "Send answer")).to_be_enabled()
            say(page, words)
            expect(chat.locator(".user.message").last).to_contain_text(words.strip()[-300:])
            assert page.evaluate(sideways) <= 0
            picture(page, f"long-{len(words)}")
        hebrew = chat.locator(".user.message", has_text=HEBREW)
        assert hebrew.evaluate("one => getComputedStyle(one).unicodeBidi") == "plaintext"
