"""HTTP of Atlas."""

from figment.features.atlas.routes import choosing, edits, erasing, exports, members, rollbacks, views, worlds
from figment.features.atlas.routes.asking import router

__all__ = ["choosing", "edits", "erasing", "exports", "members", "rollbacks", "router", "views", "worlds"]
