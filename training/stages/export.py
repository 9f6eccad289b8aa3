"""Stage 8: write the trained networks for their homes.

    export/        what ships in figment/engine/builtin/figment-1: ONNX, float16 weights, float32 arithmetic
    diffusers/     for torch: a diffusers folder, with a model.json too, by which Figment's torch backend finds it

The third home, onnxruntime-web, has no files of its own: processors and GPUs without float16 run the server's, and for the others
`figment.engine.backends.browser` makes a set from them. All hold the same numbers (`Networks.rounded`).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import nn

from figment.engine.backends.half import halve_weights
from training import diffusers_folder
from training.config import Config
from training.latents import TOKENS
from training.networks.autoencoder import DOWNSCALE, LATENT_CHANNELS, Autoencoder
from training.onnx_graphs import DENOISER_INPUTS, Networks, graphs
from training.pictures import shard_at
from training.stages import autoencoder as autoencoder_stage
from training.stages import denoiser as denoiser_stage
from training.stages import distil as distil_stage
from training.stages import tower as tower_stage
from training.stages.autoencoder import to_image
from training.world.description import LABELS

NAME, TORCH_NAME = "figment-3", "figment-3-torch"
TITLE = "Figment 3, the built-in model"
STEPS, MOST_STEPS = 4, 50
GUIDANCE = 5.0


def run(config: Config, folder: Path) -> None:
    """Writes folder/export/, to be copied to figment/engine/builtin/figment-3, and folder/diffusers/."""
    torch.set_num_threads(config.threads)
    denoiser, state = denoiser_stage.averaged(config, folder, distil_stage.NAME)
    networks = Networks(autoencoder_stage.trained(config, folder), denoiser, tower_stage.trained(config, folder))
    networks.rounded()
    facts = {
        "config": asdict(config),
        "denoiser_figures": {name: round(value, 4) for name, value in state["figures"].items()},
        "autoencoder_psnr_db": round(autoencoder_stage.psnr(networks.autoencoder, folder), 2),
    }
    preview = preview_map(networks.autoencoder, folder)
    sizes = write(folder, networks, Manifest(preview, config.distil.most_guidance, facts), arguments(config))
    print(f"export  {'  '.join(f'{home} {size / 1e6:.1f} MB' for home, size in sizes.items())}", flush=True)


def arguments(config: Config) -> dict[str, dict[str, Any]]:
    """What each network was built with, by its name in the diffusers folder."""
    return {
        "denoiser": {"widths": config.denoiser.widths, "blocks": config.denoiser.blocks, "labels": len(LABELS)},
        "vae": {"widths": config.autoencoder.widths, "blocks": config.autoencoder.blocks},
        "tower": {"widths": config.tower.widths},
    }


@dataclass(frozen=True)
class Manifest:
    """What model.json says beside its files."""

    preview: dict[str, Any]
    most_guidance: float
    training: dict[str, Any]

    def content(self, files: dict[str, dict[str, Any]], name: str, title: str) -> dict[str, Any]:
        return {
            "name": name,
            "family": "figment",
            "title": title,
            "latent": {"channels": LATENT_CHANNELS, "downscale": DOWNSCALE},
            "native_size": 256,
            "size": {"min": 128, "max": 512, "multiple": 64},
            "steps": {"default": STEPS, "max": MOST_STEPS},
            "guidance": {"default": GUIDANCE, "max": self.most_guidance},
            "text": {"encoder": "all-MiniLM-L6-v2", "tokens": TOKENS},
            "prediction": "flow-velocity",
            "denoiser": {"inputs": DENOISER_INPUTS},
            "tasks": ["text-to-image", "image-to-image", "inpainting"],
            "preview": self.preview,
            "files": files,
            "training": self.training,
        }


def write(
    folder: Path, networks: Networks, manifest: Manifest, built_with: dict[str, dict[str, Any]]
) -> dict[str, int]:
    """Both folders; returns the bytes of each one's files."""
    server = {part: halve_weights(graph) for part, graph in graphs(networks).items()}
    diffusers = folder / "diffusers"
    shutil.rmtree(diffusers, ignore_errors=True)
    diffusers_folder.write(diffusers, networks, built_with)
    stored = {part: _spec(diffusers, diffusers / part / diffusers_folder.WEIGHTS) for part in built_with}
    _write_json(diffusers / "model.json", manifest.content(stored, TORCH_NAME, f"{TITLE}, on torch"))
    written = sum(path.stat().st_size for path in diffusers.rglob("*") if path.is_file())
    return {"export": _write_graphs(folder / "export", server, manifest), "diffusers": written}


def _write_graphs(folder: Path, made: dict[str, onnx.ModelProto], manifest: Manifest) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for part, graph in made.items():
        _replace(folder / f"{part}.onnx", graph.SerializeToString())
    files = {part: _spec(folder, folder / f"{part}.onnx") for part in made}
    _write_json(folder / "model.json", manifest.content(files, NAME, TITLE))
    return sum(file["bytes"] for file in files.values())


def _spec(folder: Path, path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    where = path.relative_to(folder).as_posix()
    return {"path": where, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _write_json(path: Path, content: dict[str, Any]) -> None:
    _replace(path, (json.dumps(content, indent=2) + "\n").encode())


def _replace(path: Path, content: bytes) -> None:
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.chmod(unfinished, 0o644)
    os.replace(unfinished, path)


@torch.no_grad()
def preview_map(autoencoder: Autoencoder, folder: Path) -> dict[str, Any]:
    """Least-squares map of a unit latent to the mean colour of its 8x8 pixels, for previews that cost nothing."""
    image = to_image(shard_at(folder / "held-out", 0).pixels()[:64])
    latents = autoencoder.encode(image).permute(0, 2, 3, 1).reshape(-1, LATENT_CHANNELS).numpy()
    colours = nn.functional.avg_pool2d(image, DOWNSCALE).permute(0, 2, 3, 1).reshape(-1, 3).numpy()
    design = np.concatenate([latents, np.ones((len(latents), 1), np.float32)], axis=1)
    solution = np.linalg.lstsq(design, colours, rcond=None)[0].round(5)
    return {"matrix": solution[:-1].tolist(), "bias": solution[-1].tolist()}
