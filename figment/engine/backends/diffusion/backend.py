"""Rows of a diffusers model, stepped in one batch: latents, noise and prompts stay on the device from the first step to the pixels."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from figment.engine import sampling
from figment.engine.backends.base import PreviewSource
from figment.engine.backends.diffusion.autoencoder import Autoencoder, from_pixels, to_pixels
from figment.engine.backends.diffusion.draws import Draws, normals
from figment.engine.backends.diffusion.families import Batch, Conditions, Family
from figment.engine.backends.diffusion.solver import Move, Solver
from figment.engine.diffusers_folder import DiffusersModel
from figment.engine.sampling import Guidance
from figment.generation.contract import ImageRequest, ModelCard, Pixels

KEPT_PROMPTS = 256


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is there already, for an inpainting row. `mask`: (1, h, w), 1 where the picture is made anew.

    `known`: the picture's latent, put back outside of the mask after every step; `told`: (channels + 1, h, w), mask and blanked picture for a
    network that was trained to read them. One of the two.
    """

    mask: Tensor
    known: Tensor | None = None
    told: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What the network read and answered in a row's last step, to make a preview of."""

    latent: Tensor
    output: Tensor
    time: float


@dataclass(slots=True, eq=False)
class DiffusionRow:
    """One picture on its way. `latent`, `noise`: (channels, h, w) float32 on the device. `conditions`: one of each of `guidance.prompts`."""

    seed: int
    latent: Tensor
    noise: Tensor
    solver: Solver
    guidance: Guidance
    conditions: tuple[Conditions, ...]
    surroundings: Surroundings | None = None
    init_image: Pixels | None = None
    mask: Pixels | None = None
    steps_done: int = 0
    next_stream: int = 1
    glimpse: Glimpse | None = None

    @property
    def time(self) -> float:
        return float(self.solver.timesteps[self.steps_done])

    def network_input(self) -> Tensor:
        """(channels, h, w), with mask and surroundings behind for a network that reads them."""
        latent = self.solver.network_input(self.latent, self.steps_done)
        told = self.surroundings.told if self.surroundings else None
        return latent if told is None else torch.cat([latent, told])

    def foresee(self, outputs: Tensor) -> Move:
        """The next step, not yet taken. `outputs`: (len(conditions), channels, h, w)."""
        move = self.solver.foresee(
            self._guided(outputs), self.latent, self.steps_done, Draws(self.seed, self.next_stream)
        )
        around = self.surroundings
        if around is None or around.known is None:
            return move
        return self.solver.put_back(move, around.known, self.noise, around.mask, self.steps_done)

    def take(self, move: Move, glimpse: Glimpse) -> None:
        self.solver.take(move)
        self.latent, self.next_stream, self.glimpse = move.latent, move.next_stream, glimpse
        self.steps_done += 1

    def _guided(self, outputs: Tensor) -> Tensor:
        if len(outputs) == 1:
            return outputs[0]
        wanted, unwanted = outputs
        return unwanted + self.guidance.between * (wanted - unwanted)


@dataclass(slots=True)
class _Prompts:
    """The last prompts' conditions, on the device."""

    family: Family
    kept: OrderedDict[tuple[str, bool], Conditions] = field(default_factory=OrderedDict)
    # Held while encoding too: tokenizers are not for two threads at a time.
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, guidance: Guidance) -> Iterator[Conditions]:
        for place, prompt in enumerate(guidance.prompts):
            yield self._of((prompt if place == 0 else prompt.strip(), place == 1))

    def _of(self, key: tuple[str, bool]) -> Conditions:
        with self.lock:
            if key not in self.kept:
                self.kept[key] = self.family.encode(*key)
            self.kept.move_to_end(key)
            while len(self.kept) > KEPT_PROMPTS:
                self.kept.popitem(last=False)
            return self.kept[key]


