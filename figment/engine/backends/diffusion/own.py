"""Models of Figment's own kind on torch: the networks of their diffusers folder in the place of the ONNX files.

Everything else is the ONNX backend's: the trajectory is NumPy's, so that both make the same picture, and a step carries its few
kilobytes to the device and back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import DiffusionPipeline
from torch import Tensor

from figment.engine.backends.base import PromptEncoder
from figment.engine.backends.diffusion import devices
from figment.engine.backends.onnx import Networks, OnnxBackend
from figment.engine.errors import BrokenModel
from figment.engine.models import InstalledModel


@dataclass(frozen=True, slots=True)
class TorchNetwork:
    """A torch network that is called as an onnxruntime session is: `inputs` in the order of its arguments, from and to NumPy."""

    call: Callable[..., Tensor]
    device: torch.device

    def run(self, outputs: None, inputs: dict[str, Any]) -> list[Any]:
        with torch.no_grad():
            given = (torch.from_numpy(value).to(self.device) for value in inputs.values())
            return [self.call(*given).cpu().numpy()]


def load(model: InstalledModel, prompts: PromptEncoder, device: str = "auto", *, run_code: bool = False) -> OnnxBackend:
    """Open a model. Takes a moment; call it off the event loop. `run_code`: may its folder's own code be run?

    Raises:
        BrokenModel: it cannot be opened here; the message says why.
    """
    if not run_code:
        raise BrokenModel(devices.BRINGS_CODE.format(folder=model.folder))
    where = devices.choose(device)
    try:
        pipeline = DiffusionPipeline.from_pretrained(str(model.folder), trust_remote_code=True, local_files_only=True)
        pipeline.to(where)
    except Exception as error:  # the libraries have a dozen kinds of "this is no model"
        raise BrokenModel(f"{model.folder} cannot be opened: {error}") from error
    networks = Networks(
        denoiser=TorchNetwork(pipeline.denoiser, where),
        decoder=TorchNetwork(pipeline.vae.decode, where),
        open_encoder=lambda: TorchNetwork(pipeline.vae.encode, where),
    )
    return OnnxBackend(model, prompts, networks)
