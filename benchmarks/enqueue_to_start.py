"""From the commit of a job to its first work, against bare procrastinate on the same database.

    .venv/bin/python -m benchmarks.enqueue_to_start [--rounds 200]

Bare: `defer_async` of an empty task until the task begins. Ours: `Jobs.submit` in a transaction (the job's row, the queue's row, the
event) until the `ImageWorker` is called (the attempt taken under its fence). One at a time, in turns, in one process.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import numpy as np
import procrastinate

from benchmarks.figures import heading, milliseconds, verdict
from figment.accounts import store as accounts_store
from figment.core.postgres import EmbeddedPostgres
from figment.core.settings import Settings
from figment.core.telemetry import configure_logs
from figment.generation.contract import Finished, ImageRequest, ModelCard, Opening, Ticket, Update
from figment.generation.jobs import JobRunner
from figment.generation.schemas import JobRequest
from figment.main import open_house
from tests.scripted import CARD

GOAL = 1.5
_PAUSE_S = 0.03


class Instant:
    """A worker that notes when it is called, and is done at once."""

    def __init__(self) -> None:
        self.called: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def models(self) -> Sequence[ModelCard]:
        return [CARD]

    async def open(self, name: str) -> AsyncGenerator[Opening | ModelCard, None]:
        yield CARD

    async def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Update, None]:
        self.called.set_result(time.perf_counter())
        yield Finished(np.zeros((64, 64, 3), np.uint8), 0.0)


async def measure(url: str, data: Path, rounds: int) -> None:
    settings = Settings(data=data)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(settings, url))
        worker = Instant()
        runner = JobRunner(house.database, house.images, worker, settings)
        bare_app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
        began: list[asyncio.Future[float]] = []

        @bare_app.task(name="empty", queue="bare")
        async def empty() -> None:
            began[-1].set_result(time.perf_counter())

        await stack.enter_async_context(bare_app.open_async())
        running = [
            asyncio.create_task(runner.run()),
            asyncio.create_task(
                bare_app.run_worker_async(queues=["bare"], concurrency=64, install_signal_handlers=False)
            ),
        ]
        async with house.database.transaction() as connection:
            owner = (await accounts_store.add_person(connection, "Bench")).id
        request = JobRequest(model=CARD.name, prompt="x", seed=1, steps=1, guidance=1, width=64, height=64)
        await asyncio.sleep(1)
        bare: list[float] = []
        ours: list[float] = []
        for n in range(rounds + 10):
            began.append(asyncio.get_running_loop().create_future())
            started = time.perf_counter()
            await empty.defer_async()
            took_bare = await began[-1] - started
            # What a worker does when a job is done must not meet the next turn.
            await asyncio.sleep(_PAUSE_S)

            worker.called = asyncio.get_running_loop().create_future()
            started = time.perf_counter()
            async with house.database.transaction() as connection:
                await house.jobs.submit(connection, owner, "bench", uuid4(), [request])
            took_ours = await worker.called - started
            if n >= 10:
                bare.append(took_bare)
                ours.append(took_ours)
            await asyncio.sleep(_PAUSE_S)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    print(f"   bare procrastinate   {milliseconds(bare)}")
    print(f"   a job of ours        {milliseconds(ours)}")
    verdict(
        "enqueue to start, over bare", statistics.median(ours) / statistics.median(bare), GOAL, at_most=True, unit="×"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    configure_logs("text", "warning")
    heading("enqueue to start, against bare procrastinate")
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        url = server.start()
        try:
            asyncio.run(measure(url, Path(folder), rounds))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
