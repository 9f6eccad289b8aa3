"""Painting into a map: what is to be made, how a picture joins what is there, and how layers lie over each other.

Pixels are (h, w, 4) uint8, RGB and alpha: 255 is painted, 0 is blank, and nothing lies between. Blank is told by alpha, never by colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from figment.features.atlas.rules.tiles import TILE, Place, Rect, rect_of, tiles_of

Pixels = NDArray[np.uint8]
Where = NDArray[np.bool_]
Floats = NDArray[np.float32]

FEATHER = 32
"""Width in pixels of the band inside a mask in which a picture fades over into what was there before."""

LEVELLING = 40
"""How far inside a mask the colour of a picture is drawn towards its surroundings'."""
JOIN = 12
"""Over how many pixels inside a mask what is left between a picture and its surroundings fades, pixel by pixel."""

MARGIN = 8
"""Pixels around a frame that its picture is joined to, beside those in it."""

BORDER = 32
"""How much at the border of a frame stays, on each side, where a picture is made over land that is there: what it goes on from."""
_RING = MARGIN
_SMOOTH = 24
_MOST = 20
"""Levels of 255 by which a colour is drawn at most: what differs by more is another land, and a smear from one to the other is worse than a border."""


def blank(width: int, height: int) -> Pixels:
    return np.zeros((height, width, 4), np.uint8)


def gathered(tiles: Mapping[Place, Pixels], rect: Rect) -> Pixels:
    """What a frame shows. Tiles that are not there are blank."""
    canvas = blank(rect.width, rect.height)
    for place in tiles_of(rect):
        if place in tiles:
            theirs, ours = overlap(rect_of(place), rect)
            canvas[ours] = tiles[place][theirs]
    return canvas


