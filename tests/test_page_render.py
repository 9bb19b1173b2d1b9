"""The rubric's HTML: every verdict in a word, every quote in its place, nobody's words as markup, nothing early."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text
from scripted import ScriptedDecider
from shipped import LIBRARY, PROMPTS, QUESTION
from tables import AGREEMENT, ANSWER, FLAGGED, SECOND, VERDICTS, seat

from interviewer.encoder import load
from interviewer.errors import ProviderUnreachable
from interviewer.grading import blank_grade, grade
from interviewer.intake import STATES, say_state
from interviewer.interview import answer, begin, with_grade
from interviewer.page.catalogue import Filters, show_cards
from interviewer.page.differ import Refusal, Sent
from interviewer.page.frame import overlay, show_chat, show_notice, show_people, show_side
from interviewer.page.looks import SCRIPTS
from interviewer.page.marks import escape, show_answers
from interviewer.page.render import show_rubric
from interviewer.readout import load_weights
from interviewer.schema import Calibration, Dispute, Grade, Quote
from interviewer.terminal import rubric_lines
from interviewer.trust import SHIPPED, say_trust
from interviewer.wording import Evidence, cut_answers, explain_band, number_evidence

VOID = {"br", "path", "circle", "i"}
NASTY = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "`${alert(1)}`",
    "[click](javascript:alert(1)) ![x](http://example.com/x.png) **bold** $x^2$",
    "</mark></p></article><style>*{display:none}</style>",
    "&lt;b&gt; &amp;amp;",
)


class Tree(HTMLParser):
    """Collects tags, attributes and text; fails on tags that don't close in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"path", "circle"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(html: str) -> Tree:
    tree = Tree()
    tree.feed(html)
    tree.close()
    assert not tree.open
    return tree


