"""A job seeker's way through the page in a real browser: asked, answered, graded, reloaded, broken off, ended."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import wire
from browsing import MARKS, free_port, served
from playwright.sync_api import Browser, BrowserContext, Page, expect
from scripted import ScriptedDecider
from shipped import LIBRARY, PROMPTS, QUESTION
from tables import ANSWER, FLAGGED, FOLLOW_UPS, SECOND, VERDICTS, seat
from test_page import CRITERIA
from test_readout import WEIGHTS, Read, Teller, says

from interviewer import cli
from interviewer.errors import ProviderUnreachable
from interviewer.interview import Interviewer
from interviewer.llm import LLM
from interviewer.page.author import Seen
from interviewer.page.marks import escape
from interviewer.readout import ReadoutDecider
from interviewer.schema import Decision, State, TypedQuestion

pytestmark = MARKS
BROKEN = ProviderUnreachable("127.0.0.1 broke off: start the server again.")


class Held(ScriptedDecider):
    """Holds its decisions back from the fourth on until the test lets them go."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.go = threading.Event()

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        number = 0
        async for decision in super().decide(state, questions):
            if number == 3:
                await asyncio.to_thread(self.go.wait, 60)
            number += 1
            yield decision


def strangers(page: Page, address: str) -> list[str]:
    """Collects what the page asks of anybody but its own server."""
    asked: list[str] = []

    def note(request: Any) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            asked.append(request.url)

    page.on("request", note)
    return asked


def begin(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("checkbox", name=QUESTION.question).check()
    page.get_by_role("button", name="Start the interview").click()
    expect(page.locator("#chat")).to_contain_text("Hello, and thank you for coming in")


def say(page: Page, words: str) -> None:
    page.get_by_label("Your answer").fill(words)
    page.get_by_role("button", name="Send answer").click()


def test_a_whole_interview_from_the_first_question_to_the_last_rubric(context: BrowserContext, tmp_path: Path) -> None:
    with served(seat(*FOLLOW_UPS, said=FLAGGED), tmp_path) as address:
        page = context.new_page()
        asked_elsewhere = strangers(page, address)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        begin(page, address)
        expect(page.locator("#top")).to_contain_text("Measured 2026-11-23")
        expect(page.locator("#top")).to_contain_text("The model scripted interviews.")
        say(page, ANSWER)
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        expect(page.get_by_label("Your answer")).to_have_value("")
        side = page.locator("#side")
        expect(side).to_contain_text("band 2 of 5")
        expect(side.locator("[role=status]")).to_contain_text("Your rubric is ready")
        expect(side.locator("mark.flagged")).to_contain_text("he could have been less stupid")
        for heading in ("Two things to do better", "Red flags", "Key points", "What the interviewer wanted", "STAR"):
            expect(side).to_contain_text(heading)
        side.get_by_text("How the band came about").click()
        expect(side).to_contain_text("A red flag was found, so the band is at most 2.")
        say(page, SECOND)
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[1])
        expect(side).to_contain_text("Your answers and the evidence")
        expect(side.get_by_text("A red flag was found, so the band is at most 2.")).to_be_visible()
        page.get_by_role("button", name="End the interview").click()
        expect(page.locator("#chat")).to_contain_text("Thank you for your time")
        expect(page.get_by_role("button", name="Send answer")).to_be_hidden()
        expect(side).to_contain_text("band 2 of 5")
        page.get_by_role("button", name="Back to the start").click()
        page.get_by_role("button", name="Go on with the last one").click()
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[1])
        assert asked_elsewhere == []
        assert errors == []


