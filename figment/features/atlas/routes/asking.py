"""The router of Atlas, and what all its routes ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from figment.accounts.asking import Allowed
from figment.accounts.schemas import Person
from figment.core.errors import InvalidInput
from figment.features.atlas.rules.tiles import MIN_ZOOM, Rect
from figment.features.atlas.service import Atlas

router = APIRouter(prefix="/api/atlas", tags=["atlas"])


async def atlas(request: Request) -> Atlas:
    service: Atlas = request.app.state.atlas
    return service


AtlasService = Annotated[Atlas, Depends(atlas)]
Looker = Annotated[Person | None, Allowed("atlas.read")]
Painter = Annotated[Person, Allowed("atlas.paint", greets=True)]
Changer = Annotated[Person, Allowed("atlas.change")]
Keeper = Annotated[Person, Allowed("atlas.worlds")]
WorldSlug = Annotated[str, Path(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Zoom = Annotated[int, Path(ge=MIN_ZOOM, le=0)]

_RECTANGLE = Query(pattern=r"^-?\d{1,13}(,-?\d{1,13}){3}$", description="x0,y0,x1,y1")
Bbox = Annotated[str, _RECTANGLE]
BboxIfWanted = Annotated[str | None, _RECTANGLE]


def area_of(bbox: str) -> Rect:
    """
    Raises:
        InvalidInput: it has no inside.
    """
    left, top, right, bottom = map(int, bbox.split(","))
    if right <= left or bottom <= top:
        raise InvalidInput("Give bbox as x0,y0,x1,y1 with x0 < x1 and y0 < y1.", field="bbox")
    return Rect(left, top, right - left, bottom - top)


def area_if_wanted(bbox: str | None) -> Rect | None:
    """Raises as `area_of`."""
    return None if bbox is None else area_of(bbox)
