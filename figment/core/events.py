"""Events: written with the change that they tell of, read by streams that can resume.

An event is a row; the notification only says that there are rows to read (ids, never payloads), so nothing is bounded by
`NOTIFY`'s 8,000 bytes and a stream that was away reads what it missed from the table. `Bus` is all that the rest of Figment
knows: NATS or Redis can stand behind it when one database's notifications are no longer enough.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import psycopg
import structlog
from pydantic_core import to_json

from figment.core.database import Connection, Database

log = structlog.get_logger(__name__)

_CHANNEL = "figment_events"
_BACKLOG = 256
_PAGE = 200
_LOOK_S = 20


@dataclass(frozen=True, slots=True)
class Event:
    """`topic` says who may read it (`person:…`, later `world:…`), `subject` what it is about."""

    topic: str
    type: str
    data: dict[str, Any]
    subject: UUID | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """The stream asked for events that are no longer kept: read the present state anew, then go on from `id`."""

    id: int


@dataclass(frozen=True, slots=True)
class Joined:
    """What a place adds to a person's stream: its topics, and how its events are told."""

    topics: Sequence[str]
    told: Callable[[AsyncIterator[Event | Gap]], AsyncIterator[Event | Gap]]


class Joinable(Protocol):
    """A place whose events a person may have in the one stream of a tab."""

    async def join(self, name: str) -> Joined:
        """Raises FigmentError: there is nothing of that name."""


async def publish(connection: Connection, events: Sequence[Event]) -> None:
    """Write events in the caller's transaction; they are seen when it commits.

    Call it last. The lock makes ids become visible in their order, so that a reader at id N never misses an N-1 that commits
    later; it is held until the commit, and everybody who publishes waits for it.
    """
    if not events:
        return
    await connection.execute(
        "SELECT publish_events(%(topics)s, CAST(%(subjects)s AS uuid[]), %(types)s, CAST(%(data)s AS jsonb[]))",
        {
            "topics": [event.topic for event in events],
            "subjects": [event.subject for event in events],
            "types": [event.type for event in events],
            "data": [to_json(event.data).decode() for event in events],
        },
    )


async def latest(connection: Connection, subjects: Sequence[UUID]) -> dict[UUID, Event]:
    """The newest event about each subject."""
    rows = await connection.execute(
        """
            SELECT e.id, e.topic, e.subject, e.type, e.data
            FROM unnest(CAST(%(subjects)s AS uuid[])) AS s (subject)
            CROSS JOIN LATERAL (SELECT * FROM events WHERE subject = s.subject ORDER BY id DESC LIMIT 1) AS e
        """,
        {"subjects": list(subjects)},
    )
    return {row.subject: _event(row) for row in rows}


async def prune(connection: Connection, kept_s: float) -> int:
    """Delete events older than `kept_s` seconds; the newest one stays, so that `Gap` can be told from an empty table."""
    done = await connection.execute(
        """
            DELETE FROM events
            WHERE created_at < now() - make_interval(secs => %(kept_s)s) AND id < (SELECT max(id) FROM events)
        """,
        {"kept_s": kept_s},
    )
    return done.count


def _event(row: Any) -> Event:
    return Event(row.topic, row.type, row.data, row.subject, row.id)


@dataclass(eq=False)
class _Subscriber:
    topics: frozenset[str]
    queue: asyncio.Queue[Event] = field(default_factory=lambda: asyncio.Queue(_BACKLOG))
    overflowed: bool = False

    def offer(self, event: Event) -> None:
        if event.topic not in self.topics:
            return
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            # A slow reader never holds memory: it will read the rest from the table.
            self.overflowed = True


