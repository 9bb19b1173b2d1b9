"""Has an answer said better while the page looks on, and stops it; changes no grade and no turn; knows no gradio."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Callable

from ..disputes import heard
from ..errors import InterviewerError
from ..interview import answers_to
from ..panel import Panel
from ..phrases import _
from ..rewrite import rewrite, template
from ..schema import Grade, Interview, QuestionDocument, Rewrite
from .better import Writing
from .change import Change
from .frame import hidden_until_the_end, show_notice
from .keeping import Keeping
from .work import Works, until

__all__ = ["Rewriting"]

log = logging.getLogger(__name__)
_SENTENCE_END = re.compile(r"[.!?]\s")


class Rewriting:
    """The handlers of "Say it better"."""

    def __init__(self, panel: Callable[[], Panel], works: Works, keeping: Keeping, draw: Callable[..., str]) -> None:
        """Takes what the desk works with.

        Args:
            panel: who is at the table now; its interviewer's model writes.
            works: what is being worked on.
            keeping: the store.
            draw: the rubric of an interview, with a `status` for readers aloud.
        """
        self._panel = panel
        self._works = works
        self._keeping = keeping
        self._draw = draw

    async def write(self, question_id: str, interview: Interview | None) -> AsyncIterator[Change]:
        """The answers to a graded question said better: how far it is, then the rewrite; the template if all fails."""
        found = self._graded(question_id, interview)
        if found is None or interview is None:
            yield Change(notice=show_notice(_("There is no graded answer to rewrite: reload the page.")))
            return
        document, answers, grade = found
        work = self._works.of(interview)
        stopped = work.take_rewriting()
        made: Rewrite | None = None
        told, panel = "", self._panel()
        work.writing = Writing(question_id, 0, template(document, answers, grade))
        yield Change(side=self._draw(interview, status=_("Your answer is being rewritten.")), notice="")
        try:
            writing = rewrite(document, answers, grade, llm=panel.interviewer.llm, prompts=panel.prompts)
            async for piece in until(stopped, writing):
                if isinstance(piece, Rewrite):
                    made = piece
                    continue
                told += piece
                count = len(_SENTENCE_END.findall(told))
                if count > work.writing.sentences:
                    work.writing = work.writing._replace(sentences=count)
                    yield Change(side=self._draw(interview))
        except InterviewerError as failure:
            made = template(document, answers, grade, reason=str(failure))
        except Exception:
            # An edge: a mistake of ours must not cost the candidate the template.
            log.exception("rewriting failed")
            made = template(document, answers, grade, reason=_("The model failed unexpectedly."))
        finally:
            if not stopped.is_set():
                work.writing = None
        if made is None or stopped.is_set():
            return  # by the candidate, who has been shown that, or by something newer
        work.rewrites[question_id] = made
        self._keeping.save_work(interview)
        yield Change(side=self._draw(interview, status=_("Your rewrite is ready.")))

    def _graded(
        self, question_id: str, interview: Interview | None
    ) -> tuple[QuestionDocument, tuple[str, ...], Grade] | None:
        """The question, the answers that its grade judges, and the grade; None where nothing may be shown of it."""
        if interview is None or hidden_until_the_end(interview):
            return None
        now = self._keeping.work(interview).merge(interview)
        document = next((one for one in now.questions if one.id == question_id), None)
        grade = now.grades.get(question_id)
        _asked, answers = answers_to(now, question_id)
        if document is None or grade is None or grade.status == "unscored" or not answers:
            return None
        return document, answers[: heard(grade, answers)], grade

    def stop(self, interview: Interview | None) -> Change:
        """The candidate doesn't want to wait for it."""
        if interview is None:
            return Change()
        self._works.of(interview).take_rewriting()
        return Change(side=self._draw(interview, status=_("Rewriting stopped.")))
