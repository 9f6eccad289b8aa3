"""Worlds."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from figment.core.errors import InvalidInput, NotFound, NotSignedIn
from figment.core.problems import problems
from figment.features.atlas.errors import (
    TooManyWorlds,
    WorldNameTaken,
    WorldNotFound,
    WorldNotYours,
    WrongWorldName,
)
from figment.features.atlas.routes.asking import AtlasService, Keeper, Looker, WorldSlug, router
from figment.features.atlas.schemas import (
    World,
    WorldChange,
    WorldList,
    WorldRequest,
)
from figment.generation.errors import UnknownModel
from figment.safety.errors import TextHeld, TextRefused


@router.get("/worlds", responses=problems(NotSignedIn))
async def list_worlds(person: Looker, service: AtlasService) -> WorldList:
    """All worlds, the oldest first: the commons, where everybody paints."""
    return await service.worlds.list(person)


@router.post(
    "/worlds",
    status_code=201,
    responses=problems(NotSignedIn, WorldNameTaken, TooManyWorlds, UnknownModel, InvalidInput, TextRefused, TextHeld),
)
async def make_world(asked: WorldRequest, person: Keeper, service: AtlasService) -> World:
    """Make a world of my own."""
    return await service.worlds.make(person, asked)


@router.get("/worlds/{world}", responses=problems(NotSignedIn, WorldNotFound, InvalidInput))
async def get_world(world: WorldSlug, person: Looker, service: AtlasService) -> World:
    """One world."""
    return await service.worlds.get(person, world)


@router.patch(
    "/worlds/{world}",
    responses=problems(NotSignedIn, WorldNotFound, WorldNotYours, UnknownModel, InvalidInput, TextRefused, TextHeld),
)
async def change_world(world: WorldSlug, asked: WorldChange, person: Keeper, service: AtlasService) -> World:
    """Change the name, the style, the model, or who paints. The owner may, and administrators."""
    return await service.worlds.change(person, world, asked)


@router.delete(
    "/worlds/{world}",
    status_code=204,
    responses=problems(NotSignedIn, WorldNotFound, WorldNotYours, WrongWorldName, InvalidInput),
)
async def delete_world(
    world: WorldSlug,
    name: Annotated[str, Query(max_length=200, description="The world's name, to say that you mean it.")],
    person: Keeper,
    service: AtlasService,
) -> None:
    """Delete a world with everything in it, for good. The owner may, and administrators."""
    await service.worlds.delete(person, world, name)


@router.get(
    "/worlds/{world}/thumbnail",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}, **problems(NotSignedIn, WorldNotFound, NotFound, InvalidInput)},
)
async def get_thumbnail(
    world: WorldSlug, _: Looker, service: AtlasService, v: Annotated[str | None, Query(max_length=64)] = None
) -> Response:
    """A small picture of all of a world, 480 by 320 at most. With `v`, as the world's `thumbnail` has it, it may be kept for ever."""
    data, version = await service.worlds.thumbnail(world)
    cached = "public, max-age=31536000, immutable" if v == version else "no-cache"
    return Response(data, media_type="image/webp", headers={"Cache-Control": cached, "ETag": f'"{version}"'})
