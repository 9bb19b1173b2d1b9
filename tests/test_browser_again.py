"""Once more, back and with help, in Chromium: hints, answers taken back, attempts side by side, a simulation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from browsing import MARKS, served
from playwright.sync_api import BrowserContext, expect
from scripted import ScriptedDecider
from shipped import QUESTION
from tables import ANSWER, FLAGGED, FOLLOW_UPS, SECOND, VERDICTS, seat
from test_browser import begin, say

from interviewer.schema import Decision, State, TypedQuestion

pytestmark = MARKS


class Turning(ScriptedDecider):
    """Judges the answers that speak of a voucher otherwise than all others."""

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        words = " ".join(sentence.text for sentence in state.sentences)
        self.said = dict(VERDICTS if "voucher" in words else FLAGGED)
        async for decision in super().decide(state, questions):
            yield decision


def test_a_question_tried_again_is_compared_with_the_attempt_before_and_the_best_is_named(
    context: BrowserContext, tmp_path: Path
) -> None:
    with served(seat(*FOLLOW_UPS, decider=Turning(FLAGGED)), tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        expect(page.locator("#question .mode")).to_have_text("Practice")
        page.get_by_role("button", name="Hint").click()
        hints = page.locator("#hints")
        expect(hints).to_contain_text("1 hint, noted with your answer")
        expect(hints.locator("li")).to_have_text(QUESTION.motivations[0].probe)
        say(page, ANSWER)
        side = page.locator("#side")
        expect(side).to_contain_text("band 2 of 5")
        expect(side.locator(".try")).to_have_text("with 1 hint")

        # Taken back: the words are in the box again, and nothing is left of the rubric.
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        page.get_by_label("Your answer").fill("Typed since.")
        page.get_by_role("button", name="Take back my last answer").click()
        expect(page.get_by_label("Your answer")).to_have_value(f"{ANSWER}\n\nTyped since.")
        expect(page.locator("#chat")).not_to_contain_text(FOLLOW_UPS[0])
        expect(side).not_to_contain_text("band 2 of 5")
        say(page, ANSWER)
        expect(side).to_contain_text("band 2 of 5")

        point = side.locator("#rubric-0-why-key_point-calm")
        point.locator("summary").click()
        expect(point).to_contain_text(QUESTION.key_points[0].covered)
        expect(point).to_contain_text("builtin (scripted)")

        side.get_by_role("button", name="Try again").click()
        expect(side).to_contain_text("Another try")
        expect(side.locator("#rubric-0-attempt-1-last")).to_contain_text(
            "Attempt 1 · band 2 of 5, weak · your best so far"
        )
        expect(page.locator("#chat")).not_to_contain_text("broken drill")
        page.reload()
        expect(side).to_contain_text("Another try")
        say(page, f"I gave her a voucher. {ANSWER}")
        expect(side).to_contain_text("band 4 of 5")
        expect(side.locator(".try")).to_have_text("Attempt 2 of 2 · your best so far")
        difference = side.locator(".difference")
        expect(difference).to_contain_text("Band 4, up from 2.")
        expect(difference.locator(".better-now")).to_contain_text("Found → Not found")
        difference.get_by_text("All attempts side by side").click()
        row = difference.locator("tr", has_text="Band")
        expect(row.locator("td")).to_have_text(["2", "4"])
        side.get_by_text("Attempt 1 · band 2 of 5, weak").click()
        expect(side.locator("#rubric-0-1")).to_contain_text("broken drill")
        expect(side.locator("#rubric-0-1").get_by_text("I see it differently")).to_have_count(0)


def test_a_simulation_shows_a_clock_and_nothing_of_the_grade_before_its_end(
    context: BrowserContext, tmp_path: Path
) -> None:
    with served(seat(*FOLLOW_UPS), tmp_path) as address:
        page = context.new_page()
        received: list[str] = []
        devtools = context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.eventSourceMessageReceived", lambda event: received.append(event["data"]))
        page.goto(address)
        page.get_by_role("radio", name="Simulation").check()
        page.get_by_role("checkbox", name=QUESTION.question).check()
        page.get_by_role("button", name="Start the interview").click()
        expect(page.locator("#question .mode")).to_have_text("Simulation")
        expect(page.locator("#question .clock")).to_contain_text("minutes left")
        expect(page.get_by_role("button", name="Hint")).to_be_hidden()
        expect(page.get_by_role("button", name="Take back")).to_be_hidden()
        say(page, ANSWER)
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        say(page, SECOND)
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[1])
        side = page.locator("#side")
        expect(side).to_contain_text("2 answers given")
        assert not any(QUESTION.key_points[0].covered in data or "band 4" in data for data in received)
        page.get_by_role("button", name="End the interview").click()
        expect(side).to_contain_text("band 4 of 5")
        expect(side).to_contain_text("Your answers and the evidence")
        side.get_by_role("button", name="Try again").click()
        expect(page.locator("#question .mode")).to_have_text("Practice")
