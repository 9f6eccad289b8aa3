"""All SQL of Atlas."""

from figment.features.atlas.store.edits import (
    EditRow,
    Kind,
    add_commit,
    add_edit,
    commit_edit,
    edit_by_id,
    edits_in,
    layers_of,
    set_state,
    set_touched,
)
from figment.features.atlas.store.extent import Extent, extent
from figment.features.atlas.store.overviews import Stale, add_stale, take_stale
from figment.features.atlas.store.people import everything_of, forget, hand_over
from figment.features.atlas.store.tiles import TileRow, set_tiles, tiles, tiles_within
from figment.features.atlas.store.worlds import WorldRow, add_world, next_commit, world_by_slug, world_id, worlds

__all__ = [
    "EditRow",
    "Extent",
    "Kind",
    "Stale",
    "TileRow",
    "WorldRow",
    "add_commit",
    "add_edit",
    "add_stale",
    "add_world",
    "commit_edit",
    "edit_by_id",
    "edits_in",
    "everything_of",
    "extent",
    "forget",
    "hand_over",
    "layers_of",
    "next_commit",
    "set_state",
    "set_tiles",
    "set_touched",
    "take_stale",
    "tiles",
    "tiles_within",
    "world_by_slug",
    "world_id",
    "worlds",
]
