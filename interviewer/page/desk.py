"""What happens when the candidate clicks: each handler turns an interview into changes of the page; knows no gradio.

The tab holds the interview and the store keeps it. Speaking and grading change different parts of the page, so both
can run at once and neither overwrites the other.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Mapping

from ..errors import InterviewerError, StoreError
from ..interview import answer, hint, try_again, undo
from ..phrases import _
from ..schema import Interview
from ..store import DRAFT_CHARACTERS
from ..wording import count_criteria
from .change import Change
from .frame import (
    hidden_until_the_end,
    show_chat,
    show_failure,
    show_notice,
)
from .grading_desk import GradingDesk
from .room import ASKS, BEING_GRADED, KEPT, STOPPED, UNANSWERED, checked, failed, gradable, waits
from .work import until

__all__ = ["ASKS", "Change", "Desk"]

log = logging.getLogger(__name__)

_OF_START = ("missed", "previous")
"""What the start screen shows of its own, besides the documents."""
_DOCUMENTS = ("cards", "choices", "plans", "notice")


class Desk(GradingDesk):
    """The handlers of one page, for all its tabs."""

    # ── starting, coming back, leaving ───────────────────────────────────────────────────────────────

    def resume(self, kept: Mapping[str, object] | None) -> Change:
        """The interview this browser was in, with what was half typed; the start when there is none."""
        mine = checked(kept)
        if not mine["id"]:
            return self._start(previous=mine["previous"])
        try:
            interview = self.load_own(mine["id"])
            draft = mine["draft"] or self.store.draft(interview.id)
        except StoreError as failure:
            return self._start(notice=show_failure(failure, ""))
        self._works.restore([interview.id])
        return self._room(interview, box=draft)

    def arrive(self, kept: Mapping[str, object] | None) -> Change:
        """A page was opened: as `resume`; but where it stays at the start, who has begun meanwhile is left alone.

        Whoever searches already goes on searching: the documents are drawn anew only if they are other ones.
        """
        change = self.resume(kept)
        if change["screen"] == "start" and not checked(kept)["id"]:
            same = self.panel.library is self._laid_out and not change["notice"]
            names = _OF_START if same else (*_OF_START, *_DOCUMENTS)
            return Change({name: change[name] for name in names if name in change})
        return change

    def leave(self, interview: Interview | None) -> Change:
        """Back to the start; the interview stays in the store."""
        if interview is not None:
            work = self._works.of(interview)
            work.take_speech()
            work.take_grading()
            work.take_rewriting()
        return self._start(previous=interview.id if interview else "")

    def forget(self, interview_ids: Iterable[str]) -> None:
        """These interviews are being deleted: nothing of them stays in memory, and nothing that runs keeps them."""
        ids = frozenset(interview_ids)
        self._works.forget(ids)
        self.spoken.forget(ids)
        for forget in self.also_forget:
            forget(ids)

    def own_ids(self) -> frozenset[str]:
        """Of all that "delete everything" is about: what is stored, and on one's own machine what is not, too.

        Raises:
            StoreError: the store can't be read.
        """
        owner = self.owner()
        stored = frozenset(saved.id for saved in self.store.saved(owner or None))
        return stored | self._works.ids if self._at_home else stored

    def restore(self, interview_ids: Iterable[str]) -> None:
        """These interviews are there again, or still: what goes on in them is kept."""
        self._works.restore(interview_ids)

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
        if interview is None or interview.ended or self._works.deleted(interview.id):
            return Change()
        # A late event of an answer that was sent meanwhile is no draft.
        if any(turn.text == text for turn in interview.turns[-2:]):
            return Change()
        if text.strip() and interview.role_play is None:
            self._works.read_soon(interview, text)
            if not waits(interview):
                self._works.listen_soon(interview)
                # Where several share a page, each one's words would take the place of another's.
                if self._at_home:
                    self._works.read_ahead_soon(interview)
        try:
            self.store.save_draft(interview.id, text)
        except StoreError as failure:
            return Change(notice=show_failure(failure, _("What you type is kept in this browser meanwhile.")))
        return Change()

    def submit(self, text: str, interview: Interview | None, kept: Mapping[str, object] | None) -> Change:
        """Records the answer; speaking and grading follow as events of their own."""
        found = self._found(interview, kept)
        if isinstance(found, Change):
            return found
        refusal = _refusal(found, text, unanswered=self._works.of(found).unanswered)
        if refusal:
            return Change(notice=show_notice(refusal), refused=True)
        answered = self.spoken.note(answer(found, text, self.now()))
        # What is being graded lacks this answer; a grade of both follows.
        work = self._works.of(answered)
        work.take_grading()
        work.take_rewriting()
        work.stop_listening()
        notice = self._keeping.save(answered)
        self._keeping.forget_draft(answered.id)
        if not gradable(answered):
            return self._room(answered, notice=notice)
        blank = (0, count_criteria(None, answered.question)[1])
        side = self._side(answered, grading=answered.question.id, progress=blank, status=_(BEING_GRADED))
        return Change(self._room(answered, notice=notice), side=side)

    async def speak(self, interview: Interview | None) -> AsyncIterator[Change]:
        """The interviewer's next line, as it comes; nothing when no answer waits for one."""
        if interview is None or not waits(interview):
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
            async for piece in until(stopped, self.panel.speak(interview, work.known(interview), self.now())):
                if isinstance(piece, Interview):
                    spoken = piece
                else:
                    line += piece
                    yield Change(chat=show_chat(interview, line))
        except InterviewerError as failure:
            yield self._unspoken(interview, show_failure(failure, _(KEPT)))
            return
        except Exception:
            # An edge: a mistake of ours must not cost the candidate the answer.
            log.exception("speaking failed")
            yield self._unspoken(interview, failed(_("The interviewer failed unexpectedly.")))
            return
        if stopped.is_set():
            return
        if spoken is None:
            yield self._unspoken(interview, failed(_("The interviewer said nothing.")))
            return
        spoken = work.merge(spoken)
        yield Change(self._talk(spoken, notice=self._keeping.save(spoken)), **self._report(spoken))

    def stop_waiting(self, interview: Interview | None) -> Change:
        """The candidate waits no longer for the line that is being spoken; it can be asked for again."""
        if interview is None or not waits(interview):
            return Change()
        further = self._keeping.further(interview)
        if further is not None:
            return self._talk(further)  # it has just been spoken
        self._works.of(interview).take_speech()
        return self._unspoken(interview, show_notice(_(STOPPED)))

    def _unspoken(self, interview: Interview, notice: str) -> Change:
        self._works.of(interview).unanswered = True
        return Change(chat=show_chat(interview), notice=notice, busy=False, retry=True)

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
        return Change(self._stay(before, notice=notice), box=box, kept=checked({"id": before.id, "draft": box}))

    def hint(self, interview: Interview | None, kept: Mapping[str, object] | None) -> Change:
        """A probe that helps, noted with the answer."""
        found = self._found(interview, kept)
        if isinstance(found, Change):
            return found
        if hidden_until_the_end(found):
            return Change(notice=show_notice(_("There are no hints in a simulation.")))
        if waits(found) and not self._works.of(found).unanswered:
            # It would be about a question that nobody has read yet, and what is spoken now would not know of it.
            return Change(notice=show_notice(_("The interviewer is still speaking: ask for a hint after that.")))
        helped = None if found.ended else hint(found, self._works.of(found).known(found))
        if helped is None:
            return Change(notice=show_notice(_("There is no further hint for this question.")))
        return self._talk(helped, notice=self._keeping.save(helped))

    def _stay(self, interview: Interview, notice: str) -> Change:
        """The room again, while the box keeps what is in it."""
        change = self._room(interview, notice=notice)
        del change["box"], change["kept"]
        return change


def _refusal(interview: Interview, text: str, *, unanswered: bool) -> str:
    """Why this can't be sent now; empty when it can."""
    if interview.ended:
        return _("This interview has ended. Start again to practise once more.")
    if waits(interview) and unanswered:
        return _(UNANSWERED)
    if waits(interview):
        return _("The interviewer has not finished yet. Your words stay in the box: send them in a moment.")
    if not text.strip() and interview.role_play is not None:
        return _("Type what you would say first.")
    if not text.strip():
        return _("Type an answer first. If you have no example, say so: that is an answer too.")
    if len(text) > DRAFT_CHARACTERS:
        told = _("That is longer than {most:,} characters. Shorten it; nothing is cut silently.")
        return told.format(most=DRAFT_CHARACTERS)
    return ""
