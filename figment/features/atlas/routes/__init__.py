"""HTTP of Atlas."""

from figment.features.atlas.routes import choosing, edits, erasing, members, rollbacks, views, worlds
from figment.features.atlas.routes.asking import router

__all__ = ["choosing", "edits", "erasing", "members", "rollbacks", "router", "views", "worlds"]
