"""Who may paint where members do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from figment.core.database import Connection


@dataclass(frozen=True, slots=True)
class MemberRow:
    person: UUID
    name: str
    username: str | None
    added_at: datetime


async def members(connection: Connection, world: UUID) -> list[MemberRow]:
    """Those who came first, first."""
    rows = await connection.execute(
        """
            SELECT m.person, p.name, p.username, m.added_at FROM atlas_members m JOIN people p ON p.id = m.person
            WHERE m.world = %(world)s ORDER BY m.added_at, m.person
        """,
        {"world": world},
    )
    return [MemberRow(*row) for row in rows]


async def person_called(connection: Connection, username: str) -> UUID | None:
    found = await connection.execute("SELECT id FROM people WHERE username = %(username)s", {"username": username})
    return found.scalar_or_none()


async def add_member(connection: Connection, world: UUID, person: UUID, most: int) -> bool:
    """False when there are as many as there may be."""
    # Taken first, so that two who come at once are counted one after the other.
    await connection.execute("SELECT FROM atlas_worlds WHERE id = %(world)s FOR UPDATE", {"world": world})
    found = await connection.execute(
        "SELECT count(*) FROM atlas_members WHERE world = %(world)s AND person <> %(person)s",
        {"world": world, "person": person},
    )
    if int(found.scalar()) >= most:
        return False
    await connection.execute(
        "INSERT INTO atlas_members (world, person) VALUES (%(world)s, %(person)s) ON CONFLICT DO NOTHING",
        {"world": world, "person": person},
    )
    return True


async def drop_member(connection: Connection, world: UUID, person: UUID) -> bool:
    done = await connection.execute(
        "DELETE FROM atlas_members WHERE world = %(world)s AND person = %(person)s", {"world": world, "person": person}
    )
    return done.count == 1


async def set_invitation(
    connection: Connection, world: UUID, hashed: bytes | None, lasts_s: float = 0
) -> datetime | None:
    """The one link to become a member; None ends it. Gives when it ends by itself."""
    found = await connection.execute(
        """
            UPDATE atlas_worlds SET invite_hash = %(hashed)s,
                invite_expires_at = CASE WHEN CAST(%(hashed)s AS bytea) IS NOT NULL THEN now() + make_interval(secs => %(lasts_s)s) END
            WHERE id = %(world)s RETURNING invite_expires_at
        """,
        {"world": world, "hashed": hashed, "lasts_s": lasts_s},
    )
    expires: datetime | None = found.scalar()
    return expires


async def is_invitation(connection: Connection, world: UUID, hashed: bytes) -> bool:
    found = await connection.execute(
        "SELECT 1 FROM atlas_worlds WHERE id = %(world)s AND invite_hash = %(hashed)s AND invite_expires_at > now()",
        {"world": world, "hashed": hashed},
    )
    return bool(found.all())
