"""Lines for what stands before an answer: who is at the table, what is coming, what was said so far; pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from ..panel import Panel
from ..phrases import _, count_of
from ..schema import Interview, Plan, Turn
from ..temper import say_who_words
from .screen import clean

__all__ = ["name_of_speaker", "people_lines", "plan_lines", "recall_lines", "say_clock", "spoken_line"]


def plan_lines(plan: Plan) -> Iterator[Text]:
    """What is coming, as far as the candidate may know."""
    minutes = count_of("{number} minute", "{number} minutes", plan.minutes)
    yield Text(f"{clean(plan.title)} · {minutes}", "bold")
    yield Text(clean(plan.introduction))
    yield Text()


def people_lines(panel: Panel, interview: Interview) -> Iterator[Text]:
    """Who interviews and grades, in which mode, and how to answer."""
    told, play = panel.describe(), interview.role_play
    speaker = say_who_words(interview, play) if play else told.interviewer
    how = _("Finish an answer with an empty line or Ctrl-D. /help lists commands; /end ends the interview.")
    for sentence in (speaker, told.grader, told.agreement, *told.notices, _say_mode(interview), how):
        yield Text(clean(sentence), "dim")
    yield Text()


def _say_mode(interview: Interview) -> str:
    if interview.mode == "simulation":
        return _(
            "Simulation of {minutes:.0f} minutes: no hints, no second tries, and nothing is shown before the end."
        ).format(minutes=interview.limits.minutes)
    if interview.mode == "role_play":
        return _("Role-play: say what you would say. The whole talk is graded at its end.")
    return _("Practice: each answer is judged at once, and there is no clock.")


def name_of_speaker(interview: Interview, act: str) -> str:
    """Who says a line that isn't the candidate's: the interviewer, who also opens and closes a role-play."""
    play = interview.role_play
    return f"{clean(play.person)}: " if play and act == "follow_up" else _("Interviewer: ")


def spoken_line(interview: Interview, turn: Turn) -> Text:
    """One thing that was said, after the name of who said it."""
    if turn.speaker == "candidate":
        return Text.assemble((_("You: "), "bold"), clean(turn.text))
    return Text.assemble((name_of_speaker(interview, turn.act), "bold cyan"), clean(turn.text))


def recall_lines(interview: Interview) -> Iterator[Text]:
    """When it was begun, where it had stopped, and what was said on the current question."""
    begun = datetime.fromtimestamp(interview.started).astimezone()
    place = _("Question {number} of {count}").format(number=interview.position + 1, count=len(interview.questions))
    if interview.role_play:
        place = _("Role-play: {title}").format(title=clean(interview.role_play.title))
    yield Text(_("Begun on {day}. {place}.").format(day=begun.strftime("%Y-%m-%d %H:%M"), place=place), "bold")
    yield from (spoken_line(interview, turn) for turn in interview.turns if turn.question_id == interview.question.id)


def say_clock(interview: Interview, now: float) -> str:
    """What is left of a simulation's time."""
    left = interview.limits.minutes - (now - interview.started) / 60
    if left <= 0:
        return _("The time is over: your next answer is the last.")
    if left < 1:
        return _("Less than a minute left.")
    return _("{left:.0f} of {whole:.0f} minutes left.").format(left=int(left), whole=interview.limits.minutes)
