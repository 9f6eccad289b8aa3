"""The safety checker of diffusers as an image classifier: it says what it sees, and never touches the picture.

Rando et al., "Red-Teaming the Stable Diffusion Safety Filter" (arXiv 2210.04610) describe it: a picture's CLIP embedding is compared with
seventeen concepts, each with a threshold of its own, which is stricter where one of three special concepts is near. It errs in both
directions, so that what it finds is for a person to look at.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Self

import numpy as np
import torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from huggingface_hub import snapshot_download
from numpy.typing import NDArray
from torch.nn import functional
from transformers.image_utils import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD

from figment.engine.backends.diffusion import devices, hub
from figment.engine.errors import BrokenModel
from figment.safety.images import Finding

LABEL = "nudity"
# As in diffusers' own.
_STRICTER = 0.01
# From just beyond the threshold, 0.5, to sure: real margins are a few hundredths.
_SURER = 5.0


class SafetyChecker:
    """`figment.safety.images.ImageClassifier`."""

    def __init__(self, model: StableDiffusionSafetyChecker, device: torch.device) -> None:
        self._model = model.to(device).eval()
        self._device = device
        # One at a time: it shares the device with the models.
        self._lock = asyncio.Lock()

    @classmethod
    def open(cls, name: str, device: str) -> Self:
        """From a folder, or a name of the hub such as `CompVis/stable-diffusion-safety-checker`. Blocks.

        Raises:
            BrokenModel: it is not there, or is none.
        """
        folder = Path(name) if Path(name).is_dir() else _fetched(name)
        if not (folder / "config.json").is_file():
            raise BrokenModel(
                f"{folder} holds no safety checker: config.json is missing. Set FIGMENT_SAFETY_CHECKER to one."
            )
        try:
            model = StableDiffusionSafetyChecker.from_pretrained(folder)
        except (OSError, ValueError, RuntimeError) as error:
            raise BrokenModel(f"{folder} holds no safety checker that can be opened: {error}") from error
        return cls(model, devices.choose(device))

    async def classify(self, pixels: NDArray[np.uint8]) -> list[Finding]:
        async with self._lock:
            margins = await asyncio.to_thread(self.margins, pixels)
        return [
            Finding(picture, LABEL, min(1.0, 0.5 + _SURER * margin))
            for picture, margin in enumerate(margins.tolist())
            if margin > 0
        ]

    @torch.inference_mode()
    def margins(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """(n,): by how much each picture's nearest concept passes its threshold; 0 or less where none does. `pixels`: (n, h, w, 3)."""
        seen = self._model.visual_projection(self._model.vision_model(self._prepared(pixels))[1])
        special = _cosines(seen, self._model.special_care_embeds) - self._model.special_care_embeds_weights
        stricter = _STRICTER * (special.double().cpu().numpy().round(3) > 0).any(axis=1, keepdims=True)
        beyond = _cosines(seen, self._model.concept_embeds) - self._model.concept_embeds_weights
        margins: NDArray[np.float64] = (beyond.double().cpu().numpy() + stricter).round(3).max(axis=1)
        return margins

    def _prepared(self, pixels: NDArray[np.uint8]) -> torch.Tensor:
        """(n, 3, size, size), as CLIP was trained to see. A picture that is not square is squeezed: cut, it could hide something."""
        size = self._model.config.vision_config.image_size
        planes = torch.from_numpy(np.ascontiguousarray(pixels)).to(self._device).permute(0, 3, 1, 2).float() / 255
        small = functional.interpolate(planes, (size, size), mode="bicubic", antialias=True).clamp(0, 1)
        mean, spread = (
            torch.tensor(channel, device=self._device).view(1, 3, 1, 1)
            for channel in (OPENAI_CLIP_MEAN, OPENAI_CLIP_STD)
        )
        return (small - mean) / spread


def _cosines(seen: torch.Tensor, concepts: torch.Tensor) -> torch.Tensor:
    return functional.normalize(seen.float()) @ functional.normalize(concepts.float()).T


def _fetched(name: str) -> Path:
    try:
        return Path(snapshot_download(name))
    except Exception as error:  # as in `hub`: a dozen kinds of "not there"
        raise hub.why(name, error) from error
