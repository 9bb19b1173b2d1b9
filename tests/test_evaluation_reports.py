"""Reports of an evaluation: what they say, that nobody's words become markup, and that other programs can read them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import pytest
from browsing import CHROMIUM, chromium
from hypothesis import given, settings
from hypothesis import strategies as st

from interviewer.errors import AnswersError
from interviewer.evaluation import diff, sheet
from interviewer.evaluation.definitions import DEFINITIONS
from interviewer.evaluation.exports import to_inspect, to_json, to_junit, to_markdown
from interviewer.evaluation.html import show_report
from interviewer.evaluation.marks import ABSTAINED
from interviewer.evaluation.plots import Dot, Line, chart, dots, span_of
from interviewer.evaluation.records import Case, Figure, Gate, Outcome, RunFacts, Summary
from interviewer.evaluation.sides import disagreements, distance
from interviewer.evaluation.summary import (
    HEADLINES,
    labellers,
    say_figure,
    say_labellers,
    say_number,
    sum_up,
    tradeoffs,
    worst_criteria,
)
from interviewer.labelling import Labels
from interviewer.report import agreement_table
from interviewer.schema import DeciderName, Grade, KeyPointVerdict, MotivationVerdict, Quote, RedFlagVerdict

GOLDEN = Path(__file__).parent / "reports"
EVIL = "<script>alert('calm')</script> & \"so\" on | `x` ]]> {{1}} \x1b[31mred"
"""What a candidate might write."""
TEXT = f"I stayed calm. {EVIL} Then I found a receipt."
FACTS = RunFacts(sets=("tiny",), decider="builtin", model="tiny-1", made="2026-11-25", source="local", prompt_hash="p1")


def reference(number: int, point: str, flag: str, band: int, *, labeller: str = "model-a and model-b") -> Labels:
    return Labels.model_validate(
        {
            "id": f"c{number}",
            "labeller": labeller,
            "key_points": {"calm": point, "receipt": "covered"},
            "red_flags": {"blaming": flag},
            "motivations": {"service": 2},
            "star": {"action": True},
            "band": band,
            "evidence": {"receipt": ("found a receipt",)},
        }
    )


def quote(words: str) -> Quote:
    start = TEXT.index(words)
    return Quote(text=words, start=start, end=start + len(words), answer=0)


def outcome(number: int, point: str, flag: str, band: int, *, p: float = 0.8, level: int = 2) -> Outcome:
    return Outcome.model_validate(
        {
            "case": f"c{number}",
            "probabilities": {
                "key_point.calm": {"covered": p, "partial": (1 - p) / 2, "missing": (1 - p) / 2},
                "red_flag.blaming": {"true": p, "false": 1 - p},
            },
            "grade": Grade(
                id=f"c{number}",
                question_id="q",
                status="graded",
                key_points={
                    "calm": KeyPointVerdict.model_validate(
                        {"verdict": point, "probability": p, "quotes": (quote("<script>alert('calm')</script>"),)}
                    ),
                    "receipt": KeyPointVerdict(verdict="covered", quotes=(quote("Then I found a receipt."),)),
                },
                red_flags={"blaming": RedFlagVerdict.model_validate({"verdict": flag, "probability": p})},
                motivations={"service": MotivationVerdict(level=level, reason=EVIL)},
                star={"action": True},
                band=band,
                decider="builtin",
                model="tiny-1",
                prompt_hash="p1",
                rubric_hash="r1",
            ),
        }
    )


CASES = tuple(
    Case(
        id=f"c{n}",
        question_id="q" if n < 3 else "r",
        asked=(f"How? {EVIL}",),
        answers=(TEXT,),
        tags=("story",),
        raters=(truth, truth),
        reference=truth,
    )
    for n, truth in enumerate(
        [
            reference(0, "missing", "absent", 1),
            reference(1, "covered", "absent", 4),
            reference(2, "partial", "present", 2, labeller="model-a and model-b, model-c where they differ"),
            reference(3, "covered", "absent", 5),
        ]
    )
)
OUTCOMES = (
    outcome(0, "covered", "absent", 3, p=0.9),
    outcome(1, "covered", "absent", 4),
    outcome(2, "unsure", "unsure", 2, p=0.4),
    outcome(3, "partial", "absent", 4, p=0.6),
)
LATER = (
    outcome(0, "missing", "absent", 1, p=0.7),
    outcome(1, "missing", "absent", 4),
    outcome(2, "unsure", "present", 2),
    outcome(3, "partial", "absent", 4, p=0.6),
)
SUMMARY = sum_up(CASES, OUTCOMES, FACTS, training=CASES, draws=40)
PAGE = show_report(SUMMARY, CASES, OUTCOMES)
DIFF = diff.diff_runs(CASES, (FACTS, OUTCOMES), (FACTS.model_copy(update={"model": "tiny-2"}), LATER), draws=40)


def body(page: str) -> str:
    """A page without its style and its hash, one element a line."""
    return re.sub(r">(?=<)", ">\n", page[page.index("<main>") : page.index("</main>")]) + "\n"


GOLDENS = {
    "report.html": body(PAGE),
    "report.md": to_markdown(SUMMARY),
    "report.xml": to_junit(SUMMARY, [Gate(key="g", name="macro-F1", failure="0.5 < 0.6"), Gate(key="h", name="QWK")]),
    "diff.txt": diff.show_text(DIFF),
    "diff.md": diff.show_markdown(DIFF),
}


@pytest.mark.parametrize("name", GOLDENS)
def test_reports_are_what_was_reviewed(name: str) -> None:
    reviewed = (GOLDEN / name).read_text(encoding="utf-8")
    assert reviewed == GOLDENS[name], f"look at the change; `python tests/{Path(__file__).name}` takes it up"


# ── HTML ─────────────────────────────────────────────────────────────────────────────────────────────


class Page(HTMLParser):
    """What elements, attributes and words a page has; fails when elements don't nest."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "hr", "circle", "path"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("page", [PAGE, diff.show_html(DIFF)], ids=["report", "diff"])
