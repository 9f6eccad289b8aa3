"""Fields over pictures: noise, cells, distances, light. Batched torch on any device.

A field is (pictures, size, size). Positions run from 0 to 1 over the frame, x right and y down; heights are in frame units too.
Randomness comes from each picture's own generator, so a picture is the same alone and in any batch, and nearly so at any size.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

RGB = tuple[float, float, float]
Points = NDArray[np.floating[Any]]
BSPLINE_SPREAD = (
    151 / 315
)  # integral of the squared cubic B-spline: the variance that smoothing white noise leaves, one way
FAR = 9.0


@dataclass
class Sheet:
    """What the fields of several pictures are made on: one generator a picture, the size in pixels, the device."""

    generators: list[np.random.Generator]
    size: int
    device: torch.device

    @property
    def count(self) -> int:
        return len(self.generators)

    @property
    def px(self) -> float:
        """The width of a pixel in frame units."""
        return 1 / self.size

    @cached_property
    def y(self) -> Tensor:
        """(1, size, 1): the y of pixel centres."""
        return ((torch.arange(self.size, device=self.device) + 0.5) / self.size)[None, :, None]

    @cached_property
    def x(self) -> Tensor:
        """(1, 1, size): the x of pixel centres."""
        return self.y.transpose(1, 2)

    def each(self, make: Callable[[np.random.Generator], NDArray[Any]]) -> Tensor:
        """One array a picture, of equal shapes, stacked."""
        return torch.from_numpy(np.stack([make(generator) for generator in self.generators])).to(self.device)

    def normal(self, *shape: int) -> Tensor:
        return self.each(lambda rng: rng.standard_normal(shape, dtype=np.float32))

    def uniform(self, low: float = 0.0, high: float = 1.0, *shape: int) -> Tensor:
        return self.each(lambda rng: low + (high - low) * rng.random(shape, dtype=np.float32))

    def level(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """One number a picture, (pictures, 1, 1)."""
        return self.uniform(low, high, 1, 1)

    def constant(self, value: float = 0.0) -> Tensor:
        return torch.full((self.count, self.size, self.size), value, device=self.device)


# Noise


@lru_cache(maxsize=64)
def _spline_weights(size: int, cells: int, device: torch.device, margin: float) -> Tensor:
    """(size, cells + 3): what each knot of a uniform cubic B-spline gives to each pixel, scaled to keep unit variance."""
    centres = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    position = (centres * (1 + margin) - margin) / (1 + margin) * cells + 1
    away = (position[:, None] - torch.arange(cells + 3, dtype=torch.float64)[None] + 0.0).abs()
    inner = 2 / 3 - away**2 + away**3 / 2
    outer = (2 - away).clamp(min=0) ** 3 / 6
    weights = torch.where(away < 1, inner, outer) / math.sqrt(BSPLINE_SPREAD)
    return weights.to(torch.float32).to(device)


def noise(sheet: Sheet, cells: int | tuple[int, int]) -> Tensor:
    """Smooth noise of about `cells` bumps across (and down), mean 0 and spread 1."""
    across, down = (cells, cells) if isinstance(cells, int) else cells
    grid = sheet.normal(down + 3, across + 3)
    rows = _spline_weights(sheet.size, down, sheet.device, 0.0)
    columns = _spline_weights(sheet.size, across, sheet.device, 0.0)
    return rows @ grid @ columns.T


def _octaves(sheet: Sheet, cells: int, octaves: int) -> list[Tensor]:
    """Noise of doubling fineness. What is finer than the pixels is drawn by lot and left out: all sizes throw the same dice."""
    layers = []
    for octave in range(octaves):
        fine = cells << octave
        if fine <= 0.6 * sheet.size:
            layers.append(noise(sheet, fine))
        else:
            sheet.normal(fine + 3, fine + 3)
    return layers


def fbm(sheet: Sheet, cells: int = 3, octaves: int = 5, gain: float = 0.5) -> Tensor:
    """Fractal noise, mean 0 and spread 1; `gain` is the amplitude of each octave over the one before."""
    total = sheet.constant()
    for octave, layer in enumerate(_octaves(sheet, cells, octaves)):
        total.add_(layer, alpha=gain**octave)
    return total.mul_(1 / math.sqrt(sum(gain ** (2 * octave) for octave in range(octaves))))


def ridged(sheet: Sheet, cells: int = 3, octaves: int = 5, gain: float = 0.55) -> Tensor:
    """Fractal noise of sharp crests, 0 to about 1 (Musgrave's ridged multifractal: crests are rougher than hollows)."""
    total, weight = sheet.constant(), sheet.constant(1.0)
    for octave, layer in enumerate(_octaves(sheet, cells, octaves)):
        crest = (1 - layer.abs_().mul_(0.7)).clamp_(min=0).square_().mul_(weight)
        weight = (crest * 1.6).clamp_(max=1)
        total.add_(crest, alpha=gain**octave)
    return total.mul_(1 - gain)


def speckle(sheet: Sheet) -> Tensor:
    """Independent noise of spread 1 at every pixel."""
    return sheet.normal(sheet.size, sheet.size)


def sample(field: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """A field (n, size, size) or picture (n, c, size, size) at other positions; mirrored beyond the frame."""
    places = torch.stack((x * 2 - 1, y * 2 - 1), -1)
    whole = field[:, None] if field.ndim == 3 else field
    taken = functional.grid_sample(whole, places, padding_mode="reflection", align_corners=False)
    return taken[:, 0] if field.ndim == 3 else taken


def blur(field: Tensor, width: float) -> Tensor:
    """The mean over squares of about `width` frame units, worked out on a coarser field."""
    size = field.shape[-1]
    step = max(1, 1 << int(math.log2(max(1.0, width * size / 5))))
    small = functional.avg_pool2d(field[:, None], step)
    side = 2 * round(width * size / step / 2) + 1
    small = functional.avg_pool2d(small, side, 1, side // 2, count_include_pad=False)
    return functional.interpolate(small, size=(size, size), mode="bilinear", align_corners=False)[:, 0]


def expanded(*fields: Tensor) -> list[Tensor]:
    """The fields at the shape that they have together."""
    together = sum(fields[1:], fields[0])
    return [field.expand_as(together) for field in fields]


def quantile(field: Tensor, share: float | Tensor) -> Tensor:
    """(n, 1, 1): the value that `share` (a number, or (n, 1, 1)) of the pixels stay below."""
    step = max(1, field.shape[-1] // 64)
    ordered = field[:, ::step, ::step].flatten(1).sort(1).values
    last = ordered.shape[1] - 1
    index = (torch.as_tensor(share, device=field.device).expand(len(field), 1, 1) * last).long().clamp(0, last)
    return ordered.gather(1, index[:, 0])[:, :, None]


def smoothstep(low: float | Tensor, high: float | Tensor, value: Tensor) -> Tensor:
    """0 below `low`, 1 above `high`, smooth between."""
    amount = ((value - low) / (high - low)).clamp(0, 1)
    return amount * amount * (3 - 2 * amount)


def edge(distance: Tensor, px: float) -> Tensor:
    """How much of a pixel lies where `distance` is negative: an antialiased inside."""
    return (0.5 - distance / (1.5 * px)).clamp(0, 1)


def triangle(value: Tensor) -> Tensor:
    """A wave of period 1 between 0 (at whole numbers) and 1 (between them)."""
    return (value - torch.floor(value) - 0.5).abs_().mul_(-2).add_(1)


# Cells


@dataclass
class Cells:
    """The Voronoi cells of jittered points. Fields in units of the grid's spacing."""

    nearest: Tensor  # distance to the cell's point
    border: Tensor  # distance to the cell's border
    index: Tensor  # number of the cell, int64
    across: Tensor  # from the cell's point, to the right
    down: Tensor  # and down
    grid: int

    def pick(self, table: Tensor) -> Tensor:
        """A value a cell from a table (n, cells), per pixel."""
        return table.gather(1, self.index.flatten(1)).view_as(self.nearest)

    def pick_colour(self, table: Tensor) -> Tensor:
        """A colour a cell from a table (n, cells, 3): (n, 3, size, size)."""
        return torch.stack([self.pick(table[..., channel]) for channel in range(3)], 1)

    @property
    def count(self) -> int:
        return self.grid**2


def voronoi(
    sheet: Sheet,
    cells: int,
    jitter: float | Tensor = 0.8,
    at: tuple[Tensor, Tensor] | None = None,
    borders: bool = True,
) -> Cells:
    """Voronoi cells of one point in each of `cells` by `cells` squares, which go on half a frame beyond the frame.

    `jitter`: 0 leaves the points in the middles, 1 throws them anywhere in their squares; one number, or one a picture (n, 1, 1).
    `at` are positions other than the pixels' own (turned, smoothly warped). Without `borders` (for a jitter up to 0.6) `border` is
    nothing and any number of cells is cheap; with them there should be few enough for a cell to hold a tile of 8 pixels.
    """
    x, y = (sheet.x, sheet.y) if at is None else at
    shape = (sheet.count, sheet.size, sheet.size)
    u, v = (x * cells).expand(shape), (y * cells).expand(shape)
    points = 0.5 + jitter * sheet.uniform(-0.5, 0.5, 2, 4 * cells * cells)
    return _bordered_cells(sheet, u, v, points, cells) if borders else _plain_cells(u, v, points, cells)


def _plain_cells(u: Tensor, v: Tensor, points: Tensor, cells: int) -> Cells:
    """Looks at the four squares whose middles are nearest."""
    grid = 2 * cells
    base_u, base_v = torch.floor(u - 0.5), torch.floor(v - 0.5)
    left, top = u - base_u, v - base_v
    column, row = base_u.long() + cells // 2, base_v.long() + cells // 2
    best = torch.full_like(u, FAR)
    across, down, index = torch.zeros_like(u), torch.zeros_like(u), torch.zeros_like(column)
    for dy in (0, 1):
        for dx in (0, 1):
            here = ((row + dy).clamp_(0, grid - 1)).mul_(grid).add_((column + dx).clamp_(0, grid - 1))
            flat = here.flatten(1)
            du = (left - dx) - points[:, 0].gather(1, flat).view_as(u)
            dv = (top - dy) - points[:, 1].gather(1, flat).view_as(u)
            square = du * du + dv * dv
            closer = square < best
            best = torch.where(closer, square, best)
            index = torch.where(closer, here, index)
            across, down = torch.where(closer, du, across), torch.where(closer, dv, down)
    return Cells(best.sqrt(), best, index, across, down, grid)


def _bordered_cells(sheet: Sheet, u: Tensor, v: Tensor, points: Tensor, cells: int, candidates: int = 8) -> Cells:
    """Each tile of pixels looks at the points nearest to its middle; the border is half way between the nearest two."""
    grid, count = 2 * cells, _tiles(sheet.size)
    tile = sheet.size // count
    middle = slice(tile // 2, None, tile)
    centre_u, centre_v = u[:, middle, middle].flatten(1)[..., None], v[:, middle, middle].flatten(1)[..., None]
    reach = torch.arange(-2, 3, device=u.device)
    column = (torch.floor(centre_u).long() + cells // 2 + reach.repeat(5)).clamp_(0, grid - 1)
    row = (torch.floor(centre_v).long() + cells // 2 + reach.repeat_interleave(5)).clamp_(0, grid - 1)
    number = row * grid + column
    flat = number.flatten(1)
    point_u = points[:, 0].gather(1, flat).view_as(number) + (column - cells // 2)
    point_v = points[:, 1].gather(1, flat).view_as(number) + (row - cells // 2)
    away = (point_u - centre_u) ** 2 + (point_v - centre_v) ** 2
    # Squares beyond the grid fall on its border and so appear more than once: only the first of each may be chosen.
    twice = (number[..., :, None] == number[..., None, :]).tril(-1).any(-1)
    order = (away + FAR * FAR * twice).topk(candidates, dim=2, largest=False).indices
    point_u, point_v, number = (part.gather(2, order) for part in (point_u, point_v, number))
    shape = u.shape
    u, v = (part.reshape(sheet.count, count, tile, count, tile) for part in (u, v))
    best = torch.full_like(u, FAR * FAR)
    second, first, runner_up = best.clone(), torch.zeros_like(u), torch.zeros_like(u)
    for candidate in range(candidates):
        du, dv = u - _spread(point_u[..., candidate], count), v - _spread(point_v[..., candidate], count)
        square = du * du + dv * dv
        closer = square < best
        loser, who = torch.where(closer, best, square), torch.where(closer, first, candidate)
        nearer = loser < second
        second, runner_up = torch.minimum(second, loser), torch.where(nearer, who, runner_up)
        best, first = torch.minimum(best, square), torch.where(closer, candidate, first)
    tiles = torch.arange(count * count, device=u.device).mul_(candidates).view(1, count, 1, count, 1)
    own, other = ((part.long() + tiles).flatten(1) for part in (first, runner_up))
    own_u, own_v = point_u.flatten(1).gather(1, own).view(shape), point_v.flatten(1).gather(1, own).view(shape)
    other_u, other_v = point_u.flatten(1).gather(1, other).view(shape), point_v.flatten(1).gather(1, other).view(shape)
    best, second = best.reshape(shape), second.reshape(shape)
    border = (second - best) / (2 * torch.hypot(own_u - other_u, own_v - other_v).clamp_(min=1e-4))
    index = number.flatten(1).gather(1, own).view(shape)
    across, down = u.reshape(shape) - own_u, v.reshape(shape) - own_v
    return Cells(best.sqrt(), border, index, across, down, grid)


def lookup(table: Tensor, column: Tensor, row: Tensor) -> Tensor:
    """A random value for each pair of whole numbers, from a table (n, side * side) that repeats; for lots, blocks and stones."""
    side = math.isqrt(table.shape[1])
    index = torch.remainder(row.long(), side).mul_(side).add_(torch.remainder(column.long(), side))
    return table.gather(1, index.flatten(1)).view_as(index)


# Distances to lines and boxes: each tile of pixels looks only at the few that are nearest to it.


def _tiles(size: int) -> int:
    return 32 if size >= 256 else 16


def _spread(values: Tensor, count: int) -> Tensor:
    """What a tile holds, (n, tiles * tiles), as something that broadcasts over its pixels."""
    return values.view(len(values), count, 1, count, 1)


@dataclass
class Lines:
    """The nearest of many line pieces. All fields are (n, size, size)."""

    distance: Tensor  # to the stroke's edge, negative inside
    side: Tensor  # distance from the middle, with the sign of the side: positive to the right of the way along
    along: Tensor  # the value that runs along the pieces


def pieces(points: Points, widths: float | Points, along: Points | None = None) -> Points:
    """A polyline (k, 2) as pieces (k - 1, 8): start, end, half width at both, value at both (length from the start by default)."""
    half = np.broadcast_to(np.asarray(widths, np.float32) / 2, len(points))
    if along is None:
        along = np.concatenate(([0], np.cumsum(np.hypot(*np.diff(points, axis=0).T)))).astype(np.float32)
    columns = (points[:-1], points[1:], half[:-1, None], half[1:, None], along[:-1, None], along[1:, None])
    return np.concatenate(columns, 1).astype(np.float32)


def padded(parts: Sequence[Points], most: int) -> Points:
    """Rows of several arrays in one of exactly `most` rows: the rest lies far away, what is too much falls off."""
    rows = np.concatenate(parts) if parts else np.zeros((0, 8), np.float32)
    result = np.full((most, rows.shape[1]), 0, np.float32)
    result[:, :2] = 50.0
    result[:, 2:4] = 50.5 if rows.shape[1] == 8 else 0.01
    result[: min(most, len(rows))] = rows[:most]
    return result


def lines(sheet: Sheet, parts: Tensor, at: tuple[Tensor, Tensor] | None = None, candidates: int = 4) -> Lines:
    """Distances to line pieces, (n, pieces, 8) as from `pieces`, and where along them and on which side a place lies."""
    x, y, chosen = _candidates(sheet, parts, at, candidates)
    best: tuple[Tensor, ...] | None = None
    for piece in chosen:
        away, amount, cross = _to_piece(x, y, piece)
        here = (
            away - _half_width(piece, amount),
            torch.copysign(away, cross),
            piece[6] + amount * (piece[7] - piece[6]),
        )
        if best is None:
            best = here
        else:
            closer = here[0] < best[0]
            best = tuple(torch.where(closer, new, old) for new, old in zip(here, best, strict=True))
    assert best is not None
    return Lines(*(part.reshape(sheet.count, sheet.size, sheet.size) for part in best))


def strokes(sheet: Sheet, parts: Tensor, at: tuple[Tensor, Tensor] | None = None, candidates: int = 4) -> Tensor:
    """Only the distance to the edge of the nearest line piece, negative inside."""
    x, y, chosen = _candidates(sheet, parts, at, candidates)
    result: Tensor | None = None
    for piece in chosen:
        away, amount, _ = _to_piece(x, y, piece)
        away = away - _half_width(piece, amount)
        result = away if result is None else torch.minimum(result, away)
    assert result is not None
    return result.reshape(sheet.count, sheet.size, sheet.size)


def valleys(
    sheet: Sheet, parts: Tensor, slope: float, at: tuple[Tensor, Tensor] | None = None, candidates: int = 5
) -> Tensor:
    """Ground that falls with `slope` to the line pieces, whose values are their heights: the lowest of all these hillsides."""
    x, y, chosen = _candidates(sheet, parts, at, candidates, slope)
    result: Tensor | None = None
    for piece in chosen:
        away, amount, _ = _to_piece(x, y, piece)
        height = away.mul_(slope).add_(piece[6]).add_(amount * (piece[7] - piece[6]))
        result = height if result is None else torch.minimum(result, height)
    assert result is not None
    return result.reshape(sheet.count, sheet.size, sheet.size)


def _candidates(
    sheet: Sheet, parts: Tensor, at: tuple[Tensor, Tensor] | None, candidates: int, slope: float | None = None
) -> tuple[Tensor, Tensor, list[list[Tensor]]]:
    """Positions by tiles, and for each tile its nearest pieces, one after the other, ready to broadcast over its pixels."""
    count, tile = _tiles(sheet.size), sheet.size // _tiles(sheet.size)
    x, y = (sheet.x, sheet.y) if at is None else at
    x, y = (part.expand(sheet.count, sheet.size, sheet.size) for part in (x, y))
    middle = slice(tile // 2, None, tile)
    centre_x, centre_y = (part[:, middle, middle].flatten(1)[:, :, None] for part in (x, y))
    ax, ay, bx, by, half_a, half_b, from_, to = (part.unsqueeze(1) for part in parts.unbind(-1))
    # Pieces are short: the distance to the middle, less a part of the length, orders them well enough.
    coarse = torch.hypot(centre_x - (ax + bx) / 2, centre_y - (ay + by) / 2)
    if slope is None:
        coarse = coarse - (0.35 * torch.hypot(bx - ax, by - ay) + (half_a + half_b) / 2)
    else:
        coarse = coarse.mul_(slope).add_((from_ + to) / 2)
    found = coarse.topk(min(candidates, parts.shape[1]), dim=2, largest=False).indices
    x, y = (part.reshape(sheet.count, count, tile, count, tile) for part in (x, y))
    chosen = [
        [_spread(parts[..., column].gather(1, found[:, :, number]), count) for column in range(8)]
        for number in range(found.shape[2])
    ]
    return x, y, chosen


def _to_piece(x: Tensor, y: Tensor, piece: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Distance from the middle of a line piece, how far along it (0 to 1), and a number with the sign of the side."""
    ax, ay, bx, by, *_ = piece
    ux, uy = bx - ax, by - ay
    norm = (ux * ux + uy * uy).clamp(min=1e-9)
    px, py = x - ax, y - ay
    amount = (px * (ux / norm)).add_(py * (uy / norm)).clamp_(0, 1)
    return torch.hypot(px - amount * ux, py - amount * uy), amount, ux * py - uy * px


def _half_width(piece: Sequence[Tensor], amount: Tensor) -> Tensor:
    return piece[4] + amount * (piece[5] - piece[4])


@dataclass
class Boxes:
    """The nearest of many turned boxes: distance to its edge (negative inside), place in it, and which one it is."""

    distance: Tensor
    across: Tensor  # from its middle, along its first axis, in frame units
    down: Tensor
    half_across: Tensor
    half_down: Tensor
    value: Tensor  # the box's own number
    index: Tensor


def boxes(sheet: Sheet, parts: Tensor, candidates: int = 3) -> Boxes:
    """Distances to boxes (n, boxes, 6): middle, half sizes, angle, a number that is handed on."""
    count, tile = _tiles(sheet.size), sheet.size // _tiles(sheet.size)
    shape = (sheet.count, sheet.size, sheet.size)
    x, y = sheet.x.expand(shape), sheet.y.expand(shape)
    middle = slice(tile // 2, None, tile)
    centre_x, centre_y = (part[:, middle, middle].flatten(1)[:, :, None] for part in (x, y))
    coarse = _to_box(centre_x, centre_y, [part.unsqueeze(1) for part in parts.unbind(-1)])[0]
    found = coarse.topk(min(candidates, parts.shape[1]), dim=2, largest=False).indices
    x, y = (part.reshape(sheet.count, count, tile, count, tile) for part in (x, y))
    best: tuple[Tensor, ...] | None = None
    for number in range(found.shape[2]):
        chosen = found[:, :, number]
        box = [_spread(parts[..., column].gather(1, chosen), count) for column in range(6)]
        here = (*_to_box(x, y, box), *(part.expand_as(x) for part in (box[2], box[3], box[5], _spread(chosen, count))))
        if best is None:
            best = here
        else:
            closer = here[0] < best[0]
            best = tuple(torch.where(closer, new, old) for new, old in zip(here, best, strict=True))
    assert best is not None
    return Boxes(*(part.reshape(shape) for part in best))


def _to_box(x: Tensor, y: Tensor, box: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    middle_x, middle_y, half_across, half_down, angle, _ = box
    px, py = x - middle_x, y - middle_y
    cos, sin = torch.cos(angle), torch.sin(angle)
    across, down = px * cos + py * sin, py * cos - px * sin
    beyond_x, beyond_y = across.abs() - half_across, down.abs() - half_down
    outside = torch.hypot(beyond_x.clamp(min=0), beyond_y.clamp(min=0))
    return outside + torch.maximum(beyond_x, beyond_y).clamp(max=0), across, down


# Rivers


def meander(rng: np.random.Generator, waves: float, swing: float, points: int = 72, reach: float = 0.22) -> Points:
    """A river's course right through the frame, (points, 2): a sine-generated curve (Langbein and Leopold 1966).

    `waves`: bends in the frame's width. `swing`: the largest angle to the course, radians; over 1.6 bends turn back.
    """
    length = np.linspace(-1.1, 1.1, points)
    slow = np.interp(length, np.linspace(-1.1, 1.1, 9), rng.normal(0, 0.35, 9))
    strength = swing * np.interp(length, np.linspace(-1.1, 1.1, 7), rng.uniform(0.55, 1.15, 7))
    angle = strength * np.sin(2 * math.pi * waves * length / max(0.35, np.cos(swing * 0.8)) * 0.55 + 6.3 * rng.random())
    angle += slow - slow.mean()
    steps = np.stack((np.cos(angle), np.sin(angle)), 1)
    course = np.cumsum(steps, 0)
    course = (course - course[points // 2]) * (2.6 / max(0.5, float(np.hypot(*(course[-1] - course[0])))))
    heading = math.atan2(*(course[-1] - course[0])[::-1])
    turn = rng.uniform(0, 2 * math.pi) - heading
    rotation = np.array(((math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))))
    placed: Points = (course @ rotation + 0.5 + rng.uniform(-reach, reach, 2)).astype(np.float32)
    return placed


def drainage(
    rng: np.random.Generator, grid: int = 20, outlets: int = 1, roughness: float = 0.5, steepness: float = 1.0
) -> tuple[Points, NDArray[np.float32]]:
    """A river network that drains the frame and a margin around it.

    Shortest ways over random ground from every place to the outlets at the margin make a tree; the ground rises along it as
    length times area to the power -0.5, which is how real rivers' profiles do (Flint's law).
    Returns the pieces ((grid squared - outlets), 8), whose value is the height, and the area that each drains, 1 the whole.
    """
    squares = np.stack(np.meshgrid(np.arange(grid), np.arange(grid)), -1).reshape(-1, 2)
    places: Points = (squares + 0.5).astype(np.float32)
    places = (places + rng.uniform(-0.42, 0.42, places.shape)) / grid * 1.3 - 0.15
    cost = np.exp(rng.normal(0, roughness, (grid * grid, 8)))
    side = rng.integers(4)
    margin = [
        np.arange(grid),
        np.arange(grid) * grid,
        grid * (grid - 1) + np.arange(grid),
        np.arange(grid) * grid + grid - 1,
    ]
    roots = [int(rng.choice(margin[(side + number) % 4][grid // 6 : -grid // 6])) for number in range(outlets)]
    parents, order = _shortest_ways(places, cost, roots, grid)
    area = np.ones(grid * grid)
    for node in reversed(order):
        if parents[node] >= 0:
            area[parents[node]] += area[node]
    height = np.zeros(grid * grid)
    for node in order:
        if parents[node] >= 0:
            length = math.dist(places[node], places[parents[node]])
            height[node] = height[parents[node]] + steepness * length * float(area[node]) ** -0.5
    nodes = [node for node in order if parents[node] >= 0]
    ends = [parents[node] for node in nodes]
    share = (area[nodes] / (grid * grid)).astype(np.float32)
    half = np.zeros((len(nodes), 2), np.float32)
    values = np.stack((height[nodes], height[ends]), 1)
    return np.concatenate((places[nodes], places[ends], half, values), 1).astype(np.float32), share


def _shortest_ways(
    places: Points, cost: NDArray[np.float64], roots: list[int], grid: int
) -> tuple[NDArray[np.int64], list[int]]:
    """Dijkstra over the eight neighbours: the next place on the way down from each (-1 at a root), and places from near to far."""
    parents = np.full(grid * grid, -1, np.int64)
    lowest = np.full(grid * grid, np.inf)
    queue = [(0.0, root) for root in dict.fromkeys(roots)]
    for _, root in queue:
        lowest[root] = 0
    heapq.heapify(queue)
    steps = [(dx, dy) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dx or dy]
    spots, costs, order, done = places.tolist(), cost.tolist(), [], [False] * len(places)
    while queue:
        far, node = heapq.heappop(queue)
        if done[node]:
            continue
        done[node] = True
        order.append(node)
        row, column = divmod(node, grid)
        for number, (dx, dy) in enumerate(steps):
            if 0 <= column + dx < grid and 0 <= row + dy < grid:
                other = node + dy * grid + dx
                reached = far + math.dist(spots[node], spots[other]) * costs[node][number]
                if not done[other] and reached < lowest[other]:
                    lowest[other], parents[other] = reached, node
                    heapq.heappush(queue, (reached, other))
    return parents, order


# Light


def slopes(height: Tensor) -> tuple[Tensor, Tensor]:
    """How steeply a height field rises to the right and down, both without a unit."""
    size = height.shape[-1]
    wide = functional.pad(height[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    right = (wide[:, 1:-1, 2:] - wide[:, 1:-1, :-2]) * (size / 2)
    down = (wide[:, 2:, 1:-1] - wide[:, :-2, 1:-1]) * (size / 2)
    return right, down


def hillshade(height: Tensor, climb: float | Tensor) -> Tensor:
    """Lambert's light from the upper left, 1 on the flat; `climb`: the sun's height over its distance (tangent of its elevation)."""
    right, down = slopes(height)
    lit = 1 + (right + down) * (math.sqrt(0.5) / climb)
    return lit.clamp_(min=0) / torch.sqrt(1 + right * right + down * down)


def cast_shadow(height: Tensor, climb: float | Tensor, reach: float = 0.25) -> Tensor:
    """How far each place lies under the shadow from the upper left, in frame units; 0 in the light. Looks `reach` of a frame far.

    Doubling: the highest shadow line over k steps is the higher of that over the nearer and that over the farther k / 2.
    """
    size = height.shape[-1]
    drop = climb * math.sqrt(2) / size
    line, step = height, 1
    while step <= reach * size:
        moved = torch.full_like(line, -FAR)
        moved[:, step:, step:] = line[:, :-step, :-step]
        line = torch.maximum(line, moved - drop * step)
        step *= 2
    return line - height


# Colour


def ramp(value: Tensor, stops: Sequence[tuple[float, RGB]]) -> Tensor:
    """Colours (n, 3, size, size) of a field by straight lines between stops."""
    first = torch.tensor(stops[0][1], dtype=torch.float32, device=value.device)
    result = first[None, :, None, None].expand(len(value), 3, *value.shape[1:]).clone()
    for (low, before), (high, after) in pairwise(stops):
        amount = ((value - low) / (high - low)).clamp_(0, 1)
        for channel in range(3):
            if after[channel] != before[channel]:
                result[:, channel].add_(amount, alpha=after[channel] - before[channel])
    return result
