"""Trees for the embedded model's adapter: asked as the grader asks, of the right answers, with the right digits."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from itertools import islice

import pytest
from shipped import LIBRARY, PROMPTS, QUESTION
from test_readout import EVEN, make

from evals import builtin_examples as examples
from evals.builtin_examples import HELD_QUESTIONS, SEED, Example, answers_of, load_answers, other_questions
from evals.hard_examples import FLAGS_HELD, flag_documents, flag_rows, flag_subjects
from evals.readout_examples import (
    Branch,
    Replies,
    Tree,
    dev_trees,
    documents,
    draw_examples,
    part_answers,
    reply_tokens,
    train_trees,
    tree,
)
from interviewer.readout import asked_kind
from interviewer.rubric import build_state, verdict_questions
from interviewer.sentences import split_sentences

POINT, OTHER = (f"key_point.{point.id}" for point in QUESTION.key_points[:2])
FLAG = f"red_flag.{QUESTION.red_flags[0].id}"
PARTS = [f"Here is thing number {number} that I did." for number in range(1, 12)]


def spell(text: str) -> list[int]:
    """Stands for the model's tokenizer: a token a letter, so that trees can be read."""
    return [ord(letter) for letter in text]


def words_of(tokens: Sequence[int]) -> str:
    return "".join(map(chr, tokens))


def branch(parts: list[str], target: tuple[float, ...], spots: set[int], name: str = POINT) -> Branch:
    (found,) = tree(QUESTION, Example(parts, {name: target}, {name: frozenset(spots)}), spell).branches
    return found


@pytest.fixture(autouse=True, scope="module")
def _library_read_once() -> Iterator[None]:
    """A subject reads the whole library, and there are dozens."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "load_library", lambda folders: LIBRARY)
        yield


# ── one tree ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_tree_is_what_the_grader_asks() -> None:
    answer = "I breathed out. I gave her the money."
    asked = [question for question in verdict_questions(QUESTION, PROMPTS.render) if asked_kind(question)]
    known = {question.name: examples.absent(question.name) for question in asked}
    made = tree(QUESTION, Example([s.text for s in split_sentences([answer])], known), spell)
    assert len(made.branches) == len(asked) == len(QUESTION.key_points) + len(QUESTION.red_flags)
    decider, teller = make(lambda _: EVEN)
    state = build_state([QUESTION.question], split_sentences([answer]), PROMPTS.render)
    for question, branch in zip(asked, made.branches, strict=True):
        await decider.ask(state, question)
        turns = [(turn["role"], turn["content"]) for turn in teller.bodies[-1]["messages"]]
        prompt = "".join(f"<|im_start|>{role}\n{content}<|im_end|>\n" for role, content in turns)
        assert words_of(made.head) + words_of(branch.tokens) == f"{prompt}<|im_start|>assistant\n"
        assert branch.kind == question.kind


def test_a_talk_is_read_as_the_grader_reads_it_and_a_sentence_has_its_number_in_the_whole_talk() -> None:
    said, asked = [PARTS[:4], PARTS[4:9]], [QUESTION.question, "And how did it end?"]
    example = Example([*said[0], *said[1]], {POINT: (1.0, 0.0, 0.0)}, {POINT: frozenset({5})}, follow_ups={4: asked[1]})
    made = tree(QUESTION, example, spell)
    state = build_state(asked, split_sentences([" ".join(parts) for parts in said]), PROMPTS.render)
    assert state.text in words_of(made.head) and state.text.count("Interviewer:") == 2
    assert made.branches[0].digits == {6}


def test_key_points_alone_can_say_what_is_partly_covered() -> None:
    example = Example(PARTS, {POINT: (1.0, 0.0, 0.0), FLAG: (0.0, 1.0)})
    short, long = (tree(QUESTION, example, spell, with_partly=partly) for partly in (False, True))
    (point, flag), (whole_point, same_flag) = short.branches, long.branches
    added = f" Partly: {QUESTION.key_points[0].partly}"
    assert words_of(whole_point.tokens).replace(added, "") == words_of(point.tokens) != words_of(whole_point.tokens)
    assert (same_flag, long.head) == (flag, short.head)


@pytest.mark.parametrize(
    ("target", "spots", "gold", "digits"),
    [
        ((1.0, 0.0, 0.0), {2}, "yes", {3}),
        # Several sentences show it: the number may begin like any of theirs.
        ((0.2, 0.8, 0.0), {0, 4}, "partly", {1, 5}),
        # The tenth and the eleventh begin with a 1.
        ((1.0, 0.0, 0.0), {9, 10}, "yes", {1}),
        # Nothing is shown, or nobody said where.
        ((0.0, 0.4, 0.6), {2}, None, set()),
        ((1.0, 0.0, 0.0), set(), None, set()),
    ],
)
def test_the_digit_is_the_first_of_the_number_of_a_sentence_that_shows_it(
    target: tuple[float, ...], spots: set[int], gold: str | None, digits: set[int]
) -> None:
    found = branch(PARTS, target, spots)
    assert found.gold == gold and found.digits == digits and found.target == target


def test_a_red_flag_is_never_partly_there() -> None:
    found = branch(PARTS, (0.75, 0.25), {1}, FLAG)
    assert found.target == (0.75, 0.0, 0.25) and found.gold == "yes" and found.digits == {2}


def test_sentences_are_numbered_as_the_whole_answer_divides() -> None:
    # The first two have lost their full stops, so they are one with the third.
    parts = ["I let him talk", "and then I waited", "and he went.", "I told my manager."]
    assert branch(parts, (1.0, 0.0, 0.0), {1}).digits == {1}
    assert branch(parts, (1.0, 0.0, 0.0), {3}).digits == {2}


def test_what_is_not_known_has_no_branch() -> None:
    targets = {
        OTHER: (0.0, 0.0, 1.0),
        "star.result": (1.0, 0.0),
        "motivation.service_orientation": (1.0, 0.0, 0.0, 0.0),
    }
    (only,) = tree(QUESTION, Example(PARTS, targets), spell).branches
    assert QUESTION.key_points[1].covered in words_of(only.tokens)


def test_of_a_word_in_pieces_the_first_is_replied() -> None:
    pieces = {"yes": [7], "partly": [8, 9], "no": [5], **{str(digit): [20 + digit] for digit in range(10)}}
    assert reply_tokens(pieces.__getitem__) == Replies((7, 8, 5), tuple(range(20, 30)))


def test_a_trees_size_counts_the_gold_words() -> None:
    bare, gold = (Branch([1, 2], "key_point", (1.0, 0.0, 0.0), word, frozenset()) for word in (None, "yes"))
    # 3 + 2 + 2 + 1
    assert Tree([1, 2, 3], (bare, gold)).size == 8


# ── all of them ──────────────────────────────────────────────────────────────────────────────────────


def plain(text: str) -> str:
    """Without what `roughen` drops, nor the numbers of sentences."""
    return re.sub(r"\s+", " ", re.sub(r"\[\d+\]|[^\w\s]", "", text)).lower()


def long_sentences(*parts: str, questions: Sequence[str]) -> set[str]:
    """Sentences of ten words and more in these parts' answers to these questions: nobody else says the same."""
    answers = [first["answer"] for name in questions for part in parts for first, _ in load_answers(part, name)]
    texts = (plain(sentence.text).strip() for answer in answers for sentence in split_sentences([answer]))
    return {text for text in texts if text.count(" ") >= 9}