def test_a_page_asks_for_nothing_and_runs_nothing(page: str) -> None:
    read = Page(page)
    assert not {"script", "link", "img", "iframe", "form", "object", "base"} & set(read.tags)
    for tag, name, value in read.attributes:
        assert not name.startswith("on") and name not in ("style", "src"), f"{tag} {name}"
        assert name != "href" or value.startswith("#")
    assert "http:" not in page and "https:" not in page and "url(" not in page and "@import" not in page
    assert "default-src 'none'" in page
    ids = [value for _, name, value in read.attributes if name == "id"]
    assert len(set(ids)) == len(ids)
    links = {value[1:] for _, name, value in read.attributes if name == "href"}
    assert links <= set(ids)


def test_what_a_candidate_wrote_is_shown_and_is_no_markup() -> None:
    read = Page(PAGE)
    assert TEXT.replace("\x1b", "\ufffd") in read.words
    assert "<script" not in PAGE and "\x1b" not in PAGE
    assert "&lt;script&gt;alert(&#x27;calm&#x27;)&lt;/script&gt;" in PAGE


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_words_come_back_from_the_page_as_they_were(words: str) -> None:
    shown = Page(f"<p>{sheet.escape(words)}</p>")
    assert shown.tags == ["p"]
    assert shown.words == re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "\ufffd", words)


def test_both_quotes_are_marked_in_the_answer() -> None:
    page = sheet.show_answers(["calm at first"], [Quote(text="calm at", start=0, end=7, answer=0)], [])
    assert page == '<p class="answer" dir="auto"><mark class="by-said">calm at</mark> first</p>'
    both = [Quote(text="calm at", start=0, end=7, answer=0)], [Quote(text="at first", start=5, end=13, answer=0)]
    assert re.findall(r'class="([a-z- ]+)">([^<]+)</mark>', sheet.show_answers(["calm at first"], *both)) == [
        ("by-said", "calm "),
        ("by-said by-reference", "at"),
        ("by-reference", " first"),
    ]


