"""All SQL of jobs.

A job's row is the truth; the queue's row (procrastinate) only says when to look at it. Whoever works on a job holds its `fence`:
every write of a worker names it, and it grows whenever the job changes hands, so that one who wakes late writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from figment.core.database import Connection
from figment.core.events import Event


@dataclass(frozen=True, slots=True)
class JobRow:
    id: UUID
    owner: UUID
    place: str
    ref: UUID
    urgency: int
    request: dict[str, Any]
    state: str
    attempt: int
    fence: int
    cancel_requested: bool
    queue_id: int | None
    image: UUID | None
    error_code: str | None
    error_detail: str | None
    error_retryable: bool
    created_at: datetime

    @property
    def topic(self) -> str:
        return f"person:{self.owner}"


_COLUMNS = (
    "id, owner, place, ref, urgency, request, state, attempt, fence, cancel_requested, queue_id, image, "
    "error_code, error_detail, error_retryable, created_at"
)


@dataclass(frozen=True, slots=True)
class Queue:
    """How a job is put into the queue, and how full it may be."""

    name: str
    task: str
    priority: int
    most: int
    most_of_owner: int


@dataclass(frozen=True, slots=True)
class Room:
    """How many jobs were unfinished, of everybody and of the owner, and whether there was room for these."""

    everybody: int
    mine: int
    enough: bool


async def submit_jobs(connection: Connection, rows: Sequence[JobRow], queue: Queue, told: Sequence[Event]) -> Room:
    """Queue, write and announce jobs of one owner and ref in one round trip, or write nothing when there is no room.

    Ends with the events' lock (`events.publish`): call it last.
    """
    first = rows[0]
    row = (
        await connection.execute(
            """
                SELECT * FROM submit_jobs(%(owner)s, %(place)s, %(ref)s, %(urgency)s, %(created_at)s, CAST(%(ids)s AS uuid[]), CAST(%(requests)s AS jsonb[]),
                    %(queue)s, %(task)s, %(priority)s, %(most)s, %(most_of_owner)s, %(topic)s, CAST(%(events)s AS jsonb[]))
            """,
            {
                "owner": first.owner,
                "place": first.place,
                "ref": first.ref,
                "urgency": first.urgency,
                "created_at": first.created_at,
                "ids": [row.id for row in rows],
                "requests": [to_json(row.request).decode() for row in rows],
                "queue": queue.name,
                "task": queue.task,
                "priority": queue.priority,
                "most": queue.most,
                "most_of_owner": queue.most_of_owner,
                "topic": first.topic,
                "events": [to_json(event.data).decode() for event in told],
            },
        )
    ).one()
    return Room(*row)


async def set_queue_id(connection: Connection, job: UUID, queue_id: int) -> None:
    await connection.execute(
        "UPDATE jobs SET queue_id = %(queue_id)s WHERE id = %(id)s", {"id": job, "queue_id": queue_id}
    )


async def job_by_id(connection: Connection, job: UUID, lock: bool = False) -> JobRow | None:
    """One job; with `lock`, held until the commit so that a cancel and a finish decide one after the other."""
    row = (
        await connection.execute(
            f"SELECT {_COLUMNS} FROM jobs WHERE id = %(id)s {'FOR UPDATE' if lock else ''}",  # noqa: S608
            {"id": job},
        )
    ).one_or_none()
    return JobRow(*row) if row else None


async def jobs_by_ref(connection: Connection, place: str, refs: Sequence[UUID]) -> list[JobRow]:
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM jobs WHERE place = %(place)s AND ref = ANY(%(refs)s) ORDER BY ref, position",  # noqa: S608
        {"place": place, "refs": list(refs)},
    )
    return [JobRow(*row) for row in rows]


async def ahead_of(connection: Connection, jobs: Sequence[UUID]) -> dict[UUID, int]:
    """How many unfinished jobs are older than each of these; UUIDv7 sorts by time."""
    rows = await connection.execute(
        """
            SELECT j.id, (SELECT count(*) FROM jobs o WHERE o.state IN ('queued', 'running') AND o.id < j.id) AS ahead
            FROM unnest(CAST(%(jobs)s AS uuid[])) AS j (id)
        """,
        {"jobs": list(jobs)},
    )
    return {row.id: row.ahead for row in rows}


async def begin_attempt(connection: Connection, job: UUID) -> JobRow | None:
    """Take the job; None when it is over, or gone. From here on only the holder of the new fence may write."""
    row = (
        await connection.execute(
            f"""
                UPDATE jobs SET attempt = attempt + 1, fence = fence + 1
                WHERE id = %(id)s AND state IN ('queued', 'running') AND NOT cancel_requested RETURNING {_COLUMNS}
            """,  # noqa: S608
            {"id": job},
        )
    ).one_or_none()
    return JobRow(*row) if row else None


@dataclass(frozen=True, slots=True)
class Told:
    """Progress of one job, as its holder noted it, for one topic. `begun`: its first step is done."""

    row: JobRow
    begun: bool
    event: Event


async def report_progress(connection: Connection, told: Sequence[Told]) -> None:
    """Tell of those that still belong to who noted them, and mark those running that have begun."""
    await connection.execute(
        """
            SELECT report_progress(CAST(%(ids)s AS uuid[]), CAST(%(fences)s AS int[]), CAST(%(begun)s AS boolean[]),
                %(topics)s, CAST(%(subjects)s AS uuid[]), %(types)s, CAST(%(data)s AS jsonb[]))
        """,
        {
            "ids": [note.row.id for note in told],
            "fences": [note.row.fence for note in told],
            "begun": [note.begun for note in told],
            "topics": [note.event.topic for note in told],
            "subjects": [note.event.subject for note in told],
            "types": [note.event.type for note in told],
            "data": [to_json(note.event.data).decode() for note in told],
        },
    )


async def finish(
    connection: Connection,
    job: UUID,
    fence: int,
    state: str,
    image: UUID | None = None,
    error: tuple[str, str, bool] | None = None,
) -> JobRow | None:
    """End the job as its holder; None when it has passed to somebody else or is over: then nothing was written."""
    code, detail, retryable = error or (None, None, False)
    row = (
        await connection.execute(
            f"""
                UPDATE jobs SET state = %(state)s, image = %(image)s, finished_at = now(), fence = fence + 1,
                    error_code = %(code)s, error_detail = %(detail)s, error_retryable = %(retryable)s
                WHERE id = %(id)s AND fence = %(fence)s AND state IN ('queued', 'running') RETURNING {_COLUMNS}
            """,  # noqa: S608
            {
                "id": job,
                "fence": fence,
                "state": state,
                "image": image,
                "code": code,
                "detail": detail,
                "retryable": retryable,
            },
        )
    ).one_or_none()
    return JobRow(*row) if row else None


async def release(connection: Connection, job: UUID, fence: int, count_attempt: bool) -> JobRow | None:
    """Put the job back into the queue's hands. The fence grows: whoever held it until now has lost it."""
    row = (
        await connection.execute(
            f"""
                UPDATE jobs SET state = 'queued', fence = fence + 1, attempt = attempt - %(uncounted)s
                WHERE id = %(id)s AND fence = %(fence)s AND state IN ('queued', 'running') RETURNING {_COLUMNS}
            """,  # noqa: S608
            {"id": job, "fence": fence, "uncounted": 0 if count_attempt else 1},
        )
    ).one_or_none()
    return JobRow(*row) if row else None


