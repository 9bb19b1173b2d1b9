"""Writes interviews to one JSON file and reads them back without loss; believes nothing that such a file says.

The checksum finds damage, and edits made by hand; it is no signature, for everybody can make one.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field, ValidationError

from .. import __version__
from ..errors import BundleError
from ..phrases import _
from ..schema import Interview, Record
from .sense import LONGEST_NAME, nonsense

__all__ = ["LARGEST", "Bundle", "read_bundle", "write_bundle"]

FORMAT = "interviewer-export"
VERSION = 1
LARGEST = 20_000_000
"""Characters of a file that is read."""
LONGEST_NUMBER = 15
"""Digits of a whole number that any program reads without loss."""
MOST_INTERVIEWS = 2_000


class Bundle(Record):
    """What a file of exported interviews holds."""

    candidate: str = Field(default="", max_length=LONGEST_NAME)
    """What the candidate calls themselves; may be empty."""
    sender: str = Field(default="", max_length=LONGEST_NAME)
    """The same in every export from one place, so that two candidates of one name stay two."""
    made: float = 0.0
    """Seconds since the epoch, UTC."""
    made_by: str = Field(default="", max_length=LONGEST_NAME)
    """The program and its version."""
    interviews: tuple[Interview, ...]


def write_bundle(interviews: Iterable[Interview], *, candidate: str = "", sender: str = "", made: float = 0.0) -> str:
    """Interviews as a JSON file, whole but for their owner, which is nobody else's business.

    Args:
        interviews: in the order they are kept in.
        candidate: set on every interview; empty leaves each its own.
        sender: tells one candidate from another of the same name.
        made: seconds since the epoch.
    """
    candidate = candidate.encode("utf-8", "replace").decode()
    dumped = []
    for interview in interviews:
        update = {"owner": "", **({"candidate": candidate} if candidate else {})}
        dumped.append(interview.model_copy(update=update).model_dump(mode="json"))
    whole = {
        "format": FORMAT,
        "version": VERSION,
        "made_by": f"interviewer {__version__}",
        "made": made,
        "candidate": candidate,
        "sender": sender,
        "sha256": _checksum(dumped),
        "interviews": dumped,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def read_bundle(text: str, file: str) -> Bundle:
    """The interviews in a file, each checked in itself.

    Args:
        text: of the file.
        file: its name, for messages.

    Raises:
        BundleError: it is too large, damaged, changed, of another kind or of a later version, or holds an
            interview that makes no sense.
    """
    whole = _parse(text.removeprefix("\ufeff"), file)
    told = whole.pop("sha256", None)
    try:
        checksum = _checksum(whole.get("interviews"))
    except UnicodeEncodeError:
        raise BundleError(_("{file}: can't be read; it holds half a character.").format(file=file)) from None
    if checksum != told:
        raise BundleError(_("{file}: was damaged or changed since it was exported; export it anew.").format(file=file))
    del whole["format"], whole["version"]
    try:
        # Strictly, which only works on JSON: else `"nan"` would count as a number.
        bundle = Bundle.model_validate_json(json.dumps(whole), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])[:200]
        made_by = str(whole.get("made_by", ""))[:LONGEST_NAME]
        says = _("{file}: can't be read at {where} ({why}); it was made by {program}, this is {here}.")
        raise BundleError(
            says.format(
                file=file, where=where, why=first["msg"], program=made_by or "?", here=f"interviewer {__version__}"
            )
        ) from None
    _check(bundle.interviews, file)
    return bundle


def _parse(text: str, file: str) -> dict[str, Any]:
    if len(text) > LARGEST:
        raise BundleError(
            _("{file}: larger than {most:,} characters; export fewer interviews at a time.").format(
                file=file, most=LARGEST
            )
        )
    try:
        whole = json.loads(text, parse_constant=_refuse, parse_int=_whole, parse_float=_finite)
    except RecursionError:
        raise BundleError(_("{file}: nested too deeply to be an export.").format(file=file)) from None
    except ValueError as error:
        raise BundleError(_("{file}: is not JSON ({why}).").format(file=file, why=str(error)[:200])) from None
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise BundleError(_("{file}: is not an export of interviews; choose the JSON file.").format(file=file))
    version = whole.get("version")
    if version != VERSION:
        raise BundleError(
            _("{file}: has version {version}, and this program reads version {known}; update it.").format(
                file=file, version=str(version)[:20], known=VERSION
            )
        )
    return whole


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number")


def _whole(digits: str) -> int:
    return int(digits) if len(digits) <= LONGEST_NUMBER else int(_refuse(digits[:LONGEST_NUMBER] + "…"))


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits[:20])


def _checksum(interviews: Any) -> str:
    """Of the interviews as they stand in the file, however it is laid out; fields of later versions count too."""
    text = json.dumps(interviews, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _check(interviews: Sequence[Interview], file: str) -> None:
    if len(interviews) > MOST_INTERVIEWS:
        raise BundleError(
            _("{file}: more than {most:,} interviews; export fewer at a time.").format(file=file, most=MOST_INTERVIEWS)
        )
    seen: set[str] = set()
    for place, interview in enumerate(interviews, start=1):
        why = _("its id is there twice") if interview.id in seen else nonsense(interview)
        seen.add(interview.id)
        if why:
            says = _("{file}: interview {place} makes no sense: {why}.")
            raise BundleError(says.format(file=file, place=place, why=why))
