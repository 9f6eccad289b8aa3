"""Diffusers models in the engine: found, opened and stepped beside all others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from figment.engine.backends.base import Backend
from figment.engine.backends.diffusion import loading
from figment.engine.backends.diffusion.backend import DiffusionBackend
from figment.engine.backends.diffusion.replay import WORTH_IT, Calling
from figment.engine.backends.opening import Opening
from figment.engine.diffusers_folder import DiffusersModel
from figment.engine.local import LocalEngine
from figment.engine.models import Catalogue
from figment.engine.prompts import PromptCache
from figment.engine.schedule import Limits
from figment.generation.contract import ImageWorker
from tests.diffusion.conftest import Folder
from tests.engine.tiny import HashedText
from tests.engine.worker_contract import WorkerContract, picture, request_for

ROUNDING = 1
"""The largest difference of a byte between a picture alone and in company: torch adds in another order for another batch."""


def engine_of(folder: Path, limits: Limits | None = None) -> LocalEngine:
    opening = Opening(PromptCache(HashedText), threads=1, device="cpu")
    return LocalEngine(Catalogue(default=str(folder), builtin=Path("none")), opening.load, limits)


@pytest.fixture(scope="module", params=["sd", "sd-turbo", "sdxl", "sd3", "flux-schnell", "sana", "prx"])
async def worker(request: pytest.FixtureRequest, folder: Folder) -> AsyncIterator[ImageWorker]:
    engine = engine_of(folder(request.param), Limits(buckets=(8,)))
    await engine.start()
    yield engine
    await engine.stop()


class TestSteppedModels(WorkerContract):
    """What every worker must do, whatever is ready in one batch."""

    tolerance = ROUNDING


@pytest.fixture(scope="module")
async def recording(folder: Folder) -> AsyncIterator[LocalEngine]:
    """Records while it serves; what is recorded is called."""

    def load(model: DiffusersModel) -> Backend[Any]:
        return loading.load(model, "cpu", recorder=lambda _: Calling())

    catalogue = Catalogue(default=str(folder("sd-turbo")), builtin=Path("none"))
    engine = LocalEngine(catalogue, load, Limits(buckets=(8,)))
    await engine.start()
    yield engine
    await engine.stop()


class TestAnEngineThatRecords(WorkerContract):
    """The same of one whose calls turn into recordings as it goes, on its own thread."""

    tolerance = ROUNDING

    @pytest.fixture
    async def worker(self, recording: LocalEngine) -> ImageWorker:
        return recording


async def test_it_has_recorded_what_came_again_and_again(recording: LocalEngine) -> None:
    card = (await recording.models())[0]
    for seed in range(2 * WORTH_IT):
        await picture(recording, request_for(card, seed=seed, steps=2))
    backend = await recording._backend(recording._catalogue.find(card.name))
    assert isinstance(backend, DiffusionBackend)
    assert backend._denoiser.recorded()
