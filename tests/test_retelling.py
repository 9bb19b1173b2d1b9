"""What a retry changed and what an interview came to, in words that claim nothing more than is known."""

from __future__ import annotations

from typing import Any

import pytest

from interviewer.attempts import Change, Difference
from interviewer.overview import Overview, QuestionOverview, Repeated, Standing
from interviewer.recounting import tell_bands
from interviewer.retelling import (
    tell_best,
    tell_change,
    tell_difference,
    tell_doubts,
    tell_overview,
    tell_question,
    tell_step,
)
from interviewer.schema import Marked
from interviewer.sides import Step


def difference(**given: Any) -> Difference:
    blank = {"better": (), "worse": (), "unknown": 0, "band": (3, 3), "same_grader": True}
    return Difference(**blank | given)


def standing(**given: Any) -> Standing:
    counts = dict.fromkeys(("covered", "partial", "missing", "unsure", "unscored"), 0)
    blank = {"attempt": 1, "answers": 1, "band": 3, "gaps": (), "flags": ()}
    return Standing(**blank | counts | {"grader": "builtin m"} | given)


def one(**given: Any) -> QuestionOverview:
    blank = {"question_id": "q", "question": "What?", "attempts": 1, "hints": 0, "latest": standing(), "best": None}
    return QuestionOverview(**blank | given)


def whole(**given: Any) -> Overview:
    blank = {"questions": (one(), one()), "repeated": (), "answered": 2, "graded": 2, "flags": 0, "hints": 0}
    return Overview(**blank | {"graders": ("builtin m",)} | given)


@pytest.mark.parametrize(
    ("band", "told"),
    [
        ((3, 4), "Band 4, up from 3."),
        ((4, 3), "Band 3, down from 4."),
        ((3, 3), "Band 3, as before."),
        ((None, 3), "One of the two has no band, so the bands can’t be compared."),
        ((3, None), "One of the two has no band, so the bands can’t be compared."),
    ],
)
def test_bands_are_compared_only_where_there_are_two(band: tuple[int | None, int | None], told: str) -> None:
    assert tell_difference(difference(band=band)) == told


def test_a_change_names_both_verdicts_and_levels_as_levels() -> None:
    change = Change(kind="motivation", criterion="m", name="Care", before="0", after="2")
    assert tell_change(change) == "Care: Level 0 of 3 → Level 2 of 3"


def test_doubts_are_said_one_by_one_and_none_where_there_are_none() -> None:
    change = Change(kind="star", criterion="task", name="Task", before="told", after="left_out")
    assert tell_doubts(difference(worse=(change,))) == ()
    doubts = tell_doubts(difference(unknown=3, same_grader=False))
    assert [text.partition(" ")[0] for text in doubts] == ["No", "3", "The"]
    assert "nobody knows whether they changed" in doubts[1] and "may be the grader’s" in doubts[2]


def test_a_step_names_the_band_every_change_and_every_doubt() -> None:
    better = Change(kind="star", criterion="task", name="Task", before="left_out", after="told")
    worse = Change(kind="red_flag", criterion="x", name="Blame", before="absent", after="present")
    step = Step(before=1, after=3, difference=difference(better=(better,), worse=(worse,), unknown=1, band=(2, 3)))
    assert tell_step(step) == (
        "From attempt 1 to 3: Band 3, up from 2. Better: Task: Left out → Told. Worse: Blame: Not found → Found. "
        "1 criterion is unsure in one of the two, so nobody knows whether it changed."
    )


def test_of_an_only_attempt_nothing_is_called_the_best() -> None:
    assert tell_best(()) == ""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"attempts": 0, "latest": None}, ("Not answered.",)),
        ({"latest": None}, ("Not graded yet.",)),
        ({"latest": standing(band=None, unsure=4)}, ("No band: too little could be judged. Key points: 4 unsure.",)),
        (
            {"latest": standing(covered=2, missing=1, gaps=("Care",), flags=("Blame",)), "hints": 2},
            (
                "Band 3 of 5, adequate. Key points: 2 covered, 1 missing.",
                "Still open: Care.",
                "Red flags found: Blame.",
                "With 2 hints.",
            ),
        ),
        (
            {"attempts": 3, "best": standing(attempt=2, band=5)},
            ("Band 3 of 5, adequate.", "3 attempts: the best is attempt 2, band 5."),
        ),
        ({"attempts": 2}, ("Band 3 of 5, adequate.", "2 attempts: none with a band.")),
    ],
)
def test_a_question_is_told_by_what_is_known_of_it(given: dict[str, Any], told: tuple[str, ...]) -> None:
    assert tell_question(one(**given)) == told


def test_a_whole_interview_has_counts_what_repeats_and_no_total() -> None:
    repeated = (
        Repeated(kind="key_point", name="Care", questions=("a", "b"), judged=3),
        Repeated(kind="star", name="result", questions=("a", "b"), judged=2),
    )
    told = tell_overview(whole(repeated=repeated, flags=1, hints=2, graders=("builtin m", "chat x")))
    assert told == (
        "2 of 2 questions answered, 2 with a band.",
        "1 red flag found.",
        "2 hints taken.",
        "Key point “Care”: missing or only partly covered in 2 of 3 questions.",
        "The story: Result left out in 2 of 2 questions.",
        "More than one grader was at work (builtin m, chat x), so the bands come from different measures.",
        "There is no total: each question is judged by its own document.",
    )


def test_bands_over_time_are_bars_by_grader_and_one_alone_is_none() -> None:
    def mark(at: float, band: int | None, model: str = "m") -> Marked:
        blank: dict[str, Any] = {name: {} for name in ("key_points", "motivations", "red_flags", "star", "names")}
        about = {"interview_id": "i", "question_id": "q", "question": "?", "role": "", "function": "", "themes": ()}
        more = {"attempt": 1, "latest": True, "mode": "practice", "hints": 0, "answers": 1, "status": "graded"}
        return Marked.model_validate(
            about | more | blank | {"at": at, "band": band, "coverage": None, "decider": "builtin", "model": model}
        )

    told = tell_bands([mark(3, 5), mark(1, 1), mark(2, 3), mark(4, None), mark(5, 2, "other")])
    assert told == ("▁▄█  bands 1 to 5, the oldest first, by builtin m",)


def test_of_one_question_no_total_is_denied() -> None:
    assert tell_overview(whole(questions=(one(),), answered=1, graded=1)) == (
        "1 of 1 question answered, 1 with a band.",
    )
