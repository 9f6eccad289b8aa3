"""One server with the built-in model for all tests of the OpenAI Images API; every test is a person of its own with a token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import openai
import psycopg
import pytest
from fastapi import FastAPI

from figment.accounts import store as accounts_store
from figment.accounts.schemas import Person, TokenRequest
from figment.accounts.service import Accounts
from figment.core.database import Database
from figment.core.settings import Settings
from figment.engine.models import Catalogue
from figment.generation.contract import Finished, ImageRequest, ModelCard, Progress, Ticket, Update
from figment.generation.jobs import JobRunner
from figment.main import House, build_app, open_house
from tests.http import running, serving
from tests.scripted import ScriptedWorker


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


class PacedWorker(ScriptedWorker):
    """Makes a step when the test says so; its preview is grey, 40 brighter with each step."""

    def __init__(self, cards: Sequence[ModelCard]) -> None:
        super().__init__()
        self._cards = cards
        self._allowed = asyncio.Semaphore(0)

    def allow(self, steps: int = 1) -> None:
        for _ in range(steps):
            self._allowed.release()

    async def models(self) -> Sequence[ModelCard]:
        return self._cards

    async def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Update, None]:
        self.begun.append(request)
        try:
            if self.failures:
                raise self.failures.pop(0)
            for step in range(1, request.steps + 1):
                await self._allowed.acquire()
                yield Progress(step, request.steps, np.full((8, 8, 3), 40 * step, np.uint8))
            await self._allowed.acquire()
            yield Finished(np.full((request.height, request.width, 3), request.seed % 256, np.uint8), 0.01)
        finally:
            self.closed.append(request)


@dataclass(frozen=True)
class PacedDesk(Desk):
    """A server whose pictures are made step by step, as the test says."""

    worker: PacedWorker
    house: House
    app: FastAPI


async def desk_at(postgres: str, name: str, data: Path, **settings: object) -> AsyncIterator[Desk]:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template")
    url = postgres.replace("/figment?", f"/{name}?")
    given = Settings.model_validate({"data": data, "engine_threads": 1, **settings})
    async with serving(given, url) as address, Database(url, pool_size=4) as database:
        yield Desk(address, database)


@pytest.fixture(scope="session")
async def desk(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    no_limits = dict.fromkeys(
        ("limit_generations", "limit_uploads", "limit_newcomers", "limit_newcomer_uploads", "limit_sessions"), "off"
    )
    async for opened in desk_at(postgres, "openai", tmp_path_factory.mktemp("openai"), **no_limits):
        yield opened


@pytest.fixture
async def paced(database_url: str, data: Path) -> AsyncIterator[PacedDesk]:
    settings = Settings(
        data=data,
        public_url="https://figment.example",
        job_attempts=1,
        queue_limit_person=3,
        limit_generations="5/hour",
        limit_uploads="off",
    )
    worker = PacedWorker(Catalogue(None).cards())
    async with AsyncExitStack() as stack:
        app = build_app(settings, database_url, with_worker=False)
        address = await stack.enter_async_context(running(app))
        house = await stack.enter_async_context(open_house(settings, database_url))
        runner = asyncio.create_task(JobRunner(house.database, house.images, worker, settings).run())
        yield PacedDesk(address, house.database, worker, house, app)
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)


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
