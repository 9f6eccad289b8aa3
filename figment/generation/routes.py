"""HTTP of jobs and models, and the one event stream of a tab. Imported by the composition root only."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sse_starlette import ServerSentEvent

from figment.accounts.asking import Allowed
from figment.accounts.errors import MissingScope
from figment.accounts.schemas import Person
from figment.core.errors import Forbidden, NotFound, NotSignedIn
from figment.core.events import Bus, Event, Gap, Joinable, Joined
from figment.core.http import AfterQuery, LastEventId, event_frame, event_stream
from figment.core.problems import problems
from figment.generation.contract import ModelCard
from figment.generation.errors import JobNotRetryable, ModelIsLoading, QueueIsFull
from figment.generation.models import TOPIC, Shelf
from figment.generation.schemas import Job, Model, ModelLoad, Models, ModelToLoad
from figment.generation.service import Jobs

router = APIRouter(prefix="/api", tags=["jobs"])

_EVENT_NAMES = {
    "succeeded": "done",
    "failed": "error",
    "cancelled": "cancelled",
    "running": "progress",
    "queued": "queued",
}


async def jobs(request: Request) -> Jobs:
    service: Jobs = request.app.state.jobs
    return service


async def shelf(request: Request) -> Shelf:
    service: Shelf = request.app.state.shelf
    return service


JobsService = Annotated[Jobs, Depends(jobs)]
ModelShelf = Annotated[Shelf, Depends(shelf)]
ModelChooser = Annotated[Person, Allowed("models.load")]
Reader = Annotated[Person, Allowed("jobs.read")]
Changer = Annotated[Person, Allowed("jobs.change")]


@router.get("/models", responses=problems(NotSignedIn))
async def list_models(service: JobsService, _: Annotated[Person | None, Allowed("models.read")]) -> Models:
    """The models that images can be asked of; the first is the default."""
    return Models(items=[_model(card, n == 0) for n, card in enumerate(await service.models())])


@router.post("/models/load", status_code=202, responses=problems(NotSignedIn, MissingScope, Forbidden, ModelIsLoading))
async def load_model(asked: ModelToLoad, admin: ModelChooser, shelf: ModelShelf) -> ModelLoad:
    """Load a model, which becomes the default as soon as it is ready. Until then the present one serves; if it fails, nothing changes.

    Administrators only. How it goes is in `GET /api/models/loads/{load}`, and as `model-load` in the stream of what is mine.
    """
    return await shelf.load(admin.id, asked.model)


@router.get("/models/loads/{load}", responses=problems(NotSignedIn, MissingScope, Forbidden, NotFound))
async def get_model_load(load: UUID, admin: ModelChooser, shelf: ModelShelf) -> ModelLoad:
    """How the load of a model goes, or why it failed."""
    return await shelf.loaded(load)


def _model(card: ModelCard, default: bool) -> Model:
    return Model(
        name=card.name,
        title=card.title,
        tasks=sorted(card.tasks),
        native_size=card.native_size,
        size=Model.Bounds(min=card.min_size, max=card.largest_size, multiple=card.size_multiple),
        steps=Model.Choice(default=card.default_steps, max=card.max_steps),
        guidance=Model.Choice(default=card.default_guidance, max=card.max_guidance),
        max_prompt_chars=card.max_prompt_chars,
        default=default,
    )


@router.get("/jobs/{job}", responses=problems(NotSignedIn, MissingScope, NotFound))
async def get_job(job: UUID, person: Reader, service: JobsService) -> Job:
    """One job of mine, as it is now."""
    return await service.get(person.id, job)


@router.post("/jobs/{job}/cancel", responses=problems(NotSignedIn, MissingScope, NotFound))
async def cancel_job(job: UUID, person: Changer, service: JobsService) -> Job:
    """Stop a job: at once while it waits, within one step while it runs."""
    return await service.cancel(person.id, job)


@router.post("/jobs/{job}/retry", responses=problems(NotSignedIn, MissingScope, NotFound, JobNotRetryable, QueueIsFull))
async def retry_job(job: UUID, person: Changer, service: JobsService) -> Job:
    """Run a failed or cancelled job again."""
    return await service.retry(person.id, job)


@router.get(
    "/jobs/{job}/events",
    response_class=Response,
    responses={
        200: {"content": {"text/event-stream": {}}},
        204: {"description": "The end was already told."},
        **problems(NotSignedIn, MissingScope, NotFound),
    },
)
async def job_events(
    job: UUID, person: Reader, service: JobsService, last: LastEventId = None, after: AfterQuery = None
) -> Response:
    """Follow one job: `queued`, `progress` (step, preview), then `done`, `error` or `cancelled`; each holds the whole job.

    Resume with `Last-Event-ID`. 204 says that the end was already told.
    """
    stream = await service.follow(person.id, job, last if last is not None else after)
    if stream is None:
        return Response(status_code=204)
    return await event_stream(stream, _job_frame)


def _job_frame(event: Event | Gap) -> ServerSentEvent | None:
    if isinstance(event, Gap):
        return None
    return ServerSentEvent(event=_EVENT_NAMES[event.data["state"]], id=str(event.id), data=json.dumps(event.data))


@router.get(
    "/events",
    tags=["events"],
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}, **problems(NotSignedIn, MissingScope, NotFound)},
)
async def my_events(
    request: Request,
    person: Annotated[Person, Allowed("events.follow")],
    last: LastEventId = None,
    after: AfterQuery = None,
    also: Annotated[
        str | None,
        Query(
            pattern=r"^[a-z]+/[a-z0-9-]{1,60}$",
            description="What a place tells as well: `atlas/commons` is what happens in that world of Atlas.",
        ),
    ] = None,
) -> Response:
    """Everything that happens to what is mine, and to the models, in one stream a tab. `reset` says: too long away, read the state anew."""
    bus: Bus = request.app.state.bus
    joined = await _joined(request, also) if also is not None else None
    since = last if last is not None else after
    # Found out before the answer begins: whoever reads the state once the stream is open misses nothing in between.
    since = await bus.position() if since is None else since
    topics = [person.topic, TOPIC, *(joined.topics if joined else ())]
    stream: AsyncIterator[Event | Gap] = bus.subscribe(topics, since)
    return await event_stream(joined.told(stream) if joined else stream, event_frame)


async def _joined(request: Request, also: str) -> Joined:
    places: Mapping[str, Joinable] = request.app.state.joinable
    place, _, name = also.partition("/")
    if place not in places:
        raise NotFound(f"No place called {place!r} adds to this stream; {', '.join(sorted(places))} do.")
    return await places[place].join(name)
