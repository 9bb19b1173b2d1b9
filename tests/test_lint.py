"""Each mistake made on purpose in a sound document is named at its place, and sound documents are left in peace."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shipped import LIBRARY, QUESTION

from evals.overlaps import overlapping_pairs, shipped_pairs
from interviewer.encoder import load
from interviewer.lint import HIGHEST_GRADE, Remark, lint_question, reading_level
from interviewer.overlaps import LEAST_AKIN, MOST_ALIKE, Floats, akin, likenesses
from interviewer.places import Place, change_texts, texts
from interviewer.schema import QuestionDocument


def all_the_same(_: str) -> Floats:
    """Stands in for the encoder where meaning isn't what is tested: nothing is ever two things."""
    return np.ones(3, np.float32)


def put(place: Place, text: str, document: QuestionDocument = QUESTION) -> QuestionDocument:
    assert place in texts(document)
    return change_texts(document, lambda here, was: text if here == place else was)


def found(document: QuestionDocument) -> list[Remark]:
    return list(lint_question(document, all_the_same))


CALM = ("key_points", "calm")
LISTENING = ("key_points", "listening")
SERVICE = ("motivations", "service_orientation")

MISTAKES = [
    (("title",), "…", "unfinished"),
    ((*CALM, "covered"), "…", "unfinished"),
    ((*CALM, "covered"), "Is a calm person.", "unobservable"),
    ((*CALM, "covered"), "Has a feeling for tension.", "unobservable"),
    ((*CALM, "covered"), "Understands that anger passes.", "unobservable"),
    ((*CALM, "covered"), "Demonstrates calmness.", "unobservable"),
    ((*CALM, "covered"), "Tells how they reacted appropriately.", "vague"),
    ((*CALM, "description"), "The candidate shows good communication skills.", "vague"),
    ((*SERVICE, "2"), "Adequate steps for the customer, with little detail.", "vague"),
    (("red_flags", "blaming", "description"), "The candidate does not mention the customer's feelings.", "omission"),
    (("red_flags", "blaming", "description"), "Lacks any sense of blame.", "omission"),
    ((*SERVICE, "2"), "Says that customers matter a lot, or merely processes the case fully correctly.", "levels"),
    ((*SERVICE, "2"), QUESTION.motivations[1].levels[1], "levels"),
    ((*SERVICE, "2"), QUESTION.motivations[0].levels[2], "repeated"),
    ((*LISTENING, "partly"), QUESTION.key_points[0].partly, "repeated"),
    ((*LISTENING, "probe"), QUESTION.key_points[0].probe, "repeated"),
    ((*CALM, "probe"), "Could you tell me a little more about that?", "probe-general"),
    ((*CALM, "probe"), "Can you give me one particular example?", "probe-general"),
    ((*CALM, "probe"), "Did you take a breath first?", "probe-giveaway"),
    ((*CALM, "probe"), "What about a breath, a pause or your voice?", "probe-giveaway"),
    ((*SERVICE, "probe"), "Did it make the relationship better?", "probe-giveaway"),
    ((*CALM, "probe"), "What did you do? And what then?", "probe-form"),
    ((*CALM, "probe"), "Tell me what went on inside you.", "probe-form"),
    (("star_probes", "task"), "What was at stake? For whom?", "probe-form"),
    ((*CALM, "probe"), f"What was it that {'really ' * 25}went on inside you?", "probe-long"),
    ((*CALM, "covered"), f"Tells how they stay steady: {'a breath, ' * 30}a pause.", "long-line"),
    (
        (*CALM, "description"),
        "Operationalises sophisticated emotional self-regulation methodologies throughout confrontational "
        "interpersonal and organisational circumstances, notwithstanding disproportionate provocation.",
        "reading-level",
    ),
]


@pytest.mark.parametrize(("place", "text", "rule"), MISTAKES)
def test_a_mistake_is_named_at_its_place(place: Place, text: str, rule: str) -> None:
    remarks = found(put(place, text))
    where = place[:2] if rule == "reading-level" else place
    assert rule in {remark.rule for remark in remarks if remark.place[: len(where)] == where}, remarks


SOUND = [
    ((*CALM, "covered"), "Has the customer sit down, or waits until they do."),
    ((*CALM, "covered"), "Stays level with a heated customer: a breath, a pause."),
    ((*CALM, "probe"), "Which words did you use?"),
    ((*CALM, "probe"), "Was there a moment when you nearly gave up?"),
    ((*CALM, "partly"), "Only says that they are good with people."),
    (("red_flags", "blaming", "description"), "The candidate never rings back, and thinks little of it."),
    (("red_flags", "blaming", "description"), "The candidate has no business there and stays."),
    (("red_flags", "blaming", "not this"), "Simply not mentioning what is not appropriate to tell."),
    ((*SERVICE, "0"), "Nothing about customers."),
    ((*SERVICE, "2"), "Clearly shows no care for the customer."),
]


@pytest.mark.parametrize(("place", "text"), SOUND)
def test_what_only_looks_like_a_mistake_is_left_in_peace(place: Place, text: str) -> None:
    assert found(put(place, text)) == []


