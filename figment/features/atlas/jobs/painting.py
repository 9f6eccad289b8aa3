"""Pictures joined with what the map shows, and the map as it is seen from above."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np
import structlog

from figment.core.database import Connection, Database
from figment.core.events import Event, publish
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.errors import EditNotFound, NothingToPaint
from figment.features.atlas.jobs.ground import Grounds
from figment.features.atlas.rules import painting
from figment.features.atlas.rules.ground import versions
from figment.features.atlas.rules.painting import Pixels, Where
from figment.features.atlas.rules.tiles import Place, around, below, tiles_of
from figment.features.atlas.service.files import TileFiles
from figment.features.atlas.service.telling import tiles_told, versions_told
from figment.features.atlas.store import EditRow, Stale, TileRow
from figment.generation.contract import ImageRequest
from figment.generation.places import MakeAgain, Outdated
from figment.generation.store import JobRow
from figment.images import codec
from figment.images.schemas import Image
from figment.images.service import Images

log = structlog.get_logger(__name__)

_TRIES = 3
"""How often a picture is made again because others painted under it; then what is left of its place is taken as it is."""
_REMEMBERED = 1000
_STALE_AT_ONCE = 16
_IDLE_S = 0.5


class Painter:
    """`figment.generation.places.Place`: what the map shows goes into a picture when it is made, and the picture into the map when it is done."""

    def __init__(self, database: Database, storage: Storage, images: Images, grounds: Grounds) -> None:
        self._database = database
        self._files = TileFiles(storage)
        self._images = images
        self._grounds = grounds
        self._tries: OrderedDict[UUID, int] = OrderedDict()

    async def draw(self, row: JobRow, request: ImageRequest) -> Painting:
        """
        Raises:
            EditNotFound: its world was deleted.
            NothingToPaint: others have painted all of it.
        """
        async with self._database.statements() as connection:
            edit = await store.edit_by_id(connection, row.ref)
        if edit is None:
            raise EditNotFound
        asked = await self._mask(row.owner, edit)
        tiles, canvas = await self.look(edit)
        make = painting.to_make(canvas, asked)
        if not make.any():
            raise NothingToPaint
        around = await asyncio.to_thread(painting.context, canvas, make)
        if around is not None:
            request = replace(request, init_image=around, mask=np.where(make, np.uint8(255), np.uint8(0)))
        return Painting(self, edit, request, asked, canvas, tiles)

    async def look(self, edit: EditRow) -> tuple[dict[Place, TileRow], Pixels]:
        """The versions of the tiles under an edit's frame, and what it shows. Ground that is not there yet is painted first."""
        await self._grounds.ensure(edit.world, tiles_of(edit.rect))
        async with self._database.statements() as connection:
            tiles = await store.tiles(connection, edit.world, tiles_of(edit.rect))
        files = {place: tile.file for place, tile in tiles.items() if tile.file}
        return tiles, painting.gathered(await self._files.get_all(files), edit.rect)

    async def lay(
        self, edit: EditRow, tiles: Mapping[Place, TileRow], layer: Pixels
    ) -> tuple[str | None, dict[Place, str | None]]:
        """The files of a layer, and of the tiles over which it was laid."""
        places = painting.touched_by(layer, edit.rect)
        shown = await self._files.get_all(
            {place: file for place in places if (tile := tiles.get(place)) and (file := tile.file)}
        )
        after = {place: painting.laid_on_tile(shown.get(place, _BLANK), place, layer, edit.rect) for place in places}
        file, *rest = await asyncio.gather(self._files.put(layer), *map(self._files.put, after.values()))
        return file, dict(zip(after, rest, strict=True))

    def again(self, edit: EditRow) -> bool:
        """Whether the picture of this edit may be made once more."""
        tries = self._tries.pop(edit.id, 0) + 1
        self._tries[edit.id] = tries
        while len(self._tries) > _REMEMBERED:
            self._tries.popitem(last=False)
        return tries <= _TRIES

    async def _mask(self, owner: UUID, edit: EditRow) -> Pixels | None:
        if edit.mask is None:
            return painting.inside(edit.width, edit.height) if edit.seed is not None else None
        data = await self._images.original(await self._images.usable(owner, edit.mask))
        return await asyncio.to_thread(codec.to_mask, data, edit.width, edit.height)


_BLANK = painting.blank(512, 512)


