"""Worlds, and who may do what in them."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import unicodedata
from collections.abc import Sequence
from uuid import UUID

from figment.accounts import audit
from figment.accounts.schemas import Person
from figment.core.database import Connection, Database
from figment.core.errors import InvalidInput, NotFound
from figment.core.events import publish
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.errors import (
    InvitationNotFound,
    PersonNotFound,
    TooManyMembers,
    TooManyWorlds,
    WorldNameTaken,
    WorldNotFound,
    WorldNotYours,
    WrongWorldName,
)
from figment.features.atlas.rules import terrain, thumbnails
from figment.features.atlas.rules.ground import why_no_terrain
from figment.features.atlas.rules.painting import Pixels
from figment.features.atlas.rules.tiles import TILE, Place
from figment.features.atlas.schemas import (
    Invitation,
    Member,
    MemberList,
    World,
    WorldChange,
    WorldList,
    WorldRequest,
)
from figment.features.atlas.service.files import TileFiles
from figment.features.atlas.service.telling import PLACE, world_told
from figment.features.atlas.store import Land, WorldRow
from figment.generation.service import Jobs
from figment.safety.fields import Kind
from figment.safety.service import Safety

_WORLDS = 500
MOST_OF_PERSON = 30
MOST_MEMBERS = 500
_INVITATION_S = 7 * 24 * 3600.0
_ERASED_AT_ONCE = 2000


class Worlds:
    """Maps that people share."""

    def __init__(self, database: Database, storage: Storage, jobs: Jobs, safety: Safety) -> None:
        self._database = database
        self._files = TileFiles(storage)
        self._jobs = jobs
        self._safety = safety

    async def list(self, person: Person | None) -> WorldList:
        async with self._database.statements() as connection:
            return WorldList(items=await wire(connection, await store.worlds(connection, _WORLDS), person))

    async def get(self, person: Person | None, slug: str) -> World:
        """
        Raises:
            WorldNotFound.
        """
        async with self._database.statements() as connection:
            return (await wire(connection, [await find(connection, slug)], person))[0]

    async def make(self, person: Person, asked: WorldRequest) -> World:
        """
        Raises:
            WorldNameTaken: there is one at this address.
            TooManyWorlds: they have as many as one may.
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
            if await store.worlds_of(connection, person.id) >= MOST_OF_PERSON:
                raise TooManyWorlds(f"You have {MOST_OF_PERSON} worlds, which is as many as one may have. Delete one.")
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
            return (await wire(connection, [await find(connection, slug)], person))[0]

    async def change(self, person: Person, slug: str, asked: WorldChange) -> World:
        """
        Raises:
            WorldNotFound, WorldNotYours, UnknownModel.
            TextRefused, TextHeld: it may not be called so, or not yet.
        """
        given = asked.model_dump(exclude_unset=True)
        async with self._database.statements() as connection:
            _permit_change(await find(connection, slug), person)
        if given.get("model") is not None:
            await self._jobs.card(given["model"])
        words = {field: given[field] for field in ("name", "prompt") if given.get(field)}
        if words:
            await self._safety.check(person.id, words, Kind.NAME)
        async with self._database.transaction() as connection:
            world = await find(connection, slug)
            _permit_change(world, person)
            # Null means that the field stays, but for the model, where it means the default.
            model = given.get("model", world.model)
            name, prompt = asked.name or world.name, world.prompt if asked.prompt is None else asked.prompt
            await store.change_world(connection, world.id, name, prompt, model, asked.paint or world.paint)
            changed = (await wire(connection, [await find(connection, slug)], person))[0]
            await publish(connection, [world_told(world.id)])
        return changed

    async def delete(self, person: Person, slug: str, name: str) -> None:
        """It is gone at once; its rows go a few at a time.

        Raises:
            WorldNotFound, WorldNotYours.
            WrongWorldName: `name` is not its name.
        """
        async with self._database.transaction() as connection:
            world = await find(connection, slug)
            _permit_change(world, person)
            if world.owner is None and slug == "commons":
                raise WorldNotYours("The commons are everybody's, and stay.")
            if name.strip() != world.name:
                raise WrongWorldName
            pending = await store.hide_world(connection, world.id)
            await audit.note(connection, person, "atlas.world_deleted", world.owner, world.author or "", world=slug)
            # Ends with the events' lock, which what follows takes as well.
            await self._jobs.drop(connection, PLACE, pending)
            await publish(connection, [world_told(world.id, gone=True)])

    async def erase_some(self) -> bool:
        """A step of deleting what was in deleted worlds. False when there is nothing left to do."""
        async with self._database.transaction() as connection:
            return await store.erase_some(connection, _ERASED_AT_ONCE)

    # -- members --------------------------------------------------------------------------------------------------------

    async def members(self, person: Person, slug: str) -> MemberList:
        """
        Raises:
            WorldNotFound, WorldNotYours.
        """
        async with self._database.statements() as connection:
            world = await self._changeable(connection, person, slug)
            return MemberList(items=[_member(row) for row in await store.members(connection, world.id)])

    async def add_member(self, person: Person, slug: str, username: str) -> MemberList:
        """
        Raises:
            WorldNotFound, WorldNotYours, TooManyMembers.
            PersonNotFound: nobody has this username.
        """
        async with self._database.transaction() as connection:
            world = await self._changeable(connection, person, slug)
            found = await store.person_called(connection, username)
            if found is None:
                raise PersonNotFound
            await self._let_in(connection, world, found)
            items = [_member(row) for row in await store.members(connection, world.id)]
            await publish(connection, [world_told(world.id)])
        return MemberList(items=items)

    async def drop_member(self, person: Person, slug: str, member: UUID) -> None:
        """The owner removes somebody, or somebody leaves.

        Raises:
            WorldNotFound, WorldNotYours.
            NotFound: they are no member.
        """
        async with self._database.transaction() as connection:
            world = await find(connection, slug)
            if member != person.id:
                _permit_change(world, person)
            if not await store.drop_member(connection, world.id, member):
                raise NotFound("They are no member of this world.")
            await publish(connection, [world_told(world.id)])

    async def invite(self, person: Person, slug: str) -> Invitation:
        """A new link; the one before holds no longer.

        Raises:
            WorldNotFound, WorldNotYours.
        """
        token = secrets.token_urlsafe(18)
        async with self._database.transaction() as connection:
            world = await self._changeable(connection, person, slug)
            expires_at = await store.set_invitation(connection, world.id, _hashed(token), _INVITATION_S)
        assert expires_at is not None
        return Invitation(token=token, expires_at=expires_at)

    async def end_invitation(self, person: Person, slug: str) -> None:
        """
        Raises:
            WorldNotFound, WorldNotYours.
        """
        async with self._database.transaction() as connection:
            world = await self._changeable(connection, person, slug)
            await store.set_invitation(connection, world.id, None)

    async def join(self, person: Person, slug: str, token: str) -> World:
        """Become a member by the link that somebody sent.

        Raises:
            WorldNotFound, InvitationNotFound, TooManyMembers.
        """
        async with self._database.transaction() as connection:
            world = await find(connection, slug)
            if not await store.is_invitation(connection, world.id, _hashed(token)):
                raise InvitationNotFound
            await self._let_in(connection, world, person.id)
            joined = (await wire(connection, [await find(connection, slug)], person))[0]
            await publish(connection, [world_told(world.id)])
        return joined

    @staticmethod
    async def _changeable(connection: Connection, person: Person, slug: str) -> WorldRow:
        world = await find(connection, slug)
        _permit_change(world, person)
        return world

    @staticmethod
    async def _let_in(connection: Connection, world: WorldRow, person: UUID) -> None:
        if not await store.add_member(connection, world.id, person, MOST_MEMBERS):
            raise TooManyMembers

    async def _home(self, asked: WorldRequest) -> tuple[int, int] | None:
        """Where one will arrive, when all that was asked for can be had; None in a world that begins blank."""
        card = await self._jobs.card(asked.model) if asked.model is not None or asked.terrain is not None else None
        if card is None or asked.terrain is None:
            return None
        if (reason := why_no_terrain(card)) is not None:
            raise InvalidInput(reason, field="model")
        return await asyncio.to_thread(terrain.home, asked.terrain)

    # -- pictures of worlds -----------------------------------------------------------------------------------------------

    async def thumbnail(self, slug: str) -> tuple[bytes, str]:
        """A small picture of all of a world, as WebP, and its version.

        Raises:
            WorldNotFound.
            NotFound: nothing is painted there.
        """
        async with self._database.statements() as connection:
            world = await find(connection, slug)
            sheets = await _sheets(connection, [world])
        if world.id not in sheets:
            raise NotFound("Nothing is painted there yet.")
        z, bounds, files = sheets[world.id]

        async def draw() -> Pixels:
            tiles = await self._files.get_all(files)
            return await asyncio.to_thread(thumbnails.drawn, z, bounds, tiles)

        version = thumbnails.version(z, bounds, files)
        return await self._files.thumbnail(version, draw), version


