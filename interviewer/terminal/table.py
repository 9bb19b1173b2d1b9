"""Holds an interview in a terminal: asks, listens, speaks, shows the rubric; keeps every word before it goes on."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

from ..acting import as_played
from ..attempts import attempts_at, grade_id
from ..errors import InterviewerError, StoreError
from ..grading import worth_repeating
from ..interview import answer, answers_to, with_grade
from ..overview import overview
from ..panel import Panel
from ..phrases import _
from ..rubric import answer_hash
from ..schema import Grade, Interview, QuestionDocument, Turn
from ..wording import count_criteria
from .obeying import Obeying
from .opening import name_of_speaker, recall_lines, say_clock, spoken_line
from .report import course_lines, difference_lines, overview_lines
from .rubric import rubric_lines
from .screen import clean, open_console, print_indented, replace_unreadable
from .typed import Typing

if TYPE_CHECKING:
    from ..store import Store

__all__ = ["Table"]


class Table:
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

    def say(self, turn: Turn) -> None:
        """What the interviewer says, or the person in a role-play."""
        self.show([spoken_line(self.interview, turn)])

    def recall(self, draft: str) -> None:
        """Shows where an interview had stopped, and what was half typed."""
        self.show([*recall_lines(self.interview)])
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
        self.take(self.panel.end(self.interview))
        self.say(self.interview.turns[-1])

    def hidden(self) -> bool:
        """Whether nothing of a grade may be shown yet."""
        return self.interview.mode == "simulation" and not self.interview.ended

    @property
    def at_the_end(self) -> bool:
        """Whether answers are graded once all is over, not one by one."""
        return self.interview.mode != "practice"

    def _invite(self) -> None:
        if self.interview.mode == "simulation":
            self.tell(f"\n{say_clock(self.interview, self.now())}", "dim")
        if not self._shown_draft:
            self.tell("\n" + _("What you had typed is the beginning of your answer (/clear drops it):"), "dim")
            self.tell(self.typing.text.rstrip("\n"))
            self._shown_draft = True
        going_on = bool(self.typing.text.strip())
        play = self.interview.role_play
        invited = _("What you say to {person}:").format(person=play.person) if play else _("Your answer:")
        self.tell("\n" + (_("Your answer goes on:") if going_on else invited), "bold")

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
        if self.at_the_end:
            return
        try:
            graded = await self._grade(document)
        except asyncio.CancelledError:
            self._stop_grading()
            return
        if graded and not self.interview.ended:
            self.say(self.interview.turns[-1])

    async def _speak(self) -> Interview | None:
        """The interviewer's next line as it comes; None when the model failed, which has been said."""
        interview = self.interview
        known = interview.grades.get(interview.question.id)
        if interview.role_play is None:
            asked, answers = answers_to(interview, interview.question.id)
            known = await self.panel.read(interview.question, answers, asked=asked) or known
        self.console.print(Text("\n" + name_of_speaker(interview, "follow_up"), "bold cyan"), end="")
        line = ""
        try:
            async for piece in self.panel.speak(interview, known, self.now()):
                if isinstance(piece, Interview):
                    self._finish_line(line, piece, piece.turns[len(interview.turns) :])
                    return piece
                line += piece
                self.console.print(Text(clean(piece)), end="", soft_wrap=True)
        except InterviewerError as failure:
            self.console.print(Text(f"\n{clean(str(failure))}", "red"))
            return None
        return None

    def _finish_line(self, line: str, spoken: Interview, turns: Sequence[Turn]) -> None:
        """What stands instead of a line that broke a rule, and what is said after it."""
        first, *more = turns
        if first.text != line.strip():
            instead = f"\n{name_of_speaker(spoken, first.act)}{clean(first.text)}" if line else clean(first.text)
            self.console.print(Text(instead), end="")
        self.console.print()
        for turn in more:
            self.say(turn)

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
                    latest = as_played(latest) if self.interview.role_play else latest
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
        self.show([*rubric_lines(grade, document, answers, self.panel.library, missed=self.panel.say_missed(grade))])
        self.show([*difference_lines(attempts_at(self.interview, document.id), document)])

    async def _finish(self) -> None:
        """How a role-play went, what was kept back until the end, and the interview as a whole."""
        self.show([*course_lines(self.interview)])
        if self.at_the_end:
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
        """One question of what is graded at the end, graded now if it wasn't."""
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


def _go_on() -> None:
    """Ctrl-C cancelled the task: it was meant for what ran, not for the interview."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
