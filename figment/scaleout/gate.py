"""The pool from outside its cluster. A Ray client can call, but takes no part in streams: an actor inside holds those for it.

Each process has a gate of its own, which ends with the process's connection, and with it whatever the process had asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Awaitable
from typing import Any, cast

import ray
from ray.exceptions import RayError

from figment.generation.contract import (
    Finished,
    ImageRequest,
    ModelCard,
    Opening,
    Progress,
    Ticket,
    Update,
    Waiting,
    WorkerLost,
)
from figment.scaleout.errors import first_line
from figment.scaleout.hosting import Build, Weights
from figment.scaleout.letters import Letter, Lost, Said, opened, written
from figment.scaleout.plan import Plan
from figment.scaleout.pool import Pool

# Of one process at a time: more than it can ever have open.
_MOST_CALLS = 10_000


class Gate:
    """Runs in the cluster: a pool, and the streams that one process outside has open, by numbers of its choice."""

    def __init__(self, plan: Plan, build: Build, weights: Weights) -> None:
        self._pool = Pool(plan, build, weights)
        self._streams: dict[int, _Stream] = {}

    async def deploy(self) -> None:
        await asyncio.to_thread(self._pool.deploy)

    async def begin(self, number: int, request: ImageRequest, ticket: Ticket) -> Letter:
        """Ask for an image. The first letter of its stream."""
        self._streams[number] = _Stream(written(self._pool.run(request, ticket)))
        return await self.take(number)

    async def begin_open(self, number: int, name: str) -> Letter:
        """Ask for a model. The first letter of its stream."""
        self._streams[number] = _Stream(written(self._pool.open(name)))
        return await self.take(number)

    async def take(self, number: int) -> Letter:
        """The next letter; waits for one."""
        return await self._streams[number].take()

    async def close(self, number: int) -> None:
        """Nothing more is wanted of a stream."""
        if (stream := self._streams.pop(number, None)) is not None:
            await stream.close()


class _Stream:
    """Reads letters as they come, and keeps the latest: whoever is far away gets every second one sooner than all of them late."""

    def __init__(self, letters: AsyncGenerator[Letter, None]) -> None:
        self._latest: Letter = Waiting(0)
        self._arrived = asyncio.Event()
        self._reading = asyncio.create_task(self._read(letters))

    async def _read(self, letters: AsyncGenerator[Letter, None]) -> None:
        async with contextlib.aclosing(letters):
            async for letter in letters:
                self._latest = letter
                self._arrived.set()
        if isinstance(self._latest, Waiting | Progress | Opening):
            self._latest = Lost("the stream ended without a picture")
            self._arrived.set()

    async def take(self) -> Letter:
        await self._arrived.wait()
        self._arrived.clear()
        return self._latest

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


class GateClient:
    """An `ImageWorker` that asks a `Gate`. `deploy` before use, off the event loop."""

    def __init__(self, plan: Plan, build: Build, weights: Weights) -> None:
        self._made_with = (plan, build, dict(weights))
        self._gate: Any = None
        self._numbers = itertools.count(1)

    def deploy(self) -> None:
        actor = ray.remote(Gate).options(num_cpus=0, max_concurrency=_MOST_CALLS)
        self._gate = actor.remote(*self._made_with)
        ray.get(self._gate.deploy.remote())

    def leave(self) -> None:
        """End the gate, and the streams that are open in it."""
        if self._gate is not None:
            ray.kill(self._gate)
            self._gate = None

    async def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Update, None]:
        """See `ImageWorker.run`."""
        async with contextlib.aclosing(self._told("begin", request, ticket)) as updates:
            async for update in updates:
                yield cast(Update, update)

    async def open(self, name: str) -> AsyncGenerator[Opening | ModelCard, None]:
        """See `ImageWorker.open`."""
        async with contextlib.aclosing(self._told("begin_open", name)) as updates:
            async for update in updates:
                yield cast(Opening | ModelCard, update)

    async def _told(self, beginning: str, *asked: object) -> AsyncGenerator[Said, None]:
        """A stream of the gate's, to its last word."""
        gate = self._gate
        if gate is None:
            raise WorkerLost("the pool has not been started")
        number = next(self._numbers)
        try:
            update = await _answer(getattr(gate, beginning).remote(number, *asked))
            while True:
                yield update
                if isinstance(update, Finished | ModelCard):
                    return
                update = await _answer(gate.take.remote(number))
        finally:
            # Not awaited: whoever closes us may be cancelled again.
            gate.close.remote(number)


async def _answer(letter: Awaitable[Letter]) -> Said:
    """
    Raises:
        QueueFull, GenerationRefused, WorkerLost: as the letter says, or because the gate cannot be reached.
    """
    try:
        # Shielded: Ray fails when it is to complete what we cancelled.
        arrived = await asyncio.shield(letter)
    except (RayError, ConnectionError) as error:
        raise WorkerLost(f"the pool cannot be reached: {first_line(error)}") from error
    return opened(arrived)
