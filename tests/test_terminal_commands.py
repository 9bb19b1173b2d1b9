"""Commands while an interview is held in a terminal: each does its work, or says in one sentence why not here."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from scripted import Said, ScriptedDecider
from shipped import LIBRARY, QUESTION
from tables import ANSWER, FLAGGED, FOLLOW_UPS, SECOND, VERDICTS, seat
from test_terminal import CancelledDecider

from interviewer.errors import ProviderUnreachable, StoreError
from interviewer.panel import Panel
from interviewer.schema import Decision, Interview, Mode, State, TypedQuestion
from interviewer.store import Store
from interviewer.terminal import chat, resume
from interviewer.terminal.orders import HELP, Order, find_criteria, read_order

OTHER = next(id for id in sorted(LIBRARY.questions) if id != QUESTION.id)
EMPATHY = next(point for point in QUESTION.key_points if point.id == "empathy")
BROKEN = ProviderUnreachable("127.0.0.1 broke off: start the server again.")


class Grading(ScriptedDecider):
    """Decides as told for each grading in turn, the last for all that follow."""

    def __init__(self, *said: Said, **more: Any) -> None:
        super().__init__(said[0], **more)
        self.turns: Iterator[Said] = iter(said)

    async def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        self.said = dict(next(self.turns, self.said))
        async for decision in super().decide(state, questions):
            yield decision


def screen() -> Console:
    return Console(
        file=io.StringIO(), width=100, highlight=False, markup=False, emoji=False, legacy_windows=False, _environ={}
    )


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


async def hold(
    typed: str,
    folder: Path,
    *,
    panel: Panel | None = None,
    questions: Sequence[str] = (QUESTION.id,),
    mode: Mode = "practice",
    clock: Sequence[float] = (100.0,),
) -> tuple[Interview, str]:
    console, times = screen(), iter(clock)
    last = clock[-1]
    interview = await chat(
        panel or seat(), Store(folder), questions, mode=mode, console=console, stdin=io.StringIO(typed),
        now=lambda: next(times, last),
    )  # fmt: skip
    return interview, printed(console)


async def go_on(
    typed: str, folder: Path, id: str = "", *, panel: Panel | None = None, now: float = 200.0
) -> tuple[Interview, str]:
    console = screen()
    interview = await resume(
        panel or seat(), Store(folder), id, console=console, stdin=io.StringIO(typed), now=lambda: now
    )
    return interview, printed(console)


# ── what is a command ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("/end", Order("end", "")),
        ("/again  2 ", Order("again", "2")),
        ("/why De-escalation techniques", Order("why", "De-escalation techniques")),
        ("/hlep", Order("unknown", "/hlep")),
        ("/end of the week we counted", None),
        ("/again and again I told him", None),
        (" /end", None),
        ("/etc/hosts was wrong", None),
        ("I typed /help and waited", None),
        ("/", None),
    ],
)
def test_a_line_with_only_a_command_is_one_and_no_other(line: str, order: Order | None) -> None:
    assert read_order(line) == order


@given(st.text(st.characters(exclude_characters="\r\n")))
def test_a_line_that_begins_with_a_space_or_a_word_is_always_part_of_the_answer(words: str) -> None:
    assert read_order(f" {words}") is None and read_order(f"I {words}") is None


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("empathy", ["empathy"]),
        (EMPATHY.name.upper(), ["empathy"]),
        ("result", ["result"]),
        ("problem", ["problem_solving", "problem_solving"]),
        ("99", []),
        ("nothing like it", []),
    ],
)
def test_a_criterion_is_found_by_its_id_or_part_of_its_name(wanted: str, ids: list[str]) -> None:
    assert [one.id for one in find_criteria(wanted, QUESTION, ())] == ids


async def test_help_lists_every_command_and_a_mistyped_one_is_named(tmp_path: Path) -> None:
    interview, said = await hold("/help\n/hlep\n/end\n", tmp_path)
    for command in ("/hint", "/undo", "/clear", "/again [NUMBER]", "/why NUMBER or NAME", "/differ", "/end"):
        assert command in said
    assert "There is no command /hlep;" in said
    assert [turn.act for turn in interview.turns] == ["question", "closing"]


async def test_a_command_in_the_middle_of_an_answer_is_no_part_of_it(tmp_path: Path) -> None:
    first, rest = ANSWER.split(". ", 1)
    interview, said = await hold(f"{first}.\n/help\n /end was what he said\n{rest}\n\n", tmp_path)
    assert interview.turns[1].text == f"{first}.\n /end was what he said\n{rest}"
    assert "Your answer goes on:" in said


# ── hints, taking back, clearing ─────────────────────────────────────────────────────────────────────


async def test_a_hint_is_a_documented_probe_after_what_the_draft_leaves_open_and_is_counted(tmp_path: Path) -> None:
    reader = ScriptedDecider({f"motivation.{motivation.id}": "3" for motivation in QUESTION.motivations})
    interview, said = await hold(f"{ANSWER}\n/hint\n\n/end\n", tmp_path, panel=seat(reader=reader))
    (hint,) = interview.hints
    assert hint.probe.kind == "key_point" and hint.probe.text in {point.probe for point in QUESTION.key_points}
    assert f"Hint 1 on this question: {hint.probe.text}" in said
    assert interview.turns[1].text == ANSWER


async def test_hints_run_out(tmp_path: Path) -> None:
    _, said = await hold("/hint\n" * 40, tmp_path)
    assert "There is no further hint for this question." in said


async def test_an_answer_taken_back_is_shown_and_can_be_sent_changed(tmp_path: Path) -> None:
    typed = f"{ANSWER}\n\nhalf a line\n/undo\nAnd more.\n\n/end\n"
    interview, said = await hold(typed, tmp_path)
    assert "Your last answer is taken back." in said and f"{ANSWER} half a line" in said
    answers = [turn.text for turn in interview.turns if turn.act == "answer"]
    assert answers == [f"{ANSWER}\n\nhalf a line\nAnd more."]


async def test_what_is_typed_can_be_dropped(tmp_path: Path) -> None:
    interview, said = await hold(f"Oh no.\n/clear\n{ANSWER}\n\n/end\n", tmp_path)
    assert "Dropped" in said and interview.turns[1].text == ANSWER
    assert Store(tmp_path).draft(interview.id) == ""


async def test_an_answer_taken_back_and_left_alone_is_a_draft_and_no_answer(tmp_path: Path) -> None:
    interview, said = await hold(f"{ANSWER}\n\n/undo\n", tmp_path)
    assert not interview.ended and [turn.act for turn in interview.turns] == ["question"]
    assert Store(tmp_path).draft(interview.id) == ANSWER
    assert f"To go on: interviewer chat --resume {interview.id}" in said.replace("-- ", "")


async def test_an_unsent_answer_keeps_the_interview_from_ending(tmp_path: Path) -> None:
    interview, said = await hold(f"{ANSWER}\n/end\n\n/end\n", tmp_path)
    assert "Your answer isn’t sent yet" in said
    assert interview.turns[1].text == ANSWER and interview.ended == "stopped"


async def test_with_nothing_to_take_back_or_try_again_that_is_said(tmp_path: Path) -> None:
    _, said = await hold("/undo\n/again\n/again 1\n/again 7\n/why 1\n/differ 1\n", tmp_path)
    assert "There is no answer to take back yet." in said
    assert "There is no answer yet, so nothing to try again." in said
    assert "Question 1 has no answer yet, so there is nothing to try again." in said
    assert "There is no question 7; this interview has 1." in said
    assert said.count("No answer has been graded yet.") == 2


# ── trying again ─────────────────────────────────────────────────────────────────────────────────────

WORSE: Said = {**VERDICTS, "key_point.empathy": "missing", "motivation.problem_solving": ("0", 0.9)}


def judging(*said: Said) -> Panel:
    return seat(*FOLLOW_UPS * 2, decider=Grading(*said, calibration=seat().decider.calibration))


async def test_after_a_retry_the_difference_is_told_and_the_best_attempt_named(tmp_path: Path) -> None:
    interview, said = await hold(f"{ANSWER}\n\n/again\n{ANSWER}\n\n/end\n", tmp_path, panel=judging(WORSE, VERDICTS))
    assert len(interview.attempts) == 1 and "Attempt 2. What you said before is kept." in said
    told = said.partition("Compared with attempt 1")[2]
    assert "Band 4, up from 3." in told
    assert f"▲ better {EMPATHY.name}: Missing → Covered" in told
    assert "▼ worse" not in told
    assert "Best so far: attempt 2 of 2, band 4 after 1 answer." in told
    assert "2 attempts: the best is attempt 2, band 4." in told


async def test_a_retry_that_got_worse_says_so_and_the_earlier_one_stays_the_best(tmp_path: Path) -> None:
    typed = f"{ANSWER}\n\n{SECOND}\n\n/again\n{ANSWER}\n\n/end\n"
    _, said = await hold(typed, tmp_path, panel=judging(VERDICTS, VERDICTS, WORSE))
    told = said.partition("Compared with attempt 1")[2]
    assert "Band 3, down from 4." in told and f"▼ worse {EMPATHY.name}: Covered → Missing" in told
    assert "That one was judged on 2 answers, this one on 1 so far." in told
    assert "Best so far: attempt 1 of 2, band 4 after 2 answers." in told


async def test_a_difference_says_what_nobody_knows(tmp_path: Path) -> None:
    unsure: Said = {**VERDICTS, "key_point.empathy": ("missing", 0.52)}
    _, said = await hold(f"{ANSWER}\n\n/again\n{ANSWER}\n\n/end\n", tmp_path, panel=judging(VERDICTS, unsure))
    told = said.partition("Compared with attempt 1")[2]
    assert "No verdict changed." in told and "unsure in one of the two, so nobody knows whether" in told


async def test_another_grader_in_between_is_named_as_a_possible_cause(tmp_path: Path) -> None:
    interview, _ = await hold(f"{ANSWER}\n\n/again\n{SECOND}\n\n/undo\n", tmp_path, panel=judging(WORSE))
    other = Grading(VERDICTS, calibration=seat().decider.calibration)
    other.model = "another"
    _, said = await go_on(f"{ANSWER}\n\n/end\n", tmp_path, interview.id, panel=seat(*FOLLOW_UPS, decider=other))
    assert "graded by different graders or rubrics: a change may be the grader’s." in said


async def test_an_earlier_question_is_tried_again_and_the_interview_goes_back_to_where_it_was(tmp_path: Path) -> None:
    panel = seat(said={f"motivation.{motivation.id}": "3" for motivation in QUESTION.motivations})
    zero = panel.limits.model_copy(update={"follow_ups": 0})
    panel = Panel(**{**vars(panel), "limits": zero})
    typed = f"{ANSWER}\n\n/again 1\n{SECOND} {ANSWER}\n\n{ANSWER}\n\n"
    interview, said = await hold(typed, tmp_path, panel=panel, questions=(QUESTION.id, OTHER))
    asked = [(turn.act, turn.question_id) for turn in interview.turns]
    assert asked == [
        ("question", OTHER), ("question", QUESTION.id), ("answer", QUESTION.id),
        ("question", OTHER), ("answer", OTHER), ("closing", OTHER),
    ]  # fmt: skip
    assert [attempt.question_id for attempt in interview.attempts] == [QUESTION.id]
    assert "2 of 2 questions answered" in said and "There is no total" in said


# ── why, and seeing it differently ───────────────────────────────────────────────────────────────────


async def test_a_verdict_is_explained_by_its_number_or_its_name(tmp_path: Path) -> None:
    panel = seat(*FOLLOW_UPS, said=FLAGGED)
    _, said = await hold(f"{ANSWER}\n\n/why 15\n/why empathy\n/why [2]\n/why band\n/end\n", tmp_path, panel=panel)
    after = said.partition("Graded by scripted")[2]
    flag = next(flag for flag in QUESTION.red_flags if flag.id == "blaming")
    assert f"What it is: {flag.description}" in after and f"What isn’t one: {flag.exception}" in after
    assert "How sure: 83% by its own, calibrated count" in after
    for text in (EMPATHY.description, EMPATHY.covered, EMPATHY.partly):
        assert text in after
    assert "Verdict: Covered" in after and "Graded by: builtin (scripted)" in after
    assert after.count("How the band came about") == 1


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("/why", "Say which: /why with a number"),
        ("/differ", "Say which: /differ with a number"),
        ("/why 99", "The latest rubric has no “99”."),
        ("/why problem", "“problem” fits several: Problem-solving"),
        ("/differ empathy\nperhaps", "That is none of them: covered, partly covered, missing."),
        ("/differ empathy\npartly covered\nthese words are nowhere", "These words are not in the answer"),
        ("/differ task\ntold", "The grader says the same"),
    ],
)
async def test_what_cannot_be_explained_or_disputed_is_one_sentence(typed: str, told: str, tmp_path: Path) -> None:
    said_task = {**VERDICTS, "star.task": "true", "quote.star.task": "1"}
    panel = seat(*FOLLOW_UPS, said=said_task)
    interview, said = await hold(f"{ANSWER}\n\n{typed}\n/end\n", tmp_path, panel=panel)
    assert told in said and not interview.disputes


async def test_a_verdict_seen_differently_is_kept_with_its_words_shown_and_taken_back(tmp_path: Path) -> None:
    words = "I would be annoyed too"
    typed = f"{ANSWER}\n\n/differ empathy\npartly covered\n{words}\n/why empathy\n"
    interview, said = await hold(typed, tmp_path, panel=seat(*FOLLOW_UPS))
    (one,) = Store(tmp_path).load(interview.id).disputes
    assert (one.criterion, one.verdict, one.graded, one.quotes[0].text) == ("empathy", "partial", "covered", words)
    assert "kept beside the grader’s" in said and "You see it differently: Partly covered" in said
    back, said = await hold(f"{typed}/differ empathy\ncovered\n", tmp_path, panel=seat(*FOLLOW_UPS))
    assert not back.disputes and "Your view is taken back." in said


# ── a simulation ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_simulation_shows_a_clock_and_nothing_of_a_grade_before_its_end(tmp_path: Path) -> None:
    typed = f"{ANSWER}\n\n/hint\n/undo\n/again\n/why 1\n/differ 1\n{SECOND}\n\n/end\n"
    clock = (0.0, 0.0, 60.0, 150.0)
    interview, said = await hold(typed, tmp_path, panel=seat(*FOLLOW_UPS), mode="simulation", clock=clock)
    before, ended, report = said.partition("Thank you for your time.")
    assert ended and "Simulation of 45 minutes: no hints" in before
    assert "45 of 45 minutes left." in before and "42 of 45 minutes left." in before
    shown = [point.name for point in QUESTION.key_points] + [flag.name for flag in QUESTION.red_flags]
    assert not [name for name in (*shown, "Band", "Covered") if name in before]
    for sentence in (
        "There are no hints in a simulation.",
        "In a simulation, what is said is said.",
        "In a simulation there is one try at each question, until it is over.",
        "In a simulation nothing is judged before the end.",
    ):
        assert sentence in before
    assert not interview.hints and sum(turn.act == "answer" for turn in interview.turns) == 2
    assert "Question 1: " in report and "Band 4 of 5: strong" in report and "The interview" in report
    assert interview.grades[QUESTION.id].id == f"{interview.id}.{QUESTION.id}.2"


async def test_a_simulation_ends_by_the_clock_and_says_when_the_time_is_over(tmp_path: Path) -> None:
    clock = (0.0, 0.0, 45 * 60 - 30.0, 45 * 60 - 30.0, 45 * 60 - 30.0, 45 * 60.0)
    typed = f"{ANSWER}\n\n{SECOND}\n\n"
    interview, said = await hold(typed, tmp_path, panel=seat(*FOLLOW_UPS), mode="simulation", clock=clock)
    assert "Less than a minute left." in said
    assert interview.ended == "time" and interview.grades[QUESTION.id].band == 4


async def test_after_a_simulation_a_question_is_tried_again_as_practice(tmp_path: Path) -> None:
    typed = f"{ANSWER}\n\n/end\n/why empathy\nwhat now\n/hint\n/again\n/hint\n{ANSWER}\n\n/end\n"
    interview, said = await hold(typed, tmp_path, panel=seat(*FOLLOW_UPS), mode="simulation")
    after = said.partition("It is over.")[2]
    assert EMPATHY.covered in after
    assert "The interview is over, so this is no answer" in after
    assert "The interview is over, so no answer is being typed." in after
    assert interview.mode == "practice" and interview.attempts[0].mode == "simulation"
    assert len(interview.hints) == 1 and "Compared with attempt 1" in after


async def test_a_grader_that_fails_in_the_report_leaves_the_question_ungraded_and_says_so(tmp_path: Path) -> None:
    broken = seat(*FOLLOW_UPS, decider=ScriptedDecider({**VERDICTS, "key_point.calm": BROKEN}))
    interview, said = await hold(f"{ANSWER}\n\n/end\n", tmp_path, panel=broken, mode="simulation")
    assert "127.0.0.1 broke off" in said and "Not graded." in said
    again, said = await go_on("", tmp_path, interview.id)
    assert again.grades[QUESTION.id].band == 4 and "Band 4 of 5: strong" in said


# ── leaving and going on ─────────────────────────────────────────────────────────────────────────────


async def test_the_newest_unfinished_interview_goes_on_with_what_was_half_typed(tmp_path: Path) -> None:
    first, rest = ANSWER.split(". ", 1)
    done, _ = await hold("/end\n", tmp_path, clock=(900.0,))
    interview, _ = await hold(f"{ANSWER}\n\n/undo\n", tmp_path, clock=(500.0,))
    Store(tmp_path).save_draft(interview.id, f"{first}.\n")
    further, said = await go_on(f"{rest}\n\n/end\n", tmp_path, panel=seat(*FOLLOW_UPS))
    assert (further.id, further.ended) == (interview.id, "stopped") != (done.id, "")
    assert further.turns[1].text == f"{first}.\n{rest}"
    assert "Question 1 of 1" in said and "What you had typed" in said
    assert Store(tmp_path).draft(interview.id) == ""


async def test_leaving_again_at_once_changes_nothing(tmp_path: Path) -> None:
    interview, _ = await hold(f"{ANSWER}\n\n/undo\n", tmp_path)
    further, _ = await go_on("", tmp_path)
    assert further == interview and Store(tmp_path).draft(interview.id) == f"{ANSWER}"


async def test_ctrl_c_before_the_interviewer_spoke_keeps_the_answer_and_going_on_begins_there(tmp_path: Path) -> None:
    interview, said = await hold(f"{ANSWER}\n\n", tmp_path, panel=seat(reader=CancelledDecider()))
    assert not interview.ended and "To go on: interviewer chat --resume" in said
    assert Store(tmp_path).load(interview.id).turns[-1].text == ANSWER
    further, said = await go_on("/end\n", tmp_path, panel=seat(*FOLLOW_UPS))
    assert [turn.act for turn in further.turns] == ["question", "answer", "follow_up", "closing"]
    assert "You: Last winter" in said and "Band 4 of 5" in said


async def test_ctrl_c_in_a_simulations_report_stops_the_grading_and_keeps_the_interview(tmp_path: Path) -> None:
    interview, said = await hold(
        f"{ANSWER}\n\n/end\n", tmp_path, panel=seat(decider=CancelledDecider()), mode="simulation"
    )
    assert "Grading stopped." in said and interview.ended == "stopped" and not interview.grades
    assert Store(tmp_path).load(interview.id) == interview


async def test_a_finished_interview_is_looked_at_again(tmp_path: Path) -> None:
    interview, _ = await hold(f"{ANSWER}\n\n/end\n", tmp_path, panel=seat(*FOLLOW_UPS))
    again, said = await go_on("/why empathy\n", tmp_path, interview.id)
    assert again == interview and "Band 4 of 5, strong." in said and EMPATHY.covered in said


async def test_with_no_unfinished_interview_that_is_said(tmp_path: Path) -> None:
    await hold("/end\n", tmp_path)
    with pytest.raises(StoreError, match=r"There is no unfinished interview in .*: `interviewer chat` begins one"):
        await go_on("", tmp_path)


async def test_other_peoples_interviews_are_not_gone_on_with(tmp_path: Path) -> None:
    interview, _ = await hold(f"{ANSWER}\n\n/undo\n", tmp_path)
    Store(tmp_path).save(interview.model_copy(update={"owner": "somebody"}))
    with pytest.raises(StoreError, match="no unfinished interview"):
        await go_on("", tmp_path)


# ── what the documentation says ──────────────────────────────────────────────────────────────────────


def test_the_readme_names_every_command() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    assert not [command for command, _meaning in HELP if f"`{command.split()[0]}" not in readme]
