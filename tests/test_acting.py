"""A role-play as a conversation: the script to each end, a model that only words lines, the grade of the whole talk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import ScriptedDecider, scripted_llm
from shipped import LIBRARY, PROMPTS
from tables import VERDICTS, seat
from test_role_plays import HOLLIS, KIND, LINES

from interviewer import acting
from interviewer.attempts import attempts_at
from interviewer.errors import ContentError, InterviewerError, ProviderUnreachable
from interviewer.in_role import broken_rule, tidy
from interviewer.interview import Interviewer, answer, answers_to, hint, try_again, undo
from interviewer.page.desk import Change, Desk
from interviewer.page.regrading import graded_answers, regrade
from interviewer.page.stage import show_course, show_plays
from interviewer.panel import Panel
from interviewer.roleplay import LEAVES
from interviewer.schema import Interview, Library, SecondOpinion, Turn
from interviewer.store import Store

BROKEN = ProviderUnreachable("127.0.0.1 broke off: start the server again.")
POLITE = KIND["no-receipt"]
WORDED = "So explain it to me then: what do you need that slip of paper for?"


def talks() -> ScriptedDecider:
    """A grader that can judge a talk."""
    decider = ScriptedDecider(VERDICTS)
    decider.name = "chat"
    return decider


def begun(panel: Panel | None = None, play: str = "no-receipt") -> Interview:
    return (panel or seat()).begin_role_play(play, id="i", now=0.0)


async def played(panel: Panel, interview: Interview, *lines: str) -> Interview:
    for line in lines:
        interview = answer(interview, line)
        async for piece in panel.speak(interview, None, 0.0):
            if isinstance(piece, Interview):
                interview = piece
    return interview


def person(interview: Interview) -> Turn:
    """The last line of theirs."""
    return [turn for turn in interview.turns if turn.act == "follow_up"][-1]


# ── the talk ─────────────────────────────────────────────────────────────────────────────────────────


def test_it_opens_with_the_scene_and_the_persons_first_line() -> None:
    interview = begun()
    scene, line = interview.turns
    assert (interview.mode, [one.id for one in interview.questions]) == ("role_play", ["difficult-customers"])
    assert HOLLIS.scene in scene.text and scene.text.endswith(
        "You are talking to Mr Hollis, a customer at the service desk."
    )
    assert (line.text, line.act, line.said_by) == (HOLLIS.opens, "follow_up", "document")


def test_an_unknown_role_play_names_those_there_are() -> None:
    with pytest.raises(ContentError, match=r"no role-play 'x'; there are: frightened-of-the-hoist, no-receipt"):
        begun(play="x")


@pytest.mark.parametrize(
    ("lines", "ending", "last"),
    [
        (POLITE, "settled", "it is settled"),
        (["Calm down.", "You should have kept it."], "left", "Mr Hollis has had enough"),
        (["Hm."] * HOLLIS.turns, "turns", "it went on for too long"),
    ],
)
async def test_without_a_model_the_script_leads_to_each_ending(lines: list[str], ending: str, last: str) -> None:
    panel = seat()
    interview = await played(panel, begun(panel), *lines)
    assert interview.ended == ending
    assert person(interview).text == HOLLIS.endings[ending]  # type: ignore[index]
    assert interview.turns[-1].act == "closing" and last in interview.turns[-1].text
    assert {turn.said_by for turn in interview.turns if turn.speaker == "interviewer"} == {"document"}


async def test_the_script_answers_the_topic_that_is_open_at_the_temper_there_is() -> None:
    panel = seat()
    interview = await played(panel, begun(panel), "Please calm down.")
    assert person(interview).text == HOLLIS.topics[0].heated[0]
    interview = await played(panel, interview, "I'm sorry. What happened?")
    assert person(interview).text == HOLLIS.topics[1].tense[0]


@settings(deadline=None, max_examples=30)
@given(LINES)
def test_the_state_follows_from_the_turns_alone(lines: list[str]) -> None:
    interview = begun()
    for line in lines:
        if acting.over(interview):
            break
        interview = answer(interview, line)
    again = Interview.model_validate_json(interview.model_dump_json())
    assert acting.roleplay_step(again) == acting.roleplay_step(interview)
    assert acting.moves(again) == acting.moves(interview)


async def test_what_was_asked_is_the_persons_words_the_first_time_with_the_scene() -> None:
    panel = seat()
    interview = await played(panel, begun(panel), *POLITE)
    asked, answers = answers_to(interview, "difficult-customers")
    assert answers == tuple(POLITE)
    assert asked[0] == f"{interview.turns[0].text} (as Mr Hollis) {HOLLIS.opens}"
    assert asked[1] == f"(as Mr Hollis) {HOLLIS.topics[1].calm[0]}"


async def test_tried_again_it_starts_over_as_another_attempt() -> None:
    panel = seat()
    ended = await played(panel, begun(panel), *POLITE)
    again = try_again(ended, "difficult-customers", prompts=PROMPTS)
    assert [turn.text for turn in again.turns] == [turn.text for turn in begun(panel).turns]
    assert (again.mode, again.ended, acting.roleplay_step(again).turns) == ("role_play", "", 0)
    assert [len(attempt.turns) for attempt in attempts_at(again, "difficult-customers")] == [len(ended.turns)]


async def test_a_line_taken_back_takes_back_what_it_did() -> None:
    panel = seat()
    one = await played(panel, begun(panel), POLITE[0])
    left = await played(panel, one, "idiot", "idiot")
    assert left.ended == "left"
    back, words = undo(left)
    assert (words, back.ended, acting.roleplay_step(back).temper) == ("idiot", "", 3)
    assert undo(back)[0].turns == one.turns
    assert hint(one, None) is None


# ── a model that words the lines ─────────────────────────────────────────────────────────────────────


async def test_a_model_words_the_line_and_the_rules_decide_all_else() -> None:
    panel = seat(WORDED, WORDED)
    interview = await played(panel, begun(panel), POLITE[0])
    assert (person(interview).text, person(interview).said_by) == (WORDED, "scripted")
    assert acting.roleplay_step(interview).temper == 1
    ended = await played(panel, interview, "idiot", "idiot")
    assert person(ended).text == HOLLIS.endings["left"]  # how it ends is written


async def test_what_the_model_is_sent_is_the_state_in_words_and_never_what_the_person_does_not_know() -> None:
    llm, endpoint = scripted_llm(WORDED, "And what could I have then? What is there?")
    panel = replace(seat(), interviewer=Interviewer(PROMPTS, llm))
    await played(panel, begun(panel), *POLITE[:2])
    first, second = (body["messages"] for body in endpoint.bodies)
    assert first[0] == second[0] and first[1]["content"] == HOLLIS.opens
    assert HOLLIS.levels[1].manner in first[-1]["content"] and HOLLIS.topics[1].description in first[-1]["content"]
    assert second[-1]["content"].startswith(f"<<<candidate\n{POLITE[1]}\ncandidate>>>")
    sent = str(endpoint.bodies)
    assert HOLLIS.unknown not in sent and "store credit of the same value" not in sent


async def test_the_embedded_model_is_not_asked_the_script_is_better_and_at_once() -> None:
    llm, endpoint = scripted_llm(WORDED, local=True)
    panel = replace(seat(), interviewer=Interviewer(PROMPTS, llm, "root ::= x"))
    interview = await played(panel, begun(panel), POLITE[0])
    assert (person(interview).text, endpoint.bodies) == (HOLLIS.topics[1].calm[0], [])


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("", "is empty"),
        ("word " * 61, "is longer than 60 words"),
        ("How can I help you today?", "speaks as the employee"),
        ("I completely understand your frustration. What do you need?", "speaks as the employee"),
        ("Our policy is clear. What do you want the slip for?", "speaks as the employee"),
        ("You handled that well. What do you need the slip for?", "praises or coaches"),
        ("Next time you could say sorry first, couldn't you?", "praises or coaches"),
        ("Fine, I'll take the store credit. What is it for?", "gives in too early"),
        ("As an AI, what do you need the slip for?", "steps out of the role"),
        ("*sighs* What do you need the slip for?", "holds a stage direction"),
        ("What do you need it for?\nCashier: The rules.", "speaks for others too"),
        ("Cashier: What do you need it for?", "speaks for others too"),
        (HOLLIS.opens, "repeats itself"),
        ("What do you need the slip for and", "breaks off"),
        ("I want an answer now.", "doesn't ask what it should"),
        ("Warum brauchen Sie dafür denn unbedingt diesen Zettel hier?", "leaves the document's language"),
    ],
)
async def test_a_line_that_breaks_a_rule_is_replaced_by_the_scripts_and_says_so(line: str, rule: str) -> None:
    panel = seat(line)
    said = person(await played(panel, begun(panel), POLITE[0]))
    assert (said.text, said.said_by, said.replaced) == (HOLLIS.topics[1].calm[0], "document", rule)


def test_a_name_and_quotation_marks_around_a_line_are_no_part_of_it() -> None:
    assert tidy(' Mr Hollis: "And why not?" ', "Mr Hollis") == "And why not?"
    assert tidy('He said "no".', "Mr Hollis") == 'He said "no".'
    assert broken_rule("", heard="", earlier=[], finished=False) == ""


def test_a_person_who_parrots_the_candidate_is_replaced() -> None:
    heard = "The slip tells us on which day it was bought, and where."
    assert broken_rule(f"So {heard.lower()}", heard=heard, earlier=[]) == "repeats what was said to it"
    assert broken_rule("So on which day it was bought matters?", heard=heard, earlier=[]) == ""


@settings(deadline=None)
@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_any_line_is_checked(line: str, heard: str, earlier: list[str]) -> None:
    early = broken_rule(tidy(line, "Mr Hollis"), heard=heard, earlier=earlier, finished=False)
    late = broken_rule(tidy(line, "Mr Hollis"), heard=heard, earlier=earlier)
    assert late or not early


@pytest.mark.parametrize("play", sorted(LIBRARY.role_plays))
def test_every_line_of_a_script_would_pass_as_a_models(play: str) -> None:
    role_play = LIBRARY.role_plays[play]
    lines = [line for topic in role_play.topics for line in (*topic.calm, *topic.tense, *topic.heated)]
    assert [(line, broken_rule(line, heard="", earlier=[])) for line in lines] == [(line, "") for line in lines]


# ── at the desk ──────────────────────────────────────────────────────────────────────────────────────


def make_desk(panel: Panel, folder: Path) -> Desk:
    return Desk(panel, Store(folder), now=lambda: 100.0, pause=partial(asyncio.sleep, 0))


async def everything(changes: AsyncIterator[Change]) -> list[Change]:
    return [change async for change in changes]


async def say(desk: Desk, interview: Any, line: str) -> Change:
    """Sent, answered, graded beside; the page at the end of it."""
    page = Change(desk.submit(line, interview, None))
    for change in [*await everything(desk.speak(page["interview"])), *await everything(desk.grade(page["interview"]))]:
        page.update(change)
    return page


async def test_nothing_is_graded_before_the_end_and_then_the_whole_talk(tmp_path: Path) -> None:
    decider = talks()
    desk = make_desk(seat(decider=decider), tmp_path)
    page = desk.begin_role_play("no-receipt")
    for line in POLITE[:2]:
        page = await say(desk, page["interview"], line)
        assert decider.states == [] and "When the role-play is over" in page["side"]
        assert "How the temper went" not in page["side"]
        assert "Say what you would say to Mr Hollis." in page["placeholder"]
    page = await say(desk, page["interview"], POLITE[2])
    (state,) = decider.states
    assert [sentence.answer for sentence in state.sentences] == [0, 0, 1, 2]
    assert f"Interviewer: (as Mr Hollis) {HOLLIS.topics[1].calm[0]}\n<<<candidate\n" in state.text
    assert page["ended"] and "Your rubric is ready: band 4 of 5" in page["side"]
    assert "because you said that you were sorry for the trouble" in page["side"]
    stored = Store(tmp_path).load(page["interview"].id)
    assert stored.ended == "settled" and "difficult-customers" in stored.grades


async def test_what_the_built_in_grader_does_not_find_in_a_talk_is_not_called_missing(tmp_path: Path) -> None:
    desk = make_desk(seat(), tmp_path)
    page = desk.begin_role_play("no-receipt")
    for line in POLITE:
        page = await say(desk, page["interview"], line)
    assert "made for answers that tell a story" in page["side"] and "band 4" not in page["side"]
    grade = Store(tmp_path).load(page["interview"].id).grades["difficult-customers"]
    verdicts = {id: point.verdict for id, point in grade.key_points.items()}
    assert (verdicts["calm"], verdicts["learning"]) == ("covered", "unsure") and "missing" not in verdicts.values()
    assert (grade.status, grade.band, grade.coverage, grade.advice) == ("partly_graded", None, None, ())
    assert not page["regrade"] and set(grade.star.values()) == {None}
    other = SecondOpinion(decider="builtin", model="m")
    chat = grade.model_copy(update={"decider": "chat", "band": 4, "second_opinion": other})
    assert acting.as_played(chat) == chat.model_copy(update={"second_opinion": None})


async def test_graded_again_a_talk_gets_no_band_from_the_built_in_grader_either(tmp_path: Path) -> None:
    desk = make_desk(seat(decider=talks()), tmp_path)
    page = desk.begin_role_play("no-receipt")
    for line in POLITE:
        page = await say(desk, page["interview"], line)
    assert "Say it better" not in page["side"]
    stored = Store(tmp_path).load(page["interview"].id)
    assert stored.grades["difficult-customers"].band == 4
    (again,) = [one async for one in regrade(desk.panel, ScriptedDecider(VERDICTS), graded_answers([stored]))]
    assert (again.after.band, again.after.status) == (None, "partly_graded")


async def test_a_draft_is_kept_and_read_by_nobody(tmp_path: Path) -> None:
    reader = ScriptedDecider(VERDICTS)
    desk = make_desk(seat(reader=reader), tmp_path)
    interview = desk.begin_role_play("no-receipt")["interview"]
    desk.note_draft("I am sorry", interview)
    assert Store(tmp_path).draft(interview.id) == "I am sorry" and reader.states == []


async def test_whoever_ends_it_early_reads_what_was_and_gets_a_rubric(tmp_path: Path) -> None:
    desk = make_desk(seat(), tmp_path)
    page = await say(desk, desk.begin_role_play("no-receipt")["interview"], POLITE[0])
    ended = desk.finish(page["interview"], None)
    assert "stop the role-play here" in ended["chat"][-1]["content"]
    assert "You ended it, with something still open." in ended["side"]
    assert "Still open: Why no money, Something to go home with." in ended["side"]
    graded = await everything(desk.grade_played(ended["interview"]))
    assert "Your rubric is ready" in graded[-1]["side"]
    assert not await everything(desk.grade_played(desk.begin(["difficult-customers"])["interview"]))


async def test_ended_before_a_word_nothing_is_graded(tmp_path: Path) -> None:
    desk = make_desk(seat(), tmp_path)
    ended = desk.finish(desk.begin_role_play("no-receipt")["interview"], None)
    assert "How the temper went" not in ended["side"]
    assert not await everything(desk.grade_played(ended["interview"]))


@pytest.mark.parametrize("broken", [[BROKEN], ["So explain ", BROKEN]])
async def test_a_model_that_fails_keeps_the_line_and_can_be_asked_again(
    broken: list[str | InterviewerError], tmp_path: Path
) -> None:
    desk = make_desk(seat(broken, WORDED), tmp_path)
    page = await say(desk, desk.begin_role_play("no-receipt")["interview"], POLITE[0])
    assert page["retry"] and not page["busy"] and "broke off" in page["notice"]
    assert page["chat"][-1]["content"] == "I&#x27;m sorry about the wait. What happened?"
    again = (await everything(desk.speak(page["interview"])))[-1]
    assert again["interview"].turns[-1].text == WORDED and not again["retry"]


async def test_a_reload_goes_on_where_it_was(tmp_path: Path) -> None:
    page = await say(make_desk(seat(), tmp_path), begun_at(tmp_path), POLITE[0])
    back = make_desk(seat(), tmp_path).resume({"id": page["interview"].id, "draft": "And"})
    assert back["interview"] == page["interview"] and back["box"] == "And"
    assert "You are talking to <b>Mr Hollis</b>, a customer at the service desk" in back["question"]
    assert "Put out." in back["question"] and "Scripted: Mr Hollis reacts to cue words" in back["question"]


def begun_at(folder: Path) -> Interview:
    interview = make_desk(seat(), folder).begin_role_play("no-receipt")["interview"]
    assert isinstance(interview, Interview)
    return interview


async def test_an_unknown_role_play_is_a_notice(tmp_path: Path) -> None:
    assert "There is no role-play" in make_desk(seat(), tmp_path).begin_role_play("")["notice"]


# ── what is shown ────────────────────────────────────────────────────────────────────────────────────


async def test_the_course_says_after_which_words_the_temper_moved_and_why() -> None:
    panel = seat()
    interview = await played(panel, begun(panel), "Hello.", "Please calm down.", *POLITE)
    html = show_course(interview)
    assert "After “Hello.”: Annoyed, as before." in html
    assert "After “Please calm down.”: 2 → 3 (Annoyed → Angry), because you told him how to behave." in html
    assert "you were sorry for the trouble; you asked him about it before you answered. Settled: Being heard." in html
    assert html.count("V") >= 6 and 'aria-hidden="true"' in html
    assert show_course(begun()) == ""


async def test_nobodys_words_become_html() -> None:
    evil = "<img src=x onerror=alert(1)>${x}{{x}}"
    play = HOLLIS.model_copy(
        update={
            "person": evil, "title": evil, "who": evil, "scene": evil, "opens": evil, "unknown": evil,
            "levels": tuple(level.model_copy(update={"name": evil, "manner": evil}) for level in HOLLIS.levels),
            "rules": tuple(
                rule.model_copy(update={"name": evil, "description": evil, "because": evil}) for rule in HOLLIS.rules
            ),
            "topics": tuple(topic.model_copy(update={"name": evil}) for topic in HOLLIS.topics),
        }
    )  # fmt: skip
    library = LIBRARY.model_copy(update={"role_plays": {play.id: play}})
    panel = replace(seat(), library=library)
    desk = Desk(panel, Store(Path("nowhere")), now=lambda: 0.0)
    interview = await played(panel, begun(panel), evil, *POLITE)
    page = desk._room(interview)
    shown = show_plays(library) + show_course(interview) + page["question"] + page["side"] + str(page["chat"])
    assert "<img" not in shown and "${" not in shown and "{{" not in shown
    assert "&lt;img" in shown


def test_a_library_without_role_plays_says_so() -> None:
    assert "No role-plays yet" in show_plays(Library(questions={}, examples={}, guides={}))


def test_the_last_level_is_the_one_they_leave_at() -> None:
    assert all(len(play.levels) == LEAVES + 1 for play in LIBRARY.role_plays.values())
