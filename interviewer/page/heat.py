"""The HTML of a group: what it covers and misses as a table, and one candidate's attempt to comment on; pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..attempts import answers_in, attempts_at, comments_on
from ..criteria import sign_of
from ..group import Candidate, GroupQuestion, GroupRow
from ..phrases import _, count_of, later
from ..schema import Interview, Kind, Library
from ..wording import KIND_NAMES, say_verdict
from .comments import show_comments
from .marks import escape, icon
from .render import show_rubric

__all__ = ["show_group", "show_group_tools", "show_one"]

_KINDS: tuple[Kind, ...] = ("key_point", "red_flag", "motivation", "star")


def show_group_tools() -> str:
    """What a coach can do; never drawn anew, so that nothing typed into it is lost."""
    how = _(
        "Candidates export their interviews as JSON under “Your data”, and you open the files here. They stay on this "
        "machine, apart from your own practice."
    )
    return (
        f'<p class="hint">{escape(how)}</p>'
        f'<div class="pair"><label class="typed">{escape(_("Candidates’ JSON files"))}<input type="file" multiple '
        'accept=".json,application/json" data-reads="group-import" /></label>'
        f'<label class="typed">{escape(_("Your name, for your comments (may stay empty)"))}<input type="text" '
        'id="coach-name" maxlength="100" autocomplete="name" /></label></div>'
    )


def show_group(questions: Sequence[GroupQuestion]) -> str:
    """Each question with what most of the group misses on top, and a table of points and candidates."""
    if not questions:
        return (
            f'<div class="empty"><h3>{escape(_("No candidate is here yet"))}</h3>'
            f"<p>{escape(_('Open their files above. Only graded answers stand in the table.'))}</p></div>"
        )
    csv = (
        '<p class="buttons"><button type="button" class="plain" data-press="group-csv">'
        f"{escape(_('Export the table as CSV'))}</button></p>"
    )
    rule = _("Each candidate counts once for a question, with their best attempt. What is unsure is counted apart.")
    parts = "".join(_question(one, place) for place, one in enumerate(questions))
    return f'<p class="hint">{escape(rule)}</p>{csv}{parts}'


def _question(one: GroupQuestion, place: int) -> str:
    count = count_of("{number} candidate", "{number} candidates", len(one.candidates))
    return (
        f'<section class="group-question" aria-labelledby="group-{place}"><h3 id="group-{place}">{escape(one.question)}'
        f'</h3><p class="hint">{escape(count)} · {escape(_bands(one))}</p>{_gaps(one)}'
        f"{''.join(_table(one, kind, place) for kind in _KINDS)}</section>"
    )


def _bands(one: GroupQuestion) -> str:
    bands = [candidate.band for candidate in one.candidates if candidate.band is not None]
    told = ", ".join(
        _("band {band}: {count}").format(band=band, count=bands.count(band))
        for band in sorted(set(bands), reverse=True)
    )
    without = len(one.candidates) - len(bands)
    return ", ".join(filter(None, (told, _("without a band: {count}").format(count=without) if without else "")))


def _gaps(one: GroupQuestion) -> str:
    """What more than half of those judged lack; a group of one has no gaps of a group."""
    if len(one.candidates) < 2:
        return ""
    if not one.gaps:
        says = _("No key point is lacking in more than half of the answers.")
        return f'<p class="shared">{escape(says)}</p>'
    items = "".join(f"<li><b>{escape(row.name)}</b> <span>{escape(_count(row))}</span></li>" for row in one.gaps)
    return f'<div class="shared"><h4>{escape(_("Most of the group misses"))}</h4><ol>{items}</ol></div>'


def _count(row: GroupRow) -> str:
    """`missing in 2 of 3, partly in 1; 1 unsure`."""
    whole, partly = row.lacking
    words = {
        "key_point": (_("missing in {count} of {judged}"), _("partly in {count}")),
        "motivation": (_("level 0 in {count} of {judged}"), _("level 1 in {count}")),
        "red_flag": (_("found in {count} of {judged}"), ""),
        "star": (_("left out in {count} of {judged}"), ""),
    }[row.kind]
    parts = [words[0].format(count=whole, judged=row.judged)]
    if partly:
        parts.append(words[1].format(count=partly))
    says = ", ".join(parts) if row.judged else _("nothing could be judged")
    unsure = sum(verdict in ("unsure", "unscored") for verdict in row.verdicts)
    return f"{says}; {_('{count} unsure').format(count=unsure)}" if unsure and row.judged else says


def _table(one: GroupQuestion, kind: Kind, place: int) -> str:
    rows = [row for row in one.rows if row.kind == kind]
    if not rows:
        return ""
    title = _(KIND_NAMES[kind])
    heads = "".join(f'<th scope="col">{escape(candidate.name)}</th>' for candidate in one.candidates)
    body = "".join(
        f'<tr><th scope="row">{escape(row.name)}<span class="hint">{escape(_count(row))}</span></th>'
        + "".join(
            f"<td>{_cell(verdict, candidate, one)}</td>"
            for verdict, candidate in zip(row.verdicts, one.candidates, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    opened = " open" if kind == "key_point" else ""
    return (
        f'<details class="heat" id="heat-{place}-{kind}"{opened}><summary>{escape(title)}</summary>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(title)}: {escape(one.question)}"><table>'
        f'<thead><tr><th scope="col">{escape(_("Criterion"))}</th>{heads}</tr></thead><tbody>{body}</tbody></table>'
        "</div></details>"
    )


def _cell(verdict: str, candidate: Candidate, one: GroupQuestion) -> str:
    if not verdict:
        return f'<span class="hint">{escape(_("not asked"))}</span>'
    sign = sign_of(verdict)
    word = _("Level {level}").format(level=verdict) if verdict.isdigit() else say_verdict(verdict)
    says = _("{name}: {verdict}. Read the answer").format(name=candidate.name, verdict=say_verdict(verdict))
    return (
        f'<button type="button" class="cell is-{sign}" data-press="group-open" aria-label="{escape(says)}" '
        f'data-value="{escape(_place(candidate.interview_id, one.question_id, candidate.attempt))}">'
        f"{icon(sign)}<span>{escape(word)}</span></button>"
    )


def _place(interview_id: str, question_id: str, attempt: int) -> str:
    return f"{interview_id} {attempt} {question_id}"


def show_one(
    interview: Interview, question_id: str, attempt: int, name: str, library: Library, *, removable: bool
) -> str:
    """One attempt of one candidate, as its rubric shows it, what was said about it, and a form to say more.

    Args:
        interview: the candidate's.
        question_id: of the question.
        attempt: which try, from 1.
        name: of the candidate, as the table has it.
        library: for the advice's reading.
        removable: whether the candidate can be taken out of the group: only who was imported into it.
    """
    document = next(one for one in interview.questions if one.id == question_id)
    tried = attempts_at(interview, question_id)[attempt - 1]
    said = show_comments(comments_on(interview, question_id, attempt), later("Comments"))
    rubric = ""
    if tried.grade is not None:
        rubric = show_rubric(
            tried.grade, document, answers_in(tried.turns), library,
            prefix="group-rubric", disputes=tried.disputes, settled=True, difference=said,
        )  # fmt: skip
    place = escape(_place(interview.id, question_id, attempt))
    about = _("{name}, attempt {attempt}").format(name=name, attempt=attempt)
    remove = (
        f"<details><summary>{escape(_('Take {name} out of the group').format(name=name))}</summary>"
        f"<p>{escape(_('Their interviews, your comments included, are deleted here.'))}</p>"
        f'<button type="button" class="plain danger" data-press="group-remove" data-value="{place}">'
        f"{escape(_('Delete them here'))}</button></details>"
        if removable
        else ""
    )
    return (
        f'<section class="one" aria-labelledby="group-one-title"><header><h3 id="group-one-title" tabindex="-1">'
        f'{escape(about)}</h3><button type="button" class="plain" data-back>{escape(_("Back to the table"))}</button>'
        f'</header>{rubric}<div class="tool"><label class="typed">'
        f'{escape(_("Your comment on this attempt"))}<textarea id="comment-text" rows="4" maxlength="5000"></textarea>'
        f'</label><p class="buttons"><button type="button" class="plain" data-press="group-comment" '
        f'data-value="{place}">{escape(_("Keep the comment"))}</button> <button type="button" class="plain" '
        f'data-press="group-json" data-value="{place}">'
        f"{escape(_('Export for {name}, with comments').format(name=name))}</button></p>{remove}</div></section>"
    )
