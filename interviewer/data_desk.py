"""What people do with what was kept: export it, take it in again, comment on it; writes no file and prints nothing."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import TYPE_CHECKING, Literal

from .errors import BundleError, StoreError
from .exports.bundle import LARGEST, Bundle, write_bundle
from .exports.markdown import to_markdown
from .exports.outline import Trust
from .exports.settle import Outcome, identity_beside, settle, with_comments
from .exports.sheet import verdicts_csv
from .phrases import _, chosen_language, count_of, use_language
from .schema import Comment, Interview, Record
from .store.records import is_id

if TYPE_CHECKING:
    from .store import Store

__all__ = [
    "FORMATS",
    "Format",
    "Made",
    "Taken",
    "as_guests",
    "comment",
    "export",
    "guests",
    "is_guest",
    "mine",
    "say_taken",
    "sender_of",
    "set_apart",
    "set_pages",
    "take_in",
    "tells_too_early",
]

Format = Literal["md", "json", "csv", "pdf"]
FORMATS: dict[Format, str] = {
    "md": "text/markdown", "json": "application/json", "csv": "text/csv", "pdf": "application/pdf",
}  # fmt: skip
"""Media type of each format, which is also the end of its files' names."""
LONGEST_COMMENT = 5_000
_GUEST = "candidate-"
"""How the owner of an interview begins that a coach imported into a group."""


class Made(Record):
    """A file that was made."""

    name: str
    media_type: str
    data: bytes


# ── whose is what ────────────────────────────────────────────────────────────────────────────────────


def is_guest(interview: Interview) -> bool:
    """Whether a coach imported it into a group; it is no practice of whoever keeps it."""
    return interview.owner.startswith(_GUEST)


def mine(store: Store, owner: str | None) -> list[Interview]:
    """One's own interviews, the newest first; `owner` None: all that no coach imported.

    Raises:
        StoreError: the store can't be read.
    """
    found = [one for one in store.interviews(owner) if not is_guest(one)]
    return sorted(found, key=lambda one: (-one.started, one.id))


def tells_too_early(interview: Interview) -> bool:
    """Whether a file of it would tell the candidate criteria and grades that the page still keeps back."""
    return interview.mode != "practice" and not interview.ended


def guests(store: Store) -> list[Interview]:
    """The interviews of a group: those that were imported into it, and those of everybody who shares the store.

    Raises:
        StoreError: the store can't be read.
    """
    return sorted((one for one in store.interviews() if one.owner), key=lambda one: (one.started, one.id))


def sender_of(interviews: Sequence[Interview], owner: str | None) -> str:
    """The same for every export of one person from one place, and no way back to the owner or an id.

    Args:
        interviews: all of the person's, not only those that are exported.
        owner: of them; else the oldest interview stands for its owner.
    """
    oldest = min(interviews, key=lambda one: (one.started, one.id)).id if interviews else ""
    return hashlib.sha256(f"sender {owner or oldest}".encode()).hexdigest()[:16]


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────


def export(
    interviews: Sequence[Interview],
    format: Format,
    *,
    now: float,
    candidate: str = "",
    sender: str = "",
    trust: Trust | None = None,
) -> Made:
    """These interviews as one file.

    Args:
        interviews: at least one.
        format: of the file.
        now: seconds since the epoch.
        candidate: as they call themselves; written on every interview, except where one says otherwise.
        sender: see `sender_of`.
        trust: how far each grader agreed with raters.

    Raises:
        BundleError: it would be too large to be read again.
    """
    named = [one if one.candidate else one.model_copy(update={"candidate": candidate}) for one in interviews]
    match format:
        case "md":
            data = to_markdown(named, trust).encode("utf-8", "replace")
        case "csv":
            data = verdicts_csv(named).encode("utf-8", "replace")
        case "json":
            data = write_bundle(named, candidate=candidate, sender=sender, made=now).encode()
            if len(data) > LARGEST:
                says = _(
                    "The file would have more than {most:,} bytes and could not be imported: export fewer at once."
                )
                raise BundleError(says.format(most=LARGEST))
        case "pdf":
            data = set_apart(named, made=now, trust=trust)
    return Made(name=_file_name(named, format, now, candidate), media_type=FORMATS[format], data=data)


def set_apart(interviews: Sequence[Interview], *, made: float, trust: Trust | None = None) -> bytes:
    """A PDF, made in a process of its own.

    What shapes its letters and what runs the embedded model are both made with Cython, in ways that can't be loaded
    into one process; and setting pages would hold up everybody else at the page.
    """
    spawned = get_context("spawn")
    with ProcessPoolExecutor(1, spawned, initializer=use_language, initargs=(chosen_language(),)) as apart:
        return apart.submit(set_pages, interviews, made=made, trust=trust).result()


