"""Reads the text of one document into its record; never touches a file or asks a model.

Five kinds: questions, worked examples, guides, plans, role-plays. `content/README.md` shows their format.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError

from .giveaways import giveaways
from .markup import Page, Part, UnreadableError, plain, read_head, read_parts, split
from .roleplay import INSULT, MOST_GAPS, SHOUT, too_many_gaps, unusable_cue
from .schema import (
    STAR_PARTS,
    Guide,
    GuideStep,
    KeyPoint,
    Level,
    Motivation,
    Plan,
    QuestionDocument,
    Record,
    RedFlag,
    RolePlay,
    Rule,
    StarPart,
    Topic,
    WorkedExample,
)

__all__ = [
    "CRITERION_ID",
    "DOCUMENT_ID",
    "document_schema",
    "read_example",
    "read_guide",
    "read_plan",
    "read_question",
    "read_role_play",
]

DOCUMENT_ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
CRITERION_ID = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
UNWRITTEN = "…"
"""What stands for a heading's words in a new document's skeleton."""

D = TypeVar("D", QuestionDocument, WorkedExample, Guide, Plan, RolePlay)
H = TypeVar("H", bound=Record)


# ── heads ────────────────────────────────────────────────────────────────────────────────────────────


def _fold(text: object) -> object:
    return " ".join(text.split()) if isinstance(text, str) else text


Text = Annotated[str, BeforeValidator(_fold), StringConstraints(min_length=1)]
DocumentId = Annotated[str, StringConstraints(pattern=DOCUMENT_ID, max_length=80)]
CriterionId = Annotated[str, StringConstraints(pattern=CRITERION_ID, max_length=80)]


class _QuestionHead(Record):
    """What the YAML head of a question document holds."""

    id: DocumentId = Field(description="Lower-case words joined by hyphens; the file is named after it.")
    role: Text = Field(description="The job this question is asked for, e.g. Loss Prevention Specialist.")
    function: Text = Field(description="The part of a firm the job belongs to, e.g. Retail.")
    role_description: Text = Field(description="One sentence: what someone in this job does.")
    themes: tuple[Text, ...] = Field(min_length=1, description="What the question is about, a few words each.")
    follow_ups: int = Field(default=3, ge=0, le=10, description="Most follow-up questions asked about it.")
    examples: tuple[DocumentId, ...] = Field(default=(), description="Ids of worked examples, from examples/.")
    guides: tuple[DocumentId, ...] = Field(default=(), description="Ids of guides, from guides/.")


class _ExampleHead(Record):
    id: DocumentId
    shows: tuple[CriterionId, ...] = ()


class _GuideHead(Record):
    id: DocumentId


class _PlanHead(Record):
    id: DocumentId
    role: Text
    minutes: int = Field(ge=5, le=180)
    questions: tuple[DocumentId, ...] = Field(min_length=1, max_length=20)


class _RolePlayHead(Record):
    id: DocumentId
    question: DocumentId
    example: DocumentId
    person: Text
    minutes: int = Field(ge=3, le=60)
    turns: int = Field(ge=4, le=20)
    temper: int = Field(ge=1, le=3)


def document_schema() -> dict[str, Any]:
    """JSON schema of a question document's head, for editors; kept as `content/question.schema.json`."""
    schema = _QuestionHead.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Question document"}


def _check_head(data: dict[str, Any], model: type[H], page: Page) -> H | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for one in error.errors():
            message = _head_message(one["type"], str(one["loc"][0]), one["msg"], list(model.model_fields))
            page.wrong(page.line(*one["loc"]), message)
    return None


