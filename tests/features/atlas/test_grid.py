"""Standard addresses: every tile of ours has one, under which it is found again, and it shows what standard programs expect there."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from figment.features.atlas.rules.exports import MOST_PX, file_name, why_too_large
from figment.features.atlas.rules.grid import MERCATOR_M, WHOLE, Address, Grid, on_the_map, seen_from, snug
from figment.features.atlas.rules.tiles import FARTHEST, MIN_ZOOM, TILE, Place, Rect, above, tiles_of

coordinate = st.integers(-(2**31), 2**31)
side = st.one_of(st.integers(1, 5000), st.integers(1, 2**31))
frames = st.builds(Rect, coordinate, coordinate, side, side)
zooms = st.integers(MIN_ZOOM, 0)


def grids() -> st.SearchStrategy[Grid]:
    return st.one_of(st.just(WHOLE), frames.map(snug))


def upper_left(z: int, place: Place) -> tuple[int, int]:
    """Where a tile of ours begins on the map."""
    return place.x * TILE << -z, place.y * TILE << -z


@given(grids(), st.data())
def test_an_address_leads_to_the_tile_that_has_it(grid: Grid, data: st.DataObject) -> None:
    zoom = data.draw(st.integers(grid.least_zoom, grid.depth))
    column = st.integers(0, (1 << zoom) - 1)
    address = Address(zoom, data.draw(column), data.draw(column))
    found = grid.place_of(address)
    assert found is not None
    assert grid.address_of(*found) == address


@given(grids(), st.data())
def test_a_tile_lies_where_standard_programs_look_for_its_address(grid: Grid, data: st.DataObject) -> None:
    zoom = data.draw(st.integers(grid.least_zoom, grid.depth))
    column = st.integers(0, (1 << zoom) - 1)
    address = Address(zoom, data.draw(column), data.draw(column))
    found = grid.place_of(address)
    assert found is not None
    # One tile of zoom 0 is everything; each zoom cuts it in two, each way, from the upper left corner.
    part = grid.rect.width >> address.z
    assert upper_left(*found) == (grid.rect.x + address.x * part, grid.rect.y + address.y * part)
    assert part == TILE << -found[0]


@given(grids(), st.data())
def test_the_tile_above_has_the_address_above(grid: Grid, data: st.DataObject) -> None:
    zoom = data.draw(st.integers(grid.least_zoom, grid.depth))
    column = st.integers(0, (1 << zoom) - 1)
    found = grid.place_of(Address(zoom, data.draw(column), data.draw(column)))
    assert found is not None
    if zoom > grid.least_zoom:
        z, place = found
        address, over = grid.address_of(z, place), grid.address_of(z - 1, next(iter(above([place]))))
        assert address is not None
        assert over == (address.z - 1, address.x >> 1, address.y >> 1)


@given(frames, zooms)
def test_a_snug_grid_holds_every_tile_that_a_frame_touches_at_each_of_its_zooms(frame: Rect, z: int) -> None:
    grid = snug(frame)
    if z >= -grid.overviews:
        pixels = seen_from(frame, z)
        corners = Rect(pixels.x, pixels.y, 1, 1), Rect(pixels.right - 1, pixels.bottom - 1, 1, 1)
        for corner in corners:
            [place] = tiles_of(corner)
            assert grid.address_of(z, place) is not None


@given(frames)
def test_a_snug_grid_is_small_and_shows_all_in_four_tiles_at_most(frame: Rect) -> None:
    grid = snug(frame)
    tiles = max((frame.right - 1) // TILE - frame.x // TILE, (frame.bottom - 1) // TILE - frame.y // TILE) + 1
    assert 1 << grid.depth < 4 * tiles
    assert grid.least_zoom <= max(1, grid.depth + MIN_ZOOM)


def test_the_whole_grid_has_the_origin_in_its_middle_and_all_our_zooms() -> None:
    assert WHOLE.address_of(0, Place(0, 0)) == (24, 1 << 23, 1 << 23)
    assert WHOLE.address_of(-12, Place(-1, -1)) == (12, 2047, 2047)
    assert (WHOLE.least_zoom, WHOLE.depth, WHOLE.overviews) == (12, 24, 12)
    assert WHOLE.degrees(0, 0) == (0, 0)
    west, south, east, north = WHOLE.bounds(WHOLE.rect)
    assert (west, east) == (-180, 180)
    assert math.isclose(north, 85.0511287798066)
    assert math.isclose(south, -85.0511287798066)


@given(coordinate, coordinate)
def test_degrees_are_those_of_web_mercator(x: int, y: int) -> None:
    longitude, latitude = WHOLE.degrees(x, y)
    radius = MERCATOR_M / (2 * math.pi)
    east = radius * math.radians(longitude)
    north = radius * math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))
    assert math.isclose(east, x * WHOLE.metres, abs_tol=1e-3)
    assert math.isclose(north, -y * WHOLE.metres, abs_tol=1e-3)


def test_what_lies_beyond_a_grid_has_no_address() -> None:
    assert WHOLE.address_of(0, Place(1 << 23, 0)) is None
    assert WHOLE.address_of(0, Place(0, -(1 << 23) - 1)) is None
    assert WHOLE.address_of(-13, Place(0, 0)) is None
    assert WHOLE.place_of(Address(11, 0, 0)) is None
    assert WHOLE.place_of(Address(12, 1 << 12, 0)) is None
    far = Rect(FARTHEST - 1000, -FARTHEST, 500, 500)
    assert WHOLE.part_of(far) is None
    assert snug(far).depth <= 1


@given(frames, zooms)
def test_pixels_of_a_zoom_show_a_frame_whole_and_less_than_a_pixel_more(frame: Rect, z: int) -> None:
    shown = on_the_map(seen_from(frame, z), z)
    assert shown.x <= frame.x < shown.x + (1 << -z)
    assert shown.y <= frame.y < shown.y + (1 << -z)
    assert shown.right - (1 << -z) < frame.right <= shown.right
    assert shown.bottom - (1 << -z) < frame.bottom <= shown.bottom


@given(frames, zooms)
def test_what_is_too_large_is_told_a_zoom_that_fits_or_that_none_does(frame: Rect, z: int) -> None:
    why = why_too_large(frame, z)
    picture = seen_from(frame, z)
    assert (why is None) == (picture.width <= MOST_PX and picture.height <= MOST_PX)
    if why and "zoom" in why:
        offered = int(why.removesuffix(".").rpartition(" ")[2])
        assert why_too_large(frame, offered) is None
        assert offered == z - 1 or why_too_large(frame, offered + 1) is not None


def test_a_file_is_named_by_its_world_its_place_and_its_zoom() -> None:
    assert file_name("commons", Rect(-512, 0, 1536, 768), -1, "png") == "commons_-512_0_1024_768_zoom-1.png"
    assert file_name("commons", Rect(0, 0, 10, 10), 0, "tif") == "commons_0_0_10_10.tif"
    assert file_name("commons", None, 0, "pmtiles") == "commons.pmtiles"
