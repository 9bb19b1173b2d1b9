"""Trains the built-in encoder from the committed answers and snippets, and exports it; `--help` says how.

Never reads the test part of the split: the dev part chooses the step, the temperatures and the thresholds.
"""

from __future__ import annotations

import argparse
import copy
import datetime
import json
import math
import random
import shutil
import sys
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from evals import builtin_examples as examples
from evals.builtin_calibration import calibrate
from evals.builtin_examples import Example, Snippets
from evals.builtin_export import export
from evals.builtin_model import CriteriaEncoder, from_base
from interviewer.content import load_library
from interviewer.encoder import CLASSES, CRITERION_TOKENS, WINDOW_TOKENS, HeadKind, lay_out, load_tokenizer
from interviewer.folders import bundled
from interviewer.rubric import verdict_questions
from interviewer.schema import QuestionDocument

KINDS = list(CLASSES)
CLASS_WEIGHTS = {
    "key_point": (1.0, 1.4, 0.8),
    "motivation": (1.0, 1.0, 1.0, 1.0),
    "red_flag": (5.0, 1.0),
    "star": (1.0, 1.0),
}
KIND_WEIGHTS = {"key_point": 1.0, "motivation": 0.4, "red_flag": 1.2, "star": 0.5}
POINTER_WEIGHT = 0.4
DROPOUT = 0.2
SCORE = {
    "key_point_macro_f1": 0.15,
    "pieces_macro_f1": 0.1,
    "others_key_point_macro_f1": 0.25,
    "red_flag_f1": 0.1,
    "others_red_flag_f1": 0.1,
    "motivation_qwk": 0.1,
    "others_motivation_qwk": 0.1,
    "star_f1": 0.05,
    "others_star_f1": 0.05,
}
"""What each figure on dev counts when the step is chosen."""
MORE_QUESTIONS = (
    "Tell me about a time you dealt with an angry customer.",
    "What would you do if a customer refuses to leave?",
    "Why do you want to work here?",
    "What is your greatest weakness?",
    "Where do you see yourself in five years?",
    "How do you organise your work?",
)


