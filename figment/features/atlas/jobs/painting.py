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
from figment.features.atlas.service.laying import Laid, Laying
from figment.features.atlas.service.telling import progress_told, tiles_told, versions_told
from figment.features.atlas.store import EditRow, Stale, TileRow
from figment.generation.contract import ImageRequest
from figment.generation.places import MakeAgain
from figment.generation.schemas import JobProgress
from figment.generation.store import JobRow
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
        self.laying = Laying(database, storage, images)
        self._grounds = grounds
        self._tries: OrderedDict[UUID, int] = OrderedDict()

    async def draw(self, row: JobRow, request: ImageRequest) -> Painting | Candidate:
        """
        Raises:
            EditNotFound: its world was deleted.
            NothingToPaint: others have painted all of it.
        """
        async with self._database.statements() as connection:
            edit = await store.edit_by_id(connection, row.ref)
        if edit is None:
            raise EditNotFound
        asked = await self.laying.mask(row.owner, edit)
        tiles, wide = await self.look(edit)
        canvas = painting.within(wide)
        make = painting.to_make(canvas, asked)
        if not make.any():
            raise NothingToPaint
        around = await asyncio.to_thread(painting.context, canvas, make)
        if around is not None:
            request = replace(request, init_image=around, mask=np.where(make, np.uint8(255), np.uint8(0)))
        if edit.candidates > 1:
            return Candidate(edit, request, tiles)
        return Painting(self, edit, request, asked, canvas, tiles)

    async def look(self, edit: EditRow) -> tuple[dict[Place, TileRow], Pixels]:
        """As `Laying.look`. Ground that is not there yet is painted first."""
        await self._grounds.ensure(edit.world, tiles_of(edit.rect))
        return await self.laying.look(edit)

    def again(self, edit: EditRow) -> bool:
        """Whether the picture of this edit may be made once more."""
        tries = self._tries.pop(edit.id, 0) + 1
        self._tries[edit.id] = tries
        while len(self._tries) > _REMEMBERED:
            self._tries.popitem(last=False)
        return tries <= _TRIES


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
        self._laid: Laid | None = None

    @property
    def inputs(self) -> Mapping[str, str]:
        return _inputs(self._edit, self._tiles)

    def shown(self, progress: JobProgress) -> Event:
        """Everybody who looks at the world sees how it comes."""
        return progress_told(self._edit, progress)

    async def prepare(self, picture: Pixels) -> None:
        """Lay the picture over what the map shows by now.

        Raises:
            MakeAgain: others have painted where it was to be.
            NothingToPaint: and nothing of it is left.
        """
        laying = self._painter.laying
        tiles, wide = await self._painter.look(self._edit)
        canvas = painting.within(wide)
        make = painting.to_make(canvas, self._asked)
        if not make.any():
            raise NothingToPaint
        if _painted_under(self._canvas, canvas, painting.to_make(self._canvas, self._asked)) and self._painter.again(
            self._edit
        ):
            raise MakeAgain
        layer = await asyncio.to_thread(painting.layer_of, wide, picture, make)
        self._laid = await laying.lay(self._edit, tiles, layer)

    async def keep(self, connection: Connection, image: Image) -> Sequence[Event]:
        """Commit all tiles at once. Raises Outdated and EditNotFound as `Laying.commit`."""
        assert self._laid is not None
        return await self._painter.laying.commit(connection, self._edit, self._laid, image.id)


class Candidate:
    """`figment.generation.places.Drawing`: a picture of which nobody has said yet that it goes into the map."""

    def __init__(self, edit: EditRow, request: ImageRequest, tiles: Mapping[Place, TileRow]) -> None:
        self.request = request
        self._edit, self._tiles = edit, tiles

    @property
    def inputs(self) -> Mapping[str, str]:
        return _inputs(self._edit, self._tiles)

    def shown(self, progress: JobProgress) -> Event:
        """As `Painting.shown`."""
        return progress_told(self._edit, progress)

    async def prepare(self, picture: Pixels) -> None:
        """Nothing: it is laid over the map when it is chosen."""

    async def keep(self, connection: Connection, image: Image) -> Sequence[Event]:
        """Remember over what it was made.

        Raises:
            EditNotFound: its world was deleted meanwhile.
        """
        if not await store.add_candidate(connection, self._edit.id, image.id, _newest(self._tiles)):
            raise EditNotFound
        return ()


def _newest(tiles: Mapping[Place, TileRow]) -> int:
    """The last commit that any of these shows."""
    return max((tile.seq for tile in tiles.values()), default=0)


def _inputs(edit: EditRow, tiles: Mapping[Place, TileRow]) -> Mapping[str, str]:
    return {"map": f"{edit.world}@{edit.x},{edit.y}:{_newest(tiles)}"}


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
