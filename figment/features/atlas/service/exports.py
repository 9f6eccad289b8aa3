"""Maps as files: PNG, GeoTIFF, PMTiles.

An order is what an export needs, looked up and measured; its cost is known before any work is done. Making it reads tiles a row at a time.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from figment.core.database import Connection, Database
from figment.core.errors import FigmentError
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.errors import ExportsBusy, ExportTooLarge, NothingToExport
from figment.features.atlas.rules.exports import cost_of_archive, cost_of_picture, file_name, why_too_large
from figment.features.atlas.rules.grid import WHOLE, Grid, on_the_map, seen_from, snug
from figment.features.atlas.rules.painting import Pixels
from figment.features.atlas.rules.tiles import TILE, Rect
from figment.features.atlas.service import geotiff, pmtiles
from figment.features.atlas.service.png import PngRows
from figment.features.atlas.service.tile_source import Named, TileSource
from figment.features.atlas.service.worlds import find
from figment.features.atlas.store import WorldRow
from figment.images.provenance import GENERATOR, Made, packet

PictureFormat = Literal["png", "geotiff"]

_PIECE_BYTES = 1024 * 1024
_AT_A_TIME = 16
"""Tiles whose lengths are asked for together."""
_ROWS = 64
"""Of a PNG that are packed at a time."""
_TRY_AGAIN_S = 20
_GIVE_BBOX = "Give a smaller rectangle as bbox=x0,y0,x1,y1."


@dataclass(frozen=True, slots=True)
class PictureOrder:
    """A picture to be made: `rect` of the map, whole pixels of the zoom `z`, `pixels` of it, and the tiles that show something."""

    world: WorldRow
    rect: Rect
    z: int
    pixels: Rect
    named: Named

    @property
    def cost(self) -> int:
        return cost_of_picture(self.pixels)


@dataclass(frozen=True, slots=True)
class ArchiveOrder:
    """An archive to be made: the tiles of all zooms, and the grid that they lie in."""

    world: WorldRow
    asked: Rect | None
    rect: Rect
    grid: Grid
    tiles: pmtiles.Tiles

    @property
    def cost(self) -> int:
        return cost_of_archive(sum(map(len, self.tiles.values())))


@dataclass(frozen=True, slots=True)
class Export:
    """A file on its way. `size` in bytes, where it is known before."""

    name: str
    media_type: str
    pieces: AsyncIterator[bytes]
    size: int | None = None


@dataclass(frozen=True, slots=True)
class ExportBounds:
    """`scratch`: a folder for what is too large for memory; what lies there has no name and goes with the process. `at_once`: exports that a process makes
    at a time. `most_tiles`: of zoom 0, in one archive."""

    scratch: Path
    at_once: int
    most_tiles: int


class Exports:
    """Maps as files."""

    def __init__(self, database: Database, storage: Storage, bounds: ExportBounds) -> None:
        self._database = database
        self._source = TileSource(storage)
        self._bounds = bounds
        self.under_way = 0

    @contextmanager
    def place(self) -> Iterator[ExitStack]:
        """One of the places for exports, until the block is left; what is hung into the stack is put away then.

        Raises:
            ExportsBusy: all are taken.
        """
        if self.under_way >= self._bounds.at_once:
            raise ExportsBusy(retry_after_s=_TRY_AGAIN_S)
        self.under_way += 1
        try:
            with ExitStack() as stack:
                yield stack
        finally:
            self.under_way -= 1

    async def order_picture(self, slug: str, asked: Rect, z: int) -> PictureOrder:
        """What a picture of a frame of the map needs, seen from a zoom; its edges grow to whole pixels of that zoom.

        Raises:
            WorldNotFound.
            ExportTooLarge: it would have too many pixels.
        """
        if why := why_too_large(asked, z):
            raise ExportTooLarge(why)
        pixels = seen_from(asked, z)
        async with self._database.statements() as connection:
            world = await find(connection, slug)
            named = await self._source.named(connection, world.id, z, pixels)
        return PictureOrder(world, on_the_map(pixels, z), z, pixels, named)

    async def picture(self, order: PictureOrder, form: PictureFormat, place: ExitStack) -> Export:
        """Make it. A PNG comes while it is made; a GeoTIFF when it is ready, because its front says where its end is.

        Raises:
            StorageUnavailable: tiles cannot be read.
        """
        xmp = packet(Made(order.world.model or GENERATOR, composite=False))
        if form == "png":
            name = file_name(order.world.slug, order.rect, order.z, "png")
            strips = _ahead(self._strips(order))
            # Read before the answer begins: storage that is away at once is an error and not half a picture.
            first = await anext(strips)
            return Export(name, "image/png", _breaking_off(_png(order.pixels, first, strips, xmp)))
        name = file_name(order.world.slug, order.rect, order.z, "tif")
        file = place.enter_context(await self._geotiff(order, xmp))
        size = await asyncio.to_thread(file.seek, 0, 2)
        return Export(name, "image/tiff; application=geotiff", _pieces(file), size)

    async def _strips(self, order: PictureOrder) -> AsyncIterator[Pixels]:
        """The picture in strips (up to 512, width, 4) from the top, a row of the map's tiles each."""
        pixels, top = order.pixels, order.pixels.y
        while top < pixels.bottom:
            bottom = min(pixels.bottom, (top // TILE + 1) * TILE)
            yield await self._source.gathered(order.named, Rect(pixels.x, top, pixels.width, bottom - top))
            top = bottom

    async def _geotiff(self, order: PictureOrder, xmp: bytes) -> BinaryIO:
        """A file without a name, whole. A thread writes it and asks this loop for the rows."""
        loop, left = asyncio.get_running_loop(), threading.Event()
        rows = _rows(_ahead(self._strips(order)))

        def tiles() -> Iterator[bytes]:
            while (row := asyncio.run_coroutine_threadsafe(_next(rows), loop).result()) is not None:
                for tile in geotiff.packed(row):
                    if left.is_set():
                        raise _Left
                    yield tile

        def written() -> BinaryIO:
            self._bounds.scratch.mkdir(parents=True, exist_ok=True)
            with ExitStack() as until_whole:
                file = until_whole.enter_context(tempfile.TemporaryFile(dir=self._bounds.scratch))
                geotiff.write(file, order.rect, 1 << -order.z, tiles(), xmp)
                until_whole.pop_all()
            return file

        writing = asyncio.create_task(asyncio.to_thread(written))
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            # Nobody takes the file any more. The thread is waited for: it may be about to ask for rows.
            left.set()
            [done] = await asyncio.gather(writing, return_exceptions=True)
            if not isinstance(done, BaseException):
                done.close()
            raise

    async def order_archive(self, slug: str, asked: Rect | None) -> ArchiveOrder:
        """What an archive needs: of the tiles that touch a frame of the map, or of all that is painted.

        Raises:
            WorldNotFound.
            NothingToExport: nothing is painted there.
            ExportTooLarge: too many tiles, or too far from each other.
        """
        async with self._database.statements() as connection:
            world = await find(connection, slug)
            rect = await self._painted(connection, world, asked)
            grid = snug(rect)
            if grid.depth > WHOLE.depth:
                raise ExportTooLarge(f"What is painted lies too far apart for one archive. {_GIVE_BBOX}")
            tiles = {
                z: await self._source.named(connection, world.id, z, seen_from(rect, z))
                for z in range(-grid.overviews, 1)
            }
        return ArchiveOrder(world, asked, rect, grid, tiles)

    async def _painted(self, connection: Connection, world: WorldRow, asked: Rect | None) -> Rect:
        """The least frame of whole tiles around what is painted, all of it or in a frame.

        Raises:
            NothingToExport, ExportTooLarge.
        """
        found = await store.extent(connection, world.id, asked, self._bounds.most_tiles)
        if found is None:
            raise NothingToExport
        if found.tiles > self._bounds.most_tiles:
            raise ExportTooLarge(f"An archive holds at most {self._bounds.most_tiles:,} tiles. {_GIVE_BBOX}")
        return found.rect

    async def archive(self, order: ArchiveOrder) -> Export:
        """Make it: what is sent first says how long every tile is, so all are looked at before."""
        numbered = pmtiles.in_order(order.tiles, order.grid)
        lengths = await self._lengths(list(dict.fromkeys(name for _, name in numbered)))
        archive = pmtiles.archive(numbered, lengths, order.grid, order.rect, order.world.name)
        name = file_name(order.world.slug, order.asked, 0, "pmtiles")
        return Export(name, "application/vnd.pmtiles", _breaking_off(self._sent(archive)), archive.size)

    async def _lengths(self, names: list[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for at in range(0, len(names), _AT_A_TIME):
            part = names[at : at + _AT_A_TIME]
            views = await asyncio.gather(*map(self._source.view, part))
            found.update((name, len(view)) for name, view in zip(part, views, strict=True))
        return found

    async def _sent(self, archive: pmtiles.Archive) -> AsyncIterator[bytes]:
        yield archive.front
        for name, length in archive.files.items():
            view = await self._source.view(name)
            if len(view) != length:
                raise ConnectionAbortedError(f"tile {name} has {len(view)} bytes, and {length} were announced")
            yield view


class _Left(Exception):
    """Whoever asked for this has gone."""


async def _png(pixels: Rect, first: Pixels, strips: AsyncIterator[Pixels], xmp: bytes) -> AsyncIterator[bytes]:
    picture = PngRows(pixels.width, pixels.height)
    yield picture.begin(xmp)
    strip: Pixels | None = first
    while strip is not None:
        for at in range(0, len(strip), _ROWS):
            yield await asyncio.to_thread(picture.add, strip[at : at + _ROWS])
        strip = await _next(strips)
    yield await asyncio.to_thread(picture.end)


async def _rows(strips: AsyncIterator[Pixels]) -> AsyncIterator[Pixels]:
    """Strips cut anew, so that each but the last is as high as a tile of a GeoTIFF."""
    rest: Pixels | None = None
    async for strip in strips:
        rest = strip if rest is None else np.concatenate([rest, strip])
        while len(rest) >= geotiff.SIDE:
            yield rest[: geotiff.SIDE]
            rest = rest[geotiff.SIDE :]
    if rest is not None and len(rest):
        yield rest


async def _ahead(strips: AsyncIterator[Pixels]) -> AsyncIterator[Pixels]:
    """The same strips; while one is used, the next is being read."""
    coming = asyncio.create_task(_next(strips))
    try:
        while (strip := await coming) is not None:
            coming = asyncio.create_task(_next(strips))
            yield strip
    finally:
        coming.cancel()


async def _next(rows: AsyncIterator[Pixels]) -> Pixels | None:
    return await anext(rows, None)


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    await asyncio.to_thread(file.seek, 0)
    while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
        yield piece


async def _breaking_off(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for piece in pieces:
            yield piece
    except FigmentError as error:
        # The answer has begun: it can no longer be a problem, only break off. `from None`, because the log draws every cause with
        # all that it held.
        raise ConnectionAbortedError(error.detail) from None