class Trainer:
    """The model, the criteria's vectors, and the mixture of examples."""

    def __init__(self, base: Path, seed: int, threads: int, others: float = 0.0) -> None:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        torch.manual_seed(seed)
        self.rng = random.Random(seed)
        self.tokenizer = load_tokenizer(base / "tokenizer.json")
        self.model = from_base(base, DROPOUT)
        questions = load_library([bundled("content")]).questions
        self.wordings: dict[str, list[str]] = {name: [text] for name, text in asked_of(questions[examples.SEED])}
        self.names = list(self.wordings)
        self.snippets = Snippets(self.names)
        for name, texts in self.snippets.criteria.items():
            self.wordings[name] += texts
        for row in self.snippets.others:
            self.wordings[row["criterion"]] = row["texts"]
        self.real = [examples.from_raters(a, b) for a, b in examples.load_answers("train")]
        self.others = {
            name: (
                asked_of(questions[name]),
                [examples.from_raters(a, b) for a, b in examples.load_answers("train", name)],
            )
            for name in (examples.other_questions("train") if others else [])
        }
        self.share = 6 * others / (1 + 5 * others)  # one batch of theirs is drawn against six of the seed question's
        self.vectors: dict[str, Tensor] = {}
        texts = [text for asked, _ in self.others.values() for _, text in asked]
        texts += [text for wordings in self.wordings.values() for text in wordings]
        known = torch.stack([self.vector(text) for text in texts])
        self.model.centre.copy_(known.mean(0))
        self.model.spread.copy_(known.std(0) + 1e-3)

    def vector(self, text: str) -> Tensor:
        """A criterion's half-way states, averaged; the layers below half-way never change, so it is kept."""
        if text not in self.vectors:
            ids = self.tokenizer.encode(text, add_special_tokens=False).ids[:CRITERION_TOKENS]
            tokens = torch.from_numpy(lay_out([ids]).tokens)[None]
            with torch.no_grad():
                was = self.model.training
                self.model.eval()
                self.vectors[text] = self.model.middle(tokens, torch.ones(tokens.shape))[0][0].mean(0)
                self.model.train(was)
        return self.vectors[text]

    def mixture(self, size: int) -> list[Example]:
        """One batch: whole answers, answers with sentences left out, composed ones, joined ones, strays."""
        rng, batch = self.rng, []
        for _ in range(size):
            draw = rng.random()
            if draw < 0.22:
                example = rng.choice(self.real)
            elif draw < 0.42:
                example = examples.drop_sentences(rng.choice(self.real), rng)
            elif draw < 0.82:
                example = self.snippets.compose(rng)
            elif draw < 0.93:
                parts = [examples.drop_sentences(rng.choice(self.real), rng), self.snippets.compose(rng)]
                rng.shuffle(parts)
                example = examples.join(*parts)
            else:
                example = self.snippets.stray(rng)
            batch.append(examples.roughen(example, rng))
        return batch

    def next_batches(self, size: int) -> list[tuple[list[Example], list[str], list[str]]]:
        """Batches with the criteria they are read against; answers of like length together, to pad little."""
        if self.others and self.rng.random() < self.share:
            name = self.rng.choice(list(self.others))
            asked, real = self.others[name]
            drawn = [self.rng.choice(real) for _ in range(size)]
            batch = [one if self.rng.random() < 0.5 else examples.drop_sentences(one, self.rng) for one in drawn]
            batch[-1] = self.elsewhere(name)
            rough = [examples.roughen(one, self.rng) for one in batch]
            return [(rough, [name for name, _ in asked], [text for _, text in asked])]
        pool = sorted(self.mixture(size * 6), key=lambda example: len(" ".join(example.sentences)))
        pools = [pool[i : i + size] for i in range(0, len(pool), size)]
        self.rng.shuffle(pools)
        return [(batch, *self.criteria()) for batch in pools]

    def elsewhere(self, name: str) -> Example:
        """An answer to another question: it tries to answer that one, not this."""
        other = self.rng.choice([one for one in self.others if one != name])
        example = self.rng.choice(self.others[other][1])
        return Example(example.sentences, {"star.on_topic": (0.0, 1.0)}, {}, example.asked)

    def criteria(self, first_wording: bool = False) -> tuple[list[str], list[str]]:
        """Names and texts of the criteria of one batch; half the time in the document's own words."""
        texts = []
        for name in self.names:
            wordings = self.wordings[name]
            own = first_wording or self.rng.random() < 0.5
            texts.append(wordings[0] if own else self.rng.choice(wordings))
        if first_wording:
            return self.names, texts
        others = self.rng.sample(self.snippets.other_names(), 8)
        asked = list(self.rng.sample(MORE_QUESTIONS, 3))
        texts += [self.rng.choice(self.wordings[name]) for name in others] + [on_topic(q) for q in asked]
        return [*self.names, *others, *(f"asked:{q}" for q in asked)], texts

    def collate(self, batch: list[Example], names: list[str], texts: list[str]) -> dict[str, Any]:
        """Tensors of a batch, with targets by kind (rows of zeros where a label isn't known)."""
        layouts = []
        for example in batch:
            ids = [e.ids for e in self.tokenizer.encode_batch(example.sentences, add_special_tokens=False)]
            while sum(map(len, ids)) > min(WINDOW_TOKENS, 300):
                ids.pop()
            layouts.append(lay_out(ids or [[]]))
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
                target = self._target(example, name)
                if target is not None:
                    targets[kind_of(name)][b, k] = torch.tensor(target) * example.weight
                spots = example.shown.get(name)
                if spots is not None:
                    inside = [i for i in spots if i < len(layout.sentences)]
                    if inside or not spots:
                        shown[b, k] = 0.0
                        shown[b, k, inside or [count]] = 1.0
        return {
            "inputs": (
                tokens,
                keep,
                torch.stack([self.vector(t) for t in texts]),
                torch.tensor([KINDS.index(kind_of(name)) for name in names]),
                sentences,
            ),
            "targets": targets,
            "shown": shown,
        }

    def _target(self, example: Example, name: str) -> tuple[float, ...] | None:
        if not name.startswith("asked:"):
            return example.targets.get(name)
        # An answer about customers answers none of the general questions, and the other way round.
        general = MORE_QUESTIONS.index(name[6:]) >= 2
        if example.asked == name[6:]:
            return (1.0, 0.0)
        on = example.targets.get("star.on_topic", (0.0, 0.0))
        if on[0] == 1.0:
            return (0.0, 1.0) if general else None
        return (0.0, 1.0) if on[1] == 1.0 else None


def asked_of(question: QuestionDocument) -> list[tuple[str, str]]:
    """Names and texts of a document's criteria."""
    return [(q.name, q.criterion) for q in verdict_questions(question, lambda *_, **__: "")]


