"""All SQL of Studio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from figment.core.database import Connection
from figment.features.studio import rules
from figment.features.studio.schemas import HistoryFilter


@dataclass(frozen=True, slots=True)
class GenerationRow:
    id: UUID
    prompt: str
    settings: dict[str, Any]
    created_at: datetime


async def add_generation(connection: Connection, owner: UUID, prompt: str, settings: dict[str, Any]) -> GenerationRow:
    row = (
        await connection.execute(
            """
                INSERT INTO studio_generations (owner, prompt, settings) VALUES (%(owner)s, %(prompt)s, CAST(%(settings)s AS jsonb))
                RETURNING id, prompt, settings, created_at
            """,
            {"owner": owner, "prompt": prompt, "settings": to_json(settings).decode()},
        )
    ).one()
    return GenerationRow(*row)


@dataclass(frozen=True, slots=True)
class _Conditions:
    """SQL of a filter: what holds of a generation `g`, of one of its jobs `j`, and the values of both."""

    generation: str
    job: str
    values: dict[str, Any]


_ORIENTATIONS = {
    "square": "g.width = g.height",
    "landscape": "g.width > g.height",
    "portrait": "g.width < g.height",
}


def _conditions(owner: UUID, wanted: HistoryFilter) -> _Conditions:
    """Only what is asked for is said, so that PostgreSQL plans for that and not for all that could be."""
    width, height = wanted.width_and_height or (None, None)
    values = {
        "owner": owner,
        "words": wanted.q.strip() or None,
        "model": wanted.model,
        "width": width,
        "height": height,
        "since": wanted.since and rules.first_id_at(wanted.since),
        "until": wanted.until and rules.first_id_at(wanted.until),
        "collection": wanted.collection,
    }
    generation = {
        "g.owner = %(owner)s": True,
        "strpos(lower(g.prompt), lower(%(words)s)) > 0": values["words"],
        "g.model = %(model)s": values["model"],
        "g.width = %(width)s AND g.height = %(height)s": width,
        _ORIENTATIONS.get(wanted.orientation or "", ""): wanted.orientation,
        "g.id >= %(since)s": values["since"],
        "g.id < %(until)s": values["until"],
        "g.from_image": wanted.from_image is True,
        "NOT g.from_image": wanted.from_image is False,
    }
    # The owner is said of jobs and images too: their indexes begin with it. The states are written out: a plan for any list of
    # them could not use an index of some.
    states = "', '".join(rules.STATES[wanted.state] if wanted.state else ())
    job = {
        "j.place = 'studio' AND j.owner = %(owner)s": True,
        f"j.state IN ('{states}')": wanted.state,
        "EXISTS (SELECT FROM images f WHERE f.id = j.image AND f.owner = %(owner)s AND f.favourite)": wanted.favourite,
        "EXISTS (SELECT FROM studio_collection_images h WHERE h.image = j.image AND h.collection = %(collection)s)": (
            wanted.collection
        ),
    }
    return _Conditions(
        generation=" AND ".join(condition for condition, asked in generation.items() if asked),
        job=" AND ".join(condition for condition, asked in job.items() if asked),
        values={name: value for name, value in values.items() if value is not None},
    )


async def page_of_generations(
    connection: Connection, owner: UUID, wanted: HistoryFilter, before: UUID | None, limit: int
) -> Sequence[GenerationRow]:
    """Those with an image that is wanted, the newest first.

    UUIDv7 sorts by time, so the id is the keyset: a page never repeats or skips while new ones arrive.
    """
    where = _conditions(owner, wanted)
    rows = await connection.execute(
        f"""
            SELECT g.id, g.prompt, g.settings, g.created_at FROM studio_generations g
            WHERE {where.generation} {"" if before is None else "AND g.id < %(before)s"}
              AND EXISTS (SELECT FROM jobs j WHERE j.ref = g.id AND {where.job})
            ORDER BY g.id DESC LIMIT %(limit)s
        """,  # noqa: S608
        {**where.values, **({} if before is None else {"before": before}), "limit": limit},
    )
    return [GenerationRow(*row) for row in rows]


async def wanted_jobs(
    connection: Connection, owner: UUID, wanted: HistoryFilter, generations: Sequence[UUID]
) -> set[UUID]:
    """Which of the jobs of these generations the filter finds."""
    where = _conditions(owner, wanted)
    rows = await connection.execute(
        f"""
            SELECT j.id FROM studio_generations g JOIN jobs j ON j.ref = g.id
            WHERE g.id = ANY(%(generations)s) AND {where.generation} AND {where.job}
        """,  # noqa: S608
        {**where.values, "generations": list(generations)},
    )
    return {row.id for row in rows}


async def wanted_images(
    connection: Connection, owner: UUID, wanted: HistoryFilter, limit: int
) -> Sequence[tuple[UUID, int]]:
    """The images that the filter finds, the oldest first, each with the bytes of its file."""
    where = _conditions(owner, wanted)
    rows = await connection.execute(
        f"""
            SELECT i.id, b.bytes FROM studio_generations g
            JOIN jobs j ON j.ref = g.id JOIN images i ON i.id = j.image JOIN blobs b ON b.sha256 = i.sha256
            WHERE {where.generation} AND {where.job} ORDER BY i.id LIMIT %(limit)s
        """,  # noqa: S608
        {**where.values, "limit": limit},
    )
    return [(row.id, row.bytes) for row in rows]


async def models_of(connection: Connection, owner: UUID) -> list[str]:
    rows = await connection.execute(
        "SELECT DISTINCT model FROM studio_generations WHERE owner = %(owner)s ORDER BY model", {"owner": owner}
    )
    return [row.model for row in rows]


async def sizes_of(connection: Connection, owner: UUID) -> list[tuple[int, int]]:
    rows = await connection.execute(
        """
            SELECT DISTINCT width, height FROM studio_generations WHERE owner = %(owner)s ORDER BY width, height LIMIT 200
        """,
        {"owner": owner},
    )
    return [(row.width, row.height) for row in rows]


async def generation_by_id(connection: Connection, owner: UUID, generation: UUID) -> GenerationRow | None:
    row = (
        await connection.execute(
            "SELECT id, prompt, settings, created_at FROM studio_generations WHERE id = %(id)s AND owner = %(owner)s",
            {"id": generation, "owner": owner},
        )
    ).one_or_none()
    return GenerationRow(*row) if row else None


async def delete_generation(connection: Connection, generation: UUID) -> None:
    await connection.execute("DELETE FROM studio_generations WHERE id = %(id)s", {"id": generation})


async def lock_generations_of(connection: Connection, images: Sequence[UUID]) -> list[UUID]:
    """The generations that made these images, locked: of two who delete the last two images, the second sees that they were the last."""
    rows = await connection.execute(
        """
            SELECT g.id FROM studio_generations g
            WHERE g.id IN (SELECT j.ref FROM jobs j WHERE j.place = 'studio' AND j.image = ANY(%(images)s))
            ORDER BY g.id FOR UPDATE
        """,
        {"images": list(images)},
    )
    return [row.id for row in rows]


async def delete_empty_generations(connection: Connection, generations: Sequence[UUID]) -> None:
    await connection.execute(
        """
            DELETE FROM studio_generations g WHERE g.id = ANY(%(generations)s)
              AND NOT EXISTS (SELECT FROM jobs j WHERE j.place = 'studio' AND j.ref = g.id)
        """,
        {"generations": list(generations)},
    )


# -- collections ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """`cover` is the SHA-256 of its newest image that may be shown."""

    id: UUID
    name: str
    images: int
    cover: str | None
    created_at: datetime
    used_at: datetime


_COLLECTION = """
    SELECT c.id, c.name, (SELECT count(*) FROM studio_collection_images h WHERE h.collection = c.id) AS images,
        (SELECT i.sha256 FROM studio_collection_images h JOIN images i ON i.id = h.image JOIN blobs b USING (sha256)
         WHERE h.collection = c.id AND b.state = 'approved' ORDER BY h.image DESC LIMIT 1) AS cover, c.created_at, c.used_at
    FROM studio_collections c
