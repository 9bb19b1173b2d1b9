"""Tables of what was measured and published, for the documentation; measures nothing itself.

Results are what `interviewer eval SET --json evals/results/DECIDER-SET.json` writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from .folders import checkout
from .local_model import ADAPTER, MODEL
from .schema import Agreement, DeciderName

__all__ = [
    "SETS",
    "adapter_card",
    "agreement_table",
    "model_card",
    "published_results",
    "robustness_table",
    "say_figure",
    "table",
]

PACKAGE = Path(__file__).resolve().parent

AGREEMENT = (
    ("key points, macro-F1", "key_point_macro_f1", ""),
    ("judged", "given", "kind:key_point"),
    ("partly, F1", "key_point_f1_partial", ""),
    ("covered against the rest, F1", "key_point_balanced_f1", ""),
    ("flagged answers found", "flagged_answers_found", ""),
    ("found or left open", "flagged_answers_found_or_open", ""),
    ("others flagged", "flag_free_answers_flagged", ""),
    ("flagged or left open", "flag_free_answers_flagged_or_open", ""),
    ("motivations, QWK", "motivation_qwk", ""),
    ("band, QWK", "band_qwk", ""),
    ("quotes that stand", "quote_fidelity", ""),
    ("that overlap the labelled words", "evidence_support", ""),
)
"""Columns of the table of agreement: heading, key and slice of the figure."""
SHARES = frozenset(
    {"given", "quote_fidelity", "evidence_support"} | {key for _, key, _ in AGREEMENT if key.startswith("flag")}
)
SETS = {
    "test": "to questions seen in training",
    "unseen": "to questions never seen",
    "talks": "talks of two or three answers",
}
"""What follows the number of their answers in documentation; other sets go by their name."""


def agreement_table(folder: Path | None = None) -> str:
    """How far each decider agreed with labels, a row for every published result.

    Results are what `interviewer eval SET --json evals/results/DECIDER-SET.json` writes. A decider without one has what
    its weights say and, when they say nothing, a row that it was never measured.

    Args:
        folder: of the results, other than the checkout's.
    """
    results = [one for one in published_results(folder) if set(one["facts"]["sets"]) <= SETS.keys()]
    measured = {str(one["facts"]["decider"]) for one in results}
    rows = [_result_row(one) for one in results]
    earlier = sorted(_agreements(), key=lambda pair: (pair[0], pair[1].split))
    rows += [_earlier_row(name, agreement) for name, agreement in earlier if name not in measured]
    measured |= {name for name, _ in earlier}
    unmeasured = (name for name in get_args(DeciderName) if name not in measured)
    rows += [(f"`{name}`", _say_unmeasured(name), *["—"] * (len(AGREEMENT) + 1)) for name in unmeasured]
    told = table(("decider", "answers", *(heading for heading, _, _ in AGREEMENT), "measured"), rows)
    labelled = sorted({name for one in results for name in one.get("labelled_by", ())})
    return f"{told}\n\nLabels by {_say_labellers(labelled)}." if labelled else told


def published_results(folder: Path | None) -> Iterator[dict[str, Any]]:
    """The published results, by set and decider; files of another shape are passed over."""
    root = checkout()
    place = folder or (root / "evals" / "results" if root else None)
    found = []
    for file in sorted(place.glob("*-*.json")) if place else []:
        told = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(told, dict) and isinstance(told.get("facts"), dict) and "figures" in told:
            found.append(told)
    order = list(SETS)
    yield from sorted(
        found,
        key=lambda one: (
            [order.index(name) if name in order else len(order) for name in one["facts"]["sets"]],
            one["facts"]["sets"],
            get_args(DeciderName).index(one["facts"]["decider"]),
            one["facts"]["model"],
        ),
    )


def _result_row(result: dict[str, Any]) -> tuple[str, ...]:
    facts = result["facts"]
    figures = {(one["key"], one.get("slice", "")): one for one in result["figures"]}
    names = " and ".join(SETS.get(name, f"to {name}") for name in facts["sets"])
    answers = f"{result['answers']} {names}"
    days = f"{facts['made']}, replayed from {facts['recorded']}" if facts.get("recorded") else facts["made"]
    cells = (
        say_figure(figures.get((key, slice)), share=key in SHARES, ends=not n)
        for n, (_, key, slice) in enumerate(AGREEMENT)
    )
    return (f"`{facts['decider']}`, {facts['model']}", answers, *cells, days)


def say_figure(figure: dict[str, Any] | None, *, share: bool, ends: bool) -> str:
    """A figure in a cell: as a share or with two digits, with the ends of its interval when they are wanted."""
    if figure is None or figure.get("value") is None:
        return "—"
    if share:
        return f"{figure['value']:.0%}"
    interval = f" ({figure['low']:.2f} to {figure['high']:.2f})" if ends and figure.get("low") is not None else ""
    return f"{figure['value']:.2f}{interval}"


def _earlier_row(decider: str, agreement: Agreement) -> tuple[str, ...]:
    known = {
        "key_point_macro_f1": f"{agreement.key_point_macro_f1:.2f}",
        "given": f"{agreement.key_point_coverage:.0%}",
        "band_qwk": "—" if agreement.band_qwk is None else f"{agreement.band_qwk:.2f}",
    }
    cells = (known.get(key, "—") for _, key, _ in AGREEMENT)
    return (f"`{decider}`", agreement.split, *cells, f"{agreement.measured}, against {agreement.labellers}")


def _say_unmeasured(decider: str) -> str:
    if decider in ("builtin", "readout"):
        return "not measured yet"
    return "not measured yet: only its requests and replies are tested, on the wire"


def _say_labellers(names: Sequence[str]) -> str:
    models = all(name.startswith("model-") for name in names)
    return ", ".join(names) + (": language models, no person" if models else "")


def _agreements() -> set[tuple[str, Agreement]]:
    places: list[Path] = sorted((PACKAGE / "weights").glob("*.json"))
    if (root := checkout()) is not None:
        places += sorted((root / "evals" / "results").glob("*.json"))
    found: set[tuple[str, Agreement]] = set()
    for file in places:
        found |= set(_search(json.loads(file.read_text(encoding="utf-8")), file.stem))
    return found


def _search(value: Any, decider: str) -> Iterator[tuple[str, Agreement]]:
    """Every `agreement`, and `elsewhere`, anywhere in a JSON value, with the decider named nearest above it."""
    if isinstance(value, list):
        for part in value:
            yield from _search(part, decider)
    elif isinstance(value, dict):
        decider = value.get("decider", decider) if isinstance(value.get("decider"), str) else decider
        for key, part in value.items():
            if key in ("agreement", "elsewhere") and isinstance(part, dict):
                yield decider, Agreement.model_validate(part)
            else:
                yield from _search(part, decider)


ROBUSTNESS = (
    ("attacks that raise a verdict", "injection", "injection_success", ""),
    ("harmless words that do", "injection", "control_success", ""),
    ("attacks that raise the band", "injection", "injection_band_rise", ""),
    ("changed answers: verdicts that moved wrongly", "metamorphic", "metamorphic_verdicts_violated", ""),
    ("inserted flags found", "metamorphic", "metamorphic_flags_found", ""),
    ("bands changed by typos, fillers, wording", "metamorphic", "stability_band_changes", ""),
    ("band 3 or more for key words", "gaming", "gaming_band_3_or_more", "family:keywords"),
    ("for the names of the criteria", "gaming", "gaming_band_3_or_more", "family:criterion_names"),
    ("for criteria recited", "gaming", "gaming_band_3_or_more", "family:rubric"),
    ("for another question's answer", "gaming", "gaming_band_3_or_more", "family:elsewhere"),
    ("for a pasted example", "gaming", "gaming_band_3_or_more", "family:example"),
)
"""Rows of the table of robustness: heading, set, key and slice of the figure."""


def robustness_table(folder: Path | None = None) -> str:
    """How far each decider can be swayed or gamed, a column for each that was measured.

    Args:
        folder: of the results, other than the checkout's.
    """
    found: dict[str, dict[tuple[str, str, str], dict[str, Any]]] = {}
    for one in published_results(folder):
        facts = one["facts"]
        column = found.setdefault(f"`{facts['decider']}`, {facts['model']}", {})
        for name in facts["sets"]:
            column |= {(_set(name), figure["key"], figure.get("slice", "")): figure for figure in one["figures"]}
    columns = {name: figures for name, figures in found.items() if any(key[0] in SWAYED for key in figures)}
    rows = [
        (heading, *(_say_share(figures.get((name, key, slice))) for figures in columns.values()))
        for heading, name, key, slice in ROBUSTNESS
    ]
    return table(("share of cases", *columns), rows)


SWAYED = ("injection", "metamorphic", "gaming")


def _set(name: str) -> str:
    return name.removesuffix("-core")


def _say_share(figure: dict[str, Any] | None) -> str:
    if figure is None or figure.get("value") is None:
        return "—"
    low, high = figure.get("low"), figure.get("high")
    interval = f" ({low:.1%} to {high:.1%})" if low is not None and high is not None else ""
    return f"{figure['value']:.1%} of {figure['n']}{interval}"


def model_card() -> str:
    """The built-in grader's card: what it was made from and how it does, from `weights/builtin.json`."""
    card = json.loads((PACKAGE / "weights" / "builtin.json").read_text(encoding="utf-8"))
    rows = [
        ("name", card["name"]),
        ("made from", card["base"]),
        ("licence", card["licence"]),
        ("made", card["made"]),
        ("trained on", card["trained_on"]),
        ("questions held out whole while training", ", ".join(card.get("held_out", ()))),
        ("seed, steps, batch", f"{card['seed']}, {card['steps']}, {card['batch']}"),
        ("size", f"{(PACKAGE / 'weights' / 'builtin.onnx').stat().st_size / 1e6:.1f} MB"),
    ]
    rows += [(f"{kind}: temperature", str(value)) for kind, value in card["temperatures"].items()]
    return table(("what", "value"), [*rows, *_fitted_rows(card["calibration"])])