def text_of(html: str) -> str:
    bare = re.sub(r"<style>.*?</style>", "", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


async def graded(*answers: str, said: object = None, decider: ScriptedDecider | None = None) -> Grade:
    decider = decider or ScriptedDecider(FLAGGED if said is None else said, calibration=seat().decider.calibration)  # type: ignore[arg-type]
    asked = ["?"] * len(answers)
    coming = grade(QUESTION, answers, asked=asked, decider=decider, prompts=PROMPTS, library=LIBRARY)
    return [result async for result in coming][-1]


async def test_every_criterion_is_shown_with_its_verdict_in_a_word_and_its_sign() -> None:
    html = show_rubric(await graded(ANSWER), QUESTION, [ANSWER], LIBRARY)
    rows = re.findall(r'<li class="criterion is-(\w+)".*?</li>', html, re.DOTALL)
    text = text_of(html)
    for name in (
        *(p.name for p in QUESTION.key_points),
        *(m.name for m in QUESTION.motivations),
        *(f.name for f in QUESTION.red_flags),
    ):
        assert name in text
    assert {"covered", "partial", "missing", "unsure", "present", "absent"} <= set(rows)
    for word in ("Covered", "Partly covered", "Missing", "Unsure", "Found", "Not found", "Level 2 of 3", "Told"):
        assert word in text
    assert html.count("<svg") >= len(rows)


async def test_a_red_flag_that_may_be_there_is_shown_with_its_words_on_the_page_and_in_the_terminal() -> None:
    decider = ScriptedDecider(FLAGGED, calibration=Calibration(red_flag_present=0.9))
    made = await graded(ANSWER, decider=decider)
    (quote,) = made.red_flags["blaming"].quotes
    told = "It may be there, with a probability of 83%: read these words again."
    html = show_rubric(made, QUESTION, [ANSWER], LIBRARY)
    name = next(flag.name for flag in QUESTION.red_flags if flag.id == "blaming")
    (row,) = (row for row in re.findall(r'<li class="criterion is-unsure".*?</li>', html, re.DOTALL) if name in row)
    assert quote.text in text_of(row) and told in text_of(row) and 'class="sure"' not in row
    number = next(item.number for item in number_evidence(made, QUESTION) if item.criterion == "blaming")
    assert f">{number}<" in row
    lines = [line.plain for line in rubric_lines(made, QUESTION, [ANSWER], LIBRARY) if isinstance(line, Text)]
    place = next(at for at, line in enumerate(lines) if name in line)
    assert lines[place + 1 : place + 3] == [f"      “{quote.text}”", f"      {told}"]
    assert made.band == (await graded(ANSWER, said=VERDICTS)).band  # it counts for nothing


async def test_every_number_in_the_answer_leads_to_a_criterion_and_back() -> None:
    html = show_rubric(await graded(ANSWER, SECOND), QUESTION, [ANSWER, SECOND], LIBRARY)
    tree = read(html)
    ids = [attrs["id"] for _, attrs in tree.tags if attrs.get("id")]
    goals = {attrs["data-go"] for _, attrs in tree.tags if attrs.get("data-go")}
    assert len(ids) == len(set(ids))
    assert goals and goals <= set(ids)
    numbered = number_evidence(await graded(ANSWER, SECOND), QUESTION)
    assert {f"rubric-words-{item.number}" for item in numbered} <= goals
    assert {f"rubric-criterion-{item.number}" for item in numbered} <= goals


async def test_quotes_say_which_answer_they_are_from_only_when_there_are_several() -> None:
    one = show_rubric(await graded(ANSWER), QUESTION, [ANSWER], LIBRARY)
    two = show_rubric(await graded(ANSWER, SECOND), QUESTION, [ANSWER, SECOND], LIBRARY)
    assert "answer 1</cite>" not in one and "answer 1</cite>" in two


async def test_the_band_stands_with_how_it_came_about_and_the_reading_that_fits() -> None:
    result = await graded(ANSWER)
    text = text_of(show_rubric(result, QUESTION, [ANSWER], LIBRARY))
    assert "2 Weak band 2 of 5" in text
    assert "A red flag was found, so the band is at most 2." in text
    assert "Two things to do better" in text
    assert "Worked example: " in text


async def test_the_explanation_of_a_band_is_the_rule_that_made_it() -> None:
    result = await graded(ANSWER, said=VERDICTS)
    lines = explain_band(result)
    points = next(line for line in lines if line.startswith("Points:"))
    # 5 covered, 2 partly of 9 judged: (5 + 1) / 9 = 0.67; levels 2, 2, 3, 1: mean 2; 1 + 1.33 + 1.33 = 3.67 → 4
    assert points == "Points: 1.25 + 2 × 0.67 + 2 × 2.00 ÷ 3 = 3.92, rounded."
    assert result.band == 4 and lines[-1] == "Band 4, strong."


@pytest.mark.parametrize("reason", sorted(STATES))
def test_what_cannot_be_graded_is_a_named_state_without_numbers_or_criteria(reason: str) -> None:
    blank = blank_grade(QUESTION, id="", decider=ScriptedDecider(), prompts=PROMPTS)
    html = show_rubric(blank.model_copy(update={"reason": reason}), QUESTION, ["some words"], LIBRARY)
    assert escape(say_state(reason)) in html
    assert 'class="band' not in html
    assert not [point.name for point in QUESTION.key_points if escape(point.name) in html]


async def test_a_grader_that_broke_off_leaves_what_was_judged_and_says_why() -> None:
    decider = ScriptedDecider({**VERDICTS, "key_point.protocols": ProviderUnreachable("127.0.0.1 broke off.")})
    html = show_rubric(await graded(ANSWER, decider=decider), QUESTION, [ANSWER], LIBRARY)
    text = text_of(html)
    assert "Partly graded 127.0.0.1 broke off." in text
    assert "Not scored" in text and 'class="band' not in html


async def test_a_rubric_that_fills_in_shows_progress_and_no_band() -> None:
    html = show_rubric(await graded(ANSWER), QUESTION, [ANSWER], LIBRARY, progress=(9, 19))
    assert "9 of 19 criteria judged" in text_of(html)
    assert '<progress max="19" value="9"' in html and 'class="band' not in html and "Not judged yet" in html


async def test_while_a_new_answer_is_graded_the_verdicts_before_stand_until_they_are_judged_again() -> None:
    before = await graded(ANSWER)
    blank = blank_grade(QUESTION, id="", decider=ScriptedDecider(), prompts=PROMPTS)
    both = overlay(before, blank)
    assert both.key_points == before.key_points and both.star == before.star
    assert overlay(None, blank) == blank
    assert overlay(before, before) == before
    assert overlay(before.model_copy(update={"rubric_hash": "other"}), blank) == blank


@pytest.mark.parametrize("nasty", NASTY)
async def test_nobodys_words_become_markup(nasty: str) -> None:
    said = f"I stayed calm with the customer and listened. {nasty} Then I offered him his money back, as I should."
    grades = await graded(said, said=VERDICTS)
    evil = QUESTION.model_copy(
        update={
            "question": nasty,
            "key_points": tuple(p.model_copy(update={"name": nasty}) for p in QUESTION.key_points),
        }
    )
    stamped = grades.model_copy(update={"model": nasty, "decider": "chat"})
    whole = show_rubric(stamped, evil, [said], LIBRARY)
    tree = read(whole)
    plain = read(show_rubric(grades, QUESTION, ["x" * len(said)], LIBRARY))
    assert {tag for tag, _ in tree.tags} <= {tag for tag, _ in plain.tags} | {"mark", "span"}
    assert not [name for _, attrs in tree.tags for name in attrs if name.startswith("on")]
    assert nasty in "".join(tree.words)
    visible = re.sub(r"<style>.*?</style>", "", whole)
    assert "${" not in visible and "{{" not in visible


@pytest.mark.parametrize("nasty", NASTY)
def test_the_talk_and_the_notices_show_words_as_they_were_typed(nasty: str) -> None:
    interview = answer(begin([QUESTION], prompts=PROMPTS, id="i", now=0.0), nasty)
    *_, mine, coming = show_chat(interview, nasty)
    for html in (mine["content"], coming["content"], show_notice(nasty)):
        tree = read(html)
        assert {tag for tag, _ in tree.tags} <= {"div", "p"}
        assert "".join(tree.words) == nasty


@given(text=st.text(max_size=200), spans=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=5))
@settings(max_examples=80, deadline=None)
def test_the_marked_answer_reads_as_the_answer(text: str, spans: list[tuple[int, int]]) -> None:
    evidence = [
        Evidence(
            number=number, kind="key_point", criterion="c", name="C", verdict="covered",
            quotes=(Quote(text="", start=start, end=end, answer=0),),
        )
        for number, (start, end) in enumerate(spans, start=1)
    ]  # fmt: skip
    (segments,) = cut_answers([text], evidence)
    assert "".join(segment.text for segment in segments) == text
    for number, (start, end) in enumerate(spans, start=1):
        marked = "".join(segment.text for segment in segments if number in segment.numbers)
        assert marked == (text[start:end] if start < end <= len(text) else "")
    html = show_answers([text], evidence, "p")
    bare = re.sub(r'<span class="badges">.*?</span>', "", html)
    assert unescape(re.sub(r"<[^>]+>", "", bare)).replace("\r\n", "\n") == unescape(escape(text)).replace("\r\n", "\n")


