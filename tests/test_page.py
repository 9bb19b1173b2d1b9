"""The page's handlers and server: nothing said is lost, speaking and grading don't collide, nothing leaks early."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import wire
from browsing import free_port, served
from scripted import ScriptedDecider
from shipped import LIBRARY, PROMPTS, QUESTION
from tables import ANSWER, FOLLOW_UPS, SECOND, VERDICTS, seat

from interviewer.errors import ProviderUnreachable, SettingsError
from interviewer.interview import Interviewer, answer, messages
from interviewer.llm import LLM
from interviewer.page.desk import Change, Desk
from interviewer.page.marks import escape
from interviewer.page.serving import open_page
from interviewer.page.work import newest, until
from interviewer.panel import Panel
from interviewer.schema import Decision, Interview, Probe, State, TypedQuestion
from interviewer.store import Store, new_id

BROKEN = ProviderUnreachable("127.0.0.1 broke off: start the server again.")
CRITERIA = [
    text
    for texts in (
        *((p.name, p.description, p.covered, p.partly) for p in QUESTION.key_points),
        *((m.name, m.description, *m.levels) for m in QUESTION.motivations),
        *((f.name, f.description, f.exception) for f in QUESTION.red_flags),
    )
    for text in texts
]
"""Everything the question is judged by. Probes are asked aloud, so they are no secret."""


class Gated(ScriptedDecider):
    """Waits at a gate before each decision, so that a test says when grading goes on."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.gate = asyncio.Event()
        self.cancelled = False

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        try:
            number = 0
            async for decision in super().decide(state, questions):
                if number == 3:
                    await self.gate.wait()
                number += 1
                yield decision
        except asyncio.CancelledError:
            self.cancelled = True
            raise


def make_desk(panel: Panel, folder: Path, now: float = 100.0) -> Desk:
    return Desk(panel, Store(folder), now=lambda: now, pause=partial(asyncio.sleep, 0))


async def everything(changes: AsyncIterator[Change]) -> list[Change]:
    return [change async for change in changes]


