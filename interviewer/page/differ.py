"""Shows both views of a verdict and the form to give another one; pure, escapes everybody's words, judges nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast, get_args

from ..disputes import CHOICES
from ..errors import DisputeError
from ..phrases import _, count_of, later
from ..schema import Dispute, Kind, RedFlag
from ..wording import say_verdict
from .marks import escape, show_quote

__all__ = ["Refusal", "Sent", "offer_absent", "read_sent", "say_count", "show_differ"]

STAYS = later("Both verdicts are kept. Coverage and band stay the grader's.")
_LONGEST = 200_000
"""Characters of a form taken: two answers' worth."""


class Sent(NamedTuple):
    """What a form of ours sends; nothing in it is believed."""

    act: str
    """`differ`, or `undo`."""
    question_id: str
    kind: Kind
    criterion: str
    verdict: str
    words: str


class Refusal(NamedTuple):
    """Why what was sent could not be taken, for the form it came from."""

    sent: Sent
    says: str


def read_sent(text: str) -> Sent:
    """Reads a form, as JSON, from the browser.

    Raises:
        DisputeError: it isn't one of ours.
    """
    try:
        given = json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        given = None
    names = ("act", "question", "kind", "criterion", "verdict", "words")
    found = [str(given.get(name, "")) for name in names] if isinstance(given, Mapping) else []
    if not found or found[2] not in get_args(Kind):
        raise DisputeError(_("The page sent something that can't be read: reload it and try again."))
    act, question_id, kind, criterion, verdict, words = found
    # Half a character can be neither found in an answer nor saved.
    words = words.encode("utf-8", "replace").decode()
    return Sent(act, question_id, cast(Kind, kind), criterion, verdict, words)


def say_count(disputes: Sequence[Dispute]) -> str:
    """A sentence about all disputes of a rubric; empty when there is none."""
    if not disputes:
        return ""
    says = count_of(
        "You see one verdict differently, shown beside the grader’s. Coverage and band stay its own.",
        "You see {number} verdicts differently, shown beside the grader’s. Coverage and band stay its own.",
        len(disputes),
    )
    return f'<p class="hint">{escape(says)}</p>'


def show_differ(
    kind: Kind, criterion: str, name: str, *, question_id: str, prefix: str, several: bool, answers: int,
    kept: Dispute | None = None, refusal: Refusal | None = None,
) -> str:  # fmt: skip
    """What stands under one criterion: the other view, if there is one, and the form to give or change it.

    Args:
        kind: of the criterion.
        criterion: its id, or the STAR part.
        name: as shown.
        question_id: of the document.
        prefix: of the rubric's element ids.
        several: whether there are several answers, so that quotes say which one they are from.
        answers: how many of them the shown grade judges.
        kept: the latest other view.
        refusal: of what was last sent; shown if it was sent from here.
    """
    place = f"{prefix}-differ-{kind}-{escape(criterion)}"
    about = {"question": question_id, "kind": kind, "criterion": criterion, "place": prefix}
    mine = _refused_here(refusal, question_id, kind, [criterion])
    given = kept.verdict if kept else ""
    chosen = "".join(_radio("verdict", one, say_verdict(one), on=one == given) for one in CHOICES[kind])
    words = _words(kept) if kind in ("key_point", "red_flag") else ""
    legend = escape(_("Your verdict"))
    fields = f"{_hidden(act='differ', **about)}<fieldset><legend>{legend}</legend>{chosen}</fieldset>{words}"
    form = _form(
        place, fields, mine, name=name, version=_version(kept),
        summary=_("Change my view") if kept else _("I see it differently"),
    )  # fmt: skip
    return f'<div class="differ" id="{place}">{_both(kept, name, about, several, answers) if kept else ""}{form}</div>'


def offer_absent(flags: Sequence[RedFlag], *, question_id: str, prefix: str, refusal: Refusal | None = None) -> str:
    """The form that says that one of the red flags which were not found is there."""
    place = f"{prefix}-differ-red_flag-"
    about = _hidden(act="differ", question=question_id, kind="red_flag", verdict="present", place=prefix)
    chosen = "".join(_radio("criterion", flag.id, flag.name) for flag in flags)
    mine = _refused_here(refusal, question_id, "red_flag", ["", *(flag.id for flag in flags)])
    legend = escape(_("Which one is there?"))
    form = _form(
        place, f"{about}<fieldset><legend>{legend}</legend>{chosen}</fieldset>{_words(None)}", mine,
        summary=_("I see it differently"), name=_("red flags not found"), version=str(len(flags)),
    )  # fmt: skip
    return f'<div class="differ" id="{place}">{form}</div>'


def _refused_here(refusal: Refusal | None, question_id: str, kind: Kind, criteria: Iterable[str]) -> str:
    if refusal is None or (refusal.sent.question_id, refusal.sent.kind) != (question_id, kind):
        return ""
    return refusal.says if refusal.sent.criterion in criteria else ""


def _form(place: str, fields: str, refused: str, *, summary: str, name: str, version: str) -> str:
    """Folded up; `version` tells the script whether what it remembers of the form is still about the same view."""
    alert = f'<p class="refused" role="alert">{escape(refused)}</p>' if refused else ""
    # method="dialog" sends nothing anywhere, whatever becomes of the script that reads it.
    return (
        f'<details id="{place}-open-{version}"{" open" if refused else ""}><summary>{escape(summary)}'
        f'<span class="aloud">: {escape(name)}</span></summary>'
        f'<form method="dialog" id="{place}-form" data-version="{version}">{fields}{alert}'
        f'<p class="foot"><button type="submit" class="plain">{escape(_("Keep my view"))}</button> '
        f'<span class="hint">{escape(_(STAYS))}</span>'
        "</p></form></details>"
    )


def _version(kept: Dispute | None) -> str:
    return ".".join([escape(kept.verdict), *(str(quote.start) for quote in kept.quotes)]) if kept else ""


def _both(kept: Dispute, name: str, about: Mapping[str, str], several: bool, answers: int) -> str:
    who = _("Grader")
    if kept.answers != answers:
        who = count_of("Grader on the first answer", "Grader on the first {number} answers", kept.answers)
    quotes = "".join(show_quote(quote, several=several) for quote in kept.quotes)
    views = (
        f"<b>{escape(say_verdict(kept.graded))}</b> · {escape(_('you'))}: <b>{escape(say_verdict(kept.verdict))}</b>"
    )
    return (
        f'<p class="views">{escape(who)}: {views}</p>{quotes}<form method="dialog" class="undo">'
        f'{_hidden(act="undo", **about)}<button type="submit">{escape(_("Take it back"))}'
        f'<span class="aloud">: {escape(name)}</span></button></form>'
    )


def _words(kept: Dispute | None) -> str:
    text = " | ".join(quote.text for quote in kept.quotes) if kept else ""
    return (
        f'<label class="shows">{escape(_("The words of the answer that show it"))}<textarea name="words" rows="2" '
        f'placeholder="{escape(_("Mark them in the answer, or copy them"))}">{escape(text)}</textarea>'
        "</label>"
    )


def _hidden(**values: str) -> str:
    return "".join(f'<input type="hidden" name="{name}" value="{escape(value)}" />' for name, value in values.items())


def _radio(name: str, value: str, says: str, *, on: bool = False) -> str:
    checked = " checked" if on else ""
    return (
        f'<label class="choice"><input type="radio" name="{name}" value="{escape(value)}"{checked} /> {escape(says)}'
        "</label>"
    )
