"""An `ImageWorker` that does what a test tells it to, step by step: the jobs' logic is tested apart from any engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace

import numpy as np

from figment.generation.contract import Finished, ImageRequest, ModelCard, Opening, Progress, Ticket, Update

CARD = ModelCard(
    name="scripted",
    title="Scripted",
    weights_hash="0" * 64,
    tasks=frozenset({"text-to-image", "image-to-image", "inpainting"}),
    native_size=64,
    min_size=64,
    max_size=256,
    size_multiple=64,
    default_steps=3,
    max_steps=50,
    default_guidance=2.5,
    max_guidance=10,
)


class ScriptedWorker:
    """Paints a plain picture whose colour is the seed. `hold` keeps every request before its next step until released."""

    def __init__(self) -> None:
        self.held = asyncio.Event()
        self.held.set()
        self.begun: list[ImageRequest] = []
        self.closed: list[ImageRequest] = []
        self.steps = 0
        self.failures: list[Exception] = []
        self.cards: Sequence[ModelCard] = [CARD]
        self.tasks = CARD.tasks
        self.before_finish: Callable[[], None] | None = None

    def hold(self) -> None:
        self.held.clear()

    def release(self) -> None:
        self.held.set()

    async def models(self) -> Sequence[ModelCard]:
        return self.cards

    async def open(self, name: str) -> AsyncGenerator[Opening | ModelCard, None]:
        """Any model can be had, unless a failure was put there."""
        yield Opening("fetching", 1000)
        await self.held.wait()
        if self.failures:
            raise self.failures.pop(0)
        yield Opening("opening")
        card = replace(CARD, name=name, tasks=self.tasks)
        self.cards = [*self.cards, card]
        yield card

    async def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Update, None]:
        self.begun.append(request)
        if self.failures:
            raise self.failures.pop(0)
        try:
            for step in range(1, request.steps + 1):
                yield Progress(step, request.steps, np.full((8, 8, 3), step, np.uint8))
                self.steps += 1
                await self.held.wait()
            yield Finished(np.full((request.height, request.width, 3), request.seed % 256, np.uint8), 0.01)
        finally:
            self.closed.append(request)