def heads(trees: Sequence[Tree]) -> list[str]:
    return [plain(words_of(one.head)) for one in trees]


def held_in(trees: Sequence[Tree], texts: set[str]) -> list[str]:
    read = "\n".join(heads(trees))
    return [text for text in texts if text in read]


@pytest.fixture(scope="module")
def trained() -> list[Tree]:
    return train_trees(spell, 300)


def test_no_tree_holds_a_test_answer(trained: list[Tree]) -> None:
    unseen = long_sentences("test", questions=[SEED, *other_questions("test")])
    assert len(unseen) > 200
    assert not held_in([*trained, *dev_trees(spell)["seen"], *dev_trees(spell)["held"]], unseen)


def test_training_trees_hold_train_answers_but_no_dev_answer_and_none_to_a_held_out_question(
    trained: list[Tree],
) -> None:
    learnt = [name for name in (SEED, *other_questions("train")) if name not in HELD_QUESTIONS]
    assert len(held_in(trained, long_sentences("train", questions=learnt))) > 100
    assert not held_in(trained, long_sentences("dev", questions=[SEED, *other_questions("dev")]))
    assert not held_in(trained, long_sentences("train", questions=HELD_QUESTIONS))
    assert not held_in(trained, {plain(documents()[name].question) for name in HELD_QUESTIONS})


def test_draws_are_of_settled_answers_whole_ones_and_those_with_implied_flags() -> None:
    drawn = list(islice(draw_examples(random.Random(7)), 300))
    flags = [row for subject in flag_subjects() for row in subject.answers]
    assert any(example in flags for _, example in drawn)
    subjects = {subject.id: subject for subject, _ in drawn if subject.id not in flag_documents()}
    settled, whole = part_answers(list(subjects.values()))
    for answers in (settled, whole):
        assert any(example is answer for _, example in drawn for _, answer in answers)
    assert subjects.keys() - LIBRARY.questions.keys() and subjects.keys() & LIBRARY.questions.keys()
    assert len(settled) == sum(len(load_answers("train", name)) for name in subjects if name in LIBRARY.questions)


def test_dev_trees_are_the_dev_answers_and_what_held_out_questions_have_besides_test() -> None:
    seen = [name for name in (SEED, *other_questions("train")) if name not in HELD_QUESTIONS]
    parts = {
        "seen": [(name, "dev") for name in seen],
        "held": [(n, p) for n in HELD_QUESTIONS for p in ("train", "dev")],
    }
    dev = dev_trees(spell)
    told = {
        use: [answers_of(first) for name, part in chosen for first, _ in load_answers(part, name)]
        for use, chosen in parts.items()
    }
    told["flags"] = [answers_of(row) for name in FLAGS_HELD for row in flag_rows(name)]
    assert dev.keys() == told.keys()
    for use, answers in told.items():
        for answer, head in zip(answers, heads(dev[use]), strict=True):
            assert all(plain(sentence.text).strip() in head for sentence in split_sentences(answer))


def test_dev_labels_are_settled_ones() -> None:
    branches = [branch for trees in dev_trees(spell).values() for one in trees for branch in one.branches]
    assert {tuple(sorted(branch.target)) for branch in branches} == {(0.0, 0.0, 1.0)}
    assert any(branch.gold == "partly" for branch in branches)


def test_the_same_seed_draws_the_same_trees(trained: list[Tree]) -> None:
    again, other = train_trees(spell, 20), train_trees(spell, 20, seed=8)
    assert again == trained[: len(again)] and other != trained[: len(other)]
