"""Gaps are chosen in the stated order, and no rule of the interviewer's line lets its breach through."""

import pytest
from shipped import LIBRARY, QUESTION

from interviewer.probes import broken_rule, choose_probe, drifts
from interviewer.schema import Grade, KeyPointVerdict, MotivationVerdict, QuestionDocument, RedFlagVerdict

BLANK = Grade(
    id="x",
    question_id=QUESTION.id,
    status="graded",
    key_points={point.id: KeyPointVerdict(verdict="covered") for point in QUESTION.key_points},
    motivations={motivation.id: MotivationVerdict(level=3) for motivation in QUESTION.motivations},
    red_flags={flag.id: RedFlagVerdict(verdict="absent") for flag in QUESTION.red_flags},
    star=dict.fromkeys(("situation", "task", "action", "result"), True),
    decider="builtin",
    model="m",
    prompt_hash="p",
    rubric_hash="r",
)


def known(**changes: object) -> Grade:
    """Everything there but what is named: `empathy="missing"`, `service_orientation=0`, `result=False`."""
    key_points, motivations, star = dict(BLANK.key_points), dict(BLANK.motivations), dict(BLANK.star)
    for id, value in changes.items():
        if isinstance(value, str):
            key_points[id] = KeyPointVerdict.model_validate({"verdict": value})
        elif isinstance(value, bool):
            star[id] = value  # type: ignore[index]
        else:
            motivations[id] = MotivationVerdict.model_validate({"level": value})
    return BLANK.model_copy(update={"key_points": key_points, "motivations": motivations, "star": star})


@pytest.mark.parametrize(
    ("grade", "criterion"),
    [
        (known(empathy="missing", service_orientation=1, result=False), "service_orientation"),
        (known(conflict_resolution=1, service_orientation=0), "service_orientation"),
        (known(conflict_resolution=None, service_orientation=1), "conflict_resolution"),
        (known(conflict_resolution=None, service_orientation=0), "service_orientation"),
        (known(calm="partial", learning="missing", result=False), "learning"),
        (known(calm="partial", result=False), "calm"),
        (known(result=False), "result"),
        (known(calm="unsure", result=False), "result"),
        (known(calm="unsure"), "calm"),
        (known(), None),
        (known().model_copy(update={"status": "unscored"}), "conflict_resolution"),
        (None, "conflict_resolution"),
    ],
)
def test_motivations_come_first_weakest_first_then_key_points_the_story_and_what_is_unsure(
    grade: Grade | None, criterion: str | None
) -> None:
    probe = choose_probe(QUESTION, grade, used=())
    assert (probe.criterion if probe else None) == criterion


def test_no_probe_is_asked_twice_and_each_says_why() -> None:
    used: set[tuple[str, str]] = set()
    while probe := choose_probe(QUESTION, None, used):
        assert (probe.kind, probe.criterion) not in used
        assert probe.criterion in probe.reason
        used.add((probe.kind, probe.criterion))
    assert len(used) == len(QUESTION.motivations) + len(QUESTION.key_points) + len(QUESTION.star_probes)


FINE = (
    "What happened after you brought the manager over?",
    "You said she was shouting at the till. What did you do first?",
    "I see. How did that end for her?",
    "Could you take me through the next few minutes?",
    "Thank you. And what was going through your mind?",
)
BROKEN = {
    "": "is empty",
    " ...": "is empty",
    "Tell me more.": "asks nothing",
    "What did you do? And how did it end?": "asks more than one question",
    "What " + "happened " * 61 + "?": "is longer than 60 words",
    "Great answer! What happened next?": "praises",
    "That's excellent. What happened next?": "praises",
    "I really like how you put that. What happened next?": "praises",
    "You should always apologise. What else did you say?": "coaches",
    "Next time, call someone earlier. Why didn't you?": "coaches",
    "That would score 4 out of 5. What else?": "talks about scoring",
    "It's one of my key points: what did the customer feel?": "talks about scoring",
    "Candidate: I gave her the refund. Right?": "speaks as the candidate",
    "I listened and I apologised to her, then what?": "speaks as the candidate",
    "As an AI, I can't know. What happened?": "steps out of the role",
    "How did you use active listening there?": "reveals the criterion listening",
    "Did you stay calm and composed when remaining at the till?": "reveals the criterion calm",
    "Tell me, how is your emotional intelligence?": "reveals the criterion emotional_intelligence",
    "Where did you show aggression?": "reveals the criterion aggression",
}


@pytest.mark.parametrize("line", FINE)
def test_a_plain_follow_up_breaks_no_rule(line: str) -> None:
    assert broken_rule(line, QUESTION, said=QUESTION.question) == ""


@pytest.mark.parametrize(("line", "rule"), BROKEN.items())
def test_each_rule_is_noticed(line: str, rule: str) -> None:
    assert broken_rule(line, QUESTION, said=QUESTION.question) == rule


def test_a_line_still_coming_is_not_yet_empty_or_without_a_question() -> None:
    assert broken_rule("You", QUESTION, said="", finished=False) == ""
    assert broken_rule("Great answer", QUESTION, said="", finished=False) == "praises"


def test_the_candidates_own_words_are_no_secret() -> None:
    line = "What did the active listening look like at that moment?"
    assert broken_rule(line, QUESTION, said="I do active listening") == ""
    assert broken_rule(line, QUESTION, said="I talk") == "reveals the criterion listening"


@pytest.mark.parametrize("document", LIBRARY.questions.values(), ids=lambda document: document.id)
def test_every_written_probe_keeps_the_rules_it_stands_in_for(document: QuestionDocument) -> None:
    written = [
        *(point.probe for point in document.key_points),
        *(motivation.probe for motivation in document.motivations),
        *document.star_probes.values(),
    ]
    assert {probe: broken_rule(probe, document, said=document.question) for probe in written} == dict.fromkeys(
        written, ""
    )


@pytest.mark.parametrize(
    ("line", "probe", "drifted"),
    [
        ("What did you do about it?", "How did it end between the two?", True),
        ("What did you do to make sure that others knew?", "What was left for others to do?", True),
        ("How did it end, did you get your money?", "How did it end?", False),
        ("What did the guest know about the problem?", "While it wasn't sorted yet, what did the guest know?", False),
        ("What were you thinking?", "What did you do?", False),  # a probe of words that stand in any question
    ],
)
def test_a_line_drifts_that_shares_no_word_of_its_probe(line: str, probe: str, drifted: bool) -> None:
    assert drifts(line, probe) is drifted
    assert not drifts(probe, probe)
