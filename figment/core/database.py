"""One PostgreSQL, reached by psycopg 3 and its pool.

Every statement is SQL as PostgreSQL reads it, with named parameters (`%(name)s`). There is no toolkit in between: it cost four times
the round trip itself (`docs/decisions/0013-psycopg.md`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, Self, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import namedtuple_row
from psycopg_pool import AsyncConnectionPool

DatabaseError = psycopg.Error
# The database is away, or takes nobody more: the same may work in a moment.
DatabaseAway = psycopg.OperationalError

Raw = psycopg.AsyncConnection[NamedTuple]

_RELAXED_POOL = 4
# Long enough to bridge a hiccup, short enough to say soon that the database is away.
_WAIT_S = 2.0


class Rows:
    """What a statement gave, whole: rows whose columns are attributes."""

    def __init__(self, rows: list[Any], count: int) -> None:
        self._rows = rows
        self.count = count
        """How many rows were returned or changed."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        return self._rows

    def one_or_none(self) -> Any | None:
        """
        Raises:
            ValueError: there is more than one.
        """
        if len(self._rows) > 1:
            raise ValueError(f"one row at most was expected, not {len(self._rows)}")
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        """
        Raises:
            ValueError: there is not exactly one.
        """
        if len(self._rows) != 1:
            raise ValueError(f"one row was expected, not {len(self._rows)}")
        return self._rows[0]

    def scalar(self) -> Any:
        """The one column of the one row."""
        return self.one()[0]

    def scalar_or_none(self) -> Any | None:
        row = self.one_or_none()
        return None if row is None else row[0]


class Connection:
    """A connection of the pool, lent for a transaction or for statements that stand alone."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        """psycopg's own, for a library whose statements shall commit with ours."""

    async def execute(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """Run one statement. Its text must be made of nothing but our own words; values are `parameters`."""
        cursor = await self.raw.execute(statement, parameters)
        return Rows(await cursor.fetchall() if cursor.description else [], cursor.rowcount)


class Database:
    """Pools of connections, open inside `async with`, and three ways to use them: `transaction`, `statements` and `relaxed`."""

    def __init__(self, url: str, pool_size: int = 12) -> None:
        self.url = url
        self._durable = _pool(url, pool_size, options="")
        self._relaxed = _pool(url, _RELAXED_POOL, options="-c synchronous_commit=off")

    async def __aenter__(self) -> Self:
        """Connects in the background: a database that is away is an error of the first statement, not of this."""
        await asyncio.gather(self._durable.open(), self._relaxed.open())
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(self._durable.close(), self._relaxed.close())

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """All or nothing: commits on leaving, rolls back on an exception; what was committed survives a power cut."""
        async with self._lent(self._durable) as raw, raw.transaction():
            yield Connection(raw)

    @asynccontextmanager
    async def statements(self, relaxed: bool = False) -> AsyncIterator[Connection]:
        """Statements that stand alone, each one round trip rather than the three of a transaction."""
        async with self._lent(self._relaxed if relaxed else self._durable) as raw:
            yield Connection(raw)

    @asynccontextmanager
    async def relaxed(self) -> AsyncIterator[Connection]:
        """A transaction that nobody waits for to reach the disk: a crash may lose its last half second, never tear it.

        For what is found out again by itself: progress, who holds an attempt, rate limits, what a file is for.
        """
        async with self._lent(self._relaxed) as raw, raw.transaction():
            yield Connection(raw)

    async def open_session_connection(self) -> psycopg.AsyncConnection[Any]:
        """A connection of its own outside the pool, for `LISTEN` and session locks. The caller closes it."""
        return await psycopg.AsyncConnection.connect(self.url, autocommit=True)

    @asynccontextmanager
    async def _lent(self, pool: AsyncConnectionPool[Raw]) -> AsyncIterator[Raw]:
        try:
            async with pool.connection() as raw:
                yield raw
        except DatabaseAway:
            # One connection found out that the database went away: the others are looked at now, rather than failing a request each.
            await pool.check()
            raise


def _pool(url: str, size: int, options: str) -> AsyncConnectionPool[Raw]:
    theirs = conninfo_to_dict(url).get("options") or ""
    return AsyncConnectionPool(
        url,
        connection_class=cast(type[Raw], psycopg.AsyncConnection),
        kwargs={
            "autocommit": True,
            "row_factory": namedtuple_row,
            "options": f"{theirs} {options}".strip(),
            # Planned once a connection and from the first time on: there are few statements, and all come again.
            "prepare_threshold": 0,
        },
        min_size=1,
        max_size=size,
        open=False,
        timeout=_WAIT_S,
        # Given up soon and tried anew by the next who asks: longer and longer pauses are for pools that nobody asks.
        reconnect_timeout=0.5,
        max_lifetime=1800,
    )
