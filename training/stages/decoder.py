"""Stage 6: train the decoder further while the encoder, and with it every latent, stays as it is.

The autoencoder has to be done early, for all else waits for it; its decoder does not.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from training import device
from training.config import Config
from training.stages.autoencoder import Losses, fit, psnr, reconstruction_loss, trained


def run(config: Config, folder: Path) -> None:
    """Trains folder/decoder.pt from folder/autoencoder.pt."""
    settings, place = config.autoencoder, device.chosen(config.device)
    torch.set_num_threads(config.threads)
    model = trained(config, folder).to(place, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def losses(image: Tensor) -> Losses:
        with torch.autocast(image.device.type, torch.bfloat16):
            with torch.no_grad():
                latents = model.encoder(image)
            restored = model.decoder(latents + settings.latent_noise * torch.randn_like(latents))
            small = model.decoder(F.avg_pool2d(latents, 2))
        half = reconstruction_loss(small.float(), F.avg_pool2d(image, 2))
        return {"whole": reconstruction_loss(restored.float(), image), "half": settings.half_scale_weight * half}

    def finish() -> None:
        print(f"decoder  held-out PSNR {psnr(model, folder):.2f} dB", flush=True)

    fit(config, folder, "decoder", settings.polish_minutes, model.decoder, losses, finish)
