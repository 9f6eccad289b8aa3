"""Erasures."""

from __future__ import annotations

from fastapi import Request

from figment.accounts.asking import spend_generations
from figment.core.errors import InvalidInput, NotFound, NotSignedIn, RateLimited
from figment.core.problems import problems
from figment.features.atlas.errors import NothingToErase, NotYourWorld, WorldNotFound
from figment.features.atlas.routes.asking import AtlasService, Painter, WorldSlug, router
from figment.features.atlas.schemas import Edit, EraseRequest
from figment.images.errors import ImageWithheld


@router.post(
    "/worlds/{world}/erasures",
    status_code=201,
    responses=problems(
        NotSignedIn, RateLimited, WorldNotFound, NotYourWorld, NotFound, ImageWithheld, InvalidInput, NothingToErase
    ),
)
async def erase(
    world: WorldSlug, asked: EraseRequest, request: Request, person: Painter, service: AtlasService
) -> Edit:
    """Make blank what a frame shows, or what lies under a mask: at once, and taken back like whatever is painted."""
    await spend_generations(request, person, 1)
    return await service.erasing.erase(person, world, asked)
