"""The pool on two Ray nodes of this machine: how it grows, what four replicas make of one's throughput, and what a call costs.

    .venv/bin/python -m benchmarks.scaleout [--seconds 15]

Replicas run a simulated device whose step takes 50 ms of waiting and no processor (`tests.scaleout.simulated`), as a GPU's would, so that
four of them fit on a machine with two cores. Ratios are within one run. Needs the extra `ray`.
"""

from __future__ import annotations

import os

from tests.scaleout.two_nodes import ENVIRONMENT

# Before Ray is imported, and for what is started.
os.environ |= ENVIRONMENT

import argparse
import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.figures import heading, milliseconds, verdict
from figment.engine.models import Catalogue
from figment.generation.contract import ImageRequest, ImageWorker, Progress, Ticket
from figment.scaleout.hosting import Build, hosted_engine
from figment.scaleout.opening import ray_engine
from figment.scaleout.plan import Plan
from tests.engine.tiny import write_model
from tests.engine.worker_contract import picture
from tests.scaleout.simulated import sleeping_engine, steps, tiny_engine
from tests.scaleout.two_nodes import TwoNodes, two_nodes

STEP_S = 0.05
STEPS = 20
REPLICAS = 4
IN_FLIGHT = 8
"""Requests at a time for each replica: its batches are full, and a few wait."""
SCALING_GOAL = 3.6
COLD_GOAL_S = 2.0
PLAN = Plan(
    max_replicas=REPLICAS, replica_cpus=0.5, target=IN_FLIGHT // 2, replica_requests=IN_FLIGHT, downscale_delay_s=1.0
)
QUIET = Ticket(previews=False)


class Bench:
    """The cluster, a folder of models, and the steps that the replicas made."""

    def __init__(self, cluster: TwoNodes, models: Path) -> None:
        self.cluster = cluster
        self.models = models
        self.log = models / "steps"

    @property
    def sleeping(self) -> Build:
        return partial(sleeping_engine, self.models, STEP_S, self.log)

    @contextlib.asynccontextmanager
    async def pool(self, plan: Plan, build: Build, catalogue: Catalogue | None = None) -> AsyncIterator[ImageWorker]:
        engine = ray_engine(plan, build, (catalogue or Catalogue(builtin=self.models)).cards())
        await engine.start()
        try:
            yield engine
        finally:
            await engine.stop()


def asked(seed: int, steps: int = STEPS) -> ImageRequest:
    return ImageRequest("tiny", "a hill", seed, steps, 1.0, 64, 64)


async def replicas() -> int:
    from ray import serve

    status = await asyncio.to_thread(serve.status)
    return sum(
        deployment.replica_states.get("RUNNING", 0)
        for deployment in status.applications["figment"].deployments.values()
    )


async def took(until: Callable[[], Awaitable[bool]], since: float) -> float:
    while not await until():
        await asyncio.sleep(0.02)
    return time.perf_counter() - since


async def growth(bench: Bench) -> None:
    """From zero to four and back."""

    async def four_work() -> bool:
        return len({step.process for step in steps(bench.log)[before:]}) == REPLICAS

    async def none_left() -> bool:
        return await replicas() == 0

    async with bench.pool(PLAN, bench.sleeping) as pool:
        began = time.perf_counter()
        await picture(pool, asked(0, steps=1))
        print(f"   first picture from zero replicas   {time.perf_counter() - began:6.2f} s")
        before = len(steps(bench.log))
        began = time.perf_counter()
        burst = [asyncio.create_task(picture(pool, asked(n, steps=50), QUIET)) for n in range(48)]
        print(f"   burst of 48: four replicas at work {await took(four_work, began):6.2f} s")
        await asyncio.gather(*burst)
        ended = time.perf_counter()
        print(
            f"   back to zero after the last        {await took(none_left, ended):6.2f} s (delay {PLAN.downscale_delay_s:g} s)"
        )


