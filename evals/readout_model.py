"""The embedded model in plain torch, read from its GGUF file, with the adapter that is trained; never grades.

The model's own weights stay as they are; each product of each layer gets a low-rank addition (Hu et al. 2021, "LoRA:
Low-Rank Adaptation of Large Language Models"). An adapter is written as a GGUF file, which llama.cpp loads beside the
model's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader, GGUFWriter
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

__all__ = ["ALPHA", "HIDDEN", "LAYERS", "RANK", "AdaptedQwen", "read_weights", "write_adapter"]

LAYERS, HIDDEN, HEADS, SHARED_HEADS, WIDE = 28, 1536, 12, 2, 128
"""Of Qwen2.5 1.5B; each of the `SHARED_HEADS` keys and values serves six of the `HEADS`, all of them `WIDE` numbers."""
EPSILON, BASE = 1e-6, 1e6
"""Of the norms, and of the places' angles."""
PRODUCTS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
"""What is adapted in each layer, as GGUF names it."""
RANK, ALPHA = 8, 16
"""Of the adapter, whose product counts `ALPHA / RANK`."""
NAME = "interviewer-readout-3"


# ── the model's file ─────────────────────────────────────────────────────────────────────────────────


def widen_q4_k(blocks: Tensor) -> Tensor:
    """The values of Q4_K blocks: bytes (N, 144) to numbers (N, 256).

    A block is eight groups of 32 four-bit values, each with a scale and a minimum of six bits, which count in units of
    two half-precision numbers (`block_q4_K` and `dequantize_row_q4_K` in llama.cpp).
    """
    scale_unit, least_unit = _halves(blocks[:, 0:2]), _halves(blocks[:, 2:4])
    low, middle, high = blocks[:, 4:8], blocks[:, 8:12], blocks[:, 12:16]
    scales = torch.cat([low & 63, (high & 15) | ((low >> 6) << 4)], 1)
    leasts = torch.cat([middle & 63, (high >> 4) | ((middle >> 6) << 4)], 1)
    pairs = blocks[:, 16:].view(-1, 4, 1, 32)
    values = torch.cat([pairs & 15, pairs >> 4], 2).view(-1, 8, 32)
    return ((scale_unit * scales)[..., None] * values - (least_unit * leasts)[..., None]).flatten(1)


def widen_q6_k(blocks: Tensor) -> Tensor:
    """The values of Q6_K blocks: bytes (N, 210) to numbers (N, 256).

    A block is sixteen groups of 16 six-bit values, their lower four bits and upper two stored apart, each group with a
    scale of eight bits (`block_q6_K` and `dequantize_row_q6_K` in llama.cpp).
    """
    lower, upper = blocks[:, :128].view(-1, 2, 64), blocks[:, 128:192].view(-1, 2, 32)
    scales, unit = blocks[:, 192:208].contiguous().view(torch.int8), _halves(blocks[:, 208:210])
    one, two = lower[..., :32], lower[..., 32:]
    quarters = (one & 15, two & 15, one >> 4, two >> 4)
    values = torch.stack([part | (((upper >> 2 * k) & 3) << 4) for k, part in enumerate(quarters)], 2)
    return ((unit * scales)[..., None] * (values.view(-1, 16, 16).to(torch.int8) - 32)).flatten(1)


def _halves(raw: Tensor) -> Tensor:
    return raw.contiguous().view(torch.float16).float()


WIDEN: dict[str, tuple[int, Callable[[Tensor], Tensor]]] = {
    "Q4_K": (144, widen_q4_k),
    "Q6_K": (210, widen_q6_k),
    "F32": (4, lambda raw: raw.view(torch.float32)),
}
"""By the file's name for a kind of number: bytes of a block, and what its numbers are."""


def read_weights(path: Path, device: str, dtype: torch.dtype, layers: int = LAYERS) -> dict[str, Tensor]:
    """A file's weights, of the first layers, by name: matrices (out, in) in `dtype`, others in single precision."""
    found = {}
    for tensor in GGUFReader(path).tensors:
        part, _, rest = tensor.name.partition(".")
        if part == "blk" and int(rest.partition(".")[0]) >= layers:
            continue
        size, widen = WIDEN[tensor.tensor_type.name]
        raw = torch.from_numpy(np.array(tensor.data).view(np.uint8).reshape(-1, size)).to(device)
        values = widen(raw).view(tensor.shape.tolist()[::-1])
        found[tensor.name] = values.to(dtype) if values.dim() == 2 else values
    return found


# ── the model ────────────────────────────────────────────────────────────────────────────────────────


