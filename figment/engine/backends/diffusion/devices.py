"""Which device a model runs on, and in which precision."""

from __future__ import annotations

from typing import Any

import torch

from figment.engine.diffusers_folder import Family
from figment.engine.errors import BrokenModel

UNETS = (Family.STABLE_DIFFUSION, Family.STABLE_DIFFUSION_XL)
BRINGS_CODE = "{folder} brings code of its own. Read it, and set FIGMENT_MODEL_CODE=true if you trust it."


def here() -> list[str]:
    """The kinds of device that this torch can use, the fastest first."""
    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [kind for kind, is_here in found.items() if is_here]


def choose(setting: str) -> torch.device:
    """`setting`: auto, cpu, cuda or mps. auto takes the fastest that is here.

    Raises:
        BrokenModel: that device is not here.
    """
    kinds = here()
    if setting not in ("auto", *kinds):
        raise BrokenModel(
            f"this torch has no device {setting!r}, only {', '.join(kinds)}: set FIGMENT_ENGINE_DEVICE to one of them"
        )
    return torch.device(kinds[0] if setting == "auto" else setting)


def precision(device: torch.device, family: Family) -> torch.dtype:
    """float32 on processors. On GPUs the one that the family was trained in: UNets float16, transformers bfloat16, whose range they need."""
    if device.type == "cpu":
        return torch.float32
    return torch.float16 if family in UNETS else torch.bfloat16


def lay_out(pipeline: Any, device: torch.device) -> None:
    """On CUDA, whose tensor cores read pixels with their channels side by side: so lie the weights of convolutional networks, and with them
    all that passes through.
    """
    if device.type == "cuda":
        for network in (getattr(pipeline, "unet", None), pipeline.vae):
            if network is not None:
                network.to(memory_format=torch.channels_last)
