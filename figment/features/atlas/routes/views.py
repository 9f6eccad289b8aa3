"""Tiles."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request, Response

from figment.accounts.asking import site_of
from figment.core.errors import InvalidInput, NotFound, NotSignedIn
from figment.core.problems import problems
from figment.features.atlas.errors import (
    WorldNotFound,
)
from figment.features.atlas.routes.asking import AtlasService, Looker, WorldSlug, Zoom, router
from figment.features.atlas.rules.tiles import MIN_ZOOM, Place
from figment.features.atlas.schemas import (
    Coordinate,
    Manifest,
    TileJson,
)
from figment.generation.contract import MAX_SEED

_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_NOW = "no-cache"
_FOR_A_MOMENT = "private, max-age=5"
_FOR_A_DAY = "public, max-age=86400"


@router.get("/worlds/{world}/manifest", responses=problems(NotSignedIn, WorldNotFound, InvalidInput))
async def get_manifest(
    world: WorldSlug,
    _: Looker,
    service: AtlasService,
    z: Annotated[int, Query(ge=MIN_ZOOM, le=0)],
    x0: Coordinate,
    y0: Coordinate,
    x1: Coordinate,
    y1: Coordinate,
) -> Manifest:
    """Which tiles from column x0 and row y0 to x1 and y1 show something, and the versions that their addresses name."""
    return await service.views.manifest(world, z, x0, y0, x1, y1)


@router.get(
    "/worlds/{world}/tiles/{z}/{x}/{y}",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}, **problems(NotSignedIn, WorldNotFound, NotFound, InvalidInput)},
)
async def get_tile(
    world: WorldSlug,
    z: Zoom,
    x: Annotated[Coordinate, Path()],
    y: Annotated[Coordinate, Path()],
    looker: Looker,
    service: AtlasService,
    v: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """A tile, 512 pixels a side; what is blank is transparent. z from -12, where one tile shows 4,096 by 4,096 of those at 0.

    With `v`, the version from the manifest, it may be kept for ever. Where a world with land of its own is not painted yet, a sketch of that land
    comes at once, without a version; for anybody who has a session it is painted then, and told of as any tile.
    """
    seen = await service.views.tile(world, z, Place(x, y), may_ask=looker is not None)
    headers = {"Cache-Control": _FOR_EVER if v == seen.version else _FOR_NOW, "ETag": f'"{seen.version}"'}
    if seen.version is None:
        headers = {"Cache-Control": _FOR_A_MOMENT}
    return Response(seen.data, media_type="image/webp", headers=headers)


@router.get(
    "/terrain/{seed}",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}, **problems(NotSignedIn, InvalidInput)},
)
async def get_terrain(seed: Annotated[int, Path(ge=0, le=MAX_SEED)], _: Looker, service: AtlasService) -> Response:
    """A picture of the land that a seed makes, where one would arrive in it: 640 by 320 pixels, each 80 of the map."""
    data = await service.views.preview(seed)
    return Response(data, media_type="image/webp", headers={"Cache-Control": _FOR_A_DAY})


@router.get("/worlds/{world}/tilejson", responses=problems(NotSignedIn, WorldNotFound, InvalidInput))
async def get_tilejson(world: WorldSlug, request: Request, _: Looker, service: AtlasService) -> TileJson:
    """TileJSON, for viewers of maps."""
    return await service.views.tilejson(world, site_of(request))
