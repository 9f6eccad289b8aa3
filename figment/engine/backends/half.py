"""Half the bytes of an ONNX file, and half the arithmetic where a browser's GPU can do it.

`halve_weights` is for processors: weights stored as float16 and cast back, which onnxruntime folds while loading.
`compute_in_half` is for GPUs: what is heavy is computed in float16 too. The weights are the same numbers in both, and the second form is made
from the first, so that one file holds both.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]

SMALLEST = 64
FLOAT, HALF = TensorProto.FLOAT, TensorProto.FLOAT16
HEAVY = frozenset(("Add", "Clip", "Concat", "Conv", "DepthToSpace", "Expand", "Flatten", "Gemm", "MatMul", "Mul"))
HEAVY |= {"Reshape", "Resize", "Sigmoid", "Slice", "SpaceToDepth", "Split", "Sub", "Tanh", "Transpose"}
"""What float16 is enough for. Sums over many numbers (norms, softmax, means), sines of large angles and divisions stay in float32."""
LIGHT_RANK = 2
"""One vector a picture (time, guidance, prompt): next to no work, and it steers everything. It stays in float32."""


def halve_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace every larger float32 initialiser by a float16 one and a Cast to float32; computation stays float32."""
    graph = model.graph
    casts, kept = [], []
    for tensor in graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.dtype != np.float32 or value.size < SMALLEST or np.abs(value).max() > 60_000:
            kept.append(tensor)
            continue
        stored = f"{tensor.name}.float16"
        kept.append(numpy_helper.from_array(value.astype(np.float16), stored))
        casts.append(helper.make_node("Cast", [stored], [tensor.name], name=f"{tensor.name}.cast", to=FLOAT))
    nodes = [*casts, *graph.node]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def compute_in_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of a model, its weights halved or not, that computes in float16 what is heavy. Its inputs and outputs stay float32."""
    half = onnx.ModelProto()
    half.CopyFrom(model)
    _widen_weights(half.graph)
    rewriting = _Rewriting(onnx.shape_inference.infer_shapes(half, strict_mode=True))
    nodes = list(rewriting.nodes())
    del half.graph.node[:]
    half.graph.node.extend(nodes)
    half.graph.initializer.extend(rewriting.halves)
    drop_unused(half.graph)
    return halve_weights(half)


def _widen_weights(graph: onnx.GraphProto) -> None:
    """Undo `halve_weights`."""
    stored = {tensor.name: tensor for tensor in graph.initializer if tensor.data_type == HALF}
    casts = [node for node in graph.node if node.op_type == "Cast" and node.input[0] in stored]
    for node in casts:
        value = numpy_helper.to_array(stored[node.input[0]]).astype(np.float32)
        graph.initializer.append(numpy_helper.from_array(value, node.output[0]))
        graph.node.remove(node)
    drop_unused(graph)


def drop_unused(graph: onnx.GraphProto) -> None:
    """Drop nodes and weights that no output depends on."""
    needed = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(node.input)
    kept.reverse()
    del graph.node[:]
    graph.node.extend(kept)
    stored = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.initializer[:]
    graph.initializer.extend(stored)


class _Rewriting:
    """Walks a graph in its order and keeps of every value in which of the two forms it is there already."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._graph = model.graph
        values = [*self._graph.input, *self._graph.value_info, *self._graph.output]
        self._ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in values}
        # What is no float (a shape, an index) is in neither form and is passed on as it is.
        self._forms: dict[str, dict[int, str]] = {
            value.name: {FLOAT: value.name} for value in values if value.type.tensor_type.elem_type == FLOAT
        }
        self._weights = {tensor.name: tensor for tensor in self._graph.initializer if tensor.data_type == FLOAT}
        self._forms |= {name: {FLOAT: name} for name in self._weights}
        self.halves: list[TensorProto] = []

    def nodes(self) -> Iterator[NodeProto]:
        for node in self._graph.node:
            form = HALF if self._is_heavy(node) else FLOAT
            yield from self._casts(node.input, form)
            yield self._rewritten(node, form)
        yield from self._casts([output.name for output in self._graph.output], FLOAT)

    def _is_heavy(self, node: NodeProto) -> bool:
        floats = [name for name in node.output if name in self._forms]
        return node.op_type in HEAVY and any(self._ranks[name] > LIGHT_RANK for name in floats)

    def _casts(self, names: list[str], form: int) -> Iterator[NodeProto]:
        """What it takes until every one of these values is there in this form."""
        for name in names:
            forms = self._forms.get(name, {})
            if forms and form not in forms:
                # A value keeps its name in float32, whichever form was made first: the graph's outputs are found by it.
                forms[form] = name if form == FLOAT else f"{name}.half"
                if name in self._weights:
                    value = numpy_helper.to_array(self._weights[name]).astype(np.float16)
                    self.halves.append(numpy_helper.from_array(value, forms[form]))
                    continue
                [source] = [known for kind, known in forms.items() if kind != form]
                yield helper.make_node("Cast", [source], [forms[form]], name=f"{forms[form]}.cast", to=form)

    def _rewritten(self, node: NodeProto, form: int) -> NodeProto:
        new = NodeProto()
        new.CopyFrom(node)
        new.input[:] = [self._forms.get(name, {}).get(form, name) for name in node.input]
        for place, name in enumerate(node.output):
            if name in self._forms:
                self._forms[name] = {form: name if form == FLOAT else f"{name}.half"}
                new.output[place] = self._forms[name][form]
        return new
