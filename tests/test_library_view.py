"""The library on the page: what is found, counted, chosen and started; nothing an answer is judged by shows."""

from __future__ import annotations

import json
import random
import re
from html import unescape
from pathlib import Path

import pytest
from shipped import LIBRARY, QUESTION
from tables import seat

from interviewer.interview import answer
from interviewer.page.author import Seen, show_seen
from interviewer.page.catalogue import Filters, count_choices, show_cards, show_plans
from interviewer.page.desk import Change, Desk
from interviewer.page.marks import escape
from interviewer.plans import find_plan
from interviewer.schema import Grade, Interview, KeyPointVerdict, Library, QuestionDocument
from interviewer.store import Store

OTHER = next(document for document in LIBRARY.questions.values() if document.role == "Barista")


def at_desk(folder: Path) -> Desk:
    return Desk(seat(), Store(folder), now=lambda: 100.0, rng=random.Random(3))


def card_ids(html: str) -> list[str]:
    return re.findall(r'type="checkbox" value="([^"]+)"', html)


def judged_by(document: QuestionDocument) -> set[str]:
    """What a candidate must not read before answering; a name may also be a theme, which is no secret."""
    texts = {text for one in document.key_points for text in (one.name, one.description, one.covered, one.partly)}
    texts |= {text for one in document.motivations for text in (one.name, one.description, *one.levels)}
    texts |= {text for one in document.red_flags for text in (one.name, one.description, one.exception)}
    texts |= {one.probe for one in document.key_points} | {one.probe for one in document.motivations}
    themes = {theme.casefold() for one in LIBRARY.questions.values() for theme in one.themes}
    return {text for text in texts if text and text.casefold() not in themes}


@pytest.mark.parametrize("document", LIBRARY.questions.values(), ids=lambda document: document.id)
def test_no_view_of_the_library_shows_what_an_answer_is_judged_by(document: QuestionDocument, tmp_path: Path) -> None:
    desk = at_desk(tmp_path)
    changes = [desk.resume({}), desk.browse("", document.role, "", "", document.id), desk.clear("")]
    views = [show_cards(LIBRARY, Filters()), show_plans(LIBRARY), json.dumps(count_choices(LIBRARY, Filters()))]
    shown = unescape(" ".join([*views, json.dumps(changes)]))
    given_away = [text for text in judged_by(document) if text in shown or json.dumps(text)[1:-1] in shown]
    assert not given_away


@pytest.mark.parametrize("document", LIBRARY.questions.values(), ids=lambda document: document.id)
def test_a_card_says_what_is_asked_of_whom_about_what_and_for_which_job(document: QuestionDocument) -> None:
    html = unescape(show_cards(Library(questions={document.id: document}, examples={}, guides={}), Filters()))
    for text in (document.question, document.role, document.function, document.role_description, *document.themes):
        assert text in html


def test_a_choice_counts_the_questions_that_the_other_filters_leave_it() -> None:
    counted = count_choices(LIBRARY, Filters(role="Barista", theme=OTHER.themes[0]))
    assert ("Barista (1)", "Barista") in counted["role"]
    assert (f"{OTHER.themes[0]} (1)", OTHER.themes[0]) in counted["theme"]
    assert ("Retail (0)", "Retail") in counted["function"]
    everywhere = {document.role for document in LIBRARY.questions.values()}
    assert {value for _, value in counted["role"]} == {"", *everywhere}


def test_what_is_chosen_stays_on_the_page_whatever_the_filters(tmp_path: Path) -> None:
    change = at_desk(tmp_path).browse("", "Barista", "", "", QUESTION.id)
    assert card_ids(change["cards"]) == [QUESTION.id, OTHER.id] and change["filtered"]
    assert f'value="{QUESTION.id}" checked' in change["cards"] and f'value="{OTHER.id}" checked' not in change["cards"]


def test_nothing_that_fits_is_said_with_the_way_out(tmp_path: Path) -> None:
    desk = at_desk(tmp_path)
    empty = desk.browse("zebra", "", "", "", "")
    assert "Nothing fits" in empty["cards"] and 'data-press="clear"' in empty["cards"] and not card_ids(empty["cards"])
    assert "Nothing fits" in desk.begin_chosen("zebra", "", "", "", "")["notice"]
    assert "Nothing fits" in desk.surprise("zebra", "", "", "")["notice"]
    cleared = desk.clear("")
    assert len(card_ids(cleared["cards"])) == len(LIBRARY.questions) and cleared["filters"] == Filters()