async def request_cancel(connection: Connection, job: UUID) -> None:
    await connection.execute("UPDATE jobs SET cancel_requested = true WHERE id = %(id)s", {"id": job})


async def reset(connection: Connection, job: UUID) -> JobRow:
    """Make a failed or cancelled job new again, under the same id."""
    row = (
        await connection.execute(
            f"""
                UPDATE jobs SET state = 'queued', attempt = 0, fence = fence + 1, cancel_requested = false,
                    error_code = NULL, error_detail = NULL, error_retryable = false, started_at = NULL, finished_at = NULL
                WHERE id = %(id)s RETURNING {_COLUMNS}
            """,  # noqa: S608
            {"id": job},
        )
    ).one()
    return JobRow(*row)


async def delete_jobs(connection: Connection, jobs: Sequence[UUID]) -> None:
    await connection.execute("DELETE FROM jobs WHERE id = ANY(%(ids)s)", {"ids": list(jobs)})


_DEAD_WORKER = """
    q.status = 'doing' AND NOT EXISTS (
        SELECT FROM procrastinate_workers w
        WHERE w.id = q.worker_id AND w.last_heartbeat >= now() - make_interval(secs => %(silent_s)s))
"""


async def stalled(connection: Connection, silent_s: float) -> list[JobRow]:
    """Unfinished jobs whose worker was not heard of for so long, locked: what somebody just ends is skipped, not taken over."""
    rows = await connection.execute(
        f"""
            SELECT {", ".join(f"j.{column}" for column in _COLUMNS.split(", "))}
            FROM jobs j JOIN procrastinate_jobs q ON q.id = j.queue_id
            WHERE j.state IN ('queued', 'running') AND {_DEAD_WORKER}
            ORDER BY j.id FOR UPDATE SKIP LOCKED
        """,  # noqa: S608
        {"silent_s": silent_s},
    )
    return [JobRow(*row) for row in rows]


