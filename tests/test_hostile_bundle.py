"""A file of interviews that somebody made as an attack: it is refused, or every view of it shows words as words."""

from __future__ import annotations

import hashlib
import html.parser
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from exported import twice
from shipped import LIBRARY, PROMPTS, QUESTION
from tables import ANSWER, seat

from interviewer.acting import stop
from interviewer.data_desk import as_guests, export, take_in
from interviewer.errors import BundleError
from interviewer.exports.bundle import read_bundle, write_bundle
from interviewer.group import group
from interviewer.interview import Interviewer, answer, begin, end
from interviewer.page.desk import Desk
from interviewer.page.heat import show_group, show_one
from interviewer.page.history_desk import HistoryDesk
from interviewer.page.shelf import show_kept
from interviewer.rewrite import template
from interviewer.schema import Brief, Delivery, Interview
from interviewer.store import Store

MARK = "hacked"
HOSTILE = f'"><img src=x onerror="window.{MARK}=1">{{{{7*7}}}}</script></style><script>{MARK}()</script>\u202e\x00=1+1'
Place = tuple[str | int, ...]


def full() -> Interview:
    """Two attempts, a dispute, a hint, a comment, a rewrite, a brief, and how an answer sounded; ended."""
    told = twice()
    grade = told.grades[QUESTION.id]
    answers = [turn.text for turn in told.turns if turn.act == "answer"]
    sounded = Delivery(words=9, seconds=4.0, silent_seconds=1.0, pauses=1, longest_pause_seconds=2.0, fillers={"um": 2})
    turns = tuple(
        turn.model_copy(update={"delivery": sounded}) if turn.act == "answer" else turn for turn in told.turns
    )
    return end(
        told.model_copy(
            update={
                "turns": turns,
                "plan": "A plan",
                "brief": Brief(title="Team leader", employer="Hill & Co", phrases=("calm",)),
                "rewrites": {QUESTION.id: template(QUESTION, answers, grade)},
            }
        ),
        Interviewer(PROMPTS),
    )


def played() -> Interview:
    play = LIBRARY.role_plays[sorted(LIBRARY.role_plays)[0]]
    told = begin(
        (LIBRARY.questions[play.question],), prompts=PROMPTS, id="played-with-22-chars-1", now=5.0, mode="role_play",
        role_play=play,
    )  # fmt: skip
    return stop(answer(told, "I understand. Let me look that up for you.", 6.0), PROMPTS)


