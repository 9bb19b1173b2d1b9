"""A table of verdicts has every verdict once, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest
from exported import twice
from hypothesis import given
from hypothesis import strategies as st
from shipped import QUESTION

from interviewer.exports.sheet import VERDICT_COLUMNS, defuse, verdicts_csv, write_csv


def read(table: str) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(table.removeprefix("\ufeff"), newline=""))]


def test_every_verdict_of_every_attempt_is_one_row() -> None:
    rows = read(verdicts_csv([twice()]))
    criteria = len(QUESTION.key_points) + len(QUESTION.motivations) + len(QUESTION.red_flags) + 4
    assert len(rows) == 2 * criteria
    assert list(rows[0]) == list(VERDICT_COLUMNS)
    blaming = [row for row in rows if row["criterion"] == "blaming"]
    assert [(row["attempt"], row["verdict"], row["dispute"]) for row in blaming] == [
        ("1", "present", "absent"),
        ("2", "absent", ""),
    ]
    assert blaming[0]["quotes"] == "To be honest he could have been less stupid about it."
    assert float(blaming[0]["probability"]) == pytest.approx(0.83)
    assert (blaming[0]["band"], blaming[1]["band"], blaming[0]["hints"]) == ("2", "4", "1")


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "\n=1"])
def test_what_would_be_a_formula_is_text(words: str) -> None:
    assert defuse(words) == f"'{words}"
    told = twice().model_copy(update={"candidate": words})
    assert read(verdicts_csv([told]))[0]["candidate"].startswith("'")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))))
def test_cells_come_back_as_they_were_but_for_the_apostrophe(cells: list[str]) -> None:
    table = write_csv(["head"] * len(cells), [cells]) if cells else ""
    back = [*csv.reader(io.StringIO(table.removeprefix("\ufeff"), newline=""))]
    assert not cells or back[1] == [defuse(cell) for cell in cells]
