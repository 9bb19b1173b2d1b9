"""Exports, imports and deletes from the command line, and writes a group's table; says what it did, prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .attempts import answers_in
from .data_desk import Format, as_guests, export, guests, mine, say_taken, sender_of, take_in
from .errors import BundleError, StoreError
from .exports.bundle import LARGEST, Bundle, read_bundle
from .exports.outline import say_date
from .group import group, group_csv
from .phrases import _, count_of
from .schema import Interview

if TYPE_CHECKING:
    from .store import Store

__all__ = ["delete", "export_to", "list_interviews", "make_group_csv", "restore"]

Say = Callable[[str], None]


def list_interviews(store: Store) -> Iterator[str]:
    """Id, date, number of answers and first question of each of one's interviews, with tabs between, newest first.

    Raises:
        StoreError: the store can't be read.
    """
    for one in mine(store, None):
        answers = sum(len(answers_in(attempt.turns)) for attempt in one.attempts) + len(answers_in(one.turns))
        count = count_of("{number} answer", "{number} answers", answers)
        yield f"{one.id}\t{say_date(one.started)}\t{count}\t{one.questions[0].question}"


def export_to(
    store: Store, ids: Sequence[str], format: Format, out: Path, *, now: float, candidate: str, say: Say
) -> None:
    """Writes interviews to one file, or one file each into a folder, and says what was written where.

    Args:
        store: where they are kept.
        ids: of the interviews; empty: all.
        format: of the files.
        out: a file; or a folder, when it is one.
        now: seconds since the epoch.
        candidate: as they call themselves; may be empty.
        say: told what was written.

    Raises:
        StoreError: one isn't there, nothing is, or the file can't be written.
    """
    every = mine(store, None)
    chosen = [store.load(id) for id in ids] if ids else every
    if not chosen:
        raise StoreError(_("There is no interview in {place}: nothing was exported.").format(place=store.place))
    sender = sender_of(every, None)
    for few in [[one] for one in chosen] if out.is_dir() else [chosen]:
        made = export(few, format, now=now, candidate=candidate, sender=sender)
        path = out / f"{few[0].id}-{made.name}" if out.is_dir() else out
        try:
            path.write_bytes(made.data)
        except OSError as error:
            raise StoreError(
                _("{path}: can't be written ({why}).").format(path=path, why=error.strerror or error)
            ) from None
        say(
            _("{path}: {count}.").format(
                path=path, count=count_of("{number} interview", "{number} interviews", len(few))
            )
        )


def _read_file(path: Path) -> Bundle:
    """The interviews in a file on disk.

    Raises:
        BundleError: it can't be read, or holds none.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BundleError(_("{file}: larger than {most:,} bytes.").format(file=path, most=LARGEST))
        return read_bundle(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError:
        raise BundleError(_("{file}: is not UTF-8 text, so no export.").format(file=path)) from None
    except OSError as error:
        raise BundleError(_("{file}: can't be read ({why}).").format(file=path, why=error.strerror or error)) from None


def restore(store: Store, files: Iterable[Path], *, say: Say) -> None:
    """Takes exported interviews back in and says what became of them.

    Raises:
        BundleError: a file can't be read; those before it are in.
        StoreError: the store can't be read or written.
    """
    for path in files:
        own = [one.model_copy(update={"owner": ""}) for one in _read_file(path).interviews]
        say(f"{path}: {say_taken(take_in(store, own))}")


def delete(store: Store, ids: Sequence[str], *, everything: bool, say: Say) -> None:
    """Deletes interviews, drafts included, and says how many are left; whether it is meant was asked before.

    Raises:
        StoreError: one isn't there, or the store can't be written.
    """
    if everything:
        store.delete_everything()
        say(_("Everything in {place} is deleted.").format(place=store.place))
        return
    each = dict.fromkeys(ids)
    for id in each:
        store.load(id)
    store.delete(*each)
    left = len(mine(store, None))
    deleted = count_of("{number} interview deleted", "{number} interviews deleted", len(each))
    say(_("{deleted}; {left} left in {place}.").format(deleted=deleted, left=left, place=store.place))


def make_group_csv(store: Store, files: Sequence[Path], out: Path, *, say: Say) -> None:
    """Writes what a group covers and misses as a table.

    Args:
        store: whose interviews of other people are the group when no file is given.
        files: the candidates' exports.
        out: the file to write.
        say: told what was written.

    Raises:
        BundleError: a file can't be read.
        StoreError: there is nobody's interview, or the file can't be written.
    """
    found: dict[str, Interview] = {}
    for path in files:
        found |= {f"{one.owner} {one.id}": one for one in as_guests(_read_file(path))}
    questions = group([*found.values()] if files else guests(store))
    if not questions:
        raise StoreError(_("No candidate has a graded answer: give their exported JSON files."))
    try:
        out.write_text(group_csv(questions), encoding="utf-8", newline="")
    except OSError as error:
        raise StoreError(_("{path}: can't be written ({why}).").format(path=out, why=error.strerror or error)) from None
    count = count_of("{number} question", "{number} questions", len(questions))
    say(_("{path}: {count}.").format(path=out, count=count))
