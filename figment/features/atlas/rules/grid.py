"""Standard tile addresses for a plane that has none.

Our zoom 0 is the nearest, zooms below it lie further away, and columns and rows have any sign. Standard addresses (XYZ, TMS, PMTiles) begin at a zoom 0 of
one tile that shows everything and count on from its upper left corner. A `Grid` is a square of the plane, 2**depth tiles a side, that is taken for
everything: its standard zoom `depth` is our zoom 0. The same tiles are in both, under other names, so that nothing is drawn anew; hence the grid has to
begin where tiles of our other zooms begin as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from figment.features.atlas.rules.tiles import MIN_ZOOM, TILE, Place, Rect

MERCATOR_M = 40_075_016.685578488
"""A side of the square of Web Mercator (EPSG:3857), which programs for maps take a grid for: 2π times 6,378,137 metres."""


class Address(NamedTuple):
    """A tile as standard programs ask for it: none of the three is negative."""

    z: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A square of the plane: `origin` is its first tile of zoom 0, and it has 2**depth of them a side."""

    origin: Place
    depth: int

    @property
    def rect(self) -> Rect:
        side = TILE << self.depth
        return Rect(self.origin.x * TILE, self.origin.y * TILE, side, side)

    @property
    def overviews(self) -> int:
        """How many zooms out our tiles are the grid's: until the next tile would reach over its border, or there is none."""
        shared = self.origin.x | self.origin.y
        aligned = (shared & -shared).bit_length() - 1 if shared else self.depth
        return min(-MIN_ZOOM, self.depth, aligned)

    @property
    def least_zoom(self) -> int:
        """The standard zoom of what is seen from furthest."""
        return self.depth - self.overviews

    def address_of(self, z: int, place: Place) -> Address | None:
        """A tile of ours in standard words; None where it is not in the grid."""
        zoom = z + self.depth
        if not self.least_zoom <= zoom <= self.depth:
            return None
        x, y = place.x - (self.origin.x >> -z), place.y - (self.origin.y >> -z)
        return Address(zoom, x, y) if 0 <= x < 1 << zoom and 0 <= y < 1 << zoom else None

    def place_of(self, address: Address) -> tuple[int, Place] | None:
        """Our zoom and tile of a standard address; None where the grid has no such tile."""
        z = address.z - self.depth
        if not self.least_zoom <= address.z <= self.depth:
            return None
        if not (0 <= address.x < 1 << address.z and 0 <= address.y < 1 << address.z):
            return None
        return z, Place(address.x + (self.origin.x >> -z), address.y + (self.origin.y >> -z))

    def degrees(self, x: int, y: int) -> tuple[float, float]:
        """Longitude and latitude that a program which takes the grid for the globe gives a point of the map (spherical Mercator)."""
        side = TILE << self.depth
        across, down = (x - self.rect.x) / side, (y - self.rect.y) / side
        return 360 * across - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * down))))

    def bounds(self, rect: Rect) -> tuple[float, float, float, float]:
        """West, south, east and north of a frame, as `degrees` says."""
        west, north = self.degrees(rect.x, rect.y)
        east, south = self.degrees(rect.right, rect.bottom)
        return west, south, east, north

    def part_of(self, rect: Rect) -> Rect | None:
        """What of a frame lies in the grid."""
        whole = self.rect
        left, top = max(rect.x, whole.x), max(rect.y, whole.y)
        right, bottom = min(rect.right, whole.right), min(rect.bottom, whole.bottom)
        return Rect(left, top, right - left, bottom - top) if left < right and top < bottom else None

    @property
    def metres(self) -> float:
        """How wide a pixel of the map is in Web Mercator."""
        return MERCATOR_M / (TILE << self.depth)


WHOLE = Grid(Place(-(1 << 23), -(1 << 23)), 24)
"""The grid of our XYZ addresses. It never changes, so that an address means the same for ever; 2^32 pixels to each side of the origin, because programs
for maps go no deeper than zoom 24."""


def snug(rect: Rect) -> Grid:
    """The least grid around a frame of the map: it begins at a multiple of half its side, so that all but its very first zoom are tiles of ours."""
    left, top = rect.x // TILE, rect.y // TILE
    right, bottom = (rect.right - 1) // TILE, (rect.bottom - 1) // TILE
    depth = max(right - left, bottom - top).bit_length()
    while True:
        step = max(1, (1 << depth) >> 1)
        origin = Place(left // step * step, top // step * step)
        if right < origin.x + (1 << depth) and bottom < origin.y + (1 << depth):
            return Grid(origin, depth)
        depth += 1


def seen_from(rect: Rect, z: int) -> Rect:
    """The pixels of a zoom that show a frame of the map, whole at its edges."""
    left, top = rect.x >> -z, rect.y >> -z
    return Rect(left, top, -(-rect.right >> -z) - left, -(-rect.bottom >> -z) - top)


def on_the_map(rect: Rect, z: int) -> Rect:
    """The frame of the map that pixels of a zoom show."""
    return Rect(rect.x << -z, rect.y << -z, rect.width << -z, rect.height << -z)
