"""Settings: what wins, what is refused and how, and that no secret is ever shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interviewer.errors import SettingsError
from interviewer.settings import HIDDEN, NOT_SET, Settings

KEY = "sk-proj-abcdefghijklmnop"


def shown(variable: str) -> str:
    return {name: value for name, value, _ in Settings().masked()}[variable]


def test_a_flag_wins_over_the_environment_and_that_over_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().port == 7860
    monkeypatch.setenv("INTERVIEWER_PORT", "8001")
    assert Settings().port == 8001
    assert Settings(port=8002).port == 8002
    assert Settings(port=None).port == 8001, "None is an option that was not given"


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_a_blank_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    for name in ("OPENAI_API_KEY", "INTERVIEWER_PORT", "INTERVIEWER_CONTENT", "INTERVIEWER_DECIDER"):
        monkeypatch.setenv(name, blank)
    assert Settings() == Settings(port=7860, decider="auto")
    assert Settings().openai_api_key is None


def test_only_the_documented_names_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("INTERVIEWER_PORT=8001\nOPENAI_API_KEY=sk-from-dotenv\n", encoding="utf-8")
    for name in ("PORT", "HOST", "MODEL", "interviewer_port", "API_KEY"):
        monkeypatch.setenv(name, "8001")
    found = Settings()
    assert (found.port, found.host, found.model, found.openai_api_key) == (7860, "127.0.0.1", None, None)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("INTERVIEWER_PORT", "abc", "INTERVIEWER_PORT=abc: should be a valid integer"),
        ("INTERVIEWER_PORT", "0", "greater than or equal to 1"),
        ("INTERVIEWER_PORT", "65536", "less than or equal to 65535"),
        ("INTERVIEWER_DECIDER", "gpt", "'auto', 'openai', 'systemone', 'chat', 'readout' or 'builtin'"),
        ("INTERVIEWER_MODEL_SOURCE", "disk", "'auto', 'packages' or 'hub'"),
        ("INTERVIEWER_TIMEOUT_SECONDS", "0", "greater than 0"),
        ("INTERVIEWER_TIMEOUT_SECONDS", "inf", "less than or equal to 3600"),
        ("INTERVIEWER_MINUTES", "1h", "should be a valid number"),
        ("INTERVIEWER_FOLLOW_UPS", "11", "less than or equal to 10"),
        ("INTERVIEWER_PRICE_INPUT", "-1", "greater than or equal to 0"),
        ("INTERVIEWER_PRICE_OUTPUT", "nan", "should be a finite number"),
        ("INTERVIEWER_CONTENT", "/no/such/folder", "there is no folder /no/such/folder"),
        ("INTERVIEWER_PROMPTS", os.pathsep.join(("/", "/no/such")), "there is no folder /no/such"),
        ("INTERVIEWER_LOCAL_MODEL", "/no/model.gguf", "there is no file /no/model.gguf"),
        ("INTERVIEWER_DATA", __file__, "must be a folder"),
        ("INTERVIEWER_HOST", "http://x/", "must be a host name"),
        ("OPENAI_BASE_URL", "ftp://x", "must be a web address"),
        ("OPENAI_BASE_URL", "http://x:99999", "must be a web address"),
        ("OPENAI_BASE_URL", "http://x/a b", "must be a web address"),
        ("INTERVIEWER_DECIDER_URL", "localhost:8080", "must be a web address"),
        ("INTERVIEWER_DATABASE", "interviews.db", "must be the address of a database"),
        ("INTERVIEWER_DATABASE", "postgresql://me:p@ss@host/db", "write %40"),
        ("OPENAI_API_KEY", f"{KEY}\nX", "contains characters that no key has"),
    ],
)
def test_an_unusable_value_is_one_sentence_that_opens_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        Settings()
    message = str(caught.value)
    assert message.startswith(variable)
    assert says in message
    assert "change or unset it" in message
    assert "\n" not in message
    assert "pydantic" not in message.lower()


def test_an_unusable_flag_is_called_a_flag() -> None:
    with pytest.raises(SettingsError, match=r"^INTERVIEWER_PORT=99999 \(given as a flag\): "):
        Settings(port=99999)


@settings(deadline=None, max_examples=60)
@given(key=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60))
def test_a_key_is_hidden_however_short_it_is(key: str) -> None:
    found = Settings(openai_api_key=f" {key}\n", decider_key=key)
    values = {name: value for name, value, _ in found.masked()}
    assert values["OPENAI_API_KEY"] == values["INTERVIEWER_DECIDER_KEY"] == HIDDEN
    assert found.openai_api_key is not None
    assert found.openai_api_key.get_secret_value() == key


@pytest.mark.parametrize("odd", ["ü", " ", "\r\n", "\x00", "\u200b"])
def test_a_key_with_odd_characters_is_refused_without_repeating_any_of_it(odd: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(openai_api_key=KEY[:12] + odd + KEY[12:])
    assert KEY[:4] not in str(caught.value)
    assert KEY[-4:] not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("https://me:pw@host.example:8443/v1", f"https://{HIDDEN}@host.example:8443/v1"),
        ("https://host.example/v1?key=abc", f"https://host.example/v1?{HIDDEN}"),
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1"),
    ],
)
def test_keys_inside_addresses_are_hidden_too(monkeypatch: pytest.MonkeyPatch, address: str, seen: str) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    assert shown("OPENAI_BASE_URL") == seen


def test_a_half_typed_address_with_a_password_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "me:secret@host.example")
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("sqlite:////home/me/mine.db", "sqlite:////home/me/mine.db"),
        ("sqlite:///mine.db", "sqlite:///mine.db"),
        ("postgresql+psycopg://me:hunter2@host:5432/db", f"postgresql+psycopg://{HIDDEN}@host:5432/db"),
        ("postgresql://me:hun/ter2#?@host/db", f"postgresql://{HIDDEN}@host/db"),
        ("postgresql://host/db?password=hunter2", f"postgresql://host/db?{HIDDEN}"),
    ],
)
def test_a_databases_password_is_never_shown(monkeypatch: pytest.MonkeyPatch, address: str, seen: str) -> None:
    monkeypatch.setenv("INTERVIEWER_DATABASE", address)
    assert shown("INTERVIEWER_DATABASE") == seen
    assert Settings().database == address and "hun" not in repr(Settings())


@pytest.mark.parametrize("wrong", ["me:hunter2@host/db", "postgresql://me:hunter2@x@host/db", "p://hunter2\nx"])
def test_a_half_typed_database_with_a_password_is_not_repeated(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("INTERVIEWER_DATABASE", wrong)
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert "hunter2" not in str(caught.value)


def test_an_unset_variable_says_so() -> None:
    assert shown("OPENAI_API_KEY") == NOT_SET
    assert shown("INTERVIEWER_CONTENT") == NOT_SET


def test_lists_of_folders_are_split_as_the_system_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b c"]
    for folder in folders:
        folder.mkdir()
    monkeypatch.setenv("INTERVIEWER_CONTENT", os.pathsep.join(map(str, folders)) + os.pathsep)
    assert Settings().content == tuple(folders)
    assert Settings(prompts=folders).prompts == tuple(folders)


@pytest.mark.parametrize(("given_value", "kept"), [("AUTO", "auto"), (" off ", "off"), (__file__, __file__)])
def test_the_embedded_model_is_automatic_off_or_a_file(given_value: str, kept: str) -> None:
    assert Settings(local_model=given_value).local_model == kept


def test_a_misspelt_variable_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.unknown() == []
    monkeypatch.setenv("INTERVIEWER_DECIDR", "chat")
    assert Settings.unknown() == [
        "INTERVIEWER_DECIDR is set, but no setting has that name (INTERVIEWER_DECIDER is close)."
    ]


def test_settings_are_frozen_and_every_one_is_explained() -> None:
    found: Any = Settings()
    with pytest.raises(ValueError, match="frozen"):
        found.port = 1
    for name, _, meaning in Settings.table():
        assert name.startswith(("OPENAI_", "INTERVIEWER_"))
        assert meaning.endswith(".")
