"""Speaking instead of typing in a real browser, with Chromium's fake microphone and a scripted transcriber."""

from __future__ import annotations

import io
import os
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import MARKS, MICROPHONE, PATIENCE, chromium, served
from playwright.sync_api import Browser, BrowserContext, Page, expect
from scripted import ScriptedTranscriber, heard
from shipped import QUESTION
from tables import FOLLOW_UPS, seat

from interviewer.errors import ProviderBusy
from interviewer.hearing import Voices

pytestmark = MARKS
SAID = heard("Um,", "last", "winter", "a", "man", "came", "to", "the", "desk", "shouting.", pause=2.0)
WRITTEN = "Last winter a man came to the desk shouting."
BUSY = ProviderBusy("speech.example is overloaded or limits the rate (429): wait a little and try again.")
# Headless Chromium has no voices: this one writes down what it was told to say.
VOICE = """
window.spoken = [];
window.SpeechSynthesisUtterance = class { constructor(words) { this.text = words; } };
Object.defineProperty(window, "speechSynthesis", { value: {
	getVoices: () => [{ name: "far", localService: false }, { name: "here", localService: true, lang: "en-GB" }],
	speak: (one) => window.spoken.push(`${one.voice.name}: ${one.text}`),
	cancel: () => undefined,
} });
"""


class Reads:
    """Reads every line as a tenth of a second of silence, and remembers it."""

    host = "speech.example"

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def speak(self, text: str) -> bytes:
        self.lines.append(text)
        sound = io.BytesIO()
        with wave.open(sound, "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(1600))
        return sound.getvalue()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(*MICROPHONE) as opened:
        yield opened


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["microphone"])
    opened.set_default_timeout(PATIENCE)
    opened.add_init_script(VOICE)
    yield opened
    opened.close()


