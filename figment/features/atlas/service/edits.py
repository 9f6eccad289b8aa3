"""What is painted: asked for, taken back, looked up, followed."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from uuid import UUID

from figment.accounts.schemas import Person
from figment.core.database import Connection, Database
from figment.core.errors import InvalidInput
from figment.core.events import Bus, Event, Gap, publish
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.errors import (
    EditNotDone,
    EditNotFound,
    EditNotYours,
    NothingToPaint,
    NotYourWorld,
)
from figment.features.atlas.rules import painting
from figment.features.atlas.rules.tiles import TILE, Place, Rect, tiles_of
from figment.features.atlas.schemas import (
    Edit,
    EditAt,
    EditPage,
    EditRequest,
    EditState,
)
from figment.features.atlas.service.composing import composed
from figment.features.atlas.service.files import TileFiles
from figment.features.atlas.service.telling import edit_told, tiles_told, topic_of
from figment.features.atlas.service.worlds import find, find_id, may_paint
from figment.features.atlas.store import EditRow, WorldRow
from figment.generation.bounds import faults
from figment.generation.contract import MAX_SEED, Urgency
from figment.generation.schemas import Job, JobRequest
from figment.generation.service import Jobs
from figment.images.service import Images
from figment.safety.fields import Kind
from figment.safety.service import Safety

PLACE = "atlas"


class Edits:
    """What people paint into worlds."""

    def __init__(
        self, database: Database, bus: Bus, storage: Storage, jobs: Jobs, images: Images, safety: Safety
    ) -> None:
        self._database = database
        self._bus = bus
        self._files = TileFiles(storage)
        self._jobs = jobs
        self._images = images
        self._safety = safety

    async def paint(self, person: Person, slug: str, asked: EditRequest) -> Edit:
        """Queue what is to be painted. What the frame shows is read when the picture is made.

        Raises:
            WorldNotFound, NotYourWorld, UnknownModel, QueueIsFull.
            InvalidInput: the model cannot do this; every field at fault is named.
            NothingToPaint: nothing in the frame is blank, there is no mask, and the world has no land of its own, which would be painted over.
            NotFound, ImageWithheld: the mask is not the asker's, or is held.
            TextRefused, TextHeld: the prompt is not made into pictures here, or not yet.
        """
        rect = Rect(asked.x, asked.y, asked.width, asked.height)
        async with self._database.statements() as connection:
            world = await find(connection, slug)
            tiles = await store.tiles(connection, world.id, tiles_of(rect))
        if not may_paint(world, person):
            raise NotYourWorld
        painted = {place: tile.file for place, tile in tiles.items() if tile.file}
        request = await self._complete(asked, world, is_fresh=not painted and world.seed is None)
        if asked.mask is not None:
            await self._images.usable(person.id, asked.mask)
        elif world.seed is None and len(painted) == len(tiles_of(rect)) and not await self._has_room(painted, rect):
            raise NothingToPaint
        words = {"prompt": asked.prompt, "negative_prompt": asked.negative_prompt}
        await self._safety.check(person.id, words, Kind.PROMPT)
        async with self._database.transaction() as connection:
            edit = await store.add_edit(connection, world.id, person.id, rect, asked.prompt, asked.mask)
            row = await store.edit_by_id(connection, edit)
            assert row is not None
            [job] = await self._jobs.submit(connection, person.id, PLACE, edit, [request], Urgency.INTERACTIVE)
            # The submission has the events' lock already, and is told first.
            await publish(connection, [edit_told(row)])
        return _edit(row, person, job)

    async def _complete(self, asked: EditRequest, world: WorldRow, is_fresh: bool) -> JobRequest:
        """The request with the world's style and the model's defaults in it, checked against the model's card."""
        card = await self._jobs.card(world.model)
        given = asked.model_dump(include={"seed", "steps", "guidance"}, exclude_none=True)
        request = JobRequest(
            **{
                "model": card.name,
                "prompt": ", ".join(filter(None, [asked.prompt, world.prompt])),
                "negative_prompt": asked.negative_prompt,
                "seed": secrets.randbelow(MAX_SEED + 1),
                "steps": card.default_steps,
                "guidance": card.default_guidance,
                "width": asked.width,
                "height": asked.height,
                **given,
            }
        )
        found = faults(request.without_pictures(), card, "text-to-image" if is_fresh else "inpainting")
        if found:
            errors = [{"field": fault.field, "message": fault.message} for fault in found]
            raise InvalidInput(" ".join(fault.message for fault in found), errors=errors)
        return request

    async def _has_room(self, painted: Mapping[Place, str], rect: Rect) -> bool:
        """Whether anything in a frame is blank, whose tiles are all painted at least in part."""
        canvas = painting.gathered(await self._files.get_all(painted), rect)
        return bool(painting.to_make(canvas).any())

    async def undo(self, person: Person, slug: str, edit: UUID) -> Edit:
        """Take an edit out from under whatever was painted later.

        Raises:
            WorldNotFound, EditNotFound, EditNotYours.
            EditNotDone: it is not painted, or was taken back already.
        """
        return await self._change(person, slug, edit, "undo")

    async def redo(self, person: Person, slug: str, edit: UUID) -> Edit:
        """Bring back what was taken out, to where it lay. Raises as `undo`."""
        return await self._change(person, slug, edit, "redo")

    async def _change(self, person: Person, slug: str, edit: UUID, kind: store.Kind) -> Edit:
        async with self._database.transaction() as connection:
            world = await find(connection, slug)
            # Taken first: from here on the layers stay as they are until the commit.
            seq = await store.next_commit(connection, world.id)
            row = await self._locked(connection, world, edit)
            if row.author != person.id and person.role not in ("moderator", "admin"):
                raise EditNotYours
            if row.state != ("committed" if kind == "undo" else "undone") or row.layer is None:
                raise EditNotDone
            await store.set_state(connection, edit, "undone" if kind == "undo" else "committed")
            await store.add_commit(connection, world.id, seq, kind, edit, person.id)
            places = painting.touched_by(await self._files.get(row.layer), row.rect)
            files = await composed(connection, self._files, world.id, places)
            await store.set_tiles(connection, world.id, seq, files)
            row = await self._locked(connection, world, edit)
            result = (await self._wire(connection, [row], person))[0]
            await publish(connection, [edit_told(row), tiles_told(world.id, 0, files)])
        return result

    async def _locked(self, connection: Connection, world: WorldRow, edit: UUID) -> EditRow:
        row = await store.edit_by_id(connection, edit, lock=True)
        if row is None or row.world != world.id:
            raise EditNotFound
        return row

    async def edit(self, person: Person | None, slug: str, edit: UUID) -> Edit:
        async with self._database.transaction() as connection:
            world = await find(connection, slug)
            row = await store.edit_by_id(connection, edit)
            if row is None or row.world != world.id:
                raise EditNotFound
            return (await self._wire(connection, [row], person))[0]

    async def edits(
        self, person: Person | None, slug: str, area: Rect | None, pending: bool | None, before: UUID | None, limit: int
    ) -> EditPage:
        """The newest first."""
        async with self._database.transaction() as connection:
            world = await find(connection, slug)
            rows = await store.edits_in(connection, world.id, area, pending, before, limit + 1)
            items = await self._wire(connection, rows[:limit], person)
        return EditPage(items=items, next_cursor=str(rows[limit - 1].id) if len(rows) > limit else None)

    async def edit_at(self, person: Person | None, slug: str, x: int, y: int) -> EditAt:
        """The topmost edit that made a pixel."""
        place = Place(x // TILE, y // TILE)
        async with self._database.transaction() as connection:
            world = await find(connection, slug)
            layers = await store.layers_of(connection, world.id, [place])
            for _, row in reversed(layers):
                rect = row.rect
                if rect.x <= x < rect.right and rect.y <= y < rect.bottom and row.layer is not None:
                    pixels = await self._files.get(row.layer)
                    if pixels[y - rect.y, x - rect.x, 3]:
                        return EditAt(edit=(await self._wire(connection, [row], person))[0])
        return EditAt(edit=None)

    async def follow(self, slug: str, after: int | None) -> AsyncIterator[Event | Gap]:
        """What happens in a world, as it commits. Events name an edit; what it is now is theirs to read who follow."""
        async with self._database.statements() as connection:
            world = await find_id(connection, slug)
        return self._with_edits(self._bus.subscribe([topic_of(world)], after))

    async def _with_edits(self, stream: AsyncIterator[Event | Gap]) -> AsyncIterator[Event | Gap]:
        async for event in stream:
            if isinstance(event, Gap) or event.type != "edit":
                yield event
                continue
            async with self._database.transaction() as connection:
                row = await store.edit_by_id(connection, UUID(event.data["edit"]))
                if row is None:
                    continue
                told = (await self._wire(connection, [row], None))[0]
            yield Event(event.topic, event.type, told.model_dump(mode="json"), event.subject, event.id)

    async def _wire(self, connection: Connection, rows: Sequence[EditRow], person: Person | None) -> list[Edit]:
        """Rows as a person sees them; None stands for everybody, who are not told what only the author is."""
        jobs = await self._jobs.by_refs(connection, PLACE, [row.id for row in rows])
        return [_edit(row, person, next(iter(jobs.get(row.id, [])), None)) for row in rows]


def _edit(row: EditRow, person: Person | None, job: Job | None) -> Edit:
    mine = person is not None and row.author == person.id
    return Edit(
        id=row.id,
        x=row.x,
        y=row.y,
        width=row.width,
        height=row.height,
        prompt=row.prompt,
        author=row.author_name,
        mine=mine,
        state=_state(row, job),
        seq=row.seq,
        job=job.id if job and mine else None,
        progress=job.progress if job else None,
        error=job.error if job else None,
        image=job.image if job and mine else None,
        created_at=row.created_at,
        committed_at=row.committed_at,
    )


def _state(row: EditRow, job: Job | None) -> EditState:
    if row.state != "pending":
        return row.state
    # Without a job its author has gone, or it is being committed right now.
    return "cancelled" if job is None else "running" if job.state == "succeeded" else job.state
