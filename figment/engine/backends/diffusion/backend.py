"""Rows of a diffusers model, stepped in one batch: latents, noise and prompts stay on the device from the first step to the pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from figment.engine import sampling, windows
from figment.engine.backends.base import PreviewSource
from figment.engine.backends.diffusion import copies, prompts
from figment.engine.backends.diffusion.autoencoder import NO_NUMBERS, Autoencoder, from_pixels, to_pixels
from figment.engine.backends.diffusion.crossing import Projected
from figment.engine.backends.diffusion.draws import normals
from figment.engine.backends.diffusion.families import Batch, Family
from figment.engine.backends.diffusion.prompts import Prompts, Told
from figment.engine.backends.diffusion.replay import Recorder, Replayed
from figment.engine.backends.diffusion.rows import DiffusionRow, Glimpse, Picture, Step
from figment.engine.backends.diffusion.weights import OnDevice, Weights
from figment.engine.diffusers_folder import DiffusersModel
from figment.engine.windows import Window
from figment.generation.contract import ImageRequest, ModelCard, Pixels

PIXELS_AT_ONCE = 8 * 512 * 512
"""Encoded or decoded in one call: enough to fill a device, and the widest layers of a full autoencoder still fit beside the model."""


class DiffusionBackend(OnDevice):
    """Implements `figment.engine.backends.base.Backend[DiffusionRow]`, `Improving`, `Parkable`, `ReadsTogether` and `Windowed`."""

    def __init__(
        self,
        model: DiffusersModel,
        family: Family,
        autoencoder: Autoencoder,
        weights: Weights,
        tiny: Autoencoder | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        """`recorder`: records the calls of network and decoder, where that makes them faster."""
        super().__init__(weights)
        self._model, self._family, self._autoencoder, self._tiny = model, family, autoencoder, tiny
        self._prompts = Prompts(family)
        self._projected = Projected(family.crossing) if family.crossing else None
        self._copies = copies.of(weights.device)
        self._denoiser = Replayed("denoiser", lambda named: family.predict(Batch.of(named)), recorder)
        self._encoder = Replayed("encoder", self._seen, recorder)
        self._decoder = Replayed("decoder", lambda named: autoencoder.decode(named["latents"]), recorder)
        # Where calls are recorded pictures are encoded with a row's first step, those of all new rows in one call; else ahead of it.
        self._encodes_later = recorder is not None
        self._colours: Tensor | None = None

    @property
    def card(self) -> ModelCard:
        return self._model.card

    @property
    def downscale(self) -> int:
        return self._model.downscale

    @property
    def reads_at_once(self) -> int:
        return self._family.texts_at_once

    def has_read(self, request: ImageRequest) -> bool:
        return self._prompts.has(prompts.of(self._model.guidance(request)))

    @torch.no_grad()
    def read(self, requests: Sequence[ImageRequest]) -> list[Told | Exception]:
        return self._prompts.read([prompts.of(self._model.guidance(request)) for request in requests])

    def begin_window(self, request: ImageRequest, window: Window, read: Told | None = None) -> DiffusionRow:
        row: DiffusionRow = self.begin(request, read, window)
        return row

    @torch.no_grad()
    def agree(self, rows: Sequence[DiffusionRow], places: Sequence[Window]) -> None:
        with self._in_place:
            shares = self._copies.up(torch.from_numpy(windows.weights(places)))
            whole = rows[0].latent.new_zeros((self._autoencoder.channels, *places[0].of))
            for row, place, share in zip(rows, places, shares.unbind(), strict=True):
                whole[:, *place.within()] += share * row.latent
            for row, place in zip(rows, places, strict=True):
                row.latent = whole[:, *place.within()].clone()

    @torch.no_grad()
    def begin(self, request: ImageRequest, read: Told | None = None, window: Window | None = None) -> DiffusionRow:
        height, width = request.height // self.downscale, request.width // self.downscale
        shape = (self._autoencoder.channels, height, width)
        noise = self._copies.up(normals(request.seed, shape, window=window))
        # As everywhere in Figment: at strength 1 nothing is left of the picture.
        begins = request.init_image is not None and request.strength != 1
        solver = self._family.solver(request.steps, request.strength if begins else None, height, width)
        guidance = self._model.guidance(request)
        sized = self._family.sized(request.height, request.width)
        row = DiffusionRow(
            seed=request.seed,
            latent=solver.first(noise),
            noise=noise,
            solver=solver,
            guidance=guidance,
            conditions=tuple({**conditions, **sized} for conditions in read or self._read_alone(request)),
            pictures=tuple(self._pictures(request, begins)),
            init_image=request.init_image,
            mask=request.mask,
            window=window,
        )
        if not self._encodes_later:
            self._encode([row])
        return row

    def steps(self, row: DiffusionRow) -> int:
        return len(row.solver)

    @torch.no_grad()
    def denoise(self, rows: Sequence[DiffusionRow]) -> None:
        with self._in_place:
            self._encode([row for row in rows if row.pictures])
            step = Step(rows, self._copies)
            batch = step.batch(self._projected.told) if self._projected else step.batch()
            outputs = self._denoiser(batch.named())
            finite = self._copies.down(torch.isfinite(outputs).all())
            moves = step.moves(outputs)
        # The one wait for the device in a step, when all of its work is under way: a row whose numbers are broken must not move, nor any
        # beside it.
        if not finite.here():
            raise FloatingPointError(NO_NUMBERS)
        step.take(moves, outputs)

    def preview(self, row: DiffusionRow) -> PreviewSource:
        glimpse, latent = row.glimpse, row.latent
        return lambda: self._thumbnail(latent, glimpse)

    @torch.no_grad()
    def decode(self, rows: Sequence[DiffusionRow]) -> list[Pixels]:
        latents = torch.stack([row.latent for row in rows])
        with self._in_place:
            pictures = [made for part in self._parts(latents) for made in self._decoded(part)]
        return [_finished(row, made) for row, made in zip(rows, pictures, strict=True)]

    @torch.no_grad()
    def improve(self) -> bool:
        """See `Improving`: records a piece of what is called again and again."""
        with self._in_place:
            return self._denoiser.improve() or self._decoder.improve() or self._encoder.improve()

    @torch.no_grad()
    def warm_up(self) -> None:
        """On a processor as small as the model goes: there it is minutes else, and nothing is compiled."""
        side = self.card.min_size if self._weights.device.type == "cpu" else self.card.native_size
        request = ImageRequest(self.card.name, "", 0, self.card.default_steps, self.card.default_guidance, side, side)
        if "text-to-image" not in self.card.tasks:
            request = _inpainting(request)
        row = self.begin(request)
        self.denoise([row])
        self.decode([row])
        self._colours = self._autoencoder.colours()

    def _read_alone(self, request: ImageRequest) -> Told:
        read: Told | Exception = self.read([request])[0]
        if isinstance(read, Exception):
            raise read
        return read

    def _before_parking(self) -> None:
        """What was recorded reads the weights where they were. Prompts go too: they are as large as pictures."""
        for replayed in (self._denoiser, self._decoder, self._encoder):
            replayed.forget()
        self._prompts.forget()
        if self._projected:
            self._projected.forget()

    def _parts(self, latents: Tensor) -> Sequence[Tensor]:
        """So many rows of latents, or of what becomes some, as are encoded or decoded in one call."""
        pixels = latents.shape[-2:].numel() * self.downscale**2
        parts: Sequence[Tensor] = latents.split(max(1, PIXELS_AT_ONCE // pixels))
        return parts

    def _decoded(self, latents: Tensor) -> list[Pixels]:
        return to_pixels(self._decoder({"latents": latents}), self._copies)

    def _encode(self, rows: Sequence[DiffusionRow]) -> None:
        """Rows of one size begin from their pictures."""
        pictures = [picture for row in rows for picture in row.pictures]
        if not pictures:
            return
        hidden = self._parts(torch.stack([picture.hidden for picture in pictures]))
        pixels = torch.stack([picture.pixels for picture in pictures]).split([len(part) for part in hidden])
        parts = [self._encoder({"pixels": a, "hidden": b}) for a, b in zip(pixels, hidden, strict=True)]
        encoded = iter([latent for part in parts for latent in part.unbind()])
        for row in rows:
            row.begin_from([next(encoded) for _ in row.pictures])

    def _seen(self, named: Mapping[str, Tensor]) -> Tensor:
        """The latents of pictures, of which what is hidden is mid-grey."""
        shown = 1 - functional.interpolate(named["hidden"], scale_factor=self.downscale)
        return self._autoencoder.encode(from_pixels(named["pixels"]) * shown)

    def _pictures(self, request: ImageRequest, begins: bool) -> Iterator[Picture]:
        """What has to be encoded. What travels to the device are its bytes."""
        if request.init_image is None or not (begins or request.mask is not None):
            return
        pixels = self._copies.up(torch.from_numpy(request.init_image))
        mask = None
        if request.mask is not None:
            mask = self._copies.up(torch.from_numpy(sampling.latent_mask(request.mask, self.downscale)))
        told = mask is not None and self._model.reads_surroundings
        if begins or not told:
            cells = (1, request.height // self.downscale, request.width // self.downscale)
            nothing = torch.zeros(cells, device=self._weights.device)
            yield Picture(pixels, nothing, begins, None if told else mask, False)
        if mask is not None and told:
            yield Picture(pixels, mask, False, mask, True)

    @torch.no_grad()
    def _thumbnail(self, latent: Tensor, glimpse: Glimpse | None) -> Pixels:
        if glimpse is not None:
            latent = self._family.foreseen(glimpse.latent, glimpse.output, glimpse.time)
        if self._tiny is not None:
            return to_pixels(functional.avg_pool2d(self._tiny.decode(latent[None]), self.downscale), self._copies)[0]
        if self._colours is None:
            self._colours = self._autoencoder.colours()
        shown = latent.permute(1, 2, 0) @ self._colours[:-1] + self._colours[-1]
        return to_pixels(shown.permute(2, 0, 1)[None], self._copies)[0]


def _inpainting(request: ImageRequest) -> ImageRequest:
    size = (request.height, request.width)
    return replace(request, init_image=np.zeros((*size, 3), np.uint8), mask=np.full(size, 255, np.uint8))


def _finished(row: DiffusionRow, made: Pixels) -> Pixels:
    if row.init_image is None or row.mask is None:
        return made
    return sampling.composite(made, row.init_image, row.mask)
