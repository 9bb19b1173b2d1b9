"""The interview in a terminal: asked, answered, graded, saved; with colours or without, and Ctrl-C loses nothing."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from rich.console import Console
from scripted import ScriptedDecider
from shipped import QUESTION
from tables import ANSWER, FLAGGED, FOLLOW_UPS, SECOND, VERDICTS, seat

from interviewer.errors import ProviderUnreachable
from interviewer.panel import Panel
from interviewer.schema import Decision, Interview, State, TypedQuestion
from interviewer.store import Store
from interviewer.terminal import chat, clean

BROKEN = ProviderUnreachable("127.0.0.1 broke off: start the server again.")


def console(*, colours: bool = False) -> Console:
    return Console(
        file=io.StringIO(), width=100, highlight=False, markup=False, emoji=False, force_terminal=colours,
        color_system="standard" if colours else None, legacy_windows=False, _environ={},
    )  # fmt: skip


async def hold(
    panel: Panel, typed: str, folder: Path, *, colours: bool = False, stdin: io.StringIO | None = None
) -> tuple[Interview, str]:
    screen = console(colours=colours)
    interview = await chat(
        panel, Store(folder), [QUESTION.id], console=screen, stdin=stdin or io.StringIO(typed), now=lambda: 100.0
    )
    assert isinstance(screen.file, io.StringIO)
    return interview, screen.file.getvalue()


async def test_an_interview_is_asked_answered_followed_up_graded_and_saved(tmp_path: Path) -> None:
    first, rest = ANSWER.split(". ", 1)
    typed = f"{first}.\n{rest}\n\n{SECOND}\n\n/end\n"
    interview, screen = await hold(seat(*FOLLOW_UPS), typed, tmp_path)
    assert [turn.act for turn in interview.turns] == [
        "question", "answer", "follow_up", "answer", "follow_up", "closing",
    ]  # fmt: skip
    assert interview.turns[1].text == f"{first}.\n{rest}"
    assert interview.ended == "stopped"
    assert Store(tmp_path).load(interview.id) == interview
    assert FOLLOW_UPS[0] in screen and FOLLOW_UPS[1] in screen
    assert "Band 4 of 5: strong" in screen
    assert screen.count("of 18 answers with a red flag, this grader found 11") == screen.count("Red flags") > 0
    assert "Covered" in screen and "Missing" in screen and "Unsure" in screen and "level 2 of 3" in screen
    assert "Measured 2026-11-23" in screen


async def test_nothing_a_question_is_judged_by_is_printed_before_its_first_grade(tmp_path: Path) -> None:
    _, screen = await hold(seat(*FOLLOW_UPS), f"{ANSWER}\n\n", tmp_path)
    before, _, _ = screen.partition("Band 4")
    shown = [point.name for point in QUESTION.key_points] + [flag.name for flag in QUESTION.red_flags]
    assert not [name for name in shown if name in before]


async def test_evidence_is_marked_in_the_answer_by_number_and_with_colours_by_colour(tmp_path: Path) -> None:
    _, plain = await hold(seat(*FOLLOW_UPS, said=FLAGGED), f"{ANSWER}\n\n", tmp_path)
    assert "\x1b" not in plain
    flat = " ".join(plain.split())
    assert "without cutting in. [2,3,4]" in flat
    assert "⚑ Blaming the customer: Found [15]" in flat
    _, coloured = await hold(seat(*FOLLOW_UPS, said=FLAGGED), f"{ANSWER}\n\n", tmp_path, colours=True)
    assert "\x1b[30;43m" in coloured and "\x1b[37;41m" in coloured


async def test_what_wraps_stays_under_its_beginning(tmp_path: Path) -> None:
    _, screen = await hold(seat(*FOLLOW_UPS), f"{ANSWER}\n\n", tmp_path)
    _, _, points = screen.partition("Key points\n")
    rows = points.partition("\n\n")[0].splitlines()
    assert any(len(row) > 90 for row in rows)
    assert all(row.startswith("  ") for row in rows)


@pytest.mark.parametrize("typed", ["", "\n\n\n", "/end\n"])
async def test_saying_nothing_ends_the_interview_politely(typed: str, tmp_path: Path) -> None:
    interview, screen = await hold(seat(), typed, tmp_path)
    assert interview.ended == "stopped"
    assert "Thank you for your time" in screen


async def test_an_ungradable_answer_gets_its_named_state_and_no_band(tmp_path: Path) -> None:
    _, screen = await hold(seat(), "No idea.\n\n/end\n", tmp_path)
    assert "Too short to grade" in screen
    assert "Band" not in screen and "Key points" not in screen


async def test_the_reading_of_the_answer_chooses_the_probe(tmp_path: Path) -> None:
    reader = ScriptedDecider({f"motivation.{motivation.id}": "3" for motivation in QUESTION.motivations})
    interview, _ = await hold(seat(reader=reader), f"{ANSWER}\n\n", tmp_path)
    probe = interview.turns[2].probe
    assert probe and probe.kind == "key_point"  # every motivation is there already


async def test_a_model_that_breaks_off_costs_one_sentence_and_is_tried_again(tmp_path: Path) -> None:
    panel = seat(["You looked ", "the sale ", BROKEN], FOLLOW_UPS[0])
    interview, screen = await hold(panel, f"{ANSWER}\n\n\n/end\n", tmp_path)
    assert "127.0.0.1 broke off: start the server again." in screen
    assert "Your answer is kept." in screen
    assert [turn.act for turn in interview.turns] == ["question", "answer", "follow_up", "closing"]
    assert interview.turns[2].text == FOLLOW_UPS[0]


async def test_a_line_that_breaks_a_rule_is_followed_by_what_stands_instead(tmp_path: Path) -> None:
    interview, screen = await hold(seat("Great answer! What next?"), f"{ANSWER}\n\n", tmp_path)
    assert interview.turns[2].said_by == "document"
    assert interview.turns[2].text in " ".join(screen.split())


async def test_a_grader_that_fails_is_said_and_the_interview_goes_on(tmp_path: Path) -> None:
    panel = seat(*FOLLOW_UPS, decider=ScriptedDecider({**VERDICTS, "key_point.calm": BROKEN}))
    interview, screen = await hold(panel, f"{ANSWER}\n\n{SECOND}\n\n", tmp_path)
    assert screen.count("127.0.0.1 broke off") == 2
    assert sum(turn.act == "answer" for turn in interview.turns) == 2


class Interrupting(io.StringIO):
    """Types one line; then Ctrl-C is pressed."""

    def readline(self, size: int | None = -1) -> str:  # type: ignore[override]
        line = super().readline()
        if not line:
            os.kill(os.getpid(), signal.SIGINT)
        return line


async def test_ctrl_c_while_typing_keeps_what_was_said_and_what_was_half_typed(tmp_path: Path) -> None:
    interview, screen = await hold(
        seat(*FOLLOW_UPS), "", tmp_path, stdin=Interrupting(f"{ANSWER}\n\nhalf a second ans\n")
    )
    store = Store(tmp_path)
    assert store.load(interview.id).turns[1].text == ANSWER
    assert store.draft(interview.id) == "half a second ans\n"
    assert f"Kept as interview {interview.id}" in screen


class CancelledDecider(ScriptedDecider):
    """Ctrl-C is pressed while it decides: an event loop turns that into a cancelled task."""

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)
        async for decision in super().decide(state, questions):
            yield decision


async def test_ctrl_c_while_grading_stops_the_grading_and_not_the_interview(tmp_path: Path) -> None:
    interview, screen = await hold(seat(*FOLLOW_UPS, decider=CancelledDecider()), f"{ANSWER}\n\n", tmp_path)
    assert "Grading stopped." in screen
    assert interview.ended == "stopped" and interview.grades == {}


async def test_a_full_disk_is_said_and_the_interview_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    interview, screen = await hold(seat(*FOLLOW_UPS), f"{ANSWER}\n\n", tmp_path / "file" / "x")
    assert "set INTERVIEWER_DATA" in screen
    assert interview.grades[QUESTION.id].band == 4


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", "�]0;title�"),
        ("a\x1b[2Jb", "a�[2Jb"),
        ("\u202eevil", "�evil"),
        ("one\r\ntwo\tthree", "one\ntwo\tthree"),
        ("naïve café 日本語 🙂 \u00a0x", "naïve café 日本語 🙂 \u00a0x"),
        ("[red]not markup[/red] :smile:", "[red]not markup[/red] :smile:"),
    ],
)
def test_nobodys_words_steer_the_terminal(text: str, shown: str) -> None:
    assert clean(text) == shown


async def test_an_answer_full_of_escapes_and_markup_is_printed_as_text(tmp_path: Path) -> None:
    nasty = "I stayed calm \x1b[31m and [bold]listened[/bold] to the customer before I replied :smile: to him."
    interview, screen = await hold(seat(*FOLLOW_UPS), f"{nasty}\n\n", tmp_path)
    assert interview.turns[1].text == nasty
    assert "\x1b" not in screen
    assert "[bold]listened[/bold]" in screen and ":smile:" in screen
