"""Pipelines whose denoiser cannot be called from outside: each picture is one long step of diffusers' own loop."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from figment.engine import sampling
from figment.engine.backends.base import PreviewSource
from figment.engine.backends.diffusion.draws import Draws
from figment.engine.backends.diffusion.weights import OnDevice, Weights
from figment.engine.diffusers_folder import DiffusersModel
from figment.generation.contract import ImageRequest, ModelCard, Pixels


@dataclass(slots=True, eq=False)
class WholeRow:
    request: ImageRequest
    made: Pixels | None = None


class WholeBackend(OnDevice):
    """Implements `figment.engine.backends.base.Backend[WholeRow]` and `Parkable`. Rows share a call and nothing in it: they run one after the other."""

    def __init__(self, model: DiffusersModel, pipeline: Any, weights: Weights) -> None:
        super().__init__(weights)
        self._model, self._pipeline = model, pipeline
        self._accepts = frozenset(inspect.signature(pipeline.__call__).parameters)

    @property
    def card(self) -> ModelCard:
        return self._model.card

    @property
    def downscale(self) -> int:
        return self._model.downscale

    def begin(self, request: ImageRequest) -> WholeRow:
        return WholeRow(request)

    def steps(self, row: WholeRow) -> int:
        return 1

    def denoise(self, rows: Sequence[WholeRow]) -> None:
        with self._in_place:
            made = [self._picture(row.request) for row in rows]
        for row, pixels in zip(rows, made, strict=True):
            row.made = pixels

    def preview(self, row: WholeRow) -> PreviewSource:
        made = _made(row)
        return lambda: _small(made, self.downscale)

    def decode(self, rows: Sequence[WholeRow]) -> list[Pixels]:
        return [_finished(row) for row in rows]

    def warm_up(self) -> None:
        """Nothing: a whole picture would be the wait that it is to spare."""

    def _picture(self, request: ImageRequest) -> Pixels:
        with torch.no_grad(), Draws(request.seed, 0):
            image = self._pipeline(**self._arguments(request)).images[0]
        return np.asarray(image.convert("RGB"))

    def _arguments(self, request: ImageRequest) -> dict[str, Any]:
        """Those that this pipeline accepts."""
        arguments: dict[str, Any] = {
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt or None,
            "num_inference_steps": request.steps,
            "guidance_scale": request.guidance,
            "height": request.height,
            "width": request.width,
        }
        if request.init_image is not None:
            arguments |= {"image": Image.fromarray(request.init_image), "strength": request.strength}
        if request.mask is not None:
            arguments["mask_image"] = Image.fromarray(request.mask)
        return {name: value for name, value in arguments.items() if name in self._accepts}


def _finished(row: WholeRow) -> Pixels:
    request, made = row.request, _made(row)
    if request.init_image is None or request.mask is None:
        return made
    return sampling.composite(made, request.init_image, request.mask)


def _made(row: WholeRow) -> Pixels:
    if row.made is None:
        raise RuntimeError("a picture was asked for before it was made")
    return row.made


def _small(made: Pixels, downscale: int) -> Pixels:
    image = Image.fromarray(made)
    return np.asarray(image.resize((image.width // downscale, image.height // downscale)))
