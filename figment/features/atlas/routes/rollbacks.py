"""Taking back all that one person painted."""

from __future__ import annotations

from uuid import UUID

from figment.core.errors import InvalidInput, NotSignedIn
from figment.core.problems import problems
from figment.features.atlas.errors import AuthorGone, EditNotFound, RollbackNotDone, WorldNotFound, WorldNotYours
from figment.features.atlas.routes.asking import AtlasService, Keeper, WorldSlug, router
from figment.features.atlas.schemas import Rollback, RollbackList, RollbackRequest


@router.post(
    "/worlds/{world}/rollbacks",
    status_code=202,
    responses=problems(NotSignedIn, WorldNotFound, WorldNotYours, EditNotFound, AuthorGone, InvalidInput),
)
async def roll_back(world: WorldSlug, asked: RollbackRequest, person: Keeper, service: AtlasService) -> Rollback:
    """Take back everything that the author of an edit painted in this world, also what is on its way. What others painted stays.

    The owner of the world may, moderators and administrators; it is written into the audit log. It is done in steps, each of which
    everybody sees at once.
    """
    return await service.rollbacks.begin(person, world, asked.edit, asked.since)


@router.get("/worlds/{world}/rollbacks", responses=problems(NotSignedIn, WorldNotFound, WorldNotYours, InvalidInput))
async def list_rollbacks(world: WorldSlug, person: Keeper, service: AtlasService) -> RollbackList:
    """What was taken back at once, the newest first, and how far it is."""
    return await service.rollbacks.listed(person, world)


@router.post(
    "/worlds/{world}/rollbacks/{rollback}/undo",
    status_code=202,
    responses=problems(NotSignedIn, WorldNotFound, WorldNotYours, EditNotFound, RollbackNotDone, InvalidInput),
)
async def undo_rollback(world: WorldSlug, rollback: UUID, person: Keeper, service: AtlasService) -> Rollback:
    """Bring again what a rollback took back."""
    return await service.rollbacks.undo(person, world, rollback)
