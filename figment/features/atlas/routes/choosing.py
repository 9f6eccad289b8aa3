"""Candidates."""

from __future__ import annotations

from uuid import UUID

from figment.core.errors import InvalidInput, NotFound, NotSignedIn
from figment.core.problems import problems
from figment.features.atlas.errors import EditNotFound, EditNotYours, NothingToChoose, NothingToPaint, WorldNotFound
from figment.features.atlas.routes.asking import AtlasService, Changer, WorldSlug, router
from figment.features.atlas.schemas import Choice, Edit
from figment.images.errors import ImageWithheld


@router.post(
    "/worlds/{world}/edits/{edit}/choose",
    responses=problems(
        NotSignedIn,
        WorldNotFound,
        EditNotFound,
        EditNotYours,
        NotFound,
        ImageWithheld,
        NothingToChoose,
        NothingToPaint,
        InvalidInput,
    ),
)
async def choose_candidate(world: WorldSlug, edit: UUID, asked: Choice, person: Changer, service: AtlasService) -> Edit:
    """Paint one of my candidates. The others are forgotten."""
    return await service.choosing.choose(person, world, edit, asked.candidate)


@router.post(
    "/worlds/{world}/edits/{edit}/discard",
    responses=problems(NotSignedIn, WorldNotFound, EditNotFound, EditNotYours, NothingToChoose, InvalidInput),
)
async def discard_candidates(world: WorldSlug, edit: UUID, person: Changer, service: AtlasService) -> Edit:
    """Paint none of my candidates. All are forgotten, and what is still being made is stopped."""
    return await service.choosing.discard(person, world, edit)
