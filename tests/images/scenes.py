"""Pictures with enough in them to be recognised, one for each seed."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def scene(seed: int, width: int = 256, height: int = 256) -> NDArray[np.uint8]:
    """(height, width, 3) uint8: a sky, a ground, and shapes and textures of random sizes, places and colours."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    horizon = rng.uniform(0.3, 0.7) + 0.1 * np.sin(x * rng.uniform(2, 12) + rng.uniform(0, 6))
    sky, ground = rng.uniform(0, 255, (2, 3))
    canvas = np.where((y < horizon)[..., None], sky, ground) * (0.6 + 0.4 * y[..., None])
    for _ in range(rng.integers(8, 20)):
        middle_x, middle_y = rng.uniform(0, 1, 2)
        wide, high = rng.uniform(0.03, 0.3, 2)
        turn = rng.uniform(0, np.pi)
        across = (x - middle_x) * np.cos(turn) + (y - middle_y) * np.sin(turn)
        down = (y - middle_y) * np.cos(turn) - (x - middle_x) * np.sin(turn)
        round_ = (across / wide) ** 2 + (down / high) ** 2 < 1
        square = (abs(across) < wide) & (abs(down) < high)
        canvas[round_ if rng.random() < 0.5 else square] = rng.uniform(0, 255, 3)
    coarse = Image.fromarray(rng.integers(0, 255, (rng.integers(12, 24),) * 2, np.uint8))
    texture = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float64) - 127
    return np.asarray((canvas + texture[..., None] * rng.uniform(0.4, 0.8)).clip(0, 255), dtype=np.uint8)


def file_of(pixels: NDArray[np.uint8], form: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, form, **options)
    return out.getvalue()