def kind_of(name: str) -> HeadKind:
    """The kind of a criterion by its name."""
    kind: Any = "star" if name.startswith("asked:") else name.partition(".")[0]
    return cast(HeadKind, kind)


def on_topic(question: str) -> str:
    """The text of the question whether an answer is about what was asked, as `rubric` words it."""
    return f"On topic: tries to answer: {question}"


def loss_of(outputs: tuple[Tensor, ...], batch: dict[str, Any]) -> Tensor:
    """Cross-entropy of every head, and of the sentences that show it (any of several will do)."""
    total = torch.zeros(())
    for kind, logits in zip(CLASSES, outputs, strict=False):
        target = batch["targets"][kind]
        weight = target * torch.tensor(CLASS_WEIGHTS[kind])
        total = total - KIND_WEIGHTS[kind] * (weight * logits.log_softmax(-1)).sum() / weight.sum().clamp(min=1.0)
    shown = batch["shown"]
    known = shown[..., 0] >= 0
    likely = (outputs[len(CLASSES)].softmax(-1) * shown.clamp(min=0)).sum(-1).clamp(min=1e-6)
    # "None" is right for most criteria; it counts less, so that the sentences are learnt.
    weight = known * torch.where(shown[..., -1] == 1, 0.3, 1.0)
    return total - POINTER_WEIGHT * (weight * likely.log()).sum() / weight.sum().clamp(min=1.0)


def predict(
    trainer: Trainer, model: CriteriaEncoder, rows: list[Example], question: str = examples.SEED
) -> dict[str, list[np.ndarray]]:
    """Probabilities by criterion, one array per answer, in the document's own words."""
    model.eval()
    if question == examples.SEED:
        names, texts = trainer.criteria(first_wording=True)
    else:
        names, texts = map(list, zip(*trainer.others[question][0], strict=True))
    found: dict[str, list[np.ndarray]] = {name: [] for name in names}
    with torch.no_grad():
        for row in rows:
            batch = trainer.collate([row], names, texts)
            outputs = dict(zip([*CLASSES, "pointer"], model(*batch["inputs"]), strict=False))
            for k, name in enumerate(names):
                found[name].append(outputs[kind_of(name)][0, k].softmax(-1).numpy())
    return found


def dev_figures(trainer: Trainer, model: CriteriaEncoder, rows: list[Any]) -> dict[str, float]:
    """The figures by which a step is chosen; against the first rater."""
    figures = question_figures(trainer, model, {examples.SEED: rows})
    others = {name: examples.load_answers("dev", name) for name in trainer.others}
    if others:
        figures |= {f"others_{name}": figure for name, figure in question_figures(trainer, model, others).items()}
    pieces = [trainer.snippets.compose(random.Random(number), held=True) for number in range(60)]
    figures["pieces_macro_f1"] = pieces_figure(predict(trainer, model, pieces), pieces)
    scored = {name: weight for name, weight in SCORE.items() if name in figures}
    figures["score"] = sum(weight * figures[name] for name, weight in scored.items()) / sum(scored.values())
    return figures


def question_figures(trainer: Trainer, model: CriteriaEncoder, answers: dict[str, list[Any]]) -> dict[str, float]:
    """Figures over the answers to some questions; no verdict is left unsure."""
    from interviewer.agreement import f1, macro_f1, weighted_kappa

    pairs: dict[str, list[tuple[Any, Any]]] = {kind: [] for kind in KINDS}
    found = [
        (rows, name, probabilities)
        for question, rows in answers.items()
        for name, probabilities in predict(
            trainer, model, [examples.from_raters(a, b) for a, b in rows], question
        ).items()
    ]
    for rows, name, probabilities in found:
        kind, _, criterion = name.partition(".")
        if name == "star.on_topic":
            continue
        group = {"key_point": "key_points", "motivation": "motivations", "red_flag": "red_flags", "star": "star"}[kind]
        for (first, _), p in zip(rows, probabilities, strict=True):
            said = CLASSES[kind][int(p.argmax())]  # type: ignore[index]
            truth = str(first[group][criterion]).lower().replace("present", "true").replace("absent", "false")
            pairs[kind].append((truth, said))
    columns = {kind: ([t for t, _ in x], [s for _, s in x]) for kind, x in pairs.items()}
    return {
        "key_point_macro_f1": macro_f1(*columns["key_point"], labels=CLASSES["key_point"]),
        "motivation_qwk": weighted_kappa(
            [int(x) for x in columns["motivation"][0]], [int(x) for x in columns["motivation"][1]]
        ),
        "red_flag_f1": f1(*columns["red_flag"], positive="true"),
        "star_f1": f1(*columns["star"], positive="true"),
    }


