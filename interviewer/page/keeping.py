"""Keeps what happens on the page in the store; a failing store costs a sentence, never the interview."""

from __future__ import annotations

import logging

from ..errors import StoreError
from ..interview import with_grade
from ..phrases import _, later
from ..schema import Grade, Interview
from ..store import Store
from .frame import show_failure, show_notice
from .work import Work, Works

__all__ = ["DELETED", "Keeping"]

log = logging.getLogger(__name__)

DELETED = later("This interview was deleted, so nothing of it is kept. Your words stay in the box until you leave.")


class Keeping:
    """The store as the desk uses it: what is still being worked on goes in with what is stored."""

    def __init__(self, store: Store, works: Works) -> None:
        self.store = store
        self._works = works

    def load(self, interview_id: str) -> Interview:
        """What is stored, with the work since.

        Raises:
            StoreError: there is none, or it can't be read.
        """
        stored = self.store.load(interview_id)
        return self._works.of(stored).merge(stored)

    def further(self, interview: Interview) -> Interview | None:
        """What is stored of this interview when it went on elsewhere, e.g. in another tab."""
        try:
            stored = self.load(interview.id)
        except StoreError:
            return None
        return stored if stored.revision > interview.revision else None

    def work(self, interview: Interview) -> Work:
        """The interview's work, which knows every dispute: a tab's own copy may lack those made meanwhile."""
        work = self._works.of(interview)
        if work.disputes is None:
            try:
                stored = self.store.load(interview.id)
                work.disputes = stored.disputes
                work.rewrites = {**stored.rewrites, **work.rewrites}
            except StoreError:
                work.disputes = interview.disputes
        return work

    def save(self, interview: Interview) -> str:
        """Saves, and returns a notice when that failed: the interview goes on all the same."""
        if self._works.deleted(interview.id):
            return show_notice(_(DELETED))
        disputes = self.work(interview).disputes or ()
        try:
            self.store.save(interview.model_copy(update={"disputes": disputes}))
        except StoreError as failure:
            return show_failure(failure, _("The interview goes on, but reloading this page would lose it."))
        return ""

    def save_work(self, interview: Interview) -> None:
        """Adds grades and rewrites to what is stored now: the talk may be further than this interview."""
        if self._works.deleted(interview.id):
            return
        try:
            self.store.save(self.load(interview.id))
        except StoreError as failure:
            log.warning("%s", failure)

    def use_grade(self, interview: Interview, grade: Grade) -> None:
        """Shows this grade of one of the interview's questions instead of the one that stands.

        Raises:
            StoreError: it can't be kept, so the other one stays.
        """
        if self._works.deleted(interview.id):
            raise StoreError(_(DELETED))
        self.store.save(with_grade(self._works.of(interview).merge(interview), grade))
        self._works.of(interview).grades[grade.question_id] = grade

    def save_disputes(self, interview: Interview) -> str:
        """Adds the disputes to what is stored now, and returns a notice when that failed."""
        if self._works.deleted(interview.id):
            return show_notice(_(DELETED))
        try:
            self.store.save(self.load(interview.id))
        except StoreError as failure:
            return show_failure(failure, _("Your view is shown, but reloading this page may lose it."))
        return ""

    def forget_draft(self, interview_id: str) -> None:
        """What was half typed has been sent."""
        try:
            self.store.save_draft(interview_id, "")
        except StoreError as failure:
            log.warning("%s", failure)
