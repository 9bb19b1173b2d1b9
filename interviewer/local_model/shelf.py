"""Where the embedded model's file lies and whether it is the right one; never fetches or loads it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ..errors import ModelFileError
from ..folders import cache_folder
from ..schema import Record

__all__ = [
    "ADAPTER",
    "MODEL",
    "ModelFile",
    "ModelInfo",
    "adapter_for",
    "find",
    "hash_file",
    "model_info",
    "model_path",
    "stamp",
]


class ModelFile(Record):
    """A published model file, exactly one."""

    name: str
    repository: str
    """On the Hugging Face hub."""
    file: str
    size: int
    """Bytes."""
    sha256: str
    licence: str


class ModelInfo(Record):
    """What is known about the embedded model on this machine."""

    name: str
    path: Path
    """Where the file is, or would be."""
    size: int
    """Bytes on disk; 0 when it isn't there."""
    expected_size: int
    sha256: str
    verified: bool
    """The file is there and was hashed after it was fetched; it has not changed since."""
    licence: str
    source: str
    """Who publishes it."""


MODEL = ModelFile(
    name="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
    repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    licence="Apache-2.0",
)
"""The model that is embedded unless the user names another."""


ADAPTER = Path(__file__).parent.parent / "weights" / "readout.gguf"
"""What tunes this model, and no other, to grade; it works in the requests that ask for it alone."""


def adapter_for(path: Path) -> Path | None:
    """The adapter that goes with a model's file; None when it was made for another model."""
    return ADAPTER if path.name == MODEL.file else None


def model_path(folder: Path | None = None) -> Path:
    """Where the embedded model's file belongs, in the cache folder or another one."""
    return (folder or cache_folder()) / "models" / MODEL.file


def find(chosen: str | Path = "auto") -> Path | None:
    """The model file to load, None when there is none.

    Args:
        chosen: `auto` for the fetched and verified file, `off` for none, else the path of a GGUF file.

    Raises:
        ModelFileError: a path was named and no file is there.
    """
    if chosen == "off":
        return None
    if chosen == "auto":
        path = model_path()
        return path if _is_stamped(path) else None
    path = Path(chosen).expanduser().absolute()
    if not path.is_file():
        raise ModelFileError(f"{path}: no such file; set INTERVIEWER_LOCAL_MODEL to a GGUF file, to auto or to off.")
    return path


def model_info(folder: Path | None = None) -> ModelInfo:
    """What is known about the embedded model on this machine; hashes nothing."""
    path = model_path(folder)
    return ModelInfo(
        name=MODEL.name,
        path=path,
        size=path.stat().st_size if path.is_file() else 0,
        expected_size=MODEL.size,
        sha256=MODEL.sha256,
        verified=_is_stamped(path),
        licence=MODEL.licence,
        source=MODEL.repository,
    )


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stamp(path: Path) -> None:
    """Notes that this file was hashed and is the right one, so that a later start need not read a gigabyte."""
    _stamp_path(path).write_text(json.dumps(_fingerprint(path)), encoding="utf-8")


def _is_stamped(path: Path) -> bool:
    try:
        noted = json.loads(_stamp_path(path).read_text(encoding="utf-8"))
        return bool(noted == _fingerprint(path))
    except (OSError, ValueError):
        return False


def _stamp_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.verified")


def _fingerprint(path: Path) -> dict[str, object]:
    status = path.stat()
    return {"sha256": MODEL.sha256, "size": status.st_size, "modified_ns": status.st_mtime_ns}
