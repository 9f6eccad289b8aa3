"""The background side of loading a model: an engine opens it, and only then does anybody hear of it."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

import structlog

from figment.core.database import Database
from figment.generation import model_store
from figment.generation.contract import ImageWorker, ModelCard, ModelUnavailable, Opening
from figment.generation.model_store import LoadRow
from figment.generation.models import tell

log = structlog.get_logger(__name__)

_TOLD_S = 0.5
LOST = ("worker_lost", "The server stopped while the model was loaded. Load it again; what was fetched is kept.")


class ModelLoader:
    """Sees loads through on an `ImageWorker`. A load is tried once: why it failed is for the person who asked to mend."""

    def __init__(self, database: Database, worker: ImageWorker) -> None:
        self._database = database
        self._worker = worker

    async def run(self, load: UUID) -> None:
        async with self._database.statements() as connection:
            row = await model_store.begin(connection, load)
        if row is None:
            return
        try:
            card = await self._open(row)
        except ModelUnavailable as refusal:
            await self._end(row, (refusal.code, str(refusal)))
        except asyncio.CancelledError:
            await asyncio.shield(self._end(row, LOST))
            raise
        except Exception as error:
            log.exception("model.load_failed", model=row.model)
            await self._end(row, ("internal", f"The model could not be loaded: {error}. The server's log says more."))
        else:
            await self._choose(row, card)

    async def _open(self, row: LoadRow) -> ModelCard:
        told: tuple[str, float] = ("", 0.0)
        async for update in self._worker.open(row.model):
            if isinstance(update, ModelCard):
                return update
            if update.stage == told[0] and time.monotonic() < told[1] + _TOLD_S:
                continue
            told = (update.stage, time.monotonic())
            await self._report(row, update)
        raise ModelUnavailable("internal", "The engine ended without opening the model.")

    async def _report(self, row: LoadRow, update: Opening) -> None:
        async with self._database.relaxed() as connection:
            now = await model_store.report(connection, row.id, update.stage, update.bytes_fetched)
            if now is not None:
                await tell(connection, now)

    async def _choose(self, row: LoadRow, card: ModelCard) -> None:
        async with self._database.transaction() as connection:
            ended = await model_store.end(connection, row.id, None)
            if ended is not None:
                await model_store.choose(connection, card)
                await tell(connection, ended, card)
        log.info("model.chosen", model=card.name)

    async def _end(self, row: LoadRow, error: tuple[str, str]) -> None:
        async with self._database.transaction() as connection:
            ended = await model_store.end(connection, row.id, error)
            if ended is not None:
                await tell(connection, ended)
        log.warning("model.not_loaded", model=row.model, code=error[0], error=error[1])
