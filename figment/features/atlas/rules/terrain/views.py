"""The land as it is seen before the model has painted it, from near and far, and where one arrives in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from figment.features.atlas.rules.terrain.climate import GROUNDS, Climate, climate
from figment.features.atlas.rules.terrain.sketch import coarse_view
from figment.features.atlas.rules.terrain.windows import TILE_PX, Pixels

EDITION = 1
"""Part of the name of everything that is made from a seed. Raise it with whatever changes a pixel: a field, a colour, a strength, a prompt."""

_SAMPLES = TILE_PX // 2
"""A side. A quarter of all pixels, and a fifth of the time."""
_HOME_STEP_PX, _HOME_SAMPLES, _HOME_BLOCK = 128, 256, 16


def tile_view(seed: int, z: int, x: int, y: int) -> Pixels:
    """The sketch of a tile of any zoom: (512, 512, 3) uint8.

    Raises:
        ValueError: some of it lies beyond the end of the world.
    """
    side = TILE_PX << -z
    step = side // _SAMPLES
    # One sample more on each side: where tiles meet, both have the same neighbours.
    return doubled(coarse_view(seed, x * side - step, y * side - step, _SAMPLES + 2, _SAMPLES + 2, step))


def doubled(few: Pixels) -> Pixels:
    """Twice as large, and smooth: (2h - 4, 2w - 4, 3) of (h, w, 3), whose outermost rows and columns only lend to their neighbours."""
    down = _doubled_down(few.astype(np.uint16))
    across = _doubled_down(down.swapaxes(0, 1)).swapaxes(0, 1)
    return across.astype(np.uint8)


def _doubled_down(few: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Each row becomes two, three parts of it and one of the row before or after."""
    middle, before, after = few[1:-1], few[:-2], few[2:]
    both = np.stack([3 * middle + before, 3 * middle + after], axis=1)
    return np.asarray(((both + 2) >> 2).reshape(-1, *few.shape[1:]), np.uint16)


def preview(seed: int, width: int, height: int, step: int) -> Pixels:
    """The land around where one arrives: (height, width, 3) uint8, `step` pixels of it in one. Sizes are even."""
    x, y = home(seed)
    left, top = x - width * step // 2 - 2 * step, y - height * step // 2 - 2 * step
    return doubled(coarse_view(seed, left, top, width // 2 + 2, height // 2 + 2, 2 * step))


def home(seed: int) -> tuple[int, int]:
    """Where one arrives: of the land around the origin, the place with the most to see. In pixels."""
    reach = _HOME_STEP_PX * _HOME_SAMPLES // 2
    land = climate(seed, -reach, -reach, _HOME_SAMPLES, _HOME_SAMPLES, _HOME_STEP_PX)
    worth = _worth(land)
    row, column = np.unravel_index(int(worth.argmax()), worth.shape)
    block = _HOME_BLOCK * _HOME_STEP_PX
    return int(column) * block + block // 2 - reach, int(row) * block + block // 2 - reach


def _worth(land: Climate) -> NDArray[np.float64]:
    """How much there is to see in each block of samples: many kinds of ground, none of them most of it, towns and rivers above all."""
    count = land.ground.shape[0] // _HOME_BLOCK
    blocks = land.ground.reshape(count, _HOME_BLOCK, count, _HOME_BLOCK).swapaxes(1, 2).reshape(count, count, -1)
    share = np.stack([(blocks == number).mean(axis=-1) for number in range(len(GROUNDS))], axis=-1)
    variety = -(share * np.log(np.maximum(share, 1e-9))).sum(axis=-1)
    wanted = {"sea": 0.25, "town": 0.1, "river": 0.08}
    bonus = sum(np.minimum(share[..., GROUNDS.index(name)] / enough, 1) for name, enough in wanted.items())
    return np.asarray(variety + bonus, np.float64)
