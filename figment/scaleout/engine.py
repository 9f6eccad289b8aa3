"""The pool as an engine: one `ImageWorker` for the job runner, wherever the replicas are."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence

from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException

from figment.engine.refusals import why_refuse
from figment.generation.contract import GenerationRefused, ImageRequest, ModelCard, Opening, Ticket, Update
from figment.scaleout import cluster
from figment.scaleout.errors import NoPool, first_line
from figment.scaleout.gate import GateClient
from figment.scaleout.hosting import Build
from figment.scaleout.plan import Plan
from figment.scaleout.pool import Pool


class RayEngine:
    """Makes images in Ray Serve replicas. `await start()` before use, `await stop()` after."""

    def __init__(self, plan: Plan, build: Build, cards: Sequence[ModelCard]) -> None:
        self._plan = plan
        self._cards = {card.name: card for card in cards}
        weights = {card.name: card.weights_hash for card in cards}
        self._pool = (GateClient if plan.is_remote else Pool)(plan, build, weights)

    async def start(self) -> None:
        """Connect, and have the replicas made unless they are there.

        Raises:
            NoPool: the cluster cannot be reached, or does not let us deploy.
        """
        # On another thread, since Ray would take over the main thread's signals, and blocks.
        await asyncio.to_thread(cluster.enter, self._plan.address)
        try:
            await asyncio.to_thread(self._pool.deploy)
        except (RayError, RayServeException, RuntimeError, TimeoutError) as error:
            await self.stop()
            raise NoPool(f"FIGMENT_ENGINE={self._plan.address}: no replicas there ({first_line(error)}).") from error

    async def stop(self) -> None:
        """Leave. Requests that are left fail with `WorkerLost`."""
        try:
            await asyncio.to_thread(self._pool.leave)
        finally:
            await asyncio.to_thread(cluster.leave)

    async def models(self) -> Sequence[ModelCard]:
        return list(self._cards.values())

    async def open(self, name: str) -> AsyncGenerator[Opening | ModelCard, None]:
        """See `ImageWorker.open`."""
        async with contextlib.aclosing(self._pool.open(name)) as updates:
            async for update in updates:
                if isinstance(update, ModelCard):
                    self._cards[update.name] = update
                yield update

    async def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Update, None]:
        """See `ImageWorker.run`. What no replica could make is refused here: none is started for it."""
        if (reason := self._why_refuse(request)) is not None:
            raise GenerationRefused(reason)
        async with contextlib.aclosing(self._pool.run(request, ticket)) as updates:
            async for update in updates:
                yield update

    def _why_refuse(self, request: ImageRequest) -> str | None:
        card = self._cards.get(request.model)
        if card is None:
            return f"model: {request.model!r} is not installed here; installed: {', '.join(self._cards) or 'none'}"
        return why_refuse(request, card)
