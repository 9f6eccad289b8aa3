"""From noise to latent by flow matching: pure NumPy, one row at a time, so that no row's numbers depend on another's.

A picture and its noise lie on a straight line, x_t = (1 - t) x_0 + t noise; the network is asked for the velocity v = noise - x_0 and
Euler's method follows it from t = 1 to 0 (Lipman et al., "Flow matching for generative modeling", 2023; Liu et al., "Flow straight and
fast", 2023). A network that is told the time r which a step leads to answers with the mean velocity between t and r instead, so that few
steps lead as far (Geng et al., "Mean flows for one-step generative modeling", 2025): x_r = x_t - (t - r) v, the same step.

Guidance is Ho and Salimans, "Classifier-free diffusion guidance", 2022, equation 6 with w = guidance - 1: two calls of the network, or one
where it was trained to answer with the guided velocity (Meng et al., "On distillation of guided diffusion models", 2023).

Inpainting: a network that was trained for it reads the mask and what is known. For any network, what is known is put back, noised to the
current t, after every step (Lugmayr et al., "RePaint", 2022, equation 8).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from figment.generation.contract import ImageRequest, Pixels

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TextStates:
    """What the network reads of one prompt: `states` (tokens, features) and `mask` (tokens,), both float32."""

    states: Floats
    mask: Floats


@dataclass(frozen=True, slots=True)
class Guidance:
    """How a row follows its prompt: `prompts`, one network row each; `told`, the scale that the network itself applies, where it is told one;
    `between`, the scale from the second prompt's velocity to the first's.
    """

    prompts: tuple[str, ...]
    told: float = 1.0
    between: float = 1.0


def guidance_of(request: ImageRequest, baked: bool) -> Guidance:
    """`baked`: the network is told the scale. One row is then enough, unless there is a negative prompt, or a scale below 1, which leads
    back from the prompt and which no network learns."""
    scale, negative = request.guidance, request.negative_prompt.strip()
    if scale == 1:
        return Guidance((request.prompt,))
    if baked and scale > 1 and not negative:
        return Guidance((request.prompt,), told=scale)
    return Guidance((request.prompt, request.negative_prompt), between=scale)


@dataclass(frozen=True, slots=True)
class Canvas:
    """What is there already. `mask`: (1, h, w), 1 where the picture is to be made. `known`: (channels, h, w), the latent of the picture around
    it, 0 where `mask` is 1.
    """

    mask: Floats
    known: Floats

    @classmethod
    def empty(cls, shape: tuple[int, ...]) -> Canvas:
        """Everything is to be made, for a latent of `shape` (channels, h, w)."""
        return cls(np.ones((1, *shape[1:]), np.float32), np.zeros(shape, np.float32))

    @classmethod
    def around(cls, mask: Floats, latent: Floats) -> Canvas:
        """What a picture's `latent` (channels, h, w) leaves outside the mask."""
        return cls(mask, latent * (1 - mask))


@dataclass(frozen=True, slots=True)
class Step:
    """Where a step leads: the next latent, and the picture that it foresees. Both (channels, h, w)."""

    latent: Floats
    denoised: Floats


@dataclass(slots=True)
class Trajectory:
    """One row on its way from noise to picture.

    `latent`, `noise`: (channels, h, w). `times`: (steps + 1,) descending to 0. `conditions`: the states of `guidance.prompts`. `denoised` is
    the picture that the last step foresaw. `init_image` and `mask` are kept to put known pixels back.
    """

    latent: Floats
    noise: Floats
    times: Floats
    guidance: Guidance
    conditions: tuple[TextStates, ...]
    canvas: Canvas
    init_image: Pixels | None = None
    mask: Pixels | None = None
    steps_done: int = 0
    denoised: Floats | None = None

    @property
    def time(self) -> np.float32:
        return np.float32(self.times[self.steps_done])

    @property
    def until(self) -> np.float32:
        """The time that the next step leads to."""
        return np.float32(self.times[self.steps_done + 1])

    def foresee(self, velocities: Floats) -> Step:
        """The next Euler step, not yet taken. `velocities`: (len(conditions), channels, h, w).

        Raises:
            FloatingPointError: the network answered with something that is not a number.
        """
        velocity = guided(velocities, self.guidance.between)
        if not np.isfinite(velocity).all():
            raise FloatingPointError("the model answered with values that are not numbers")
        now, after = self.time, self.until
        latent = self._with_known(self.latent + (after - now) * velocity, after)
        return Step(latent=latent, denoised=self.latent - now * velocity)

    def take(self, step: Step) -> None:
        self.latent, self.denoised = step.latent, step.denoised
        self.steps_done += 1

    def _with_known(self, latent: Floats, time: np.float32) -> Floats:
        return np.where(self.canvas.mask > 0, latent, noised(self.canvas.known, self.noise, time))


def step_count(steps: int, strength: float) -> int:
    """How many of `steps` run at this strength: at least one. The small slack keeps 10 x 0.7 at 7."""
    return max(1, math.ceil(steps * strength - 1e-6))


def timesteps(steps: int, strength: float) -> Floats:
    """Times from `strength` down to 0 in equal steps: (step_count + 1,)."""
    return np.linspace(strength, 0.0, step_count(steps, strength) + 1).astype(np.float32)


def noised(latent: Floats, noise: Floats, time: np.float32) -> Floats:
    """The point at `time` on the line from a latent to its noise."""
    return np.asarray((np.float32(1) - time) * latent + time * noise, dtype=np.float32)


def guided(velocities: Floats, scale: float) -> Floats:
    """One velocity of the prompt's and, where there is a second, the negative prompt's."""
    if len(velocities) == 1:
        return np.array(velocities[0], dtype=np.float32)
    wanted, unwanted = velocities
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(unwanted + np.float32(scale) * (wanted - unwanted), dtype=np.float32)


def latent_mask(mask: Pixels, downscale: int) -> Floats:
    """(1, height/downscale, width/downscale): 1 in every cell of which any pixel is to be made anew."""
    height, width = mask.shape
    cells = mask.reshape(height // downscale, downscale, width // downscale, downscale).max(axis=(1, 3))
    return np.asarray((cells > 0)[None], dtype=np.float32)


def blanked(image: Floats, mask: Floats, downscale: int) -> Floats:
    """A picture of which only the known cells are left, the rest mid-grey. `image`: (3, height, width) in -1..1; `mask`: (1, h, w)."""
    pixels = mask.repeat(downscale, axis=1).repeat(downscale, axis=2)
    return np.where(pixels > 0, np.float32(0), image)


def composite(made: Pixels, init_image: Pixels, mask: Pixels) -> Pixels:
    """Known pixels put back: where the mask is 0 the result is `init_image` to the byte, between 0 and 255 a blend."""
    weight = mask[..., None].astype(np.uint32)
    blend = (made.astype(np.uint32) * weight + init_image.astype(np.uint32) * (255 - weight) + 127) // 255
    return blend.astype(np.uint8)
