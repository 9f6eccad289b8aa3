"""HTTP of Atlas."""

from figment.features.atlas.routes import choosing, edits, erasing, views, worlds
from figment.features.atlas.routes.asking import router

__all__ = ["choosing", "edits", "erasing", "router", "views", "worlds"]