"""


async def collections_of(connection: Connection, owner: UUID) -> list[CollectionRow]:
    rows = await connection.execute(
        f"{_COLLECTION} WHERE c.owner = %(owner)s ORDER BY c.used_at DESC, c.id DESC", {"owner": owner}
    )
    return [CollectionRow(*row) for row in rows]


async def collection_by_id(connection: Connection, owner: UUID, collection: UUID) -> CollectionRow | None:
    row = (
        await connection.execute(
            f"{_COLLECTION} WHERE c.owner = %(owner)s AND c.id = %(id)s", {"owner": owner, "id": collection}
        )
    ).one_or_none()
    return CollectionRow(*row) if row else None


async def lock_names(connection: Connection, owner: UUID) -> None:
    """Whoever names or counts the collections of `owner` does so alone, until the commit."""
    await connection.execute("SELECT FROM people WHERE id = %(owner)s FOR NO KEY UPDATE", {"owner": owner})


async def has_name(connection: Connection, owner: UUID, key: str, other_than: UUID | None = None) -> bool:
    found = await connection.execute(
        """
            SELECT true FROM studio_collections
            WHERE owner = %(owner)s AND name_key = %(key)s AND id IS DISTINCT FROM CAST(%(other_than)s AS uuid)
        """,
        {"owner": owner, "key": key, "other_than": other_than},
    )
    return found.scalar_or_none() is not None


async def count_collections(connection: Connection, owner: UUID) -> int:
    found = await connection.execute(
        "SELECT count(*) FROM studio_collections WHERE owner = %(owner)s", {"owner": owner}
    )
    return int(found.scalar())


async def add_collection(connection: Connection, owner: UUID, name: str, key: str) -> UUID:
    found = await connection.execute(
        "INSERT INTO studio_collections (owner, name, name_key) VALUES (%(owner)s, %(name)s, %(key)s) RETURNING id",
        {"owner": owner, "name": name, "key": key},
    )
    made: UUID = found.scalar()
    return made


async def rename_collection(connection: Connection, collection: UUID, name: str, key: str) -> None:
    await connection.execute(
        "UPDATE studio_collections SET name = %(name)s, name_key = %(key)s, used_at = now() WHERE id = %(id)s",
        {"id": collection, "name": name, "key": key},
    )


async def touch_collection(connection: Connection, owner: UUID, collection: UUID) -> bool:
    """Say that it was used. Locks it, so that those who fill it count one after the other; False when it is not the owner's."""
    done = await connection.execute(
        "UPDATE studio_collections SET used_at = now() WHERE id = %(id)s AND owner = %(owner)s",
        {"id": collection, "owner": owner},
    )
    return done.count == 1


