"""What is done to worlds a step at a time: rolling back, and deleting for good."""

from __future__ import annotations

import asyncio

import structlog

from figment.features.atlas.service import Atlas

log = structlog.get_logger(__name__)

_IDLE_S = 0.5


class Upkeep:
    """Several processes share the work; a step that was begun and not ended is done by the next."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                busy = await self._atlas.rollbacks.step() or await self._atlas.worlds.erase_some()
            except Exception as error:
                log.warning("atlas.upkeep_failed", exc_info=error)
                busy = False
            if not busy:
                await asyncio.sleep(_IDLE_S)
