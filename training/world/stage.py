"""A scene while it is drawn: its light, its seasons' colours, and the room that its ground leaves for things."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .description import Shown
from .palette import varied
from .pen import RGB, Pen
from .sky import Daylight

Profile = NDArray[np.float64]
COLUMNS = 129

GRASS: dict[str, tuple[RGB, RGB]] = {
    "spring": ((0.62, 0.80, 0.40), (0.30, 0.60, 0.22)),
    "summer": ((0.56, 0.74, 0.36), (0.24, 0.50, 0.19)),
    "autumn": ((0.80, 0.70, 0.36), (0.53, 0.43, 0.17)),
    "winter": ((0.90, 0.94, 0.98), (0.80, 0.87, 0.95)),
}
"""Far and near, by season; without one it is summer."""
LEAVES: dict[str, tuple[RGB, ...]] = {
    "spring": ((0.52, 0.74, 0.30), (0.62, 0.78, 0.36), (0.96, 0.76, 0.82), (0.42, 0.66, 0.28)),
    "summer": ((0.22, 0.50, 0.22), (0.30, 0.56, 0.24), (0.18, 0.44, 0.24)),
    "autumn": ((0.88, 0.46, 0.14), (0.80, 0.28, 0.14), (0.92, 0.68, 0.20), (0.62, 0.34, 0.14)),
    "winter": ((0.86, 0.90, 0.95), (0.78, 0.84, 0.91)),
}


@dataclass
class Stage:
    """A scene while it is drawn: `horizon` is its y, `focus` the x of its main thing, `afloat`: on water."""

    pen: Pen
    shown: Shown
    day: Daylight
    horizon: float
    focus: float
    rng: np.random.Generator
    afloat: bool = False

    @property
    def white(self) -> bool:
        """Whether snow lies."""
        return self.shown.season == "winter" or self.shown.setting == "snow"

    def grass(self) -> tuple[RGB, RGB]:
        season = "winter" if self.white else self.shown.season or "summer"
        far, near = GRASS[season]
        return varied(self.rng, far), varied(self.rng, near)

    def leaves(self) -> RGB:
        choices = LEAVES["winter" if self.white else self.shown.season or "summer"]
        return varied(self.rng, choices[int(self.rng.integers(len(choices)))])

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)


@dataclass(frozen=True)
class Strip:
    """Where the feet of things may be: x from `left` to `right`, y from `far` (small things) to `near` (large ones).

    With a `line` (columns,) the y of every x is given instead: the crest of a hill, the edge of a cliff.
    """

    left: float
    right: float
    far: float
    near: float
    line: Profile | None = None

    def foot(self, x: float, depth: float) -> float:
        """y of a foot at `x`; `depth` 0 is far and 1 is near."""
        if self.line is not None:
            return float(np.interp(x, np.linspace(0, 1, len(self.line)), self.line))
        return self.far + depth * (self.near - self.far)


@dataclass(frozen=True)
class Room:
    """The strips of a setting: solid ground, water to float on, water to swim in. The air is above the horizon everywhere."""

    land: Strip | None = None
    water: Strip | None = None
    underwater: Strip | None = None


def waving(rng: np.random.Generator, cells: float, columns: int = COLUMNS) -> Profile:
    """Smooth noise in [-1, 1] with about so many bumps from left to right, (columns,)."""
    places = np.linspace(0, cells, columns)
    knots = rng.uniform(-1, 1, int(cells) + 2)
    index = np.minimum(places.astype(np.int64), len(knots) - 2)
    share = places - index
    share = share * share * (3 - 2 * share)
    return np.asarray(knots[index] * (1 - share) + knots[index + 1] * share)


def rugged(rng: np.random.Generator, cells: float, octaves: int = 4, columns: int = COLUMNS) -> Profile:
    """Noise with detail of every size, (columns,)."""
    total = np.zeros(columns)
    for octave in range(octaves):
        total += waving(rng, cells * 2**octave, columns) * 0.5**octave
    return total
