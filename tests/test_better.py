"""The page says an answer better: shown with its blanks, stopped at will, kept; it never touches a grade."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from scripted import scripted_llm
from shipped import LIBRARY, PROMPTS, QUESTION
from tables import ANSWER, FLAGGED, FOLLOW_UPS, SECOND, seat
from test_page import BROKEN, everything, make_desk, started

from interviewer.interview import Interviewer
from interviewer.llm import LLM
from interviewer.page.better import Writing, show_better
from interviewer.page.desk import Change, Desk
from interviewer.page.work import Work
from interviewer.panel import Panel
from interviewer.schema import Interview, Line, Rewrite
from interviewer.store import Store

TOLD = (
    "Last winter a man came to the service desk. I kept my voice low and let him tell the whole story. "
    "I looked the sale up by his card with my manager's approval. "
    "[What went on inside you?] He left with a new drill. <b>He thanked me & praised me.</b>"
)


async def judged(desk: Desk) -> Interview:
    """An interview with one graded answer, before anybody replied."""
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    await everything(desk.grade(interview))
    assert isinstance(interview, Interview)
    return interview


def work_of(desk: Desk, interview: Interview) -> Work:
    return desk.better._works.of(interview)


async def test_the_rubric_offers_it_and_shows_it_with_its_blanks_and_what_was_left_out(tmp_path: Path) -> None:
    desk = make_desk(seat(TOLD, said=FLAGGED), tmp_path)
    interview = await judged(desk)
    grade = Store(tmp_path).load(interview.id).grades[QUESTION.id]
    assert f'data-press="say-better" data-value="{QUESTION.id}"' in desk.resume({"id": interview.id})["side"]
    changes = await everything(desk.better.write(QUESTION.id, interview))
    assert "The model reads your answer" in changes[0]["side"]
    assert "These are your own sentences" in changes[0]["side"]
    assert any("1 sentence written" in change.get("side", "") for change in changes)
    assert all("thanked" not in change.get("side", "") for change in changes[:-1])
    side = changes[-1]["side"]
    assert '<mark class="blank">[What went on inside you?]</mark> He left with a new drill.' in side
    assert "Written by scripted from your answer." in side
    assert "2 sentences left out, and why" in side
    assert "He thanked me &amp; praised me." in side and "<b>He thanked" not in side
    assert "It reads as “Blaming" in side
    assert 'id="rubric-0-better-reading" open' in side
    assert "Your rewrite is ready." in side
    kept = Store(tmp_path).load(interview.id)
    assert kept.grades[QUESTION.id] == grade
    assert kept.rewrites[QUESTION.id].written_by == "scripted"


async def test_it_is_shown_again_after_a_reload_and_not_beside_another_answer(tmp_path: Path) -> None:
    desk = make_desk(seat(TOLD, FOLLOW_UPS[0]), tmp_path)
    interview = await judged(desk)
    await everything(desk.better.write(QUESTION.id, interview))
    spoken = (await everything(desk.speak(interview)))[-1]["interview"]
    anew = make_desk(seat(FOLLOW_UPS[1]), tmp_path)
    assert "He left with a new drill." in anew.resume({"id": interview.id})["side"]
    assert "Write it once more" in anew.resume({"id": interview.id})["side"]
    second = anew.submit(SECOND, spoken, None)["interview"]
    graded = await everything(anew.grade(second))
    assert "Written by scripted" not in graded[-1]["side"]
    assert 'data-press="say-better"' in graded[-1]["side"]


class Silent:
    """A chat endpoint that says a sentence and then waits for ever."""

    host = "silent"

    def __init__(self) -> None:
        self.closed = False

    async def send(self, api: Any, body: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError

    async def stream(self, body: dict[str, Any]) -> Any:
        try:
            yield {"choices": [{"index": 0, "delta": {"content": "He left. He "}, "finish_reason": None}]}
            await asyncio.Event().wait()
        finally:
            self.closed = True


def silent() -> tuple[Panel, Silent]:
    endpoint = Silent()
    panel = seat()
    return Panel(LIBRARY, PROMPTS, Interviewer(PROMPTS, LLM(endpoint, "silent")), panel.decider), endpoint


async def test_stopping_cancels_the_request_and_the_next_answer_stops_it_too(tmp_path: Path) -> None:
    panel, endpoint = silent()
    desk = make_desk(panel, tmp_path)
    interview = await judged(desk)
    for stop in ("button", "leave"):
        endpoint.closed = False
        changes: list[Change] = []
        writing = desk.better.write(QUESTION.id, interview)
        changes += [await anext(writing), await anext(writing)]
        assert "1 sentence written" in changes[-1]["side"]
        rest = asyncio.create_task(everything(writing))
        await asyncio.sleep(0)
        after = desk.better.stop(interview) if stop == "button" else desk.leave(interview)
        assert await rest == []
        assert endpoint.closed
        assert work_of(desk, interview).writing is None
        if stop == "button":
            assert "Rewriting stopped." in after["side"] and 'data-press="say-better"' in after["side"]
    assert Store(tmp_path).load(interview.id).rewrites == {}


async def test_a_page_that_goes_away_while_it_writes_leaves_nothing_running(tmp_path: Path) -> None:
    panel, _endpoint = silent()
    desk = make_desk(panel, tmp_path)
    interview = await judged(desk)
    writing = desk.better.write(QUESTION.id, interview)
    await anext(writing)
    await anext(writing)
    await writing.aclose()  # type: ignore[attr-defined]
    assert work_of(desk, interview).writing is None


class Mistaken(Silent):
    """A chat endpoint in which we made a mistake."""

    async def stream(self, body: dict[str, Any]) -> Any:
        yield {"choices": [{"index": 0, "delta": {"content": "He left. "}, "finish_reason": None}]}
        raise RuntimeError("a mistake of ours")


async def test_a_model_that_fails_says_so_above_the_candidates_own_sentences(tmp_path: Path) -> None:
    ours = Panel(LIBRARY, PROMPTS, Interviewer(PROMPTS, LLM(Mistaken(), "mistaken")), seat().decider)
    failing = (
        (seat(["He left. ", BROKEN]), "broke off: start the server again."),
        (ours, "The model failed unexpectedly."),
        (seat(), "There is no model to write it."),
    )
    for panel, says in failing:
        desk = make_desk(panel, tmp_path)
        interview = await judged(desk)
        side = (await everything(desk.better.write(QUESTION.id, interview)))[-1]["side"]
        assert says in side and "These are your own sentences" in side
        assert "Last winter a man came to the service desk shouting" in side
        assert Store(tmp_path).load(interview.id).rewrites[QUESTION.id].written_by == ""


async def test_what_has_no_grade_is_not_rewritten_and_a_simulation_waits_for_its_end(tmp_path: Path) -> None:
    desk = make_desk(seat(), tmp_path)
    fresh = started(desk)
    asked = [(QUESTION.id, None), (QUESTION.id, fresh), ("nowhere", await judged(desk))]
    practice = desk.begin([QUESTION.id], mode="simulation")["interview"]
    simulated = desk.submit(ANSWER, practice, None)["interview"]
    await everything(desk.grade(simulated))
    for question_id, interview in [*asked, (QUESTION.id, simulated)]:
        (change,) = await everything(desk.better.write(question_id, interview))
        assert "no graded answer" in change["notice"] and "side" not in change
    assert desk.better.stop(None) == {}


async def test_nothing_of_the_model_or_the_candidate_becomes_html(tmp_path: Path) -> None:
    llm, _ = scripted_llm("x")
    desk = make_desk(seat(), tmp_path)
    interview = await judged(desk)
    grade = Store(tmp_path).load(interview.id).grades[QUESTION.id]
    attack = '<img src=x onerror=alert(1)> [<b>"{{why}}"</b>?]'
    made = Rewrite(
        question_id=QUESTION.id, answer_hash=grade.answer_hash, written_by=f"{llm.model}{attack}",
        lines=(Line(text=attack), Line(text=attack, left_out=attack)),
    )  # fmt: skip
    shown = show_better(grade, QUESTION, LIBRARY, made, None, prefix="rubric-0")
    assert "<img" not in shown and "<b>" not in shown and "{{" not in shown
    unscored = grade.model_copy(update={"status": "unscored"})
    assert show_better(unscored, QUESTION, LIBRARY, made, Writing(QUESTION.id, 1, made), prefix="rubric-0") == ""
