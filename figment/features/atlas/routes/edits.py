"""Edits."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from figment.accounts.asking import spend_generations
from figment.core.errors import InvalidInput, NotFound, NotSignedIn, RateLimited
from figment.core.http import AfterQuery, LastEventId, event_frame, event_stream
from figment.core.problems import problems
from figment.features.atlas.errors import (
    EditNotDone,
    EditNotFound,
    EditNotYours,
    EditRolledBack,
    NothingToPaint,
    NotYourWorld,
    WorldNotFound,
)
from figment.features.atlas.routes.asking import (
    AtlasService,
    BboxIfWanted,
    Changer,
    Looker,
    Painter,
    WorldSlug,
    area_if_wanted,
    router,
)
from figment.features.atlas.schemas import (
    Coordinate,
    Edit,
    EditAt,
    EditPage,
    EditRequest,
)
from figment.generation.errors import QueueIsFull, UnknownModel
from figment.images.errors import ImageWithheld
from figment.safety.errors import TextHeld, TextRefused


@router.post(
    "/worlds/{world}/edits",
    status_code=202,
    responses=problems(
        NotSignedIn,
        RateLimited,
        WorldNotFound,
        NotYourWorld,
        UnknownModel,
        NotFound,
        ImageWithheld,
        InvalidInput,
        NothingToPaint,
        TextRefused,
        TextHeld,
        QueueIsFull,
    ),
)
async def paint(world: WorldSlug, asked: EditRequest, request: Request, person: Painter, service: AtlasService) -> Edit:
    """Paint what is blank in a frame, or what lies under a mask. Everybody who looks at the world sees it come.

    With several candidates, it waits as `choosing` until one is chosen.
    """
    await spend_generations(request, person, asked.candidates)
    return await service.edits.paint(person, world, asked)


@router.get("/worlds/{world}/edits", responses=problems(NotSignedIn, WorldNotFound, InvalidInput))
async def list_edits(
    world: WorldSlug,
    person: Looker,
    service: AtlasService,
    bbox: BboxIfWanted = None,
    pending: Annotated[bool | None, Query(description="Only what is on its way, or only what is done.")] = None,
    before: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> EditPage:
    """What was painted, the newest first."""
    return await service.edits.edits(person, world, area_if_wanted(bbox), pending, before, limit)


@router.get("/worlds/{world}/edits/{edit}", responses=problems(NotSignedIn, WorldNotFound, EditNotFound, InvalidInput))
async def get_edit(world: WorldSlug, edit: UUID, person: Looker, service: AtlasService) -> Edit:
    """One edit, as it is now."""
    return await service.edits.edit(person, world, edit)


_CHANGE_PROBLEMS = problems(
    NotSignedIn, WorldNotFound, EditNotFound, EditNotYours, EditRolledBack, EditNotDone, InvalidInput
)


@router.post("/worlds/{world}/edits/{edit}/undo", responses=_CHANGE_PROBLEMS)
async def undo_edit(world: WorldSlug, edit: UUID, person: Changer, service: AtlasService) -> Edit:
    """Take an edit of mine out from under what others painted later, which stays. Moderators may do it to anybody's."""
    return await service.edits.undo(person, world, edit)


@router.post("/worlds/{world}/edits/{edit}/redo", responses=_CHANGE_PROBLEMS)
async def redo_edit(world: WorldSlug, edit: UUID, person: Changer, service: AtlasService) -> Edit:
    """Bring back what was taken out, to where it lay."""
    return await service.edits.redo(person, world, edit)


@router.get("/worlds/{world}/at", responses=problems(NotSignedIn, WorldNotFound, InvalidInput))
async def get_edit_at(world: WorldSlug, x: Coordinate, y: Coordinate, person: Looker, service: AtlasService) -> EditAt:
    """Which edit made this pixel."""
    return await service.edits.edit_at(person, world, x, y)


@router.get(
    "/worlds/{world}/events",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}, **problems(NotSignedIn, WorldNotFound, InvalidInput)},
)
async def follow_world(
    world: WorldSlug, _: Looker, service: AtlasService, last: LastEventId = None, after: AfterQuery = None
) -> Response:
    """What happens in a world: `edit` (one, as it is now), `tiles` (their new versions; null is blank), `reset` (too long away: read anew)."""
    return await event_stream(await service.edits.follow(world, last if last is not None else after), event_frame)
