"""A job seeker's way through the page in German, in a real browser: start, answer, rubric, progress, on a phone too."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import MARKS, PATIENCE, barriers, served
from playwright.sync_api import Browser, Page, expect
from shipped import LIBRARY
from tables import ANSWER, FLAGGED, FOLLOW_UPS, seat

from interviewer.phrases import use_language

pytestmark = MARKS
ENGLISH = (
    "Your", "answer", "Send", "Key points", "Red flags", "Covered", "Missing", "Not found", "band", "The", "the",
    "Grade", "graded", "Why", "Start", "Question", "Questions", "Plans", "Progress", "Keep", "Nothing", "hint", "Hint",
    "Stop", "Try", "again", "Search", "Theme", "chosen", "minutes", "Record", "Export", "sure",
    "differently", "Interview report",
)  # fmt: skip
"""Words that the page says in English and none of which is German."""
_SHOWN = """() => {
    const shown = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    // What was said, and what the grader made of it, is no word of the page's own.
    const others = ".words, .message, .reason, .better li, .why dd, .made-by dd, #question, script, style";
    const sees = (place) => place && !place.closest(others) && place.checkVisibility({ visibilityProperty: true });
    while (walk.nextNode()) if (sees(walk.currentNode.parentElement)) shown.push(walk.currentNode.textContent);
    for (const place of document.querySelectorAll("[placeholder], [aria-label], [title]"))
        if (sees(place)) shown.push(place.placeholder ?? "", place.ariaLabel ?? "", place.title ?? "");
    return shown.map((one) => one.trim()).filter(Boolean);
}"""


def _texts(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        yield from (text for one in found.values() for text in _texts(one))
    elif isinstance(found, list | tuple):
        yield from (text for one in found for text in _texts(one))


DOCUMENTS = sorted(set(_texts(LIBRARY.model_dump())), key=len, reverse=True)
"""Every text of the documents, which are in English."""


@pytest.fixture(autouse=True)
def _german() -> Iterator[None]:
    use_language("de")
    yield
    use_language("en")


def in_english(page: Page) -> list[str]:
    """What the page itself says with an English word in it, the documents' words taken out."""
    word = re.compile(rf"\b(?:{'|'.join(ENGLISH)})\b")
    found = []
    for text in filter(word.search, page.evaluate(_SHOWN)):
        own = text
        for said in DOCUMENTS:
            own = own.replace(said, "")
        if word.search(own):
            found.append(text)
    return found


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def open_tab(page: Page, name: str) -> None:
    """The tab of this name."""
    page.get_by_role("tab", name=name, exact=True).click()


@pytest.mark.parametrize(("device", "width", "height"), [("desktop", 1280, 900), ("phone", 390, 844)])
def test_the_page_is_german_from_the_start_to_the_progress_of_an_answer(
    browser: Browser, tmp_path: Path, device: str, width: int, height: int
) -> None:
    pictures = os.environ.get("PICTURES", "")

    def look(name: str) -> None:
        page.wait_for_timeout(0)
        if pictures:
            page.screenshot(path=f"{pictures}/{device}-{name}.png", full_page=True)
        assert not in_english(page)
        assert fits(page), name

    with served(seat(*FOLLOW_UPS, said=FLAGGED), tmp_path) as address:
        page = browser.new_context(viewport={"width": width, "height": height}).new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        expect(page.get_by_role("heading", name="Üben, bevor es zählt")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.locator("#chosen")).to_have_text("Nichts gewählt: Sie beginnen mit der ersten angezeigten Frage.")
        look("start")
        page.locator("#cards input").first.check()
        expect(page.locator("#chosen")).to_have_text("1 Frage gewählt, etwa 6 Minuten")
        for tab in ("Pläne", "Ihre Stelle", "Rollenspiel", "Ihre Daten"):
            open_tab(page, tab)
            look(tab)
        open_tab(page, "Fragen")
        page.get_by_role("button", name="Gespräch beginnen").first.click()
        page.get_by_label("Ihre Antwort").fill(ANSWER)
        look("room")
        page.get_by_role("button", name="Antwort senden").click()
        expect(page.get_by_role("heading", name="Kernpunkte")).to_be_visible()
        expect(page.get_by_text("Ich sehe das anders").first).to_be_visible()
        expect(page.get_by_role("button", name="Antwort senden")).to_be_enabled()
        look("rubric")
        page.get_by_text("So kam die Gesamtstufe zustande").click()
        page.locator("summary", has_text="Warum?").first.click()
        page.get_by_text("Ich sehe das anders").first.click()
        look("unfolded")
        assert not barriers(page)
        page.get_by_role("button", name="Gespräch beenden").click()
        page.get_by_role("button", name="Zurück zum Anfang").click()
        expect(page.get_by_role("heading", name="Üben, bevor es zählt")).to_be_visible()
        open_tab(page, "Fortschritt")
        expect(page.get_by_role("heading", name="Gesamtstufen im Lauf der Zeit")).to_be_visible()
        look("progress")
        assert not barriers(page)
