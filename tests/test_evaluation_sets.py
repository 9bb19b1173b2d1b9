"""Sets of labelled answers: what is in them, what raters agree on, and a bad line named by file and number."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import LIBRARY, QUESTION

from interviewer.errors import AnswersError, InterviewerError, SettingsError
from interviewer.evaluation.records import Case
from interviewer.evaluation.sets import NAMED, load_set, settle, tell_apart
from interviewer.labelling import Labels

ROW: dict[str, Any] = {
    "id": "a",
    "question_id": QUESTION.id,
    "answer": "I stayed calm and listened to her.",
    "tags": ["short"],
    "labeller": "one",
    "key_points": {"calm": "covered", "listening": "partial"},
    "red_flags": {"blaming": "absent"},
    "motivations": {"service_orientation": 1},
    "star": {"action": True},
    "band": 2,
    "evidence": {"calm": ["I stayed calm"], "listening": ["listened to her"]},
}
SECOND = {**ROW, "labeller": "two", "key_points": {"calm": "covered", "listening": "covered"}, "band": 3}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


# ── named sets ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "cases", "questions"),
    [
        ("dev", 24 + 22 * 2, 23),  # difficult-customers' own split, and two answers to each of 22 other questions
        ("test", 40 + 22 * 2, 23),
        ("train", 96 + 22 * 8, 23),
        ("unseen", 8 * 12, 8),
    ],
)
def test_a_named_set_has_the_answers_of_the_splits(name: str, cases: int, questions: int) -> None:
    found = load_set(name, LIBRARY)
    assert len(found) == len({case.id for case in found}) == cases
    assert len({case.question_id for case in found}) == questions
    assert {case.part for case in found} == {name}
    assert all(len(case.raters) == 2 and case.reference is not None for case in found)


def test_no_answer_is_in_two_parts() -> None:
    ids = [case.id for name in NAMED for case in load_set(name, LIBRARY)]
    assert len(ids) == len(set(ids)) == 520


def test_cases_that_others_wrote_are_found_by_name(tmp_path: Path) -> None:
    case = Case(id="x", question_id=QUESTION.id, asked=("Why?",), answers=("Because.",), family="plea", base="dev-001")
    (tmp_path / "sets").mkdir()
    write(tmp_path / "sets" / "attacks.jsonl", case.model_dump_json())
    assert load_set("attacks", LIBRARY, folder=tmp_path) == (case,)
    write(tmp_path / "sets" / "attacks.rater2.jsonl", "")  # labels beside it, which are no set
    with pytest.raises(SettingsError, match="choose one of dev, test, unseen, train, attacks, or give the path"):
        load_set("attack", LIBRARY, folder=tmp_path)


def test_each_talk_has_two_raters_labels_and_what_was_settled_of_all_its_answers() -> None:
    talks = load_set("talks", LIBRARY)
    assert len(talks) == 40 and {len(talk.answers) for talk in talks} == {2, 3}
    for talk in talks:
        document = LIBRARY.questions[talk.question_id]
        assert talk.asked[0] == document.question and talk.reference is not None
        assert {labels.labeller for labels in talk.raters} == {"model-writer-10", "model-rater-9"}
        assert talk.reference.key_points.keys() == {point.id for point in document.key_points}
        assert talk.reference.red_flags.keys() == {flag.id for flag in document.red_flags}
    flagged = [talk for talk in talks if talk.reference and "present" in talk.reference.red_flags.values()]
    assert len(flagged) == 18 and sum("flag-later" in talk.tags for talk in flagged) == 14
    assert sum("unseen" in talk.tags for talk in talks) == 24


@pytest.mark.parametrize(
    ("group", "same", "all"), [("key_points", 391, 400), ("red_flags", 205, 205), ("motivations", 140, 160)]
)
def test_the_two_raters_of_the_talks_say_the_same_as_often_as_is_written(group: str, same: int, all: int) -> None:
    pairs = [
        (label, getattr(second, group)[criterion])
        for first, second in (talk.raters for talk in load_set("talks", LIBRARY))
        for criterion, label in getattr(first, group).items()
    ]
    assert (sum(one == other for one, other in pairs), len(pairs)) == (same, all)


# ── a user's own file ────────────────────────────────────────────────────────────────────────────────


def test_labels_beside_the_answers_are_the_other_raters(tmp_path: Path) -> None:
    file = write(tmp_path / "mine.jsonl", ROW, {"id": "b", "question_id": QUESTION.id, "answer": ["One.", "Two."]})
    write(tmp_path / "mine.rater2.jsonl", SECOND)
    write(tmp_path / "mine.labels.jsonl", {**SECOND, "id": "b", "labeller": "three"})
    write(
        tmp_path / "mine.adjudicated.jsonl",
        {
            "id": "a",
            "labeller": "judge",
            "verdicts": {"key_points.listening": "covered"},
            "evidence": {"listening": ["listened"]},
        },
    )
    first, second = load_set(str(file), LIBRARY)
    assert [rater.labeller for rater in first.raters] == ["one", "two"]
    assert [rater.labeller for rater in second.raters] == ["three"]
    assert second.asked == (QUESTION.question, QUESTION.question)
    assert first.tags == ("short",)
    assert first.reference is not None
    assert first.reference.key_points == {"calm": "covered", "listening": "covered"}
    assert first.reference.band == 2  # they differ, nothing was decided: what the first says
    assert first.reference.evidence["listening"] == ("listened", "listened to her")
    assert first.reference.labeller == "one and two, judge where they differ"


@pytest.mark.parametrize(
    ("one", "two", "decided", "settled"),
    [
        ("covered", "covered", "missing", "covered"),  # nobody asked the judge
        ("covered", "partial", "missing", "missing"),
        ("covered", "partial", None, "covered"),
        (None, "partial", "missing", "partial"),
        ("partial", None, None, "partial"),
        (None, None, "missing", None),
    ],
)
def test_what_is_settled_on_follows_agreement_then_the_judge_then_the_first(
    one: str | None, two: str | None, decided: str | None, settled: str | None
) -> None:
    def labels(value: str | None) -> Labels:
        return Labels.model_validate({"id": "a", "labeller": "x", "key_points": {"calm": value} if value else {}})

    found = settle([labels(one), labels(two)], labels(decided))
    assert found is not None and found.key_points.get("calm") == settled


def test_nobody_labelled_an_answer_means_no_reference() -> None:
    assert settle([]) is None


Damage = Callable[[Path], object]
BAD_LINES: list[tuple[str, object, str]] = [
    ("mine.jsonl", "{not json", "not JSON"),
    ("mine.jsonl", {**ROW, "id": "b", "question_id": "nowhere"}, "no question 'nowhere'"),
    ("mine.jsonl", {**ROW, "id": "b", "band": 9}, "band: "),
    ("mine.jsonl", {**ROW, "id": "b", "key_points": {"calmness": "covered"}}, "key_points.calmness, which difficult-"),
    ("mine.jsonl", ROW, "stands in an earlier line already"),
    ("mine.jsonl", {"id": "b", "question_id": QUESTION.id, "asked": [], "answers": ["x"]}, "as many texts"),
    ("mine.rater2.jsonl", {**SECOND, "key_points": {"calm": "yes"}}, "key_points: calm: "),
    ("mine.rater2.jsonl", SECOND, "two labels 'a' twice"),
    ("mine.adjudicated.jsonl", {"id": "a", "labeller": "j", "verdicts": {"calm": "covered"}}, "'calm' is neither band"),
    ("mine.adjudicated.jsonl", {"id": "a", "labeller": "j", "verdicts": {"band": 7}}, "band: "),
    ("mine.adjudicated.jsonl", {"id": "a", "labeller": "j", "verdicts": []}, "verdicts should be an object"),
]


@pytest.mark.parametrize(("name", "line", "why"), BAD_LINES, ids=[why for _, _, why in BAD_LINES])
def test_a_bad_line_is_one_sentence_with_file_and_line(tmp_path: Path, name: str, line: object, why: str) -> None:
    write(tmp_path / "mine.jsonl", ROW)
    write(tmp_path / "mine.rater2.jsonl", SECOND)
    write(tmp_path / "mine.adjudicated.jsonl", {"id": "z", "labeller": "j"})
    with (tmp_path / name).open("a", encoding="utf-8") as file:
        file.write(f"{line if isinstance(line, str) else json.dumps(line)}\n")
    with pytest.raises(AnswersError) as caught:
        load_set(str(tmp_path / "mine.jsonl"), LIBRARY)
    told = str(caught.value)
    assert told.startswith(f"{tmp_path / name}:2: ") and why in told and "\n" not in told


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(AnswersError, match=r"mine\.jsonl:1: there is no answer"):
        load_set(str(write(tmp_path / "mine.jsonl", "")), LIBRARY)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(["mine.jsonl", "mine.rater2.jsonl", "mine.adjudicated.jsonl"]),
    line=st.one_of(
        st.binary(max_size=40),
        st.builds(
            lambda key, value: json.dumps({**ROW, "id": "b", "verdicts": {}, key: value}).encode(),
            st.sampled_from([*ROW, "asked", "answers", "verdicts", "raters", "reference"]),
            JSON,
        ),
    ),
)
def test_whatever_a_label_file_holds_it_is_read_or_named(
    name: str, line: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    write(folder / "mine.jsonl", ROW)
    with (folder / name).open("ab") as file:
        file.write(line)
    told = ""
    try:
        assert load_set(str(folder / "mine.jsonl"), LIBRARY)[0].id == "a"
    except InterviewerError as error:
        told = str(error)
    assert told == "" or (told.startswith(f"{folder / name}:") and "\n" not in told)


def test_two_sets_may_not_use_one_id() -> None:
    case = Case(id="x", question_id=QUESTION.id, asked=("Why?",), answers=("Because.",))
    with pytest.raises(SettingsError, match="one and two both have a case 'x'"):
        tell_apart([("one", [case]), ("two", [case])])
