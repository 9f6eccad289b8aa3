"""What is painted: asked for, taken back, looked up, followed."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from figment.accounts.schemas import Person
from figment.core.database import Connection, Database
from figment.core.errors import InvalidInput
from figment.core.events import Bus, Event, Gap, Joined, publish
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.errors import (
    EditNotDone,
    EditNotFound,
    EditNotYours,
    EditRolledBack,
    NothingToPaint,
    NotYourWorld,
)
from figment.features.atlas.rules import painting
from figment.features.atlas.rules.tiles import TILE, Place, Rect, tiles_of
from figment.features.atlas.schemas import (
    Candidate,
    Edit,
    EditAt,
    EditPage,
    EditRequest,
    EditState,
)
from figment.features.atlas.service.composing import composed
from figment.features.atlas.service.files import TileFiles
from figment.features.atlas.service.models import painter_of
from figment.features.atlas.service.telling import PLACE, edit_told, tiles_told, topic_of
from figment.features.atlas.service.worlds import find, find_id, may_paint, may_roll_back
from figment.features.atlas.store import EditRow, WorldRow
from figment.generation.bounds import faults
from figment.generation.contract import MAX_SEED, Urgency
from figment.generation.schemas import Job, JobProgress, JobRequest
from figment.generation.service import Jobs
from figment.images.service import Images
from figment.safety.fields import Kind
from figment.safety.service import Safety

_LOOKED_UP = 256


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
        self._looking_up: OrderedDict[int, asyncio.Task[dict[str, Any] | None]] = OrderedDict()

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
            edit = await store.add_edit(
                connection, world.id, person.id, rect, asked.prompt, asked.mask, candidates=asked.candidates
            )
            row = await store.edit_by_id(connection, edit)
            assert row is not None
            requests = [
                request.model_copy(update={"seed": (request.seed + n) % (MAX_SEED + 1)})
                for n in range(asked.candidates)
            ]
            jobs = await self._jobs.submit(connection, person.id, PLACE, edit, requests, Urgency.INTERACTIVE)
            # The submission has the events' lock already, and is told first.
            await publish(connection, [edit_told(row)])
        return _edit(row, person, jobs)

    async def _complete(self, asked: EditRequest, world: WorldRow, is_fresh: bool) -> JobRequest:
        """The request with the world's style and the model's defaults in it, checked against the model's card."""
        card = await self._jobs.card(painter_of(world.model, await self._jobs.models()))
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
            if row.rollback is not None and kind == "redo" and not may_roll_back(world, person):
                raise EditRolledBack
            if row.state != ("committed" if kind == "undo" else "undone") or row.layer is None:
                raise EditNotDone
            await store.set_state(connection, edit, "undone" if kind == "undo" else "committed")
            if kind == "redo" and row.rollback is not None:
                await store.set_rolled_back(connection, edit, None)
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
                        return EditAt(edit=None if row.erases else (await self._wire(connection, [row], person))[0])
        return EditAt(edit=None)

    async def follow(self, slug: str, after: int | None) -> AsyncIterator[Event | Gap]:
        """What happens in a world, as it commits. Events name an edit; what it is now is theirs to read who follow."""
        joined = await self.join(slug)
        # Found out before the stream is opened: whoever reads the state then misses nothing in between.
        since = await self._bus.position() if after is None else after
        return joined.told(self._bus.subscribe(joined.topics, since))

    async def join(self, name: str) -> Joined:
        """`figment.core.events.Joinable`: what happens in a world.

        Raises:
            WorldNotFound.
        """
        async with self._database.statements() as connection:
            world = await find_id(connection, name)
        return Joined([topic_of(world)], self._with_edits)

    async def _with_edits(self, stream: AsyncIterator[Event | Gap]) -> AsyncIterator[Event | Gap]:
        async for event in stream:
            if isinstance(event, Gap) or event.type != "edit":
                yield event
                continue
            told = await self._looked_up(event)
            if told is not None:
                yield Event(event.topic, event.type, told, event.subject, event.id)

    async def _looked_up(self, event: Event) -> dict[str, Any] | None:
        """What an event tells of, as it is now: looked up once for all who look at the world, however many they are."""
        if event.id not in self._looking_up:
            self._looking_up[event.id] = asyncio.create_task(self._look_up(UUID(event.data["edit"])))
            while len(self._looking_up) > _LOOKED_UP:
                self._looking_up.popitem(last=False)
        looking_up = self._looking_up[event.id]
        try:
            # Shielded: one who hangs up does not take it from the others.
            return await asyncio.shield(looking_up)
        except Exception:
            self._looking_up.pop(event.id, None)
            raise

    async def _look_up(self, edit: UUID) -> dict[str, Any] | None:
        async with self._database.transaction() as connection:
            row = await store.edit_by_id(connection, edit)
            return None if row is None else (await self._wire(connection, [row], None))[0].model_dump(mode="json")

    async def _wire(self, connection: Connection, rows: Sequence[EditRow], person: Person | None) -> list[Edit]:
        return await wired(self._jobs, connection, rows, person)


async def wired(jobs: Jobs, connection: Connection, rows: Sequence[EditRow], person: Person | None) -> list[Edit]:
    """Rows as a person sees them; None stands for everybody, who are not told what only the author is."""
    found = await jobs.by_refs(connection, PLACE, [row.id for row in rows])
    return [_edit(row, person, found.get(row.id, [])) for row in rows]


def _edit(row: EditRow, person: Person | None, jobs: Sequence[Job]) -> Edit:
    mine = person is not None and row.author == person.id
    several = row.candidates > 1 and row.state == "pending"
    # Of several, the one that is worked at, or was last.
    job = next((job for job in jobs if job.state == "running"), next(iter(jobs), None))
    return Edit(
        id=row.id,
        x=row.x,
        y=row.y,
        width=row.width,
        height=row.height,
        prompt=row.prompt,
        author=row.author_name,
        mine=mine,
        kind=row.kind,
        state=_state(row, jobs),
        seq=row.seq,
        job=job.id if job and mine else None,
        progress=_progress(jobs) if several else job.progress if job else None,
        error=job.error if job else None,
        image=job.image if job and mine and not several else None,
        candidates=[_candidate(n, job) for n, job in enumerate(jobs, 1)] if several and mine else [],
        created_at=row.created_at,
        committed_at=row.committed_at,
    )


def _state(row: EditRow, jobs: Sequence[Job]) -> EditState:
    if row.state != "pending":
        return row.state
    states = {job.state for job in jobs}
    if not states:
        # Its author has gone, or has discarded it.
        return "cancelled"
    if "succeeded" in states and not states & {"queued", "running"}:
        # A lone one is being committed right now.
        return "choosing" if row.candidates > 1 else "running"
    if "running" in states or "succeeded" in states:
        return "running"
    return "queued" if "queued" in states else "failed" if "failed" in states else "cancelled"


def _progress(jobs: Sequence[Job]) -> JobProgress | None:
    """How far several pictures are, as if they were one after the other; what is seen of it is the newest preview."""
    told = [job.progress for job in jobs if job.progress]
    if not told:
        return None
    done = sum(job.state == "succeeded" for job in jobs) * told[0].of
    return JobProgress(step=done + sum(each.step for each in told), of=len(jobs) * told[0].of, preview=told[-1].preview)


def _candidate(number: int, job: Job) -> Candidate:
    return Candidate(number=number, job=job.id, state=job.state, seed=job.seed, error=job.error, image=job.image)
