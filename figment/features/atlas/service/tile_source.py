"""Where exports get tiles from: the one place to change when tiles come from elsewhere too."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from figment.core.database import Connection
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.rules import painting
from figment.features.atlas.rules.painting import Pixels
from figment.features.atlas.rules.tiles import Place, Rect, rect_of, tiles_of
from figment.features.atlas.service.files import TileFiles

Named = Mapping[Place, str]
"""Tiles that show something, and their files. A file never changes: who has the names has the world of that moment."""

_AT_A_TIME = 4


class TileSource:
    """The tiles of worlds, as they are looked at and as they are kept."""

    def __init__(self, storage: Storage) -> None:
        self._files = TileFiles(storage)

    async def named(self, connection: Connection, world: UUID, z: int, rect: Rect) -> Named:
        """What a frame of a zoom's pixels shows."""
        places = tiles_of(Rect(rect.x, rect.y, rect.width, 1)), tiles_of(Rect(rect.x, rect.y, 1, rect.height))
        first, right, bottom = places[0][0], places[0][-1].x, places[1][-1].y
        return dict(await store.tiles_within(connection, world, z, first.x, first.y, right, bottom))

    async def gathered(self, named: Named, rect: Rect) -> Pixels:
        """(height, width, 4): the pixels of a frame, as they are kept. A few tiles are in memory at a time."""
        canvas = painting.blank(rect.width, rect.height)
        places = [place for place in tiles_of(rect) if place in named]
        for at in range(0, len(places), _AT_A_TIME):
            tiles = await self._files.get_all({place: named[place] for place in places[at : at + _AT_A_TIME]})
            for place, pixels in tiles.items():
                theirs, ours = painting.overlap(rect_of(place), rect)
                canvas[ours] = pixels[theirs]
        return canvas

    async def kept(self, name: str) -> bytes:
        """A tile's PNG."""
        return await self._files.kept(name)

    async def view(self, name: str) -> bytes:
        """A tile's WebP."""
        return await self._files.view(name)
