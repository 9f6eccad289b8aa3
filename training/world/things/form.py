"""What all things share: their own coordinates, how light falls on them, and the register of kinds.

A thing is drawn in units of its height: (0, 0) is the middle of its base, x runs to where it faces and y up. A `Form` takes such points
to the frame. Things draw no shadow on the ground: whoever composes the scene knows the ground, `Traits.base` says how wide they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from training.world.description import LABELS
from training.world.palette import PAINTS, darker, lighter, varied
from training.world.pen import MOST_POINTS, RGB, Fill, Pen, Point, Pose

Draw = Callable[[Pen, Pose, str, np.random.Generator], None]
Drawing = Callable[["Form", str, np.random.Generator], None]
Choice = TypeVar("Choice")
PLACES = ("land", "street", "water", "underwater", "air")

WARM: RGB = (1.0, 0.83, 0.45)
GLASS: RGB = (0.33, 0.47, 0.60)
DARK: RGB = (0.13, 0.13, 0.16)
CREAM: RGB = (0.95, 0.92, 0.84)
WOOD: RGB = (0.46, 0.31, 0.20)
STONE: RGB = (0.62, 0.60, 0.57)
SLATE: RGB = (0.27, 0.31, 0.38)
TILES: RGB = (0.67, 0.31, 0.21)
STEEL: RGB = (0.66, 0.69, 0.73)
LEAF: RGB = (0.22, 0.50, 0.20)
GOLD: RGB = (0.93, 0.75, 0.28)


@dataclass(frozen=True, slots=True)
class Traits:
    """What a composer has to know of a kind.

    `places` of PLACES where it can be, the first is its own; `paints` are colour words that suit it, "" for its natural colour;
    `near` is the range of its height, in frame units, as the main thing; `box` holds all of it: left, right, bottom, top around the
    foot in units of its height, facing right; `base` is the width that touches the ground, 0 where nothing does.
    """

    places: tuple[str, ...]
    paints: tuple[str, ...]
    near: tuple[float, float]
    box: tuple[float, float, float, float]
    base: float = 0.0
    countable: bool = True
    label: int = 0

    @property
    def width(self) -> float:
        """Its width over its height."""
        return self.box[1] - self.box[0]

    def bounds(self, pose: Pose) -> tuple[float, float, float, float]:
        """The frame's rectangle that holds the thing in that pose: left, top, right, bottom."""
        (one, low), (other, high) = pose.at(self.box[0], self.box[2]), pose.at(self.box[1], self.box[3])
        return min(one, other), high, max(one, other), low


class Form:
    """A pen that draws one thing in its own coordinates, with one label."""

    __slots__ = ("label", "lit", "night", "pen", "pose")

    def __init__(self, pen: Pen, pose: Pose, kind: str) -> None:
        self.pen, self.pose, self.label, self.night = pen, pose, LABELS[kind], pen.light.night
        # 1 where the light comes from the side that the thing faces, else -1
        self.lit = pose.facing if pen.light.from_x > pose.foot[0] else -pose.facing

    def shape(self, points: Sequence[Point], fill: Fill) -> None:
        """A polygon with straight edges."""
        self.pen.polygon([self.pose.at(x, y) for x, y in points], fill, self.label)

    def blob(self, points: Sequence[tuple[float, ...]], fill: Fill) -> None:
        """A closed smooth shape through at most 16 points; a point with a third number is a corner."""
        self.pen.polygon([self.pose.at(x, y) for x, y in smooth(points, closed=True)], fill, self.label)

    def mirrored(self, points: Sequence[tuple[float, ...]], fill: Fill, x: float = 0.0) -> None:
        """A smooth shape that is the same left and right of `x`, from its right half, bottom to top, in x from its middle."""
        left = [(x - point[0], *point[1:]) for point in reversed(points) if point[0]]
        self.blob([*((x + point[0], *point[1:]) for point in points), *left], fill)

    def block(self, left: float, right: float, bottom: float, top: float, fill: Fill) -> None:
        """An upright rectangle."""
        self.shape(((left, bottom), (left, top), (right, top), (right, bottom)), fill)

    def disc(self, x: float, y: float, across: float, up: float, fill: Fill, tilt: float = 0.0) -> None:
        """An ellipse of these radii; `tilt` lifts its front, in radians."""
        size = self.pose.size
        self.pen.ellipse(
            self.pose.at(x, y), (across * size, up * size), fill, self.label, angle=-tilt * self.pose.facing
        )

    def stroke(self, points: Sequence[Point], width: float, fill: Fill, end: float | None = None) -> None:
        """A line with round ends, `width` across at its start and `end` at its end."""
        size = self.pose.size
        self.pen.line(
            [self.pose.at(x, y) for x, y in points],
            width * size,
            fill,
            self.label,
            end_width=None if end is None else end * size,
        )

    def curve(self, points: Sequence[Point], width: float, fill: Fill, end: float | None = None) -> None:
        """A smooth line through at most 8 points."""
        self.stroke(smooth(points, closed=False, most=13), width, fill, end)

    def glow(self, x: float, y: float, radius: float, strength: float = 0.35, rgb: RGB = WARM) -> None:
        """Light around a lamp, at night only."""
        if self.night:
            self.pen.glow(self.pose.at(x, y), radius * self.pose.size, rgb, strength)

    def across(self, rgb: RGB, depth: float = 0.3) -> Fill:
        """The colour on something round that stands: brighter where the light is."""
        bright, dark = lighter(rgb, depth * 0.5), shaded(rgb, depth)
        return Fill(dark, bright, "x") if self.lit * self.pose.facing > 0 else Fill(bright, dark, "x")

    def face(self, rgb: RGB, side: float) -> Fill:
        """The colour on a wall that looks to one side (-1 behind, 1 ahead): in the light or in the shade."""
        tone = lighter(rgb, 0.08) if side * self.lit > 0 else shaded(rgb, 0.26)
        return Fill(tone, darker(tone, 0.9))

    def pane(self, rng: np.random.Generator, glass: RGB = GLASS, lit: float = 0.75) -> Fill:
        """A window's filling: sky in it by day; a lamp behind it on `lit` of the nights."""
        if self.night and rng.random() < lit:
            return Fill(lighter(WARM, 0.25), darker(WARM, 0.9), lit=False)
        return Fill(darker(glass, 0.75), lighter(glass, 0.25))


