"""Sets a question, worked example or guide as the text of its document; never touches a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .markup import escape, write_head
from .schema import STAR_PARTS, Guide, KeyPoint, Motivation, QuestionDocument, RedFlag, WorkedExample

__all__ = ["example_text", "guide_text", "question_text"]

_SCHEMA_COMMENT = "# yaml-language-server: $schema=../question.schema.json\n"


def question_text(document: QuestionDocument) -> str:
    """The text of `questions/<id>.md`."""
    head = document.model_dump(
        mode="json",
        include={"id", "role", "function", "role_description", "themes", "follow_ups", "examples", "guides"},
    )
    return write_head(head, _SCHEMA_COMMENT) + _join(_question_blocks(document))


def _question_blocks(document: QuestionDocument) -> Iterator[str]:
    yield f"# {escape(document.question)}"
    yield "## Key points"
    for point in document.key_points:
        yield from _criterion(point, {"Covered": point.covered, "Partly": point.partly, "Probe": point.probe})
    yield "## Motivations"
    for motivation in document.motivations:
        levels = {str(level): text for level, text in enumerate(motivation.levels)}
        yield from _criterion(motivation, {**levels, "Probe": motivation.probe})
    yield "## Red flags"
    for flag in document.red_flags:
        yield from _criterion(flag, {"Not this": flag.exception})
    yield "## STAR probes"
    yield _list({part.capitalize(): document.star_probes.get(part, "") for part in STAR_PARTS})


def example_text(example: WorkedExample) -> str:
    """The text of `examples/<id>.md`."""
    sections = {"Situation": example.situation, "Action": example.action, "Result": example.result}
    blocks = [f"# {escape(example.title)}"]
    for name, text in sections.items():
        blocks += [f"## {name}", *_paragraphs(text)]
    blocks += ["## Takeaways", "\n".join(f"- {escape(one)}" for one in example.takeaways)]
    return write_head({"id": example.id, "shows": list(example.shows)}) + _join(blocks)


def guide_text(guide: Guide) -> str:
    """The text of `guides/<id>.md`."""
    blocks = [f"# {escape(guide.title)}", *_paragraphs(guide.introduction), "## Steps"]
    for step in guide.steps:
        blocks += [f"### {escape(step.name)}", escape(step.text)]
        if step.shows:
            blocks.append(_list({"Shows": ", ".join(step.shows)}))
    return write_head({"id": guide.id}) + _join(blocks)


def _criterion(criterion: KeyPoint | Motivation | RedFlag, labels: Mapping[str, str]) -> Iterator[str]:
    yield f"### {escape(criterion.name)} {{#{criterion.id}}}"
    yield escape(criterion.description)
    yield _list(labels)


def _list(labels: Mapping[str, str]) -> str:
    return "\n".join(f"- {label}: {escape(text)}" for label, text in labels.items())


def _paragraphs(text: str) -> Iterator[str]:
    yield from (escape(paragraph) for paragraph in text.split("\n\n"))


def _join(blocks: Iterable[str]) -> str:
    return "\n" + "\n\n".join(blocks) + "\n"
