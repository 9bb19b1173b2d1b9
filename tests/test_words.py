"""Every sentence people read is in the catalogue, and every language has all of them, whole and compiled."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import words
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo

from interviewer.errors import SettingsError
from interviewer.page.frame import show_welcome
from interviewer.phrases import LANGUAGES, _, chosen_language, count_of, forms_of, lowered, use_language
from interviewer.schema import Grade
from interviewer.settings import Settings
from interviewer.wording import say_status, say_verdict

TRANSLATED = sorted(LANGUAGES.keys() - {"en"})
MODULES = sorted(words.PACKAGE.rglob("*.py"))


@pytest.fixture(autouse=True)
def _in_english_afterwards() -> Iterator[None]:
    yield
    use_language("en")


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ("",))


def entries(catalogue: Catalog) -> dict[tuple[str, ...], Message]:
    return {forms(message.id): message for message in catalogue if message.id}


def places(sentence: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(sentence) if name is not None}


# ── the catalogue ────────────────────────────────────────────────────────────────────────────────────


def test_the_template_holds_the_sentences_of_the_code() -> None:
    assert words.TEMPLATE.read_bytes() == words.as_text(words.extract()), "run `make words`"


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_language_has_every_sentence_and_none_that_is_only_guessed(language: str) -> None:
    wanted, there = entries(words.extract()), entries(words.read(language))
    assert there.keys() == wanted.keys(), "run `make words`"
    assert not [id for id, message in there.items() if message.fuzzy]
    assert not [id for id, message in there.items() if not all(forms(message.string))]


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_places_of_its_sentence_and_can_be_filled_in(language: str) -> None:
    for id, message in entries(words.read(language)).items():
        for sentence in forms(message.string):
            # "One sentence" may stand where others have their number.
            spare = {"number"} if len(id) > 1 else set()
            assert places(id[-1]) - spare <= places(sentence) <= places(id[-1]), sentence
            assert sentence.format(**dict.fromkeys(places(sentence), 3))
            assert len(sentence) - len(sentence.strip()) == len(id[0]) - len(id[0].strip()), sentence


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_read_at_run_time_is_what_was_translated(language: str) -> None:
    compiled = read_mo(BytesIO(words.po_file(language).with_suffix(".mo").read_bytes()))
    told = {id: forms(message.string) for id, message in entries(compiled).items()}
    assert told == {id: forms(one.string) for id, one in entries(words.read(language)).items()}, "run `make words`"


# ── the code ─────────────────────────────────────────────────────────────────────────────────────────


def calls(tree: ast.AST, *names: str) -> list[ast.Call]:
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call for call in found if isinstance(call.func, ast.Name) and call.func.id in names]


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(words.PACKAGE).as_posix())
def test_no_sentence_is_looked_up_before_a_language_is_chosen_or_made_before_it_is_looked_up(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for call in calls(tree, "_", "later", "count_of", "forms_of"):
        assert not isinstance(call.args[0], ast.JoinedStr | ast.BinOp), f"line {call.lineno}: not in a catalogue"
    inside = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)]
    late = {id(call) for one in inside for call in calls(one, "_", "count_of", "forms_of")}
    assert not [call.lineno for call in calls(tree, "_", "count_of", "forms_of") if id(call) not in late]


SHOWN = ("label", "info", "placeholder", "title")


@pytest.mark.parametrize("file", sorted((words.PACKAGE / "page").glob("*.py")), ids=lambda file: file.stem)
def test_the_page_says_nothing_that_is_not_in_the_catalogue(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"</?[a-z]+\d?[ >]", node.value)
    ]
    bare = [text for text in texts if re.search(r"(>|^)[^<>=]*[A-Z][a-z]+ ?[a-z]*[^<>=]*(<|$)", text)]
    assert not [text for text in bare if "</" in text and not text.startswith("<svg")], "text between tags"
    assert not [text for text in texts if re.search(r'(aria-label|placeholder|title)="[A-Za-z]', text)]
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if ast.unparse(call.func) in ("gr.Button", "gr.Tab"):
            assert not _plain(call.args[0]), call.lineno
        if ast.unparse(call.func).startswith("gr.") and ast.unparse(call.func) != "gr.Blocks":
            assert not [one.arg for one in call.keywords if one.arg in SHOWN and _plain(one.value)], call.lineno


def _plain(given: ast.AST) -> bool:
    return isinstance(given, ast.Constant) and isinstance(given.value, str) and " " in given.value


# ── how it is used ───────────────────────────────────────────────────────────────────────────────────


def test_sentences_come_in_the_language_chosen_last() -> None:
    assert (_("Your answer"), chosen_language()) == ("Your answer", "en")
    use_language("de")
    assert (_("Your answer"), chosen_language()) == ("Ihre Antwort", "de")
    assert _("no such sentence") == "no such sentence"
    assert _("") == ""
    with pytest.raises(KeyError):
        use_language("xx")
    assert chosen_language() == "de"


@pytest.mark.parametrize(("number", "said"), [(0, "0 Antworten"), (1, "1 Antwort"), (2, "2 Antworten")])
def test_a_number_chooses_the_form(number: int, said: str) -> None:
    use_language("de")
    assert count_of("{number} answer", "{number} answers", number) == said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [0, 1, 2, 11, 21, 99, 100, 101, 111, 199])
def test_a_script_finds_the_same_form(language: str, number: int) -> None:
    use_language(language)
    given: dict[str, Any] = forms_of("{number} question ticked", "{number} questions ticked")
    said = given["forms"][int(given["of"][number])].replace("{number}", str(number))
    assert said == count_of("{number} question ticked", "{number} questions ticked", number)


def test_a_heading_inside_a_sentence_is_small_in_english_alone() -> None:
    assert lowered("No answer to grade") == "no answer to grade"
    use_language("de")
    assert lowered("Keine Antwort") == "Keine Antwort"


def test_a_grade_stays_in_english_and_is_shown_in_the_language_in_use() -> None:
    stopped = Grade(
        id="", question_id="q", status="unscored", reason="You stopped the grading.",
        decider="builtin", model="", prompt_hash="", rubric_hash="",
    )  # fmt: skip
    assert say_status(stopped) == ("Not graded", "You stopped the grading.")
    use_language("de")
    assert say_status(stopped) == ("Nicht bewertet", "Sie haben die Bewertung angehalten.")
    assert say_status(stopped.model_copy(update={"reason": "too_short"}))[1].startswith("Weniger als 5 Wörter")
    assert say_status(stopped.model_copy(update={"reason": "The model said {this}."}))[1] == "The model said {this}."
    assert (say_verdict("2"), say_verdict("covered", inside=True)) == ("Stufe 2 von 3", "erfüllt")


def test_the_start_says_in_german_what_stays_in_english() -> None:
    assert "English" not in show_welcome()
    use_language("de")
    assert "auf Englisch" in show_welcome()


def test_the_setting_takes_the_languages_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERVIEWER_LANGUAGE", "DE")
    assert Settings().language == "de"
    monkeypatch.setenv("INTERVIEWER_LANGUAGE", "tlh")
    with pytest.raises(SettingsError, match="INTERVIEWER_LANGUAGE=tlh: must be one of: en, de"):
        Settings()
