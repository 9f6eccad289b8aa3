"""Two models on a device that holds one of them, through the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from figment.engine.backends import onnx
from figment.engine.backends.onnx import OnnxBackend
from figment.engine.local import LocalEngine
from figment.engine.models import Catalogue, InstalledModel
from figment.engine.prompts import PromptCache
from figment.engine.sampling import Trajectory
from figment.generation.contract import QueueFull
from tests.engine.test_parking import Device
from tests.engine.tiny import write_model
from tests.engine.worker_contract import picture, request_for

SIZE = 60


class Placed(OnnxBackend):
    """Runs only while its weights, so to say, are on the device."""

    device: Device
    here = True

    @property
    def device_bytes(self) -> int:
        return SIZE

    def free_bytes(self) -> int:
        return self.device.size - self.device.used

    def park(self) -> None:
        assert self.here
        self.here = False
        self.device.used -= SIZE

    def bring_back(self) -> None:
        assert not self.here
        self.device.take(SIZE)
        self.here = True

    def denoise(self, rows: Sequence[Trajectory]) -> None:
        assert self.here
        super().denoise(rows)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    for name in ("one", "other"):
        write_model(tmp_path / name, name)
    return Catalogue(tmp_path, builtin=Path("none"))


async def test_models_take_turns_and_each_request_finds_its_own(catalogue: Catalogue, prompts: PromptCache) -> None:
    device = Device(100)

    def load(model: InstalledModel) -> OnnxBackend:
        backend = onnx.load(model, prompts, threads=1)
        backend.__class__ = Placed
        assert isinstance(backend, Placed)
        backend.device = device
        device.take(SIZE)
        return backend

    engine = LocalEngine(catalogue, load, device_bytes=lambda model: SIZE)
    await engine.start()
    try:
        one, other = await engine.models()
        for card in (one, other, one):
            await asyncio.gather(*(picture(engine, request_for(card, seed=seed)) for seed in range(3)))
            assert device.used == SIZE
        crowd = [request_for(card, seed=seed, steps=20) for seed in range(4) for card in (one, other)]
        made = await asyncio.gather(*(picture(engine, request) for request in crowd), return_exceptions=True)
        refused = [error for error in made if isinstance(error, BaseException)]
        assert all(isinstance(error, QueueFull) for error in refused)
        assert len(refused) < len(made)
        await picture(engine, request_for(other, seed=9))
    finally:
        await engine.stop()
