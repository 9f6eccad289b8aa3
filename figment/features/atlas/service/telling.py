"""What is told to those who look at a world."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from figment.core.events import Event
from figment.features.atlas.rules.ground import version_at
from figment.features.atlas.rules.tiles import Place
from figment.features.atlas.store import EditRow


def topic_of(world: UUID) -> str:
    """Where what happens in a world is told."""
    return f"world:{world}"


def edit_told(row: EditRow) -> Event:
    return Event(topic_of(row.world), "edit", {"edit": str(row.id)}, row.id)


def tiles_told(world: UUID, z: int, files: Mapping[Place, str | None], seed: int | None = None) -> Event:
    """That tiles have new versions. `seed`: the world's; only what is seen from above depends on it."""
    tiles = [
        {"z": z, "x": place.x, "y": place.y, "v": file and version_at(z, file, seed)} for place, file in files.items()
    ]
    return Event(topic_of(world), "tiles", {"tiles": tiles})


def all_is_new(world: UUID) -> Event:
    """That everything in a world is to be read again, as after a gap."""
    return Event(topic_of(world), "reset", {})