def test_only_what_is_unfinished_is_an_error() -> None:
    for place, text, rule in MISTAKES:
        for remark in found(put(place, text)):
            assert (remark.severity == "error") == (remark.rule == "unfinished"), rule


def test_every_remark_says_what_is_wrong_and_what_to_do_in_one_clear_sentence_each() -> None:
    for place, text, _ in MISTAKES:
        for remark in found(put(place, text)):
            for said in (remark.message, remark.suggestion):
                assert said and said[0] != " " and said[-1] not in ".:; " and "\n" not in said, remark


def test_shipped_questions_give_hardly_any_remark() -> None:
    rules = Counter(remark.rule for document in LIBRARY.questions.values() for remark in found(document))
    assert sum(rules.values()) <= len(LIBRARY.questions) / 10, rules


@given(st.dictionaries(st.sampled_from(sorted(texts(QUESTION), key=str)), st.text(max_size=60), max_size=5))
def test_whatever_a_text_holds_linting_ends_and_names_places_that_exist(new: dict[Place, str]) -> None:
    document = change_texts(QUESTION, lambda place, was: new.get(place, was))
    assert {remark.place for remark in found(document)} <= texts(document).keys()


# ── reading level ────────────────────────────────────────────────────────────────────────────────────


def test_the_reading_level_is_the_automated_readability_index() -> None:
    text = "The cat sat on the mat and saw a dog. " * 3
    # 30 words of 81 letters in 3 sentences: 4.71 · 81/30 + 0.5 · 30/3 - 21.43
    assert reading_level(text) == pytest.approx(12.717 + 5 - 21.43)
    assert reading_level("Too short to say.") == 0


def test_no_shipped_criterion_needs_more_than_a_school_leaver() -> None:
    hard = [r for document in LIBRARY.questions.values() for r in found(document) if r.rule == "reading-level"]
    assert not hard and HIGHEST_GRADE == 13


# ── overlaps, measured with the encoder ──────────────────────────────────────────────────────────────

AROUND = (QUESTION.id, "team-conflict", "saying-no", "speaking-up", "lost-sale")
"""A few questions, as the encoder takes a while; `evals/overlaps.py` measures all."""


def test_points_written_to_overlap_are_mostly_found_and_others_hardly_ever() -> None:
    library = LIBRARY.model_copy(update={"questions": {id: LIBRARY.questions[id] for id in AROUND}})
    overlapping = [pair.likeness >= MOST_ALIKE for pair in overlapping_pairs(library)]
    apart = [pair.likeness >= MOST_ALIKE for pair in shipped_pairs(library)]
    assert len(overlapping) >= 20 and sum(overlapping) / len(overlapping) >= 0.6
    assert len(apart) >= 200 and sum(apart) / len(apart) <= 0.01


def test_a_point_that_says_what_another_says_is_named() -> None:
    point = QUESTION.key_points[1].model_copy(update={"id": "hearing", "name": "Hearing customers out"})
    doubled = QUESTION.model_copy(update={"key_points": (*QUESTION.key_points, point)})
    remarks = [remark for remark in lint_question(doubled, load().criterion) if remark.rule == "overlap"]
    assert [remark.place for remark in remarks] == [("key_points", "hearing", "name")]
    assert "`Active listening`" in remarks[0].message


@pytest.mark.parametrize(
    "name", ["Listening and apologising", "Honesty & punctuality", "Asking for help and reporting"]
)
def test_a_point_of_two_behaviours_is_named(name: str) -> None:
    document = put((*CALM, "name"), name)
    assert [r.rule for r in lint_question(document, load().criterion) if r.place == (*CALM, "name")] == ["double"]


def test_two_things_to_do_in_one_covered_line_are_named() -> None:
    document = put((*CALM, "covered"), "Listens to the customer and offers a refund.")
    rules = [r.rule for r in lint_question(document, load().criterion) if r.place == (*CALM, "covered")]
    assert rules == ["double"]


TWO_WORDS_FOR_ONE = [("Empathy", "understanding"), ("Remaining calm", "composed"), ("Courtesy", "politeness")]
TWO_THINGS = [("Listening", "apologising"), ("Honesty", "punctuality"), ("Empathy", "problem solving")]


def test_two_words_for_one_thing_are_nearer_than_two_things() -> None:
    vector = load().criterion
    assert min(akin(*pair, vector) for pair in TWO_WORDS_FOR_ONE) > LEAST_AKIN
    assert max(akin(*pair, vector) for pair in TWO_THINGS) < LEAST_AKIN


def test_likeness_is_the_same_both_ways_round_and_whatever_the_order() -> None:
    def rough(text: str) -> Floats:
        return np.array([len(text), text.count("e"), text.count("a")], np.float32)

    turned = QUESTION.model_copy(update={"key_points": QUESTION.key_points[::-1]})
    one = {frozenset((a.id, b.id)): likeness for a, b, likeness in likenesses(QUESTION, rough)}
    other = {frozenset((a.id, b.id)): likeness for a, b, likeness in likenesses(turned, rough)}
    assert one == pytest.approx(other, abs=1e-5) and len(one) == 45  # 10 · 9 / 2
