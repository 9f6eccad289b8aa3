"""The ground of seeded worlds, and who paints which piece of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from figment.core.database import Connection
from figment.features.atlas.rules.tiles import Place, above
from figment.features.atlas.store.overviews import add_stale
from figment.features.atlas.store.places import columns

MOST_WANTED = 1024
"""Pieces that wait at once, of all worlds. Who looks at one that was not taken asks again as long as they look."""
LOOKED_AT_S = 60
"""So long after somebody looked at it a piece is still painted."""
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Land:
    """A world as its ground is made: `maker` is what painted it so far."""

    world: UUID
    seed: int | None
    model: str | None
    maker: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A piece of ground that this worker has in hand."""

    world: UUID
    place: Place


_LAND = "SELECT id, seed, model, ground FROM atlas_worlds"


async def land(connection: Connection, world: UUID, lock: bool = False) -> Land | None:
    """`lock`: from here on until the end of the transaction nobody commits to this world."""
    found = await connection.execute(f"{_LAND} WHERE id = %(world)s {'FOR UPDATE' if lock else ''}", {"world": world})
    row = found.one_or_none()
    return None if row is None else Land(*row)


async def land_by_slug(connection: Connection, slug: str) -> Land | None:
    row = (await connection.execute(f"{_LAND} WHERE slug = %(slug)s", {"slug": slug})).one_or_none()
    return None if row is None else Land(*row)


async def ground_of(connection: Connection, world: UUID, places: Iterable[Place]) -> dict[Place, str]:
    """The files of what lies under all layers."""
    rows = await connection.execute(
        """
            SELECT x, y, file FROM atlas_ground
            JOIN unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[])) AS asked (x, y) USING (x, y)
            WHERE world = %(world)s
        """,
        {"world": world, **columns(places)},
    )
    return {Place(row.x, row.y): row.file for row in rows}


async def set_ground(connection: Connection, world: UUID, place: Place, file: str) -> None:
    await connection.execute(
        """
            INSERT INTO atlas_ground (world, x, y, file) VALUES (%(world)s, %(x)s, %(y)s, %(file)s)
            ON CONFLICT (world, x, y) DO UPDATE SET file = excluded.file
        """,
        {"world": world, "x": place.x, "y": place.y, "file": file},
    )


async def want(connection: Connection, world: UUID, places: Iterable[Place], needed: bool) -> None:
    """Ask for ground. What is `needed` by an edit is always taken, and comes first; what is looked at as long as there is room."""
    await connection.execute(
        """
            INSERT INTO atlas_ground_wanted AS w (world, x, y, needed)
            SELECT %(world)s, x, y, %(needed)s FROM unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[])) AS t (x, y)
            WHERE %(needed)s OR (SELECT count(*) FROM atlas_ground_wanted) < %(most)s
            ON CONFLICT (world, x, y) DO UPDATE SET looked_at = now(), needed = w.needed OR excluded.needed
        """,
        # In one order, so that two who want the same do not wait for each other.
        {"world": world, "needed": needed, "most": MOST_WANTED, **columns(sorted(places))},
    )


async def take_wanted(connection: Connection, most: int, held_s: float, but: Sequence[UUID]) -> list[Wanted]:
    """Take what is needed by edits first, then what was looked at first, and nothing of the worlds `but`. Nobody else has it for `held_s` seconds."""
    await connection.execute(
        """
            DELETE FROM atlas_ground_wanted
            WHERE NOT needed AND looked_at < now() - make_interval(secs => %(looked_at_s)s) AND held_until < now()
        """,
        {"looked_at_s": LOOKED_AT_S},
    )
    rows = await connection.execute(
        """
            UPDATE atlas_ground_wanted w SET held_until = now() + make_interval(secs => %(held_s)s) FROM (
                SELECT world, x, y FROM atlas_ground_wanted WHERE held_until < now() AND world <> ALL (%(but)s)
                ORDER BY needed DESC, asked_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
            ) AS first
            WHERE (w.world, w.x, w.y) = (first.world, first.x, first.y) RETURNING w.world, w.x, w.y
        """,
        {"held_s": held_s, "most": most, "but": list(but)},
    )
    return [Wanted(row.world, Place(row.x, row.y)) for row in rows]


