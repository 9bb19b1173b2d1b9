"""A coach can begin a document, is told everything that is left or doubtful in it, and never loses what is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from shipped import LIBRARY
from written import write

from interviewer.authoring import Checked, Kind, check_documents, new_document, next_step
from interviewer.content import load_library
from interviewer.errors import ContentError
from interviewer.folders import bundled
from interviewer.settings import Settings

KINDS: tuple[Kind, ...] = get_args(Kind)


def checked(*folders: Path, beside: tuple[Path, ...] = ()) -> Checked:
    return check_documents(folders, Settings(content=beside))


VAGUE_PROBE = ("Who heard of it, and when?", "Could you tell me more?")


def change(folder: Path, *changes: tuple[str, str], id: str = "late-delivery") -> Path:
    return write(folder, id, "question", *changes)


def told(*folders: Path, beside: tuple[Path, ...] = ()) -> list[tuple[str, int, str, str]]:
    """(file's name, line, severity, rule) of every finding."""
    found = checked(*folders, beside=beside).findings
    return [(Path(one.file).name, one.line, one.severity, one.rule) for one in found]


# ── beginning ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_document_has_a_comment_on_all_there_is_to_write_and_an_error_for_each_gap(
    kind: Kind, tmp_path: Path
) -> None:
    path = new_document("late-delivery", kind, tmp_path)
    assert path == tmp_path / f"{kind.replace('-', '')}s" / "late-delivery.md"
    assert "<!--" in path.read_text(encoding="utf-8") and "id: late-delivery\n" in path.read_text(encoding="utf-8")
    findings = checked(tmp_path).findings
    assert len(findings) >= 3 and {finding.severity for finding in findings} == {"error"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_document_loads_once_it_is_filled_in(kind: Kind, tmp_path: Path) -> None:
    write(tmp_path, kind=kind)
    library = checked(tmp_path, beside=(bundled("content"),)).library
    found = [*library.questions, *library.examples, *library.guides, *library.role_plays]
    assert found == ["late-delivery"]


def test_a_sound_question_gives_no_finding(tmp_path: Path) -> None:
    write(tmp_path)
    assert told(tmp_path) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_there_already_is_never_written_over(kind: Kind, tmp_path: Path) -> None:
    path = write(tmp_path, kind=kind)
    before = path.read_bytes()
    with pytest.raises(ContentError, match="there already and stays as it is: choose another id"):
        new_document("late-delivery", kind, tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("id", ["", "Late", "late_delivery", "../late", "late/delivery", "late-", "späte", "a b"])
def test_what_can_be_no_id_is_refused_before_anything_is_written(id: str, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="can't be an id"):
        new_document(id, "question", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "questions").write_text("a file", encoding="utf-8")
    with pytest.raises(ContentError, match="can't be written"):
        new_document("late-delivery", "question", tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_step_names_the_check_and_what_comes_after_it(kind: Kind) -> None:
    step = next_step("late-delivery", kind, Path("mine"))
    assert "`interviewer check mine`" in step and "late-delivery" in step


# ── checking ─────────────────────────────────────────────────────────────────────────────────────────


def test_each_finding_has_its_file_line_severity_and_suggestion(tmp_path: Path) -> None:
    path = change(tmp_path, ("Rang or wrote to customers", "Understands customers"))
    line = (
        path.read_text(encoding="utf-8")
        .splitlines()
        .index("- Covered: Understands customers, and tells what they said.")
    )
    assert told(tmp_path) == []  # it tells something
    path.write_text(path.read_text(encoding="utf-8").replace(", and tells what they said", ""), encoding="utf-8")
    (finding,) = checked(tmp_path).findings
    assert str(finding) == (
        f"{path}:{line + 1}: warning: what somebody `understands` can't be seen in an answer: "
        "write what the candidate tells, says or does"
    )


def test_errors_read_as_they_do_wherever_documents_are_loaded(tmp_path: Path) -> None:
    path = change(tmp_path, ("function: Retail", ""))
    (finding,) = checked(tmp_path).findings
    with pytest.raises(ContentError) as refused:
        load_library([tmp_path])
    assert str(finding) == str(refused.value) == f"{path}:1: the head lacks `function`: add it"
    assert (finding.rule, finding.message, finding.suggestion) == ("document", "the head lacks `function`", "add it")


def test_a_colon_that_is_quoted_does_not_open_the_suggestion(tmp_path: Path) -> None:
    change(tmp_path, ("- Partly: Told them when they complained.\n", ""))
    (finding,) = checked(tmp_path).findings
    assert finding.message.endswith("lacks `- Partly: …`") and finding.suggestion == "add it"


def test_findings_come_file_by_file_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    change(tmp_path, VAGUE_PROBE, ("Treats it as", "Lacks interest in"))
    change(tmp_path, VAGUE_PROBE, id="other-delivery")
    write(tmp_path, "no-call", "guide")
    found = told(tmp_path)
    assert [(name, rule) for name, _, _, rule in found] == [
        ("late-delivery.md", "probe-general"),
        ("late-delivery.md", "omission"),
        ("other-delivery.md", "probe-general"),
        ("no-call.md", "unlinked"),
    ]
    assert found[0][1] < found[1][1] and {severity for _, _, severity, _ in found} == {"warning"}


def test_examples_and_guides_that_no_question_links_are_named(tmp_path: Path) -> None:
    write(tmp_path, "nine-calls", "example")
    write(tmp_path, "call-first", "guide")
    assert told(tmp_path) == [("nine-calls.md", 2, "warning", "unlinked"), ("call-first.md", 2, "warning", "unlinked")]
    change(tmp_path, ("examples: []", "examples: [nine-calls]"), ("guides: []", "guides: [call-first]"))
    assert told(tmp_path) == []


def test_links_may_lead_to_shipped_documents_and_folders_beside_but_not_into_nothing(tmp_path: Path) -> None:
    near, mine = tmp_path / "near", tmp_path / "mine"
    write(near, "nine-calls", "example")
    change(mine, ("examples: []", f"examples: [nine-calls, {next(iter(LIBRARY.examples))}]"))
    assert told(mine, beside=(near,)) == told(mine, near) == []
    assert told(mine) == [("late-delivery.md", 9, "error", "document")]


def test_mistakes_in_folders_beside_are_not_this_checks_business(tmp_path: Path) -> None:
    change(tmp_path / "near", ("- Covered:", "- Cover:"))
    write(tmp_path / "mine")
    assert told(tmp_path / "mine", beside=(tmp_path / "near",)) == []


def test_an_id_that_a_shipped_document_has_is_named(tmp_path: Path) -> None:
    id = next(iter(LIBRARY.questions))
    write(tmp_path, id)
    assert told(tmp_path) == [(f"{id}.md", 3, "warning", "taken-id")]


def test_an_id_used_twice_among_the_checked_folders_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "one")
    write(tmp_path / "two")
    assert told(tmp_path / "one", tmp_path / "two") == [("late-delivery.md", 3, "error", "document")]


def test_without_a_folder_the_shipped_documents_are_checked_and_sound() -> None:
    shipped = checked()
    assert shipped.library == LIBRARY == load_library([bundled("content")])
    assert shipped.count("error") == 0
    assert shipped.count("warning") <= len(LIBRARY.questions) / 3, [str(finding) for finding in shipped.findings]


def test_one_document_can_be_checked_among_the_others(tmp_path: Path) -> None:
    one = change(tmp_path, VAGUE_PROBE)
    change(tmp_path, VAGUE_PROBE, id="other-delivery")
    write(tmp_path, "no-call", "guide")
    found = check_documents([tmp_path], Settings(), only=str(one)).findings
    assert [(finding.file, finding.rule) for finding in found] == [(str(one), "probe-general")]


def test_the_json_says_all_that_the_lines_say(tmp_path: Path) -> None:
    change(tmp_path, ("function: Retail", "funktion: Retail"))
    write(tmp_path, "call-first", "guide")
    found = checked(tmp_path)
    told = json.loads(json.dumps(found.as_json()))
    assert (told["version"], told["errors"], told["warnings"]) == (1, 2, 1)
    assert [f"{one['file']}:{one['line']}" for one in told["findings"]] == [
        ":".join(str(finding).split(":")[:2]) for finding in found.findings
    ]
    assert set(told["findings"][0]) == {"file", "line", "severity", "rule", "message", "suggestion"}
