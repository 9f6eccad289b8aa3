"""One PostgreSQL, reached by SQLAlchemy's async engine over psycopg 3."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Connection = AsyncConnection


def driver_url(url: str) -> URL:
    """The SQLAlchemy address of any `postgres://` or `postgresql://` address."""
    parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    return parsed.set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """The same address as libpq reads it, password included."""
    return driver_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


_RELAXED_POOL = 3


class Database:
    """Pools of connections, and three ways to use them: `transaction`, `statements` and `relaxed`."""

    def __init__(self, url: str, pool_size: int = 12) -> None:
        self.url = url
        self._durable = _engine(url, pool_size)
        self._statements = self._durable.execution_options(isolation_level="AUTOCOMMIT")
        self._relaxed = _engine(url, _RELAXED_POOL, options="-c synchronous_commit=off")
        self._relaxed_statements = self._relaxed.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """All or nothing: commits on leaving, rolls back on an exception; what was committed survives a power cut."""
        async with self._durable.begin() as connection:
            yield connection

    @asynccontextmanager
    async def statements(self, relaxed: bool = False) -> AsyncIterator[Connection]:
        """Statements that stand alone, each one round trip rather than the three of a transaction."""
        async with (self._relaxed_statements if relaxed else self._statements).connect() as connection:
            yield connection

    @asynccontextmanager
    async def relaxed(self) -> AsyncIterator[Connection]:
        """A transaction that nobody waits for to reach the disk: a crash may lose its last half second, never tear it.

        For what is found out again by itself: progress, who holds an attempt, rate limits, what a file is for.
        """
        async with self._relaxed.begin() as connection:
            yield connection

    async def open_session_connection(self) -> psycopg.AsyncConnection[Any]:
        """A connection of its own outside the pool, for `LISTEN` and session locks. The caller closes it."""
        return await psycopg.AsyncConnection.connect(libpq_url(self.url), autocommit=True)

    async def close(self) -> None:
        await self._durable.dispose()
        await self._relaxed.dispose()


def _engine(url: str, pool_size: int, options: str = "") -> AsyncEngine:
    return create_async_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=4,
        pool_recycle=1800,
        # The connection used last is taken next: its statements are prepared and its functions compiled.
        pool_use_lifo=True,
        connect_args={"options": options},
    )


async def raw_connection(connection: Connection) -> psycopg.AsyncConnection[Any]:
    """The psycopg connection under a transaction of ours, so that a library's statements commit with it."""
    raw = await connection.get_raw_connection()
    return cast("psycopg.AsyncConnection[Any]", raw.driver_connection)
