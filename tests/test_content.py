"""Documents load or name every mistake with its line, are written as they read, and the shipped ones are sound."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import LIBRARY, QUESTION

from interviewer import markup
from interviewer.content import (
    MAX_BYTES,
    check_folder,
    document_schema,
    load_library,
    questions_table,
    write_example,
    write_guide,
    write_question,
)
from interviewer.documents import read_example, read_guide, read_question
from interviewer.errors import ContentError
from interviewer.folders import bundled
from interviewer.giveaways import giveaways
from interviewer.schema import (
    STAR_PARTS,
    Guide,
    GuideStep,
    KeyPoint,
    Motivation,
    QuestionDocument,
    RedFlag,
    WorkedExample,
)

DOCUMENT = """\
---
id: late-delivery
role: Store Manager
function: Retail
role_description: Runs a shop from opening to closing.
themes: [Planning]
examples: [the-lorry]
guides: [call-first]
---

# What do you do when a delivery is late?

## Key points

### Telling people early {#telling_early}

Tells those who wait before they ask.

- Covered: Reached out first.
- Partly: Told them when they complained.
- Probe: Who heard of it, and when?

### Making do {#making_do}

Works on with what is there.

- Covered: Says what they worked on with.
- Partly: Only says that they coped.
- Probe: What did the shop look like that day?

## Motivations

### Reliability {#reliability}

Can others count on the candidate?

- 0: Broke a promise without a word.
- 1: Says that promises matter.
- 2: Clear steps, little detail.
- 3: Specific steps, and what they changed.
- Probe: Who was counting on you?

## Red flags

### Shrugging {#shrugging}

Treats it as nobody's business.

- Not this: Saying that the carrier caused it, while still helping.

## STAR probes

- Situation: Which delivery was it?
- Task: What was yours to do?
- Action: What exactly did you do?
- Result: How did it end?
"""

EXAMPLE = """\
---
id: the-lorry
shows: [telling_early]
---

# The lorry in the snow

## Situation

The lorry was stuck.

It was Friday.

## Action

I rang all nine customers.

## Result

Nobody came for nothing.

## Takeaways

- Ring first.
- Then look for a van.
"""

GUIDE = """\
---
id: call-first
---

# Calling before they call

A list for bad mornings.

## Steps

### Find out

Ask the carrier when.

### Ring them

Tell each of them what you know.

