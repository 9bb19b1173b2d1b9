"""Reads an answer against criteria with the built-in encoder's weights; never touches the network.

The answer's tokens pass through all layers once. Half-way up, every criterion joins with the half-way states of its
own text, plus a mark for its kind. From there answer tokens see the answer only, and a criterion's tokens see the
answer and one another. So no criterion can sway another, whatever their number or order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import ModelFileError

__all__ = [
    "CLASSES",
    "Criterion",
    "Encoder",
    "HeadKind",
    "Layout",
    "Reading",
    "lay_out",
    "load",
    "load_tokenizer",
    "split_windows",
]

HeadKind = Literal["key_point", "motivation", "red_flag", "star"]
Criterion = tuple[HeadKind, str]

CLASSES: dict[HeadKind, tuple[str, ...]] = {
    "key_point": ("covered", "partial", "missing"),
    "motivation": ("0", "1", "2", "3"),
    "red_flag": ("true", "false"),
    "star": ("true", "false"),
}
"""What each head's probabilities stand for, in order; the heads' own order too."""

# How strongly a window of a long answer shows a criterion: the weight of each class.
_STRENGTH: dict[HeadKind, tuple[float, ...]] = {
    "key_point": (1.0, 0.5, 0.0),
    "motivation": (0.0, 1.0, 2.0, 3.0),
    "red_flag": (1.0, 0.0),
    "star": (1.0, 0.0),
}

WINDOW_TOKENS = 510
"""Most tokens of one window of the answer, besides its two special tokens."""
OVERLAP_SENTENCES = 2
CRITERION_TOKENS = 126
HIDDEN = 384
_CLS, _SEP, _UNKNOWN = 101, 102, 100
_KEPT_CRITERIA = 1024

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """One window of an answer as the encoder's inputs."""

    tokens: Ints
    """(length,) token ids, special tokens at both ends."""
    sentences: Floats
    """(sentences, length) weights that average a sentence's tokens; a row of zeros for an empty sentence."""


@dataclass(frozen=True)
class Reading:
    """What the encoder makes of one criterion."""

    probabilities: tuple[float, ...]
    """In the order of `CLASSES[kind]`; sums to 1."""
    sentences: tuple[float, ...]
    """How likely each sentence of the answer is the one that shows it; with `none`, sums to 1."""
    none: float
    """How likely no sentence shows it."""


def lay_out(sentences: Sequence[Sequence[int]]) -> Layout:
    """Lays sentences (as token ids, without special tokens) out in one sequence."""
    tokens = [_CLS]
    spans = []
    for sentence in sentences:
        spans.append((len(tokens), len(tokens) + len(sentence)))
        tokens += sentence
    tokens.append(_SEP)
    means = np.zeros((len(spans), len(tokens)), np.float32)
    for row, (start, end) in enumerate(spans):
        means[row, start:end] = 1.0 / max(end - start, 1)
    return Layout(np.array(tokens, np.int64), means)


def split_windows(lengths: Sequence[int], limit: int = WINDOW_TOKENS) -> list[tuple[int, int]]:
    """Splits sentences of the given token counts into windows of whole sentences that fit `limit`.

    A window repeats the last `OVERLAP_SENTENCES` sentences of the one before it where they leave room for a new one.

    Returns:
        (first, one past last) sentence of each window; one empty window for no sentences.
    """
    windows: list[tuple[int, int]] = []
    start = 0
    while True:
        end, used = start, 0
        while end < len(lengths) and (end == start or used + min(lengths[end], limit) <= limit):
            used += min(lengths[end], limit)
            end += 1
        windows.append((start, end))
        if end >= len(lengths):
            return windows
        start = end
        while start > windows[-1][0] + 1 and end - start < OVERLAP_SENTENCES:
            if sum(lengths[start - 1 : end + 1]) > limit:
                break
            start -= 1


