"""The flow from noise to pictures: what to learn on the way, and how to walk it.

x_t = (1 - t) x_0 + t noise (Lipman et al., "Flow matching", 2023); its velocity is noise - x_0.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from training.latents import Batch
from training.networks.denoiser import Denoiser
from training.world.description import FIRST_OBJECT

Velocity = Callable[[Tensor, float, float], Tensor]


class Given(NamedTuple):
    """What a picture is made from: text (b, 32, 384), text_mask (b, 32), mask (b, 1, h, w), known (b, 8, h, w)."""

    text: Tensor
    text_mask: Tensor
    mask: Tensor
    known: Tensor

    @classmethod
    def of(cls, batch: Batch, mask: Tensor) -> Given:
        """The latents outside the mask are those of the whole picture.

        Whoever uses the model blanks pixels before encoding, so that latents beside the mask differ a little from these;
        the autoencoder is trained to make that difference small (see its stage).
        """
        return cls(batch.text, batch.text_mask, mask, batch.latents * (1 - mask))

    def rows(self, start: int, end: int) -> Given:
        return Given(*(part[start:end] for part in self))

    def joined(self, other: Given) -> Given:
        """The rows of both, these first."""
        return Given(*(torch.cat(pair) for pair in zip(self, other, strict=True)))

    def saying(self, text: Tensor, text_mask: Tensor) -> Given:
        """The same under another text."""
        return self._replace(text=text, text_mask=text_mask)


def times(count: int, shift: float, device: torch.device) -> Tensor:
    """Logit-normal times (Esser et al., "Scaling rectified flow transformers", 2024), (count,) in (0, 1)."""
    return torch.sigmoid(shift + torch.randn(count, device=device))


def mixed(latents: Tensor, noise: Tensor, time: Tensor) -> Tensor:
    """x_t, channels last in memory; time: (b,)."""
    x = latents + time[:, None, None, None] * (noise - latents)
    return x.contiguous(memory_format=torch.channels_last)


def halved(batch: Batch) -> Batch:
    """The same pictures at half the side: the autoencoder is trained so that pooled latents are a smaller picture's."""
    return Batch(F.avg_pool2d(batch.latents, 2), batch.labels[:, ::2, ::2], batch.text, batch.text_mask)


def weights(labels: Tensor, mask: Tensor, objects: float, outside: float) -> Tensor:
    """How much each place counts, (b, h, w), of mean 1: objects 1 + `objects` times, places outside the mask `outside`.

    labels: (b, h, w); mask: (b, 1, h, w).
    """
    counted = (1 + objects * (labels >= FIRST_OBJECT).float()) * (outside + (1 - outside) * mask[:, 0])
    return counted / counted.mean()


def average_velocity(model: Denoiser, given: Given, guidance: float) -> Velocity:
    """The network's own average velocity, the guidance baked in: one call a step."""
    scale = given.text.new_full((len(given.text),), guidance)

    def velocity(x: Tensor, time: float, until: float) -> Tensor:
        moment, end = (x.new_full((len(x),), value) for value in (time, until))
        return model(x, moment, end, scale, *given)  # type: ignore[no-any-return]

    return velocity


def guided_velocity(model: Denoiser, given: Given, unconditional: Given, guidance: float) -> Velocity:
    """The velocity at one time under classifier-free guidance: two calls."""
    wanted, plain = average_velocity(model, given, 1.0), average_velocity(model, unconditional, 1.0)

    def velocity(x: Tensor, time: float, until: float) -> Tensor:
        base = plain(x, time, time)
        return base + guidance * (wanted(x, time, time) - base)

    return velocity


@torch.no_grad()
def walk(velocity: Velocity, noise: Tensor, steps: int) -> Tensor:
    """From noise (b, 8, h, w) to latents in equal steps."""
    x = noise
    for time, until in itertools.pairwise(torch.linspace(1, 0, steps + 1).tolist()):
        x = x - (time - until) * velocity(x, time, until)
    return x
