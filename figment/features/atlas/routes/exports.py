"""Maps as files, and as standard tiles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from figment.accounts.asking import site_of, spend
from figment.accounts.schemas import Person
from figment.core.errors import AskerGone, InvalidInput, NotFound, NotSignedIn, RateLimited
from figment.core.http import unless_gone
from figment.core.problems import problems
from figment.core.storage import StorageUnavailable, content_disposition
from figment.features.atlas.errors import ExportsBusy, ExportTooLarge, NothingToExport, WorldNotFound
from figment.features.atlas.routes.asking import (
    AtlasService,
    Bbox,
    BboxIfWanted,
    Looker,
    WorldSlug,
    area_if_wanted,
    area_of,
    router,
)
from figment.features.atlas.rules.grid import WHOLE, Address
from figment.features.atlas.rules.tiles import MIN_ZOOM
from figment.features.atlas.schemas import StandardTileJson
from figment.features.atlas.service.exports import Export, PictureFormat
from figment.features.atlas.service.standard import TileFormat

_PROBLEMS = (
    NotSignedIn,
    WorldNotFound,
    InvalidInput,
    ExportTooLarge,
    RateLimited,
    ExportsBusy,
    StorageUnavailable,
    AskerGone,
)


async def _place(service: AtlasService) -> AsyncIterator[ExitStack]:
    """Held until the last byte is sent, or nobody waits for it any more."""
    with service.exports.place() as stack:
        yield stack


PlaceForIt = Annotated[ExitStack, Depends(_place)]
Column = Annotated[int, Path(ge=0, lt=1 << WHOLE.depth)]


@router.get(
    "/worlds/{world}/export",
    response_class=StreamingResponse,
    responses={
        200: {"description": "The picture.", "content": {"image/png": {}, "image/tiff": {}}},
        **problems(*_PROBLEMS),
    },
)
async def export_picture(
    world: WorldSlug,
    bbox: Bbox,
    request: Request,
    person: Looker,
    service: AtlasService,
    place: PlaceForIt,
    form: Annotated[PictureFormat, Query(alias="format")] = "png",
    zoom: Annotated[int, Query(ge=MIN_ZOOM, le=0, description="From where it is seen; each step less halves it.")] = 0,
) -> Response:
    """A rectangle of the map as one picture, up to 16,384 pixels a side; what is blank is transparent.

    PNG is sent while it is made. GeoTIFF says where its pixels lie: x as on the map, y with the other sign, because there it counts upwards.
    """
    order = await service.exports.order_picture(world, area_of(bbox), zoom)
    await _spend(request, person, order.cost)
    return _sent(await unless_gone(request, service.exports.picture(order, form, place)))


@router.get(
    "/worlds/{world}/export.pmtiles",
    response_class=StreamingResponse,
    responses={
        200: {"description": "The archive.", "content": {"application/vnd.pmtiles": {}}},
        **problems(*_PROBLEMS, NothingToExport),
    },
)
async def export_archive(
    world: WorldSlug,
    request: Request,
    person: Looker,
    service: AtlasService,
    place: PlaceForIt,
    bbox: BboxIfWanted = None,
) -> Response:
    """All that is painted, or what lies in a rectangle, at all zooms, as a PMTiles archive of WebP tiles. Its metadata say how to get back to the map."""
    order = await service.exports.order_archive(world, area_if_wanted(bbox))
    await _spend(request, person, order.cost)
    return _sent(await unless_gone(request, service.exports.archive(order)))


@router.get(
    "/worlds/{world}/xyz/{z}/{x}/{y}.{form}",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {}, "image/webp": {}}},
        304: {"description": "It is still the tile that `If-None-Match` names."},
        **problems(NotSignedIn, WorldNotFound, NotFound, InvalidInput),
    },
)
async def get_standard_tile(
    world: WorldSlug,
    z: Annotated[int, Path(ge=0, le=WHOLE.depth)],
    x: Column,
    y: Column,
    form: TileFormat,
    request: Request,
    _: Looker,
    service: AtlasService,
) -> Response:
    """A tile at an address as GDAL, QGIS and viewers of maps know them: 512 pixels a side; z, x and y are never negative. z is 24 where a pixel is one of the
    map; 12 is the least. The map's origin lies in the middle of everything. PNG is what is kept, WebP what is looked at."""
    data, version = await service.standard.tile(world, Address(z, x, y), form)
    headers = {"Cache-Control": "no-cache", "ETag": f'"{version}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=f"image/{form}", headers=headers)


@router.get("/worlds/{world}/xyz/tilejson", responses=problems(NotSignedIn, WorldNotFound, InvalidInput))
async def get_standard_tilejson(
    world: WorldSlug, request: Request, _: Looker, service: AtlasService
) -> StandardTileJson:
    """TileJSON of the standard addresses."""
    return await service.standard.tilejson(world, site_of(request))


@router.get(
    "/worlds/{world}/gdal.xml",
    response_class=Response,
    responses={
        200: {"content": {"application/xml": {}}},
        **problems(NotSignedIn, WorldNotFound, InvalidInput, NothingToExport, ExportTooLarge),
    },
)
async def get_gdal_description(
    world: WorldSlug, request: Request, _: Looker, service: AtlasService, bbox: BboxIfWanted = None
) -> Response:
    """A file that GDAL and QGIS open as a picture and read tile by tile, of all that is painted or of a rectangle."""
    described, name = await service.standard.gdal(world, site_of(request), area_if_wanted(bbox))
    headers = {"Content-Disposition": content_disposition(name), "Cache-Control": "no-store"}
    return Response(described, media_type="application/xml", headers=headers)


async def _spend(request: Request, person: Person | None, cost: int) -> None:
    """
    Raises:
        RateLimited.
    """
    whose = [] if person is None else [f"person:{person.id}"]
    await spend(request, "map_exports", *whose, address=True, cost=cost)


def _sent(export: Export) -> Response:
    headers = {"Content-Disposition": content_disposition(export.name), "Cache-Control": "no-store"}
    if export.size is not None:
        headers["Content-Length"] = str(export.size)
    return StreamingResponse(export.pieces, media_type=export.media_type, headers=headers)
