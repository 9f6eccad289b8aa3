"""Worlds as other programs for maps read them: tiles at standard addresses, and descriptions of these."""

from __future__ import annotations

from typing import Literal
from xml.etree import ElementTree

from figment.core.database import Database
from figment.core.errors import NotFound
from figment.core.storage import Storage
from figment.features.atlas.errors import ExportTooLarge, NothingToExport
from figment.features.atlas.rules.grid import WHOLE, Address, Grid, snug
from figment.features.atlas.rules.tiles import TILE, Place, Rect, covering
from figment.features.atlas.schemas import StandardTileJson
from figment.features.atlas.service.geotiff import WKT
from figment.features.atlas.service.tile_source import TileSource
from figment.features.atlas.service.worlds import find, find_id
from figment.features.atlas.store import WorldRow

TileFormat = Literal["png", "webp"]

_GDAL_DEPTH = 21
"""GDAL counts the pixels of a picture's side in 31 bits."""


class StandardTiles:
    """The tiles of worlds in the grid `WHOLE`."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._source = TileSource(storage)

    async def tile(self, slug: str, address: Address, form: TileFormat) -> tuple[bytes, str]:
        """A tile as it is kept (png) or looked at (webp), and its version.

        Raises:
            WorldNotFound.
            NotFound: nothing is painted there.
        """
        found = WHOLE.place_of(address)
        async with self._database.statements() as connection:
            world = await find_id(connection, slug)
            named = {} if found is None else await self._source.named(connection, world, found[0], _one(found[1]))
        if not named:
            raise NotFound("Nothing is painted there yet.")
        [name] = named.values()
        data = await (self._source.kept(name) if form == "png" else self._source.view(name))
        return data, name[:16]

    async def tilejson(self, slug: str, site: str) -> StandardTileJson:
        """
        Raises:
            WorldNotFound.
        """
        async with self._database.statements() as connection:
            world = await find(connection, slug)
        painted = _painted(world)
        shown = (painted and WHOLE.part_of(painted)) or WHOLE.rect
        longitude, latitude = WHOLE.degrees(shown.x + shown.width // 2, shown.y + shown.height // 2)
        return StandardTileJson(
            name=world.name,
            tiles=[f"{_tiles_of(site, world)}/{{z}}/{{x}}/{{y}}.webp"],
            minzoom=WHOLE.least_zoom,
            maxzoom=WHOLE.depth,
            bounds=WHOLE.bounds(shown),
            center=(longitude, latitude, WHOLE.least_zoom),
            map_origin=(WHOLE.rect.x, WHOLE.rect.y),
        )

    async def gdal(self, slug: str, site: str, asked: Rect | None) -> tuple[bytes, str]:
        """A description for GDAL's WMS driver of a frame of the map, or of all that is painted; and a name for its file.

        Raises:
            WorldNotFound.
            NothingToExport: nothing is painted yet, and no frame was asked for.
            ExportTooLarge: GDAL cannot count so many pixels, or the addresses do not reach so far.
        """
        async with self._database.statements() as connection:
            world = await find(connection, slug)
        rect = asked or _painted(world)
        if rect is None:
            raise NothingToExport(
                "Nothing is painted there yet. Give the rectangle that you are going to paint: bbox=x0,y0,x1,y1."
            )
        if WHOLE.part_of(rect) != rect:
            raise ExportTooLarge(
                f"These addresses reach {WHOLE.rect.right:,} pixels from the origin. Give a rectangle within: bbox=x0,y0,x1,y1."
            )
        window = snug(rect)
        if window.depth > _GDAL_DEPTH:
            raise ExportTooLarge(
                f"GDAL reads at most {TILE << _GDAL_DEPTH:,} pixels a side. Give a smaller rectangle: bbox=x0,y0,x1,y1."
            )
        return _described(window, _tiles_of(site, world)), f"{world.slug}.xml"


def _one(place: Place) -> Rect:
    return covering([place])


def _painted(world: WorldRow) -> Rect | None:
    if world.left is None or world.top is None or world.right is None or world.bottom is None:
        return None
    return covering([Place(world.left, world.top), Place(world.right - 1, world.bottom - 1)])


def _tiles_of(site: str, world: WorldRow) -> str:
    return f"{site}/api/atlas/worlds/{world.slug}/xyz"


def _described(window: Grid, tiles: str) -> bytes:
    """In the words of https://gdal.org/en/stable/drivers/raster/wms.html. The window is a square that tiles of every zoom fill, because GDAL halves the
    number of its first tile to find the one above it."""
    rect = window.rect
    root = ElementTree.Element("GDAL_WMS")
    service = ElementTree.SubElement(root, "Service", name="TMS")
    ElementTree.SubElement(service, "ServerUrl").text = f"{tiles}/${{z}}/${{x}}/${{y}}.png"
    frame = ElementTree.SubElement(root, "DataWindow")
    numbers = {
        "UpperLeftX": rect.x,
        "UpperLeftY": -rect.y,
        "LowerRightX": rect.right,
        "LowerRightY": -rect.bottom,
        "SizeX": rect.width,
        "SizeY": rect.height,
        "TileX": window.origin.x - WHOLE.origin.x,
        "TileY": window.origin.y - WHOLE.origin.y,
        "TileLevel": WHOLE.depth,
    }
    for name, number in numbers.items():
        ElementTree.SubElement(frame, name).text = str(number)
    ElementTree.SubElement(frame, "YOrigin").text = "top"
    told = {
        "Projection": WKT,
        "BlockSizeX": TILE,
        "BlockSizeY": TILE,
        "BandsCount": 4,
        "OverviewCount": window.overviews,
        "ZeroBlockHttpCodes": 404,
        "MaxConnections": 4,
    }
    for name, value in told.items():
        ElementTree.SubElement(root, name).text = str(value)
    ElementTree.indent(root)
    described: bytes = ElementTree.tostring(root, encoding="utf-8")
    return described
