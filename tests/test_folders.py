"""Where packaged files and the user's folders are."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from interviewer import folders
from interviewer.errors import SettingsError

Folder = Literal["prompts", "content"]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package folder like one in site-packages, with nothing bundled yet."""
    package = tmp_path / "site-packages" / "interviewer"
    package.mkdir(parents=True)
    monkeypatch.setattr(folders, "PACKAGE", package)
    return package


@pytest.mark.parametrize("name", ["prompts", "content"])
def test_a_checkout_uses_its_own_folders(name: Folder) -> None:
    assert folders.bundled(name) == Path(__file__).parents[1] / name


@pytest.mark.parametrize("name", ["prompts", "content"])
def test_the_checkout_wins_over_a_bundled_copy(installed: Path, name: Folder) -> None:
    (installed / "_bundled" / name).mkdir(parents=True)
    (installed.parent / name).mkdir()
    assert folders.bundled(name) == installed / "_bundled" / name, "no pyproject.toml: not a checkout"
    (installed.parent / "pyproject.toml").touch()
    assert folders.bundled(name) == installed.parent / name


def test_a_folder_beside_an_installed_package_is_never_used(installed: Path) -> None:
    (installed.parent / "prompts").mkdir()  # what an editable install leaves in site-packages
    with pytest.raises(SettingsError):
        folders.bundled("prompts")


def test_a_missing_folder_names_both_places(installed: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        folders.bundled("content")
    assert str(installed.parent / "content") in str(caught.value)
    assert str(installed / "_bundled" / "content") in str(caught.value)


def test_a_chosen_folder_wins_over_the_variable_and_that_over_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INTERVIEWER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("INTERVIEWER_DATA", "~/kept")
    assert folders.cache_folder(tmp_path / "chosen") == tmp_path / "chosen"
    assert folders.cache_folder() == tmp_path / "cache"
    assert folders.data_folder() == Path.home() / "kept"
    monkeypatch.delenv("INTERVIEWER_CACHE")
    monkeypatch.setenv("INTERVIEWER_DATA", " ")
    assert folders.cache_folder().is_relative_to(Path.home())
    assert folders.data_folder().is_relative_to(Path.home())
    assert folders.cache_folder() != folders.data_folder()
