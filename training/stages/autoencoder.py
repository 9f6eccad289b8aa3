"""Stage 2: train the autoencoder on crops of the rendered pictures."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from training import checkpoint, clock, device, masks
from training.clock import Budget, learning_rate
from training.config import Autoencoder as Settings
from training.config import Config
from training.loop import LOG_EVERY, Running
from training.networks.autoencoder import DOWNSCALE, Autoencoder
from training.optimiser import Optimiser
from training.pictures import Shard, complete_shards, shard_at

MEASURED_SHARDS = 4
MOST_SHARDS = 40
"""That are read: 40,000 pictures are enough for crops, and fit into a GPU."""
LATENT_PENALTY = 1e-3

Losses = dict[str, Tensor]


def build(config: Config) -> Autoencoder:
    return Autoencoder(config.autoencoder.widths, config.autoencoder.blocks)


def trained(config: Config, folder: Path) -> Autoencoder:
    """The finished autoencoder of this run, its decoder the polished one where there is one.

    Raises FileNotFoundError before the stage has ended.
    """
    state = checkpoint.load(folder / "autoencoder.pt")
    if state is None or not state["finished"]:
        raise FileNotFoundError(f"no finished autoencoder in {folder}; run the stage `autoencoder` first")
    model = build(config)
    model.load_state_dict(state["model"])
    polished = checkpoint.load(folder / "decoder.pt")
    if polished is not None and polished["finished"]:
        model.decoder.load_state_dict(polished["model"])
    return model.eval()


def to_image(pixels: NDArray[np.uint8]) -> Tensor:
    """(n, h, w, 3) uint8 to (n, 3, h, w) float32 in [-1, 1], channels last in memory."""
    return torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1


def blanked(image: Tensor, mask: Tensor) -> Tensor:
    """The picture with mid-grey where it is to be made; image: (b, 3, 8h, 8w), mask: (b, 1, h, w)."""
    return image * (1 - F.interpolate(mask, scale_factor=float(DOWNSCALE)))


def run(config: Config, folder: Path) -> None:
    """Trains folder/autoencoder.pt; once finished it stays as it is, for the latents depend on it."""
    settings, place = config.autoencoder, device.chosen(config.device)
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    model = build(config).to(place, memory_format=torch.channels_last)  # type: ignore[call-overload]
    forward: Callable[..., Losses] = torch.compile(_losses, dynamic=False) if settings.compiled else _losses
    rows, side = max(1, settings.batch // 4), settings.crop // DOWNSCALE

    def losses(image: Tensor) -> Losses:
        return forward(settings, model, image, masks.draw(rows, side, side, 0.0, place))

    def finish() -> None:
        model.eval()
        _measure_latents(model, folder, place)
        print(f"autoencoder  held-out PSNR {psnr(model, folder):.2f} dB", flush=True)

    fit(config, folder, "autoencoder", settings.minutes, model, losses, finish)


def fit(
    config: Config,
    folder: Path,
    name: str,
    minutes: float,
    model: nn.Module,
    losses: Callable[[Tensor], Losses],
    finish: Callable[[], None],
) -> None:
    """Train `model` on crops into folder/`name`.pt for `minutes`; call `finish` before it is saved as finished."""
    settings, path = config.autoencoder, folder / f"{name}.pt"
    optimiser = Optimiser(model, settings.weight_decay, muon=settings.muon)
    step, budget, figures = 0, Budget(minutes), Running()
    if (state := checkpoint.load(path)) is not None:
        if state["finished"]:
            return
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        step, budget = state["step"], Budget(minutes, state["spent_s"])
    crops = Crops(settings, folder / "pictures", device.chosen(config.device))

    def save(*, finished: bool) -> None:
        parts = {"model": model.state_dict(), "optimiser": optimiser.state_dict()}
        checkpoint.save(path, {**parts, "step": step, "spent_s": budget.elapsed_s(), "finished": finished})

    saved = clock.now()
    while (progress := budget.progress) < 1:
        torch.manual_seed(config.seed * 1_000_003 + step)
        optimiser.zero_grad()
        parts = losses(crops.batch())
        torch.stack(list(parts.values())).sum().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step(learning_rate(settings.learning_rate, progress, minutes))
        figures.add({part: value.detach() for part, value in parts.items()})
        step += 1
        if step % LOG_EVERY == 0:
            print(f"{name} step {step:6d}  {budget.elapsed_s() / 60:5.1f} min  {figures}", flush=True)
        if clock.now() - saved > config.checkpoint_seconds:
            save(finished=False)
            saved = clock.now()
    finish()
    save(finished=True)


class Crops:
    """Random crops of the pictures rendered by now: rendering may still go on beside. A GPU keeps what it has read."""

    def __init__(self, settings: Settings, folder: Path, place: torch.device) -> None:
        self._settings, self._folder, self._place = settings, folder, place
        self._read: dict[Path, Tensor] = {}

    def batch(self) -> Tensor:
        """(b, 3, crop, crop) in [-1, 1], all of one shard."""
        settings = self._settings
        shards = list(complete_shards(self._folder))[:MOST_SHARDS]
        pixels = self._pixels(shards[int(torch.randint(len(shards), ()))])
        rows = torch.randint(len(pixels), (settings.batch, 1, 1), device=self._place)
        room = pixels.shape[1] - settings.crop + 1
        top, left = torch.randint(room, (2, settings.batch, 1), device=self._place)
        side = torch.arange(settings.crop, device=self._place)
        crops = pixels[rows, (top + side)[:, :, None], (left + side)[:, None, :]]
        return crops.permute(0, 3, 1, 2).float() / 127.5 - 1

    def _pixels(self, shard: Shard) -> Tensor:
        if shard.stem in self._read:
            return self._read[shard.stem]
        with warnings.catch_warnings():
            # Only read: the mapping is not to be written to, which torch cannot say.
            warnings.simplefilter("ignore", UserWarning)
            pixels = torch.from_numpy(shard.pixels()).to(self._place)
        self._read[shard.stem] = pixels
        return pixels


def _losses(settings: Settings, model: Autoencoder, image: Tensor, mask: Tensor) -> Losses:
    """image: (b, 3, 8h, 8w); mask: (m, 1, h, w) for the first m rows."""
    masked = image[: len(mask)]
    with torch.autocast(image.device.type, torch.bfloat16):
        latents = model.encoder(image)
        noisy = latents + settings.latent_noise * torch.randn_like(latents)
        restored = model.decoder(noisy)
        # Decoding pooled latents must give the pooled picture: latents that survive scaling are smoother, and a
        # denoiser learns them faster (scale equivariance, Kouzelis et al., "EQ-VAE", 2025). It also lets the denoiser
        # train on pooled latents as on smaller pictures.
        small = model.decoder(F.avg_pool2d(latents, 2))
        around = model.encoder(blanked(masked, mask))
    # What is hidden must not change the latents beside it: the denoiser is trained with latents of whole pictures.
    difference = (around.float() - latents[: len(mask)].float()).square() * (1 - mask)
    return {
        "whole": reconstruction_loss(restored.float(), image),
        "half": settings.half_scale_weight * reconstruction_loss(small.float(), F.avg_pool2d(image, 2)),
        "blanked": settings.blanked_weight * difference.mean(),
        "size": LATENT_PENALTY * latents.float().square().mean(),
    }


def reconstruction_loss(restored: Tensor, image: Tensor) -> Tensor:
    """L1 of pixels and of their differences at three scales, and a squared error that keeps outliers in check."""
    error = restored - image
    loss = error.abs().mean() + error.square().mean()
    for scale in (1, 2, 4):
        coarse = F.avg_pool2d(error, scale) if scale > 1 else error
        loss = loss + (0.7 / scale) * (coarse.diff(dim=3).abs().mean() + coarse.diff(dim=2).abs().mean())
    return loss


@torch.no_grad()
def _measure_latents(model: Autoencoder, folder: Path, place: torch.device) -> None:
    shards = list(complete_shards(folder / "pictures"))[:MEASURED_SHARDS]
    pixels = np.concatenate([shard.pixels()[: 256 // MEASURED_SHARDS] for shard in shards])
    latents = torch.cat([model.encoder(to_image(part).to(place)) for part in np.array_split(pixels, 16)])
    model.mean.copy_(latents.mean(dim=(0, 2, 3), keepdim=True))
    model.std.copy_(latents.std(dim=(0, 2, 3), keepdim=True))


@torch.no_grad()
def psnr(model: Autoencoder, folder: Path) -> float:
    """Mean over the held-out pictures, in dB."""
    pixels = shard_at(folder / "held-out", 0).pixels()
    values = []
    for start in range(0, len(pixels), 16):
        image = to_image(pixels[start : start + 16]).to(model.mean.device)
        error = (model.decode(model.encode(image)) - image).square().mean(dim=(1, 2, 3)) / 4
        values += (-10 * torch.log10(error)).tolist()
    return float(np.mean(values))
