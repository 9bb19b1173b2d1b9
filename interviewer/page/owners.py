"""Tells browsers apart where several people share a page, by a name in a cookie that no script can read."""

from __future__ import annotations

import re
from http.cookies import CookieError, SimpleCookie

from gradio.context import LocalContext

from ..store import new_id

__all__ = ["name_browser", "owner_in", "whose"]

NAME = "interviewer-owner"
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
YEAR_SECONDS = 365 * 24 * 3600


def name_browser() -> bytes:
    """A Set-Cookie header with 128 random bits: who can't guess them sees nobody else's interviews.

    Lax, not Strict: who comes by a link from elsewhere would else come without it, and get a new one in its place.
    """
    return f"{NAME}={new_id()}; Path=/; Max-Age={YEAR_SECONDS}; HttpOnly; SameSite=Lax".encode()


def owner_in(cookies: str) -> str:
    """The browser's name in a Cookie header; empty when there is none of ours."""
    try:
        found = SimpleCookie(cookies).get(NAME)
    except CookieError:
        return ""
    return found.value if found is not None and _ID.fullmatch(found.value) else ""


def whose() -> str:
    """The name of the browser whose event is being handled; a new one, never seen again, for one that keeps none."""
    request = LocalContext.request.get(None)
    cookies = dict(request.cookies) if request is not None else {}
    return owner_in(f"{NAME}={cookies.get(NAME, '')}") or new_id()