def test_models_that_label_are_named_as_models() -> None:
    assert SUMMARY.labelled_by == labellers(CASES) == ("model-a", "model-b", "model-c")
    assert "model-a, model-b, model-c: language models, no person" in PAGE
    assert say_labellers(["coach-1", "model-a"]) == "coach-1, and the language models model-a"
    assert say_labellers(["coach-1"]) == "coach-1"


def test_a_run_of_which_nothing_is_labelled_has_a_page_too() -> None:
    bare = [case.model_copy(update={"reference": None, "raters": ()}) for case in CASES]
    summary = sum_up(bare, OUTCOMES, FACTS, draws=10)
    read = Page(show_report(summary, bare, OUTCOMES))
    assert "nobody" in read.words
    assert "Worst disagreements" not in read.words
    assert "Nothing was measured." in to_markdown(sum_up(bare, [], FACTS))


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_a_browser_applies_the_style_and_complains_of_nothing(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(PAGE, encoding="utf-8")
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 800})
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        assert (said, asked) == ([], [file.as_uri()])
        assert page.evaluate("getComputedStyle(document.querySelector('section')).borderRadius") != "0px"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


# ── plots ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_dot_stands_where_its_value_is() -> None:
    # 220 wide with edges of 6: from 6 to 214.
    drawn = dots([Dot("grader", 0.5, 0.0, 1.0), Dot("raters", None)], (0, 1))
    assert '<circle class="dot grader" cx="110.0" cy="6" r="3.6"/>' in drawn
    assert '<path class="bar grader" d="M6.0 6H214.0"/>' in drawn
    assert "raters" not in drawn
    assert 'cx="6.0"' in dots([Dot("a", -3.0)], (0, 1))


def test_a_scale_widens_to_what_is_drawn() -> None:
    assert span_of([Dot("a", 0.3, 0.1, 0.6)]) == (0.0, 1.0)
    assert span_of([Dot("a", -0.12, -0.31, 0.0)]) == (-0.4, 1.0)
    assert span_of([]) == (0.0, 1.0)


def test_a_chart_has_its_corners_in_the_corners() -> None:
    drawn = chart("<b>", [Line("grader", [(0, 0), (1, 1)])], across="x", up="y", diagonal=False)
    assert 'd="M44.0 200.0L230.0 10.0"' in drawn
    assert 'aria-label="&lt;b&gt;"' in drawn


# ── side by side ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("criterion", "one", "other", "apart"),
    [
        ("key_point.a", 0, 2, 1.0),
        ("key_point.a", 1, 2, 0.5),
        ("motivation.a", 1, 2, 1 / 3),
        ("band", 0, 4, 1.0),
        ("red_flag.a", 0, ABSTAINED, 0.5),
        ("star.a", ABSTAINED, ABSTAINED, 0.0),
    ],
)
def test_distances_are_shares_of_the_scale(criterion: str, one: int, other: int, apart: float) -> None:
    assert distance(criterion, one, other) == pytest.approx(apart)


def test_the_worst_disagreement_comes_first_and_abstentions_are_none() -> None:
    found = [(one.case.id, one.criterion, one.distance) for one in disagreements(CASES, OUTCOMES)]
    # c2 left its point and its flag open; bands 3 for 1 and 4 for 5 are 2/4 and 1/4 apart.
    assert found == [
        ("c0", "key_point.calm", 1.0),
        ("c3", "key_point.calm", 0.5),
        ("c0", "band", 0.5),
        ("c3", "band", 0.25),
    ]
    first = disagreements(CASES, OUTCOMES)[0]
    assert (first.said.value, first.said.probability, first.reference.value) == ("covered", 0.9, "missing")


def test_an_answer_that_shows_nothing_is_compared_as_one() -> None:
    blank = OUTCOMES[1].model_copy(
        update={"grade": OUTCOMES[1].grade.model_copy(update={"status": "unscored", "reason": "too_short"})}
    )
    found = {one.criterion: one.said for one in disagreements(CASES, [blank])}
    assert (found["key_point.calm"].value, found["band"].value) == ("missing", "band 1")


