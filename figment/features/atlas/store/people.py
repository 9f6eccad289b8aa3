"""What is kept of a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from figment.core.database import Connection


async def hand_over(connection: Connection, giver: UUID, taker: UUID) -> None:
    both = {"giver": giver, "taker": taker}
    await connection.execute("UPDATE atlas_worlds SET owner = %(taker)s WHERE owner = %(giver)s", both)
    await connection.execute("UPDATE atlas_edits SET author = %(taker)s WHERE author = %(giver)s", both)
    await connection.execute("UPDATE atlas_rollbacks SET person = %(taker)s WHERE person = %(giver)s", both)
    # Who is a member as both stays one once: the giver's goes with the giver.
    await connection.execute(
        """
            UPDATE atlas_members m SET person = %(taker)s
            WHERE person = %(giver)s AND NOT EXISTS (SELECT FROM atlas_members o WHERE o.world = m.world AND o.person = %(taker)s)
        """,
        both,
    )
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
