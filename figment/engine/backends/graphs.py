"""A change to ONNX graphs that makes a row's numbers the same alone and in company.

onnxruntime multiplies a single row, and sums a single matrix down its columns, by other kernels than several, which add in another order:
results differ in the last bit (measured: 1e-7; batches of 2 to 8 agree to the bit). Only the small layers that see one vector a picture
(time, prompt, modulation) have a single row, and only when a lone picture runs as one network row. Those layers get every row twice, and
half of their answer is dropped.

Logarithms and their like are computed for several numbers at a time, and by another formula for those that are left over. Where there is
one number a picture (the guidance scale), each is computed many times, so that none is left over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

SPLIT_COUNTS_SINCE = 18
ROUNDED = frozenset(("Cos", "Erf", "Exp", "Log", "Pow", "Sigmoid", "Sin", "Softplus", "Tanh"))
"""Functions whose last bit depends on the formula."""
AT_A_TIME = 16
"""No processor computes more float32 numbers at once."""


def steady(path: Path) -> bytes:
    """The model file with every layer of one vector a picture, and every sum over dimension 1, doubled, ready for a session."""
    model = onnx.load(path)
    double_lone_rows(model)
    repeat_lone_numbers(model)
    return bytes(model.SerializeToString())


def double_lone_rows(model: ModelProto) -> None:
    counted = _opset(model) >= SPLIT_COUNTS_SINCE
    constants, ranks = _constants(model.graph), _ranks(model)
    nodes = [
        new
        for node in model.graph.node
        for new in (_doubled(node, counted) if _doubles(node, constants, ranks) else [node])
    ]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def repeat_lone_numbers(model: ModelProto) -> None:
    ranks = _ranks(model)
    lone = [n for n in model.graph.node if n.op_type in ROUNDED and {ranks.get(name) for name in n.input} == {1}]
    if not lone:
        return
    first, column = (
        numpy_helper.from_array(np.array(v, np.int64), f"lone_{n}") for n, v in (("first", 0), ("column", [1]))
    )
    nodes = [new for n in model.graph.node for new in (_repeated(n, first, column) if n in lone else [n])]
    model.graph.initializer.extend([first, column])
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _repeated(node: NodeProto, first: TensorProto, column: TensorProto) -> Iterator[NodeProto]:
    """From (b,) to (b, 16), and of what comes out the first column."""
    out = node.output[0]
    working = NodeProto()
    working.CopyFrom(node)
    for place, name in enumerate(node.input):
        upright, working.input[place] = f"{out}_upright_{place}", f"{out}_many_{place}"
        yield helper.make_node("Unsqueeze", [name, column.name], [upright])
        yield helper.make_node("Concat", [upright] * AT_A_TIME, [working.input[place]], axis=1)
    working.output[0] = f"{out}_many"
    yield working
    yield helper.make_node("Gather", [working.output[0], first.name], [out], axis=1)


def _doubles(node: NodeProto, constants: Mapping[str, TensorProto], ranks: Mapping[str, int]) -> bool:
    if node.op_type == "Gemm":
        return _gemm_doubles(node, constants)
    if node.op_type == "MatMul":
        return [ranks.get(name) for name in node.input] == [2, 2]
    return node.op_type in ("ReduceSum", "ReduceMean") and _axes(node, constants) == [1]


def _gemm_doubles(node: NodeProto, constants: Mapping[str, TensorProto]) -> bool:
    """Rows can be doubled unless they lie in the other dimension, or bring a bias each."""
    turned = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
    bias = constants.get(node.input[2]) if len(node.input) > 2 else None
    return not turned and (len(node.input) < 3 or (bias is not None and (len(bias.dims) < 2 or bias.dims[0] == 1)))


def _ranks(model: ModelProto) -> dict[str, int]:
    """How many dimensions each value has, where that can be known."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    values = [*graph.input, *graph.value_info, *graph.output]
    found = {value.name: value.type.tensor_type for value in values if value.type.tensor_type.HasField("shape")}
    return {name: len(kind.shape.dim) for name, kind in found.items()} | {
        w.name: len(w.dims) for w in graph.initializer
    }


def _axes(node: NodeProto, constants: Mapping[str, TensorProto]) -> list[int]:
    """The dimensions that a reduction sums over, from its attribute (old files) or its second input."""
    for attribute in node.attribute:
        if attribute.name == "axes":
            return list(attribute.ints)
    known = len(node.input) > 1 and node.input[1] in constants
    return [int(axis) for axis in numpy_helper.to_array(constants[node.input[1]])] if known else []


def _constants(graph: GraphProto) -> dict[str, TensorProto]:
    written = {
        n.output[0]: a.t for n in graph.node if n.op_type == "Constant" for a in n.attribute if a.name == "value"
    }
    return {tensor.name: tensor for tensor in graph.initializer} | written


def _doubled(node: NodeProto, counted: bool) -> list[NodeProto]:
    """`counted`: this version of ONNX wants to be told into how many parts to split."""
    rows, out = node.input[0], node.output[0]
    twice, answers, dropped = f"{out}_rows_twice", f"{out}_twice", f"{out}_dropped"
    working = NodeProto()
    working.CopyFrom(node)
    working.input[0], working.output[0] = twice, answers
    split = helper.make_node("Split", [answers], [out, dropped], axis=0)
    if counted:
        split.attribute.append(helper.make_attribute("num_outputs", 2))
    return [helper.make_node("Concat", [rows, rows], [twice], axis=0), working, split]


def _opset(model: ModelProto) -> int:
    return max(int(entry.version) for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