Sheet = tuple[int, Sequence[int], dict[Place, str]]
"""Zoom, bounds in tiles of zoom 0, and the files of the tiles that a small picture of a world is made of."""


async def _sheets(connection: Connection, worlds: Sequence[WorldRow]) -> dict[UUID, Sheet]:
    """Of those where something is painted; what is seen from above follows a moment later, and may not be there yet."""
    made = {world.id: (thumbnails.sheet(*bounds), bounds) for world in worlds if (bounds := _bounds(world))}
    asked = [(id_, z, place) for id_, ((z, places), _) in made.items() for place in places]
    found = await store.thumbnail_tiles(connection, asked) if asked else {}
    sheets: dict[UUID, Sheet] = {}
    for id_, ((z, places), bounds) in made.items():
        files = {place: found[id_, z, place] for place in places if (id_, z, place) in found}
        if files:
            sheets[id_] = (z, bounds, files)
    return sheets


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
    return person is not None and (world.paint == "everyone" or world.owner == person.id or person.id in world.members)


def may_change(world: WorldRow, person: Person | None) -> bool:
    return person is not None and (world.owner == person.id or person.role == "admin")


def may_roll_back(world: WorldRow, person: Person | None) -> bool:
    return person is not None and (may_change(world, person) or person.role == "moderator")


