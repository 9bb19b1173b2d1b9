"""Role-play documents are read or their mistakes named; the person moves by their rules and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import LIBRARY

from interviewer import roleplay
from interviewer.content import check_folder
from interviewer.documents import read_role_play
from interviewer.markup import Page
from interviewer.roleplay import (
    INSULT,
    LEAVES,
    LISTENS,
    SHOUT,
    State,
    choose_line,
    course,
    judge,
    open_topic,
    react,
    rules_of,
    start,
    too_many_gaps,
)
from interviewer.schema import RolePlay

PLAYS = [pytest.param(play, id=play.id) for play in LIBRARY.role_plays.values()]
HOLLIS = LIBRARY.role_plays["no-receipt"]
TEXT = Path(HOLLIS.source).read_text(encoding="utf-8")
KIND = {
    "no-receipt": [
        "I'm sorry about the wait. What happened?",
        "We need the receipt because that is how it is the same for everyone.",
        "I can exchange it or give you store credit.",
    ],
    "frightened-of-the-hoist": [
        "I can see that you're frightened. What was worst?",
        "My colleague comes, so there will be two of us, and I'll tell you each move.",
        "You say stop and we stop.",
    ],
    "pram-at-the-door": [
        "Good afternoon, my name is Ana. Could we look at your receipt together?",
        "I think some razor blades under the blanket got missed.",
        "Your son comes with you. It takes a few minutes in the office.",
    ],
    "quotes-elsewhere": [
        "I came to listen. What happened in May?",
        "There is a number for weekends, answered from seven.",
        "You can try it for six weeks, and I should tell you that it is slower on cocoa.",
    ],
}
"""A talk that settles each of them."""


def problems(text: str) -> list[str]:
    page = Page("f")
    read_role_play(text, page)
    return [str(problem) for problem in page.problems]


# ── documents ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("person: Mr Hollis", "persn: Mr Hollis", "unknown key `persn` in the head: did you mean `person`?"),
        ("temper: 2", "temper: 4", "`temper`: input should be less than or equal to 3"),
        ("turns: 10", "turns: many", "`turns`: input should be a valid integer"),
        ("- Wants: ", "- Wishes: ", "must open with one of `Role:`, `Wants:`, `Knows:`, `Doesn't know:`, `Opens:`"),
        ("- 2: Annoyed. Talks", "- 2: Talks", "`2:` must open with a word for it, then say how they speak"),
        ("- 3: Angry.", "- 5: Angry.", "must open with one of `0:`, `1:`, `2:`, `3:`, `4:`"),
        ("- Temper: +2", "- Temper: +3", "`Temper: +3` must be -1 (calms), 0 (only settles), +1 or +2 (upsets)"),
        ("{#regret}", "{#feeling}", "id `feeling` is already used on line"),
        ("{#regret}", "{#insult}", "rule `insult` holds in every role-play: choose another id"),
        ("- Cues: did you steal,", "- Cues: ?!, did you steal,", "cue `?!` has no word"),
        ("Settled by: reason", "Settled by: raeson", "there is no rule `raeson`: correct the id"),
        ("### Why no money {#rule}", "### Why no money", "heading `Why no money` must be `### Name {#id}`"),
        ("- Leaves: ", "- Goes: ", "must open with one of `Settled:`, `Leaves:`, `Turns:`"),
        ("## Endings", "## The end", "unknown section `The end`"),
        ("You are the cashier", "- You are the cashier", "has no place under `Money back, and no receipt`"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_to_do(old: str, new: str, message: str) -> None:
    assert old in TEXT and problems(TEXT) == []
    found = problems(TEXT.replace(old, new, 1))
    assert any(message in one for one in found), found
    changed = 1 + TEXT[: TEXT.index(old)].count("\n")
    assert any(abs(int(one.split(":")[1]) - changed) <= 4 for one in found if message in one)


@pytest.mark.parametrize("band", ["Calm", "Tense", "Heated"])
def test_a_topic_needs_a_line_for_every_height_of_temper(band: str) -> None:
    assert any(f"lacks a line for `- {band}: …`" in one for one in problems(re.sub(rf"(?m)^- {band}: .*\n", "", TEXT)))


@pytest.mark.parametrize(("sign", "said"), [("-1", "no rule calms"), (r"\+[12]", "no rule upsets")])
def test_a_role_play_needs_something_that_calms_and_something_that_upsets(sign: str, said: str) -> None:
    assert any(said in one for one in problems(re.sub(rf"Temper: {sign}", "Temper: 0", TEXT)))


def test_its_question_and_its_example_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "roleplays").mkdir()
    (tmp_path / "roleplays" / "no-receipt.md").write_text(TEXT, encoding="utf-8")
    found = [str(problem).removeprefix(f"{tmp_path}/") for problem in check_folder(tmp_path)]
    assert found == [
        "roleplays/no-receipt.md:3: there is no question `difficult-customers`: correct the id, or write it",
        "roleplays/no-receipt.md:4: there is no worked example `refuses-store-policy`: correct the id, or write it",
    ]


@settings(deadline=None)
@given(st.data())
def test_a_role_play_with_anything_put_in_or_taken_out_is_read_or_its_problems_are_named(data: st.DataObject) -> None:
    text = TEXT
    odd = st.sampled_from(["#", "## ", "- ", ": ", "{#", "}", "---\n", "…", "*", ",", "\x00", "\n\n", "Temper", "0"])
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(begin, min(len(text), begin + 60)))
        text = text[:begin] + data.draw(st.one_of(odd, st.text(max_size=8))) + text[end:]
    page = Page("f")
    play = read_role_play(text, page)
    assert (play is None) == bool(page.problems)
    assert all(re.match(r"f:[1-9]\d*: \S", str(problem)) for problem in page.problems)
    if play is not None:
        course(play, ["Some words", *(cue for rule in play.rules for cue in rule.cues[:1])])


# ── what is shipped ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("play", PLAYS)
def test_each_cue_is_met_by_its_own_words(play: RolePlay) -> None:
    dead = [
        f"{rule.id}: {cue}"
        for rule in rules_of(play).values()
        for cue in rule.cues
        if rule.id not in judge(play, cue.replace("*", "").replace("…", " "))
    ]
    assert not dead


@pytest.mark.parametrize("play", PLAYS)
def test_each_can_be_settled_be_left_and_run_out(play: RolePlay) -> None:
    kind = course(play, KIND[play.id])
    assert kind[-1].after.ending == "settled" and kind[-1].after.temper < play.temper
    rude = course(play, ["Calm down, you have to listen to me."] * 9)
    assert rude[-1].after.ending == "left" and len(rude) <= LEAVES
    dull = course(play, ["Hm, well."] * 40)
    assert dull[-1].after.ending == "turns" and len(dull) == play.turns


@pytest.mark.parametrize("play", PLAYS)
def test_what_the_person_does_not_know_stands_in_none_of_their_lines_and_none_is_said_twice(play: RolePlay) -> None:
    lines = [play.opens, *play.endings.values()]
    lines += [line for topic in play.topics for line in (*topic.calm, *topic.tense, *topic.heated)]
    assert len(set(lines)) == len(lines)
    assert all(len(line.split()) <= 60 and play.unknown not in line for line in lines)


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "met"),
    [
        ("I do understand, that's annoying.", ["feeling"]),
        ("I CAN see why you are cross", ["feeling"]),
        ("I’m so sorry – really", ["regret"]),
        ("I'm not saying you stole it", []),
        ("I can't give you your money back", []),
        ("No, I can refund you", ["promise"]),
        ("No refund, no exchange.", []),
        ("Ask. Receipts are because. Nothing.", []),
        ("Exchanging it is possible", ["offer"]),
        ("Are you an idiot?", ["insult"]),
        ("I'm not calling you an idiot", ["insult"]),
        ("YOU MUST GO HOME NOW", ["command", "shout"]),
        ("A CD? OK", []),
        ("", []),
    ],
)
def test_cue_words_decide_which_rules_a_line_meets(line: str, met: list[str]) -> None:
    assert list(judge(HOLLIS, line)) == met


def test_it_calms_by_one_step_and_not_by_the_same_words_twice_running() -> None:
    once = react(HOLLIS, start(HOLLIS), ("feeling", "regret", "asking"))
    assert (once.temper, once.settled) == (1, ("heard",))
    assert react(HOLLIS, once, ("feeling", "regret")).temper == 1
    assert react(HOLLIS, react(HOLLIS, once, ()), ("feeling",)).temper == 0


def test_one_line_settles_one_topic_and_none_while_they_do_not_listen() -> None:
    after = react(HOLLIS, start(HOLLIS), ("asking", "reason", "offer"))
    assert after.settled == ("heard",)
    angry = State(temper=LISTENS + 2 - 1)
    assert react(HOLLIS, angry, ("offer",)).settled == ("way",)  # it calmed to where they listen
    assert react(HOLLIS, State(temper=3, eased=("offer",)), ("offer",)).settled == ()
    assert open_topic(HOLLIS, after) == HOLLIS.topics[1]


def test_the_script_follows_topic_and_temper_and_says_something_new_while_it_can() -> None:
    heard, rule, _ = HOLLIS.topics
    assert choose_line(HOLLIS, State(temper=2), []) == heard.tense[0]
    assert choose_line(HOLLIS, State(temper=2), [heard.tense[0]]) == heard.tense[1]
    assert choose_line(HOLLIS, State(temper=2), heard.tense) in heard.tense
    assert choose_line(HOLLIS, State(temper=3, settled=("heard",)), []) == rule.heated[0]
    assert choose_line(HOLLIS, State(temper=0, settled=("heard",)), []) == rule.calm[0]
    assert choose_line(HOLLIS, State(temper=4, ending="left"), []) == HOLLIS.endings["left"]


WORDS = st.sampled_from(
    [
        *(cue.replace("…", "") for rule in HOLLIS.rules for cue in rule.cues),
        *("Hm.", "I think so.", "you idiot", "not", "no", "LEAVE ME ALONE NOW", "the lamp", "\n", "…", "😀"),
    ]
)
LINES = st.lists(st.one_of(st.lists(WORDS, max_size=5).map(" ".join), st.text(max_size=40)), max_size=25)


@settings(deadline=None)
@given(st.sampled_from(sorted(LIBRARY.role_plays)), LINES)
def test_a_talk_always_has_the_same_course_within_the_levels_and_the_most_turns(name: str, lines: list[str]) -> None:
    play = LIBRARY.role_plays[name]
    moves = course(play, lines)
    assert moves == course(play, lines)
    assert len(moves) <= play.turns and [move.said for move in moves] == lines[: len(moves)]
    for move in moves:
        assert 0 <= move.after.temper <= LEAVES
        assert -1 <= move.after.temper - move.before.temper <= 2
        assert set(move.before.settled) <= set(move.after.settled)
        assert move.after.temper <= LISTENS or move.after.settled == move.before.settled
    assert all(move.after.ending is None for move in moves[:-1])
    assert len(moves) == len(lines) or moves[-1].after.ending is not None


@settings(deadline=None)
@given(LINES, st.sampled_from(INSULT.cues))
def test_an_insult_never_calms_and_never_settles_whatever_stands_around_it(lines: list[str], insult: str) -> None:
    for line in (" ".join([*lines, insult]), f"{insult} {' '.join(lines)}", f"I am sorry {insult} I understand"):
        for temper in range(LEAVES):
            before = State(temper=temper)
            met = judge(HOLLIS, line)
            after = react(HOLLIS, before, met)
            assert INSULT.id in met and after.temper > temper and after.settled == ()


@given(st.text(), st.text())
def test_any_words_can_be_judged_and_capitals_alone_never_calm(first: str, second: str) -> None:
    assert set(judge(HOLLIS, first + second)) <= set(rules_of(HOLLIS))
    assert SHOUT.id not in judge(HOLLIS, (first + second).lower())


def test_a_cue_with_many_gaps_is_refused_and_never_searched_for() -> None:
    cue = "a " + "… a " * 20 + "z"
    assert too_many_gaps(cue) and not too_many_gaps("without … receipt … can't … so")
    play = next(iter(LIBRARY.role_plays.values()))
    rule = play.rules[0].model_copy(update={"cues": (cue,)})
    assert judge(play.model_copy(update={"rules": (rule,)}), "a " * 10_000) == ()


def test_a_long_line_is_looked_back_in_no_further_than_a_few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    plain = roleplay._taken_away
    monkeypatch.setattr(roleplay, "_taken_away", lambda before: seen.append(len(before)) or plain(before))  # type: ignore[func-returns-value]
    play = next(iter(LIBRARY.role_plays.values()))
    rule = play.rules[0].model_copy(update={"cues": ("sorry",)})
    assert rule.id not in judge(play.model_copy(update={"rules": (rule,)}), "not sorry " * 500)
    assert len(seen) == 500 and max(seen) <= 300
