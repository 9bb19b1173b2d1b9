"""Serves a GGUF model inside this process, on loopback and with a key of its own; never opens to other machines."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import ModelFileError
from .gguf import check_model_file, is_decision_model
from .shelf import adapter_for

__all__ = ["LocalServer", "start"]

BATCH_TOKENS = 256
"""Prompt tokens read at a time. Nothing interrupts a batch, so this bounds how long a cancelled request still holds the
processor, and how long speech waits for the grader: some seconds on two cores, at no measurable loss of speed."""


class LocalServer:
    """A running model; use it as a context manager, or close it."""

    def __init__(self, server: Any, *, model: str, api_key: str, slots: int, threads: int) -> None:
        self._server = server
        self.model = model
        self.api_key = api_key
        self.slots = slots
        self.threads = threads
        self.base_url = f"{server.listening_address}/v1"

    def __repr__(self) -> str:
        return f"LocalServer({self.model} at {self.base_url})"

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops the model and frees its memory; closing twice changes nothing."""
        self._server = None


def start(path: Path, *, context: int = 8192, threads: int | None = None, slots: int = 2) -> LocalServer:
    """Loads a model and serves the OpenAI API with it; takes some seconds, so call it from a thread.

    The model comes with its adapter, where it has one; that works in the requests whose `lora` gives it a scale.

    Args:
        path: a GGUF file: a chat model, or a decision model, which then answers `/v1/systemone`.
        context: tokens that all slots share.
        threads: None for one per processor this process may use, at most 8.
        slots: requests served at once, each keeping the beginning of its prompt: one for the interviewer, one for
            the grader (`id_slot` in a request's body names one).

    Raises:
        ModelFileError: xllamacpp is not installed, the file can't be read, or it can't be loaded.
    """
    check_model_file(path)
    # Read by the OpenMP library when xllamacpp loads it. Threads that wait by spinning take the processor from the page
    # and from each other: with all processors busy this was eight times as fast. putenv, for nobody else need see it.
    os.putenv("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import xllamacpp
    except ImportError as error:
        raise ModelFileError(
            "The embedded model needs the package xllamacpp: run `pip install 'interviewer[local]'`, or set "
            "OPENAI_BASE_URL to use another model."
        ) from error
    threads = threads or min(_processors(), 8)
    api_key = secrets.token_urlsafe(24)
    params = _params(xllamacpp.CommonParams(), path, api_key=api_key, context=context, threads=threads, slots=slots)
    if adapter := adapter_for(path):
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 0.0)]
        params.lora_init_without_apply = True
    try:
        server = xllamacpp.Server(params)
    except (RuntimeError, MemoryError, ValueError) as error:
        raise ModelFileError(
            f"{path}: the model can't be loaded ({error}): it needs about {path.stat().st_size * 1.4 / 1e9:.1f} GB of "
            "free memory and an undamaged file; `interviewer model pull` fetches it again."
        ) from error
    return LocalServer(server, model=path.stem, api_key=api_key, slots=slots, threads=threads)


def _params(params: Any, path: Path, *, api_key: str, context: int, threads: int, slots: int) -> Any:
    params.model.path = str(path)
    params.model_alias = {path.stem}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    # Other users of the machine can reach loopback too; without the key they get nothing.
    params.api_keys = [api_key]
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = -1
    params.n_ctx = context
    params.n_parallel = slots
    params.kv_unified = True
    # With a cache beside the slots, each request clears the other slot into it, and one that names its slot never gets
    # that back: the whole prompt would be read again at every change of speaker.
    params.cache_ram_mib = 0
    # Repacked weights would be a second copy: 0.6 GB and two seconds for no gain in speed that could be measured.
    params.no_extra_bufts = True
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    if is_decision_model(path):
        # An encoder reads the whole text at once.
        params.n_batch = params.n_ubatch = context
        params.n_parallel = 1
    return params


def _processors() -> int:
    available = getattr(os, "sched_getaffinity", None)
    return len(available(0)) if available else os.cpu_count() or 1
