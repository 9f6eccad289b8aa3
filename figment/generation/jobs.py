"""The background side of jobs: take them from the queue, and see each through."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import structlog
from procrastinate import App, JobContext
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason
from procrastinate.jobs import DeleteJobCondition
from procrastinate.worker import Worker

from figment.core import events
from figment.core.database import Connection, Database, DatabaseError
from figment.core.errors import FigmentError
from figment.core.events import Event
from figment.core.settings import Settings
from figment.generation import store
from figment.generation.contract import (
    Finished,
    GenerationRefused,
    ImageRequest,
    ImageWorker,
    ModelCard,
    Pixels,
    QueueFull,
    Ticket,
    Urgency,
    Waiting,
    WorkerLost,
)
from figment.generation.model_loads import ModelLoader
from figment.generation.places import Drawing, MakeAgain, Outdated, Place
from figment.generation.progress import Reporter
from figment.generation.queue import LOADER, QUEUE, RUNNER, TryAgain, build_queue
from figment.generation.reclaim import Reclaimer
from figment.generation.schemas import JobProgress, JobRequest, gave_up
from figment.generation.service import job_event, wire
from figment.generation.store import JobRow
from figment.images import codec
from figment.images.provenance import Made
from figment.images.recipes import Recipe
from figment.images.schemas import Image
from figment.images.service import Images
from figment.images.store import Announced

log = structlog.get_logger(__name__)

_QUEUE_CONNECTIONS = 4
_WAITING_S = 1.0
_BEGINNING_S = 0.1
_SHUTDOWN_S = 5.0
_BACKOFF_S = (1, 4, 15, 60)


class Reader(Protocol):
    """Reads the words of a job while its picture is made."""

    async def read(self, person: UUID, prompt: Mapping[str, str]) -> None:
        """Raises FigmentError where the picture must not be kept; the job fails with it. `prompt`: what was asked for, by field."""


class Superseded(Exception):
    """The job passed to another worker, or is over: whatever was made here is not written."""


class JobRunner:
    """Takes jobs from the queue and sees each through on an `ImageWorker`."""

    def __init__(
        self,
        database: Database,
        images: Images,
        worker: ImageWorker,
        settings: Settings,
        reader: Reader | None = None,
        places: Mapping[str, Place] | None = None,
    ) -> None:
        """`places`: those that draw their pictures themselves, by the name that their jobs have."""
        self._database = database
        self._reader = reader
        self._places = places or {}
        self._images = images
        self._worker = worker
        self._settings = settings
        self._reporter = Reporter(database)
        self._loader = ModelLoader(database, worker)
        self._weights: dict[str, str] = {}
        self.healthy = False

    async def run(self) -> None:
        """Work until cancelled; then what runs gets a few seconds to end, and goes back to the queue if it does not.

        `healthy` says whether jobs are being taken. A queue worker that stops, or shows no sign of life although the database
        answers, is replaced: it does not survive a database that was away for long.
        """
        self._weights = {card.name: card.weights_hash for card in await self._worker.models()}
        queue = build_queue(self._database.url, _QUEUE_CONNECTIONS)
        tasks = [
            asyncio.create_task(self._reporter.run(), name="progress"),
            asyncio.create_task(Reclaimer(self._database, queue, self._settings).run(), name="reclaimer"),
        ]
        try:
            while True:
                await self._work()
                self.healthy = False
                log.warning("worker.replaced")
                await asyncio.sleep(self._settings.heartbeat_s)
        finally:
            self.healthy = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self) -> None:
        """Take jobs with one queue worker, until it is lost."""
        queue = build_queue(self._database.url, _QUEUE_CONNECTIONS)
        worker = Worker(
            queue,
            queues=[QUEUE],
            concurrency=self._settings.worker_concurrency,
            install_signal_handlers=False,
            delete_jobs=DeleteJobCondition.ALWAYS,
            shutdown_graceful_timeout=_SHUTDOWN_S,
            # Only new jobs announce themselves; one that waits to be tried again is found by looking.
            fetch_job_polling_interval=min(1.0, self._settings.heartbeat_s),
            update_heartbeat_interval=self._settings.heartbeat_s,
            stalled_worker_timeout=self._settings.stalled_after_s,
            additional_context={RUNNER: self.run_job, LOADER: self._loader.run},
        )
        task = asyncio.create_task(_opened(queue, worker), name="queue worker")
        try:
            await self._watch(worker, task)
        finally:
            task.cancel()
            # Bounded: a worker that lost its database waits for it without end, and nothing of it is needed any more.
            await asyncio.wait({task}, timeout=_SHUTDOWN_S + 2)
            if task.done() and not task.cancelled() and task.exception():
                log.warning("worker.lost", error=str(task.exception()))

    async def _watch(self, worker: Worker, task: asyncio.Task[None]) -> None:
        """Return when the worker has ended, or is as good as dead."""
        while not task.done():
            # Often until it has begun, so that a server is ready as soon as it is.
            await asyncio.wait({task}, timeout=self._settings.heartbeat_s if self.healthy else _BEGINNING_S)
            if worker.worker_id is None:
                continue
            try:
                async with self._database.statements() as connection:
                    silent_s = await store.silence(connection, worker.worker_id)
            except DatabaseError:
                self.healthy = False  # Nobody's heart is heard while the database is away.
                continue
            self.healthy = silent_s is not None and silent_s < self._settings.stalled_after_s
            if not self.healthy:
                return

    # -- one job ------------------------------------------------------------------------------------------------------

    async def run_job(self, context: JobContext, job: str) -> None:
        """Make one job's image, and end the job in one transaction with it."""
        row = await self._begin(UUID(job))
        if row is None:
            return
        try:
            drawing = await self._draw(row)
            finished = await self._make_and_read(row, drawing)
            # Nobody needs to hear of a step any more, and telling would hold the picture up.
            self._reporter.forget(row.id)
            await self._deliver(row, drawing, finished)
        except MakeAgain:
            await self._again(row, 0, count=False)
        except Superseded:
            log.info("job.superseded", job=job, attempt=row.attempt)
        except asyncio.CancelledError:
            await self._stopped(row, context)
        except GenerationRefused as refusal:
            await self._end(row, "failed", ("refused", str(refusal), False))
        except FigmentError as error:
            await self._wrong(row, error)
        except QueueFull as full:
            await self._again(row, full.retry_after_s, count=False)
        except Exception as error:
            await self._failed(row, error)
        finally:
            self._reporter.forget(row.id)

    async def _begin(self, job: UUID) -> JobRow | None:
        try:
            # Relaxed: lost in a crash, the fence is as before, our result is refused and the job is run again.
            async with self._database.statements(relaxed=True) as connection:
                return await store.begin_attempt(connection, job)
        except DatabaseError as error:
            log.warning("job.not_begun", job=str(job), error=str(error).splitlines()[0])
            raise TryAgain(1) from error

    async def _make_and_read(self, row: JobRow, drawing: Drawing) -> Finished:
        """Both at once: reading is short beside making, and seldom finds anything."""
        if self._reader is None:
            return await self._make(row, drawing)
        prompt = {name: row.request[name] for name in ("prompt", "negative_prompt")}
        reading = asyncio.create_task(self._reader.read(row.owner, prompt), name="reading")
        try:
            finished = await self._make(row, drawing)
            await reading
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        return finished

    async def _make(self, row: JobRow, drawing: Drawing) -> Finished:
        request = drawing.request
        await self._know(request.model)
        ticket = Ticket(urgency=Urgency(row.urgency), person=str(row.owner))
        told_waiting_at = -_WAITING_S
        # Closed here, not by the garbage collector: closing is what takes the row out of the engine's batch.
        async with contextlib.aclosing(self._worker.run(request, ticket)) as updates:
            async for update in updates:
                if isinstance(update, Finished):
                    return update
                if isinstance(update, Waiting):
                    # Every picture that is done moves everybody up; once a second is soon enough to say so.
                    if time.monotonic() < told_waiting_at + _WAITING_S:
                        continue
                    told_waiting_at = time.monotonic()
                self._reporter.note(row, update, drawing)
        raise WorkerLost("the engine ended without a picture")

    async def _know(self, model: str) -> None:
        """Open a model that another process was told to load, or this one before it was started anew.

        Raises:
            ModelUnavailable: it cannot be had here.
        """
        if model in self._weights:
            return
        async for update in self._worker.open(model):
            if isinstance(update, ModelCard):
                self._weights[model] = update.weights_hash

    async def _draw(self, row: JobRow) -> Drawing:
        kept = JobRequest.model_validate(row.request)
        if (place := self._places.get(row.place)) is not None:
            return await place.draw(row, kept.without_pictures())
        inputs = {name: str(value) for name, value in (("image", kept.init_image), ("mask", kept.mask)) if value}
        return _Lone(await self._request(row.owner, kept), inputs)

    async def _request(self, owner: UUID, kept: JobRequest) -> ImageRequest:
        request = kept.without_pictures()
        if kept.init_image is None:
            return request
        source = await self._images.original(await self._images.usable(owner, kept.init_image))
        fields = {"init_image": await asyncio.to_thread(codec.to_pixels, source, kept.width, kept.height)}
        if kept.mask is not None:
            mask = await self._images.original(await self._images.usable(owner, kept.mask))
            fields["mask"] = await asyncio.to_thread(codec.to_mask, mask, kept.width, kept.height)
        return ImageRequest(**{**kept.model_dump(exclude={"init_image", "mask"}), **fields})

    async def _deliver(self, row: JobRow, drawing: Drawing, finished: Finished) -> None:
        recipe = self._recipe(row, drawing)
        made = await self._images.made(recipe)
        encoded = await asyncio.to_thread(codec.encode_png, finished.pixels, made)
        announced = await self._images.announce(encoded)
        writing = asyncio.create_task(self._images.write(announced, encoded))
        try:
            while True:
                await drawing.prepare(finished.pixels)
                with contextlib.suppress(Outdated):
                    image = await self._commit(row, drawing, announced, encoded, recipe, made, writing)
                    break
        finally:
            await asyncio.gather(writing, return_exceptions=True)
        await self._images.settle(announced, image)
        log.info("job.done", job=str(row.id), attempt=row.attempt, compute_s=round(finished.compute_s, 3))

    async def _commit(
        self,
        row: JobRow,
        drawing: Drawing,
        announced: Announced,
        encoded: codec.Picture,
        recipe: Recipe,
        made: Made,
        writing: asyncio.Task[None],
    ) -> Image:
        async with self._database.transaction() as connection:
            image = await self._images.add(connection, row.owner, announced, encoded, recipe.prompt, recipe, made)
            told = await drawing.keep(connection, image)
            ended = await store.finish(connection, row.id, row.fence, "succeeded", image=image.id)
            if ended is None:
                # Rolls the image back with everything else: the one who holds the job now writes it.
                raise Superseded
            # Before the commit: no row ever names a file that is not there for good.
            await asyncio.shield(writing)
            await events.publish(connection, [*told, job_event(ended.topic, wire(ended, image=image))])
        return image

    def _recipe(self, row: JobRow, drawing: Drawing) -> Recipe:
        kept, request = JobRequest.model_validate(row.request), drawing.request
        return Recipe(
            **kept.model_dump(exclude={"init_image", "mask", "strength"}),
            weights_hash=self._weights[kept.model],
            task=request.task,
            strength=None if request.init_image is None else request.strength,
            inputs=dict(drawing.inputs),
            parent=kept.init_image,
        )

    # -- how it can end otherwise -------------------------------------------------------------------------------------

    async def _stopped(self, row: JobRow, context: JobContext) -> None:
        """A person cancelled the job, or this process is going down and leaves it to the next."""
        if context.abort_reason() == AbortReason.USER_REQUEST:
            await self._end(row, "cancelled")
            raise JobAborted
        await self._again(row, 0, count=False)

    async def _wrong(self, row: JobRow, error: FigmentError) -> None:
        """Something of ours is not as it should be: for good, such as a deleted start image, or for now, such as the storage."""
        if error.status < 500:
            await self._end(row, "failed", (error.code, error.detail, False))
        else:
            await self._failed(row, error)

    async def _failed(self, row: JobRow, error: Exception) -> None:
        log.warning("job.attempt_failed", job=str(row.id), attempt=row.attempt, exc_info=error)
        if row.attempt >= self._settings.job_attempts:
            reason = "The engine stopped" if isinstance(error, WorkerLost) else "The engine failed"
            await self._end(row, "failed", ("gave_up", gave_up(reason, row.attempt), True))
        else:
            await self._again(row, _BACKOFF_S[min(row.attempt, len(_BACKOFF_S)) - 1], count=True)

    async def _again(self, row: JobRow, delay_s: float, count: bool) -> None:
        async with self._database.transaction() as connection:
            released = await store.release(connection, row.id, row.fence, count)
            if released is not None:
                await events.publish(connection, [job_event(released.topic, wire(released))])
        if released is None:
            return
        raise TryAgain(delay_s)

    async def _end(self, row: JobRow, state: str, error: tuple[str, str, bool] | None = None) -> None:
        async with self._database.transaction() as connection:
            ended = await store.finish(connection, row.id, row.fence, state, error=error)
            if ended is not None:
                await events.publish(connection, [job_event(ended.topic, wire(ended))])


@dataclass(frozen=True, slots=True)
class _Lone:
    """A picture that is all there is to a job."""

    request: ImageRequest
    inputs: Mapping[str, str]

    def shown(self, progress: JobProgress) -> None:
        """It is its owner's alone."""

    async def prepare(self, picture: Pixels) -> None: ...

    async def keep(self, connection: Connection, image: Image) -> Sequence[Event]:
        return ()


async def _opened(queue: App, worker: Worker) -> None:
    async with queue.open_async():
        await worker.run()  # type: ignore[no-untyped-call]
