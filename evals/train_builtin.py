"""Trains the built-in encoder from the committed answers and pieces, and exports it; `--help` says how.

Never reads the test part of the split: the dev part, and train questions held out whole, choose the step, the
temperatures and the thresholds.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import datetime
import json
import math
import random
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from evals import builtin_examples as examples
from evals.builtin_calibration import GROUPS, calibrate, label_of
from evals.builtin_examples import HELD_QUESTIONS, SEED, Example, Subject, kind_of
from evals.builtin_export import export
from evals.builtin_model import HALF, CriteriaEncoder, from_base
from interviewer.agreement import f1, macro_f1, weighted_kappa
from interviewer.encoder import CLASSES, CRITERION_TOKENS, lay_out, load_tokenizer
from interviewer.rubric import ON_TOPIC

KINDS = list(CLASSES)


@dataclass(frozen=True)
class Stage:
    """A part of the training, from the best weights of the one before."""

    steps: int
    rate: float
    classes: dict[str, tuple[float, ...]]
    """What a label of each class counts, by kind."""
    kinds: dict[str, float]
    """What a kind counts."""


STAGES = (
    Stage(
        steps=1600,
        rate=1e-4,
        classes={"key_point": (1.0, 1.3, 0.8), "motivation": (1.0,) * 4, "red_flag": (2.0, 1.0), "star": (1.0, 1.0)},
        kinds={"key_point": 1.0, "motivation": 0.4, "red_flag": 1.0, "star": 0.4},
    ),
    # After the first, partly covered points and red flags were told apart, but hardly ever the likeliest.
    Stage(
        steps=600,
        rate=1.5e-4,
        classes={"key_point": (1.0, 2.0, 0.8), "motivation": (1.0,) * 4, "red_flag": (3.5, 1.0), "star": (1.0, 1.0)},
        kinds={"key_point": 1.0, "motivation": 0.3, "red_flag": 1.6, "star": 0.3},
    ),
)
WHOLE_STAGE = dataclasses.replace(STAGES[-1], steps=750, rate=2e-4)
"""What takes the last one's place with `--whole`."""
SHARES, WHOLE_SHARES = (0.25, 0.4, 0.88), (0.45, 0.65, 0.88)
"""Up to which share of the draws an answer is as it is, has sentences left out, is put together; the rest: joined."""
LOW_RATE = 0.3
"""What the lower layers' rate is of the upper ones', where they are trained."""
POINTER_WEIGHT = 0.4
DROPOUT = 0.1
ANSWER_TOKENS = 256
"""Longer examples lose their last sentences."""
CRITERIA = {"key_point": 6, "red_flag": 3, "motivation": 1, "star": 1}
"""Criteria of each kind that a batch is read against."""
SCORE = {"key_point_macro_f1": 0.4, "red_flag_f1": 0.3, "motivation_qwk": 0.2, "star_f1": 0.1}
"""What each figure counts when the step is chosen; the seen and the held-out questions count alike."""
Batch = tuple[list[Example], list[str], list[str]]
"""Examples, and the names and texts of the criteria they are read against."""
Numbers = NDArray[np.float64]


