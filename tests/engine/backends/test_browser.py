"""The browser's set: made from the server's files, the same picture but for float16."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx as onnx_files
import pytest

from figment.engine.backends import onnx
from figment.engine.backends.browser import ROLES, browser_set
from figment.engine.backends.half import compute_in_half, halve_weights
from figment.engine.errors import BrokenModel
from figment.engine.models import InstalledModel, read
from figment.engine.prompts import PromptCache
from figment.generation.contract import ImageRequest, Pixels

TOLERANCE = 2
"""Bytes of a picture: float16 arithmetic against float32."""


def picture(model: InstalledModel, prompts: PromptCache, seed: int) -> Pixels:
    backend = onnx.load(model, prompts, threads=1)
    row = backend.begin(ImageRequest(model.manifest.name, "a hill", seed, 3, 2.5, 64, 64))
    for _ in range(3):
        backend.denoise([row])
    return backend.decode([row])[0]


def test_the_browsers_set_is_a_model_folder_that_makes_the_same_picture(
    few_steps: InstalledModel, prompts: PromptCache, tmp_path: Path
) -> None:
    made = read(browser_set(few_steps, tmp_path))
    assert made.verify() == []
    assert set(made.manifest.files) == set(ROLES)
    assert replace(made.card, weights_hash="") == replace(few_steps.card, weights_hash="")
    one, other = (picture(model, prompts, 7).astype(int) for model in (few_steps, made))
    assert np.abs(one - other).max() <= TOLERANCE
    assert np.abs(one - picture(few_steps, prompts, 8)).max() > 10 * TOLERANCE


def test_what_is_heavy_is_float16_and_what_goes_in_and_out_is_not(few_steps: InstalledModel, tmp_path: Path) -> None:
    path = read(browser_set(few_steps, tmp_path)).file("denoiser")
    graph = onnx_files.shape_inference.infer_shapes(onnx_files.load(path)).graph
    kinds = {value.name: value.type.tensor_type.elem_type for value in graph.value_info}
    made = {node.op_type: kinds.get(node.output[0]) for node in graph.node}
    assert (made["Conv"], made["Tanh"]) == (onnx_files.TensorProto.FLOAT16,) * 2
    assert (made["Gemm"], made["Exp"]) == (onnx_files.TensorProto.FLOAT,) * 2
    assert {value.type.tensor_type.elem_type for value in [*graph.input, *graph.output]} == {
        onnx_files.TensorProto.FLOAT
    }


def test_halved_weights_lead_to_the_same_file(few_steps: InstalledModel) -> None:
    model = halve_weights(onnx_files.load(few_steps.file("denoiser")))
    twice = halve_weights(compute_in_half(model))
    assert twice.SerializeToString() == compute_in_half(model).SerializeToString()


def test_it_is_made_once_and_leaves_nothing_behind(few_steps: InstalledModel, tmp_path: Path) -> None:
    folder = browser_set(few_steps, tmp_path)
    before = [path.stat().st_mtime_ns for path in sorted(folder.iterdir())]
    assert browser_set(few_steps, tmp_path) == folder
    assert [path.stat().st_mtime_ns for path in sorted(folder.iterdir())] == before
    assert list(tmp_path.iterdir()) == [folder]


def test_a_model_without_an_encoder_has_no_set_and_leaves_nothing_behind(
    few_steps: InstalledModel, tmp_path: Path
) -> None:
    files = {role: spec for role, spec in few_steps.manifest.files.items() if role != "encoder"}
    lacking = replace(few_steps, manifest=few_steps.manifest.model_copy(update={"files": files}))
    with pytest.raises(BrokenModel, match="encoder"):
        browser_set(lacking, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
