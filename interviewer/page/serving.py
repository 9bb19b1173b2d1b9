"""Serves the page: on this machine only unless told otherwise, and never fetches, shares or reports anything."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio import http_server

from ..errors import SettingsError
from ..panel import Panel
from ..phrases import _
from ..store import Store
from .app import build_page
from .author import Author
from .desk import Desk
from .looks import head, make_theme, style_sheet
from .owners import name_browser, owner_in, whose

__all__ = ["Guard", "Served", "open_page"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Gradio's own page needs inline scripts and `Function`; what the policy closes is every other origin: even words
# that found a way to become markup could send nothing away and fetch nothing.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
# Nothing on the page uploads or downloads files, so the routes for it are closed rather than trusted.
CLOSED = ("/gradio_api/upload", "/gradio_api/file", "/gradio_api/proxy", "/gradio_api/stream", "/gradio_api/info")


class Guard:
    """Stands before gradio: refuses foreign host names and closed routes, adds the security headers."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], own_names: frozenset[str]) -> None:
        """`own_names`: the host names that may be asked for; empty: any, for a page shown to the network.

        There, each browser gets a name of its own that no script can read: it sees its own interviews and no others.
        """
        self.app = app
        self.own_names = own_names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = _host_name(dict(scope["headers"]).get(b"host", b"").decode("latin-1"))
        # A web page elsewhere could point its own name at this machine and read the interview ("DNS rebinding").
        if self.own_names and name not in self.own_names:
            await _refuse(send, 421, b"Open the page by the address that was printed.")
        elif scope["path"].startswith(CLOSED):
            await _refuse(send, 404, b"Not here.")
        else:
            named = self.own_names or owner_in(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))
            more = () if named or scope["path"] != "/" else ((b"set-cookie", name_browser()),)
            await self.app(scope, receive, self._with_headers(send, more))

    def _with_headers(self, send: Send, more: Sequence[tuple[bytes, bytes]]) -> Send:
        async def send_on(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS, *more]
            await send(message)

        return send_on


async def _refuse(send: Send, status: int, says: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": says})


def _host_name(header: str) -> str:
    """The name in a Host header, without port and brackets."""
    name = header.rsplit("]", 1)[0].lstrip("[") if header.startswith("[") else header.partition(":")[0]
    return name.lower()


@dataclass(frozen=True)
class Served:
    """A page that can be opened."""

    address: str
    warnings: tuple[str, ...]
    wait: Callable[[], None]
    """Returns when the server ends."""


@contextmanager
def open_page(
    panel: Panel,
    store: Store,
    *,
    host: str,
    port: int,
    author: Author | None = None,
    coach: bool = False,
    now: Callable[[], float] = time.time,
) -> Iterator[Served]:
    """Serves the page in the background and closes it at the end; with `author` or `coach`, it has their views.

    `now`: what time it is, in seconds since the epoch.

    Raises:
        SettingsError: the address is taken or can't be listened on, or would show the coach's view to the network.
    """
    bare = host.strip("[]")
    _check_free(bare, port)
    local = _is_local(bare)
    if coach and not local:
        raise SettingsError(
            f"The coach's view shows everybody's answers, and everybody who can reach {bare} could open it: leave out "
            "--coach and INTERVIEWER_COACH, or let the page listen on 127.0.0.1."
        )
    own_names = frozenset({"localhost", "127.0.0.1", "::1", bare}) if local else frozenset()
    desk = Desk(panel, store, now=now, whose=None if own_names else whose)
    with ThreadPoolExecutor(1) as beside:  # whoever calls may have a loop running already
        app = beside.submit(asyncio.run, _build(desk, own_names, author, coach)).result()
    *_, server = http_server.start_server(app, bare, port)
    name = f"[{bare}]" if ":" in bare else bare
    try:
        yield Served(f"http://{name}:{port}", _warnings(bare, local=local), lambda: _wait(server))
    finally:
        _end(server)


async def _build(desk: Desk, own_names: frozenset[str], author: Author | None, coach: bool) -> Any:
    """The whole application; in a running loop, for gradio otherwise makes loops of its own and leaves them open."""
    app = gr.routes.App(openapi_url=None)
    app.add_middleware(Guard, own_names=own_names)
    desk.spoken.open_routes(app)
    gr.mount_gradio_app(
        app,
        build_page(desk.panel, desk, author, coach=coach),
        path="/",
        theme=make_theme(),
        css=style_sheet(),
        head=head(),
        footer_links=[],
        run_history=False,  # gradio would keep what was typed in the browser's storage
        show_error=False,
        app_kwargs={"openapi_url": None},
        allowed_paths=[],
        max_file_size=1,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
    )
    return app


def _end(server: Any) -> None:
    server.close()


def _wait(server: Any) -> None:
    # In steps: a plain join would not let Ctrl-C through on every system.
    while server.thread.is_alive():
        server.thread.join(0.5)


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _warnings(host: str, *, local: bool) -> tuple[str, ...]:
    if local:
        return ()
    return (_("Everybody who can reach {host} can open this page: there is no password.").format(host=host),)


def _check_free(host: str, port: int) -> None:
    """Tries the address first: gradio would wait for seconds and then name a variable of its own."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(where)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {port} on {host} is taken, perhaps by a page that still runs: end that, or choose another "
                "with --port or INTERVIEWER_PORT."
            ) from None
        raise SettingsError(
            f"The page can't listen on {host} port {port} ({error.strerror or error}): "
            "set INTERVIEWER_HOST and INTERVIEWER_PORT to ones it can."
        ) from None
