"""Which backend opens which model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figment.engine.backends import onnx
from figment.engine.backends.base import Backend, PromptEncoder
from figment.engine.diffusers_folder import DiffusersModel
from figment.engine.errors import BrokenModel
from figment.engine.models import InstalledModel

TORCH_IS_MISSING = "diffusers models run on torch, which is not installed here: pip install 'figment[torch]'"


@dataclass(frozen=True, slots=True)
class Opening:
    """`threads`: of onnxruntime. `device`: where torch runs (auto, cpu, cuda, mps). `run_code`: may a model's own code be run? `graphs`: are the
    calls of diffusers models recorded and replayed where that makes them faster (CUDA)?
    """

    prompts: PromptEncoder
    threads: int
    device: str = "auto"
    run_code: bool = False
    graphs: bool = True

    def load(self, model: InstalledModel | DiffusersModel) -> Backend[Any]:
        """Open a model. Takes a moment or minutes; call it off the event loop.

        Raises:
            BrokenModel: it cannot be opened here; the message says why.
        """
        if isinstance(model, InstalledModel) and not model.on_torch:
            return onnx.load(model, self.prompts, self.threads)
        try:
            # Inside: the default install has no torch.
            from figment.engine.backends.diffusion import loading, own, replay
        except ModuleNotFoundError as error:
            raise BrokenModel(f"{TORCH_IS_MISSING} ({error.name} is missing)") from error
        if isinstance(model, InstalledModel):
            return own.load(model, self.prompts, self.device, run_code=self.run_code)
        recorder = replay.recorder if self.graphs else replay.nothing
        return loading.load(model, self.device, run_code=self.run_code, recorder=recorder)

    def device_bytes(self, model: InstalledModel | DiffusersModel) -> int:
        """What a model's weights will take of a device's own memory; 0 where they lie in the processor's."""
        if isinstance(model, InstalledModel) or "cuda" not in (torch_devices() or []):
            return 0
        from figment.engine.backends.diffusion import devices, memory

        where = devices.choose(self.device)
        if where.type != "cuda":
            return 0
        needed: int = memory.needed_bytes(model.folder, model.index, devices.precision(where, model.family).itemsize)
        return needed


def torch_devices() -> list[str] | None:
    """Where diffusers models can run here, the fastest first; None where torch is not installed."""
    try:
        from figment.engine.backends.diffusion import devices
    except ModuleNotFoundError:
        return None
    kinds: list[str] = devices.here()
    return kinds


def fetch(name: str) -> Path:
    """The folder of a model of the hub.

    Raises:
        BrokenModel: it cannot be had; the message says why.
    """
    try:
        from figment.engine.backends.diffusion import hub
    except ModuleNotFoundError as error:
        raise BrokenModel(f"{TORCH_IS_MISSING} ({error.name} is missing)") from error
    return hub.fetch(name)


def bytes_fetched(name: str) -> int:
    """How much of a model of the hub is on this machine."""
    try:
        from figment.engine.backends.diffusion import hub
    except ModuleNotFoundError:
        return 0
    return hub.bytes_fetched(name)
