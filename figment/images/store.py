"""All SQL of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic_core import to_json

from figment.core.database import Connection

# Where the pixels of an image come from: a person, a model, or a model that began with something a person brought.
Origin = Literal["upload", "made", "composite"]
# Whether a file may be shown: to all who have its address, or to nobody but its owner and moderators; a refused one not to its owner either.
State = Literal["approved", "held", "refused"]
# Whom the owner shows it to: nobody, or everybody who has the link.
Visibility = Literal["private", "link"]


@dataclass(frozen=True, slots=True)
class ImageRow:
    id: UUID
    owner: UUID
    sha256: str
    mime: str
    bytes: int
    width: int
    height: int
    alt: str
    recipe: dict[str, Any] | None
    created_at: datetime
    origin: Origin
    favourite: bool = False
    # Whether the owner lets files that they are given tell the prompt.
    prompt_in_files: bool = True
    visibility: Visibility = "private"
    state: State = "approved"
    # What the owner is told of a file that is held or refused.
    state_reason: str | None = None
    # Whether the file lies where no address leads.
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Concern:
    """What the checks found in a picture: what becomes of it, what its owner is told, and the category of the policy."""

    state: State
    reason: str
    category: str


@dataclass(frozen=True, slots=True)
class Announced:
    """A file that is about to be written, and what the checks found in it, if anything."""

    sha256: str
    concern: Concern | None = None
    state: State = "approved"


@dataclass(frozen=True, slots=True)
class SharedRow:
    """An image that others may see, and who made it."""

    image: ImageRow
    by: str


@dataclass(frozen=True, slots=True)
class Copy:
    """An image of somebody that is a certain file, the oldest of theirs."""

    id: UUID
    created_at: datetime
    state: State


_COLUMNS = """
    i.id, i.owner, i.sha256, b.mime, b.bytes, i.width, i.height, i.alt, i.recipe, i.created_at, i.origin, i.favourite, p.prompt_in_files,
    i.visibility, b.state, b.state_reason, b.hidden
