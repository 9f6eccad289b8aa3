"""WorldList."""

from __future__ import annotations

from typing import Annotated

from figment.accounts.asking import Allowed
from figment.accounts.schemas import Person
from figment.core.errors import InvalidInput, NotSignedIn
from figment.core.problems import problems
from figment.features.atlas.errors import (
    WorldNameTaken,
    WorldNotFound,
)
from figment.features.atlas.routes.asking import AtlasService, Looker, WorldSlug, router
from figment.features.atlas.schemas import (
    World,
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
    responses=problems(NotSignedIn, WorldNameTaken, UnknownModel, InvalidInput, TextRefused, TextHeld),
)
async def make_world(
    asked: WorldRequest, person: Annotated[Person, Allowed("atlas.worlds")], service: AtlasService
) -> World:
    """Make a world of my own."""
    return await service.worlds.make(person, asked)


@router.get("/worlds/{world}", responses=problems(NotSignedIn, WorldNotFound, InvalidInput))
async def get_world(world: WorldSlug, person: Looker, service: AtlasService) -> World:
    """One world."""
    return await service.worlds.get(person, world)
