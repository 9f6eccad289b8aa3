"""Which device a model runs on, and in which precision."""

from __future__ import annotations

import torch

from figment.engine.diffusers_folder import Family
from figment.engine.errors import BrokenModel

TRANSFORMERS = (Family.STABLE_DIFFUSION_3, Family.FLUX)
BRINGS_CODE = "{folder} brings code of its own. Read it, and set FIGMENT_MODEL_CODE=true if you trust it."


def choose(setting: str) -> torch.device:
    """`setting`: auto, cpu, cuda or mps. auto takes the fastest that is here.

    Raises:
        BrokenModel: that device is not here.
    """
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if setting == "auto":
        return torch.device(next(kind for kind, found in here.items() if found))
    if not here.get(setting, False):
        found = ", ".join(kind for kind, is_here in here.items() if is_here)
        raise BrokenModel(
            f"this torch has no device {setting!r}, only {found}: set FIGMENT_ENGINE_DEVICE to one of them"
        )
    return torch.device(setting)


def precision(device: torch.device, family: Family) -> torch.dtype:
    """float32 on processors. On GPUs the one that the family was trained in: UNets float16, transformers bfloat16, whose range they need."""
    if device.type == "cpu":
        return torch.float32
    return torch.bfloat16 if family in TRANSFORMERS else torch.float16
