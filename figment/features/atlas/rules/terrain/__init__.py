"""A world from a seed, without its model: fields of height and climate, the sketch of them, windows and phases. Pure, NumPy only."""

from figment.features.atlas.rules.terrain.climate import GROUNDS, Climate, climate
from figment.features.atlas.rules.terrain.noise import FARTHEST_PX
from figment.features.atlas.rules.terrain.prompts import prompt
from figment.features.atlas.rules.terrain.sketch import coarse_view, sketch
from figment.features.atlas.rules.terrain.views import EDITION, home, preview, tile_view
from figment.features.atlas.rules.terrain.windows import (
    PHASES,
    TILE_PX,
    Grid,
    Mosaic,
    Pixels,
    Rectangle,
    Window,
    overlap,
    tile_area,
    tiles_of,
)

__all__ = [
    "EDITION",
    "FARTHEST_PX",
    "GROUNDS",
    "PHASES",
    "TILE_PX",
    "Climate",
    "Grid",
    "Mosaic",
    "Pixels",
    "Rectangle",
    "Window",
    "climate",
    "coarse_view",
    "home",
    "overlap",
    "preview",
    "prompt",
    "sketch",
    "tile_area",
    "tile_view",
    "tiles_of",
]
