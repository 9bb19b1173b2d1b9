"""Makes a real network call impossible: only loopback and unix sockets open; every other attempt is kept and raised."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

__all__ = ["ATTEMPTS", "RealNetworkError", "install"]

ATTEMPTS: list[str] = []
"""What was tried, so that a test fails even where the code under test swallowed the error."""

LOCAL_NAMES = {"", "localhost", "localhost.localdomain", "ip6-localhost"}
REAL = {name: getattr(socket, name) for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex")}


class RealNetworkError(OSError):
    """A test tried to reach a real network."""


def _is_local(host: object) -> bool:
    if host is None:
        return True
    name = (host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)).strip("[]").lower()
    if name in LOCAL_NAMES or name == socket.gethostname().lower():
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(target: object) -> None:
    ATTEMPTS.append(str(target))
    raise RealNetworkError(f"a test tried to reach the network: {target}")


class GuardedSocket(socket.socket):
    """A socket that connects to this machine only."""

    def _check(self, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
            _refuse(address)

    def connect(self, address: Any) -> None:
        """Connect, if it is to this machine."""
        self._check(address)
        super().connect(address)

    def connect_ex(self, address: Any) -> int:
        """Connect, if it is to this machine."""
        self._check(address)
        return super().connect_ex(address)

    def sendto(self, data: Any, *rest: Any) -> int:
        """Send a datagram, if it is to this machine."""
        self._check(rest[-1])
        return super().sendto(data, *rest)


def _guarded(name: str) -> Any:
    def resolve(host: Any, *args: Any, **options: Any) -> Any:
        if not _is_local(host):
            _refuse(host)
        return REAL[name](host, *args, **options)

    return resolve


def install() -> None:
    """Guard this process; calling it twice changes nothing."""
    socket.socket = GuardedSocket  # type: ignore[misc]
    for name in REAL:
        setattr(socket, name, _guarded(name))