async def cold_builtin(bench: Bench) -> None:
    """From zero to a picture of the built-in model."""
    folder = bench.models / "cache"
    async with bench.pool(PLAN, partial(hosted_engine, folder, 1.0, 256, threads=None), Catalogue()) as pool:
        card = (await pool.models())[0]
        request = ImageRequest(card.name, "a boat", 1, card.default_steps, card.default_guidance, 256, 256)
        await picture(pool, request)  # Makes the text model's graph, which later starts find in the cache.
        while await replicas():
            await asyncio.sleep(0.1)
        began = time.perf_counter()
        await picture(pool, request)
        verdict(
            "first picture of the built-in model from zero",
            time.perf_counter() - began,
            COLD_GOAL_S,
            at_most=True,
            unit=" s",
        )


async def images_a_second(bench: Bench, count: int, seconds: float) -> float:
    """Of `count` replicas that always have enough to do."""
    plan = replace(PLAN, min_replicas=count, max_replicas=count)
    async with bench.pool(plan, bench.sleeping) as pool:
        while await replicas() < count:
            await asyncio.sleep(0.1)
        done = 0

        async def ask(number: int) -> None:
            nonlocal done
            while True:
                await picture(pool, asked(number), Ticket(person=str(number), previews=False))
                done += 1

        asking = [asyncio.create_task(ask(n)) for n in range(count * IN_FLIGHT)]
        await asyncio.sleep(2 * STEPS * STEP_S)  # Until the batches are full.
        before, began = done, time.perf_counter()
        await asyncio.sleep(seconds)
        rate = (done - before) / (time.perf_counter() - began)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    print(f"   {count} replicas: {rate:6.2f} images/s, ideal {count * 2 / (STEPS * STEP_S):g}")
    return rate


async def throughput(bench: Bench, seconds: float) -> None:
    one = await images_a_second(bench, 1, seconds)
    four = await images_a_second(bench, REPLICAS, seconds)
    verdict("four replicas over one", four / one, SCALING_GOAL, at_most=False)


async def cost_of_a_call(bench: Bench, rounds: int = 100) -> None:
    """A picture of the tiny model, of one step: nearly nothing but the way there and back."""

    async def latency(worker: ImageWorker) -> list[float]:
        found = []
        for number in range(rounds + 5):
            began = time.perf_counter()
            await picture(worker, asked(number, steps=1), QUIET)
            found.append(time.perf_counter() - began)
        return found[5:]

    here = tiny_engine(bench.models)
    await here.start()
    alone = await latency(here)
    await here.stop()
    print(f"   in this process   {milliseconds(alone)}")
    for name, address in (("member (ray)", "ray"), ("client (ray://)", bench.cluster.client_address)):
        plan = replace(PLAN, address=address, min_replicas=1, max_replicas=1)
        async with bench.pool(plan, partial(tiny_engine, bench.models)) as pool:
            found = await latency(pool)
        print(
            f"   {name:17} {milliseconds(found)}   adds {1e3 * (statistics.median(found) - statistics.median(alone)):.1f}"
        )


async def closing(bench: Bench, rounds: int = 10) -> None:
    """Steps that a row still makes after its stream was closed."""
    late = []
    async with bench.pool(replace(PLAN, min_replicas=1, max_replicas=1), bench.sleeping) as pool:
        for number in range(rounds):
            seed = 1000 + number
            async with contextlib.aclosing(pool.run(asked(seed, 50), Ticket())) as updates:
                async for update in updates:
                    if isinstance(update, Progress):
                        break
            before = sum(seed in step.seeds for step in steps(bench.log))
            await picture(pool, asked(seed + 500, 10))
            late.append(sum(seed in step.seeds for step in steps(bench.log)) - before)
    verdict("steps after the stream was closed, the most of ten", max(late), 1, at_most=True)


async def main(seconds: float) -> None:
    with two_nodes() as cluster, tempfile.TemporaryDirectory() as folder:
        models = Path(folder)
        write_model(models / "tiny")
        bench = Bench(cluster, models)
        heading("from zero to four replicas and back")
        await growth(bench)
        await cold_builtin(bench)
        heading(f"throughput, steps of {STEP_S * 1e3:.0f} ms for two rows, {STEPS} a picture")
        await throughput(bench, seconds)
        heading("a picture of one step of a tiny model")
        await cost_of_a_call(bench)
        heading("cancelling")
        await closing(bench)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15.0, help="for each number of replicas")
    asyncio.run(main(parser.parse_args().seconds))
