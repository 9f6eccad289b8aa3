"""The last stage: figures of each network on the held-out pictures. What the model makes of prompts is `benchmarks/model.py`'s to say."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from training import device
from training.config import Config
from training.progress import Progress
from training.stages import autoencoder, denoiser, probe, tower


def run(config: Config, folder: Path) -> None:
    """Writes folder/figures.json."""
    torch.set_num_threads(config.threads)
    where = device.chosen(config.device)
    model, state = denoiser.averaged(config, folder)
    learned = probe.trained(config, folder).to(where)
    figures = {
        "denoiser_steps": state["step"],
        "velocity_error": Progress(config, folder, where).losses(model.to(where)),
        "autoencoder_psnr_db": autoencoder.psnr(autoencoder.trained(config, folder), folder),
        "probe_accuracy": probe.accuracy(learned, folder / "held-out").shares(),
        "tower_recall": tower.recalls(tower.trained(config, folder).to(where), folder),
    }
    (folder / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(f"measure {json.dumps(figures, indent=2)}", flush=True)