class Trainer:
    """The model, the criteria's half-way states, and the mixture of examples."""

    def __init__(self, base: Path, seed: int, threads: int, *, whole: bool = False) -> None:
        """`whole`: trains on `training/whole` too, and every layer."""
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        torch.manual_seed(seed)
        self.rng = random.Random(seed)
        self.tokenizer = load_tokenizer(base / "tokenizer.json")
        self.model = from_base(base, DROPOUT, every_layer=whole)
        every = [examples.load_subject(name, whole=whole) for name in (SEED, *examples.other_questions("train"))]
        self.seen = [subject for subject in every if subject.id not in HELD_QUESTIONS]
        self.held = [subject for subject in every if subject.id in HELD_QUESTIONS]
        self.subjects = self.seen + examples.more_subjects(whole=whole)
        self.shares = WHOLE_SHARES if whole else SHARES
        self.laid: dict[str, Tensor] = {}

    def lay_text(self, text: str) -> Tensor:
        """A criterion's tokens (C,); remembered."""
        if text not in self.laid:
            ids = self.tokenizer.encode(text, add_special_tokens=False).ids[:CRITERION_TOKENS]
            self.laid[text] = torch.from_numpy(lay_out([ids]).tokens)
        return self.laid[text]

    def next_batch(self, size: int) -> Batch:
        """Examples of one question: whole answers, answers with sentences left out, composed, joined, one stray."""
        rng = self.rng
        subject = rng.choices(self.subjects, [3.0 if one.id == SEED else 1.0 for one in self.subjects])[0]
        batch = [self.draw(subject) for _ in range(size)]
        if rng.random() < 0.25:
            other = rng.choice([one for one in self.subjects if one is not subject and one.answers])
            batch[-1] = examples.stray(rng.choice(other.answers))
        names = self.choose(subject, batch)
        texts = []
        for name in names:
            whole, *shorter = subject.wordings[name]
            texts.append(rng.choice(shorter) if shorter and rng.random() < 0.3 else whole)
        return [examples.roughen(one, rng) for one in batch], names, texts

    def draw(self, subject: Subject) -> Example:
        """One example of a question."""
        rng, names = self.rng, list(subject.wordings)
        asis, dropped, composed = self.shares
        draw = rng.random() if subject.answers else dropped
        if draw < asis:
            return rng.choice(subject.answers)
        if draw < dropped:
            return examples.drop_sentences(rng.choice(subject.answers), rng)
        if draw < composed:
            return examples.compose(subject.pieces, names, rng)
        parts = [
            examples.drop_sentences(rng.choice(subject.answers), rng),
            examples.compose(subject.pieces, names, rng),
        ]
        rng.shuffle(parts)
        return examples.join(*parts)

    def choose(self, subject: Subject, batch: list[Example]) -> list[str]:
        """Criteria of every kind: those that some example shows or nearly shows before the others."""
        chosen = []
        for kind, count in CRITERIA.items():
            if kind == "motivation" and self.rng.random() < 0.4:
                continue  # their texts are the longest, and the others would be padded to them
            names = [name for name in subject.wordings if kind_of(name) == kind]
            telling = {
                name
                for one in batch
                for name in names
                if name in one.near or one.targets.get(name, examples.absent(name)) != examples.absent(name)
            }
            ranked = sorted(names, key=lambda name: self.rng.random() - 0.5 * (name in telling))
            chosen += ranked[:count]
        return chosen

    def collate(self, batch: list[Example], names: list[str], texts: list[str]) -> dict[str, Any]:
        """Tensors of a batch, with targets by kind (rows of zeros where a label isn't known)."""
        layouts = []
        for example in batch:
            ids = [e.ids for e in self.tokenizer.encode_batch(example.sentences, add_special_tokens=False)]
            while len(ids) > 1 and sum(map(len, ids)) > ANSWER_TOKENS:
                ids.pop()
            layouts.append(lay_out([one[:ANSWER_TOKENS] for one in ids] or [[]]))
        length = max(len(x.tokens) for x in layouts)
        count = max(len(x.sentences) for x in layouts)
        size = len(batch)
        tokens = torch.zeros(size, length, dtype=torch.long)
        keep = torch.zeros(size, length)
        sentences = torch.zeros(size, count, length)
        shown = torch.full((size, len(names), count + 1), -1.0)
        targets = {kind: torch.zeros(size, len(names), len(classes)) for kind, classes in CLASSES.items()}
        for b, (example, layout) in enumerate(zip(batch, layouts, strict=True)):
            n = len(layout.tokens)
            tokens[b, :n] = torch.from_numpy(layout.tokens)
            keep[b, :n] = 1.0
            sentences[b, : len(layout.sentences), :n] = torch.from_numpy(layout.sentences)
            for k, name in enumerate(names):
                target, spots = example.targets.get(name), example.shown.get(name)
                inside = [i for i in spots or () if i < len(layout.sentences)]
                if spots and not inside:
                    continue  # what shows it was cut off
                if target is not None:
                    weight = 1.5 if name in example.near else 1.0
                    targets[kind_of(name)][b, k] = torch.tensor(target) * weight
                if spots is not None:
                    shown[b, k] = 0.0
                    shown[b, k, inside or [count]] = 1.0
        return {
            "inputs": (tokens, keep, *self.lay_criteria(names, texts), sentences),
            "targets": targets,
            "shown": shown,
        }

    def lay_criteria(self, names: list[str], texts: list[str]) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens (K, C), which of them are no padding (K, C), and kinds (K,)."""
        laid = [self.lay_text(text) for text in texts]
        width = max(len(tokens) for tokens in laid)
        criteria, own = torch.zeros(len(laid), width, dtype=torch.long), torch.zeros(len(laid), width)
        for k, tokens in enumerate(laid):
            criteria[k, : len(tokens)], own[k, : len(tokens)] = tokens, 1.0
        return criteria, own, torch.tensor([KINDS.index(kind_of(name)) for name in names])


def loss_of(outputs: tuple[Tensor, ...], batch: dict[str, Any], stage: Stage) -> Tensor:
    """Cross-entropy of every head, and of the sentences that show it (any of several will do)."""
    device = outputs[0].device
    total = torch.zeros((), device=device)
    for kind, logits in zip(CLASSES, outputs, strict=False):
        target = batch["targets"][kind].to(device)
        weight = target * torch.tensor(stage.classes[kind], device=device)
        total = total - stage.kinds[kind] * (weight * logits.float().log_softmax(-1)).sum() / weight.sum().clamp(
            min=1.0
        )
    shown = batch["shown"].to(device)
    known = shown[..., 0] >= 0
    likely = (outputs[len(CLASSES)].float().softmax(-1) * shown.clamp(min=0)).sum(-1).clamp(min=1e-6)
    # "None" is right for most criteria; it counts less, so that the sentences are learnt.
    weight = known * torch.where(shown[..., -1] == 1, 0.3, 1.0)
    return total - POINTER_WEIGHT * (weight * likely.log()).sum() / weight.sum().clamp(min=1.0)


def run(model: CriteriaEncoder, data: dict[str, Any]) -> tuple[Tensor, ...]:
    """The model's outputs for a batch: the criteria's half-way states first, then the answers with them."""
    tokens, keep, criteria, own, kinds, sentences = (one.to(model.words.weight.device) for one in data["inputs"])
    states = model.middle(criteria, own)[0]
    outputs: tuple[Tensor, ...] = model(tokens, keep, states.to(torch.float32), own, kinds, sentences)
    return outputs


def predict(trainer: Trainer, model: CriteriaEncoder, subject: Subject, example: Example) -> dict[str, Numbers]:
    """Probabilities by criterion, in the document's own words."""
    names = [name for name in subject.wordings if name != ON_TOPIC]
    data = trainer.collate([example], names, [subject.wordings[name][0] for name in names])
    with torch.no_grad():
        outputs = dict(zip(KINDS, run(model, data), strict=False))
    return {name: outputs[kind_of(name)][0, k].softmax(-1).cpu().numpy() for k, name in enumerate(names)}


