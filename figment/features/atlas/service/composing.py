"""Tiles put together from what lies over each other in them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from figment.core.database import Connection
from figment.features.atlas import store
from figment.features.atlas.rules import painting
from figment.features.atlas.rules.painting import Pixels
from figment.features.atlas.rules.tiles import TILE, Place
from figment.features.atlas.service.files import TileFiles

_BLANK = painting.blank(TILE, TILE)


async def composed(
    connection: Connection, files: TileFiles, world: UUID, places: Sequence[Place]
) -> dict[Place, str | None]:
    """The files of tiles put together from their ground and all layers that lie over it."""
    ground = await store.ground_of(connection, world, places)
    layers = await store.layers_of(connection, world, places)
    # Where no layer lies, the very file of the ground, or nothing.
    found: dict[Place, str | None] = {place: ground.get(place) for place in places}
    tiles: dict[Place, Pixels] = {}
    under: dict[Place, Pixels] = {}
    kept: dict[str, Pixels] = {}
    for place, edit in layers:
        assert edit.layer is not None
        if edit.layer not in kept:
            kept[edit.layer] = await files.get(edit.layer)
        if place in ground and place not in under:
            under[place] = await files.get(ground[place])
        below = tiles.get(place, under.get(place, _BLANK))
        tiles[place] = painting.laid_on_tile(below, place, kept[edit.layer], edit.rect, edit.erases, under.get(place))
    return found | {place: await files.put(pixels) for place, pixels in tiles.items()}
