"""Constant targets for Reshape: the exporter computes them from shapes at every call, which costs a tenth of a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import numpy_helper

from figment.engine.backends.half import drop_unused

Feed = Mapping[str, NDArray[np.generic]]


def freeze_reshapes(model: onnx.ModelProto, feeds: Sequence[Feed]) -> onnx.ModelProto:
    """Replace computed Reshape targets by constants that hold for all `feeds`, whose sizes must all differ.

    A dimension becomes its value where that is the same for all, 0 ("as in the input") where it always equals the
    input's, and at most one becomes -1; other Reshapes stay as they are. Nodes that nothing uses any more are dropped.
    """
    reshapes = [node for node in model.graph.node if node.op_type == "Reshape"]
    if not reshapes:
        return model
    seen = [_inputs_of(model, reshapes, feed) for feed in feeds]
    for index, node in enumerate(reshapes):
        sizes = [run[index] for run in seen]
        target = _constant_target([size for size, _ in sizes], [shape for _, shape in sizes])
        if target is not None:
            name = f"{node.output[0]}.target"
            model.graph.initializer.append(numpy_helper.from_array(np.array(target, np.int64), name))
            node.input[1] = name
    drop_unused(model.graph)
    return model


def _inputs_of(model: onnx.ModelProto, reshapes: list[onnx.NodeProto], feed: Feed) -> list[tuple[list[int], list[int]]]:
    """Shape before and after each Reshape when the model runs on `feed`."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    names = list(dict.fromkeys(name for node in reshapes for name in (node.input[0], node.output[0])))
    known = {output.name for output in model.graph.output}
    inputs = {value.name for value in model.graph.input}
    extra = [name for name in names if name not in known | inputs]
    watched.graph.output.extend(onnx.ValueInfoProto(name=name) for name in extra)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    results = session.run(extra, dict(feed))
    shapes = {name: list(value.shape) for name, value in [*zip(extra, results, strict=True), *feed.items()]}
    return [(shapes[node.input[0]], shapes[node.output[0]]) for node in reshapes]


def _constant_target(sources: list[list[int]], targets: list[list[int]]) -> list[int] | None:
    result = []
    for place, values in enumerate(zip(*targets, strict=True)):
        if len(set(values)) == 1:
            result.append(values[0])
        elif all(place < len(source) and source[place] == value for source, value in zip(sources, values, strict=True)):
            result.append(0)
        else:
            result.append(-1)
    return result if result.count(-1) <= 1 else None
