"""The start screen: finding questions, beginning an interview or a role-play, and coming back to the start."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from ..errors import InterviewerError, StoreError
from ..phrases import _
from ..plans import draw, find_plan, missed
from ..schema import Brief, Interview, Mode, Plan
from ..store import new_id
from .catalogue import NOTHING_FITS, Filters, count_choices, show_cards, show_plans
from .change import Change
from .frame import show_failure, show_notice
from .keeping import DELETED
from .room import Room, checked

__all__ = ["LibraryDesk"]

log = logging.getLogger(__name__)


class LibraryDesk(Room):
    """The handlers of the start screen."""

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
            return Change(notice=show_notice(_(NOTHING_FITS)))
        about = ", ".join(one for one in filters[1:] if one)
        try:
            plan = draw(found, self._rng, about=about, marks=self._marks() if weakest else None)
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
            return Change(notice=show_notice(_(NOTHING_FITS)))
        unread = self._renew()
        try:
            interview = self.panel.begin(
                question_ids, id=new_id(), now=self.now(), plan=plan, mode=mode, owner=self.owner()
            )
        except InterviewerError as failure:
            return Change(notice=show_failure(failure, ""))
        interview = interview.model_copy(update={"brief": brief}) if brief else interview
        return self._room(interview, notice=unread + self._keeping.save(interview))

    def begin_role_play(self, play_id: str) -> Change:
        """A new role-play, the other person's first line said."""
        unread = self._renew()
        try:
            interview = self.panel.begin_role_play(play_id, id=new_id(), now=self.now(), owner=self.owner())
        except InterviewerError as failure:
            return Change(notice=show_failure(failure, ""))
        return self._room(interview, notice=unread + self._keeping.save(interview))

    def _start(self, *, previous: str = "", notice: str = "") -> Change:
        notice += self._renew()
        return Change(
            self.clear(""),
            screen="start",
            plans=show_plans(self.panel.library),
            missed=self._has_missed(),
            interview=None,
            kept=checked({"previous": previous}),
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

    def _has_missed(self) -> bool:
        """Whether earlier grades say what to practise; what can't be read is named when something is saved."""
        try:
            return bool(missed(self._marks()))
        except StoreError as failure:
            log.warning("%s", failure)
            return False

    def _found(self, interview: Interview | None, kept: Mapping[str, object] | None) -> Interview | Change:
        """The interview as it is now: the tab's, the store's after a restart, or another tab's further one."""
        identity = interview.id if interview else checked(kept)["id"]
        if self._works.deleted(identity):
            return Change(notice=show_notice(_(DELETED)))
        if not identity:
            return self._start(notice=show_notice(_("This page has lost its interview. Start again.")))
        if interview is None:
            try:
                return self.load_own(identity)
            except StoreError as failure:
                return self._start(notice=show_failure(failure, ""))
        further = self._keeping.further(interview)
        if further is None:
            return self._works.of(interview).merge(interview)
        went_on = _("This interview went on in another tab. Here is where it is now; your words stay in the box.")
        change = self._room(further, notice=show_notice(went_on))
        del change["box"], change["kept"]
        return change
