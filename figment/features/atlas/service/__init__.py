"""Use cases of Atlas."""

from __future__ import annotations

from dataclasses import dataclass

from figment.core.database import Database
from figment.core.events import Bus
from figment.core.storage import Storage
from figment.features.atlas.service.edits import PLACE, Edits
from figment.features.atlas.service.exports import ExportBounds, Exports
from figment.features.atlas.service.keeping import Keeping
from figment.features.atlas.service.standard import StandardTiles
from figment.features.atlas.service.views import Views
from figment.features.atlas.service.worlds import Worlds
from figment.generation.service import Jobs
from figment.images.service import Images
from figment.safety.service import Safety

__all__ = ["PLACE", "Atlas", "ExportBounds"]


@dataclass(frozen=True, slots=True)
class Atlas:
    """The services of Atlas."""

    worlds: Worlds
    edits: Edits
    views: Views
    exports: Exports
    standard: StandardTiles
    keeping: Keeping

    @classmethod
    def of(
        cls,
        database: Database,
        bus: Bus,
        storage: Storage,
        jobs: Jobs,
        images: Images,
        safety: Safety,
        bounds: ExportBounds,
    ) -> Atlas:
        return cls(
            Worlds(database, jobs, safety),
            Edits(database, bus, storage, jobs, images, safety),
            Views(database, storage),
            Exports(database, storage, bounds),
            StandardTiles(database, storage),
            Keeping(),
        )
