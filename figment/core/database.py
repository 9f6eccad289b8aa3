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


class Database:
    """A pool of connections. `transaction()` commits on leaving and rolls back on an exception."""

    def __init__(self, url: str, pool_size: int = 12) -> None:
        self.url = url
        self._engine: AsyncEngine = create_async_engine(
            driver_url(url),
            pool_size=pool_size,
            max_overflow=4,
            pool_pre_ping=False,
            pool_recycle=1800,
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        async with self._engine.begin() as connection:
            yield connection

    async def open_session_connection(self) -> psycopg.AsyncConnection[Any]:
        """A connection of its own outside the pool, for `LISTEN` and session locks. The caller closes it."""
        return await psycopg.AsyncConnection.connect(libpq_url(self.url), autocommit=True)

    async def close(self) -> None:
        await self._engine.dispose()


async def raw_connection(connection: Connection) -> psycopg.AsyncConnection[Any]:
    """The psycopg connection under a transaction of ours, so that a library's statements commit with it."""
    raw = await connection.get_raw_connection()
    return cast("psycopg.AsyncConnection[Any]", raw.driver_connection)