def _head_message(kind: str, key: str, message: str, known: Sequence[str]) -> str:
    joined = "_" if key == "shows" else "-"
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(key, known, 1)
        meant = f"did you mean `{close[0]}`?" if close else f"known are {', '.join(known)}"
        return f"unknown key `{key}` in the head: {meant}"
    messages = {
        "missing": f"the head lacks `{key}`: add it",
        "string_pattern_mismatch": f"`{key}` holds an unusable id: write lower-case words joined by `{joined}`",
        "string_too_long": f"`{key}` holds an id that is too long: write at most 80 characters",
        "too_short": f"`{key}` is empty: write it",
        "string_type": f"`{key}` is not a text: write one",
        "tuple_type": f"`{key}` must be a list: write `{key}: [one, two]`",
    }
    return messages.get(kind, f"`{key}`: {message[0].lower()}{message[1:]}")


# ── what all kinds share ───────────────────────────────────────────────────────────────────────────


def _read(
    text: str, page: Page, head: type[Record], body: Callable[[list[Part], Page], dict[str, Any]], record: type[D]
) -> D | None:
    """The record; None when anything is wrong, and the page then says all that is."""
    try:
        head_text, body_text, first_line = split(text, page)
        fields = _check_head(read_head(head_text, page), head, page)
    except UnreadableError:
        return None
    parts = read_parts(body_text, first_line, page)
    if not parts or parts[0].depth != 1 or not parts[0].name:
        page.wrong(parts[0].heading.number if parts else first_line, "the body must open with `# ` and a title")
        return None
    page.lines[("title",)] = parts[0].heading.number
    if parts[0].name == UNWRITTEN:
        page.wrong(parts[0].heading.number, f"the title is still `{UNWRITTEN}`: write it")
    for other in parts[1:]:
        if other.depth == 1:
            page.wrong(other.heading.number, "a second `# ` heading: a document holds one")
    found = body(parts, page)
    if fields is None or page.faults:
        return None
    return record(**fields.model_dump(), **found, source=page.source)


def _sections(parts: Sequence[Part], names: Sequence[str], page: Page) -> dict[str, list[Part]]:
    """By section name, all of them: the section's own part, then its `### ` entries."""
    found: dict[str, list[Part]] = {}
    current: list[Part] = []
    for part in parts[1:]:
        line, name = part.heading.number, part.name
        if part.depth == 2:
            known = next((one for one in names if one.casefold() == name.casefold()), None)
            current = [part]
            if known is None:
                page.wrong(line, f"unknown section `{_short(name)}`: known are {', '.join(names)}")
            elif known in found:
                page.wrong(line, f"section `{known}` stands twice: join them")
            else:
                found[known] = current
        elif part.depth == 3 and current:
            current.append(part)
        else:
            current = [part]  # what follows belongs to it, and is no further mistake
            if part.depth == 1:
                continue
            page.wrong(line, f"`{_short(name)}` is at the wrong depth: `## ` opens a section, `### ` what is in it")
    for name in names:
        if name not in found:
            page.wrong(parts[0].heading.number, f"section `## {name}` is missing: add it")
    return found


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:39]}…"


def _called(part: Part) -> str:
    """A heading for messages, without its id."""
    return _short(re.sub(r"\s*\{#[^{}]*\}$", "", part.name))


def _refuse(part: Part, page: Page, advice: str, *, paragraphs: bool = True, items: bool = True) -> None:
    """Notes text that stands where none is read, so that nothing a coach wrote is dropped in silence."""
    for line in [*(part.paragraphs if paragraphs else []), *(part.items if items else [])]:
        page.wrong(line.number, f"`{_short(line.raw)}` has no place under `{_called(part)}`: {advice}")


def _prose(parts: Sequence[Part], page: Page) -> str:
    """A part's paragraphs, joined by blank lines."""
    for extra in parts[1:]:
        page.wrong(extra.heading.number, f"`{_short(extra.name)}` has no place here: this section is plain text")
    _refuse(parts[0], page, "make it a paragraph", paragraphs=False)
    if not any(paragraph.raw for paragraph in parts[0].paragraphs):
        page.wrong(parts[0].heading.number, f"`{_short(parts[0].name)}` lacks its text: write it")
    return "\n\n".join(plain(paragraph.raw) for paragraph in parts[0].paragraphs)