"""
# The one answer to who sees whose image, for every query that shows images to others than their owner: `i` is the image, `b` its
# file, `p` its owner.
SHOWN_TO_OTHERS = "(i.visibility = 'link' AND b.state = 'approved' AND NOT p.suspended)"


async def shown_mime(connection: Connection, sha256: str) -> str | None:
    """The type of a file that may be shown to those who have its address."""
    found = await connection.execute(
        "SELECT mime FROM blobs WHERE sha256 = %(sha256)s AND state = 'approved'", {"sha256": sha256}
    )
    return found.scalar_or_none()


async def set_state(connection: Connection, sha256: str, state: State, reason: str | None) -> None:
    """Say whether a file may be shown, for every image that is this file."""
    await connection.execute(
        "UPDATE blobs SET state = %(state)s, state_reason = %(reason)s WHERE sha256 = %(sha256)s",
        {"sha256": sha256, "state": state, "reason": reason},
    )


async def files_to_move(connection: Connection, most: int) -> Sequence[str]:
    """Files that do not lie where their state wants them."""
    rows = await connection.execute(
        "SELECT sha256 FROM blobs WHERE hidden <> (state <> 'approved') LIMIT %(most)s", {"most": most}
    )
    return [row.sha256 for row in rows]


async def lock_file(connection: Connection, sha256: str) -> tuple[str, State] | None:
    """Type and state of a file, which nobody else moves, derives from or decides about until the commit."""
    row = (
        await connection.execute(
            "SELECT mime, state FROM blobs WHERE sha256 = %(sha256)s FOR UPDATE", {"sha256": sha256}
        )
    ).one_or_none()
    return None if row is None else (row.mime, row.state)


async def set_hidden(connection: Connection, sha256: str, hidden: bool) -> None:
    await connection.execute(
        "UPDATE blobs SET hidden = %(hidden)s WHERE sha256 = %(sha256)s", {"sha256": sha256, "hidden": hidden}
    )


async def forget_derivatives(connection: Connection, sha256: str) -> None:
    await connection.execute("DELETE FROM derivatives WHERE sha256 = %(sha256)s", {"sha256": sha256})


async def set_visibility(connection: Connection, owner: UUID, image: UUID, visibility: Visibility) -> bool:
    done = await connection.execute(
        "UPDATE images SET visibility = %(visibility)s WHERE id = %(id)s AND owner = %(owner)s",
        {"id": image, "owner": owner, "visibility": visibility},
    )
    return done.count == 1


async def shared_image(connection: Connection, image: UUID) -> SharedRow | None:
    """An image as anybody may see it."""
    found = await connection.execute(
        f"""
            SELECT {_COLUMNS}, p.name FROM images i JOIN blobs b USING (sha256) JOIN people p ON p.id = i.owner
            WHERE i.id = %(id)s AND {SHOWN_TO_OTHERS}
        """,  # noqa: S608
        {"id": image},
    )
    row = found.one_or_none()
    return None if row is None else SharedRow(ImageRow(*row[:-1]), row.name)


async def add_image(connection: Connection, image: ImageRow, recipe_key: str | None, parent: UUID | None) -> ImageRow:
    """The image as it is kept: its file may be withheld already. Whoever wants to hide it waits for the commit."""
    found = await connection.execute(
        """
            WITH file AS (SELECT state, state_reason, hidden FROM blobs WHERE sha256 = %(sha256)s FOR SHARE)
            INSERT INTO images (id, owner, sha256, width, height, alt, recipe, recipe_key, parent, created_at, origin)
            VALUES (%(id)s, %(owner)s, %(sha256)s, %(width)s, %(height)s, %(alt)s, CAST(%(recipe)s AS jsonb), %(recipe_key)s, %(parent)s,
                    %(created_at)s, %(origin)s)
            RETURNING (SELECT state FROM file), (SELECT state_reason FROM file), (SELECT hidden FROM file)
        """,
        {
            "id": image.id,
            "owner": image.owner,
            "sha256": image.sha256,
            "width": image.width,
            "height": image.height,
            "alt": image.alt,
            "recipe": None if image.recipe is None else to_json(image.recipe).decode(),
            "recipe_key": recipe_key,
            "parent": parent,
            "created_at": image.created_at,
            "origin": image.origin,
        },
    )
    row = found.one()
    return replace(image, state=row.state, state_reason=row.state_reason, hidden=row.hidden)


async def images_by_id(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, ImageRow]:
    rows = await connection.execute(
        f"""
            SELECT {_COLUMNS} FROM images i JOIN blobs b USING (sha256) JOIN people p ON p.id = i.owner
            WHERE i.id = ANY(%(ids)s)
        """,  # noqa: S608
        {"ids": list(ids)},
    )
    return {row.id: ImageRow(*row) for row in rows}


async def first_made(connection: Connection, sha256: str) -> ImageRow | None:
    """The oldest of the images made here that are this file."""
    found = await connection.execute(
        f"""
            SELECT {_COLUMNS} FROM images i JOIN blobs b USING (sha256) JOIN people p ON p.id = i.owner
            WHERE i.sha256 = %(sha256)s AND i.origin <> 'upload' ORDER BY i.id LIMIT 1
        """,  # noqa: S608
        {"sha256": sha256},
    )
    row = found.one_or_none()
    return None if row is None else ImageRow(*row)


async def own_made(connection: Connection, sha256: str, owner: UUID) -> UUID | None:
    """The newest image of `owner` that is this file, made here."""
    found = await connection.execute(
        """
            SELECT id FROM images WHERE sha256 = %(sha256)s AND owner = %(owner)s AND origin <> 'upload'
            ORDER BY id DESC LIMIT 1
        """,
        {"sha256": sha256, "owner": owner},
    )
    return found.scalar_or_none()


async def copies_of(connection: Connection, owner: UUID, files: Sequence[str]) -> dict[str, Copy]:
    """Which of these files are images of `owner`."""
    rows = await connection.execute(
        """
            SELECT DISTINCT ON (i.sha256) i.sha256, i.id, i.created_at, b.state FROM images i JOIN blobs b USING (sha256)
            WHERE i.owner = %(owner)s AND i.sha256 = ANY(%(files)s) ORDER BY i.sha256, i.id
        """,
        {"owner": owner, "files": list(files)},
    )
    return {row.sha256: Copy(row.id, row.created_at, row.state) for row in rows}


async def owners_of(connection: Connection, sha256: str) -> set[UUID]:
    """Everybody who has an image that is this file."""
    rows = await connection.execute("SELECT DISTINCT owner FROM images WHERE sha256 = %(sha256)s", {"sha256": sha256})
    return {row.owner for row in rows}


async def origins(connection: Connection, images: Sequence[UUID]) -> dict[UUID, Origin]:
    rows = await connection.execute("SELECT id, origin FROM images WHERE id = ANY(%(ids)s)", {"ids": list(images)})
    return {row.id: row.origin for row in rows}


async def prompt_in_files(connection: Connection, person: UUID) -> bool:
    found = await connection.execute("SELECT prompt_in_files FROM people WHERE id = %(id)s", {"id": person})
    return bool(found.scalar())


async def set_prompt_in_files(connection: Connection, person: UUID, told: bool) -> None:
    await connection.execute(
        "UPDATE people SET prompt_in_files = %(told)s WHERE id = %(id)s", {"id": person, "told": told}
    )


async def set_favourite(connection: Connection, owner: UUID, ids: Sequence[UUID], favourite: bool) -> int:
    """Mark images of `owner`. Gives how many of them there are."""
    done = await connection.execute(
        "UPDATE images SET favourite = %(favourite)s WHERE owner = %(owner)s AND id = ANY(%(ids)s)",
        {"owner": owner, "ids": list(ids), "favourite": favourite},
    )
    return done.count


async def delete_images(connection: Connection, owner: UUID, ids: Sequence[UUID]) -> int:
    """The rows go now; the files go with the next sweep, unless another image has the same content."""
    done = await connection.execute(
        "DELETE FROM images WHERE owner = %(owner)s AND id = ANY(%(ids)s)", {"owner": owner, "ids": list(ids)}
    )
    return done.count


async def has_derivative(connection: Connection, sha256: str, variant: str) -> bool:
    """Whether the derived file is remembered; waits for a sweep that is deleting it."""
    # Two statements: the second sees what the sweep that the first waited for has done.
    await connection.execute("SELECT FROM blobs WHERE sha256 = %(sha256)s FOR KEY SHARE", {"sha256": sha256})
    found = await connection.execute(
        "SELECT true FROM derivatives WHERE sha256 = %(sha256)s AND variant = %(variant)s",
        {"sha256": sha256, "variant": variant},
    )
    return found.scalar_or_none() is not None


async def add_derivative(connection: Connection, sha256: str, variant: str) -> None:
    await connection.execute(
        "INSERT INTO derivatives (sha256, variant) VALUES (%(sha256)s, %(variant)s) ON CONFLICT DO NOTHING",
        {"sha256": sha256, "variant": variant},
    )


async def lock_orphans(connection: Connection, older_than_s: float, most: int) -> Sequence[tuple[str, str]]:
    """Files that no image names, locked until the commit so that nobody begins to name one while it is deleted.

    `SKIP LOCKED` lets several processes sweep at once.
    """
    candidates = await connection.execute(
        """
            SELECT b.sha256, b.mime FROM blobs b
            WHERE b.touched_at <= now() - make_interval(secs => %(age)s)
              AND NOT EXISTS (SELECT FROM images i WHERE i.sha256 = b.sha256)
            LIMIT %(most)s FOR UPDATE OF b SKIP LOCKED
        """,
        {"age": older_than_s, "most": most},
    )
    # Asked again now that they are locked: an image that was added between the snapshot and the lock changes no row of
    # `blobs`, so the first statement does not see it.
    rows = await connection.execute(
        """
            SELECT b.sha256, b.mime FROM blobs b
            WHERE b.sha256 = ANY(%(candidates)s) AND NOT EXISTS (SELECT FROM images i WHERE i.sha256 = b.sha256)
        """,
        {"candidates": [row.sha256 for row in candidates]},
    )
    return [(row.sha256, row.mime) for row in rows]


async def variants_of(connection: Connection, sha256: str) -> Sequence[str]:
    rows = await connection.execute("SELECT variant FROM derivatives WHERE sha256 = %(sha256)s", {"sha256": sha256})
    return [row.variant for row in rows]


async def delete_blob(connection: Connection, sha256: str) -> None:
    await connection.execute("DELETE FROM blobs WHERE sha256 = %(sha256)s", {"sha256": sha256})


async def add_upload(
    connection: Connection, owner: UUID, prefix: str, content_type: str, ttl_s: int
) -> tuple[UUID, str, datetime]:
    row = (
        await connection.execute(
            """
                INSERT INTO uploads (owner, key, content_type, expires_at)
                VALUES (%(owner)s, %(prefix)s || gen_random_uuid()::text, %(content_type)s, now() + make_interval(secs => %(ttl)s))
                RETURNING id, key, expires_at
            """,
            {"owner": owner, "prefix": prefix, "content_type": content_type, "ttl": ttl_s},
        )
    ).one()
    return row.id, row.key, row.expires_at


async def find_upload(connection: Connection, upload: UUID, owner: UUID) -> str | None:
    found = await connection.execute(
        "SELECT key FROM uploads WHERE id = %(id)s AND owner = %(owner)s AND expires_at > now()",
        {"id": upload, "owner": owner},
    )
    return found.scalar_or_none()


async def take_upload(connection: Connection, upload: UUID) -> bool:
    """End the upload; False when somebody else did, or its time ran out.

    The row stays until its address has run out as well: what is put there late is swept with it. `clock_timestamp()`, because
    of two at once the second may have begun before the first.
    """
    done = await connection.execute(
        "UPDATE uploads SET expires_at = clock_timestamp() WHERE id = %(id)s AND expires_at > clock_timestamp()",
        {"id": upload},
    )
    return done.count == 1


async def expired_uploads(connection: Connection, most: int) -> Sequence[str]:
    """Delete what nobody completed in time; the grace lets a slow transfer end before its file is deleted."""
    rows = await connection.execute(
        """
            DELETE FROM uploads WHERE id IN (
                SELECT id FROM uploads WHERE expires_at < now() - interval '1 hour' LIMIT %(most)s FOR UPDATE SKIP LOCKED
            ) RETURNING key
        """,
        {"most": most},
    )
    return [row.key for row in rows]


async def images_of(connection: Connection, owner: UUID) -> Sequence[UUID]:
    """The oldest first."""
    rows = await connection.execute("SELECT id FROM images WHERE owner = %(owner)s ORDER BY id", {"owner": owner})
    return [row.id for row in rows]


async def hand_over(connection: Connection, giver: UUID, taker: UUID) -> None:
    for table in ("images", "uploads"):
        await connection.execute(
            f"UPDATE {table} SET owner = %(taker)s WHERE owner = %(giver)s",  # noqa: S608 (one of two words above)
            {"giver": giver, "taker": taker},
        )


async def age_blobs_of(connection: Connection, owner: UUID) -> None:
    """Say that the files of this person's images were touched long ago: without an image they are swept at once."""
    await connection.execute(
        """
            UPDATE blobs SET touched_at = '-infinity'
            WHERE sha256 IN (SELECT sha256 FROM images WHERE owner = %(owner)s)
        """,
        {"owner": owner},
    )


async def delete_uploads_of(connection: Connection, owner: UUID) -> Sequence[str]:
    """Where their files were, or may still be put."""
    rows = await connection.execute("DELETE FROM uploads WHERE owner = %(owner)s RETURNING key", {"owner": owner})
    return [row.key for row in rows]
