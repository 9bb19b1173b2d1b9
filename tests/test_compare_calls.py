"""One request or several: what is asked keeps apart what it should, and the published figures are the recordings'."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from scripted import ScriptedDecider

from evals import compare_calls
from evals.compare_calls import ALONE, APART, REPORT, SAMPLED, SAMPLES, InParts, alone, asked, by_kind, chosen, packets
from interviewer.evaluation.records import Case
from interviewer.evaluation.sets import load_set
from interviewer.schema import Usage


@pytest.fixture(scope="module")
def cases() -> Sequence[Case]:
    return chosen()


def test_only_dev_answers_are_asked_about_and_each_to_another_question(cases: Sequence[Case]) -> None:
    dev = {case.id for case in load_set("dev", compare_calls.LIBRARY)}
    assert {case.id for case in cases} <= dev
    assert len({case.question_id for case in cases}) == len(cases) == compare_calls.ANSWERS


def test_no_answer_lies_in_both_smaller_parts(cases: Sequence[Case]) -> None:
    few, sampled = ({case.id for case in cases[part]} for part in (ALONE, SAMPLED))
    assert few and sampled and not few & sampled


def test_a_request_a_kind_asks_every_question_once(cases: Sequence[Case]) -> None:
    for case in cases:
        _, questions = asked(case)
        parts = by_kind(questions)
        assert [one for part in parts for one in part] == list(questions)
        assert all(len({one.kind for one in part}) == 1 for part in parts)


def test_a_request_a_criterion_asks_of_key_points_and_red_flags_only(cases: Sequence[Case]) -> None:
    _, questions = asked(cases[0])
    parts = alone(questions)
    assert all(len(part) == 1 for part in parts)
    assert {part[0].name for part in parts} == {one.name for one in questions if one.kind in ("key_point", "red_flag")}


def test_requests_about_one_answer_lie_apart_and_their_ids_tell_nothing(cases: Sequence[Case]) -> None:
    found = packets(cases)
    places: dict[str, list[int]] = {}
    for place, packet in enumerate(found.values()):
        places.setdefault(packet.case.id, []).append(place)
    assert all(later - earlier > APART for one in places.values() for earlier, later in pairwise(one))
    assert list(found) == [f"r-{number:03}" for number in range(1, len(found) + 1)]
    again = [packet for packet in found.values() if packet.repeat]
    assert len(again) == (SAMPLES - 1) * len(cases[SAMPLED])


async def test_what_all_parts_took_is_added_up(cases: Sequence[Case]) -> None:
    state, questions = asked(cases[0])
    asking = InParts(ScriptedDecider(), by_kind)
    decided = [one async for one in asking.decide(state, questions)]
    assert [one.name for one in decided] == [one.name for one in questions]
    assert asking.spent == sum((one.usage for one in decided), Usage())


async def test_the_published_figures_are_those_of_the_recordings() -> None:
    assert REPORT.read_text(encoding="utf-8") == await compare_calls.report(), "python evals/compare_calls.py"


def test_the_recordings_are_named_for_what_they_are() -> None:
    lines = compare_calls.OTHERS.read_text(encoding="utf-8").splitlines()
    models = {told["model"] for told in map(json.loads, lines) if "model" in told}
    assert models == {compare_calls.MODEL} != {compare_calls.ONE_MODEL}