async def until_true(condition: Callable[[], bool]) -> None:
    """Lets the other tasks run until it holds."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0)


def started(desk: Desk) -> Interview:
    interview = desk.begin([QUESTION.id])["interview"]
    assert isinstance(interview, Interview)
    return interview


async def test_an_answer_is_kept_then_answered_word_by_word_then_graded(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    sent = desk.submit(ANSWER, started(desk), None)
    assert sent["box"] == "" and sent["busy"] and "being graded" in sent["side"]
    interview = sent["interview"]
    assert Store(tmp_path).load(interview.id) == interview
    spoken = await everything(desk.speak(interview))
    lines = [change["chat"][-1]["content"] for change in spoken if "chat" in change]
    assert len(lines) > 5 and all(FOLLOW_UPS[0].startswith(line.replace("&#x27;", "'")) for line in lines)
    assert not spoken[-1]["busy"] and spoken[-1]["interview"].turns[-1].text == FOLLOW_UPS[0]
    graded = await everything(desk.grade(interview))
    assert any("criteria judged" in change.get("side", "") for change in graded[:-1])
    assert "Your rubric is ready: band 4 of 5, strong." in graded[-1]["side"]
    kept = Store(tmp_path).load(interview.id)
    assert kept.turns[-1].text == FOLLOW_UPS[0] and kept.grades[QUESTION.id].band == 4


async def test_speaking_and_grading_at_once_never_overwrite_each_other(tmp_path: Path) -> None:
    decider = Gated(VERDICTS)
    desk = make_desk(seat(*FOLLOW_UPS, decider=decider), tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    grading = asyncio.create_task(everything(desk.grade(interview)))
    spoken = (await everything(desk.speak(interview)))[-1]
    decider.gate.set()
    graded = (await grading)[-1]
    assert set(spoken) & set(graded) <= {"notice"}
    kept = Store(tmp_path).load(interview.id)
    assert len(kept.turns) == 3 and QUESTION.id in kept.grades
    second = desk.submit(SECOND, spoken["interview"], None)["interview"]
    assert QUESTION.id in second.grades


async def test_a_new_answer_stops_the_grading_of_the_one_before(tmp_path: Path) -> None:
    decider = Gated(VERDICTS)
    desk = make_desk(seat(*FOLLOW_UPS, decider=decider), tmp_path)
    first = desk.submit(ANSWER, started(desk), None)["interview"]
    grading = asyncio.create_task(everything(desk.grade(first)))
    spoken = (await everything(desk.speak(first)))[-1]["interview"]
    await until_true(lambda: len(decider.asked) >= 4)
    desk.submit(SECOND, spoken, None)
    changes = await grading
    assert decider.cancelled
    assert not [change for change in changes if "rubric is ready" in change.get("side", "")]


async def test_stopping_the_grading_leaves_what_was_judged_without_a_band(tmp_path: Path) -> None:
    decider = Gated(VERDICTS)
    desk = make_desk(seat(*FOLLOW_UPS, decider=decider), tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    grading = asyncio.create_task(everything(desk.grade(interview)))
    await until_true(lambda: len(decider.asked) >= 4)
    stopped = desk.stop_grading(interview)
    await grading
    assert decider.cancelled
    assert "You stopped the grading." in stopped["side"] and 'class="band' not in stopped["side"]
    assert stopped["regrade"] and not stopped["grading"]
    decider.gate.set()
    again = await everything(desk.grade(interview, again=True))
    assert "Your rubric is ready" in again[-1]["side"]


async def test_a_finished_grade_is_not_made_twice_unless_asked_for(tmp_path: Path) -> None:
    decider = ScriptedDecider(VERDICTS)
    desk = make_desk(seat(*FOLLOW_UPS, decider=decider), tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    await everything(desk.grade(interview))
    await everything(desk.grade(interview))
    assert len(decider.states) == 1
    resumed = make_desk(seat(*FOLLOW_UPS, decider=decider), tmp_path)
    back = resumed.resume({"id": interview.id})["interview"]
    assert "Your rubric is ready" in (await everything(resumed.grade(back)))[-1]["side"]
    assert len(decider.states) == 1
    await everything(resumed.grade(back, again=True))
    assert len(decider.states) == 2


async def test_a_model_that_breaks_off_costs_one_sentence_and_never_the_answer(tmp_path: Path) -> None:
    desk = make_desk(seat(["You looked ", BROKEN], FOLLOW_UPS[0]), tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    failed = (await everything(desk.speak(interview)))[-1]
    assert "broke off: start the server again. Your answer is kept." in failed["notice"]
    assert failed["retry"] and not failed["busy"]
    assert len(failed["chat"]) == 2 and "interview" not in failed
    assert Store(tmp_path).load(interview.id).turns[-1].text == ANSWER
    again = (await everything(desk.speak(interview)))[-1]
    assert again["interview"].turns[-1].text == FOLLOW_UPS[0] and again["notice"] == ""


async def test_a_grader_that_fails_outright_offers_to_grade_again(tmp_path: Path) -> None:
    panel = seat(*FOLLOW_UPS, decider=ScriptedDecider({**VERDICTS, "key_point.calm": BROKEN}))
    desk = make_desk(panel, tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    last = (await everything(desk.grade(interview)))[-1]
    assert last["regrade"] and "broke off" in last["side"]


async def test_a_mistake_of_ours_costs_one_sentence_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Mistaken(ScriptedDecider):
        async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
            raise ZeroDivisionError
            yield

    desk = make_desk(seat(*FOLLOW_UPS, decider=Mistaken()), tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    last = (await everything(desk.grade(interview)))[-1]
    assert "Grading failed unexpectedly. Your answer is kept." in last["notice"] and last["regrade"]
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" not in json.dumps(last["notice"])


@pytest.mark.parametrize(
    ("text", "says"), [("", "Type an answer first"), (" \n\t", "Type an answer first"), ("x" * 100_001, "longer than")]
)
async def test_what_cannot_be_sent_stays_in_the_box(text: str, says: str, tmp_path: Path) -> None:
    desk = make_desk(seat(), tmp_path)
    refused = desk.submit(text, started(desk), None)
    assert set(refused) == {"notice", "refused"} and says in refused["notice"]


async def test_an_answer_sent_twice_counts_once(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    refused = desk.submit(ANSWER, interview, None)
    assert set(refused) == {"notice", "refused"} and "has not finished yet" in refused["notice"]


async def test_a_reload_brings_back_the_interview_the_rubric_and_the_half_typed_answer(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    await everything(desk.grade(interview))
    interview = (await everything(desk.speak(interview)))[-1]["interview"]
    desk.note_draft("half a sent", interview)
    back = make_desk(seat(*FOLLOW_UPS), tmp_path).resume({"id": interview.id})
    assert back["box"] == "half a sent" and back["screen"] == "room" and not back["busy"]
    assert len(back["chat"]) == 3 and "Strong" in back["side"]
    newer = make_desk(seat(*FOLLOW_UPS), tmp_path).resume({"id": interview.id, "draft": "half a sentence"})
    assert newer["box"] == "half a sentence"


async def test_a_reload_while_the_interviewer_speaks_makes_it_speak_again(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    cut_off = desk.speak(interview)
    await anext(cut_off)
    await anext(cut_off)
    back = desk.resume({"id": interview.id})
    assert back["busy"]
    spoken = (await everything(desk.speak(back["interview"])))[-1]
    assert spoken["interview"].turns[-1].speaker == "interviewer"
    left_over = await everything(cut_off)
    assert not [change for change in left_over if "interview" in change]


@pytest.mark.parametrize(
    "kept", [None, {}, {"id": "../../etc/passwd"}, {"id": 7}, {"id": new_id()}, {"id": "x" * 10**6}]
)
async def test_nonsense_kept_by_the_browser_leads_to_the_start(kept: Any, tmp_path: Path) -> None:
    back = make_desk(seat(), tmp_path).resume(kept)
    assert back["screen"] == "start" and back["interview"] is None


async def test_a_tab_that_fell_behind_is_shown_where_the_interview_is_now(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    behind = started(desk)
    ahead = desk.submit(ANSWER, behind, None)["interview"]
    ahead = (await everything(desk.speak(ahead)))[-1]["interview"]
    shown = desk.submit("An answer from the other tab.", behind, None)
    assert "another tab" in shown["notice"] and shown["interview"] == ahead
    assert "box" not in shown and "kept" not in shown
    assert len(Store(tmp_path).load(behind.id).turns) == 3


async def test_a_restarted_server_finds_the_interview_by_what_the_browser_kept(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = started(desk)
    sent = make_desk(seat(*FOLLOW_UPS), tmp_path).submit(ANSWER, None, {"id": interview.id})
    assert sent["interview"].turns[-1].text == ANSWER
    lost = make_desk(seat(), tmp_path).submit(ANSWER, None, None)
    assert lost["screen"] == "start" and "lost its interview" in lost["notice"]


async def test_ending_cuts_the_interviewer_off_politely(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    speaking = desk.speak(interview)
    await anext(speaking)
    ended = desk.finish(interview, None)
    assert ended["ended"] and ended["interview"].turns[-1].act == "closing"
    assert not [change for change in await everything(speaking) if "interview" in change]
    assert "has ended" in desk.submit("more", ended["interview"], None)["notice"]
    left = desk.leave(ended["interview"])
    assert left["screen"] == "start" and left["previous"] and left["kept"]["previous"] == interview.id


async def test_a_full_disk_is_said_and_the_interview_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path / "file" / "interviews")
    begun = desk.begin([QUESTION.id])
    assert "set INTERVIEWER_DATA" in begun["notice"] and begun["screen"] == "room"
    sent = desk.submit(ANSWER, begun["interview"], None)
    assert sent["interview"].turns[-1].text == ANSWER
    assert "kept in this browser" in desk.note_draft("half", begun["interview"])["notice"]
    graded = await everything(desk.grade(sent["interview"]))
    assert "Your rubric is ready" in graded[-1]["side"]


async def test_an_unknown_question_is_one_sentence(tmp_path: Path) -> None:
    desk = make_desk(seat(), tmp_path)
    assert "no question" in desk.begin(["nope"])["notice"]
    assert "Nothing fits" in desk.begin([])["notice"]


async def test_the_reading_of_the_draft_chooses_the_probe_and_is_never_waited_for(tmp_path: Path) -> None:
    weak = "motivation.emotional_intelligence"
    strong = {f"motivation.{m.id}": "3" for m in QUESTION.motivations} | {weak: "1"}
    reader = ScriptedDecider(strong)
    desk = make_desk(seat(reader=reader), tmp_path)
    interview = started(desk)
    desk.note_draft(ANSWER[:-10], interview)
    await until_true(lambda: desk._works.of(interview).reading is not None)
    sent = desk.submit(ANSWER, interview, None)["interview"]
    spoken = (await everything(desk.speak(sent)))[-1]["interview"]
    assert spoken.turns[-1].probe is not None and spoken.turns[-1].probe.criterion == "emotional_intelligence"
    stuck = make_desk(seat(reader=Gated(strong)), tmp_path)
    interview = started(stuck)
    stuck.note_draft(ANSWER[:-10], interview)
    sent = stuck.submit(ANSWER, interview, None)["interview"]
    assert (await everything(stuck.speak(sent)))[-1]["interview"].turns[-1].speaker == "interviewer"


class Listener:
    """A model that never comes to an end of reading."""

    host = "listener"

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.asked = self.left = 0

    async def send(self, api: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        try:
            await asyncio.Event().wait()
        finally:
            self.left += 1
        raise NotImplementedError

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        for chunk in wire.chunks_of("And what did he say to that?"):
            yield chunk


def listened_to(model: Listener) -> Panel:
    return replace(seat(), interviewer=Interviewer(PROMPTS, LLM(model, "m", local=True)))


async def test_the_model_reads_ahead_once_a_turn_and_is_stopped_when_the_answer_is_sent(tmp_path: Path) -> None:
    model = Listener()
    desk = make_desk(listened_to(model), tmp_path)
    interview = started(desk)
    for draft in ("I", "I kept", ANSWER[:-5]):
        desk.note_draft(draft, interview)
        await until_true(lambda: model.asked > 0)
    assert (model.asked, model.left) == (1, 0)
    sent = desk.submit(ANSWER, interview, None)["interview"]
    await until_true(lambda: model.left == 1)
    # While the interviewer speaks, nobody reads ahead.
    desk.note_draft("Already", sent)
    spoken = (await everything(desk.speak(sent)))[-1]["interview"]
    assert model.asked == 1 and spoken.turns[-1].speaker == "interviewer"
    desk.note_draft("Already typing", spoken)
    await until_true(lambda: model.asked == 2)
    desk.forget([interview.id])
    await until_true(lambda: model.left == 2)


async def test_a_draft_is_read_again_after_a_pause_and_then_as_it_is_by_then(tmp_path: Path) -> None:
    reader, gate = ScriptedDecider(VERDICTS), asyncio.Event()
    desk = Desk(seat(reader=reader), Store(tmp_path), now=lambda: 100.0, pause=gate.wait)
    interview = started(desk)
    for end in (-10, -8, -6, -4):
        desk.note_draft(ANSWER[:end], interview)
        for _ in range(50):
            await asyncio.sleep(0)
    assert len(reader.states) == 1
    gate.set()
    await until_true(lambda: len(reader.states) == 2)
    assert reader.states[-1].sentences[-1].text == ANSWER[:-4].rpartition(". ")[2]


class Ahead:
    """A grader that reads ahead: keeps what it was given, or doesn't come to an end."""

    def __init__(self, failure: Exception | None = None, *, stuck: bool = False) -> None:
        self.failure, self.stuck = failure, stuck
        self.read: list[tuple[str, ...]] = []
        self.left = 0

    async def read_ahead(self, state: State) -> None:
        self.read.append(tuple(sentence.text for sentence in state.sentences))
        if self.failure is not None:
            raise self.failure
        try:
            await (asyncio.Event().wait() if self.stuck else asyncio.sleep(0))
        finally:
            self.left += 1