def set_pages(interviews: Sequence[Interview], *, made: float, trust: Trust | None = None) -> bytes:
    """A PDF, made here; for a process that runs no embedded model and never will."""
    from .exports.pdf import to_pdf

    return to_pdf(interviews, made=made, trust=trust)


def _file_name(interviews: Sequence[Interview], format: Format, now: float, candidate: str) -> str:
    """`interview-difficult-customers-kim-2026-11-26.pdf`: letters that every system takes."""
    one = interviews[0] if len(interviews) == 1 else None
    about = one.questions[0].id if one and len(one.questions) == 1 else (one.plan if one else "")
    date = datetime.fromtimestamp((one.started if one else 0) or now, UTC).strftime("%Y-%m-%d")
    parts = ["interview" if one else "interviews", about, candidate, date]
    words = (re.sub(r"[^A-Za-z0-9]+", "-", part).strip("-").lower()[:60] for part in parts)
    return f"{'-'.join(filter(None, words))}.{format}"


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────

Taken = Counter[str]
"""How many interviews were `new` or had one of the outcomes of `settle`."""


def take_in(store: Store, interviews: Iterable[Interview]) -> Taken:
    """Keeps interviews from elsewhere; what is here already is kept once, and never overwritten by less.

    Args:
        store: where to keep them.
        interviews: each with the owner it gets here.

    Raises:
        StoreError: the store can't be read or written.
    """
    taken: Taken = Counter()
    for interview in interviews:
        outcome, kept = _settled(store, interview)
        taken[outcome] += 1
        if outcome != "same":
            store.save(kept)
    return taken


def as_guests(bundle: Bundle) -> list[Interview]:
    """A file's interviews as a candidate's, apart from those of whoever keeps the group."""
    told = "".join(sorted(one.id for one in bundle.interviews))
    sender = bundle.sender or hashlib.sha256(told.encode()).hexdigest()[:16]
    return [one.model_copy(update={"owner": f"{_GUEST}{sender}"}) for one in bundle.interviews]


def _settled(store: Store, theirs: Interview) -> tuple[Outcome | Literal["new"], Interview]:
    here = _here(store, theirs.id) if is_id(theirs.id) else None
    if here is None and is_id(theirs.id):
        return "new", theirs
    if here is not None and here.owner == theirs.owner:
        outcome, kept = settle(here, theirs)
        if outcome != "beside":
            return outcome, kept
    # An id that is somebody else's says nothing of theirs, and opens nothing.
    beside = theirs.model_copy(update={"id": identity_beside(theirs, theirs.owner)})
    there = _here(store, beside.id)
    if there is None:
        return "beside", beside
    outcome, kept = settle(there, beside)
    return ("same", there) if outcome == "beside" else (outcome, kept)


def _here(store: Store, interview_id: str) -> Interview | None:
    try:
        return store.load(interview_id)
    except StoreError:
        return None


def say_taken(taken: Taken) -> str:
    """What became of the interviews in a file."""
    new, further, commented, same, beside = (
        taken[outcome] for outcome in ("new", "further", "commented", "same", "beside")
    )
    parts = (
        (new, count_of("{number} new", "{number} new", new)),
        (
            further,
            count_of("{number} went on since and replaced yours", "{number} went on since and replaced yours", further),
        ),
        (commented, count_of("{number} has new comments", "{number} have new comments", commented)),
        (same, count_of("{number} was here already", "{number} were here already", same)),
        (
            beside,
            count_of(
                "{number} differs from yours and is kept beside it", "{number} differ and are kept beside yours", beside
            ),
        ),
    )
    said = [says for number, says in parts if number]
    whole = count_of("{number} interview read", "{number} interviews read", taken.total())
    return f"{whole}: {'; '.join(said)}." if said else _("The file holds no interview.")


# ── a group ──────────────────────────────────────────────────────────────────────────────────────────


def comment(store: Store, interview_id: str, question_id: str, attempt: int, text: str, author: str, now: float) -> str:
    """Adds a comment to an attempt; a sentence for why it can't be, empty when it was.

    Raises:
        StoreError: the interview isn't there, or the store can't be written.
    """
    text = text.encode("utf-8", "replace").decode().strip()
    if not text:
        return _("Write a comment first.")
    if len(text) > LONGEST_COMMENT:
        return _("A comment has at most {most:,} characters; this one has {count:,}.").format(
            most=LONGEST_COMMENT, count=len(text)
        )
    author = " ".join(author.encode("utf-8", "replace").decode().split())[:100]
    interview = store.load(interview_id)
    new = Comment(question_id=question_id, attempt=attempt, text=text, author=author, at=now)
    both = with_comments(interview, (new,))
    store.save(both.model_copy(update={"revision": interview.revision + 1}))
    return ""
