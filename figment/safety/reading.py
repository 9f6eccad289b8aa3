"""Prompts are read for what they mean while their pictures are made: nobody waits for it, and nothing is kept of what is held."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from uuid import UUID

from figment.safety.fields import Kind
from figment.safety.meaning import Embedder, Meaning
from figment.safety.service import Safety


class Reading:
    """`figment.generation.jobs.Reader`, by rules of meaning."""

    def __init__(self, safety: Safety, open_embedder: Callable[[], Embedder]) -> None:
        self._safety = safety
        self._open_embedder = open_embedder
        self._opening: asyncio.Task[Meaning] | None = None

    def start(self) -> None:
        """Open the text encoder and read the exemplars, which takes a second or two of one core, in the background."""
        if self._opening is None or (self._opening.done() and self._failed(self._opening)):
            self._opening = asyncio.create_task(self._open(), name="rules of meaning")

    async def stop(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)

    async def read(self, person: UUID, prompt: Mapping[str, str]) -> None:
        """Whether pictures of this prompt of this person may be kept. Raises TextRefused, TextHeld, and whatever the text encoder raises:
        a check that failed must not look like one that passed."""
        self.start()
        assert self._opening is not None
        # Shielded: one cancelled job must not cancel what all others wait for.
        meaning = await asyncio.shield(self._opening)
        await self._safety.check_meaning(person, prompt, Kind.PROMPT, meaning)

    async def _open(self) -> Meaning:
        embedder = await asyncio.to_thread(self._open_embedder)
        return await Meaning.build(embedder)

    @staticmethod
    def _failed(task: asyncio.Task[Meaning]) -> bool:
        return task.cancelled() or task.exception() is not None
