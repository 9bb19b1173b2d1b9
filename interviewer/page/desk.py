"""What happens when the candidate clicks: each handler turns an interview into changes of the page; knows no gradio.

The tab holds the interview and the store keeps it. Speaking and grading change different parts of the page, so both
can run at once and neither overwrites the other.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

from ..acting import as_played, over
from ..attempts import grade_id
from ..disputes import dispute, with_dispute, without_dispute
from ..errors import DisputeError, InterviewerError, StoreError
from ..grading import worth_repeating
from ..interview import answer, answers_to, hint, try_again, undo
from ..panel import Panel
from ..phrases import _
from ..plans import draw, find_plan, missed
from ..schema import Brief, Dispute, Grade, Interview, Mode, Plan, QuestionDocument
from ..store import DRAFT_CHARACTERS, Store, new_id
from ..wording import BANDS, count_criteria, say_status
from .catalogue import NOTHING_FITS, Filters, count_choices, show_cards, show_plans
from .change import Change
from .closing import show_report
from .differ import Refusal, Sent, read_sent
from .frame import (
    hidden_until_the_end,
    overlay,
    show_chat,
    show_failure,
    show_hints,
    show_notice,
    show_question,
    show_side,
)
from .keeping import Keeping
from .rewriting import Rewriting
from .spoken import Spoken
from .work import Works, until

__all__ = ["ASKS", "Change", "Desk"]

log = logging.getLogger(__name__)

SECONDS_BETWEEN = 0.3
"""A rubric that fills in is drawn at most this often: a quick decider has fifty decisions in one breath."""
ASKS = "Tell what happened, what you did and how it ended."
"""What the empty answer box says."""
KEPT = "Your answer is kept."
BEING_GRADED = "Your answer is being graded."
Kept = dict[str, str]


class Desk:
    """The handlers of one page, for all its tabs."""

    def __init__(
        self,
        panel: Panel,
        store: Store,
        *,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
        whose: Callable[[], str] | None = None,
    ) -> None:
        self.panel = panel
        self.store = store
        self.now = now
        self._now = now
        self._clock = clock
        self._at_home = whose is None
        self._whose = whose or (lambda: "")
        self._rng = rng or random.Random()  # noqa: S311
        self._works = Works(panel)
        self._keeping = Keeping(store, self._works)
        self.spoken = Spoken(panel.voices)
        self.better = Rewriting(lambda: self.panel, self._works, self._keeping, self._drawn)

    # ── starting, coming back, leaving ───────────────────────────────────────────────────────────────

    def browse(self, *given: str) -> Change:
        """The questions that fit; `given` are the filters in their order, then the ids of what is chosen."""
        *named, chosen = given
        filters = Filters(*(str(one or "") for one in named))
        library = self.panel.library
        return Change(
            cards=show_cards(library, filters, chosen.split()),
            choices=count_choices(library, filters),
            filtered=any(filters),
        )

    def clear(self, chosen: str) -> Change:
        """All questions again."""
        return Change(self.browse("", "", "", "", chosen), filters=Filters(), notice="")

    def begin_chosen(self, *given: str, mode: Mode = "practice") -> Change:
        """The questions chosen; when none is, the first that fits."""
        *named, chosen = given
        first = [document.id for document in Filters(*named).find(self.panel.library)[:1]]
        return self.begin(chosen.split() or first, mode=mode)

    def begin_plan(self, plan_id: str, *, mode: Mode = "practice") -> Change:
        """The questions of a written plan."""
        try:
            plan = find_plan(self.panel.library, plan_id)
        except InterviewerError as failure:
            return Change(notice=show_failure(failure, ""))
        return self.begin(plan.questions, plan, mode=mode)

    def surprise(self, *named: str, weakest: bool = False, mode: Mode = "practice") -> Change:
        """Questions that fit, by chance; or those first whose criteria were missed most."""
        filters = Filters(*named)
        found = filters.find(self.panel.library)
        if not found:
            return Change(notice=show_notice(NOTHING_FITS))
        about = ", ".join(one for one in filters[1:] if one)
        try:
            plan = draw(found, self._rng, about=about, marks=self.store.marks(self.owner()) if weakest else None)
        except InterviewerError as failure:
            return Change(notice=show_failure(failure, ""))
        return self.begin(plan.questions, plan, mode=mode)

    def begin(
        self,
        question_ids: Sequence[str],
        plan: Plan | None = None,
        *,
        mode: Mode = "practice",
        brief: Brief | None = None,
    ) -> Change:
        """A new interview, its first question asked; the interviewer knows `brief` of a job ad."""
        if not question_ids:
            return Change(notice=show_notice(NOTHING_FITS))
        unread = self._renew()
        try:
            interview = self.panel.begin(
                question_ids, id=new_id(), now=self._now(), plan=plan, mode=mode, owner=self.owner()
            )
        except InterviewerError as failure:
            return Change(notice=show_failure(failure, ""))
        interview = interview.model_copy(update={"brief": brief}) if brief else interview
        return self._room(interview, notice=unread + self._keeping.save(interview))

    def begin_role_play(self, play_id: str) -> Change:
        """A new role-play, the other person's first line said."""
        unread = self._renew()
        try:
            interview = self.panel.begin_role_play(play_id, id=new_id(), now=self._now(), owner=self.owner())
        except InterviewerError as failure:
            return Change(notice=show_failure(failure, ""))
        return self._room(interview, notice=unread + self._keeping.save(interview))

    def resume(self, kept: Mapping[str, object] | None) -> Change:
        """The interview this browser was in, with what was half typed; the start when there is none."""
        mine = _checked(kept)
        if not mine["id"]:
            return self._start(previous=mine["previous"])
        try:
            interview = self._keeping.load(mine["id"])
            draft = mine["draft"] or self.store.draft(interview.id)
        except StoreError as failure:
            return self._start(notice=show_failure(failure, ""))
        return self._room(interview, box=draft)

    def leave(self, interview: Interview | None) -> Change:
        """Back to the start; the interview stays in the store."""
        if interview is not None:
            work = self._works.of(interview)
            work.take_speech()
            work.take_grading()
            work.take_rewriting()
        return self._start(previous=interview.id if interview else "")

    def forget(self, interview_ids: Iterable[str] | None) -> None:
        """These interviews, or all, were deleted: nothing of them stays in memory, and nothing that runs keeps them."""
        self._works.forget(interview_ids)

    def finish(self, interview: Interview | None, kept: Mapping[str, object] | None) -> Change:
        """The candidate wants to stop."""
        found = self._found(interview, kept)
        if isinstance(found, Change):
            return found
        self._works.of(found).take_speech()
        ended = found if found.ended else self.panel.end(found)
        return Change(self._talk(ended, notice=self._keeping.save(ended)), **self._report(ended))

    # ── answering ────────────────────────────────────────────────────────────────────────────────────

    def note_draft(self, text: str, interview: Interview | None) -> Change:
        """Keeps what is being typed and lets the reader look at it in the background."""
        # A late event of an answer that was sent meanwhile is no draft.
        if interview is None or interview.ended or any(turn.text == text for turn in interview.turns[-2:]):
            return Change()
        if text.strip() and interview.role_play is None:
            self._works.read_soon(interview, text)
        try:
            self.store.save_draft(interview.id, text)
        except StoreError as failure:
            return Change(notice=show_failure(failure, "What you type is kept in this browser meanwhile."))
        return Change()

    def submit(self, text: str, interview: Interview | None, kept: Mapping[str, object] | None) -> Change:
        """Records the answer; speaking and grading follow as events of their own."""
        found = self._found(interview, kept)
        if isinstance(found, Change):
            return found
        refusal = _refusal(found, text)
        if refusal:
            return Change(notice=show_notice(refusal))
        answered = self.spoken.note(answer(found, text, self._now()))
        # What is being graded lacks this answer; a grade of both follows.
        self._works.of(answered).take_grading()
        self._works.of(answered).take_rewriting()
        notice = self._keeping.save(answered)
        self._keeping.forget_draft(answered.id)
        if not _gradable(answered):
            return self._room(answered, notice=notice)
        blank = (0, count_criteria(None, answered.question)[1])
        side = self._side(answered, grading=answered.question.id, progress=blank, status=BEING_GRADED)
        return Change(self._room(answered, notice=notice), side=side)

    async def speak(self, interview: Interview | None) -> AsyncIterator[Change]:
        """The interviewer's next line, as it comes; nothing when no answer waits for one."""
        if interview is None or not _waits(interview):
            return
        further = self._keeping.further(interview)
        if further is not None:
            yield self._talk(further)
            return
        work = self._works.of(interview)
        stopped = work.take_speech()
        yield Change(busy=True, retry=False, notice="")
        line = ""
        spoken: Interview | None = None
        try:
            async for piece in until(stopped, self.panel.speak(interview, work.known(interview), self._now())):
                if isinstance(piece, Interview):
                    spoken = piece
                else:
                    line += piece
                    yield Change(chat=show_chat(interview, line))
        except InterviewerError as failure:
            yield _unspoken(interview, show_failure(failure, KEPT))
            return
        except Exception:
            # An edge: a mistake of ours must not cost the candidate the answer.
            log.exception("speaking failed")
            yield _unspoken(interview, show_notice(f"The interviewer failed unexpectedly. {KEPT}", tone="failed"))
            return
        if stopped.is_set():
            return
        if spoken is None:
            yield _unspoken(interview, show_notice(f"The interviewer said nothing. {KEPT}", tone="failed"))
            return
        spoken = work.merge(spoken)
        yield Change(self._talk(spoken, notice=self._keeping.save(spoken)), **self._report(spoken))

    def _report(self, interview: Interview) -> Change:
        """The side once the interview is over: with its report, and all that a simulation has kept back."""
        if not interview.ended:
            return Change()
        status = _("The report is ready.") if show_report(interview) else ""
        return Change(side=self._drawn(interview, status=status))

    # ── once more, back, help ────────────────────────────────────────────────────────────────────────

    def again(self, question_id: str, interview: Interview | None, kept: Mapping[str, object] | None) -> Change:
        """The question anew; the attempt so far is kept, and an interview that was over goes on."""
        found = self._found(interview, kept)
        if isinstance(found, Change):
            return found
        if hidden_until_the_end(found):
            return Change(notice=show_notice(_("In a simulation there is one try at each question, until it is over.")))
        if question_id not in {document.id for document in found.questions}:
            return Change(notice=show_notice(_("That question isn’t in this interview: reload the page.")))
        work = self._works.of(found)
        work.take_speech()
        work.forget(question_id)
        anew = try_again(found, question_id, prompts=self.panel.prompts)
        work.disputes = anew.disputes
        return self._stay(anew, notice=self._keeping.save(anew))

    def take_back(self, typed: str, interview: Interview | None, kept: Mapping[str, object] | None) -> Change:
        """The last answer back in the box, before what has been typed since."""
        found = self._found(interview, kept)
        if isinstance(found, Change):
            return found
        if hidden_until_the_end(found):
            return Change(notice=show_notice(_("In a simulation, what is said is said.")))
        before, words = undo(found)
        self.spoken.take_back(found)
        if not words:
            return Change(notice=show_notice(_("There is no answer to take back yet.")))
        work = self._works.of(found)
        work.take_speech()
        work.forget(before.question.id)
        box = "\n\n".join(part for part in (words, typed) if part.strip())
        notice = self._keeping.save(before)
        return Change(self._stay(before, notice=notice), box=box, kept=_checked({"id": before.id, "draft": box}))

    def hint(self, interview: Interview | None, kept: Mapping[str, object] | None) -> Change:
        """A probe that helps, noted with the answer."""
        found = self._found(interview, kept)
        if isinstance(found, Change):
            return found
        if hidden_until_the_end(found):
            return Change(notice=show_notice(_("There are no hints in a simulation.")))
        helped = None if found.ended else hint(found, self._works.of(found).known(found))
        if helped is None:
            return Change(notice=show_notice(_("There is no further hint for this question.")))
        return self._talk(helped, notice=self._keeping.save(helped))

    def _stay(self, interview: Interview, notice: str) -> Change:
        """The room again, while the box keeps what is in it."""
        change = self._room(interview, notice=notice)
        del change["box"], change["kept"]
        return change

    # ── grading ──────────────────────────────────────────────────────────────────────────────────────

    async def grade(self, interview: Interview | None, again: bool = False) -> AsyncIterator[Change]:
        """The rubric of the question last answered, as it fills in; not judged twice unless asked to."""
        document = _last_answered(interview)
        if interview is None or document is None or not _gradable(interview):
            return
        asked, answers = answers_to(interview, document.id)
        identity = grade_id(interview, document.id)
        work = self._works.of(interview)
        before = work.grades.get(document.id, interview.grades.get(document.id))
        if before is not None and before.id == identity and not again:
            yield self._graded(interview, before)
            return
        stopped = work.take_grading()
        drawn: float | None = None
        latest: Grade | None = None
        try:
            async for latest in until(stopped, self.panel.grade(document, answers, asked=asked, id=identity)):
                if interview.role_play is not None:
                    latest = as_played(latest)
                work.coming = latest
                if drawn is None or self._clock() - drawn >= SECONDS_BETWEEN:
                    drawn = self._clock()
                    yield self._filling(interview, document, before, latest)
        except InterviewerError as failure:
            yield self._ungraded(interview, show_failure(failure, KEPT))
            return
        except Exception:
            log.exception("grading failed")
            yield self._ungraded(interview, show_notice(f"Grading failed unexpectedly. {KEPT}", tone="failed"))
            return
        if stopped.is_set():
            return  # by the candidate, who has been shown what there is, or by a newer answer
        work.coming = None
        if latest is not None:
            work.grades[document.id] = latest
            self._keeping.save_grades(interview)
            yield self._graded(interview, latest)

    async def grade_played(self, interview: Interview | None) -> AsyncIterator[Change]:
        """The rubric of a role-play that the candidate has ended; an answer's is on its way already, or there."""
        played = interview is not None and interview.role_play is not None
        async for change in self.grade(interview) if played else self.draw_again(interview):
            yield change

    async def draw_again(self, interview: Interview | None) -> AsyncIterator[Change]:
        """The side of an interview that is over: a grade that came meanwhile may have reached the browser first."""
        if interview is not None and interview.ended and self._works.of(interview).grades:
            yield self._report(interview)

    def stop_grading(self, interview: Interview | None) -> Change:
        """Grading was stopped: what was judged until then stands, without a band."""
        if interview is None:
            return Change(grading=False)
        work = self._works.of(interview)
        work.take_grading()
        if work.coming is not None:
            stopped = work.coming.model_copy(update={"id": "", "reason": "You stopped the grading."})
            work.grades[stopped.question_id] = stopped
            work.coming = None
        again = _last_answered(interview) is not None
        return Change(side=self._side(interview, status="Grading stopped."), grading=False, regrade=again)

    def _filling(self, interview: Interview, document: QuestionDocument, before: Grade | None, grade: Grade) -> Change:
        if self._hidden(interview):
            return Change()
        if grade.status == "unscored" and before is None:
            return Change(grading=True, regrade=False)  # nothing to see yet, and no criterion to reveal
        side = self._side(
            interview,
            {document.id: overlay(before, grade)},
            grading=document.id,
            progress=count_criteria(grade, document),
            status=BEING_GRADED,
        )
        return Change(side=side, grading=True, regrade=False)

    def _graded(self, interview: Interview, grade: Grade) -> Change:
        if self._hidden(interview):
            return Change(grading=False, regrade=False)
        interview = self._keeping.further(interview) or interview
        heading = say_status(grade)[0]
        said = f"band {grade.band} of 5, {BANDS[grade.band]}" if grade.band else heading.lower()
        side = self._side(interview, {grade.question_id: grade}, status=f"Your rubric is ready: {said}.")
        return Change(side=side, grading=False, regrade=worth_repeating(grade))

    def _hidden(self, interview: Interview) -> bool:
        """Whether the grade must not be shown: it may have taken longer than the simulation lasted."""
        return hidden_until_the_end(interview) and hidden_until_the_end(self._keeping.further(interview) or interview)

    def _ungraded(self, interview: Interview, notice: str) -> Change:
        return Change(side=self._side(interview), notice=notice, grading=False, regrade=True)

    # ── seeing it differently ────────────────────────────────────────────────────────────────────────

    def differ(self, told: str, interview: Interview | None, kept: Mapping[str, object] | None) -> Change:
        """Takes down, or takes back, another view of a verdict; the grade stays as it is."""
        found = self._found(interview, kept)
        if isinstance(found, Change):
            return found
        work = self._keeping.work(found)
        try:
            sent = read_sent(told)
        except DisputeError as failure:
            return Change(notice=show_failure(failure, ""))
        try:
            work.disputes = _disputes_after(sent, work.merge(found))
        except DisputeError as failure:
            return Change(side=self._drawn(found, refusal=Refusal(sent, str(failure))))
        says = "Your view is taken back." if sent.act == "undo" else "Your view is kept beside the grader's."
        return Change(side=self._drawn(found, status=says), notice=self._keeping.save_disputes(found))

    def _drawn(self, interview: Interview, *, status: str = "", refusal: Refusal | None = None) -> str:
        """The rubric as it is now, the one that is filling in included."""
        coming = self._works.of(interview).coming
        if coming is None:
            return self._side(interview, status=status, refusal=refusal)
        document = next(one for one in interview.questions if one.id == coming.question_id)
        progress = count_criteria(coming, document)
        more = {document.id: overlay(interview.grades.get(document.id), coming)}
        return self._side(interview, more, grading=document.id, progress=progress, status=status, refusal=refusal)

    # ── the whole page at a moment ───────────────────────────────────────────────────────────────────

    def _start(self, *, previous: str = "", notice: str = "") -> Change:
        notice += self._renew()
        return Change(
            self.clear(""),
            screen="start",
            plans=show_plans(self.panel.library),
            missed=self._has_missed(),
            interview=None,
            kept=_checked({"previous": previous}),
            previous=bool(previous),
            chat=[],
            question="",
            hints="",
            helped=False,
            undoable=False,
            box="",
            notice=notice,
            side=self._side(None),
            busy=False,
            ended=False,
            retry=False,
            grading=False,
            regrade=False,
        )

    @property
    def place(self) -> str:
        """Where the interviews lie, as those may know who sit at this machine; empty for all others."""
        return self.store.place if self._at_home else ""

    def owner(self) -> str:
        """Whose interviews are shown and begun: empty on one's own machine, a browser's where several share a page."""
        return self._whose()

    def use_grade(self, interview: Interview, grade: Grade) -> None:
        """Shows this grade of one of the interview's questions instead of the one that stands.

        Raises:
            StoreError: it can't be kept, so the other one stays.
        """
        self._keeping.use_grade(interview, grade)

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
            busy=_waits(interview),
            ended=bool(interview.ended),
            retry=False,
        )

    def _room(self, interview: Interview, *, box: str = "", notice: str = "") -> Change:
        """Both sides, and what the browser keeps."""
        return Change(
            self._talk(interview, notice),
            screen="room",
            kept=_checked({"id": interview.id, "draft": box}),
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
        )  # fmt: skip

    def _has_missed(self) -> bool:
        """Whether earlier grades say what to practise; what can't be read is named when something is saved."""
        try:
            return bool(missed(self.store.marks(self.owner())))
        except StoreError as failure:
            log.warning("%s", failure)
            return False

    # ── keeping ──────────────────────────────────────────────────────────────────────────────────────

    def _found(self, interview: Interview | None, kept: Mapping[str, object] | None) -> Interview | Change:
        """The interview as it is now: the tab's, the store's after a restart, or another tab's further one."""
        identity = interview.id if interview else _checked(kept)["id"]
        if not identity:
            return self._start(notice=show_notice("This page has lost its interview. Start again."))
        if interview is None:
            try:
                return self._keeping.load(identity)
            except StoreError as failure:
                return self._start(notice=show_failure(failure, ""))
        further = self._keeping.further(interview)
        if further is None:
            return self._works.of(interview).merge(interview)
        went_on = "This interview went on in another tab. Here is where it is now; your words stay in the box."
        change = self._room(further, notice=show_notice(went_on))
        del change["box"], change["kept"]
        return change


