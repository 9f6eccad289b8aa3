"""Maps as they are looked at."""

from __future__ import annotations

from figment.core.database import Database
from figment.core.errors import InvalidInput, NotFound
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.rules.tiles import Place
from figment.features.atlas.schemas import (
    Manifest,
    TileJson,
    TileVersion,
)
from figment.features.atlas.service.files import TileFiles
from figment.features.atlas.service.worlds import find, find_id

_MANIFEST_TILES = 4096


class Views:
    """The tiles of worlds, at any zoom."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._files = TileFiles(storage)

    async def manifest(self, slug: str, z: int, left: int, top: int, right: int, bottom: int) -> Manifest:
        """
        Raises:
            InvalidInput: more tiles are asked for than a screen can show.
        """
        if right < left or bottom < top or (right - left + 1) * (bottom - top + 1) > _MANIFEST_TILES:
            raise InvalidInput(f"Ask for at most {_MANIFEST_TILES} tiles, from x0, y0 to x1, y1.", field="x1")
        async with self._database.statements() as connection:
            world = await find(connection, slug)
            found = await store.tiles_within(connection, world.id, z, left, top, right, bottom)
        return Manifest(z=z, tiles=[TileVersion(x=place.x, y=place.y, v=file[:16]) for place, file in found])

    async def tile(self, slug: str, z: int, place: Place) -> tuple[bytes, str]:
        """A tile as it is looked at, and its version.

        Raises:
            WorldNotFound.
            NotFound: nothing is painted there.
        """
        async with self._database.statements() as connection:
            world = await find_id(connection, slug)
            found = (await store.tiles(connection, world, [place], z)).get(place)
        if found is None or found.file is None:
            raise NotFound("Nothing is painted there yet.")
        return await self._files.view(found.file), found.file[:16]

    async def tilejson(self, slug: str, site: str) -> TileJson:
        async with self._database.statements() as connection:
            world = await find(connection, slug)
        return TileJson(name=world.name, tiles=[f"{site}/api/atlas/worlds/{world.slug}/tiles/{{z}}/{{x}}/{{y}}"])
