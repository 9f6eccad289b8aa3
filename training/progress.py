"""What a training shows on the way: sheets of samples and losses on held-out pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from training import flow, masks
from training.config import Config
from training.flow import Given, Velocity
from training.latents import Batch, LatentData
from training.networks.denoiser import Denoiser
from training.stages import autoencoder

SHOWN = 24
COLUMNS = 12
MEASURED = 50
TIMES = (0.1, 0.3, 0.5, 0.7, 0.9)


class Progress:
    """The first held-out pictures with the first of their captions, always with the same noise and masks."""

    def __init__(self, config: Config, folder: Path, device: torch.device) -> None:
        self._autoencoder = autoencoder.trained(config, folder).to(device)
        self._data = LatentData(folder / "latents" / "held-out", device)
        self._device = device

    @torch.no_grad()
    def sheet(self, velocity: Callable[[Given], Velocity], steps: int, path: Path, *, small: bool = False) -> None:
        """Three rows at a time: the pictures, what their captions make, and they themselves made anew inside a mask."""
        generator = torch.Generator().manual_seed(0)
        batch = self._first(SHOWN, small=small)
        latents = batch.latents
        noise = torch.randn(latents.shape, generator=generator).to(self._device)
        whole = Given.of(batch, torch.ones_like(latents[:, :1]))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            drawn = masks.draw(len(latents), latents.shape[2], latents.shape[3], 0.0, torch.device("cpu"))
        partly = Given.of(batch, drawn.to(self._device))
        made = flow.walk(velocity(whole), noise, steps)
        inside = flow.walk(velocity(partly), noise, steps)
        inside = torch.lerp(latents, inside, partly.mask)
        rows = [self._pixels(part) for part in (latents, made, inside)]
        tiles = [row[start : start + COLUMNS] for start in range(0, len(latents), COLUMNS) for row in rows]
        grid = np.concatenate([np.concatenate(list(row), axis=1) for row in tiles])
        Image.fromarray(grid).save(path, quality=80)

    def _first(self, count: int, *, small: bool) -> Batch:
        batch = self._data.first(count)
        return flow.halved(batch) if small else batch

    def _pixels(self, latents: Tensor) -> NDArray[np.uint8]:
        image = self._autoencoder.decode(latents).permute(0, 2, 3, 1)
        return ((image + 1) * 127.5).round().byte().cpu().numpy()

    def guided(self, model: Denoiser, given: Given, guidance: float) -> Velocity:
        text, text_mask = self._data.empty_text(len(given.text))
        return flow.guided_velocity(model, given, given.saying(text, text_mask), guidance)

    @torch.no_grad()
    def losses(self, model: Denoiser, *, small: bool = False) -> dict[str, float]:
        """Mean squared error of the velocity, with a picture's own caption and with its neighbour's."""
        batch = self._first(MEASURED, small=small)
        own = Given.of(batch, torch.ones_like(batch.latents[:, :1]))
        other = own.saying(own.text.roll(1, 0), own.text_mask.roll(1, 0))
        return {"own": self._loss(model, batch.latents, own), "other": self._loss(model, batch.latents, other)}

    def _loss(self, model: Denoiser, latents: Tensor, given: Given) -> float:
        noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(1)).to(self._device)
        velocity = flow.average_velocity(model, given, 1.0)
        errors = []
        for moment in TIMES:
            x = flow.mixed(latents, noise, latents.new_full((len(latents),), moment))
            errors.append((velocity(x, moment, moment) - (noise - latents)).square().mean())
        return float(torch.stack(errors).mean())