def overlap(one: Rect, other: Rect) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where two frames meet, as rows and columns of the one and of the other."""
    left, right = max(one.x, other.x), min(one.right, other.right)
    top, bottom = max(one.y, other.y), min(one.bottom, other.bottom)
    return (
        (slice(top - one.y, bottom - one.y), slice(left - one.x, right - one.x)),
        (slice(top - other.y, bottom - other.y), slice(left - other.x, right - other.x)),
    )


def within(wide: NDArray[Any]) -> NDArray[Any]:
    """The frame in what its surroundings show: without the MARGIN around it."""
    return wide[MARGIN:-MARGIN, MARGIN:-MARGIN]


def to_make(canvas: Pixels, asked: Pixels | None = None) -> Where:
    """(h, w): where pixels are to be made: where nothing is, or under a mask (h, w) that was painted for it."""
    return canvas[..., 3] == 0 if asked is None else asked > 127


def inside(width: int, height: int) -> Pixels:
    """(h, w): the mask of a frame that is painted anew on land: all but its border, which is thinner in a small frame."""
    border = min(BORDER, width // 8, height // 8)
    mask = np.zeros((height, width), np.uint8)
    mask[border : height - border, border : width - border] = 255
    return mask


def context(canvas: Pixels, make: Where) -> Pixels | None:
    """(h, w, 3): what the model goes on from; None where nothing is. What is blank has the mean colour, which says least."""
    known = (canvas[..., 3] > 0) & ~make
    if not known.any():
        return None
    colours = canvas[..., :3].copy()
    colours[canvas[..., 3] == 0] = canvas[..., :3][known].mean(axis=0).round()
    return colours


def layer_of(around: Pixels, picture: Pixels, make: Where) -> Pixels:
    """(h, w, 4): a picture (h, w, 3) as it is laid over what a frame showed before. Alpha is how much of it counts; 0 is outside `make` (h, w).

    `around`: the frame with a MARGIN of what lies beside it, (h + 2 MARGIN, w + 2 MARGIN, 4). The picture's colour is drawn towards that of its
    surroundings, most at the border of the mask; and where something was there before, it fades over within FEATHER pixels of that border.
    """
    edge = ((MARGIN, MARGIN), (MARGIN, MARGIN))
    wide_make, wide_picture = np.pad(make, edge), np.pad(picture, (*edge, (0, 0)))
    painted = around[..., 3] > 0
    kept = painted & ~wide_make
    colours, share = wide_picture.astype(np.float32), np.ones(wide_make.shape, np.float32)
    if kept.any():
        far = distance(kept)
        colours = colours + _levelling(around, wide_picture, kept, wide_make, far)
        colours = _joined(colours, around, kept, far)
        share = np.where(painted, np.clip(far / (FEATHER + 1), 0, 1), 1)
    layer = blank(*make.shape[::-1])
    layer[make, :3] = np.clip(np.rint(within(colours)[make]), 0, 255).astype(np.uint8)
    # Not 0 inside: that would say that nothing was made here.
    layer[make, 3] = np.clip(np.rint(255 * within(share)[make]), 1, 255).astype(np.uint8)
    return layer


def laid(below: Pixels, layer: Pixels) -> Pixels:
    """What shows where a layer lies over something. Where nothing is below, all of it; where it has no alpha, not one byte differs."""
    made = layer[..., 3] > 0
    share = np.where(below[..., 3] > 0, layer[..., 3], 255).astype(np.uint32)[..., None]
    mixed = (share * layer[..., :3] + (255 - share) * below[..., :3] + 127) // 255
    after = below.copy()
    after[made, :3] = mixed[made].astype(np.uint8)
    after[made, 3] = 255
    return after


def erasure_of(canvas: Pixels, asked: Pixels | None = None) -> Pixels:
    """(h, w, 4): a layer that makes blank what a frame shows, all of it or under a mask (h, w). Its alpha says where; it has no colour."""
    there = canvas[..., 3] > 0
    layer = np.zeros_like(canvas)
    layer[..., 3] = np.where(there if asked is None else there & (asked > 127), 255, 0)
    return layer


def erased(below: Pixels, layer: Pixels, ground: Pixels | None = None) -> Pixels:
    """What is left under an erasure: the ground, or nothing, where it has alpha, and every byte where it has none."""
    after = below.copy()
    gone = layer[..., 3] > 0
    after[gone] = 0 if ground is None else ground[gone]
    return after


def _levelling(before: Pixels, picture: Pixels, kept: Where, make: Where, far: Floats) -> Floats:
    """(h, w, 3): what a picture's colours lack to meet their surroundings', smooth along the border and fading away from it.

    As in seamless cloning (Pérez et al., 2003), the difference at the border is spread inside; here by normalised averages
    over a ring on both sides, which need no solver and no pixel of the picture outside the mask.
    """
    outside = kept & (distance(make) <= _RING)
    inside = make & (far <= _RING)
    there, weight_there = _averaged(before[..., :3], outside)
    here, weight_here = _averaged(picture, inside)
    known = (weight_there > 1e-4) & (weight_here > 1e-4)
    step = np.clip(1 - far / LEVELLING, 0, 1)
    fade = np.where(known & make, step * step * (3 - 2 * step), 0)
    return np.asarray(np.clip(there - here, -_MOST, _MOST) * fade[..., None], np.float32)


def _joined(colours: Floats, before: Pixels, kept: Where, far: Floats) -> Floats:
    """(h, w, 3): colours that meet those of their surroundings pixel by pixel, and are their own again JOIN pixels from there.

    What is missing at the border goes inwards ring by ring, each pixel taking the mean of its neighbours' in the ring before: it grows smoother
    as it goes, as a membrane would, and leaves no streaks.
    """
    width = far.shape[1]
    after = np.pad(colours, ((1, 1), (1, 1), (0, 0)))
    flat = after.reshape(-1, 3)
    outside = np.pad(before[..., :3].astype(np.float32), ((1, 1), (1, 1), (0, 0))).reshape(-1, 3)
    ring_of = np.pad(far, 1, constant_values=np.inf).ravel()
    missing = np.zeros_like(flat)
    around = np.array(
        [down * (width + 2) + right for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0)]
    )
    previous = np.pad(kept, 1).ravel()
    for ring in range(1, JOIN + 1):
        here = np.flatnonzero(ring_of == ring)
        beside = here[:, None] + around
        weight = previous[beside][..., None].astype(np.float32)
        total = ((outside if ring == 1 else missing)[beside] * weight).sum(axis=1)
        mean = total / np.maximum(weight.sum(axis=1), 1)
        missing[here] = mean - flat[here] if ring == 1 else mean
        previous = ring_of == ring
        step = 1 - ring / (JOIN + 1)
        flat[here] += missing[here] * (step * step * (3 - 2 * step))
    return after[1:-1, 1:-1]


def _averaged(colours: Pixels, where: Where) -> tuple[Floats, Floats]:
    """(h, w, 3): the mean colour of the pixels in `where` around each place, and (h, w) how many they were, as a share."""
    weight = _blurred(where.astype(np.float32))
    total = np.stack([_blurred(np.where(where, colours[..., n], 0).astype(np.float32)) for n in range(3)], axis=-1)
    return (total / np.maximum(weight, 1e-6)[..., None]).astype(np.float32), weight


def _blurred(values: Floats) -> Floats:
    """Two passes of a box of 2 × _SMOOTH + 1 pixels, each way: near a Gaussian."""
    for _ in range(2):
        for axis in (0, 1):
            values = _boxed(values, axis)
    return values


def _boxed(values: Floats, axis: int) -> Floats:
    padding = [(0, 0), (0, 0)]
    padding[axis] = (_SMOOTH + 1, _SMOOTH)
    # In double precision: a running sum in single would carry its rounding from one end of the row to the other.
    sums = np.cumsum(np.pad(values, padding), axis=axis, dtype=np.float64)
    size = values.shape[axis]
    wide = 2 * _SMOOTH + 1
    ends = np.take(sums, range(wide, wide + size), axis=axis)
    return np.asarray((ends - np.take(sums, range(size), axis=axis)) / wide, np.float32)


def distance(to: Where) -> Floats:
    """(h, w): how many pixels away the nearest one in `to` is, counted along rows and columns; beyond every use where there is none."""
    far = np.where(to, 0, 2.0**20).astype(np.float32)
    for each in (far, far.T):
        for forth in (each, each[::-1]):
            for one, next_one in pairwise(forth):
                np.minimum(next_one, one + 1, out=next_one)
    return far


def laid_on_tile(
    tile: Pixels, place: Place, layer: Pixels, rect: Rect, erases: bool = False, ground: Pixels | None = None
) -> Pixels:
    """The tile after the layer of an edit, whose frame touches it, was laid over it. `erases`: it takes away what people painted below, down to the
    tile's `ground` where it has one."""
    theirs, ours = overlap(rect_of(place), rect)
    after = tile.copy()
    if erases:
        after[theirs] = erased(tile[theirs], layer[ours], None if ground is None else ground[theirs])
    else:
        after[theirs] = laid(tile[theirs], layer[ours])
    return after


