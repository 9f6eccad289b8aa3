"""kill -9 of a replica in the middle of a burst: every durable job ends, and ends once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from figment.accounts import store as accounts_store
from figment.core.database import Database
from figment.core.settings import Settings
from figment.engine.models import Catalogue
from figment.generation.contract import ModelCard
from figment.generation.errors import QueueIsFull
from figment.generation.service import Jobs
from figment.images import codec
from figment.main import open_house
from figment.scaleout.plan import Plan
from tests.generation.conftest import Bench
from tests.scaleout.conftest import OpenPool, until, until_replicas
from tests.scaleout.simulated import sleeping_engine, steps
from tests.scripted import ScriptedWorker

JOBS = 24
PLAN = Plan(replica_cpus=0.5, min_replicas=3, max_replicas=3, target=4, replica_requests=4)


@pytest.fixture
async def bench(database_url: str, data: Path, models_dir: Path) -> AsyncIterator[Bench]:
    """A house with a real database and a real queue, that knows the pool's models."""
    cards = Catalogue(builtin=models_dir).cards()

    async def installed() -> list[ModelCard]:
        return list(cards)

    settings = Settings(data=data, heartbeat_s=0.2, stalled_after_s=5.0)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(settings, database_url))
        jobs = Jobs(house.database, house.bus, house.queue, house.images, installed, JOBS, JOBS)
        async with house.database.transaction() as connection:
            owner = (await accounts_store.add_person(connection, "Tester")).id
        yield Bench(replace(house, jobs=jobs), ScriptedWorker(), jobs, owner)


async def counted(database: Database, what: str) -> int:
    async with database.transaction() as connection:
        return int((await connection.execute(f"SELECT {what}")).scalar())


async def test_kill_9_of_a_replica_in_the_middle_of_a_burst(
    bench: Bench, open_pool: OpenPool, models_dir: Path, log: Path
) -> None:
    async def in_the_middle() -> bool:
        return len({step.process for step in steps(log)}) == 3 and len(steps(log)) > 60

    async with open_pool(PLAN, partial(sleeping_engine, models_dir, 0.05, log)) as pool:
        await until_replicas(3)
        async with bench.running(pool):
            made = await bench.submit(JOBS, model="tiny", steps=20)
            await until(in_the_middle)
            os.kill(steps(log)[-1].process, signal.SIGKILL)
            ended = [await bench.until(job, timeout_s=90) for job in made]
    assert {job.state for job in ended} == {"succeeded"}
    assert max(job.attempt for job in ended) == 2
    for job in ended:
        assert job.image is not None
        image = await bench.house.images.original(await bench.house.images.owned(bench.owner, job.image.id))
        assert codec.to_pixels(image, 64, 64)[0, 0].tolist() == [job.seed % 256] * 3
    database = bench.house.database
    assert await counted(database, "count(DISTINCT image) FROM jobs") == JOBS
    assert await counted(database, "count(*) FROM images") == JOBS
    assert await counted(database, "count(*) FROM procrastinate_jobs") == 0


async def test_a_pool_that_is_full_fills_the_queue_that_people_are_told_of(
    bench: Bench, open_pool: OpenPool, models_dir: Path, log: Path
) -> None:
    plan = replace(PLAN, min_replicas=1, max_replicas=1, replica_requests=1, queue=1)
    async with open_pool(plan, partial(sleeping_engine, models_dir, 0.05, log)) as pool:
        await until_replicas(1)
        async with bench.running(pool):
            made = await bench.submit(8, model="tiny", steps=20)
            await until(lambda: _stepped(log))
            with pytest.raises(QueueIsFull) as refused:
                await bench.submit(JOBS, model="tiny", steps=20)
            assert refused.value.status == 429
            assert refused.value.extra["ahead"] > 0
            ended = [await bench.until(job, timeout_s=90) for job in made]
    assert {(job.state, job.attempt) for job in ended} <= {("succeeded", n) for n in range(1, 30)}


async def _stepped(log: Path) -> bool:
    await asyncio.sleep(0)
    return len(steps(log)) > 5
