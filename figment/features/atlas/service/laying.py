"""Layers over tiles: what a frame shows, what it shows with one more layer, and the commit that makes it so."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from figment.core.database import Connection, Database
from figment.core.events import Event
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.errors import EditNotFound, NothingToChoose
from figment.features.atlas.rules import painting
from figment.features.atlas.rules.painting import Pixels
from figment.features.atlas.rules.tiles import TILE, Place, tiles_of
from figment.features.atlas.service.files import TileFiles
from figment.features.atlas.service.telling import tiles_told
from figment.features.atlas.store import EditRow, TileRow
from figment.generation.places import Outdated
from figment.images import codec
from figment.images.service import Images


@dataclass(frozen=True, slots=True)
class Laid:
    """A layer over `tiles`, not yet committed: its file, and those of the tiles that it changes."""

    tiles: Mapping[Place, TileRow]
    layer: str
    files: Mapping[Place, str | None]


class Laying:
    """Puts one layer after the other over the tiles of a world. What takes long happens outside any transaction."""

    def __init__(self, database: Database, storage: Storage, images: Images) -> None:
        self._database = database
        self._files = TileFiles(storage)
        self._images = images

    async def look(self, edit: EditRow, as_of: int | None = None) -> tuple[dict[Place, TileRow], Pixels]:
        """The versions of the tiles under an edit's frame, and what it shows with a margin; `as_of`: after that commit, else now."""
        wide = edit.rect.grown(painting.MARGIN)
        places = tiles_of(wide)
        async with self._database.statements() as connection:
            if as_of is None:
                tiles = await store.tiles(connection, edit.world, places)
            else:
                tiles = await store.tiles_as_of(connection, edit.world, places, as_of)
        files = {place: tile.file for place, tile in tiles.items() if tile.file}
        canvas = painting.gathered(await self._files.get_all(files), wide)
        # Beside the frame others may paint meanwhile: nothing that rests on these is lost.
        return {place: tile for place in tiles_of(edit.rect) if (tile := tiles.get(place))}, canvas

    async def mask(self, owner: UUID, edit: EditRow) -> Pixels | None:
        """(h, w): where; None where all of the frame is meant, or what is blank in it. On land of its own a picture leaves the border.

        Raises:
            NotFound, ImageWithheld: it is not the owner's, or is held.
        """
        if edit.mask is None:
            return painting.inside(edit.width, edit.height) if edit.seed is not None and not edit.erases else None
        data = await self._images.original(await self._images.usable(owner, edit.mask))
        return await asyncio.to_thread(codec.to_mask, data, edit.width, edit.height)

    async def lay(self, edit: EditRow, tiles: Mapping[Place, TileRow], layer: Pixels) -> Laid:
        """Write the files of a layer that makes something, and of the tiles over which it lies."""
        places = painting.touched_by(layer, edit.rect)
        shown = await self._files.get_all(
            {place: file for place in places if (tile := tiles.get(place)) and (file := tile.file)}
        )
        ground = await self._ground(edit.world, places) if edit.erases else {}
        after = {
            place: painting.laid_on_tile(
                shown.get(place, _BLANK), place, layer, edit.rect, edit.erases, ground.get(place)
            )
            for place in places
        }
        file, *rest = await asyncio.gather(self._files.put(layer), *map(self._files.put, after.values()))
        assert file is not None
        return Laid(tiles, file, dict(zip(after, rest, strict=True)))

    async def _ground(self, world: UUID, places: Sequence[Place]) -> dict[Place, Pixels]:
        async with self._database.statements() as connection:
            files = await store.ground_of(connection, world, places)
        return await self._files.get_all(files)

    async def commit(self, connection: Connection, edit: EditRow, laid: Laid, image: UUID | None) -> Sequence[Event]:
        """Commit all tiles at once; gives what is told of it. Raises as `begin`."""
        return await self.finish(connection, edit, laid, image, await self.begin(connection, edit, laid))

    async def begin(self, connection: Connection, edit: EditRow, laid: Laid) -> int:
        """Begin a commit, and give its number.

        Raises:
            Outdated: one of the tiles has a newer version than the one that was painted over.
            EditNotFound: its world was deleted meanwhile.
            NothingToChoose: it was committed meanwhile.
        """
        # From here on until the end of the transaction no tile of this world gets another version.
        seq = await store.next_commit(connection, edit.world)
        if await store.tiles(connection, edit.world, tiles_of(edit.rect)) != laid.tiles:
            raise Outdated
        now = await store.edit_by_id(connection, edit.id, lock=True)
        if now is None:
            raise EditNotFound
        if now.state != "pending":
            raise NothingToChoose
        return seq

    async def finish(
        self, connection: Connection, edit: EditRow, laid: Laid, image: UUID | None, seq: int
    ) -> Sequence[Event]:
        """End a commit; gives what is told of it."""
        await store.commit_edit(connection, edit.id, seq, laid.layer, image)
        await store.set_touched(connection, edit.world, edit.id, list(laid.files))
        await store.add_commit(connection, edit.world, seq, edit.kind, edit.id, edit.author)
        await store.set_tiles(connection, edit.world, seq, laid.files)
        return [tiles_told(edit.world, 0, laid.files)]


_BLANK = painting.blank(TILE, TILE)
