"""A picture as a list of marks: shapes in unit coordinates that the rasteriser draws later, many pictures at once, on any device.

x runs right and y down, both from 0 to 1 over the frame; what lies outside is cut off. Marks are painted in order, each over the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]
RGB = tuple[float, float, float]
MOST_POINTS = 32


@dataclass(frozen=True, slots=True)
class Fill:
    """A colour, or a gradient from `start` to `end` over the mark's bounding box along `axis` ("x" or "y").

    `lit`: multiplied by the scene's ambient light; false for what shines by itself, such as a lit window.
    `opacity` 0 to 1. `grain`: amplitude of a fine texture that multiplies the colour, 0 for none.
    """

    start: RGB
    end: RGB | None = None
    axis: str = "y"
    lit: bool = True
    opacity: float = 1.0
    grain: float = 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One shape. `kind`: polygon, ellipse, line, ridge, haze or glow; `numbers` are its parameters; `label` of LABELS, -1 leaves labels."""

    kind: str
    numbers: tuple[float, ...]
    fill: Fill
    label: int = -1


@dataclass(frozen=True, slots=True)
class Light:
    """`ambient` multiplies lit colours; `from_x` is where the light comes from, in frame units; `night`: lamps and windows shine."""

    ambient: RGB = (1.0, 1.0, 1.0)
    from_x: float = 0.2
    night: bool = False


@dataclass(frozen=True, slots=True)
class Mirror:
    """Still water: what is labelled as water below `horizon` shows `strength` of what lies as high above it, in ripples."""

    horizon: float
    strength: float
    ripple: float = 0.008
    seed: int = 0


@dataclass(slots=True)
class Pen:
    """Records marks. Points may lie outside the frame. Drawing code takes a Pen and knows nothing of pixels."""

    light: Light = Light()
    marks: list[Mark] = field(default_factory=list)
    mirror: Mirror | None = None

    def polygon(self, points: Sequence[Point], fill: Fill, label: int = -1) -> None:
        """A filled simple polygon, convex or not, of 3 to 32 points."""
        self._add("polygon", [number for point in points for number in point], fill, label)

    def ellipse(self, centre: Point, radii: Point, fill: Fill, label: int = -1, angle: float = 0.0) -> None:
        """A filled ellipse; `angle` turns it, in radians, clockwise as y runs down."""
        self._add("ellipse", [*centre, *radii, angle], fill, label)

    def line(
        self, points: Sequence[Point], width: float, fill: Fill, label: int = -1, end_width: float | None = None
    ) -> None:
        """A stroke through 2 to 32 points with round ends, `width` across; it tapers to `end_width`."""
        ends = [width, width if end_width is None else end_width]
        self._add("line", [*ends, *(number for point in points for number in point)], fill, label)

    def ridge(self, heights: Sequence[float], fill: Fill, label: int = -1, bottom: float = 1.0) -> None:
        """Fills from a profile down to `bottom`; heights are the y of evenly spaced points from x = 0 to 1, any number of them."""
        self._add("ridge", [bottom, *heights], fill, label)

    def haze(self, centre: Point, radii: Point, fill: Fill, label: int = -1, angle: float = 0.0) -> None:
        """A soft blob: opaque in the middle, it thins out to nothing at `radii`. For mist, soft shadows, distant clouds."""
        self._add("haze", [*centre, *radii, angle], fill, label)

    def glow(self, centre: Point, radius: float, rgb: RGB, strength: float) -> None:
        """Adds light that falls off as a Gaussian from `centre`."""
        self._add("glow", [*centre, radius, strength], Fill(rgb, lit=False), -1)

    def _add(self, kind: str, numbers: Sequence[float], fill: Fill, label: int) -> None:
        self.marks.append(Mark(kind, tuple(float(number) for number in numbers), fill, label))


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a thing stands: `foot` is the middle of its base, `size` its height, in frame units; `facing` is 1 to the right, -1 to the left."""

    foot: Point
    size: float
    facing: float = 1.0

    def at(self, dx: float, dy: float) -> Point:
        """The point `dx` in front of (to the right when facing is 1) and `dy` above the foot, in units of the size."""
        return self.foot[0] + self.facing * dx * self.size, self.foot[1] - dy * self.size


def box(left: float, top: float, right: float, bottom: float) -> list[Point]:
    """The corners of an upright rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]
