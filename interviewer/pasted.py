"""Takes the markup out of text pasted from a web page, in one pass, whatever stands in it; never fetches anything."""

from __future__ import annotations

import html
import re

__all__ = ["LONGEST_PASTE", "LONGEST_TEXT", "plain_text"]

LONGEST_PASTE = 200_000
"""Characters looked at, markup included."""
LONGEST_TEXT = 10_000
"""Characters read of a text: some 1,600 words."""
_TAG = re.compile(r"<!--|<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})\b[^<>]{0,2000}>")
_LOOKS_MARKED = re.compile(
    r"</?(?:p|div|br|li|ul|ol|h[1-6]|span|b|strong|table|body|html)\b[^<>]{0,2000}>", re.IGNORECASE
)
_INLINE = {"a", "abbr", "b", "em", "font", "i", "mark", "small", "span", "strong", "sub", "sup", "u"}
_UNREAD = {"script", "style", "template", "noscript"}
_BLANKS = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n\s*\n+")


def plain_text(pasted: str) -> str:
    """The words of a text, or of a web page's source; line ends kept, blanks folded.

    Plain text comes back with its blanks folded alone: `a < b` is no markup.
    """
    whole = pasted[:LONGEST_PASTE].encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\0", "")
    if _LOOKS_MARKED.search(whole):
        whole = html.unescape(_without_tags(whole))
    return _EMPTY_LINES.sub("\n\n", _BLANKS.sub(" ", whole)).strip()


def _without_tags(text: str) -> str:
    parts: list[str] = []
    last, unread = 0, ""
    for tag in _TAG.finditer(text):
        if tag.start() < last:
            continue
        if tag[2] is None:  # a comment
            end = text.find("-->", tag.end())
            parts.append("" if unread else text[last : tag.start()])
            last = len(text) if end < 0 else end + 3
            continue
        name = tag[2].casefold()
        if unread:
            if tag[1] and name == unread:
                unread, last = "", tag.end()
            continue
        parts += [text[last : tag.start()], "" if name in _INLINE else "\n"]
        last = tag.end()
        if name in _UNREAD and not tag[1]:
            unread = name
    if not unread:
        parts.append(text[last:])
    return "".join(parts)
