"""Pages of the three layouts become documents; what can't be read is refused with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interviewer.content import check_folder, load_library, write_example, write_guide, write_question
from interviewer.errors import ImportPageError
from interviewer.giveaways import giveaways
from interviewer.importer import import_page
from interviewer.naming import criterion_id, document_id
from interviewer.schema import Guide, KeyPoint, Motivation, QuestionDocument, WorkedExample

PAGES = {file.stem: file.read_text(encoding="utf-8") for file in (Path(__file__).parent / "pages").glob("*.txt")}


def question() -> QuestionDocument:
    (document,) = import_page(PAGES["question"], name="question.txt")
    assert isinstance(document, QuestionDocument)
    return document


def write(document: QuestionDocument | WorkedExample | Guide) -> tuple[str, str]:
    if isinstance(document, QuestionDocument):
        return "questions", write_question(document)
    if isinstance(document, WorkedExample):
        return "examples", write_example(document)
    return "guides", write_guide(document)


def save(documents: tuple[QuestionDocument | WorkedExample | Guide, ...], folder: Path) -> None:
    for document in documents:
        kind, text = write(document)
        (folder / kind).mkdir(exist_ok=True)
        (folder / kind / f"{document.id}.md").write_text(text, encoding="utf-8")


# ── what a page becomes ──────────────────────────────────────────────────────────────────────────────


def test_the_head_of_a_page_gives_question_role_function_and_themes() -> None:
    document = question()
    assert document.question == "How do you keep your orders right when the line is running fast or short-staffed?"
    assert (document.role, document.function) == ("Order Packer", "Logistics")
    assert document.themes == ("Accuracy", "Working under pressure")
    assert document.role_description == (
        "Picks goods from the shelves, checks them against the order and packs them for the lorry."
    )


def test_the_lists_of_a_page_become_criteria_with_ids_from_their_names() -> None:
    document = question()
    assert [(one.id, one.name) for one in document.key_points] == [
        ("checking", "Checking & counting"),
        ("planning", "Active planning"),
        ("asking", "Asking for help"),
        ("safety_rules", "Following safety rules"),
    ]
    assert [one.id for one in document.motivations] == ["attention", "steadiness"]
    assert [one.id for one in document.red_flags] == ["lack_of_care", "no_problem_solving", "not_own_mistakes"]


def test_white_space_is_folded_and_quotation_marks_are_kept() -> None:
    document = question()
    assert document.key_points[0].description == (
        "I read the label aloud, then count what is in the box against the slip. "
        "It costs two seconds and saves a return"
    )
    assert document.motivations[0].description.startswith("Finding out whether the candidate “sees” a wrong item")


def test_a_warning_becomes_a_description_of_the_flag() -> None:
    described = [flag.description for flag in question().red_flags]
    assert described == [
        "Sounding as if a mix-up were no great matter",
        "Telling of a jam you only stood and watched",
        "Hiding a wrong parcel",  # with the junk of the page's end, which was glued to it, cut off
    ]


def test_what_a_page_does_not_say_gets_defaults_that_give_nothing_away() -> None:
    document = question()
    asking: list[KeyPoint | Motivation] = [*document.key_points, *document.motivations]
    assert len({one.probe for one in asking}) == len(asking)
    assert not [one.probe for one in asking if giveaways(one.probe, one.name, document.question)]
    assert all(point.name in point.covered and point.name in point.partly for point in document.key_points)
    assert set(document.star_probes) == {"situation", "task", "action", "result"}


def test_a_probe_that_would_name_its_criterion_is_not_dealt_to_it() -> None:
    assert question().motivations[0].probe == "What was hardest about it?"
    (document,) = import_page(PAGES["question"].replace("- Attention skills:", "- Hardest hours:"), name="p")
    assert isinstance(document, QuestionDocument)
    assert document.motivations[0].probe == "Can you give me one particular case?"


def test_a_page_of_stories_becomes_one_worked_example_each() -> None:
    examples = import_page(PAGES["examples"], name="examples.txt")
    assert [example.id for example in examples] == ["missing-item", "changes-plans", "mix-up"]
    first, second, third = examples
    assert isinstance(first, WorkedExample)
    assert isinstance(second, WorkedExample)
    assert isinstance(third, WorkedExample)
    assert first.title == "Dealing with a Missing Item"
    assert first.action.endswith("top row?”\n\nThey found it, and she sealed the box herself.")
    assert first.takeaways == ("Tell those who wait before you search.", "Ask the people who know the shelves.")
    assert second.situation.endswith("each had to end with the right goods.")  # the task is part of the situation
    assert second.result == "Not one parcel came back that week."
    assert second.takeaways == ("Finish what is open.", "Label what you can’t finish.")
    assert third.takeaways == ("Stopping costs less than sending twice.",)  # the summary after it is no takeaway


def test_a_how_to_page_becomes_a_guide() -> None:
    (guide,) = import_page(PAGES["steps"], name="steps.txt")
    assert isinstance(guide, Guide)
    assert guide.id == "packing-fragile-goods-steps"
    assert guide.title == "Packing fragile goods in a busy hall"
    assert guide.introduction.startswith("Packing fragile goods in a busy hall can be nerve-racking")
    assert [step.name for step in guide.steps] == ["Look First", "Wrap Twice", "Shake Gently", "Ask if Unsure"]
    assert guide.steps[2].text == "Close the box and rock it: if you hear it move, open it again."


@pytest.mark.parametrize("page", sorted(PAGES))
def test_what_was_imported_is_written_checked_and_loaded_as_it_was(page: str, tmp_path: Path) -> None:
    documents = import_page(PAGES[page], name=page)
    save(documents, tmp_path)
    assert check_folder(tmp_path) == []
    library = load_library([tmp_path])
    loaded = {**library.questions, **library.examples, **library.guides}
    for document in documents:
        assert loaded[document.id].model_copy(update={"source": ""}) == document


# ── pages as they come ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("\n", "\r\n"),
        ("\n", "\n\n"),
        ("\n- ", "\n• "),
        ("\n- ", "\n   -  "),
        ("\nSample Answer\n", "\nSample Answer:\n"),
        ("\nSample Answer\nA model", "\nSample AnswerA model"),
        ("whatever the clock says\nUnderlying Motivations\n", "whatever the clock saysUnderlying Motivations"),
        ("\nTheme: ", "Theme: "),
        (" Role: ", "\nRole: "),
        (" Role: Order Packer Function: Logistics", " Function: Logistics Role: Order Packer"),
        ("Logistics\nInterview Question", "LogisticsInterview Question"),
        ("counts two", "counts\u200b two"),
        ("more orders than hands", "more orders\nthan hands"),
        ("Popular Comments\n", "\nRelated questions\n- How do you lift?\n"),
    ],
)
def test_a_page_means_the_same_however_it_was_cut(was: str, becomes: str) -> None:
    (document,) = import_page(PAGES["question"].replace(was, becomes), name="p")
    assert document == question()


def test_a_byte_order_mark_and_spaces_that_do_not_break_are_no_text() -> None:
    (document,) = import_page("\ufeff" + PAGES["question"].replace("Order Packer", "Order\u00a0Packer"), name="p")
    assert document == question()


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("page", "was", "becomes", "line", "message"),
    [
        ("question", "- Active planning: Before", "- Active planning, before", 7, "must be a name, a colon and a text"),
        ("question", "- Active planning:", "- :", 7, "must be a name, a colon and a text"),
        ("question", "- Active planning:", "- Checking & Counting:", 7, "already stands on line 6"),
        ("question", "- Active planning:", "Active planning:", 7, "is no list item"),
        ("question", "Underlying Motivations", "Motives", 10, "is no list item"),
        ("question", "Potential Minefields\n", "", 18, "the page ends without a section `Potential Minefields`"),
        ("question", "Sample Answer\n", "Sample Answer\nUnderlying Motivations\n", 4, "no list"),
        ("question", "Potential Minefields", "Sample Answer", 14, "a second `Sample Answer`"),
        ("question", "Theme: ", "Subject: ", 1, "no line `Theme:"),
        ("question", "Theme: Accuracy, Working under pressure", "Theme: ,", 2, "no `Theme:`"),
        ("question", "Function: Logistics\n", "Function:\n", 2, "no `Function:`"),
        ("question", "Role: Order Packer", "Job: Order Packer", 2, "no `Role:`"),
        ("question", "About Order Packer:", "A packer", 3, "no `About Order Packer: …`"),
        ("question", "How do you", "Home > Questions\nHow do you", 3, "more than the question stands before it"),
        (
            "question",
            "How do you keep your orders",
            "Theme: x\nHow do you keep",
            1,
            "the question is missing before it",
        ),
        ("question", "two seconds", "two \x1b[31mseconds", 6, "U+001B"),
        ("examples", "Result:\nThe lorry", "The lorry", 3, "`Dealing with a Missing Item` has no `Result:`"),
        ("examples", "Result:\nThe lorry", "Action:\nThe lorry", 9, "`Action:` already stands on line 6"),
        ("examples", "Example 1: Dealing with a Missing Item", "Example 1:", 3, "an example without a title"),
        ("examples", "Dealing with a Missing Item", "Resolving a Mix-up in Labels", 25, "already stands on line 3"),
        ("examples", "Situation:\nA parcel", "A parcel", 4, "stands before `Situation:`"),
        ("examples", "- Stopping costs less than sending twice.\n", "", 25, "has no `Key Takeaways:`"),
        ("steps", "- Wrap Twice:", "- Wrap Twice,", 3, "must be a name, a colon and a text"),
        ("steps", "- Wrap Twice:", "- Look first:", 3, "already stands on line 2"),
        ("steps", "- ", "", 1, "unknown layout"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(
    page: str, was: str, becomes: str, line: int, message: str
) -> None:
    with pytest.raises(ImportPageError, match=re.escape(message)) as refused:
        import_page(PAGES[page].replace(was, becomes), name="some page.txt")
    assert str(refused.value).startswith(f"some page.txt:{line}: ")


@pytest.mark.parametrize("text", ["", " \n\t\n", "\ufeff"])
def test_an_empty_page_is_refused(text: str) -> None:
    with pytest.raises(ImportPageError, match=r"^p:1: the page is empty"):
        import_page(text, name="p")


def test_a_book_is_refused() -> None:
    with pytest.raises(ImportPageError, match=r"^p:1: the page is longer than 100,000 characters"):
        import_page(PAGES["steps"] * 300, name="p")


def test_steps_without_an_introduction_are_refused() -> None:
    page = PAGES["steps"].partition("\n")[2]
    with pytest.raises(ImportPageError, match=r"^p:1: the steps begin at once"):
        import_page(page, name="p")


# ── ids ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("Remaining calm & composed", "calm"),
        ("Problem-solving and finding solutions", "problem_solving"),
        ("Learning from experiences", "learning"),
        ("Maintaining a positive attitude", "positive_attitude"),
        ("Lack of patience", "lack_of_patience"),
        ("Lack of time management skills", "no_time_management"),
        ("Inability to listen", "not_listen"),
        ("Customer satisfaction", "satisfaction"),
        ("Customers", "customers"),
        ("The customer's view", "view"),
        ("Étude détaillée", "etude_detaillee"),
        ("5S method", "point_5s"),
        ("质量", "point"),
        ("Skills", "skills"),
    ],
)
def test_an_id_is_what_tells_a_name_from_the_others(name: str, id_: str) -> None:
    assert criterion_id(name, "How do you treat a customer?") == id_


def test_names_alike_get_ids_apart() -> None:
    taken: list[str] = []
    for name in ("Calm & kind", "Calm and clear", "Calm, and clear!", "Calm"):
        taken.append(criterion_id(name, "", taken))
    assert taken == ["calm", "calm_and_clear", "calm_2", "calm_3"]


@pytest.mark.parametrize(
    ("title", "whole", "id_"),
    [
        ("How do you handle difficult or confrontational situations with customers?", True, "difficult-customers"),
        ("Tell me about a time you missed a deadline.", True, "missed-deadline"),
        ("Dealing with a Customer Who Has Unreasonable Demands", False, "unreasonable-demands"),
        ("Resolving a Misunderstanding in Communication", False, "misunderstanding"),
        ("How do you do?", True, "page"),
        ("Wie geht’s?", True, "wie-gehts"),
    ],
)
def test_a_document_is_named_by_its_telling_words(title: str, whole: bool, id_: str) -> None:
    assert document_id(title, whole=whole) == id_


# ── anything at all ──────────────────────────────────────────────────────────────────────────────────

LINES = sorted({line for page in PAGES.values() for line in page.splitlines()})
MARKS = ["-", "- :", "- x: y", "•", "1. a: b", "Situation:", "Key Takeaways:", "Example 9: ", "Theme: Role: Function:"]
PIECES = st.one_of(st.sampled_from(LINES), st.sampled_from(MARKS), st.text(max_size=40))


def import_or_refuse(text: str) -> None:
    try:
        documents = import_page(text, name="p")
    except ImportPageError as refused:
        refusal = str(refused)
    else:
        refusal, written = "", [write(document) for document in documents]
        assert written
    assert not refusal or re.match(r"p:[1-9]\d*: \S", refusal)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=30))
def test_any_text_is_imported_or_refused_and_what_is_imported_can_be_written(pieces: list[str]) -> None:
    import_or_refuse("\n".join(pieces))


@settings(deadline=None)
@given(st.sampled_from(sorted(PAGES)), st.data())
def test_a_page_with_anything_put_in_is_imported_or_refused(page: str, data: st.DataObject) -> None:
    lines = PAGES[page].splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        cut = data.draw(st.integers(0, len(lines[at])))
        lines[at] = lines[at][:cut] + data.draw(st.text(max_size=20)) + lines[at][cut:]
    import_or_refuse("\n".join(lines))