def test_who_grades_and_how_far_to_trust_it_is_said_measured_or_not() -> None:
    told = show_people(seat().describe())
    assert "Measured 2026-11-23 against model-rater-1." in told
    # 355 of 500 right; 0.81 of them judged; raters alike on 0.92.
    points = "Of 100 key points it judged 71 as labelled and 10 otherwise, and left 19 open; two raters agreed on 92."
    assert points in told
    assert "Of 18 answers with a red flag it found 11." in told
    assert "Nobody has measured" in show_people(seat(measured=False).describe())
    assert "No model was found." in show_people(seat(notices=("No model was found.",)).describe())


def test_what_a_grader_was_measured_on_counts_together() -> None:
    one = AGREEMENT.model_copy(update={"key_points": 100, "key_points_right": 80, "key_point_coverage": 0.9})
    other = one.model_copy(update={"key_points": 300, "key_points_right": 180, "raters_alike": 1.0})
    told = say_trust(Calibration(agreement=one, elsewhere=other))
    assert "judged 65 as labelled and 25 otherwise, and left 10 open; two raters agreed on 98" in told
    assert "Of 36 answers with a red flag it found 22." in told
    assert "key points" not in say_trust(Calibration(agreement=one.model_copy(update={"key_points": 0})))


def test_what_the_shipped_graders_were_measured_against_is_in_the_catalogue() -> None:
    for calibration in (load().facts["calibration"], load_weights().calibration.model_dump()):
        assert {calibration[name]["labellers"] for name in ("agreement", "elsewhere")} == {SHIPPED}


