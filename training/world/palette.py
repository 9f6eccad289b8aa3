"""Colours of the world: what a colour word looks like, and the light of each time of day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .canvas import Array, colour

RGB = tuple[float, float, float]

PAINTS: dict[str, RGB] = {
    "red": (0.84, 0.15, 0.14),
    "blue": (0.13, 0.36, 0.80),
    "green": (0.16, 0.58, 0.28),
    "yellow": (0.97, 0.80, 0.16),
    "white": (0.95, 0.94, 0.91),
    "orange": (0.96, 0.52, 0.13),
    "purple": (0.50, 0.24, 0.68),
    "pink": (0.96, 0.52, 0.68),
    "black": (0.12, 0.12, 0.14),
    "brown": (0.48, 0.31, 0.20),
    "grey": (0.56, 0.57, 0.60),
}


@dataclass(frozen=True)
class Light:
    """Sky colours from zenith to horizon, the colour that everything else is multiplied by, and of clouds."""

    zenith: RGB
    middle: RGB
    horizon: RGB
    ambient: RGB
    cloud: RGB
    cloud_base: RGB


LIGHTS: dict[str, Light] = {
    "noon": Light(
        (0.22, 0.50, 0.86), (0.50, 0.75, 0.95), (0.83, 0.93, 0.98), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (0.80, 0.86, 0.93)
    ),
    "dawn": Light(
        (0.50, 0.58, 0.82),
        (0.86, 0.72, 0.80),
        (1.0, 0.87, 0.72),
        (0.97, 0.88, 0.88),
        (1.0, 0.90, 0.88),
        (0.88, 0.70, 0.75),
    ),
    "sunset": Light(
        (0.27, 0.18, 0.44),
        (0.84, 0.36, 0.36),
        (1.0, 0.72, 0.34),
        (0.90, 0.68, 0.62),
        (1.0, 0.66, 0.48),
        (0.66, 0.30, 0.40),
    ),
    "night": Light(
        (0.03, 0.05, 0.14),
        (0.06, 0.10, 0.26),
        (0.14, 0.21, 0.40),
        (0.42, 0.47, 0.66),
        (0.26, 0.31, 0.46),
        (0.13, 0.17, 0.30),
    ),
    "storm": Light(
        (0.26, 0.30, 0.37),
        (0.42, 0.46, 0.53),
        (0.64, 0.68, 0.71),
        (0.68, 0.72, 0.78),
        (0.50, 0.53, 0.59),
        (0.30, 0.33, 0.40),
    ),
}


def varied(rng: np.random.Generator, rgb: RGB | Array, amount: float = 0.035) -> Array:
    """The colour with a slight, seeded difference in brightness and tint; (3,) float32."""
    base = colour(rgb)
    return np.clip(base * (1 + rng.normal(0, amount)) + rng.normal(0, amount / 2, 3), 0, 1).astype(np.float32)


def darker(rgb: RGB | Array, factor: float = 0.72) -> Array:
    return colour(rgb) * np.float32(factor)


def lighter(rgb: RGB | Array, amount: float = 0.3) -> Array:
    base = colour(rgb)
    return base + (1 - base) * np.float32(amount)
