"""Fits the built-in encoder's temperatures and thresholds on answers that trained nothing; never sees test.

The rules are those of `interviewer.evaluation.calibration`, the labels the settled ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.builtin_examples import HELD_QUESTIONS, SEED, load_settled, other_questions
from interviewer.builtin import criterion_text
from interviewer.content import load_library
from interviewer.encoder import CLASSES, Encoder, HeadKind, load_tokenizer
from interviewer.evaluation.calibration import MOST_UNSURE, VALUES, WANTED, Readings, fit, fit_threshold
from interviewer.folders import bundled
from interviewer.rubric import ON_TOPIC, verdict_questions
from interviewer.schema import Kind
from interviewer.sentences import split_sentences

__all__ = ["GROUPS", "MOST_UNSURE", "WANTED", "Numbers", "calibrate", "fit_threshold", "label_of", "readings"]

GROUPS: dict[HeadKind, str] = {
    "key_point": "key_points",
    "motivation": "motivations",
    "red_flag": "red_flags",
    "star": "star",
}
Numbers = NDArray[np.float64]


def label_of(kind: HeadKind, value: Any) -> str:
    """A rater's label as the value of the decision that would agree with it."""
    if kind == "red_flag":
        return {"present": "true", "absent": "false"}[value]
    return str(value).lower() if kind == "star" else str(value)


def readings(encoder: Encoder) -> dict[Kind, Readings]:
    """What the encoder, without temperatures, makes of the answers that are calibrated on."""
    questions = load_library([bundled("content")]).questions
    rows: dict[Kind, list[tuple[str, list[float], int]]] = {kind: [] for kind in CLASSES}
    held = [(name, part) for name in HELD_QUESTIONS for part in ("train", "dev")]
    seen = [(name, "dev") for name in (SEED, *other_questions("dev")) if name not in HELD_QUESTIONS]
    for question, part in (*seen, *held):
        judged = verdict_questions(questions[question], lambda *_, **__: "")
        asked = [q for q in judged if q.name != ON_TOPIC]
        for *_, settled in load_settled(part, question):
            sentences = [s.text for s in split_sentences([settled["answer"]])]
            found = encoder.read(sentences, [(q.kind, criterion_text(q)) for q in asked])
            for q, reading in zip(asked, found, strict=True):
                by_value = dict(zip(CLASSES[q.kind], reading.probabilities, strict=True))
                label = label_of(q.kind, settled[GROUPS[q.kind]][q.name.partition(".")[2]])
                ordered = [by_value[value] for value in VALUES[q.kind]]
                rows[q.kind].append((settled["id"], ordered, VALUES[q.kind].index(label)))
    return {
        kind: Readings(tuple(id for id, _, _ in r), np.array([p for _, p, _ in r]), np.array([n for _, _, n in r]))
        for kind, r in rows.items()
    }


def calibrate(folder: Path) -> dict[str, Any]:
    """Adds `temperatures` and `calibration` to the `builtin.json` in `folder`, and returns it."""
    path = folder / "builtin.json"
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    encoder = Encoder(str(folder / "builtin.onnx"), load_tokenizer(folder / "tokenizer.json"), {})
    calibration, _ = fit(readings(encoder))
    # The encoder applies its own temperatures, so that the calibration must not do so again.
    facts["temperatures"] = calibration.temperatures
    facts["calibration"] = calibration.model_dump(exclude={"temperatures", "agreement", "elsewhere"})
    path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return facts
