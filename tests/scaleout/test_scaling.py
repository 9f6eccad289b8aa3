"""From nobody to a crowd and back: replicas come, share the work, and go."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from figment.generation.contract import Finished, ImageRequest, ImageWorker, Progress, QueueFull, Ticket, WorkerLost
from figment.scaleout.plan import Plan
from tests.engine.tiny import FEW_STEPS, write_model
from tests.engine.worker_contract import picture
from tests.scaleout.conftest import OpenPool, running_replicas, until, until_replicas
from tests.scaleout.simulated import broken_engine, sleeping_engine, steps
from tests.scaleout.two_nodes import TwoNodes

if TYPE_CHECKING:
    from figment.scaleout.engine import RayEngine

PLAN = Plan(replica_cpus=0.5, max_replicas=4, target=2, replica_requests=4, downscale_delay_s=0.5)


def request(seed: int, steps: int = 2, model: str = "tiny") -> ImageRequest:
    return ImageRequest(model, "a hill", seed, steps, 1.0, 64, 64)


async def until_a_step(pool: ImageWorker, asked: ImageRequest) -> None:
    """Read until the first step is told of, and close the stream."""
    async with contextlib.aclosing(pool.run(asked, Ticket())) as updates:
        async for update in updates:
            if isinstance(update, Progress):
                return


async def test_from_zero_to_four_and_back(open_pool: OpenPool, models_dir: Path, log: Path) -> None:
    async with open_pool(PLAN, partial(sleeping_engine, models_dir, 0.05, log)) as pool:
        assert await running_replicas() == 0
        made = await picture(pool, request(200))
        assert np.all(made.pixels == 200)
        crowd = [asyncio.create_task(picture(pool, request(n, 50), Ticket(person=str(n)))) for n in range(32)]
        await until_replicas(4)
        for n, each in enumerate(await asyncio.gather(*crowd)):
            assert np.all(each.pixels == n)
        assert len({step.process for step in steps(log)}) == 4
        await until_replicas(0)
        assert np.all((await picture(pool, request(201))).pixels == 201)


@pytest.mark.parametrize("outside", [False, True], ids=["member", "client"])
async def test_closing_the_stream_frees_the_row(
    open_pool: OpenPool, cluster: TwoNodes, models_dir: Path, log: Path, outside: bool
) -> None:
    plan = replace(PLAN, address=cluster.client_address) if outside else PLAN
    async with open_pool(plan, partial(sleeping_engine, models_dir, 0.2, log)) as pool:
        await until_a_step(pool, request(7, 50))
        done = sum(7 in step.seeds for step in steps(log))
        await picture(pool, request(8, 20))
        # The step in flight, and two that the message may miss where the machine is busy.
        assert done <= sum(7 in step.seeds for step in steps(log)) <= done + 3


async def test_overload_says_how_many_wait_and_when_to_come_again(
    open_pool: OpenPool, models_dir: Path, log: Path
) -> None:
    plan = replace(PLAN, max_replicas=1, replica_requests=1, queue=2)
    async with open_pool(plan, partial(sleeping_engine, models_dir, 0.05, log)) as pool:
        await picture(pool, request(0))
        crowd = [asyncio.create_task(picture(pool, request(n, 50))) for n in range(10)]
        ended = await asyncio.gather(*crowd, return_exceptions=True)
        full = [each for each in ended if isinstance(each, QueueFull)]
        assert len(full) + sum(isinstance(each, Finished) for each in ended) == 10
        assert len(full) >= 6
        assert all(each.retry_after_s >= 1 and each.ahead >= 1 for each in full)


async def test_requests_for_a_model_meet_where_it_is(open_pool: OpenPool, models_dir: Path, log: Path) -> None:
    plan = replace(PLAN, min_replicas=2, max_replicas=2)
    async with open_pool(plan, partial(sleeping_engine, models_dir, 0.01, log)) as pool:
        await until_replicas(2)
        await picture(pool, request(0, model="zwei"))
        # Of the first requests some may go elsewhere: the router hears a moment later who has what.
        await until(lambda: router_knows(pool, "zwei"))
        before = len(steps(log))
        for seed in range(12):
            await picture(pool, request(seed, model="zwei"))
        assert len({step.process for step in steps(log)[before:]}) == 1


async def router_knows(pool: RayEngine, model: str) -> bool:
    handle: Any = pool._pool._handle  # type: ignore[union-attr]
    router = handle._router._asyncio_router.request_router
    await asyncio.sleep(0)
    return bool(router._multiplexed_model_id_to_replica_ids.get(model))


async def test_an_engine_that_will_not_start_is_told_of(open_pool: OpenPool) -> None:
    async with open_pool(replace(PLAN, queue=1), broken_engine) as pool:
        for seed in range(2):
            # The second would find the queue full if the first were still in it.
            with pytest.raises(WorkerLost, match="this node has no model"):
                await picture(pool, request(seed))


async def test_a_node_with_other_weights_makes_no_pictures(
    open_pool: OpenPool, models_dir: Path, tmp_path: Path, log: Path
) -> None:
    """Or their recipes would not be true."""
    write_model(tmp_path / "tiny", inputs=FEW_STEPS)
    async with open_pool(PLAN, partial(sleeping_engine, tmp_path, 0.05, log)) as pool:
        with pytest.raises(WorkerLost, match="model tiny: this node has other weights"):
            await picture(pool, request(1))


async def test_a_pool_that_was_replaced_says_so(open_pool: OpenPool, models_dir: Path, log: Path) -> None:
    from figment.scaleout.pool import Pool

    build = partial(sleeping_engine, models_dir, 0.05, log)
    async with open_pool(PLAN, build) as pool:
        await picture(pool, request(1))
        other = Pool(replace(PLAN, target=1), build, {})
        await asyncio.to_thread(other.deploy)
        with pytest.raises(WorkerLost, match="replaced by a process with other settings"):
            await picture(pool, request(2))
        await asyncio.to_thread(other.leave)
