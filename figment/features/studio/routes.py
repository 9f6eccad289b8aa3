"""HTTP of Studio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from figment.accounts.asking import Allowed, spend_generations
from figment.accounts.schemas import Person
from figment.core.errors import InvalidInput, NotFound, NotSignedIn, RateLimited
from figment.core.limits import Charge, Limiter, Rate
from figment.core.problems import problems
from figment.core.storage import StorageUnavailable, content_disposition
from figment.features.studio.errors import (
    ArchiveNotFound,
    ArchiveRefused,
    CollectionFull,
    CollectionNameTaken,
    CollectionNotFound,
    CursorUnreadable,
    GenerationNotFound,
    TooManyCollections,
)
from figment.features.studio.schemas import (
    Archive,
    ArchiveRequest,
    Collection,
    CollectionRename,
    CollectionRequest,
    Collections,
    Generation,
    GenerationPage,
    GenerationRequest,
    HistoryChoices,
    HistoryQuery,
    ImageSelection,
)
from figment.features.studio.service import Studio
from figment.generation.errors import QueueIsFull, UnknownModel
from figment.images.errors import ImageWithheld
from figment.safety.errors import TextHeld, TextRefused

router = APIRouter(prefix="/api/studio", tags=["studio"])


async def studio(request: Request) -> Studio:
    service: Studio = request.app.state.studio
    return service


StudioService = Annotated[Studio, Depends(studio)]
Reader = Annotated[Person, Allowed("studio.read")]
Changer = Annotated[Person, Allowed("studio.change")]


@router.post(
    "/generations",
    status_code=202,
    responses=problems(
        NotSignedIn,
        NotFound,
        ImageWithheld,
        UnknownModel,
        InvalidInput,
        TextRefused,
        TextHeld,
        RateLimited,
        QueueIsFull,
    ),
)
async def create_generation(
    asked: GenerationRequest,
    request: Request,
    person: Annotated[Person, Allowed("studio.make", greets=True)],
    service: StudioService,
) -> Generation:
    """Ask for one to eight images of a prompt. Follow each job on `/api/events` or `/api/jobs/{id}/events`."""
    await spend_generations(request, person, asked.count)
    return await service.generate(person.id, asked)


@router.get("/generations", responses=problems(NotSignedIn, CollectionNotFound, InvalidInput, CursorUnreadable))
async def list_generations(
    person: Reader, service: StudioService, query: Annotated[HistoryQuery, Query()]
) -> GenerationPage:
    """Everything I made that the filters find, the newest first. Filters combine: all of them must hold of an image."""
    return await service.history(person.id, query)


@router.get("/choices", responses=problems(NotSignedIn))
async def list_choices(person: Reader, service: StudioService) -> HistoryChoices:
    """What there is in my history to filter by."""
    return await service.choices(person.id)


@router.get("/generations/{generation}", responses=problems(NotSignedIn, GenerationNotFound, InvalidInput))
async def get_generation(generation: UUID, person: Reader, service: StudioService) -> Generation:
    """One generation of mine."""
    return await service.get(person.id, generation)


@router.delete(
    "/generations/{generation}", status_code=204, responses=problems(NotSignedIn, GenerationNotFound, InvalidInput)
)
async def delete_generation(generation: UUID, person: Changer, service: StudioService) -> None:
    """Cancel what still runs, and delete the images."""
    await service.delete(person.id, generation)


@router.post("/images/delete", status_code=204, responses=problems(NotSignedIn, NotFound, InvalidInput))
async def delete_images(asked: ImageSelection, person: Changer, service: StudioService) -> None:
    """Delete images of mine, all or none; their files go too."""
    await service.delete_images(person.id, asked.images)


@router.get("/collections", responses=problems(NotSignedIn))
async def list_collections(person: Reader, service: StudioService) -> Collections:
    """My collections, the one that was used last first."""
    return await service.collections(person.id)


@router.post(
    "/collections",
    status_code=201,
    responses=problems(
        NotSignedIn, NotFound, CollectionNameTaken, TooManyCollections, InvalidInput, TextRefused, TextHeld
    ),
)
async def create_collection(asked: CollectionRequest, person: Changer, service: StudioService) -> Collection:
    """Begin a collection, with images of mine or empty."""
    return await service.create_collection(person.id, asked)


@router.get("/collections/{collection}", responses=problems(NotSignedIn, CollectionNotFound, InvalidInput))
async def get_collection(collection: UUID, person: Reader, service: StudioService) -> Collection:
    """One collection of mine. What is in it: `GET /api/studio/generations?collection={id}`."""
    return await service.collection(person.id, collection)


@router.patch(
    "/collections/{collection}",
    responses=problems(NotSignedIn, CollectionNotFound, CollectionNameTaken, InvalidInput, TextRefused, TextHeld),
)
async def rename_collection(
    collection: UUID, asked: CollectionRename, person: Changer, service: StudioService
) -> Collection:
    """Give a collection of mine another name."""
    return await service.rename_collection(person.id, collection, asked.name)


@router.delete(
    "/collections/{collection}", status_code=204, responses=problems(NotSignedIn, CollectionNotFound, InvalidInput)
)
async def delete_collection(collection: UUID, person: Changer, service: StudioService) -> None:
    """Delete a collection of mine; its images stay."""
    await service.delete_collection(person.id, collection)


@router.post(
    "/collections/{collection}/images",
    responses=problems(NotSignedIn, NotFound, CollectionNotFound, CollectionFull, InvalidInput),
)
async def add_to_collection(
    collection: UUID, asked: ImageSelection, person: Changer, service: StudioService
) -> Collection:
    """Put images of mine into a collection, all or none. Twice is once."""
    return await service.add_to_collection(person.id, collection, asked.images)


@router.post(
    "/collections/{collection}/images/remove", responses=problems(NotSignedIn, CollectionNotFound, InvalidInput)
)
async def remove_from_collection(
    collection: UUID, asked: ImageSelection, person: Changer, service: StudioService
) -> Collection:
    """Take images out of a collection. They stay in the history."""
    return await service.remove_from_collection(person.id, collection, asked.images)


async def _spend_archive(request: Request, person: Reader) -> None:
    limiter: Limiter = request.app.state.limiter
    rate: Rate = request.app.state.rates["archives"]
    # Asking and fetching count apart: who was given an address can use it.
    use = f"archives:{request.method}"
    keys = (f"{use}:person:{person.id}", f"{use}:address:{request.state.address}")
    await limiter.spend(*(Charge(key, rate) for key in keys))


@router.post(
    "/archives",
    status_code=201,
    dependencies=[Depends(_spend_archive)],
    responses=problems(NotSignedIn, NotFound, CollectionNotFound, ArchiveRefused, InvalidInput, RateLimited),
)
async def prepare_archive(asked: ArchiveRequest, person: Reader, service: StudioService) -> Archive:
    """Download many at once: these images of mine, or what the filters find, or with neither everything that I made."""
    return await service.prepare_archive(person.id, asked)


@router.get(
    "/archives/{archive}",
    response_class=StreamingResponse,
    dependencies=[Depends(_spend_archive)],
    responses={
        200: {"description": "The ZIP.", "content": {"application/zip": {}}},
        **problems(NotSignedIn, ArchiveNotFound, InvalidInput, RateLimited, StorageUnavailable),
    },
)
async def download_archive(archive: UUID, person: Reader, service: StudioService) -> StreamingResponse:
    """The images in full size, and `recipes.jsonl` with a line an image: how each was made.

    An image whose file is lost is named in `MISSING.txt`. If storage fails on the way the connection breaks off, and what was
    received is no whole archive.
    """
    filename, pieces = await service.archive(person.id, archive)
    # Read before the answer begins: storage that is away at once is a 503 and not half an archive.
    first = await anext(pieces)
    headers = {"Content-Disposition": content_disposition(filename), "Cache-Control": "no-store"}
    return StreamingResponse(_chained(first, pieces), media_type="application/zip", headers=headers)


async def _chained(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    try:
        async for piece in others:
            yield piece
    except StorageUnavailable as error:
        # The answer has begun: it can no longer be a problem, only break off. `from None`, because the log draws every cause with
        # all that it held.
        raise ConnectionAbortedError(error.detail) from None