def dev_answers(trainer: Trainer) -> dict[str, list[tuple[Subject, dict[str, Any], Example]]]:
    """Answers that choose the step: `seen`, the dev part of trained questions; `held`, held-out ones without test."""
    seen = [(subject, row) for subject in trainer.seen for row in examples.load_settled("dev", subject.id)]
    held = [
        (subject, row)
        for subject in trainer.held
        for part in ("train", "dev")
        for row in examples.load_settled(part, subject.id)
    ]
    return {
        name: [(subject, row[-1], examples.from_raters(*row)) for subject, row in rows]
        for name, rows in (("seen", seen), ("held", held))
    }


def figures(
    trainer: Trainer, model: CriteriaEncoder, rows: list[tuple[Subject, dict[str, Any], Example]]
) -> dict[str, float]:
    """Figures against the settled labels; no verdict is left unsure."""
    model.eval()
    pairs: dict[str, list[tuple[str, str]]] = {kind: [] for kind in KINDS}
    ranked: list[tuple[float, bool]] = []
    for subject, settled, example in rows:
        for name, p in predict(trainer, model, subject, example).items():
            kind, criterion = kind_of(name), name.partition(".")[2]
            truth = label_of(kind, settled[GROUPS[kind]][criterion])
            pairs[kind].append((truth, CLASSES[kind][int(p.argmax())]))
            if kind == "red_flag":
                ranked.append((float(p[0]), truth == "true"))
    columns = {kind: ([t for t, _ in x], [s for _, s in x]) for kind, x in pairs.items()}
    levels = [[int(x) for x in column] for column in columns["motivation"]]
    return {
        "key_point_macro_f1": macro_f1(*columns["key_point"], labels=CLASSES["key_point"]),
        "motivation_qwk": weighted_kappa(*levels),
        "red_flag_f1": f1(*columns["red_flag"], positive="true"),
        "red_flag_auc": auc(ranked),
        "star_f1": f1(*columns["star"], positive="true"),
    }


def auc(ranked: list[tuple[float, bool]]) -> float:
    """The chance that a flag that is there gets a higher probability than one that isn't (Mann and Whitney 1947)."""
    there, not_there = [p for p, yes in ranked if yes], [p for p, yes in ranked if not yes]
    wins = sum((a > b) + 0.5 * (a == b) for a in there for b in not_there)
    return wins / max(1, len(there) * len(not_there))


