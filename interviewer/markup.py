"""Splits a document's text into its YAML head and its Markdown blocks, each with its line; knows no interviews.

Body text is plain: `*` and `_` mean themselves, white space is folded, a backslash takes a mark's meaning away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from .errors import ContentError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from ruamel.yaml.nodes import Node

__all__ = [
    "Line",
    "Page",
    "Part",
    "UnreadableError",
    "escape",
    "plain",
    "read_head",
    "read_parts",
    "read_tree",
    "split",
    "write_head",
]

_LONGEST_HEAD = 20_000
"""Characters."""
_MOST_BRACKETS = 100
_DEEPEST = 8
_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Line:
    """A piece of raw Markdown and where it starts, counted from 1."""

    number: int
    raw: str


@dataclass
class Part:
    """A heading with the paragraphs and list items under it, up to the next heading."""

    heading: Line
    depth: int
    """1 for `# `, 2 for `## `, 3 for `### `."""
    paragraphs: list[Line] = field(default_factory=list)
    items: list[Line] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The heading's text."""
        return plain(self.heading.raw)


@dataclass
class Page:
    """One file being read: what was found wrong so far, and where its head's keys are."""

    source: str
    faults: list[tuple[int, str]] = field(default_factory=list)
    """(line, what is wrong and what to do)."""
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)
    """Of the head's keys and list items, `("shows",)`, `("shows", 0)`, and of texts in the body: see `places`."""

    def wrong(self, line: int, message: str) -> None:
        """Notes a fault, so that one reading finds them all."""
        self.faults.append((line, message))

    @property
    def problems(self) -> list[ContentError]:
        """Everything found wrong, from the first line to the last."""
        in_order = sorted(self.faults, key=lambda fault: fault[0])
        return [ContentError(f"{self.source}:{line}: {message}") for line, message in in_order]

    def line(self, *where: str | int) -> int:
        """The line of a head's key or list item, else of the key, else of the head."""
        return self.lines.get(where) or self.lines.get(where[:1]) or 1


class UnreadableError(Exception):
    """Reading a file can't go on; its page's problems say why."""


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Only escapes and entities are read inside a line, so that `2 * 3 * 4` stays what it is; link definitions
    # are off because they would swallow a paragraph without a trace.
    inline = ["backticks", "emphasis", "link", "image", "autolink", "html_inline", "balance_pairs"]
    return MarkdownIt("commonmark").disable(["reference", *inline])


def plain(raw: str) -> str:
    """The text that a piece of raw Markdown stands for, white space folded."""
    children = (_markdown().parseInline(raw)[0].children or []) if raw else []
    return " ".join("".join(child.content or " " for child in children).split())


