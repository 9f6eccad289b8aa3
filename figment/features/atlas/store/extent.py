"""How much of a world is painted."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from figment.core.database import Connection
from figment.features.atlas.rules.tiles import FARTHEST, TILE, Place, Rect, covering


@dataclass(frozen=True, slots=True)
class Extent:
    """`tiles` that show something at zoom 0, and the least frame of whole tiles around them."""

    tiles: int
    rect: Rect


async def extent(connection: Connection, world: UUID, rect: Rect | None, most: int) -> Extent | None:
    """Of the tiles that touch a frame, or of all; None where there are none. Where there are more than `most`, the rest is not looked at."""
    around = rect or Rect(-FARTHEST, -FARTHEST, 2 * FARTHEST, 2 * FARTHEST)
    found = await connection.execute(
        """
            SELECT count(*) AS tiles, min(x) AS left, min(y) AS top, max(x) AS right, max(y) AS bottom FROM (
                SELECT x, y FROM atlas_tiles
                WHERE world = %(world)s AND z = 0 AND file IS NOT NULL
                  AND x BETWEEN %(left)s AND %(right)s AND y BETWEEN %(top)s AND %(bottom)s
                LIMIT %(most)s + 1
            ) AS t
        """,
        {
            "world": world,
            "left": around.x // TILE,
            "top": around.y // TILE,
            "right": (around.right - 1) // TILE,
            "bottom": (around.bottom - 1) // TILE,
            "most": most,
        },
    )
    row = found.one()
    if not row.tiles:
        return None
    return Extent(row.tiles, covering([Place(row.left, row.top), Place(row.right, row.bottom)]))