def _paragraph(part: Part, page: Page) -> str:
    if len(part.paragraphs) != 1:
        fault = "has several paragraphs: join them" if part.paragraphs else "lacks its paragraph: describe it"
        page.wrong(part.heading.number, f"`{_called(part)}` {fault}")
    return plain(part.paragraphs[0].raw) if part.paragraphs else ""


def _labelled(part: Part, labels: Sequence[str], page: Page, *, optional: bool = False) -> dict[str, str]:
    """A part's list as label → text: each label once; an absent optional one is empty."""
    found: dict[str, str] = {}
    for item in part.items:
        label, colon, raw = item.raw.partition(":")
        known = next((one for one in labels if one.casefold() == " ".join(label.split()).casefold()), None)
        if not colon or known is None:
            wanted = ", ".join(f"`{one}:`" for one in labels)
            page.wrong(item.number, f"list item `{_short(item.raw)}` must open with one of {wanted}")
        elif known in found:
            page.wrong(item.number, f"`{known}:` stands twice under `{_called(part)}`: keep one")
        else:
            found[known] = plain(raw)
            page.lines[(part.heading.number, known)] = item.number
            if not found[known]:
                page.wrong(item.number, f"`{known}:` is empty: write it")
    for label in labels:
        if label not in found and not optional:
            page.wrong(part.heading.number, f"`{_called(part)}` lacks `- {label}: …`: add it")
    return {label: found.get(label, "") for label in labels}


# ── questions ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Entry:
    """One criterion: `### Name {#id}`, a paragraph, a labelled list."""

    id: str
    name: str
    description: str
    labelled: dict[str, str]

    def __getitem__(self, label: str) -> str:
        return self.labelled[label]

    @property
    def named(self) -> dict[str, str]:
        return {"id": self.id, "name": self.name, "description": self.description}


def read_question(text: str, page: Page) -> QuestionDocument | None:
    """The question document; None when anything is wrong, and the page then says all that is."""
    return _read(text, page, _QuestionHead, _question_body, QuestionDocument)


def _question_body(parts: list[Part], page: Page) -> dict[str, Any]:
    _refuse(parts[0], page, "put it in a section")
    sections = _sections(parts, ("Key points", "Motivations", "Red flags", "STAR probes"), page)
    question = parts[0].name
    points = _entries("key_points", sections.get("Key points"), ("Covered", "Partly", "Probe"), question, page)
    wants = _entries("motivations", sections.get("Motivations"), ("0", "1", "2", "3", "Probe"), question, page)
    flags = _entries("red_flags", sections.get("Red flags"), ("Not this",), question, page)
    return {
        "question": question,
        "key_points": [KeyPoint(**e.named, covered=e["Covered"], partly=e["Partly"], probe=e["Probe"]) for e in points],
        "motivations": [
            Motivation(**e.named, levels=(e["0"], e["1"], e["2"], e["3"]), probe=e["Probe"]) for e in wants
        ],
        "red_flags": [RedFlag(**e.named, exception=e["Not this"]) for e in flags],
        "star_probes": _star_probes(sections.get("STAR probes"), page),
    }


def _entries(kind: str, parts: list[Part] | None, labels: Sequence[str], question: str, page: Page) -> list[_Entry]:
    """The criteria of a section; none when the section is missing."""
    if parts is None:
        return []
    _refuse(parts[0], page, "put it under a `### Name {#id}` heading")
    if len(parts) == 1:
        page.wrong(parts[0].heading.number, f"`{parts[0].name}` has no `### Name {{#id}}` entry: add one")
    entries: list[_Entry] = []
    first_use: dict[str, int] = {}
    for part in parts[1:]:
        name, id_ = _name_and_id(part, page)
        if first_use.setdefault(id_, part.heading.number) != part.heading.number and id_:
            page.wrong(part.heading.number, f"id `{id_}` is already used on line {first_use[id_]}: choose another")
        entry = _Entry(id_, name, _paragraph(part, page), _labelled(part, labels, page))
        _note_lines((kind, id_), part, labels, page)
        told = giveaways(entry["Probe"], name, question) if "Probe" in labels else []
        if told:
            line = page.line(part.heading.number, "Probe")
            page.wrong(line, f"the probe gives `{_short(name)}` away with `{told[0]}`: ask without that word")
        entries.append(entry)
    return entries


