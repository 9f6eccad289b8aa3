"""Auto-terrain: a world with a seed fills any place the same, whoever comes first and from wherever."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from figment.features.atlas.rules.ground import why_no_terrain
from figment.features.atlas.rules.terrain import (
    FARTHEST_PX,
    PHASES,
    TILE_PX,
    Grid,
    Mosaic,
    Pixels,
    Rectangle,
    Window,
    climate,
    overlap,
    prompt,
    sketch,
    tile_area,
    tiles_of,
)
from figment.generation.contract import (
    Finished,
    ImageRequest,
    ImageWorker,
    ModelCard,
    QueueFull,
    Ticket,
    Urgency,
    WorkerLost,
)

ROWS_AT_ONCE = 16
"""Windows of one world in the engine. More would fill its queue and make no batch cheaper."""
MOST_PIXELS = 4096 * 4096


class Terrain:
    """One seeded world and the model that paints it, for the callers of one event loop.

    Its pixels are a pure function of seed, model and coordinates. A tile costs the same at any distance from the origin, and depends on the
    windows around it only.
    """

    def __init__(self, seed: int, worker: ImageWorker, model: ModelCard, shared: Shared) -> None:
        """`shared`: keeps windows that neighbours will ask for again, of this world and of others.

        Raises:
            ValueError: the seed is not below 2⁶⁴, or the model cannot repaint a picture.
        """
        if not 0 <= seed < 2**64:
            raise ValueError(f"a world's seed is a whole number from 0 to 2⁶⁴ - 1, not {seed}")
        if (reason := why_no_terrain(model)) is not None:
            raise ValueError(reason)
        self._grid = Grid(model.native_size)
        shared.make_room(least_cache_bytes(self._grid))
        self._seed, self._worker, self._model = seed, worker, model
        self._weights = self._grid.weights()
        self._shared = shared
        self._rows = asyncio.Semaphore(ROWS_AT_ONCE)

    async def tile(self, x: int, y: int, urgency: Urgency = Urgency.INTERACTIVE) -> Pixels:
        """The tile in column `x` and row `y`: (512, 512, 3) uint8. Windows that somebody else waits for already keep their urgency.

        Raises:
            ValueError: it lies beyond the end of the world.
            GenerationRefused: the model will not make these pictures.
            WorkerLost: the engine stopped; asking again can succeed.
        """
        return await self._area(tile_area(x, y), urgency)

    async def region(self, x: int, y: int, width: int, height: int) -> Pixels:
        """Any rectangle of pixels: (height, width, 3) uint8. Raises as `tile`, and ValueError for more than `MOST_PIXELS`."""
        if width < 1 or height < 1 or width * height > MOST_PIXELS:
            raise ValueError(
                f"a region has from 1 to {MOST_PIXELS} pixels, not {width} × {height}; ask for parts of it"
            )
        area = Rectangle(x, y, width, height)
        picture = np.empty((height, width, 3), np.uint8)
        # Tile by tile: what is in work at once does not grow with the region.
        for column, row in tiles_of(area):
            inside, _ = overlap(area, tile_area(column, row))
            part = Rectangle(
                x + inside[1].start,
                y + inside[0].start,
                inside[1].stop - inside[1].start,
                inside[0].stop - inside[0].start,
            )
            picture[inside] = await self._area(part, Urgency.INTERACTIVE)
        return picture

    async def _area(self, area: Rectangle, urgency: Urgency) -> Pixels:
        farthest = max(abs(area.x), abs(area.y)) + 8 * (TILE_PX + self._grid.side_px)
        if farthest > FARTHEST_PX:
            raise ValueError(
                f"({area.x}, {area.y}) is beyond the end of the world, {FARTHEST_PX} pixels from its origin"
            )
        return await self._blend(len(PHASES) - 1, area, urgency)

    async def _blend(self, phase: int, area: Rectangle, urgency: Urgency) -> Pixels:
        """A phase's windows over an area, in one picture."""
        mosaic = Mosaic(area, self._weights)

        async def lay(window: Window) -> None:
            mosaic.lay(self._grid.place(window), await self._window(window, urgency))

        await _all(lay(window) for window in self._grid.covering(phase, area))
        return mosaic.pixels()

    async def _window(self, window: Window, urgency: Urgency) -> Pixels:
        key = (self._seed, self._model.name, window)
        return await self._shared.get(key, lambda: self._paint(window, urgency))

    async def _paint(self, window: Window, urgency: Urgency) -> Pixels:
        """One window: what the phase before left there, repainted by the model."""
        place = self._grid.place(window)
        land = await self._land(place)
        before = land[..., :3] if window.phase == 0 else await self._blend(window.phase - 1, place, urgency)
        request = ImageRequest(
            model=self._model.name,
            prompt=prompt(land[..., 3]),
            seed=window.seed(self._seed),
            steps=self._model.default_steps,
            guidance=self._model.default_guidance,
            width=place.width,
            height=place.height,
            strength=PHASES[window.phase].strength,
            init_image=np.ascontiguousarray(before),
        )
        async with self._rows:
            return await self._ask(request, Ticket(urgency, previews=False))

    async def _ask(self, request: ImageRequest, ticket: Ticket) -> Pixels:
        while True:
            try:
                async for update in self._worker.run(request, ticket):
                    if isinstance(update, Finished):
                        return update.pixels
            except QueueFull as full:
                await asyncio.sleep(full.retry_after_s)
            else:
                raise WorkerLost("the engine ended a window without its picture")

    async def _land(self, area: Rectangle) -> Pixels:
        """The sketch of an area and, in a fourth channel, its ground: (height, width, 4) uint8, put together from the tiles that it touches."""
        land = np.empty((area.height, area.width, 4), np.uint8)

        async def lay(x: int, y: int) -> None:
            whole = await self._shared.get(
                (self._seed, x, y), lambda: asyncio.to_thread(drawn_land, self._seed, tile_area(x, y))
            )
            inside, part = overlap(area, tile_area(x, y))
            land[inside] = whole[part]

        await _all(lay(x, y) for x, y in tiles_of(area))
        return land


