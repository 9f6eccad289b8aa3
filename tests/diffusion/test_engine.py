"""Diffusers models in the engine: found, opened and stepped beside all others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from figment.engine.backends.opening import Opening
from figment.engine.local import LocalEngine
from figment.engine.models import Catalogue
from figment.engine.prompts import PromptCache
from figment.engine.schedule import Limits
from figment.generation.contract import ImageWorker
from tests.diffusion.conftest import Folder
from tests.engine.tiny import HashedText
from tests.engine.worker_contract import WorkerContract

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
