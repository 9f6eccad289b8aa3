"""Display lists to pixels, many pictures at once, on any device.

The frame is cut into tiles of 16 by 16 pixels and every mark into the tiles that it touches: an item is one mark in one tile. Tiles that a
mark covers wholly and opaquely drop all items below. Coverage is computed by kind over all items of all pictures; painting then goes by
depth: the k-th items of all tiles are blended at once. So the number of steps hangs on the deepest tile, never on the number of
pictures, and a picture never depends on its batch mates.

Polygons are covered by exact area, column by column, from the signed trapezoids below their edges (Levien, font-rs, 2016); ellipses by the
first-order distance of Quilez; lines by the distance to their segments; ridges by their interpolated profile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .pen import Mark, Pen

TILE = 16
AREA = TILE * TILE
KINDS = ("polygon", "ellipse", "line", "ridge", "haze", "glow")
FAINTEST = 1 / 400
"""Where a glow ends: less light than this cannot be seen in 8 bits."""
NO_LABEL = 2.0
"""A coverage that is never reached."""
CHUNK = {"cpu": 4, "cuda": 256}
"""Pictures drawn at once: on the CPU so few that a level's tiles stay in the cache."""


def rasterise(pens: Sequence[Pen], size: int, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Draw display lists. Returns rgb (n, 3, size, size) float32 in [0, 1] and labels (n, size, size) uint8."""
    device = torch.device(device)
    rgb = torch.empty(len(pens), 3, size, size, device=device)
    labels = torch.empty(len(pens), size, size, dtype=torch.uint8, device=device)
    with torch.no_grad(), _full_precision():
        for chunk in chunks(len(pens), device):
            rgb[chunk], labels[chunk] = _draw(pens[chunk], size, device)
    return rgb, labels


def chunks(count: int, device: torch.device) -> Iterator[slice]:
    """Parts of a batch that suit the device's memory."""
    step = CHUNK.get(device.type, 64)
    return (slice(start, min(count, start + step)) for start in range(0, count, step))


@contextmanager
def _full_precision() -> Iterator[None]:
    """Positions are products of matrices: ten bits of TF32 would move edges by a quarter of a pixel."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


# --- marks as tensors -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Marks:
    """All marks of a chunk, in order; lengths in pixels.

    picture (m,), box (m, 4) left top right bottom, colour (m, 3, 3) of (x, y, 1), opacity, grain, label_above (m,) the coverage above
    which `label` (m,) is set. `kinds` holds for every kind which marks are of it; `shapes` their parameters.
    """

    picture: Tensor
    box: Tensor
    colour: Tensor
    opacity: Tensor
    grain: Tensor
    texture: Tensor
    label: Tensor
    label_above: Tensor
    kinds: dict[str, Tensor]
    shapes: dict[str, _Shapes]


def _pack(pens: Sequence[Pen], size: int, device: torch.device) -> _Marks:
    marks = [mark for pen in pens for mark in pen.marks]
    picture = np.repeat(np.arange(len(pens)), [len(pen.marks) for pen in pens])
    order = np.concatenate([np.arange(len(pen.marks)) for pen in pens])
    fills = np.array(
        [
            (*fill.start, *(fill.end or fill.start), fill.axis == "y", fill.lit, fill.opacity, fill.grain)
            for fill in (mark.fill for mark in marks)
        ],
        np.float32,
    ).reshape(-1, 10)
    kind = np.array([KINDS.index(mark.kind) for mark in marks])
    labels = np.array([mark.label for mark in marks])
    box = np.zeros((len(marks), 4), np.float32)
    members: dict[str, Tensor] = {}
    shapes: dict[str, _Shapes] = {}
    for number, name in enumerate(KINDS):
        where = np.flatnonzero(kind == number)
        if len(where) == 0:
            continue
        box[where], shapes[name] = SHAPES[name].pack([marks[index] for index in where], size)
        members[name] = torch.from_numpy(where).to(device)
        shapes[name].to(device)
    ambient = np.array([pen.light.ambient for pen in pens], np.float32)[picture]
    light = np.where(fills[:, 7:8] > 0, ambient, 1)

    def tensor(values: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(values).to(device)

    return _Marks(
        tensor(picture),
        tensor(box),
        tensor(_ramps(fills[:, 0:3] * light, fills[:, 3:6] * light, fills[:, 6] > 0, box)),
        tensor(fills[:, 8] * _thinness(marks, size)),
        tensor(fills[:, 9]),
        tensor((order * 37 + 11) % AREA),
        tensor(np.maximum(labels, 0).astype(np.uint8)),
        tensor(np.where(labels < 0, NO_LABEL, 0.5).astype(np.float32)),
        members,
        shapes,
    )


def _ramps(
    start: NDArray[np.float32], end: NDArray[np.float32], down: NDArray[np.bool_], box: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Colour as a linear function of place: (m, 3 channels, 3) factors of x, y and 1."""
    low = np.where(down, box[:, 1], box[:, 0])
    length = np.maximum(np.where(down, box[:, 3], box[:, 2]) - low, 1e-3)
    slope = (end - start) / length[:, None]
    return np.stack([slope * ~down[:, None], slope * down[:, None], start - slope * low[:, None]], axis=-1).astype(
        np.float32
    )


def _thinness(marks: Sequence[Mark], size: int) -> NDArray[np.float32]:
    """What is drawn half a pixel wide because it is thinner is fainter instead; lines see to themselves."""
    shares = np.ones(len(marks), np.float32)
    for index, mark in enumerate(marks):
        if mark.kind == "ellipse":
            shares[index] = min(1.0, 2 * size * mark.numbers[2]) * min(1.0, 2 * size * mark.numbers[3])
    return shares


# --- shapes: which tiles they touch, and how much of each pixel they cover ----------------------------------------------


@dataclass(frozen=True)
class _Items:
    """Marks in tiles: `row` (n,) among the marks of the kind, `left` and `top` (n,) of the tile in pixels."""

    row: Tensor
    left: Tensor
    top: Tensor

    def take(self, which: Tensor) -> _Items:
        return _Items(self.row[which], self.left[which], self.top[which])


class _Shapes:
    """The marks of one kind. Subclasses hold parameters in pixels as tensors."""

    @classmethod
    def pack(cls, marks: Sequence[Mark], size: int) -> tuple[NDArray[np.float32], _Shapes]:
        """The bounding boxes (m, 4) and the shapes."""
        raise NotImplementedError

    def to(self, device: torch.device) -> None:
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(self, name, value.to(device))

    def touch(self, items: _Items) -> tuple[Tensor, Tensor]:
        """(n,) whether any pixel of the tile may be covered, and whether every pixel is covered wholly."""
        raise NotImplementedError

    def coverage(self, items: _Items) -> Tensor:
        """(n, AREA) in [0, 1]."""
        raise NotImplementedError


@cache
def _basis(device: torch.device) -> Tensor:
    """(3, AREA): x, y and 1 of the centres of a tile's pixels."""
    steps = torch.arange(TILE, device=device, dtype=torch.float32) + 0.5
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    return torch.stack([x.flatten(), y.flatten(), torch.ones(AREA, device=device)])


@cache
def _steps(device: torch.device) -> Tensor:
    return torch.arange(TILE, device=device, dtype=torch.float32)


def _spans(counts: Tensor) -> tuple[Tensor, Tensor]:
    """For rows of so many parts each: the row and the number within the row of every part."""
    row = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
    starts = torch.cumsum(counts, 0) - counts
    return row, torch.arange(len(row), device=counts.device) - starts[row]


@dataclass(frozen=True)
class _Rounds:
    """Pairs of items and parts in rounds that hold an item once, so that they can be added up without collisions.

    `order` (n,) are the items by falling number of parts; round k concerns the first `lengths[k]` of them and the parts
    `part[starts[k]:starts[k + 1]]`.
    """

    order: Tensor
    part: Tensor
    lengths: list[int]

    @classmethod
    def of(cls, item: Tensor, part: Tensor, items: int) -> _Rounds:
        """`item` must be sorted."""
        counts = torch.bincount(item, minlength=items)
        _, number = _spans(counts)
        order = torch.argsort(counts, descending=True, stable=True)
        place = torch.empty_like(order)
        place[order] = torch.arange(items, device=item.device)
        sequence = torch.argsort(number * items + place[item])
        return cls(order, part[sequence], torch.bincount(number).tolist() if len(number) else [])

    def __iter__(self) -> Iterator[tuple[int, Tensor]]:
        start = 0
        for length in self.lengths:
            yield length, self.part[start : start + length]
            start += length


class _Polygons(_Shapes):
    """edges (e, 4) x0 y0 x1 y1; first (m,) and count (m,) of each mark's edges."""

    def __init__(self, edges: Tensor, first: Tensor, count: Tensor) -> None:
        self.edges, self.first, self.count = edges, first, count

    @classmethod
    def pack(cls, marks: Sequence[Mark], size: int) -> tuple[NDArray[np.float32], _Shapes]:
        count = np.array([len(mark.numbers) // 2 for mark in marks])
        first = np.cumsum(count) - count
        flat = np.array([number for mark in marks for number in mark.numbers], np.float32) * size
        points = flat.reshape(-1, 2)
        following = np.arange(len(points)) + 1
        following[first + count - 1] = first
        low, high = np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)
        edges = np.concatenate([points, points[following]], axis=1)
        return np.concatenate([low, high], axis=1), cls(*(torch.from_numpy(part) for part in (edges, first, count)))

    def _near(self, items: _Items) -> tuple[Tensor, Tensor, Tensor]:
        """(p,) items and edges where an edge changes coverage within a tile, and (n,) the winding that all other edges add."""
        item, number = _spans(self.count[items.row])
        edge = self.first[items.row][item] + number
        x0, y0, x1, y1 = self.edges[edge].unbind(1)
        left, top = items.left[item], items.top[item]
        begin, end = torch.minimum(x0, x1) - left, torch.maximum(x0, x1) - left
        within = (begin < TILE) & (end > 0) & (x0 != x1)
        slope = (y1 - y0) / torch.where(x0 == x1, 1.0, x1 - x0)
        at_left = y0 + slope * (torch.clamp(begin, min=0) + left - x0) - top
        at_right = y0 + slope * (torch.clamp(end, max=TILE) + left - x0) - top
        # An edge's blur across columns is at most its rise within one of them.
        blur = 1 + torch.minimum(slope.abs(), (y1 - y0).abs())
        above = torch.maximum(at_left, at_right) < -blur
        below = torch.minimum(at_left, at_right) > TILE + blur
        passing = within & above & (begin <= 0) & (end >= TILE)
        winding = torch.zeros(len(items.row), device=item.device)
        winding.index_add_(0, item, torch.where(passing, torch.sign(x1 - x0), 0.0))
        near = torch.nonzero(within & ~below & ~passing)[:, 0]
        return item[near], edge[near], winding

    def touch(self, items: _Items) -> tuple[Tensor, Tensor]:
        item, _, winding = self._near(items)
        mixed = torch.bincount(item, minlength=len(items.row)) > 0
        inside = winding != 0
        return mixed | inside, inside & ~mixed

    def coverage(self, items: _Items) -> Tensor:
        item, edge, winding = self._near(items)
        rounds = _Rounds.of(item, edge, len(items.row))
        steps = _steps(winding.device)
        order = rounds.order
        left, top = items.left[order, None], items.top[order, None]
        total = winding[order, None, None].repeat(1, TILE, TILE)
        for length, part in rounds:
            x0, y0, x1, y1 = (value[:, None] for value in self.edges[part].unbind(1))
            slope = (y1 - y0) / torch.where(x0 == x1, 1.0, x1 - x0)
            x0, x1, y0 = x0 - left[:length], x1 - left[:length], y0 - top[:length]
            begin = torch.minimum(torch.maximum(x0, steps), steps + 1)
            end = torch.minimum(torch.maximum(x1, steps), steps + 1)
            across = end - begin
            middle = y0 + slope * (0.5 * (begin + end) - x0)
            sharpness = torch.rsqrt(1 + (slope * across).square())
            below = steps[None, :, None] * sharpness[:, None, :]
            below += (0.5 + (0.5 - middle) * sharpness)[:, None, :]
            total[:length] += below.clamp_(0, 1).mul_(across[:, None, :])
        out = torch.empty_like(total)
        out[order] = total.abs_().clamp_(max=1)
        return out.view(-1, AREA)


class _Ellipses(_Shapes):
    """(m, 5): centre, radii and angle; radii of at least half a pixel."""

    def __init__(self, numbers: Tensor) -> None:
        self.numbers = numbers

    @classmethod
    def pack(cls, marks: Sequence[Mark], size: int) -> tuple[NDArray[np.float32], _Shapes]:
        numbers = np.array([mark.numbers for mark in marks], np.float32) * np.array([size] * 4 + [1], np.float32)
        numbers[:, 2:4] = np.maximum(numbers[:, 2:4], 0.5)
        cosine, sine = np.cos(numbers[:, 4]), np.sin(numbers[:, 4])
        half = np.stack(
            [
                np.hypot(numbers[:, 2] * cosine, numbers[:, 3] * sine),
                np.hypot(numbers[:, 2] * sine, numbers[:, 3] * cosine),
            ],
            axis=1,
        )
        centre = numbers[:, 0:2]
        return np.concatenate([centre - half, centre + half], axis=1), cls(torch.from_numpy(numbers))

    def _axes(self, items: _Items) -> tuple[Tensor, Tensor]:
        """(n, 2, 3): place along both axes in radii, as factors of the tile's x, y and 1; (n, 2) the radii."""
        x, y, radius_x, radius_y, angle = self.numbers[items.row].unbind(1)
        cosine, sine = torch.cos(angle), torch.sin(angle)
        dx, dy = items.left - x, items.top - y
        first = torch.stack([cosine, sine, cosine * dx + sine * dy], dim=1) / radius_x[:, None]
        second = torch.stack([-sine, cosine, cosine * dy - sine * dx], dim=1) / radius_y[:, None]
        return torch.stack([first, second], dim=1), torch.stack([radius_x, radius_y], dim=1)

    def touch(self, items: _Items) -> tuple[Tensor, Tensor]:
        axes, radii = self._axes(items)
        corners = torch.tensor([[0, TILE, 0, TILE], [0, 0, TILE, TILE], [1, 1, 1, 1]], device=axes.device).float()
        # A corner within the ellipse shrunk by a pixel is covered; the ellipse is convex, so then all between them is.
        shrunk = 1 - 1 / radii.min(dim=1).values
        full = (axes @ corners).square().sum(dim=1).max(dim=1).values < shrunk.clamp(min=0).square()
        # Separating axes: the ellipse's own. The bounding box has tested the frame's.
        middle = axes @ torch.tensor([TILE / 2, TILE / 2, 1.0], device=axes.device)
        reach = axes[:, :, :2].abs().sum(dim=2) * (TILE / 2) + 1 / radii
        return (middle.abs() < 1 + reach).all(dim=1), full

    def coverage(self, items: _Items) -> Tensor:
        axes, radii = self._axes(items)
        u, v = (axes @ _basis(axes.device)).unbind(1)
        weights = radii.square().reciprocal()
        u.square_()
        v.square_()
        squared = u + v
        gradient = (u.mul_(weights[:, :1])).add_(v.mul_(weights[:, 1:]))
        # Distance to f = |p| - 1 by f / |grad f| = |p| (|p| - 1) / |p / r|.
        distance = (squared - squared.sqrt()).mul_(gradient.add_(1e-12).rsqrt_())
        return distance.neg_().add_(0.5).clamp_(0, 1)


class _Lines(_Shapes):
    """segments (s, 7): start, unit direction, length, half width at its start, change of half width per pixel."""

    def __init__(self, segments: Tensor, first: Tensor, count: Tensor) -> None:
        self.segments, self.first, self.count = segments, first, count

    @classmethod
    def pack(cls, marks: Sequence[Mark], size: int) -> tuple[NDArray[np.float32], _Shapes]:
        count = np.array([len(mark.numbers) // 2 - 2 for mark in marks])
        first = np.cumsum(count) - count
        rows, boxes = [], []
        for mark in marks:
            numbers = np.asarray(mark.numbers, np.float32) * size
            half, end_half = numbers[:2] / 2
            points = numbers[2:].reshape(-1, 2)
            delta = np.diff(points, axis=0)
            length = np.hypot(delta[:, 0], delta[:, 1])
            passed = np.cumsum(length)
            change = (end_half - half) / max(1e-6, float(passed[-1]))
            rows.append(
                np.column_stack(
                    [
                        points[:-1],
                        delta / np.maximum(length, 1e-6)[:, None],
                        length,
                        half + change * (passed - length),
                        np.full(len(length), change, np.float32),
                    ]
                )
            )
            widest = max(half, end_half, 0.5)
            boxes.append([*(points.min(axis=0) - widest), *(points.max(axis=0) + widest)])
        tensors = (np.concatenate(rows).astype(np.float32), first, count)
        return np.array(boxes, np.float32), cls(*(torch.from_numpy(part) for part in tensors))

    def _near(self, items: _Items) -> tuple[Tensor, Tensor]:
        """(p,) items and segments that may touch each other, by the separating axes of the segment."""
        item, number = _spans(self.count[items.row])
        segment = self.first[items.row][item] + number
        x, y, ux, uy, length, half, change = self.segments[segment].unbind(1)
        dx, dy = items.left[item] + TILE / 2 - x, items.top[item] + TILE / 2 - y
        widest = torch.maximum(half, half + change * length).clamp(min=0.5) + 1
        along, across = dx * ux + dy * uy, dy * ux - dx * uy
        reach = (ux.abs() + uy.abs()) * (TILE / 2) + widest
        near = torch.nonzero((across.abs() < reach) & (along > -reach) & (along < length + reach))[:, 0]
        return item[near], segment[near]

    def touch(self, items: _Items) -> tuple[Tensor, Tensor]:
        item, _ = self._near(items)
        touched = torch.bincount(item, minlength=len(items.row)) > 0
        return touched, torch.zeros_like(touched)

    def coverage(self, items: _Items) -> Tensor:
        rounds = _Rounds.of(*self._near(items), len(items.row))
        order = rounds.order
        left, top = items.left[order], items.top[order]
        best = torch.zeros(len(order), AREA, device=left.device)
        for length, part in rounds:
            best[:length] = torch.maximum(best[:length], self._covered(part, left[:length], top[:length]))
        out = torch.empty_like(best)
        out[order] = best
        return out

    def _covered(self, part: Tensor, left: Tensor, top: Tensor) -> Tensor:
        x, y, ux, uy, length, half, change = self.segments[part].unbind(1)
        dx, dy = left - x, top - y
        axes = torch.stack([ux, uy, dx * ux + dy * uy, -uy, ux, dy * ux - dx * uy], dim=1).view(-1, 2, 3)
        along, across = (axes @ _basis(left.device)).unbind(1)
        nearest = torch.minimum(along.clamp(min=0), length[:, None])
        distance = (along.sub_(nearest).square_() + across.square_()).sqrt_()
        width = nearest.mul_(change[:, None]).add_(half[:, None])
        faint = (2 * width).clamp_(max=1)
        return width.clamp_(min=0.5).sub_(distance).add_(0.5).clamp_(0, 1).mul_(faint)


class _Ridges(_Shapes):
    """profile (m, columns): y at the centre of every column; sharpness (m, columns): of its edge; bottom (m,)."""

    def __init__(self, profile: Tensor, sharpness: Tensor, bottom: Tensor) -> None:
        self.profile, self.sharpness, self.bottom = profile, sharpness, bottom

    @classmethod
    def pack(cls, marks: Sequence[Mark], size: int) -> tuple[NDArray[np.float32], _Shapes]:
        columns = -(-size // TILE) * TILE
        places = (np.arange(columns) + 0.5) / size
        profile = np.stack(
            [np.interp(places, np.linspace(0, 1, len(mark.numbers) - 1), mark.numbers[1:]) * size for mark in marks]
        ).astype(np.float32)
        bottom = np.array([mark.numbers[0] * size for mark in marks], np.float32)
        sharpness = (1 / np.sqrt(1 + np.gradient(profile, axis=1) ** 2)).astype(np.float32)
        zeros = np.zeros(len(marks), np.float32)
        box = np.stack([zeros, profile.min(axis=1), zeros + size, bottom], axis=1)
        return box, cls(*(torch.from_numpy(part) for part in (profile, sharpness, bottom)))

    def _columns(self, items: _Items) -> tuple[Tensor, Tensor]:
        """(n, TILE): y of the profile from the tile's top, and its sharpness."""
        places = (items.left.long()[:, None] + torch.arange(TILE, device=items.left.device)[None]).long()
        rows = items.row[:, None]
        return self.profile[rows, places] - items.top[:, None], self.sharpness[rows, places]

    def touch(self, items: _Items) -> tuple[Tensor, Tensor]:
        profile, _ = self._columns(items)
        bottom = self.bottom[items.row] - items.top
        # The soft edge of a steep flank reaches further up: half a pixel over its sharpness, but no more than the rise.
        swing = 1 + (profile.max(dim=1).values - profile.min(dim=1).values)
        touched = (profile.min(dim=1).values < TILE + swing) & (bottom > -1)
        return touched, (profile.max(dim=1).values < -swing) & (bottom > TILE + 1)

    def coverage(self, items: _Items) -> Tensor:
        profile, sharpness = self._columns(items)
        steps = _steps(profile.device) + 0.5
        covered = steps[None, :, None] * sharpness[:, None, :]
        covered += (0.5 - profile * sharpness)[:, None, :]
        bottom = self.bottom[items.row] - items.top
        covered.clamp_(0, 1).mul_((bottom[:, None] - steps + 0.5).clamp_(0, 1)[:, :, None])
        return covered.view(-1, AREA)


class _Hazes(_Ellipses):
    """Ellipses that thin out by the square of 1 - |p|^2."""

    def touch(self, items: _Items) -> tuple[Tensor, Tensor]:
        touched, full = super().touch(items)
        return touched, torch.zeros_like(full)

    def coverage(self, items: _Items) -> Tensor:
        axes, _ = self._axes(items)
        u, v = (axes @ _basis(axes.device)).unbind(1)
        return (1 - u.square() - v.square()).clamp_(min=0).square_()


class _Glows(_Shapes):
    """(m, 4): centre, radius, strength."""

    def __init__(self, numbers: Tensor) -> None:
        self.numbers = numbers

    @classmethod
    def pack(cls, marks: Sequence[Mark], size: int) -> tuple[NDArray[np.float32], _Shapes]:
        numbers = np.array([mark.numbers for mark in marks], np.float32) * np.array([size] * 3 + [1], np.float32)
        reach = numbers[:, 2:3] * np.sqrt(np.log(np.maximum(numbers[:, 3:4] / FAINTEST, 1)))
        return np.concatenate([numbers[:, :2] - reach, numbers[:, :2] + reach], axis=1), cls(torch.from_numpy(numbers))

    def touch(self, items: _Items) -> tuple[Tensor, Tensor]:
        x, y, radius, strength = self.numbers[items.row].unbind(1)
        dx = ((items.left + TILE / 2 - x).abs() - TILE / 2).clamp(min=0)
        dy = ((items.top + TILE / 2 - y).abs() - TILE / 2).clamp(min=0)
        brightest = strength * torch.exp(-(dx.square() + dy.square()) / radius.square())
        return brightest > FAINTEST, torch.zeros_like(x, dtype=torch.bool)

    def coverage(self, items: _Items) -> Tensor:
        """The light's strength rather than a share: it may pass 1."""
        x, y, radius, strength = self.numbers[items.row].unbind(1)
        steps = _steps(x.device) + 0.5
        across = torch.exp(-((steps + (items.left - x)[:, None]) / radius[:, None]).square())
        down = torch.exp(-((steps + (items.top - y)[:, None]) / radius[:, None]).square())
        return (strength[:, None] * down)[:, :, None].mul(across[:, None, :]).view(-1, AREA)


SHAPES: dict[str, type[_Shapes]] = {
    "polygon": _Polygons,
    "ellipse": _Ellipses,
    "line": _Lines,
    "ridge": _Ridges,
    "haze": _Hazes,
    "glow": _Glows,
}


# --- painting ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Work:
    """Items of all kinds: mark (n,), kind (n,), row (n,) within the kind, tile (n,) over the chunk, full (n,)."""

    mark: Tensor
    kind: Tensor
    row: Tensor
    tile: Tensor
    full: Tensor

    def take(self, which: Tensor) -> _Work:
        return _Work(*(part[which] for part in (self.mark, self.kind, self.row, self.tile, self.full)))


def _draw(pens: Sequence[Pen], size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    across = -(-size // TILE)
    tiles = len(pens) * across * across
    canvas = torch.zeros(tiles, 3, AREA, device=device)
    labels = torch.zeros(tiles, AREA, dtype=torch.uint8, device=device)
    order = torch.arange(tiles, device=device)
    if any(pen.marks for pen in pens):
        marks = _pack(pens, size, device)
        work = _visible(marks, _candidates(marks, across), tiles)
        order, work, lengths = _by_depth(work, tiles)
        _paint(marks, work, lengths, across, canvas, labels)
    return _assemble(canvas, order, len(pens), across, size).clamp_(0, 1), _assemble(
        labels[:, None], order, len(pens), across, size
    )[:, 0]


def _candidates(marks: _Marks, across: int) -> _Work:
    """Every mark in every tile that it touches."""
    parts = []
    first = torch.floor((marks.box[:, :2] - 1) / TILE).clamp(0, across).long()
    last = torch.floor((marks.box[:, 2:] + 1) / TILE).clamp(-1, across - 1).long()
    extent = (last - first + 1).clamp(min=0)
    for kind, name in enumerate(KINDS):
        if name not in marks.kinds:
            continue
        mark_of_row = marks.kinds[name]
        row, number = _spans(extent[mark_of_row].prod(dim=1))
        mark = mark_of_row[row]
        x = first[mark, 0] + number % extent[mark, 0]
        y = first[mark, 1] + torch.div(number, extent[mark, 0], rounding_mode="floor")
        touched, full = marks.shapes[name].touch(_Items(row, (x * TILE).float(), (y * TILE).float()))
        tile = (marks.picture[mark] * across + y) * across + x
        work = _Work(mark, torch.full_like(mark, kind), row, tile, full)
        parts.append(work.take(torch.nonzero(touched)[:, 0]))
    return _Work(*(torch.cat(columns) for columns in zip(*(vars(part).values() for part in parts), strict=True)))


def _visible(marks: _Marks, work: _Work, tiles: int) -> _Work:
    """Without what lies wholly below an opaque mark."""
    covering = work.full & (marks.opacity[work.mark] >= 1)
    lowest = torch.full((tiles,), -1, device=work.mark.device)
    lowest.scatter_reduce_(0, work.tile, torch.where(covering, work.mark, -1), "amax")
    return work.take(torch.nonzero(work.mark >= lowest[work.tile])[:, 0])


def _by_depth(work: _Work, tiles: int) -> tuple[Tensor, _Work, list[int]]:
    """Tiles by falling depth; items by depth, then in the tiles' order; how many items each depth has."""
    count = int(work.mark.max()) + 1 if len(work.mark) else 1
    work = work.take(torch.argsort(work.tile * count + work.mark))
    counts = torch.bincount(work.tile, minlength=tiles)
    _, depth = _spans(counts)
    order = torch.argsort(counts, descending=True, stable=True)
    place = torch.empty_like(order)
    place[order] = torch.arange(tiles, device=order.device)
    work = work.take(torch.argsort(depth * tiles + place[work.tile]))
    return order, work, torch.bincount(depth).tolist() if len(depth) else []


def _paint(marks: _Marks, work: _Work, lengths: list[int], across: int, canvas: Tensor, labels: Tensor) -> None:
    left = (work.tile % across) * TILE
    row_of_tiles = torch.div(work.tile, across, rounding_mode="floor") % across
    top = row_of_tiles * TILE
    coverage = _coverage(marks, work, left.float(), top.float())
    ramps = marks.colour[work.mark]
    # From factors of the frame's x and y to factors of the tile's.
    ramps[:, :, 2] += ramps[:, :, 0] * left[:, None] + ramps[:, :, 1] * top[:, None]
    opacity, grain = marks.opacity[work.mark, None], marks.grain[work.mark]
    label, label_above = marks.label[work.mark, None], marks.label_above[work.mark, None]
    patch = (marks.texture[work.mark] + row_of_tiles * TILE + work.tile % across) % AREA
    glowing = work.kind == KINDS.index("glow")
    glows = [torch.nonzero(part)[:, 0] for part in torch.split(glowing, lengths)]
    grains = [torch.nonzero(part)[:, 0] for part in torch.split(grain, lengths)]
    basis, texture = _basis(canvas.device), _texture(canvas.device)
    start = 0
    for level, length in enumerate(lengths):
        now = slice(start, start + length)
        start += length
        below, alpha = canvas[:length], coverage[now]
        colour = (ramps[now].view(-1, 3) @ basis).view(length, 3, AREA)
        if len(rough := grains[level]):
            amount = texture[patch[now][rough]] * grain[now][rough, None]
            colour[rough] *= 1 + amount[:, None]
        if len(added := glows[level]):
            colour[added] += below[added]
        labels[:length] = torch.where(alpha > label_above[now], label[now], labels[:length])
        alpha *= opacity[now]
        below += (colour.sub_(below)).mul_(alpha[:, None])


def _coverage(marks: _Marks, work: _Work, left: Tensor, top: Tensor) -> Tensor:
    coverage = torch.ones(len(work.mark), AREA, device=left.device)
    for kind, name in enumerate(KINDS):
        which = torch.nonzero((work.kind == kind) & ~work.full)[:, 0]
        if len(which):
            coverage[which] = marks.shapes[name].coverage(_Items(work.row, left, top).take(which))
    return coverage


def _assemble(canvas: Tensor, order: Tensor, pictures: int, across: int, size: int) -> Tensor:
    """Tiles (t, c, AREA) in the order of painting to pictures (n, c, size, size)."""
    sorted_back = torch.empty_like(canvas)
    sorted_back[order] = canvas
    grid = sorted_back.view(pictures, across, across, -1, TILE, TILE).permute(0, 3, 1, 4, 2, 5)
    return grid.reshape(pictures, -1, across * TILE, across * TILE)[:, :, :size, :size].contiguous()


@cache
def _texture(device: torch.device) -> Tensor:
    """Fine noise of deviation 1/2 that repeats after 16 tiles, (256 tiles, AREA)."""
    rng = np.random.default_rng(5)
    side = TILE * TILE
    spectrum = np.fft.fft2(rng.normal(size=(side, side)))
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    noise = np.fft.ifft2(spectrum * np.exp(-((frequency / 0.26) ** 2)) * np.sqrt(0.02 + frequency)).real
    noise = (noise / noise.std()).astype(np.float32).clip(-2.5, 2.5) / 2
    patches = noise.reshape(TILE, TILE, TILE, TILE).transpose(0, 2, 1, 3).reshape(AREA, AREA)
    return torch.from_numpy(np.ascontiguousarray(patches)).to(device)