async def test_who_didnt_find_a_red_flag_says_how_often_it_finds_one_and_of_another_grader_nothing_is_said() -> None:
    panel = seat()
    made = await graded(ANSWER)
    sentence = "Not found is no proof: of 18 answers with a red flag, this grader found 11 when it was measured."
    assert panel.say_missed(made) == sentence
    html = show_rubric(made, QUESTION, [ANSWER], LIBRARY, missed=sentence)
    (row,) = re.findall(r'<li class="criterion is-absent".*?</li>', html, re.DOTALL)
    assert sentence in text_of(row) and text_of(html).count("Not found is no proof") == 1
    none_absent = {id: flag.model_copy(update={"verdict": "unsure"}) for id, flag in made.red_flags.items()}
    all_unsure = made.model_copy(update={"red_flags": none_absent})
    assert "no proof" not in show_rubric(all_unsure, QUESTION, [ANSWER], LIBRARY, missed=sentence)
    assert panel.say_missed(made.model_copy(update={"model": "another"})) == ""
    assert seat(measured=False).say_missed(made) == ""


def test_the_start_and_the_empty_side_give_no_criterion_away() -> None:
    interview = begin([QUESTION], prompts=PROMPTS, id="i", now=0.0)
    shown = show_cards(LIBRARY, Filters()) + show_side(None, {}, LIBRARY) + show_side(interview, {}, LIBRARY)
    assert not [point.name for point in QUESTION.key_points if escape(point.name) in shown]
    assert QUESTION.question in unescape(shown)


async def test_an_earlier_question_stays_folded_up_below_the_latest() -> None:
    other = QUESTION.model_copy(update={"id": "other", "question": "And another?"})
    interview = begin([QUESTION, other], prompts=PROMPTS, id="i", now=0.0)
    first = await graded(ANSWER)
    interview = with_grade(answer(interview, ANSWER), first)
    interview = answer(interview.model_copy(update={"position": 1}), SECOND)
    grades = {**interview.grades, "other": first.model_copy(update={"question_id": "other"})}
    html = show_side(interview, grades, LIBRARY)
    latest, _, earlier = html.partition('<details class="earlier"')
    assert 'id="rubric-1"' in latest and 'id="rubric-0"' in earlier


def test_the_style_sheet_and_script_ask_nobody_but_the_pages_own_server_for_speech() -> None:
    folder = Path(__file__).parent.parent / "interviewer" / "page"
    texts = [path.read_text(encoding="utf-8") for path in (folder / "style.css", *folder.glob("scripts/*.js"))]
    assert {path.stem for path in folder.glob("scripts/*.js")} == set(SCRIPTS)
    for text in texts:
        assert not re.search(r"https?:|@import|url\(|XMLHttp|WebSocket|sendBeacon", text)
    assert sorted(re.findall(r"fetch\([^,]*,", "".join(texts))) == ["fetch(PROGRAM,", "fetch(path,"]
    assert re.findall(r'PROGRAM = "([^"]*)"', "".join(texts)) == ["gradio_api/app_id"]
    assert re.findall(r'send\("([^"]*)"', "".join(texts)) == ["voice/hear", "voice/read"]


