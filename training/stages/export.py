"""Stage 5: write the trained networks as the ONNX files and the model.json that Figment ships."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from training.config import Config
from training.half import halve_weights
from training.latents import TEXT_WIDTH, TOKENS
from training.networks.autoencoder import DOWNSCALE, LATENT_CHANNELS, Autoencoder
from training.networks.denoiser import Denoiser
from training.pictures import shard_at
from training.stages import autoencoder as autoencoder_stage
from training.stages import denoiser as denoiser_stage
from training.stages.autoencoder import to_image

OPSET = 18
NAME = "figment-1"


def run(config: Config, folder: Path) -> None:
    """Writes folder/export/; copy it to figment/engine/builtin/figment-1 to ship it."""
    torch.set_num_threads(config.threads)
    autoencoder = autoencoder_stage.trained(config, folder)
    denoiser, state = denoiser_stage.averaged(config, folder)
    target = folder / "export"
    target.mkdir(exist_ok=True)
    files = {part: _write(target / f"{part}.onnx", model) for part, model in graphs(autoencoder, denoiser).items()}
    training = {
        "denoiser_steps": state["step"],
        "denoiser_minutes": round(state["spent_s"] / 60, 1),
        "denoiser_loss": None if state["loss"] is None else round(state["loss"], 4),
        "autoencoder_minutes": config.autoencoder.minutes,
        "autoencoder_psnr_db": round(autoencoder_stage.psnr(autoencoder, folder), 2),
        "pictures": config.render.pictures,
        "hardware": f"{config.threads} CPU cores",
    }
    card = manifest(files, preview_map(autoencoder, folder), training)
    _replace(target / "model.json", (json.dumps(card, indent=2) + "\n").encode())
    print(f"export step {state['step']}  {sum(file['bytes'] for file in files.values()) / 1e6:.1f} MB", flush=True)


class _Encode(nn.Module):
    def __init__(self, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, image: Tensor) -> Tensor:
        return self.autoencoder.encode(image)


class _Decode(nn.Module):
    def __init__(self, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, latents: Tensor) -> Tensor:
        return self.autoencoder.decode(latents)


def graphs(autoencoder: Autoencoder, denoiser: Denoiser) -> dict[str, onnx.ModelProto]:
    """ONNX graphs by name, weights in float16, with dynamic batch, height and width."""
    latents = torch.randn(2, LATENT_CHANNELS, 16, 24)
    text, mask = torch.randn(2, TOKENS, TEXT_WIDTH), torch.ones(2, TOKENS)
    plane = {0: "batch", 2: "height", 3: "width"}
    row = {0: "batch"}
    return {
        "denoiser": _graph(
            denoiser,
            {"latents": latents, "time": torch.rand(2), "text": text, "text_mask": mask},
            {"latents": plane, "time": row, "text": row, "text_mask": row, "velocity": plane},
        ),
        "decoder": _graph(_Decode(autoencoder), {"latents": latents}, {"latents": plane, "image": plane}),
        "encoder": _graph(
            _Encode(autoencoder), {"image": torch.randn(2, 3, 128, 192)}, {"image": plane, "latents": plane}
        ),
    }


def _graph(model: nn.Module, inputs: dict[str, Tensor], axes: dict[str, dict[int, str]]) -> onnx.ModelProto:
    # A fresh copy in the default memory layout: the exporter would write channels-last strides as transposes.
    model = model.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    outputs = [name for name in axes if name not in inputs] or ["latents"]
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            tuple(inputs.values()),
            buffer,  # type: ignore[arg-type]
            input_names=list(inputs),
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    return halve_weights(onnx.load_from_string(buffer.getvalue()))


def _write(path: Path, graph: onnx.ModelProto) -> dict[str, Any]:
    content = graph.SerializeToString()
    _replace(path, content)
    return {"path": path.name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


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


def manifest(files: dict[str, dict[str, Any]], preview: dict[str, Any], training: dict[str, Any]) -> dict[str, Any]:
    """The content of model.json."""
    return {
        "name": NAME,
        "family": "figment",
        "title": "Figment 1, the built-in model",
        "latent": {"channels": LATENT_CHANNELS, "downscale": DOWNSCALE},
        "native_size": 256,
        "size": {"min": 128, "max": 512, "multiple": 64},
        "steps": {"default": 12, "max": 50},
        "guidance": {"default": 2.5, "max": 10},
        "text": {"encoder": "all-MiniLM-L6-v2", "tokens": TOKENS},
        "prediction": "flow-velocity",
        "tasks": ["text-to-image", "image-to-image", "inpainting"],
        "preview": preview,
        "files": files,
        "training": training,
    }