async def take_needed(connection: Connection, world: UUID, places: Iterable[Place], held_s: float) -> list[Wanted]:
    """Take those of `places` that nobody has in hand."""
    rows = await connection.execute(
        """
            UPDATE atlas_ground_wanted w SET held_until = now() + make_interval(secs => %(held_s)s) FROM (
                SELECT x, y FROM atlas_ground_wanted
                JOIN unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[])) AS asked (x, y) USING (x, y)
                WHERE world = %(world)s AND held_until < now() FOR UPDATE SKIP LOCKED
            ) AS free
            WHERE w.world = %(world)s AND (w.x, w.y) = (free.x, free.y) RETURNING w.world, w.x, w.y
        """,
        {"world": world, "held_s": held_s, **columns(places)},
    )
    return [Wanted(row.world, Place(row.x, row.y)) for row in rows]


async def hold(connection: Connection, wanted: Wanted, held_s: float) -> None:
    """Keep a piece in hand, or, with 0 seconds, leave it to whoever comes."""
    await connection.execute(
        """
            UPDATE atlas_ground_wanted SET held_until = now() + make_interval(secs => %(held_s)s)
            WHERE world = %(world)s AND x = %(x)s AND y = %(y)s
        """,
        {"world": wanted.world, "x": wanted.place.x, "y": wanted.place.y, "held_s": held_s},
    )


async def count_failure(connection: Connection, wanted: Wanted) -> None:
    """Leave a piece alone for a while, each time longer, and in the end until somebody looks there again."""
    at = {"world": wanted.world, "x": wanted.place.x, "y": wanted.place.y, "tries": _TRIES}
    await connection.execute(
        """
            UPDATE atlas_ground_wanted SET tries = tries + 1, held_until = now() + make_interval(secs => 2 ^ tries)
            WHERE world = %(world)s AND x = %(x)s AND y = %(y)s
        """,
        at,
    )
    await connection.execute(
        "DELETE FROM atlas_ground_wanted WHERE world = %(world)s AND x = %(x)s AND y = %(y)s AND tries >= %(tries)s", at
    )


async def forget_wanted(connection: Connection, wanted: Wanted) -> None:
    await connection.execute(
        "DELETE FROM atlas_ground_wanted WHERE world = %(world)s AND x = %(x)s AND y = %(y)s",
        {"world": wanted.world, "x": wanted.place.x, "y": wanted.place.y},
    )


async def may_take_over(connection: Connection, world: UUID, alive_s: float) -> bool:
    """Whether the maker of a world's ground was named before a process began that has been alive for so long."""
    found = await connection.execute(
        "SELECT ground_since < now() - make_interval(secs => %(alive_s)s) FROM atlas_worlds WHERE id = %(world)s",
        {"world": world, "alive_s": alive_s},
    )
    return bool(found.scalar_or_none())


async def set_maker(connection: Connection, world: UUID, maker: str) -> None:
    await connection.execute(
        "UPDATE atlas_worlds SET ground = %(maker)s, ground_since = now() WHERE id = %(world)s",
        {"world": world, "maker": maker},
    )


async def forget_ground(connection: Connection, world: UUID) -> None:
    """Take away the ground of a world wherever nobody ever painted, and want it anew where somebody did. The world is locked."""
    gone = await connection.execute(
        """
            DELETE FROM atlas_ground g WHERE g.world = %(world)s
                AND NOT EXISTS (SELECT FROM atlas_touched a WHERE (a.world, a.x, a.y) = (g.world, g.x, g.y))
            RETURNING g.x, g.y
        """,
        {"world": world},
    )
    places = [Place(row.x, row.y) for row in gone]
    for table in ("atlas_tiles", "atlas_versions"):
        await connection.execute(
            f"""
                DELETE FROM {table} t USING unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[])) AS gone (x, y)
                WHERE t.world = %(world)s AND t.x = gone.x AND t.y = gone.y AND t.seq = 0 {"AND t.z = 0" if table == "atlas_tiles" else ""}
            """,  # noqa: S608
            {"world": world, **columns(places)},
        )
    await add_stale(connection, world, -1, above(places))
    left = await connection.execute("SELECT x, y FROM atlas_ground WHERE world = %(world)s", {"world": world})
    await want(connection, world, [Place(row.x, row.y) for row in left], needed=True)
