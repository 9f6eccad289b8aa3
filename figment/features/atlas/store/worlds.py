"""Worlds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from figment.core.database import Connection
from figment.features.atlas.rules.tiles import Place
from figment.features.atlas.store.places import columns


@dataclass(frozen=True, slots=True)
class WorldRow:
    id: UUID
    slug: str
    name: str
    owner: UUID | None
    author: str | None
    prompt: str
    model: str | None
    paint: Literal["everyone", "members", "owner"]
    created_at: datetime
    edits: int
    left: int | None
    top: int | None
    right: int | None
    bottom: int | None
    members: list[UUID]
    """Of a world where members paint."""
    seed: int | None
    home_x: int | None
    home_y: int | None


_WORLD = """
    SELECT w.id, w.slug, w.name, w.owner, p.name AS author, w.prompt, w.model, w.paint, w.created_at,
        w.edits,
        -- Apart, and so that each has an index of its own: together they would read every tile. The ground of a seeded world is of no commit.
        (SELECT min(x) FROM atlas_tiles t WHERE t.world = w.id AND t.z = 0 AND t.file IS NOT NULL AND t.seq > 0) AS left,
        (SELECT min(y) FROM atlas_tiles t WHERE t.world = w.id AND t.z = 0 AND t.file IS NOT NULL AND t.seq > 0) AS top,
        (SELECT max(x) + 1 FROM atlas_tiles t WHERE t.world = w.id AND t.z = 0 AND t.file IS NOT NULL AND t.seq > 0) AS right,
        (SELECT max(y) + 1 FROM atlas_tiles t WHERE t.world = w.id AND t.z = 0 AND t.file IS NOT NULL AND t.seq > 0) AS bottom,
        CASE WHEN w.paint = 'members' THEN ARRAY(SELECT person FROM atlas_members m WHERE m.world = w.id) ELSE '{}' END AS members,
        w.seed, w.home_x, w.home_y
    FROM atlas_worlds w LEFT JOIN people p ON p.id = w.owner
"""


async def worlds(connection: Connection, most: int) -> list[WorldRow]:
    """The newest last, so that the commons come first."""
    rows = await connection.execute(f"{_WORLD} WHERE w.deleted_at IS NULL ORDER BY w.id LIMIT %(most)s", {"most": most})
    return [WorldRow(*row) for row in rows]


async def world_by_slug(connection: Connection, slug: str) -> WorldRow | None:
    row = (
        await connection.execute(f"{_WORLD} WHERE w.slug = %(slug)s AND w.deleted_at IS NULL", {"slug": slug})
    ).one_or_none()
    return None if row is None else WorldRow(*row)


async def world_id(connection: Connection, slug: str) -> UUID | None:
    found = await connection.execute(
        "SELECT id FROM atlas_worlds WHERE slug = %(slug)s AND deleted_at IS NULL", {"slug": slug}
    )
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


async def give_back_commit(connection: Connection, world: UUID) -> None:
    """In the transaction that took it: no number is left out."""
    await connection.execute("UPDATE atlas_worlds SET seq = seq - 1 WHERE id = %(world)s", {"world": world})


async def worlds_of(connection: Connection, owner: UUID) -> int:
    """How many somebody has. Until the transaction ends they get no other one."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 0))", {"key": f"atlas worlds of {owner}"}
    )
    found = await connection.execute(
        "SELECT count(*) FROM atlas_worlds WHERE owner = %(owner)s AND deleted_at IS NULL", {"owner": owner}
    )
    return int(found.scalar())


async def change_world(
    connection: Connection, world: UUID, name: str, prompt: str, model: str | None, paint: str
) -> None:
    await connection.execute(
        "UPDATE atlas_worlds SET name = %(name)s, prompt = %(prompt)s, model = %(model)s, paint = %(paint)s WHERE id = %(world)s",
        {"world": world, "name": name, "prompt": prompt, "model": model, "paint": paint},
    )


async def hide_world(connection: Connection, world: UUID) -> list[UUID]:
    """Let a world be found no longer, and its address be free. Gives the edits in it that are on their way."""
    await connection.execute(
        "UPDATE atlas_worlds SET deleted_at = now(), slug = CAST(id AS text), invite_hash = NULL WHERE id = %(world)s",
        {"world": world},
    )
    rows = await connection.execute(
        "SELECT id FROM atlas_edits WHERE world = %(world)s AND state = 'pending'", {"world": world}
    )
    return [row.id for row in rows]


async def erase_some(connection: Connection, most: int) -> bool:
    """Delete at most so many rows of every kind of a world that was deleted. False when there is none left."""
    found = await connection.execute(
        "SELECT id FROM atlas_worlds WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT 1 FOR UPDATE SKIP LOCKED"
    )
    world = found.scalar_or_none()
    if world is None:
        return False
    left = 0
    for table in ("atlas_stale", "atlas_versions", "atlas_tiles", "atlas_commits", "atlas_touched", "atlas_edits"):
        done = await connection.execute(
            f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE world = %(world)s LIMIT %(most)s))",  # noqa: S608
            {"world": world, "most": most},
        )
        left += done.count
        if done.count == most:
            # What others refer to goes when nothing refers to it any more.
            return True
    if not left:
        await connection.execute("DELETE FROM atlas_worlds WHERE id = %(world)s", {"world": world})
    return True


async def thumbnail_tiles(
    connection: Connection, asked: Sequence[tuple[UUID, int, Place]]
) -> dict[tuple[UUID, int, Place], str]:
    """The files of tiles of many worlds at once, of those that show something."""
    rows = await connection.execute(
        """
            SELECT t.world, t.z, t.x, t.y, t.file FROM atlas_tiles t
            JOIN unnest(CAST(%(worlds)s AS uuid[]), CAST(%(zs)s AS smallint[]), CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[]))
                AS asked (world, z, x, y) USING (world, z, x, y)
            WHERE t.file IS NOT NULL
        """,
        {"worlds": [world for world, _, _ in asked], "zs": [z for _, z, _ in asked], **columns(p for _, _, p in asked)},
    )
    return {(row.world, row.z, Place(row.x, row.y)): row.file for row in rows}
