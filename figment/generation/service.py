"""Submit, follow, cancel and retry durable jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from procrastinate import App

from figment.core import events
from figment.core.database import Connection, Database
from figment.core.errors import NotFound
from figment.core.events import Bus, Event, Gap
from figment.core.ids import uuid7
from figment.generation import store
from figment.generation.contract import ModelCard, Urgency
from figment.generation.errors import JobNotRetryable, NoModel, QueueIsFull, UnknownModel
from figment.generation.queue import abort, enqueue_again, places
from figment.generation.schemas import FINAL, Job, JobError, JobProgress, JobRequest
from figment.generation.store import JobRow
from figment.images.schemas import Image
from figment.images.service import Images

# What an image takes on a slow machine; only for the words "try again in", never for a decision.
_SECONDS_AN_IMAGE = 0.5

Cards = Callable[[], Awaitable[Sequence[ModelCard]]]


class Jobs:
    """Durable jobs of every place. Only ids cross into the queue; the rest is read from the job's row when it runs."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        queue: App,
        images: Images,
        cards: Cards,
        queue_limit: int,
        queue_limit_person: int,
    ) -> None:
        self._database = database
        self._bus = bus
        self._queue = queue
        self._images = images
        self._cards = cards
        self._queue_limit = queue_limit
        self._queue_limit_person = queue_limit_person

    async def models(self) -> Sequence[ModelCard]:
        """The installed models, the default one first."""
        return await self._cards()

    async def card(self, name: str | None) -> ModelCard:
        """
        Raises:
            UnknownModel: no model of that name is installed.
        """
        cards = await self._cards()
        if not cards:
            raise NoModel
        if name is None:
            return cards[0]
        for card in cards:
            if card.name == name:
                return card
        raise UnknownModel(name, [card.name for card in cards])

    async def submit(
        self,
        connection: Connection,
        owner: UUID,
        place: str,
        ref: UUID,
        requests: Sequence[JobRequest],
        urgency: Urgency = Urgency.STUDIO,
    ) -> list[Job]:
        """Queue one job a request in the caller's transaction: they run if, and only if, it commits. Call it last.

        Raises:
            QueueIsFull: too many jobs wait, in all or of this person; nothing was queued.
        """
        now = datetime.now(UTC)
        rows = [_new(owner, place, ref, urgency, request, now) for request in requests]
        jobs = [wire(row) for row in rows]
        told = [job_event(row.topic, job) for row, job in zip(rows, jobs, strict=True)]
        where = places(urgency, self._queue_limit, self._queue_limit_person)
        room = await store.submit_jobs(connection, rows, where, told)
        if not room.enough:
            raise self._full(room, len(requests))
        for n, job in enumerate(jobs):
            job.ahead = room.everybody + n
        return jobs

    def _full(self, room: store.Room, count: int) -> QueueIsFull:
        if room.everybody + count > self._queue_limit:
            return QueueIsFull(ahead=room.everybody, retry_after_s=room.everybody * _SECONDS_AN_IMAGE)
        return QueueIsFull(
            f"You have {room.mine} images waiting; at most {self._queue_limit_person} may. Let some finish first.",
            ahead=room.everybody,
            retry_after_s=room.mine * _SECONDS_AN_IMAGE,
        )

    async def get(self, owner: UUID, job: UUID) -> Job:
        async with self._database.transaction() as connection:
            row = await self._owned(connection, owner, job)
            return (await self.wire_all(connection, [row]))[0]

    async def by_refs(self, connection: Connection, place: str, refs: Sequence[UUID]) -> dict[UUID, list[Job]]:
        """The jobs of each ref, in their order."""
        found: dict[UUID, list[Job]] = {ref: [] for ref in refs}
        for job in await self.wire_all(connection, await store.jobs_by_ref(connection, place, refs)):
            found[job.ref].append(job)
        return found

    async def wire_all(self, connection: Connection, rows: Sequence[JobRow]) -> list[Job]:
        """Rows as people see them: with their image, their place in the queue or how far they are."""
        open_ids = [row.id for row in rows if row.state not in FINAL]
        return await self._wire_all(connection, rows, await events.latest(connection, open_ids) if open_ids else {})

    async def _wire_all(self, connection: Connection, rows: Sequence[JobRow], newest: dict[UUID, Event]) -> list[Job]:
        """`newest`: the last event about each job that is not over."""
        images = await self._images.by_ids(connection, [row.image for row in rows if row.image])
        queued = [row.id for row in rows if row.state == "queued"]
        ahead = await store.ahead_of(connection, queued) if queued else {}
        jobs = []
        for row in rows:
            job = wire(row, ahead.get(row.id), images.get(row.image) if row.image else None)
            told = newest.get(row.id)
            if row.state not in FINAL and told and told.data.get("attempt") == row.attempt:
                job.progress = told.data.get("progress") and JobProgress.model_validate(told.data["progress"])
            jobs.append(job)
        return jobs

    async def cancel(self, owner: UUID, job: UUID) -> Job:
        """Stop a job: at once while it waits, within one step while it runs. A finished job stays as it is."""
        async with self._database.transaction() as connection:
            await self._owned(connection, owner, job)
            row = await store.job_by_id(connection, job, lock=True)
            if row is None:
                raise NotFound
            row = await self._cancel(connection, row)
            found = (await self.wire_all(connection, [row]))[0]
            if row.state == "cancelled":
                await events.publish(connection, [job_event(row.topic, found)])
            return found

    async def _cancel(self, connection: Connection, row: JobRow) -> JobRow:
        """Cancel a locked job. Says nothing of it: events come last in a transaction."""
        if row.state in FINAL:
            return row
        if row.queue_id is not None:
            # Tells the worker that has it, in the same transaction; one that has not begun finds nothing to begin.
            await abort(self._queue, connection, row.queue_id)
        if row.state == "running":
            await store.request_cancel(connection, row.id)
            return row
        return await store.finish(connection, row.id, row.fence, "cancelled") or row

    async def retry(self, owner: UUID, job: UUID) -> Job:
        """Run a failed or cancelled job again, under the same id.

        Raises:
            JobNotRetryable: it is neither.
        """
        async with self._database.transaction() as connection:
            await self._owned(connection, owner, job)
            row = await store.job_by_id(connection, job, lock=True)
            if row is None or row.state not in ("failed", "cancelled"):
                raise JobNotRetryable
            everybody, mine = await store.room(connection, owner)
            room = store.Room(everybody, mine, everybody < self._queue_limit and mine < self._queue_limit_person)
            if not room.enough:
                raise self._full(room, 1)
            row = await store.reset(connection, job)
            await enqueue_again(self._queue, connection, row)
            found = (await self.wire_all(connection, [row]))[0]
            await events.publish(connection, [job_event(row.topic, found)])
            return found

    async def drop(
        self, connection: Connection, place: str, refs: Sequence[UUID], besides: UUID | None = None
    ) -> list[UUID]:
        """Cancel what runs for these refs and forget the jobs, in the caller's transaction. Gives the images that they had made.

        `besides`: the image of a job that stays. Call it last: it ends with the events' lock.
        """
        locked = await store.lock_by_ref(connection, place, refs)
        rows = [row for row in locked if besides is None or row.image != besides]
        told = []
        for row in rows:
            if row.state not in FINAL:
                ended = await self._cancel(connection, row)
                told.append(job_event(row.topic, wire(replace(ended, state="cancelled"))))
        await store.delete_jobs(connection, [row.id for row in rows])
        await events.publish(connection, told)
        return [row.image for row in rows if row.image]

    # -- what is kept of a person (`figment.accounts.entrance.Keeper`) ------------------------------------------------

    async def hand_over(self, connection: Connection, giver: UUID, taker: UUID) -> None:
        """What runs is begun anew: the picture that its worker is about to keep would be nobody's."""
        for row in await store.hand_over(connection, giver, taker):
            released = await store.release(connection, row.id, row.fence, count_attempt=False)
            if released:
                await enqueue_again(self._queue, connection, released)

    async def forget(self, connection: Connection, person: UUID) -> None:
        """Stop what runs: a worker finds its job gone, and keeps nothing."""
        for row in await store.lock_unfinished_of(connection, person):
            await self._cancel(connection, row)

    async def documents(self, connection: Connection, person: UUID) -> dict[str, Any]:
        rows = await store.jobs_of(connection, person)
        return {"jobs.json": [wire(row).model_dump(mode="json", exclude={"image"}) for row in rows]}

    async def follow(self, owner: UUID, job: UUID, after: int | None) -> AsyncIterator[Event] | None:
        """The job's events until it ends, from the present state or from just behind event `after`.

        None when the job is over and `after` has seen the end: there is nothing left to tell.
        """
        async with self._database.statements() as connection:
            # The event before the row: a change that commits in between is told twice rather than never.
            newest = await events.latest(connection, [job])
            row = await self._owned(connection, owner, job)
            now = (await self._wire_all(connection, [row], newest))[0]
        told = newest[job].id if job in newest else None
        if row.state in FINAL and after is not None and told is not None and after >= told:
            return None
        if row.state in FINAL and told is None:
            # Its events are kept no longer: the end is told once more rather than never.
            return self._only(replace(job_event(row.topic, now), id=after or 0))
        if after is None:
            return self._follow(row, replace(job_event(row.topic, now), id=told or 0))
        return self._resume(row, after)

    async def _follow(self, row: JobRow, first: Event) -> AsyncIterator[Event]:
        yield first
        if first.data["state"] not in FINAL:
            async for event in self._resume(row, first.id):
                yield event

    async def _resume(self, row: JobRow, after: int) -> AsyncIterator[Event]:
        async for event in self._bus.subscribe([row.topic], after, subject=row.id):
            found = await self._snapshot(row, event.id) if isinstance(event, Gap) else event
            yield found
            if found.data["state"] in FINAL:
                return

    async def _snapshot(self, row: JobRow, event_id: int) -> Event:
        """The job as it is now, as an event of that id."""
        now = await self.get(row.owner, row.id)
        return replace(job_event(row.topic, now), id=event_id)

    @staticmethod
    async def _only(event: Event) -> AsyncIterator[Event]:
        yield event

    async def _owned(self, connection: Connection, owner: UUID, job: UUID) -> JobRow:
        row = await store.job_by_id(connection, job)
        if row is None or row.owner != owner:
            raise NotFound("There is no such job among yours.")
        return row


def _new(owner: UUID, place: str, ref: UUID, urgency: Urgency, request: JobRequest, now: datetime) -> JobRow:
    return JobRow(
        id=uuid7(),
        owner=owner,
        place=place,
        ref=ref,
        urgency=urgency,
        request=request.model_dump(mode="json"),
        state="queued",
        attempt=0,
        fence=0,
        cancel_requested=False,
        queue_id=None,
        image=None,
        error_code=None,
        error_detail=None,
        error_retryable=False,
        created_at=now,
    )


def wire(row: JobRow, ahead: int | None = None, image: Image | None = None) -> Job:
    """The job's row as people see it; its progress is the caller's to add."""
    error = None
    if row.state == "failed" and row.error_code:
        error = JobError(code=row.error_code, detail=row.error_detail or "", retryable=row.error_retryable)
    return Job(
        id=row.id,
        place=row.place,
        ref=row.ref,
        state=row.state,
        seed=row.request["seed"],
        attempt=row.attempt,
        fence=row.fence,
        ahead=ahead,
        error=error,
        image=image,
        created_at=row.created_at,
    )


def job_event(topic: str, job: Job) -> Event:
    return Event(topic, "job", job.model_dump(mode="json"), job.id)
