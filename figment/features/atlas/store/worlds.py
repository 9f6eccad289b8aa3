"""Worlds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from figment.core.database import Connection


@dataclass(frozen=True, slots=True)
class WorldRow:
    id: UUID
    slug: str
    name: str
    owner: UUID | None
    author: str | None
    prompt: str
    model: str | None
    paint: Literal["everyone", "owner"]
    created_at: datetime
    edits: int
    left: int | None
    top: int | None
    right: int | None
    bottom: int | None
    seed: int | None
    home_x: int | None
    home_y: int | None


_WORLD = """
    SELECT w.id, w.slug, w.name, w.owner, p.name AS author, w.prompt, w.model, w.paint, w.created_at,
        (SELECT count(*) FROM atlas_edits e WHERE e.world = w.id AND e.state = 'committed') AS edits,
        b.left, b.top, b.right, b.bottom, w.seed, w.home_x, w.home_y
    FROM atlas_worlds w LEFT JOIN people p ON p.id = w.owner
    CROSS JOIN LATERAL (
        -- Of the coarsest tiles, of which there are few.
        SELECT min(x) AS left, min(y) AS top, max(x) + 1 AS right, max(y) + 1 AS bottom FROM atlas_tiles t
        -- What nobody has painted, the ground of a seeded world, is of no commit.
        WHERE t.world = w.id AND t.z = 0 AND t.file IS NOT NULL AND t.seq > 0
    ) AS b
"""


async def worlds(connection: Connection, most: int) -> list[WorldRow]:
    """The newest last, so that the commons come first."""
    rows = await connection.execute(f"{_WORLD} ORDER BY w.id LIMIT %(most)s", {"most": most})
    return [WorldRow(*row) for row in rows]


async def world_by_slug(connection: Connection, slug: str) -> WorldRow | None:
    row = (await connection.execute(f"{_WORLD} WHERE w.slug = %(slug)s", {"slug": slug})).one_or_none()
    return None if row is None else WorldRow(*row)


async def world_id(connection: Connection, slug: str) -> UUID | None:
    found = await connection.execute("SELECT id FROM atlas_worlds WHERE slug = %(slug)s", {"slug": slug})
    return found.scalar_or_none()


async def add_world(
    connection: Connection,
    owner: UUID,
    slug: str,
    name: str,
    prompt: str,
    model: str | None,
    paint: str,
    seed: int | None = None,
    home: tuple[int, int] | None = None,
) -> bool:
    """False when there is one at this address. `home`: where one arrives in a world with a seed."""
    done = await connection.execute(
        """
            INSERT INTO atlas_worlds (slug, name, owner, prompt, model, paint, seed, home_x, home_y)
            VALUES (%(slug)s, %(name)s, %(owner)s, %(prompt)s, %(model)s, %(paint)s, %(seed)s, %(home_x)s, %(home_y)s)
            ON CONFLICT (slug) DO NOTHING
        """,
        {
            "slug": slug,
            "name": name,
            "owner": owner,
            "prompt": prompt,
            "model": model,
            "paint": paint,
            "seed": seed,
            "home_x": home and home[0],
            "home_y": home and home[1],
        },
    )
    return done.count == 1


async def next_commit(connection: Connection, world: UUID) -> int:
    """Its number. From here on until the end of the transaction nobody else commits to this world."""
    found = await connection.execute(
        "UPDATE atlas_worlds SET seq = seq + 1 WHERE id = %(world)s RETURNING seq", {"world": world}
    )
    return int(found.scalar())
