"""All that one person painted in a world, taken back at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from figment.core.database import Connection
from figment.features.atlas.rules.tiles import Place

State = Literal["running", "done", "undoing", "undone"]


@dataclass(frozen=True, slots=True)
class RollbackRow:
    """`edits`: how many it has taken back by now and not brought again; `left`: how many are still to be."""

    id: UUID
    world: UUID
    person: UUID | None
    person_name: str | None
    by: UUID | None
    by_name: str | None
    since: datetime | None
    state: State
    created_at: datetime
    edits: int
    left: int


_ROLLBACK = """
    SELECT r.id, r.world, r.person, p.name AS person_name, r.by, b.name AS by_name, r.since, r.state, r.created_at,
        (SELECT count(*) FROM atlas_edits e WHERE e.rollback = r.id AND e.state = 'undone') AS edits,
        CASE WHEN r.state = 'running' THEN (
            SELECT count(*) FROM atlas_edits e WHERE e.world = r.world AND e.author = r.person AND e.state = 'committed'
              AND e.created_at <= r.created_at AND (r.since IS NULL OR e.created_at >= r.since))
        ELSE 0 END AS "left"
    FROM atlas_rollbacks r LEFT JOIN people p ON p.id = r.person LEFT JOIN people b ON b.id = r.by
"""


async def add_rollback(connection: Connection, world: UUID, person: UUID, by: UUID, since: datetime | None) -> UUID:
    found = await connection.execute(
        "INSERT INTO atlas_rollbacks (world, person, by, since) VALUES (%(world)s, %(person)s, %(by)s, %(since)s) RETURNING id",
        {"world": world, "person": person, "by": by, "since": since},
    )
    return UUID(str(found.scalar()))


async def rollback_by_id(connection: Connection, rollback: UUID) -> RollbackRow | None:
    row = (await connection.execute(f"{_ROLLBACK} WHERE r.id = %(id)s", {"id": rollback})).one_or_none()
    return None if row is None else RollbackRow(*row)


async def rollbacks(connection: Connection, world: UUID, most: int) -> list[RollbackRow]:
    """The newest first."""
    rows = await connection.execute(
        f"{_ROLLBACK} WHERE r.world = %(world)s ORDER BY r.id DESC LIMIT %(most)s", {"world": world, "most": most}
    )
    return [RollbackRow(*row) for row in rows]


async def take_rollback(connection: Connection) -> RollbackRow | None:
    """The one whose next step is due for longest, locked."""
    found = await connection.execute(
        """
            SELECT id FROM atlas_rollbacks WHERE state IN ('running', 'undoing') AND look_at <= now()
            ORDER BY look_at LIMIT 1 FOR UPDATE SKIP LOCKED
        """
    )
    rollback = found.scalar_or_none()
    return None if rollback is None else await rollback_by_id(connection, rollback)


async def set_rollback(connection: Connection, rollback: UUID, state: State, in_s: float = 0) -> None:
    """Its state, and in how many seconds its next step is due."""
    await connection.execute(
        "UPDATE atlas_rollbacks SET state = %(state)s, look_at = now() + make_interval(secs => %(in_s)s) WHERE id = %(id)s",
        {"id": rollback, "state": state, "in_s": in_s},
    )


async def turn_rollback(connection: Connection, rollback: UUID) -> bool:
    """Begin to bring again what it took back. False when it is not done."""
    done = await connection.execute(
        "UPDATE atlas_rollbacks SET state = 'undoing', look_at = now() WHERE id = %(id)s AND state = 'done'",
        {"id": rollback},
    )
    return done.count == 1


async def to_roll_back(connection: Connection, row: RollbackRow, most: int) -> list[UUID]:
    """What is to be taken back next, or brought again: the newest first, or the oldest."""
    if row.state == "running":
        found = await connection.execute(
            """
                SELECT id FROM atlas_edits
                WHERE world = %(world)s AND author = %(person)s AND state = 'committed' AND created_at <= %(created_at)s
                  AND (CAST(%(since)s AS timestamptz) IS NULL OR created_at >= %(since)s)
                ORDER BY seq DESC LIMIT %(most)s
            """,
            {
                "world": row.world,
                "person": row.person,
                "created_at": row.created_at,
                "since": row.since,
                "most": most,
            },
        )
    else:
        found = await connection.execute(
            "SELECT id FROM atlas_edits WHERE rollback = %(id)s AND state = 'undone' ORDER BY seq LIMIT %(most)s",
            {"id": row.id, "most": most},
        )
    return [each.id for each in found]


async def is_still_painting(connection: Connection, row: RollbackRow) -> bool:
    """Whether something of the person's was on its way then, and is still."""
    found = await connection.execute(
        """
            SELECT 1 FROM atlas_edits e
            WHERE e.world = %(world)s AND e.author = %(person)s AND e.state = 'pending' AND e.created_at <= %(created_at)s
              AND (CAST(%(since)s AS timestamptz) IS NULL OR e.created_at >= %(since)s)
              AND EXISTS (SELECT FROM jobs j WHERE j.place = 'atlas' AND j.ref = e.id AND j.state IN ('queued', 'running'))
            LIMIT 1
        """,
        {"world": row.world, "person": row.person, "created_at": row.created_at, "since": row.since},
    )
    return bool(found.all())


async def set_rolled_back(connection: Connection, edit: UUID, rollback: UUID | None) -> None:
    await connection.execute(
        "UPDATE atlas_edits SET rollback = %(rollback)s WHERE id = %(edit)s", {"edit": edit, "rollback": rollback}
    )


async def places_of(connection: Connection, edit: UUID) -> list[Place]:
    """The tiles that a committed edit touches."""
    rows = await connection.execute("SELECT x, y FROM atlas_touched WHERE edit = %(edit)s", {"edit": edit})
    return [Place(row.x, row.y) for row in rows]
