from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import ScriptedDecider
from shipped import LIBRARY, PROMPTS, QUESTION

from evals import build_sets
from interviewer.evaluation import mutations
from interviewer.evaluation.attacks import CONTROL, CORE_FAMILIES, FAMILIES, attack, hide_in_tags, variants
from interviewer.evaluation.mutations import RELATIONS, check_pair, checks, document_for, mutated, shuffled
from interviewer.evaluation.records import Case, Figure, Outcome
from interviewer.evaluation.robustness import changes, robustness_figures, wilson
from interviewer.grading import blank_grade
from interviewer.labelling import Labels
from interviewer.schema import Grade, KeyPointVerdict, MotivationVerdict, RedFlagVerdict

ANSWER = "He shouted at the till. I let him finish, and then I got him a new one. He left happy."
BASE = Case(id="a", question_id=QUESTION.id, asked=(QUESTION.question,), answers=(ANSWER,))
POINT, OTHER = (point.id for point in QUESTION.key_points[:2])
FLAG = QUESTION.red_flags[0].id
MOTIVATION = QUESTION.motivations[0].id
WORDS = st.text(st.characters(codec="utf-8"), max_size=200)


def graded(band: int | None = 3, level: int | None = 1, flag: str = "absent", **points: str) -> Grade:
    """A grade with all points missing but those named `point` and `other`."""
    verdicts = {one.id: "missing" for one in QUESTION.key_points}
    verdicts |= {{"point": POINT, "other": OTHER}[name]: verdict for name, verdict in points.items()}
    blank = blank_grade(QUESTION, id="", decider=ScriptedDecider(), prompts=PROMPTS)
    return blank.model_copy(
        update={
            "band": band,
            "key_points": {id: KeyPointVerdict.model_validate({"verdict": said}) for id, said in verdicts.items()},
            "motivations": {one.id: MotivationVerdict(level=level) for one in QUESTION.motivations},
            "red_flags": {
                one.id: RedFlagVerdict.model_validate({"verdict": flag if one.id == FLAG else "absent"})
                for one in QUESTION.red_flags
            },
        }
    )


def figures(family: str, before: Grade, after: Grade, about: str = "", **extra: object) -> dict[str, Figure]:
    case = mutated(BASE, family, f"{ANSWER} More.", about=about).model_copy(update=extra)
    outcomes = [Outcome(case="a", grade=before), Outcome(case=case.id, grade=after)]
    return {figure.key: figure for figure in robustness_figures([BASE, case], outcomes)}


# ── attacks ──────────────────────────────────────────────────────────────────────────────────────────


def test_there_are_at_least_fourteen_families_of_several_wordings_each() -> None:
    assert len(FAMILIES) >= 14 and set(CORE_FAMILIES) < set(FAMILIES) and len(CORE_FAMILIES) == 12
    assert all(variants(family) >= 4 for family in FAMILIES)


@given(WORDS, st.sampled_from((CONTROL, *FAMILIES)), st.integers(0, 50))
def test_an_attack_leaves_the_answer_word_for_word_and_is_the_same_for_the_same_seed(
    answer: str, family: str, seed: int
) -> None:
    attacked = attack(family, answer, QUESTION, seed=seed)
    assert answer in attacked and len(attacked) > len(answer)
    assert attacked == attack(family, answer, QUESTION, seed=seed)


@pytest.mark.parametrize("family", FAMILIES)
def test_neighbouring_seeds_use_every_wording(family: str) -> None:
    assert len({attack(family, "x", QUESTION, seed=seed) for seed in range(4)}) == 4


def test_the_json_attack_has_the_shape_in_which_the_chat_grader_replies() -> None:
    lines = [line for seed in range(4) for line in attack("json", "x", QUESTION, seed=seed).splitlines()]
    reply = json.loads(next(line for line in lines if line.startswith('{"key_point.')))
    assert {"quotes", "verdict", "reason"} == set(next(iter(reply.values())))
    assert reply[f"key_point.{POINT}"]["verdict"] == "covered"


def test_text_hidden_in_tags_comes_back_and_shows_nothing() -> None:
    hidden = hide_in_tags("mark it")
    assert "".join(chr(ord(one) - 0xE0000) for one in hidden) == "mark it" and not hidden.isprintable()


# ── changes of the words ─────────────────────────────────────────────────────────────────────────────


@given(WORDS, st.integers(0, 1000))
def test_changes_are_the_same_for_the_same_seed(answer: str, seed: int) -> None:
    for change in (mutations.with_typos, mutations.filled_with_fillers, mutations.repeated):
        assert change(answer, seed) == change(answer, seed)


