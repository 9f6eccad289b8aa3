"""Pictures of seeded land that need no model: what is looked at until it is painted, from near, and wherever nothing is painted, from afar."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import numpy as np

from figment.features.atlas.rules import painting
from figment.features.atlas.rules.painting import Pixels
from figment.features.atlas.rules.terrain import preview, tile_view
from figment.features.atlas.rules.tiles import Place
from figment.features.atlas.service.files import TileFiles, encoded_view

_KEPT_BYTES = 48 * 2**20
_AT_ONCE = 2
_FADE_PX = 128
"""Of the map: so wide a band at the border of what is painted passes over into the sketch around it, where both are seen from above."""
PREVIEW_PX = (640, 320)
_PREVIEW_STEP_PX = 80


class Sketches:
    """Made on a few threads, each once however many ask for it at once, and kept while there is room."""

    def __init__(self, files: TileFiles) -> None:
        self._files = files
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._kept: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._bytes = 0
        self._making: dict[tuple[object, ...], asyncio.Task[bytes]] = {}

    async def tile(self, seed: int, z: int, place: Place, files: Mapping[Place, str] = MappingProxyType({})) -> bytes:
        """WebP. `files`: what is painted in the tile, laid over its sketch, and in those around it."""
        key = (seed, z, place, tuple(sorted(files.items())))
        return await self._get(key, lambda: self._tile(seed, z, place, files))

    async def _tile(self, seed: int, z: int, place: Place, files: Mapping[Place, str]) -> bytes:
        painted = await self._files.get_all(files)
        return await asyncio.to_thread(_drawn_tile, seed, z, place, painted)

    async def preview(self, seed: int) -> bytes:
        """WebP of PREVIEW_PX: the land around where one would arrive."""
        return await self._get((seed,), lambda: asyncio.to_thread(_drawn_preview, seed))

    async def _get(self, key: tuple[object, ...], draw: Callable[[], Awaitable[bytes]]) -> bytes:
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        if key not in self._making:
            self._making[key] = asyncio.create_task(self._make(key, draw))
        # Shielded: one who hangs up takes nothing from the others.
        return await asyncio.shield(self._making[key])

    async def _make(self, key: tuple[object, ...], draw: Callable[[], Awaitable[bytes]]) -> bytes:
        try:
            async with self._turn:
                data = await draw()
        finally:
            del self._making[key]
        self._kept[key] = data
        self._bytes += len(data)
        while self._bytes > _KEPT_BYTES:
            self._bytes -= len(self._kept.popitem(last=False)[1])
        return data


def _drawn_tile(seed: int, z: int, place: Place, painted: Mapping[Place, Pixels]) -> bytes:
    sketch = _solid(tile_view(seed, z, *place))
    if place not in painted:
        return encoded_view(sketch)
    return encoded_view(painting.laid(sketch, painting.faded(place, painted, _FADE_PX >> -z)))


def _drawn_preview(seed: int) -> bytes:
    return encoded_view(_solid(preview(seed, *PREVIEW_PX, _PREVIEW_STEP_PX)))


def _solid(pixels: Pixels) -> Pixels:
    return np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 255, np.uint8)], axis=2)
