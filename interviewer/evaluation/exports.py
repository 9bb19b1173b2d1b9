"""Writes a run's figures for other programs: JSON, Markdown, JUnit XML and a log for Inspect; never measures.

The JSON is what `evals/results/` holds. Inspect's log is its format version 2, as its own reader takes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..schema import QuestionDocument
from .marks import codes_of_grade, codes_of_labels
from .records import Case, Figure, Gate, Outcome, Summary
from .sides import Side, say_code, side_of_grade, side_of_labels
from .summary import BESIDE, HEADLINES, KIND_NAMES, find, say_figure, say_labellers, say_number, say_run, worst_criteria

__all__ = ["to_inspect", "to_json", "to_junit", "to_markdown"]

WORST = 12
"""Criteria in the Markdown."""
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Documents = Mapping[str, QuestionDocument]


def to_json(summary: Summary) -> str:
    """Everything measured, one figure a line so that two runs can be compared line by line; four decimals."""
    told = summary.model_dump(mode="json")
    lists = {name: told.pop(name) for name in ("figures", "confusions", "curves", "tradeoffs")}
    head = json.dumps(told, ensure_ascii=False, indent=1)[:-2]
    parts = []
    for name, rows in lists.items():
        lines = ",\n".join("  " + json.dumps(_rounded(row), ensure_ascii=False) for row in rows)
        parts.append(f' "{name}": [\n{lines}\n ]' if rows else f' "{name}": []')
    return ",\n".join([head, *parts]) + "\n}\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    if isinstance(value, dict):
        # What is left out has these defaults; a figure's value has none.
        return {key: _rounded(part) for key, part in value.items() if key == "value" or part not in (None, "")}
    return value


# ── Markdown ─────────────────────────────────────────────────────────────────────────────────────────


def to_markdown(summary: Summary, *, worst: int = WORST) -> str:
    """The headline beside the second rater and the baselines, and the criteria with the least agreement."""
    facts = summary.facts
    keyed = {(figure.key, figure.slice): figure for figure in summary.figures}
    sources = [p for p in BESIDE if any((f"{p}{h.key}", h.slice) in keyed for h in HEADLINES)]
    rows = [
        (
            h.name,
            *(say_figure(keyed.get((f"{p}{h.key}", h.slice))) for p in sources),
            str(keyed[h.key, h.slice].n),
        )
        for h in HEADLINES
        if (h.key, h.slice) in keyed and keyed[h.key, h.slice].value is not None
    ]
    parts = [
        f"# {_cell(facts.decider)} ({_cell(facts.model)}) on {_cell(', '.join(facts.sets))}",
        f"{summary.answers} answers to {summary.questions} questions, {_cell(say_run(facts))}. "
        f"Labelled by {_cell(say_labellers(summary.labelled_by))}. 95 % intervals.",
        _table(("figure", *(BESIDE[p] for p in sources), "n"), rows) if rows else "Nothing was measured.",
    ]
    if criteria := _worst_criteria(summary.figures, worst):
        parts += [
            "## Criteria with the least agreement",
            _table(("question", "criterion", "kind", "agreement", "bias", "n"), criteria),
        ]
    return "\n\n".join(parts) + "\n"


def _worst_criteria(figures: Sequence[Figure], most: int) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for one, bias in worst_criteria(figures)[:most]:
        question, _, criterion = one.slice.removeprefix("criterion:").partition("/")
        kind, _, id = criterion.partition(".")
        rows.append(
            (question, id, KIND_NAMES[kind], say_figure(one), say_number(bias.value if bias else None), str(one.n))
        )
    return rows


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"([\\|<>`*_\[\]])", r"\\\1", " ".join(text.split()))


# ── JUnit ────────────────────────────────────────────────────────────────────────────────────────────


def to_junit(summary: Summary, gates: Sequence[Gate] = ()) -> str:
    """A suite of the gates, passed or failed, and one of the headline figures, passed or, if not measured, skipped."""
    name = f"{summary.facts.decider} on {', '.join(summary.facts.sets)}"
    root = Element("testsuites", name=_legal(name))
    if gates:
        suite = _suite(root, "gates", len(gates), failures=sum(bool(gate.failure) for gate in gates))
        for gate in gates:
            case = SubElement(suite, "testcase", classname="gates", name=_legal(gate.name), time="0")
            if gate.failure:
                SubElement(case, "failure", message=_legal(gate.failure), type=_legal(gate.key))
    found = [(h, find(summary.figures, h.key, h.slice)) for h in HEADLINES]
    missing = sum(figure is None or figure.value is None for _, figure in found)
    suite = _suite(root, "figures", len(found), skipped=missing)
    for headline, figure in found:
        case = SubElement(suite, "testcase", classname="figures", name=headline.name, time="0")
        if figure is None or figure.value is None:
            SubElement(case, "skipped", message="There was nothing to measure.")
        else:
            SubElement(case, "system-out").text = f"{say_figure(figure)}, n {figure.n}"
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, name: str, tests: int, *, failures: int = 0, skipped: int = 0) -> Element:
    counts = {"tests": tests, "failures": failures, "errors": 0, "skipped": skipped}
    told = {"name": name, **{key: str(n) for key, n in counts.items()}}
    return SubElement(root, "testsuite", told)


def _legal(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)


# ── Inspect ──────────────────────────────────────────────────────────────────────────────────────────


def to_inspect(
    summary: Summary, cases: Sequence[Case], outcomes: Sequence[Outcome], documents: Documents | None = None
) -> str:
    """A log that Inspect's viewer opens: a sample for each outcome, its score a value for each criterion.

    A score's metadata has the grader's and the reference's words for each criterion.
    """
    by_id = {case.id: case for case in cases}
    known = [outcome for outcome in outcomes if outcome.case in by_id]
    return (
        json.dumps(
            {
                "version": 2,
                "status": "success",
                "eval": _eval(summary, by_id, known),
                "plan": {"name": "plan", "steps": [], "config": {}},
                "results": _results(summary, len(known)),
                "stats": {"started_at": _moment(summary), "completed_at": _moment(summary), "model_usage": {}},
                "samples": [_sample(by_id[one.case], one, summary, documents or {}) for one in known],
            },
            ensure_ascii=False,
        )
        + "\n"
    )


def _moment(summary: Summary) -> str:
    return f"{summary.facts.made}T00:00:00+00:00"


def _eval(summary: Summary, cases: Mapping[str, Case], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    facts = summary.facts
    name = f"{facts.decider}-{'-'.join(facts.sets)}"
    return {
        "eval_id": name,
        "run_id": name,
        "created": _moment(summary),
        "task": "interviewer",
        "task_id": name,
        "task_version": 0,
        "task_attribs": {},
        "task_args": {},
        "dataset": {"name": ", ".join(facts.sets), "samples": len(cases), "shuffled": False},
        "model": f"{facts.decider}/{facts.model}",
        "model_args": {},
        "config": {"epochs": max((one.repeat for one in outcomes), default=0) + 1},
        "packages": {},
        "metadata": {**facts.model_dump(mode="json"), "labelled_by": list(summary.labelled_by)},
    }


def _results(summary: Summary, samples: int) -> dict[str, Any]:
    measured = [one for one in summary.figures if one.value is not None and not one.slice]
    metrics = {
        one.key: {
            "name": one.key,
            "value": one.value,
            "params": {},
            "metadata": {"low": one.low, "high": one.high, "n": one.n},
        }
        for one in measured
    }
    score = {"name": "verdicts", "scorer": "verdicts", "params": {}, "metrics": metrics}
    return {"total_samples": samples, "completed_samples": samples, "scores": [score]}


def _sample(case: Case, outcome: Outcome, summary: Summary, documents: Documents) -> dict[str, Any]:
    document = documents.get(case.question_id)
    asked = "\n\n".join(f"{question}\n\n{answer}" for question, answer in zip(case.asked, case.answers, strict=False))
    return {
        "id": case.id,
        "epoch": outcome.repeat + 1,
        "input": asked,
        "target": json.dumps(_truth(case), ensure_ascii=False),
        "messages": [
            message
            for question, answer in zip(case.asked, case.answers, strict=False)
            for message in ({"role": "assistant", "content": question}, {"role": "user", "content": answer})
        ],
        "output": {"model": f"{summary.facts.decider}/{summary.facts.model}", "choices": []},
        "scores": {"verdicts": _score(case, outcome)},
        "metadata": {
            "question": document.question if document else case.question_id,
            "part": case.part,
            "tags": list(case.tags),
            "family": case.family,
        },
        "store": {},
        "events": [],
        "model_usage": {},
        "attachments": {},
    }


def _truth(case: Case) -> dict[str, str]:
    if case.reference is None:
        return {}
    return {name: say_code(name, code) for name, code in codes_of_labels(case.reference).items()}


def _score(case: Case, outcome: Outcome) -> dict[str, Any]:
    said = {name: side_of_grade(outcome, name, code) for name, code in codes_of_grade(outcome.grade).items()}
    truth = codes_of_labels(case.reference) if case.reference else {}
    labels = case.reference
    reference = (
        {name: side_of_labels(labels, name, code, case.answers) for name, code in truth.items()} if labels else {}
    )
    return {
        "value": {name: side.value for name, side in said.items()},
        "explanation": "\n".join(_explain(said, reference)) or "Every verdict given is the reference's.",
        "metadata": {
            name: {"said": _told(side), **({"reference": _told(reference[name])} if name in reference else {})}
            for name, side in said.items()
        },
    }


def _explain(said: Mapping[str, Side], reference: Mapping[str, Side]) -> Iterator[str]:
    """Where the two differ, a line each, under the kind of criterion."""
    differing = [name for name in said if name in reference and said[name].value != reference[name].value]
    for kind, names in groupby(differing, key=lambda name: name.partition(".")[0]):
        yield f"{KIND_NAMES[kind]}:"
        for name in names:
            yield f"- {name.partition('.')[2] or name}: {said[name].value}, reference {reference[name].value}"


def _told(side: Side) -> dict[str, Any]:
    quotes = [quote.model_dump(mode="json") for quote in side.quotes]
    return {**side.model_dump(mode="json", exclude={"quotes"}, exclude_defaults=True), "quotes": quotes}
