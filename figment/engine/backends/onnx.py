"""A model folder on onnxruntime: denoiser, decoder and encoder as ONNX files, text states from a language model beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from figment.engine import noise, sampling, windows
from figment.engine.backends.base import PreviewSource, PromptEncoder
from figment.engine.backends.graphs import steady
from figment.engine.backends.sessions import open_session
from figment.engine.errors import BrokenModel
from figment.engine.models import Input, InstalledModel
from figment.engine.sampling import Canvas, Floats, TextStates, Trajectory
from figment.engine.windows import Window
from figment.generation.contract import ImageRequest, ModelCard, Pixels

READ: Mapping[Input, Callable[[Trajectory, TextStates], Floats | np.float32]] = MappingProxyType(
    {
        "latents": lambda row, text: row.latent,
        "time": lambda row, text: row.time,
        "until": lambda row, text: row.until,
        "guidance": lambda row, text: np.float32(row.guidance.told),
        "text": lambda row, text: text.states,
        "text_mask": lambda row, text: text.mask,
        "mask": lambda row, text: row.canvas.mask,
        "known": lambda row, text: row.canvas.known,
    }
)
"""What each input of a denoiser is, for one network row: a row and one of its prompts."""


class Network(Protocol):
    """The one call of an onnxruntime session that is used here."""

    def run(self, outputs: None, inputs: dict[str, Any]) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Networks:
    """`encoder` is opened when it is first needed: text-to-image never needs it."""

    denoiser: Network
    decoder: Network
    open_encoder: Callable[[], Network]


def load(model: InstalledModel, prompts: PromptEncoder, threads: int) -> OnnxBackend:
    """Open a model. Takes a moment; call it off the event loop.

    Raises:
        BrokenModel: a network that every model needs is missing or cannot be read.
    """
    return OnnxBackend(model, prompts, open_networks(model, threads))


def open_networks(model: InstalledModel, threads: int) -> Networks:
    return Networks(
        denoiser=_open(model, "denoiser", threads),
        decoder=_open(model, "decoder", threads),
        open_encoder=lambda: _open(model, "encoder", threads),
    )


def _open(model: InstalledModel, role: str, threads: int) -> Network:
    path = model.file(role)
    try:
        network: Network = open_session(steady(path) if role == "denoiser" else path, threads)
    except Exception as error:  # both libraries have a dozen kinds of "this is no model"
        raise BrokenModel(f"{path} cannot be opened as a model: {error}") from error
    return network


class OnnxBackend:
    """Implements `figment.engine.backends.base.Backend[Trajectory]` and `Windowed`."""

    def __init__(self, model: InstalledModel, prompts: PromptEncoder, networks: Networks) -> None:
        self._manifest = model.manifest
        self._card = model.card
        self._prompts = prompts
        self._networks = networks
        self._preview_matrix = np.array(model.manifest.preview.matrix, dtype=np.float32)
        self._preview_bias = np.array(model.manifest.preview.bias, dtype=np.float32)
        self._least_rows = 1

    @property
    def card(self) -> ModelCard:
        return self._card

    @property
    def downscale(self) -> int:
        return self._manifest.latent.downscale

    @cached_property
    def _encoder(self) -> Network:
        return self._networks.open_encoder()

    def encode_text(self, text: str) -> TextStates:
        return self._prompts.states(text, self._manifest.text.tokens)

    def encode_image(self, pixels: Pixels) -> Floats:
        return self._latent_of(_from_pixels(pixels))

    def begin(self, request: ImageRequest) -> Trajectory:
        return self._begun(request, noise.normals(request.seed, self._shape(request)))

    def begin_window(self, request: ImageRequest, window: Window) -> Trajectory:
        whole = noise.shared_normals(request.seed, (self._manifest.latent.channels, *window.of))
        return self._begun(request, whole[:, *window.within()].copy())

    def agree(self, rows: Sequence[Trajectory], places: Sequence[Window]) -> None:
        shares = windows.weights(places)
        for row, latent in zip(rows, windows.agreed(places, shares, [row.latent for row in rows]), strict=True):
            row.latent = latent

    def _begun(self, request: ImageRequest, drawn: Floats) -> Trajectory:
        shape = self._shape(request)
        guidance = sampling.guidance_of(request, self._manifest.denoiser.applies_guidance)
        start = self._start(request)
        times = sampling.timesteps(request.steps, 1.0 if start is None else request.strength)
        return Trajectory(
            latent=drawn if start is None else sampling.noised(start, drawn, times[0]),
            noise=drawn,
            times=times,
            guidance=guidance,
            conditions=tuple(self.encode_text(prompt) for prompt in guidance.prompts),
            canvas=self._canvas(request, shape),
            init_image=request.init_image,
            mask=request.mask,
        )

    def steps(self, row: Trajectory) -> int:
        return len(row.times) - 1

    def denoise(self, rows: Sequence[Trajectory]) -> None:
        velocities = self._velocities(rows)
        firsts = np.cumsum([0, *(len(row.conditions) for row in rows)])
        steps = [row.foresee(velocities[a:b]) for row, (a, b) in zip(rows, pairwise(firsts), strict=True)]
        # All are foreseen before one is taken: when one row's numbers are broken, the others can be run again from where they were.
        for row, step in zip(rows, steps, strict=True):
            row.take(step)

    def preview(self, row: Trajectory) -> PreviewSource:
        latent = row.latent if row.denoised is None else row.denoised
        return lambda: self._thumbnail(latent)

    def decode(self, rows: Sequence[Trajectory]) -> list[Pixels]:
        images = _only(self._networks.decoder, {"latents": np.stack([row.latent for row in rows])})
        return [_finished(row, _to_pixels(image.transpose(1, 2, 0))) for row, image in zip(rows, images, strict=True)]

    def warm_up(self) -> None:
        side = self.card.native_size
        rows = [self.begin(ImageRequest(self.card.name, "", seed, 1, 1.0, side, side)) for seed in (0, 1)]
        # A picture must not depend on its company. Where a model's lone row gives other bits than two rows do, no row ever runs alone.
        self._least_rows = 1 if np.array_equal(self._velocities(rows[:1])[0], self._velocities(rows)[0]) else 2
        self.decode(rows[:1])

    def _velocities(self, rows: Sequence[Trajectory]) -> Floats:
        """(network rows, channels, h, w): each row's conditions in their order, row after row."""
        asked = [(row, condition) for row in rows for condition in row.conditions]
        padded = asked + asked[:1] * (self._least_rows - len(asked))
        inputs = {name: np.stack([READ[name](*each) for each in padded]) for name in self._manifest.denoiser.inputs}
        return _only(self._networks.denoiser, inputs)[: len(asked)]

    def _shape(self, request: ImageRequest) -> tuple[int, ...]:
        """(channels, h, w) of the request's latent."""
        latent = self._manifest.latent
        return (latent.channels, request.height // latent.downscale, request.width // latent.downscale)

    def _start(self, request: ImageRequest) -> Floats | None:
        """The latent of the picture to begin from, if its noise leaves anything of it."""
        if request.init_image is None or request.strength == 1:
            return None
        return self.encode_image(request.init_image)

    def _canvas(self, request: ImageRequest, shape: tuple[int, ...]) -> Canvas:
        if request.init_image is None or request.mask is None:
            return Canvas.empty(shape)
        mask, image = sampling.latent_mask(request.mask, self.downscale), _from_pixels(request.init_image)
        if self._manifest.denoiser.inpaints:
            # Nothing of what was there may reach the network: it was trained to fit what it makes to all that it sees.
            image = sampling.blanked(image, mask, self.downscale)
        return Canvas.around(mask, self._latent_of(image))

    def _latent_of(self, image: Floats) -> Floats:
        """(3, height, width) in -1..1 to (channels, h, w)."""
        return np.asarray(_only(self._encoder, {"image": image[None]})[0], dtype=np.float32)

    def _thumbnail(self, latent: Floats) -> Pixels:
        colours = np.tensordot(latent, self._preview_matrix, axes=(0, 0)) + self._preview_bias
        return _to_pixels(colours)


def _only(network: Network, inputs: Mapping[Any, Floats]) -> Floats:
    return np.asarray(network.run(None, dict(inputs))[0], dtype=np.float32)


def _from_pixels(pixels: Pixels) -> Floats:
    """Bytes (height, width, 3) to (3, height, width) in -1..1."""
    return pixels.transpose(2, 0, 1).astype(np.float32) / np.float32(127.5) - np.float32(1)


def _to_pixels(image: Floats) -> Pixels:
    """(height, width, 3) from -1..1 to bytes.

    Raises:
        FloatingPointError: the values are not numbers.
    """
    if not np.isfinite(image).all():
        raise FloatingPointError("the model answered with values that are not numbers")
    return np.asarray(np.clip(np.rint((image + 1) * np.float32(127.5)), 0, 255), dtype=np.uint8)


def _finished(row: Trajectory, made: Pixels) -> Pixels:
    if row.init_image is None or row.mask is None:
        return made
    return sampling.composite(made, row.init_image, row.mask)
