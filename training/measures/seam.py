"""How visible the edge of an inpainting's mask is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
LEVEL = 1.0
"""One step of 255. Added above and below a single picture's ratio: what is flatter than that nobody sees."""


@dataclass(frozen=True)
class Seam:
    """`ratio`: gradient across the mask's edge over the gradient within the mask, 1 where there is nothing to see.

    `worst_tenth`: the value that one picture in ten exceeds.
    """

    ratio: float
    worst_tenth: float


def seam_error(pictures: Bytes, masks: NDArray[np.bool_]) -> Seam:
    """pictures (n, h, w, 3) uint8, masks (n, h, w), true where the picture was made; every mask has both kinds of pixels.

    Across: the mean absolute difference of neighbours of which one was made and one known. Within: that of neighbours
    which both were made, in the same direction (a landscape changes faster downwards than sideways, so a horizontal
    edge is compared with vertical neighbours). The ratio pools all pictures.
    """
    jumps = np.array([_jumps(picture.astype(np.float32), mask) for picture, mask in zip(pictures, masks, strict=True)])
    across, within = jumps.T
    single = (across + LEVEL) / (within + LEVEL)
    return Seam(float(across.sum() / max(within.sum(), 1e-6)), float(np.quantile(single, 0.9)))


def _jumps(picture: NDArray[np.float32], mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Mean gradient across the edge, and within for the same mixture of directions, of one picture."""
    across = within = 0.0
    count = 0
    for axis in (0, 1):
        gradient = np.abs(np.diff(picture, axis=axis)).mean(axis=2)
        made = np.moveaxis(mask, axis, 0)
        straddling = np.moveaxis(made[1:] != made[:-1], 0, axis)
        inner = np.moveaxis(made[1:] & made[:-1], 0, axis)
        edge = int(straddling.sum())
        if edge and inner.any():
            across += float(gradient[straddling].sum())
            within += float(gradient[inner].mean()) * edge
            count += edge
    if count == 0:
        raise ValueError("a mask without an edge has no seam")
    return across / count, within / count