def pieces_figure(found: dict[str, list[Any]], pieces: list[Example]) -> float:
    """Key-point macro-F1 on answers put together from pieces that are never trained on."""
    from interviewer.agreement import macro_f1

    classes = CLASSES["key_point"]
    names = [name for name in found if name.startswith("key_point.")]
    truth = [classes[int(np.argmax(piece.targets[name]))] for name in names for piece in pieces]
    said = [classes[int(p.argmax())] for name in names for p in found[name]]
    return macro_f1(truth, said, labels=classes)


def train(trainer: Trainer, steps: int, batch: int, rate: float) -> tuple[CriteriaEncoder, list[dict[str, Any]]]:
    """Trains and returns the averaged weights of the best step on dev, with the log."""
    model = trainer.model
    old = [p for layer in model.layers for p in layer.parameters() if p.requires_grad]
    known = {id(p) for p in old}
    new = [p for p in model.parameters() if p.requires_grad and id(p) not in known]
    optimizer = torch.optim.AdamW([{"params": old, "lr": rate}, {"params": new, "lr": rate * 5}], weight_decay=0.02)

    def pace(step: int) -> float:
        return min(1.0, (step + 1) / (0.08 * steps)) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / steps)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, pace)
    average = copy.deepcopy(model)
    dev = examples.load_answers("dev")
    log: list[dict[str, Any]] = []
    waiting: list[tuple[list[Example], list[str], list[str]]] = []
    best, best_score, running = copy.deepcopy(average.state_dict()), -1.0, 0.0
    for step in range(1, steps + 1):
        model.train()
        if not waiting:
            waiting = trainer.next_batches(batch)
        data = trainer.collate(*waiting.pop())
        loss = loss_of(model(*data["inputs"]), data)
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
        if step % 50 == 0 or step == steps:
            figures = dev_figures(trainer, average, dev)
            log.append({"step": step, "loss": round(running / 50, 4), **{k: round(v, 4) for k, v in figures.items()}})
            print(json.dumps(log[-1]), flush=True)
            running = 0.0
            if figures["score"] > best_score:
                best, best_score = copy.deepcopy(average.state_dict()), figures["score"]
    average.load_state_dict(best)
    return average, log


def main() -> None:
    """Parses the command line, trains, exports, calibrates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--base", type=Path, required=True, help="folder with all-MiniLM-L6-v2's model.safetensors and tokenizer.json"
    )
    parser.add_argument("--out", type=Path, default=Path("interviewer/weights"), help="where the weights go")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--others", type=float, default=0.0, help="share of batches from the other questions' answers")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--log", type=Path, default=None, help="write the dev figures of every 50th step here")
    parser.add_argument("--keep", type=Path, default=None, help="also save the torch weights here")
    options = parser.parse_args()
    trainer = Trainer(options.base, options.seed, options.threads, options.others)
    model, log = train(trainer, options.steps, options.batch, options.rate)
    if options.log:
        options.log.write_text("".join(json.dumps(line) + "\n" for line in log), encoding="utf-8")
    options.out.mkdir(parents=True, exist_ok=True)
    if options.keep:
        torch.save(model.state_dict(), options.keep)
    shutil.copy(options.base / "tokenizer.json", options.out / "tokenizer.json")
    export(model, options.out / "builtin.onnx")
    facts = {
        "name": "interviewer-builtin-1" if not options.others else "interviewer-builtin-2",
        "base": "sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)",
        "licence": "Apache-2.0",
        "made": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "trained_on": "evals/answers (train part, both raters) and evals/training",
        "seed": options.seed,
        "steps": options.steps,
        "batch": options.batch,
        "rate": options.rate,
        "others": options.others,
        # Of any other question it can't tell whether an answer is about it.
        "topics": [examples.SEED_QUESTION],
        "dev": max(log, key=lambda line: line["score"]),
    }
    (options.out / "builtin.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    calibrate(options.out, others=options.others > 0)
    print("Trained. Now measure: python evals/measure_builtin.py --record")


if __name__ == "__main__":
    main()
