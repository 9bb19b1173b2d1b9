"""A second opinion: only the opposite is told, beside the verdict, and it changes nothing."""

from __future__ import annotations

import io
from html import unescape

import pytest
from rich.console import Console
from scripted import Said, ScriptedDecider
from shipped import LIBRARY, PROMPTS, QUESTION
from tables import ANSWER

from interviewer.grading import grade
from interviewer.interview import Interviewer
from interviewer.page.render import show_rubric
from interviewer.panel import Panel
from interviewer.schema import Calibration, DeciderName, Grade, OtherVerdict, SecondOpinion
from interviewer.second import second_opinion
from interviewer.terminal import rubric_lines

LEAST = Calibration(key_point=0.7, red_flag_present=0.7, red_flag_absent=0.7)
CALM, BLAMING = "key_point.calm", "red_flag.blaming"


async def graded(said: Said, name: DeciderName = "chat") -> Grade:
    decider = ScriptedDecider(said, calibration=LEAST)
    decider.name = name
    steps = grade(QUESTION, [ANSWER], asked=[QUESTION.question], decider=decider, prompts=PROMPTS)
    return [step async for step in steps][-1]


@pytest.mark.parametrize(
    ("criterion", "said", "read", "told"),
    [
        (CALM, "covered", "missing", "missing"),
        (CALM, "missing", "covered", "covered"),
        (CALM, "covered", "covered", None),
        (CALM, "covered", "partial", None),
        (CALM, "partial", "missing", None),
        (CALM, "covered", ("missing", 0.6), None),  # below its threshold of 0.7: it isn't sure
        (CALM, ("covered", 0.6), "missing", None),
        (CALM, None, "missing", None),
        (BLAMING, "true", "false", "absent"),
        (BLAMING, "false", "true", "present"),
        (BLAMING, "false", ("true", 0.6), None),
    ],
)
async def test_only_a_sure_opposite_is_told(
    criterion: str, said: str | tuple[str, float] | None, read: str | tuple[str, float] | None, told: str | None
) -> None:
    opinion = second_opinion(await graded({criterion: said}), await graded({criterion: read}, "builtin"))
    assert opinion is not None and (opinion.decider, opinion.model) == ("builtin", "scripted")
    assert [one.verdict for one in opinion.differs] == ([told] if told else [])


async def test_motivations_and_the_story_have_no_opposite() -> None:
    said: Said = {f"motivation.{one.id}": "3" for one in QUESTION.motivations} | {"star.result": "true"}
    opinion = second_opinion(await graded(said), await graded({}, "builtin"))
    assert opinion is not None and opinion.differs == ()


def panel(said: Said, read: Said | None) -> Panel:
    first, second = ScriptedDecider(said), ScriptedDecider(read) if read is not None else None
    first.name = "chat"
    return Panel(LIBRARY, PROMPTS, Interviewer(PROMPTS), decider=first, second=second)


async def by(table: Panel, answer: str = ANSWER) -> Grade:
    return [one async for one in table.grade(QUESTION, [answer], asked=[QUESTION.question], id="a")][-1]


async def test_a_second_opinion_changes_no_verdict_no_band_and_no_coverage() -> None:
    said: Said = {CALM: "covered"}
    alone, seconded = await by(panel(said, None)), await by(panel(said, {BLAMING: "true"}))
    assert alone.second_opinion is None
    assert seconded.second_opinion == SecondOpinion(
        decider="builtin",
        model="scripted",
        differs=(
            OtherVerdict(kind="key_point", criterion="calm", verdict="missing"),
            OtherVerdict(kind="red_flag", criterion="blaming", verdict="present"),
        ),
    )
    nothing = {"second_opinion": None, "seconds": 0.0}
    assert seconded.model_copy(update=nothing) == alone.model_copy(update=nothing)


async def test_what_was_not_graded_is_not_read_a_second_time() -> None:
    table = panel({}, {})
    assert (await by(table, "No.")).second_opinion is None
    assert isinstance(table.second, ScriptedDecider) and table.second.states == []


async def test_a_second_decider_that_cannot_read_the_answer_gives_no_opinion() -> None:
    table = panel({CALM: "covered"}, {})
    assert isinstance(table.second, ScriptedDecider)
    table.second.english_only = True
    german = "Der Kunde war sehr laut und ich habe ihm ruhig zugehört, bis er fertig war. Dann haben wir es geklärt."
    assert (await by(table, german)).second_opinion is None


async def test_the_page_and_the_terminal_say_it_under_its_criterion_and_nowhere_else() -> None:
    made = await by(panel({CALM: "covered"}, {BLAMING: "true"}))
    html = unescape(show_rubric(made, QUESTION, [ANSWER], LIBRARY))
    rows = {row.partition("<b>")[2].partition("<")[0]: row for row in html.split('<li class="criterion')[1:]}
    names = {one.id: one.name for one in QUESTION.key_points} | {one.id: one.name for one in QUESTION.red_flags}
    assert "The built-in grader reads this as missing." in rows[names["calm"]]
    assert "The built-in grader finds this in your words." in rows[names["blaming"]]  # though its verdict is absent
    assert html.count("The built-in grader") == 2
    screen = Console(file=io.StringIO(), width=200)
    for line in rubric_lines(made, QUESTION, [ANSWER], LIBRARY):
        screen.print(line)
    assert isinstance(screen.file, io.StringIO)
    printed = screen.file.getvalue()
    after = printed.partition(f"{names['calm']}: ")[2].splitlines()[:3]
    assert "      The built-in grader reads this as missing." in [line.rstrip() for line in after]
    assert printed.count("The built-in grader") == 2


async def test_without_a_second_opinion_nothing_is_said_of_one() -> None:
    assert "built-in grader" not in show_rubric(await by(panel({CALM: "covered"}, None)), QUESTION, [ANSWER], LIBRARY)
