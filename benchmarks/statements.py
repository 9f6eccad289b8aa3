"""What one statement costs: SQLAlchemy's async engine, psycopg's pool, and our `Database`, in turns on the same database.

.venv/bin/python -m benchmarks.statements [--rounds 1000]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg_pool
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.figures import heading, milliseconds
from figment.core.database import Database
from figment.core.postgres import EmbeddedPostgres

WARM_UP = 50


async def measure(url: str, rounds: int) -> None:
    engine = create_async_engine(url.replace("postgresql://", "postgresql+psycopg://"), pool_use_lifo=True)
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    pool = psycopg_pool.AsyncConnectionPool(url, kwargs={"autocommit": True}, min_size=1, open=False)
    wanted = sqlalchemy.text("SELECT n FROM generate_series(1, 3) AS n WHERE n = :n")

    async def by_sqlalchemy() -> None:
        async with autocommit.connect() as connection:
            (await connection.execute(wanted, {"n": 2})).one()

    async def by_psycopg() -> None:
        async with pool.connection() as connection:
            found = await connection.execute("SELECT n FROM generate_series(1, 3) AS n WHERE n = %(n)s", {"n": 2})
            await found.fetchone()

    async with Database(url) as database, pool:

        async def by_ours() -> None:
            async with database.statements() as connection:
                (await connection.execute("SELECT n FROM generate_series(1, 3) AS n WHERE n = %(n)s", {"n": 2})).one()

        ways: dict[str, Callable[[], Awaitable[None]]] = {
            "SQLAlchemy": by_sqlalchemy,
            "psycopg and its pool": by_psycopg,
            "ours": by_ours,
        }
        took: dict[str, list[float]] = {name: [] for name in ways}
        for n in range(WARM_UP + rounds):
            for name, way in ways.items():
                began = time.perf_counter()
                await way()
                if n >= WARM_UP:
                    took[name].append(time.perf_counter() - began)
    await engine.dispose()
    for name, seconds in took.items():
        print(f"   {name:20s} {milliseconds(seconds)}")
    ratio = statistics.median(took["SQLAlchemy"]) / statistics.median(took["ours"])
    print(f"   SQLAlchemy over ours {ratio:.1f}×")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    rounds = parser.parse_args().rounds
    heading("one statement")
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        url = server.start()
        try:
            asyncio.run(measure(url, rounds))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