class Painting:
    """`figment.generation.places.Drawing`."""

    def __init__(
        self,
        painter: Painter,
        edit: EditRow,
        request: ImageRequest,
        asked: Pixels | None,
        canvas: Pixels,
        tiles: Mapping[Place, TileRow],
    ) -> None:
        self.request = request
        self._painter = painter
        self._edit = edit
        self._asked = asked
        self._canvas = canvas
        self._tiles = tiles
        self._layer: str | None = None
        self._files: Mapping[Place, str | None] = {}

    @property
    def inputs(self) -> Mapping[str, str]:
        newest = max((tile.seq for tile in self._tiles.values()), default=0)
        return {"map": f"{self._edit.world}@{self._edit.x},{self._edit.y}:{newest}"}

    async def prepare(self, picture: Pixels) -> None:
        """Lay the picture over what the map shows by now.

        Raises:
            MakeAgain: others have painted where it was to be.
            NothingToPaint: and nothing of it is left.
        """
        tiles, canvas = await self._painter.look(self._edit)
        make = painting.to_make(canvas, self._asked)
        if not make.any():
            raise NothingToPaint
        if _painted_under(self._canvas, canvas, painting.to_make(self._canvas, self._asked)) and self._painter.again(
            self._edit
        ):
            raise MakeAgain
        layer = await asyncio.to_thread(painting.layer_of, canvas, picture, make)
        self._tiles = tiles
        self._layer, self._files = await self._painter.lay(self._edit, tiles, layer)

    async def keep(self, connection: Connection, image: Image) -> Sequence[Event]:
        """Commit all tiles at once.

        Raises:
            Outdated: one of them has a newer version than the one that was painted over.
            EditNotFound: its world was deleted meanwhile.
        """
        edit = self._edit
        # From here on until the commit no tile of this world gets another version.
        seq = await store.next_commit(connection, edit.world)
        now = await store.tiles(connection, edit.world, tiles_of(edit.rect))
        if now != self._tiles:
            raise Outdated
        if self._layer is None or await store.edit_by_id(connection, edit.id, lock=True) is None:
            raise EditNotFound
        await store.commit_edit(connection, edit.id, seq, self._layer, image.id)
        await store.set_touched(connection, edit.world, edit.id, list(self._files))
        await store.add_commit(connection, edit.world, seq, "paint", edit.id, edit.author)
        await store.set_tiles(connection, edit.world, seq, self._files)
        return [tiles_told(edit.world, 0, self._files)]


def _painted_under(before: Pixels, now: Pixels, make: Where) -> bool:
    """Whether anything that was to be made anew looks different by now."""
    return bool((before[make] != now[make]).any())


class Overviews:
    """Draws the tiles of the zooms below 0 as those below them change; several processes share the work."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._files = TileFiles(storage)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                drawn = await self.draw()
            except Exception as error:
                log.warning("atlas.overview_failed", exc_info=error)
                drawn = 0
            if not drawn:
                await asyncio.sleep(_IDLE_S)

    async def draw(self) -> int:
        """Draw some tiles that show something old. Gives how many they were."""
        async with self._database.transaction() as connection:
            stale = await store.take_stale(connection, _STALE_AT_ONCE)
            drawn = [await self._redraw(connection, one) for one in stale]
            await publish(connection, [event for event in drawn if event is not None])
        return len(stale)

    async def _redraw(self, connection: Connection, stale: Stale) -> Event | None:
        """None where it looks as before: then nothing above it changes either."""
        under = below(stale.place)
        tiles = await store.tiles(connection, stale.world, under, stale.z + 1)
        shown = await self._files.get_all({place: tile.file for place, tile in tiles.items() if tile.file})
        above = await asyncio.to_thread(painting.shrunk, {under.index(place): tile for place, tile in shown.items()})
        file = await self._files.put(above)
        before = (await store.tiles(connection, stale.world, [stale.place], stale.z)).get(stale.place)
        if before is not None and before.file == file:
            return None
        seq = max((tile.seq for tile in tiles.values()), default=0)
        await store.set_tiles(connection, stale.world, seq, {stale.place: file}, stale.z)
        if stale.seed is None:
            return tiles_told(stale.world, stale.z, {stale.place: file})
        return await self._told_with_those_around(connection, stale, stale.seed)

    async def _told_with_those_around(self, connection: Connection, stale: Stale, seed: int) -> Event:
        """In a seeded world tiles fade towards their neighbours: where one changes, those around it look different too."""
        near = [stale.place, *around(stale.place)]
        rows = await store.tiles(connection, stale.world, {far for place in near for far in around(place)}, stale.z)
        files = {place: row.file for place, row in rows.items() if row.file}
        told: dict[Place, str | None] = {stale.place: None}
        return versions_told(stale.world, stale.z, told | versions(stale.z, seed, files, near))
