"""The plane and painting on it: what must hold of any frame, picture and mask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figment.features.atlas.rules import painting
from figment.features.atlas.rules.tiles import TILE, Place, Rect, above, below, covering, rect_of, tiles_of

coordinate = st.integers(-(2**40), 2**40)
rects = st.builds(Rect, coordinate, coordinate, st.integers(1, 2048), st.integers(1, 2048))


@given(rects)
def test_a_frame_touches_the_tiles_that_it_meets_and_no_others(rect: Rect) -> None:
    touched = tiles_of(rect)
    assert len(set(touched)) == len(touched)
    assert all(rect_of(place).meets(rect) for place in touched)
    around = {Place(x + right, y + down) for x, y in touched for right in (-1, 0, 1) for down in (-1, 0, 1)}
    assert not any(rect_of(place).meets(rect) for place in around - set(touched))
    whole = covering(touched)
    assert whole.x <= rect.x
    assert whole.bottom >= rect.bottom


def test_a_frame_of_a_tiles_size_touches_four_and_one_that_lies_on_it_one() -> None:
    assert tiles_of(Rect(-1, -1, TILE, TILE)) == [(-1, -1), (0, -1), (-1, 0), (0, 0)]
    assert tiles_of(Rect(TILE, -TILE, TILE, TILE)) == [(1, -1)]


@given(st.builds(Place, coordinate, coordinate))
def test_above_and_below_are_each_others_way_back(place: Place) -> None:
    assert above(below(place)) == {place}
    assert place in below(next(iter(above([place]))))


def some(seed: int) -> tuple[painting.Pixels, painting.Pixels, painting.Where]:
    """A canvas that is blank in parts, a picture, and where it is to be made."""
    random = np.random.default_rng(seed)
    height, width = (int(side) for side in random.integers(1, 200, 2))
    canvas = random.integers(0, 256, (height, width, 4), np.uint8)
    canvas[..., 3] = 255
    for _ in range(int(random.integers(0, 4))):
        top, left = random.integers(0, height), random.integers(0, width)
        canvas[top : top + random.integers(1, 100), left : left + random.integers(1, 100)] = 0
    picture = random.integers(0, 256, (height, width, 3), np.uint8)
    asked = (random.random((height, width)) < random.random()).astype(np.uint8) * 255 if random.random() < 0.5 else None
    return canvas, picture, painting.to_make(canvas, asked)


def alone(canvas: painting.Pixels) -> painting.Pixels:
    """A frame with nothing beside it."""
    return np.pad(canvas, ((painting.MARGIN, painting.MARGIN), (painting.MARGIN, painting.MARGIN), (0, 0)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_outside_the_mask_not_one_byte_differs_and_inside_nothing_stays_blank(seed: int) -> None:
    canvas, picture, make = some(seed)
    after = painting.laid(canvas, painting.layer_of(alone(canvas), picture, make))
    assert (after[~make] == canvas[~make]).all()
    assert (after[make, 3] == 255).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_a_layer_laid_tile_by_tile_is_the_layer_laid_at_once(seed: int) -> None:
    canvas, picture, make = some(seed)
    layer = painting.layer_of(alone(canvas), picture, make)
    rect = Rect(-37, TILE - 61, layer.shape[1], layer.shape[0])
    places = tiles_of(rect)
    tiles = {}
    for place in places:
        theirs, ours = painting.overlap(rect_of(place), rect)
        tiles[place] = painting.blank(TILE, TILE)
        tiles[place][theirs] = canvas[ours]
    after = {place: painting.laid_on_tile(tile, place, layer, rect) for place, tile in tiles.items()}
    assert (painting.gathered(after, rect) == painting.laid(canvas, layer)).all()
    assert set(painting.touched_by(layer, rect)) >= {place for place in places if (after[place] != tiles[place]).any()}


def test_black_is_a_colour_and_not_blank() -> None:
    canvas = painting.blank(64, 64)
    canvas[:, :32, 3] = 255
    make = painting.to_make(canvas)
    assert not make[:, :32].any()
    assert make[:, 32:].all()


def test_a_colour_that_is_a_little_off_meets_its_surroundings() -> None:
    canvas = painting.blank(256, 256)
    canvas[:, :128] = (100, 120, 140, 255)
    picture = np.full((256, 256, 3), (112, 112, 150), np.uint8)
    after = painting.laid(canvas, painting.layer_of(alone(canvas), picture, painting.to_make(canvas)))
    assert np.abs(after[:, 128, :3].astype(int) - (100, 120, 140)).max() <= 1
    assert (after[:, 200, :3] == (112, 112, 150)).all()
    assert np.abs(np.diff(after[128, :, :3].astype(int), axis=0)).max() <= 2, "without a step anywhere"


def test_another_land_keeps_its_colours() -> None:
    canvas = painting.blank(256, 256)
    canvas[:, :128] = (20, 60, 200, 255)
    picture = np.full((256, 256, 3), (240, 220, 120), np.uint8)
    after = painting.laid(canvas, painting.layer_of(alone(canvas), picture, painting.to_make(canvas)))
    far = 128 + painting.JOIN
    assert np.abs(after[:, far:, :3].astype(int) - (240, 220, 120)).max() <= 20
    step = np.abs(np.diff(after[128, :, :3].astype(int), axis=0)).max()
    assert step < 60, "a band between them and no cut"


def test_what_lies_beside_the_frame_is_met_as_well() -> None:
    around = painting.blank(256 + 2 * painting.MARGIN, 256 + 2 * painting.MARGIN)
    around[:, : painting.MARGIN] = (100, 120, 140, 255)
    picture = np.full((256, 256, 3), (112, 112, 150), np.uint8)
    layer = painting.layer_of(around, picture, np.ones((256, 256), np.bool_))
    assert np.abs(layer[:, 0, :3].astype(int) - (100, 120, 140)).max() <= 1
    assert (layer[:, 100, :3] == (112, 112, 150)).all()


@pytest.mark.parametrize("seed", range(3))
def test_distance_is_to_the_nearest(seed: int) -> None:
    to = np.random.default_rng(seed).random((23, 31)) < 0.02
    to[5, 7] = True
    rows, columns = np.nonzero(to)
    down, across = np.arange(23)[:, None, None], np.arange(31)[None, :, None]
    expected = (np.abs(down - rows) + np.abs(across - columns)).min(axis=-1)
    assert (painting.distance(to) == expected).all()


def test_from_above_a_pixel_is_the_mean_of_those_that_are_painted() -> None:
    tile = painting.blank(TILE, TILE)
    tile[0, 0], tile[0, 1] = (10, 20, 30, 255), (20, 20, 31, 255)
    tile[2, 2] = (0, 0, 0, 255)
    shown = painting.shrunk({3: tile})
    assert shown[TILE // 2, TILE // 2].tolist() == [15, 20, 31, 255]
    assert shown[TILE // 2 + 1, TILE // 2 + 1].tolist() == [0, 0, 0, 255]
    assert np.count_nonzero(shown[..., 3]) == 2
