"""What was painted is made blank again."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime

from figment.accounts.schemas import Person
from figment.core.database import Connection, Database
from figment.core.events import publish
from figment.core.ids import uuid7
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.errors import NothingToErase, NotYourWorld
from figment.features.atlas.rules import painting
from figment.features.atlas.schemas import Edit, EraseRequest
from figment.features.atlas.service.edits import wired
from figment.features.atlas.service.laying import Laid, Laying
from figment.features.atlas.service.telling import edit_told
from figment.features.atlas.service.worlds import find, may_paint
from figment.features.atlas.store import EditRow
from figment.generation.places import Outdated
from figment.generation.service import Jobs
from figment.images.service import Images


class Erasing:
    """Erasures: edits without a picture, in the same history, taken back like any other."""

    def __init__(self, database: Database, storage: Storage, jobs: Jobs, images: Images) -> None:
        self._database = database
        self._laying = Laying(database, storage, images)
        self._jobs = jobs

    async def erase(self, person: Person, slug: str, asked: EraseRequest) -> Edit:
        """Make blank what a frame shows, all of it or under a mask.

        Raises:
            WorldNotFound, NotYourWorld.
            NothingToErase: nothing of it is painted.
            NotFound, ImageWithheld: the mask is not the asker's, or is held.
        """
        while True:
            edit = await self._begun(person, slug, asked)
            laid = await self._laid(person, edit)
            # Others painted there meanwhile: what is erased is what they made too.
            with contextlib.suppress(Outdated):
                async with self._database.transaction() as connection:
                    return await self._commit(connection, person, edit, laid)

    async def _begun(self, person: Person, slug: str, asked: EraseRequest) -> EditRow:
        """An edit that is written when it is committed, since nothing of it waits."""
        async with self._database.statements() as connection:
            world = await find(connection, slug)
        if not may_paint(world, person):
            raise NotYourWorld
        return EditRow(
            id=uuid7(),
            world=world.id,
            author=person.id,
            author_name=person.name,
            x=asked.x,
            y=asked.y,
            width=asked.width,
            height=asked.height,
            prompt="",
            mask=asked.mask,
            state="pending",
            seq=None,
            layer=None,
            image=None,
            created_at=datetime.now(UTC),
            committed_at=None,
            kind="erase",
            candidates=1,
            rollback=None,
            seed=world.seed,
        )

    async def _laid(self, person: Person, edit: EditRow) -> Laid:
        mask = await self._laying.mask(person.id, edit)
        tiles, wide = await self._laying.look(edit)
        layer = await asyncio.to_thread(painting.erasure_of, painting.within(wide), mask)
        if not layer[..., 3].any():
            raise NothingToErase
        return await self._laying.lay(edit, tiles, layer)

    async def _commit(self, connection: Connection, person: Person, edit: EditRow, laid: Laid) -> Edit:
        await store.add_edit(
            connection, edit.world, person.id, edit.rect, edit.prompt, edit.mask, kind="erase", edit=edit.id
        )
        told = await self._laying.commit(connection, edit, laid, None)
        row = await store.edit_by_id(connection, edit.id)
        assert row is not None
        found = (await wired(self._jobs, connection, [row], person))[0]
        await publish(connection, [edit_told(row), *told])
        return found
