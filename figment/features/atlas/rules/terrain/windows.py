"""Windows on fixed grids, in phases: which of them a place is made of, and how they become one picture.

After InfiniteDiffusion (Goslin, arXiv 2512.08309): where a phase ends follows from the seed and the window alone, because it sees of the phase
before only the few windows that touch it. There the phases are time steps of one latent; here they are pictures, so that any model that repaints a
picture can do it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from figment.features.atlas.rules.terrain.noise import hashed

Pixels = NDArray[np.uint8]

TILE_PX = 512
_SEEDS = 700
_WEIGHT_BITS = 8


@dataclass(frozen=True, slots=True)
class Phase:
    """`shift`: where its grid lies, in parts of a stride. `strength`: how much of what was there is painted anew."""

    shift: float
    strength: float


PHASES = (Phase(shift=0.0, strength=0.5), Phase(shift=0.5, strength=0.3))
"""The first turns the sketch into a picture; any stronger, it loses narrow rivers. The second lies across the first one's borders and paints over the blend."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Pixels of the plane: `width` by `height` from (x, y)."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Window:
    """One picture that the model makes: the `i`-th from the left and `j`-th from above on its phase's grid."""

    phase: int
    i: int
    j: int

    def seed(self, world: int) -> int:
        """The noise that this window of a world begins with, below 2³²."""
        return int(hashed(world, _SEEDS + self.phase, np.array(self.i), np.array(self.j)) >> np.uint64(32))


@dataclass(frozen=True, slots=True)
class Grid:
    """The grids of a model whose native size is `side_px`. Neighbours overlap by a quarter of it."""

    side_px: int

    @property
    def stride_px(self) -> int:
        return self.side_px * 3 // 4

    def place(self, window: Window) -> Rectangle:
        shift = round(PHASES[window.phase].shift * self.stride_px)
        return Rectangle(
            window.i * self.stride_px + shift, window.j * self.stride_px + shift, self.side_px, self.side_px
        )

    def covering(self, phase: int, area: Rectangle) -> Iterator[Window]:
        """The windows of a phase that touch an area."""
        shift = round(PHASES[phase].shift * self.stride_px)
        for j in self._touching(area.y - shift, area.height):
            for i in self._touching(area.x - shift, area.width):
                yield Window(phase, i, j)

    def _touching(self, start: int, length: int) -> range:
        return range((start - self.side_px) // self.stride_px + 1, (start + length - 1) // self.stride_px + 1)

    def weights(self) -> NDArray[np.uint32]:
        """(side, side): how much each pixel of a window counts. Those of all windows over a pixel add up to exactly 2¹⁶."""
        overlap = self.side_px - self.stride_px
        t = (np.arange(overlap) + 0.5) / overlap
        whole = 1 << _WEIGHT_BITS
        rising = np.rint(t * t * (3 - 2 * t) * whole).astype(np.uint32)
        # One side's weights are what the other side's leave, to the last bit.
        rising[overlap // 2 :] = whole - rising[: overlap - overlap // 2][::-1]
        line = np.full(self.side_px, whole, np.uint32)
        line[:overlap], line[-overlap:] = rising, rising[::-1]
        return line[:, None] * line[None]


class Mosaic:
    """Windows blended into one picture. In whole numbers: the order in which they come makes no difference to a single bit."""

    def __init__(self, area: Rectangle, weights: NDArray[np.uint32]) -> None:
        self._area, self._weights = area, weights
        self._sum = np.zeros((area.height, area.width, 3), np.uint32)

    def lay(self, place: Rectangle, pixels: Pixels) -> None:
        """Add what a window shows of the area."""
        inside, part = overlap(self._area, place)
        self._sum[inside] += pixels[part] * self._weights[part][..., None]

    def pixels(self) -> Pixels:
        """(height, width, 3) uint8, when all windows are laid."""
        half = np.uint32(1 << (2 * _WEIGHT_BITS - 1))
        return ((self._sum + half) >> np.uint32(2 * _WEIGHT_BITS)).astype(np.uint8)


Slices = tuple[slice, slice]


def overlap(one: Rectangle, other: Rectangle) -> tuple[Slices, Slices]:
    """What two rectangles share: its rows and columns in the one and in the other."""
    left, top = max(one.x, other.x), max(one.y, other.y)
    right, bottom = min(one.x + one.width, other.x + other.width), min(one.y + one.height, other.y + other.height)
    in_one = (slice(top - one.y, bottom - one.y), slice(left - one.x, right - one.x))
    in_other = (slice(top - other.y, bottom - other.y), slice(left - other.x, right - other.x))
    return in_one, in_other


def tiles_of(area: Rectangle) -> Iterator[tuple[int, int]]:
    """The tiles (x, y) that touch an area, row after row."""
    for y in range(area.y // TILE_PX, (area.y + area.height - 1) // TILE_PX + 1):
        for x in range(area.x // TILE_PX, (area.x + area.width - 1) // TILE_PX + 1):
            yield x, y


def tile_area(x: int, y: int) -> Rectangle:
    return Rectangle(x * TILE_PX, y * TILE_PX, TILE_PX, TILE_PX)
