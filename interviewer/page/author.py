"""The author's view of one question, as HTML: as candidates see it, as the grader sees it, what a check finds; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..criteria import say_part
from ..phrases import _
from ..schema import QuestionDocument
from .catalogue import show_card
from .marks import escape

__all__ = ["Author", "Seen", "show_seen"]

Rows = list[tuple[str, str, tuple[tuple[str, str], ...]]]


@dataclass(frozen=True)
class Seen:
    """What there is to see of a question."""

    document: QuestionDocument
    prompts: Sequence[tuple[str, str, int]]
    """Title, exact text and tokens of each prompt."""
    findings: Sequence[str] = ()
    """What a check of its document finds, a sentence each."""


Author = Callable[[str], Seen]
"""Reads a question anew by its id, so that an edit shows; raises `ContentError` for what can't be read."""


def show_seen(seen: Seen) -> str:
    """The whole view."""
    document = seen.document
    return (
        f'<div class="authors">{_findings(seen.findings)}'
        f'<h3>{escape(_("As candidates see it"))}</h3><ul class="cards"><li>{show_card(document, box="")}</li></ul>'
        f"<h3>{escape(_('As the grader sees it'))}</h3>{_criteria(document)}"
        f"<h3>{escape(_('The exact prompts'))}</h3>{''.join(_prompt(*prompt) for prompt in seen.prompts)}</div>"
    )


def _findings(findings: Sequence[str]) -> str:
    if not findings:
        return f'<p class="notice">{escape(_("The check of this document finds nothing."))}</p>'
    told = "".join(f"<li>{escape(finding)}</li>" for finding in findings)
    says = escape(_("The check of this document finds:"))
    return f'<div class="notice failed"><p>{says}</p><ul>{told}</ul></div>'


def _criteria(document: QuestionDocument) -> str:
    points: Rows = [
        (one.name, one.description, ((_("Covered"), one.covered), (_("Partly"), one.partly), (_("Probe"), one.probe)))
        for one in document.key_points
    ]
    motivations: Rows = [
        (one.name, one.description, (*((str(at), text) for at, text in enumerate(one.levels)), (_("Probe"), one.probe)))
        for one in document.motivations
    ]
    flags: Rows = [(one.name, one.description, ((_("Not this"), one.exception),)) for one in document.red_flags]
    probes: Rows = [(say_part(part), "", ((_("Probe"), text),)) for part, text in document.star_probes.items()]
    groups = {
        _("Key points"): points,
        _("Motivations"): motivations,
        _("Red flags"): flags,
        _("STAR probes"): probes,
    }
    return "".join(_group(name, rows) for name, rows in groups.items())


def _group(name: str, rows: Rows) -> str:
    shown = "".join(
        f"<li><b>{escape(title)}</b><p>{escape(about)}</p><dl>"
        + "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>" for term, text in more if text)
        + "</dl></li>"
        for title, about, more in rows
    )
    title = f"{escape(name)} ({len(rows)})"
    return f'<details class="earlier"><summary>{title}</summary><ul class="judged">{shown}</ul></details>'


def _prompt(title: str, text: str, tokens: int) -> str:
    size = _("{number:,} tokens").format(number=tokens)
    return (
        f'<details class="earlier"><summary>{escape(title)} · {escape(size)}</summary>'
        f'<pre tabindex="0">{escape(text)}</pre></details>'
    )
