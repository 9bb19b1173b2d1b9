"""The embedded chat model: fetched, found, and served on this machine only; never says or judges anything itself."""

from __future__ import annotations

from .download import Source, pull
from .gguf import is_decision_model
from .server import LocalServer, start
from .shelf import ADAPTER, MODEL, ModelInfo, find, model_info

__all__ = [
    "ADAPTER",
    "MODEL",
    "LocalServer",
    "ModelInfo",
    "Source",
    "find",
    "is_decision_model",
    "model_info",
    "pull",
    "start",
]
