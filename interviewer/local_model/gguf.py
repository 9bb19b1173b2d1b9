"""Reads the header of a GGUF model file; never loads the weights."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from ..errors import ModelFileError

__all__ = ["check_model_file", "is_decision_model"]

MAGIC = b"GGUF"
_STRING, _ARRAY = 8, 9
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of each value type that has a fixed size."""


def check_model_file(path: Path) -> None:
    """Refuses what is no GGUF file of a version in use, before the native loader sees it.

    Raises:
        ModelFileError: no such file, or no GGUF file.
    """
    try:
        with path.open("rb") as file:
            _read_counts(file)
    except OSError as error:
        raise ModelFileError(f"{path}: the model file can't be read ({error.strerror or error}).") from error
    except ValueError as error:
        raise ModelFileError(f"{path}: {error}; give a GGUF file, or run `interviewer model pull`.") from error


def is_decision_model(path: Path) -> bool:
    """Whether this GGUF file answers typed questions instead of writing text.

    llama.cpp recognises such a model by the key `<architecture>.decision.type` in its header, and so does this.

    Raises:
        ModelFileError: no such file, or no readable GGUF header.
    """
    check_model_file(path)
    try:
        with path.open("rb") as file:
            return any(key.endswith(b".decision.type") for key in _keys(file, path.stat().st_size))
    except (ValueError, struct.error, OverflowError) as error:
        raise ModelFileError(f"{path}: its GGUF header is damaged ({error}); fetch the file again.") from error


def _read_counts(file: BinaryIO) -> int:
    """How many metadata keys follow."""
    head = file.read(24)
    if len(head) < 24 or head[:4] != MAGIC:
        raise ValueError("this is not a GGUF file")
    version, _tensors, keys = struct.unpack("<IQQ", head[4:])
    if version not in (2, 3):
        raise ValueError(f"this is a GGUF file of version {version}, and only 2 and 3 can be read")
    return int(keys)


def _keys(file: BinaryIO, size: int) -> list[bytes]:
    found = []
    for _ in range(_read_counts(file)):
        found.append(_read_bytes(file, size))
        _skip(file, _number(file, "<I"), size)
    return found


def _skip(file: BinaryIO, kind: int, size: int) -> None:
    if kind == _STRING:
        _read_bytes(file, size)
    elif kind == _ARRAY:
        inner, count = _number(file, "<I"), _number(file, "<Q")
        if inner in _SIZES:
            _leap(file, count * _SIZES[inner], size)
        elif inner == _STRING:
            for _ in range(count):
                _read_bytes(file, size)
        else:
            raise ValueError(f"an array of type {inner}")
    elif kind in _SIZES:
        _leap(file, _SIZES[kind], size)
    else:
        raise ValueError(f"a value of type {kind}")


def _read_bytes(file: BinaryIO, size: int) -> bytes:
    length = _number(file, "<Q")
    # A forged length must not make us ask for more memory than the file is long.
    if length > size:
        raise ValueError("a string longer than the file")
    return file.read(length)


def _leap(file: BinaryIO, count: int, size: int) -> None:
    if count > size:
        raise ValueError("an array longer than the file")
    file.seek(count, 1)


def _number(file: BinaryIO, layout: str) -> int:
    return int(struct.unpack(layout, file.read(struct.calcsize(layout)))[0])
