"""A coach labels answers: every criterion asked, words checked, any step resumable; agreement is rightly counted."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from shipped import LIBRARY, QUESTION
from tables import ANSWER, SECOND

from interviewer import cli
from interviewer.batch import read_answers
from interviewer.errors import AnswersError
from interviewer.label_desk import label_answers, print_comparison
from interviewer.labelling import RULES, Labels, back, begin, compare, enter, explain, said_by_grader, steps_of
from interviewer.schema import Grade, KeyPointVerdict, Quote
from interviewer.terminal import Screen

EVALS = Path(__file__).parents[1] / "evals"
POINTS = [point.id for point in QUESTION.key_points]
FLAGS = [flag.id for flag in QUESTION.red_flags]
LEVELS = [motivation.id for motivation in QUESTION.motivations]
WHOLE = [
    "c 2", *["m"] * (len(POINTS) - 1), "y 6", *["n"] * (len(FLAGS) - 1), *"2103"[: len(LEVELS)], "sar", "2",
]  # fmt: skip
"""Replies that label one answer."""


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


def answers(folder: Path, *ids: str) -> Path:
    return write(folder / "in.jsonl", *({"id": id, "question_id": QUESTION.id, "answer": ANSWER} for id in ids))


def screen(typed: Sequence[str] = ()) -> tuple[Screen, io.StringIO]:
    shown = io.StringIO()
    console = Console(file=shown, width=200, highlight=False, markup=False, emoji=False, _environ={})
    return Screen(console, io.StringIO("".join(f"{line}\n" for line in typed))), shown


def label(folder: Path, *typed: str, ids: Sequence[str] = ("a",), again: str | None = None) -> str:
    """What a session shows that is told these lines; the labels are in `out.jsonl`."""
    desk, shown = screen(typed)
    job = read_answers(answers(folder, *ids), LIBRARY)
    label_answers(desk, job, LIBRARY, folder / "out.jsonl", labeller="coach", again=again)
    return shown.getvalue()


# ── a session ────────────────────────────────────────────────────────────────────────────────────────


def test_a_session_labels_every_criterion_of_every_answer(tmp_path: Path) -> None:
    shown = label(tmp_path, *WHOLE, *WHOLE, ids=("a", "b"))
    first, second = read(tmp_path / "out.jsonl")
    assert (first["id"], second["id"], first["labeller"]) == ("a", "b", "coach")
    assert first["key_points"] == {POINTS[0]: "covered", **dict.fromkeys(POINTS[1:], "missing")}
    assert first["red_flags"] == {FLAGS[0]: "present", **dict.fromkeys(FLAGS[1:], "absent")}
    assert first["motivations"] == dict(zip(LEVELS, (2, 1, 0, 3), strict=True))
    assert first["star"] == {"situation": True, "task": False, "action": True, "result": True}
    assert first["band"] == 2
    assert first["evidence"] == {
        POINTS[0]: ["I took a breath, kept my voice low and let him tell the whole story without cutting in."],
        FLAGS[0]: ["To be honest he could have been less stupid about it."],
    }
    assert not (tmp_path / "out.jsonl.unfinished").exists()
    assert QUESTION.question in shown and "[6] To be honest" in shown
    assert QUESTION.key_points[0].covered in " ".join(shown.split())
    assert QUESTION.motivations[0].levels[3] in " ".join(shown.split())


def test_the_lines_have_the_format_of_the_committed_labels(tmp_path: Path) -> None:
    label(tmp_path, *WHOLE)
    (made,) = read(tmp_path / "out.jsonl")
    committed = read(EVALS / "answers" / f"{QUESTION.id}.rater2.jsonl")[0]
    assert list(made) == list(committed)
    for part in ("key_points", "red_flags", "motivations", "star"):
        assert list(made[part]) == list(committed[part]), part


def test_every_committed_line_of_labels_can_be_read_and_is_written_the_same() -> None:
    for file in (EVALS / "answers").glob("*.rater2.jsonl"):
        for row in read(file):
            assert Labels(**row).model_dump(mode="json") == row


@pytest.mark.parametrize("stop", range(len(WHOLE)))
def test_a_session_stopped_at_any_criterion_goes_on_there(stop: int, tmp_path: Path) -> None:
    label(tmp_path, *WHOLE[:stop], "q")
    assert not (tmp_path / "out.jsonl").exists()
    label(tmp_path, *WHOLE[stop:])
    label(tmp_path, *WHOLE, ids=("whole",))
    resumed, at_once = read(tmp_path / "out.jsonl")
    assert {**resumed, "id": "whole"} == at_once


def test_a_stop_between_a_verdict_and_its_words_asks_for_the_verdict_again(tmp_path: Path) -> None:
    label(tmp_path, "m", "c")  # the input ends here, as it does when a terminal is closed
    (begun,) = read(tmp_path / "out.jsonl.unfinished")
    assert begun["key_points"] == {POINTS[0]: "missing"}
    assert begun["at"] == f"key_points.{POINTS[1]}"


def test_finished_answers_are_not_asked_again(tmp_path: Path) -> None:
    label(tmp_path, *WHOLE, "q", ids=("a", "b"))
    shown = label(tmp_path, "q", ids=("a", "b"))
    assert "── b ──" in shown and "── a ──" not in shown
    label(tmp_path, *WHOLE, ids=("a", "b"))
    assert "All 2 answers are labelled by coach" in label(tmp_path, ids=("a", "b"))


def test_an_answer_edited_since_is_asked_again_where_its_words_are_gone(tmp_path: Path) -> None:
    label(tmp_path, *WHOLE)
    edited = {"id": "a", "question_id": QUESTION.id, "answer": ANSWER.replace("I took a breath", "I breathed")}
    job = read_answers(write(tmp_path / "in.jsonl", edited), LIBRARY)
    desk, _ = screen(["c 2", *[""] * (len(WHOLE) - 1)])
    label_answers(desk, job, LIBRARY, tmp_path / "out.jsonl", labeller="coach")
    (after,) = read(tmp_path / "out.jsonl")
    assert after["evidence"][POINTS[0]][0].startswith("I breathed")
    assert after["band"] == 2


def test_another_labellers_lines_stay_as_they_are(tmp_path: Path) -> None:
    other = {"id": "a", "labeller": "somebody", "band": 4, "note": "kept"}
    write(tmp_path / "out.jsonl", other)
    label(tmp_path, *WHOLE)
    assert read(tmp_path / "out.jsonl")[0] == other
    assert read(tmp_path / "out.jsonl")[1]["labeller"] == "coach"


def test_a_correction_changes_what_is_typed_and_keeps_the_rest(tmp_path: Path) -> None:
    label(tmp_path, *WHOLE)
    (before,) = read(tmp_path / "out.jsonl")
    kept = [""] * (len(WHOLE) - 2)
    shown = label(tmp_path, "p", "", *kept, "3", again="a")
    (after,) = read(tmp_path / "out.jsonl")
    assert after == {**before, "key_points": {**before["key_points"], POINTS[0]: "partial"}, "band": 3}
    assert "Enter keeps covered “I took a breath" in shown


def test_a_verdict_taken_back_takes_its_words_along(tmp_path: Path) -> None:
    label(tmp_path, *WHOLE)
    label(tmp_path, "m", *[""] * (len(WHOLE) - 1), again="a")
    (after,) = read(tmp_path / "out.jsonl")
    assert list(after["evidence"]) == [FLAGS[0]]


def test_a_correction_that_is_stopped_leaves_the_finished_line(tmp_path: Path) -> None:
    label(tmp_path, *WHOLE)
    before = read(tmp_path / "out.jsonl")
    label(tmp_path, "m", "q", again="a")
    assert read(tmp_path / "out.jsonl") == before
    assert read(tmp_path / "out.jsonl.unfinished")[0]["at"] == f"key_points.{POINTS[1]}"


def test_b_goes_back_one_question_and_the_rule_is_shown_for_a_question_mark(tmp_path: Path) -> None:
    shown = label(tmp_path, "m", "?", "b", "c 1", *WHOLE[1:])
    assert RULES["key_points"][0] in " ".join(shown.split())
    assert read(tmp_path / "out.jsonl")[0]["key_points"][POINTS[0]] == "covered"


def test_the_rules_shown_are_the_guides_words() -> None:
    guide = (EVALS / "LABELLING.md").read_text(encoding="utf-8")
    plain = " ".join(guide.replace("`", "").replace("*", "").replace(" | ", ": ").split())
    for rules in RULES.values():
        for rule in rules:
            assert rule in plain


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path / "out.jsonl", {"id": "x", "labeller": "coach"}, {"id": "a", "labeller": "coach", "band": 6})
    with pytest.raises(AnswersError, match=r"out\.jsonl:2: band: .*; correct or remove this line\."):
        label(tmp_path, "q")


def test_there_is_a_sentence_for_an_answer_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AnswersError, match="no answer 'z'"):
        label(tmp_path, again="z")


# ── one reply ────────────────────────────────────────────────────────────────────────────────────────


SHEET = begin(QUESTION, (ANSWER, SECOND), Labels(id="a", labeller="coach"))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("c 2", [SHEET.sentences[1].text]),
        ("c2, 7", [SHEET.sentences[1].text, SHEET.sentences[6].text]),
        ("C kept my voice low", ["kept my voice low"]),
        ("p “KEPT my  voice low” | a new drill", ["kept my voice low", "a new drill"]),
        ("c so now I do", ["so now I do"]),
    ],
)
def test_words_are_kept_as_they_stand_in_the_answer(typed: str, words: list[str]) -> None:
    labels = enter(SHEET, typed).labels
    assert list(labels.evidence[POINTS[0]]) == words
    assert all(word in ANSWER or word in SECOND for word in words)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Type c or p or m"),
        ("x", "Type c or p or m"),
        ("calm", "Type c or p or m"),
        ("m 2", "Nothing shows what is missing"),
        ("c 99", "There is no sentence 99"),
        ("c kept my voices low", "not in the answer: “kept my voices low”"),
        ("c a new drill | a free saw", "not in the answer: “a free saw”"),
    ],
)
def test_a_reply_that_cannot_be_used_is_refused_with_what_can(typed: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        enter(SHEET, typed)


@pytest.mark.parametrize(
    ("step", "typed"),
    [("star", "sx"), ("star", ""), ("star", "s-"), ("band", "0"), ("band", "6"), ("band", "²"), (LEVELS[0], "4")],
)
def test_star_band_and_levels_take_only_what_there_is(step: str, typed: str) -> None:
    name = f"motivations.{step}" if step in LEVELS else step
    sheet = begin(QUESTION, (ANSWER,), SHEET.labels, at=name)
    with pytest.raises(ValueError, match="Type"):
        enter(sheet, typed)


def test_no_star_part_is_a_dash() -> None:
    labels = enter(begin(QUESTION, (ANSWER,), SHEET.labels, at="star"), "-").labels
    assert labels.star == dict.fromkeys(("situation", "task", "action", "result"), False)


def test_back_leaves_a_verdict_that_waits_for_words_and_stops_at_the_first() -> None:
    waiting = enter(SHEET, "c")
    assert waiting.pending == "covered" and back(waiting) == SHEET == back(SHEET)


def test_a_criterion_the_document_no_longer_has_is_dropped() -> None:
    old = Labels(id="a", labeller="coach", key_points={"gone": "covered"}, evidence={"gone": ("drill",)})
    assert begin(QUESTION, (ANSWER,), old).labels == Labels(id="a", labeller="coach")


# ── agreement ────────────────────────────────────────────────────────────────────────────────────────


def labels(id: str, points: str, flag: str, level: int, band: int | None) -> Labels:
    names = {"c": "covered", "p": "partial", "m": "missing"}
    return Labels.model_validate(
        {
            "id": id,
            "labeller": "coach",
            "key_points": {key: names[one] for key, one in zip(POINTS, points, strict=False) if one in names},
            "red_flags": {FLAGS[0]: "present" if flag == "y" else "absent"},
            "motivations": {LEVELS[0]: level},
            "band": band,
            "evidence": {POINTS[0]: [f"words of {points}"]} if points[0] in "cp" else {},
        }
    )


def test_the_figures_are_those_of_the_verdicts_given() -> None:
    ours = [labels("a", "cc", "y", 0, 1), labels("b", "pm", "n", 3, 5)]
    theirs = [labels("a", "c-", "y", 0, 1), labels("b", "mm", "y", 3, 1)]
    found = compare([(QUESTION, *pair) for pair in zip(ours, theirs, strict=True)])
    # Key points: c/c, p/m, m/m; the fourth is unsure. F1 covered 1, partial 0, missing 2·1 ÷ (2·1 + 1) = ⅔.
    assert (found.judged.value, found.judged.n) == (3 / 4, 4)
    points, flags, levels, bands = found.figures
    assert points.value == pytest.approx((1 + 0 + 2 / 3) / 3)
    assert (points.n, points.answers) == (3, 2)
    # One hit, one false alarm: 2·1 ÷ (2·1 + 1).
    assert flags.value == pytest.approx(2 / 3)
    assert flags.n == 2
    # Levels are the same. Bands 1/1, 5/1: observed 16; expected (0 + 0 + 16 + 16) ÷ 2 = 16, so 1 − 16/16 = 0.
    assert (levels.value, bands.value, bands.n) == (1.0, 0.0, 2)
    # Widest first: a flag and four bands are the whole way (1), partly for missing is half of it.
    assert [(one.answer, one.label, one.other, one.size) for one in found.differences] == [
        ("b", "absent", "present", 1.0), ("b", "5", "1", 1.0), ("b", "partial", "missing", 0.5),
    ]  # fmt: skip


def test_no_flag_on_either_side_is_no_disagreement() -> None:
    pair = labels("a", "cc", "n", 0, 1)
    assert compare([(QUESTION, pair, pair)]).figures[1].value is None


def graded(id: str) -> Grade:
    """A grade sure of one key point, one unsure, and no band."""
    return Grade(
        id=id,
        question_id=QUESTION.id,
        status="partly_graded",
        key_points={
            POINTS[0]: KeyPointVerdict(verdict="missing"),
            POINTS[1]: KeyPointVerdict(verdict="partial", quotes=(Quote(text="a drill", start=0, end=7, answer=0),)),
            POINTS[2]: KeyPointVerdict(verdict="unsure"),
        },
        decider="builtin",
        model="builtin-1",
        prompt_hash="",
        rubric_hash="",
    )


def test_an_unsure_verdict_of_a_grade_is_no_verdict() -> None:
    said = said_by_grader(graded("a"))
    assert said.key_points == {POINTS[0]: "missing", POINTS[1]: "partial"}
    assert said.evidence == {POINTS[1]: ("a drill",)} and said.band is None


def compared(folder: Path, count: int) -> str:
    ids = [f"a{number}" for number in range(count)]
    label(folder, *WHOLE * count, ids=ids)
    grades = folder / "grades.jsonl"
    grades.write_text("".join(f"{graded(id).model_dump_json()}\n" for id in ids), encoding="utf-8")
    desk, shown = screen()
    job = read_answers(folder / "in.jsonl", LIBRARY)
    print_comparison(desk, job, LIBRARY, folder / "out.jsonl", labeller="coach", other=grades)
    return shown.getvalue()


def test_grades_are_compared_with_labels_and_the_widest_differences_shown(tmp_path: Path) -> None:
    shown = compared(tmp_path, 10)
    assert f"key points judged: {2 / len(POINTS):.0%} of {10 * len(POINTS)}" in shown
    # Labels covered, missing; grades missing, partial: no verdict is shared.
    assert "key points, macro-F1: 0.00 (n = 20)" in shown
    assert "band, QWK: too few to say (0 answers)" in shown
    assert "The widest of 20 disagreements" in shown
    assert "label: covered “I took a breath" in shown and "other: missing" in shown


def test_below_ten_answers_no_figure_is_given(tmp_path: Path) -> None:
    shown = compared(tmp_path, 9)
    assert "Too few to say" in shown and "macro-F1" not in shown and "9 in both" in shown
    assert "other: missing" in shown


def test_a_file_that_has_an_answer_twice_is_not_compared(tmp_path: Path) -> None:
    twice = write(tmp_path / "two.jsonl", {"id": "a", "labeller": "x"}, {"id": "a", "labeller": "y"})
    job = read_answers(answers(tmp_path, "a"), LIBRARY)
    with pytest.raises(AnswersError, match=r"two\.jsonl:2: answer 'a' stands there twice, by x and y"):
        print_comparison(screen()[0], job, LIBRARY, tmp_path / "out.jsonl", labeller="coach", other=twice)


# ── the command ──────────────────────────────────────────────────────────────────────────────────────


def command(*given: object, typed: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
    monkeypatch.setattr("sys.argv", ["interviewer", "label", *map(str, given)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_the_command_labels_from_standard_input_under_the_user_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "robin")
    assert command(answers(tmp_path, "a"), typed=WHOLE, monkeypatch=monkeypatch) == 0
    (made,) = read(tmp_path / "in.labels.jsonl")
    assert made["labeller"] == "robin"


def test_labels_are_never_written_over_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = answers(tmp_path, "a")
    before = file.read_text(encoding="utf-8")
    assert command(file, "--out", file, typed=WHOLE, monkeypatch=monkeypatch) == 2
    assert file.read_text(encoding="utf-8") == before


def test_what_is_judged_is_the_whole_document() -> None:
    assert len(steps_of(QUESTION)) == len(WHOLE) == len(POINTS) + len(FLAGS) + len(LEVELS) + 2


def test_star_parts_known_already_are_said_when_the_story_is_asked_for() -> None:
    sheet = begin(QUESTION, [ANSWER], Labels(id="a", labeller="c", star={"result": False}), at="star")
    assert explain(sheet)[1] == "so far: result not there"


def test_labels_from_interviews_leave_nothing_else_to_the_same_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INTERVIEWER_DATA", str(tmp_path))
    for given, says in (([], "Nobody saw a verdict differently"), (["--no-ask"], "leave out --again, --compare")):
        with pytest.raises(SystemExit):
            cli.app(["label", str(tmp_path / "a.jsonl"), "--from-interviews", *given], standalone_mode=False)
        assert says in capsys.readouterr().err
