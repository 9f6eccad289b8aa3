"""Use cases of Atlas."""

from __future__ import annotations

from dataclasses import dataclass

from figment.core.database import Database
from figment.core.events import Bus
from figment.core.storage import Storage
from figment.features.atlas.service.choosing import Choosing
from figment.features.atlas.service.edits import Edits
from figment.features.atlas.service.erasing import Erasing
from figment.features.atlas.service.exports import ExportBounds, Exports
from figment.features.atlas.service.keeping import Keeping
from figment.features.atlas.service.presence import Presences
from figment.features.atlas.service.rollbacks import Rollbacks
from figment.features.atlas.service.standard import StandardTiles
from figment.features.atlas.service.telling import PLACE
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
    erasing: Erasing
    choosing: Choosing
    views: Views
    exports: Exports
    standard: StandardTiles
    keeping: Keeping
    presences: Presences
    rollbacks: Rollbacks

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
            Worlds(database, storage, jobs, safety),
            Edits(database, bus, storage, jobs, images, safety),
            Erasing(database, storage, jobs, images),
            Choosing(database, storage, jobs, images),
            Views(database, storage),
            Exports(database, storage, bounds),
            StandardTiles(database, storage),
            Keeping(),
            Presences(database),
            Rollbacks(database, storage),
        )
