"""Does what a typed command asks for, or says in one sentence why not; asks nothing of a model but a hint's reading."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from rich.text import Text

from ..attempts import attempts_at
from ..criteria import Criterion, graded_as
from ..disputes import CHOICES, dispute, find_dispute, with_dispute, without_dispute
from ..errors import DisputeError
from ..interview import answers_to, hint, try_again, undo
from ..labelling import NEEDS_WORDS
from ..panel import Panel
from ..phrases import _, later
from ..schema import Attempt, Grade, Interview, QuestionDocument, Turn
from ..wording import number_evidence, say_verdict
from .orders import Order, find_criteria, question_to_try, read_order
from .report import help_lines, why_band_lines, why_lines
from .typed import Typing

__all__ = ["Held", "Obeying"]

IN_A_SIMULATION = {
    "again": later("In a simulation there is one try at each question, until it is over."),
    "undo": later("In a simulation, what is said is said."),
    "hint": later("There are no hints in a simulation."),
    "why": later("In a simulation nothing is judged before the end."),
    "differ": later("In a simulation nothing is judged before the end."),
}
"""Why these are not obeyed before a simulation is over."""
ONLY_WHILE_ANSWERING = frozenset({"hint", "clear"})


class Held(Protocol):
    """The interview that commands are about, and the terminal it is held in."""

    interview: Interview
    panel: Panel
    typing: Typing

    def tell(self, sentence: str, style: str = "") -> None: ...
    def show(self, lines: Sequence[Text]) -> None: ...
    def say(self, turn: Turn) -> None: ...
    def take(self, interview: Interview) -> None: ...
    def stop(self) -> None: ...
    def put_back(self, text: str) -> None: ...
    def hidden(self) -> bool: ...


class Obeying:
    """The commands of one interview."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._ways: dict[str, Callable[[str], Awaitable[None]]] = {
            "help": self._help,
            "hint": self._hint,
            "undo": self._undo,
            "clear": self._clear,
            "again": self._again,
            "why": self._why,
            "differ": self._differ,
            "end": self._end,
            "unknown": self._unknown,
        }

    async def obey(self, order: Order) -> None:
        """Does what was asked for, or says why not."""
        if self._held.hidden() and order.name in IN_A_SIMULATION:
            self._held.tell(_(IN_A_SIMULATION[order.name]))
        elif self._held.interview.role_play and order.name == "hint":
            self._held.tell(_("There are no hints in a role-play."))
        elif self._held.interview.ended and order.name in ONLY_WHILE_ANSWERING:
            self._held.tell(_("The interview is over, so no answer is being typed."))
        else:
            await self._ways[order.name](order.about)

    async def obey_after(self, line: str) -> None:
        """Does what a line asks for once the interview has ended; no answer is taken any more."""
        order = read_order(line)
        if order is None:
            self._held.tell(_("The interview is over, so this is no answer: /again tries a question again."))
        else:
            await self.obey(order)

    async def _help(self, _about: str) -> None:
        self._held.show([*help_lines()])

    async def _unknown(self, word: str) -> None:
        told = _("There is no command {word}; /help lists those there are. To answer with it, begin with a space.")
        self._held.tell(told.format(word=word))

    async def _end(self, _about: str) -> None:
        if self._held.typing.text.strip():
            self._held.tell(_("Your answer isn’t sent yet: an empty line sends it, /clear drops it."))
        else:
            self._held.stop()

    async def _clear(self, _about: str) -> None:
        self._held.typing.put_back("")
        self._held.tell(_("Dropped: nothing is typed of this answer."))

    async def _hint(self, _about: str) -> None:
        interview, draft = self._held.interview, self._held.typing.text.strip()
        document = interview.question
        asked, answers = answers_to(interview, document.id)
        known = interview.grades.get(document.id)
        if draft:
            asked, answers = (*asked, interview.turns[-1].text), (*answers, draft)
        if answers:
            known = await self._held.panel.read(document, answers, asked=asked) or known
        helped = hint(interview, known)
        if helped is None:
            self._held.tell(_("There is no further hint for this question."))
            return
        self._held.take(helped)
        taken = sum(one.question_id == document.id for one in helped.hints)
        told = _("Hint {number} on this question: {hint}")
        self._held.tell(told.format(number=taken, hint=helped.hints[-1].probe.text), "cyan")

    async def _undo(self, _about: str) -> None:
        before, words = undo(self._held.interview)
        if not words:
            self._held.tell(_("There is no answer to take back yet."))
            return
        typed = self._held.typing.text
        self._held.take(before)
        self._held.tell(_("Your last answer is taken back."))
        self._held.say(before.turns[-1])
        self._held.put_back("\n\n".join(part for part in (words, typed.rstrip("\n")) if part.strip()))

    async def _again(self, number: str) -> None:
        wanted = question_to_try(self._held.interview, number)
        if isinstance(wanted, str):
            self._held.tell(wanted)
            return
        told = sum(turn.question_id != wanted.id for turn in self._held.interview.turns)
        self._held.take(try_again(self._held.interview, wanted.id, prompts=self._held.panel.prompts))
        tries = len(attempts_at(self._held.interview, wanted.id)) + 1
        self._held.tell("\n" + _("Attempt {number}. What you said before is kept.").format(number=tries), "bold")
        for turn in self._held.interview.turns[told:]:
            self._held.say(turn)

    # ── verdicts ─────────────────────────────────────────────────────────────────────────────────────

    async def _why(self, wanted: str) -> None:
        graded = _last_graded(self._held.interview)
        if graded is None:
            self._held.tell(_("No answer has been graded yet."))
            return
        document, attempt, grade = graded
        if wanted.casefold() == "band":
            self._held.show([*why_band_lines(grade)])
        elif (about := self._one(wanted, document, grade, "why")) is not None:
            lines = [*why_lines(attempt, grade, document, about)]
            self._held.show(lines if len(lines) > 1 else [Text(_("The grade has no verdict on that."))])

    async def _differ(self, wanted: str) -> None:
        graded = _last_graded(self._held.interview)
        if graded is None:
            self._held.tell(_("No answer has been graded yet."))
            return
        document, attempt, grade = graded
        if self._held.interview.grades.get(document.id) != grade:
            self._held.tell(_("That attempt is over: answer again, and then say how you see it."))
        elif (about := self._one(wanted, document, grade, "differ")) is not None:
            await self._ask_verdict(attempt, grade, document, about)

    async def _ask_verdict(self, attempt: Attempt, grade: Grade, document: QuestionDocument, about: Criterion) -> None:
        said = graded_as(grade, about.kind, about.id) or "unscored"
        choices = CHOICES[about.kind]
        told = _("{name}: {verdict}, says the grader. Your verdict ({choices}; an empty line leaves it):")
        names = ", ".join(say_verdict(choice, inside=True) if not choice.isdigit() else choice for choice in choices)
        self._held.tell(told.format(name=about.name, verdict=say_verdict(said), choices=names), "bold")
        typed = self._held.typing.line().casefold()
        if not typed:
            return
        verdict = next((one for one in choices if typed in (one, say_verdict(one).casefold())), "")
        if not verdict:
            self._held.tell(_("That is none of them: {choices}.").format(choices=names))
            return
        interview = self._held.interview
        if verdict == said and find_dispute(interview.disputes, document.id, about.kind, about.id):
            left = without_dispute(interview.disputes, document.id, about.kind, about.id)
            self._held.take(interview.model_copy(update={"disputes": left}))
            self._held.tell(_("Your view is taken back."))
            return
        words = ""
        if verdict in NEEDS_WORDS:
            self._held.tell(_("The words of your answer that show it (several with | between):"), "bold")
            words = self._held.typing.line()
        answers = answers_to(interview, document.id)[1]
        try:
            new = dispute(grade, answers, about.kind, about.id, verdict=verdict, words=words)
        except DisputeError as failure:
            self._held.tell(str(failure))
            return
        self._held.take(interview.model_copy(update={"disputes": with_dispute(interview.disputes, new)}))
        self._held.tell(_("Your view is kept beside the grader’s."))

    def _one(self, wanted: str, document: QuestionDocument, grade: Grade, order: str) -> Criterion | None:
        """The criterion meant; None once it is said that none or several are."""
        if not wanted:
            told = _("Say which: /{order} with a number from the rubric’s brackets, or with a criterion’s name.")
            self._held.tell(told.format(order=order))
            return None
        found = find_criteria(wanted, document, number_evidence(grade, document))
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(one.name for one in found)
            self._held.tell(_("“{wanted}” fits several: {names}.").format(wanted=wanted, names=names))
        else:
            self._held.tell(_("The latest rubric has no “{wanted}”.").format(wanted=wanted))
        return None


def _last_graded(interview: Interview) -> tuple[QuestionDocument, Attempt, Grade] | None:
    """The attempt whose rubric was shown last: of what was said last, else the latest earlier attempt."""
    by_id = {document.id: document for document in interview.questions}
    for turn in reversed(interview.turns):
        grade = interview.grades.get(turn.question_id)
        if grade is not None:
            return by_id[turn.question_id], attempts_at(interview, turn.question_id)[-1], grade
    for attempt in reversed(interview.attempts):
        if attempt.grade is not None:
            return by_id[attempt.question_id], attempt, attempt.grade
    return None
