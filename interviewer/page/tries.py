"""Shows tries at one question beside each other: what changed, which is best, the words of the earlier ones; pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..attempts import Change, Difference, answers_in, best_of, deliveries_in
from ..criteria import sign_of
from ..phrases import _, count_of, lowered
from ..retelling import tell_difference, tell_doubts
from ..schema import Attempt, Library, QuestionDocument
from ..sides import Sides, side_by_side
from ..wording import say_band, say_status, say_verdict
from .marks import escape, icon
from .render import show_rubric

__all__ = ["offer_again", "say_attempt", "show_difference", "show_earlier"]


def offer_again(document: QuestionDocument, name: str) -> str:
    """The button that asks a question anew."""
    return (
        f'<p class="again"><button type="button" class="plain" data-press="try-again" '
        f'data-value="{escape(document.id)}">{escape(_("Try again"))}<span class="aloud">: {escape(name)}</span>'
        "</button></p>"
    )


def say_attempt(attempts: Sequence[Attempt], place: int) -> str:
    """Which try this is, whether it is the best, and the hints taken; empty for an only try without hints."""
    parts = []
    if len(attempts) > 1:
        parts.append(_("Attempt {number} of {count}").format(number=place + 1, count=len(attempts)))
        if best_of(attempts) == place:
            parts.append(_("your best so far"))
    if hints := len(attempts[place].hints):
        parts.append(count_of("with {number} hint", "with {number} hints", hints))
    return f'<p class="eyebrow try">{escape(" · ".join(parts))}</p>' if parts else ""


def show_difference(attempts: Sequence[Attempt], document: QuestionDocument) -> str:
    """What the latest attempt changed against the one before, and a table of all; empty where there is no other."""
    sides = side_by_side(attempts, document)
    if sides is None or sides.attempts[-1] != len(attempts):
        return ""
    last = sides.steps[-1]
    title = _("Compared with attempt {number}").format(number=last.before)
    doubts = "".join(f'<p class="hint">{escape(sentence)}</p>' for sentence in tell_doubts(last.difference))
    return (
        f'<section class="difference" aria-label="{escape(title)}"><h4>{escape(title)}</h4>'
        f"{_bands(last.difference)}{_changes(last.difference)}{doubts}{_table(sides, document)}</section>"
    )


def _bands(found: Difference) -> str:
    before, after = found.band
    known = before is not None and after is not None
    trend = "" if not known else "same" if before == after else "up" if (after or 0) > (before or 0) else "down"
    return f'<p class="step{f" is-{trend}" if trend else ""}">{escape(tell_difference(found))}</p>'


def _changes(found: Difference) -> str:
    lists = [(_("Better"), "better-now", found.better), (_("Worse"), "worse-now", found.worse)]
    return "".join(
        f'<div class="{style}"><p class="label">{escape(title)} ({len(changes)})</p>'
        f"<ul>{''.join(map(_change, changes))}</ul></div>"
        for title, style, changes in lists
        if changes
    )


def _change(change: Change) -> str:
    before, after = say_verdict(change.before), say_verdict(change.after)
    return (
        f'<li>{icon(sign_of(change.after))}<span><b>{escape(change.name)}</b> <span class="verdict">'
        f"{escape(before)} → {escape(after)}</span></span></li>"
    )


def _table(sides: Sides, document: QuestionDocument) -> str:
    """Every criterion with its verdict in each attempt."""
    heads = "".join(
        f'<th scope="col">{escape(_("Attempt {number}").format(number=number))}</th>' for number in sides.attempts
    )
    rows = [
        (_("Band"), [str(band or "–") for band in sides.bands]),
        *((row.name, [*map(_cell, row.verdicts)]) for row in sides.rows),
    ]
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for name, cells in rows
    )
    return (
        f'<details class="side-by-side" id="side-by-side-{escape(document.id)}"><summary>'
        f'{escape(_("All attempts side by side"))}</summary><div class="scroll" tabindex="0" role="region" '
        f'aria-label="{escape(_("All attempts side by side"))}"><table><thead><tr><th scope="col">'
        f"{escape(_('Criterion'))}</th>{heads}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )


def _cell(verdict: str) -> str:
    if not verdict:
        return "–"
    return f'<span class="verdict is-{sign_of(verdict)}">{icon(sign_of(verdict))} {escape(say_verdict(verdict))}</span>'


def show_earlier(
    attempts: Sequence[Attempt],
    document: QuestionDocument,
    library: Library,
    *,
    prefix: str,
    open_last: bool,
    comments: Sequence[str] = (),
) -> str:
    """Earlier attempts, the latest first, folded up: their words and their rubrics, which nothing changes any more.

    Args:
        attempts: the earlier ones, in the order they were made.
        document: the question's.
        library: for the advice's reading.
        prefix: of element ids.
        open_last: unfold the latest: it is what the next try starts from.
        comments: HTML of what a coach said about each; empty: nothing about any.
    """
    best = best_of(attempts)
    parts = []
    for place in reversed(range(len(attempts))):
        attempt = attempts[place]
        words = [_("Attempt {number}").format(number=place + 1), _say_result(attempt)]
        if best == place and open_last:
            words.append(_("your best so far"))
        # Named otherwise where it is unfolded: what the script remembers as open is then folded up once it is past.
        unfolded = '-last" open' if open_last and place == len(attempts) - 1 else '"'
        said = comments[place] if comments else ""
        shown = _one(attempt, document, library, f"{prefix}-{place + 1}", said)
        parts.append(
            f'<details class="earlier attempt" id="{prefix}-attempt-{place + 1}{unfolded}><summary>'
            f"{escape(' · '.join(words))}</summary>{shown}</details>"
        )
    return "".join(parts)


def _say_result(attempt: Attempt) -> str:
    grade = attempt.grade
    if grade is None:
        return _("not graded")
    if grade.band is None:
        return lowered(say_status(grade)[0]) or _("without a band")
    return _("band {band} of 5, {word}").format(band=grade.band, word=say_band(grade.band))


def _one(attempt: Attempt, document: QuestionDocument, library: Library, prefix: str, said: str) -> str:
    answers = answers_in(attempt.turns)
    if attempt.grade is None:
        return said + "".join(f'<p class="words">{escape(text)}</p>' for text in answers)
    return show_rubric(
        attempt.grade,
        document,
        answers,
        library,
        prefix=prefix,
        disputes=attempt.disputes,
        settled=True,
        difference=said,
        deliveries=deliveries_in(attempt.turns),
    )