def leaves(thing: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    found = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    for key, value in found:
        if isinstance(value, dict | list):
            yield from leaves(value, (*place, key))
        else:
            yield (*place, key), value


def put(thing: Any, place: Place, value: Any) -> None:
    for key in place[:-1]:
        thing = thing[key]
    thing[place[-1]] = value


def signed(interviews: list[dict[str, Any]]) -> str:
    text = json.dumps(interviews, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    whole = json.loads(write_bundle([])) | {"interviews": interviews, "sender": HOSTILE[:200]}
    return json.dumps(whole | {"sha256": hashlib.sha256(text.encode()).hexdigest()})


def taken(interview: dict[str, Any]) -> Interview | None:
    """The interview as it is read from a file that holds it alone; None where that is refused in a sentence."""
    try:
        return read_bundle(signed([interview]), "a.json").interviews[0]
    except BundleError:
        return None


class _Markup(html.parser.HTMLParser):
    """Finds elements and attributes that no page of ours has."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [tag] * (tag in ("img", "script", "iframe", "object", "link", "base", "a"))
        self.found += [name for name, _value in attrs if name.startswith("on") or name in ("src", "href", "srcdoc")]
        self.found += [f"{name}={value}" for name, value in attrs if name == "style" and MARK in (value or "")]

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is not None and MARK in data:
            self.found.append(f"in {self.cdata_elem}")


def drawn(interview: Interview, folder: Path) -> list[str]:
    """The HTML of every view of an imported interview."""
    store = Store(folder)
    take_in(store, [interview.model_copy(update={"owner": ""})])
    [kept] = store.interviews("")
    desk = Desk(seat(), store, now=lambda: 1_795_800_000.0)
    room = desk.resume({"id": kept.id})
    assert room["screen"] == "room", room["notice"]
    history = HistoryDesk(desk, now=lambda: 1_795_800_000.0)
    past = history.draw()
    [guest] = as_guests(read_bundle(write_bundle([kept]), "a.json"))
    tables = group([guest])
    shown = [
        *(room[name] for name in ("side", "question", "hints", "notice")),
        *(message["content"] for message in room["chat"]),
        past["body"], past["interviews"], history.draw(kept.questions[0].id)["body"],
        show_kept([kept]), show_group(tables),
    ]  # fmt: skip
    for one in tables:
        for candidate in one.candidates:
            shown.append(show_one(guest, one.question_id, candidate.attempt, candidate.name, LIBRARY, removable=True))
    return shown


@pytest.mark.parametrize("interview", [full(), played()], ids=["graded", "played"])
def test_words_of_a_hostile_file_are_words_in_every_view(interview: Interview, tmp_path: Path) -> None:
    whole = json.loads(interview.model_dump_json())
    kept = 0
    for place, value in list(leaves(whole)):
        if isinstance(value, str):
            put(whole, place, HOSTILE)
            if taken(whole) is None:
                put(whole, place, value)
            else:
                kept += 1
    assert kept > 60
    hostile = taken(whole)
    assert hostile is not None
    shown = drawn(hostile, tmp_path)
    for text in shown:
        parser = _Markup()
        parser.feed(text)
        assert parser.found == []
        assert "{{" not in text
    assert MARK in "".join(shown)
    for format in ("md", "csv", "json", "pdf"):
        made = export([hostile], format, now=5.0, candidate=HOSTILE)
        assert re.fullmatch(r"[a-z0-9-]+\.[a-z]+", made.name)
        if format == "md":
            assert not re.search(r"(?<!\\)<(?!mark>|/mark>|sup>|/sup>|br>)", made.data.decode())


@pytest.mark.parametrize("interview", [full(), played()], ids=["graded", "played"])
def test_a_number_that_makes_no_sense_is_refused_or_breaks_no_view(interview: Interview, tmp_path: Path) -> None:
    whole = json.loads(interview.model_dump_json())
    kinds = {tuple(key for key in place if isinstance(key, str)): (place, value) for place, value in leaves(whole)}
    numbers = [(place, value) for place, value in kinds.values() if isinstance(value, int | float)]
    assert len(numbers) > 10
    for at, (place, value) in enumerate(numbers):
        for other in (-1, 10**14, 1e300):
            put(whole, place, other)
            if (told := taken(whole)) is not None:
                folder = tmp_path / f"{at}-{other}"
                assert drawn(told, folder)
                for format in ("md", "csv", "json"):
                    assert export([told], format, now=5.0)
        put(whole, place, value)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", '"nan"', '"inf"', "1" * 400])
def test_what_is_no_number_is_none(number: str) -> None:
    whole = json.loads(full().model_dump_json())
    whole["grades"][QUESTION.id]["seconds"] = 77.125
    text = signed([whole])
    read_bundle(text, "a.json")
    text = text.replace("77.125", number)
    # Whoever attacks can reckon the checksum.
    with pytest.raises(BundleError, match=r"not a number|not JSON|can't be read"):
        read_bundle(re.sub('"sha256": "[0-9a-f]+"', f'"sha256": "{digest(text)}"', text), "a.json")


def digest(text: str) -> str:
    interviews = json.loads(text)["interviews"]
    canonical = json.dumps(interviews, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("questions", 0, "id"), "a b"),
        (("questions", 0, "key_points", 0, "id"), "x y"),
        (("started",), 1e14),
        (("mode",), "role_play"),
        (("turns", 0, "act"), "answer"),
        (("disputes",), [{"question_id": QUESTION.id, "kind": "key_point", "criterion": "calm", "answers": 1,
                          "verdict": "nonsense", "graded": "covered", "graded_by": "m"}]),
        (("attempts", 0, "turns"), []),
    ],
)  # fmt: skip
def test_what_no_program_of_ours_writes_is_refused(place: Place, value: object) -> None:
    whole = json.loads(full().model_dump_json())
    assert taken(whole) is not None
    put(whole, place, value)
    assert taken(whole) is None


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("temper",), 9),
        (("endings",), {}),
        (("topics", 0, "calm"), []),
        (("rules", 0, "cues"), ["a … a … a … a … a … z"]),
        (("rules", 0, "cues"), ["a"] * 2_001),
    ],
)
def test_a_role_play_that_cannot_be_played_is_refused(place: Place, value: object) -> None:
    whole = json.loads(played().model_dump_json())
    assert taken(whole) is not None
    put(whole["role_play"], place, value)
    assert taken(whole) is None


def test_an_owner_that_a_file_names_is_not_believed(tmp_path: Path) -> None:
    from interviewer.data_files import restore

    owned = json.loads(full().model_dump_json()) | {"owner": "somebody-elses-browser"}
    (tmp_path / "a.json").write_text(signed([owned]))
    store = Store(tmp_path / "kept")
    restore(store, [tmp_path / "a.json"], say=lambda _: None)
    assert [one.owner for one in store.interviews()] == [""]
    assert ANSWER in json.dumps(owned, ensure_ascii=False)
