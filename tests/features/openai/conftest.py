"""One server with the built-in model for all tests of the OpenAI Images API; every test is a person of its own with a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import openai
import psycopg
import pytest

from figment.accounts import store as accounts_store
from figment.accounts.schemas import Person, TokenRequest
from figment.accounts.service import Accounts
from figment.core.database import Database
from figment.core.settings import Settings
from tests.http import serving


@dataclass(frozen=True)
class Desk:
    """A running server, and how people come to their tokens."""

    address: str
    database: Database

    async def person(self, name: str = "Tester") -> Person:
        async with self.database.transaction() as connection:
            return await accounts_store.add_person(connection, name, guest=False)

    async def token(self, person: Person, *scopes: str) -> str:
        asked = TokenRequest.model_validate({"name": "test", **({"scopes": scopes} if scopes else {})})
        return (await Accounts(self.database).make_token(person, asked)).token

    def client(self, token: str) -> openai.AsyncOpenAI:
        """The official client, as its users make it."""
        return openai.AsyncOpenAI(base_url=f"{self.address}/v1", api_key=token, max_retries=0, timeout=60)


async def desk_at(postgres: str, name: str, data: Path, **settings: object) -> AsyncIterator[Desk]:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template")
    url = postgres.replace("/figment?", f"/{name}?")
    given = Settings.model_validate({"data": data, "engine_threads": 1, **settings})
    async with serving(given, url) as address, Database(url, pool_size=4) as database:
        yield Desk(address, database)


@pytest.fixture(scope="session")
async def desk(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    no_limits = {"limit_generations": "off", "limit_uploads": "off", "limit_sessions": "off"}
    async for opened in desk_at(postgres, "openai", tmp_path_factory.mktemp("openai"), **no_limits):
        yield opened


@pytest.fixture
async def person(desk: Desk) -> Person:
    return await desk.person()


@pytest.fixture
async def client(desk: Desk, person: Person) -> AsyncIterator[openai.AsyncOpenAI]:
    async with desk.client(await desk.token(person)) as opened:
        yield opened


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without token or cookie."""
    async with httpx.AsyncClient(base_url=desk.address, timeout=30) as opened:
        yield opened