FINISHED = [
    "I kept calm and let him finish.",
    "I asked him what was wrong with it.",
    "He told me about the long way home.",
    "I looked up the sale by his card.",
    "It was there, as he had said.",
]
DRAFT = " ".join((*FINISHED, "So I gave"))


async def test_the_grader_reads_what_is_finished_of_a_draft_some_sentences_at_a_time_and_none_twice(
    tmp_path: Path,
) -> None:
    ahead = Ahead()
    desk = make_desk(replace(seat(*FOLLOW_UPS), ahead=ahead), tmp_path)
    interview = started(desk)
    for draft, reads in (("I kept", 0), (DRAFT, 2), (f"{DRAFT} him", 2), (f"{DRAFT} him a new one. He", 3)):
        desk.note_draft(draft, interview)
        await until_true(lambda: desk._works.of(interview).reading_ahead.done())  # type: ignore[union-attr]
        assert len(ahead.read) == reads
    assert [list(read) for read in ahead.read] == [FINISHED[:3], FINISHED, [*FINISHED, "So I gave him a new one."]]
    # The next answer stands after this one, which is read already.
    sent = desk.submit(f"{DRAFT} him a new one. He left with a smile.", interview, None)["interview"]
    spoken = (await everything(desk.speak(sent)))[-1]["interview"]
    desk.note_draft("I thanked him for his patience. Then", spoken)
    await until_true(lambda: len(ahead.read) == 4)
    assert ahead.read[-1][-2:] == ("He left with a smile.", "I thanked him for his patience.")


