"""The background side of jobs: run one, tell how far it is, take over what a dead worker left."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from dataclasses import dataclass
from uuid import UUID

import structlog
from procrastinate import App, JobContext
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason
from procrastinate.jobs import DeleteJobCondition

from figment.core import events
from figment.core.database import Connection, Database
from figment.core.settings import Settings
from figment.generation import store
from figment.generation.contract import (
    Finished,
    GenerationRefused,
    ImageRequest,
    ImageWorker,
    Progress,
    QueueFull,
    Ticket,
    Urgency,
    Waiting,
    WorkerLost,
)
from figment.generation.queue import QUEUE, TryAgain, enqueue_again
from figment.generation.schemas import JobProgress, JobRequest
from figment.generation.service import job_event, wire
from figment.generation.store import JobRow
from figment.images import codec
from figment.images.recipes import Recipe
from figment.images.service import Images

log = structlog.get_logger(__name__)

_FLUSH_S = 0.1
_RECLAIM_LOCK = 0x52434C4D
_SHUTDOWN_S = 5.0
_BACKOFF_S = (1, 4, 15, 60)


class Superseded(Exception):
    """The job passed to another worker, or is over: whatever was made here is not written."""


@dataclass(frozen=True, slots=True)
class _Note:
    row: JobRow
    update: Waiting | Progress


class Reporter:
    """Writes the latest progress of all running jobs of this process, at most ten times a second, in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._notes: dict[UUID, _Note] = {}
        self._running: set[UUID] = set()
        self._news = asyncio.Event()

    def note(self, row: JobRow, update: Waiting | Progress) -> None:
        self._notes[row.id] = _Note(row, update)
        self._news.set()

    def forget(self, job: UUID) -> None:
        self._notes.pop(job, None)
        self._running.discard(job)

    async def run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            notes, self._notes = self._notes, {}
            try:
                await self._write(list(notes.values()))
            except Exception as error:
                # Progress is worth no failed job: the next note tells more.
                log.warning("progress.lost", error=str(error))
            await asyncio.sleep(_FLUSH_S)

    async def _write(self, notes: list[_Note]) -> None:
        told = await asyncio.to_thread(lambda: [(note.row, _tell(note)) for note in notes])
        async with self._database.relaxed() as connection:
            held = await store.still_held(connection, [(note.row.id, note.row.fence) for note in notes])
            begun = {note.row.id for note in notes if isinstance(note.update, Progress)} & held - self._running
            if begun:
                await store.mark_running(connection, sorted(begun))
                self._running |= begun
            await events.publish(connection, [event for row, event in told if row.id in held])


def _tell(note: _Note) -> events.Event:
    """The event of one note; encodes the preview, hence in a thread."""
    job = wire(note.row)
    if isinstance(note.update, Waiting):
        job.state, job.ahead = "queued", note.update.ahead
    else:
        preview = note.update.preview
        url = None
        if preview is not None:
            url = "data:image/webp;base64," + base64.b64encode(codec.preview_webp(preview)).decode()
        job.state, job.progress = "running", JobProgress(step=note.update.step, of=note.update.of, preview=url)
    return job_event(note.row.topic, job)


