"""Which models can be asked for, in every process alike, and how another one becomes the default while all goes on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from uuid import UUID

import structlog
from procrastinate import App

from figment.core import events
from figment.core.database import Connection, Database
from figment.core.errors import NotFound
from figment.core.events import Bus, Event
from figment.core.ids import uuid7
from figment.generation import model_store
from figment.generation.contract import ModelCard
from figment.generation.model_store import LoadRow
from figment.generation.queue import enqueue_load
from figment.generation.schemas import ModelLoad

log = structlog.get_logger(__name__)

TOPIC = "models"
_AGAIN_S = 1.0


class Shelf:
    """The models of this server: those that every process finds installed, and those that were chosen since, which the database knows.

    A web process needs no engine to say what can be asked for. Between `start` and `stop` it hears when another process chooses.
    """

    def __init__(self, database: Database, bus: Bus, queue: App, installed: Sequence[ModelCard]) -> None:
        self._database = database
        self._bus = bus
        self._queue = queue
        self._installed = list(installed)
        self._cards = self._installed
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.read()
        self._watching = asyncio.create_task(self._watch(), name="models")

    async def stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def cards(self) -> Sequence[ModelCard]:
        """What can be asked for, the default first: the last that was chosen, else the first that is installed.

        A model that cannot make a picture of words alone, such as one for inpainting, is never the default.
        """
        return self._cards

    async def read(self) -> None:
        async with self._database.statements() as connection:
            chosen = await model_store.chosen(connection)
        # A model that is installed is as its folder says, whatever it was when it was chosen.
        here = {card.name: card for card in self._installed}
        found = {card.name: here.get(card.name, card) for card in chosen}
        cards = [*found.values(), *(card for card in self._installed if card.name not in found)]
        self._cards = sorted(cards, key=lambda card: "text-to-image" not in card.tasks)

    async def load(self, owner: UUID, model: str) -> ModelLoad:
        """Begin to load a model, which becomes the default when it is ready; until then, and if it fails, nothing changes.

        Raises:
            ModelIsLoading: one load at a time.
        """
        load = uuid7()
        async with self._database.transaction() as connection:
            row = await model_store.add_load(
                connection, load, owner, model, await enqueue_load(self._queue, connection, load)
            )
            await tell(connection, row)
        return wire_load(row)

    async def loaded(self, load: UUID) -> ModelLoad:
        """
        Raises:
            NotFound: there is no such load.
        """
        async with self._database.statements() as connection:
            row = await model_store.load_by_id(connection, load)
        if row is None:
            raise NotFound("There is no such load.")
        return wire_load(row)

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(Exception):
                async for _ in self._bus.subscribe([TOPIC]):
                    await self.read()
            # The database went away in the middle of it, or the bus is being closed.
            await asyncio.sleep(_AGAIN_S)


async def tell(connection: Connection, row: LoadRow, loaded: ModelCard | None = None) -> None:
    """Announce how a load goes to who asked for it, and to everybody that there is another model. Ends with the events' lock."""
    told = [Event(row.topic, "model-load", wire_load(row).model_dump(mode="json"), row.id)]
    if loaded is not None:
        told.append(Event(TOPIC, "models", {"loaded": loaded.name}))
    await events.publish(connection, told)


def wire_load(row: LoadRow) -> ModelLoad:
    error = None
    if row.error_code:
        error = ModelLoad.Error(code=row.error_code, detail=row.error_detail or "")
    return ModelLoad(
        id=row.id,
        model=row.model,
        state=row.state,
        stage=row.stage,
        bytes_fetched=row.bytes_fetched,
        error=error,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