def touched_by(layer: Pixels, rect: Rect) -> list[Place]:
    """The tiles in which a layer makes at least one pixel."""
    return [place for place in tiles_of(rect) if layer[overlap(rect_of(place), rect)[1]][..., 3].any()]


def faded(place: Place, painted: Mapping[Place, Pixels], width: int) -> Pixels:
    """A tile as it is laid over a sketch: its alpha rises from where nothing is painted, in it or in the tiles around, over `width` pixels."""
    tile = painted[place].copy()
    wide = Rect(place.x * TILE - width, place.y * TILE - width, TILE + 2 * width, TILE + 2 * width)
    far = distance(gathered(painted, wide)[..., 3] == 0)[width : width + TILE, width : width + TILE]
    share = np.clip(far / (width + 1), 0, 1)
    there = tile[..., 3] > 0
    # Not 0 where something is painted: that would be the sketch alone, sharply cut off.
    tile[there, 3] = np.clip(np.rint(255 * (share * share * (3 - 2 * share))), 1, 255).astype(np.uint8)[there]
    return tile


def shrunk(four: Mapping[int, Pixels]) -> Pixels:
    """The tile above up to four tiles, numbered row by row: each pixel the mean of the painted ones among four."""
    whole = blank(2 * TILE, 2 * TILE)
    for n, tile in four.items():
        whole[(n // 2) * TILE : (n // 2 + 1) * TILE, (n % 2) * TILE : (n % 2 + 1) * TILE] = tile
    blocks = whole.reshape(TILE, 2, TILE, 2, 4).astype(np.uint32)
    there = (blocks[..., 3:] > 0).astype(np.uint32)
    count = there.sum(axis=(1, 3))
    colours = (blocks[..., :3] * there).sum(axis=(1, 3))
    above = blank(TILE, TILE)
    above[..., :3] = (2 * colours + count) // np.maximum(2 * count, 1)
    above[..., 3] = np.where(count[..., 0] > 0, 255, 0)
    return above
