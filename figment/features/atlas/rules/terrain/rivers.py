"""Rivers and lakes that follow the relief, found from a bounded piece of it.

A real river needs its whole catchment. Here nodes lie on a jittered grid, each drains into the lowest of its neighbours, and what flows
through a node is counted over `REACH` nodes upstream and no farther, so that a place depends on its surroundings only. Water that finds
no lower neighbour stands as a lake.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from figment.features.atlas.rules.terrain.noise import (
    SUBPIXELS,
    Field,
    Places,
    Whole,
    fbm,
    hashed,
    two_uniform,
    uniform,
)
from figment.features.atlas.rules.terrain.relief import height_m

SPACING_PX = 256
REACH = 24
LEAST_FLOW = 8.0
LEAST_WIDTH_PX = 8.0
"""With what the least flow adds, a river that the model still sees as one."""
THINNEST = 0.3
"""A river is drawn at least so wide on both sides of its middle, in samples: far away it is a thin line, as on a map."""
MEANDERS = (256, 128, 64)
MEANDER_PX = 60.0
PIECES = 5
FAR_PX = 4096.0
BANK_REACH_PX = 120.0
"""Farther from a bank than this, nothing depends on it."""
AROUND = 9
"""Nodes around a rectangle whose rivers can come within reach of it, and what their own depend on."""
COARSEST_STEP_PX = 128
"""Views with a larger step show neither rivers nor towns: there would be more nodes to look at than samples."""
_JITTER, _CHANCE, _PULL, _MEANDER_X, _MEANDER_Y = (300, 301, 302, 320, 340)
_NODE_STEP_PX = 512
"""The relief is read at nodes as a view of this step shows it: finer bumps would dam every second one."""
_DEEP_M = -80.0


@dataclass(frozen=True, slots=True)
class Drainage:
    """The nodes of a rectangle, flattened.

    `x`, `y` (n,): sub-pixels. `parent` (n,): the index of the node that it drains into, its own where water stays.
    `flow` (n,): nodes upstream, itself included. `height_m` (n,). `chance` (n,): a random number of its own, 0 to 1. `known` (n,): everything that
    this node's river depends on lay inside what was looked at.
    """

    x: Whole
    y: Whole
    parent: NDArray[np.intp]
    flow: Field
    height_m: Field
    chance: Field
    known: NDArray[np.bool_]

    @classmethod
    def none(cls) -> Drainage:
        """A land without rivers."""
        whole, real, yes = np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.bool_)
        return cls(whole, whole, whole, real, real, real, yes)

    @property
    def drains(self) -> NDArray[np.bool_]:
        drains: NDArray[np.bool_] = self.parent != np.arange(len(self.parent))
        return drains


@dataclass(frozen=True, slots=True)
class Waters:
    """Of every sample: `bank_px`, the distance to the nearest river's bank, and `shore_px`, to the nearest lake's shore; negative on the water."""

    bank_px: Field
    shore_px: Field


def drainage(seed: int, x: int, y: int, width_px: int, height_px: int) -> Drainage:
    """The nodes in and around a rectangle of pixels whose rivers can touch it."""
    margin = REACH + AROUND
    i = np.arange(x // SPACING_PX - margin, (x + width_px) // SPACING_PX + margin + 1, dtype=np.int64)
    j = np.arange(y // SPACING_PX - margin, (y + height_px) // SPACING_PX + margin + 1, dtype=np.int64)
    cell_i, cell_j = np.meshgrid(i, j)
    at = _nodes(seed, cell_i, cell_j)
    height = height_m(seed, at)
    chance = uniform(hashed(seed, _CHANCE, cell_i, cell_j))
    parent = _downhill(height, np.float32(0.1) + uniform(hashed(seed, _PULL, cell_i, cell_j)) ** 3)
    known = np.zeros(height.shape, np.bool_)
    # A node on the rim may drain outwards, its neighbour's flow is short by that: two rows are lost besides the reach.
    known[REACH + 2 : -REACH - 2, REACH + 2 : -REACH - 2] = True
    return Drainage(
        x=at.x.ravel(),
        y=at.y.ravel(),
        parent=parent,
        flow=_flow(parent),
        height_m=height.ravel(),
        chance=chance.ravel(),
        known=known.ravel(),
    )


def _nodes(seed: int, cell_i: Whole, cell_j: Whole) -> Places:
    """One place in each cell, not too near its border."""
    side = SPACING_PX * SUBPIXELS
    inside = [
        np.rint((part * np.float32(0.8) + np.float32(0.1)) * np.float32(side)).astype(np.int64)
        for part in two_uniform(hashed(seed, _JITTER, cell_i, cell_j))
    ]
    return Places(cell_i * side + inside[0], cell_j * side + inside[1], _NODE_STEP_PX)


def _downhill(height: Field, pull: Field) -> NDArray[np.intp]:
    """For each node the index of the lower neighbour that it drains into; its own where none is lower, and in the deep sea.

    Some nodes pull more than others: water that would run down a slope side by side meets in them, as in valleys.
    """
    rows, columns = height.shape
    walled, pulls = np.pad(height, 1, constant_values=np.inf), np.pad(pull, 1)
    own = np.arange(rows * columns).reshape(rows, columns)
    best, parent = np.zeros_like(height), own.copy()
    for dj in (-1, 0, 1):
        for di in (-1, 0, 1):
            there = (slice(1 + dj, 1 + dj + rows), slice(1 + di, 1 + di + columns))
            drop = np.maximum(height - walled[there], 0) * pulls[there]
            parent = np.where(drop > best, own + dj * columns + di, parent)
            best = np.maximum(best, drop)
    return np.where(height < _DEEP_M, own, parent).ravel()


def _flow(parent: NDArray[np.intp]) -> Field:
    """How many nodes within `REACH` steps drain through each."""
    count = len(parent)
    drains = parent != np.arange(count)
    flow = np.ones(count)
    for _ in range(REACH):
        flow = np.bincount(parent[drains], flow[drains], count).astype(np.float64) + 1
    return flow.astype(np.float32)


def river_width_px(flow: Field) -> Field:
    return np.asarray(
        np.minimum(np.float32(LEAST_WIDTH_PX) + np.float32(1.5) * np.sqrt(flow), np.float32(34)), np.float32
    )


@dataclass(frozen=True, slots=True)
class Canvas:
    """Samples on which waters are laid. `straight`: where they are; `bent`: after the meanders."""

    straight: Places
    bent: Places

    @property
    def step_px(self) -> int:
        return self.straight.step_px

    def near(self, x: Whole, y: Whole, reach_px: float) -> tuple[slice, slice]:
        """Rows and columns of the samples that meanders can bring within reach of the box around some points."""
        reach = int((reach_px + 2 * MEANDER_PX) * SUBPIXELS)
        return _between(self.straight.y[:, 0], y, reach), _between(self.straight.x[0], x, reach)

    def away(self, here: tuple[slice, slice], x: np.int64, y: np.int64) -> tuple[Field, Field]:
        """How far samples lie to the right of a point and below it, in pixels. Whole numbers until they are small: the same from everywhere."""
        return _pixels(self.bent.x[here] - x), _pixels(self.bent.y[here] - y)


def _between(line: Whole, points: Whole, reach: int) -> slice:
    return slice(int(np.searchsorted(line, points.min() - reach)), int(np.searchsorted(line, points.max() + reach)))


def _pixels(subpixels: Whole) -> Field:
    return subpixels.astype(np.float32) * np.float32(1 / SUBPIXELS)


def waters(seed: int, at: Places, nodes: Drainage) -> Waters:
    """Rivers and lakes over a grid of samples. `nodes`: of the same rectangle."""
    bent = at.moved(*(fbm(seed, stream, at, MEANDERS) * np.float32(MEANDER_PX) for stream in (_MEANDER_X, _MEANDER_Y)))
    canvas = Canvas(at, bent)
    found = Waters(np.full(at.x.shape, FAR_PX, np.float32), np.full(at.x.shape, FAR_PX, np.float32))
    _lay_rivers(found.bank_px, nodes, canvas)
    _lay_lakes(found.shore_px, nodes, canvas)
    return found


def _lay_rivers(bank_px: Field, nodes: Drainage, canvas: Canvas) -> None:
    """Each river bends from the middle of one way between nodes to the middle of the next, around the node between."""
    least = LEAST_FLOW * max(1.0, canvas.step_px / 8)
    runs = nodes.drains & (nodes.flow >= least)
    fed = np.zeros(len(runs), np.bool_)
    fed[nodes.parent[runs]] = True
    pieces = PIECES if canvas.step_px <= 8 else 2
    t = (np.arange(pieces + 1) / pieces).astype(np.float32)
    for node in np.flatnonzero(runs & nodes.known):
        below = nodes.parent[node]
        widths = river_width_px(nodes.flow[[node, below]])
        x, y = (_course(part, node, below, nodes.parent[below], t, fed[node]) for part in (nodes.x, nodes.y))
        halves = np.maximum(np.interp(np.arange(len(x)), [0, len(x) - 1], widths) / 2, THINNEST * canvas.step_px)
        for k, half_px in enumerate(halves[:-1]):
            _lay_piece(bank_px, canvas, x[k : k + 2], y[k : k + 2], float(half_px))


def _course(part: Whole, node: np.intp, below: np.intp, beyond: np.intp, t: Field, is_fed: bool) -> Whole:
    """One coordinate of a river's points past the node below, by a parabola; from the node itself where nothing flows into it."""
    start, bend, end = (part[node] + part[below]) // 2, part[below], (part[below] + part[beyond]) // 2
    offsets = 2 * t * (1 - t) * np.float32(bend - start) + t * t * np.float32(end - start)
    course = start + np.rint(offsets).astype(np.int64)
    return course if is_fed else np.concatenate([part[[node]], course])


