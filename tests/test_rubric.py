"""Documents become typed questions, and their hash changes when what is judged does."""

from shipped import PROMPTS, QUESTION

from interviewer.rubric import build_state, rubric_hash, sentence_question, verdict_questions
from interviewer.sentences import split_sentences


def test_each_criterion_becomes_the_question_of_its_kind() -> None:
    questions = verdict_questions(QUESTION, PROMPTS.render)
    kinds = [(question.kind, question.type) for question in questions]
    assert kinds.count(("key_point", "choice")) == 10
    assert kinds.count(("motivation", "score")) == 4
    assert kinds.count(("red_flag", "predicate")) == 5
    assert kinds.count(("star", "predicate")) == 5  # four parts and on_topic
    assert len({question.name for question in questions}) == len(questions)


def test_instructions_carry_the_documents_words() -> None:
    by_name = {question.name: question for question in verdict_questions(QUESTION, PROMPTS.render)}
    assert QUESTION.key_points[0].description in by_name["key_point.calm"].instructions
    assert QUESTION.red_flags[0].exception in by_name["red_flag.aggression"].instructions


def test_a_sentence_choice_offers_every_number_and_none() -> None:
    sentences = split_sentences(["One here. Two here.", "Three here."])
    choice = sentence_question(verdict_questions(QUESTION, PROMPTS.render)[0], sentences, PROMPTS.render)
    assert [option.value for option in choice.options] == ["1", "2", "3", "none"]
    assert choice.evidence_for == "key_point.calm"


def test_the_state_numbers_sentences_under_the_question_they_answer() -> None:
    sentences = split_sentences(["I listened.", "She left."])
    text = build_state(["Main?", "And then?"], sentences, PROMPTS.render).text
    assert text.index("Main?") < text.index("[1] I listened.") < text.index("And then?") < text.index("[2] She left.")


def test_the_hash_follows_what_is_judged_and_nothing_else() -> None:
    same = QUESTION.model_copy(update={"source": "elsewhere", "follow_ups": 1, "examples": ()})
    first = QUESTION.key_points[0]
    probed = QUESTION.model_copy(
        update={"key_points": (first.model_copy(update={"probe": "Why?"}), *QUESTION.key_points[1:])}
    )
    judged = QUESTION.model_copy(
        update={"key_points": (first.model_copy(update={"covered": "Other."}), *QUESTION.key_points[1:])}
    )
    assert rubric_hash(QUESTION) == rubric_hash(same) == rubric_hash(probed)
    assert rubric_hash(QUESTION) != rubric_hash(judged)
