"""A chat model's verdicts are read out of whatever it wrote around them; a quote that isn't there never counts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.quotes import locate
from interviewer.schema import Choice, Option, Predicate, Score, Sentence, TypedQuestion
from interviewer.stated import Statement, answers_of, read_statements

ANSWERS = ("I stayed calm and let him finish.\n\nThen I said: “I’m sorry”.", "He thanked me.")


def key_point(name: str) -> Choice:
    options = (Option(value="covered"), Option(value="partial"), Option(value="missing"))
    return Choice(name=f"key_point.{name}", kind="key_point", criterion=name, instructions="?", options=options)


CALM = key_point("calm")
SOLVING = key_point("problem_solving")
SERVICE = Score(
    name="motivation.problem_solving",
    kind="motivation",
    criterion="Solves",
    instructions="?",
    levels=tuple(Option(value=str(n)) for n in range(4)),
)
BLAME = Predicate(name="red_flag.blaming", kind="red_flag", criterion="Blames", instructions="?")
ON_TOPIC = Predicate(name="star.on_topic", kind="star", criterion="On topic", instructions="?")
ALL: tuple[TypedQuestion, ...] = (CALM, SOLVING, SERVICE, BLAME, ON_TOPIC)

SAID: dict[str, dict[str, Any]] = {
    "key_point.calm": {"quotes": ["I stayed calm"], "verdict": "covered", "reason": "Says so."},
    "key_point.problem_solving": {"quotes": [], "verdict": "missing", "reason": ""},
    "motivation.problem_solving": {"quotes": ["He thanked me"], "verdict": "2", "reason": "Effect."},
    "red_flag.blaming": {"quotes": [], "verdict": "false", "reason": ""},
    "star.on_topic": {"quotes": [], "verdict": "true", "reason": ""},
}
WHOLE = json.dumps(SAID)
VALUES = ["covered", "missing", "2", "false", "true"]


def values(statements: tuple[Statement, ...]) -> list[str | None]:
    return [next(iter(one.decision.probabilities)) if one.decision else None for one in statements]


def test_a_plain_reply_becomes_stated_decisions_with_their_quotes() -> None:
    statements = read_statements(WHOLE, ALL, ANSWERS)
    assert values(statements) == VALUES
    calm = statements[0].decision
    assert calm is not None
    assert (calm.probabilities, calm.quotes, calm.reason) == ({"covered": 1.0}, ("I stayed calm",), "Says so.")
    assert not any(one.decision.measured for one in statements if one.decision)


LISTED = [{"criterion": name, **entry} for name, entry in SAID.items()]
BY_KIND = {
    "key_points": {"calm": SAID["key_point.calm"], "problem_solving": SAID["key_point.problem_solving"]},
    "motivations": [{"id": "problem_solving", **SAID["motivation.problem_solving"]}],
    "red_flags": {"blaming": {"present": False, "verdict": False}},
    "star": {"on_topic": True},
}


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{WHOLE}\n```",
        f"Here is my assessment:\n\n```\n{WHOLE}\n```\nLet me know {{if}} you need more!",
        f"<think>The candidate is calm: {{}}</think>\n{WHOLE}",
        WHOLE.replace("}}", "},}").replace('"covered"', "'covered'"),
        WHOLE.replace("false", "False").replace('"false"', "false"),
        json.dumps({"verdicts": SAID}),
        json.dumps({"verdicts": LISTED}),
        json.dumps(LISTED),
        "\n".join(json.dumps(one) for one in LISTED),
        json.dumps(BY_KIND),
        json.dumps(SAID, indent=2).replace('"quotes"', '"evidence"'),
        json.dumps({name.upper().replace("_", " "): entry for name, entry in SAID.items()}),
        json.dumps({**SAID, "key_point.brilliance": SAID["key_point.calm"], "summary": "Well done."}),
        json.dumps({"calm": SAID["key_point.calm"], **{k: v for k, v in SAID.items() if k != "key_point.calm"}}),
        json.dumps(
            {
                **SAID,
                "key_point.calm": {"quote": "I stayed calm", "verdict": "Covered."},
                "motivation.problem_solving": {"quotes": [{"text": "He thanked me"}], "level": 2.0},
                "red_flag.blaming": {"verdict": "absent"},
                "star.on_topic": "yes",
            }
        ),
    ],
)
def test_the_same_verdicts_are_read_from_every_loose_shape(text: str) -> None:
    assert values(read_statements(text, ALL, ANSWERS)) == VALUES


def test_one_object_without_a_name_is_about_the_one_question_asked() -> None:
    assert values(read_statements('{"quotes": [], "verdict": "missing"}', [CALM], ANSWERS)) == ["missing"]
    assert values(read_statements('{"quotes": [], "verdict": "missing"}', [CALM, BLAME], ANSWERS)) == [None, None]


def test_of_a_cut_off_reply_what_is_whole_is_used() -> None:
    cut = WHOLE[: WHOLE.index("He thanked me") + 6]
    statements = read_statements(cut, ALL, ANSWERS)
    assert values(statements) == ["covered", "missing", None, None, None]
    assert statements[2].problem


@pytest.mark.parametrize(
    "text", ["", "I can't do that.", "[]", "{}", "null", "3", '"covered"', "[" * 5000, "{" * 5000, '{"a":' * 3000]
)
def test_a_reply_without_verdicts_leaves_every_question_open(text: str) -> None:
    statements = read_statements(text, ALL, ANSWERS)
    assert [one.problem for one in statements] == ["there is no verdict"] * 5


def test_a_name_that_two_criteria_share_is_not_guessed() -> None:
    statements = read_statements('{"problem_solving": {"verdict": "missing", "quotes": []}}', ALL, ANSWERS)
    assert values(statements) == [None] * 5


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"quotes": ["I never shouted"], "verdict": "covered"}, "the quote “I never shouted” is not in the answer"),
        ({"quotes": [], "verdict": "covered"}, "the verdict is covered, and no quote shows it"),
        ({"verdict": "partial"}, "the verdict is partial, and no quote shows it"),
        ({"quotes": [3, None, ""], "verdict": "covered"}, "no quote shows it"),
        ({"quotes": ["I stayed calm"], "verdict": "excellent"}, "'excellent' is no verdict; choose from covered"),
        ({"quotes": ["I stayed calm"], "verdict": None}, "'None' is no verdict"),
        ({"quotes": ["I stayed calm"], "verdict": "2"}, "'2' is no verdict"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_verdict_is_told(entry: dict[str, Any], told: str) -> None:
    (statement,) = read_statements(json.dumps({"key_point.calm": entry}), [CALM], ANSWERS)
    assert told in statement.problem
    assert statement.decision is None


@pytest.mark.parametrize("level", ["4", "-1", "1.5", 7])
def test_a_level_that_does_not_exist_is_no_verdict(level: Any) -> None:
    text = json.dumps({SERVICE.name: {"quotes": ["He thanked me"], "verdict": level}})
    assert "is no verdict" in read_statements(text, [SERVICE], ANSWERS)[0].problem


def test_a_verdict_of_nothing_there_needs_no_quote_and_keeps_none() -> None:
    text = json.dumps({CALM.name: {"quotes": ["made up"], "verdict": "missing"}})
    (statement,) = read_statements(text, [CALM], ANSWERS)
    assert statement.decision is not None
    assert statement.decision.quotes == ()


def test_a_reason_with_half_a_character_can_be_saved() -> None:
    (told,) = read_statements(r'{"verdict": "missing", "reason": "Not\ud83d there."}', [CALM], ANSWERS)
    assert told.decision and told.decision.reason == "Not? there."


def test_a_quote_across_sentences_with_their_numbers_is_found() -> None:
    sentences = (
        Sentence(number=1, answer=0, start=0, end=33, text="I stayed calm and let him finish."),
        Sentence(number=2, answer=0, start=35, end=58, text="Then I said: “I’m sorry”."),
        Sentence(number=3, answer=1, start=0, end=14, text="He thanked me."),
    )
    answers = answers_of(sentences)
    assert answers == ("I stayed calm and let him finish.  Then I said: “I’m sorry”.", "He thanked me.")
    said = 'let him finish. [2] Then I said: "I\'m sorry".'
    (statement,) = read_statements(json.dumps({CALM.name: {"quotes": [said], "verdict": "covered"}}), [CALM], answers)
    assert statement.decision is not None
    assert locate(statement.decision.quotes[0], ANSWERS) is not None


@given(st.text(), st.text(max_size=60))
def test_no_text_breaks_the_reader_and_no_absent_quote_passes(text: str, words: str) -> None:
    read_statements(text, ALL, ANSWERS)
    told = json.dumps({CALM.name: {"quotes": [words], "verdict": "covered"}})
    (statement,) = read_statements(told, [CALM], ANSWERS)
    if statement.decision is not None:
        assert all(locate(quote, ANSWERS) is not None for quote in statement.decision.quotes)
        assert statement.decision.quotes
