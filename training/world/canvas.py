"""A picture under construction: colours, semantic labels and antialiased shapes in unit coordinates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .description import Label

Array = NDArray[np.float32]
Point = tuple[float, float]
Box = tuple[float, float, float, float]
OVERSAMPLING = 4


@dataclass(frozen=True)
class Stencil:
    """Coverage in [0, 1] of the pixels from (`left`, `top`) on; coverage: (height, width) float32."""

    left: int
    top: int
    coverage: Array


def colour(rgb: Sequence[float] | Array) -> Array:
    return np.asarray(rgb, dtype=np.float32)


def mix(first: Array, second: Array, amount: float) -> Array:
    return (first * (1 - amount) + second * amount).astype(np.float32)


def noise(rng: np.random.Generator, size: int, cells: int, rows: int = 0) -> Array:
    """Smooth noise in [-1, 1], (size, size) float32, with `cells` across and `rows` down."""
    grid = rng.uniform(-1, 1, (rows or cells, cells)).astype(np.float32)
    return np.asarray(Image.fromarray(grid).resize((size, size), Image.Resampling.BICUBIC), dtype=np.float32)


def fractal(rng: np.random.Generator, size: int, cells: int, octaves: int, gain: float = 0.5) -> Array:
    """Sum of noises of doubling frequency, scaled to unit standard deviation, (size, size) float32."""
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        total += gain**octave * noise(rng, size, cells * 2**octave)
    total -= total.mean()
    return total / (total.std() + 1e-6)


class Canvas:
    """rgb: (size, size, 3) float32 in [0, 1]; labels: (size, size) uint8 of Label."""

    def __init__(self, size: int, ambient: Sequence[float] = (1.0, 1.0, 1.0)) -> None:
        self.size = size
        self.rgb = np.zeros((size, size, 3), np.float32)
        self.labels = np.zeros((size, size), np.uint8)
        self.ambient = colour(ambient)
        steps = (np.arange(size, dtype=np.float32) + 0.5) / size
        self.x, self.y = np.meshgrid(steps, steps)

    def stencil(self, box: Box, draw: Callable[[ImageDraw.ImageDraw, Callable[[Point], Point]], Any]) -> Stencil:
        """Rasterise with antialiasing what `draw` fills inside `box` (left, top, right, bottom in unit coordinates)."""
        left, top = (max(0, int(np.floor(edge * self.size)) - 1) for edge in box[:2])
        right, bottom = (min(self.size, int(np.ceil(edge * self.size)) + 1) for edge in box[2:])
        width, height = max(1, right - left), max(1, bottom - top)
        fine = Image.new("L", (width * OVERSAMPLING, height * OVERSAMPLING))

        def place(point: Point) -> Point:
            return (
                (point[0] * self.size - left) * OVERSAMPLING,
                (point[1] * self.size - top) * OVERSAMPLING,
            )

        draw(ImageDraw.Draw(fine), place)
        coverage = np.asarray(fine.reduce(OVERSAMPLING), np.float32) / 255
        return Stencil(min(left, self.size - 1), min(top, self.size - 1), coverage)

    def polygon(self, points: Sequence[Point]) -> Stencil:
        xs, ys = zip(*points, strict=True)
        return self.stencil(
            (min(xs), min(ys), max(xs), max(ys)),
            lambda draw, place: draw.polygon([place(point) for point in points], fill=255),
        )

    def ellipses(self, boxes: Sequence[Box]) -> Stencil:
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)

        def fill(draw: ImageDraw.ImageDraw, place: Callable[[Point], Point]) -> None:
            for left, top, right, bottom in boxes:
                draw.ellipse([place((left, top)), place((right, bottom))], fill=255)

        return self.stencil((min(lefts), min(tops), max(rights), max(bottoms)), fill)

    def line(self, points: Sequence[Point], width: float) -> Stencil:
        xs, ys = zip(*points, strict=True)
        pixels = max(1, round(width * self.size * OVERSAMPLING))
        return self.stencil(
            (min(xs) - width, min(ys) - width, max(xs) + width, max(ys) + width),
            lambda draw, place: draw.line([place(point) for point in points], fill=255, width=pixels, joint="curve"),
        )

    def whole(self, coverage: Array) -> Stencil:
        return Stencil(0, 0, coverage.astype(np.float32))

    def paint(
        self,
        where: Stencil,
        start: Sequence[float] | Array,
        label: Label | None = None,
        *,
        end: Sequence[float] | Array | None = None,
        axis: str = "y",
        lit: bool = True,
        opacity: float = 1.0,
        texture: Array | None = None,
    ) -> None:
        """Blend a colour (or a gradient from `start` to `end` along `axis`) in; `lit` multiplies by the scene's light."""
        height = min(where.coverage.shape[0], self.size - where.top)
        width = min(where.coverage.shape[1], self.size - where.left)
        rows, columns = slice(where.top, where.top + height), slice(where.left, where.left + width)
        alpha = where.coverage[:height, :width, None] * opacity
        fill = self._fill(colour(start), end, axis, height, width)
        if lit:
            fill = fill * self.ambient
        if texture is not None:
            fill = fill * (1 + texture[rows, columns, None])
        view = self.rgb[rows, columns]
        view += alpha * (fill - view)
        if label is not None:
            self.labels[rows, columns][alpha[..., 0] > 0.5] = label

    @staticmethod
    def _fill(start: Array, end: Sequence[float] | Array | None, axis: str, height: int, width: int) -> Array:
        if end is None:
            return start
        steps = np.linspace(0, 1, height if axis == "y" else width, dtype=np.float32)
        ramp = steps[:, None, None] if axis == "y" else steps[None, :, None]
        return start + ramp * (colour(end) - start)

    def glow(self, centre: Point, radius: float, rgb: Sequence[float] | Array, strength: float) -> None:
        """Add light that falls off smoothly from `centre`."""
        distance = ((self.x - centre[0]) ** 2 + (self.y - centre[1]) ** 2) / radius**2
        self.rgb += (strength * np.exp(-distance))[..., None] * colour(rgb)

    def pixels(self) -> NDArray[np.uint8]:
        """(size, size, 3) uint8."""
        return (np.clip(self.rgb, 0, 1) * 255 + 0.5).astype(np.uint8)
