"""House, lighthouse and castle, each drawn standing on its foot point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .canvas import Array, Canvas, Point, colour
from .description import Label
from .palette import PAINTS, darker, lighter, varied

WINDOW_LIT = (1.0, 0.86, 0.45)
WINDOW_DARK = (0.24, 0.34, 0.45)
STONE = (0.66, 0.63, 0.60)


@dataclass(frozen=True)
class Pose:
    """Where a thing stands: `foot` is the middle of its base, `size` its height, unit coordinates."""

    foot: Point
    size: float
    light_x: float
    night: bool

    def at(self, dx: float, dy: float) -> Point:
        """The point `dx` right of and `dy` above the foot, in units of the size."""
        return self.foot[0] + dx * self.size, self.foot[1] - dy * self.size


def block(
    canvas: Canvas,
    pose: Pose,
    span: tuple[float, float, float, float],
    tone: Array,
    label: Label,
    *,
    round_: bool = False,
) -> None:
    """A wall from (left, bottom) to (right, top) whose lit side faces the light."""
    left, bottom, right, top = span
    points = [pose.at(left, bottom), pose.at(left, top), pose.at(right, top), pose.at(right, bottom)]
    bright, dim = lighter(tone, 0.10), darker(tone, 0.62 if round_ else 0.85)
    start, end = (bright, dim) if pose.light_x < pose.foot[0] else (dim, bright)
    canvas.paint(canvas.polygon(points), start, label, end=end, axis="x")


def window(canvas: Canvas, pose: Pose, centre: Point, half: float, label: Label) -> None:
    x, y = centre
    points = [
        pose.at(x - half, y - half),
        pose.at(x - half, y + half),
        pose.at(x + half, y + half),
        pose.at(x + half, y - half),
    ]
    canvas.paint(canvas.polygon(points), WINDOW_LIT if pose.night else WINDOW_DARK, label, lit=not pose.night)


def house(canvas: Canvas, pose: Pose, paint: str, rng: np.random.Generator) -> None:
    wall = varied(rng, PAINTS[paint])
    roofs = [(0.45, 0.25, 0.20), (0.35, 0.36, 0.42), (0.55, 0.40, 0.28)]
    roof = varied(rng, roofs[int(rng.integers(1 if paint in ("red", "brown") else 0, 3))])
    half, eaves = rng.uniform(0.46, 0.58), 0.58
    chimney = 0.22 if rng.random() < 0.5 else -0.30
    block(canvas, pose, (chimney, 0.6, chimney + 0.10, 0.98), colour((0.50, 0.34, 0.30)), Label.HOUSE)
    block(canvas, pose, (-half, 0.0, half, eaves + 0.01), wall, Label.HOUSE)
    gable = [pose.at(-half - 0.09, eaves), pose.at(0.0, 1.0), pose.at(half + 0.09, eaves)]
    canvas.paint(canvas.polygon(gable), lighter(roof, 0.08), Label.HOUSE, end=darker(roof, 0.85))
    door = [pose.at(-0.09, 0), pose.at(-0.09, 0.34), pose.at(0.09, 0.34), pose.at(0.09, 0)]
    canvas.paint(canvas.polygon(door), (0.38, 0.24, 0.16), Label.HOUSE)
    for x in (-half * 0.62, half * 0.62):
        window(canvas, pose, (x, 0.33), 0.085, Label.HOUSE)


def lighthouse(canvas: Canvas, pose: Pose, paint: str, rng: np.random.Generator) -> None:
    stripe = varied(rng, PAINTS[paint])
    white = varied(rng, (0.95, 0.94, 0.91), 0.01)
    bands, low, high = 5, 0.155, 0.105
    for band in range(bands):
        bottom, top = 0.76 * band / bands, 0.76 * (band + 1) / bands
        wide, narrow = (low + (high - low) * edge / 0.76 for edge in (bottom, top))
        tone = stripe if band % 2 == 0 else white
        bright, dim = lighter(tone, 0.08), darker(tone, 0.66)
        start, end = (bright, dim) if pose.light_x < pose.foot[0] else (dim, bright)
        points = [
            pose.at(-wide, bottom - 0.004),
            pose.at(-narrow, top),
            pose.at(narrow, top),
            pose.at(wide, bottom - 0.004),
        ]
        canvas.paint(canvas.polygon(points), start, Label.LIGHTHOUSE, end=end, axis="x")
    lamp = pose.at(0, 0.84)
    if pose.night:
        canvas.glow(lamp, pose.size * 0.30, (1.0, 0.85, 0.5), 0.5)
    block(canvas, pose, (-0.145, 0.755, 0.145, 0.79), colour((0.25, 0.25, 0.28)), Label.LIGHTHOUSE)
    pane = [pose.at(-0.085, 0.79), pose.at(-0.085, 0.89), pose.at(0.085, 0.89), pose.at(0.085, 0.79)]
    canvas.paint(canvas.polygon(pane), (1.0, 0.92, 0.60), Label.LIGHTHOUSE, lit=False)
    canvas.paint(
        canvas.polygon([pose.at(-0.115, 0.885), pose.at(0, 1.0), pose.at(0.115, 0.885)]),
        darker(stripe, 0.8),
        Label.LIGHTHOUSE,
    )


def _battlements(canvas: Canvas, pose: Pose, left: float, right: float, top: float, stone: Array) -> None:
    teeth = 4
    width = (right - left) / (2 * teeth - 1)
    for tooth in range(teeth):
        start = left + 2 * tooth * width
        block(canvas, pose, (start, top - 0.01, start + width, top + 0.055), stone, Label.CASTLE)


def castle(canvas: Canvas, pose: Pose, paint: str, rng: np.random.Generator) -> None:
    """Stone walls between two round towers; `paint` is the colour of the roofs."""
    stone = varied(rng, STONE, 0.05)
    roof = varied(rng, PAINTS[paint])
    block(canvas, pose, (-0.17, 0.0, 0.17, 0.66), darker(stone, 0.92), Label.CASTLE)
    _battlements(canvas, pose, -0.17, 0.17, 0.66, darker(stone, 0.92))
    block(canvas, pose, (-0.46, 0.0, 0.46, 0.38), stone, Label.CASTLE)
    _battlements(canvas, pose, -0.32, 0.32, 0.38, stone)
    for x in (-0.44, 0.44):
        block(canvas, pose, (x - 0.12, 0.0, x + 0.12, 0.60), stone, Label.CASTLE, round_=True)
        cone = [pose.at(x - 0.165, 0.595), pose.at(x, 0.92), pose.at(x + 0.165, 0.595)]
        canvas.paint(canvas.polygon(cone), lighter(roof, 0.1), Label.CASTLE, end=darker(roof, 0.75), axis="x")
        window(canvas, pose, (x, 0.45), 0.036, Label.CASTLE)
    window(canvas, pose, (0, 0.54), 0.036, Label.CASTLE)
    gate = [pose.at(-0.09, 0), pose.at(-0.09, 0.18), pose.at(0, 0.26), pose.at(0.09, 0.18), pose.at(0.09, 0)]
    canvas.paint(canvas.polygon(gate), (0.25, 0.18, 0.14), Label.CASTLE)