def test_surest_verdicts_come_first_in_the_tradeoff() -> None:
    points, flags = tradeoffs(CASES, OUTCOMES)
    # Surest first: 0.9 wrong, 0.8 right, 0.6 right, 0.4 wrong; of eight points labelled.
    assert points.given == (1 / 8, 2 / 8, 3 / 8, 4 / 8)
    assert points.agreement == pytest.approx((0, 1 / 2, 2 / 3, 2 / 4))
    assert flags.kind == "red_flag"


def test_criteria_with_few_verdicts_come_last() -> None:
    def figure(name: str, value: float, n: int, key: str = "agreement") -> Figure:
        return Figure(key=key, name=key, value=value, n=n, slice=f"criterion:q/key_point.{name}")

    figures = [
        figure("few", 0.0, 1),
        figure("good", 0.9, 9),
        figure("bad", 0.2, 9),
        figure("worse", 0.2, 9),
        figure("worse", -0.7, 9, "bias"),
    ]
    assert [one.slice.rpartition(".")[2] for one, _ in worst_criteria(figures)] == ["worse", "bad", "good", "few"]


@pytest.mark.parametrize(("value", "told"), [(None, "—"), (-0.5, "−0.50"), (-0.001, "0.00"), (0.625, "0.62")])
def test_numbers_have_two_decimals(value: float | None, told: str) -> None:
    assert say_number(value) == told


def test_every_headline_is_a_figure() -> None:
    assert {(h.key, h.slice) for h in HEADLINES} <= {(d.key, f"kind:{d.kind}" if d.kind else "") for d in DEFINITIONS}
    assert say_figure(Figure(key="k", name="k", value=0.5, low=-0.1, high=1)) == "0.50 (−0.10 to 1.00)"


# ── for other programs ───────────────────────────────────────────────────────────────────────────────


def test_json_gives_back_the_summary_to_four_decimals() -> None:
    told = Summary.model_validate_json(to_json(SUMMARY))
    assert told.facts == SUMMARY.facts and told.confusions == SUMMARY.confusions
    for one, other in zip(told.figures, SUMMARY.figures, strict=True):
        assert (one.key, one.slice, one.n, one.name) == (other.key, other.slice, other.n, other.name)
        assert one.value == (None if other.value is None else pytest.approx(other.value, abs=6e-5))
    empty = sum_up([], [], FACTS)
    assert Summary.model_validate_json(to_json(empty)) == empty


def test_a_gate_that_fails_is_a_failure_in_junit() -> None:
    root = ElementTree.fromstring(GOLDENS["report.xml"])
    gates, figures = root.findall("testsuite")
    assert (gates.get("tests"), gates.get("failures")) == ("2", "1")
    assert [one.get("message") for one in gates.iter("failure")] == ["0.5 < 0.6"]
    assert figures.get("tests") == str(len(HEADLINES))


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_junit_is_xml_whatever_a_gate_is_called(words: str) -> None:
    root = ElementTree.fromstring(to_junit(Summary(facts=FACTS), [Gate(key="k", name=words, failure=words)]))
    assert len(root.findall("testsuite")) == 2


def test_a_log_for_inspect_has_a_sample_for_each_outcome() -> None:
    log = json.loads(to_inspect(SUMMARY, CASES, OUTCOMES))
    assert (log["version"], log["status"], len(log["samples"])) == (2, "success", 4)
    score = log["samples"][0]["scores"]["verdicts"]
    assert score["value"]["key_point.calm"] == "covered"
    assert score["metadata"]["key_point.calm"]["said"]["quotes"][0]["text"] == "<script>alert('calm')</script>"
    assert score["metadata"]["key_point.calm"]["reference"] == {"value": "missing", "quotes": []}
    assert log["results"]["scores"][0]["metrics"]["key_point_macro_f1"]["metadata"]["n"] == 7


def test_inspect_reads_its_log(tmp_path: Path) -> None:
    log = pytest.importorskip("inspect_ai.log")
    file = tmp_path / "log.json"
    file.write_text(to_inspect(SUMMARY, CASES, OUTCOMES), encoding="utf-8")
    read: Any = log.read_eval_log(str(file))
    assert [sample.id for sample in read.samples] == ["c0", "c1", "c2", "c3"]
    assert read.samples[0].scores["verdicts"].value["band"] == "band 3"


