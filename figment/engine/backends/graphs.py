"""A change to ONNX graphs that makes a row's numbers the same alone and in company.

onnxruntime multiplies a single row, and sums a single matrix down its columns, by other kernels than several, which add in another order:
results differ in the last bit (measured: 1e-7; batches of 2 to 8 agree to the bit). Only the small layers that see one vector a picture
(time, prompt, modulation) have a single row, and only when a lone picture runs without guidance. Those layers get every row twice, and
half of their answer is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

SPLIT_COUNTS_SINCE = 18


def steady(path: Path) -> bytes:
    """The model file with every layer of one vector a picture, and every sum over dimension 1, doubled, ready for a session."""
    model = onnx.load(path)
    double_lone_rows(model)
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
