"""Noise over an endless plane: every value follows from a seed and whole numbers, as exactly at 10⁹ as at 0.

A position is an int64 number of sub-pixels, `SUBPIXELS` to a pixel. Which lattice cell it lies in and where inside are found by shifts and
masks; only what is left, smaller than a cell, becomes a float. Besides whole numbers only + - * / of float32 are used, which every machine
rounds alike.

Gradient noise is Perlin's ("Improving noise", SIGGRAPH 2002), with gradients from a keyed hash of the cell instead of a table that repeats. The
hash is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Words = NDArray[np.uint64]
Field = NDArray[np.float32]

SUBPIXELS = 256
SUBPIXEL_BITS = 8
FARTHEST_PX = 2**49
"""A world ends so many pixels from its origin, 10¹² tiles away: beyond, turned sub-pixels would leave the 64 bits."""
TURNS = ((14, 6), (9, 13), (15, -5), (11, -12), (5, 15))
TURN_BITS = 4
"""Turns that whole numbers can make: each pair is about 16 long."""
SPARSE = 8
SLOW = 256
"""A field that takes `SLOW` samples to change is made at every `SPARSE`-th of them, with straight lines between."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_HALF = np.uint64(32)


def _mixed(word: Words) -> Words:
    """SplitMix64's finaliser."""
    word = (word ^ (word >> _SHIFTS[0])) * _MIX[0]
    word = (word ^ (word >> _SHIFTS[1])) * _MIX[1]
    return word ^ (word >> _SHIFTS[2])


def _word(value: Whole) -> Words:
    """The same 64 bits, read without a sign."""
    return np.asarray(value, np.int64).view(np.uint64)


def hashed(seed: int, stream: int, i: Whole, j: Whole) -> Words:
    """A random word for every cell (i, j) of a stream of a world: int64 arrays that broadcast to uint64."""
    key = np.asarray((seed ^ (stream * 0xD6E8FEB86659FD93)) & (2**64 - 1), np.uint64)
    with np.errstate(over="ignore"):
        row = _mixed(_mixed(key + _GOLDEN) + _word(j) * _GOLDEN)
        return _mixed(row ^ _mixed(_word(i) * _GOLDEN + _MIX[0]))


def uniform(word: Words) -> Field:
    """A word's upper 24 bits as a float32 in [0, 1)."""
    return (word >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)


def two_uniform(word: Words) -> tuple[Field, Field]:
    """Two independent float32 in [0, 1) from one word."""
    return uniform(word), uniform(word << _HALF)


@dataclass(frozen=True, slots=True)
class Places:
    """Sample positions. `x`, `y`: (rows, columns) int64 in sub-pixels. `step_px`: the distance of neighbours, 1 at full size. `is_grid`: they lie
    in straight rows and columns.
    """

    x: Whole
    y: Whole
    step_px: int
    is_grid: bool = False

    @classmethod
    def grid(cls, x: int, y: int, width: int, height: int, step_px: int = 1) -> Places:
        """`width` by `height` samples, the first in the middle of the first `step_px` pixels from (x, y).

        Raises:
            ValueError: some of it lies beyond the end of the world.
        """
        if max(abs(x), abs(y), abs(x + width * step_px), abs(y + height * step_px)) > FARTHEST_PX:
            raise ValueError(f"({x}, {y}) is beyond the end of the world, {FARTHEST_PX} pixels from its origin")
        middle = step_px * SUBPIXELS // 2
        columns = np.arange(width, dtype=np.int64) * (step_px * SUBPIXELS) + (x * SUBPIXELS + middle)
        rows = np.arange(height, dtype=np.int64) * (step_px * SUBPIXELS) + (y * SUBPIXELS + middle)
        across, down = np.meshgrid(columns, rows)
        return cls(across, down, step_px, is_grid=True)

    def moved(self, dx: Field, dy: Field) -> Places:
        """Each position moved by its own distance in pixels."""
        return Places(self.x + _subpixels(dx), self.y + _subpixels(dy), self.step_px)

    def inner(self) -> Places:
        """Without the outermost rows and columns."""
        return Places(self.x[1:-1, 1:-1], self.y[1:-1, 1:-1], self.step_px, self.is_grid)


def _subpixels(distance: Field) -> Whole:
    return np.asarray(np.rint(distance * np.float32(SUBPIXELS)), np.int64)


def sparsely(at: Places, field: Callable[[Places], Field], finest_px: int) -> Field:
    """A field, made at fewer places where its finest detail, of `finest_px`, is slow against the step.

    These places lie on multiples of a pitch from the origin of the world, so that a sample gets the same from whatever grid it is in.
    """
    if not at.is_grid or finest_px < SLOW * at.step_px:
        return field(at)
    pitch = SPARSE * at.step_px * SUBPIXELS
    i, u = _between(at.x[0], pitch)
    j, v = _between(at.y[:, 0], pitch)
    across = np.arange(i[0], i[-1] + 2, dtype=np.int64) * pitch
    down = np.arange(j[0], j[-1] + 2, dtype=np.int64) * pitch
    x, y = np.meshgrid(across, down)
    few = field(Places(x, y, at.step_px))
    i, j = i - i[0], j - j[0]
    rows = few[j] + v[:, None] * (few[j + 1] - few[j])
    return np.asarray(rows[:, i] + u * (rows[:, i + 1] - rows[:, i]), np.float32)


