"""Windows of a larger picture on torch: cut from the whole's noise, stepped by any scheduler, in agreement where they overlap."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from figment.engine import diffusers_folder, windows
from figment.engine.backends.base import Windowed
from figment.engine.backends.diffusion.backend import DiffusionBackend
from figment.engine.backends.diffusion.draws import normals
from figment.engine.backends.diffusion.rows import DiffusionRow
from figment.engine.windows import Window
from figment.generation.bounds import faults
from figment.generation.contract import ImageRequest
from tests.diffusion.comparison import request_of
from tests.diffusion.conftest import Folder, Opened
from tests.diffusion.small_models import MODELS, SOLVERS

STEPS = 3


def large(backend: DiffusionBackend, name: str, task: str = "text-to-image") -> ImageRequest:
    """A request twice as wide and half as high again as the model makes at once."""
    card = backend.card
    width, height = card.max_size * 2, card.max_size * 3 // 2 // card.size_multiple * card.size_multiple
    request = replace(request_of(name, "text-to-image", STEPS, 1.0), width=width, height=height)
    if task == "text-to-image":
        return request
    rng = np.random.default_rng(4)
    mask = np.zeros((height, width), np.uint8)
    mask[:, width // 4 : width // 2] = 255
    return replace(request, init_image=rng.integers(0, 256, (height, width, 3), np.uint8), mask=mask)


def begun(backend: DiffusionBackend, request: ImageRequest) -> tuple[list[Window], list[DiffusionRow]]:
    cut = windows.windows_of(request, backend.card, backend.downscale)
    parts = [windows.part_of(request, window, backend.downscale) for window in cut]
    return cut, [backend.begin_window(part, window) for part, window in zip(parts, cut, strict=True)]


def assert_in_agreement(cut: list[Window], rows: list[DiffusionRow]) -> None:
    whole = torch.full((len(rows[0].latent), *cut[0].of), torch.nan)
    for window, row in zip(cut, rows, strict=True):
        here = whole[:, *window.within()]
        seen = ~torch.isnan(here)
        assert torch.equal(here[seen], row.latent[seen])
        here.copy_(row.latent)


@pytest.mark.parametrize("name", [*MODELS, *SOLVERS])
def test_windows_of_any_family_and_scheduler_agree(opened: Opened, name: str) -> None:
    backend = opened(name)
    assert isinstance(backend, Windowed)
    cut, rows = begun(backend, large(backend, name, "inpainting" if name.endswith("-inpainting") else "text-to-image"))
    assert len(cut) > 1
    for _ in range(backend.steps(rows[0])):
        backend.denoise(rows[:1])
        backend.denoise(rows[1:])
        backend.agree(rows, cut)
        assert_in_agreement(cut, rows)
    assert len(backend.decode(rows)) == len(cut)


@pytest.mark.parametrize("name", [*MODELS, *SOLVERS])
def test_a_window_as_large_as_its_picture_is_the_picture(opened: Opened, name: str) -> None:
    backend = opened(name)
    side = backend.card.native_size
    request = replace(request_of(name, "text-to-image", STEPS, 1.0), width=side, height=side)
    if name.endswith("-inpainting"):
        request = replace(
            request, init_image=np.zeros((side, side, 3), np.uint8), mask=np.full((side, side), 255, np.uint8)
        )
    cells = side // backend.downscale
    whole = Window(0, 0, cells, cells, (cells, cells))
    alone, window = backend.begin(request), backend.begin_window(request, whole)
    for _ in range(backend.steps(alone)):
        backend.denoise([alone])
        backend.denoise([window])
        backend.agree([window], [whole])
    assert torch.equal(alone.latent, window.latent)


def test_new_noise_is_the_wholes_too() -> None:
    window = Window(2, 3, 4, 5, (8, 9))
    whole, part = normals(7, (4, 8, 9), 2), normals(7, (4, 4, 5), 2, window)
    assert torch.equal(part, whole[:, 2:6, 3:8])


def test_a_model_that_runs_whole_makes_no_windows(folder: Folder) -> None:
    card = diffusers_folder.read(Path(folder("whole"))).card
    request: Any = ImageRequest("whole", "", 0, 4, 1.0, card.max_size * 2, card.min_size)
    assert card.max_windowed_size == 0
    assert [fault.field for fault in faults(request, card)] == ["width"]