def drawn_land(seed: int, area: Rectangle) -> Pixels:
    """Sketch and ground: (height, width, 4) uint8."""
    land = climate(seed, area.x, area.y, area.width, area.height)
    return np.concatenate([sketch(seed, land), land.ground[..., None]], axis=2)


def least_cache_bytes(grid: Grid) -> int:
    """What holds all windows and sketches that one tile depends on, so that none of them is made twice for it."""
    windows, area = 0, tile_area(0, 0)
    for _ in PHASES:
        # One more on each side: tiles lie differently over the grid.
        across = (area.width + grid.side_px) // grid.stride_px + 2
        windows += across * across
        area = Rectangle(0, 0, area.width + 2 * grid.side_px, area.height + 2 * grid.side_px)
    across = area.width // TILE_PX + 2
    return windows * grid.side_px**2 * 3 + across * across * TILE_PX**2 * 4


@dataclass(slots=True, eq=False)
class Making:
    """A picture that is being made, and how many wait for it."""

    task: asyncio.Task[Pixels]
    waiting: int = 0


class Shared:
    """Pictures by key, each made once however many ask for it at once, and kept while there is room: who was asked for last stays longest."""

    def __init__(self, most_bytes: int) -> None:
        """`most_bytes`: of what is kept, besides what is being worked on."""
        self._most_bytes, self._bytes = most_bytes, 0
        self._kept: OrderedDict[Hashable, Pixels] = OrderedDict()
        self._making: dict[Hashable, Making] = {}

    @property
    def kept_bytes(self) -> int:
        return self._bytes

    def make_room(self, least_bytes: int) -> None:
        """Keep so much at least from now on."""
        self._most_bytes = max(self._most_bytes, least_bytes)

    async def get(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, Pixels]]) -> Pixels:
        """The picture of a key. What `make` raises, all who wait for it get; who asks later begins anew."""
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = Making(asyncio.create_task(make()))
            making.task.add_done_callback(partial(self._made, key, making))
        making.waiting += 1
        try:
            # Shielded: one who leaves takes nothing from the others.
            return await asyncio.shield(making.task)
        finally:
            making.waiting -= 1
            if making.waiting == 0 and not making.task.done():
                # Forgotten before it has ended: who asks from here on must not get the cancelled one.
                self._forget(key, making)
                making.task.cancel()

    def _made(self, key: Hashable, making: Making, task: asyncio.Task[Pixels]) -> None:
        self._forget(key, making)
        if task.cancelled() or task.exception() is not None:
            return
        picture = task.result()
        picture.flags.writeable = False
        self._kept[key] = picture
        self._bytes += picture.nbytes
        while self._bytes > self._most_bytes:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes

    def _forget(self, key: Hashable, making: Making) -> None:
        if self._making.get(key) is making:
            del self._making[key]


async def _all(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all of it at once; the first failure ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
