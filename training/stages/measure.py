"""Stage 7: figures on the held-out pictures, which no stage has trained on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from figment.engine.backends.minilm import MiniLM
from training.config import Config
from training.latents import TOKENS
from training.networks.denoiser import Denoiser
from training.pictures import shard_at
from training.stages import autoencoder as autoencoder_stage
from training.stages import denoiser as denoiser_stage
from training.stages.autoencoder import to_image

TIMES = (0.1, 0.3, 0.5, 0.7, 0.9)
ROWS = 25


def run(config: Config, folder: Path) -> None:
    """Writes folder/figures.json."""
    torch.set_num_threads(config.threads)
    autoencoder = autoencoder_stage.trained(config, folder)
    denoiser, state = denoiser_stage.averaged(config, folder)
    held_out = shard_at(folder / "held-out", 0)
    pixels = held_out.pixels()
    with torch.no_grad():
        parts = [autoencoder.encode(to_image(pixels[start : start + ROWS])) for start in range(0, len(pixels), ROWS)]
    latents = torch.cat(parts)
    encoder = MiniLM(folder.parent / "minilm", config.threads)
    states, mask = encoder.token_states([record["captions"][0] for record in held_out.records()], TOKENS)
    text, text_mask = torch.from_numpy(states), torch.from_numpy(mask)
    figures = {
        "denoiser_steps": state["step"],
        "autoencoder_psnr_db": round(autoencoder_stage.psnr(autoencoder, folder), 2),
        "loss_own_caption": round(velocity_loss(denoiser, latents, text, text_mask), 4),
        "loss_caption_of_another": round(velocity_loss(denoiser, latents, text.roll(1, 0), text_mask.roll(1, 0)), 4),
    }
    (folder / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(f"measure {figures}", flush=True)


@torch.no_grad()
def velocity_loss(model: Denoiser, latents: Tensor, text: Tensor, text_mask: Tensor) -> float:
    """Mean squared error of the velocity over fixed noise and five times; latents: (n, 8, h, w)."""
    generator = torch.Generator().manual_seed(0)
    errors = []
    for start in range(0, len(latents), ROWS):
        rows = slice(start, start + ROWS)
        noise = torch.randn(latents[rows].shape, generator=generator)
        for moment in TIMES:
            mixed = latents[rows] + moment * (noise - latents[rows])
            velocity = model(mixed, torch.full((len(noise),), moment), text[rows], text_mask[rows])
            errors.append(float((velocity - (noise - latents[rows])).square().mean()))
    return float(np.mean(errors))
