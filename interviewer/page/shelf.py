"""The HTML of what is kept: a list to tick, ways to take it along, bring it back, delete it; pure, escapes words."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from ..attempts import attempts_at
from ..data_desk import Made, tells_too_early
from ..exports.outline import say_date
from ..phrases import _, count_of, later
from ..schema import Interview
from ..wording import MODE_NAMES
from .marks import escape

__all__ = ["show_download", "show_export_menu", "show_kept", "show_said", "show_tools"]

WORD = later("delete")
"""What has to be typed before everything is deleted."""
_FORMATS = (
    ("pdf", later("PDF report"), later("for reading, printing, handing to a coach")),
    ("md", later("Markdown"), later("for reading and notes")),
    ("csv", later("CSV"), later("every verdict, for a spreadsheet")),
    ("json", later("JSON"), later("whole, to import again or to send to a coach")),
)


def show_kept(interviews: Sequence[Interview]) -> str:
    """One's interviews, each with a box to tick."""
    if not interviews:
        return (
            f'<div class="empty"><h3>{escape(_("Nothing is kept yet"))}</h3>'
            f"<p>{escape(_('An interview is kept from its first question on. It stands here then.'))}</p></div>"
        )
    items = "".join(_item(one) for one in interviews)
    count = count_of("{number} interview is kept.", "{number} interviews are kept.", len(interviews))
    hint = _("Tick those that you mean; with none ticked, all are exported.")
    return f'<p class="found">{escape(count)} {escape(hint)}</p><ul class="cards kept-list">{items}</ul>'


def _item(interview: Interview) -> str:
    questions = "".join(f'<span class="asked">{escape(one.question)}</span>' for one in interview.questions[:3])
    if len(interview.questions) > 3:
        more = count_of("and {number} more question", "and {number} more questions", len(interview.questions) - 3)
        questions += f'<span class="about">{escape(more)}</span>'
    title = f'<span class="asked">{escape(interview.plan)}</span>' if interview.plan else questions
    facts = " · ".join(_facts(interview))
    return (
        f'<li><label class="card"><input type="checkbox" name="kept" value="{escape(interview.id)}" />'
        f'<span class="titles">{title}</span><span class="about">{escape(facts)}</span></label></li>'
    )


def _facts(interview: Interview) -> list[str]:
    attempts = [one for document in interview.questions for one in attempts_at(interview, document.id)]
    answers = sum(turn.act == "answer" for attempt in attempts for turn in attempt.turns)
    known = () if tells_too_early(interview) else attempts
    bands = [one.grade.band for one in known if one.grade is not None and one.grade.band is not None]
    facts = [say_date(interview.started), _(MODE_NAMES[interview.mode])]
    facts.append(count_of("{number} answer", "{number} answers", answers))
    if tells_too_early(interview):
        facts.append(_("unfinished"))
    else:
        facts.append(_("best band {band} of 5").format(band=max(bands)) if bands else _("no band"))
    if interview.comments:
        facts.append(count_of("{number} comment", "{number} comments", len(interview.comments)))
    return facts


def show_tools(place: str) -> str:
    """What can be done with what is kept; never drawn anew, so that nothing typed into it is lost.

    Args:
        place: where the data lies, as the owner of this machine may know; empty: they are on another's.
    """
    where = (
        _("Everything is kept in {place} and sent to nobody. Only a model named at the top of the page reads answers.")
        if place
        else _("Everything is kept on the machine that serves this page. Only a model named at its top reads answers.")
    )
    buttons = "".join(
        f'<li><button type="button" class="plain" data-press="data-export" data-value="{format}">{escape(_(name))}'
        f'</button> <span class="hint">{escape(_(use))}</span></li>'
        for format, name, use in _FORMATS
    )
    return (
        f'<p class="hint">{escape(where.format(place=place))}</p>'
        f'<section class="tool"><h3>{escape(_("Take it along"))}</h3><label class="typed">'
        f'{escape(_("Your name, for whoever reads it (may stay empty)"))}<input type="text" id="data-name" '
        f'maxlength="100" autocomplete="name" /></label><ul class="ways">{buttons}</ul></section>'
        f'<section class="tool"><h3>{escape(_("Bring it back"))}</h3><label class="typed">'
        f"{escape(_('JSON files that were exported here, or that a coach sent back with comments'))}"
        '<input type="file" multiple accept=".json,application/json" data-reads="data-import" /></label></section>'
        f'<section class="tool"><h3>{escape(_("Delete"))}</h3><details id="data-some"><summary>'
        f"{escape(_('Delete the ticked interviews'))}</summary>"
        f"<p>{escape(_('They are gone for good, drafts and grades included. Export them first if in doubt.'))}</p>"
        f'<button type="button" class="plain" data-press="data-delete">{escape(_("Delete them now"))}</button>'
        f'</details><details id="data-all"><summary>{escape(_("Delete everything"))}</summary>'
        f"<p>{escape(_('All interviews, drafts and grades, and what this browser remembers, are gone for good.'))}</p>"
        f'<label class="typed">{escape(_("Type “{word}” to say that you mean it").format(word=_(WORD)))}'
        '<input type="text" id="data-word" autocomplete="off" autocapitalize="none" /></label>'
        f'<button type="button" class="plain danger" data-press="data-everything">{escape(_("Delete everything now"))}'
        "</button></details></section>"
    )


def show_said(text: str, *, failed: bool = False, forgets: int = 0) -> str:
    """What was just done, announced; the element stays when it says nothing.

    `forgets`: not 0 where the browser has to forget what it alone holds; another number each time.
    """
    tone = " failed" if failed else ""
    forget = f' data-forgets="{forgets}"' if forgets else ""
    return f'<p class="{"notice" + tone if text else "aloud"}" role="status"{forget}>{escape(text)}</p>'


def show_export_menu() -> str:
    """The ways to take along the interview that has just ended."""
    buttons = "".join(
        f'<button type="button" class="plain" data-press="room-export" data-value="{format}">{escape(_(name))}</button>'
        for format, name, _use in _FORMATS
        if format in ("pdf", "md")
    )
    return (
        f'<details class="menu"><summary>{escape(_("Export this interview"))}</summary>'
        f'<div class="buttons">{buttons}</div></details>'
    )


def show_download(made: Made, number: int) -> str:
    """A file for the script to hand to the browser; `number` makes two downloads of one file two."""
    data = base64.b64encode(made.data).decode()
    return (
        f'<i data-file="{escape(made.name)}" data-type="{escape(made.media_type)}" data-number="{number}" '
        f'data-bytes="{data}"></i>'
    )