def _note_lines(where: tuple[str, ...], part: Part, labels: Sequence[str], page: Page) -> None:
    """Notes where an entry's texts stand, for whoever asks later; `places` says how they are called."""
    page.lines[*where, "name"] = part.heading.number
    page.lines[*where, "description"] = (part.paragraphs or [part.heading])[0].number
    for label in labels:
        page.lines[*where, label.casefold()] = page.line(part.heading.number, label)


def _name_and_id(part: Part, page: Page) -> tuple[str, str]:
    match = re.fullmatch(r"(.*?)(?<!\\)\{#([^{}]*)\}", part.heading.raw, re.DOTALL)
    name = plain(match[1]) if match else part.name
    id_ = match[2].strip() if match else ""
    if not match or name in ("", UNWRITTEN):
        page.wrong(part.heading.number, f"heading `{_short(part.name)}` must be `### Name {{#id}}`")
    elif not re.fullmatch(CRITERION_ID, id_) or len(id_) > 80:
        page.wrong(part.heading.number, f"`{_short(id_)}` is not a usable id: write lower-case words joined by `_`")
    return name, id_


def _star_probes(parts: list[Part] | None, page: Page) -> dict[StarPart, str]:
    if parts is None:
        return {}
    for extra in parts[1:]:
        page.wrong(extra.heading.number, "STAR probes is one list: remove this heading")
    _refuse(parts[0], page, "make it a list item", items=False)
    found = _labelled(parts[0], [part.capitalize() for part in STAR_PARTS], page)
    for part in STAR_PARTS:
        page.lines["star_probes", part] = page.line(parts[0].heading.number, part.capitalize())
    return {part: found[part.capitalize()] for part in STAR_PARTS}


# ── worked examples and guides ───────────────────────────────────────────────────────────────────────


def read_example(text: str, page: Page) -> WorkedExample | None:
    """The worked example; None when anything is wrong, and the page then says all that is."""
    return _read(text, page, _ExampleHead, _example_body, WorkedExample)


def _example_body(parts: list[Part], page: Page) -> dict[str, Any]:
    _refuse(parts[0], page, "put it in a section")
    names = ("Situation", "Action", "Result")
    sections = _sections(parts, (*names, "Takeaways"), page)
    story = {name.lower(): _prose(sections[name], page) for name in names if name in sections}
    takeaways: list[str] = []
    for number, part in enumerate(sections.get("Takeaways", [])):
        _refuse(part, page, "make it a list item", items=number > 0)
        takeaways += [plain(item.raw) for item in part.items]
        if number == 0 and not part.items:
            page.wrong(part.heading.number, "`Takeaways` lacks its list: write at least one item")
    return {"title": parts[0].name, **story, "takeaways": takeaways}


def read_guide(text: str, page: Page) -> Guide | None:
    """The guide; None when anything is wrong, and the page then says all that is."""
    return _read(text, page, _GuideHead, _guide_body, Guide)


def _guide_body(parts: list[Part], page: Page) -> dict[str, Any]:
    steps: list[GuideStep] = []
    for number, part in enumerate(_sections(parts, ("Steps",), page).get("Steps", [])):
        if number == 0:
            _refuse(part, page, "put it under a `### ` heading")
        else:
            steps.append(_step(part, page))
            page.lines[("steps", number - 1)] = part.heading.number
    return {"title": parts[0].name, "introduction": _prose(parts[:1], page), "steps": steps}


