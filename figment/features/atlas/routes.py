"""HTTP of Atlas."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from figment.accounts.asking import Allowed, site_of, spend_generations
from figment.accounts.schemas import Person
from figment.core.errors import InvalidInput, NotFound, NotSignedIn, RateLimited
from figment.core.http import AfterQuery, LastEventId, event_frame, event_stream
from figment.core.problems import problems
from figment.features.atlas.errors import (
    EditNotDone,
    EditNotFound,
    EditNotYours,
    NothingToPaint,
    NotYourWorld,
    WorldNameTaken,
    WorldNotFound,
)
from figment.features.atlas.rules.tiles import MIN_ZOOM, Place, Rect
from figment.features.atlas.schemas import (
    Coordinate,
    Edit,
    EditAt,
    EditPage,
    EditRequest,
    Manifest,
    TileJson,
    World,
    WorldRequest,
    Worlds,
)
from figment.features.atlas.service import Atlas
from figment.generation.errors import QueueIsFull, UnknownModel
from figment.images.errors import ImageWithheld
from figment.safety.errors import TextHeld, TextRefused

router = APIRouter(prefix="/api/atlas", tags=["atlas"])

_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_NOW = "no-cache"


async def atlas(request: Request) -> Atlas:
    service: Atlas = request.app.state.atlas
    return service


AtlasService = Annotated[Atlas, Depends(atlas)]
Looker = Annotated[Person | None, Allowed("atlas.read")]
Painter = Annotated[Person, Allowed("atlas.paint", greets=True)]
Changer = Annotated[Person, Allowed("atlas.change")]
WorldSlug = Annotated[str, Path(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Zoom = Annotated[int, Path(ge=MIN_ZOOM, le=0)]


@router.get("/worlds", responses=problems(NotSignedIn))
async def list_worlds(person: Looker, service: AtlasService) -> Worlds:
    """All worlds, the oldest first: the commons, where everybody paints."""
    return await service.worlds(person)


@router.post(
    "/worlds",
    status_code=201,
    responses=problems(NotSignedIn, WorldNameTaken, UnknownModel, InvalidInput, TextRefused, TextHeld),
)
async def make_world(
    asked: WorldRequest, person: Annotated[Person, Allowed("atlas.worlds")], service: AtlasService
) -> World:
    """Make a world of my own."""
    return await service.make_world(person, asked)


@router.get("/worlds/{world}", responses=problems(NotSignedIn, WorldNotFound, InvalidInput))
async def get_world(world: WorldSlug, person: Looker, service: AtlasService) -> World:
    """One world."""
    return await service.world(person, world)


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
    return await service.manifest(world, z, x0, y0, x1, y1)


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
    _: Looker,
    service: AtlasService,
    v: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """A tile, 512 pixels a side; what is blank is transparent. z from -12, where one tile shows 4,096 by 4,096 of those at 0.

    With `v`, the version from the manifest, it may be kept for ever.
    """
    data, version = await service.tile(world, z, Place(x, y))
    cached = _FOR_EVER if v == version else _FOR_NOW
    return Response(data, media_type="image/webp", headers={"Cache-Control": cached, "ETag": f'"{version}"'})


@router.get("/worlds/{world}/tilejson", responses=problems(NotSignedIn, WorldNotFound, InvalidInput))
async def get_tilejson(world: WorldSlug, request: Request, _: Looker, service: AtlasService) -> TileJson:
    """TileJSON, for viewers of maps."""
    return await service.tilejson(world, site_of(request))


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
    """Paint what is blank in a frame, or what lies under a mask. Everybody who looks at the world sees it come."""
    await spend_generations(request, person, 1)
    return await service.paint(person, world, asked)


@router.get("/worlds/{world}/edits", responses=problems(NotSignedIn, WorldNotFound, InvalidInput))
async def list_edits(
    world: WorldSlug,
    person: Looker,
    service: AtlasService,
    bbox: Annotated[str | None, Query(pattern=r"^-?\d{1,13}(,-?\d{1,13}){3}$", description="x0,y0,x1,y1")] = None,
    pending: Annotated[bool | None, Query(description="Only what is on its way, or only what is done.")] = None,
    before: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> EditPage:
    """What was painted, the newest first."""
    return await service.edits(person, world, _area(bbox), pending, before, limit)


@router.get("/worlds/{world}/edits/{edit}", responses=problems(NotSignedIn, WorldNotFound, EditNotFound, InvalidInput))
async def get_edit(world: WorldSlug, edit: UUID, person: Looker, service: AtlasService) -> Edit:
    """One edit, as it is now."""
    return await service.edit(person, world, edit)


_CHANGE_PROBLEMS = problems(NotSignedIn, WorldNotFound, EditNotFound, EditNotYours, EditNotDone, InvalidInput)


@router.post("/worlds/{world}/edits/{edit}/undo", responses=_CHANGE_PROBLEMS)
async def undo_edit(world: WorldSlug, edit: UUID, person: Changer, service: AtlasService) -> Edit:
    """Take an edit of mine out from under what others painted later, which stays. Moderators may do it to anybody's."""
    return await service.undo(person, world, edit)


@router.post("/worlds/{world}/edits/{edit}/redo", responses=_CHANGE_PROBLEMS)
async def redo_edit(world: WorldSlug, edit: UUID, person: Changer, service: AtlasService) -> Edit:
    """Bring back what was taken out, to where it lay."""
    return await service.redo(person, world, edit)


@router.get("/worlds/{world}/at", responses=problems(NotSignedIn, WorldNotFound, InvalidInput))
async def get_edit_at(world: WorldSlug, x: Coordinate, y: Coordinate, person: Looker, service: AtlasService) -> EditAt:
    """Which edit made this pixel."""
    return await service.edit_at(person, world, x, y)


@router.get(
    "/worlds/{world}/events",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}, **problems(NotSignedIn, WorldNotFound, InvalidInput)},
)
async def follow_world(
    world: WorldSlug, _: Looker, service: AtlasService, last: LastEventId = None, after: AfterQuery = None
) -> Response:
    """What happens in a world: `edit` (one, as it is now), `tiles` (their new versions; null is blank), `reset` (too long away: read anew)."""
    return await event_stream(await service.follow(world, last if last is not None else after), event_frame)


def _area(bbox: str | None) -> Rect | None:
    if bbox is None:
        return None
    left, top, right, bottom = map(int, bbox.split(","))
    if right <= left or bottom <= top:
        raise InvalidInput("Give bbox as x0,y0,x1,y1 with x0 < x1 and y0 < y1.", field="bbox")
    return Rect(left, top, right - left, bottom - top)