async def silence(connection: Connection, worker: int) -> float | None:
    """Seconds since a queue worker's last sign of life; None when it is not known, which is to say pruned as dead."""
    found = await connection.execute(
        "SELECT extract(epoch FROM now() - last_heartbeat) FROM procrastinate_workers WHERE id = %(id)s",
        {"id": worker},
    )
    seconds = found.scalar_or_none()
    return None if seconds is None else float(seconds)


async def forget_in_queue(connection: Connection, queue_id: int) -> None:
    await connection.execute("DELETE FROM procrastinate_jobs WHERE id = %(id)s", {"id": queue_id})


async def forget_leftovers_of_queue(connection: Connection, silent_s: float) -> None:
    """Queue rows of dead workers whose job is over or gone: the worker died between the two."""
    await connection.execute(
        f"""
            DELETE FROM procrastinate_jobs q
            WHERE {_DEAD_WORKER}
              AND NOT EXISTS (SELECT FROM jobs j WHERE j.queue_id = q.id AND j.state IN ('queued', 'running'))
        """,  # noqa: S608
        {"silent_s": silent_s},
    )


async def lock_by_ref(connection: Connection, place: str, refs: Sequence[UUID]) -> list[JobRow]:
    """The jobs of these refs, all locked before anything is done with one.

    Everybody locks rows first and the events' order last; the other way round two of us would wait for each other.
    """
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM jobs WHERE place = %(place)s AND ref = ANY(%(refs)s) ORDER BY id FOR UPDATE",  # noqa: S608
        {"place": place, "refs": list(refs)},
    )
    return [JobRow(*row) for row in rows]


async def room(connection: Connection, owner: UUID) -> tuple[int, int]:
    """How many jobs are unfinished, of everybody and of one owner."""
    row = (
        await connection.execute(
            """
                SELECT count(*) AS everybody, count(*) FILTER (WHERE owner = %(owner)s) AS mine
                FROM jobs WHERE state IN ('queued', 'running')
            """,
            {"owner": owner},
        )
    ).one()
    return row.everybody, row.mine


async def adrift(connection: Connection, older_than_s: float) -> list[JobRow]:
    """Unfinished jobs that the queue knows nothing of: a crash between two of its statements can leave one."""
    rows = await connection.execute(
        f"""
            SELECT {_COLUMNS} FROM jobs
            WHERE state IN ('queued', 'running') AND created_at < now() - make_interval(secs => %(age)s)
              AND NOT EXISTS (
                SELECT FROM procrastinate_jobs q WHERE q.id = jobs.queue_id AND q.status IN ('todo', 'doing'))
            FOR UPDATE SKIP LOCKED
        """,  # noqa: S608
        {"age": older_than_s},
    )
    return [JobRow(*row) for row in rows]


async def take_lock(connection: Connection, lock: int) -> bool:
    """Whether this transaction is the only one that holds `lock`, until it ends."""
    found = await connection.execute("SELECT pg_try_advisory_xact_lock(%(lock)s)", {"lock": lock})
    return bool(found.scalar())


async def hand_over(connection: Connection, giver: UUID, taker: UUID) -> list[JobRow]:
    """Make the jobs of `giver` the `taker`'s. Gives those that run, locked."""
    rows = await connection.execute(
        f"UPDATE jobs SET owner = %(taker)s WHERE owner = %(giver)s RETURNING {_COLUMNS}",  # noqa: S608
        {"giver": giver, "taker": taker},
    )
    return [job for row in rows if (job := JobRow(*row)).state == "running"]


async def lock_unfinished_of(connection: Connection, owner: UUID) -> list[JobRow]:
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM jobs WHERE owner = %(owner)s AND state IN ('queued', 'running') FOR UPDATE",  # noqa: S608
        {"owner": owner},
    )
    return [JobRow(*row) for row in rows]


async def jobs_of(connection: Connection, owner: UUID) -> list[JobRow]:
    """The oldest first."""
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM jobs WHERE owner = %(owner)s ORDER BY id",  # noqa: S608
        {"owner": owner},
    )
    return [JobRow(*row) for row in rows]
