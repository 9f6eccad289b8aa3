"""All SQL of what pictures are recognised by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from figment.core.database import Connection
from figment.images.codec import Prints
from figment.images.store import Concern, State


@dataclass(frozen=True, slots=True)
class Blocked:
    """A picture that is not kept here."""

    id: UUID
    reason: str
    added_by: UUID | None
    from_image: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Near:
    """A kept file that looks like what was asked about: in how many of 256 bits the two differ, or in nothing at all."""

    sha256: str
    distance: int
    exact: bool = False


_BLOCKED = "id, reason, added_by, from_image, created_at"


async def add_hashes(connection: Connection, sha256: str, prints: Prints) -> None:
    await connection.execute(
        """
            INSERT INTO image_hashes (sha256, pixels, pdq, quality)
            VALUES (%(sha256)s, %(pixels)s, CAST(%(pdq)s AS bit(256)), %(quality)s) ON CONFLICT DO NOTHING
        """,
        {"sha256": sha256, "pixels": prints.pixels, "pdq": _bits(prints.pdq.hash), "quality": prints.pdq.quality},
    )


async def announce(
    connection: Connection, sha256: str, mime: str, size: int, concern: Concern | None, prints: Prints, within: int
) -> State | None:
    """Announce a file before it is written, with what it is recognised by. Gives its state; None where it looks like one that is
    blocked, and nothing was noted.

    One round trip, for it comes with every picture. Waits for a sweep that is deleting the very same file; one that is there already
    keeps its state, which a person may have decided.
    """
    found = await connection.execute(
        """
            WITH blocked AS (
                SELECT FROM blocked_hashes b WHERE EXISTS (
                    SELECT FROM unnest(CAST(%(hashes)s AS bit(256)[])) AS asked WHERE b.pdq <~> asked <= %(within)s
                ) LIMIT 1
            ), announced AS (
                INSERT INTO blobs (sha256, mime, bytes, state, state_reason)
                SELECT CAST(%(sha256)s AS text), CAST(%(mime)s AS text), CAST(%(bytes)s AS bigint), CAST(%(state)s AS text),
                    CAST(%(reason)s AS text)
                WHERE NOT EXISTS (SELECT FROM blocked)
                ON CONFLICT (sha256) DO UPDATE SET touched_at = now() RETURNING sha256, state
            ), seen AS (
                INSERT INTO image_hashes (sha256, pixels, pdq, quality)
                SELECT sha256, CAST(%(pixels)s AS text), CAST(%(pdq)s AS bit(256)), CAST(%(quality)s AS smallint) FROM announced
                ON CONFLICT DO NOTHING
            )
            SELECT state FROM announced
        """,
        {
            "hashes": [_bits(each) for each in prints.pdq.variants],
            "within": within,
            "sha256": sha256,
            "mime": mime,
            "bytes": size,
            "state": concern.state if concern else "approved",
            "reason": concern.reason if concern else None,
            "pixels": prints.pixels,
            "pdq": _bits(prints.pdq.hash),
            "quality": prints.pdq.quality,
        },
    )
    state: State | None = found.scalar_or_none()
    return state


async def nearest_blocked(connection: Connection, hashes: Sequence[bytes], within: int) -> tuple[Blocked, int] | None:
    """The entry that is most like any of the hashes, and its distance."""
    found = await connection.execute(
        f"""
            SELECT {_BLOCKED}, distance FROM (
                SELECT {_BLOCKED}, (SELECT min(b.pdq <~> asked) FROM unnest(CAST(%(hashes)s AS bit(256)[])) AS asked) AS distance
                FROM blocked_hashes b
            ) AS measured WHERE distance <= %(within)s ORDER BY distance, id LIMIT 1
        """,  # noqa: S608
        {"hashes": [_bits(each) for each in hashes], "within": within},
    )
    row = found.one_or_none()
    return None if row is None else (Blocked(*row[:5]), int(row.distance))


async def nearest_made(connection: Connection, hashes: Sequence[bytes], within: int, least_quality: int) -> Near | None:
    """The file most like any of the hashes, of those that were made here."""
    found = await connection.execute(
        """
            SELECT h.sha256, near.distance FROM image_hashes h, LATERAL (
                SELECT min(h.pdq <~> asked) AS distance FROM unnest(CAST(%(hashes)s AS bit(256)[])) AS asked
            ) AS near
            WHERE near.distance <= %(within)s AND h.quality >= %(least)s
              AND EXISTS (SELECT FROM images i WHERE i.sha256 = h.sha256 AND i.origin <> 'upload')
            ORDER BY near.distance, h.sha256 LIMIT 1
        """,
        {"hashes": [_bits(each) for each in hashes], "within": within, "least": least_quality},
    )
    row = found.one_or_none()
    return None if row is None else Near(row.sha256, int(row.distance))


async def made_with_pixels(connection: Connection, pixels: str) -> str | None:
    """The file with exactly these pixels, if it was made here."""
    found = await connection.execute(
        """
            SELECT h.sha256 FROM image_hashes h
            WHERE h.pixels = %(pixels)s AND EXISTS (SELECT FROM images i WHERE i.sha256 = h.sha256 AND i.origin <> 'upload')
            ORDER BY h.sha256 LIMIT 1
        """,
        {"pixels": pixels},
    )
    return found.scalar_or_none()


async def hashes_of_image(connection: Connection, image: UUID) -> tuple[bytes, int] | None:
    """An image's PDQ hash and its quality; None when there is no such image, or its file was not looked at yet."""
    found = await connection.execute(
        "SELECT CAST(h.pdq AS text) AS pdq, h.quality FROM images i JOIN image_hashes h USING (sha256) WHERE i.id = %(image)s",
        {"image": image},
    )
    row = found.one_or_none()
    return None if row is None else (int(row.pdq, 2).to_bytes(32), row.quality)


async def block(
    connection: Connection, pdq: bytes, reason: str, added_by: UUID | None, from_image: UUID | None
) -> Blocked:
    found = await connection.execute(
        f"""
            INSERT INTO blocked_hashes (pdq, reason, added_by, from_image)
            VALUES (CAST(%(pdq)s AS bit(256)), %(reason)s, %(added_by)s, %(from_image)s) RETURNING {_BLOCKED}
        """,  # noqa: S608
        {"pdq": _bits(pdq), "reason": reason, "added_by": added_by, "from_image": from_image},
    )
    return Blocked(*found.one())


async def unblock(connection: Connection, entry: UUID) -> bool:
    done = await connection.execute("DELETE FROM blocked_hashes WHERE id = %(id)s", {"id": entry})
    return done.count == 1


async def all_blocked(connection: Connection) -> Sequence[Blocked]:
    rows = await connection.execute(f"SELECT {_BLOCKED} FROM blocked_hashes ORDER BY id DESC")  # noqa: S608
    return [Blocked(*row) for row in rows]


async def without_hashes(connection: Connection, after: str, most: int) -> Sequence[tuple[str, str]]:
    """Name and type of files that images name and nobody looked at, in the order of their names."""
    rows = await connection.execute(
        """
            SELECT b.sha256, b.mime FROM blobs b
            WHERE b.sha256 > %(after)s AND EXISTS (SELECT FROM images i WHERE i.sha256 = b.sha256)
              AND NOT EXISTS (SELECT FROM image_hashes h WHERE h.sha256 = b.sha256)
            ORDER BY b.sha256 LIMIT %(most)s
        """,
        {"after": after, "most": most},
    )
    return [(row.sha256, row.mime) for row in rows]


def _bits(pdq: bytes) -> str:
    return f"{int.from_bytes(pdq):0256b}"