class Bus:
    """One listening connection a process; every stream of the process reads through it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._subscribers: set[_Subscriber] = set()
        self._task: asyncio.Task[None] | None = None
        self._read_to = 0
        # Nobody listens, and nothing is read: what is told meanwhile stays in the table.
        self._idle = True
        self._closed = asyncio.Event()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen_forever(), name="event bus")

    def end_streams(self) -> None:
        """Let every stream come to its end, so that a server that stops does not have to cut them off. May be called twice."""
        self._closed.set()

    async def stop(self) -> None:
        """Ends every stream, then the listener."""
        self.end_streams()
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def position(self) -> int:
        """The id of the newest event. A stream from there on misses nothing of what happens after this was asked, however late it begins."""
        return (await self._bounds())[1]

    async def subscribe(
        self, topics: Sequence[str], after: int | None = None, subject: UUID | None = None
    ) -> AsyncIterator[Event | Gap]:
        """Events of `topics` as they commit, in order, each once; from just behind id `after` when it is given."""
        subscriber, slept = _Subscriber(frozenset(topics)), self._idle
        # Registered before the table is read: what commits between the two is in both, and is told apart by its id.
        self._subscribers.add(subscriber)
        try:
            oldest, newest = await self._bounds()
            position = newest if after is None else after
            if position > newest or position < oldest - 1:
                position = newest
                yield Gap(position)
            if self._idle:
                self._idle, self._read_to = False, newest
            # What came after `newest` while the bus slept rang a bell that nobody heard: it is in the table only.
            if slept or position < newest:
                async for event in self._from_table(subscriber, position, subject):
                    position = event.id
                    yield event
            while not self._closed.is_set():
                next_event = await self._next(subscriber)
                if next_event is None:
                    break
                if next_event.id > position and subject in (None, next_event.subject):
                    position = next_event.id
                    yield next_event
                if subscriber.overflowed and subscriber.queue.empty():
                    subscriber.overflowed = False
                    async for event in self._from_table(subscriber, position, subject):
                        position = event.id
                        yield event
        finally:
            self._subscribers.discard(subscriber)

    async def _next(self, subscriber: _Subscriber) -> Event | None:
        get = asyncio.ensure_future(subscriber.queue.get())
        closed = asyncio.ensure_future(self._closed.wait())
        try:
            await asyncio.wait({get, closed}, return_when=asyncio.FIRST_COMPLETED)
            return get.result() if get.done() else None
        finally:
            get.cancel()
            closed.cancel()

    async def _bounds(self) -> tuple[int, int]:
        """Ids of the oldest and the newest event that are kept; zeros when there is none."""
        async with self._database.statements() as connection:
            row = (await connection.execute("SELECT min(id) AS oldest, max(id) AS newest FROM events")).one()
        return row.oldest or 0, row.newest or 0

    async def _from_table(self, subscriber: _Subscriber, after: int, subject: UUID | None) -> AsyncIterator[Event]:
        while True:
            async with self._database.statements() as connection:
                rows = (
                    await connection.execute(
                        """
                            SELECT id, topic, subject, type, data FROM events
                            WHERE topic = ANY(%(topics)s) AND id > %(after)s
                              AND (CAST(%(subject)s AS uuid) IS NULL OR subject = %(subject)s)
                            ORDER BY id LIMIT %(page)s
                        """,
                        {"topics": sorted(subscriber.topics), "after": after, "subject": subject, "page": _PAGE},
                    )
                ).all()
            for row in rows:
                after = row.id
                yield _event(row)
            if len(rows) < _PAGE:
                return

    async def _listen_forever(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:
                log.warning("events.listener_lost", error=str(error))
                await asyncio.sleep(1)

    async def _listen(self) -> None:
        async with (
            await self._database.open_session_connection() as listener,
            await self._database.open_session_connection() as reader,
        ):
            await listener.execute(f"LISTEN {_CHANNEL}")
            await self._deliver_new(reader)
            while True:
                async for _ in listener.notifies(timeout=_LOOK_S):
                    await self._deliver_new(reader)
                # Nothing for a while: is the other end still there? A half-open connection would be silent for ever.
                await listener.execute("SELECT 1")

    async def _deliver_new(self, reader: psycopg.AsyncConnection[Any]) -> None:
        """Read what is new once for the whole process, and hand it to the streams that asked for its topic.

        On a connection of its own: this stands between every event and whoever waits for it.
        """
        self._idle = self._idle or not self._subscribers
        while not self._idle:
            found = await reader.execute(
                "SELECT topic, type, data, subject, id FROM events WHERE id > %s ORDER BY id LIMIT %s",
                (self._read_to, _PAGE),
            )
            events = [Event(*row) for row in await found.fetchall()]
            for event in events:
                self._read_to = event.id
                for subscriber in self._subscribers:
                    subscriber.offer(event)
            if len(events) < _PAGE:
                return