- Shows: telling_early, reliability
"""


def shelve(folder: Path, question: str = DOCUMENT, example: str = EXAMPLE, guide: str = GUIDE) -> Path:
    for kind, name, text in (
        ("questions", "late-delivery", question),
        ("examples", "the-lorry", example),
        ("guides", "call-first", guide),
    ):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        (folder / kind / f"{name}.md").write_bytes(text.encode("utf-8", "surrogateescape"))
    return folder


def found(folder: Path) -> list[str]:
    """The problems, their files named from the folder on."""
    return [str(problem).replace(f"{folder}/", "") for problem in check_folder(folder)]


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_question_is_read_whole(tmp_path: Path) -> None:
    question = load_library([shelve(tmp_path)]).questions["late-delivery"]
    assert question.question == "What do you do when a delivery is late?"
    assert (question.role, question.function, question.themes) == ("Store Manager", "Retail", ("Planning",))
    assert question.follow_ups == 3  # not in the head: the default
    assert [point.id for point in question.key_points] == ["telling_early", "making_do"]
    assert question.key_points[0] == KeyPoint(
        id="telling_early",
        name="Telling people early",
        description="Tells those who wait before they ask.",
        covered="Reached out first.",
        partly="Told them when they complained.",
        probe="Who heard of it, and when?",
    )
    assert question.motivations[0].levels[3] == "Specific steps, and what they changed."
    assert question.red_flags[0].exception == "Saying that the carrier caused it, while still helping."
    assert question.star_probes["result"] == "How did it end?"
    assert (question.examples, question.guides) == (("the-lorry",), ("call-first",))
    assert question.source == str(tmp_path / "questions" / "late-delivery.md")


def test_a_worked_example_and_a_guide_are_read_whole(tmp_path: Path) -> None:
    library = load_library([shelve(tmp_path)])
    example, guide = library.examples["the-lorry"], library.guides["call-first"]
    assert example.situation == "The lorry was stuck.\n\nIt was Friday."
    assert example.takeaways == ("Ring first.", "Then look for a van.")
    assert example.shows == ("telling_early",)
    assert guide.introduction == "A list for bad mornings."
    assert guide.steps == (
        GuideStep(name="Find out", text="Ask the carrier when."),
        GuideStep(name="Ring them", text="Tell each of them what you know.", shows=("telling_early", "reliability")),
    )


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("\n", "\r\n"),
        ("---\nid", "\ufeff---\nid"),
        ("---\n", "---  \n"),
        ("themes: [Planning]", "themes:\n\t- Planning"),
        ("themes: [Planning]", "themes: [ 'Planning' ]  # a comment"),
        ("- Covered: ", "*\tCovered :  "),
        ("Reached out first.", "Reached out\n  first."),
        ("## Key points", "## key  POINTS\n\n<!-- a note\nto coaches -->"),
        ("Tells those who wait before they ask.", "Tells those who\nwait before\tthey ask."),
        ("### Making do {#making_do}", "### Making do{# making_do } ###"),
    ],
)
def test_how_a_document_is_typed_does_not_matter(was: str, becomes: str, tmp_path: Path) -> None:
    assert was in DOCUMENT
    typed = load_library([shelve(tmp_path, DOCUMENT.replace(was, becomes))]).questions["late-delivery"]
    assert typed == load_library([shelve(tmp_path)]).questions["late-delivery"]


def test_texts_are_plain_so_that_models_and_candidates_read_what_the_coach_wrote(tmp_path: Path) -> None:
    text = DOCUMENT.replace("Reached out first.", r"2 * 3 * 4, `a_b`, \*x\*, [l](u), <b>, R&amp;D, C:\dir, 5 < 6")
    point = load_library([shelve(tmp_path, text)]).questions["late-delivery"].key_points[0]
    assert point.covered == r"2 * 3 * 4, `a_b`, *x*, [l](u), <b>, R&D, C:\dir, 5 < 6"


def test_what_looks_like_a_link_definition_is_text_too(tmp_path: Path) -> None:
    text = DOCUMENT.replace("Works on with what is there.", "[x]: works on")
    assert (
        load_library([shelve(tmp_path, text)]).questions["late-delivery"].key_points[1].description == "[x]: works on"
    )


def test_yaml_surprises_stay_text(tmp_path: Path) -> None:
    text = DOCUMENT.replace("role: Store Manager", "role: 007").replace("[Planning]", "[yes, 2026-01-01]")
    question = load_library([shelve(tmp_path, text)]).questions["late-delivery"]
    assert (question.role, question.themes) == ("007", ("yes", "2026-01-01"))


def test_documents_may_stand_in_subfolders_and_a_readme_is_none(tmp_path: Path) -> None:
    shelve(tmp_path)
    (tmp_path / "questions" / "retail").mkdir()
    (tmp_path / "questions" / "late-delivery.md").rename(tmp_path / "questions" / "retail" / "late-delivery.md")
    (tmp_path / "questions" / "README.md").write_text("# Notes")
    (tmp_path / "questions" / ".draft.md").write_text("not yet")
    assert list(load_library([tmp_path]).questions) == ["late-delivery"]


# ── mistakes ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("was", "becomes", "line", "message"),
    [
        # the head
        ("role: Store", "rolle: Store", 3, "unknown key `rolle` in the head: did you mean `role`?"),
        ("role: Store", "colour: Store", 3, "unknown key `colour` in the head: known are id, role, function"),
        ("function: Retail\n", "", 1, "the head lacks `function`: add it"),
        ("function: Retail", "function:", 4, "`function` is not a text: write one"),
        ("function: Retail", "function: ' '", 4, "`function` is empty: write it"),
        ("function: Retail", "function: [a]", 4, "`function` is not a text: write one"),
        ("function: Retail", "role: Clerk", 4, "`role` stands twice in the head: keep one"),
        ("function: Retail", "function: 'Retail", 4, "the head is not YAML"),
        ("function: Retail", "function: *x", 4, "the head is not YAML"),
        ("function: Retail", "function: Retail" + " " * 20_000, 2, "the head is too long or nested too deep"),
        ("function: Retail", "function:\n" + "- " * 5000, 2, "the head is too long or nested too deep"),
        ("function: Retail", "function: " + "[" * 5000, 2, "the head is too long or nested too deep"),
        ("themes: [Planning]", "themes: Planning", 6, "`themes` must be a list: write `themes: [one, two]`"),
        ("themes: [Planning]", "themes: []", 6, "`themes` is empty: write it"),
        ("themes: [Planning]", "themes:\n- Planning\n- {a: b}", 8, "`themes` is not a text: write one"),
        (
            "id: late-delivery",
            "id: Late Delivery",
            2,
            "`id` holds an unusable id: write lower-case words joined by `-`",
        ),
        ("id: late-delivery", f"id: {'x' * 81}", 2, "`id` holds an id that is too long"),
        ("id: late-delivery", "id: late-train", 2, "id `late-train` is not the file's name: rename the file to"),
        ("themes:", "follow_ups: many\nthemes:", 6, "`follow_ups`: input should be a valid integer"),
        ("themes:", "follow_ups: 11\nthemes:", 6, "`follow_ups`: input should be less than or equal to 10"),
        ("[the-lorry]", "[the-van]", 7, "there is no worked example `the-van`: correct the id, or write it"),
        ("[the-lorry]", "\n- the-lorry\n- the-lorry", 9, "`the-lorry` is named twice: keep one"),
        ("[call-first]", "[ring-first]", 8, "there is no guide `ring-first`"),
        ("function: Retail", 'function: "Retail \\e[2J"', 4, "holds the character U+001B, which is no text: delete it"),
        # the body
        ("# What do you do", "## What do you do", 11, "the body must open with `# ` and a title"),
        ("# What do you do", "Hello.\n\n# What do you do", 11, "text before the first heading"),
        ("## Red flags", "# Red flags", 43, "a second `# ` heading: a document holds one"),
        ("## Red flags", "## Warnings", 43, "unknown section `Warnings`: known are Key points, Motivations"),
        ("## Red flags", "## Warnings", 11, "section `## Red flags` is missing: add it"),
        ("## Red flags", "## Motivations", 43, "section `Motivations` stands twice: join them"),
        ("## Red flags", "#### Red flags", 43, "`Red flags` is at the wrong depth"),
        ("## Red flags\n", "## Red flags\n\nThree of them.\n", 45, "`Three of them.` has no place under `Red flags`"),
        (
            "## Key points\n",
            "Hello.\n\n## Key points\n",
            13,
            "has no place under `What do you do when a delivery is late?`",
        ),
        ("### Shrugging {#shrugging}\n\nTreats", "Treats", 43, "`Red flags` has no `### Name {#id}` entry: add one"),
        # criteria
        ("{#making_do}", "", 23, "heading `Making do` must be `### Name {#id}`"),
        ("Making do {#making_do}", "{#making_do}", 23, "must be `### Name {#id}`"),
        ("{#making_do}", "{#Making-do}", 23, "`Making-do` is not a usable id: write lower-case words joined by `_`"),
        ("{#making_do}", "{#telling_early}", 23, "id `telling_early` is already used on line 15: choose another"),
        ("Works on with what is there.\n", "", 23, "`Making do` lacks its paragraph: describe it"),
        ("Works on with", "Works on.\n\nWorks with", 23, "`Making do` has several paragraphs: join them"),
        ("- Partly: Only says that they coped.\n", "", 23, "`Making do` lacks `- Partly: …`: add it"),
        ("- Partly: Only says that they coped.\n", "- Partly:\n", 28, "`Partly:` is empty: write it"),
        ("- Partly: Only", "- Covered: Only", 28, "`Covered:` stands twice under `Making do`: keep one"),
        ("- Partly: Only", "- Maybe: Only", 28, "list item `Maybe: Only says that they coped.` must open with one of"),
        ("- Partly: Only", "- Only", 28, "must open with one of `Covered:`, `Partly:`, `Probe:`"),
        ("- 2: Clear steps, little detail.\n", "", 33, "`Reliability` lacks `- 2: …`: add it"),
        ("- Probe: Who was counting on you?\n", "", 33, "`Reliability` lacks `- Probe: …`: add it"),
        ("- Not this: Saying", "- Except: Saying", 49, "must open with one of `Not this:`"),
        ("- Task: What was yours to do?\n", "", 51, "`STAR probes` lacks `- Task: …`: add it"),
        ("- Task: What", "### Task\n\n- Task: What", 54, "STAR probes is one list: remove this heading"),
        (
            "Who was counting on you?",
            "How reliable were you?",
            41,
            "the probe gives `Reliability` away with `reliable`",
        ),
        # Markdown that says nothing here
        ("- Task: What was yours", "- Task: What\n  - was yours", 54, "a list item is one paragraph of text"),
        ("- Task: What was yours to do?", "- ", 54, "a list item is one paragraph of text"),
        ("Works on with", "> Works on with", 25, "a Markdown blockquote has no place here"),
        ("Works on with", "```\nWorks on with\n```\nx", 25, "a Markdown fence has no place here"),
        ("Works on with", "<div>x</div>\n\nWorks on with", 25, "a Markdown html block has no place here"),
        ("Works on with", "<!-- x --> swallowed\n\nWorks on with", 25, "a Markdown html block has no place here"),
        ("Works on with", "***\n\nWorks on with", 25, "a Markdown hr has no place here"),
        # the file
        ("Works on with", "Works \x00 with", 25, "holds the character U+0000, which is no text: delete it"),
        ("Works on with", "Works \x1b[2J with", 25, "holds the character U+001B, which is no text: delete it"),
        ("Works on with", "Works \udcff with", 25, "byte 0xff is not UTF-8: save the file as UTF-8"),
        ("---\nid", "id", 1, "must open with a line `---`"),
        (
            "guides: [call-first]\n---\n",
            "guides: [call-first]\n",
            1,
            "the head is never closed: end it with a line `---`",
        ),
    ],
)
def test_a_mistake_is_named_with_file_and_line(was: str, becomes: str, line: int, message: str, tmp_path: Path) -> None:
    assert was in DOCUMENT
    problems = found(shelve(tmp_path, DOCUMENT.replace(was, becomes, 1)))
    mine = [problem for problem in problems if message in problem]
    assert [problem.partition(": ")[0] for problem in mine] == [f"questions/late-delivery.md:{line}"], problems
    with pytest.raises(ContentError, match=rf"^{re.escape(str(tmp_path))}/\w+/[\w-]+\.md:\d+: "):
        load_library([tmp_path])


@pytest.mark.parametrize(
    ("was", "becomes", "line", "message"),
    [
        ("shows: [telling_early]", "shows: [calm]", 3, "there is no criterion `calm`: correct the id, or write it"),
        (
            "shows: [telling_early]",
            "shows: [Calm]",
            3,
            "`shows` holds an unusable id: write lower-case words joined by `_`",
        ),
        ("shows:", "show:", 3, "unknown key `show` in the head: did you mean `shows`?"),
        ("## Result", "## Ending", 18, "unknown section `Ending`: known are Situation, Action, Result, Takeaways"),
        ("Nobody came for nothing.\n", "", 18, "`Result` lacks its text: write it"),
        ("Nobody came", "- Nobody came", 20, "has no place under `Result`: make it a paragraph"),
        ("Nobody came", "### So\n\nNobody came", 20, "`So` has no place here: this section is plain text"),
        ("- Ring first.\n- Then look for a van.\n", "", 22, "`Takeaways` lacks its list: write at least one item"),
        ("- Ring first.\n", "Ring first.\n", 24, "has no place under `Takeaways`: make it a list item"),
    ],
)
def test_a_mistake_in_a_worked_example_is_named(
    was: str, becomes: str, line: int, message: str, tmp_path: Path
) -> None:
    assert was in EXAMPLE
    problems = found(shelve(tmp_path, example=EXAMPLE.replace(was, becomes)))
    mine = [problem for problem in problems if message in problem]
    assert [problem.partition(": ")[0] for problem in mine] == [f"examples/the-lorry.md:{line}"], problems


@pytest.mark.parametrize(
    ("was", "becomes", "line", "message"),
    [
        ("A list for bad mornings.\n", "", 5, "`Calling before they call` lacks its text: write it"),
        ("### Find out\n", "### \n", 11, "an empty heading: name the step"),
        ("Ask the carrier when.\n", "", 11, "`Find out` lacks its paragraph: describe it"),
        ("## Steps\n", "## Steps\n\nIn this order:\n", 11, "has no place under `Steps`: put it under a `### ` heading"),
        ("- Shows: telling", "- Helps: telling", 19, "must open with one of `Shows:`"),
        ("telling_early, rel", "telling early, rel", 15, "`telling early` is not a usable id"),
        ("telling_early, rel", "calm, rel", 15, "there is no criterion `calm`"),
        ("telling_early, rel", "reliability, rel", 15, "`reliability` is named twice: keep one"),
        ("id: call-first", "id: call-first\nshows: [x]", 3, "unknown key `shows` in the head"),
    ],
)
def test_a_mistake_in_a_guide_is_named(was: str, becomes: str, line: int, message: str, tmp_path: Path) -> None:
    assert was in GUIDE
    problems = found(shelve(tmp_path, guide=GUIDE.replace(was, becomes)))
    mine = [problem for problem in problems if message in problem]
    assert [problem.partition(": ")[0] for problem in mine] == [f"guides/call-first.md:{line}"], problems


def test_all_mistakes_are_found_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    question = DOCUMENT.replace("role: ", "job: ").replace("- Task:", "- Tusk:").replace("{#making_do}", "")
    problems = found(shelve(tmp_path, question, example=EXAMPLE.replace("## Action", "## Deed")))
    assert [problem.split(": ")[0] for problem in problems[:5]] == [
        "questions/late-delivery.md:1",  # role is missing
        "questions/late-delivery.md:3",  # job is unknown
        "questions/late-delivery.md:23",  # no id
        "questions/late-delivery.md:51",  # Task is missing
        "questions/late-delivery.md:54",  # Tusk is unknown
    ]
    assert any(problem.startswith("examples/the-lorry.md:") for problem in problems)
    with pytest.raises(
        ContentError, match=r"late-delivery\.md:1: .* \(and \d+ more: `interviewer check DIR` lists them\)"
    ):
        load_library([tmp_path])


@pytest.mark.parametrize(
    ("question", "example", "only"),
    [
        (DOCUMENT, EXAMPLE.replace("- Ring first", "Ring first"), "examples/the-lorry.md:24"),  # its link leads there
        (DOCUMENT.replace("{#making_do}", ""), EXAMPLE, "questions/late-delivery.md:23"),  # `shows` may be right
        (DOCUMENT.replace("## Motivations", "# Motivations"), EXAMPLE, "questions/late-delivery.md:31"),
        (DOCUMENT.replace("## Motivations", "## Motives"), EXAMPLE, "questions/late-delivery.md:31"),
        (DOCUMENT.replace("## Motivations", "#### Motivations"), EXAMPLE, "questions/late-delivery.md:31"),
    ],
)
def test_one_mistake_is_not_told_many_times(question: str, example: str, only: str, tmp_path: Path) -> None:
    problems = [problem for problem in found(shelve(tmp_path, question, example)) if "is missing" not in problem]
    assert [problem.partition(": ")[0] for problem in problems] == [only]


@pytest.mark.parametrize("text", ["", " \n\n", "\ufeff"])
def test_an_empty_file_is_named(text: str, tmp_path: Path) -> None:
    assert "questions/late-delivery.md:1: is empty" in found(shelve(tmp_path, text))[0]


def test_a_file_too_large_is_refused(tmp_path: Path) -> None:
    problems = found(shelve(tmp_path, DOCUMENT + "x" * MAX_BYTES))
    assert problems[0].startswith("questions/late-delivery.md:1: is larger than 200,000 bytes")


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    shelve(tmp_path)
    (tmp_path / "guides" / "folder.md").mkdir()
    assert found(tmp_path)[0].startswith("guides/folder.md:1: can't be read (")


# ── folders ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_without_documents_says_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, what in (("empty", "holds no documents"), ("nowhere", "is not a folder")):
        (problem,) = check_folder(tmp_path / name)
        assert str(problem).startswith(f"{tmp_path / name}:1: {what}: expected questions/*.md")


def test_an_id_in_two_folders_is_refused_naming_both_files(tmp_path: Path) -> None:
    first, second = shelve(tmp_path / "one"), shelve(tmp_path / "two")
    with pytest.raises(ContentError) as refused:
        load_library([first, second])
    message = str(refused.value)
    assert message.startswith(f"{second / 'questions' / 'late-delivery.md'}:2: id `late-delivery` is already used by ")
    assert str(first / "questions" / "late-delivery.md") in message


def test_the_same_folder_twice_is_one_folder(tmp_path: Path) -> None:
    shelve(tmp_path)
    assert len(load_library([tmp_path, tmp_path / "questions" / ".."]).questions) == 1


def test_links_may_lead_to_another_folder(tmp_path: Path) -> None:
    whole, part = shelve(tmp_path / "one"), tmp_path / "two"
    (part / "questions").mkdir(parents=True)
    (whole / "questions" / "late-delivery.md").rename(part / "questions" / "late-delivery.md")
    assert load_library([whole, part]).questions["late-delivery"].examples == ("the-lorry",)
    assert len(check_folder(part)) == 2  # its example and its guide are not there …
    assert check_folder(part, beside=[whole]) == []  # … but beside it


# ── probes ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("probe", "name", "told"),
    [
        ("Did you stay calm?", "Remaining calm & composed", ["calm"]),
        ("How calmly did you speak?", "Remaining calm & composed", ["calmly"]),
        ("Was the customer satisfied?", "Customer satisfaction", ["satisfied"]),  # the question said "customers"
        ("What did the customer do?", "Customer satisfaction", []),
        ("How did you feel?", "Lack of empathy", []),
        ("What was that like at that moment?", "Moments like that", []),
        ("Whom did you call?", "Calm manner", []),
    ],
)
def test_a_probe_gives_away_what_the_question_has_not_said(probe: str, name: str, told: list[str]) -> None:
    assert giveaways(probe, name, "How do you treat difficult customers?") == told


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────


MARKS = (
    "# a|- b|1. c|2) d|a #|{#id}|*a*|_a_|a_b|`|&amp;|&#35;|<b>|<!-- x -->|[a]: b|---|+|=|===|> q|~~~|\\|\\*|a: b|'|\""
    "|yes|null|007|Probe: x|%|@|!|“x”|é|日本|🙂|\u2028|\ufeff|\u200b|\uffff|\U0010ffff"
)
ODD = st.sampled_from([*MARKS.split("|"), "|", "x" * 300])
WORDS = st.lists(
    st.one_of(ODD, st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)), min_size=1, max_size=4
)
TEXTS = WORDS.map(lambda words: " ".join(" ".join(words).split())).filter(bool)
PROSE = st.lists(TEXTS, min_size=1, max_size=3).map("\n\n".join)
IDS = st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,3}", fullmatch=True)
CRITERION_IDS = st.from_regex(r"[a-z][a-z0-9]{0,5}(_[a-z0-9]{1,6}){0,2}", fullmatch=True)
PROBES = st.sampled_from(["What then?", "And you?", "# 1. How? {#x}", "- Go on: how?"])


Named = TypeVar("Named", KeyPoint, Motivation, RedFlag)


def some(criterion: st.SearchStrategy[Named]) -> st.SearchStrategy[tuple[Named, ...]]:
    return st.lists(criterion, min_size=1, max_size=2, unique_by=lambda one: one.id).map(tuple)


KEY_POINTS = st.builds(
    KeyPoint, id=CRITERION_IDS, name=TEXTS, description=TEXTS, covered=TEXTS, partly=TEXTS, probe=PROBES
)
MOTIVATIONS = st.builds(
    Motivation,
    id=CRITERION_IDS,
    name=TEXTS,
    description=TEXTS,
    levels=st.tuples(TEXTS, TEXTS, TEXTS, TEXTS),
    probe=PROBES,
)
RED_FLAGS = st.builds(RedFlag, id=CRITERION_IDS, name=TEXTS, description=TEXTS, exception=TEXTS)
QUESTIONS = st.builds(
    QuestionDocument,
    id=IDS,
    question=TEXTS,
    role=TEXTS,
    function=TEXTS,
    role_description=TEXTS,
    themes=st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
    follow_ups=st.integers(0, 10),
    key_points=some(KEY_POINTS),
    motivations=some(MOTIVATIONS),
    red_flags=some(RED_FLAGS),
    star_probes=st.fixed_dictionaries(dict.fromkeys(STAR_PARTS, TEXTS)),
    examples=st.lists(IDS, max_size=2).map(tuple),
    guides=st.lists(IDS, max_size=2).map(tuple),
)
EXAMPLES = st.builds(
    WorkedExample,
    id=IDS,
    title=TEXTS,
    situation=PROSE,
    action=PROSE,
    result=PROSE,
    takeaways=st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
    shows=st.lists(CRITERION_IDS, max_size=2).map(tuple),
)
STEPS = st.builds(GuideStep, name=TEXTS, text=TEXTS, shows=st.lists(CRITERION_IDS, max_size=2).map(tuple))
GUIDES = st.builds(
    Guide, id=IDS, title=TEXTS, introduction=PROSE, steps=st.lists(STEPS, min_size=1, max_size=2).map(tuple)
)


@settings(deadline=None)
@given(QUESTIONS)
def test_a_written_question_reads_back_as_itself(document: QuestionDocument) -> None:
    page = markup.Page("q")
    assert read_question(write_question(document), page) == document.model_copy(update={"source": "q"}), page.problems


@pytest.mark.parametrize("theme", ["?0", "? a", "it's ? x", "- x", "a: b", "#x"])
def test_a_theme_that_yaml_could_take_for_something_else_is_written_as_text(theme: str) -> None:
    document = next(iter(LIBRARY.questions.values())).model_copy(update={"themes": (theme,)})
    again = read_question(write_question(document), markup.Page("q"))
    assert again is not None and again.themes == (theme,)


@settings(deadline=None)
@given(EXAMPLES)
def test_a_written_example_reads_back_as_itself(example: WorkedExample) -> None:
    page = markup.Page("e")
    assert read_example(write_example(example), page) == example.model_copy(update={"source": "e"}), page.problems


@settings(deadline=None)
@given(GUIDES)
def test_a_written_guide_reads_back_as_itself(guide: Guide) -> None:
    page = markup.Page("g")
    assert read_guide(write_guide(guide), page) == guide.model_copy(update={"source": "g"}), page.problems


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])).map(lambda text: " ".join(text.split())))
def test_an_escaped_text_stands_for_itself(text: str) -> None:
    assert markup.plain(markup.escape(text)) == text


@pytest.mark.parametrize(
    ("update", "message"),
    [
        ({"role": ""}, "`role` is empty"),
        ({"role": "two\nlines"}, "a text has line breaks or double spaces"),
        ({"function": "Two  spaces"}, "a text has line breaks or double spaces"),
        ({"role": "Half a pair \ud800"}, "U+D800"),
        ({"id": "Not an id"}, "`id` holds an unusable id"),
        ({"key_points": ()}, "`Key points` has no"),
        ({"star_probes": {}}, "`Situation:` is empty"),
        ({"role_description": "x" * MAX_BYTES}, "the head is too long"),
        ({"red_flags": (QUESTION.red_flags[0].model_copy(update={"name": "x" * MAX_BYTES}),)}, "is larger than"),
    ],
)
def test_what_a_document_cannot_say_is_not_written(update: dict[str, object], message: str) -> None:
    with pytest.raises(ContentError, match=re.escape(message)):
        write_question(QUESTION.model_copy(update=update))


# ── anything at all ──────────────────────────────────────────────────────────────────────────────────

READERS = {DOCUMENT: read_question, EXAMPLE: read_example, GUIDE: read_guide}


@settings(deadline=None)
@given(
    st.one_of(
        st.text(), st.text().map(lambda head: f"---\n{head}\n---\n# Q"), st.text().map(lambda body: f"{GUIDE}{body}")
    )
)
def test_any_text_is_read_or_its_problems_are_named(text: str) -> None:
    for read in READERS.values():
        page = markup.Page("f")
        assert (read(text, page) is None) == bool(page.problems)
        assert all(re.match(r"f:[1-9]\d*: \S", str(problem)) for problem in page.problems)


@settings(deadline=None)
@given(st.sampled_from(sorted(READERS)), st.data())
def test_a_document_with_anything_put_in_or_taken_out_is_read_or_its_problems_are_named(
    text: str, data: st.DataObject
) -> None:
    read = READERS[text]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 30)))
        text = text[:start] + data.draw(st.one_of(ODD, st.text(max_size=8), st.just("\n"))) + text[end:]
    page = markup.Page("f")
    document = read(text, page)
    assert (document is None) == bool(page.problems)
    assert all(re.match(r"f:[1-9]\d*: \S", str(problem)) for problem in page.problems)


# ── what is shipped ──────────────────────────────────────────────────────────────────────────────────


def test_the_first_question_has_the_criteria_that_answers_were_labelled_by() -> None:
    assert (QUESTION.role, QUESTION.function) == ("Loss Prevention Specialist", "Retail")
    assert QUESTION.themes == ("Customer service", "Conflict resolution")
    assert [point.id for point in QUESTION.key_points] == [
        "calm",
        "listening",
        "empathy",
        "professional",
        "problem_solving",
        "de_escalation",
        "protocols",
        "learning",
        "positive_attitude",
        "satisfaction",
    ]
    assert [motivation.id for motivation in QUESTION.motivations] == [
        "conflict_resolution",
        "service_orientation",
        "problem_solving",
        "emotional_intelligence",
    ]
    assert [flag.id for flag in QUESTION.red_flags] == [
        "aggression",
        "lack_of_empathy",
        "not_calm",
        "blaming",
        "no_problem_solving",
    ]
    assert len(QUESTION.examples) == 5
    assert [len(LIBRARY.guides[id_].steps) for id_ in QUESTION.guides] == [10]


@pytest.mark.parametrize("id_", sorted(LIBRARY.questions))
def test_criteria_are_short_enough_to_be_read_for_every_answer(id_: str) -> None:
    question = LIBRARY.questions[id_]
    texts = [
        *(text for one in question.key_points for text in (f"{one.name} {one.description}", one.covered, one.partly)),
        *(text for one in question.motivations for text in (f"{one.name} {one.description}", *one.levels)),
        *(text for one in question.red_flags for text in (f"{one.name} {one.description}", one.exception)),
    ]
    assert not [text for text in texts if len(text.split()) > 30]


@pytest.mark.parametrize("id_", sorted(LIBRARY.questions))
def test_a_probe_is_one_short_question_asked_once(id_: str) -> None:
    question = LIBRARY.questions[id_]
    probes = [
        *(one.probe for one in question.key_points),
        *(one.probe for one in question.motivations),
        *question.star_probes.values(),
    ]
    assert not [
        probe for probe in probes if probe.count("?") != 1 or not probe.endswith("?") or len(probe.split()) > 20
    ]
    assert len(set(probes)) == len(probes)


@pytest.mark.parametrize("id_", sorted(LIBRARY.questions))
def test_a_probe_says_nothing_of_what_counts_as_covered(id_: str) -> None:
    for point in LIBRARY.questions[id_].key_points:
        told = giveaways(point.probe, f"{point.covered} {point.description}", LIBRARY.questions[id_].question)
        assert len(told) < 3, point.id  # one word or two, such as `person`, tell nobody anything


def test_every_question_has_something_to_read_about_several_of_its_key_points() -> None:
    for question in LIBRARY.questions.values():
        assert question.examples or question.guides, question.id
        shown = {id_ for example in question.examples for id_ in LIBRARY.examples[example].shows}
        shown |= {id_ for guide in question.guides for step in LIBRARY.guides[guide].steps for id_ in step.shows}
        points = {point.id for point in question.key_points}
        assert len(points & shown) >= 3, question.id


def test_every_shipped_document_is_written_as_it_was_read() -> None:
    written = {
        **{one.source: write_question(one) for one in LIBRARY.questions.values()},
        **{one.source: write_example(one) for one in LIBRARY.examples.values()},
        **{one.source: write_guide(one) for one in LIBRARY.guides.values()},
    }
    for source, text in written.items():
        assert Path(source).read_text(encoding="utf-8") == text, "save what write_… returns, so that diffs stay small"


def test_the_documents_shown_to_coaches_load_together(tmp_path: Path) -> None:
    readme = (bundled("content") / "README.md").read_text(encoding="utf-8")
    question, example, guide, role_play = re.findall(r"```markdown\n(.*?)```", readme, re.DOTALL)
    shelve(tmp_path, question, example, guide)
    (tmp_path / "examples" / "the-lorry.md").rename(tmp_path / "examples" / "nine-calls.md")
    (tmp_path / "roleplays").mkdir()
    (tmp_path / "roleplays" / "late-sofa.md").write_text(role_play, encoding="utf-8")
    assert check_folder(tmp_path, [bundled("content")]) == []


def test_the_schema_for_editors_describes_the_heads_that_load() -> None:
    schema = document_schema()
    head = markup.read_head(
        markup.split(Path(QUESTION.source).read_text(encoding="utf-8"), page := markup.Page("q"))[0], page
    )
    assert head.keys() <= schema["properties"].keys()
    assert set(schema["required"]) <= head.keys()
    assert schema["additionalProperties"] is False
    assert all("description" in described for described in schema["properties"].values())
    kept = json.loads((bundled("content") / "question.schema.json").read_text(encoding="utf-8"))
    assert kept == schema


def test_the_table_of_questions_has_a_row_for_each() -> None:
    rows = questions_table(LIBRARY).splitlines()[2:]
    assert len(rows) == len(LIBRARY.questions)
    row = f"[{QUESTION.question}](questions/difficult-customers.md) | Loss Prevention Specialist, Retail | 10 | 4 | 5"
    assert any(row in one for one in rows)
