"""Maps as they are looked at."""

from __future__ import annotations

from dataclasses import dataclass

from figment.core.database import Database
from figment.core.errors import InvalidInput, NotFound
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.rules.ground import reaches, version_of_ground, versions
from figment.features.atlas.rules.tiles import Place, around
from figment.features.atlas.schemas import (
    Manifest,
    TileJson,
    TileVersion,
)
from figment.features.atlas.service.files import TileFiles
from figment.features.atlas.service.sketches import Sketches
from figment.features.atlas.service.worlds import find, find_land

_MANIFEST_TILES = 4096


@dataclass(frozen=True, slots=True)
class TileSeen:
    """A tile as it is looked at. `version`: what its address may name for ever; None while the model has still to paint it."""

    data: bytes
    version: str | None


class Views:
    """The tiles of worlds, at any zoom."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._files = TileFiles(storage)
        self._sketches = Sketches(self._files)

    async def manifest(self, slug: str, z: int, left: int, top: int, right: int, bottom: int) -> Manifest:
        """
        Raises:
            InvalidInput: more tiles are asked for than a screen can show.
        """
        if right < left or bottom < top or (right - left + 1) * (bottom - top + 1) > _MANIFEST_TILES:
            raise InvalidInput(f"Ask for at most {_MANIFEST_TILES} tiles, from x0, y0 to x1, y1.", field="x1")
        async with self._database.statements() as connection:
            land = await find_land(connection, slug)
            # What lies around them shows in the versions of those at the edge.
            found = await store.tiles_within(connection, land.world, z, left - 1, top - 1, right + 1, bottom + 1)
        inside = [place for place, _ in found if left <= place.x <= right and top <= place.y <= bottom]
        told = versions(z, land.seed, dict(found), inside)
        tiles = [TileVersion(x=place.x, y=place.y, v=version) for place, version in told.items()]
        return Manifest(z=z, tiles=tiles, ground=version_of_ground(land.seed))

    async def tile(self, slug: str, z: int, place: Place, may_ask: bool) -> TileSeen:
        """A tile as it is looked at. Where a seeded world is not painted yet, its sketch, at once; if they `may_ask`, it is painted soon.

        Raises:
            WorldNotFound.
            NotFound: nothing is painted there.
        """
        async with self._database.statements() as connection:
            land = await find_land(connection, slug)
            rows = await store.tiles(connection, land.world, [place, *around(place)], z)
        files = {near: row.file for near, row in rows.items() if row.file}
        version = versions(z, land.seed, files, [place]).get(place)
        if version is not None and (land.seed is None or z == 0):
            return TileSeen(await self._files.view(files[place]), version)
        if land.seed is None or not reaches(z, place):
            raise NotFound("Nothing is painted there yet.")
        if z < 0:
            sketch = await self._sketches.tile(land.seed, z, place, files if place in files else {})
            return TileSeen(sketch, version or version_of_ground(land.seed))
        if may_ask:
            # Relaxed: what a crash loses is asked for again by who still looks.
            async with self._database.statements(relaxed=True) as connection:
                await store.want(connection, land.world, [place], needed=False)
        return TileSeen(await self._sketches.tile(land.seed, z, place), None)

    async def preview(self, seed: int) -> bytes:
        """WebP: what a world with this seed looks like where one arrives."""
        return await self._sketches.preview(seed)

    async def tilejson(self, slug: str, site: str) -> TileJson:
        async with self._database.statements() as connection:
            world = await find(connection, slug)
        return TileJson(name=world.name, tiles=[f"{site}/api/atlas/worlds/{world.slug}/tiles/{{z}}/{{x}}/{{y}}"])
