"""A PMTiles archive (version 3 of https://github.com/protomaps/PMTiles) of tiles that lie in storage, written from its front.

The directory comes before the tiles and says how long each is: they are read twice, once for their lengths, once to be sent, and never kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pmtiles.tile import Compression, Entry, TileType, zxy_to_tileid
from pmtiles.writer import finalize_header

from figment.features.atlas.rules.grid import Grid
from figment.features.atlas.rules.tiles import TILE, Place, Rect

Tiles = Mapping[int, Mapping[Place, str]]
"""By our zoom: the tiles and the names of their files."""


@dataclass(frozen=True, slots=True)
class Archive:
    """`front`: all that comes before the tiles. `files`: the names of what follows, in order, each once, and their lengths."""

    front: bytes
    files: Mapping[str, int]

    @property
    def size(self) -> int:
        return len(self.front) + sum(self.files.values())


def in_order(tiles: Tiles, grid: Grid) -> list[tuple[int, str]]:
    """The archive's number of each tile, from the first, and its file. Every tile lies in the grid."""
    found = []
    for z, places in tiles.items():
        for place, name in places.items():
            address = grid.address_of(z, place)
            assert address is not None
            found.append((zxy_to_tileid(*address), name))
    return sorted(found)


def archive(
    numbered: Sequence[tuple[int, str]], lengths: Mapping[str, int], grid: Grid, rect: Rect, title: str
) -> Archive:
    """The archive of at least one tile. `lengths`: of every file; `rect`: the frame of the map that the tiles lie in."""
    files: dict[str, int] = {}
    offsets: dict[str, int] = {}
    entries: list[Entry] = []
    end = 0
    for number, name in numbered:
        if name not in files:
            files[name], offsets[name] = lengths[name], end
            end += lengths[name]
        last = entries[-1] if entries else None
        if last and last.offset == offsets[name] and last.tile_id + last.run_length == number:
            last.run_length += 1
        else:
            entries.append(Entry(number, offsets[name], lengths[name], 1))
    metadata = {
        "name": title,
        "type": "baselayer",
        "format": "webp",
        "attribution": "Made with Figment",
        "figment": way_back(grid),
    }
    header = {
        "version": 3,
        "tile_type": TileType.WEBP,
        "tile_compression": Compression.NONE,
        **_bounds(grid, rect),
        "center_zoom": grid.least_zoom,
    }
    front = finalize_header(header, len(numbered), entries, len(files), metadata, True, end)
    return Archive(b"".join(front), files)


def way_back(grid: Grid) -> dict[str, Any]:
    """How to get from a tile of the archive, and a column and a row in it, to a pixel of the map."""
    step = "2 ** (max_zoom - z)"
    return {
        "tile_size": TILE,
        "max_zoom": grid.depth,
        "origin": [grid.rect.x, grid.rect.y],
        "map_x": f"origin[0] + (x * tile_size + column) * {step}",
        "map_y": f"origin[1] + (y * tile_size + row) * {step}",
    }


def _bounds(grid: Grid, rect: Rect) -> dict[str, int]:
    """In ten millionths of a degree, as the header has them."""
    names = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
    return {name: round(1e7 * degree) for name, degree in zip(names, grid.bounds(rect), strict=True)}
