"""What one export may hold, what it costs, and what it is called."""

from __future__ import annotations

from figment.features.atlas.rules.grid import seen_from
from figment.features.atlas.rules.tiles import MIN_ZOOM, Rect

MOST_PX = 16_384
"""On a side of a picture."""

_MEGAPIXEL = 1_000_000
_TILES_A_CHARGE = 16


def why_too_large(rect: Rect, z: int) -> str | None:
    """What is wrong with a frame of the map as one picture, seen from a zoom, and what would be right; None where nothing is."""
    picture = seen_from(rect, z)
    if max(picture.width, picture.height) <= MOST_PX:
        return None
    words = f"A picture has at most {MOST_PX:,} × {MOST_PX:,} pixels; this would have {picture.width:,} × {picture.height:,}."
    fitting = (zoom for zoom in range(z - 1, MIN_ZOOM - 1, -1) if why_too_large(rect, zoom) is None)
    zoom = next(fitting, None)
    return f"{words} Choose a smaller rectangle{'.' if zoom is None else f', or zoom {zoom}.'}"


def cost_of_picture(picture: Rect) -> int:
    """In megapixels, every one that is begun."""
    return -(-picture.width * picture.height // _MEGAPIXEL)


def cost_of_archive(tiles: int) -> int:
    """Tiles go into an archive as they lie in storage, which is a quarter of the work that pixels are."""
    return -(-tiles // _TILES_A_CHARGE)


def file_name(world: str, rect: Rect | None, z: int, extension: str) -> str:
    """`commons_-512_0_1024_768_zoom-1.png`: the world, the rectangle as x0, y0, x1, y1, and from where it is seen."""
    corners = [] if rect is None else [rect.x, rect.y, rect.right, rect.bottom]
    return "_".join([world, *map(str, corners), *([f"zoom{z}"] if z else [])]) + f".{extension}"