def _lay_piece(bank_px: Field, canvas: Canvas, x: Whole, y: Whole, half_px: float) -> None:
    """Lower the distance to a bank around one straight piece of a river."""
    here = canvas.near(x, y, half_px + BANK_REACH_PX)
    px, py = canvas.away(here, x[0], y[0])
    if px.size == 0:
        return
    ux, uy = _pixels(x[1] - x[0]), _pixels(y[1] - y[0])
    along = np.clip((px * ux + py * uy) / max(ux * ux + uy * uy, np.float32(1e-6)), 0, 1)
    dx, dy = px - along * ux, py - along * uy
    np.minimum(bank_px[here], np.sqrt(dx * dx + dy * dy) - np.float32(half_px), out=bank_px[here])


def _lay_lakes(shore_px: Field, nodes: Drainage, canvas: Canvas) -> None:
    """Where water gathers and cannot leave, it stands, wider the more of it there is."""
    ends = ~nodes.drains & nodes.known & (nodes.height_m > 0) & (nodes.flow >= 2 * LEAST_FLOW)
    for node in np.flatnonzero(ends):
        radius_px = min(30 + 10 * float(np.sqrt(nodes.flow[node])), 200.0)
        here = canvas.near(nodes.x[[node]], nodes.y[[node]], radius_px + BANK_REACH_PX)
        dx, dy = canvas.away(here, nodes.x[node], nodes.y[node])
        np.minimum(shore_px[here], np.sqrt(dx * dx + dy * dy) - np.float32(radius_px), out=shore_px[here])
