"""Trains the adapter that tunes the embedded model to grade, `interviewer/weights/readout.gguf`.

python evals/train_readout.py            on a GPU
python evals/train_readout.py --help     how to try it without one

Besides the package and its embedded model it needs `pip install --group train`, and a GPU of 80 GB for
batches of 16 trees; with less, fewer at a time (`--batch`) and more `--steps`. At 0.4 s a step it took five minutes on
one H100. Never reads the test part of the split, and chooses nothing by the dev figures, which it prints after each
third of the steps, a JSON line each time.

The shipped adapter came from this schedule; the sums of a GPU depend on their order, so another run makes one like it,
not the very same. Attention is by the memory-efficient kernel, for with these masks cuDNN's, which torch 2.11 would
choose, gave gradients of NaN.

Loss: the cross-entropy over "yes", "partly" and "no"; 0.1 of what the probability of all other tokens costs; and 0.3 of
the negative log-probability that the token after "yes" or "partly" is a first digit of a sentence that shows it.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from evals.readout_examples import WORDS, Replies, Tree, dev_trees, embedded_tokenizer, reply_tokens, train_trees
from evals.readout_model import LAYERS, AdaptedQwen, read_weights, write_adapter
from interviewer import local_model
from interviewer.agreement import macro_f1

RATE = 3e-4
WARM_STEPS = 30
LAST_SHARE = 0.03
"""Of the rate, at the last step; from the first it falls to there along a half cosine."""
DECAY = 0.01
BETAS = (0.9, 0.98)
OTHERS_WEIGHT, POINTER_WEIGHT = 0.1, 0.3
"""What other tokens and the sentences' digits count in the loss."""
POOL = 16
"""Batches made of trees drawn together and sorted by length, so that little of a batch is padding."""
SURE_SHARE = 0.75
"""Of the key points, the surest share that the second macro-F1 is of."""
HIDDEN_AWAY = -30000.0
"""In a mask: as good as minus infinity, and finite in half the precision."""


@dataclass(frozen=True)
class Batch:
    """Trees as tensors; a tree of N branches is one row, and M counts the branches of all rows."""

    tokens: Tensor
    """(B, L): the head, then every branch, which ends with its gold word where it has one."""
    places: Tensor
    """(B, L): every branch goes on counting where the head ends."""
    mask: Tensor
    """(B, 1, L, L): 0 where a token sees another, which is before it, in the head or in its own branch."""
    rows: Tensor
    """(M,): the row of a branch."""
    wanted: Tensor
    """(M, 2): the tokens after which the word and the digit are foretold."""
    targets: Tensor
    """(M, 3): the probability of each of `WORDS`."""
    digits: Tensor
    """(M, 10): 1 for each right digit; all 0 where no number should follow."""


