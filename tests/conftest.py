"""Guards every test: no keys, no real network, no folder of the user's; and fixtures several tests share."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import network_guard
import postgres
import pytest

from interviewer import folders

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

REAL_CACHE = folders.cache_folder()
"""Where the user's embedded model is; only tests marked `embedded` look there."""

TEMPORARY = Path(tempfile.mkdtemp(prefix="interviewer-tests-"))

OFF = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "PYTHONPATH": str(Path(__file__).parent / "guard"),
}
FOREIGN = ("OPENAI_", "AZURE_", "INTERVIEWER_", "HF_", "GRADIO_", "XDG_", "TIKTOKEN_")


def _guard_environment(home: Path) -> dict[str, str]:
    return {
        **OFF,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "INTERVIEWER_DATA": str(home / "data"),
        "INTERVIEWER_CACHE": str(home / "cache"),
    }


# At import, so that imports, collection and session fixtures are guarded too.
for _name in [name for name in os.environ if name.upper().startswith(FOREIGN)]:
    del os.environ[_name]
for _name in ("http_proxy", "https_proxy", "all_proxy"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.upper(), None)
os.environ.update(_guard_environment(TEMPORARY))
network_guard.install()


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(TEMPORARY, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests last, so that what breaks quickly is seen quickly."""
    slow = ("browser", "wheel", "embedded")
    items.sort(
        key=lambda item: max(
            (slow.index(mark.name) + 1 for mark in item.iter_markers() if mark.name in slow), default=0
        )
    )


@pytest.fixture(autouse=True)
def _guard(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each test has a home of its own, and fails if anything tried to reach the network, caught or not."""
    home = tmp_path_factory.mktemp("home")
    for name, value in _guard_environment(home).items():
        monkeypatch.setenv(name, value)
    network_guard.ATTEMPTS.clear()
    yield
    tried = list(network_guard.ATTEMPTS)
    network_guard.ATTEMPTS.clear()
    assert not tried, f"the test tried to reach the network: {', '.join(tried)}"


@pytest.fixture(scope="session")
def embedded_model_path() -> Path:
    """The real embedded model's file; skips where it was never fetched."""
    from interviewer import local_model

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTERVIEWER_CACHE", str(REAL_CACHE))
        path = local_model.find()
    if path is None:
        pytest.skip(f"the embedded model is not in {REAL_CACHE}: `interviewer model pull` fetches it")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of one file."""
    from browsing import chromium

    with chromium() as opened:
        yield opened


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody's window of it, of a desktop's size."""
    from browsing import PATIENCE

    opened = browser.new_context(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a database on a server of the tests' own; skips where there is no PostgreSQL."""
    if reason := postgres.why_not():
        pytest.skip(reason)
    with postgres.server() as url:
        yield url


@pytest.fixture
def empty_postgres(postgres_url: str) -> str:
    """The same with a schema of the test's own, so that its tables are not there yet."""
    import psycopg

    schema = f"s{secrets.token_hex(8)}"
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    return f"{postgres_url}&options=-csearch_path%3D{schema}"
