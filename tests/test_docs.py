"""What the documentation says about the program is what the program says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cogapp import Cog

from interviewer import costs, published, report
from interviewer.content import check_folder
from interviewer.schema import Grade

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GENERATED = ["README.md", "content/README.md", "prompts/README.md", "interviewer/weights/README.md"]


@pytest.mark.parametrize("name", GENERATED)
def test_generated_blocks_are_current(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    command = ["cog", "--check", "--diff", "-p", "from interviewer.report import *", name]
    code = Cog().main(command)
    assert code == 0, f"`make docs` writes {name} again:\n{capsys.readouterr().out}"


@pytest.mark.parametrize("name", GENERATED)
def test_there_is_something_to_generate(name: str) -> None:
    assert "[[[cog " in (ROOT / name).read_text(encoding="utf-8")


def test_the_schema_for_editors_is_current() -> None:
    written = (ROOT / "content" / "question.schema.json").read_text(encoding="utf-8")
    assert written == report.schema_text(), "`make docs` writes content/question.schema.json again"


def test_the_documented_grade_line_is_a_grade_with_every_field() -> None:
    lines = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]
    grade = next(line for line in lines if "status" in line)
    assert Grade.model_validate(grade).version == 1
    assert grade.keys() == Grade.model_fields.keys()
    table = README.partition("| field | meaning |")[2].partition("\n\n")[0]
    assert not {name for name in Grade.model_fields if f"`{name}`" not in table}


def test_the_question_shown_to_coaches_is_one_that_loads(tmp_path: Path) -> None:
    shown = re.findall(
        r"```markdown\n(.*?)```", (ROOT / "content" / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "late-delivery.md").write_text(shown[0], encoding="utf-8")
    assert check_folder(tmp_path) == []


@pytest.mark.parametrize("name", [*GENERATED, "CHANGELOG.md"])
def test_every_link_to_a_file_leads_somewhere(name: str) -> None:
    file = ROOT / name
    targets = re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", file.read_text(encoding="utf-8"))
    assert not [target for target in targets if target and not (file.parent / target).exists()]


def test_every_link_within_the_readme_leads_to_a_heading() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", README, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", README)) <= headings


def test_every_make_command_in_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z-]+)", README)) - {"sure", "it"}
    assert named
    assert not [name for name in named if not re.search(rf"^{name}:.*## ", makefile, re.MULTILINE)]


def test_a_rule_that_spans_a_table_cell_cannot_break_the_table() -> None:
    assert published.table(("a",), [("x | y\nz",)]).splitlines()[-1] == "| x \\| y z |"


def test_agreement_is_found_wherever_a_result_carries_it() -> None:
    agreement = {
        "labellers": "rater-1",
        "split": "test",
        "measured": "2026-11-01",
        "key_point_macro_f1": 0.6,
        "key_point_coverage": 0.8,
        "red_flag_f1": 0.5,
    }
    found = list(published._search({"runs": [{"decider": "chat", "calibration": {"agreement": agreement}}]}, "file"))
    assert [(decider, record.split) for decider, record in found] == [("chat", "test")]


def test_the_library_is_counted_from_its_documents_and_measured_from_the_published_figures() -> None:
    shown = report.library_table()
    raters = json.loads((ROOT / "evals" / "results" / "raters.json").read_text(encoding="utf-8"))
    assert f"{len(list((ROOT / 'content' / 'questions').glob('*.md')))} questions" in shown
    for one in (raters["questions"]["difficult-customers"], raters["all but difficult-customers"]):
        assert str(one["answers"]) in shown and f"{one['band_qwk']:.2f}" in shown
        assert f"the kinder one {one['settled']['adjudicated']['kinder']} times" in shown


def test_what_a_grader_takes_stands_beside_how_it_agrees_and_nothing_unmeasured_is_given(tmp_path: Path) -> None:
    rows = [row.split(" | ") for row in costs.cost_table().splitlines()[2:]]
    by_grader = {(row[0].strip("| "), row[1]): row for row in rows}
    result = json.loads((ROOT / "evals" / "results" / "builtin-unseen.json").read_text(encoding="utf-8"))
    figures = {one["key"]: one["value"] for one in result["figures"] if not one.get("slice")}
    builtin = by_grader["`builtin`, interviewer-builtin-2", "96 to questions never seen"]
    assert builtin[2].startswith(f"{figures['key_point_macro_f1']:.2f} (")
    assert builtin[4] == f"{figures['seconds_p50']:.2f}"
    chat = by_grader["`chat`, imported-batch-1", "96 to questions never seen"]
    assert (chat[4], chat[6].strip(" |")) == ("the endpoint's", "0")
    curve = json.loads((ROOT / "evals" / "results" / "curve.json").read_text(encoding="utf-8"))
    readout = [row for row in rows if row[0].startswith("| `readout`")]
    assert [row[4] for row in readout] == [f"{curve['seconds']:.1f}, of the recorded replies"] * 2
    assert len(costs.cost_table(tmp_path).splitlines()) == 2
