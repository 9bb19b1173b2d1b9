"""The guard that every other test relies on."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import network_guard
import pytest

OUTSIDE = "192.0.2.1"  # TEST-NET-1: never anyone's address


@pytest.fixture(autouse=True)
def _forget(_guard: None) -> object:
    yield
    network_guard.ATTEMPTS.clear()


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param(lambda: socket.create_connection((OUTSIDE, 80)), id="an address"),
        pytest.param(lambda: socket.create_connection(("example.org", 80)), id="a name"),
        pytest.param(lambda: socket.getaddrinfo("example.org", 443), id="look-up"),
        pytest.param(lambda: socket.gethostbyname("example.org"), id="old look-up"),
        pytest.param(lambda: socket.socket().connect_ex((OUTSIDE, 80)), id="connect_ex"),
        pytest.param(
            lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"?", (OUTSIDE, 53)), id="datagram"
        ),
        pytest.param(lambda: asyncio.run(_open_stream()), id="asyncio"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_reaching_the_network_raises_and_is_remembered(attempt: Callable[[], object]) -> None:
    with pytest.raises(network_guard.RealNetworkError):
        attempt()
    assert network_guard.ATTEMPTS


async def _open_stream() -> None:
    await asyncio.open_connection(OUTSIDE, 80)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_this_machine_stays_reachable(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((name, server.getsockname()[1])).close()
    assert not network_guard.ATTEMPTS


def test_processes_started_by_tests_are_guarded() -> None:
    code = f"import socket; socket.create_connection(({OUTSIDE!r}, 80))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "RealNetworkError" in done.stderr


def test_the_users_keys_and_folders_are_out_of_reach() -> None:
    assert not [name for name in os.environ if name.startswith(("OPENAI_", "HF_TOKEN"))]
    real_home = Path(f"~{os.environ.get('USER', 'root')}").expanduser()
    assert Path.home() != real_home
