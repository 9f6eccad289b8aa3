"""Pictures as the client sends and gets them."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image


def opened(b64: str | None) -> Image.Image:
    assert b64 is not None
    return Image.open(io.BytesIO(base64.b64decode(b64)))


def same_pixels(one: bytes, other: bytes) -> bool:
    pixels, others = (np.asarray(Image.open(io.BytesIO(data))) for data in (one, other))
    return np.array_equal(pixels, others)


def png(width: int = 256, height: int = 256, colour: str = "steelblue") -> bytes:
    return _saved(Image.new("RGB", (width, height), colour))


def mask_with_hole(hole: tuple[int, int, int, int] | None, width: int = 256, height: int = 256) -> bytes:
    """Opaque but for `hole` (left, top, right, bottom)."""
    mask = Image.new("RGBA", (width, height), "white")
    if hole:
        mask.paste((0, 0, 0, 0), hole)
    return _saved(mask)


def _saved(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
