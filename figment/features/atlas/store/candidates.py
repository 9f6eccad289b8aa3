"""Pictures of which one is to be chosen."""

from __future__ import annotations

from uuid import UUID

from figment.core.database import Connection


async def add_candidate(connection: Connection, edit: UUID, image: UUID, seq: int) -> bool:
    """`seq`: the last commit that the picture was made over. False: the edit is not there any more, and nothing was written."""
    found = await connection.execute(
        """
            INSERT INTO atlas_candidates (edit, image, seq)
            SELECT id, %(image)s, %(seq)s FROM atlas_edits WHERE id = %(edit)s AND state = 'pending' RETURNING edit
        """,
        {"edit": edit, "image": image, "seq": seq},
    )
    return found.scalar_or_none() is not None


async def candidate_seq(connection: Connection, edit: UUID, image: UUID) -> int | None:
    """The last commit that a candidate was made over; None where it is none of this edit's."""
    found = await connection.execute(
        "SELECT seq FROM atlas_candidates WHERE edit = %(edit)s AND image = %(image)s", {"edit": edit, "image": image}
    )
    seq = found.scalar_or_none()
    return None if seq is None else int(seq)


async def drop_candidates(connection: Connection, edit: UUID) -> None:
    await connection.execute("DELETE FROM atlas_candidates WHERE edit = %(edit)s", {"edit": edit})


async def take_unchosen(connection: Connection, older_than_s: float) -> UUID | None:
    """An edit whose candidates have waited for so long since the last of their jobs ended. Locked: what is chosen just now is skipped."""
    found = await connection.execute(
        """
            SELECT e.id FROM atlas_edits e
            WHERE e.candidates > 1 AND e.state = 'pending'
              AND EXISTS (SELECT FROM jobs j WHERE j.place = 'atlas' AND j.ref = e.id)
              AND NOT EXISTS (
                SELECT FROM jobs j WHERE j.place = 'atlas' AND j.ref = e.id
                  AND (j.finished_at IS NULL OR j.finished_at > now() - make_interval(secs => %(age)s)))
            ORDER BY e.id LIMIT 1 FOR UPDATE OF e SKIP LOCKED
        """,
        {"age": older_than_s},
    )
    edit = found.scalar_or_none()
    return None if edit is None else UUID(str(edit))
