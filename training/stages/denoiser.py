"""Stage 4: train the denoiser by flow matching on the latents: pictures from text, and pictures inside pictures."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from training import checkpoint, flow, loop, masks
from training.config import Config
from training.flow import Given
from training.latents import LatentData
from training.networks.denoiser import Denoiser
from training.progress import Progress
from training.world.description import LABELS

NAME = "denoiser"
STEPS, GUIDANCE = 16, 3.0
"""Of the sheets on the way."""


def build(config: Config) -> Denoiser:
    return Denoiser(config.denoiser.widths, config.denoiser.blocks, len(LABELS))


def averaged(config: Config, folder: Path, name: str = NAME) -> tuple[Denoiser, dict[str, Any]]:
    """The moving average of the weights so far, and the checkpoint they come from; before training, random weights."""
    torch.manual_seed(config.seed)
    model = build(config)
    state = checkpoint.load(folder / f"{name}.pt") or {"step": 0, "spent_s": 0.0, "figures": {}}
    if "average" in state:
        model.load_state_dict(state["average"])
    return model.eval(), state


def shipped(config: Config, folder: Path) -> tuple[Denoiser, dict[str, Any]]:
    """The denoiser of few steps where there is one, else the one before it; as `averaged`."""
    return averaged(config, folder, "distil" if (folder / "distil.pt").exists() else NAME)


def run(config: Config, folder: Path) -> None:
    """Trains folder/denoiser.pt; sheets of samples lie beside it."""
    loop.run(config, folder, NAME, config.denoiser, FlowMatching)


class FlowMatching:
    """The velocity of mixtures of latents and noise, and what is where as a side task."""

    def __init__(self, config: Config, folder: Path, device: torch.device) -> None:
        self.settings, self.device = config.denoiser, device
        self.model = build(config).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.data = LatentData(folder / "latents", device)
        self.progress = Progress(config, folder, device)
        self.notes: dict[str, Any] = {}
        self.small = False
        run = self.model.velocity_and_labels
        self.forward: Any = torch.compile(run, dynamic=False) if self.settings.compiled else run

    def backward(self, workers: int, minutes: float, average: dict[str, Tensor]) -> dict[str, Tensor]:
        settings = self.settings
        small = self.small = minutes < settings.small_minutes
        batch = self.data.batch(
            (settings.small_batch if small else settings.batch) // workers, settings.caption_dropout
        )
        batch = flow.halved(batch) if small else batch
        count, _, height, width = batch.latents.shape
        given = Given.of(batch, masks.draw(count, height, width, settings.whole_masks, self.device))
        noise = torch.randn_like(batch.latents)
        time = flow.times(count, settings.time_shift, self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            x = flow.mixed(batch.latents, noise, time)
            velocity, labels = self.forward(x, time, time, torch.ones_like(time), *given)
        error = (velocity.float() - (noise - batch.latents)).square().mean(dim=1)
        counted = flow.weights(batch.labels, given.mask, settings.object_weight, settings.outside_weight)
        label_loss = F.cross_entropy(labels.float(), batch.labels)
        ((error * counted).mean() + settings.label_weight * label_loss).backward()
        return {"loss": error.detach().mean(), "labels": label_loss.detach()}

    def show(self, average: dict[str, Tensor], path: Path) -> dict[str, float]:
        model = copy.deepcopy(self.model).eval()
        model.load_state_dict(average)
        self.progress.sheet(lambda given: self.progress.guided(model, given, GUIDANCE), STEPS, path, small=self.small)
        return self.progress.losses(model, small=self.small)