def test_no_selector_has_a_comma_in_brackets_for_gradio_cuts_there() -> None:
    style = (Path(__file__).parent.parent / "interviewer" / "page" / "style.css").read_text(encoding="utf-8")
    selectors = re.findall(r"([^{}]*)\{", re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL))
    assert not [one for one in selectors if not one.strip().startswith("@") and re.search(r"\([^()]*,", one)]


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


PAIRS = """
    ink/paper ink/sheet ink/tint ink/hovered ink/none-ground ink/bad-ground soft/paper soft/sheet soft/tint soft/hovered
    accent/sheet accent/paper accent/tint on-accent/accent on-accent/accent-deep good/good-ground good/sheet
    good/hovered half/half-ground half/sheet half/hovered bad/bad-ground bad/sheet bad/hovered idea/idea-ground
    idea/sheet none/none-ground none/sheet none/hovered mark-ink/mark lit-ink/lit
"""


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("pair", PAIRS.split())
def test_text_has_a_contrast_of_four_and_a_half_to_one(scheme: int, pair: str) -> None:
    style = (Path(__file__).parent.parent / "interviewer" / "page" / "style.css").read_text(encoding="utf-8")
    block = re.findall(r"\{([^}]*--paper[^}]*)\}", style)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    over, under = (_luminance(colours[name]) for name in pair.split("/"))
    # WCAG 2: (lighter + 0.05) / (darker + 0.05)
    assert (max(over, under) + 0.05) / (min(over, under) + 0.05) >= 4.5


async def test_every_criterion_can_be_seen_differently_and_none_that_is_still_coming() -> None:
    complete = await graded(ANSWER, said=FLAGGED)
    tree = read(show_rubric(complete, QUESTION, [ANSWER], LIBRARY))
    fields = [attrs for tag, attrs in tree.tags if tag == "input"]
    offered = {attrs["value"] for attrs in fields if attrs["name"] == "criterion"}
    documented = {*complete.key_points, *complete.motivations, *complete.red_flags}
    assert offered == documented | {"situation", "task", "action", "result"}
    assert "<form" not in show_rubric(complete, QUESTION, [ANSWER], LIBRARY, progress=(3, 19))
    ids = [attrs["id"] for _, attrs in tree.tags if attrs.get("id")]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("nasty", NASTY)
async def test_nobodys_words_in_a_dispute_or_a_refusal_become_markup(nasty: str) -> None:
    complete = await graded(ANSWER)
    quote = Quote(text=nasty, start=0, end=len(nasty), answer=0)
    kept = Dispute(
        question_id=QUESTION.id, kind="key_point", criterion="calm", answers=1, verdict=nasty, quotes=(quote,),
        graded=nasty, graded_by=nasty,
    )  # fmt: skip
    sent = Sent("differ", QUESTION.id, "key_point", "empathy", nasty, nasty)
    plain = read(show_rubric(complete, QUESTION, [ANSWER], LIBRARY))
    html = show_rubric(complete, QUESTION, [ANSWER], LIBRARY, disputes=[kept], refusal=Refusal(sent, nasty))
    tree = read(html)
    assert {tag for tag, _ in tree.tags} == {tag for tag, _ in plain.tags}
    assert not [name for _, attrs in tree.tags for name in attrs if name.startswith("on")]
    assert nasty in "".join(tree.words) and "${" not in html and "{{" not in html


async def test_a_very_long_answer_scrolls_by_itself_and_by_keyboard() -> None:
    long = f"{ANSWER} {'And then he thought about it. ' * 300}"
    shown = read(show_rubric(await graded(ANSWER), QUESTION, [ANSWER, long], LIBRARY))
    words = [attrs for tag, attrs in shown.tags if tag == "p" and str(attrs.get("class")).startswith("words")]
    assert [one.get("tabindex") for one in words] == [None, "0"]
