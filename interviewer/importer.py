"""Turns a page of interview advice into documents; never touches a file, and refuses what it can't read.

Three layouts are known: a question page (sample answer, motivations, minefields), a page of worked examples and
a how-to page. What a page doesn't say (what counts as covered, levels, probes) is filled with plain defaults.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from .giveaways import giveaways
from .naming import criterion_id, document_id
from .pagetext import Item, PageLine, PageName, list_items, name_items, page_lines
from .schema import (
    Guide,
    GuideStep,
    KeyPoint,
    Motivation,
    QuestionDocument,
    RedFlag,
    StarPart,
    WorkedExample,
)

__all__ = ["import_page"]

_SECTIONS = {
    "sample answer": "Sample Answer",
    "sample answers": "Sample Answer",
    "underlying motivations": "Underlying Motivations",
    "potential minefields": "Potential Minefields",
}
_PARTS = {
    "situation": "Situation",
    "task": "Situation",
    "action": "Action",
    "actions": "Action",
    "result": "Result",
    "results": "Result",
    "key takeaways": "Key Takeaways",
    "key takeaway": "Key Takeaways",
    "takeaways": "Key Takeaways",
}
_EXAMPLE = re.compile(r"example\s+\d+\s*[:.–—-]\s*(.*)", re.IGNORECASE)

_PROBES = (
    "What was going through your mind at that moment?",
    "What did you do next?",
    "Why did you do it that way?",
    "What happened right after that?",
    "What was hardest about it?",
    "Can you give me one particular case?",
    "What made the difference in the end?",
    "What did you say, as near as you remember it?",
    "Who else was involved, and what was your part?",
    "What mattered most to you there?",
    "What did you notice while it was going on?",
    "What would you do another way today?",
    "What stayed with you afterwards?",
    "How did it look from where you stood?",
    "What came before that?",
    "What else belongs to that story?",
)
_LAST_PROBE = "Could you tell me a little more about that?"
_STAR_PROBES: dict[StarPart, str] = {
    "situation": "Can you take me to one particular time when this happened?",
    "task": "What were you responsible for there, and what was at stake?",
    "action": "What exactly did you yourself do?",
    "result": "How did it end?",
}


def import_page(text: str, *, name: str) -> tuple[QuestionDocument | WorkedExample | Guide, ...]:
    """The documents on a page: one question, one guide, or its worked examples.

    Args:
        text: the page as plain text.
        name: what to call it in messages, e.g. its file name.

    Raises:
        ImportPageError: `NAME:LINE: …`, the layout is unknown or something in it can't be read.
    """
    page = PageName(name)
    lines = list(page_lines(text, page))
    if not lines:
        raise page.refuse(1, "the page is empty")
    if any(_section(line) for line in lines) or any(re.match(r"Themes?\s*:", line.text) for line in lines):
        return (_question(lines, page),)
    if any(_EXAMPLE.fullmatch(line.text) for line in lines):
        return tuple(_examples(lines, page))
    if sum(":" in line.bullet for line in lines) >= 2:
        return (_guide(lines, page),)
    raise page.refuse(
        lines[0].number,
        "unknown layout: neither a question page (Sample Answer …), nor worked examples (Example 1: …), nor steps",
    )


def _section(line: PageLine) -> str:
    return _SECTIONS.get(line.text.rstrip(":").casefold(), "")


# ── question pages ───────────────────────────────────────────────────────────────────────────────────


def _question(lines: Sequence[PageLine], page: PageName) -> QuestionDocument:
    starts = {index: _section(line) for index, line in enumerate(lines) if _section(line)}
    found: dict[str, list[Item]] = {}
    for start, end in zip(starts, [*list(starts)[1:], len(lines)], strict=False):
        heading = starts[start]
        if heading in found:
            raise page.refuse(lines[start].number, f"a second `{heading}`: one page holds one question")
        found[heading] = list_items(lines[start + 1 : end], lines[start], page, last=end == len(lines))
    for heading in ("Sample Answer", "Underlying Motivations", "Potential Minefields"):
        if heading not in found:
            raise page.refuse(lines[-1].number, f"the page ends without a section `{heading}`")
    return _document(lines[: min(starts)], found, page)


def _document(head: Sequence[PageLine], found: dict[str, list[Item]], page: PageName) -> QuestionDocument:
    question, labels = _head(head, page)
    themes = tuple(theme.strip() for theme in labels["Theme"].split(",") if theme.strip())
    points, wants, flags = found["Sample Answer"], found["Underlying Motivations"], found["Potential Minefields"]
    probes = _probes([*points, *wants], question)
    return QuestionDocument(
        id=document_id(question, whole=True, fallback="question"),
        question=question,
        role=labels["Role"],
        function=labels["Function"],
        role_description=_role_description(head, labels["Role"], page),
        themes=themes,
        key_points=tuple(_key_point(item, id_, next(probes)) for item, id_ in _with_ids(points, question, "point")),
        motivations=tuple(
            _motivation(item, id_, next(probes)) for item, id_ in _with_ids(wants, question, "motivation")
        ),
        red_flags=tuple(_red_flag(item, id_) for item, id_ in _with_ids(flags, question, "flag")),
        star_probes=_STAR_PROBES,
    )


def _head(lines: Sequence[PageLine], page: PageName) -> tuple[str, dict[str, str]]:
    """The question, and what stands after `Theme:`, `Role:` and `Function:`."""
    start = next((n for n, line in enumerate(lines) if re.match(r"Themes?\s*:", line.text)), None)
    if start is None:
        raise page.refuse(lines[0].number if lines else 1, "no line `Theme: … Role: … Function: …`")
    if start != 1:
        what = "the question is missing before it" if start == 0 else "more than the question stands before it"
        raise page.refuse(lines[start].number, f"`Theme:` must follow the question on the first line: {what}")
    text = "\n".join(line.text for line in lines[1:] if not _about(line))
    values: dict[str, str] = {}
    for match in re.finditer(
        r"\b(Theme|Role|Function)s?\s*:\s*(.*?)(?=\n|\bInterview Question for|\b(?:Themes?|Role|Function)\s*:|\Z)", text
    ):
        values.setdefault(match[1], match[2].strip(" ,;|"))
    for label in ("Theme", "Role", "Function"):
        if not values.get(label):
            raise page.refuse(lines[1].number, f"no `{label}:`, or nothing after it")
    return lines[0].text, values


def _about(line: PageLine) -> bool:
    return line.text.startswith(("Interview Question for", "About "))


def _role_description(lines: Sequence[PageLine], role: str, page: PageName) -> str:
    for line in lines:
        match = re.search(rf"\bAbout {re.escape(role)}\s*:\s*(.+?)(?=\s+This role falls|\s+See other|$)", line.text)
        if match:
            return match[1]
    raise page.refuse(lines[-1].number, f"no `About {role}: …`, which should say what the role does")


def _with_ids(items: Iterable[Item], question: str, fallback: str) -> Iterator[tuple[Item, str]]:
    taken: list[str] = []
    for item in items:
        taken.append(criterion_id(item.name, question, taken, fallback=fallback))
        yield item, taken[-1]


def _probes(items: Iterable[Item], question: str) -> Iterator[str]:
    """A neutral probe for each, a new one while they last, none that names what it is after."""
    left = list(_PROBES)
    for item in items:
        probe = next((one for one in left if not giveaways(one, item.name, question)), _LAST_PROBE)
        left = [one for one in left if one != probe]
        yield probe


def _key_point(item: Item, id_: str, probe: str) -> KeyPoint:
    return KeyPoint(
        id=id_,
        name=item.name,
        description=item.text,
        covered=f"Tells it as what they do or think themselves, concretely enough to quote: {item.name}.",
        partly=f"Only names or hints at it, tells half of it, or tells it of somebody else: {item.name}.",
        probe=probe,
    )


def _motivation(item: Item, id_: str, probe: str) -> Motivation:
    levels = (
        "No evidence of it.",
        "Weak: a general claim, with nothing done behind it.",
        "Adequate: clearly something they do, told with little detail.",
        "Strong: something specific they did, and what came of it.",
    )
    return Motivation(id=id_, name=item.name, description=item.text, levels=levels, probe=probe)


def _red_flag(item: Item, id_: str) -> RedFlag:
    # A page warns ("Avoid shouting"); the criterion must describe the flag itself, or a grader reads it upside down.
    text = re.sub(r"^avoid\s+(?=\S)", "", item.text, flags=re.IGNORECASE)
    exception = "Merely leaving the subject out, or a past mistake that the candidate calls wrong and has changed."
    return RedFlag(id=id_, name=item.name, description=text[0].upper() + text[1:], exception=exception)


# ── worked examples and how-to pages ─────────────────────────────────────────────────────────────────


def _examples(lines: Sequence[PageLine], page: PageName) -> Iterator[WorkedExample]:
    starts = [index for index, line in enumerate(lines) if _EXAMPLE.fullmatch(line.text)]
    ids: list[str] = []
    titles: list[Item] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        match = _EXAMPLE.fullmatch(lines[start].text)
        title = match[1] if match else ""
        if not title:
            raise page.refuse(lines[start].number, "an example without a title: write `Example 1: title`")
        titles = name_items([*titles, Item(lines[start].number, title, "")], page)
        ids.append(document_id(title, ids, fallback="example"))
        parts = _parts(lines[start + 1 : end], page)
        for part in ("Situation", "Action", "Result", "Key Takeaways"):
            if not parts.get(part):
                raise page.refuse(lines[start].number, f"`{title[:40]}` has no `{part}:`, or nothing under it")
        yield WorkedExample(
            id=ids[-1],
            title=title,
            situation="\n\n".join(parts["Situation"]),
            action="\n\n".join(parts["Action"]),
            result="\n\n".join(parts["Result"]),
            takeaways=tuple(parts["Key Takeaways"]),
        )


def _parts(lines: Sequence[PageLine], page: PageName) -> dict[str, list[str]]:
    """An example's parts as paragraphs or list items; it ends with its takeaways, whatever follows."""
    found: dict[str, list[str]] = {}
    seen: dict[str, int] = {}
    current: list[str] = []
    for line in lines:
        label, colon, rest = (line.bullet or line.text).partition(":")
        part = _PARTS.get(label.strip().casefold(), "") if colon else ""
        if part:
            if seen.setdefault(label.casefold(), line.number) != line.number:
                raise page.refuse(line.number, f"`{label}:` already stands on line {seen[label.casefold()]}")
            current = found.setdefault(part, [])
            current += [rest.strip()] if rest.strip() else []
        elif not found:
            raise page.refuse(line.number, f"`{line.text[:40]}` stands before `Situation:`")
        elif current is not found.get("Key Takeaways") or line.bullet:
            current.append(line.bullet or line.text)
        elif current and (line.indented or line.text[0].islower()):
            current[-1] = f"{current[-1]} {line.text}"
        else:
            break
    return found


