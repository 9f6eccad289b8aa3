"""HTTP of Atlas."""

from figment.features.atlas.routes import edits, views, worlds
from figment.features.atlas.routes.asking import router

__all__ = ["edits", "router", "views", "worlds"]
