"""Frames reports as one HTML file that asks for nothing and runs nothing; everybody's words are escaped, never markup.

A policy in the head lets the file's own style apply and forbids all else, so that even a slip could not run.
"""

from __future__ import annotations

import hashlib
import html
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..schema import Quote
from ..wording import Evidence, cut_answers
from .sides import Side

__all__ = ["escape", "facts_list", "frame", "legend", "section", "show_answers", "show_side", "table"]

_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that HTML forbids."""
_STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def escape(text: str) -> str:
    """Text as HTML that shows exactly that text, in element content and in quoted attributes."""
    return html.escape(_INVISIBLE.sub("\ufffd", text), quote=True)


def frame(title: str, body: str) -> str:
    """A whole file."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{_HASH}'; "
        "base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


def section(id: str, title: str, *parts: str, note: str = "") -> str:
    """A part of the page under a heading; nothing when it has no content."""
    if not any(parts):
        return ""
    told = f'<p class="note">{escape(note)}</p>' if note else ""
    return f'<section id="{id}"><h2>{escape(title)}</h2>{told}{"".join(parts)}</section>'


def facts_list(rows: Iterable[tuple[str, str]]) -> str:
    """Names with what they stand for."""
    items = (f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows if value)
    return f'<dl class="facts">{"".join(items)}</dl>'


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """Coloured dots with what they stand for: (class, words)."""
    dot = '<svg viewBox="0 0 10 10" aria-hidden="true"><circle class="{}" cx="5" cy="5" r="4"/></svg>'
    items = (f'<li class="key">{dot.format(style)}{escape(name)}</li>' for style, name in entries)
    return f'<ul class="legend">{"".join(items)}</ul>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str, style: str = "") -> str:
    """Cells that are HTML already, under headings that are text; the first of each row names it."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(f'<tr><th scope="row">{row[0]}</th>{"".join(map(_cell, row[1:]))}</tr>' for row in rows)
    kind = f' class="{style}"' if style else ""
    # Wide tables scroll on their own, and can be reached by the keyboard for that.
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table{kind}>'
        f"<caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(content: str) -> str:
    if content.startswith("<td"):
        return content
    return f'<td class="plot">{content}</td>' if content.startswith("<svg") else f"<td>{content}</td>"


def show_side(who: str, side: Side, style: str = "") -> str:
    """One party's verdict with its probability, quotes and reason."""
    sure = "" if side.probability is None else f" · probability {side.probability:.2f}"
    quotes = "".join(f"<blockquote>“{escape(quote.text.strip())}”</blockquote>" for quote in side.quotes)
    reason = f'<p class="note">{escape(side.reason)}</p>' if side.reason else ""
    shown = quotes or '<p class="note">no quote</p>'
    kind = f' class="{style}"' if style else ""
    return (
        f'<div{kind}><p class="eyebrow">{escape(who)}</p><p><b>{escape(side.value.capitalize())}</b>{sure}</p>'
        f"{shown}{reason}</div>"
    )


def show_answers(answers: Sequence[str], said: Sequence[Quote], reference: Sequence[Quote]) -> str:
    """The answers as they were given; the grader's words on a ground, the reference's underlined."""
    evidence = [
        Evidence(number=number, kind="key_point", criterion="", name="", verdict="", quotes=tuple(quotes))
        for number, quotes in ((1, said), (2, reference))
    ]
    blocks = []
    for segments in cut_answers(answers, evidence):
        words = "".join(_mark(escape(segment.text), segment.numbers) for segment in segments)
        blocks.append(f'<p class="answer" dir="auto">{words}</p>')
    return "".join(blocks)


def _mark(text: str, numbers: Sequence[int]) -> str:
    if not numbers:
        return text
    style = " ".join(name for number, name in ((1, "by-said"), (2, "by-reference")) if number in numbers)
    return f'<mark class="{style}">{text}</mark>'