class Encoder:
    """The encoder's session and tokenizer. Safe to use from several threads; a call blocks for its computing."""

    def __init__(self, weights: bytes | str, tokenizer: Any, facts: dict[str, Any]) -> None:
        """Opens the weights (a path, or their bytes) with two threads.

        Args:
            weights: The ONNX model.
            tokenizer: From `load_tokenizer`.
            facts: The model's card, `builtin.json`: name, temperatures, calibration, figures.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        self._tokenizer = tokenizer
        self._criteria: dict[str, Floats] = {}
        self.facts = facts

    def read(self, sentences: Sequence[str], criteria: Sequence[Criterion]) -> tuple[Reading, ...]:
        """Reads the sentences of an answer against every criterion.

        An answer of more than 510 tokens is read in windows of whole sentences that overlap by two; a criterion's
        reading is that of the window which shows it most (for a key point, covered counts 1 and partial a half; for
        a motivation, the expected level; otherwise the probability of true). A sentence too long for a window is cut.

        Args:
            sentences: The answer's sentences in order; may be empty.
            criteria: (kind, text) pairs; the text as in a typed question's `criterion`.

        Returns:
            One reading for each criterion, in order.
        """
        if not criteria:
            return ()
        pieces = [ids[:WINDOW_TOKENS] for ids in self._ids(sentences)]
        states, own = _pad([self._states(text) for _, text in criteria])
        kinds = [kind for kind, _ in criteria]
        windows = split_windows([len(ids) for ids in pieces])
        per_window = [self._read_window(pieces, window, kinds, states, own) for window in windows]
        return tuple(
            max((readings[k] for readings in per_window), key=lambda reading: _strength(kind, reading))
            for k, kind in enumerate(kinds)
        )

    def criterion(self, text: str) -> Floats:
        """What a criterion's text is about, as one vector (384,): its half-way states, averaged."""
        return np.asarray(self._states(text).mean(axis=0), np.float32)

    def about(self, sentences: Sequence[str]) -> Floats:
        """What each sentence is about, as one vector (sentences, 384): its half-way states, averaged; not remembered.

        Sentences are read with their neighbours, 126 tokens at a time; one longer than that is cut.
        """
        pieces = [ids[:CRITERION_TOKENS] for ids in self._ids(sentences)]
        vectors: list[Floats] = []
        for start, end in split_windows([len(ids) for ids in pieces], CRITERION_TOKENS):
            layout = lay_out(pieces[start:end])
            means = layout.sentences @ self._middle(layout)
            vectors += list(means[len(vectors) - start :])  # a window repeats the last sentences of the one before
        return np.array(vectors, np.float32).reshape(len(pieces), HIDDEN)

    def _states(self, text: str) -> Floats:
        """The half-way states (tokens, 384) with which a criterion joins; remembered."""
        known = self._criteria.get(text)
        if known is None:
            layout = lay_out([self._ids([text])[0][:CRITERION_TOKENS]])
            known = self._middle(layout)
            if len(self._criteria) >= _KEPT_CRITERIA:
                self._criteria.clear()
            self._criteria[text] = known
        return known

    def _middle(self, layout: Layout) -> Floats:
        """The half-way states (tokens, 384), before any criterion joins."""
        nobody = np.zeros((1, 2, HIDDEN), np.float32)
        return self._run(layout, nobody, np.ones((1, 2), np.float32), np.zeros(1, np.int64), ["middle"])["middle"]

    def readability(self, text: str) -> float:
        """Says how much of a text reads as words of the vocabulary: 1 for plain English, near 0 for key-mashing.

        It is the share of the letters that stand in words of which the tokenizer makes at most one piece for every
        two and a half letters, or a single piece. Mashed keys, other scripts and encoded data fall into single letters
        or unknown pieces. Names and rare words cost little; a text without a letter or digit gets 0.
        """
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        counts: dict[int, list[int]] = {}
        for word, (start, end), piece in zip(encoding.word_ids, encoding.offsets, encoding.ids, strict=True):
            letters = sum(character.isalnum() for character in text[start:end])
            entry = counts.setdefault(-1 if word is None else word, [0, 0, 0])
            entry[0] += letters
            entry[1] += 1
            entry[2] += piece == _UNKNOWN
        total = sum(letters for letters, _, _ in counts.values())
        known = sum(
            letters
            for letters, pieces, unknown in counts.values()
            if not unknown and (pieces == 1 or 2 * letters >= 5 * pieces)
        )
        return known / total if total else 0.0

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def _read_window(
        self,
        pieces: Sequence[Sequence[int]],
        window: tuple[int, int],
        kinds: Sequence[HeadKind],
        states: Floats,
        own: Floats,
    ) -> list[Reading]:
        start, end = window
        # One empty sentence stands in for none: some operators refuse an axis of length 0.
        layout = lay_out(pieces[start:end] or [[]])
        marks = np.array([list(CLASSES).index(kind) for kind in kinds], np.int64)
        outputs = self._run(layout, states, own, marks, [*CLASSES, "pointer"])
        temperatures = self.facts.get("temperatures", {})
        readings = []
        for k, kind in enumerate(kinds):
            pointer = _softmax(outputs["pointer"][k])[: end - start]
            readings.append(
                Reading(
                    probabilities=tuple(map(float, _softmax(outputs[kind][k] / temperatures.get(kind, 1.0)))),
                    sentences=(0.0,) * start + tuple(map(float, pointer)) + (0.0,) * (len(pieces) - end),
                    none=float(1.0 - pointer.sum()),
                )
            )
        return readings

    def _run(self, layout: Layout, states: Floats, own: Floats, kinds: Ints, outputs: list[str]) -> dict[str, Floats]:
        inputs = {
            "tokens": layout.tokens[None],
            "keep": np.ones((1, len(layout.tokens)), np.float32),
            "criteria": states,
            "own": own,
            "kinds": kinds,
            "sentences": layout.sentences[None],
        }
        values = self._session.run(outputs, inputs)
        return {name: np.asarray(value, np.float32)[0] for name, value in zip(outputs, values, strict=True)}


def _pad(states: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Criteria's states in one array (criteria, most tokens, 384), and 1 where there is one (criteria, most tokens)."""
    longest = max(len(one) for one in states)
    padded = np.zeros((len(states), longest, HIDDEN), np.float32)
    own = np.zeros((len(states), longest), np.float32)
    for k, one in enumerate(states):
        padded[k, : len(one)], own[k, : len(one)] = one, 1.0
    return padded, own


def _softmax(logits: Floats) -> NDArray[np.float64]:
    shifted = np.exp(logits.astype(np.float64) - logits.max())
    return np.asarray(shifted / shifted.sum(), np.float64)


def _strength(kind: HeadKind, reading: Reading) -> float:
    return float(np.dot(_STRENGTH[kind], reading.probabilities))


def load_tokenizer(path: Path) -> Any:
    """Loads a `tokenizer.json` without its truncation and padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@lru_cache(maxsize=1)
def load(folder: Path | None = None) -> Encoder:
    """Loads the weights that come with the package, once.

    Raises:
        ModelFileError: a file is missing or can't be read.
    """
    folder = folder or Path(__file__).parent / "weights"
    try:
        facts = json.loads((folder / "builtin.json").read_text(encoding="utf-8"))
        return Encoder(str(folder / "builtin.onnx"), load_tokenizer(folder / "tokenizer.json"), facts)
    except Exception as error:  # onnxruntime and tokenizers raise their own kinds, all meaning the same here
        raise ModelFileError(
            f"The built-in grader's files in {folder} can't be read ({error}); install the package again."
        ) from error
