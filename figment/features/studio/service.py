"""Use cases of Studio."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence, Set
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from figment.core.database import Connection, Database
from figment.core.errors import InvalidInput
from figment.features.studio import rules, store
from figment.features.studio.errors import (
    ArchiveNotFound,
    ArchiveRefused,
    CollectionFull,
    CollectionNameTaken,
    CollectionNotFound,
    CursorUnreadable,
    GenerationNotFound,
    TooManyCollections,
)
from figment.features.studio.schemas import (
    Archive,
    ArchiveRequest,
    Collection,
    CollectionRequest,
    Collections,
    Generation,
    GenerationPage,
    GenerationRequest,
    HistoryChoices,
    HistoryFilter,
    HistoryQuery,
    Size,
)
from figment.features.studio.store import CollectionRow, GenerationRow
from figment.generation.bounds import faults
from figment.generation.contract import MAX_SEED
from figment.generation.schemas import Job, JobRequest
from figment.generation.service import Jobs
from figment.images import archive
from figment.images.service import Images
from figment.safety.fields import Kind
from figment.safety.service import Safety

PLACE = "studio"
_ARCHIVE_TTL_S = 3600


class Studio:
    """Prompts in, pictures and their history out."""

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        images: Images,
        safety: Safety,
        archive_images: int = 2000,
        archive_bytes: int = 2 * 1024**3,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._images = images
        self._safety = safety
        self._archive_images = archive_images
        self._archive_bytes = archive_bytes

    async def generate(self, owner: UUID, asked: GenerationRequest) -> Generation:
        """Queue the images that were asked for.

        Raises:
            UnknownModel: there is no such model.
            InvalidInput: the model cannot do this; every field at fault is named.
            QueueIsFull: too much is waiting.
            NotFound: the image to start from is not the asker's.
            ImageWithheld: it is held or refused.
            TextRefused, TextHeld: the prompt is not made into pictures here, or not yet.
        """
        request = await self._complete(asked)
        for image in (asked.image, asked.mask):
            if image:
                await self._images.usable(owner, image)
        words = {"prompt": asked.prompt, "negative_prompt": asked.negative_prompt}
        await self._safety.check(owner, words, Kind.PROMPT)
        requests = [request.model_copy(update={"seed": seed}) for seed in rules.seeds(request.seed, asked.count)]
        settings = request.model_dump(mode="json", exclude={"prompt"}) | {"count": asked.count}
        async with self._database.transaction() as connection:
            row = await store.add_generation(connection, owner, request.prompt, settings)
            return _wire(row, await self._jobs.submit(connection, owner, PLACE, row.id, requests))

    async def _complete(self, asked: GenerationRequest) -> JobRequest:
        """The request with the model's defaults in it, checked against the model's card."""
        card = await self._jobs.card(asked.model)
        if asked.mask and not asked.image:
            raise InvalidInput("A mask needs an image to lie over.", field="mask")
        request = JobRequest(
            model=card.name,
            prompt=asked.prompt,
            negative_prompt=asked.negative_prompt,
            seed=secrets.randbelow(MAX_SEED + 1) if asked.seed is None else asked.seed,
            steps=rules.given(asked.steps, card.default_steps),
            guidance=rules.given(asked.guidance, card.default_guidance),
            width=rules.given(asked.width, card.native_size),
            height=rules.given(asked.height, card.native_size),
            strength=asked.strength if asked.image else 1.0,
            init_image=asked.image,
            mask=asked.mask,
        )
        found = faults(request.without_pictures(), card, rules.task_of(asked.image, asked.mask))
        if found:
            errors = [{"field": fault.field, "message": fault.message} for fault in found]
            raise InvalidInput(" ".join(fault.message for fault in found), errors=errors)
        return request

    async def history(self, owner: UUID, query: HistoryQuery) -> GenerationPage:
        """What the filters find in everything that `owner` made, the newest first.

        Raises:
            CursorUnreadable: the cursor is none of ours.
            CollectionNotFound: the collection is not the asker's.
        """
        before = _read_cursor(query.cursor)
        async with self._database.transaction() as connection:
            await self._check_collection(connection, owner, query)
            rows = await store.page_of_generations(connection, owner, query, before, query.limit + 1)
            shown = rows[: query.limit]
            found = await self._wire_all(connection, shown)
            if query.picks_images:
                wanted = await store.wanted_jobs(connection, owner, query, [row.id for row in shown])
                found = [_narrowed(generation, wanted) for generation in found]
        more = len(rows) > query.limit
        return GenerationPage(items=found, next_cursor=str(shown[-1].id) if more else None)

    async def choices(self, owner: UUID) -> HistoryChoices:
        """What there is to filter by."""
        async with self._database.statements() as connection:
            models = await store.models_of(connection, owner)
            sizes = await store.sizes_of(connection, owner)
        return HistoryChoices(models=models, sizes=[Size(width=width, height=height) for width, height in sizes])

    async def _check_collection(self, connection: Connection, owner: UUID, wanted: HistoryFilter) -> None:
        if wanted.collection and await store.collection_by_id(connection, owner, wanted.collection) is None:
            raise CollectionNotFound

    async def get(self, owner: UUID, generation: UUID) -> Generation:
        async with self._database.transaction() as connection:
            row = await self._owned(connection, owner, generation)
            return (await self._wire_all(connection, [row]))[0]

    async def delete(self, owner: UUID, generation: UUID) -> None:
        """Cancel what still runs, delete the images and the entry in the history."""
        async with self._database.transaction() as connection:
            await self._owned(connection, owner, generation)
            await store.delete_generation(connection, generation)
            images = await self._jobs.drop(connection, PLACE, [generation])
            await self._images.delete(connection, owner, images)

    async def delete_images(self, owner: UUID, images: Sequence[UUID]) -> None:
        """Delete images, and the entries in the history that have none left.

        Raises:
            NotFound: one of them is not there, or is somebody else's; nothing was deleted.
        """
        async with self._database.transaction() as connection:
            await self._images.all_owned(connection, owner, images)
            generations = await store.lock_generations_of(connection, images)
            await self._images.delete(connection, owner, images)
            await store.delete_empty_generations(connection, generations)

    # -- what is kept of a person (`figment.accounts.entrance.Keeper`) ------------------------------------------------

    async def hand_over(self, connection: Connection, giver: UUID, taker: UUID) -> None:
        """Collections of one name become one."""
        await store.lock_names(connection, taker)
        await store.hand_over(connection, giver, taker)

    async def forget(self, connection: Connection, person: UUID) -> None:
        """Nothing of the history outlives its person's row."""

    async def documents(self, connection: Connection, person: UUID) -> dict[str, Any]:
        return {
            "studio.json": {
                "generations": await store.generations_of(connection, person),
                "collections": await store.collections_with_images(connection, person),
            }
        }

    # -- collections --------------------------------------------------------------------------------------------------

    async def collections(self, owner: UUID) -> Collections:
        async with self._database.statements() as connection:
            rows = await store.collections_of(connection, owner)
        return Collections(items=[self._wire_collection(row) for row in rows])

    async def collection(self, owner: UUID, collection: UUID) -> Collection:
        async with self._database.statements() as connection:
            return await self._one_collection(connection, owner, collection)

    async def create_collection(self, owner: UUID, asked: CollectionRequest) -> Collection:
        """
        Raises:
            CollectionNameTaken: there is one of this name.
            TooManyCollections: there is no room for another.
            NotFound: one of the images to begin with is not the asker's.
            TextRefused, TextHeld: it may not be called so, or not yet.
        """
        key = rules.name_key(asked.name)
        await self._safety.check(owner, {"name": asked.name}, Kind.NAME)
        async with self._database.transaction() as connection:
            await store.lock_names(connection, owner)
            if await store.has_name(connection, owner, key):
                raise CollectionNameTaken
            if await store.count_collections(connection, owner) >= rules.MOST_COLLECTIONS:
                raise TooManyCollections(rules.MOST_COLLECTIONS)
            collection = await store.add_collection(connection, owner, asked.name, key)
            await self._fill(connection, owner, collection, asked.images)
            return await self._one_collection(connection, owner, collection)

    async def rename_collection(self, owner: UUID, collection: UUID, name: str) -> Collection:
        """
        Raises:
            CollectionNotFound: it is not the asker's.
            CollectionNameTaken: another one has this name.
        """
        key = rules.name_key(name)
        await self._safety.check(owner, {"name": name}, Kind.NAME)
        async with self._database.transaction() as connection:
            await store.lock_names(connection, owner)
            await self._one_collection(connection, owner, collection)
            if await store.has_name(connection, owner, key, other_than=collection):
                raise CollectionNameTaken
            await store.rename_collection(connection, collection, name, key)
            return await self._one_collection(connection, owner, collection)

    async def delete_collection(self, owner: UUID, collection: UUID) -> None:
        """Forget the collection; its images stay.

        Raises:
            CollectionNotFound: it is not the asker's.
        """
        async with self._database.transaction() as connection:
            if not await store.delete_collection(connection, owner, collection):
                raise CollectionNotFound

    async def add_to_collection(self, owner: UUID, collection: UUID, images: Sequence[UUID]) -> Collection:
        """
        Raises:
            CollectionNotFound: it is not the asker's.
            NotFound: one of the images is not the asker's; none was added.
            CollectionFull: they do not fit; none was added.
        """
        async with self._database.transaction() as connection:
            await self._use_collection(connection, owner, collection)
            await self._fill(connection, owner, collection, images)
            return await self._one_collection(connection, owner, collection)

    async def remove_from_collection(self, owner: UUID, collection: UUID, images: Sequence[UUID]) -> Collection:
        """Take images out of the collection; those that are not in it are no error.

        Raises:
            CollectionNotFound: it is not the asker's.
        """
        async with self._database.transaction() as connection:
            await self._use_collection(connection, owner, collection)
            await store.remove_from_collection(connection, collection, images)
            return await self._one_collection(connection, owner, collection)

    async def _use_collection(self, connection: Connection, owner: UUID, collection: UUID) -> None:
        if not await store.touch_collection(connection, owner, collection):
            raise CollectionNotFound

    async def _fill(self, connection: Connection, owner: UUID, collection: UUID, images: Sequence[UUID]) -> None:
        if not images:
            return
        await self._images.all_owned(connection, owner, images)
        if await store.add_to_collection(connection, collection, images) > rules.MOST_IN_COLLECTION:
            raise CollectionFull(rules.MOST_IN_COLLECTION)

    async def _one_collection(self, connection: Connection, owner: UUID, collection: UUID) -> Collection:
        row = await store.collection_by_id(connection, owner, collection)
        if row is None:
            raise CollectionNotFound
        return self._wire_collection(row)

    def _wire_collection(self, row: CollectionRow) -> Collection:
        return Collection(
            id=row.id,
            name=row.name,
            images=row.images,
            cover=self._images.file_url(row.cover, "256.webp") if row.cover else None,
            created_at=row.created_at,
            used_at=row.used_at,
        )

    # -- archives -----------------------------------------------------------------------------------------------------

    async def prepare_archive(self, owner: UUID, asked: ArchiveRequest) -> Archive:
        """Settle which images an archive is to hold, and where it is fetched.

        Raises:
            ArchiveRefused: there are none, or too many, or they are too large.
            CollectionNotFound: the collection is not the asker's.
            NotFound: one of the images is not the asker's.
        """
        async with self._database.transaction() as connection:
            found = await self._images_to_archive(connection, owner, asked)
            count, size_bytes = len(found), sum(size for _, size in found)
            reason = rules.why_not_archive(count, size_bytes, self._archive_images, self._archive_bytes)
            if reason:
                raise ArchiveRefused(reason)
            name = await self._archive_name(connection, owner, asked)
            row = await store.add_archive(connection, owner, name, [image for image, _ in found], _ARCHIVE_TTL_S)
        return Archive(
            id=row.id,
            url=f"/api/studio/archives/{row.id}",
            filename=row.filename,
            images=count,
            bytes=size_bytes,
            expires_at=row.expires_at,
        )

    async def _images_to_archive(
        self, connection: Connection, owner: UUID, asked: ArchiveRequest
    ) -> Sequence[tuple[UUID, int]]:
        """Their ids and bytes; one more than are allowed where there are more."""
        if asked.images is not None:
            rows = await self._images.all_owned(connection, owner, list(dict.fromkeys(asked.images)))
            return [(row.id, row.bytes) for row in rows]
        await self._check_collection(connection, owner, asked)
        return await store.wanted_images(connection, owner, asked, self._archive_images + 1)

    async def _archive_name(self, connection: Connection, owner: UUID, asked: ArchiveRequest) -> str:
        words = datetime.now(UTC).date().isoformat()
        if asked.images is None and asked.collection:
            row = await store.collection_by_id(connection, owner, asked.collection)
            words = (archive.slug(row.name) if row else "") or words
        return f"figment-{words}.zip"

    async def archive(self, owner: UUID, archive_id: UUID) -> tuple[str, AsyncIterator[bytes]]:
        """The name of a prepared archive, and its pieces (`figment.images.archive`).

        Raises:
            ArchiveNotFound: it is not the asker's, or its time has run out.
        """
        async with self._database.statements() as connection:
            row = await store.archive_by_id(connection, owner, archive_id)
            if row is None:
                raise ArchiveNotFound
            images = await store.images_of_archive(connection, archive_id)
        return row.filename, archive.zipped(self._images, images)

    async def _owned(self, connection: Connection, owner: UUID, generation: UUID) -> GenerationRow:
        row = await store.generation_by_id(connection, owner, generation)
        if row is None:
            raise GenerationNotFound
        return row

    async def _wire_all(self, connection: Connection, rows: Sequence[GenerationRow]) -> list[Generation]:
        jobs = await self._jobs.by_refs(connection, PLACE, [row.id for row in rows])
        return [_wire(row, jobs[row.id]) for row in rows]


def _read_cursor(cursor: str | None) -> UUID | None:
    if not cursor:
        return None
    try:
        return UUID(cursor)
    except ValueError as error:
        raise CursorUnreadable from error


def _narrowed(generation: Generation, wanted: Set[UUID]) -> Generation:
    """The generation with those of its jobs that are wanted."""
    jobs = [job for job in generation.jobs if job.id in wanted]
    return generation.model_copy(update={"jobs": jobs, "hidden": len(generation.jobs) - len(jobs)})


def _wire(row: GenerationRow, jobs: list[Job]) -> Generation:
    kept = row.settings
    return Generation(
        id=row.id,
        created_at=row.created_at,
        prompt=row.prompt,
        negative_prompt=kept["negative_prompt"],
        model=kept["model"],
        seed=kept["seed"],
        steps=kept["steps"],
        guidance=kept["guidance"],
        width=kept["width"],
        height=kept["height"],
        count=kept["count"],
        jobs=jobs,
        hidden=0,
    )
