"""The plane and its tiles: which tiles a frame touches, and which lie above them when one zooms out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

TILE = 512
"""Pixels on a side, at every zoom."""

MIN_ZOOM = -12
"""How far one can zoom out: one tile then shows 2,097,152 pixels of the map on a side."""

FARTHEST = 2**40
"""Pixels from the origin. Far enough for anybody, and exact in the numbers of a browser."""


class Place(NamedTuple):
    """Where a tile lies: its column and row, of any sign; rows count downwards."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Rect:
    """A frame of map pixels: its upper left corner, of any sign, and its size."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    def grown(self, pixels: int) -> Rect:
        """With as much of its surroundings on each side."""
        return Rect(self.x - pixels, self.y - pixels, self.width + 2 * pixels, self.height + 2 * pixels)

    def meets(self, other: Rect) -> bool:
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom


def tiles_of(rect: Rect) -> list[Place]:
    """The tiles that a frame touches, row by row."""
    return [
        Place(x, y)
        for y in range(rect.y // TILE, (rect.bottom - 1) // TILE + 1)
        for x in range(rect.x // TILE, (rect.right - 1) // TILE + 1)
    ]


def rect_of(place: Place) -> Rect:
    return Rect(place.x * TILE, place.y * TILE, TILE, TILE)


def above(places: Iterable[Place]) -> set[Place]:
    """The tiles of the next zoom out that show these."""
    return {Place(x >> 1, y >> 1) for x, y in places}


def below(place: Place) -> list[Place]:
    """The four tiles of the next zoom in that a tile shows, row by row."""
    return [Place(2 * place.x + right, 2 * place.y + down) for down in (0, 1) for right in (0, 1)]


def around(place: Place) -> list[Place]:
    """The eight tiles that a tile meets, corners included, row by row."""
    return [Place(place.x + i, place.y + j) for j in (-1, 0, 1) for i in (-1, 0, 1) if (i, j) != (0, 0)]


def covering(places: Iterable[Place]) -> Rect:
    """The least frame around tiles, of which there is one at least."""
    found = list(places)
    left, top = min(x for x, _ in found), min(y for _, y in found)
    right, bottom = max(x for x, _ in found) + 1, max(y for _, y in found) + 1
    return Rect(left * TILE, top * TILE, (right - left) * TILE, (bottom - top) * TILE)
