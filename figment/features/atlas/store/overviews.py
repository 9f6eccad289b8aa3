"""Tiles that are seen from above, and what makes them old."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from figment.core.database import Connection
from figment.features.atlas.rules.tiles import Place
from figment.features.atlas.store.places import columns


@dataclass(frozen=True, slots=True)
class Stale:
    world: UUID
    z: int
    place: Place
    seed: int | None


async def add_stale(connection: Connection, world: UUID, z: int, places: Iterable[Place]) -> None:
    await connection.execute(
        """
            INSERT INTO atlas_stale (world, z, x, y)
            SELECT %(world)s, %(z)s, x, y FROM unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[])) AS t (x, y)
            -- Touched even where it is there, so that whoever is drawing it from what was before is not the last to do so.
            ON CONFLICT (world, z, x, y) DO UPDATE SET since = now()
        """,
        {"world": world, "z": z, **columns(sorted(places))},
    )


async def take_stale(connection: Connection, most: int) -> list[Stale]:
    """Tiles to draw anew, of one zoom, those nearest to the map first: one from above is drawn from those below it. They are no longer
    stale when the transaction ends well; nobody else draws them meanwhile."""
    rows = await connection.execute(
        """
            DELETE FROM atlas_stale s USING (
                SELECT world, z, x, y FROM atlas_stale
                WHERE z = (SELECT max(z) FROM atlas_stale) ORDER BY since LIMIT %(most)s FOR UPDATE SKIP LOCKED
            ) AS first
            WHERE (s.world, s.z, s.x, s.y) = (first.world, first.z, first.x, first.y)
            RETURNING s.world, s.z, s.x, s.y, (SELECT seed FROM atlas_worlds w WHERE w.id = s.world) AS seed
        """,
        {"most": most},
    )
    return [Stale(row.world, row.z, Place(row.x, row.y), row.seed) for row in rows]
