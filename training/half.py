"""Half the bytes of an ONNX file: weights stored as float16 and cast back, which onnxruntime folds while loading."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SMALLEST = 64


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
        casts.append(
            helper.make_node("Cast", [stored], [tensor.name], name=f"{tensor.name}.cast", to=TensorProto.FLOAT)
        )
    nodes = [*casts, *graph.node]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model