def _disputes_after(sent: Sent, interview: Interview) -> tuple[Dispute, ...]:
    """The disputes once what was sent is taken down or back.

    Raises:
        DisputeError: it can't be.
    """
    if sent.act == "undo":
        return without_dispute(interview.disputes, sent.question_id, sent.kind, sent.criterion)
    if not sent.criterion:
        raise DisputeError("Choose the red flag that is there.")
    grade = interview.grades.get(sent.question_id)
    if grade is None:
        raise DisputeError("That answer has no rubric: reload the page and try again.")
    _, answers = answers_to(interview, sent.question_id)
    new = dispute(grade, answers, sent.kind, sent.criterion, verdict=sent.verdict, words=sent.words)
    return with_dispute(interview.disputes, new)


def _checked(kept: Mapping[str, object] | None) -> Kept:
    """What the browser kept, in the shape it should have; whatever else it holds is dropped."""
    found = kept if isinstance(kept, Mapping) else {}
    return {name: str(found.get(name) or "")[:DRAFT_CHARACTERS] for name in ("id", "draft", "previous")}


def _waits(interview: Interview) -> bool:
    """Whether an answer waits for the interviewer's words."""
    return not interview.ended and bool(interview.turns) and interview.turns[-1].speaker == "candidate"


def _asks(interview: Interview) -> str:
    play = interview.role_play
    return _("Say what you would say to {person}.").format(person=play.person) if play else ASKS


def _gradable(interview: Interview) -> bool:
    """Whether answers are graded now: of a role-play only the whole talk is."""
    return interview.role_play is None or over(interview)


def _refusal(interview: Interview, text: str) -> str:
    """Why this can't be sent now; empty when it can."""
    if interview.ended:
        return "This interview has ended. Start again to practise once more."
    if _waits(interview):
        return "The interviewer has not finished yet. Your words stay in the box: send them in a moment."
    if not text.strip() and interview.role_play is not None:
        return _("Type what you would say first.")
    if not text.strip():
        return "Type an answer first. If you have no example, say so: that is an answer too."
    if len(text) > DRAFT_CHARACTERS:
        return f"That is longer than {DRAFT_CHARACTERS:,} characters. Shorten it; nothing is cut silently."
    return ""


def _unspoken(interview: Interview, notice: str) -> Change:
    return Change(chat=show_chat(interview), notice=notice, busy=False, retry=True)


def _last_answered(interview: Interview | None) -> QuestionDocument | None:
    """The question answered last."""
    turns = interview.turns if interview else ()
    last = next((turn.question_id for turn in reversed(turns) if turn.act == "answer"), None)
    return next((document for document in interview.questions if document.id == last), None) if interview else None
