"""A PDF report can be read back: answers, quotes, verdicts, comments; no text of anybody stops it from being made."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any

import pytest
from exported import AT, begun, graded, set_watched, twice
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from shipped import QUESTION
from tables import ANSWER, SECOND

from interviewer.data_desk import set_apart
from interviewer.interview import answer, with_grade
from interviewer.schema import Comment, Interview
from interviewer.wording import say_verdict

GRADE = graded([ANSWER])
LACKING = "\ufffd"
warned: list[str] = []
"""What the fonts' library had to say while the last report was made."""


@pytest.fixture(scope="module", autouse=True)
def apart() -> Iterator[None]:
    """One process for all reports: what sets them can't be in the one that may run the embedded model."""
    global _apart
    with ProcessPoolExecutor(1, get_context("spawn")) as _apart:
        yield


_apart: ProcessPoolExecutor


def report(interviews: Sequence[Interview], **given: Any) -> bytes:
    data, warned[:] = _apart.submit(set_watched, interviews, **given).result()
    return data


def pages(*interviews: Interview) -> PdfReader:
    return PdfReader(io.BytesIO(report(interviews, made=AT)))


def words(reader: PdfReader) -> str:
    """All text on one line, less the numbers that stand between marked words."""
    text = " ".join(page.extract_text() for page in reader.pages)
    return re.sub(r"\s+", " ", re.sub(r" ?\[[\d,\s]+\]", "", text))


def test_every_answer_quote_verdict_and_comment_can_be_read_in_it() -> None:
    read = words(pages(twice()))
    assert ANSWER in read
    assert SECOND in read
    grade = GRADE
    for point in QUESTION.key_points:
        found = grade.key_points[point.id]
        assert f"{point.name} {say_verdict(found.verdict)}" in read
        assert all(f"“{quote.text.strip()}”" in read for quote in found.quotes)
    for said in (
        "Candidate: Kim", "Band 2 of 5 weak", "Band 4 of 5 strong", "Attempt 1 of 2", "Attempts side by side",
        "Seen otherwise: Not found", "Ms Reed says", "Name the <b>manager</b> sooner.", "How far to trust it",
        "How did it end?", "Page 1 of", "Better: Blaming the customer: Found → Not found",
    ):  # fmt: skip
        assert said in read, said


def test_it_has_a_title_a_language_and_an_outline_that_leads_to_each_attempt() -> None:
    reader = pages(twice())
    assert reader.metadata is not None
    assert reader.metadata.title == QUESTION.role
    assert str(reader.root_object["/Lang"]) == "en"
    assert "Attempt 2 of 2" in str(reader.outline)


def test_how_far_the_grader_agreed_with_raters_is_said_where_it_is_known() -> None:
    known = {("builtin", "scripted"): "Agreement with model-rater-1: 0.62."}
    reader = PdfReader(io.BytesIO(report([twice()], made=AT, trust=known)))
    assert "Agreement with model-rater-1: 0.62." in words(reader)
    assert "Nobody has noted how far this grader agrees with raters." in words(pages(twice()))


def test_several_interviews_make_one_report_and_each_begins_a_page() -> None:
    reader = pages(twice(), begun("another-one-of-22-chrs"))
    assert "No answer was given." in reader.pages[-1].extract_text()
    assert reader.metadata is not None and reader.metadata.title == "2 interviews"


def test_what_no_font_has_is_marked_and_the_report_says_so() -> None:
    read = words(pages(answer(begun(), "Ogham \u1681 and Linear A \U00010600 here.")))
    assert f"Linear A {LACKING} here." in read
    assert "stands for a character that no font installed here has" in read
    assert warned == []  # fpdf2 would warn of a glyph that it lacks


def test_other_scripts_and_emoji_are_drawn_and_words_that_turn_the_writing_around_are_not() -> None:
    read = words(pages(answer(begun(), "Grüße, Привет, γειά, नमस्ते, สวัสดี, 😀 {nb} safe\u202etxt")))
    for said in ("Grüße", "Привет", "γειά", "नमस्ते", "สวัสดี", "😀", "{nb}", "safetxt"):
        assert said in read
    assert LACKING not in read
    if find_spec("manimgx_fonts_cjk") is None:
        assert LACKING in words(pages(answer(begun(), "One 中 here.")))


NASTY = st.text(st.characters(codec=None), max_size=120) | st.sampled_from(
    ["\u05d0" * 400, "x" * 500, "\n" * 80, "\u0627\u0301" * 50, "👩‍👩‍👧‍👦" * 30, "\u200b", "\ud800", "a\tb\x0bc"]
)


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(NASTY, NASTY)
def test_no_text_of_anybody_stops_a_report_from_being_made(said: str, comment: str) -> None:
    told = with_grade(answer(begun(), said), GRADE)
    remark = Comment(question_id=QUESTION.id, attempt=1, text=comment, author=comment[:20], at=AT)
    told = told.model_copy(update={"comments": (remark,), "candidate": said[:50], "plan": comment[:50]})
    assert report([told], made=AT).startswith(b"%PDF")


def test_what_sets_a_report_is_never_loaded_where_the_embedded_model_may_run() -> None:
    assert set_apart([begun()], made=AT).startswith(b"%PDF")
    look = "import interviewer.page.app, interviewer.cli.data, interviewer.data_files, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout.split()
    assert "interviewer.data_desk" in loaded and not {"fpdf", "fontTools", "uharfbuzz"} & {*loaded}
    assert "uharfbuzz" not in sys.modules
