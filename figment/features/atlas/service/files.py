"""Tiles and layers in storage."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Awaitable, Callable, Mapping

import numpy as np
from PIL import Image as PillowImage

from figment.core.storage import BlobMissing, Storage
from figment.features.atlas.rules.painting import Pixels
from figment.features.atlas.rules.tiles import Place


class TileFiles:
    """Tiles and layers in storage: lossless, each named by its content, so that the same pixels are one file and none ever changes."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def put(self, pixels: Pixels) -> str | None:
        """The name of the file of these pixels (h, w, 4); None for what is wholly blank, which needs none."""
        if not pixels[..., 3].any():
            return None
        data = await asyncio.to_thread(_encoded, pixels)
        name = hashlib.sha256(data).hexdigest()
        await self._storage.put(_key(name), data, "image/png")
        return name

    async def kept(self, name: str) -> bytes:
        """The file itself, PNG."""
        return await self._storage.get(_key(name))

    async def get(self, name: str) -> Pixels:
        return await asyncio.to_thread(_decoded, await self._storage.get(_key(name)))

    async def get_all(self, names: Mapping[Place, str]) -> dict[Place, Pixels]:
        return dict(zip(names, await asyncio.gather(*map(self.get, names.values())), strict=True))

    async def thumbnail(self, version: str, draw: Callable[[], Awaitable[Pixels]]) -> bytes:
        """A picture of a whole world as it is looked at: drawn when it is first asked for."""
        key = f"atlas/thumbnails/{version}.webp"
        try:
            return await self._storage.get(key)
        except BlobMissing:
            data = await asyncio.to_thread(encoded_view, await draw())
            await self._storage.put(key, data, "image/webp")
            return data

    async def view(self, name: str) -> bytes:
        """A tile as it is looked at: WebP, made when it is first asked for."""
        key = _key(name, "webp")
        try:
            return await self._storage.get(key)
        except BlobMissing:
            data = await asyncio.to_thread(encoded_view, await self.get(name))
            await self._storage.put(key, data, "image/webp")
            return data


def _key(name: str, extension: str = "png") -> str:
    return f"atlas/{name[:2]}/{name}.{extension}"


def _encoded(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    PillowImage.fromarray(pixels, "RGBA").save(out, "PNG", compress_level=2)
    return out.getvalue()


def _decoded(data: bytes) -> Pixels:
    with PillowImage.open(io.BytesIO(data), formats=("PNG",)) as picture:
        return np.asarray(picture.convert("RGBA"))


def encoded_view(pixels: Pixels) -> bytes:
    """Pixels (h, w, 4) as they are looked at."""
    out = io.BytesIO()
    PillowImage.fromarray(pixels, "RGBA").save(out, "WEBP", quality=86, method=3)
    return out.getvalue()