def _guide(lines: Sequence[PageLine], page: PageName) -> Guide:
    first = next(index for index, line in enumerate(lines) if line.bullet)
    introduction = [line.text for line in lines[:first]]
    if not introduction:
        raise page.refuse(lines[0].number, "the steps begin at once: put an introduction before them")
    title = _guide_title(introduction)
    if len(introduction) > 1 and title == introduction[0]:
        introduction = introduction[1:]
    steps = list_items(lines, lines[0], page, last=True)
    return Guide(
        id=document_id(title, suffix="steps", fallback="guide"),
        title=title,
        introduction="\n\n".join(introduction),
        steps=tuple(GuideStep(name=step.name, text=step.text) for step in steps),
    )


def _guide_title(introduction: Sequence[str]) -> str:
    """The first line when it is a heading, else what its first sentence is about, else its first words."""
    words = introduction[0].split()
    if len(words) <= 12 and words[-1][-1] not in ".!?:;,":
        return introduction[0]
    verb = re.compile(r"(?:can|could|is|are|may|might|will|should|must|means|requires?|takes?|often)")
    end = next((n for n, word in enumerate(words[:13]) if n > 1 and verb.fullmatch(word)), 8)
    return " ".join(words[:end]).rstrip(".!?:;,") or introduction[0]
