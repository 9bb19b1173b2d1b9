"""A Markdown report holds what the rubric holds, and nobody's words become headings, links or tags in it."""

from __future__ import annotations

import html
import re

import pytest
from exported import begun, graded, twice
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from shipped import QUESTION
from tables import ANSWER

from interviewer.exports.markdown import escape_markdown, to_markdown
from interviewer.interview import answer, with_grade

RENDERER = MarkdownIt("commonmark").enable("table")
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], include_characters=" "))


def shown(markdown: str) -> str:
    """What a viewer shows, tags taken off."""
    return html.unescape(re.sub(r"<[^>]*>", "", RENDERER.render(markdown)))


@given(LINES)
def test_a_viewer_shows_exactly_the_words_that_were_typed(line: str) -> None:
    expected = line.strip() and line.rstrip(" ")
    assert shown(escape_markdown(line)).strip("\n").rstrip(" ") == expected


@given(st.text())
def test_no_text_becomes_anything_but_paragraphs(text: str) -> None:
    kinds = {token.type for token in RENDERER.parse(escape_markdown(text))}
    assert kinds <= {"paragraph_open", "paragraph_close", "inline"}


@pytest.mark.parametrize(
    "words",
    ["# big", "1. one", "- a", "+ a", "===", "---", "    code", "\tcode", "> q", "<b>x</b>", "[a](http://b)", "`c`",
     "**b**", "_i_", "&amp;", "a | b", "http://evil.example", "~~no~~", "\\", "![i](j)", "```\nfence"],
)  # fmt: skip
def test_what_looks_like_markup_stays_words(words: str) -> None:
    rendered = RENDERER.render(escape_markdown(words))
    assert re.findall(r"<(\w+)", rendered) == ["p"] * rendered.count("<p>")
    assert shown(escape_markdown(words)).strip("\n") == words


def test_a_report_has_the_answers_the_numbered_words_the_verdicts_and_how_they_came_about() -> None:
    report = to_markdown([twice()])
    read = shown(report)
    assert ANSWER.split(". ")[0] in read
    assert "<mark>" in report and "<sup>[1]</sup>" in report
    for words in (
        "Candidate: Kim", "Band 2 of 5, weak", "Band 4 of 5, strong", "Attempt 1 of 2", "Attempt 2 of 2 (the best)",
        "Attempts side by side", "1 hint used", "How did it end?", "Seen otherwise: Not found", "Graded by scripted",
        "Better: Blaming", "What to do better", "Ms Reed says", "Name the <b>manager</b> sooner.",
    ):  # fmt: skip
        assert words.lower() in read.lower(), words
    for point in QUESTION.key_points:
        assert point.name in read


def test_an_answer_of_markup_changes_nothing_around_it() -> None:
    nasty = "# Not a heading\n\n| a | b |\n|---|---|\n<script>alert(1)</script> [x](javascript:1)\n> quote\n1. one"
    told = answer(begun(), nasty)
    report = to_markdown([with_grade(told, graded([nasty]))])
    rendered = RENDERER.render(report)
    assert "<script" not in rendered
    assert "<a " not in rendered
    assert len(re.findall("<h1>", rendered)) == 1
    for line in filter(None, nasty.split("\n")):
        assert line in shown(re.sub("<sup>.*?</sup>", "", report))


def test_an_interview_without_an_answer_says_so() -> None:
    assert "No answer was given." in to_markdown([begun()])
