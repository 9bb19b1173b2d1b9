"""Shows tries at one question beside each other: what changed, which is best, the words of the earlier ones; pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..attempts import Change, Difference, answers_in, best_of, compare, deliveries_in
from ..phrases import _, count_of, lowered
from ..schema import STAR_PARTS, Attempt, Grade, Kind, Library, QuestionDocument
from ..wording import VERDICTS, say_band, say_part, say_status, say_verdict
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
    graded = [(number, one.grade) for number, one in enumerate(attempts, start=1) if one.grade is not None]
    judged = [(number, grade) for number, grade in graded if grade.status != "unscored"]
    if len(judged) < 2 or judged[-1][0] != len(attempts):
        return ""
    (number, before), (_now, after) = judged[-2:]
    found = compare(before, after, document)
    title = _("Compared with attempt {number}").format(number=number)
    return (
        f'<section class="difference" aria-label="{escape(title)}"><h4>{escape(title)}</h4>'
        f"{_bands(found)}{_changes(found)}{_doubts(found)}{_table(judged, document)}</section>"
    )


def _bands(found: Difference) -> str:
    before, after = found.band
    if before is None or after is None:
        return f'<p class="step">{escape(_("One of the two has no band, so the bands can’t be compared."))}</p>'
    said = {
        True: _("Band {before} → {after}, up"),
        False: _("Band {before} → {after}, down"),
    }.get(after > before) if after != before else _("Band {after}, as before")  # fmt: skip
    trend = "same" if before == after else "up" if after > before else "down"
    return f'<p class="step is-{trend}">{escape((said or "").format(before=before, after=after))}</p>'


def _changes(found: Difference) -> str:
    if not (found.better or found.worse):
        return f'<p class="hint">{escape(_("No verdict changed."))}</p>'
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
        f'<li>{icon(_sign(change.after))}<span><b>{escape(change.name)}</b> <span class="verdict">'
        f"{escape(before)} → {escape(after)}</span></span></li>"
    )


def _sign(verdict: str) -> str:
    return ("missing", "partial", "partial", "covered")[int(verdict)] if verdict.isdigit() else verdict


def _doubts(found: Difference) -> str:
    says = []
    if found.unknown:
        says.append(
            count_of(
                "{number} criterion is unsure in one of the two, so nobody knows whether it changed.",
                "{number} criteria are unsure in one of the two, so nobody knows whether they changed.",
                found.unknown,
            )
        )
    if not found.same_grader:
        says.append(_("The two were graded by different graders or rubrics: a change may be the grader’s."))
    return "".join(f'<p class="hint">{escape(sentence)}</p>' for sentence in says)


def _table(judged: Sequence[tuple[int, Grade]], document: QuestionDocument) -> str:
    """Every criterion with its verdict in each attempt."""
    heads = "".join(
        f'<th scope="col">{escape(_("Attempt {number}").format(number=number))}</th>' for number, _grade in judged
    )
    rows: list[tuple[str, list[str]]] = [(_("Band"), [str(grade.band or "–") for _number, grade in judged])]
    for kind, criterion, name in _criteria(document):
        rows.append((name, [_cell(grade, kind, criterion) for _number, grade in judged]))
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


def _criteria(document: QuestionDocument) -> list[tuple[Kind, str, str]]:
    rows: list[tuple[Kind, str, str]] = [("red_flag", one.id, one.name) for one in document.red_flags]
    rows += [("key_point", one.id, one.name) for one in document.key_points]
    rows += [("motivation", one.id, one.name) for one in document.motivations]
    return [*rows, *(("star", part, say_part(part)) for part in STAR_PARTS)]


def _cell(grade: Grade, kind: Kind, criterion: str) -> str:
    verdict = _verdict(grade, kind, criterion)
    if verdict not in VERDICTS and not verdict.isdigit():
        return "–"
    return f'<span class="verdict is-{_sign(verdict)}">{icon(_sign(verdict))} {escape(say_verdict(verdict))}</span>'


def _verdict(grade: Grade, kind: Kind, criterion: str) -> str:
    if kind == "motivation":
        found = grade.motivations.get(criterion)
        return "" if found is None else "unsure" if found.level is None else str(found.level)
    if kind == "star":
        return {True: "told", False: "left_out", None: "unsure"}[
            next((told for part, told in grade.star.items() if part == criterion), None)
        ]
    judged = (grade.key_points if kind == "key_point" else grade.red_flags).get(criterion)
    return judged.verdict if judged else ""


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
