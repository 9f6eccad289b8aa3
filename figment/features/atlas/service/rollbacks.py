"""All that one person painted in a world, taken back at once, and brought again at once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from figment.accounts import audit
from figment.accounts.schemas import Person
from figment.core.database import Connection, Database
from figment.core.events import publish
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.errors import AuthorGone, EditNotFound, RollbackNotDone, WorldNotYours
from figment.features.atlas.rules.tiles import Place
from figment.features.atlas.schemas import Rollback, RollbackList
from figment.features.atlas.service.composing import composed
from figment.features.atlas.service.files import TileFiles
from figment.features.atlas.service.telling import edit_told, tiles_told
from figment.features.atlas.service.worlds import find, may_roll_back
from figment.features.atlas.store import EditRow, RollbackRow, WorldRow

_AT_ONCE = 16
_TILES_AT_ONCE = 48
"""Put together anew in one step, in which nobody else commits to the world: about a second's work."""
_STILL_PAINTING_S = 1.0
_LISTED = 50


class Rollbacks:
    """They are begun by a person and done in steps by a worker, so that others paint on in between; all is in the history."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._files = TileFiles(storage)

    async def begin(self, person: Person, slug: str, edit: UUID, since: datetime | None) -> Rollback:
        """Take back what the author of an edit painted, also what is on its way now.

        Raises:
            WorldNotFound, WorldNotYours, EditNotFound.
            AuthorGone: it is not known any more who painted this.
        """
        async with self._database.transaction() as connection:
            world = await self._permitted(connection, person, slug)
            row = await store.edit_by_id(connection, edit)
            if row is None or row.world != world.id:
                raise EditNotFound
            if row.author is None:
                raise AuthorGone
            rollback = await store.add_rollback(connection, world.id, row.author, person.id, since)
            await audit.note(
                connection,
                person,
                "atlas.rolled_back",
                row.author,
                row.author_name or "",
                world=slug,
                since=since,
                rollback=rollback,
            )
            return await self._get(connection, rollback)

    async def undo(self, person: Person, slug: str, rollback: UUID) -> Rollback:
        """Bring again what a rollback took back.

        Raises:
            WorldNotFound, WorldNotYours, EditNotFound.
            RollbackNotDone.
        """
        async with self._database.transaction() as connection:
            world = await self._permitted(connection, person, slug)
            row = await store.rollback_by_id(connection, rollback)
            if row is None or row.world != world.id:
                raise EditNotFound("There is no such rollback in this world.")
            if not await store.turn_rollback(connection, rollback):
                raise RollbackNotDone
            await audit.note(
                connection,
                person,
                "atlas.rollback_undone",
                row.person,
                row.person_name or "",
                world=slug,
                rollback=rollback,
            )
            return await self._get(connection, rollback)

    async def listed(self, person: Person, slug: str) -> RollbackList:
        """The newest first.

        Raises:
            WorldNotFound, WorldNotYours.
        """
        async with self._database.statements() as connection:
            world = await self._permitted(connection, person, slug)
            return RollbackList(items=[_wire(row) for row in await store.rollbacks(connection, world.id, _LISTED)])

    @staticmethod
    async def _permitted(connection: Connection, person: Person, slug: str) -> WorldRow:
        world = await find(connection, slug)
        if not may_roll_back(world, person):
            raise WorldNotYours
        return world

    @staticmethod
    async def _get(connection: Connection, rollback: UUID) -> Rollback:
        row = await store.rollback_by_id(connection, rollback)
        assert row is not None
        return _wire(row)

    async def step(self) -> bool:
        """The next step of whatever is to be done. False when nothing is."""
        async with self._database.transaction() as connection:
            row = await store.take_rollback(connection)
            if row is None:
                return False
            # Taken before the edits are read: until the commit nobody else changes what lies in this world.
            seq = await store.next_commit(connection, row.world)
            edits = await self._next(connection, row)
            if not edits:
                await self._come_to_an_end(connection, row)
                # Nothing was committed: the number that was taken for it is given back.
                await store.give_back_commit(connection, row.world)
                return True
            await self._turn(connection, row, edits, seq)
        return True

    async def _next(self, connection: Connection, row: RollbackRow) -> list[tuple[EditRow, list[Place]]]:
        """As many edits as one step can take, one at least, with the tiles that they touch."""
        found: list[tuple[EditRow, list[Place]]] = []
        tiles: set[Place] = set()
        for id_ in await store.to_roll_back(connection, row, _AT_ONCE):
            edit = await store.edit_by_id(connection, id_, lock=True)
            assert edit is not None
            places = await store.places_of(connection, id_)
            tiles.update(places)
            if found and len(tiles) > _TILES_AT_ONCE:
                break
            found.append((edit, places))
        return found

    async def _turn(
        self, connection: Connection, row: RollbackRow, edits: list[tuple[EditRow, list[Place]]], seq: int
    ) -> None:
        undoes = row.state == "running"
        for n, (edit, _) in enumerate(edits):
            if n:
                seq = await store.next_commit(connection, row.world)
            await store.set_state(connection, edit.id, "undone" if undoes else "committed")
            await store.set_rolled_back(connection, edit.id, row.id if undoes else None)
            await store.add_commit(connection, row.world, seq, "undo" if undoes else "redo", edit.id, row.by)
        places = sorted({place for _, touched in edits for place in touched})
        files = await composed(connection, self._files, row.world, places)
        await store.set_tiles(connection, row.world, seq, files)
        await store.set_rollback(connection, row.id, row.state)
        told = [edit_told(edit) for edit, _ in edits]
        await publish(connection, [*told, tiles_told(row.world, 0, files)])

    @staticmethod
    async def _come_to_an_end(connection: Connection, row: RollbackRow) -> None:
        if row.state == "running" and await store.is_still_painting(connection, row):
            # What was asked for before is taken back when it is there.
            await store.set_rollback(connection, row.id, "running", _STILL_PAINTING_S)
        else:
            await store.set_rollback(connection, row.id, "done" if row.state == "running" else "undone")


def _wire(row: RollbackRow) -> Rollback:
    return Rollback(
        id=row.id,
        person=row.person_name,
        by=row.by_name,
        since=row.since,
        state=row.state,
        edits=row.edits,
        left=row.left,
        created_at=row.created_at,
    )
