"""Writes interviews as Markdown; the candidate's words are escaped, so that they stay words in every viewer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..phrases import _
from ..schema import Interview
from ..sides import Sides
from ..wording import Segment, say_verdict
from .judged import Criterion, Group
from .outline import Said, Told, ToldAttempt, ToldQuestion, Trust, say_change, tell

__all__ = ["escape_markdown", "to_markdown"]

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$])")
_OPENING = re.compile(r"^(?:[#+=-]|\d(?=\d*(?:[.)]|\Z)))", re.MULTILINE)
"""What makes a heading, a list or a rule of a line that opens with it; digits at the end may get their dot later."""
_INDENT = re.compile(r"^[ \t]", re.MULTILINE)
CHANGES = {"better": "↑", "worse": "↓", "same": "=", "unknown": "?"}


def escape_markdown(text: str, *, begun: bool = False) -> str:
    """Text that every CommonMark viewer shows as exactly that text, with tags, links and lists defused.

    Line ends become newlines; they stay line ends only where the caller makes hard breaks of them.

    Args:
        text: anybody's words.
        begun: whether something already stands on the line that they begin in.
    """
    lines = re.sub(r"\r\n?", "\n", text).replace("\0", "\ufffd")
    first, end, rest = lines.partition("\n")
    if begun:
        return _defuse(first) + (end + escape_markdown(rest) if end else "")
    safe = _OPENING.sub(lambda found: f"&#{ord(found[0])};" if found[0].isdigit() else f"\\{found[0]}", _defuse(lines))
    # Four spaces would open a block of code; as an entity a space opens nothing.
    return _INDENT.sub(lambda found: "&#9;" if found[0] == "\t" else "&#32;", safe)


def _defuse(text: str) -> str:
    safe = _SPECIAL.sub(r"\\\1", text)
    return safe.replace("://", "\\://").replace("www.", "www\\.").replace("@", "\\@")


def to_markdown(interviews: Sequence[Interview], trust: Trust | None = None) -> str:
    """A report of one interview, or of several one after the other."""
    return "\n\n---\n\n".join("\n\n".join(_interview(tell(one, trust))) for one in interviews) + "\n"


def _line(text: str) -> str:
    """Escaped, on one line: for headings and table cells."""
    return escape_markdown(" ".join(text.split()))


def _quoted(text: str) -> str:
    """Escaped, as a block quote with its line ends."""
    return "\n".join(f"> {line}\\" if line else ">" for line in escape_markdown(text).split("\n")).removesuffix("\\")


def _interview(told: Told) -> Iterator[str]:
    yield f"# {_line(told.title)}"
    yield "\n".join(f"- **{label}:** {_line(value)}" for label, value in told.facts)
    if not told.questions:
        yield _("No answer was given.")
    for question in told.questions:
        yield from _question(question)


def _question(told: ToldQuestion) -> Iterator[str]:
    yield f"## {_line(told.question)}"
    yield f"*{_line(told.role)}*"
    if told.changes:
        yield "\n".join(f"- {_line(one)}" for one in told.changes)
    for place, attempt in enumerate(told.attempts):
        if attempt.title:
            best = _(" (the best)") if place == told.best else ""
            yield f"### {attempt.title}{best}"
        yield from _attempt(attempt)
    if told.sides is not None:
        yield f"### {_('Attempts side by side')}"
        yield _sides(told.sides)


def _attempt(told: ToldAttempt) -> Iterator[str]:
    yield " · ".join(_line(one) for one in told.about)
    if told.band is not None:
        yield f"**{_('Band {band} of 5, {name}').format(band=told.band, name=told.band_name)}**"
    for note in told.notes:
        yield _line(note)
    for number, said in enumerate(told.said, start=1):
        yield from _said(said, number if len(told.said) > 1 else 0)
    if told.hints:
        yield f"**{_('Hints used')}**"
        yield "\n".join(f"- {_line(one)}" for one in told.hints)
    if told.advice:
        yield f"**{_('What to do better')}**"
        yield "\n".join(f"{number}. {_line(one)}" for number, one in enumerate(told.advice, start=1))
    for group in told.groups:
        yield f"#### {group.title}"
        yield _group(group)
    if told.steps:
        yield f"**{_('How the band came about')}**"
        yield "\n".join(f"- {_line(one)}" for one in told.steps)
    for who, text in told.comments:
        yield f"**{_('{name} says').format(name=_line(who))}**"
        yield _quoted(text)
    if told.graded_by:
        yield f"{_('Graded by')} {_line(told.graded_by)}. {_line(told.trust)}"


def _said(said: Said, number: int) -> Iterator[str]:
    if said.asked:
        yield f"**{_('Asked')}**"
        yield _quoted(said.asked)
    yield f"**{_('Answer {number}').format(number=number) if number else _('Answer')}**"
    lines = [""]
    for segment in said.segments:
        first, *rest = _marked(segment, begun=bool(lines[-1]))
        lines[-1] += first
        lines += rest
    yield "\n".join(f"> {line}\\" if line else ">" for line in lines).removesuffix("\\")


def _marked(segment: Segment, *, begun: bool) -> list[str]:
    """The lines of a segment, each marked for itself: a mark must not reach over the end of a line."""
    lines = escape_markdown(segment.text, begun=begun).split("\n")
    if segment.numbers:
        lines = [f"<mark>{line}</mark>" if line else "" for line in lines]
    if segment.ending:
        lines[-1] += f"<sup>{''.join(f'[{number}]' for number in segment.ending)}</sup>"
    return lines


def _group(group: Group) -> str:
    heads = (_("Criterion"), _("Verdict"), _("Words"), _("Why"))
    rows = [_row(one) for one in group.criteria]
    return _table(heads, rows)


def _row(one: Criterion) -> tuple[str, ...]:
    number = f" [{one.number}]" if one.number else ""
    verdict = f"**{one.verdict}**{number}" + (f", {one.sure}" if one.sure else "")
    quotes = "<br>".join(f"“{_line(quote)}”" for quote in one.quotes)
    why = [_line(reason) for reason in one.reasons]
    if one.dispute:
        words = "".join(f" “{_line(quote)}”" for quote in one.dispute_quotes)
        why.append(f"**{_line(one.dispute)}**{words}")
    return _line(one.name), verdict, quotes, "<br>".join(why)


def _sides(sides: Sides) -> str:
    heads = [_("Criterion"), *(_("Attempt {number}").format(number=number) for number in sides.attempts), _("Change")]
    rows = [
        (_line(row.name), *(say_verdict(one) if one else "–" for one in row.verdicts), _say_change(row.change))
        for row in sides.rows
    ]
    bands = [(_("Band"), *(str(band) if band else "–" for band in sides.bands), "")]
    return _table(heads, [*bands, *rows])


def _say_change(change: str) -> str:
    return f"{CHANGES[change]} {say_change(change)}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
