"""An exported interview comes back the same; a file that was damaged, forged or bloated is refused in one sentence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from exported import begun, twice
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import QUESTION

from interviewer.errors import BundleError
from interviewer.exports.bundle import LARGEST, read_bundle, write_bundle
from interviewer.interview import answer
from interviewer.schema import Interview

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
TRIED = twice()


def signed(whole: dict[str, Any]) -> str:
    """As somebody would write it who knows how the checksum is made."""
    text = json.dumps(whole["interviews"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return json.dumps({**whole, "sha256": hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()})


def changed(change: Callable[[dict[str, Any]], Any], interview: Interview = TRIED) -> str:
    whole = json.loads(write_bundle([interview]))
    change(whole["interviews"][0])
    return signed(whole)


@settings(deadline=None)
@given(st.lists(WORDS, max_size=4), st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.floats(0, 4e9))
def test_what_is_exported_comes_back_equal(answers: list[str], name: str, started: float) -> None:
    told = TRIED.model_copy(update={"started": started, "candidate": name})
    for text in answers:
        told = answer(told, text)
    back = read_bundle(write_bundle([told, begun("another-one-of-22-chrs")], sender="s", made=5.0), "kim.json")
    assert back.interviews == (told, begun("another-one-of-22-chrs"))
    assert (back.sender, back.made) == ("s", 5.0)
    assert back.made_by.startswith("interviewer ")


def test_a_name_goes_with_every_interview_and_the_owner_with_none() -> None:
    owned = TRIED.model_copy(update={"owner": "secret-of-a-browser"})
    text = write_bundle([owned], candidate="Kim")
    assert "secret-of-a-browser" not in text
    assert read_bundle(text, "kim.json").interviews[0].candidate == "Kim"


def test_a_file_laid_out_anew_by_another_program_is_still_read() -> None:
    text = json.dumps(json.loads(write_bundle([TRIED])), indent=4, sort_keys=True)
    assert read_bundle("\ufeff" + text, "kim.json").interviews == (TRIED,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not JSON"),
        ("[1, 2", "is not JSON"),
        ("[]", "is not an export"),
        ('{"format": "other"}', "is not an export"),
        ('{"format": "interviewer-export", "version": 2}', "has version 2"),
        ('{"format": "interviewer-export", "version": 1}', "damaged or changed"),
        ("[" * 200_000, "nested too deeply"),
        ('{"format": "interviewer-export", "version": NaN}', "is not JSON"),
        (" " * (LARGEST + 1), "larger than"),
    ],
)
def test_what_is_no_export_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(BundleError, match=says) as refused:
        read_bundle(text, "kim.json")
    assert str(refused.value).startswith("kim.json: ")


def test_an_answer_edited_by_hand_is_noticed() -> None:
    text = write_bundle([TRIED]).replace("kept my voice low", "kept my voice high")
    with pytest.raises(BundleError, match="damaged or changed"):
        read_bundle(text, "kim.json")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda one: one.update(wages=1), "wages"),
        (lambda one: one.pop("id"), "id"),
        (lambda one: one.update(questions=[]), "no question"),
        (lambda one: one.update(position=7), "at a question"),
        (lambda one: one.update(position=-1), "at a question"),
        (lambda one: one["turns"][0].update(question_id="elsewhere"), "about a question"),
        (lambda one: one["comments"][0].update(question_id="elsewhere"), "about a question"),
        (lambda one: one["attempts"][0].update(question_id="elsewhere"), "about a question"),
        (lambda one: one["grades"].update(elsewhere=one["grades"].pop(QUESTION.id)), "under another question"),
        (lambda one: one["turns"][-1].update(text="a" * 100_001), "longer than"),
        (lambda one: one["turns"][-1].update(text="\ud800"), "can't be read"),
        (lambda one: one.update(candidate="n" * 201), "a name is longer"),
        (lambda one: one["grades"][QUESTION.id].update(band=9), "band"),
    ],
)
def test_an_interview_that_no_program_of_ours_wrote_is_refused(
    change: Callable[[dict[str, Any]], Any], says: str
) -> None:
    with pytest.raises(BundleError, match=says):
        read_bundle(changed(change), "kim.json")


def test_the_same_interview_twice_is_refused() -> None:
    with pytest.raises(BundleError, match="there twice"):
        read_bundle(write_bundle([TRIED, TRIED]), "kim.json")


def test_half_a_character_can_be_exported() -> None:
    told = answer(begun(), "a\ud800b")
    assert read_bundle(write_bundle([told]), "kim.json").interviews[0].turns[-1].text == "a?b"
