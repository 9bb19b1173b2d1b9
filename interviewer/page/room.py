"""One page at a moment: the interview it holds, and both of its sides as they are drawn; answers no click.

The tab holds the interview and the store keeps it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from ..acting import over
from ..errors import StoreError
from ..panel import Panel
from ..phrases import _, later
from ..progress import told
from ..schema import Grade, Interview, Marked, QuestionDocument
from ..store import DRAFT_CHARACTERS, Store
from ..wording import count_criteria
from .change import Change
from .closing import show_report
from .differ import Refusal
from .frame import hidden_until_the_end, overlay, show_chat, show_hints, show_notice, show_question, show_side
from .keeping import Keeping
from .rewriting import Rewriting
from .spoken import Spoken
from .work import Works

__all__ = [
    "ASKS",
    "BEING_GRADED",
    "KEPT",
    "STOPPED",
    "UNANSWERED",
    "Kept",
    "Room",
    "checked",
    "failed",
    "gradable",
    "last_answered",
    "waits",
]

log = logging.getLogger(__name__)

ASKS = later("Tell what happened, what you did and how it ended.")
"""What the empty answer box says."""
KEPT = later("Your answer is kept.")
STOPPED = later("You stopped waiting. Your answer is kept: press “Ask again” when you like.")
UNANSWERED = later("Your last answer still waits for a reply: press “Ask again”. Your words stay in the box.")
BEING_GRADED = later("Your answer is being graded.")
SECONDS_BETWEEN = 0.3
"""A rubric that fills in is drawn at most this often: a quick decider has fifty decisions in one breath."""
SECONDS_BETWEEN_READINGS = 1.5
"""A draft is read at most this often, some three words apart: read at every key it would keep two processors busy."""
Kept = dict[str, str]


class Room:
    """What every handler of a page works with."""

    def __init__(
        self,
        panel: Panel,
        store: Store,
        *,
        now: Callable[[], float] = time.time,
        pause: Callable[[], Awaitable[object]] | None = None,
        rng: random.Random | None = None,
        whose: Callable[[], str] | None = None,
    ) -> None:
        self.panel = panel
        self._laid_out = panel.library
        self.store = store
        self.now = now
        self._pause = pause or partial(asyncio.sleep, SECONDS_BETWEEN)
        self._at_home = whose is None
        self._whose = whose or (lambda: "")
        self._rng = rng or random.Random()  # noqa: S311
        self._works = Works(panel, pause or partial(asyncio.sleep, SECONDS_BETWEEN_READINGS))
        self._keeping = Keeping(store, self._works)
        self.spoken = Spoken(panel.voices)
        self.also_forget: list[Callable[[frozenset[str]], None]] = []
        """Told what is deleted: whoever else has something of interviews in memory."""
        self.better = Rewriting(lambda: self.panel, self._works, self._keeping, self._drawn)

    @property
    def place(self) -> str:
        """Where the interviews lie, as those may know who sit at this machine; empty for all others."""
        return self.store.place if self._at_home else ""

    def owner(self) -> str:
        """Whose interviews are shown and begun: empty on one's own machine, a browser's where several share a page."""
        return self._whose()

    def load_own(self, interview_id: str) -> Interview:
        """What is stored, with the work since; the id comes from the browser, and stands in every export.

        Raises:
            StoreError: there is none, it is another browser's, or it can't be read.
        """
        try:
            interview = self._keeping.load(interview_id)
        except StoreError as failure:
            if self._at_home:
                raise
            log.warning("%s", failure)  # it says where the interviews lie
        else:
            if self._at_home or interview.owner == self.owner():
                return interview
        raise StoreError(_("There is no such interview of yours here: start a new one."))

    def use_grade(self, interview: Interview, grade: Grade) -> None:
        """Shows this grade of one of the interview's questions instead of the one that stands.

        Raises:
            StoreError: it can't be kept, so the other one stays.
        """
        self._keeping.use_grade(interview, grade)

    def _marks(self) -> tuple[Marked, ...]:
        """What was graded, as far as it may be told."""
        owner = self.owner()
        return told(self.store.marks(owner), {one.id for one in self.store.saved(owner) if not one.ended})

    def _renew(self) -> str:
        """Takes up changed documents for new interviews; a notice when one can't be read."""
        self.panel, mistake = self.panel.renewed()
        return show_notice(mistake)

    def _talk(self, interview: Interview, notice: str = "") -> Change:
        """The left side: what was said, and who is next."""
        return Change(
            interview=interview,
            chat=show_chat(interview),
            question=show_question(interview),
            hints=show_hints(interview),
            helped=interview.role_play is None and not hidden_until_the_end(interview) and not interview.ended,
            undoable=not hidden_until_the_end(interview) and any(turn.act == "answer" for turn in interview.turns),
            placeholder=_asks(interview),
            notice=notice,
            busy=waits(interview),
            ended=bool(interview.ended),
            retry=False,
            refused=False,
        )

    def _room(self, interview: Interview, *, box: str = "", notice: str = "") -> Change:
        """Both sides, and what the browser keeps."""
        return Change(
            self._talk(interview, notice),
            screen="room",
            kept=checked({"id": interview.id, "draft": box}),
            box=box,
            side=self._side(interview),
            grading=False,
            regrade=False,
        )

    def _side(
        self,
        interview: Interview | None,
        more: Mapping[str, Grade] | None = None,
        *,
        grading: str = "",
        progress: tuple[int, int] = (0, 0),
        status: str = "",
        refusal: Refusal | None = None,
    ) -> str:
        work = self._keeping.work(interview) if interview is not None else None
        if interview is not None and work is not None:
            interview = work.merge(interview)
        known = interview.grades if interview else {}
        return show_side(
            interview, {**known, **(more or {})}, self.panel.library,
            grading=grading, progress=progress, status=status, refusal=refusal, writing=work.writing if work else None,
            missed=self.panel.say_missed,
        )  # fmt: skip

    def _drawn(self, interview: Interview, *, status: str = "", refusal: Refusal | None = None) -> str:
        """The rubric as it is now, the one that is filling in included."""
        coming = self._works.of(interview).coming
        if coming is None:
            return self._side(interview, status=status, refusal=refusal)
        document = next(one for one in interview.questions if one.id == coming.question_id)
        progress = count_criteria(coming, document)
        more = {document.id: overlay(interview.grades.get(document.id), coming)}
        return self._side(interview, more, grading=document.id, progress=progress, status=status, refusal=refusal)

    def _report(self, interview: Interview) -> Change:
        """The side once the interview is over: with its report, and all that a simulation has kept back."""
        if not interview.ended:
            return Change()
        status = _("The report is ready.") if show_report(interview) else ""
        return Change(side=self._drawn(interview, status=status))


def checked(kept: Mapping[str, object] | None) -> Kept:
    """What the browser kept, in the shape it should have; whatever else it holds is dropped."""
    found = kept if isinstance(kept, Mapping) else {}
    return {name: str(found.get(name) or "")[:DRAFT_CHARACTERS] for name in ("id", "draft", "previous")}


def waits(interview: Interview) -> bool:
    """Whether an answer waits for the interviewer's words."""
    return not interview.ended and bool(interview.turns) and interview.turns[-1].speaker == "candidate"


def _asks(interview: Interview) -> str:
    play = interview.role_play
    return _("Say what you would say to {person}.").format(person=play.person) if play else _(ASKS)


def gradable(interview: Interview) -> bool:
    """Whether answers are graded now: of a role-play only the whole talk is."""
    return interview.role_play is None or over(interview)


def last_answered(interview: Interview | None) -> QuestionDocument | None:
    """The question answered last."""
    turns = interview.turns if interview else ()
    last = next((turn.question_id for turn in reversed(turns) if turn.act == "answer"), None)
    return next((document for document in interview.questions if document.id == last), None) if interview else None


def failed(says: str) -> str:
    """A notice that something failed and that the answer is kept."""
    return show_notice(f"{says} {_(KEPT)}", tone="failed")
