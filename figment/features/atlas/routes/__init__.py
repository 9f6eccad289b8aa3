"""HTTP of Atlas."""

from figment.features.atlas.routes import edits, members, rollbacks, views, worlds
from figment.features.atlas.routes.asking import router

__all__ = ["edits", "members", "rollbacks", "router", "views", "worlds"]