def down(rgb: RGB, depth: float = 0.3) -> Fill:
    """The colour with light from above: brighter at the top, in the shade below."""
    return Fill(lighter(rgb, depth * 0.5), shaded(rgb, depth))


def shaded(rgb: RGB, depth: float) -> RGB:
    """The colour in the shade. White takes little of it, or it would be grey; warm colours keep their red, or they would be brown."""
    red, green, blue = rgb
    if min(rgb) > 0.8:
        return darker(rgb, 1 - depth * 0.5)
    if red > 0.7 and red - blue > 0.5:
        return red * (1 - depth * 0.55), green * (1 - depth * (0.75 if green > 0.65 else 1.0)), blue * (1 - depth)
    return darker(rgb, 1 - depth)


def flat(rgb: RGB) -> Fill:
    return Fill(rgb)


def paint(rng: np.random.Generator, colour: str, *natural: RGB) -> RGB:
    """The named colour, or one of the natural ones, never twice exactly the same."""
    return varied(rng, PAINTS[colour] if colour else natural[int(rng.integers(len(natural)))])


def pick(rng: np.random.Generator, *choices: Choice) -> Choice:
    return choices[int(rng.integers(len(choices)))]


def smooth(points: Sequence[tuple[float, ...]], closed: bool, most: int = MOST_POINTS) -> list[Point]:
    """A Catmull-Rom curve through the points in at most `most` of them; a point with a third number stays a corner."""
    count = len(points)
    last = count if closed else count - 1
    steps = max(1, min(4, most // count if closed else (most - 1) // max(1, last)))
    slopes: list[Point] = []
    for number, point in enumerate(points):
        if len(point) > 2 or (not closed and number in (0, count - 1)):
            slopes.append((0.0, 0.0))
            continue
        before, after = points[number - 1], points[(number + 1) % count]
        slopes.append(((after[0] - before[0]) / 2, (after[1] - before[1]) / 2))
    path: list[Point] = []
    for number in range(last):
        (x0, y0), (x1, y1) = points[number][:2], points[(number + 1) % count][:2]
        (u0, v0), (u1, v1) = slopes[number], slopes[(number + 1) % count]
        for step in range(steps):
            a, b, c, d = HERMITE[steps][step]
            path.append((a * x0 + b * x1 + c * u0 + d * u1, a * y0 + b * y1 + c * v0 + d * v1))
    if not closed:
        path.append((points[-1][0], points[-1][1]))
    return path


def hermite(t: float) -> tuple[float, float, float, float]:
    """Weights of a cubic Hermite spline at t: of both ends, then of both slopes."""
    return 2 * t**3 - 3 * t**2 + 1, 3 * t**2 - 2 * t**3, t**3 - 2 * t**2 + t, t**3 - t**2


HERMITE = {steps: tuple(hermite(step / steps) for step in range(steps)) for steps in range(1, 5)}

DRAW: dict[str, Draw] = {}
TRAITS: dict[str, Traits] = {}
ELSEWHERE: dict[tuple[str, str], Draw] = {}


def thing(
    kind: str,
    places: Sequence[str],
    paints: Sequence[str],
    near: tuple[float, float],
    box: tuple[float, float, float, float],
    base: float = 0.0,
    countable: bool = True,
) -> Callable[[Drawing], Drawing]:
    """Registers the function below it as the drawing of a kind."""

    def register(drawing: Drawing) -> Drawing:
        DRAW[kind] = on_paper(kind, drawing)
        TRAITS[kind] = Traits(tuple(places), tuple(paints), near, box, base, countable, LABELS[kind])
        return drawing

    return register


def elsewhere(kind: str, place: str) -> Callable[[Drawing], Drawing]:
    """Registers the function below it as how a kind looks in a place other than its own."""

    def register(drawing: Drawing) -> Drawing:
        ELSEWHERE[kind, place] = on_paper(kind, drawing)
        return drawing

    return register


def on_paper(kind: str, drawing: Drawing) -> Draw:
    def draw(pen: Pen, pose: Pose, colour: str, rng: np.random.Generator) -> None:
        drawing(Form(pen, pose, kind), colour, rng)

    return draw