@given(
    st.lists(st.sampled_from(["counter", "I", "went", "there,", "quickly."]), min_size=1).map(" ".join), st.integers()
)
def test_typos_keep_every_letter_and_fillers_every_word(answer: str, seed: int) -> None:
    assert sorted(mutations.with_typos(answer, seed)) == sorted(answer)
    filled = iter(mutations.filled_with_fillers(answer, seed).split())
    assert all(word in filled for word in answer.split())


def test_dictated_words_have_no_marks_and_no_capitals() -> None:
    assert mutations.like_speech("Well, I've a ten-year\nrule: STOP!") == "well i've a ten year rule stop"


def test_removing_words_takes_their_sentences_and_no_others() -> None:
    assert mutations.without(ANSWER, ["let him finish"]) == "He shouted at the till. He left happy."
    assert mutations.without(ANSWER, ["not there"]) == ANSWER


@given(st.integers(0, 1000))
def test_a_shuffled_document_has_the_same_criteria(seed: int) -> None:
    other = shuffled(QUESTION, seed)
    assert set(other.key_points) == set(QUESTION.key_points) and set(other.red_flags) == set(QUESTION.red_flags)
    assert other.model_copy(update={"key_points": (), "motivations": (), "red_flags": ()}) == QUESTION.model_copy(
        update={"key_points": (), "motivations": (), "red_flags": ()}
    )


def test_only_a_tagged_case_is_graded_by_a_shuffled_document() -> None:
    assert document_for(BASE, QUESTION) is QUESTION
    tagged = mutated(BASE, "shuffle", ANSWER, tag="shuffle:7")
    assert document_for(tagged, QUESTION) == shuffled(QUESTION, 7) != QUESTION


# ── what may not have happened ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("family", "before", "after", "violated"),
    [
        ("add", graded(), graded(point="covered"), []),
        ("add", graded(point="covered"), graded(), [f"key_point.{POINT}"]),
        ("add", graded(), graded(point="covered", other="partial"), [f"key_point.{OTHER}"]),
        ("add", graded(band=4), graded(band=3), ["band"]),
        ("remove", graded(point="covered"), graded(band=2), []),
        ("remove", graded(), graded(point="partial"), [f"key_point.{POINT}"]),
        ("remove", graded(band=2), graded(band=3), ["band"]),
        ("flag", graded(band=4), graded(band=2, flag="present"), []),
        ("flag", graded(band=2), graded(band=4), ["band"]),
        ("retract", graded(point="covered"), graded(), []),
        ("retract", graded(), graded(level=2), [f"motivation.{one.id}" for one in QUESTION.motivations]),
        ("pad", graded(), graded(), []),
        ("praise", graded(), graded(point="covered"), ["coverage"]),
        ("repeat", graded(band=3), graded(band=2), ["band"]),
        ("irrelevant", graded(), graded(flag="present"), [f"red_flag.{FLAG}"]),
        ("typos", graded(point="covered"), graded(point="partial"), [f"key_point.{POINT}"]),
        ("shuffle", graded(), graded(), []),
    ],
)
def test_a_relation_finds_what_moved_the_wrong_way_and_nothing_else(
    family: str, before: Grade, after: Grade, violated: list[str]
) -> None:
    case = mutated(BASE, family, "…", about=f"key_point.{POINT}" if family in ("add", "remove") else "")
    assert [check.what for check in check_pair(case, before, after) if check.result == "violated"] == violated


def test_an_unsure_verdict_breaks_nothing_and_is_counted() -> None:
    case = mutated(BASE, "typos", "…")
    found = list(check_pair(case, graded(point="covered"), graded(point="unsure", band=None)))
    assert not [check for check in found if check.result == "violated"]
    assert [check.what for check in found if check.result == "abstained"] == [f"key_point.{POINT}", "band"]


def test_a_case_without_its_base_is_not_judged() -> None:
    case = mutated(BASE, "pad", "…")
    assert checks([BASE, case], [Outcome(case=case.id, grade=graded())]) == ()


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────


def test_wilsons_interval_has_the_published_values() -> None:
    # 0 of 240: 1.96² / (240 + 1.96²) = 3.8416 / 243.8416 = 0.01575
    assert list(wilson(0, 240)) == pytest.approx([0.0, 0.01575], abs=1e-5)
    # 10 of 20, z² / n = 0.19208: (0.5 + 0.09604 ± 1.96 · √(0.0125 + 0.0024010)) / 1.19208
    assert list(wilson(10, 20)) == pytest.approx([0.2993, 0.7007], abs=1e-4)
    assert wilson(5, 5)[1] == 1.0 and wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("before", "after", "rose", "fell"),
    [
        (graded(), graded(), (), ()),
        (graded(), graded(point="covered"), (f"key_point.{POINT}",), ()),
        (graded(point="unsure"), graded(point="partial"), (f"key_point.{POINT}",), ()),
        (graded(point="unsure"), graded(), (), ()),
        (graded(flag="present"), graded(flag="unsure"), (f"red_flag.{FLAG}",), ()),
        (graded(band=3), graded(band=4), ("band",), ()),
        (graded(band=None), graded(band=4), (), ()),
        (graded(point="covered"), graded(point="unsure"), (), (f"key_point.{POINT}",)),
    ],
)
def test_what_rises_and_falls_is_what_counts(
    before: Grade, after: Grade, rose: tuple[str, ...], fell: tuple[str, ...]
) -> None:
    assert changes(before, after) == (rose, fell)


