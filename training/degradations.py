"""What a generated picture has and a render has not: slight blur, block noise, grain. Networks that judge pictures learn to look past it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

BLOCK = 8
SPARED = 0.25
"""Share of the pictures that stay as they are."""


@torch.no_grad()
def degraded(image: Tensor) -> Tensor:
    """(b, 3, h, w) in [-1, 1] to the same, each picture by its own random amount; h and w are multiples of 8."""
    rows = len(image)
    touched = torch.rand(rows, 1, 1, 1, device=image.device) > SPARED
    amount = torch.rand(5, rows, 1, 1, 1, device=image.device) * touched
    changed = _blurred(_blurred(image.contiguous(), amount[0]), amount[1])
    changed = _quantised(changed, 0.12 * amount[2].square())
    # One field of grain for the batch, by another amount for every picture: drawing it costs more than all the rest.
    changed = torch.addcmul(changed, 0.06 * amount[3].square(), torch.randn_like(changed[:1]))
    return (changed * (1 + 0.08 * (amount[4] - 0.5 * touched))).clamp_(-1, 1)


def _blurred(image: Tensor, amount: Tensor) -> Tensor:
    """Towards the mean of a pixel's neighbours (1, 2, 1), the edge of the frame aside; `amount` (b, 1, 1, 1) from 0 to 1."""
    share = amount / 4
    image = image.clone()
    image[..., 1:-1] += share * (image[..., 2:] - 2 * image[..., 1:-1] + image[..., :-2])
    image[..., 1:-1, :] += share * (image[..., 2:, :] - 2 * image[..., 1:-1, :] + image[..., :-2, :])
    return image


def _quantised(image: Tensor, step: Tensor) -> Tensor:
    """Rounded in the blocks' cosine transform, coarser at higher frequencies, as JPEG does; `step` (b, 1, 1, 1)."""
    rows, channels, height, width = image.shape
    frequencies = torch.arange(BLOCK, device=image.device, dtype=image.dtype)
    basis = torch.cos(math.pi * (frequencies[None] + 0.5) * frequencies[:, None] / BLOCK) * (2 / BLOCK) ** 0.5
    basis[0] *= 0.5**0.5
    blocks = image.reshape(rows, channels * height // BLOCK, BLOCK, width // BLOCK, BLOCK).transpose(2, 3)
    values = basis @ blocks @ basis.T
    coarseness = 1 + (frequencies[:, None] + frequencies[None]) / 2
    steps = coarseness * step[..., None].clamp(min=1e-4)
    rounded = (values / steps).round_() * steps
    return (basis.T @ rounded @ basis).transpose(2, 3).reshape(image.shape)
