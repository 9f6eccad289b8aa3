"""A model folder like the built-in one, tiny and random: real files, real onnxruntime, milliseconds."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from figment.engine.models import NEEDED_INPUTS

CHANNELS, DOWNSCALE, TOKENS, WIDTH = 8, 8, 32, 384
Floats = NDArray[np.float32]

MANIFEST: dict[str, Any] = {
    "name": "tiny",
    "family": "figment",
    "title": "Tiny",
    "latent": {"channels": CHANNELS, "downscale": DOWNSCALE},
    "native_size": 64,
    "size": {"min": 32, "max": 128, "multiple": 32},
    "steps": {"default": 4, "max": 50},
    "guidance": {"default": 2.5, "max": 10},
    "text": {"encoder": "all-MiniLM-L6-v2", "tokens": TOKENS},
    "prediction": "flow-velocity",
    "tasks": ["text-to-image", "image-to-image", "inpainting"],
    "preview": {"matrix": [[0.2, 0.0, 0.0]] * 4 + [[0.0, 0.2, 0.1]] * 4, "bias": [0.0, 0.1, -0.1]},
}
FEW_STEPS = ["latents", "time", "until", "guidance", "text", "text_mask", "mask", "known"]
"""The inputs of a denoiser that makes long steps, applies guidance by itself and was trained to inpaint."""


class HashedText:
    """A language model's stand-in: token states drawn from a hash of the text. Counts its calls."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def token_states(self, texts: Sequence[str], tokens: int = TOKENS) -> tuple[Floats, Floats]:
        self.asked += texts
        rngs = [np.random.default_rng(zlib.crc32(text.encode())) for text in texts]
        states = np.stack([rng.standard_normal((tokens, WIDTH)).astype(np.float32) for rng in rngs])
        return states, np.ones((len(texts), tokens), dtype=np.float32)


def write_model(folder: Path, name: str = "tiny", inputs: Sequence[str] = NEEDED_INPUTS, **changes: Any) -> Path:
    """Write a model folder whose denoiser reads `inputs`, and return it. `changes` replace entries of the manifest."""
    folder.mkdir(parents=True)
    graphs = {"denoiser": _denoiser(inputs), "decoder": _decoder(), "encoder": _encoder()}
    files = {role: _save(folder, role, graph) for role, graph in graphs.items()}
    entries = {"name": name, "denoiser": {"inputs": list(inputs)}, "files": files}
    (folder / "model.json").write_text(json.dumps(MANIFEST | entries | changes))
    return folder


def _save(folder: Path, role: str, graph: onnx.GraphProto) -> dict[str, Any]:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    content = model.SerializeToString()
    (folder / f"{role}.onnx").write_bytes(content)
    return {"path": f"{role}.onnx", "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _denoiser(names: Sequence[str]) -> onnx.GraphProto:
    """Numbers and the mean text state shift a convolution of the planes, as in the real one: with the layers that see one vector a picture."""
    n = helper.make_node
    inputs = {
        "latents": _floats("latents", "b", CHANNELS, "h", "w"),
        "time": _floats("time", "b"),
        "until": _floats("until", "b"),
        "guidance": _floats("guidance", "b"),
        "text": _floats("text", "b", TOKENS, WIDTH),
        "text_mask": _floats("text_mask", "b", TOKENS),
        "mask": _floats("mask", "b", 1, "h", "w"),
        "known": _floats("known", "b", CHANNELS, "h", "w"),
    }
    numbers = [name for name in names if name in ("time", "until", "guidance")]
    planes = [name for name in names if name in ("latents", "mask", "known")]
    deep = sum(1 if name == "mask" else CHANNELS for name in planes)
    nodes = [
        n("Unsqueeze", ["text_mask", "last"], ["told_mask"]),
        n("Mul", ["text", "told_mask"], ["told"]),
        n("ReduceSum", ["told", "middle"], ["prompt"], keepdims=0),
        n("Gemm", ["prompt", "prompt_w", "prompt_b"], ["prompt_c"]),
        *(n("Exp", [name], [f"{name}_exp"]) for name in numbers),
        *(n("Unsqueeze", [f"{name}_exp", "middle"], [f"{name}_column"]) for name in numbers),
        n("Concat", [f"{name}_column" for name in numbers], ["numbers"], axis=1),
        n("MatMul", ["numbers", "numbers_w"], ["numbers_c"]),
        n("Add", ["prompt_c", "numbers_c"], ["flat"]),
        n("Unsqueeze", ["flat", "space"], ["shift"]),
        n("Concat", planes, ["planes"], axis=1),
        n("Conv", ["planes", "conv_w"], ["mixed"], pads=[1, 1, 1, 1]),
        n("Add", ["mixed", "shift"], ["sum"]),
        n("Tanh", ["sum"], ["velocity"]),
    ]
    weights = [
        _weight("prompt_w", 0.02, WIDTH, CHANNELS),
        _weight("prompt_b", 0.1, CHANNELS),
        _weight("numbers_w", 0.2, len(numbers), CHANNELS),
        _weight("conv_w", 0.2, CHANNELS, deep, 3, 3),
        _axes("last", 2),
        _axes("middle", 1),
        _axes("space", 2, 3),
    ]
    outputs = [_floats("velocity", "b", CHANNELS, "h", "w")]
    return helper.make_graph(nodes, "denoiser", [inputs[name] for name in names], outputs, weights)


def _decoder() -> onnx.GraphProto:
    pixels = 3 * DOWNSCALE**2
    nodes = [
        helper.make_node("Conv", ["latents", "w"], ["fine"], pads=[1, 1, 1, 1]),
        helper.make_node("DepthToSpace", ["fine"], ["wide"], blocksize=DOWNSCALE),
        helper.make_node("Tanh", ["wide"], ["image"]),
    ]
    inputs, outputs = [_floats("latents", "b", CHANNELS, "h", "w")], [_floats("image", "b", 3, "H", "W")]
    return helper.make_graph(nodes, "decoder", inputs, outputs, [_weight("w", 0.1, pixels, CHANNELS, 3, 3)])


def _encoder() -> onnx.GraphProto:
    pixels = 3 * DOWNSCALE**2
    nodes = [
        helper.make_node("SpaceToDepth", ["image"], ["deep"], blocksize=DOWNSCALE),
        helper.make_node("Conv", ["deep", "w"], ["latents"]),
    ]
    inputs, outputs = [_floats("image", "b", 3, "H", "W")], [_floats("latents", "b", CHANNELS, "h", "w")]
    return helper.make_graph(nodes, "encoder", inputs, outputs, [_weight("w", 0.1, CHANNELS, pixels, 1, 1)])


def _weight(name: str, scale: float, *shape: int) -> TensorProto:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return numpy_helper.from_array((scale * rng.standard_normal(shape)).astype(np.float32), name)


def _axes(name: str, *axes: int) -> TensorProto:
    return numpy_helper.from_array(np.array(axes, dtype=np.int64), name)


def _floats(name: str, *shape: str | int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