class Trainer:
    """The model with its adapter, and how trees are read with it."""

    def __init__(self, model: Path, replies: Replies, *, device: str, layers: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.device, self.replies = device, replies
        self.dtype = torch.float32 if device == "cpu" else torch.bfloat16
        self.model = AdaptedQwen(read_weights(model, device, self.dtype, layers), layers)

    def collate(self, trees: Sequence[Tree]) -> Batch:
        """Lays trees out in rows, all as long as the longest."""
        length = math.ceil(max(tree.size for tree in trees) / 32) * 32
        tokens, places = np.zeros((2, len(trees), length), np.int64)
        branch_of = np.full((len(trees), length), -1)
        rows, wanted, targets, digits = [], [], [], []
        for row, tree in enumerate(trees):
            end = start = len(tree.head)
            tokens[row, :end], places[row, :end], branch_of[row, :end] = tree.head, np.arange(end), 0
            for number, branch in enumerate(tree.branches, 1):
                gold = [self.replies.words[WORDS.index(branch.gold)]] if branch.gold else []
                here = slice(end, end + len(branch.tokens) + len(gold))
                tokens[row, here] = [*branch.tokens, *gold]
                places[row, here] = start + np.arange(here.stop - here.start)
                branch_of[row, here] = number
                rows.append(row)
                wanted.append((end + len(branch.tokens) - 1, here.stop - 1))
                targets.append(branch.target)
                digits.append([float(digit in branch.digits) for digit in range(10)])
                end = here.stop
        return Batch(
            tokens=torch.from_numpy(tokens).to(self.device),
            places=torch.from_numpy(places).to(self.device),
            mask=self.hide(torch.from_numpy(branch_of).to(self.device)),
            rows=torch.tensor(rows, device=self.device),
            wanted=torch.tensor(wanted, device=self.device),
            targets=torch.tensor(targets, device=self.device),
            digits=torch.tensor(digits, device=self.device),
        )

    def hide(self, branch_of: Tensor) -> Tensor:
        """The mask (B, 1, L, L) for the branches that tokens (B, L) are in: 0 for the head, -1 for padding."""
        size, length = branch_of.shape
        before = torch.ones(length, length, dtype=torch.bool, device=self.device).tril()
        near = (branch_of[:, None, :] == 0) | (branch_of[:, None, :] == branch_of[:, :, None])
        mask = torch.zeros(size, length, length, dtype=self.dtype, device=self.device)
        return mask.masked_fill_(~(before & near), HIDDEN_AWAY)[:, None]

    def read(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits of every token where the reply begins (M, tokens), and of the ten digits after the word (M, 10)."""
        states = self.model(batch.tokens, batch.places, batch.mask, batch.rows, batch.wanted)
        digits = self.model.output[list(self.replies.digits)]
        logits = functional.linear(states[:, 0], self.model.output)
        return logits.float(), functional.linear(states[:, 1], digits).float()

    def loss_of(self, batch: Batch) -> Tensor:
        """The loss of a batch; see the module."""
        logits, digits = self.read(batch)
        words = logits[:, list(self.replies.words)]
        word_loss = -(batch.targets * words.log_softmax(-1)).sum(-1).mean()
        others_loss = (logits.logsumexp(-1) - words.logsumexp(-1)).mean()
        known = batch.digits.sum(-1) > 0
        right = (digits.softmax(-1) * batch.digits).sum(-1)[known].clamp(min=1e-6)
        pointer_loss = -right.log().sum() / known.sum().clamp(min=1)
        return word_loss + OTHERS_WEIGHT * others_loss + POINTER_WEIGHT * pointer_loss

    def figures(self, trees: Sequence[Tree], batch: int) -> dict[str, float]:
        """How far the likeliest replies are the settled labels; a sentence counts as right by its first digit."""
        points: list[tuple[int, list[float]]] = []
        flags: list[tuple[float, bool]] = []
        pointers: list[bool] = []
        ordered = sorted(trees, key=lambda tree: tree.size)
        for start in range(0, len(ordered), batch):
            part = ordered[start : start + batch]
            with torch.no_grad():
                logits, digits = self.read(self.collate(part))
            likely = logits[:, list(self.replies.words)].softmax(-1).tolist()
            branches = [branch for tree in part for branch in tree.branches]
            for branch, said, digit in zip(branches, likely, digits.argmax(-1).tolist(), strict=True):
                truth = branch.target.index(max(branch.target))
                if branch.kind == "red_flag":
                    flags.append((said[0] / (said[0] + said[2]), truth == 0))
                    continue
                points.append((truth, said))
                if branch.gold:
                    pointers.append(digit in branch.digits)
        surest = sorted(points, key=lambda point: -max(point[1]))[: math.ceil(SURE_SHARE * len(points))]
        return {
            "key_point_macro_f1": words_f1(points),
            "surest_key_point_macro_f1": words_f1(surest),
            "key_point_loss": -sum(math.log(said[truth] + 1e-9) for truth, said in points) / max(1, len(points)),
            "red_flag_auc": auc(flags),
            "pointers_right": sum(pointers) / max(1, len(pointers)),
        }


def words_f1(points: Sequence[tuple[int, list[float]]]) -> float:
    """Macro-F1 of the likeliest words, of pairs of the settled one's place and the probabilities of all three."""
    truth, said = [t for t, _ in points], [p.index(max(p)) for _, p in points]
    return macro_f1(truth, said, labels=range(len(WORDS)))


def auc(ranked: Sequence[tuple[float, bool]]) -> float:
    """The chance that a flag that is there gets a higher probability than one that isn't (Mann and Whitney 1947)."""
    there, not_there = (np.array([p for p, yes in ranked if yes == wanted]) for wanted in (True, False))
    if not len(there) or not len(not_there):
        return 0.5
    return float(np.sign(there[:, None] - not_there[None]).mean() / 2 + 0.5)


def batches(trees: Sequence[Tree], size: int, rng: random.Random) -> Iterator[list[Tree]]:
    """Whole batches of trees of about the same length, in random order, every tree once a pass; without end."""
    if len(trees) < size:
        raise ValueError(
            f"{len(trees)} trees make no batch of {size}: draw more (--draws), or fewer at a time (--batch)."
        )
    while True:
        drawn = rng.sample(trees, len(trees))
        for start in range(0, len(drawn), POOL * size):
            pool = sorted(drawn[start : start + POOL * size], key=lambda tree: tree.size)
            groups = [pool[i : i + size] for i in range(0, len(pool), size)]
            rng.shuffle(groups)
            yield from (group for group in groups if len(group) == size)


def rate_at(step: int, steps: int) -> float:
    """The learning rate of a step, counted from 0."""
    warm = min(1.0, (step + 1) / WARM_STEPS)
    return RATE * warm * (LAST_SHARE + (1 - LAST_SHARE) * 0.5 * (1 + math.cos(math.pi * step / steps)))


def train(
    trainer: Trainer, trees: Sequence[Tree], dev: dict[str, list[Tree]], *, steps: int, batch: int, seed: int
) -> None:
    """Trains the adapter, and prints the dev figures after each third."""
    params = list(trainer.model.parameters())
    optimizer = torch.optim.AdamW(params, lr=RATE, betas=BETAS, weight_decay=DECAY)
    source = batches(trees, batch, random.Random(seed))
    began = time.monotonic()
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step - 1, steps)
        loss = trainer.loss_of(trainer.collate(next(source)))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 50 == 0 or step == 1:
            print(f"step {step} of {steps}: loss {loss.item():.3f}, {time.monotonic() - began:.0f} s", flush=True)
        if step in (steps // 3, 2 * steps // 3, steps):
            found = {
                f"{use}_{name}": round(figure, 4)
                for use, rows in dev.items()
                for name, figure in trainer.figures(rows, batch).items()
            }
            print(json.dumps({"step": step, **found}), flush=True)


def main() -> None:
    """Parses the command line, makes the trees, trains, writes the adapter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model", type=Path, default=None, help="the embedded model's file; the fetched one if not given"
    )
    parser.add_argument("--out", type=Path, default=local_model.ADAPTER, help="where the adapter goes")
    parser.add_argument("--device", default="cuda", help="cuda, or cpu for a try")
    parser.add_argument("--steps", type=int, default=781)
    parser.add_argument("--batch", type=int, default=16, help="trees a step")
    parser.add_argument("--draws", type=int, default=12500, help="examples that trees are made of")
    parser.add_argument("--dev", type=int, default=None, help="dev answers of each kind, for a try; all if not given")
    parser.add_argument("--layers", type=int, default=LAYERS, help="the model's first ones, for a try")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.layers < LAYERS and options.out == local_model.ADAPTER:
        parser.error("an adapter of some layers would take the shipped one's place: say where it goes (--out).")
    model = options.model or local_model.find()
    if model is None:
        raise SystemExit("The embedded model is not there: run `interviewer model pull` first.")
    with embedded_tokenizer(model) as tokenize:
        trees = train_trees(tokenize, options.draws)
        dev = {use: rows[: options.dev] for use, rows in dev_trees(tokenize).items()}
        replies = reply_tokens(tokenize)
    print(f"{len(trees)} trees of {sum(tree.size for tree in trees)} tokens", flush=True)
    trainer = Trainer(model, replies, device=options.device, layers=options.layers, seed=options.seed)
    train(trainer, trees, dev, steps=options.steps, batch=options.batch, seed=options.seed)
    write_adapter(trainer.model, options.out)
    print(f"Trained: {options.out}. Now fit: python evals/calibrate_readout.py --record")


if __name__ == "__main__":
    main()
