"""Whether a walk, each tile inpainted beside the last, wanders in colour or contrast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Drift:
    """From the first tile to the last, over many walks, in steps of 255.

    `brightness`, `colour` and `contrast` are changes that all walks have in common (their mean): what a model does to
    every picture it continues. `wander` is the mean distance between a walk's first and last mean colour, which is not 0
    for a faithful model either, since the land changes.
    """

    brightness: float
    colour: float
    contrast: float
    wander: float


def drift(walks: NDArray[np.uint8]) -> Drift:
    """walks (walks, tiles, h, w, 3) uint8; the tiles of a walk do not overlap."""
    pixels = walks.astype(np.float64)
    colours = pixels.mean(axis=(2, 3))
    contrasts = pixels.mean(axis=4).std(axis=(2, 3))
    change = colours[:, -1] - colours[:, 0]
    common = change.mean(axis=0)
    return Drift(
        brightness=float(common.mean()),
        colour=float(np.linalg.norm(common - common.mean())),
        contrast=float((contrasts[:, -1] - contrasts[:, 0]).mean()),
        wander=float(np.linalg.norm(change, axis=1).mean()),
    )