class Adapted(nn.Module):  # type: ignore[misc]
    """A product of the model's with a low-rank addition: x Wᵀ + (x Aᵀ) Bᵀ · ALPHA / RANK; only A and B are trained."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.weight, self.bias = weight, bias
        out, into = weight.shape
        self.a = nn.Parameter(torch.randn(RANK, into, device=weight.device) / math.sqrt(into))
        self.b = nn.Parameter(torch.zeros(out, RANK, device=weight.device))

    def forward(self, x: Tensor) -> Tensor:
        added = functional.linear(functional.linear(x, self.a.to(x.dtype)), self.b.to(x.dtype))
        return functional.linear(x, self.weight, self.bias) + added * (ALPHA / RANK)


class AdaptedQwen(nn.Module):  # type: ignore[misc]
    """Qwen2 with an adapter: tokens in, states out."""

    def __init__(self, weights: dict[str, Tensor], layers: int = LAYERS) -> None:
        super().__init__()
        self.words, self.output = weights["token_embd.weight"], weights["output.weight"]
        """A row (HIDDEN,) for each token: what it is read as, and what a state that foretells it is like."""
        self.last_norm = weights["output_norm.weight"]
        self.norms = [
            (weights[f"blk.{i}.attn_norm.weight"], weights[f"blk.{i}.ffn_norm.weight"]) for i in range(layers)
        ]
        self.layers = nn.ModuleList(
            nn.ModuleDict({name: self._adapt(weights, f"blk.{i}.{name}") for name in PRODUCTS}) for i in range(layers)
        )

    @staticmethod
    def _adapt(weights: dict[str, Tensor], name: str) -> Adapted:
        weight, bias = weights[f"{name}.weight"], weights.get(f"{name}.bias")
        return Adapted(weight, None if bias is None else bias.to(weight.dtype))

    def forward(self, tokens: Tensor, places: Tensor, mask: Tensor, rows: Tensor, wanted: Tensor) -> Tensor:
        """States (M, K, HIDDEN) of the wanted tokens, from which the ones after them are foretold.

        Shapes: tokens and places (B, L), a place counting from 0 at a prompt's beginning; mask (B, 1, L, L), added to
        what each token (L, first) makes of each other; rows (M,) and wanted (M, K): of row `rows[m]`, the tokens at
        `wanted[m]`.
        """
        x = self.words[tokens]
        turns = angles(places, x.dtype)
        for (norm_before, norm_between), layer in zip(self.norms, self.layers, strict=True):
            x = x + self._attend(layer, normalise(x, norm_before), turns, mask)
            h = normalise(x, norm_between)
            x = x + layer["ffn_down"](functional.silu(layer["ffn_gate"](h)) * layer["ffn_up"](h))
        return normalise(x[rows[:, None], wanted], self.last_norm)

    @staticmethod
    def _attend(layer: nn.ModuleDict, x: Tensor, turns: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        batch, length, _ = x.shape
        q = turn(layer["attn_q"](x).view(batch, length, HEADS, WIDE).transpose(1, 2), turns)
        k = turn(layer["attn_k"](x).view(batch, length, SHARED_HEADS, WIDE).transpose(1, 2), turns)
        v = layer["attn_v"](x).view(batch, length, SHARED_HEADS, WIDE).transpose(1, 2)
        k, v = (t.repeat_interleave(HEADS // SHARED_HEADS, 1) for t in (k, v))
        # Named, for the one that torch 2.11 chooses by itself, cuDNN's, gave gradients of NaN with these masks.
        with sdpa_kernel(SDPBackend.EFFICIENT_ATTENTION if x.is_cuda else SDPBackend.MATH):
            mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return layer["attn_output"](mixed.transpose(1, 2).reshape(batch, length, HIDDEN))


def normalise(x: Tensor, weight: Tensor) -> Tensor:
    """Divided by its root mean square (Zhang and Sennrich 2019, "Root Mean Square Layer Normalization")."""
    wide = x.float()
    return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + EPSILON) * weight).to(x.dtype)


def angles(places: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and sines (B, 1, L, WIDE / 2) by which places (B, L) turn a query or a key."""
    speeds = BASE ** (-torch.arange(0, WIDE, 2, device=places.device).float() / WIDE)
    found = (places[..., None].float() * speeds)[:, None]
    return found.cos().to(dtype), found.sin().to(dtype)


def turn(x: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    """Queries or keys (B, heads, L, WIDE) turned by their places (Su et al. 2021, "RoFormer"), halves paired."""
    (cos, sin), (a, b) = turns, x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


# ── the adapter's file ───────────────────────────────────────────────────────────────────────────────


def write_adapter(model: AdaptedQwen, path: Path) -> None:
    """Writes what was trained, in half precision."""
    writer = GGUFWriter(str(path), "qwen2")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(ALPHA))
    writer.add_name(NAME)
    for i, layer in enumerate(model.layers):
        for name, product in layer.items():
            for factor, values in (("lora_a", product.a), ("lora_b", product.b)):
                writer.add_tensor(f"blk.{i}.{name}.weight.{factor}", values.detach().half().cpu().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
