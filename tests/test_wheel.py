"""The wheel, built through the source distribution and installed away from the checkout, is the same program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest
from test_architecture import OWNERS, SHARED

ROOT = Path(__file__).resolve().parents[1]
BUNDLED = "interviewer/_bundled/"


def tracked(*folders: str) -> set[str]:
    """Every file under these folders that git knows or would add, so never an ignored one."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders]
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what belongs into the wheel is not known")
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()}


class Built(NamedTuple):
    """What the build made."""

    wheel: Path
    sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Both distributions, built from a copy of the checkout that also holds files git ignores."""
    copy, out = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("dist")
    for name in tracked("."):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    for ignored in ("content/private/questions/mine.md", "prompts/__pycache__/x.pyc", "interviewer/x.pyc"):
        (copy / ignored).parent.mkdir(parents=True, exist_ok=True)
        (copy / ignored).write_text("private", encoding="utf-8")
    (copy / ".git").mkdir()  # where the search for .gitignore ends
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return Built(next(out.glob("*.whl")), next(out.glob("*.tar.gz")))


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of commands: the wheel in an environment of its own, which borrows only the dependencies."""
    home = tmp_path_factory.mktemp("env")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    site = next(home.glob("lib/python*/site-packages"))
    (site / "borrowed.pth").write_text(str(Path(pytest.__file__).resolve().parents[1]) + "\n", encoding="utf-8")
    python = next(home.glob("bin/python"))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index"]
    # Else pip takes the borrowed editable install for the package, and installs nothing.
    done = subprocess.run([*pip, "--ignore-installed", str(built.wheel)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return python.parent


def run(installed: Path, folder: Path, *command: str) -> str:
    done = subprocess.run(
        [str(installed / "interviewer"), *command],
        cwd=folder,
        env={**os.environ, "COLUMNS": "300", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.wheel
def test_the_wheel_bundles_exactly_the_tracked_prompts_and_content(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        names = wheel.namelist()
    assert {name.removeprefix(BUNDLED) for name in names if name.startswith(BUNDLED)} == tracked("prompts", "content")


@pytest.mark.wheel
def test_neither_distribution_holds_a_file_that_git_ignores(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel, tarfile.open(built.sdist) as sdist:
        names = [*wheel.namelist(), *sdist.getnames()]
    assert not [name for name in names if "private" in name or name.endswith(".pyc") or "__pycache__" in name]


@pytest.mark.wheel
def test_the_wheel_holds_the_package_its_weights_and_its_licences_and_nothing_else(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        names = {name for name in wheel.namelist() if not name.startswith(BUNDLED)}
    info = {name for name in names if ".dist-info/" in name}
    assert names - info == tracked("interviewer")
    assert any(name.startswith("interviewer/weights/") for name in names)
    assert {Path(name).name for name in info} >= {"LICENSE", "NOTICE", "METADATA", "entry_points.txt"}


def test_the_checkout_has_no_bundled_copy() -> None:
    assert not (ROOT / "interviewer" / "_bundled").exists(), "it would go stale unnoticed"


@pytest.mark.wheel
def test_an_installed_wheel_runs_from_its_bundled_files(installed: Path, tmp_path: Path) -> None:
    site = next(installed.parent.glob("lib/python*/site-packages"))
    paths = run(installed, tmp_path, "paths")
    assert str(site / "interviewer" / "_bundled" / "prompts") in paths
    assert str(site / "interviewer" / "_bundled" / "content") in paths
    assert str(ROOT / "prompts") not in paths
    assert str(ROOT / "content") not in paths


@pytest.mark.wheel
@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("questions",), "difficult-customers"),
        (("settings",), "INTERVIEWER_PORT"),
        (("check",), ""),
        (("preview", "difficult-customers"), "Loss Prevention Specialist"),
        (("--help",), "serve"),
    ],
    ids=["questions", "settings", "check", "preview", "help"],
)
def test_an_installed_wheel_runs_the_same_commands(
    installed: Path, tmp_path: Path, command: tuple[str, ...], says: str
) -> None:
    assert says in run(installed, tmp_path, *command)


def test_every_library_the_package_imports_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    names = {line.split(">")[0].split("[")[0].strip().lower().replace("_", "-") for line in declared}
    providers = packages_distributions()
    undeclared = {
        library
        for library in OWNERS.keys() | SHARED
        if not {name.lower().replace("_", "-") for name in (*providers.get(library, []), library)} & names
    }
    assert not undeclared, "add it to [project] dependencies in pyproject.toml, then run `make lock`"
