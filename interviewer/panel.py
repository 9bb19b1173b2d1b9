"""Who interviews and who grades, together with what they need; says so in plain words, never hides a fallback."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from . import acting
from .content import LiveLibrary
from .errors import ContentError
from .grading import Price, grade, part_answers
from .hearing import Voices
from .intake import ungradable
from .interview import Interviewer, answer, answers_to, begin, end, listen, next_step, speak
from .phrases import _
from .prompts import Prompts
from .rubric import build_state
from .schema import Decider, Grade, Interview, Library, Limits, Mode, Plan, QuestionDocument, ReadsAhead
from .second import second_opinion
from .trust import say_missed, say_trust

__all__ = ["Description", "Panel"]

AT_ONCE = 3
"""Sentences read ahead in one go, so that who sends a pasted answer at once need not wait until all of it is read."""


@dataclass(frozen=True)
class Description:
    """What the page always shows."""

    interviewer: str
    grader: str
    agreement: str
    """How far this grader agreed with raters, or that nobody has measured it."""
    notices: tuple[str, ...]
    """Every fallback, each in one sentence."""


@dataclass(frozen=True)
class Panel:
    """The people on the other side of the table."""

    library: Library
    prompts: Prompts
    interviewer: Interviewer
    decider: Decider
    reader: Decider | None = None
    """A quick decider whose reading of a draft chooses the next probe; None: probes follow finished grades only."""
    ahead: ReadsAhead | None = None
    """The grader, where it can read an answer while it is being written; None: it can't."""
    second: Decider | None = None
    """Who else reads the answers once they are graded; None: nobody."""
    samples: int = 1
    """How many times a chat model that grades is asked about each answer."""
    price: Price | None = None
    limits: Limits = field(default_factory=Limits)
    notices: tuple[str, ...] = ()
    voices: Voices = field(default_factory=Voices)
    """What writes down spoken answers and reads lines aloud; as a rule nothing."""
    documents: LiveLibrary | None = None
    """Where the library is read again from; None: it stays as it is."""

    def renewed(self) -> tuple[Panel, str]:
        """This panel with the documents as they are now, and a sentence when some can't be read."""
        if self.documents is None:
            return self, ""
        notice = self.documents.renew()
        return replace(self, library=self.documents.library), notice

    def begin(
        self,
        question_ids: Sequence[str],
        *,
        id: str,
        now: float,
        plan: Plan | None = None,
        mode: Mode = "practice",
        owner: str = "",
    ) -> Interview:
        """A new interview about the documents named.

        Args:
            question_ids: in the order they are asked.
            id: unique name for the interview.
            now: seconds since the epoch.
            plan: where the questions came from; its minutes are then a simulation's limit.
            mode: practice or simulation.
            owner: the browser it belongs to, where several people share a page.

        Raises:
            ContentError: there is no such document.
        """
        for wanted in question_ids:
            if wanted not in self.library.questions:
                known = ", ".join(sorted(self.library.questions))
                raise ContentError(f"There is no question {wanted!r}; choose one of: {known}.")
        documents = [self.library.questions[wanted] for wanted in question_ids]
        limits = self.limits.model_copy(update={"minutes": plan.minutes}) if plan else self.limits
        interview = begin(documents, prompts=self.prompts, id=id, now=now, limits=limits, mode=mode, owner=owner)
        return interview.model_copy(update={"plan": plan.title}) if plan else interview

    def begin_role_play(self, play_id: str, *, id: str, now: float, owner: str = "") -> Interview:
        """A new role-play: the scene set, the person's first line said.

        Raises:
            ContentError: there is no such role-play.
        """
        play = self.library.role_plays.get(play_id)
        if play is None:
            known = ", ".join(sorted(self.library.role_plays)) or "none (write one in roleplays/)"
            raise ContentError(f"There is no role-play {play_id!r}; there are: {known}.")
        return begin(
            [self.library.questions[play.question]],
            prompts=self.prompts, id=id, now=now, limits=self.limits, mode="role_play", owner=owner, role_play=play,
        )  # fmt: skip

    def speak(self, interview: Interview, known: Grade | None, now: float) -> AsyncIterator[str | Interview]:
        """What follows the last answer, in words: pieces of the line, then the new interview.

        Args:
            interview: whose last turn is an answer.
            known: what is known of the answers to the current question so far; None when nothing is.
            now: seconds since the epoch.

        Raises:
            ProviderError: the model failed; the interview stands as it was.
        """
        if interview.role_play is not None:
            return acting.act(interview, self.interviewer)
        return speak(interview, next_step(interview, known, now), self.interviewer)

    async def listen(self, interview: Interview) -> None:
        """Lets an embedded model read the talk while the candidate types; see `interview.listen`."""
        if interview.role_play is None and not interview.ended:
            await listen(interview, self.interviewer)

    def end(self, interview: Interview) -> Interview:
        """The interview ended at the candidate's wish."""
        if interview.role_play is not None:
            return acting.stop(interview, self.prompts)
        return end(interview, self.interviewer)

    async def grade(
        self, document: QuestionDocument, answers: Sequence[str], *, asked: Sequence[str], id: str = ""
    ) -> AsyncGenerator[Grade]:
        """The grade of the answers as it fills in, by this panel's grader; last, with the second opinion on it."""
        latest: Grade | None = None
        async with aclosing(self._grade(self.decider, document, answers, asked, id)) as grades:
            async for latest in grades:
                yield latest
        if self.second is None or latest is None or latest.status == "unscored":
            return
        others = [grade async for grade in self._grade(self.second, document, answers, asked, id)]
        if (opinion := second_opinion(latest, others[-1])) is not None:
            yield latest.model_copy(update={"second_opinion": opinion})

    async def read(self, document: QuestionDocument, answers: Sequence[str], *, asked: Sequence[str]) -> Grade | None:
        """What the reader makes of the answers so far, draft included; None without a reader."""
        if self.reader is None:
            return None
        grades = [grade async for grade in self._grade(self.reader, document, answers, asked, "")]
        return grades[-1]

    @property
    def reads_ahead(self) -> bool:
        """Whether a model on this machine can read a draft while it is typed."""
        llm = self.interviewer.llm
        return self.ahead is not None or (llm is not None and llm.local)

    async def read_ahead(self, interview: Interview, draft: str, known: int) -> int:
        """Lets embedded models read some more of a draft's finished sentences; the last one is still being written.

        Args:
            interview: whose last turn waits for the answer.
            draft: that answer so far.
            known: how many sentences of the answers to the question they have read.

        Returns:
            How many they have read now; no more than before when there is nothing to read, or it won't be graded.

        Raises:
            ProviderError, ReplyError: as `interview.listen` says.
        """
        asked, answers = answers_to(answer(interview, draft), interview.question.id)
        if ungradable(answers):
            return known
        more = part_answers(interview.question, answers, self.library).own[:-1][: known + AT_ONCE]
        if len(more) > known:
            typed = max((one.end for one in more if one.answer == len(answers) - 1), default=0)
            await listen(interview, self.interviewer, draft[:typed])
            if self.ahead is not None:
                await self.ahead.read_ahead(build_state(asked, more, self.prompts.render))
        return len(more)

    def describe(self) -> Description:
        """Who is interviewing, who is grading, and how far to believe it."""
        llm = self.interviewer.llm
        speaker = (
            _("The model {model} interviews.").format(model=llm.model)
            if llm
            else _("No model: the follow-ups are written in the document.")
        )
        return Description(
            interviewer=speaker,
            grader=_("Graded by {decider} ({model}).").format(decider=self.decider.name, model=self.decider.model),
            agreement=say_trust(self.decider.calibration),
            notices=self.notices,
        )

    def say_missed(self, grade: Grade) -> str:
        """How many answers with a red flag the grade's grader found when it was measured; empty where it isn't known.

        Known only of the grader at this table: who made an old grade may be another.
        """
        if (grade.decider, grade.model) != (self.decider.name, self.decider.model):
            return ""
        return say_missed(self.decider.calibration)

    def _grade(
        self, decider: Decider, document: QuestionDocument, answers: Sequence[str], asked: Sequence[str], id: str
    ) -> AsyncGenerator[Grade]:
        return grade(
            document,
            answers,
            asked=asked,
            decider=decider,
            prompts=self.prompts,
            library=self.library,
            id=id,
            price=self.price,
        )
