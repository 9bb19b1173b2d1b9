"""A role-play held in a terminal: who says what, nothing judged before the end, then the temper and the rubric."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from tables import seat
from test_acting import BROKEN, POLITE, WORDED, talks
from test_role_plays import HOLLIS
from test_terminal_commands import go_on, printed, screen

from interviewer.errors import ContentError
from interviewer.panel import Panel
from interviewer.schema import Interview
from interviewer.store import Store
from interviewer.terminal import chat

WHOLE = "".join(f"{line}\n\n" for line in POLITE)


async def play(
    typed: str, folder: Path, *, panel: Panel | None = None, id: str = "no-receipt"
) -> tuple[Interview, str]:
    console = screen()
    interview = await chat(
        panel or seat(decider=talks()), Store(folder), (), role_play=id, console=console, stdin=io.StringIO(typed),
        now=lambda: 100.0,
    )  # fmt: skip
    return interview, printed(console)


async def test_the_persons_name_stands_before_their_lines_and_the_interviewers_before_the_scene(tmp_path: Path) -> None:
    interview, said = await play(WHOLE, tmp_path)
    assert interview.ended == "settled" and Store(tmp_path).load(interview.id) == interview
    assert f"Interviewer: Let's play this through. {' '.join(HOLLIS.scene.split())}" in said
    assert f"Mr Hollis: {HOLLIS.opens}" in said and f"Mr Hollis: {HOLLIS.endings['settled']}" in said
    assert f"Interviewer: {interview.turns[-1].text}" in said
    assert "Scripted: Mr Hollis reacts to cue words" in said and "What you say to Mr Hollis:" in said


async def test_nothing_is_judged_before_the_end_and_the_temper_comes_before_the_rubric(tmp_path: Path) -> None:
    _, begun = await play("".join(f"{line}\n\n" for line in POLITE[:2]) + "/why band\n/hint\n", tmp_path)
    talk = begun.partition("It is over")[0].partition("How the temper went")[0]
    assert "Band" not in talk and "No answer has been graded yet." in talk
    assert "There are no hints in a role-play." in talk
    _, said = await play(WHOLE, tmp_path)
    parts = [
        "It was settled: Mr Hollis had heard", f"1. After “{POLITE[0]}”: 2 → 1", "Settled:", "The rules it went by",
        "Upsets", "Shouting.", "What Mr Hollis did not know", "The rubric is the question's own", "Band 4 of 5",
    ]  # fmt: skip
    assert [said.find(part) for part in parts] == sorted(said.find(part) for part in parts)
    assert not [part for part in parts if part not in said]


async def test_the_built_in_grader_gives_a_talk_no_band_here_either(tmp_path: Path) -> None:
    interview, said = await play(WHOLE, tmp_path, panel=seat())
    (grade,) = interview.grades.values()
    assert grade.band is None and "so there is no band. A chat model can grade a talk." in said


async def test_one_that_is_ended_without_a_word_has_no_course_and_no_rubric(tmp_path: Path) -> None:
    interview, said = await play("/end\n", tmp_path)
    assert interview.ended == "stopped" and not interview.grades
    assert "How the temper went" not in said and "Band" not in said


async def test_it_is_gone_on_with_where_it_stopped_and_looked_at_again_once_it_is_over(tmp_path: Path) -> None:
    panel = seat(decider=talks())
    left, _ = await play(f"{POLITE[0]}\n\n/undo\n", tmp_path, panel=panel)
    assert not left.ended
    ended, said = await go_on(f"\n{POLITE[1]}\n\n{POLITE[2]}\n\n", tmp_path, panel=panel)
    assert (ended.id, ended.ended) == (left.id, "settled")
    assert "Role-play: Money back, and no receipt." in said and f"Mr Hollis: {HOLLIS.opens}" in said
    again, told = await go_on("", tmp_path, left.id, panel=panel)
    assert again == ended and f"You: {POLITE[2]}" in told
    assert "How the temper went" in told and "Band 4 of 5: strong" in told


async def test_tried_again_the_scene_is_set_anew(tmp_path: Path) -> None:
    interview, said = await play(f"{WHOLE}/again\nCalm down.\n\nYou should have kept it.\n\n", tmp_path)
    assert interview.ended == "left" and len(interview.attempts) == 1
    assert said.count(HOLLIS.opens) == 2 and "Mr Hollis left: the temper had reached the last level." in said
    assert "Compared with attempt 1" in said


async def test_a_model_words_the_lines_and_one_that_breaks_off_is_asked_again(tmp_path: Path) -> None:
    panel = replace(seat([BROKEN], WORDED), decider=talks())
    interview, said = await play(f"{POLITE[0]}\n\n\n/end\n", tmp_path, panel=panel)
    assert interview.ended == "stopped"
    assert "broke off" in said and said.count(f"Mr Hollis: {WORDED}") == 1


async def test_an_unknown_one_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="There is no role-play 'x'; there are: frightened-of-the-hoist"):
        await play("", tmp_path, id="x")