def escape(text: str) -> str:
    r"""Raw Markdown, on one line, that stands for a text: `plain(escape(x)) == x` for folded texts.

    Marks that mean something to other Markdown readers are escaped too, so that the file looks right in them.
    """
    text = re.sub(r"[\\`*\[\]<]|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)
    text = re.sub(r"&(?=[#\w])", r"\\&", text)
    text = re.sub(r"^(?=[#>+=~-])", r"\\", text)
    text = re.sub(r"(?<=[^\\])#$", r"\#", text)
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", text)


def split(text: str, page: Page) -> tuple[str, str, int]:
    """The head, the body and the body's first line number.

    Raises:
        UnreadableError: empty, no head, an unclosed head, or a control character; the page says which.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if not text.strip():
        page.wrong(1, "is empty: write a head between two `---` lines, then the document")
        raise UnreadableError
    # A control character could drive the reader's terminal, and half a surrogate pair can't be saved.
    if odd := _NO_TEXT.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        page.wrong(line, f"holds the character U+{ord(odd[0]):04X}, which is no text: delete it")
        raise UnreadableError
    if lines[0].rstrip() != "---":
        page.wrong(1, "must open with a line `---`, then `key: value` lines and another `---`")
        raise UnreadableError
    close = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if close is None:
        page.wrong(1, "the head is never closed: end it with a line `---`")
        raise UnreadableError
    return "\n".join(lines[1:close]).expandtabs(2), "\n".join(lines[close + 1 :]), close + 2


# ── the head ─────────────────────────────────────────────────────────────────────────────────────────


def read_head(head: str, page: Page) -> dict[str, Any]:
    """Texts and lists of texts by key; scalars stay text, so that `role: 007` and `role: yes` mean what they say.

    Raises:
        UnreadableError: not YAML, or not a mapping.
    """
    from ruamel.yaml.nodes import MappingNode

    node = _compose(head, page)
    if node is None:
        return {}
    if not isinstance(node, MappingNode):
        page.wrong(2, "the head must be `key: value` lines")
        raise UnreadableError
    found: dict[str, Any] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 2
        if name in found:
            page.wrong(line, f"`{name}` stands twice in the head: keep one")
            continue
        page.lines[(name,)] = line
        found[name] = _value(value, name, page)
    return found


def read_tree(text: str, page: Page) -> dict[str, Any]:
    """A YAML file that is mappings of mappings, as deep as they go: scalars are texts, each path's line is in the page.

    Raises:
        UnreadableError: not YAML, or not a mapping.
    """
    from ruamel.yaml.nodes import MappingNode

    node = _compose(text, page, first_line=1, what="the file", brackets=10 * _MOST_BRACKETS)
    if node is not None and not isinstance(node, MappingNode):
        page.wrong(1, "the file must be `key: value` lines")
        raise UnreadableError
    return {} if node is None else _branches(node, (), page)


def _branches(node: Node, where: tuple[str, ...], page: Page) -> dict[str, Any]:
    from ruamel.yaml.nodes import MappingNode

    if len(where) > _DEEPEST:  # an alias may stand for what it is in
        page.wrong(page.line(*where), "is nested too deep")
        raise UnreadableError
    found: dict[str, Any] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in found:
            page.wrong(line, f"`{name}` stands twice: keep one")
            continue
        page.lines[(*where, name)] = line
        found[name] = _branches(value, (*where, name), page) if isinstance(value, MappingNode) else _scalar(value, page)
    return found


def _compose(
    head: str, page: Page, *, first_line: int = 2, what: str = "the head", brackets: int = _MOST_BRACKETS
) -> Node | None:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    # The YAML reader takes time quadratic in open brackets: a small file could keep it busy for hours.
    if len(head) > _LONGEST_HEAD or max(head.count("["), head.count("{")) > brackets:
        page.wrong(first_line, f"{what} is too long or nested too deep: it needs short texts and lists only")
        raise UnreadableError
    try:
        node: Node | None = YAML(typ="safe", pure=True).compose(head)
    except MarkedYAMLError as error:
        ended = "end of stream" in str(error.problem)  # then the place where it began says more
        mark = (error.context_mark if ended else None) or error.problem_mark or error.context_mark
        line = mark.line + first_line if mark else first_line
        page.wrong(line, f"{what} is not YAML: {error.problem or error.context}")
        raise UnreadableError from error
    except (YAMLError, ValueError) as error:
        page.wrong(first_line, f"{what} is not YAML: {str(error).strip().partition(chr(10))[0]}")
        raise UnreadableError from error
    except RecursionError as error:
        page.wrong(first_line, f"{what} is too long or nested too deep: it needs short texts and lists only")
        raise UnreadableError from error
    return node


def _value(node: Node, name: str, page: Page) -> Any:
    from ruamel.yaml.nodes import ScalarNode, SequenceNode

    if isinstance(node, SequenceNode):
        for number, item in enumerate(node.value):
            page.lines[(name, number)] = item.start_mark.line + 2
        return [_scalar(item, page) for item in node.value]
    return _scalar(node, page) if isinstance(node, ScalarNode) else {}


def _scalar(node: Node, page: Page) -> str | None:
    from ruamel.yaml.nodes import ScalarNode

    if not isinstance(node, ScalarNode) or str(node.tag).endswith(":null"):
        return None
    if odd := _NO_TEXT.search(node.value):  # YAML can spell what the file itself may not hold
        page.wrong(node.start_mark.line + 2, f"holds the character U+{ord(odd[0]):04X}, which is no text: delete it")
    return str(node.value)


def write_head(head: dict[str, Any], comment: str = "") -> str:
    """The head between its `---` lines, lists on one line; empty lists are left out."""
    from io import StringIO

    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import SingleQuotedScalarString

    mapping = CommentedMap()
    for key, value in head.items():
        if isinstance(value, list) and value:
            # Unquoted in brackets, "?x" is read back as a mapping's key.
            quoted = [SingleQuotedScalarString(one) if str(one).startswith("?") else one for one in value]
            mapping[key] = CommentedSeq(quoted)
            mapping[key].fa.set_flow_style()
        elif value != []:
            mapping[key] = value
    yaml = YAML(pure=True)
    yaml.width = 1_000_000
    out = StringIO()
    yaml.dump(mapping, out)
    return f"---\n{comment}{out.getvalue()}---\n"


# ── the body ─────────────────────────────────────────────────────────────────────────────────────────


def read_parts(body: str, first_line: int, page: Page) -> list[Part]:
    """The body as headings with what stands under each; anything else is a problem."""
    tokens = _markdown().parse(body)
    parts: list[Part] = []
    position = 0
    while position < len(tokens):
        token, end = tokens[position], _closing(tokens, position)
        line = first_line + (token.map or [0])[0]
        if token.type == "heading_open":
            parts.append(Part(Line(line, tokens[position + 1].content), int(token.tag[1:])))
        elif token.type == "html_block" and re.fullmatch(r"\s*(<!--.*?-->\s*)+", token.content, re.DOTALL):
            pass
        elif not parts:
            page.wrong(line, "text before the first heading: open the document with `# ` and its title")
        elif token.type == "paragraph_open":
            parts[-1].paragraphs.append(Line(line, tokens[position + 1].content))
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            parts[-1].items.extend(_items(tokens[position + 1 : end], first_line, page))
        else:
            what = token.type.removesuffix("_open").replace("_", " ")
            page.wrong(line, f"a Markdown {what} has no place here: use headings, paragraphs and lists")
        position = end + 1
    return parts


def _closing(tokens: Sequence[Token], position: int) -> int:
    """Index of the token that closes this one; its own when it opens nothing."""
    opening = tokens[position]
    if opening.nesting != 1:
        return position
    later = range(position + 1, len(tokens))
    return next(n for n in later if tokens[n].level == opening.level and tokens[n].nesting == -1)


def _items(tokens: Sequence[Token], first_line: int, page: Page) -> Iterator[Line]:
    position = 0
    while position < len(tokens):
        end = _closing(tokens, position)
        inner = tokens[position + 1 : end]
        line = first_line + (tokens[position].map or [0])[0]
        if [token.type for token in inner] == ["paragraph_open", "inline", "paragraph_close"]:
            yield Line(line, inner[1].content)
        else:
            page.wrong(line, "a list item is one paragraph of text: move anything else out, or fill it")
        position = end + 1
