"""Stage 2: train the autoencoder on crops of the rendered pictures."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from training import checkpoint
from training.clock import Budget, learning_rate
from training.config import Config
from training.networks.autoencoder import Autoencoder
from training.pictures import complete_shards, shard_at

LOG_EVERY = 100


def build(config: Config) -> Autoencoder:
    return Autoencoder(config.autoencoder.widths, config.autoencoder.blocks)


def trained(config: Config, folder: Path) -> Autoencoder:
    """The finished autoencoder of this run; raises FileNotFoundError before the stage has ended."""
    state = checkpoint.load(folder / "autoencoder.pt")
    if state is None or not state["finished"]:
        raise FileNotFoundError(f"no finished autoencoder in {folder}; run the stage `autoencoder` first")
    model = build(config)
    model.load_state_dict(state["model"])
    return model.eval()


def to_image(pixels: NDArray[np.uint8]) -> Tensor:
    """(n, h, w, 3) uint8 to (n, 3, h, w) float32 in [-1, 1], channels last in memory."""
    return torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1


def run(config: Config, folder: Path) -> None:
    settings, path = config.autoencoder, folder / "autoencoder.pt"
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    model = build(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=1e-3)
    step, budget = 0, Budget(settings.minutes)
    if (state := checkpoint.load(path)) is not None:
        if state["finished"]:
            return
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        step, budget = state["step"], Budget(settings.minutes, state["spent_s"])
    rng = np.random.default_rng((config.seed, step))
    saved, losses = time.monotonic(), []
    while budget.progress < 1:
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(settings.learning_rate, budget.progress)
        losses.append(_step(config, model, optimiser, _crops(config, folder, rng)))
        step += 1
        if step % LOG_EVERY == 0:
            print(
                f"autoencoder step {step:6d}  {budget.elapsed_s() / 60:5.1f} min  loss {np.mean(losses[-LOG_EVERY:]):.4f}",
                flush=True,
            )
        if time.monotonic() - saved > config.checkpoint_seconds:
            checkpoint.save(path, _state(model, optimiser, step, budget, finished=False))
            saved = time.monotonic()
    model.eval()
    _measure_latents(model, folder, config)
    print(f"autoencoder step {step:6d}  held-out PSNR {psnr(model, folder):.2f} dB", flush=True)
    checkpoint.save(path, _state(model, optimiser, step, budget, finished=True))


def _state(
    model: Autoencoder, optimiser: torch.optim.Optimizer, step: int, budget: Budget, *, finished: bool
) -> dict[str, Any]:
    return {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "spent_s": budget.elapsed_s(),
        "finished": finished,
    }


def _crops(config: Config, folder: Path, rng: np.random.Generator) -> Tensor:
    """A batch of random crops; reads whatever shards are rendered by now."""
    settings = config.autoencoder
    shards = list(complete_shards(folder / "pictures"))
    pixels = shards[int(rng.integers(len(shards)))].pixels()
    room = pixels.shape[1] - settings.crop
    batch = np.empty((settings.batch, settings.crop, settings.crop, 3), np.uint8)
    for row in range(settings.batch):
        top, left = (int(offset) for offset in rng.integers(0, room + 1, 2))
        batch[row] = pixels[int(rng.integers(len(pixels))), top : top + settings.crop, left : left + settings.crop]
    return to_image(batch)


def _step(config: Config, model: Autoencoder, optimiser: torch.optim.Optimizer, image: Tensor) -> float:
    settings = config.autoencoder
    with torch.autocast("cpu", torch.bfloat16):
        latents = model.encoder(image)
        noisy = latents + settings.latent_noise * torch.randn_like(latents)
        restored = model.decoder(noisy)
        # Decoding pooled latents must give the pooled picture: latents that survive scaling are smoother, and a
        # denoiser learns them faster (scale equivariance, Kouzelis et al., "EQ-VAE", 2025).
        small = model.decoder(F.avg_pool2d(latents, 2))
    loss = reconstruction_loss(restored.float(), image)
    loss = loss + settings.half_scale_weight * reconstruction_loss(small.float(), F.avg_pool2d(image, 2))
    loss = loss + 1e-3 * latents.float().square().mean()
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return float(loss.detach())


def reconstruction_loss(restored: Tensor, image: Tensor) -> Tensor:
    """L1 of pixels, of their differences, and a squared error that keeps outliers in check."""
    error = restored - image
    across, down = error.diff(dim=3).abs().mean(), error.diff(dim=2).abs().mean()
    return error.abs().mean() + 0.7 * (across + down) + error.square().mean()


@torch.no_grad()
def _measure_latents(model: Autoencoder, folder: Path, config: Config) -> None:
    pixels = next(complete_shards(folder / "pictures")).pixels()[:256]
    latents = torch.cat([model.encoder(to_image(pixels[start : start + 16])) for start in range(0, len(pixels), 16)])
    model.mean.copy_(latents.mean(dim=(0, 2, 3), keepdim=True))
    model.std.copy_(latents.std(dim=(0, 2, 3), keepdim=True))


@torch.no_grad()
def psnr(model: Autoencoder, folder: Path) -> float:
    """Mean over the held-out pictures, in dB."""
    pixels = shard_at(folder / "held-out", 0).pixels()
    values = []
    for start in range(0, len(pixels), 16):
        image = to_image(pixels[start : start + 16])
        error = (model.decode(model.encode(image)) - image).square().mean(dim=(1, 2, 3)) / 4
        values += (-10 * torch.log10(error)).tolist()
    return float(np.mean(values))