class Quick(Listener):
    """A model that has read at once, and keeps what it was given last."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[str] = []

    async def send(self, api: str, body: dict[str, Any]) -> dict[str, Any]:
        self.given.append(body["messages"][-1]["content"])
        return wire.completion_body("I")


async def test_the_interviewers_model_reads_the_finished_beginning_of_what_it_will_be_given(tmp_path: Path) -> None:
    model = Quick()
    desk = make_desk(listened_to(model), tmp_path)
    interview = started(desk)
    desk.note_draft(DRAFT, interview)
    await until_true(lambda: len(model.given) == 3)
    begun = [given.removesuffix("\ncandidate>>>") for given in model.given]
    assert begun == ["<<<candidate\n" + " ".join(FINISHED[:count]) for count in (0, 3, 5)]
    probe = Probe(kind="star", criterion="result", text="How did it end?", reason="no result")
    whole = messages(answer(interview, f"{DRAFT} him one."), probe, PROMPTS)[-1]["content"]
    assert all(whole.startswith(beginning) for beginning in begun)


async def test_reading_ahead_is_stopped_when_the_answer_is_sent_and_waits_while_one_is_graded(tmp_path: Path) -> None:
    ahead, decider = Ahead(stuck=True), Gated(VERDICTS)
    desk = make_desk(replace(seat(*FOLLOW_UPS, decider=decider), ahead=ahead), tmp_path)
    interview = started(desk)
    desk.note_draft(DRAFT, interview)
    await until_true(lambda: len(ahead.read) == 1)
    sent = desk.submit(ANSWER, interview, None)["interview"]
    await until_true(lambda: ahead.left == 1)
    spoken = (await everything(desk.speak(sent)))[-1]["interview"]
    grading = asyncio.ensure_future(everything(desk.grade(sent)))
    await until_true(lambda: desk._works.of(sent).coming is not None)
    desk.note_draft(DRAFT, spoken)
    assert desk._works.of(sent).reading_ahead is None
    decider.gate.set()
    await grading
    desk.note_draft(f"{DRAFT} him one", spoken)
    await until_true(lambda: len(ahead.read) == 2)
    desk.forget([interview.id])
    await until_true(lambda: ahead.left == 2)


async def test_what_is_too_long_to_be_graded_is_not_read_ahead(tmp_path: Path) -> None:
    ahead = Ahead()
    panel = replace(seat(*FOLLOW_UPS), ahead=ahead)
    interview = started(make_desk(panel, tmp_path))
    assert await panel.read_ahead(interview, "I listened to him calmly. " * 1250, 0) == 0 and ahead.read == []


async def test_where_no_model_is_on_this_machine_nothing_is_read_ahead(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = started(desk)
    desk.note_draft(DRAFT, interview)
    assert desk._works.of(interview).reading_ahead is None


async def test_where_several_share_a_page_nobodys_words_are_graded_ahead(tmp_path: Path) -> None:
    ahead = Ahead()
    panel = replace(seat(*FOLLOW_UPS), ahead=ahead)
    desk = Desk(panel, Store(tmp_path), now=lambda: 100.0, pause=partial(asyncio.sleep, 0), whose=lambda: "somebody")
    interview = started(desk)
    desk.note_draft(DRAFT, interview)
    assert desk._works.of(interview).reading_ahead is None and ahead.read == []


@pytest.mark.parametrize("failure", [BROKEN, RuntimeError("a mistake of ours")])
async def test_a_grader_that_fails_to_read_ahead_costs_nothing_but_time(failure: Exception, tmp_path: Path) -> None:
    ahead = Ahead(failure)
    desk = make_desk(replace(seat(*FOLLOW_UPS), ahead=ahead), tmp_path)
    interview = started(desk)
    desk.note_draft(DRAFT, interview)
    await until_true(lambda: len(ahead.read) == 1)
    sent = desk.submit(ANSWER, interview, None)["interview"]
    assert (await everything(desk.grade(sent)))[-1]


@pytest.mark.parametrize("failure", [BROKEN, RuntimeError("a mistake of ours")])
async def test_reading_ahead_that_fails_costs_nothing_but_time(failure: Exception, tmp_path: Path) -> None:
    model = Listener(failure)
    desk = make_desk(listened_to(model), tmp_path)
    interview = started(desk)
    desk.note_draft("I", interview)
    await until_true(lambda: model.asked == 1)
    sent = desk.submit(ANSWER, interview, None)["interview"]
    assert (await everything(desk.speak(sent)))[-1]["interview"].turns[-1].speaker == "interviewer"


async def test_a_late_draft_event_of_an_answer_that_was_sent_is_no_draft(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = started(desk)
    desk.note_draft(ANSWER[:-5], interview)
    sent = desk.submit(ANSWER, interview, None)["interview"]
    assert Store(tmp_path).draft(interview.id) == ""
    desk.note_draft(ANSWER, sent)
    assert Store(tmp_path).draft(interview.id) == ""


async def test_pieces_stop_coming_at_once_when_stopped_and_the_request_is_closed() -> None:
    closed = asyncio.Event()

    async def endless() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            closed.set()

    stopped = asyncio.Event()
    got: list[int] = []

    async def read() -> None:
        async for piece in until(stopped, endless()):
            got.append(piece)

    reading = asyncio.create_task(read())
    await until_true(lambda: bool(got))
    stopped.set()
    await reading
    assert got == [1] and closed.is_set()


async def test_errors_pass_through_while_nothing_is_stopped() -> None:
    async def failing() -> AsyncIterator[int]:
        yield 1
        raise BROKEN

    with pytest.raises(ProviderUnreachable):
        [piece async for piece in until(asyncio.Event(), failing())]


async def test_the_newest_piece_is_there_while_the_next_is_waited_for() -> None:
    go_on, closed = asyncio.Event(), asyncio.Event()

    async def pieces() -> AsyncGenerator[int]:
        try:
            for number in range(10):
                if number == 7:
                    await go_on.wait()
                yield number
        finally:
            closed.set()

    coming = newest(pieces(), partial(asyncio.sleep, 0))
    got = [await anext(coming)]
    while got[-1] != 6:
        got.append(await anext(coming))
    go_on.set()
    got += [piece async for piece in coming]
    assert got[-1] == 9 and got == sorted(set(got)) and closed.is_set()


async def test_pieces_that_come_within_a_pause_are_let_go_by_except_the_last() -> None:
    async def pieces() -> AsyncGenerator[int]:
        for number in range(10):
            yield number
            await asyncio.sleep(0)

    got = [piece async for piece in newest(pieces(), asyncio.Event().wait)]
    assert got == [0, 9]


async def test_what_goes_wrong_comes_after_the_newest_piece() -> None:
    async def failing() -> AsyncGenerator[int]:
        yield 1
        raise BROKEN

    coming = newest(failing(), partial(asyncio.sleep, 0))
    assert await anext(coming) == 1
    with pytest.raises(ProviderUnreachable):
        await anext(coming)


async def test_who_reads_no_further_closes_what_the_pieces_come_from() -> None:
    closed = asyncio.Event()

    async def endless() -> AsyncGenerator[int]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            closed.set()

    coming = newest(endless(), partial(asyncio.sleep, 0))
    await anext(coming)
    await coming.aclose()
    assert closed.is_set()


async def test_no_handler_sends_a_criterion_before_the_first_grade(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    begun = desk.begin([QUESTION.id])
    sent = desk.submit(ANSWER, begun["interview"], None)
    spoken = await everything(desk.speak(sent["interview"]))
    changes = [
        begun,
        desk.note_draft("x", begun["interview"]),
        desk.resume({"id": begun["interview"].id}),
        sent,
        *spoken,
    ]
    shown = json.dumps([{k: v for k, v in change.items() if k != "interview"} for change in changes])
    assert not [text for text in CRITERIA if json.dumps(text)[1:-1] in shown]


# ── seeing it differently ────────────────────────────────────────────────────────────────────────────


def form(**given: str) -> str:
    words = {"act": "differ", "question": QUESTION.id, "kind": "key_point", "criterion": "learning"}
    return json.dumps({**words, "verdict": "covered", "words": "He left with a new drill", **given})


async def judged(desk: Desk) -> Interview:
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    await everything(desk.grade(interview))
    assert isinstance(interview, Interview)
    return interview


async def test_another_view_is_saved_at_once_and_taken_back_without_touching_the_grade(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = await judged(desk)
    before = Store(tmp_path).load(interview.id)
    kept = desk.differ(form(), interview, None)
    assert "Grader: <b>Missing</b> · you: <b>Covered</b>" in kept["side"] and kept["notice"] == ""
    assert "You see one verdict differently" in kept["side"] and "band 4 of 5" in kept["side"]
    saved = Store(tmp_path).load(interview.id)
    assert [one.verdict for one in saved.disputes] == ["covered"]
    assert saved.grades == before.grades and saved.turns == before.turns
    desk.differ(form(verdict="partial"), interview, None)
    assert [one.verdict for one in Store(tmp_path).load(interview.id).disputes] == ["partial"]
    undone = desk.differ(form(act="undo"), interview, None)
    assert "you: <b>" not in undone["side"] and Store(tmp_path).load(interview.id) == before


async def test_what_a_tab_does_next_never_loses_a_view_it_does_not_know(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = await judged(desk)
    speaking = desk.speak(interview)
    await anext(speaking)
    desk.differ(form(), interview, None)
    spoken = (await everything(speaking))[-1]["interview"]
    assert Store(tmp_path).load(interview.id).disputes
    restarted = make_desk(seat(*FOLLOW_UPS[1:]), tmp_path)
    stale = spoken.model_copy(update={"disputes": ()})
    second = restarted.submit(SECOND, stale, None)
    assert "you: <b>Covered</b>" not in second["side"]  # being graded again
    side = (await everything(restarted.grade(second["interview"])))[-1]["side"]
    assert "Grader on the first answer: <b>Missing</b> · you: <b>Covered</b>" in side
    assert [one.answers for one in Store(tmp_path).load(interview.id).disputes] == [1]


async def test_a_reload_shows_both_views_again(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = await judged(desk)
    desk.differ(form(), None, {"id": interview.id})
    for again in (desk, make_desk(seat(*FOLLOW_UPS), tmp_path)):
        assert "you: <b>Covered</b>" in again.resume({"id": interview.id})["side"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"words": "<b>I gave a voucher</b>"}, "“&lt;b&gt;I gave a voucher&lt;/b&gt;”. Copy them exactly."),
        ({"verdict": ""}, "Choose the verdict"),
        ({"kind": "red_flag", "criterion": "", "verdict": "present"}, "Choose the red flag"),
        ({"words": "\ud800"}, "not in the answer"),
    ],
)
async def test_a_refusal_stands_in_the_form_it_came_from(given: dict[str, str], says: str, tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = await judged(desk)
    refused = desk.differ(form(**given), interview, None)
    assert refused["side"].count('class="refused"') == 1 and says in refused["side"]
    assert not Store(tmp_path).load(interview.id).disputes


@pytest.mark.parametrize(
    "told", ["", "[]", "{", "x" * 300_000, form(kind="band"), form(kind="star", criterion="<i>"), form(question="nope")]
)
async def test_nonsense_sent_for_a_form_changes_nothing(told: str, tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = await judged(desk)
    before = Store(tmp_path).load(interview.id)
    change = desk.differ(told, interview, None)
    assert set(change) <= {"notice", "side"} and Store(tmp_path).load(interview.id) == before


async def test_a_view_that_cannot_be_saved_is_shown_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path / "file" / "interviews")
    interview = await judged(desk)
    kept = desk.differ(form(), interview, None)
    assert "you: <b>Covered</b>" in kept["side"] and "reloading this page may lose it" in kept["notice"]


async def test_a_view_of_an_earlier_rubric_leaves_the_one_that_fills_in_alone(tmp_path: Path) -> None:
    other = next(id for id in LIBRARY.questions if id != QUESTION.id)
    decider = Gated(VERDICTS)
    decider.gate.set()
    desk = make_desk(seat(decider=decider), tmp_path)
    interview = desk.begin([QUESTION.id, other])["interview"]
    interview = desk.submit(ANSWER, interview, None)["interview"]
    await everything(desk.grade(interview))
    interview = (await everything(desk.speak(interview)))[-1]["interview"].model_copy(update={"position": 1})
    interview = desk.submit(SECOND, interview, None)["interview"]
    decider.gate.clear()
    asked = len(decider.asked)
    grading = asyncio.create_task(everything(desk.grade(interview)))
    await until_true(lambda: len(decider.asked) >= asked + 4)
    side = desk.differ(form(), interview, None)["side"]
    assert "you: <b>Covered</b>" in side and "criteria judged" in side
    decider.gate.set()
    await grading


# ── the server ───────────────────────────────────────────────────────────────────────────────────────


def ask(address: str, path: str = "/", method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
    try:
        connection.request(method, path, headers=headers, body=b"{}" if method == "POST" else None)
        reply = connection.getresponse()
        return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read().decode("utf-8", "replace")
    finally:
        connection.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with served(seat(*FOLLOW_UPS), tmp_path_factory.mktemp("interviews")) as where:
        yield where


@pytest.mark.parametrize("path", ["/", "/config", "/theme.css"])
def test_nothing_served_before_grading_holds_a_criterion(path: str, address: str) -> None:
    status, _, body = ask(address, path)
    assert status == 200
    assert not [text for text in CRITERIA if text in body or json.dumps(text)[1:-1] in body]


def test_the_page_reports_nothing_and_asks_no_other_server(address: str) -> None:
    config = json.loads(ask(address, "/config")[2])
    assert not config["analytics_enabled"] and not config["run_history"] and config["footer_links"] == []
    policy = ask(address)[1]["content-security-policy"]
    assert "default-src 'self'" in policy and "connect-src 'self'" in policy and "http" not in policy


def test_no_handler_is_an_open_interface(address: str) -> None:
    config = json.loads(ask(address, "/config")[2])
    assert {dependency["api_visibility"] for dependency in config["dependencies"]} == {"private"}
    assert ask(address, "/gradio_api/info")[0] == 404
    assert ask(address, "/gradio_api/upload", "POST")[0] == 404
    assert ask(address, "/gradio_api/file=/etc/passwd")[0] == 404
    assert ask(address, "/docs")[0] == 404 and ask(address, "/openapi.json")[0] == 404


@pytest.mark.parametrize("name", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_another_sites_name_for_this_machine_is_refused(name: str, address: str) -> None:
    assert ask(address, Host=name)[0] == 421


@pytest.mark.parametrize("name", ["localhost:7860", "127.0.0.1", "LOCALHOST", "[::1]:7860"])
def test_this_machines_own_names_are_served(name: str, address: str) -> None:
    assert ask(address, Host=name)[0] == 200


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(SettingsError, match=rf"Port {port} on 127.0.0.1 is taken.*--port"),
            open_page(seat(), Store(tmp_path), host="127.0.0.1", port=port),
        ):
            pass


def test_an_address_that_is_not_this_machines_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*given: object, **named: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("interviewer.page.serving.socket.getaddrinfo", unknown)
    with (
        pytest.raises(SettingsError, match=r"elsewhere port 80 \(Name or service not known\): set INTERVIEWER_HOST"),
        open_page(seat(), Store(tmp_path), host="elsewhere", port=80),
    ):
        pass


def test_a_page_open_to_the_network_says_that_there_is_no_password(tmp_path: Path) -> None:
    with open_page(seat(), Store(tmp_path), host="0.0.0.0", port=free_port()) as page:
        assert "no password" in page.warnings[0]
        assert ask(page.address.replace("0.0.0.0", "127.0.0.1"), Host="my-computer.local")[0] == 200


# ── once more, back, help, simulation ────────────────────────────────────────────────────────────────


async def test_a_grade_that_takes_longer_than_the_simulation_is_shown_after_its_end(tmp_path: Path) -> None:
    decider = Gated(VERDICTS)
    desk = make_desk(seat(*FOLLOW_UPS, decider=decider), tmp_path)
    begun = desk.begin([QUESTION.id], mode="simulation")["interview"]
    interview = desk.submit(ANSWER, begun, None)["interview"]
    grading = asyncio.create_task(everything(desk.grade(interview)))
    await until_true(lambda: len(decider.asked) >= 4)
    ended = desk.finish(interview, None)
    assert "Not graded yet." in ended["side"] and "criteria judged" in ended["side"]
    decider.gate.set()
    assert "band 4 of 5" in (await grading)[-1]["side"]


async def test_a_grade_that_comes_while_a_simulation_is_being_ended_is_in_the_report_that_is_drawn_last(
    tmp_path: Path,
) -> None:
    decider = Gated(VERDICTS)
    desk = make_desk(seat(decider=decider), tmp_path)
    begun = desk.begin([QUESTION.id], mode="simulation")["interview"]
    answered = desk.submit(ANSWER, begun, None)["interview"]
    grading = asyncio.create_task(everything(desk.grade(answered)))
    await until_true(lambda: bool(decider.asked))
    ended = desk.finish(answered, None)
    decider.gate.set()
    await grading  # and the browser sees it before it sees `ended`
    assert "Band 4 of 5" not in ended["side"]
    [last] = await everything(desk.grade_played(ended["interview"]))
    assert "Band 4 of 5" in last["side"]


async def test_no_change_of_a_simulation_says_anything_of_the_grade(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    begun = desk.begin([QUESTION.id], mode="simulation")["interview"]
    sent = desk.submit(ANSWER, begun, None)
    graded = await everything(desk.grade(sent["interview"]))
    spoken = await everything(desk.speak(sent["interview"]))
    interview = spoken[-1]["interview"]
    seen = [desk.resume({"id": begun.id}), desk.again(QUESTION.id, interview, None), desk.hint(interview, None)]
    seen += [desk.take_back("", interview, None), desk.differ(form(), interview, None)]
    shown = {"side", "chat", "notice", "question", "hints"}
    html = json.dumps([str(change[name]) for change in (sent, *graded, *spoken, *seen) for name in shown & set(change)])
    assert not any(text in html for text in CRITERIA) and "band" not in html
    assert desk.finish(interview, None)["side"].count("band 4 of 5") == 1


async def test_an_answer_taken_back_takes_its_grade_along_and_the_next_is_graded_anew(tmp_path: Path) -> None:
    decider = ScriptedDecider(VERDICTS)
    desk = make_desk(seat(*FOLLOW_UPS, decider=decider), tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    await everything(desk.grade(interview))
    spoken = (await everything(desk.speak(interview)))[-1]["interview"]
    back = desk.take_back("more", spoken, None)
    assert (back["box"], back["interview"].grades) == (f"{ANSWER}\n\nmore", {})
    assert Store(tmp_path).load(interview.id).turns == back["interview"].turns
    asked = len(decider.asked)
    again = desk.submit(ANSWER.replace("drill", "kettle"), back["interview"], None)["interview"]
    assert (await everything(desk.grade(again)))[-1]["side"].count("kettle") >= 1
    assert len(decider.asked) > asked


async def test_an_attempt_keeps_its_grade_and_a_tab_that_fell_behind_is_told(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    await everything(desk.grade(interview))
    anew = desk.again(QUESTION.id, interview, None)["interview"]
    assert anew.attempts[0].grade.band == 4 and anew.grades == {}
    assert Store(tmp_path).load(anew.id).attempts == anew.attempts
    behind = desk.submit("From the other tab.", interview, None)
    assert "went on in another tab" in behind["notice"] and behind["interview"].attempts == anew.attempts
    assert "isn’t in this interview" in desk.again("nope", anew, None)["notice"]


async def test_no_hint_is_given_and_lost_while_the_interviewer_speaks(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    spoken = desk.speak(interview)
    await anext(spoken)
    early = desk.hint(interview, None)
    assert "still speaking" in early["notice"] and "interview" not in early
    interview = [change async for change in spoken][-1]["interview"]
    helped = desk.hint(interview, None)["interview"]
    assert Store(tmp_path).load(helped.id).hints == helped.hints != ()


async def test_a_hint_is_given_where_no_line_came(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    interview = desk.submit(ANSWER, started(desk), None)["interview"]
    desk.stop_waiting(interview)
    assert desk.hint(interview, None)["interview"].hints


async def test_hints_end_with_a_sentence(tmp_path: Path) -> None:
    desk = make_desk(seat(*FOLLOW_UPS), tmp_path)
    change = desk.hint(started(desk), None)
    while "interview" in change:
        assert escape(change["interview"].hints[-1].probe.text) in change["hints"]
        change = desk.hint(change["interview"], None)
    assert "no further hint" in change["notice"]
