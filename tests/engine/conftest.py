from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from figment.engine.backends import onnx
from figment.engine.local import LocalEngine
from figment.engine.models import Catalogue, InstalledModel, read
from figment.engine.prompts import PromptCache
from figment.engine.schedule import Limits
from tests.engine.gated import Gate, GatedBackend
from tests.engine.tiny import FEW_STEPS, HashedText, write_model

# How long an example takes says how busy the machine is, not whether the schedule is right.
settings.register_profile("engine", deadline=None)
settings.load_profile("engine")


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    write_model(root / "tiny")
    return root


@pytest.fixture(scope="session")
def tiny(models_dir: Path) -> InstalledModel:
    return read(models_dir / "tiny")


@pytest.fixture(scope="session")
def few_steps_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("few-steps")
    write_model(root / "tiny", inputs=FEW_STEPS)
    return root


@pytest.fixture(scope="session")
def few_steps(few_steps_dir: Path) -> InstalledModel:
    """As `tiny`, with a denoiser that makes long steps, applies guidance by itself and was trained to inpaint."""
    return read(few_steps_dir / "tiny")


@pytest.fixture
def prompts() -> PromptCache:
    return PromptCache(HashedText)


@pytest.fixture
def backend(tiny: InstalledModel, prompts: PromptCache) -> onnx.OnnxBackend:
    return onnx.load(tiny, prompts, threads=1)


@pytest.fixture
def few_steps_backend(few_steps: InstalledModel, prompts: PromptCache) -> onnx.OnnxBackend:
    return onnx.load(few_steps, prompts, threads=1)


@pytest.fixture
def catalogue(models_dir: Path) -> Catalogue:
    return Catalogue(builtin=models_dir)


@pytest.fixture
async def engine(catalogue: Catalogue, prompts: PromptCache) -> AsyncIterator[LocalEngine]:
    """The tiny model, with no gate."""
    running = LocalEngine(catalogue, lambda model: onnx.load(model, prompts, threads=1))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def few_steps_engine(few_steps_dir: Path, prompts: PromptCache) -> AsyncIterator[LocalEngine]:
    running = LocalEngine(Catalogue(builtin=few_steps_dir), lambda model: onnx.load(model, prompts, threads=1))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.fling_open()


@pytest.fixture
async def gated(
    catalogue: Catalogue, tiny: InstalledModel, prompts: PromptCache, gate: Gate
) -> AsyncIterator[LocalEngine]:
    """The tiny model behind a gate; whatever is ready shares a batch, up to eight network rows."""
    networks = onnx.open_networks(tiny, threads=1)
    wide = Limits(max_rows=16, buckets=(8,))
    running = LocalEngine(catalogue, lambda model: GatedBackend(model, prompts, networks).behind(gate), wide)
    await running.start()
    yield running
    gate.fling_open()
    await running.stop()
