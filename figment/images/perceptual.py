"""Use cases of recognising pictures: refuse what is blocked, find what looks alike."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from figment.core.database import Connection, Database
from figment.core.errors import InvalidInput, NotFound
from figment.images import perceptual_store as store
from figment.images.codec import Prints
from figment.images.errors import ImageBlocked
from figment.images.pdq import LEAST_QUALITY, THRESHOLD, Pdq, pdq
from figment.images.perceptual_store import Blocked, Near
from figment.images.store import Concern, State


@dataclass(frozen=True, slots=True)
class Match:
    """An entry of the block list, and in how many of 256 bits the picture differs from it."""

    entry: Blocked
    distance: int


class Perceptual:
    """Pictures by what they look like, whatever was done to their files.

    Another format or size, a mirror, a quarter turn: still the same picture. A crop is another one: PDQ sees the whole.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- the block list -----------------------------------------------------------------------------------------------

    async def blocked(self, pixels: NDArray[np.uint8]) -> Match | None:
        """The entry of the block list that a picture looks like. `pixels`: (h, w, 3) uint8 RGB."""
        seen = await asyncio.to_thread(pdq, pixels)
        async with self._database.statements() as connection:
            return await self._match(connection, seen)

    async def announce(
        self, connection: Connection, sha256: str, mime: str, size: int, concern: Concern | None, prints: Prints
    ) -> State:
        """Note that a file is about to be written, and what it is recognised by. Gives its state, which one that is there already keeps.

        Raises:
            ImageBlocked: the picture looks like one that is not kept here.
        """
        state = await store.announce(connection, sha256, mime, size, concern, prints, THRESHOLD)
        if state is None:
            raise ImageBlocked
        return state

    async def _match(self, connection: Connection, seen: Pdq) -> Match | None:
        found = await store.nearest_blocked(connection, seen.variants, THRESHOLD)
        return None if found is None else Match(*found)

    async def block(self, image: UUID, reason: str, by: UUID) -> Blocked:
        """Keep nothing from now on that looks like this image. What is kept already stays: that is for those who moderate.

        Raises:
            NotFound: there is no such image.
            InvalidInput: it is so flat that others would be taken for it, or no reason is given.
        """
        async with self._database.transaction() as connection:
            return await self.block_with(connection, image, reason, by)

    async def block_with(self, connection: Connection, image: UUID, reason: str, by: UUID) -> Blocked:
        """As `block`, in the caller's transaction."""
        found = await store.hashes_of_image(connection, image)
        if found is None:
            raise NotFound("There is no such image.")
        return await _block(connection, *found, reason, by, image)

    async def block_pixels(self, pixels: NDArray[np.uint8], reason: str, by: UUID) -> Blocked:
        """As `block`, with a picture that is not kept here. `pixels`: (h, w, 3) uint8 RGB."""
        seen = await asyncio.to_thread(pdq, pixels)
        async with self._database.transaction() as connection:
            return await self.block_seen(connection, seen, reason, by)

    async def block_seen(self, connection: Connection, seen: Pdq, reason: str, by: UUID) -> Blocked:
        """As `block_pixels`, in the caller's transaction, of a picture that was looked at already."""
        return await _block(connection, seen.hash, seen.quality, reason, by, None)

    async def unblock(self, entry: UUID) -> None:
        """
        Raises:
            NotFound: there is no such entry.
        """
        async with self._database.transaction() as connection:
            await self.unblock_with(connection, entry)

    async def unblock_with(self, connection: Connection, entry: UUID) -> None:
        """As `unblock`, in the caller's transaction."""
        if not await store.unblock(connection, entry):
            raise NotFound("There is no such entry in the block list.")

    async def entries(self) -> Sequence[Blocked]:
        """The block list, the newest first."""
        async with self._database.statements() as connection:
            return await store.all_blocked(connection)

    # -- what is kept -------------------------------------------------------------------------------------------------

    async def remember(self, connection: Connection, sha256: str, prints: Prints) -> None:
        await store.add_hashes(connection, sha256, prints)

    async def made_here(self, prints: Prints) -> Near | None:
        """The file that was made here with exactly these pixels (distance 0), or that this looks like a changed copy of."""
        async with self._database.statements() as connection:
            if same := await store.made_with_pixels(connection, prints.pixels):
                return Near(same, 0, exact=True)
            return await store.nearest_made(connection, prints.pdq.variants, THRESHOLD, LEAST_QUALITY)


async def _block(
    connection: Connection, pdq_hash: bytes, quality: int, reason: str, by: UUID, image: UUID | None
) -> Blocked:
    if not reason.strip():
        raise InvalidInput("Say why this picture is blocked.", field="reason")
    if quality < LEAST_QUALITY:
        raise InvalidInput(
            "This picture is too flat or too blurred to be recognised: many others would be taken for it.",
            field="image",
        )
    return await store.block(connection, pdq_hash, reason.strip(), by, image)