def adapter_card() -> str:
    """The card of the adapter with which the embedded model grades, from `weights/readout.json`."""
    card = json.loads((PACKAGE / "weights" / "readout.json").read_text(encoding="utf-8"))
    rows = [
        ("name", _adapter_name(ADAPTER.read_bytes())),
        ("goes with", f"{MODEL.name} ({MODEL.licence}), and no other model"),
        ("licence", "Apache-2.0"),
        ("size", f"{ADAPTER.stat().st_size / 1e6:.1f} MB"),
        (
            "verdicts it is asked about for one answer",
            f"{card['most']} at most, none that `builtin` is {card['sure']:.0%} sure of",
        ),
    ]
    for kind, curve in card["curves"].items():
        weights = (
            f"built-in {curve['builtin']:.2f}, model {curve['model']:.2f}, cuts {', '.join(map(str, curve['cuts']))}"
        )
        rows.append((f"{kind}: weights of the log-odds", weights))
    return table(("what", "value"), [*rows, *_fitted_rows(card["calibration"], ("key_point", "red_flag"))])


def _adapter_name(file: bytes) -> str:
    """What an adapter's file calls itself."""
    found = re.search(rb"interviewer-readout-\d+", file)
    return found[0].decode() if found else "without a name"


def _fitted_rows(calibration: dict[str, Any], kinds: tuple[str, ...] = ("",)) -> Iterator[tuple[str, str]]:
    """Thresholds of kinds whose names begin so, and agreement."""
    for name, value in calibration.items():
        if isinstance(value, float) and name.startswith(kinds):
            yield f"{name}: least probability", str(value)
    for name in ("agreement", "elsewhere"):
        if told := calibration.get(name):
            yield (
                f"agreement on {told['split']}",
                f"key points macro-F1 {told['key_point_macro_f1']:.2f}, {told['key_point_coverage']:.0%} judged, "
                f"red flags F1 {told['red_flag_f1']:.2f}, band QWK {told['band_qwk']:.2f}; {told['measured']}, "
                f"against {told['labellers']}",
            )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""

    def line(cells: Sequence[str]) -> str:
        # A bar or a line break in a cell would end it.
        return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(head), "|" + "---|" * len(head), *(line(row) for row in rows)])
