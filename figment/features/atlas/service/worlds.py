"""Worlds, and who may do what in them."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from uuid import UUID

from figment.accounts.schemas import Person
from figment.core.database import Connection, Database
from figment.core.errors import InvalidInput
from figment.features.atlas import store
from figment.features.atlas.errors import (
    WorldNameTaken,
    WorldNotFound,
)
from figment.features.atlas.rules import terrain
from figment.features.atlas.rules.ground import why_no_terrain
from figment.features.atlas.rules.tiles import TILE
from figment.features.atlas.schemas import (
    World,
    WorldList,
    WorldRequest,
)
from figment.features.atlas.store import Land, WorldRow
from figment.generation.service import Jobs
from figment.safety.fields import Kind
from figment.safety.service import Safety

_WORLDS = 500


class Worlds:
    """Maps that people share."""

    def __init__(self, database: Database, jobs: Jobs, safety: Safety) -> None:
        self._database = database
        self._jobs = jobs
        self._safety = safety

    async def list(self, person: Person | None) -> WorldList:
        async with self._database.statements() as connection:
            return WorldList(items=[_world(row, person) for row in await store.worlds(connection, _WORLDS)])

    async def get(self, person: Person | None, slug: str) -> World:
        """
        Raises:
            WorldNotFound.
        """
        async with self._database.statements() as connection:
            return _world(await find(connection, slug), person)

    async def make(self, person: Person, asked: WorldRequest) -> World:
        """
        Raises:
            WorldNameTaken: there is one at this address.
            InvalidInput: no address can be made from the name, or the model paints no land.
            UnknownModel: there is no such model.
            TextRefused, TextHeld: it may not be called so, or not yet.
        """
        slug = asked.slug or slug_of(asked.name)
        if not slug:
            raise InvalidInput("No address can be made from this name. Give a `slug` of a-z and 0-9.", field="slug")
        home = await self._home(asked)
        words = {"name": asked.name, "prompt": asked.prompt}
        await self._safety.check(person.id, words, Kind.NAME)
        async with self._database.transaction() as connection:
            if not await store.add_world(
                connection,
                person.id,
                slug,
                asked.name,
                asked.prompt,
                asked.model,
                asked.paint,
                asked.terrain,
                home,
            ):
                raise WorldNameTaken
            return _world(await find(connection, slug), person)

    async def _home(self, asked: WorldRequest) -> tuple[int, int] | None:
        """Where one will arrive, when all that was asked for can be had; None in a world that begins blank."""
        card = await self._jobs.card(asked.model) if asked.model is not None or asked.terrain is not None else None
        if card is None or asked.terrain is None:
            return None
        if (reason := why_no_terrain(card)) is not None:
            raise InvalidInput(reason, field="model")
        return await asyncio.to_thread(terrain.home, asked.terrain)


async def find(connection: Connection, slug: str) -> WorldRow:
    """
    Raises:
        WorldNotFound.
    """
    found = await store.world_by_slug(connection, slug)
    if found is None:
        raise WorldNotFound
    return found


async def find_land(connection: Connection, slug: str) -> Land:
    """Raises as `find`."""
    found = await store.land_by_slug(connection, slug)
    if found is None:
        raise WorldNotFound
    return found


async def find_id(connection: Connection, slug: str) -> UUID:
    """Raises as `find`."""
    found = await store.world_id(connection, slug)
    if found is None:
        raise WorldNotFound
    return found


def may_paint(world: WorldRow, person: Person | None) -> bool:
    return person is not None and (world.paint == "everyone" or world.owner == person.id)


def _world(row: WorldRow, person: Person | None) -> World:
    bounds = None
    if row.left is not None and row.top is not None and row.right is not None and row.bottom is not None:
        bounds = [row.left * TILE, row.top * TILE, row.right * TILE, row.bottom * TILE]
    return World(
        slug=row.slug,
        name=row.name,
        author=row.author,
        prompt=row.prompt,
        model=row.model,
        paint=row.paint,
        may_paint=may_paint(row, person),
        mine=person is not None and row.owner == person.id,
        bounds=bounds,
        terrain=row.seed,
        home=None if row.home_x is None or row.home_y is None else [row.home_x, row.home_y],
        edits=row.edits,
        created_at=row.created_at,
    )


def slug_of(name: str) -> str:
    """A name as an address can have it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
