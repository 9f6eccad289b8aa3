"""A house with a scripted worker: real database, real queue, real files; only the painting is scripted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from figment.accounts import store as accounts_store
from figment.core.settings import Settings
from figment.generation.contract import ImageWorker, ModelCard
from figment.generation.jobs import JobRunner, Reader
from figment.generation.schemas import FINAL, Job, JobRequest
from figment.generation.service import Jobs
from figment.main import House, open_house
from tests.scripted import CARD, ScriptedWorker


@dataclass
class Bench:
    """What a test of jobs needs at hand."""

    house: House
    worker: ScriptedWorker
    jobs: Jobs
    owner: UUID

    async def submit(self, count: int = 1, owner: UUID | None = None, **wish: object) -> list[Job]:
        request = JobRequest(
            **{"model": "scripted", "prompt": "a test", "seed": 1, "steps": 3, "guidance": 1, "width": 64, "height": 64}
            | wish
        )
        requests = [request.model_copy(update={"seed": request.seed + n}) for n in range(count)]
        async with self.house.database.transaction() as connection:
            return await self.jobs.submit(connection, owner or self.owner, "test", uuid4(), requests)

    async def until(self, job: Job, *states: str, timeout_s: float = 10) -> Job:
        """Poll until the job is in one of `states` (default: over)."""
        wanted = set(states) or FINAL
        async with asyncio.timeout(timeout_s):
            while True:
                found = await self.jobs.get(self.owner, job.id)
                if found.state in wanted:
                    return found
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def running(
        self, worker: ImageWorker | None = None, reader: Reader | None = None, **changes: object
    ) -> AsyncIterator[JobRunner]:
        """A job runner of its own on the house's database; `changes` are settings of its own."""
        house = self.house
        settings = house.settings.model_copy(update=changes)
        runner = JobRunner(house.database, house.images, worker or self.worker, settings, reader)
        task = asyncio.create_task(runner.run())
        try:
            yield runner
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def scripted_cards() -> list[ModelCard]:
    return [CARD]


@pytest.fixture
async def bench(database_url: str, data: Path) -> AsyncIterator[Bench]:
    settings = Settings(data=data, heartbeat_s=0.2, stalled_after_s=1.0, queue_limit=60, queue_limit_person=40)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(settings, database_url))
        jobs = Jobs(house.database, house.bus, house.queue, house.images, scripted_cards, 60, 40)
        async with house.database.transaction() as connection:
            owner = (await accounts_store.add_person(connection, "Tester")).id
        yield Bench(replace(house, jobs=jobs), ScriptedWorker(), jobs, owner)