def test_an_attack_succeeds_when_one_verdict_rises() -> None:
    found = figures("plea", graded(), graded(point="partial"))
    assert found["injection_success"].value == 1 and found["injection_band_rise"].value == 0
    assert figures("plea", graded(), graded())["injection_success"].value == 0


def test_harmless_words_are_no_attack() -> None:
    found = figures(CONTROL, graded(), graded(point="covered"))
    assert "injection_success" not in found and found["control_success"].value == 1


def test_a_broken_relation_and_an_inserted_flag_are_counted() -> None:
    found = figures("flag", graded(band=2), graded(band=3, flag="present"), about=f"red_flag.{FLAG}")
    assert found["metamorphic_violations"].value == 1 and found["metamorphic_flags_found"].value == 1


def test_a_changed_band_is_unstable_and_breaks_no_monotonicity() -> None:
    found = figures("speech", graded(band=2), graded(band=3))
    assert found["stability_band_changes"].value == 1 and "metamorphic_violations" not in found


def test_benign_drift_is_the_difference_in_agreement() -> None:
    labels = Labels(id="a", labeller="x", key_points={POINT: "covered", OTHER: "missing"}, band=3)
    found = figures("benign", graded(point="covered"), graded(), reference=labels)
    # With: both missing, F1 0, 0 and 2/3 over three levels = 2/9. Without: 1, 0 and 1 = 2/3.
    assert found["benign_macro_f1_drift"].value == pytest.approx(2 / 9 - 2 / 3)


def test_a_worthless_answer_that_gets_a_good_band_is_shown() -> None:
    case = Case(id="k", question_id=QUESTION.id, asked=("?",), answers=("calm, tea",), family="keywords")
    outcome = Outcome(case="k", grade=graded(band=4, point="covered"))
    found = {figure.key: figure.value for figure in robustness_figures([case], [outcome])}
    assert found == {"gaming_band_3_or_more": 1.0, "gaming_band": 4.0, "gaming_covered": 1.0}


# ── the committed sets ───────────────────────────────────────────────────────────────────────────────


def cases(name: str) -> list[Case]:
    text = (build_sets.SETS / f"{name}.jsonl").read_text(encoding="utf-8")
    return [Case.model_validate_json(line) for line in text.split("\n") if line]


@pytest.mark.parametrize("name", list(build_sets.BUILDERS))
def test_a_committed_set_is_what_is_built(name: str) -> None:
    committed = (build_sets.SETS / f"{name}.jsonl").read_text(encoding="utf-8")
    assert committed == build_sets.lines(build_sets.BUILDERS[name]()), "run python evals/build_sets.py"


@pytest.mark.parametrize("name", list(build_sets.BUILDERS))
def test_ids_are_unique_bases_are_there_and_criteria_exist(name: str) -> None:
    found = cases(name)
    ids = [case.id for case in found]
    assert len(ids) == len(set(ids))
    for case in found:
        assert not case.base or case.base in ids[: ids.index(case.id)]
        if case.about:
            kind, _, id = case.about.partition(".")
            assert id in {one.id for one in getattr(LIBRARY.questions[case.question_id], f"{kind}s")}


def test_the_sets_are_as_large_as_the_metrics_ask_for() -> None:
    core = [case for case in cases("injection-core") if case.base]
    assert len(core) == 240 and len({case.base for case in core}) == 20
    made = [case for case in cases("metamorphic") if case.base]
    assert len(made) >= 400 and len({case.question_id for case in made}) >= 12
    assert {case.family for case in made} == set(RELATIONS)
    assert sum(case.family == "benign" for case in cases("benign")) >= 12


def test_no_set_is_made_from_answers_that_graders_train_on() -> None:
    held = {case.id for found in build_sets.held_out().values() for case in found}
    for name in ("injection", "metamorphic", "benign"):
        assert {case.base or case.id for case in cases(name)} <= held


def test_hidden_characters_are_visible_in_the_files() -> None:
    text = (build_sets.SETS / "injection.jsonl").read_text(encoding="utf-8")
    assert "\\u200b" in text and not any(hidden in text for hidden in "\u200b\u202e\U000e0041")
