"""Every criterion once, in the rubric's order, and its verdict under one name wherever it is looked up."""

from __future__ import annotations

import pytest
from shipped import QUESTION
from test_attempts import graded

from interviewer.criteria import criteria_of, graded_as, judged_on, quotes_on, sign_of
from interviewer.schema import MotivationVerdict
from interviewer.scoring import NOT_JUDGED


def test_each_criterion_comes_once_and_red_flags_come_first() -> None:
    found = [*criteria_of(QUESTION)]
    assert len({(one.kind, one.id) for one in found}) == len(found)
    assert [*dict.fromkeys(one.kind for one in found)] == ["red_flag", "key_point", "motivation", "star"]
    assert [one.name for one in found[-4:]] == ["Situation", "Task", "Action", "Result"]


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (MotivationVerdict(level=0, reason="None."), "0"),
        (MotivationVerdict(probability=0.4, reason="It could be both."), "unsure"),
        (MotivationVerdict(reason="3 samples: two say 1, one says 3."), "unsure"),
        (MotivationVerdict(reason="The reply could not be read."), "unscored"),
        (MotivationVerdict(probability=0.4, reason=NOT_JUDGED), "unscored"),
    ],
)
def test_a_motivation_without_a_level_is_unsure_only_where_its_grader_was(
    found: MotivationVerdict, verdict: str
) -> None:
    grade = graded().model_copy(update={"motivations": {"m": found}})
    assert graded_as(grade, "motivation", "m") == verdict


def test_what_a_grade_lacks_has_no_verdict_no_judgement_and_no_words() -> None:
    grade = graded().model_copy(update={"star": {}})
    for kind in ("red_flag", "key_point", "motivation", "star"):
        assert graded_as(grade, kind, "nothing") is None
        assert judged_on(grade, kind, "nothing") is None
        assert quotes_on(grade, kind, "nothing") == ()


def test_a_level_has_the_sign_of_the_nearest_verdict() -> None:
    assert [*map(sign_of, "0123")] == ["missing", "partial", "partial", "covered"]
    assert sign_of("unsure") == "unsure"
