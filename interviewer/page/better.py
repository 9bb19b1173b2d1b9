"""Shows an answer said better, or offers it: text, blanks, what was left out, reading beside it; pure, asks nobody."""

from __future__ import annotations

from typing import NamedTuple

from ..facts import BLANK
from ..phrases import _, count_of
from ..rewrite import say_maker
from ..schema import Grade, Library, QuestionDocument, Rewrite
from .marks import escape
from .render import show_reading

__all__ = ["Writing", "show_better"]


class Writing(NamedTuple):
    """A rewrite that is being written."""

    question_id: str
    sentences: int
    """How many the model has finished."""
    meanwhile: Rewrite
    """The candidate's own sentences, to read while the model writes."""


def show_better(
    grade: Grade, document: QuestionDocument, library: Library, rewrite: Rewrite | None, writing: Writing | None,
    *, prefix: str,
) -> str:  # fmt: skip
    """What stands under the advice: the button, how far the writing is, or the rewrite.

    Args:
        grade: of the answers as they are.
        document: the question's.
        library: where the reading beside it is.
        rewrite: the latest; one made from other answers is not shown.
        writing: what is being written now, of whichever question.
        prefix: of element ids.
    """
    if grade.status == "unscored":
        return ""
    if writing is not None and writing.question_id == document.id:
        body = _progress(writing) + _beside(_rewritten(writing.meanwhile, prefix), grade, library, prefix)
    elif rewrite is not None and rewrite.answer_hash == grade.answer_hash:
        again = _offer(document, _("Write it once more"))
        body = _beside(_rewritten(rewrite, prefix, again), grade, library, prefix)
    else:
        says = _("Your answer, told in order with your own facts only, and questions where one is missing.")
        body = f'<p class="hint">{escape(says)}</p>{_offer(document, _("Say it better"))}'
    title = escape(_("Say it better"))
    return f'<section class="said-better" id="{prefix}-better"><h4>{title}</h4>{body}</section>'


def _offer(document: QuestionDocument, says: str) -> str:
    return (
        f'<button type="button" class="plain" data-press="say-better" data-value="{escape(document.id)}" '
        f'data-focus="better">{escape(says)}<span class="aloud">: {escape(document.question)}</span></button>'
    )


def _progress(writing: Writing) -> str:
    none = _("The model reads your answer …")
    some = count_of("{number} sentence written …", "{number} sentences written …", writing.sentences)
    says = some if writing.sentences else none
    slow = _("A model on this computer takes about a minute. Its text is shown once its facts have been checked.")
    return (
        f'<div class="progress"><progress aria-label="{escape(_("Rewriting"))}"></progress>'
        f'<span role="status">{escape(says)}</span></div><p class="hint">{escape(slow)}</p>'
        f'<button type="button" class="plain" data-press="stop-better" data-focus="better">{escape(_("Stop"))}</button>'
    )


def _beside(rewritten: str, grade: Grade, library: Library, prefix: str) -> str:
    """The rewrite and, beside it, the reading of the first advice that has one."""
    found = (show_reading(one, library, f"{prefix}-better-reading", unfolded=True) for one in grade.advice)
    reading = next((one for one in found if one), "")
    return f'<div class="{"two" if reading else "one"}"><div>{rewritten}</div>{reading}</div>'


def _rewritten(rewrite: Rewrite, prefix: str, again: str = "") -> str:
    text = " ".join(_mark_blanks(line.text) for line in rewrite.lines if not line.left_out)
    out = [line for line in rewrite.lines if line.left_out]
    dropped = ""
    if out:
        rows = "".join(
            f'<li><q>{escape(line.text)}</q> <span class="reason">{escape(line.left_out)}</span></li>' for line in out
        )
        title = count_of("{number} sentence left out, and why", "{number} sentences left out, and why", len(out))
        dropped = (
            f'<details class="dropped" id="{prefix}-better-dropped"><summary>{escape(title)}</summary>'
            f"<ul>{rows}</ul></details>"
        )
    copied = escape(_("Copied"))
    return (
        f'<p class="hint">{escape(say_maker(rewrite))}</p><p class="rewritten" id="{prefix}-better-text">{text}</p>'
        f'<p class="foot"><button type="button" class="plain" data-copy="{prefix}-better-text" data-said="{copied}">'
        f'{escape(_("Copy"))}</button> <span role="status"></span>{again}</p>{dropped}'
    )


def _mark_blanks(text: str) -> str:
    parts, end = [], 0
    for blank in BLANK.finditer(text):
        parts += [escape(text[end : blank.start()]), f'<mark class="blank">{escape(blank[0])}</mark>']
        end = blank.end()
    return "".join([*parts, escape(text[end:])])
