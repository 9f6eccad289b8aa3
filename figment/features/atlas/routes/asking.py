"""The router of Atlas, and what all its routes ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from figment.accounts.asking import Allowed
from figment.accounts.schemas import Person
from figment.features.atlas.rules.tiles import MIN_ZOOM
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
