"""Pipelines that cannot be stepped run whole, in the same engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from figment.engine import diffusers_folder
from figment.engine.backends.diffusion import loading
from figment.engine.backends.diffusion.whole import WholeBackend
from figment.generation.contract import GenerationRefused, Progress, Ticket
from tests.diffusion.comparison import request_of
from tests.diffusion.conftest import Folder
from tests.diffusion.test_engine import engine_of
from tests.engine.worker_contract import picture, request_for, updates

TASKS = {"whole": "text-to-image", "whole-from-picture": "image-to-image"}


@pytest.mark.parametrize("name", TASKS)
def test_a_whole_picture_is_diffusers_own(folder: Folder, reference: Callable[..., Any], name: str) -> None:
    backend = loading.load(diffusers_folder.read(folder(name)), "cpu")
    assert isinstance(backend, WholeBackend)
    request = request_of(name, TASKS[name], 4)
    row = backend.begin(request)
    assert backend.steps(row) == 1
    backend.denoise([row])
    [made] = backend.decode([row])
    assert made.std() > 20
    assert np.abs(made.astype(int) - np.asarray(reference(request, output_type="pil"))).max() <= 1
    assert backend.preview(row)().shape == (made.shape[0] // 8, made.shape[1] // 8, 3)


async def test_whole_pictures_go_through_the_engine_as_one_step(folder: Folder) -> None:
    engine = engine_of(folder("whole"))
    await engine.start()
    try:
        card = (await engine.models())[0]
        requests = [request_for(card, seed=seed, steps=3, width=64, height=64) for seed in range(3)]
        alone = [await picture(engine, request) for request in requests]
        crowd = await asyncio.gather(*(picture(engine, r, Ticket(person=str(n))) for n, r in enumerate(requests)))
        assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(alone, crowd, strict=True))
        seen = await updates(engine, requests[0])
        assert {(update.step, update.of) for update in seen if isinstance(update, Progress)} <= {(1, 1)}
        with pytest.raises(GenerationRefused, match="cannot do image-to-image"):
            await picture(engine, request_for(card, init_image=np.zeros((32, 32, 3), np.uint8), strength=0.5))
    finally:
        await engine.stop()
