"""What is told to those who look at a world."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from figment.core.events import Event
from figment.features.atlas.rules.tiles import Place
from figment.features.atlas.store import EditRow
from figment.generation.schemas import JobProgress

PLACE = "atlas"
"""The name that jobs of this place have."""


def topic_of(world: UUID) -> str:
    """Where what happens in a world is told."""
    return f"world:{world}"


def world_told(world: UUID, *, gone: bool = False) -> Event:
    """That something of the world itself changed, or that it was deleted."""
    return Event(topic_of(world), "world", {"gone": gone})


def edit_told(row: EditRow) -> Event:
    return Event(topic_of(row.world), "edit", {"edit": str(row.id)}, row.id)


def progress_told(row: EditRow, progress: JobProgress) -> Event:
    """How far an edit is. Told with all there is to it: whoever hears of it need not look it up."""
    return Event(
        topic_of(row.world), "progress", {"edit": str(row.id), "progress": progress.model_dump(mode="json")}, row.id
    )


def tiles_told(world: UUID, z: int, files: Mapping[Place, str | None]) -> Event:
    """That tiles have new pixels, which their versions tell of."""
    return versions_told(world, z, {place: file and file[:16] for place, file in files.items()})


def versions_told(world: UUID, z: int, versions: Mapping[Place, str | None]) -> Event:
    """That tiles have new versions."""
    tiles = [{"z": z, "x": place.x, "y": place.y, "v": version} for place, version in versions.items()]
    return Event(topic_of(world), "tiles", {"tiles": tiles})


def all_is_new(world: UUID) -> Event:
    """That everything in a world is to be read again, as after a gap."""
    return Event(topic_of(world), "reset", {})
