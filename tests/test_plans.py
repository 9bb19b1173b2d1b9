"""Plans: read from documents, found by id, drawn at random, led by what was missed."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from histories import mark
from hypothesis import given
from hypothesis import strategies as st
from shipped import LIBRARY, QUESTION

from interviewer.content import check_folder, load_library
from interviewer.errors import ContentError
from interviewer.folders import bundled
from interviewer.plans import find_plan, find_questions, missed, random_plan, weakest_first
from interviewer.schema import Library

PLAN = """---
id: two-talks
role: Store Manager
minutes: 20
questions: [difficult-customers]
---

# Two talks

What a first talk is usually about.
"""


def shelve(folder: Path, text: str) -> Path:
    (folder / "plans").mkdir(parents=True)
    (folder / "plans" / "two-talks.md").write_text(text, encoding="utf-8")
    return folder


def test_a_plan_reads_as_it_is_written(tmp_path: Path) -> None:
    library = load_library([bundled("content"), shelve(tmp_path, PLAN)])
    plan = find_plan(library, "two-talks")
    assert (plan.title, plan.role, plan.minutes) == ("Two talks", "Store Manager", 20)
    assert plan.questions == ("difficult-customers",)
    assert plan.introduction == "What a first talk is usually about."


@pytest.mark.parametrize(
    ("was", "now", "line", "says"),
    [
        ("[difficult-customers]", "[no-such]", 5, "there is no question `no-such`"),
        ("[difficult-customers]", "[difficult-customers, difficult-customers]", 5, "named twice"),
        ("[difficult-customers]", "[]", 5, "`questions` is empty"),
        ("minutes: 20", "minutes: 2", 4, "`minutes`"),
        ("minutes: 20\n", "", 1, "lacks `minutes`"),
        ("What a first talk is usually about.", "", 8, "lacks its text"),
        ("What a first", "## More\n\nWhat a first", 10, "has no place here"),
    ],
)
def test_a_bad_plan_is_named_with_its_line(was: str, now: str, line: int, says: str, tmp_path: Path) -> None:
    folder = shelve(tmp_path, PLAN.replace(was, now))
    problems = [str(problem) for problem in check_folder(folder, [bundled("content")])]
    assert any(f"two-talks.md:{line}: " in problem and says in problem for problem in problems), problems


def test_an_unknown_plan_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="two-talks"):
        find_plan(load_library([bundled("content"), shelve(tmp_path, PLAN)]), "two-talk")


def copies(*roles: str) -> Library:
    documents = [QUESTION.model_copy(update={"id": f"q{i}", "role": role}) for i, role in enumerate(roles)]
    return Library(questions={one.id: one for one in documents}, examples={}, guides={})


@given(st.integers(1, 8), st.integers(0, 99))
def test_a_random_plan_asks_each_question_once_and_only_of_its_role(count: int, seed: int) -> None:
    library = copies("Cook", "Clerk", "Cook", "Cook", "Clerk")
    plan = random_plan(library, random.Random(seed), count=count, role="cook")
    assert len(plan.questions) == min(count, 3) == len(set(plan.questions))
    assert set(plan.questions) <= {"q0", "q2", "q3"}


def test_the_same_seed_gives_the_same_plan() -> None:
    library = copies(*"abcdef")
    first, again = (random_plan(library, random.Random(7), count=3) for _ in range(2))
    assert first == again


@pytest.mark.parametrize(("role", "theme"), [("Astronaut", ""), ("", "Cooking")])
def test_what_nothing_fits_is_refused_with_what_there_is(role: str, theme: str) -> None:
    with pytest.raises(ContentError, match="choose one of: "):
        random_plan(LIBRARY, random.Random(1), role=role, theme=theme)


def test_missed_counts_missing_twice_partly_once_and_the_unknown_not_at_all() -> None:
    points = {"a": "missing", "b": "partial", "c": "unsure", "d": "unscored", "e": "covered"}
    marks = [mark(key_points=points), mark(1, key_points={"a": "missing"})]
    assert missed(marks) == Counter({("q1", "a"): 4, ("q1", "b"): 1})


def test_of_a_question_tried_again_only_the_latest_attempt_counts() -> None:
    tries = [mark(key_points={"a": "missing"}, latest=False), mark(key_points={"a": "partial"}, attempt=2)]
    assert missed(tries) == Counter({("q1", "a"): 1})


def test_what_was_missed_most_is_asked_first() -> None:
    library = copies(*"abc")
    both = {"a": "missing", "b": "missing"}
    marks = [mark(question="q2", key_points={"a": "missing"}), mark(question="q1", key_points=both)]
    assert random_plan(library, random.Random(1), marks=marks).questions == ("q1", "q2", "q0")
    documents = list(library.questions.values())
    assert [one.id for one in weakest_first(documents, missed([]))] == ["q0", "q1", "q2"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, True),
        ({"words": "CONFRONTATIONAL retail"}, True),
        ({"words": "confrontational astronaut"}, False),
        ({"role": "loss prevention specialist"}, True),
        ({"function": "Hospitality"}, False),
        ({"theme": "customer service", "function": "retail"}, True),
    ],
)
def test_questions_are_found_by_words_role_function_and_theme(filters: dict[str, str], found: bool) -> None:
    assert (QUESTION.id in {one.id for one in find_questions(LIBRARY, **filters)}) is found
