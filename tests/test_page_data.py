"""The HTML of what is kept and of a group shows everybody's words as words, and says what is not there."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import gradio as gr
from exported import begun, twice
from shipped import LIBRARY, QUESTION
from tables import ANSWER, FOLLOW_UPS, seat

from interviewer.attempts import comments_on
from interviewer.data_desk import Made
from interviewer.group import group
from interviewer.page.comments import show_comments
from interviewer.page.data import DataView, read_files, read_told
from interviewer.page.desk import Desk
from interviewer.page.frame import show_side
from interviewer.page.heat import show_group, show_one
from interviewer.page.shelf import show_download, show_kept, show_tools
from interviewer.schema import Comment, Interview
from interviewer.store import Store

NASTY = '<img src=x onerror="alert(1)">{{x}}'


def named(name: str, id: str = "interview-of-22-chars_") -> Interview:
    remark = Comment(question_id=QUESTION.id, attempt=1, text=NASTY, author=NASTY, at=1.0)
    update = {"candidate": name, "owner": f"candidate-{id}", "plan": NASTY, "comments": (remark,)}
    return twice(id).model_copy(update=update)


def test_nobodys_words_become_markup() -> None:
    told = named(NASTY)
    shown = [
        show_kept([told]),
        show_tools(NASTY),
        show_comments(told.comments),
        show_group(group([told, named(NASTY, "another-one-of-22-chrs")])),
        show_one(told, QUESTION.id, 1, NASTY, LIBRARY, removable=True),
        show_download(Made(name=NASTY, media_type=NASTY, data=b"x"), 1),
        show_side(told, told.grades, LIBRARY),
    ]
    for html in shown:
        assert "<img" not in html
        assert "{{" not in html


def test_a_comment_stands_in_the_rubric_of_the_attempt_it_is_about() -> None:
    told = twice()
    assert [one.author for one in comments_on(told, QUESTION.id, 2)] == ["Ms Reed"]
    assert comments_on(told, QUESTION.id, 1) == ()
    side = show_side(told, told.grades, LIBRARY)
    assert side.count("Your coach says") == 1
    assert side.index("Your coach says") < side.index("Attempt 1")
    first = show_side(named("Kim"), named("Kim").grades, LIBRARY)
    assert first.index("Your coach says") > first.index("attempt-1")


def test_the_list_says_mode_answers_and_best_band() -> None:
    shown = show_kept([twice(), begun("another-one-of-22-chrs")])
    assert "Practice · 2 answers · best band 4 of 5 · 1 comment" in shown
    assert "0 answers · no band" in shown
    assert "Nothing is kept yet" in show_kept([])


def test_a_table_of_a_group_tells_by_word_and_sign_what_colour_tells() -> None:
    [question] = group([named("Kim"), named("Lee", "another-one-of-22-chrs")])
    shown = show_group([question])
    cells = re.findall(r'<button[^>]*class="cell[^"]*"[^>]*>(.*?)</button>', shown)
    assert len(cells) == 2 * len(question.rows)
    assert all(re.search(r"<svg.*</svg><span>.+</span>", cell) for cell in cells)
    assert 'aria-label="Kim: Missing. Read the answer"' in shown
    assert "No key point is lacking" not in shown
    alone = show_group(group([named("Kim")]))
    assert "Most of the group" not in alone


def test_a_file_is_handed_over_byte_for_byte() -> None:
    html = show_download(Made(name="a.pdf", media_type="application/pdf", data=bytes(range(256))), 7)
    found = re.search('data-bytes="([^"]*)"', html)
    assert found is not None
    assert base64.b64decode(found[1]) == bytes(range(256))


def test_what_the_browser_sends_is_believed_only_in_our_shape() -> None:
    assert read_files('[{"name": "a.json", "text": "x"}, 3]') == [("a.json", "x")]
    for told in ("", "{", "{}", "[" * 100_000, "null"):
        assert read_files(told) == []
    assert read_told("[1]") == [1]


async def test_a_simulation_that_runs_tells_no_band_in_the_list_in_a_file_or_in_what_was_missed(tmp_path: Path) -> None:
    desk = Desk(seat(*FOLLOW_UPS), Store(tmp_path), now=lambda: 100.0)
    begun_ = desk.begin([QUESTION.id], mode="simulation")["interview"]
    interview = desk.submit(ANSWER, begun_, None)["interview"]
    [change async for change in desk.grade(interview)]
    [kept] = desk.store.interviews("")
    assert kept.grades and "band" not in show_kept([kept]) and "unfinished" in show_kept([kept])
    assert desk.resume(None)["missed"] is False and "missed anything yet" in desk.surprise(weakest=True)["notice"]
    view = DataView(desk)
    with gr.Blocks():
        with gr.Tabs():
            view.lay_out()
        view._file, notice = gr.HTML(), gr.HTML()
    for format in ("json", "csv", "md", "pdf"):
        asked = json.dumps({"ids": [], "name": "", "format": format})
        made = await view._export(asked)
        assert view._file not in made and "before it has ended" in made[view._says]
        here = await view._export_this(format, interview, notice)
        assert view._file not in here and "before it has ended" in here[notice]
    ended = desk.finish(interview, None)["interview"]
    asked = json.dumps({"ids": [], "name": "", "format": "csv"})
    assert "data-bytes" in (await view._export(asked))[view._file]
    assert "band" in show_kept([desk.store.load(ended.id)]) and desk.resume(None)["missed"]
    desk.begin([QUESTION.id], mode="simulation")
    says = (await view._export(asked))[view._says]
    assert "of 1 interview" in says and "1 that still runs is not in it" in says