class JobRunner:
    """Takes jobs from the queue and sees each through on an `ImageWorker`."""

    def __init__(self, database: Database, queue: App, images: Images, worker: ImageWorker, settings: Settings) -> None:
        self._database = database
        self._queue = queue
        self._images = images
        self._worker = worker
        self._settings = settings
        self._reporter = Reporter(database)
        self._weights: dict[str, str] = {}

    async def run(self) -> None:
        """Work until cancelled; then what runs gets a few seconds to end, and goes back to the queue if it does not."""
        self._weights = {card.name: card.weights_hash for card in await self._worker.models()}
        tasks = [
            asyncio.create_task(self._reporter.run(), name="progress"),
            asyncio.create_task(self._reclaim_forever(), name="reclaimer"),
        ]
        try:
            await self._queue.run_worker_async(
                queues=[QUEUE],
                concurrency=self._settings.worker_concurrency,
                install_signal_handlers=False,
                delete_jobs=DeleteJobCondition.ALWAYS,
                shutdown_graceful_timeout=_SHUTDOWN_S,
                # Only new jobs announce themselves; one that waits to be tried again is found by looking.
                fetch_job_polling_interval=min(1.0, self._settings.heartbeat_s),
                update_heartbeat_interval=self._settings.heartbeat_s,
                stalled_worker_timeout=self._settings.stalled_after_s,
                additional_context={"runner": self.run_job},
            )
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # -- one job ------------------------------------------------------------------------------------------------------

    async def run_job(self, context: JobContext, job: str) -> None:
        """Make one job's image, and end the job in one transaction with it."""
        # Relaxed: lost in a crash, the fence is as before, our result is refused and the job is run again.
        async with self._database.statements(relaxed=True) as connection:
            row = await store.begin_attempt(connection, UUID(job))
        if row is None:
            return
        try:
            finished = await self._make(row)
            await self._deliver(row, finished)
        except Superseded:
            log.info("job.superseded", job=job, attempt=row.attempt)
        except asyncio.CancelledError:
            await self._stopped(row, context)
        except GenerationRefused as refusal:
            await self._end(row, "failed", ("refused", str(refusal), False))
        except QueueFull as full:
            await self._again(row, full.retry_after_s, count=False)
        except Exception as error:
            await self._failed(row, error)
        finally:
            self._reporter.forget(row.id)

    async def _make(self, row: JobRow) -> Finished:
        request = await self._request(row)
        ticket = Ticket(urgency=Urgency(row.urgency), person=str(row.owner))
        # Closed here, not by the garbage collector: closing is what takes the row out of the engine's batch.
        async with contextlib.aclosing(self._worker.run(request, ticket)) as updates:
            async for update in updates:
                if isinstance(update, Finished):
                    return update
                self._reporter.note(row, update)
        raise WorkerLost("the engine ended without a picture")

    async def _request(self, row: JobRow) -> ImageRequest:
        kept = JobRequest.model_validate(row.request)
        request = kept.without_pictures()
        if kept.init_image is None:
            return request
        source = await self._images.original(await self._images.owned(row.owner, kept.init_image))
        fields = {"init_image": await asyncio.to_thread(codec.to_pixels, source, kept.width, kept.height)}
        if kept.mask is not None:
            mask = await self._images.original(await self._images.owned(row.owner, kept.mask))
            fields["mask"] = await asyncio.to_thread(codec.to_mask, mask, kept.width, kept.height)
        return ImageRequest(**{**kept.model_dump(exclude={"init_image", "mask"}), **fields})

    async def _deliver(self, row: JobRow, finished: Finished) -> None:
        encoded = await asyncio.to_thread(codec.encode_png, finished.pixels)
        sha256 = await self._images.write_file(encoded)
        recipe = self._recipe(row)
        async with self._database.transaction() as connection:
            image = await self._images.add(
                connection, row.owner, sha256, (encoded.width, encoded.height), recipe.prompt, recipe
            )
            ended = await store.finish(connection, row.id, row.fence, "succeeded", image=image)
            if ended is None:
                # Rolls the image back with everything else: the one who holds the job now writes it.
                raise Superseded
            job = wire(ended)
            job.image = (await self._images.by_ids(connection, [image]))[image]
            await events.publish(connection, [job_event(ended.topic, job)])
        log.info("job.done", job=str(row.id), attempt=row.attempt, compute_s=round(finished.compute_s, 3))

    def _recipe(self, row: JobRow) -> Recipe:
        kept = JobRequest.model_validate(row.request)
        inputs = {name: str(value) for name, value in (("image", kept.init_image), ("mask", kept.mask)) if value}
        return Recipe(
            **kept.model_dump(exclude={"init_image", "mask", "strength"}),
            weights_hash=self._weights[kept.model],
            task="inpainting" if kept.mask else "image-to-image" if kept.init_image else "text-to-image",
            strength=kept.strength if kept.init_image else None,
            inputs=inputs,
            parent=kept.init_image,
        )

    # -- how it can end otherwise -------------------------------------------------------------------------------------

    async def _stopped(self, row: JobRow, context: JobContext) -> None:
        """A person cancelled the job, or this process is going down and leaves it to the next."""
        if context.abort_reason() == AbortReason.USER_REQUEST:
            await self._end(row, "cancelled")
            raise JobAborted
        await self._again(row, 0, count=False)

    async def _failed(self, row: JobRow, error: Exception) -> None:
        log.warning("job.attempt_failed", job=str(row.id), attempt=row.attempt, exc_info=error)
        if row.attempt < self._settings.job_attempts:
            await self._again(row, _BACKOFF_S[min(row.attempt, len(_BACKOFF_S)) - 1], count=True)
        reason = "The engine stopped" if isinstance(error, WorkerLost) else "The engine failed"
        await self._end(row, "failed", ("gave_up", _gave_up(reason, row.attempt), True))

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

    # -- what a dead worker left --------------------------------------------------------------------------------------

    async def _reclaim_forever(self) -> None:
        while True:
            try:
                await self.reclaim()
            except Exception as error:
                log.warning("reclaim.failed", exc_info=error)
            await asyncio.sleep(self._settings.heartbeat_s)

    async def reclaim(self) -> int:
        """Give the jobs of workers that show no sign of life to the living. Gives how many."""
        stalled_after_s = self._settings.stalled_after_s
        stalled = await self._queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after_s)
        jobs = [UUID(str(queued.task_kwargs["job"])) for queued in stalled]
        async with self._database.transaction() as connection:
            # One reclaimer at a time: what it lists is still so when it acts, since only reclaimers take jobs from the dead.
            if not await store.take_lock(connection, _RECLAIM_LOCK):
                return 0
            await store.forget_orphans_of_queue(connection, jobs)
            rows = [*await store.unfinished(connection, jobs), *await store.adrift(connection, stalled_after_s)]
            changed = [await self._take_over(connection, row) for row in rows]
            await events.publish(connection, [job_event(row.topic, wire(row)) for row in changed])
        for row in changed:
            log.warning("job.reclaimed", job=str(row.id), attempt=row.attempt, state=row.state)
        return len(changed)

    async def _take_over(self, connection: Connection, row: JobRow) -> JobRow:
        if row.queue_id is not None:
            await store.forget_in_queue(connection, row.queue_id)
        if row.cancel_requested:
            return await store.finish(connection, row.id, row.fence, "cancelled") or row
        if row.attempt >= self._settings.job_attempts:
            error = ("gave_up", _gave_up("The worker was lost", row.attempt), True)
            return await store.finish(connection, row.id, row.fence, "failed", error=error) or row
        released = await store.release(connection, row.id, row.fence, count_attempt=True) or row
        # A new row in the queue, not the old one again: the worker that lost it may still wake and finish that one.
        await enqueue_again(self._queue, connection, released)
        return released


def _gave_up(reason: str, attempts: int) -> str:
    return f"{reason} each of the {attempts} times that this was tried. Try again later; the log says more."
