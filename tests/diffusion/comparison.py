"""What Figment makes of a request beside what diffusers' own pipeline makes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from figment.engine.backends.diffusion.backend import DiffusionBackend
from figment.engine.backends.diffusion.draws import Draws
from figment.engine.backends.diffusion.rows import DiffusionRow
from figment.generation.contract import ImageRequest, Pixels

SAME = 1e-4
"""The largest difference of a latent, as a part of the largest latent: another order of adding, which depends on where in memory things
happen to lie. Mostly 2e-6; 2.3e-5 was seen.
"""
HEIGHT, WIDTH = 64, 96
SEED = 11


def picture_of(seed: int) -> Pixels:
    """Coloured blocks with a ramp over them."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 160, (HEIGHT // 16, WIDTH // 16, 3)).repeat(16, 0).repeat(16, 1)
    return (blocks + np.linspace(0, 90, WIDTH)[None, :, None]).astype(np.uint8)


def half_masked() -> Pixels:
    """The right two thirds, to the cell: diffusers looks at one pixel of each cell, and Figment at all."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:, 32:] = 255
    return mask


TASKS: dict[str, dict[str, Any]] = {
    "text-to-image": {},
    "image-to-image": {"init_image": picture_of(1), "strength": 0.6},
    "inpainting": {"init_image": picture_of(2), "mask": half_masked()},
    "inpainting-softly": {"init_image": picture_of(3), "mask": half_masked(), "strength": 0.7},
}
PIPELINES: dict[str, dict[str, str]] = {
    "sd": {
        "text-to-image": "StableDiffusionPipeline",
        "image-to-image": "StableDiffusionImg2ImgPipeline",
        "inpainting": "StableDiffusionInpaintPipeline",
    },
    "sana": {"text-to-image": "SanaPipeline"},
    "prx": {"text-to-image": "PRXPipeline"},
    "lcm": {"text-to-image": "LatentConsistencyModelPipeline"},
    "whole": {
        "text-to-image": "StableDiffusionSAGPipeline",
        "image-to-image": "LatentConsistencyModelImg2ImgPipeline",
    },
    "sdxl": {
        "text-to-image": "StableDiffusionXLPipeline",
        "image-to-image": "StableDiffusionXLImg2ImgPipeline",
        "inpainting": "StableDiffusionXLInpaintPipeline",
    },
    "sd3": {
        "text-to-image": "StableDiffusion3Pipeline",
        "image-to-image": "StableDiffusion3Img2ImgPipeline",
        "inpainting": "StableDiffusion3InpaintPipeline",
    },
    "flux": {
        "text-to-image": "FluxPipeline",
        "image-to-image": "FluxImg2ImgPipeline",
        "inpainting": "FluxInpaintPipeline",
    },
}

SIZED_BY_THE_PICTURE = (
    "StableDiffusionImg2ImgPipeline",
    "StableDiffusionXLImg2ImgPipeline",
    "LatentConsistencyModelImg2ImgPipeline",
)


def request_of(name: str, task: str, steps: int, guidance: float = 3.0, **changes: Any) -> ImageRequest:
    request = ImageRequest(name, "a red house", SEED, steps, guidance, WIDTH, HEIGHT)
    return replace(request, **TASKS[task] | changes)


def latent_of(backend: DiffusionBackend, request: ImageRequest) -> Tensor:
    row = backend.begin(request)
    run(backend, [row])
    return row.latent


def run(backend: DiffusionBackend, rows: list[DiffusionRow]) -> None:
    """Until all are done, each leaving when it is."""
    while unfinished := [row for row in rows if row.steps_done < backend.steps(row)]:
        backend.denoise(unfinished)


def reference(folder: Path, request: ImageRequest, output_type: str = "latent", **arguments: Any) -> Any:
    """What diffusers' pipeline for the request's task makes with the same noise: the last latent, or a picture."""
    classes = PIPELINES[request.model.split("-")[0]]
    pipeline = getattr(diffusers, classes[request.task]).from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    with torch.no_grad(), Draws(request.seed, 0):
        images = pipeline(output_type=output_type, **_arguments(request, classes[request.task]) | arguments).images
    if "flux" in request.model and output_type == "latent":
        return pipeline._unpack_latents(images, request.height, request.width, 8)[0]
    return images[0]


def _arguments(request: ImageRequest, kind: str) -> dict[str, Any]:
    given: dict[str, Any] = {
        "prompt": request.prompt,
        "num_inference_steps": request.steps,
        "guidance_scale": request.guidance,
    }
    if kind in ("SanaPipeline", "PRXPipeline"):
        # Their habit of making another size and scaling it: Figment makes what was asked for.
        given["use_resolution_binning"] = False
    if request.negative_prompt:
        given["negative_prompt"] = request.negative_prompt
    if kind not in SIZED_BY_THE_PICTURE:
        given |= {"height": request.height, "width": request.width}
    if request.init_image is not None:
        given |= {"image": Image.fromarray(request.init_image), "strength": request.strength}
    if request.mask is not None:
        given["mask_image"] = Image.fromarray(request.mask)
    return given


def assert_same(made: Tensor, expected: Tensor) -> None:
    assert made.shape == expected.shape
    assert expected.std() > 0.1, "an empty picture proves nothing"
    difference, largest = float((made - expected).abs().max()), float(expected.abs().max())
    assert difference <= SAME * max(1, largest), f"a difference of {difference:.1e} among numbers up to {largest:.1f}"
