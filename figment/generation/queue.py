"""The queue under the jobs: procrastinate, on the same database, so that a job is queued by the transaction that makes it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from procrastinate import App, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job as QueueJob
from procrastinate.retry import BaseRetryStrategy
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from figment.core.database import Connection
from figment.generation import store
from figment.generation.contract import Urgency
from figment.generation.store import JobRow

QUEUE = "generation"
_TASK = "generation.run"
_LOAD_TASK = "generation.load_model"
RUNNER = "runner"
LOADER = "loader"
_PRIORITY = {Urgency.LIVE: 30, Urgency.INTERACTIVE: 20, Urgency.STUDIO: 10, Urgency.PREFETCH: 0}


class TryAgain(Exception):
    """The job's row is queued again: the queue shall look at it once more after `delay_s` seconds."""

    def __init__(self, delay_s: float) -> None:
        super().__init__(f"again in {delay_s:.0f} s")
        self.delay_s = delay_s


class _WhenAsked(BaseRetryStrategy):
    """The queue retries what asks for it; how often is decided on the job's own row."""

    def get_retry_decision(self, *, exception: BaseException, job: QueueJob) -> RetryDecision | None:
        if isinstance(exception, TryAgain):
            return RetryDecision(retry_in={"seconds": max(0, round(exception.delay_s))})
        return None


def build_queue(database_url: str, pool_size: int) -> App:
    """The queue's app. Workers give `JobRunner.run_job` and `ModelLoader.run` in the context under `RUNNER` and `LOADER`; whoever only
    queues need not open it.
    """
    connector = PsycopgConnector(
        conninfo=database_url,
        min_size=1,
        max_size=pool_size,
        configure=_one_by_one,
        pool_factory=_pool,
        # What a worker writes here is who looks at which job: lost in a crash, somebody looks again, and the fence decides.
        kwargs={"options": "-c synchronous_commit=off", "prepare_threshold": 0},
    )
    app = App(connector=connector)

    @app.task(name=_TASK, queue=QUEUE, pass_context=True, retry=_WhenAsked())
    async def run(context: JobContext, job: str) -> None:
        await context.additional_context[RUNNER](context, job)

    @app.task(name=_LOAD_TASK, queue=QUEUE, pass_context=True)
    async def load(context: JobContext, load: str) -> None:
        await context.additional_context[LOADER](UUID(load))

    return app


async def _one_by_one(connection: AsyncConnection[Any]) -> None:
    """Each of the queue's calls is one statement: a transaction around it would be two round trips that change nothing."""
    await connection.set_autocommit(True)


def _pool(**settings: Any) -> AsyncConnectionPool:
    return AsyncConnectionPool(**{**settings, "check": _still_open})


async def _still_open(connection: AsyncConnection[Any]) -> None:
    """What a server that went away has sent before it did lies in the socket: that needs no round trip, as procrastinate's own check does.

    Raises:
        psycopg.OperationalError: the connection was closed; the pool takes another.
    """
    connection.pgconn.consume_input()


def places(urgency: Urgency, most: int, most_of_owner: int) -> store.Queue:
    """Where jobs of this urgency stand in the queue."""
    return store.Queue(QUEUE, _TASK, _PRIORITY[urgency], most, most_of_owner)


async def enqueue_again(queue: App, connection: Connection, row: JobRow) -> None:
    """Give a job a new row in the queue, in the caller's transaction."""
    task = queue.configure_task(_TASK, queue=QUEUE, priority=_PRIORITY[Urgency(row.urgency)], connection=connection.raw)
    await store.set_queue_id(connection, row.id, await task.defer_async(job=str(row.id)))


async def enqueue_load(queue: App, connection: Connection, load: UUID) -> int:
    """Queue the load of a model before all pictures, in the caller's transaction. Gives the queue's id of it."""
    task = queue.configure_task(
        _LOAD_TASK, queue=QUEUE, priority=_PRIORITY[Urgency.LIVE] + 1, connection=connection.raw
    )
    return await task.defer_async(load=str(load))


async def abort(queue: App, connection: Connection, queue_id: int) -> None:
    """Take a waiting job out of the queue, or tell the worker that has it to stop; both when the transaction commits."""
    await queue.job_manager.cancel_job_by_id_async(queue_id, abort=True, delete_job=True, connection=connection.raw)
