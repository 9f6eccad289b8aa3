"""All SQL of Atlas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from figment.core.database import Connection
from figment.features.atlas.rules.tiles import MIN_ZOOM, Place, Rect, above, tiles_of

Kind = Literal["paint", "undo", "redo"]


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


@dataclass(frozen=True, slots=True)
class EditRow:
    """An edit, with the file of its layer once that is committed."""

    id: UUID
    world: UUID
    author: UUID | None
    author_name: str | None
    x: int
    y: int
    width: int
    height: int
    prompt: str
    mask: UUID | None
    state: Literal["pending", "committed", "undone"]
    seq: int | None
    layer: str | None
    image: UUID | None
    created_at: datetime
    committed_at: datetime | None

    @property
    def rect(self) -> Rect:
        return Rect(self.x, self.y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class TileRow:
    """The version that a tile has: since which commit, and its file; None where it is blank again."""

    seq: int
    file: str | None


# -- worlds ---------------------------------------------------------------------------------------------------------------

_WORLD = """
    SELECT w.id, w.slug, w.name, w.owner, p.name AS author, w.prompt, w.model, w.paint, w.created_at,
        (SELECT count(*) FROM atlas_edits e WHERE e.world = w.id AND e.state = 'committed') AS edits,
        b.left, b.top, b.right, b.bottom
    FROM atlas_worlds w LEFT JOIN people p ON p.id = w.owner
    CROSS JOIN LATERAL (
        -- Of the coarsest tiles, of which there are few.
        SELECT min(x) AS left, min(y) AS top, max(x) + 1 AS right, max(y) + 1 AS bottom FROM atlas_tiles t
        WHERE t.world = w.id AND t.z = 0 AND t.file IS NOT NULL
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
    connection: Connection, owner: UUID, slug: str, name: str, prompt: str, model: str | None, paint: str
) -> bool:
    """False when there is one at this address."""
    done = await connection.execute(
        """
            INSERT INTO atlas_worlds (slug, name, owner, prompt, model, paint)
            VALUES (%(slug)s, %(name)s, %(owner)s, %(prompt)s, %(model)s, %(paint)s) ON CONFLICT (slug) DO NOTHING
        """,
        {"slug": slug, "name": name, "owner": owner, "prompt": prompt, "model": model, "paint": paint},
    )
    return done.count == 1


async def next_commit(connection: Connection, world: UUID) -> int:
    """Its number. From here on until the end of the transaction nobody else commits to this world."""
    found = await connection.execute(
        "UPDATE atlas_worlds SET seq = seq + 1 WHERE id = %(world)s RETURNING seq", {"world": world}
    )
    return int(found.scalar())


# -- edits ----------------------------------------------------------------------------------------------------------------

_EDIT = """
    SELECT e.id, e.world, e.author, p.name AS author_name, e.x, e.y, e.width, e.height, e.prompt, e.mask, e.state, e.seq, e.layer, e.image,
        e.created_at, e.committed_at
    FROM atlas_edits e LEFT JOIN people p ON p.id = e.author
"""


async def add_edit(
    connection: Connection, world: UUID, author: UUID, rect: Rect, prompt: str, mask: UUID | None
) -> UUID:
    found = await connection.execute(
        """
            INSERT INTO atlas_edits (world, author, x, y, width, height, prompt, mask)
            VALUES (%(world)s, %(author)s, %(x)s, %(y)s, %(width)s, %(height)s, %(prompt)s, %(mask)s) RETURNING id
        """,
        {
            "world": world,
            "author": author,
            "x": rect.x,
            "y": rect.y,
            "width": rect.width,
            "height": rect.height,
            "prompt": prompt,
            "mask": mask,
        },
    )
    edit = UUID(str(found.scalar()))
    await set_touched(connection, world, edit, tiles_of(rect))
    return edit


async def set_touched(connection: Connection, world: UUID, edit: UUID, places: Sequence[Place]) -> None:
    await connection.execute("DELETE FROM atlas_touched WHERE edit = %(edit)s", {"edit": edit})
    await connection.execute(
        """
            INSERT INTO atlas_touched (world, x, y, edit)
            SELECT %(world)s, x, y, %(edit)s FROM unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[])) AS t (x, y)
        """,
        {"world": world, "edit": edit, **_columns(places)},
    )


async def edit_by_id(connection: Connection, edit: UUID, lock: bool = False) -> EditRow | None:
    row = (
        await connection.execute(f"{_EDIT} WHERE e.id = %(edit)s {'FOR UPDATE OF e' if lock else ''}", {"edit": edit})
    ).one_or_none()
    return None if row is None else EditRow(*row)


async def edits_in(
    connection: Connection, world: UUID, area: Rect | None, pending: bool | None, before: UUID | None, limit: int
) -> list[EditRow]:
    """The newest first. `area`: those whose frame meets it. `pending`: only those whose job is not over, or only those that are painted or taken back."""
    rows = await connection.execute(
        f"""
            {_EDIT}
            WHERE e.world = %(world)s
              AND (CAST(%(before)s AS uuid) IS NULL OR e.id < %(before)s)
              AND (CAST(%(pending)s AS boolean) IS NULL
                OR CASE WHEN %(pending)s THEN e.state = 'pending' AND EXISTS (
                    SELECT FROM jobs j WHERE j.place = 'atlas' AND j.ref = e.id AND j.state IN ('queued', 'running'))
                   ELSE e.state <> 'pending' END)
              AND (CAST(%(x)s AS bigint) IS NULL OR (e.x < %(right)s AND e.y < %(bottom)s AND e.x + e.width > %(x)s AND e.y + e.height > %(y)s))
            ORDER BY e.id DESC LIMIT %(limit)s
        """,
        {
            "world": world,
            "before": before,
            "pending": pending,
            "x": area and area.x,
            "y": area and area.y,
            "right": area and area.right,
            "bottom": area and area.bottom,
            "limit": limit,
        },
    )
    return [EditRow(*row) for row in rows]