class DiffusionBackend:
    """Implements `figment.engine.backends.base.Backend[DiffusionRow]`."""

    def __init__(
        self,
        model: DiffusersModel,
        family: Family,
        autoencoder: Autoencoder,
        device: torch.device,
        tiny: Autoencoder | None = None,
    ) -> None:
        self._model, self._family, self._autoencoder, self._device = model, family, autoencoder, device
        self._tiny = tiny
        self._prompts = _Prompts(family)
        self._colours: Tensor | None = None

    @property
    def card(self) -> ModelCard:
        return self._model.card

    @property
    def downscale(self) -> int:
        return self._model.downscale

    @torch.no_grad()
    def begin(self, request: ImageRequest) -> DiffusionRow:
        height, width = request.height // self.downscale, request.width // self.downscale
        noise = normals(request.seed, (self._autoencoder.channels, height, width)).to(self._device)
        # As everywhere in Figment: at strength 1 nothing is left of the picture.
        start = None if request.init_image is None or request.strength == 1 else self._encoded(request.init_image)
        solver = self._family.solver(request.steps, None if start is None else request.strength, height, width)
        guidance = self._model.guidance(request)
        sized = self._family.sized(request.height, request.width)
        return DiffusionRow(
            seed=request.seed,
            latent=solver.first(noise) if start is None else solver.noised(start, noise, 0),
            noise=noise,
            solver=solver,
            guidance=guidance,
            conditions=tuple({**conditions, **sized} for conditions in self._prompts.of(guidance)),
            surroundings=self._surroundings(request, start),
            init_image=request.init_image,
            mask=request.mask,
        )

    def steps(self, row: DiffusionRow) -> int:
        return len(row.solver)

    @torch.no_grad()
    def denoise(self, rows: Sequence[DiffusionRow]) -> None:
        inputs = [row.network_input() for row in rows]
        outputs = self._family.predict(self._batch(rows, inputs))
        # The one wait for the device in a step: a row whose numbers are broken must not move, nor any beside it.
        if not torch.isfinite(outputs).all():
            raise FloatingPointError("the model answered with values that are not numbers")
        firsts = np.cumsum([0, *(len(row.conditions) for row in rows)])
        answers = [outputs[a:b] for a, b in pairwise(firsts)]
        moves = [row.foresee(answer) for row, answer in zip(rows, answers, strict=True)]
        for row, move, read, answer in zip(rows, moves, inputs, answers, strict=True):
            row.take(move, Glimpse(read, answer[0], row.time))

    def preview(self, row: DiffusionRow) -> PreviewSource:
        glimpse, latent = row.glimpse, row.latent
        return lambda: self._thumbnail(latent, glimpse)

    @torch.no_grad()
    def decode(self, rows: Sequence[DiffusionRow]) -> list[Pixels]:
        pictures = to_pixels(self._autoencoder.decode(torch.stack([row.latent for row in rows])))
        return [_finished(row, made) for row, made in zip(rows, pictures, strict=True)]

    @torch.no_grad()
    def warm_up(self) -> None:
        """On a processor as small as the model goes: there it is minutes else, and nothing is compiled."""
        side = self.card.min_size if self._device.type == "cpu" else self.card.native_size
        request = ImageRequest(self.card.name, "", 0, self.card.default_steps, self.card.default_guidance, side, side)
        if "text-to-image" not in self.card.tasks:
            request = _inpainting(request)
        row = self.begin(request)
        self.denoise([row])
        self.decode([row])
        self._colours = self._autoencoder.colours()

    def _batch(self, rows: Sequence[DiffusionRow], inputs: Sequence[Tensor]) -> Batch:
        """One network row for each of a row's prompts, row after row."""
        asked = [
            (row, read, conditions) for row, read in zip(rows, inputs, strict=True) for conditions in row.conditions
        ]
        names = asked[0][2]
        return Batch(
            latents=torch.stack([read for _, read, _ in asked]),
            times=self._numbers([row.time for row, _, _ in asked]),
            told=self._numbers([row.guidance.told for row, _, _ in asked]),
            conditions={name: torch.stack([conditions[name] for _, _, conditions in asked]) for name in names},
        )

    def _numbers(self, values: Sequence[float]) -> Tensor:
        return torch.tensor(values, dtype=torch.float32).to(self._device, non_blocking=True)

    def _encoded(self, image: Pixels) -> Tensor:
        return self._autoencoder.encode(from_pixels(image))[0]

    def _surroundings(self, request: ImageRequest, start: Tensor | None) -> Surroundings | None:
        if request.init_image is None or request.mask is None:
            return None
        cells = sampling.latent_mask(request.mask, self.downscale)
        mask = torch.from_numpy(cells).to(self._device)
        if not self._model.reads_surroundings:
            return Surroundings(mask, known=self._encoded(request.init_image) if start is None else start)
        image = from_pixels(request.init_image)[0].numpy()
        blanked = torch.from_numpy(sampling.blanked(image, cells, self.downscale))
        return Surroundings(mask, told=torch.cat([mask, self._autoencoder.encode(blanked[None])[0]]))

    @torch.no_grad()
    def _thumbnail(self, latent: Tensor, glimpse: Glimpse | None) -> Pixels:
        if glimpse is not None:
            latent = self._family.foreseen(glimpse.latent, glimpse.output, glimpse.time)
        if self._tiny is not None:
            return to_pixels(functional.avg_pool2d(self._tiny.decode(latent[None]), self.downscale))[0]
        if self._colours is None:
            self._colours = self._autoencoder.colours()
        cells = latent.permute(1, 2, 0).cpu()
        return to_pixels((cells @ self._colours[:-1] + self._colours[-1]).permute(2, 0, 1)[None])[0]


def _inpainting(request: ImageRequest) -> ImageRequest:
    size = (request.height, request.width)
    return replace(request, init_image=np.zeros((*size, 3), np.uint8), mask=np.full(size, 255, np.uint8))


def _finished(row: DiffusionRow, made: Pixels) -> Pixels:
    if row.init_image is None or row.mask is None:
        return made
    return sampling.composite(made, row.init_image, row.mask)