# ── two runs ─────────────────────────────────────────────────────────────────────────────────────────


def write(file: Path, facts: RunFacts, outcomes: Sequence[Outcome]) -> Path:
    file.write_text("".join(one.model_dump_json() + "\n" for one in (facts, *outcomes)), encoding="utf-8")
    return file


def test_the_change_that_moved_farthest_from_the_reference_comes_first() -> None:
    found = [(one.case.id, one.criterion, one.farther) for one in DIFF.changes]
    # An open verdict is half a scale from any, so the flag found after it is half a scale nearer.
    assert found == [
        ("c1", "key_point.calm", 1.0),
        ("c2", "red_flag.blaming", -0.5),
        ("c0", "band", -0.5),
        ("c0", "key_point.calm", -1.0),
    ]


def test_a_verdict_that_nobody_labelled_is_a_change_too() -> None:
    bare = [case.model_copy(update={"reference": None}) for case in CASES]
    found = diff.diff_runs(bare, (FACTS, OUTCOMES), (FACTS, LATER), draws=10)
    assert len(found.changes) == 4
    assert all(one.reference is None and one.farther == 0 for one in found.changes)
    assert "not labelled" in diff.show_text(found)


def test_no_control_character_reaches_the_terminal() -> None:
    assert all(character.isprintable() or character == "\n" for character in diff.show_text(DIFF))


@pytest.mark.parametrize(("form", "shows"), [("text", "worse"), ("md", "| worse |"), ("html", "Two runs compared")])
def test_two_files_are_compared_in_any_form(form: Any, shows: str, tmp_path: Path) -> None:
    before, after = write(tmp_path / "a.jsonl", FACTS, OUTCOMES), write(tmp_path / "b.jsonl", FACTS, LATER)
    assert shows in diff.diff_files(before, after, CASES, form=form)


def test_a_file_that_is_no_run_is_named_with_its_line(tmp_path: Path) -> None:
    good = write(tmp_path / "a.jsonl", FACTS, OUTCOMES)
    bad = tmp_path / "b.jsonl"
    bad.write_text(good.read_text(encoding="utf-8") + "{}\n", encoding="utf-8")
    with pytest.raises(AnswersError, match=r"b\.jsonl:6: no outcome"):
        diff.diff_files(good, bad, CASES)
    with pytest.raises(AnswersError, match=r"none\.jsonl: can't be read"):
        diff.read_run(tmp_path / "none.jsonl")
    with pytest.raises(AnswersError, match="no case in common"):
        diff.diff_files(good, write(tmp_path / "c.jsonl", FACTS, []), CASES)


# ── the table in the README ──────────────────────────────────────────────────────────────────────────


def test_the_table_of_agreement_has_every_decider(tmp_path: Path) -> None:
    (tmp_path / "raters.json").write_text("{}", encoding="utf-8")
    (tmp_path / "of-another-shape.json").write_text('{"model": "x"}', encoding="utf-8")
    chat = {**FACTS.model_dump(), "decider": "chat", "source": "replayed", "recorded": "2026-11-20", "sets": ("test",)}
    summary = SUMMARY.model_copy(update={"facts": RunFacts.model_validate(chat)})
    (tmp_path / "chat-test.json").write_text(to_json(summary), encoding="utf-8")
    table = agreement_table(tmp_path)
    for name in get_args(DeciderName):
        assert f"`{name}`" in table
    row = next(line for line in table.splitlines() if line.startswith("| `chat`"))
    macro = next(one for one in SUMMARY.figures if one.key == "key_point_macro_f1")
    assert f"| {macro.value:.2f} ({macro.low:.2f} to {macro.high:.2f}) |" in row
    assert "4 to questions seen in training" in row and "replayed from 2026-11-20" in row
    assert "tested, on the wire" in next(line for line in table.splitlines() if line.startswith("| `openai`"))
    assert table.endswith("Labels by model-a, model-b, model-c: language models, no person.")


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, text in GOLDENS.items():
        (GOLDEN / name).write_text(text, encoding="utf-8")
