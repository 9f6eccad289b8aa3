"""What all tests share: one embedded PostgreSQL for the run, and a fresh migrated database for each test that asks."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from figment.core.database import Database
from figment.core.migrate import migrate
from figment.core.postgres import EmbeddedPostgres

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running server, with a migrated database `template` to copy."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    url = server.start()
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE template")
        migrate(_named(url, "template"))
        yield url
    finally:
        server.stop()


def _named(url: str, database: str) -> str:
    return url.replace("/figment?", f"/{database}?")


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """A database of this test's own."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template")
    yield _named(postgres, name)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url, pool_size=8)
    yield opened
    await opened.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of this test's own."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder
