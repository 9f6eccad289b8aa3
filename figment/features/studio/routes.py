"""HTTP of Studio."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from figment.accounts.routes import PersonOrGuest, SignedIn
from figment.core.limits import Limiter
from figment.core.text import Words
from figment.features.studio.schemas import Generation, GenerationPage, GenerationRequest
from figment.features.studio.service import Studio

router = APIRouter(prefix="/api/studio", tags=["studio"])


def studio(request: Request) -> Studio:
    service: Studio = request.app.state.studio
    return service


StudioService = Annotated[Studio, Depends(studio)]


@router.post("/generations", status_code=202)
async def create_generation(
    asked: GenerationRequest, request: Request, person: PersonOrGuest, service: StudioService
) -> Generation:
    """Ask for one to eight images of a prompt. Follow each job on `/api/events` or `/api/jobs/{id}/events`."""
    limiter: Limiter = request.app.state.limiter
    keys = [f"generations:person:{person.id}", f"generations:address:{request.state.address}"]
    await limiter.spend(keys, request.app.state.rates["generations"], cost=asked.count)
    return await service.generate(person.id, asked)


@router.get("/generations")
async def list_generations(
    person: SignedIn,
    service: StudioService,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 24,
    q: Annotated[Words, Query(max_length=200, description="Words to look for in the prompts.")] = "",
) -> GenerationPage:
    """Everything I made, the newest first."""
    return await service.history(person.id, cursor, q, limit)


@router.get("/generations/{generation}")
async def get_generation(generation: UUID, person: SignedIn, service: StudioService) -> Generation:
    """One generation of mine."""
    return await service.get(person.id, generation)


@router.delete("/generations/{generation}", status_code=204)
async def delete_generation(generation: UUID, person: SignedIn, service: StudioService) -> None:
    """Cancel what still runs, and delete the images."""
    await service.delete(person.id, generation)
