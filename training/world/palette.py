"""What a colour word looks like, and small arithmetic on colours."""

from __future__ import annotations

import numpy as np

from .pen import RGB

PAINTS: dict[str, RGB] = {
    "red": (0.84, 0.15, 0.14),
    "orange": (0.96, 0.52, 0.13),
    "yellow": (0.97, 0.80, 0.16),
    "green": (0.16, 0.58, 0.28),
    "blue": (0.13, 0.36, 0.80),
    "purple": (0.50, 0.24, 0.68),
    "pink": (0.96, 0.52, 0.68),
    "brown": (0.48, 0.31, 0.20),
    "black": (0.12, 0.12, 0.14),
    "white": (0.95, 0.94, 0.91),
    "grey": (0.56, 0.57, 0.60),
}


def varied(rng: np.random.Generator, rgb: RGB, amount: float = 0.035) -> RGB:
    """The colour with a slight, seeded difference in brightness and tint."""
    bright = 1 + float(rng.normal(0, amount))
    red, green, blue = (min(1.0, max(0.0, part * bright + float(rng.normal(0, amount / 2)))) for part in rgb)
    return red, green, blue


def darker(rgb: RGB, factor: float = 0.72) -> RGB:
    red, green, blue = (part * factor for part in rgb)
    return red, green, blue


def lighter(rgb: RGB, amount: float = 0.3) -> RGB:
    red, green, blue = (part + (1 - part) * amount for part in rgb)
    return red, green, blue


def mix(first: RGB, second: RGB, amount: float) -> RGB:
    """`amount` of the second colour in the first."""
    red, green, blue = (a * (1 - amount) + b * amount for a, b in zip(first, second, strict=True))
    return red, green, blue
