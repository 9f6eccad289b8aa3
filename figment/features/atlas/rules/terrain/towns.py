"""Towns, by rivers that are large enough to live from."""

from __future__ import annotations

import numpy as np

from figment.features.atlas.rules.terrain.noise import Field, Places, fbm
from figment.features.atlas.rules.terrain.rivers import FAR_PX, Canvas, Drainage

LEAST_FLOW = 14.0
CHANCE = 0.3
HIGHEST_M = 700.0
EDGE = (256, 128, 64)
EDGE_PX = 70.0
_EDGE_X, _EDGE_Y = (500, 520)


def town_margin_px(seed: int, at: Places, nodes: Drainage) -> Field:
    """The distance to the nearest town's edge, negative inside it, over a grid of samples. `nodes`: of the same rectangle."""
    margin = np.full(at.x.shape, FAR_PX, np.float32)
    lived_in = nodes.known & (nodes.flow >= LEAST_FLOW) & (nodes.chance < CHANCE)
    towns = np.flatnonzero(lived_in & (nodes.height_m > 0) & (nodes.height_m < HIGHEST_M))
    if len(towns) == 0:
        return margin
    bent = at.moved(*(fbm(seed, stream, at, EDGE) * np.float32(EDGE_PX) for stream in (_EDGE_X, _EDGE_Y)))
    canvas = Canvas(at, bent)
    for node in towns:
        # The chance that a town is there says how large it is, too: 70 to 230 pixels.
        radius_px = 70 + 160 * float(nodes.chance[node]) / CHANCE
        here = canvas.near(nodes.x[[node]], nodes.y[[node]], radius_px + 2 * EDGE_PX)
        dx, dy = canvas.away(here, nodes.x[node], nodes.y[node])
        np.minimum(margin[here], np.sqrt(dx * dx + dy * dy) - np.float32(radius_px), out=margin[here])
    return margin