def begin(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("checkbox", name=QUESTION.question).check()
    page.get_by_role("button", name="Start the interview").click()
    expect(page.locator("#chat")).to_contain_text("Hello, and thank you for coming in")


def picture(page: Page, name: str) -> None:
    """Kept only where somebody wants to look at it."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_an_answer_is_spoken_edited_sent_and_how_it_sounded_is_shown(context: BrowserContext, tmp_path: Path) -> None:
    transcriber = ScriptedTranscriber(SAID, SAID)
    reads = Reads()
    panel = replace(seat(*FOLLOW_UPS), voices=Voices(transcriber, reads))
    with served(panel, tmp_path) as address:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        begin(page, address)
        box, status = page.get_by_label("Your answer"), page.locator("#voice [role=status]")
        record = page.get_by_role("button", name="Record")
        expect(page.locator("#voice")).to_contain_text("Your recording goes to speech.example to be written down.")
        expect(page.locator("#voice")).to_contain_text("Lines to read aloud go to speech.example.")
        with page.expect_response("**/voice/read") as reading:
            page.get_by_label("Read the interviewer’s lines aloud").check()
        assert reading.value.ok and len(reads.lines) == 1
        box.fill("Typed first.")
        # All of it by keyboard.
        record.focus()
        page.keyboard.press("Enter")
        expect(record).to_have_attribute("aria-pressed", "true")
        expect(status).to_contain_text("Recording")
        expect(page.locator("#voice .elapsed")).to_contain_text("0:01")
        picture(page, "recording")
        page.keyboard.press("Enter")
        expect(box).to_have_value(f"Typed first. {WRITTEN}")
        expect(box).to_be_focused()
        expect(record).to_have_attribute("aria-pressed", "false")
        expect(status).to_contain_text("Written down")
        (audio, mime), *_ = transcriber.recordings
        assert len(audio) > 500 and mime.startswith("audio/webm")
        # A discarded recording goes nowhere.
        record.click()
        page.get_by_role("button", name="Discard").click()
        expect(status).to_have_text("The recording is discarded.")
        assert len(transcriber.recordings) == 1
        # Edited, kept over a reload as a typed draft is, and sent.
        box.press_sequentially(" I stayed calm and let him talk, and in the end he left with a new drill.")
        page.get_by_role("button", name="Send answer").click()
        side = page.locator("#side")
        expect(side).to_contain_text("Your rubric is ready")
        side.get_by_text("How it sounded (private, not graded)").click()
        for told in ("120 words a minute", "1, the longest 2.0 seconds", "29% of 7 seconds", "“um” 1", "never sees it"):
            expect(side.locator(".sounded")).to_contain_text(told)
        picture(page, "sounded")
        assert reads.lines[1:] == [FOLLOW_UPS[0]] and page.evaluate("spoken") == []
        found = Axe().run(page, context="#talk", options={"rules": {"color-contrast": {"enabled": True}}})
        assert not [one["id"] for one in found.response["violations"]], found.generate_report()
        assert errors == []


def test_a_recording_that_fails_can_be_tried_again_and_what_was_typed_stays(
    context: BrowserContext, tmp_path: Path
) -> None:
    transcriber = ScriptedTranscriber(BUSY, BUSY, SAID)
    with served(replace(seat(*FOLLOW_UPS), voices=Voices(transcriber)), tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        box, status = page.get_by_label("Your answer"), page.locator("#voice [role=status]")
        page.get_by_role("button", name="Record").click()
        expect(page.locator("#voice .elapsed")).to_contain_text("0:01")
        box.fill("Typed while speaking.")
        page.get_by_role("button", name="Send answer").click()
        expect(status).to_have_text("First let the recording be written down, or discard it; then send.")
        box.press("Shift+Enter")
        expect(box).to_have_value("Typed while speaking.")
        page.get_by_role("button", name="Stop and write it down").click()
        again = page.get_by_role("button", name="Write it down again")
        expect(again).to_be_focused()
        expect(status).to_have_text(f"{BUSY} The recording is kept on this page until you discard it.")
        picture(page, "kept")
        expect(box).to_have_value("Typed while speaking.")
        expect(page.get_by_role("button", name="Record", exact=True)).to_be_hidden()
        again.click()
        expect(again).to_be_focused()
        again.click()
        expect(box).to_have_value(f"Typed while speaking. {WRITTEN}")
        assert len({audio for audio, _ in transcriber.recordings}) == 1, "the same recording, three times"
        # The server goes away: the recording stays, and says so.
        page.route("**/voice/hear", lambda route: route.abort())
        page.get_by_role("button", name="Record").click()
        expect(status).to_contain_text("Recording")
        page.get_by_role("button", name="Stop and write it down").click()
        expect(status).to_contain_text("can't be reached. The recording is kept")
        # Nobody listens on when the interview is over.
        page.get_by_role("button", name="Discard").click()
        page.get_by_role("button", name="Record").click()
        expect(status).to_contain_text("Recording")
        page.get_by_role("button", name="End the interview").click()
        expect(page.locator("#voice .voice")).to_have_attribute("data-state", "idle")
        expect(page.locator("#voice")).to_be_hidden()


def test_without_anything_to_hear_there_is_no_dead_button_and_lines_are_still_read_aloud_on_request(
    context: BrowserContext, tmp_path: Path
) -> None:
    with served(seat(*FOLLOW_UPS), tmp_path) as address:
        page = context.new_page()
        begin(page, address)
        expect(page.get_by_role("button", name="Record")).to_have_count(0)
        page.get_by_text("How speaking works").click()
        expect(page.locator("#voice")).to_contain_text("INTERVIEWER_TRANSCRIBE_MODEL")
        picture(page, "nothing")
        assert page.evaluate("spoken") == [], "nothing is read that nobody asked for"
        page.get_by_label("Read the interviewer’s lines aloud").check()
        page.wait_for_function("spoken.length === 1")
        box = page.get_by_label("Your answer")
        box.fill("I stayed calm, and in the end he left with a new drill and a smile.")
        page.get_by_role("button", name="Send answer").click()
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        page.wait_for_function("spoken.length === 2")
        first, second = page.evaluate("spoken")
        assert first.startswith("here: Hello, and thank you") and second == f"here: {FOLLOW_UPS[0]}"
        # The choice is remembered, and a page that is opened says nothing by itself.
        page.reload()
        expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
        expect(page.get_by_label("Read the interviewer’s lines aloud")).to_be_checked()
        assert page.evaluate("spoken") == []
