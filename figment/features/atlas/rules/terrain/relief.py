"""Height above the sea, from continents down to the roughness of a slope."""

from __future__ import annotations

from functools import partial

import numpy as np

from figment.features.atlas.rules.terrain.noise import Field, Places, crests, fbm, slow_count, smoothstep, sparsely

CONTINENTS = (16384, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32)
WARP = (8192, 4096, 2048, 1024)
BELTS = (16384, 8192)
CRESTS = (2048, 1024, 512, 256, 128, 64)
_WARP_X, _WARP_Y, _LAND, _BELT, _CREST = (100, 120, 140, 160, 180)

WARP_PX = 2200.0
SEA_LEVEL = 0.02
LAND_GAIN = 0.55
PLAINS_M = 1500.0
RANGES_M = 4200.0


def height_m(seed: int, at: Places) -> Field:
    """Metres above the sea: (rows, columns). What lies beneath it is negative."""
    land = _land(seed, at) + np.float32(SEA_LEVEL)
    # Ranges run where a slow field passes through 0, so that they are long and narrow, and die away towards the sea.
    belt = smoothstep(0.22, 0.02, np.abs(sparsely(at, partial(_belts, seed), BELTS[-1])))
    inland = smoothstep(-0.02, 0.22, land)
    peaks = np.float32(0.25) + crests(seed, _CREST, at, CRESTS, gain=0.55)
    plains = land * np.float32(PLAINS_M) * (np.float32(0.25) + np.float32(0.75) * inland)
    return np.asarray(plains + belt * inland * peaks * np.float32(RANGES_M), np.float32)


def _land(seed: int, at: Places) -> Field:
    """Continents, above 0, and seas."""
    slow = slow_count(at, CONTINENTS)
    land = np.zeros(at.x.shape, np.float32)
    if slow:
        coarse = CONTINENTS[:slow]
        land += sparsely(at, lambda few: fbm(seed, _LAND, _warped(seed, few), coarse, LAND_GAIN), coarse[-1])
    fine = fbm(seed, _LAND + slow, _warped(seed, at), CONTINENTS[slow:], LAND_GAIN)
    return land + np.float32(LAND_GAIN**slow) * fine


def _belts(seed: int, at: Places) -> Field:
    return fbm(seed, _BELT, _warped(seed, at), BELTS)


def _warped(seed: int, at: Places) -> Places:
    """Positions pushed about by slow noise: coasts bend, and nothing follows a lattice."""
    return at.moved(*(fbm(seed, stream, at, WARP) * np.float32(WARP_PX) for stream in (_WARP_X, _WARP_Y)))
