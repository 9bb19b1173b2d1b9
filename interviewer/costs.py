"""Sets each grader's agreement beside the seconds, tokens and megabytes it takes; measures nothing itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .folders import checkout
from .local_model import ADAPTER, MODEL
from .published import SETS, published_results, say_figure, table

__all__ = ["cost_table"]

WEIGHTS = Path(__file__).resolve().parent / "weights"
BASELINES = (("majority", "the commonest verdict of each kind"), ("length", "by the number of words alone"))
"""Trivial graders measured beside the others: prefix of their figures' keys, and what they do."""


def cost_table(folder: Path | None = None) -> str:
    """How well each grader does for its seconds, tokens and megabytes; what a replayed run can't tell stays open.

    Args:
        folder: of the results, other than the checkout's.
    """
    results = list(published_results(folder))
    rows: list[tuple[str, ...]] = []
    # Not talks: the seconds that replies took are known of single answers only.
    for name in ("test", "unseen"):
        of_set = sorted((one for one in results if one["facts"]["sets"] == [name]), key=_macro)
        for key, told in BASELINES if of_set else ():
            rows.append((told, _say_answers(of_set[0]), _say_macro(of_set[0], f"{key}."), "100%", "none", "0", "0"))
        rows += [_cost_row(one, _readout_seconds(folder)) for one in of_set]
    head = (
        "grader", "answers", "key points, macro-F1", "judged", "seconds an answer, median", "tokens, median",
        "megabytes here",
    )  # fmt: skip
    return table(head, rows)


def _cost_row(result: dict[str, Any], readout_seconds: float | None) -> tuple[str, ...]:
    facts = result["facts"]
    embedded = facts["decider"] == "readout"
    local = facts["source"] == "local"
    seconds, tokens, given = (
        _figure(result, key, slice)
        for key, slice in (("seconds_p50", ""), ("tokens_p50", ""), ("given", "kind:key_point"))
    )
    return (
        f"`{facts['decider']}`, {facts['model']}",
        _say_answers(result),
        _say_macro(result),
        say_figure(given, share=True, ends=False),
        _say_seconds(seconds if local else None, readout_seconds if embedded else None),
        f"{tokens['value']:,.0f}" if tokens and tokens["value"] is not None else "—",
        f"{_weights_megabytes(embedded=embedded):,.0f}" if local or embedded else "0",
    )


def _say_seconds(measured: dict[str, Any] | None, recorded: float | None) -> str:
    if measured and measured["value"] is not None:
        return f"{measured['value']:.2f}"
    return "the endpoint's" if recorded is None else f"{recorded:.1f}, of the recorded replies"


def _readout_seconds(folder: Path | None) -> float | None:
    """What the embedded model's replies about an answer took together when they were recorded, in the median."""
    file = (folder or (checkout() or Path()) / "evals" / "results") / "curve.json"
    return float(json.loads(file.read_text(encoding="utf-8"))["seconds"]) if file.is_file() else None


def _weights_megabytes(*, embedded: bool) -> float:
    own = sum((WEIGHTS / name).stat().st_size for name in ("builtin.onnx", "tokenizer.json"))
    return (own + (MODEL.size + ADAPTER.stat().st_size if embedded else 0)) / 1e6


def _figure(result: dict[str, Any], key: str, slice: str = "") -> dict[str, Any] | None:
    return next((one for one in result["figures"] if one["key"] == key and one.get("slice", "") == slice), None)


def _macro(result: dict[str, Any]) -> float:
    figure = _figure(result, "key_point_macro_f1")
    return float(figure["value"] or 0.0) if figure else 0.0


def _say_answers(result: dict[str, Any]) -> str:
    return f"{result['answers']} {SETS[result['facts']['sets'][0]]}"


def _say_macro(result: dict[str, Any], prefix: str = "") -> str:
    return say_figure(_figure(result, f"{prefix}key_point_macro_f1"), share=False, ends=True)
