"""Walks through every view of the page in turn: for its pictures, and for what must hold in all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from pathlib import Path

from browsing import served
from exported import begun, graded, twice
from histories import WEEKS_END, practised
from playwright.sync_api import BrowserContext, FilePayload, Page, expect
from scripted import Said, ScriptedDecider
from shipped import LIBRARY, QUESTION
from tables import AGREEMENT, ANSWER, FLAGGED, FOLLOW_UPS, SECOND, VERDICTS, seat
from test_acting import talks
from test_browser import begin, say
from test_fit import WARD
from test_role_plays import KIND

from interviewer.data_desk import export
from interviewer.interview import answer, with_grade
from interviewer.schema import Calibration, Decision, State, TypedQuestion
from interviewer.store import Store, new_id

__all__ = ["VIEWS", "bundles", "tour"]

VIEWS = (
    "start", "questions", "plans", "job", "role-plays", "hint", "rubric", "another-try", "difference", "unfolded",
    "said-better", "simulation", "report", "role-play", "role-play-over", "progress", "data", "group", "group-answer",
)  # fmt: skip
"""In the order in which they come."""
MISTAKE = LIBRARY.questions["mistake-at-work"]
HOLLIS = LIBRARY.role_plays["no-receipt"]
SLIP = (
    "In my second month I sent forty catalogues to a customer's old address. It was my fault, I had not read her note. "
    "I rang her before she noticed, told my supervisor, and paid the second postage out of our team's budget."
)
SLIPPED: Said = {
    "key_point.what_happened": "covered",
    "quote.key_point.what_happened": "1",
    "key_point.own_fault": "covered",
    "quote.key_point.own_fault": "2",
    "key_point.spoke_up": "covered",
    "quote.key_point.spoke_up": "3",
    "key_point.repair": ("partial", 0.7),
    "quote.key_point.repair": "3",
}
REWRITTEN = (
    "Last winter a man came to the service desk shouting that we had sold him a broken drill on purpose. "
    "I kept my voice low and let him tell the whole story. [What went on inside you?] I said that I would be annoyed "
    "too if my weekend job had stopped half way. I looked the sale up by his card with my manager's approval. "
    "He left with a new drill. He thanked me and praised me."
)


MEASURED = Calibration(key_point=0.55, agreement=AGREEMENT)


class Reader(ScriptedDecider):
    """Finds a red flag in the first answer and none in one that speaks of a voucher; knows the other question, too."""

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        words = " ".join(sentence.text for sentence in state.sentences)
        self.said = dict(SLIPPED if "catalogues" in words else VERDICTS if "voucher" in words else FLAGGED)
        async for decision in super().decide(state, questions):
            yield decision


def bundles(folder: Path) -> list[FilePayload]:
    """Two candidates' files: Kim tried twice, Lee covered nothing."""
    kim = twice(new_id()).model_copy(update={"comments": ()})
    lee = with_grade(answer(begun(new_id()), ANSWER), graded([ANSWER], {}))
    files = []
    for name, told in (("Kim", kim), ("Lee", lee)):
        Store(folder / name).save(told)
        made = export([told], "json", now=1.0, candidate=name, sender=name)
        files.append(FilePayload(name=f"{name}.json", mimeType=made.media_type, buffer=made.data))
    return files


def tour(
    context: BrowserContext,
    folder: Path,
    scheme: str = "light",
    notices: tuple[str, ...] = (),
    wanted: Collection[str] = VIEWS,
) -> Iterator[tuple[str, Page]]:
    """The name of each view, and the page while it shows it.

    Args:
        context: a browser's, of any size.
        folder: an empty one.
        scheme: `light` or `dark`.
        notices: what is not as usual, on the first pages.
        wanted: some views; parts of the walk without any of them are left out.
    """
    page, query = context.new_page(), f"/?__theme={scheme}"
    if _any_of(wanted, "start", "said-better"):
        panel = seat(*FOLLOW_UPS[:2], REWRITTEN, decider=Reader(calibration=MEASURED), notices=notices)
        with served(panel, folder / "new") as address:
            yield from ((name, page) for name in _start(page, address + query))
            yield from ((name, page) for name in _practice(page, address + query))
    if _any_of(wanted, "simulation", "report"):
        with served(seat(*FOLLOW_UPS, *FOLLOW_UPS, decider=Reader(calibration=MEASURED)), folder / "real") as address:
            yield from ((name, page) for name in _simulation(page, address + query))
    if _any_of(wanted, "role-play", "role-play-over"):
        with served(seat(decider=talks()), folder / "played") as address:
            yield from ((name, page) for name in _role_play(page, address + query))
    if _any_of(wanted, "progress", "data"):
        practised(Store(folder / "weeks"), LIBRARY.questions, ANSWER)
        with served(seat(), folder / "weeks", now=lambda: WEEKS_END) as address:
            yield from ((name, page) for name in _kept(page, address + query))
    if _any_of(wanted, "group", "group-answer"):
        with served(seat(), folder / "coach", coach=True) as address:
            yield from ((name, page) for name in _group(page, address + query, bundles(folder)))
    page.close()


def _any_of(wanted: Collection[str], first: str, last: str) -> bool:
    return any(name in wanted for name in VIEWS[VIEWS.index(first) : VIEWS.index(last) + 1])


def _open(page: Page, address: str, tab: str) -> None:
    page.goto(address)
    expect(page.get_by_role("button", name="Start the interview")).to_be_visible()
    page.get_by_role("tab", name=tab).click()