async def delete_collection(connection: Connection, owner: UUID, collection: UUID) -> bool:
    done = await connection.execute(
        "DELETE FROM studio_collections WHERE id = %(id)s AND owner = %(owner)s", {"id": collection, "owner": owner}
    )
    return done.count == 1


async def add_to_collection(connection: Connection, collection: UUID, images: Sequence[UUID]) -> int:
    """Put images into it; those that are there already stay. Gives how many it holds now."""
    # FOR KEY SHARE: an image that is deleted at this moment is left out, and does not break the foreign key.
    await connection.execute(
        """
            WITH kept AS (SELECT id FROM images WHERE id = ANY(%(images)s) ORDER BY id FOR KEY SHARE)
            INSERT INTO studio_collection_images (collection, image) SELECT %(collection)s, id FROM kept ON CONFLICT DO NOTHING
        """,
        {"collection": collection, "images": list(images)},
    )
    found = await connection.execute(
        "SELECT count(*) FROM studio_collection_images WHERE collection = %(collection)s", {"collection": collection}
    )
    return int(found.scalar())


async def remove_from_collection(connection: Connection, collection: UUID, images: Sequence[UUID]) -> None:
    await connection.execute(
        "DELETE FROM studio_collection_images WHERE collection = %(collection)s AND image = ANY(%(images)s)",
        {"collection": collection, "images": list(images)},
    )


