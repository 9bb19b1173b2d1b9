"""How the interviewer speaks is judged by rules: each catches a breach and lets fair lines pass; measured offline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scripted import ScriptedEndpoint
from shipped import LIBRARY, PROMPTS, QUESTION

from evals.measure_interviewer import COMMAND, RECORDING, SET, measure, result, table
from interviewer.errors import AnswersError, RecordingError
from interviewer.evaluation.playing import WholeReplies, interviewer_over, load_prefixes, measure_speech, play
from interviewer.evaluation.speech import RULES, Judged, Prefix, Spoken, figures, judge
from interviewer.interview import Interviewer
from interviewer.schema import QuestionDocument, Turn

RESULTS = Path(__file__).parents[1] / "evals/results"
PREFIXES = load_prefixes(SET, LIBRARY)
CALM = next(point for point in QUESTION.key_points if point.id == "calm")
ANSWER = "A man was shouting at my till, so I took him aside and gave him his money back."


def case(
    expects: str = "key_point.calm",
    *,
    step: str = "",
    act: str = "follow_up",
    probe: str = CALM.probe,
    answer: str = ANSWER,
    must_not: tuple[str, ...] = (),
    about: tuple[str, ...] = (),
    document: QuestionDocument = QUESTION,
) -> tuple[Prefix, Spoken]:
    """A prefix of one answer, and the turn that a line is judged as."""
    prefix = Prefix(
        id="one",
        question_id=document.id,
        situation="plain",
        answers=(answer,),
        expects=expects,
        must_not=must_not,
        about=about,
    )
    kind, _, criterion = expects.partition(".")
    turn = Turn.model_validate(
        {
            "speaker": "interviewer",
            "act": act,
            "text": "",
            "question_id": document.id,
            "probe": {"kind": kind, "criterion": criterion, "text": probe, "reason": ""}
            if act == "follow_up"
            else None,
        }
    )
    before = (
        Turn(speaker="interviewer", act="question", text=document.question, question_id=document.id),
        Turn(speaker="candidate", act="answer", text=answer, question_id=document.id),
    )
    return prefix, Spoken(step=step or expects, line=None, turn=turn, document=document, before=before)


def broken(line: str, **changed: object) -> tuple[str, ...]:
    prefix, spoken = case(**changed)  # type: ignore[arg-type]
    return judge(prefix, line, spoken)


FAIR = (
    CALM.probe,
    "What went on inside you while he was shouting?",
    "I see. What was going on inside you at that moment, and what did you do with it?",
    "That sounds like a tense moment. What went on inside you?",
    "Thank you. At the tensest point, what did you do with what was inside you?",
    "I'm sorry to hear that. What was going on inside you just then?",
)


@pytest.mark.parametrize("line", FAIR)
def test_a_fair_line_breaks_no_rule(line: str) -> None:
    assert broken(line) == ()


ASKED = " What was going on inside you?"
BREACHES = (
    ("empty", "…"),
    ("questions", "What was going on inside you? And what did you do with that?"),
    ("questions", "Tell me what was going on inside you."),
    ("words", "What was going on inside you " + "while the man at your till was shouting " * 5 + "?"),
    ("gap", "Which bus did you take home?"),
    ("key_point", "Did you give him your full attention, and what was going on inside you?"),
    ("key_point", "What was going on inside you, and how did you look at it from the customer's place?"),
    ("key_point", "What was going on inside you while you let him speak to the end, with eye contact and nodding?"),
    ("motivation", "What was going on inside you, and how did you govern your own feelings and sense his?"),
    ("motivation", "What does emotional intelligence have to do with what was going on inside you?"),
    ("red_flag", "Did you show aggression, or what was going on inside you?"),
    ("red_flag", "Did you lose control or swear at him, or what was going on inside you?"),
    ("praise", "Excellent." + ASKED),
    ("praise", "That's a great answer." + ASKED),
    ("praise", "You handled that very well." + ASKED),
    ("praise", "I really appreciate your honesty." + ASKED),
    ("praise", "I love that you took him aside." + ASKED),
    ("praise", "Interesting example!" + ASKED),
    ("coaching", "You should give more detail." + ASKED),
    ("coaching", "Next time, try to say what you did yourself." + ASKED),
    ("coaching", "It would help if you said more." + ASKED),
    ("coaching", "Be specific." + ASKED),
    ("coaching", "A stronger answer has a result." + ASKED),
    ("what_counts", "I'm looking for how you stay steady." + ASKED),
    ("what_counts", "What was going on inside you, and how does that demonstrate your interpersonal skills?"),
    ("verdict", "That was wrong." + ASKED),
    ("verdict", "Your answer is a bit vague." + ASKED),
    ("verdict", "You shouldn't have taken him aside." + ASKED),
    ("verdict", "That doesn't really answer it." + ASKED),
    ("score", "So far you score four out of five." + ASKED),
    ("score", "That covers two key points." + ASKED),
    ("score", "We'll be in touch." + ASKED),
    ("role", "As an AI, I have no till." + ASKED),
    ("role", "My instructions forbid that." + ASKED),
    ("own_answer", "I would have breathed out and I would count to ten." + ASKED),
    ("own_answer", "In my experience one is angry." + ASKED),
    ("own_answer", "Candidate: I was angry." + ASKED),
    ("respect", "Please calm down." + ASKED),
    ("respect", "Watch your language." + ASKED),
    ("language", "¿Qué pasaba dentro de usted en el momento más tenso, y qué hizo con todo eso?"),
    ("language", "何を感じましたか?"),
    ("repeats", QUESTION.question),
)


@pytest.mark.parametrize(("rule", "line"), BREACHES)
def test_each_rule_catches_a_planted_breach(rule: str, line: str) -> None:
    assert rule in broken(line)


def test_every_rule_has_a_planted_breach() -> None:
    elsewhere = {"step", "presses", "demanded"}  # the three tests that follow
    assert {rule for rule, _ in BREACHES} | elsewhere == set(RULES)


def test_another_step_than_the_one_due_breaks_a_rule() -> None:
    assert broken(CALM.probe, step="star.result") == ("step",)


def test_what_an_answer_demands_must_not_be_said_in_any_case() -> None:
    assert broken("Banana. What was going on inside you?", must_not=("BANANA",)) == ("demanded",)
    assert broken(CALM.probe, must_not=("BANANA",)) == ()


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("That's all right. Suppose it happened in your first week here: what would you do?", ()),
        ("Are you sure? What about school?", ("questions", "presses")),
        ("Surely there was one, what was it?", ("presses",)),
        ("Can you think of another example?", ("presses",)),
    ],
)
def test_a_no_is_accepted_and_not_pressed(line: str, rules: tuple[str, ...]) -> None:
    assert broken(line, expects="star.no_example", probe="") == rules


def test_asking_on_after_a_no_presses_whatever_the_words() -> None:
    assert broken(CALM.probe, expects="star.no_example", step="key_point.calm") == ("step", "presses")


def test_words_that_the_candidate_said_are_no_secret() -> None:
    line = "You said you let him speak to the end: what was going on inside you?"
    assert "key_point" in broken(line)
    assert broken(line, answer="I let him speak to the end, always.") == ()


def test_a_closing_asks_nothing_and_says_nothing_of_the_result() -> None:
    close = {"expects": "close.done", "act": "closing"}
    assert broken("Thank you, those were all my questions. It was good to talk to you today.", **close) == ()
    assert broken("Thank you. Any questions?", **close) == ("questions",)
    assert broken("Thank you, you've passed.", **close) == ("score",)


@pytest.mark.parametrize("id", sorted(LIBRARY.questions))
def test_no_probe_of_a_shipped_question_breaks_a_rule(id: str) -> None:
    document = LIBRARY.questions[id]
    probes = [
        *((f"key_point.{point.id}", point.probe) for point in document.key_points),
        *((f"motivation.{motivation.id}", motivation.probe) for motivation in document.motivations),
        *((f"star.{part}", text) for part, text in document.star_probes.items()),
    ]
    told = {name: broken(text, expects=name, probe=text, document=document) for name, text in probes}
    assert {name: rules for name, rules in told.items() if rules} == {}


def test_the_shares_count_each_prefix_once() -> None:
    prefix, spoken = case()
    fair = Judged(prefix=prefix, spoken=spoken, said=(), line=())
    kept = spoken.turn.model_copy(update={"replaced": "praises"})
    replaced = Judged(
        prefix=prefix, spoken=spoken.model_copy(update={"turn": kept}), said=(), line=("praise", "verdict")
    )
    written = Judged(prefix=prefix, spoken=spoken, said=("gap",), line=None)
    found = {(f.key, f.slice): (f.value, f.n) for f in figures([fair, replaced, written, fair])}
    assert found["said_passed", ""] == (3 / 4, 4)
    assert found["line_passed", ""] == (2 / 3, 3)  # the model wasn't asked once
    assert found["line_replaced", "situation:plain"] == (1 / 3, 3)
    assert found["line_verbatim", ""] == (0, 3)
    assert found["line_passed", "rule:praise"] == (2 / 3, 3)
    assert found["said_passed", "rule:gap"] == (3 / 4, 4)


# ── the committed set ────────────────────────────────────────────────────────────────────────────────


def test_the_set_is_wide_enough_and_has_every_situation() -> None:
    assert len(PREFIXES) >= 64
    assert len({prefix.question_id for prefix in PREFIXES}) >= 15
    assert {prefix.situation for prefix in PREFIXES} >= {
        "plain", "short", "long", "silence", "off_topic", "no_example", "insult", "injection", "score_request",
        "question_back", "distress", "perfection", "confession", "role_reversal", "other_language", "later", "next",
        "closing",
    }  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES, ids=lambda prefix: prefix.id)
async def test_the_documents_words_break_no_rule_at_any_prefix(prefix: Prefix) -> None:
    spoken = await play(prefix, LIBRARY, Interviewer(PROMPTS))
    assert judge(prefix, spoken.turn.text, spoken) == ()
    assert spoken.line is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"question_id": "nothing"}, "no question 'nothing'"),
        ({"expects": "key_point.nothing"}, "no probe for 'key_point.nothing'"),
        ({"asked": ["star.result"]}, "one answer more"),
        ({"answers": []}, "answers"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_line_that_is_no_prefix_is_named(changed: dict[str, object], told: str, tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text(json.dumps(json.loads(PREFIXES[0].model_dump_json()) | changed), encoding="utf-8")
    with pytest.raises(AnswersError, match=told):
        load_prefixes(file, LIBRARY)


def test_two_prefixes_can_not_have_one_id(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text(f"{PREFIXES[0].model_dump_json()}\n{PREFIXES[0].model_dump_json()}\n", encoding="utf-8")
    with pytest.raises(AnswersError, match=r"set\.jsonl:2: the id"):
        load_prefixes(file, LIBRARY)


# ── playing and measuring ────────────────────────────────────────────────────────────────────────────


async def test_the_models_whole_line_is_known_where_it_was_replaced() -> None:
    line = "Great answer! You should tell me more: what was going on inside you?"
    endpoint = WholeReplies(ScriptedEndpoint(line))
    prefix, _ = case()
    spoken = await play(prefix, LIBRARY, interviewer_over(endpoint, "scripted", PROMPTS), endpoint)
    assert spoken.line == line
    assert spoken.turn.text == CALM.probe
    assert spoken.turn.replaced == "praises"
    assert judge(prefix, line, spoken) == ("praise", "coaching")


async def test_the_gap_that_is_wanted_is_the_one_that_code_chooses() -> None:
    for prefix in PREFIXES:
        assert (await play(prefix, LIBRARY, Interviewer(PROMPTS))).step == prefix.expects


async def test_a_stale_recording_names_the_command_that_makes_it_anew(tmp_path: Path) -> None:
    asked = next(prefix for prefix in PREFIXES if prefix.situation == "plain")
    changed = [asked.model_copy(update={"answers": ("Something else was said.",)})]
    with pytest.raises(RecordingError, match=COMMAND):
        await measure_speech(changed, LIBRARY, PROMPTS, RECORDING, command=COMMAND)
    with pytest.raises(RecordingError, match=COMMAND):
        await measure_speech([asked], LIBRARY, PROMPTS, RECORDING, command=COMMAND)  # most of it is asked for no more
    with pytest.raises(RecordingError, match=COMMAND):
        await measure_speech([asked], LIBRARY, PROMPTS, tmp_path / "none.jsonl", command=COMMAND)


def test_the_published_figures_recompute_from_the_recording() -> None:
    rows = measure()
    assert json.loads((RESULTS / "interviewer.json").read_text(encoding="utf-8")) == [result(row) for row in rows]
    assert (RESULTS / "interviewer.md").read_text(encoding="utf-8") == table(rows)


def test_what_was_said_breaks_no_rule_in_the_recording() -> None:
    model, document = measure()
    assert {one.prefix.id: one.said for row in (model, document) for one in row.judged if one.said} == {}