def _step(part: Part, page: Page) -> GuideStep:
    if part.name in ("", UNWRITTEN):
        page.wrong(part.heading.number, "an empty heading: name the step")
    shown = _labelled(part, ("Shows",), page, optional=True)["Shows"]
    shows = [one.strip() for one in shown.split(",")] if shown else []
    for one in shows:
        if not re.fullmatch(CRITERION_ID, one):
            page.wrong(part.heading.number, f"`{_short(one)}` is not a usable id: write lower-case words joined by `_`")
    return GuideStep(name=part.name, text=_paragraph(part, page), shows=tuple(shows))


# ── plans ────────────────────────────────────────────────────────────────────────────────────────────


def read_plan(text: str, page: Page) -> Plan | None:
    """The interview plan; None when anything is wrong, and the page then says all that is."""
    return _read(text, page, _PlanHead, _plan_body, Plan)


def _plan_body(parts: list[Part], page: Page) -> dict[str, Any]:
    return {"title": parts[0].name, "introduction": _prose(parts, page)}


# ── role-plays ───────────────────────────────────────────────────────────────────────────────────────

_LEVELS = ("0", "1", "2", "3", "4")
_BANDS = ("Calm", "Tense", "Heated")
_ENDINGS = {"Settled": "settled", "Leaves": "left", "Turns": "turns"}


def read_role_play(text: str, page: Page) -> RolePlay | None:
    """The role-play; None when anything is wrong, and the page then says all that is."""
    return _read(text, page, _RolePlayHead, _role_play_body, RolePlay)


def _role_play_body(parts: list[Part], page: Page) -> dict[str, Any]:
    sections = _sections(parts, ("Person", "Temper", "Rules", "Topics", "Endings"), page)
    rules = [_rule(part, page) for part in _opened(sections.get("Rules"), page)]
    known = {rule["id"] for rule in rules}
    topics = [_topic(part, known, page) for part in _opened(sections.get("Topics"), page)]
    for change, what in ((-1, "calms: write one with `Temper: -1`"), (1, "upsets: write one with `Temper: +1`")):
        if "Rules" in sections and not any(rule["change"] * change > 0 for rule in rules):
            page.wrong(sections["Rules"][0].heading.number, f"no rule {what}")
    person = _listed(sections.get("Person"), ("Role", "Wants", "Knows", "Doesn't know", "Opens"), page)
    about = sections["Person"][0] if "Person" in sections else None
    endings = _listed(sections.get("Endings"), tuple(_ENDINGS), page)
    if "Endings" in sections:
        _refuse(sections["Endings"][0], page, "make it a list item", items=False)
    return {
        "title": parts[0].name,
        "scene": _prose(parts[:1], page),
        "about": _paragraph(about, page) if about else "",
        "who": person["Role"],
        "wants": person["Wants"],
        "knows": person["Knows"],
        "unknown": person["Doesn't know"],
        "opens": person["Opens"],
        "levels": _levels(sections.get("Temper"), page),
        "rules": [Rule(**rule) for rule in rules] if not page.faults else [],
        "topics": topics,
        "endings": {ending: endings[label] for label, ending in _ENDINGS.items()},
    }


def _listed(parts: list[Part] | None, labels: Sequence[str], page: Page) -> dict[str, str]:
    """A section that is one labelled list; empty texts when it is missing."""
    if parts is None:
        return dict.fromkeys(labels, "")
    for extra in parts[1:]:
        page.wrong(extra.heading.number, f"`{_short(parts[0].name)}` is one list: remove this heading")
    return _labelled(parts[0], labels, page)


