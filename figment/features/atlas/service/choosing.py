"""Of several pictures, the one that goes into the map."""

from __future__ import annotations

import asyncio
import contextlib
from uuid import UUID

from figment.accounts.schemas import Person
from figment.core.database import Connection, Database
from figment.core.events import publish
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.errors import EditNotFound, EditNotYours, NothingToChoose, NothingToPaint
from figment.features.atlas.rules import painting
from figment.features.atlas.rules.painting import Pixels
from figment.features.atlas.schemas import Edit
from figment.features.atlas.service.edits import wired
from figment.features.atlas.service.laying import Laid, Laying
from figment.features.atlas.service.telling import PLACE, edit_told
from figment.features.atlas.service.worlds import find
from figment.features.atlas.store import EditRow
from figment.generation.places import Outdated
from figment.generation.schemas import Job
from figment.generation.service import Jobs
from figment.images import codec
from figment.images.service import Images


class Choosing:
    """Candidates: made by their jobs, kept as images of their author until one of them is chosen or all are discarded."""

    def __init__(self, database: Database, storage: Storage, jobs: Jobs, images: Images) -> None:
        self._database = database
        self._laying = Laying(database, storage, images)
        self._jobs = jobs
        self._images = images

    async def choose(self, person: Person, slug: str, edit: UUID, number: int) -> Edit:
        """Paint one of the candidates, over whatever the map shows by now, and forget the others; those in the making are stopped.

        Raises:
            WorldNotFound, EditNotFound, EditNotYours.
            NothingToChoose: it was chosen or discarded already, or this candidate is not made.
            NothingToPaint: others have painted all of its place.
            ImageWithheld: this picture is held.
        """
        while True:
            row, image = await self._candidate(person, slug, edit, number)
            laid = await self._laid(person, row, image)
            with contextlib.suppress(Outdated):
                return await self._commit(person, row, image, laid)

    async def discard(self, person: Person, slug: str, edit: UUID) -> Edit:
        """Forget all candidates; those in the making are stopped. Moderators may do it to anybody's.

        Raises:
            WorldNotFound, EditNotFound, EditNotYours.
            NothingToChoose: it was chosen or discarded already.
        """
        async with self._database.transaction() as connection:
            row = await self._waiting(connection, slug, edit)
            if row.author != person.id and person.role not in ("moderator", "admin"):
                raise EditNotYours
            await self._unless_over(connection, row)
            await self._forget(connection, row)
            return (await wired(self._jobs, connection, [row], person))[0]

    async def expire(self, older_than_s: float) -> int:
        """Discard what nobody has chosen from for so long. Gives how many edits."""
        expired = 0
        while await self._expire_one(older_than_s):
            expired += 1
        return expired

    async def _expire_one(self, older_than_s: float) -> bool:
        """One in a transaction, which ends with the events' lock."""
        async with self._database.transaction() as connection:
            edit = await store.take_unchosen(connection, older_than_s)
            row = edit and await store.edit_by_id(connection, edit)
            if not row:
                return False
            await self._forget(connection, row)
        return True

    async def _candidate(self, person: Person, slug: str, edit: UUID, number: int) -> tuple[EditRow, UUID]:
        async with self._database.transaction() as connection:
            row = await self._waiting(connection, slug, edit)
            if row.author != person.id:
                raise EditNotYours
            jobs = await self._unless_over(connection, row)
        image = jobs[number - 1].image if number <= len(jobs) else None
        if image is None:
            raise NothingToChoose
        return row, image.id

    async def _waiting(self, connection: Connection, slug: str, edit: UUID) -> EditRow:
        """Locked."""
        world = await find(connection, slug)
        row = await store.edit_by_id(connection, edit, lock=True)
        if row is None or row.world != world.id:
            raise EditNotFound
        return row

    async def _unless_over(self, connection: Connection, row: EditRow) -> list[Job]:
        """The jobs of an edit of which something is still to be chosen."""
        jobs = (await self._jobs.by_refs(connection, PLACE, [row.id]))[row.id]
        if row.candidates == 1 or row.state != "pending" or not jobs:
            raise NothingToChoose
        return jobs

    async def _laid(self, person: Person, edit: EditRow, image: UUID) -> Laid:
        picture = await self._picture(person, edit, image)
        asked = await self._laying.mask(person.id, edit)
        async with self._database.statements() as connection:
            seq = await store.candidate_seq(connection, edit.id, image)
        _, before = await self._laying.look(edit, as_of=seq or 0)
        tiles, wide = await self._laying.look(edit)
        # What was painted then and is blank by now was not made: the picture only shows what it went on from.
        make = painting.to_make(painting.within(wide), asked) & painting.to_make(painting.within(before), asked)
        if not make.any():
            raise NothingToPaint
        layer = await asyncio.to_thread(painting.layer_of, wide, picture, make)
        return await self._laying.lay(edit, tiles, layer)

    async def _picture(self, person: Person, edit: EditRow, image: UUID) -> Pixels:
        data = await self._images.original(await self._images.usable(person.id, image))
        return await asyncio.to_thread(codec.to_pixels, data, edit.width, edit.height)

    async def _commit(self, person: Person, edit: EditRow, image: UUID, laid: Laid) -> Edit:
        async with self._database.transaction() as connection:
            seq = await self._laying.begin(connection, edit, laid)
            if await store.candidate_seq(connection, edit.id, image) is None:
                # Discarded, or deleted as an image, since it was looked at.
                raise NothingToChoose
            told = await self._laying.finish(connection, edit, laid, image, seq)
            row = await store.edit_by_id(connection, edit.id)
            assert row is not None
            await store.drop_candidates(connection, edit.id)
            others = await self._jobs.drop(connection, PLACE, [edit.id], besides=image)
            await self._images.delete(connection, person.id, others)
            found = (await wired(self._jobs, connection, [row], person))[0]
            await publish(connection, [edit_told(row), *told])
        return found

    async def _forget(self, connection: Connection, edit: EditRow) -> None:
        """The edit itself stays, cancelled, so that those who look at it hear of its end."""
        await store.drop_candidates(connection, edit.id)
        images = await self._jobs.drop(connection, PLACE, [edit.id])
        if edit.author is not None:
            await self._images.delete(connection, edit.author, images)
        await publish(connection, [edit_told(edit)])
