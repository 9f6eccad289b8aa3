"""The land as a plain coloured picture: what the model begins from, and what is seen from far away."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from figment.features.atlas.rules.terrain.climate import GROUNDS, NUMBER, Climate, climate
from figment.features.atlas.rules.terrain.noise import (
    SUBPIXELS,
    Field,
    Places,
    fbm,
    hashed,
    smoothstep,
    two_uniform,
    uniform,
)

RGB = tuple[int, int, int]

COLOURS: Mapping[str, tuple[RGB, RGB]] = MappingProxyType(
    {
        "sea": ((20, 62, 130), (20, 62, 130)),
        "lake": ((30, 92, 150), (30, 92, 150)),
        "river": ((62, 130, 178), (62, 130, 178)),
        "beach": ((226, 204, 148), (242, 226, 178)),
        "grass": ((104, 160, 56), (146, 194, 88)),
        "forest": ((20, 62, 26), (58, 118, 52)),
        "conifers": ((10, 46, 32), (36, 88, 54)),
        "jungle": ((30, 84, 24), (76, 146, 54)),
        "fields": ((150, 180, 84), (150, 180, 84)),
        "town": ((176, 168, 160), (176, 168, 160)),
        "dunes": ((232, 192, 110), (246, 214, 138)),
        "stones": ((166, 128, 98), (204, 168, 130)),
        "rock": ((110, 96, 86), (158, 144, 130)),
        "snow": ((226, 230, 238), (250, 248, 246)),
    }
)
"""The dark and the light of each ground, as the built-in model draws them."""
SHALLOWS: tuple[tuple[float, RGB], ...] = (
    (-420.0, (10, 40, 96)),
    (-200.0, (16, 56, 120)),
    (-60.0, (28, 84, 152)),
    (-14.0, (66, 132, 190)),
    (0.0, (134, 190, 214)),
)
CROPS: tuple[RGB, ...] = (
    (126, 186, 78),
    (94, 158, 58),
    (168, 196, 92),
    (228, 194, 92),
    (206, 164, 74),
    (150, 118, 86),
    (110, 172, 70),
)
ROOFS: tuple[RGB, ...] = (
    (186, 178, 172),
    (206, 196, 184),
    (214, 92, 66),
    (196, 116, 88),
    (160, 158, 164),
    (128, 168, 96),
)
FIELD_PX, BLOCK_PX = 64, 32
GRAIN = (64, 32, 16, 8, 4)
_TONE, _FIELD, _BLOCK = (600, 640, 660)
FLAT_STEP_PX = 8
"""Views with a larger step show neither single fields nor houses."""


def sketch(seed: int, land: Climate) -> NDArray[np.uint8]:
    """The picture of a climate: (rows, columns, 3) uint8 RGB."""
    dark, light = (np.array([COLOURS[name][k] for name in GROUNDS], np.float32) for k in (0, 1))
    tone = smoothstep(-0.7, 0.7, fbm(seed, _TONE, land.places, GRAIN, gain=0.85) + np.float32(0.5) * land.woods)
    colours = dark[land.ground] + (light - dark)[land.ground] * tone[..., None]
    if land.places.step_px <= FLAT_STEP_PX:
        _patch(colours, land, "fields", *_cells(seed, _FIELD, land.places, FIELD_PX), CROPS, (88, 104, 58), 1.6)
        _patch(colours, land, "town", *_cells(seed, _BLOCK, land.places, BLOCK_PX), ROOFS, (146, 146, 150), 2.4)
    _shade(colours, land)
    _flood(colours, land)
    return np.asarray(np.rint(np.clip(colours, 0, 255)), np.uint8)


def coarse_view(seed: int, x: int, y: int, width: int, height: int, step: int) -> NDArray[np.uint8]:
    """The world from afar: (height, width, 3) uint8 from pixel (x, y), one sample every `step` pixels.

    Raises:
        ValueError: some of it lies beyond the end of the world.
    """
    return sketch(seed, climate(seed, x, y, width, height, step))


def _shade(colours: Field, land: Climate) -> None:
    """Slopes in light and shadow; none on water."""
    wet = np.isin(land.ground, [NUMBER[name] for name in ("sea", "lake", "river")])
    light = np.where(wet, np.float32(1), np.float32(0.35) + np.float32(0.65) * np.minimum(land.light, np.float32(1.6)))
    colours *= light[..., None].astype(np.float32)


def _flood(colours: Field, land: Climate) -> None:
    """The sea by its depth."""
    sea = land.ground == NUMBER["sea"]
    depths = [depth for depth, _ in SHALLOWS]
    for channel in range(3):
        colours[sea, channel] = np.interp(land.height_m[sea], depths, [colour[channel] for _, colour in SHALLOWS])


def _patch(
    colours: Field,
    land: Climate,
    ground: str,
    owner: NDArray[np.uint64],
    border_px: Field,
    palette: tuple[RGB, ...],
    line: RGB,
    half_px: float,
) -> None:
    """Fields or blocks of houses, each of one colour, with hedges or streets between them."""
    where = land.ground == NUMBER[ground]
    if not where.any():
        return
    chosen = (uniform(owner[where]) * np.float32(len(palette))).astype(np.intp)
    own = np.array(palette, np.float32)[chosen]
    between = smoothstep(half_px + 1, half_px - 1, border_px[where])[:, None]
    colours[where] = own + (np.array(line, np.float32) - own) * between


def _cells(seed: int, stream: int, at: Places, cell_px: int) -> tuple[NDArray[np.uint64], Field]:
    """The random word of the jittered cell that each sample lies in, and about how far it is from the cell's border."""
    side = cell_px * SUBPIXELS
    i, j = at.x // side, at.y // side
    nearest, second = (np.full(at.x.shape, 9e9, np.float32) for _ in range(2))
    owner = np.zeros(at.x.shape, np.uint64)
    for dj in (-1, 0, 1):
        for di in (-1, 0, 1):
            word = hashed(seed, stream, i + di, j + dj)
            u, v = two_uniform(word)
            dx = ((at.x - (i + di) * side).astype(np.float32) - u * np.float32(side)) * np.float32(1 / SUBPIXELS)
            dy = ((at.y - (j + dj) * side).astype(np.float32) - v * np.float32(side)) * np.float32(1 / SUBPIXELS)
            # The larger of both ways makes cells with straight sides at right angles, as people draw them.
            away = np.maximum(np.abs(dx), np.abs(dy))
            closer = away < nearest
            second = np.where(closer, nearest, np.minimum(second, away))
            owner = np.where(closer, word, owner)
            nearest = np.where(closer, away, nearest)
    return owner, np.asarray((second - nearest) / 2, np.float32)