def _start(page: Page, address: str) -> Iterator[str]:
    _open(page, address, "Questions")
    yield "start"
    page.get_by_label("Search").fill("customers")
    expect(page.get_by_role("button", name="Clear the filters")).to_be_visible()
    page.get_by_role("checkbox", name=QUESTION.question).check()
    yield "questions"
    page.get_by_role("tab", name="Plans").click()
    page.get_by_role("radio", name="Loss Prevention").check()
    yield "plans"
    page.get_by_role("tab", name="Your job").click()
    page.get_by_label("Job ad").fill(WARD)
    page.get_by_role("button", name="Find my questions").click()
    expect(page.locator("#job-cards .fits > li").first).to_contain_text("Close fit")
    yield "job"
    page.get_by_role("tab", name="Role-play").click()
    expect(page.get_by_role("button", name=f"Start: {HOLLIS.title}")).to_be_visible()
    yield "role-plays"


def _practice(page: Page, address: str) -> Iterator[str]:
    begin(page, address)
    page.get_by_role("button", name="Hint").click()
    expect(page.locator("#hints")).to_contain_text("1 hint")
    page.get_by_label("Your answer").fill(ANSWER[:150])
    yield "hint"
    side = page.locator("#side")
    say(page, ANSWER)
    expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[0])
    expect(side).to_contain_text("band 2 of 5")
    page.get_by_label("Your answer").fill(SECOND)
    yield "rubric"
    page.get_by_label("Your answer").fill("")
    side.get_by_role("button", name="Try again").click()
    expect(side).to_contain_text("Another try")
    yield "another-try"
    say(page, f"I gave her a voucher. {ANSWER}")
    expect(page.locator("#chat")).to_contain_text(FOLLOW_UPS[1])
    expect(side.locator(".difference")).to_contain_text("Band 4, up from 2")
    yield "difference"
    for closed in ("All attempts side by side", "How the band came about"):
        side.get_by_text(closed).first.click()
    side.locator("#rubric-0-why-key_point-calm summary").first.click()
    side.locator("#rubric-0-differ-key_point-calm summary").first.click()
    yield "unfolded"
    for closed in ("All attempts side by side", "How the band came about"):
        side.get_by_text(closed).first.click()
    side.get_by_role("button", name="Say it better").click()
    expect(side.locator(".rewritten")).to_contain_text("He left with a new drill")
    expect(side.get_by_role("button", name="Write it once more")).to_be_visible()
    yield "said-better"


def _simulation(page: Page, address: str) -> Iterator[str]:
    page.goto(address)
    page.get_by_role("radio", name="Simulation").check()
    for document in (QUESTION, MISTAKE):
        page.get_by_role("checkbox", name=document.question).check()
    page.get_by_role("button", name="Start the interview").click()
    expect(page.locator("#question .clock")).to_contain_text("minutes left")
    for said, asked in ((ANSWER, FOLLOW_UPS[0]), (SECOND, FOLLOW_UPS[1])):
        expect(page.get_by_role("button", name="Send answer")).to_be_enabled()
        say(page, said)
        expect(page.locator("#chat")).to_contain_text(asked)
    yield "simulation"
    for said, asked in (("He came back in spring.", FOLLOW_UPS[2]), ("With a smile.", MISTAKE.question)):
        expect(page.get_by_role("button", name="Send answer")).to_be_enabled()
        say(page, said)
        expect(page.locator("#chat")).to_contain_text(asked)
    expect(page.get_by_role("button", name="Send answer")).to_be_enabled()
    say(page, SLIP)
    expect(page.locator("#side")).to_contain_text("5 answers given")
    page.get_by_role("button", name="End the interview").click()
    expect(page.get_by_role("region", name="Your report")).to_contain_text("2 with a band")
    yield "report"


def _role_play(page: Page, address: str) -> Iterator[str]:
    _open(page, address, "Role-play")
    page.get_by_role("button", name=f"Start: {HOLLIS.title}").click()
    expect(page.locator("#chat")).to_contain_text(HOLLIS.opens)
    for place, line in enumerate(("Please calm down.", *KIND[HOLLIS.id])):
        expect(page.get_by_role("button", name="Send answer")).to_be_enabled()
        say(page, line)
        expect(page.locator("#chat")).to_contain_text(line)
        if place == 1:
            expect(page.get_by_role("button", name="Send answer")).to_be_enabled()
            yield "role-play"
    expect(page.locator("#side")).to_contain_text("band 4 of 5")
    yield "role-play-over"


def _kept(page: Page, address: str) -> Iterator[str]:
    _open(page, address, "Progress")
    expect(page.get_by_role("region", name="Due today")).to_be_visible()
    yield "progress"
    page.get_by_role("tab", name="Your data").click()
    expect(page.locator("#kept").get_by_role("checkbox")).not_to_have_count(0)
    yield "data"


def _group(page: Page, address: str, files: Sequence[FilePayload]) -> Iterator[str]:
    _open(page, address, "Group")
    page.get_by_label("Candidates’ JSON files").set_input_files(files)
    expect(page.locator("#group")).to_contain_text("2 candidates")
    yield "group"
    page.locator("#group").get_by_role("button", name="Kim: Missing. Read the answer").first.click()
    expect(page.locator("#group-one")).to_contain_text("Kim, attempt 2")
    yield "group-answer"