def _permit_change(world: WorldRow, person: Person) -> None:
    if not may_change(world, person):
        raise WorldNotYours


async def wire(connection: Connection, rows: Sequence[WorldRow], person: Person | None) -> list[World]:
    """Worlds as a person sees them."""
    sheets = await _sheets(connection, rows)
    return [_world(row, person, sheets.get(row.id)) for row in rows]


def _bounds(row: WorldRow) -> list[int] | None:
    if row.left is None or row.top is None or row.right is None or row.bottom is None:
        return None
    return [row.left, row.top, row.right, row.bottom]


def _thumbnail(row: WorldRow, sheet: Sheet | None) -> str | None:
    """The address of a picture of what people painted; where that is nothing yet, of the land."""
    if sheet is not None:
        return f"/api/atlas/worlds/{row.slug}/thumbnail?v={thumbnails.version(*sheet)}"
    return None if row.seed is None else f"/api/atlas/terrain/{row.seed}"


def _world(row: WorldRow, person: Person | None, sheet: Sheet | None) -> World:
    bounds = _bounds(row)
    return World(
        slug=row.slug,
        name=row.name,
        author=row.author,
        prompt=row.prompt,
        model=row.model,
        paint=row.paint,
        may_paint=may_paint(row, person),
        may_change=may_change(row, person),
        may_roll_back=may_roll_back(row, person),
        mine=person is not None and row.owner == person.id,
        thumbnail=_thumbnail(row, sheet),
        bounds=bounds and [edge * TILE for edge in bounds],
        terrain=row.seed,
        home=None if row.home_x is None or row.home_y is None else [row.home_x, row.home_y],
        edits=row.edits,
        created_at=row.created_at,
    )


def _member(row: store.MemberRow) -> Member:
    return Member(person=row.person, name=row.name, username=row.username, added_at=row.added_at)


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def slug_of(name: str) -> str:
    """A name as an address can have it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
