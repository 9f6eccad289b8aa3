"""A small picture of all of a world: which tiles it is made of, and how."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from figment.features.atlas.rules.painting import Pixels, gathered
from figment.features.atlas.rules.tiles import MIN_ZOOM, TILE, Place, Rect

SIZE = (480, 320)


def sheet(left: int, top: int, right: int, bottom: int) -> tuple[int, list[Place]]:
    """The zoom at which tiles from column `left` and row `top` to before `right` and `bottom` are two by two at most, and those tiles."""
    steps = 0
    while steps < -MIN_ZOOM and (
        ((right - 1) >> steps) - (left >> steps) > 1 or ((bottom - 1) >> steps) - (top >> steps) > 1
    ):
        steps += 1
    return -steps, [
        Place(x, y)
        for y in range(top >> steps, ((bottom - 1) >> steps) + 1)
        for x in range(left >> steps, ((right - 1) >> steps) + 1)
    ]


def version(z: int, bounds: Sequence[int], files: Mapping[Place, str]) -> str:
    """The same for the same picture, another for another."""
    words = repr((z, tuple(bounds), sorted(files.items()), SIZE))
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def drawn(z: int, bounds: Sequence[int], tiles: Mapping[Place, Pixels]) -> Pixels:
    """(h, w, 4) within `SIZE`: what is painted between `bounds` (columns and rows of zoom 0), as tiles of zoom z show it."""
    left, top, right, bottom = (edge * TILE >> -z for edge in bounds)
    whole = Rect(left, top, max(right - left, 1), max(bottom - top, 1))
    picture = Image.fromarray(_cropped(gathered(tiles, whole)), "RGBA")
    picture.thumbnail(SIZE)
    return np.asarray(picture)


def _cropped(pixels: Pixels) -> Pixels:
    """Without blank edges: a tile is painted in part only."""
    painted = pixels[..., 3] > 0
    if not painted.any():
        return pixels
    rows, columns = np.flatnonzero(painted.any(axis=1)), np.flatnonzero(painted.any(axis=0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
