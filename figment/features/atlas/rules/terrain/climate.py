"""What grows, lies and flows where: slow fields of warmth and rain over the relief, and the land that follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from figment.features.atlas.rules.terrain import rivers
from figment.features.atlas.rules.terrain.noise import Field, Places, fbm, smoothstep
from figment.features.atlas.rules.terrain.relief import height_m
from figment.features.atlas.rules.terrain.towns import town_margin_px

GROUNDS = (
    "sea", "lake", "river", "beach", "grass", "forest", "conifers", "jungle", "fields", "town", "dunes", "stones", "rock", "snow",
)  # fmt: skip
NUMBER: Mapping[str, int] = MappingProxyType({name: number for number, name in enumerate(GROUNDS)})

WARMTH = (65536, 32768, 16384)
RAIN = (32768, 16384, 8192, 4096)
PATCHES = (1024, 512, 256, 128, 64, 32, 16)
FARMS = PATCHES[:-1]
_WARMTH, _RAIN, _WOODS, _TILLED = (400, 420, 440, 460)

DESERT_RAIN = 0.27
TREE_LINE_C, SNOW_LINE_C = 1.0, -2.0
LAPSE_C_PER_M = 0.0062
CARVED, DEEPEST_VALLEY_M = 0.75, 90.0


@dataclass(frozen=True, slots=True)
class Climate:
    """A grid of samples, each field (rows, columns) float32.

    `height_m` over the sea, valleys carved. `warmth_c`, degrees; `rain`, about 0 to 1. `light`: the hill's brightness under a sun in the
    upper left, 1 on the flat. `bank_px`, `shore_px`: see `Waters`. `town_px`: distance to the nearest town's edge, negative inside.
    `woods`, `tilled`: where there is forest or farmland, if anywhere, above 0. `ground`: uint8, numbers of GROUNDS.
    """

    places: Places
    height_m: Field
    warmth_c: Field
    rain: Field
    light: Field
    bank_px: Field
    shore_px: Field
    town_px: Field
    woods: Field
    tilled: Field
    ground: NDArray[np.uint8]


def climate(seed: int, x: int, y: int, width: int, height: int, step: int = 1) -> Climate:
    """`width` by `height` samples from pixel (x, y), one every `step` pixels.

    What a sample says depends on the seed, its place and the step, and on nothing else. Time and memory depend on the number of samples.

    Raises:
        ValueError: some of it lies beyond the end of the world.
    """
    # One sample more on each side: a slope needs its neighbours.
    wide = Places.grid(x - step, y - step, width + 2, height + 2, step)
    nodes = rivers.Drainage.none()
    if step <= rivers.COARSEST_STEP_PX:
        nodes = rivers.drainage(seed, x - step, y - step, (width + 2) * step, (height + 2) * step)
    water = rivers.waters(seed, wide, nodes)
    town_px = town_margin_px(seed, wide, nodes)
    relief = _carved(height_m(seed, wide), np.minimum(water.bank_px, water.shore_px))
    light = _light(relief, step)
    inner = (slice(1, -1), slice(1, -1))
    at = wide.inner()
    relief = relief[inner]
    warmth = 15 + fbm(seed, _WARMTH, at, WARMTH) * np.float32(26) - np.maximum(relief, 0) * np.float32(LAPSE_C_PER_M)
    fields = {
        "height_m": relief,
        "warmth_c": warmth.astype(np.float32),
        "rain": np.float32(0.5) + fbm(seed, _RAIN, at, RAIN) * np.float32(0.6),
        "light": light[inner],
        "bank_px": water.bank_px[inner],
        "shore_px": water.shore_px[inner],
        "town_px": town_px[inner],
        "woods": fbm(seed, _WOODS, at, PATCHES, gain=0.55),
        "tilled": fbm(seed, _TILLED, at, FARMS, gain=0.55),
    }
    return Climate(places=at, **fields, ground=_ground(fields))


def _carved(height: Field, bank_px: Field) -> Field:
    """Rivers and lakes lie in valleys."""
    valley = smoothstep(rivers.BANK_REACH_PX, 0, bank_px)
    depth = np.clip(height * np.float32(CARVED), 0, np.float32(DEEPEST_VALLEY_M))
    return np.asarray(height - depth * valley, np.float32)


def _light(height: Field, step_px: int) -> Field:
    """Lambert's light from the upper left over heights in metres; a pixel is taken for some 25 m, and coarse views are drawn steeper."""
    scale = np.float32(1 / (25.0 * step_px**0.75))
    right, down = np.zeros_like(height), np.zeros_like(height)
    right[:, 1:-1] = (height[:, 2:] - height[:, :-2]) * scale / 2
    down[1:-1] = (height[2:] - height[:-2]) * scale / 2
    lit = np.maximum(1 + right + down, 0) / np.sqrt(1 + right * right + down * down)
    return np.asarray(lit, np.float32)


def _ground(of: Mapping[str, Field]) -> NDArray[np.uint8]:
    """Later lines lie over earlier ones."""
    height, warmth, rain = of["height_m"], of["warmth_c"], of["rain"]
    rough = of["woods"]
    ground = np.full(height.shape, NUMBER["grass"], np.uint8)

    def lay(name: str, where: NDArray[np.bool_]) -> None:
        ground[where] = NUMBER[name]

    lay("forest", rough + (rain - np.float32(0.5)) * 1.5 > 0.05)
    lay("conifers", (rough + (rain - np.float32(0.45)) * 1.5 > -0.05) & (warmth < 7))
    lay("jungle", (rough + (rain - np.float32(0.5)) * 1.5 > -0.1) & (warmth > 23))
    valley = smoothstep(rivers.BANK_REACH_PX, 0, of["bank_px"])
    fertile = valley * np.float32(0.3) + of["tilled"]
    lay("fields", (fertile > 0.12) & (height < 420) & (warmth > 8) & (warmth < 24) & (rain > 0.36))
    dry = rain + rough * np.float32(0.06)
    lay("stones", (dry < 0.36) & (warmth > 8))
    lay("dunes", (dry < DESERT_RAIN) & (warmth > 14) & (height < 700))
    lay("beach", (height + valley * 40 < 9) & (warmth > 4) & (rough > -0.3))
    lay("rock", (height + rough * 400 > 1500) | ((warmth < TREE_LINE_C) & (rough > 0.1)))
    lay("snow", warmth + rough * 3 < SNOW_LINE_C)
    lay("town", (of["town_px"] < 0) & (height < 900) & (warmth > 2))
    lay("river", (of["bank_px"] < 0) & (height > 0))
    lay("lake", (of["shore_px"] + rough * 150 < 0) & (height > 0) & (rain > DESERT_RAIN))
    lay("sea", height <= 0)
    return ground
