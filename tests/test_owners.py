"""Where several people share a page each browser sees its own interviews; on one's own machine there is one person."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from shipped import QUESTION
from tables import ANSWER, FOLLOW_UPS, seat

from interviewer.page.desk import Desk
from interviewer.page.owners import NAME, name_browser, owner_in, whose
from interviewer.page.serving import Guard, Scope
from interviewer.store import Store, new_id


async def cookies_set(own_names: frozenset[str], path: str, *, cookie: bytes = b"") -> list[bytes]:
    """What a browser is asked to keep when it opens this path."""
    sent: list[bytes] = []

    async def app(scope: Scope, receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]

    async def receive() -> dict[str, object]:
        return {}

    async def send(message: dict[str, object]) -> None:
        headers: list[tuple[bytes, bytes]] = message["headers"]  # type: ignore[assignment]
        sent.extend(value for name, value in headers if name == b"set-cookie")

    scope = {"type": "http", "path": path, "headers": [(b"host", b"here"), (b"cookie", cookie)]}
    await Guard(app, own_names)(scope, receive, send)  # type: ignore[arg-type]
    return sent


async def test_only_a_shared_page_names_a_browser_and_only_once() -> None:
    assert await cookies_set(frozenset({"here"}), "/") == []
    (cookie,) = await cookies_set(frozenset(), "/")
    assert b"HttpOnly" in cookie and b"SameSite=Lax" in cookie
    name = cookie.partition(b";")[0]
    assert owner_in(name.decode()) and await cookies_set(frozenset(), "/", cookie=name) == []
    assert await cookies_set(frozenset(), "/assets/a.js") == []


def test_two_browsers_get_two_names_and_one_without_a_cookie_is_nobody_twice() -> None:
    assert name_browser() != name_browser()
    assert whose() != whose()


@given(st.text())
def test_a_cookie_of_somebody_elses_making_is_no_name(text: str) -> None:
    found = owner_in(f"{NAME}={text}")
    assert found == "" or (len(found) == 22 and found in text)


async def test_what_one_browser_practised_is_not_in_anothers_history_or_export(tmp_path: Path) -> None:
    ann, ben = new_id(), new_id()
    now = [ann]
    desk = Desk(seat(*FOLLOW_UPS), Store(tmp_path), now=lambda: 100.0, whose=lambda: now[0])
    interview = desk.submit(ANSWER, desk.begin([QUESTION.id])["interview"], None)["interview"]
    [change async for change in desk.grade(interview)]
    assert desk.resume(None)["missed"] and len(desk.store.marks(desk.owner())) == 1 and desk.place == ""
    now[0] = ben
    assert not desk.resume(None)["missed"] and desk.store.marks(desk.owner()) == ()
    assert [saved.id for saved in desk.store.saved(ann)] == [interview.id]
    home = Desk(seat(), Store(tmp_path))
    assert home.owner() == "" and home.place
