"""The built-in encoder as a torch module, and its export to ONNX; nothing here runs when answers are graded."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

HIDDEN, HEADS, LAYERS, INNER, WORDS, PLACES = 384, 12, 6, 1536, 30522, 512
SIZES = {"key_point": 3, "motivation": 4, "red_flag": 2, "star": 2}
HALF = 3
"""Layers below this one are kept as they are; criteria join the answer here."""
INPUTS = ("tokens", "keep", "criteria", "own", "kinds", "sentences")
OUTPUTS = (*SIZES, "pointer", "middle")


class Layer(nn.Module):  # type: ignore[misc]
    """One transformer layer with BERT's post-normalisation."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.qkv = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.out = nn.Linear(HIDDEN, HIDDEN)
        self.norm1 = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.up = nn.Linear(HIDDEN, INNER)
        self.down = nn.Linear(INNER, HIDDEN)
        self.norm2 = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def _project(self, x: Tensor) -> Any:
        batch, length, _ = x.shape
        return self.qkv(x).view(batch, length, 3, HEADS, HIDDEN // HEADS).permute(2, 0, 3, 1, 4).unbind(0)

    def _finish(self, x: Tensor, mixed: Tensor) -> Tensor:
        batch, length, _ = x.shape
        x = self.norm1(x + self.dropout(self.out(mixed.transpose(1, 2).reshape(batch, length, HIDDEN))))
        return self.norm2(x + self.dropout(self.down(nn.functional.gelu(self.up(x)))))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        q, k, v = self._project(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(HIDDEN // HEADS) + mask, dim=-1)
        return self._finish(x, weights @ v)

    def both(self, x: Tensor, c: Tensor, mask: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
        """Answer states x (B, L, H) see x; a criterion's states in c (B, K, C, H) see x and one another.

        Never another criterion's: own (K, C), 1 but 0 on padding, and mask (B, 1, 1, L) say what there is to see.
        """
        batch, count, size, _ = c.shape
        length, wide = x.shape[1], HIDDEN // HEADS
        q, k, v = self._project(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(wide) + mask, dim=-1)
        cq, ck, cv = (t.reshape(batch, HEADS, count, size, wide) for t in self._project(c.flatten(1, 2)))
        outward = (cq.flatten(2, 3) @ k.transpose(-1, -2) / math.sqrt(wide) + mask).view(
            batch, HEADS, count, size, length
        )
        inward = cq @ ck.transpose(-1, -2) / math.sqrt(wide) + (1.0 - own)[None, None, :, None, :] * -1e4
        cross = torch.softmax(torch.cat([outward, inward], dim=-1), dim=-1)
        out = (cross[..., :length].flatten(2, 3) @ v).view(batch, HEADS, count, size, wide) + cross[..., length:] @ cv
        return self._finish(x, weights @ v), self._finish(c.flatten(1, 2), out.flatten(2, 3)).view(c.shape)


class CriteriaEncoder(nn.Module):  # type: ignore[misc]
    """Answer and criteria in, logits of every head for every criterion out, and a pointer over sentences."""

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, HIDDEN)
        self.places = nn.Embedding(PLACES, HIDDEN)
        self.sides = nn.Embedding(2, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(LAYERS))
        self.dropout = nn.Dropout(dropout)
        self.kinds = nn.Embedding(len(SIZES), HIDDEN)
        self.query = nn.Linear(HIDDEN, HIDDEN)
        self.key = nn.Linear(HIDDEN, HIDDEN)
        self.none = nn.Linear(HIDDEN, 1)
        self.pair_criterion = nn.Linear(HIDDEN, HIDDEN)
        self.pair_sentence = nn.Linear(HIDDEN, HIDDEN)
        self.mix = nn.Linear(3 * HIDDEN, HIDDEN)
        self.heads = nn.ModuleDict({kind: nn.Linear(HIDDEN, size) for kind, size in SIZES.items()})

    def middle(self, tokens: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
        """Half-way states (B, L, H) and the mask over keys (B, 1, 1, L) of tokens (B, L)."""
        places = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.norm(self.words(tokens) + self.places(places)[None] + self.sides.weight[0])
        mask = (1.0 - keep)[:, None, None, :] * -1e4
        for layer in self.layers[:HALF]:
            x = layer(x, mask)
        return x, mask

    def forward(
        self, tokens: Tensor, keep: Tensor, criteria: Tensor, own: Tensor, kinds: Tensor, sentences: Tensor
    ) -> tuple[Tensor, ...]:
        """Logits of every head (B, K, classes), the pointer (B, K, S + 1) and the answer's half-way states (B, L, H).

        Shapes: tokens and keep (B, L), keep 1 but 0 on padding; criteria (K, C, H) half-way states, own (K, C) 1 but 0
        on padding, kinds (K,); sentences (B, S, L).
        """
        middle, mask = self.middle(tokens, keep)
        c = (criteria + self.kinds(kinds)[:, None])[None].expand(tokens.shape[0], -1, -1, -1)
        x = self.dropout(middle)
        for layer in self.layers[HALF:]:
            x, c = layer.both(x, c, mask, own)
        c = (c * own[None, :, :, None]).sum(2) / own.sum(1)[None, :, None]
        sentence = sentences @ x
        pointer = self.query(c) @ self.key(sentence).transpose(1, 2) / math.sqrt(HIDDEN)
        pointer = pointer + (sentences.sum(-1) == 0).to(x.dtype)[:, None, :] * -1e4
        pointer = torch.cat([pointer, self.none(c)], dim=-1)
        shown = torch.softmax(pointer, dim=-1)[:, :, :-1] @ torch.cat([sentence, self.pair_sentence(sentence)], dim=-1)
        match = self.pair_criterion(c) * shown[:, :, HIDDEN:]
        z = self.dropout(nn.functional.gelu(self.mix(torch.cat([c, shown[:, :, :HIDDEN], match], dim=-1))))
        return (*(self.heads[kind](z) for kind in SIZES), pointer, middle)


def from_base(folder: Path, dropout: float = 0.1, *, every_layer: bool = False) -> CriteriaEncoder:
    """Starts from all-MiniLM-L6-v2's weights; the heads are new, the pointer starts as a plain similarity.

    `every_layer`: the lower layers are trained too; else they stay as they are.
    """
    base = load_file(str(folder / "model.safetensors"))
    base = {name.removeprefix("bert."): value for name, value in base.items()}
    model = CriteriaEncoder(dropout)
    state = {
        "words.weight": base["embeddings.word_embeddings.weight"],
        "places.weight": base["embeddings.position_embeddings.weight"],
        "sides.weight": base["embeddings.token_type_embeddings.weight"],
        "norm.weight": base["embeddings.LayerNorm.weight"],
        "norm.bias": base["embeddings.LayerNorm.bias"],
    }
    names = {
        "out": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm2": "output.LayerNorm",
    }
    for i in range(LAYERS):
        old = f"encoder.layer.{i}."
        for part in ("weight", "bias"):
            qkv = [base[f"{old}attention.self.{name}.{part}"] for name in ("query", "key", "value")]
            state[f"layers.{i}.qkv.{part}"] = torch.cat(qkv)
            for new, name in names.items():
                state[f"layers.{i}.{new}.{part}"] = base[f"{old}{name}.{part}"]
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and all(
        m.split(".")[0]
        in (
            "kinds",
            "query",
            "key",
            "none",
            "mix",
            "heads",
            "pair_criterion",
            "pair_sentence",
        )
        for m in missing
    )
    with torch.no_grad():
        for linear in (model.query, model.key):
            linear.weight.copy_(torch.eye(HIDDEN) + 0.01 * torch.randn(HIDDEN, HIDDEN))
            linear.bias.zero_()
        model.kinds.weight.mul_(0.1)
    kept = () if every_layer else model.layers[:HALF]
    for part in (model.words, model.places, model.sides, model.norm, *kept):
        part.requires_grad_(False)
    return model