def _between(line: Whole, pitch: int) -> tuple[Whole, Field]:
    """Which multiple of a pitch lies before each position, and how far on the way to the next it is."""
    return line // pitch, (line % pitch).astype(np.float32) * np.float32(1 / pitch)


def gradient_noise(seed: int, stream: int, at: Places, cell_px: int) -> Field:
    """Smooth noise around 0, nearly always within ±0.8, that changes over `cell_px` pixels (a power of two)."""
    bits = cell_px.bit_length() - 1 + SUBPIXEL_BITS
    turned = _turned(at, stream)
    (i, u), (j, v) = (_cell(part, bits) for part in turned)
    first_i, first_j = int(i.min()), int(j.min())
    across = np.arange(first_i, int(i.max()) + 2, dtype=np.int64)
    down = np.arange(first_j, int(j.max()) + 2, dtype=np.int64)
    slopes = [2 * part.ravel() - 1 for part in two_uniform(hashed(seed, stream, across[None], down[:, None]))]
    corner = (j - first_j) * len(across) + (i - first_i)
    ease = _eased(u)
    rows = []
    for below in (0, 1):
        dots = []
        for right in (0, 1):
            where = corner + (below * len(across) + right)
            dots.append(slopes[0].take(where) * (u - right) + slopes[1].take(where) * (v - below))
        rows.append(dots[0] + ease * (dots[1] - dots[0]))
    return np.asarray((rows[0] + _eased(v) * (rows[1] - rows[0])) * np.float32(1.5), np.float32)


def _turned(at: Places, stream: int) -> tuple[Whole, Whole]:
    """Positions on a lattice that lies askew, at another angle for the next stream: what follows a lattice is not seen as rows and columns."""
    a, b = TURNS[stream % len(TURNS)]
    return (at.x * a - at.y * b) >> TURN_BITS, (at.x * b + at.y * a) >> TURN_BITS


def _cell(position: Whole, bits: int) -> tuple[Whole, Field]:
    """The cell that a position lies in, and how far into it, 0 to 1."""
    return position >> bits, (position & ((1 << bits) - 1)).astype(np.float32) * np.float32(2.0**-bits)


def _eased(t: Field) -> Field:
    """Perlin's quintic: flat to the second derivative at both ends."""
    return t * t * t * (t * (t * 6 - 15) + 10)


def presence(cell_px: int, step_px: int) -> float:
    """How much of an octave a view of this step can show: 1 for four samples a cell and more, 0 for fewer than two."""
    return min(1.0, max(0.0, (cell_px / step_px - 2) / 2))


def fbm(seed: int, stream: int, at: Places, cells: Sequence[int], gain: float = 0.5) -> Field:
    """Octaves of noise, the first the strongest; those that the step cannot show are left out. Roughly within ±1."""
    total = np.zeros(at.x.shape, np.float32)
    slow = slow_count(at, cells)
    if slow:
        total += sparsely(at, lambda few: _octaves(seed, stream, few, cells[:slow], gain), cells[slow - 1])
    total += np.float32(gain**slow) * _octaves(seed, stream + slow, at, cells[slow:], gain)
    return total


def slow_count(at: Places, cells: Sequence[int]) -> int:
    """How many octaves, of the first, `sparsely` would make at fewer places."""
    return sum(at.is_grid and cell >= SLOW * at.step_px for cell in cells)


def _octaves(seed: int, stream: int, at: Places, cells: Sequence[int], gain: float) -> Field:
    total = np.zeros(at.x.shape, np.float32)
    for number, cell in enumerate(cells):
        if weight := gain**number * presence(cell, at.step_px):
            total += np.float32(weight) * gradient_noise(seed, stream + number, at, cell)
    return total


def crests(seed: int, stream: int, at: Places, cells: Sequence[int], gain: float = 0.5) -> Field:
    """Octaves of sharp crests (Musgrave's ridged multifractal), 0 in the valleys to about 1; each is roughest where the one before is high."""
    total = np.zeros(at.x.shape, np.float32)
    trust = np.ones(at.x.shape, np.float32)
    scale = sum(gain**number for number in range(len(cells)))
    for number, cell in enumerate(cells):
        if not (weight := gain**number * presence(cell, at.step_px)):
            break
        noise = sparsely(at, partial(_octaves, seed, stream + number, cells=(cell,), gain=1.0), cell)
        crest = 1 - np.minimum(np.abs(noise) * np.float32(2), 1)
        total += np.float32(weight / scale) * trust * crest * crest
        trust = crest
    return total


def smoothstep(low: float, high: float, value: NDArray[Any]) -> Field:
    """0 below `low`, 1 above `high`, smooth between; `low` may be the greater."""
    t = np.clip((value - np.float32(low)) * np.float32(1 / (high - low)), 0, 1).astype(np.float32)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
