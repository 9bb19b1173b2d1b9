"""The progress view's handlers: what is drawn and when, practising, opening, grading again beside the old grade."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from histories import DAY, START, answered, graded, mark, marks_of
from scripted import ScriptedDecider
from shipped import LIBRARY, QUESTION
from tables import ANSWER, SECOND, VERDICTS, seat

from interviewer.errors import ProviderUnreachable, StoreError
from interviewer.interview import answer
from interviewer.page.desk import Change, Desk
from interviewer.page.history_desk import HistoryDesk
from interviewer.page.past import History, show_history
from interviewer.panel import Panel
from interviewer.progress import day_of
from interviewer.recounting import NOTHING_YET, history_lines
from interviewer.schema import Decision, Interview, State, TypedQuestion
from interviewer.store import Store

OTHER = next(document for id, document in LIBRARY.questions.items() if id != QUESTION.id)
NAMES = [point.name for point in QUESTION.key_points]
MISSING, PARTIAL = "missing", "partial"
BROKEN = ProviderUnreachable("127.0.0.1 broke off: start the server again.")


class Grader(ScriptedDecider):
    """Another decider than the one at the table; before the answer it is told to, it waits until it is stopped."""

    def __init__(self, *given: Any, waits_at: int = -1, **named: Any) -> None:
        super().__init__(*given, **named)
        self.model = "other"
        self.waits_at = waits_at
        self.waiting = asyncio.Event()

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        if len(self.states) == self.waits_at:
            self.waiting.set()
            await asyncio.Event().wait()
        async for decision in super().decide(state, questions):
            yield decision


def at(folder: Path, panel: Panel | None = None, days: float = 10) -> tuple[HistoryDesk, Store, Desk]:
    """A view so many days after the start."""
    store = Store(folder)
    now = START + days * DAY
    desk = Desk(panel or seat(), store, now=lambda: now)
    return HistoryDesk(desk, now=lambda: now, zone=UTC), store, desk


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


async def everything(changes: AsyncIterator[Change]) -> list[Change]:
    return [change async for change in changes]


# ── drawing ──────────────────────────────────────────────────────────────────────────────────────────


def test_somebody_new_is_told_how_to_begin(tmp_path: Path) -> None:
    history, _, _ = at(tmp_path)
    drawn = history.draw()
    assert "Nothing here yet" in drawn["body"] and 'data-press="surprise"' in drawn["body"]
    assert drawn["interviews"] == "" and drawn["choices"]["role"] == [("All", "")]


def test_an_unfinished_interview_without_a_grade_can_be_gone_on_with_and_reveals_no_criterion(tmp_path: Path) -> None:
    history, store, _ = at(tmp_path)
    store.save(interview := answered(QUESTION, ANSWER, None, 9, ended=""))
    drawn = history.draw()
    assert "Nothing here yet" in drawn["body"] and "unfinished" in drawn["interviews"]
    assert not [name for name in NAMES if name in drawn["body"] + drawn["interviews"]]
    opened = history.open(interview.id)
    assert opened["screen"] == "room" and not opened["ended"] and opened["interview"].id == interview.id


async def test_a_simulation_tells_nothing_of_its_criteria_before_it_has_ended(tmp_path: Path) -> None:
    history, store, _ = at(tmp_path)
    ended = answered(QUESTION, ANSWER, graded(QUESTION, [MISSING]), 8).model_copy(update={"mode": "simulation"})
    store.save(running := ended.model_copy(update={"ended": ""}))
    drawn = history.draw()
    assert "Nothing here yet" in drawn["body"] and "no band" in drawn["interviews"]
    (change,) = await everything(history.regrade("tab", "0", running.id))
    assert "Choose an interview with a graded answer first" in change["notice"]
    store.save(ended)
    assert NAMES[0].replace("&", "&amp;") in history.draw()["body"]


def test_what_is_due_is_named_and_practised_at_once(tmp_path: Path) -> None:
    history, store, _ = at(tmp_path)
    store.save(answered(QUESTION, ANSWER, graded(QUESTION, [MISSING, PARTIAL]), 8))
    drawn = plain(history.draw()["body"])
    assert f"{NAMES[0]} missing, 10 Nov" in drawn and f"{NAMES[1]} partly covered, 10 Nov" in drawn
    assert NAMES[2] not in drawn.partition("By criterion")[0]  # covered: nothing to practise
    assert "1 question, about 6 minutes" in drawn
    begun = history.practise(QUESTION.id)
    assert [one.id for one in begun["interview"].questions] == [QUESTION.id] and begun["screen"] == "room"
    assert begun["interview"].mode == "practice"


def test_nothing_due_says_when_something_will_be(tmp_path: Path) -> None:
    history, store, _ = at(tmp_path, days=8)
    store.save(answered(QUESTION, ANSWER, graded(QUESTION, [MISSING, MISSING]), 8))
    assert "Nothing is due today. Next: tomorrow, 2 points." in history.draw()["body"]


def test_a_question_that_is_gone_is_in_the_history_but_not_to_be_practised(tmp_path: Path) -> None:
    gone = QUESTION.model_copy(update={"id": "gone", "question": "What about the old till?"})
    history, store, _ = at(tmp_path)
    store.save(answered(gone, ANSWER, graded(gone, [MISSING]), 8))
    body = history.draw()["body"]
    assert "What about the old till?" in body and "data-press=" not in body
    assert history.practise("gone")["notice"]


def test_filters_leave_one_question_or_role_and_its_interviews(tmp_path: Path) -> None:
    history, store, _ = at(tmp_path)
    for document in (QUESTION, OTHER):
        store.save(answered(document, ANSWER, graded(document, [MISSING]), 8))
    drawn = history.draw(OTHER.id, "")
    assert OTHER.question in drawn["interviews"] and QUESTION.question not in drawn["interviews"]
    assert QUESTION.question not in drawn["body"] and NAMES[0] not in drawn["body"]
    assert (QUESTION.question, QUESTION.id) in drawn["choices"]["question"]
    assert "Nothing fits" in history.draw(OTHER.id, "Astronaut")["body"]


def test_a_store_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreError("The disk is gone: put it back.")

    history, store, _ = at(tmp_path)
    monkeypatch.setattr(store, "marks", fail)
    assert "The disk is gone" in history.draw()["body"]


def test_nobodys_words_become_markup() -> None:
    nasty = "<img src=x onerror=alert(1)>{{7}}"
    named: dict[str, Any] = {"question": nasty, "role": nasty, "themes": (nasty,), "model": nasty}
    marks = [
        mark(day, **named, question_id=nasty, key_points={nasty: MISSING}, names={f"key_point.{nasty}": nasty})
        for day in range(3)
    ]
    html = show_history(History(marks, {nasty}, day_of(START + 9 * DAY, UTC), UTC, nasty))
    assert "<img" not in html and "{{" not in html and "&lt;img" in html


def test_answers_that_could_not_be_judged_leave_nothing_out_of_place() -> None:
    marks = [mark(0, band=None, coverage=None, status="unscored", key_points={"calm": "unscored"})]
    html = plain(show_history(History(marks, {"q1"}, day_of(START, UTC), UTC)))
    assert "No band yet" in html and "Practised on 1 day this month, 1 answer." in html


def test_the_chart_has_a_title_and_the_same_numbers_in_a_table_and_says_where_the_grader_changed() -> None:
    marks = [*marks_of("calm", MISSING, MISSING), mark(3, key_points={"calm": "covered"}, band=5, model="new")]
    html = show_history(History(marks, set(), day_of(START + 9 * DAY, UTC), UTC))
    assert 'role="img" aria-labelledby="over-time-title over-time-about"' in html
    assert html.count('class="turn"') == 2 and html.count('class="run"') == 1  # broken where the grader changes
    table = plain(html.partition("The same as a table")[2].partition("</table>")[0])
    assert "5 Nov Tell me about q1. 5 1 builtin (new)" in table and "2 Nov Tell me about q1. 3 1 builtin (m)" in table
    assert "From 5 Nov on by builtin (new)." in plain(html)


# ── grading again ────────────────────────────────────────────────────────────────────────────────────


def seated(decider: ScriptedDecider) -> Panel:
    return seat(said=VERDICTS, reader=decider)


def stored(store: Store, days: float = 8, words: str = ANSWER) -> Interview:
    interview = answered(QUESTION, words, graded(QUESTION, [MISSING], model="scripted"), days)
    store.save(interview)
    return interview


async def test_grading_again_shows_both_grades_and_keeps_both_but_changes_nothing(tmp_path: Path) -> None:
    history, store, _ = at(tmp_path, seated(Grader(VERDICTS)))
    interview = stored(store)
    assert [one.model for one in history.graders] == ["scripted", "other"]
    changes = await everything(history.regrade("tab", "1", interview.id))
    assert "Graded again: 0 of 1" in changes[0]["regraded"] and "regrading" in changes[0]["regraded"]
    last = plain(changes[-1]["regraded"])
    assert "Graded again: 1 of 1" in last and "regrading" not in changes[-1]["regraded"]
    assert f"{NAMES[0]} Missing Covered" in last
    assert "Before: builtin (scripted)" in last and "After: builtin (other)" in last
    assert store.load(interview.id) == interview
    assert [one.grade.model for one in store.gradings(interview.id)] == ["scripted", "other"]


async def test_the_new_grade_is_used_when_asked_for_and_the_old_one_stays_kept(tmp_path: Path) -> None:
    history, store, desk = at(tmp_path, seated(Grader(VERDICTS)))
    interview = stored(store)
    desk.resume({"id": interview.id})
    await everything(history.regrade("tab", "1", interview.id))
    used = history.use("tab", f"{interview.id} {QUESTION.id}")
    assert "The new grades are shown from now on" in used["regraded"] and "Use the new" not in used["regraded"]
    assert store.load(interview.id).grades[QUESTION.id].model == "other"
    assert "other" in desk.resume({"id": interview.id})["side"]
    assert len(store.gradings(interview.id)) == 2
    assert "Grade these answers again first" in history.use("another tab", f"{interview.id} {QUESTION.id}")["notice"]


async def test_a_new_grade_of_a_second_try_stays_when_the_interview_is_opened_again(tmp_path: Path) -> None:
    table = seat(said=VERDICTS, reader=Grader(VERDICTS))
    history, store, desk = at(tmp_path, table)
    interview = desk.submit(ANSWER, desk.begin([QUESTION.id])["interview"], None)["interview"]
    again = desk.again(QUESTION.id, interview, None)["interview"]
    second = desk.submit(SECOND + ANSWER, again, None)["interview"]
    await everything(desk.grade(second))
    await everything(history.regrade("tab", "1", second.id))
    history.use("tab", f"{second.id} {QUESTION.id}")
    await everything(desk.grade(desk.resume({"id": second.id})["interview"]))
    assert store.load(second.id).grades[QUESTION.id].model == "other"


async def test_a_new_grade_is_not_used_for_an_answer_that_changed_since(tmp_path: Path) -> None:
    history, store, _ = at(tmp_path, seated(Grader(VERDICTS)))
    interview = stored(store)
    await everything(history.regrade("tab", "1", interview.id))
    store.save(answer(interview, SECOND, START))
    used = history.use("tab", f"{interview.id} {QUESTION.id}")
    assert "an answer has changed since" in used["regraded"]
    assert store.load(interview.id).grades[QUESTION.id].model == "scripted"


async def test_a_model_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    history, store, _ = at(tmp_path, seated(Grader({**VERDICTS, "key_point.empathy": BROKEN})))
    first, second = stored(store), stored(store, 9)
    changes = await everything(history.regrade("tab", "1", f"{first.id} {second.id}"))
    last = plain(changes[-1]["regraded"])
    assert "127.0.0.1 broke off: start the server again. 2 answers were not graded again." in last
    assert "Use the new grade" not in last
    assert store.load(first.id) == first and len(store.gradings(first.id)) == 1


async def test_grading_again_can_be_stopped_and_what_was_done_stays(tmp_path: Path) -> None:
    decider = Grader(VERDICTS, waits_at=1)
    history, store, _ = at(tmp_path, seated(decider))
    one, two = stored(store), stored(store, 9)
    running = asyncio.create_task(everything(history.regrade("tab", "1", f"{one.id} {two.id}")))
    await decider.waiting.wait()
    history.stop("another tab")
    history.stop("tab")
    last = plain((await running)[-1]["regraded"])
    assert "You stopped it." in last and "Graded again: 1 of 2" in last
    assert [len(store.gradings(each.id)) for each in (one, two)] == [2, 1]


def test_a_grading_is_kept_once_and_only_of_an_interview_that_is_there(tmp_path: Path) -> None:
    _, store, _ = at(tmp_path)
    interview, grade = stored(store), graded(QUESTION, [])
    for _ in range(2):
        store.keep_grading(interview.id, 1, grade)
    assert len(store.gradings(interview.id)) == 2
    with pytest.raises(StoreError, match="There is no interview"):
        store.keep_grading("A" * 22, 1, grade)


async def test_nothing_graded_is_nothing_to_grade_again(tmp_path: Path) -> None:
    history, store, _ = at(tmp_path)
    store.save(interview := answered(QUESTION, ANSWER, None, 9))
    for what in ("", interview.id):
        (change,) = await everything(history.regrade("tab", "0", what))
        assert "Choose an interview with a graded answer first" in change["notice"]
    (change,) = await everything(history.regrade("tab", "0", "../../etc/passwd"))
    assert change["notice"]
    assert "start a new one" in history.open("A" * 22)["notice"]


# ── in words ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_terminal_says_the_same_in_lines() -> None:
    marks = [
        *marks_of("calm", MISSING, MISSING, PARTIAL, "covered", "covered", "covered"),
        mark(8, model="new", band=4),
    ]
    lines = history_lines(marks, now=START + 9 * DAY, zone=UTC)
    text = "\n".join(lines)
    assert lines[0] == "Practised on 7 days this month, 7 answers."
    assert "  The point calm (Tell me about q1.): missing in 2, partly covered in 1 of 6 answers" in lines
    assert "    The point calm: latest 3 of 3, before ½ of 3; more than before" in lines
    assert "  From here on graded by builtin (new)" in lines and "  yesterday: band 4 of 5, Tell me about q1." in lines
    assert "Due today" in text
    assert history_lines([], now=START) == (NOTHING_YET,)