def _levels(parts: list[Part] | None, page: Page) -> list[Level]:
    """`- 0: Calm. Speaks quietly.`: a word for the level, then how they speak."""
    found = _listed(parts, _LEVELS, page)
    if parts is None:
        return []
    _refuse(parts[0], page, "make it a list item", items=False)
    levels: list[Level] = []
    for number, text in found.items():
        name, _, manner = (piece.strip() for piece in text.partition(". "))
        if text and not (manner and len(name) <= 24):
            line = page.line(parts[0].heading.number, number)
            page.wrong(
                line, f"`{number}:` must open with a word for it, then say how they speak: `Annoyed. Talks fast.`"
            )
        levels.append(Level(name=name, manner=manner))
    return levels


def _opened(parts: list[Part] | None, page: Page) -> list[Part]:
    """The `### ` entries of a section, ids told apart."""
    if parts is None:
        return []
    _refuse(parts[0], page, "put it under a `### Name {#id}` heading")
    if len(parts) == 1:
        page.wrong(parts[0].heading.number, f"`{parts[0].name}` has no `### Name {{#id}}` entry: add one")
    first: dict[str, int] = {}
    for part in parts[1:]:
        id_ = (re.findall(r"\{#([^{}]*)\}$", part.heading.raw) or [""])[0].strip()
        if first.setdefault(id_, part.heading.number) != part.heading.number and id_:
            page.wrong(part.heading.number, f"id `{id_}` is already used on line {first[id_]}: choose another")
    return parts[1:]


def _rule(part: Part, page: Page) -> dict[str, Any]:
    name, id_ = _name_and_id(part, page)
    if id_ in (INSULT.id, SHOUT.id):
        page.wrong(part.heading.number, f"rule `{id_}` holds in every role-play: choose another id")
    texts = _labelled(part, ("Temper", "Because", "Cues"), page)
    if texts["Temper"] and not re.fullmatch(r"-1|0|\+?[12]", texts["Temper"]):
        line = page.line(part.heading.number, "Temper")
        page.wrong(line, f"`Temper: {_short(texts['Temper'])}` must be -1 (calms), 0 (only settles), +1 or +2 (upsets)")
        texts["Temper"] = ""
    cues = tuple(cue for one in texts["Cues"].split(",") if (cue := one.strip()))
    for cue in filter(unusable_cue, cues):
        page.wrong(
            page.line(part.heading.number, "Cues"), f"cue `{_short(cue)}` has no word: write words of the candidate"
        )
    for cue in filter(too_many_gaps, cues):
        page.wrong(
            page.line(part.heading.number, "Cues"), f"cue `{_short(cue)}` has more than {MOST_GAPS} `…`: leave some out"
        )
    return {
        "id": id_,
        "name": name,
        "description": _paragraph(part, page),
        "because": texts["Because"],
        "change": int(texts["Temper"] or 0),
        "cues": cues,
    }


def _topic(part: Part, rules: set[str], page: Page) -> Topic:
    name, id_ = _name_and_id(part, page)
    script = {band: [item for item in part.items if _label(item.raw) == band.casefold()] for band in _BANDS}
    spoken = {id(item) for items in script.values() for item in items}
    rest = Part(part.heading, part.depth, part.paragraphs, [item for item in part.items if id(item) not in spoken])
    settled_by = [one.strip() for one in _labelled(rest, ("Settled by",), page)["Settled by"].split(",") if one.strip()]
    for one in settled_by:
        if one not in rules:
            page.wrong(
                page.line(part.heading.number, "Settled by"), f"there is no rule `{_short(one)}`: correct the id"
            )
    lines = {band: [plain(item.raw.partition(":")[2]) for item in items] for band, items in script.items()}
    for band, texts in lines.items():
        if not texts or not all(texts):
            page.wrong(part.heading.number, f"`{_called(part)}` lacks a line for `- {band}: …`: write it")
    return Topic(
        id=id_, name=name, description=_paragraph(part, page), settled_by=tuple(settled_by),
        calm=tuple(lines["Calm"]), tense=tuple(lines["Tense"]), heated=tuple(lines["Heated"]),
    )  # fmt: skip


def _label(raw: str) -> str:
    return " ".join(raw.partition(":")[0].split()).casefold()
