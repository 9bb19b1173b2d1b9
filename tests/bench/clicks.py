"""Measures in real Chromium what somebody at the page waits for, with a thousand stored answers; asserts nothing.

Run it with `make bench`. Milliseconds are counted in the browser, from the click to the change on the page; every
figure is a median. The models are scripted and answer at once: what is left is the page's own time.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from bench import Row, practised_interviews  # noqa: E402
from browsing import chromium, free_port, served  # noqa: E402
from playwright.sync_api import Browser, Page  # noqa: E402
from shipped import LIBRARY, PROMPTS, QUESTION  # noqa: E402
from tables import ANSWER, FOLLOW_UPS, seat  # noqa: E402

from interviewer.page.desk import Desk  # noqa: E402
from interviewer.store import Store  # noqa: E402

ANSWERS = 1000
UNTIL = """([press, there]) => new Promise((done) => {
    const find = (place) => [...document.querySelectorAll(place)].find((one) => one.offsetParent !== null);
    const end = () => requestAnimationFrame(() => done(performance.now() - begun));
    const shown = () => find(there) && (watch.disconnect(), end());
    const watch = new MutationObserver(shown);
    watch.observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
    const begun = performance.now();
    find(press).click();
    shown();
})"""
"""Milliseconds from a click to the frame after something is shown."""
LIT = """(place) => new Promise((done) => {
    const one = document.querySelector(place);
    one.addEventListener("mouseover", () => {
        const begun = performance.now();
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)));
    }, { once: true });
})"""
"""Milliseconds from the pointer's arrival until its words have been lit and painted."""


def main() -> None:
    """Measure everything, and print it."""
    table = Table("what", "ours", "beside it", "runs", title="in the browser")
    with tempfile.TemporaryDirectory() as folder:
        for row in memory(Path(folder) / "memory"):
            table.add_row(*row)
        with chromium() as browser:
            for measure in (page_ready, clicks):
                for row in measure(browser, Path(folder)):
                    table.add_row(*row)
    Console(width=130).print(table)


def fill(folder: Path) -> None:
    """A history of a thousand answers."""
    store = Store(folder)
    for interview in practised_interviews(LIBRARY, PROMPTS, ANSWERS):
        store.save(interview)


def page_ready(browser: Browser, folder: Path, runs: int = 5) -> Iterator[Row]:
    """From opening the address until something can be done, beside a bare Gradio page; both servers run already."""
    fill(folder / "ready")
    with gr.Blocks() as bare:
        gr.Chatbot()
        gr.Textbox(label="Bare")
    bare.launch(server_name="127.0.0.1", server_port=free_port(), quiet=True, prevent_thread_lock=True)
    try:
        with served(seat(), folder / "ready") as address:
            pairs = [
                (opened(browser, address, "#begin"), opened(browser, bare.local_url or "", "textarea"))
                for _ in range(runs + 1)
            ][1:]
    finally:
        bare.close()
    ours, other = (statistics.median(one[side] for one in pairs) for side in (0, 1))
    yield "page ready", f"{ours:.0f} ms", f"bare Gradio page: {other:.0f} ms (ours × {ours / other:.2f})", str(runs)


def opened(browser: Browser, address: str, there: str) -> float:
    """Milliseconds from the request until this part is visible, in a browser that has nothing of the page yet."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address, wait_until="commit")
    page.locator(there).first.wait_for(state="visible")
    found = float(page.evaluate("performance.now()"))
    context.close()
    return found


def clicks(browser: Browser, folder: Path, runs: int = 5) -> Iterator[Row]:
    """Trying again, pointing at a verdict, and the history, with a thousand stored answers."""
    fill(folder / "clicks")
    found: dict[str, list[float]] = {"progress": [], "send → heard": [], "hover": [], "try again": [], "undo": []}
    with served(seat(*[FOLLOW_UPS[0]] * (3 * runs)), folder / "clicks") as address:
        for _ in range(runs):
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            page.set_default_timeout(60_000)
            page.goto(address)
            page.locator("#begin").wait_for()
            page.wait_for_timeout(500)  # nobody presses a tab in the moment it appears
            progress = page.get_by_role("tab", name="Progress")
            progress.evaluate("tab => tab.id = 'to-progress'")
            found["progress"].append(click(page, "#to-progress", "#history .over-time svg"))
            page.get_by_role("tab", name="Questions").click()
            page.get_by_role("checkbox", name=QUESTION.question).check()
            page.locator("#begin").click()
            page.get_by_label("Your answer").fill(ANSWER)
            found["send → heard"].append(click(page, "#send", "#chat .user"))
            page.get_by_text("Two things to do better").wait_for()
            page.get_by_text(FOLLOW_UPS[0]).wait_for()
            waiting = page.evaluate_handle(f"() => ({{ told: ({LIT})('[data-lights]') }})")
            page.locator("[data-lights]").first.hover()
            found["hover"].append(float(waiting.evaluate("one => one.told")))
            found["try again"].append(click(page, "#side .again button", "#side .anew"))
            page.get_by_label("Your answer").fill(ANSWER)
            page.locator("#send").click()
            page.locator("#side .difference").wait_for()
            found["undo"].append(click(page, "#undo", "#side .anew"))
            page.context.close()
    bare = bare_click(browser, runs)
    for name, each in found.items():
        beside = f"the slowest: {max(each):.0f} ms"
        if name != "hover":  # which asks no server
            beside += f"; a bare Gradio page: {bare:.0f} ms"
        yield f"{name}, {ANSWERS:,} stored answers", f"{statistics.median(each):.0f} ms", beside, str(len(each))


def bare_click(browser: Browser, runs: int) -> float:
    """Milliseconds from a click until a server's answer is shown, on a page of Gradio's with nothing else in it."""
    with gr.Blocks() as bare:
        gr.Button("Press", elem_id="press").click(lambda: '<p id="pressed">Pressed</p>', None, gr.HTML())
    bare.launch(server_name="127.0.0.1", server_port=free_port(), quiet=True, prevent_thread_lock=True)
    try:
        found = []
        for _ in range(runs):
            page = browser.new_context().new_page()
            page.goto(bare.local_url or "")
            page.locator("#press").wait_for()
            found.append(click(page, "#press", "#pressed"))
            page.context.close()
    finally:
        bare.close()
    return statistics.median(found)


def click(page: Page, press: str, there: str) -> float:
    """Milliseconds from a click until something else is shown."""
    return float(page.evaluate(UNTIL, [press, there]))


def memory(folder: Path, interviews: int = 100) -> Iterator[Row]:
    """Kilobytes that the server holds for an open interview with one graded answer."""

    async def practise(desk: Desk) -> list[Any]:
        held = []
        for _ in range(interviews):
            interview = desk.submit(ANSWER, desk.begin([QUESTION.id])["interview"], None)["interview"]
            [change async for change in desk.grade(interview)]
            held.append([change async for change in desk.speak(interview)][-1]["interview"])
        return held

    def kilobytes(work: Callable[[], Any]) -> float:
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        held = work()
        after = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return (after - before) / 1024 / len(held)

    desk = Desk(seat(*[FOLLOW_UPS[0]] * (interviews + 1)), Store(folder))
    asyncio.run(practise(Desk(seat(*[FOLLOW_UPS[0]] * (interviews + 1)), Store(folder))))  # what is made once, is made
    each = kilobytes(lambda: asyncio.run(practise(desk)))
    yield "memory of an open interview", f"{each:.0f} kB", "one answer, its grade, its question", str(interviews)


if __name__ == "__main__":
    main()
