"""Stage 5: write the trained networks as the ONNX files and the model.json that Figment ships."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import warnings
from collections.abc import Callable
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
from training.shapes import freeze_reshapes
from training.stages import autoencoder as autoencoder_stage
from training.stages import denoiser as denoiser_stage
from training.stages.autoencoder import to_image

OPSET = 18
PLANE = {0: "batch", 2: "height", 3: "width"}
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
    return {
        "denoiser": _graph(denoiser, _noisy_latents, "velocity"),
        "decoder": _graph(_Decode(autoencoder), _latents, "image"),
        "encoder": _graph(_Encode(autoencoder), _image, "latents"),
    }


Inputs = dict[str, Tensor]


def _latents(rows: int, height: int, width: int) -> Inputs:
    return {"latents": torch.randn(rows, LATENT_CHANNELS, height, width)}


def _image(rows: int, height: int, width: int) -> Inputs:
    return {"image": torch.randn(rows, 3, DOWNSCALE * height, DOWNSCALE * width)}


def _noisy_latents(rows: int, height: int, width: int) -> Inputs:
    text = {"text": torch.randn(rows, TOKENS, TEXT_WIDTH), "text_mask": torch.ones(rows, TOKENS)}
    return {**_latents(rows, height, width), "time": torch.rand(rows), **text}


def _graph(model: nn.Module, inputs: Callable[[int, int, int], Inputs], output: str) -> onnx.ModelProto:
    # The exporter would write channels-last strides as transposes.
    model = model.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    sample = inputs(2, 16, 24)
    planes = {name: PLANE for name in (*sample, output) if name in ("latents", "image", "velocity")}
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            tuple(sample.values()),
            buffer,  # type: ignore[arg-type]
            input_names=list(sample),
            output_names=[output],
            dynamic_axes={name: planes.get(name, {0: "batch"}) for name in (*sample, output)},
            opset_version=OPSET,
            dynamo=False,
        )
    feeds = [{name: value.numpy() for name, value in inputs(*sizes).items()} for sizes in ((2, 16, 24), (3, 8, 20))]
    return halve_weights(freeze_reshapes(onnx.load_from_string(buffer.getvalue()), feeds))


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
        "guidance": {"default": 3.0, "max": 10},
        "text": {"encoder": "all-MiniLM-L6-v2", "tokens": TOKENS},
        "prediction": "flow-velocity",
        "tasks": ["text-to-image", "image-to-image", "inpainting"],
        "preview": preview,
        "files": files,
        "training": training,
    }
