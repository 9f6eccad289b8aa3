"""What runs in a replica: one engine, and the stream of each request that it was sent."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from typing import Any

from ray import serve

from figment.generation.contract import ImageRequest, Ticket
from figment.scaleout.hosting import Build, Weights
from figment.scaleout.letters import Letter, Said, written


class OtherWeights(Exception):
    """A picture made here would have a recipe that is not true."""


class Replica:
    """Hosts one engine. Ray Serve makes it, asks it `check_health`, and calls `run` for as many requests at a time as the plan says."""

    def __init__(self, build: Build, weights: Weights) -> None:
        self._engine = build()
        self._weights = weights
        self._started = False

    async def reconfigure(self, _: Any) -> None:
        """Called before the first request: the engine starts on the loop that serves it, and its default model is known to be here.

        Raises:
            OtherWeights: a model of this node is not the one of that name where requests come from.
        """
        if self._started:
            return
        cards = await self._engine.models()
        for card in cards:
            if self._weights.get(card.name, card.weights_hash) != card.weights_hash:
                raise OtherWeights(
                    f"model {card.name}: this node has other weights than the process that asks; install the same"
                )
        await self._engine.start()
        self._started = True
        for card in cards[:1]:
            await self._hold(card.name)

    async def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Letter, None]:
        """See `ImageWorker.run`. Ray cancels it when the caller closes its side, which takes the row out."""
        await self._hold(request.model)
        async with contextlib.aclosing(written(self._run(request, ticket))) as letters:
            async for letter in letters:
                yield letter

    async def open(self, name: str) -> AsyncGenerator[Letter, None]:
        """See `ImageWorker.open`."""
        async with contextlib.aclosing(written(self._engine.open(name))) as letters:
            async for letter in letters:
                yield letter
        await self._hold(name)

    async def _run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Said, None]:
        # Another replica was told to load it, or this one has come since.
        if request.model not in {card.name for card in await self._engine.models()}:
            async for _ in self._engine.open(request.model):
                pass
        async with contextlib.aclosing(self._engine.run(request, ticket)) as updates:
            async for update in updates:
                yield update

    # The engine opens models and keeps them; this only tells the router which replicas have which, so that requests for one model meet in
    # one batch and a model is loaded where it must be, not everywhere.
    @serve.multiplexed(max_num_models_per_replica=-1)
    async def _hold(self, model: str) -> str:
        return model