async def layers_of(connection: Connection, world: UUID, places: Iterable[Place]) -> list[tuple[Place, EditRow]]:
    """What lies over each of `places` now: the committed edits that touch it, the lowest first."""
    rows = await connection.execute(
        f"""
            SELECT t.x AS tile_x, t.y AS tile_y, e.* FROM atlas_touched t
            JOIN unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[])) AS asked (x, y) USING (x, y)
            JOIN ({_EDIT}) AS e ON e.id = t.edit
            WHERE t.world = %(world)s AND e.state = 'committed' ORDER BY e.seq
        """,  # noqa: S608
        {"world": world, **_columns(places)},
    )
    return [(Place(row.tile_x, row.tile_y), EditRow(*row[2:])) for row in rows]


async def commit_edit(connection: Connection, edit: UUID, seq: int, layer: str, image: UUID | None) -> None:
    await connection.execute(
        """
            UPDATE atlas_edits SET state = 'committed', seq = %(seq)s, layer = %(layer)s, image = %(image)s, committed_at = now()
            WHERE id = %(edit)s
        """,
        {"edit": edit, "seq": seq, "layer": layer, "image": image},
    )


async def set_state(connection: Connection, edit: UUID, state: Literal["committed", "undone"]) -> None:
    await connection.execute(
        "UPDATE atlas_edits SET state = %(state)s WHERE id = %(edit)s", {"edit": edit, "state": state}
    )


async def add_commit(connection: Connection, world: UUID, seq: int, kind: Kind, edit: UUID, by: UUID | None) -> None:
    await connection.execute(
        "INSERT INTO atlas_commits (world, seq, kind, edit, by) VALUES (%(world)s, %(seq)s, %(kind)s, %(edit)s, %(by)s)",
        {"world": world, "seq": seq, "kind": kind, "edit": edit, "by": by},
    )


# -- tiles ----------------------------------------------------------------------------------------------------------------


async def tiles(connection: Connection, world: UUID, places: Iterable[Place], z: int = 0) -> dict[Place, TileRow]:
    """The versions of those that ever had one."""
    rows = await connection.execute(
        """
            SELECT t.x, t.y, t.seq, t.file FROM atlas_tiles t
            JOIN unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[])) AS asked (x, y) USING (x, y)
            WHERE t.world = %(world)s AND t.z = %(z)s
        """,
        {"world": world, "z": z, **_columns(places)},
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
    values = {"world": world, "z": z, "seq": seq, **_columns(files), "files": list(files.values())}
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


# -- what is seen from above ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stale:
    world: UUID
    z: int
    place: Place


async def add_stale(connection: Connection, world: UUID, z: int, places: Iterable[Place]) -> None:
    await connection.execute(
        """
            INSERT INTO atlas_stale (world, z, x, y)
            SELECT %(world)s, %(z)s, x, y FROM unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[])) AS t (x, y)
            -- Touched even where it is there, so that whoever is drawing it from what was before is not the last to do so.
            ON CONFLICT (world, z, x, y) DO UPDATE SET since = now()
        """,
        {"world": world, "z": z, **_columns(sorted(places))},
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
            WHERE (s.world, s.z, s.x, s.y) = (first.world, first.z, first.x, first.y) RETURNING s.world, s.z, s.x, s.y
        """,
        {"most": most},
    )
    return [Stale(row.world, row.z, Place(row.x, row.y)) for row in rows]


# -- people ---------------------------------------------------------------------------------------------------------------


async def hand_over(connection: Connection, giver: UUID, taker: UUID) -> None:
    both = {"giver": giver, "taker": taker}
    await connection.execute("UPDATE atlas_worlds SET owner = %(taker)s WHERE owner = %(giver)s", both)
    await connection.execute("UPDATE atlas_edits SET author = %(taker)s WHERE author = %(giver)s", both)
    await connection.execute("UPDATE atlas_commits SET by = %(taker)s WHERE by = %(giver)s", both)


async def forget(connection: Connection, person: UUID) -> None:
    await connection.execute("UPDATE atlas_edits SET prompt = '' WHERE author = %(person)s", {"person": person})


async def everything_of(connection: Connection, person: UUID) -> dict[str, list[dict[str, Any]]]:
    worlds = await connection.execute(
        "SELECT slug, name, prompt, created_at FROM atlas_worlds WHERE owner = %(person)s ORDER BY id",
        {"person": person},
    )
    edits = await connection.execute(
        """
            SELECT e.id, w.slug AS world, e.x, e.y, e.width, e.height, e.prompt, e.state, e.created_at, e.committed_at
            FROM atlas_edits e JOIN atlas_worlds w ON w.id = e.world WHERE e.author = %(person)s ORDER BY e.id
        """,
        {"person": person},
    )
    return {"worlds": [row._asdict() for row in worlds], "edits": [row._asdict() for row in edits]}


def _columns(places: Iterable[Place]) -> dict[str, list[int]]:
    found = list(places)
    return {"xs": [x for x, _ in found], "ys": [y for _, y in found]}