def test_a_number_leads_to_the_verdict_and_pointing_at_a_verdict_lights_its_words(
    context: BrowserContext, tmp_path: Path
) -> None:
    with served(seat(*FOLLOW_UPS), tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        say(page, ANSWER)
        side = page.locator("#side")
        expect(side).to_contain_text("band 4 of 5")  # while it fills in, a badge's number may still move
        badge = side.locator(".words .badge").first
        number = badge.get_attribute("data-n")
        badge.click()
        criterion = side.locator(f'[data-lights="{number}"]')
        expect(criterion).to_be_in_viewport()
        expect(criterion.locator(".badge")).to_be_focused()
        mark = side.locator(f'mark[data-n~="{number}"]').first
        colour = mark.evaluate("mark => getComputedStyle(mark).backgroundColor")
        page.mouse.move(1, 1)
        page.get_by_label("Your answer").focus()
        expect(mark).not_to_have_css("background-color", colour)
        criterion.hover()
        expect(mark).to_have_css("background-color", colour)


def test_nothing_a_question_is_judged_by_reaches_the_browser_before_its_first_grade(
    context: BrowserContext, tmp_path: Path
) -> None:
    held_back = threading.Event()

    class Silent(ScriptedDecider):
        async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
            await asyncio.to_thread(held_back.wait, 60)
            async for decision in super().decide(state, questions):
                yield decision

    received: list[str] = []
    with served(seat(*FOLLOW_UPS, decider=Silent(VERDICTS)), tmp_path) as address:
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.eventSourceMessageReceived", lambda event: received.append(event["data"]))
        bodies: list[Any] = []
        page.on("response", lambda reply: bodies.append(reply))
        begin(page, address)
        page.get_by_label("Your answer").fill(ANSWER)
        page.get_by_role("button", name="Send answer").click()
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        before = page.content() + json.dumps(received)
        for reply in bodies:
            if "assets" not in reply.url and "queue/data" not in reply.url and "heartbeat" not in reply.url:
                before += reply.text()
        seen = [
            text for text in CRITERIA if text in before or escape(text) in before or json.dumps(text)[1:-1] in before
        ]
        held_back.set()
        expect(page.locator("#side")).to_contain_text("Your rubric is ready")
        assert seen == []
        assert QUESTION.key_points[0].name.split()[0] in page.content()


def test_verdicts_fill_in_while_the_next_question_is_already_there_and_can_be_stopped(
    context: BrowserContext, tmp_path: Path
) -> None:
    held = Held(VERDICTS)
    with served(seat(*FOLLOW_UPS, decider=held), tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        say(page, ANSWER)
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        expect(page.locator("#side")).to_contain_text("of 19 criteria judged")
        expect(page.locator("#side")).to_contain_text("Not judged yet")
        page.get_by_role("button", name="Stop grading").click()
        expect(page.locator("#side")).to_contain_text("You stopped the grading.")
        held.go.set()
        page.get_by_role("button", name="Grade again").click()
        expect(page.locator("#side")).to_contain_text("band 4 of 5")


class OneModel(Teller):
    """A model that interviews and grades; its line is held back until the test lets it go."""

    def __init__(self) -> None:
        super().__init__(lambda _: says(0.9))
        self.begun = threading.Event()
        self.go = threading.Event()

    @property
    def graded(self) -> int:
        """How many verdicts it was asked for."""
        return sum("logprobs" in body for body in self.bodies)

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        chunks = wire.chunks_of("You looked ", "the sale up by his card. Why?")
        for chunk in chunks[:2]:
            yield chunk
            self.begun.set()
        await asyncio.to_thread(self.go.wait, 60)
        for chunk in chunks[2:]:
            yield chunk


class Reading(Read):
    """As the encoder, which takes longer to read an answer than an interviewer to open the mouth."""

    def __init__(self, begun: threading.Event) -> None:
        super().__init__(VERDICTS)
        self.begun = begun

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        await asyncio.to_thread(self.begun.wait, 60)
        async for decision in super().decide(state, questions):
            yield decision


def test_what_needs_no_model_is_shown_while_the_one_model_still_speaks(context: BrowserContext, tmp_path: Path) -> None:
    model = OneModel()
    llm = LLM(model, "small", local=True)
    grader = ReadoutDecider(llm, PROMPTS, builtin=Reading(model.begun), weights=WEIGHTS)
    panel = replace(seat(), interviewer=Interviewer(PROMPTS, llm), decider=grader)
    with served(panel, tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        say(page, ANSWER)
        expect(page.locator("#chat")).to_contain_text("You looked")
        expect(page.locator("#side")).to_contain_text(f"{19 - WEIGHTS.most} of 19 criteria judged")
        assert model.graded == 0
        model.go.set()
        expect(page.locator("#side")).to_contain_text("Your rubric is ready")
        assert model.graded == WEIGHTS.most


def test_a_reload_brings_back_the_talk_the_rubric_and_the_half_typed_answer(
    context: BrowserContext, tmp_path: Path
) -> None:
    port = free_port()
    with served(seat(*FOLLOW_UPS), tmp_path, port) as address:
        page = context.new_page()
        begin(page, address)
        say(page, ANSWER)
        expect(page.locator("#side")).to_contain_text("band 4 of 5")
        expect(page.get_by_role("button", name="Send answer")).to_be_enabled()
        before = page.evaluate("Object.values(localStorage).join()")
        page.get_by_label("Your answer").fill("Half a sent")
        page.wait_for_function("before => Object.values(localStorage).join() !== before", arg=before)
        page.reload()
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        expect(page.get_by_label("Your answer")).to_have_value("Half a sent")
        expect(page.locator("#side")).to_contain_text("band 4 of 5")
    # The server was restarted: the tab goes on where it was.
    with served(seat(FOLLOW_UPS[1]), tmp_path, port) as address:
        page.goto(address)
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        say(page, SECOND)
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[1])
        expect(page.locator("#side")).to_contain_text("Your answers and the evidence")


def test_words_typed_while_the_interviewer_speaks_stay(context: BrowserContext, tmp_path: Path) -> None:
    with served(seat(["You looked ", *["the sale up by his card in the end. What then?"]]), tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        page.get_by_label("Your answer").fill(ANSWER)
        page.get_by_label("Your answer").press("Control+Enter")
        expect(page.get_by_label("Your answer")).to_have_value("")
        page.get_by_label("Your answer").fill("Already typing")
        expect(page.locator("#chat")).to_contain_text("What then?")
        expect(page.locator("#side")).to_contain_text("band 4 of 5")
        expect(page.get_by_label("Your answer")).to_have_value("Already typing")


def test_a_model_that_dies_in_mid_sentence_costs_one_sentence_and_is_tried_again(
    context: BrowserContext, tmp_path: Path
) -> None:
    with served(seat(["You looked ", "the sale ", BROKEN], FOLLOW_UPS[0]), tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        say(page, ANSWER)
        expect(page.get_by_role("alert")).to_contain_text("start the server again. Your answer is kept.")
        expect(page.locator("#chat")).to_contain_text("a broken drill on purpose")
        expect(page.locator("#chat")).not_to_contain_text("You looked the sale")
        expect(page.locator("#side")).to_contain_text("band 4 of 5")
        page.get_by_role("button", name="Ask again").click()
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        expect(page.get_by_role("alert")).to_be_hidden()
        expect(page.get_by_role("button", name="Ask again")).to_be_hidden()


NASTY = (
    'I stayed calm, <img src="http://example.com/x.png" onerror="window.hacked=1"><script>window.hacked=1</script> '
    "[a link](javascript:window.hacked=1) ![p](http://example.com/y.png) **bold** $x^2$ {{7*7}} ${7*7} `code` "
    "and I let the customer speak before I offered him his money back."
)


def test_what_a_candidate_or_a_model_writes_is_text_and_nothing_else(context: BrowserContext, tmp_path: Path) -> None:
    line = 'And <b onclick="window.hacked=1">then</b> **what** did [you](http://example.com) do?'
    with served(seat(line), tmp_path) as address:
        page = context.new_page()
        asked_elsewhere = strangers(page, address)
        begin(page, address)
        say(page, NASTY)
        expect(page.locator("#chat")).to_contain_text(NASTY)
        expect(page.locator("#side")).to_contain_text('<img src="http://example.com/x.png" onerror="window.hacked=1">')
        expect(page.locator("#chat")).to_contain_text(line)
        assert page.evaluate("window.hacked") is None
        assert (
            page.locator("#chat :is(img, a, strong, b, code, .katex), #side :is(img, a[href], .words b)").count() == 0
        )
        assert asked_elsewhere == []


def test_an_ungradable_answer_gets_its_named_state(context: BrowserContext, tmp_path: Path) -> None:
    with served(seat(), tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        page.get_by_role("button", name="Send answer").click()
        expect(page.get_by_role("alert")).to_contain_text("Type an answer first")
        say(page, "No idea.")
        expect(page.locator("#side")).to_contain_text("Too short to grade")
        expect(page.locator("#side .band")).to_have_count(0)


def test_a_fallback_is_shown_at_once(context: BrowserContext, tmp_path: Path) -> None:
    with served(seat(measured=False, notices=("The model at 127.0.0.1 is away.",)), tmp_path) as address:
        page = context.new_page()
        page.goto(address)
        expect(page.locator(".fallbacks")).to_contain_text("The model at 127.0.0.1 is away.")
        expect(page.locator("#top")).to_contain_text("No model: the follow-ups are written")
        expect(page.locator("#top")).to_contain_text("Nobody has measured")


def test_two_tabs_of_two_people_stay_apart(browser: Browser, tmp_path: Path) -> None:
    with served(seat(), tmp_path) as address:
        pages = []
        for _ in range(2):
            page = browser.new_context().new_page()
            begin(page, address)
            pages.append(page)
        for number, page in enumerate(pages):
            say(page, f"I am person {number} and I calmed the customer down by listening to what he had to say.")
        for number, page in enumerate(pages):
            expect(page.locator("#side")).to_contain_text(f"I am person {number}")
            expect(page.locator("#chat")).not_to_contain_text(f"I am person {1 - number}")
            page.context.close()


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (768, "light"), (1920, "light")])
def test_the_page_fits_every_width_without_scrolling_sideways(
    width: int, scheme: Any, browser: Browser, tmp_path: Path
) -> None:
    with served(seat(*FOLLOW_UPS, said=FLAGGED), tmp_path) as address:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page = context.new_page()
        sideways: Callable[[], int] = lambda: page.evaluate(  # noqa: E731
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        page.goto(address)
        page.get_by_role("button", name="Start the interview").wait_for()
        assert sideways() <= 0
        begin(page, address)
        say(page, ANSWER + " " + "x" * 300)
        expect(page.locator("#side")).to_contain_text("Key points")
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        assert sideways() <= 0
        talk, rubric = page.locator("#talk").bounding_box(), page.locator("#rubrics").bounding_box()
        assert talk and rubric
        if width < 1000:
            assert rubric["y"] >= talk["y"] + talk["height"]
        else:
            assert rubric["x"] >= talk["x"] + talk["width"]
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", dark)[:3])) < 200) == (scheme == "dark")
        context.close()


def test_everything_can_be_done_by_keyboard_and_every_control_has_a_name(
    context: BrowserContext, tmp_path: Path
) -> None:
    with served(seat(*FOLLOW_UPS), tmp_path) as address:
        page = context.new_page()
        page.goto(address)
        page.get_by_role("checkbox", name=QUESTION.question).focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Start the interview").focus()
        page.keyboard.press("Enter")
        box = page.get_by_label("Your answer")
        box.wait_for()
        box.focus()
        page.keyboard.insert_text(ANSWER)
        page.keyboard.press("Shift+Enter")
        expect(page.locator("#side")).to_contain_text("band 4 of 5")
        nameless = page.evaluate(
            """[...document.querySelectorAll("button, textarea, input, summary, progress")]
            .filter(e => e.getClientRects().length)
            // What is folded away has a name too, but no innerText.
            .filter(e => !(e.textContent || e.ariaLabel || e.labels?.[0]?.textContent || e.title || "").trim())
            .map(e => e.outerHTML.slice(0, 200))"""
        )
        assert nameless == []
        page.locator("#side .badge").first.focus()
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option).click()


def test_questions_are_searched_filtered_chosen_and_asked(context: BrowserContext, tmp_path: Path) -> None:
    with served(seat(*FOLLOW_UPS), tmp_path) as address:
        page = context.new_page()
        page.goto(address)
        found = page.locator(".found")
        expect(found).to_have_text(f"{len(LIBRARY.questions)} questions")
        expect(page.locator("#chosen")).to_have_text("Nothing chosen: you start with the first one shown.")
        expect(page.get_by_role("button", name="What you missed most")).to_be_hidden()
        page.get_by_label("Search").fill("confrontational customers")
        expect(found).to_have_text(f"1 of {len(LIBRARY.questions)} questions")
        expect(page.locator("#cards .card .asked")).to_have_text(QUESTION.question)
        page.get_by_role("checkbox", name=QUESTION.question).check()
        page.get_by_role("button", name="Clear the filters").click()
        expect(found).to_have_text(f"{len(LIBRARY.questions)} questions")
        expect(page.get_by_label("Search")).to_have_value("")
        choose(page, "Role", "Barista (1)")
        expect(found).to_have_text(f"1 of {len(LIBRARY.questions)} questions")
        expect(page.get_by_text("Chosen, though the filters leave them out")).to_be_visible()
        page.get_by_role("checkbox").nth(1).check()
        expect(page.locator("#chosen")).to_have_text("2 questions chosen, about 12 minutes")
        page.get_by_role("button", name="Start the interview").click()
        expect(page.locator("#question")).to_contain_text("question 1 of 2")
        expect(page.locator("#question")).to_contain_text(QUESTION.question)
        page.get_by_role("button", name="Back to the start").click()
        expect(found).to_have_text(f"{len(LIBRARY.questions)} questions")
        expect(page.locator("#chosen")).to_have_text("Nothing chosen: you start with the first one shown.")


def test_one_click_begins_an_interview(context: BrowserContext, tmp_path: Path) -> None:
    with served(seat(), tmp_path) as address:
        page = context.new_page()
        page.goto(address)
        page.get_by_role("button", name="Start the interview").click()
        expect(page.locator("#question")).to_contain_text(next(iter(LIBRARY.questions.values())).question)


def test_a_plan_is_looked_at_and_started(context: BrowserContext, tmp_path: Path) -> None:
    plan = LIBRARY.plans["shop-floor"]
    with served(seat(), tmp_path) as address:
        page = context.new_page()
        page.goto(address)
        page.get_by_role("tab", name="Plans").click()
        asks = page.locator("#plans .asks:visible")
        expect(asks).to_have_count(1)
        page.get_by_role("radio", name=plan.title).check()
        expect(asks.locator("li")).to_have_text([LIBRARY.questions[id].question for id in plan.questions])
        page.get_by_role("button", name="Start this plan").click()
        expect(page.locator("#question")).to_contain_text(f"{plan.title} · question 1 of {len(plan.questions)}")


def test_nothing_that_fits_has_a_way_out(context: BrowserContext, tmp_path: Path) -> None:
    with served(seat(), tmp_path) as address:
        page = context.new_page()
        page.goto(address)
        page.get_by_label("Search").fill("zebra")
        expect(page.locator("#cards")).to_contain_text("Nothing fits")
        page.get_by_role("button", name="Start the interview").click()
        expect(page.get_by_role("alert")).to_contain_text("Nothing fits: clear the filters")
        page.locator("#cards").get_by_role("button", name="Clear the filters").click()
        expect(page.locator(".found")).to_have_text(f"{len(LIBRARY.questions)} questions")
        expect(page.get_by_role("alert")).to_have_count(0)


def test_a_surprise_keeps_to_the_filters_and_what_was_missed_is_offered_next_time(
    context: BrowserContext, tmp_path: Path
) -> None:
    with served(seat(*FOLLOW_UPS), tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        say(page, ANSWER)
        expect(page.locator("#side")).to_contain_text("band 4 of 5")
        page.get_by_role("button", name="Back to the start").click()
        page.get_by_role("button", name="What you missed most").click()
        expect(page.locator("#question")).to_contain_text("5 questions, what you missed most · question 1 of 5")
        expect(page.locator("#question")).to_contain_text(QUESTION.question)
        page.get_by_role("button", name="Back to the start").click()
        choose(page, "Role", "Barista (1)")
        expect(page.locator(".found")).to_contain_text("1 of")
        page.get_by_role("button", name="Surprise me").click()
        expect(page.locator("#question")).to_contain_text("Barista · One question, chosen at random")


def test_the_start_button_stays_in_sight_and_the_library_is_worked_by_keyboard(
    browser: Browser, tmp_path: Path
) -> None:
    with served(seat(notices=("No model was found. " * 12,)), tmp_path) as address:
        context = browser.new_context(viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.goto(address)
        button = page.get_by_role("button", name="Start the interview")
        expect(button).to_be_in_viewport()
        page.get_by_label("Search").focus()
        page.keyboard.insert_text("confrontational")
        expect(page.locator(".found")).to_contain_text("1 of")
        page.get_by_role("checkbox").focus()
        page.keyboard.press("Space")
        expect(page.locator("#chosen")).to_contain_text("1 question chosen")
        page.get_by_role("tab", name="Plans").focus()
        page.keyboard.press("Enter")
        page.get_by_role("radio", name="A first job").focus()
        page.keyboard.press("ArrowDown")
        page.get_by_role("button", name="Start this plan").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#question")).to_contain_text("Call Centre Agent")
        context.close()


def see(question_id: str) -> Seen:
    document = LIBRARY.questions[question_id]
    return Seen(document, [("interviewer: system", "You <b>ask</b>.", 3)], ["calm.md:3: two points overlap"])


def test_candidates_have_no_author_view(context: BrowserContext, tmp_path: Path) -> None:
    with served(seat(), tmp_path) as address:
        page = context.new_page()
        page.goto(address)
        expect(page.get_by_role("tab", name="Plans")).to_be_visible()
        expect(page.get_by_role("tab", name="Author")).to_have_count(0)


def test_an_author_sees_a_question_as_candidates_and_as_the_grader_do(context: BrowserContext, tmp_path: Path) -> None:
    with served(seat(), tmp_path, author=see) as address:
        page = context.new_page()
        page.goto(address)
        page.get_by_role("tab", name="Author").click()
        page.get_by_role("button", name="Read it again").click()
        seen = page.locator("#seen")
        expect(seen).to_contain_text("Choose a question to look at.")
        page.get_by_label("Question", exact=True).fill("confrontational")
        page.get_by_role("option", name=QUESTION.question).click()
        expect(seen).to_contain_text("two points overlap")
        expect(seen).to_contain_text(QUESTION.role_description)
        expect(seen.get_by_text(QUESTION.key_points[0].covered)).to_be_hidden()
        seen.get_by_text(f"Key points ({len(QUESTION.key_points)})").click()
        expect(seen.get_by_text(QUESTION.key_points[0].covered)).to_be_visible()
        seen.get_by_text("interviewer: system · 3 tokens").click()
        expect(seen.locator("pre")).to_have_text("You <b>ask</b>.")


MARK = """wanted => {
    const words = document.querySelector("#side .words");
    const nodes = [...words.querySelectorAll("*")].flatMap(one => [...one.childNodes]).concat([...words.childNodes])
        .filter(node => node.nodeType === 3);
    const first = nodes.find(node => node.data.includes(wanted[0]));
    const last = nodes.find(node => node.data.includes(wanted[1]));
    const range = document.createRange();
    range.setStart(first, first.data.indexOf(wanted[0]));
    range.setEnd(last, last.data.indexOf(wanted[1]) + wanted[1].length);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
}"""
"""Marks words of the answer as somebody's mouse would, numbers between them included."""


def test_a_verdict_seen_differently_is_kept_beside_the_graders_and_exported_as_a_label(
    context: BrowserContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(seat(*FOLLOW_UPS), tmp_path / "interviews") as address:
        page = context.new_page()
        begin(page, address)
        say(page, ANSWER)
        side = page.locator("#side")
        expect(side.locator("[role=status]")).to_contain_text("Your rubric is ready")
        point = side.locator("#rubric-0-differ-key_point-learning")
        page.evaluate(MARK, ["so I looked the sale up", "He left with a new drill"])
        point.get_by_text("I see it differently").focus()
        page.keyboard.press("Enter")
        words = point.get_by_label("The words of the answer that show it")
        expect(words).to_have_value(re.compile(r"^so I looked the sale up by his card .* He left with a new drill$"))
        words.fill("I gave him a voucher")
        point.get_by_role("button", name="Keep my view").click()
        expect(point.get_by_role("alert")).to_have_text("Choose the verdict that you would give.")
        point.get_by_label("Covered", exact=True).focus()
        page.keyboard.press("Space")
        point.get_by_role("button", name="Keep my view").press("Enter")
        expect(point.get_by_role("alert")).to_contain_text("“I gave him a voucher”. Copy them exactly.")
        expect(words).to_have_value("I gave him a voucher")
        words.fill("i looked the sale up by his card")
        point.get_by_role("button", name="Keep my view").press("Enter")
        expect(point.locator(".views")).to_have_text("Grader: Missing · you: Covered")
        expect(point.locator(".quote")).to_have_text("“I looked the sale up by his card”")
        expect(words).to_be_hidden()
        expect(point.get_by_role("button", name="Take it back")).to_be_focused()
        expect(side).to_contain_text("band 4 of 5")

        absent = side.locator("#rubric-0-differ-red_flag-")
        absent.get_by_text("I see it differently").click()
        flag = QUESTION.red_flags[0]
        absent.get_by_label(flag.name).check()
        absent.get_by_label("The words of the answer").fill("he could have been less stupid about it")
        absent.get_by_role("button", name="Keep my view").click()
        mine = side.locator(f"#rubric-0-differ-red_flag-{flag.id}")
        expect(mine.locator(".views")).to_have_text("Grader: Not found · you: Found")
        result = side.locator("#rubric-0-differ-star-result")
        result.get_by_text("I see it differently").click()
        result.get_by_label("Left out").check()
        result.get_by_role("button", name="Keep my view").click()
        expect(result.locator(".views")).to_have_text("Grader: Told · you: Left out")
        expect(side).to_contain_text("You see 3 verdicts differently")
        result.get_by_role("button", name="Take it back").click()
        expect(result.locator(".views")).to_have_count(0)

        page.reload()
        expect(point.locator(".views")).to_have_text("Grader: Missing · you: Covered")
        expect(side).to_contain_text("You see 2 verdicts differently")
        expect(side).to_contain_text("band 4 of 5")
        say(page, SECOND)
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[1])
        expect(side).to_contain_text("Your answers and the evidence")
        expect(point.locator(".views")).to_have_text("Grader on the first answer: Missing · you: Covered")

    monkeypatch.setenv("INTERVIEWER_DATA", str(tmp_path))
    answers, labels = tmp_path / "answers.jsonl", tmp_path / "labels.jsonl"
    cli.app(["label", str(answers), "--out", str(labels), "--from-interviews"], standalone_mode=False)
    (answer,) = map(json.loads, answers.read_text(encoding="utf-8").splitlines())
    (line,) = map(json.loads, labels.read_text(encoding="utf-8").splitlines())
    assert (answer["question_id"], answer["answer"]) == (QUESTION.id, [ANSWER])
    assert (line["id"], line["labeller"], line["band"]) == (answer["id"], "candidate", None)
    assert line["key_points"] == {"learning": "covered"}
    assert line["red_flags"] == {flag.id: "present"}
    assert line["evidence"]["learning"] == ["I looked the sale up by his card"]
