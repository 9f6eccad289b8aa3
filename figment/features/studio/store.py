"""All SQL of Studio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from figment.core.database import Connection


@dataclass(frozen=True, slots=True)
class GenerationRow:
    id: UUID
    prompt: str
    settings: dict[str, Any]
    created_at: datetime


async def add_generation(connection: Connection, owner: UUID, prompt: str, settings: dict[str, Any]) -> GenerationRow:
    row = (
        await connection.execute(
            """
                INSERT INTO studio_generations (owner, prompt, settings) VALUES (%(owner)s, %(prompt)s, CAST(%(settings)s AS jsonb))
                RETURNING id, prompt, settings, created_at
            """,
            {"owner": owner, "prompt": prompt, "settings": to_json(settings).decode()},
        )
    ).one()
    return GenerationRow(*row)


async def page_of_generations(
    connection: Connection, owner: UUID, before: UUID | None, words: str, limit: int
) -> Sequence[GenerationRow]:
    """The newest first. UUIDv7 sorts by time, so the id is the keyset: a page never repeats or skips while new ones arrive."""
    rows = await connection.execute(
        """
            SELECT id, prompt, settings, created_at FROM studio_generations
            WHERE owner = %(owner)s AND (CAST(%(before)s AS uuid) IS NULL OR id < %(before)s)
              AND (%(words)s = '' OR strpos(lower(prompt), lower(%(words)s)) > 0)
            ORDER BY id DESC LIMIT %(limit)s
        """,
        {"owner": owner, "before": before, "words": words, "limit": limit},
    )
    return [GenerationRow(*row) for row in rows]


async def generation_by_id(connection: Connection, owner: UUID, generation: UUID) -> GenerationRow | None:
    row = (
        await connection.execute(
            "SELECT id, prompt, settings, created_at FROM studio_generations WHERE id = %(id)s AND owner = %(owner)s",
            {"id": generation, "owner": owner},
        )
    ).one_or_none()
    return GenerationRow(*row) if row else None


async def delete_generation(connection: Connection, generation: UUID) -> None:
    await connection.execute("DELETE FROM studio_generations WHERE id = %(id)s", {"id": generation})
