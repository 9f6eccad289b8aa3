"""What a dead worker left is given to the living."""

from __future__ import annotations

import asyncio

import structlog
from procrastinate import App

from figment.core import events
from figment.core.database import Connection, Database
from figment.core.settings import Settings
from figment.generation import model_store, store
from figment.generation.model_loads import LOST
from figment.generation.models import tell
from figment.generation.queue import enqueue_again
from figment.generation.schemas import gave_up
from figment.generation.service import job_event, wire
from figment.generation.store import JobRow

log = structlog.get_logger(__name__)

_LOCK = 0x52434C4D


class Reclaimer:
    """Looks for jobs whose worker shows no sign of life, and for jobs that the queue has lost."""

    def __init__(self, database: Database, queue: App, settings: Settings) -> None:
        self._database = database
        self._queue = queue
        self._settings = settings

    async def run(self) -> None:
        while True:
            try:
                await self.reclaim()
            except Exception as error:
                log.warning("reclaim.failed", error=str(error))
            await asyncio.sleep(self._settings.heartbeat_s)

    async def reclaim(self) -> int:
        """Take over every such job. Gives how many there were."""
        stalled_after_s = self._settings.stalled_after_s
        async with self._database.transaction() as connection:
            if not await store.take_lock(connection, _LOCK):
                return 0
            # Listed and locked in one statement: a job that found a living worker meanwhile is not taken from it.
            rows = [
                *await store.stalled(connection, stalled_after_s),
                *await store.adrift(connection, stalled_after_s),
            ]
            changed = [await self._take_over(connection, row) for row in rows]
            lost = [
                ended
                for load in await model_store.lost(connection, stalled_after_s)
                if (ended := await model_store.end(connection, load.id, LOST)) is not None
            ]
            await store.forget_leftovers_of_queue(connection, stalled_after_s)
            await events.publish(connection, [job_event(row.topic, wire(row)) for row in changed])
            for load in lost:
                await tell(connection, load)
        for row in changed:
            log.warning("job.reclaimed", job=str(row.id), attempt=row.attempt, state=row.state)
        return len(changed)

    async def _take_over(self, connection: Connection, row: JobRow) -> JobRow:
        if row.queue_id is not None:
            await store.forget_in_queue(connection, row.queue_id)
        if row.cancel_requested:
            return await store.finish(connection, row.id, row.fence, "cancelled") or row
        if row.attempt >= self._settings.job_attempts:
            error = ("gave_up", gave_up("The worker was lost", row.attempt), True)
            return await store.finish(connection, row.id, row.fence, "failed", error=error) or row
        released = await store.release(connection, row.id, row.fence, count_attempt=True) or row
        # A new row in the queue, not the old one again: the worker that lost it may still wake and finish that one.
        await enqueue_again(self._queue, connection, released)
        return released
