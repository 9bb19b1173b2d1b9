"""Quotes are the answer's own characters, at the place they say, or they don't exist."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.quotes import found_quotes, locate
from interviewer.schema import Decision
from interviewer.sentences import LONGEST_WORDS, split_sentences

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=120)


@pytest.mark.parametrize(
    ("words", "answer", "found"),
    [
        ("I let him finish", "So I let him finish, then spoke.", "I let him finish"),
        ("i LET him\n finish", "So I let  him finish.", "I let  him finish"),
        ('"it\'s fine"', "She said “it’s fine” twice.", "it’s fine"),
        ("I stayed calm.", "I stayed calm and smiled", "I stayed calm"),
        ("cafe", "We met in a café nearby", "café"),
        ("cafe", "We met in a cafe\u0301 nearby", "cafe\u0301"),
        ("two - three", "It took two – three minutes", "two – three"),
        ("first try", "My \ufb01rst try", "\ufb01rst try"),
        ("hidden", "hid\u200bden words", "hid\u200bden"),
    ],
)
def test_folded_words_are_found_with_the_answers_own_characters(words: str, answer: str, found: str) -> None:
    quote = locate(words, [answer])
    assert quote is not None
    assert quote.text == found == answer[quote.start : quote.end]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("calm", "calmly put"),
        ("I stayed calm", "I never stayed very calm"),
        ("", "anything"),
        ("...", "anything..."),
        ("a manager", "no such words"),
        ("end start", "the start and the end"),
    ],
)
def test_words_that_are_not_there_are_not_found(words: str, answer: str) -> None:
    assert locate(words, [answer]) is None


def test_a_quote_says_which_answer_it_is_from() -> None:
    quote = locate("the receipt", ["First I greeted her.", "Then I checked the receipt."])
    assert quote is not None
    assert (quote.answer, quote.text) == (1, "the receipt")


def test_words_running_over_from_one_answer_into_the_next_are_no_quote() -> None:
    assert locate("greeted her then", ["I greeted her", "then I left"]) is None


@given(st.lists(TEXT, min_size=1, max_size=3), st.data())
def test_every_quote_is_a_slice_of_its_answer(answers: list[str], data: st.DataObject) -> None:
    answer = data.draw(st.sampled_from(answers))
    start = data.draw(st.integers(0, len(answer)))
    quote = locate(answer[start : data.draw(st.integers(start, len(answer)))], answers)
    assert quote is None or answers[quote.answer][quote.start : quote.end] == quote.text


@given(TEXT)
def test_a_whole_answer_of_plain_words_is_found_in_itself(answer: str) -> None:
    words = " ".join(part for part in answer.split() if part.isascii() and part.isalnum())
    quote = locate(words, [words])
    assert (quote is None) == (not words)


@given(st.lists(TEXT, max_size=3))
def test_sentences_are_slices_in_order_and_lose_no_word(answers: list[str]) -> None:
    sentences = split_sentences(answers)
    assert [s.number for s in sentences] == list(range(1, len(sentences) + 1))
    for sentence in sentences:
        assert answers[sentence.answer][sentence.start : sentence.end] == sentence.text
    for index, answer in enumerate(answers):
        covered = {place for s in sentences if s.answer == index for place in range(s.start, s.end)}
        lost = {answer[place] for place in range(len(answer)) if place not in covered}
        assert not any(character.isalnum() or unicodedata.category(character) == "Nd" for character in lost)


@pytest.mark.parametrize(
    ("answer", "sentences"),
    [
        ("I listened. Then I spoke.", ["I listened.", "Then I spoke."]),
        ("Mr. Smith paid 3.50 at 9 a.m. today. Fine.", ["Mr. Smith paid 3.50 at 9 a.m. today.", "Fine."]),
        ("- I greet\n- I listen", ["- I greet", "- I listen"]),
        ("", []),
        (" \n ... \n", []),
    ],
)
def test_sentences_end_where_people_end_them(answer: str, sentences: list[str]) -> None:
    assert [sentence.text for sentence in split_sentences([answer])] == sentences


def test_a_speaker_who_never_pauses_is_divided_at_joining_words() -> None:
    answer = "so he came in shouting about the kettle and I let him shout for a bit " * 4
    parts = split_sentences([answer])
    assert len(parts) > 1
    assert all(len(part.text.split()) <= LONGEST_WORDS for part in parts)


def test_a_chosen_sentence_becomes_the_quote_and_none_becomes_nothing() -> None:
    answers = ["I listened to her. Then I apologised."]
    sentences = split_sentences(answers)
    choice = Decision(name="quote.key_point.x", probabilities={"1": 0.1, "2": 0.8, "none": 0.1})
    assert [quote.text for quote in found_quotes(None, choice, sentences, answers)] == ["Then I apologised."]
    nothing = Decision(name="quote.key_point.x", probabilities={"1": 0.4, "none": 0.6})
    assert found_quotes(None, nothing, sentences, answers) == ()


def test_words_a_model_made_up_are_dropped_and_those_that_are_there_kept() -> None:
    answers = ["I listened to her."]
    decision = Decision(name="key_point.x", probabilities={"covered": 1.0}, quotes=("I listened", "I hugged her"))
    assert [quote.text for quote in found_quotes(decision, None, (), answers)] == ["I listened"]
