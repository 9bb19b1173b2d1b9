"""Exports the encoder to ONNX with 8-bit weights; activations keep single precision outside the products.

Products quantise their input row by row, in blocks, so that one criterion's values never change another's.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from evals.builtin_model import HIDDEN, INPUTS, OUTPUTS, CriteriaEncoder

__all__ = ["export", "export_plain", "quantize"]

BLOCK = 128


def export(model: CriteriaEncoder, path: Path) -> None:
    """Writes `path` (8 bit) and, beside it, nothing else."""
    plain = path.with_suffix(".fp32.onnx")
    export_plain(model, plain)
    quantize(plain, path)
    plain.unlink()


def export_plain(model: CriteriaEncoder, path: Path) -> None:
    """Writes the model in single precision."""
    model.eval()
    length, criteria, own, sentences = 40, 5, 7, 3
    sample = (
        torch.randint(1000, 2000, (1, length)),
        torch.ones(1, length),
        torch.randn(criteria, own, HIDDEN),
        torch.ones(criteria, own),
        torch.arange(criteria) % 4,
        torch.rand(1, sentences, length),
    )
    n, k, c, s = (
        torch.export.Dim("n", min=2, max=512),
        torch.export.Dim("k", min=1, max=1000),
        torch.export.Dim("c", min=2, max=128),
        torch.export.Dim("s", min=1, max=500),
    )
    shapes = {
        "tokens": {1: n},
        "keep": {1: n},
        "criteria": {0: k, 1: c},
        "own": {0: k, 1: c},
        "kinds": {0: k},
        "sentences": {1: s, 2: n},
    }
    torch.onnx.export(
        model,
        sample,
        str(path),
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        dynamic_shapes=shapes,
        dynamo=True,
        external_data=False,
        opset_version=21,
        verbose=False,
    )


def quantize(plain: Path, path: Path) -> None:
    """Eight-bit weights: products by onnxruntime's block quantiser, the word table by rows."""
    from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

    logging.getLogger("onnxruntime.quantization.matmul_nbits_quantizer").setLevel(logging.WARNING)
    model = onnx.load(str(plain))
    _turn_weights(model.graph)
    config = DefaultWeightOnlyQuantConfig(block_size=BLOCK, is_symmetric=True, accuracy_level=4, bits=8)
    quantizer = MatMulNBitsQuantizer(model, algo_config=config, nodes_to_exclude=_small_products(model.graph))
    quantizer.process()
    model = quantizer.model.model
    _drop_copies(model.graph)
    _shrink_table(model.graph)
    del model.graph.value_info[:]
    onnx.save(model, str(path))


def _turn_weights(graph: onnx.GraphProto) -> None:
    """Stores weights the way round in which they are multiplied: a layer used twice is exported with a `Transpose`."""
    constants = {x.name: x for x in graph.initializer}
    renamed: dict[str, str] = {}
    for node in list(graph.node):
        if node.op_type == "Transpose" and node.input[0] in constants and len(constants[node.input[0]].dims) == 2:
            name = f"{node.input[0]}.turned"
            if name not in constants:
                values = np.ascontiguousarray(numpy_helper.to_array(constants[node.input[0]]).T)
                constants[name] = numpy_helper.from_array(values, name)
                graph.initializer.append(constants[name])
            renamed[node.output[0]] = name
            graph.node.remove(node)
    for node in graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = renamed.get(name, name)
    used = {name for node in graph.node for name in node.input}
    for constant in [x for x in graph.initializer if x.name not in used]:
        graph.initializer.remove(constant)


def _small_products(graph: onnx.GraphProto) -> list[str]:
    """Names of the heads' products, which stay in single precision: they are small and decide."""
    narrow = {x.name for x in graph.initializer if len(x.dims) == 2 and x.dims[1] <= 4}
    return [node.name for node in graph.node if node.op_type == "MatMul" and node.input[1] in narrow]


def _drop_copies(graph: onnx.GraphProto) -> None:
    """Keeps one of the initializers of the same name that a weight used twice gets."""
    seen: set[str] = set()
    for constant in list(graph.initializer):
        if constant.name in seen:
            graph.initializer.remove(constant)
        seen.add(constant.name)


def _shrink_table(graph: onnx.GraphProto) -> None:
    """Stores the word embedding as int8 rows with a scale each; `Gather` picks rows before they are widened."""
    name = max(
        (x for x in graph.initializer if x.data_type == TensorProto.FLOAT), key=lambda x: int(np.prod(x.dims))
    ).name
    table = next(x for x in graph.initializer if x.name == name)
    values = numpy_helper.to_array(table)
    scale = np.abs(values).max(axis=1, keepdims=True) / 127.0
    scale[scale == 0] = 1.0
    small = np.round(values / scale).astype(np.int8)
    graph.initializer.remove(table)
    graph.initializer.append(numpy_helper.from_array(small, f"{name}.int8"))
    graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}.scale"))
    for node in list(graph.node):
        if node.op_type == "Gather" and node.input[0] == name:
            at = list(graph.node).index(node)
            out, ids = node.output[0], node.input[1]
            graph.node.remove(node)
            parts = [
                helper.make_node("Gather", [f"{name}.int8", ids], [f"{out}.int8"]),
                helper.make_node("Gather", [f"{name}.scale", ids], [f"{out}.scale"]),
                helper.make_node("Cast", [f"{out}.int8"], [f"{out}.float"], to=TensorProto.FLOAT),
                helper.make_node("Mul", [f"{out}.float", f"{out}.scale"], [out]),
            ]
            for offset, part in enumerate(parts):
                graph.node.insert(at + offset, part)
