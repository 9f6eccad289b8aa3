"""Short messages between the processes of a server, heard by those who listen now and kept nowhere.

For what is worth nothing a second later, such as where somebody points: `events` would write it down. PostgreSQL's `NOTIFY` carries
them; NATS or Redis can stand behind this when it is no longer enough.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import structlog

from figment.core.database import Database

log = structlog.get_logger(__name__)

MOST_BYTES = 7_900
"""Of one message: PostgreSQL carries less than 8,000."""
_LOOK_S = 20


class Broadcast:
    """One channel of messages. Whoever says something hears it as well."""

    def __init__(self, database: Database, channel: str, hear: Callable[[str], None]) -> None:
        """`channel`: a name of ours, which goes into SQL as it is. `hear` is called with every message."""
        self._database = database
        self._channel = channel
        self._hear = hear
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen_forever(), name=f"broadcast {self._channel}")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def say(self, messages: Sequence[str]) -> None:
        """Each of `MOST_BYTES` at most. One round trip, however many they are."""
        async with self._database.statements(relaxed=True) as connection:
            await connection.execute(
                "SELECT pg_notify(%(channel)s, message) FROM unnest(CAST(%(messages)s AS text[])) AS message",
                {"channel": self._channel, "messages": list(messages)},
            )

    async def _listen_forever(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:
                log.warning("broadcast.listener_lost", channel=self._channel, error=str(error))
                await asyncio.sleep(1)

    async def _listen(self) -> None:
        async with await self._database.open_session_connection() as listener:
            await listener.execute(f"LISTEN {self._channel}")
            while True:
                async for notice in listener.notifies(timeout=_LOOK_S):
                    self._hear(notice.payload)
                # Nothing for a while: is the other end still there? A half-open connection would be silent for ever.
                await listener.execute("SELECT 1")