def test_one_click_begins_with_the_chosen_questions_or_the_first_that_fits(tmp_path: Path) -> None:
    desk = at_desk(tmp_path)
    assert asked(desk.begin_chosen("", "", "", "", f"{OTHER.id} {QUESTION.id}")) == [OTHER.id, QUESTION.id]
    assert asked(desk.begin_chosen("", "Barista", "", "", "")) == [OTHER.id]
    assert asked(desk.begin_chosen("", "", "", "", "")) == [next(iter(LIBRARY.questions))]


def test_a_plan_is_named_above_the_talk_and_sets_the_minutes(tmp_path: Path) -> None:
    plan = find_plan(LIBRARY, "shop-floor")
    begun = at_desk(tmp_path).begin_plan(plan.id)
    assert asked(begun) == list(plan.questions) and begun["interview"].limits.minutes == plan.minutes
    assert escape(plan.title) in begun["question"] and "question 1 of 5" in begun["question"]
    assert "There is no plan" in at_desk(tmp_path).begin_plan("nowhere")["notice"]


def test_a_surprise_keeps_to_the_filters(tmp_path: Path) -> None:
    drawn = asked(at_desk(tmp_path).surprise("", "", "Retail", ""))
    assert len(drawn) == 5 == len(set(drawn))
    assert {LIBRARY.questions[id].function for id in drawn} == {"Retail"}


def test_what_was_missed_most_is_offered_once_something_was_missed_and_comes_first(tmp_path: Path) -> None:
    desk = at_desk(tmp_path)
    assert not desk.resume({})["missed"]
    assert "No graded answer has missed anything" in desk.surprise("", "", "", "", weakest=True)["notice"]
    interview = answer(desk.begin([QUESTION.id])["interview"], "I called my manager.", 1.0)
    point = QUESTION.key_points[0].id
    grade = Grade(
        id="g", question_id=QUESTION.id, status="graded", key_points={point: KeyPointVerdict(verdict="missing")},
        decider="builtin", model="m", prompt_hash="p", rubric_hash="r",
    )  # fmt: skip
    desk.store.save(interview.model_copy(update={"grades": {QUESTION.id: grade}}))
    assert desk.resume({})["missed"]
    assert asked(desk.surprise("", "", "", "", weakest=True))[0] == QUESTION.id


@pytest.mark.parametrize("nasty", ["<img src=x onerror=alert(1)>", "{{7*7}} ${x} `y`", '"><script>'])
def test_a_documents_words_never_become_markup(nasty: str) -> None:
    words = {"question": nasty, "role": nasty, "function": nasty, "role_description": nasty, "themes": (nasty,)}
    document = QUESTION.model_copy(update=words)
    plan = find_plan(LIBRARY, "shop-floor").model_copy(
        update={"title": nasty, "introduction": nasty, "questions": (document.id,)}
    )
    library = Library(questions={document.id: document}, examples={}, guides={}, plans={plan.id: plan})
    html = show_cards(library, Filters()) + show_plans(library)
    assert nasty not in html and html.count(escape(nasty)) >= 8
    assert "No plans yet" in show_plans(library.model_copy(update={"plans": {}}))


def test_an_author_sees_everything_a_question_is_judged_by_its_prompts_and_what_a_check_finds() -> None:
    html = unescape(show_seen(Seen(QUESTION, [("system", "You ask.", 3)], ["x.md:3: two points overlap"])))
    assert not [text for text in judged_by(QUESTION) if text not in html]
    assert "system · 3 tokens" in html and "You ask." in html and "x.md:3: two points overlap" in html
    assert QUESTION.role_description in html and not card_ids(html)
    assert "finds nothing" in show_seen(Seen(QUESTION, []))


def asked(change: Change) -> list[str]:
    interview = change["interview"]
    assert isinstance(interview, Interview)
    return [document.id for document in interview.questions]