# -- archives -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArchiveRow:
    id: UUID
    filename: str
    expires_at: datetime


async def add_archive(
    connection: Connection, owner: UUID, filename: str, images: Sequence[UUID], ttl_s: int
) -> ArchiveRow:
    """Remember which images an archive is to hold. Those of everybody that have expired are forgotten on the way."""
    await connection.execute("DELETE FROM studio_archives WHERE expires_at < now()")
    row = (
        await connection.execute(
            """
                INSERT INTO studio_archives (owner, filename, expires_at)
                VALUES (%(owner)s, %(filename)s, now() + make_interval(secs => %(ttl)s)) RETURNING id, filename, expires_at
            """,
            {"owner": owner, "filename": filename, "ttl": ttl_s},
        )
    ).one()
    await connection.execute(
        """
            WITH kept AS (SELECT id FROM images WHERE id = ANY(%(images)s) ORDER BY id FOR KEY SHARE)
            INSERT INTO studio_archive_images (archive, image) SELECT %(archive)s, id FROM kept
        """,
        {"archive": row.id, "images": list(images)},
    )
    return ArchiveRow(*row)


async def archive_by_id(connection: Connection, owner: UUID, archive: UUID) -> ArchiveRow | None:
    row = (
        await connection.execute(
            """
                SELECT id, filename, expires_at FROM studio_archives
                WHERE id = %(id)s AND owner = %(owner)s AND expires_at > now()
            """,
            {"id": archive, "owner": owner},
        )
    ).one_or_none()
    return ArchiveRow(*row) if row else None


async def images_of_archive(connection: Connection, archive: UUID) -> list[UUID]:
    """The oldest first."""
    rows = await connection.execute(
        "SELECT image FROM studio_archive_images WHERE archive = %(archive)s ORDER BY image", {"archive": archive}
    )
    return [row.image for row in rows]


async def hand_over(connection: Connection, giver: UUID, taker: UUID) -> None:
    """Make what is `giver`'s the `taker`'s. Where both have a collection of one name, the taker's gets the images of both."""
    values = {"giver": giver, "taker": taker}
    await connection.execute(
        """
            INSERT INTO studio_collection_images (collection, image)
            SELECT kept.id, i.image FROM studio_collections given
            JOIN studio_collections kept ON kept.owner = %(taker)s AND kept.name_key = given.name_key
            JOIN studio_collection_images i ON i.collection = given.id
            WHERE given.owner = %(giver)s ON CONFLICT DO NOTHING
        """,
        values,
    )
    await connection.execute(
        """
            DELETE FROM studio_collections given USING studio_collections kept
            WHERE given.owner = %(giver)s AND kept.owner = %(taker)s AND kept.name_key = given.name_key
        """,
        values,
    )
    for table in ("studio_generations", "studio_collections", "studio_archives"):
        await connection.execute(
            f"UPDATE {table} SET owner = %(taker)s WHERE owner = %(giver)s",  # noqa: S608 (one of three words above)
            values,
        )


async def generations_of(connection: Connection, owner: UUID) -> list[dict[str, Any]]:
    """Everything that was asked for, the oldest first, as JSON."""
    rows = await connection.execute(
        "SELECT id, prompt, settings, created_at FROM studio_generations WHERE owner = %(owner)s ORDER BY id",
        {"owner": owner},
    )
    return [
        {"id": str(row.id), "prompt": row.prompt, "settings": row.settings, "created_at": row.created_at.isoformat()}
        for row in rows
    ]


async def collections_with_images(connection: Connection, owner: UUID) -> list[dict[str, Any]]:
    rows = await connection.execute(
        """
            SELECT c.id, c.name, coalesce(array_agg(i.image) FILTER (WHERE i.image IS NOT NULL), '{}') AS images
            FROM studio_collections c LEFT JOIN studio_collection_images i ON i.collection = c.id
            WHERE c.owner = %(owner)s GROUP BY c.id ORDER BY c.id
        """,
        {"owner": owner},
    )
    return [{"id": str(row.id), "name": row.name, "images": [str(image) for image in row.images]} for row in rows]
