"""Every line of a prompt says which lines of the document it was made from, and no prompt is changed by that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shipped import LIBRARY, QUESTION

from interviewer.commands import preview
from interviewer.margins import lines_behind, marked
from interviewer.places import texts
from interviewer.settings import Settings

SECTIONS = preview(Settings(), QUESTION.id, "I counted to ten.")
SOURCE = Path(QUESTION.source).read_text(encoding="utf-8").splitlines()


def plain(text: str) -> str:
    return re.sub(r"[^\w ]", "", text).casefold()


def test_the_margin_leads_to_lines_whose_words_stand_in_the_prompt() -> None:
    seen = 0
    for section in SECTIONS:
        for origin, line in zip(section.margin, section.text.split("\n"), strict=True):
            file, _, numbers = origin.partition(":")
            for number in numbers.split(",") if origin else []:
                said = re.sub(r"^(?:- [^:]+:|[\w_]+:|#+) *| *\{#.*\}$", "", SOURCE[int(number) - 1])
                assert file == "difficult-customers.md" and plain(said) in plain(line), (origin, line)
                seen += 1
    assert seen > 100


def test_every_text_that_is_judged_by_is_found_in_the_chat_graders_prompt() -> None:
    (section,) = [one for one in SECTIONS if one.title == "chat decider: system"]
    shown = {int(n) for origin in section.margin if origin for n in origin.partition(":")[2].split(",")}
    wanted = {place: text for place, text in texts(QUESTION).items() if place[0] in ("key_points", "motivations")}
    lines = {number for number, line in enumerate(SOURCE, 1) for text in wanted.values() if text in line}
    probes = {number for number in lines if "- Probe:" in SOURCE[number - 1]}
    assert lines - probes <= shown and not probes & shown


def test_lines_that_are_the_templates_or_the_candidates_have_no_margin() -> None:
    for section in SECTIONS:
        for origin, line in zip(section.margin, section.text.split("\n"), strict=True):
            if not line.strip() or "I counted to ten." in line or line.startswith("You judge what"):
                assert origin == "", line


def test_marks_change_nothing_but_themselves() -> None:
    copy = marked(QUESTION, lambda place: 7)
    assert texts(copy) == {place: f"{chr(0xF0007)}{text}" for place, text in texts(QUESTION).items()}
    assert copy.examples == QUESTION.examples and copy.key_points[0].id == QUESTION.key_points[0].id


@given(st.lists(st.lists(st.integers(1, 60_000), max_size=4), min_size=1, max_size=8))
def test_whatever_lines_were_marked_are_read_back(lines: list[list[int]]) -> None:
    prompt = "\n".join("x" * len(line) for line in lines)
    copy = "\n".join("".join(chr(0xF0000 + number) + "x" for number in line) for line in lines)
    assert lines_behind(prompt, copy) == tuple(tuple(sorted(set(line))) for line in lines)


def test_a_prompt_whose_lines_a_template_cuts_has_no_margin_rather_than_a_wrong_one() -> None:
    assert lines_behind("one\ntwo", f"one{chr(0xF0003)}") == ((), ())


@pytest.mark.parametrize("id", sorted(LIBRARY.questions)[:3])
def test_other_questions_have_their_own_names_in_the_margin(id: str) -> None:
    names = {origin.partition(":")[0] for section in preview(Settings(), id, "Yes.") for origin in section.margin}
    assert names == {"", f"{id}.md"}
