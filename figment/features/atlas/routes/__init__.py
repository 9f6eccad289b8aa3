"""HTTP of Atlas."""

from figment.features.atlas.routes import edits, exports, views, worlds
from figment.features.atlas.routes.asking import router

__all__ = ["edits", "exports", "router", "views", "worlds"]
