"""The versions of tiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from figment.core.database import Connection
from figment.features.atlas.rules.tiles import MIN_ZOOM, Place, above
from figment.features.atlas.store.overviews import add_stale
from figment.features.atlas.store.places import columns


@dataclass(frozen=True, slots=True)
class TileRow:
    """The version that a tile has: since which commit, and its file; None where it is blank again."""

    seq: int
    file: str | None


async def tiles(connection: Connection, world: UUID, places: Iterable[Place], z: int = 0) -> dict[Place, TileRow]:
    """The versions of those that ever had one."""
    rows = await connection.execute(
        """
            SELECT t.x, t.y, t.seq, t.file FROM atlas_tiles t
            JOIN unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[])) AS asked (x, y) USING (x, y)
            WHERE t.world = %(world)s AND t.z = %(z)s
        """,
        {"world": world, "z": z, **columns(places)},
    )
    return {Place(row.x, row.y): TileRow(row.seq, row.file) for row in rows}


async def tiles_as_of(connection: Connection, world: UUID, places: Iterable[Place], seq: int) -> dict[Place, TileRow]:
    """The versions that they had after a commit; of zoom 0."""
    rows = await connection.execute(
        """
            SELECT DISTINCT ON (v.x, v.y) v.x, v.y, v.seq, v.file FROM atlas_versions v
            JOIN unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[])) AS asked (x, y) USING (x, y)
            WHERE v.world = %(world)s AND v.seq <= %(seq)s ORDER BY v.x, v.y, v.seq DESC
        """,
        {"world": world, "seq": seq, **columns(places)},
    )
    return {Place(row.x, row.y): TileRow(row.seq, row.file) for row in rows}


async def tiles_within(
    connection: Connection, world: UUID, z: int, left: int, top: int, right: int, bottom: int
) -> list[tuple[Place, str]]:
    """The painted tiles of an area, edges included, with their files."""
    rows = await connection.execute(
        """
            SELECT x, y, file FROM atlas_tiles
            WHERE world = %(world)s AND z = %(z)s AND x BETWEEN %(left)s AND %(right)s AND y BETWEEN %(top)s AND %(bottom)s
              AND file IS NOT NULL
        """,
        {"world": world, "z": z, "left": left, "top": top, "right": right, "bottom": bottom},
    )
    return [(Place(row.x, row.y), row.file) for row in rows]


async def set_tiles(
    connection: Connection, world: UUID, seq: int, files: Mapping[Place, str | None], z: int = 0
) -> None:
    """Give tiles a new version. At zoom 0 the old ones are kept, and what shows them from above is stale from now on."""
    values = {"world": world, "z": z, "seq": seq, **columns(files), "files": list(files.values())}
    await connection.execute(
        """
            INSERT INTO atlas_tiles (world, z, x, y, file, seq)
            SELECT %(world)s, %(z)s, x, y, file, %(seq)s
            FROM unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[]), CAST(%(files)s AS text[])) AS t (x, y, file)
            ON CONFLICT (world, z, x, y) DO UPDATE SET file = excluded.file, seq = excluded.seq
        """,
        values,
    )
    if z == 0:
        await connection.execute(
            """
                INSERT INTO atlas_versions (world, x, y, seq, file)
                SELECT %(world)s, x, y, %(seq)s, file
                FROM unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[]), CAST(%(files)s AS text[])) AS t (x, y, file)
            """,
            values,
        )
    if z > MIN_ZOOM:
        await add_stale(connection, world, z - 1, above(files))
