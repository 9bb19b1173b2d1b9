"""Every text of a question has a place, and its place the line it stands on."""

from __future__ import annotations

from pathlib import Path

import pytest
from shipped import LIBRARY

from interviewer.documents import read_question
from interviewer.markup import Page, plain
from interviewer.places import change_texts, texts


@pytest.mark.parametrize("id", sorted(LIBRARY.questions))
def test_each_place_leads_to_the_line_that_holds_its_text(id: str) -> None:
    source = Path(LIBRARY.questions[id].source)
    page = Page(str(source))
    document = read_question(source.read_text(encoding="utf-8"), page)
    assert document is not None
    lines = source.read_text(encoding="utf-8").splitlines()
    for place, text in texts(document).items():
        assert place in page.lines or place[0] == "themes", place
        assert text in plain(lines[page.line(*place) - 1]), place


def test_changing_texts_changes_them_all_and_nothing_else() -> None:
    document = LIBRARY.questions["difficult-customers"]
    changed = change_texts(document, lambda place, text: f"{text}!")
    assert list(texts(changed).values()) == [f"{text}!" for text in texts(document).values()]
    assert change_texts(changed, lambda place, text: text[:-1]) == document
    # role, function, description, question; 2 themes; 5 texts a key point, 7 a motivation, 3 a flag; 4 STAR parts
    assert len(texts(document)) == 4 + 2 + 5 * 10 + 7 * 4 + 3 * 5 + 4
