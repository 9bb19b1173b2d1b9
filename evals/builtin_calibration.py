"""Fits the built-in encoder's temperatures and thresholds on the dev part, by rules written here; never sees test.

Temperature of a kind: the one of 0.50, 0.55 … 3.00 with the least negative log-likelihood of the first rater's labels
(Guo et al. 2017, "On Calibration of Modern Neural Networks").
Threshold of a kind: the least of 0.34, 0.36 … 0.90 at which the verdicts given are right as often as `WANTED` says;
where none is, or more than `MOST_UNSURE` would be unsure, the highest that leaves no more than that unsure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.builtin_examples import HELD_QUESTIONS, SEED, load_answers, other_questions
from interviewer.builtin import criterion_text
from interviewer.content import load_library
from interviewer.encoder import CLASSES, Encoder, HeadKind, load_tokenizer
from interviewer.folders import bundled
from interviewer.rubric import ON_TOPIC, verdict_questions
from interviewer.sentences import split_sentences

GROUPS: dict[HeadKind, str] = {
    "key_point": "key_points",
    "motivation": "motivations",
    "red_flag": "red_flags",
    "star": "star",
}
WANTED: dict[str, float] = {"key_point": 0.75, "motivation": 0.65, "star": 0.85, "present": 0.7, "absent": 0.95}
MOST_UNSURE: dict[str, float] = {"key_point": 0.2, "motivation": 0.25, "star": 0.2, "present": 0.5, "absent": 0.15}
Numbers = NDArray[np.float64]


def label_of(kind: HeadKind, value: Any) -> str:
    """A rater's label as the value of the decision that would agree with it."""
    if kind == "red_flag":
        return {"present": "true", "absent": "false"}[value]
    return str(value).lower() if kind == "star" else str(value)


def readings(encoder: Encoder) -> dict[HeadKind, tuple[Numbers, list[int]]]:
    """For each kind, the probabilities (verdicts, classes) and the first rater's class of each verdict on `DEV`."""
    questions = load_library([bundled("content")]).questions
    rows: dict[HeadKind, tuple[list[tuple[float, ...]], list[int]]] = {kind: ([], []) for kind in CLASSES}
    held = [(name, part) for name in HELD_QUESTIONS for part in ("train", "dev")]
    seen = [(name, "dev") for name in (SEED, *other_questions("dev")) if name not in HELD_QUESTIONS]
    for question, part in (*seen, *held):
        judged = verdict_questions(questions[question], lambda *_, **__: "")
        asked = [q for q in judged if q.name != ON_TOPIC]
        for first, _ in load_answers(part, question):
            sentences = [s.text for s in split_sentences([first["answer"]])]
            found = encoder.read(sentences, [(q.kind, criterion_text(q)) for q in asked])
            for q, reading in zip(asked, found, strict=True):
                label = label_of(q.kind, first[GROUPS[q.kind]][q.name.partition(".")[2]])
                rows[q.kind][0].append(reading.probabilities)
                rows[q.kind][1].append(CLASSES[q.kind].index(label))
    return {kind: (np.array(p), labels) for kind, (p, labels) in rows.items()}


def soften(probabilities: Numbers, temperature: float) -> Numbers:
    """Probabilities (n, classes) as they are at another temperature."""
    powered = np.maximum(probabilities, 1e-9) ** (1.0 / temperature)
    return np.asarray(powered / powered.sum(axis=1, keepdims=True))


def fit_temperature(probabilities: Numbers, labels: Sequence[int]) -> float:
    """See the module."""

    def cost(temperature: float) -> float:
        return float(-np.log(soften(probabilities, temperature)[np.arange(len(labels)), labels]).mean())

    return float(min(np.round(np.arange(0.5, 3.01, 0.05), 2), key=cost))


def fit_threshold(sure: Numbers, right: NDArray[np.bool_], wanted: float, most_unsure: float) -> float:
    """See the module. `sure` is each verdict's probability, `right` whether the rater agrees; 0.5 for no verdicts."""
    if len(sure) == 0:
        return 0.5
    allowed = [t for t in np.round(np.arange(0.34, 0.91, 0.02), 2) if (sure < t).mean() <= most_unsure]
    good = [t for t in allowed if right[sure >= t].mean() >= wanted]
    return float(min(good) if good else max(allowed))


def calibrate(folder: Path) -> dict[str, Any]:
    """Adds `temperatures` and `calibration` to the `builtin.json` in `folder`, and returns it."""
    path = folder / "builtin.json"
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found = readings(Encoder(str(folder / "builtin.onnx"), load_tokenizer(folder / "tokenizer.json"), {}))
    facts["temperatures"] = {kind: fit_temperature(p, labels) for kind, (p, labels) in found.items()}
    thresholds: dict[str, float] = {}
    for kind, (raw, labels) in found.items():
        p = soften(raw, facts["temperatures"][kind])
        said, sure = p.argmax(axis=1), p.max(axis=1)
        right = said == np.array(labels)
        if kind == "red_flag":
            for name, value in (("present", 0), ("absent", 1)):
                mine = said == value
                limits = WANTED[name], MOST_UNSURE[name]
                thresholds[f"red_flag_{name}"] = max(0.5, fit_threshold(sure[mine], right[mine], *limits))
        else:
            thresholds[kind] = fit_threshold(sure, right, WANTED[kind], MOST_UNSURE[kind])
    facts["calibration"] = thresholds
    path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return facts
