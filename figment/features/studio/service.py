"""Use cases of Studio."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

from figment.core.database import Connection, Database
from figment.core.errors import InvalidInput
from figment.features.studio import rules, store
from figment.features.studio.errors import CursorUnreadable, GenerationNotFound
from figment.features.studio.schemas import Generation, GenerationPage, GenerationRequest
from figment.features.studio.store import GenerationRow
from figment.generation.bounds import faults
from figment.generation.contract import MAX_SEED
from figment.generation.schemas import Job, JobRequest
from figment.generation.service import Jobs
from figment.images.service import Images

PLACE = "studio"


class Studio:
    """Prompts in, pictures and their history out."""

    def __init__(self, database: Database, jobs: Jobs, images: Images) -> None:
        self._database = database
        self._jobs = jobs
        self._images = images

    async def generate(self, owner: UUID, asked: GenerationRequest) -> Generation:
        """Queue the images that were asked for.

        Raises:
            UnknownModel: there is no such model.
            InvalidInput: the model cannot do this; every field at fault is named.
            QueueIsFull: too much is waiting.
            NotFound: the image to start from is not the asker's.
        """
        request = await self._complete(asked)
        for image in (asked.image, asked.mask):
            if image:
                await self._images.owned(owner, image)
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

    async def history(self, owner: UUID, cursor: str | None, words: str, limit: int) -> GenerationPage:
        """Everything that `owner` made, the newest first.

        Raises:
            CursorUnreadable: the cursor is none of ours.
        """
        before = _read_cursor(cursor)
        async with self._database.transaction() as connection:
            rows = await store.page_of_generations(connection, owner, before, words.strip(), limit + 1)
            page = await self._wire_all(connection, rows[:limit])
        more = len(rows) > limit
        return GenerationPage(items=page, next_cursor=str(rows[limit - 1].id) if more else None)

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
    )
