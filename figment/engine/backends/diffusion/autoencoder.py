"""Pictures to latents and back, as diffusers' pipelines scale them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from figment.engine.backends.diffusion.copies import Copies
from figment.generation.contract import Pixels

FIT_CELLS = 16
NO_NUMBERS = "the model answered with values that are not numbers"


class Autoencoder:
    """A model's VAE. Of the distribution that it finds for a picture the mean is taken, so that encoding draws nothing."""

    def __init__(self, vae: Any, downscale: int, may_overflow: bool = False) -> None:
        """`may_overflow`: those of its family can, in float16, and say so; others say so only because nobody told them not to."""
        self.vae = vae
        self._downscale = downscale
        if may_overflow and vae.dtype == torch.float16 and vae.config.force_upcast:
            vae.float()
        # Made once: numbers that are brought to the device at every call could not be recorded.
        self.moments = _moments(vae)

    @property
    def channels(self) -> int:
        return int(self.vae.config.latent_channels)

    def encode(self, images: Tensor) -> Tensor:
        """(n, 3, height, width) in -1..1 to (n, channels, h, w) float32, of about unit variance."""
        found = self.vae.encode(images.to(self.vae.device, self.vae.dtype))
        latents = _only(found).float()
        mean, deviation = self.moments
        return (latents - mean) / deviation

    def decode(self, latents: Tensor) -> Tensor:
        """(n, channels, h, w) to (n, 3, height, width) float32, mostly in -1..1."""
        mean, deviation = self.moments
        return self.vae.decode((latents * deviation + mean).to(self.vae.dtype), return_dict=False)[0].float()

    def colours(self) -> Tensor:
        """A least-squares map from a unit latent's cell (and 1) to the mean colour of its pixels: (channels + 1, 3), for previews that cost
        nothing. Fitted to one decoded latent that is smooth, as pictures' are.
        """
        generator = torch.Generator().manual_seed(0)
        coarse = torch.randn((1, self.channels, FIT_CELLS // 4, FIT_CELLS // 4), generator=generator)
        latents = functional.interpolate(coarse, size=(FIT_CELLS, FIT_CELLS), mode="bilinear")
        pixels = functional.avg_pool2d(self.decode(latents.to(self.vae.device)), self._downscale).cpu()
        cells = latents.permute(0, 2, 3, 1).reshape(-1, self.channels)
        design = torch.cat([cells, torch.ones(len(cells), 1)], dim=1)
        return torch.linalg.lstsq(design, pixels.permute(0, 2, 3, 1).reshape(-1, 3)).solution.to(self.vae.device)


def _moments(vae: Any) -> tuple[Tensor | float, Tensor | float]:
    """Mean and standard deviation of its raw latents, by number or by channel (1, channels, 1, 1)."""
    config, scale = vae.config, vae.config.scaling_factor
    mean, deviation = getattr(config, "latents_mean", None), getattr(config, "latents_std", None)
    if mean is not None and deviation is not None:
        by_channel = [torch.tensor(each, device=vae.device).view(1, -1, 1, 1) for each in (mean, deviation)]
        return by_channel[0], by_channel[1] / scale
    return getattr(config, "shift_factor", None) or 0.0, 1.0 / scale


def _only(found: Any) -> Tensor:
    """The latents in what an encoder answers, whose field has another name in each kind."""
    if hasattr(found, "latent_dist"):
        return found.latent_dist.mode()
    return found.latents if hasattr(found, "latents") else found.latent


def from_pixels(pixels: Tensor) -> Tensor:
    """Bytes (n, height, width, 3) to (n, 3, height, width) in -1..1, on their device."""
    return pixels.permute(0, 3, 1, 2).float() / 127.5 - 1


def to_pixels(images: Tensor, copies: Copies) -> list[Pixels]:
    """(n, 3, height, width) from -1..1 to bytes, one copy from the device for all, and a wait for nothing else.

    Raises:
        FloatingPointError: the values are not numbers.
    """
    finite = copies.down(torch.isfinite(images).all())
    scaled = ((images / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
    pixels = copies.down(scaled.permute(0, 2, 3, 1).contiguous())
    if not finite.here():
        raise FloatingPointError(NO_NUMBERS)
    return list(pixels.here().numpy())
