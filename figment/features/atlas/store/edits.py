"""Edits, their layers, and the commits of a world."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from figment.core.database import Connection
from figment.features.atlas.rules.tiles import Place, Rect, tiles_of
from figment.features.atlas.store.places import columns

Kind = Literal["paint", "erase", "undo", "redo"]


@dataclass(frozen=True, slots=True)
class EditRow:
    """An edit, with the file of its layer once that is committed. `seed`: of its world's own land."""

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
    rollback: UUID | None
    kind: Literal["paint", "erase"]
    candidates: int
    seed: int | None

    @property
    def erases(self) -> bool:
        return self.kind == "erase"

    @property
    def rect(self) -> Rect:
        return Rect(self.x, self.y, self.width, self.height)


_EDIT = """
    SELECT e.id, e.world, e.author, p.name AS author_name, e.x, e.y, e.width, e.height, e.prompt, e.mask, e.state, e.seq, e.layer, e.image,
        e.created_at, e.committed_at, e.rollback, e.kind, e.candidates, w.seed
    FROM atlas_edits e JOIN atlas_worlds w ON w.id = e.world LEFT JOIN people p ON p.id = e.author
"""


async def add_edit(
    connection: Connection,
    world: UUID,
    author: UUID,
    rect: Rect,
    prompt: str,
    mask: UUID | None,
    kind: Literal["paint", "erase"] = "paint",
    candidates: int = 1,
    edit: UUID | None = None,
) -> UUID:
    """`edit`: its id, where it has one already."""
    found = await connection.execute(
        """
            INSERT INTO atlas_edits (id, world, author, x, y, width, height, prompt, mask, kind, candidates)
            VALUES (coalesce(%(id)s, uuidv7()), %(world)s, %(author)s, %(x)s, %(y)s, %(width)s, %(height)s, %(prompt)s, %(mask)s,
                %(kind)s, %(candidates)s)
            RETURNING id
        """,
        {
            "id": edit,
            "world": world,
            "author": author,
            "x": rect.x,
            "y": rect.y,
            "width": rect.width,
            "height": rect.height,
            "prompt": prompt,
            "mask": mask,
            "kind": kind,
            "candidates": candidates,
        },
    )
    added = UUID(str(found.scalar()))
    await set_touched(connection, world, added, tiles_of(rect))
    return added


async def set_touched(connection: Connection, world: UUID, edit: UUID, places: Sequence[Place]) -> None:
    await connection.execute("DELETE FROM atlas_touched WHERE edit = %(edit)s", {"edit": edit})
    await connection.execute(
        """
            INSERT INTO atlas_touched (world, x, y, edit)
            SELECT %(world)s, x, y, %(edit)s FROM unnest(CAST(%(xs)s AS bigint[]), CAST(%(ys)s AS bigint[])) AS t (x, y)
        """,
        {"world": world, "edit": edit, **columns(places)},
    )


async def edit_by_id(connection: Connection, edit: UUID, lock: bool = False) -> EditRow | None:
    row = (
        await connection.execute(f"{_EDIT} WHERE e.id = %(edit)s {'FOR UPDATE OF e' if lock else ''}", {"edit": edit})
    ).one_or_none()
    return None if row is None else EditRow(*row)


async def edits_in(
    connection: Connection, world: UUID, area: Rect | None, pending: bool | None, before: UUID | None, limit: int
) -> list[EditRow]:
    """The newest first. `area`: those whose frame meets it. `pending`: only those whose job is not over or whose author has not
    chosen yet, or only those that are painted or taken back.
    """
    rows = await connection.execute(
        f"""
            {_EDIT}
            WHERE e.world = %(world)s
              AND (CAST(%(before)s AS uuid) IS NULL OR e.id < %(before)s)
              AND (CAST(%(pending)s AS boolean) IS NULL
                OR CASE WHEN %(pending)s THEN e.state = 'pending' AND EXISTS (
                    SELECT FROM jobs j WHERE j.place = 'atlas' AND j.ref = e.id
                      AND (j.state IN ('queued', 'running') OR e.candidates > 1 AND j.state = 'succeeded'))
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
        {"world": world, **columns(places)},
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
    """Call it in the transaction of `next_commit`, which holds the world's row: here its edits are counted."""
    await connection.execute(
        """
            WITH counted AS (UPDATE atlas_worlds SET edits = edits + CASE %(kind)s WHEN 'undo' THEN -1 ELSE 1 END WHERE id = %(world)s)
            INSERT INTO atlas_commits (world, seq, kind, edit, by) VALUES (%(world)s, %(seq)s, %(kind)s, %(edit)s, %(by)s)
        """,
        {"world": world, "seq": seq, "kind": kind, "edit": edit, "by": by},
    )
