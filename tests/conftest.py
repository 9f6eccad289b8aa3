"""What all tests share: one embedded PostgreSQL for the run, and a fresh migrated database for each test that asks."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest

from figment.core.database import Database
from figment.core.migrate import migrate
from figment.core.postgres import EmbeddedPostgres
from figment.core.settings import Settings
from tests.http import Site, serving

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running server, with a migrated database `template` to copy.

    FIGMENT_TEST_DATABASE_URL names a server to use instead of the embedded one: a superuser's address on one that holds nothing else.
    """
    server = None
    if (url := os.environ.get("FIGMENT_TEST_DATABASE_URL")) is None:
        server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
        url = server.start()
    try:
        migrate(create_database(url, "template", "template1"))
        yield url
    finally:
        if server is not None:
            server.stop()


def named(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """A database of this test's own."""
    name = f"test_{next(_numbers)}"
    yield create_database(postgres, name)
    drop_database(postgres, name)


def create_database(postgres: str, name: str, template: str = "template") -> str:
    """The address of a new database. One of that name that an earlier run left on a server of its own goes."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return named(postgres, name)


def drop_database(postgres: str, name: str) -> None:
    """An autovacuum worker in the database belongs to the superuser, and cannot be sent away: it is waited for."""
    deadline = time.monotonic() + 20
    with psycopg.connect(postgres, autocommit=True) as connection:
        while True:
            try:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
                return
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url, pool_size=8) as opened:
        yield opened


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of this test's own."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
async def site(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One server without an engine for every test of the edge, of accounts and of images."""
    url = create_database(postgres, "site")
    folder = tmp_path_factory.mktemp("site")
    (folder / "web" / "assets").mkdir(parents=True)
    (folder / "web" / "index.html").write_text("<!doctype html><title>Figment</title>")
    (folder / "web" / "assets" / "app-1a2b.js").write_text("export {}")
    settings = Settings.model_validate(
        {"data": folder / "data", "web_dir": folder / "web", "trusted_proxies": "127.0.0.0/8,::1"}
    )
    async with serving(settings, url, with_worker=False) as address:
        yield Site(address, url, folder / "data")


@pytest.fixture
async def visitor(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at an address of its own."""
    async with site.visitor() as opened:
        yield opened
