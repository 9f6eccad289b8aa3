"""The ground of seeded worlds, painted where somebody looks or an edit is to lie."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import numpy as np
import structlog

from figment.core.database import Connection, Database
from figment.core.events import Event, publish
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.errors import WorldNotFound
from figment.features.atlas.jobs.terrain import Shared, Terrain
from figment.features.atlas.rules.ground import maker_of
from figment.features.atlas.rules.tiles import Place
from figment.features.atlas.service.composing import composed
from figment.features.atlas.service.files import TileFiles
from figment.features.atlas.service.telling import all_is_new, tiles_told
from figment.features.atlas.store import Land, Wanted
from figment.generation.contract import ImageWorker, ModelCard, Urgency, WorkerLost

log = structlog.get_logger(__name__)

CACHE_BYTES = 128 * 2**20
_AT_ONCE = 2
"""Tiles in work for those who look. Their windows share the engine's batches, and neighbours each other's windows."""
_HELD_S = 30.0
_IDLE_S = 0.5
_WAIT_S = 0.1


class AnotherMaker(WorkerLost):
    """A newer process paints this world's ground now, by another model or other rules; this one must not mix its own in."""


class Grounds:
    """Paints the ground of worlds on this process's engine. Several processes share the work: each piece is in one's hand at a time."""

    def __init__(self, database: Database, storage: Storage, worker: ImageWorker) -> None:
        self._database = database
        self._files = TileFiles(storage)
        self._worker = worker
        self._born = time.monotonic()
        self._shared = Shared(CACHE_BYTES)
        self._cards: dict[str | None, ModelCard] = {}
        self._not_mine: set[UUID] = set()

    async def run(self) -> None:
        """Paint what people look at, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._paint_one_after_the_other())

    async def ensure(self, world: UUID, places: Sequence[Place]) -> None:
        """Return when all tiles of a world have their ground, which may be at once; one without a seed has none.

        Raises:
            WorldNotFound: it was deleted.
            GenerationRefused: its model will not paint it.
            WorkerLost: the engine stopped, or another process paints this world; asking again can succeed.
        """
        while True:
            async with self._database.statements() as connection:
                land = await store.land(connection, world)
                if land is None:
                    raise WorldNotFound
                there = {} if land.seed is None else await store.tiles(connection, world, places)
                missing = [] if land.seed is None else [place for place in places if place not in there]
                if not missing:
                    return
                await store.want(connection, world, missing, needed=True)
                taken = await store.take_needed(connection, world, missing, _HELD_S)
            if taken:
                await self._paint_all(taken)
            else:
                # Others have them in hand.
                await asyncio.sleep(_WAIT_S)

    async def _paint_one_after_the_other(self) -> None:
        while True:
            taken: list[Wanted] = []
            try:
                async with self._database.statements(relaxed=True) as connection:
                    taken = await store.take_wanted(connection, 1, _HELD_S, list(self._not_mine))
                for wanted in taken:
                    await self._paint(wanted, Urgency.PREFETCH)
            except AnotherMaker:
                self._not_mine.update(wanted.world for wanted in taken)
            except Exception as error:
                log.warning("atlas.ground_failed", exc_info=error)
                await asyncio.sleep(_IDLE_S)
            if not taken:
                await asyncio.sleep(_IDLE_S)

    async def _paint_all(self, taken: Sequence[Wanted]) -> None:
        """At once; the first failure ends the others and is raised as it is."""
        try:
            async with asyncio.TaskGroup() as group:
                for wanted in taken:
                    group.create_task(self._paint(wanted, Urgency.INTERACTIVE))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _paint(self, wanted: Wanted, urgency: Urgency) -> None:
        async with self._in_hand(wanted):
            async with self._database.statements() as connection:
                land = await store.land(connection, wanted.world)
            if land is None or land.seed is None:
                return
            card = await self._card(land.model)
            maker = maker_of(card)
            if land.maker != maker:
                await self._take_over(land, maker)
            pixels = await Terrain(land.seed, self._worker, card, self._shared).tile(*wanted.place, urgency)
            solid = np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 255, np.uint8)], axis=2)
            file = await self._files.put(solid)
            assert file is not None
            async with self._database.transaction() as connection:
                await publish(connection, await self._keep(connection, wanted, maker, file))

    @contextlib.asynccontextmanager
    async def _in_hand(self, wanted: Wanted) -> AsyncIterator[None]:
        """Others leave a piece alone until this ends. If it ends badly they may take it, soon or a little later; if this process does, before long."""
        holding = asyncio.create_task(self._hold(wanted))
        try:
            yield
        except (asyncio.CancelledError, WorkerLost):
            await asyncio.shield(self._let_go(wanted))
            raise
        except Exception:
            async with self._database.statements(relaxed=True) as connection:
                await store.count_failure(connection, wanted)
            raise
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)

    async def _hold(self, wanted: Wanted) -> None:
        while True:
            await asyncio.sleep(_HELD_S / 3)
            async with self._database.statements(relaxed=True) as connection:
                await store.hold(connection, wanted, _HELD_S)

    async def _let_go(self, wanted: Wanted) -> None:
        async with self._database.statements(relaxed=True) as connection:
            await store.hold(connection, wanted, 0)

    async def _card(self, model: str | None) -> ModelCard:
        if model not in self._cards:
            if model is None:
                self._cards[None] = (await self._worker.models())[0]
            else:
                async for update in self._worker.open(model):
                    if isinstance(update, ModelCard):
                        self._cards[model] = update
        return self._cards[model]

    async def _take_over(self, land: Land, maker: str) -> None:
        """Paint a world's ground from now on, and leave nothing of another maker's but what lies under edits, until that too is painted anew.

        Raises:
            AnotherMaker: that one is newer than this process.
        """
        async with self._database.transaction() as connection:
            now = await store.land(connection, land.world, lock=True)
            if now is None or now.maker == maker:
                return
            if now.maker is not None:
                if not await store.may_take_over(connection, land.world, time.monotonic() - self._born):
                    raise AnotherMaker(f"{land.world} is painted by {now.maker}, not by {maker}")
                await store.forget_ground(connection, land.world)
            await store.set_maker(connection, land.world, maker)
            if now.maker is not None:
                log.info("atlas.ground_made_anew", world=str(land.world), maker=maker)
                await publish(connection, [all_is_new(land.world)])

    async def _keep(self, connection: Connection, wanted: Wanted, maker: str, file: str) -> Sequence[Event]:
        """Put a piece under what lies there, and give what is told of it."""
        place, world = wanted.place, wanted.world
        # Locked: no edit is laid, and none taken back, between looking at the tile and changing it.
        land = await store.land(connection, world, lock=True)
        await store.forget_wanted(connection, wanted)
        if land is None or land.maker != maker:
            return ()
        before = await store.ground_of(connection, world, [place])
        if before.get(place) == file:
            return ()
        await store.set_ground(connection, world, place, file)
        if not before:
            await store.set_tiles(connection, world, 0, {place: file})
            return [tiles_told(world, 0, {place: file})]
        seq = await store.next_commit(connection, world)
        files = await composed(connection, self._files, world, [place])
        await store.set_tiles(connection, world, seq, files)
        return [tiles_told(world, 0, files)]
