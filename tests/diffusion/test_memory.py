"""A model that does not fit is refused before it is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import DiffusionPipeline

from figment.engine import diffusers_folder
from figment.engine.backends.diffusion import loading, memory
from figment.engine.errors import NotEnoughMemory
from tests.diffusion.conftest import Folder


@pytest.mark.parametrize("name", ["sd", "sdxl", "flux-schnell"])
def test_what_a_model_needs_is_what_its_numbers_take(folder: Folder, name: str) -> None:
    model = diffusers_folder.read(folder(name))
    pipeline = DiffusionPipeline.from_pretrained(model.folder, local_files_only=True)
    numbers = sum(
        parameter.numel()
        for part in pipeline.components.values()
        if isinstance(part, torch.nn.Module)
        for parameter in part.parameters()
    )
    assert memory.needed_bytes(model.folder, model.index, 2) == pytest.approx(2 * numbers, rel=0.02)


def test_a_model_that_does_not_fit_is_refused_with_both_figures(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda _: 1000)
    with pytest.raises(NotEnoughMemory, match=r"needs about .* GB on cpu and 0.0 GB are free"):
        loading.load(diffusers_folder.read(folder("sd")), "cpu")


def test_other_precisions_beside_the_plain_weights_are_not_counted(tmp_path: Path) -> None:
    unet = tmp_path / "unet"
    unet.mkdir()
    (unet / "weights.bin").write_bytes(b"x" * 4000)
    (unet / "weights.fp16.bin").write_bytes(b"x" * 2000)
    assert memory.needed_bytes(tmp_path, ["unet", "_class_name"], 2) == 2000
