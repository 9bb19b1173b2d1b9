"""Holds an interview in a terminal: asks, listens, speaks, shows the rubric; keeps every word before it goes on."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

from ..attempts import attempts_at, grade_id
from ..errors import InterviewerError, StoreError
from ..grading import worth_repeating
from ..interview import answer, answers_to, end, next_step, speak, with_grade
from ..overview import overview
from ..panel import Panel
from ..phrases import _, count_of
from ..rubric import answer_hash
from ..schema import Grade, Interview, Mode, Plan, QuestionDocument
from ..store import new_id
from ..wording import count_criteria
from .obeying import Obeying
from .report import difference_lines, overview_lines
from .rubric import rubric_lines
from .screen import clean, open_console, print_indented, replace_unreadable
from .typed import Typing

if TYPE_CHECKING:
    from ..store import Store

__all__ = ["chat", "resume"]


async def chat(
    panel: Panel,
    store: Store,
    question_ids: Sequence[str],
    *,
    plan: Plan | None = None,
    mode: Mode = "practice",
    console: Console | None = None,
    stdin: TextIO | None = None,
    now: Callable[[], float] = time.time,
) -> Interview:
    """Holds an interview until it ends, saved after every turn.

    Args:
        panel: who interviews and who grades.
        store: where the interview is kept.
        question_ids: of the documents, in the order they are asked.
        plan: where they came from.
        mode: practice or simulation.
        console: where to print; standard output when left out.
        stdin: where answers come from; standard input when left out.
        now: seconds since the epoch.

    Returns:
        The interview as far as it went.

    Raises:
        ContentError: there is no such question.
    """
    begun = panel.begin(question_ids, id=new_id(), now=now(), plan=plan, mode=mode)
    table = _Table(panel, store, begun, console, stdin, now)
    if plan is not None:
        table.announce(plan)
    table.introduce()
    table.say(begun.turns[-1].text)
    return await table.hold()


async def resume(
    panel: Panel,
    store: Store,
    interview_id: str = "",
    *,
    console: Console | None = None,
    stdin: TextIO | None = None,
    now: Callable[[], float] = time.time,
) -> Interview:
    """Goes on with an interview where it stopped, with what was half typed; one that has ended is looked at again.

    Args:
        panel: who interviews and who grades from now on.
        store: where it is kept.
        interview_id: empty: the newest that has not ended.
        console: as for `chat`, as are the other two.
        stdin: see there.
        now: see there.

    Raises:
        StoreError: there is no such interview, or it is a role-play.
    """
    interview = store.load(interview_id) if interview_id else _newest(store)
    if interview.mode == "role_play":
        raise StoreError(_("Interview {id} is a role-play: go on with it on the page.").format(id=interview.id))
    table = _Table(panel, store, interview, console, stdin, now, resumed=True)
    table.introduce()
    table.recall(store.draft(interview.id))
    return await table.hold()


def _newest(store: Store) -> Interview:
    open_ones = [one for one in store.interviews() if not one.ended and not one.owner and one.mode != "role_play"]
    if not open_ones:
        raise StoreError(
            _("There is no unfinished interview in {place}: `interviewer chat` begins one.").format(place=store.place)
        )
    return max(open_ones, key=lambda one: (one.started, one.id))


class _Table:
    """One interview being held."""

    def __init__(
        self,
        panel: Panel,
        store: Store,
        interview: Interview,
        console: Console | None,
        stdin: TextIO | None,
        now: Callable[[], float],
        *,
        resumed: bool = False,
    ) -> None:
        replace_unreadable(sys.stdin, sys.stdout)
        self.panel = panel
        self.store = store
        self.interview = interview
        self.console = console or open_console()
        self.now = now
        self.typing = Typing(stdin or sys.stdin, self._keep_draft)
        self._resumed = resumed
        self._kept = True
        self._shown_draft = True
        self._obeying = Obeying(self)

    # ── printing ─────────────────────────────────────────────────────────────────────────────────────

    def tell(self, sentence: str, style: str = "") -> None:
        """Prints a sentence; what wraps stays under its beginning."""
        for line in clean(sentence).split("\n"):
            print_indented(self.console, Text(line, style))

    def show(self, lines: Sequence[Text]) -> None:
        """Prints lines that are clean already."""
        for line in lines:
            print_indented(self.console, line)

    def say(self, line: str) -> None:
        """What the interviewer says."""
        self.console.print(Text.assemble((_("Interviewer: "), "bold cyan"), clean(line)))

    def announce(self, plan: Plan) -> None:
        """Says what is coming, as far as the candidate may know."""
        minutes = count_of("{number} minute", "{number} minutes", plan.minutes)
        self.console.print(Text(f"{clean(plan.title)} · {minutes}", "bold"))
        self.console.print(Text(clean(plan.introduction)))
        self.console.print()

    def introduce(self) -> None:
        """Who interviews and grades, in which mode, and how to answer."""
        told = self.panel.describe()
        how = _("Finish an answer with an empty line or Ctrl-D. /help lists commands; /end ends the interview.")
        for sentence in (told.interviewer, told.grader, told.agreement, *told.notices, self._say_mode(), how):
            self.console.print(Text(clean(sentence), "dim"))
        self.console.print()

    def _say_mode(self) -> str:
        if self.interview.mode == "simulation":
            return _(
                "Simulation of {minutes:.0f} minutes: no hints, no second tries, and nothing is shown before the end."
            ).format(minutes=self.interview.limits.minutes)
        return _("Practice: each answer is judged at once, and there is no clock.")

    def recall(self, draft: str) -> None:
        """Shows where an interview had stopped, and what was half typed."""
        begun = datetime.fromtimestamp(self.interview.started).astimezone()
        place = _("Question {number} of {count}").format(
            number=self.interview.position + 1, count=len(self.interview.questions)
        )
        self.tell(_("Begun on {day}. {place}.").format(day=begun.strftime("%Y-%m-%d %H:%M"), place=place), "bold")
        for turn in self.interview.turns:
            if turn.question_id == self.interview.question.id:
                if turn.speaker == "interviewer":
                    self.say(turn.text)
                else:
                    self.console.print(Text.assemble((_("You: "), "bold"), clean(turn.text)))
        if draft.strip() and not self.interview.ended:
            self.put_back(draft)

    def put_back(self, text: str) -> None:
        """Words that are again the beginning of the answer being typed."""
        self.typing.put_back(text)
        self._shown_draft = False

    # ── holding ──────────────────────────────────────────────────────────────────────────────────────

    async def hold(self) -> Interview:
        """The interview until it ends or the candidate leaves."""
        self.save()
        try:
            while True:
                while not self.interview.ended:
                    await self._round()
                await self._finish()
                if not await self._look_back():
                    break
        except (KeyboardInterrupt, EOFError):
            self.console.print()
        except asyncio.CancelledError:  # Ctrl-C while the interviewer spoke
            _go_on()
            self.console.print()
        self._take_leave()
        return self.interview

    async def _round(self) -> None:
        """An answer and what follows, or a command."""
        if self.interview.turns[-1].speaker == "candidate":  # it had stopped before the interviewer spoke
            await self._respond()
            return
        self._invite()
        heard = self.typing.read()
        if heard is None:
            self.stop()
        elif isinstance(heard, str):
            self.take(answer(self.interview, heard, self.now()))
            self._keep_draft("")
            await self._respond()
        else:
            await self._obeying.obey(heard)

    def take(self, interview: Interview) -> None:
        """The interview is now this one, and kept."""
        self.interview = interview
        self.save()

    def stop(self) -> None:
        """Ends the interview politely."""
        self.take(end(self.interview, self.panel.interviewer))
        self.say(self.interview.turns[-1].text)

    def hidden(self) -> bool:
        """Whether nothing of a grade may be shown yet."""
        return self.interview.mode == "simulation" and not self.interview.ended

    def _invite(self) -> None:
        if self.interview.mode == "simulation":
            self.tell(f"\n{say_clock(self.interview, self.now())}", "dim")
        if not self._shown_draft:
            self.tell("\n" + _("What you had typed is the beginning of your answer (/clear drops it):"), "dim")
            self.tell(self.typing.text.rstrip("\n"))
            self._shown_draft = True
        going_on = bool(self.typing.text.strip())
        self.tell("\n" + (_("Your answer goes on:") if going_on else _("Your answer:")), "bold")

    async def _respond(self) -> None:
        """The interviewer's next line, then the rubric."""
        document = self.interview.question
        spoken = await self._speak()
        while spoken is None:
            self.tell(_("Your answer is kept. Enter tries again, /end ends the interview."), "bold")
            line = self.typing.line()
            if self.typing.over or line == "/end":
                self.stop()
                break
            spoken = await self._speak()
        else:
            self.take(spoken)
        if self.interview.mode == "simulation":
            return
        try:
            graded = await self._grade(document)
        except asyncio.CancelledError:
            self._stop_grading()
            return
        if graded and not self.interview.ended:
            self.say(self.interview.turns[-1].text)

    async def _speak(self) -> Interview | None:
        """The interviewer's next line as it comes; None when the model failed, which has been said."""
        interview = self.interview
        asked, answers = answers_to(interview, interview.question.id)
        reading = await self.panel.read(interview.question, answers, asked=asked)
        step = next_step(interview, reading or interview.grades.get(interview.question.id), self.now())
        self.console.print(Text("\n" + _("Interviewer: "), "bold cyan"), end="")
        line = ""
        try:
            async for piece in speak(interview, step, self.panel.interviewer):
                if isinstance(piece, Interview):
                    words = piece.turns[-1].text
                    if words != line.strip():  # the line broke a rule: what stands instead
                        self.console.print(
                            Text(f"\n{_('Interviewer: ')}{clean(words)}" if line else clean(words)), end=""
                        )
                    self.console.print()
                    return piece
                line += piece
                self.console.print(Text(clean(piece)), end="", soft_wrap=True)
        except InterviewerError as failure:
            self.console.print(Text(f"\n{clean(str(failure))}", "red"))
            return None
        return None

    # ── grading ──────────────────────────────────────────────────────────────────────────────────────

    async def _grade(self, document: QuestionDocument) -> bool:
        """Grades the answers to a question and shows the rubric; False when the grader failed, which has been said."""
        asked, answers = answers_to(self.interview, document.id)
        latest: Grade | None = None
        identity = grade_id(self.interview, document.id)
        told = _("Grading …")
        try:
            with self.console.status(told) if self.console.is_terminal else contextlib.nullcontext() as status:
                async for latest in self.panel.grade(document, answers, asked=asked, id=identity):
                    if status is not None:
                        done, whole = count_criteria(latest, document)
                        judged = _("{done} of {whole} criteria judged (Ctrl-C stops the grading)")
                        status.update(judged.format(done=done, whole=whole))
        except InterviewerError as failure:
            self.tell(str(failure), "red")
        if latest is not None:
            self.take(with_grade(self.interview, latest))
            self._show_rubric(document, latest)
        return latest is not None

    def _stop_grading(self) -> None:
        _go_on()
        self.tell(_("Grading stopped."), "yellow")

    def _show_rubric(self, document: QuestionDocument, grade: Grade) -> None:
        answers = answers_to(self.interview, document.id)[1]
        self.show([*rubric_lines(grade, document, answers, self.panel.library)])
        self.show([*difference_lines(attempts_at(self.interview, document.id), document)])

    async def _finish(self) -> None:
        """What a simulation kept back, and the interview as a whole."""
        if self.interview.mode == "simulation":
            try:
                for number, document in enumerate(self.interview.questions, start=1):
                    await self._report(number, document)
            except asyncio.CancelledError:
                self._stop_grading()
        found = overview(self.interview)
        several = found.answered > 1 or any(one.attempts > 1 for one in found.questions)
        if found.answered and (several or self._resumed or self.interview.mode == "simulation"):
            self.show([*overview_lines(found)])

    async def _report(self, number: int, document: QuestionDocument) -> None:
        """One question of a simulation, graded now if it wasn't."""
        answers = answers_to(self.interview, document.id)[1]
        if not answers:
            return
        self.tell("\n" + _("Question {number}: {question}").format(number=number, question=document.question), "bold")
        grade = self.interview.grades.get(document.id)
        if grade is None or grade.answer_hash != answer_hash(answers) or worth_repeating(grade):
            await self._grade(document)
        else:
            self._show_rubric(document, grade)

    async def _look_back(self) -> bool:
        """Obeys commands about an interview that is over; whether it goes on after all."""
        if self.typing.over or not any(turn.act == "answer" for turn in self.interview.turns):
            return False
        self.tell("\n" + _("It is over. /again, /why and /differ still work; an empty line leaves."), "bold")
        while self.interview.ended:
            line = self.typing.line()
            if not line or line == "/end":
                return False
            await self._obeying.obey_after(line)
        self._resumed = False
        return True

    # ── keeping ──────────────────────────────────────────────────────────────────────────────────────

    def save(self) -> None:
        """Keeps the interview, and says so when that failed."""
        try:
            self.store.save(self.interview)
            self._kept = True
        except StoreError as failure:
            self._kept = False
            self.tell(str(failure), "red")

    def _keep_draft(self, text: str) -> None:
        with contextlib.suppress(StoreError):  # saving the answer says it
            self.store.save_draft(self.interview.id, text)

    def _take_leave(self) -> None:
        if not self._kept:
            self.tell(_("This interview could not be kept."), "red")
            return
        kept = _("Kept as interview {id} in {place}.").format(id=self.interview.id, place=self.store.place)
        # Not wrapped: what is copied from here must be whole.
        self.console.print(Text(clean(kept), "dim"), soft_wrap=True)
        if not self.interview.ended:
            # Every 64th id begins with a hyphen, as flags do.
            id = f"-- {self.interview.id}" if self.interview.id.startswith("-") else self.interview.id
            how = _("To go on: interviewer chat --resume {id}").format(id=id)
            self.console.print(Text(how, "bold"), soft_wrap=True)


def say_clock(interview: Interview, now: float) -> str:
    """What is left of a simulation's time."""
    left = interview.limits.minutes - (now - interview.started) / 60
    if left <= 0:
        return _("The time is over: your next answer is the last.")
    if left < 1:
        return _("Less than a minute left.")
    return _("{left:.0f} of {whole:.0f} minutes left.").format(left=int(left), whole=interview.limits.minutes)


def _go_on() -> None:
    """Ctrl-C cancelled the task: it was meant for what ran, not for the interview."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