def train(trainer: Trainer, stage: Stage, batch: int, every: int) -> list[dict[str, Any]]:
    """Trains, leaves the averaged weights of the best step on dev in the trainer's model, and returns the log."""
    model = trainer.model
    low, old = ([*layers.parameters()] for layers in (model.layers[:HALF], model.layers[HALF:]))
    known = {id(p) for p in (*low, *old)}
    new = [p for p in model.parameters() if p.requires_grad and id(p) not in known]
    rates = ((low, LOW_RATE), (old, 1.0), (new, 3.0))
    groups = [{"params": params, "lr": stage.rate * share} for params, share in rates if params[0].requires_grad]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.02)

    def pace(step: int) -> float:
        warm = min(1.0, (step + 1) / (0.05 * stage.steps))
        return warm * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / stage.steps)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, pace)
    average = copy.deepcopy(model)
    dev = dev_answers(trainer)
    log: list[dict[str, Any]] = []
    best, best_score, running = copy.deepcopy(average.state_dict()), -1.0, 0.0
    for step in range(1, stage.steps + 1):
        model.train()
        data = trainer.collate(*trainer.next_batch(batch))
        with torch.autocast(model.words.weight.device.type, dtype=torch.bfloat16):
            outputs = run(model, data)
        loss = loss_of(outputs, data, stage)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()
        running += loss.item()
        with torch.no_grad():
            share = min(0.99, step / (step + 10))
            for mean, now in zip(average.parameters(), model.parameters(), strict=True):
                if now.requires_grad:
                    mean.lerp_(now, 1 - share)
        if step % every == 0 or step == stage.steps:
            found = {name: figures(trainer, average, rows) for name, rows in dev.items()}
            score = sum(weight * one[key] for one in found.values() for key, weight in SCORE.items()) / len(found)
            told = {f"{name}_{key}": round(v, 4) for name, one in found.items() for key, v in one.items()}
            log.append({"step": step, "loss": round(running / every, 4), **told, "score": round(score, 4)})
            print(json.dumps(log[-1]), flush=True)
            running = 0.0
            if score > best_score:
                best, best_score = copy.deepcopy(average.state_dict()), score
    model.load_state_dict(best)
    return log


def main() -> None:
    """Parses the command line, trains, exports, calibrates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--base", type=Path, required=True, help="folder with all-MiniLM-L6-v2's model.safetensors and tokenizer.json"
    )
    parser.add_argument("--out", type=Path, default=Path("interviewer/weights"), help="where the weights go")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--every", type=int, default=200, help="steps between looks at the dev figures")
    parser.add_argument("--start", type=Path, default=None, help="weights that the first stage left; skips it")
    parser.add_argument("--whole", action="store_true", help="train on training/whole too, and every layer")
    parser.add_argument("--log", type=Path, default=None, help="write the dev figures here")
    parser.add_argument("--keep", type=Path, default=None, help="also save the torch weights here")
    options = parser.parse_args()
    trainer = Trainer(options.base, options.seed, options.threads, whole=options.whole)
    trainer.model.to(options.device)
    stages = (*STAGES[:-1], WHOLE_STAGE) if options.whole else STAGES
    if options.start:
        trainer.model.load_state_dict(torch.load(options.start))
    log = [
        {"stage": number, **line}
        for number, stage in enumerate(stages, 1)
        if number > 1 or not options.start
        for line in train(trainer, stage, options.batch, options.every)
    ]
    model = trainer.model
    if options.log:
        options.log.write_text("".join(json.dumps(line) + "\n" for line in log), encoding="utf-8")
    options.out.mkdir(parents=True, exist_ok=True)
    if options.keep:
        torch.save(model.state_dict(), options.keep)
    shutil.copy(options.base / "tokenizer.json", options.out / "tokenizer.json")
    export(model, options.out / "builtin.onnx")
    facts = {
        "name": "interviewer-builtin-2",
        "base": "sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)",
        "licence": "Apache-2.0",
        "made": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "trained_on": "evals/answers (train part, both raters and what was settled) and evals/training",
        "held_out": list(HELD_QUESTIONS),
        "seed": options.seed,
        "steps": [stage.steps for stage in stages],
        "batch": options.batch,
        "dev": max((line for line in log if line["stage"] == len(stages)), key=lambda line: line["score"]),
    }
    (options.out / "builtin.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    calibrate(options.out)
    print("Trained. Now measure: python evals/measure_builtin.py --record")


if __name__ == "__main__":
    main()
