"""Maps as files and as standard tiles: read back by Pillow, by GDAL and by PMTiles' own reader, pixel for pixel."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from PIL import Image
from pmtiles.reader import MemorySource, Reader, all_tiles
from pmtiles.tile import TileType

from figment.core.settings import Settings
from figment.core.storage import StorageUnavailable
from figment.features.atlas import store
from figment.features.atlas.errors import ExportsBusy
from figment.features.atlas.rules import painting
from figment.features.atlas.rules.grid import WHOLE, snug
from figment.features.atlas.rules.painting import Pixels
from figment.features.atlas.rules.tiles import TILE, Place, Rect
from figment.features.atlas.service import pmtiles
from figment.features.atlas.service.geotiff import WKT
from figment.features.atlas.service.tile_source import TileSource
from figment.images.provenance import TRAINED, claim_of, packet_of
from tests.features.atlas.conftest import RED, WORLD, Easel
from tests.http import serving

EXPORT = f"{WORLD}/export"
ARCHIVE = f"{WORLD}/export.pmtiles"


def land(seed: int) -> Pixels:
    """A tile with smooth and rough parts, blank in some places."""
    random = np.random.default_rng(seed)
    tile = painting.blank(TILE, TILE)
    slope = np.add.outer(np.arange(TILE), np.arange(TILE) // 2)
    tile[..., :3] = (slope[..., None] + random.integers(0, 256, 3)) % 256
    tile[64:200, 64:300, :3] = random.integers(0, 256, (136, 236, 3))
    tile[..., 3] = 255
    tile[300:340, : 100 + seed % 100] = 0
    return tile


async def lay(easel: Easel, tiles: Mapping[Place, Pixels], overviews: bool = True) -> None:
    """Tiles as if somebody had painted them, and what shows them from above."""
    files = {place: await easel.files.put(pixels) for place, pixels in tiles.items()}
    async with easel.house.database.transaction() as connection:
        world = await store.world_id(connection, "commons")
        assert world is not None
        await store.set_tiles(connection, world, await store.next_commit(connection, world), files)
    while overviews and await easel.overviews.draw():
        pass


SHORE = {
    Place(-1, -1): land(1),
    Place(0, -1): land(2),
    Place(-1, 0): land(3),
    Place(1, 0): land(4),
    Place(3, 2): land(5),
}


def shown(tiles: Mapping[Place, Pixels], rect: Rect) -> Pixels:
    return painting.gathered(tiles, rect)


async def exported(easel: Easel, address: str = EXPORT, **asked: Any) -> httpx.Response:
    answer = await easel.client.get(address, params=asked)
    assert answer.status_code == 200, answer.text
    return answer


def pixels_of(answer: httpx.Response) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert (picture.format, picture.mode) == ("PNG", "RGBA")
        return np.asarray(picture)


# -- PNG ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rect", [Rect(-512, -512, 1536, 1024), Rect(-100, -37, 613, 1111), Rect(511, 5, 1, 1), Rect(-700, 0, 3, 2000)]
)
async def test_a_png_is_the_tiles_byte_for_byte_and_blank_where_nothing_is(easel: Easel, rect: Rect) -> None:
    await lay(easel, SHORE, overviews=False)
    answer = await exported(easel, bbox=f"{rect.x},{rect.y},{rect.right},{rect.bottom}")
    assert (pixels_of(answer) == shown(SHORE, rect)).all()
    assert answer.headers["content-type"] == "image/png"
    name = f"commons_{rect.x}_{rect.y}_{rect.right}_{rect.bottom}.png"
    assert f'filename="{name}"' in answer.headers["content-disposition"]


async def test_a_png_of_nothing_is_blank(easel: Easel) -> None:
    answer = await exported(easel, bbox="100000,100000,100700,100600")
    assert not pixels_of(answer).any()
    assert pixels_of(answer).shape == (600, 700, 4)


async def test_from_further_away_the_tiles_of_that_zoom_are_taken_and_edges_grow_to_its_pixels(easel: Easel) -> None:
    await lay(easel, SHORE)
    above = {Place(*place): await easel.tile(*place, z=-2) for place in easel.files_now(-2)}
    answer = await exported(easel, bbox="-511,-510,1023,600", zoom=-2)
    assert (pixels_of(answer) == shown(above, Rect(-128, -128, 384, 278))).all()
    assert "commons_-512_-512_1024_600_zoom-2.png" in answer.headers["content-disposition"]


async def test_what_is_exported_says_that_a_model_made_it(easel: Easel) -> None:
    await lay(easel, {Place(0, 0): land(1)}, overviews=False)
    png = await exported(easel, bbox="0,0,100,100")
    claim = claim_of(png.content)
    assert claim is not None
    assert claim.is_ours
    assert claim.source_type == TRAINED
    tiff = await exported(easel, bbox="0,0,100,100", format="geotiff")
    with rasterio.MemoryFile(tiff.content) as file, file.open() as opened:
        assert opened.tags(ns="xml:XMP")["xml:XMP"].encode() == packet_of(png.content)


# -- GeoTIFF --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rect", "z"), [(Rect(-100, -37, 1613, 1111), 0), (Rect(-512, -512, 2048, 1024), -1), (Rect(7, 9, 1, 1), 0)]
)
async def test_gdal_reads_a_geotiff_and_finds_the_map_by_it(easel: Easel, rect: Rect, z: int) -> None:
    await lay(easel, SHORE)
    seen = {Place(*place): await easel.tile(*place, z=z) for place in easel.files_now(z)}
    bbox = f"{rect.x},{rect.y},{rect.right},{rect.bottom}"
    answer = await exported(easel, bbox=bbox, format="geotiff", zoom=z)
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["content-type"] == "image/tiff; application=geotiff"
    scale = 1 << -z
    with rasterio.MemoryFile(answer.content) as file, file.open() as opened:
        assert opened.transform.to_gdal() == (rect.x, scale, 0, -rect.y, 0, -scale)
        assert opened.profile["tiled"]
        assert opened.profile["compress"] == "deflate"
        assert opened.crs.wkt == WKT
        assert [kind.name for kind in opened.colorinterp] == ["red", "green", "blue", "alpha"]
        found = np.moveaxis(opened.read(), 0, -1)
    pixels = Rect(rect.x // scale, rect.y // scale, -(-rect.width // scale), -(-rect.height // scale))
    assert (found == shown(seen, pixels)).all()


async def test_a_geotiff_leaves_nothing_behind(easel: Easel) -> None:
    await lay(easel, SHORE, overviews=False)
    await exported(easel, bbox="0,0,600,600", format="geotiff")
    await idle(easel)
    assert list((easel.house.settings.data / "scratch").iterdir()) == []


# -- PMTiles --------------------------------------------------------------------------------------------------------------


def verified(archive: bytes) -> tuple[Reader, dict[str, Any], dict[tuple[int, int, int], bytes]]:
    """An archive as PMTiles' own reader finds it, once every number in its header was found true."""
    reader = Reader(MemorySource(archive))
    header = reader.header()
    assert header["version"] == 3
    assert header["root_offset"] + header["root_length"] <= 16_384
    assert header["tile_data_offset"] + header["tile_data_length"] == len(archive)
    tiles = dict(all_tiles(MemorySource(archive)))
    assert header["addressed_tiles_count"] == len(tiles)
    assert header["clustered"]
    assert (header["min_zoom"], header["max_zoom"]) == (min(z for z, _, _ in tiles), max(z for z, _, _ in tiles))
    for address in list(tiles)[:: max(1, len(tiles) // 50)]:
        assert reader.get(*address) == tiles[address]
    return reader, header, tiles


async def test_an_archive_holds_every_tile_of_every_zoom_as_it_is_looked_at(easel: Easel) -> None:
    # Twice the same land: it is stored once.
    world = {**SHORE, Place(4, 2): land(5), Place(-6, 1): land(1)}
    await lay(easel, world)
    answer = await exported(easel, ARCHIVE)
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert 'filename="commons.pmtiles"' in answer.headers["content-disposition"]
    reader, header, tiles = verified(answer.content)
    assert header["tile_type"] is TileType.WEBP
    assert header["tile_contents_count"] == len(set(tiles.values())) < len(tiles)
    metadata = reader.metadata()
    assert metadata["name"] == "The commons"
    way = metadata["figment"]
    found = set()
    for (zoom, x, y), data in tiles.items():
        step = 2 ** (way["max_zoom"] - zoom)
        left, top = (way["origin"][n] + at * way["tile_size"] * step for n, at in enumerate((x, y)))
        z, place = zoom - way["max_zoom"], Place(left // (TILE * step), top // (TILE * step))
        found.add((z, place))
        seen = await easel.client.get(f"{WORLD}/tiles/{z}/{place.x}/{place.y}")
        assert seen.content == data
    zooms = range(header["min_zoom"] - header["max_zoom"], 1)
    assert found == {(z, Place(*place)) for z in zooms for place in easel.files_now(z)}
    assert header["max_zoom"] == 4
    assert header["min_zoom"] == 1
    west, south, east, north = snug(Rect(-6 * TILE, -TILE, 11 * TILE, 4 * TILE)).bounds(
        Rect(-6 * TILE, -TILE, 11 * TILE, 4 * TILE)
    )
    assert header["min_lon_e7"] == round(west * 1e7)
    assert header["max_lat_e7"] == round(north * 1e7)
    assert (header["max_lon_e7"], header["min_lat_e7"]) == (round(east * 1e7), round(south * 1e7))


async def test_an_archive_of_a_rectangle_holds_the_tiles_that_touch_it(easel: Easel) -> None:
    await lay(easel, SHORE)
    answer = await exported(easel, ARCHIVE, bbox="-10,-10,5,5")
    assert 'filename="commons_-10_-10_5_5.pmtiles"' in answer.headers["content-disposition"]
    _, header, tiles = verified(answer.content)
    nearest = [data for (zoom, _, _), data in tiles.items() if zoom == header["max_zoom"]]
    assert len(nearest) == 3, "(-1, -1), (0, -1) and (-1, 0); (0, 0) is blank"


def test_an_archive_with_more_tiles_than_fit_in_its_first_directory() -> None:
    random = np.random.default_rng(1)
    side = 160
    contents = {f"{number}": random.bytes(int(random.integers(1, 40))) for number in range(20_000)}
    lying = {Place(x, y): str(random.integers(20_000)) for y in range(side) for x in range(side)}
    rect = Rect(0, 0, side * TILE, side * TILE)
    grid = snug(rect)
    numbered = pmtiles.in_order({0: lying}, grid)
    made = pmtiles.archive(numbered, {name: len(data) for name, data in contents.items()}, grid, rect, "Sand")
    whole = made.front + b"".join(contents[name] for name in made.files)
    assert made.size == len(whole)
    _, header, tiles = verified(whole)
    assert header["tile_contents_count"] == len(made.files)
    assert header["leaf_directory_length"] > 0
    assert tiles == {grid.address_of(0, place): contents[name] for place, name in lying.items()}


# -- XYZ ------------------------------------------------------------------------------------------------------------------


async def test_standard_addresses_lead_to_the_tiles(easel: Easel) -> None:
    await lay(easel, SHORE)
    middle = 1 << 23
    kept = await exported(easel, f"{WORLD}/xyz/24/{middle - 1}/{middle}.png")
    assert (pixels_of(kept) == SHORE[Place(-1, 0)]).all()
    seen = await exported(easel, f"{WORLD}/xyz/24/{middle - 1}/{middle}.webp")
    assert seen.headers["content-type"] == "image/webp"
    assert seen.content == (await easel.client.get(f"{WORLD}/tiles/0/-1/0")).content
    far = await exported(easel, f"{WORLD}/xyz/12/2047/2047.webp")
    assert far.content == (await easel.client.get(f"{WORLD}/tiles/-12/-1/-1")).content
    again = await easel.client.get(f"{WORLD}/xyz/12/2047/2047.webp", headers={"If-None-Match": far.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    blank = [f"24/{middle + 9}/{middle}.png", "11/1023/1023.png", "12/5000/1.png", "0/0/0.webp"]
    assert [(await easel.client.get(f"{WORLD}/xyz/{address}")).status_code for address in blank] == [404] * 4


async def test_tilejson_says_where_the_tiles_are_and_which(easel: Easel) -> None:
    await lay(easel, SHORE, overviews=False)
    told = (await exported(easel, f"{WORLD}/xyz/tilejson")).json()
    assert (told["tilejson"], told["scheme"], told["minzoom"], told["maxzoom"]) == ("3.0.0", "xyz", 12, 24)
    west, south, east, north = told["bounds"]
    assert (west, south, east, north) == WHOLE.bounds(Rect(-512, -512, 2560, 2048))
    longitude, latitude, zoom = told["center"]
    assert west < longitude < east
    assert south < latitude < north
    assert 12 <= zoom <= 24
    middle = 1 << 23
    address = told["tiles"][0].format(z=24, x=middle, y=middle - 1)
    assert address.startswith(easel.address)
    assert (await easel.client.get(address)).content == (await easel.client.get(f"{WORLD}/tiles/0/0/-1")).content


async def test_gdal_reads_the_standard_tiles_at_every_zoom(easel: Easel, tmp_path: Path) -> None:
    world = {Place(place.x + 700, place.y - 90): tile for place, tile in SHORE.items()}
    await lay(easel, world)
    description = tmp_path / "commons.xml"
    answer = await exported(easel, f"{WORLD}/gdal.xml")
    assert 'filename="commons.xml"' in answer.headers["content-disposition"]
    description.write_bytes(answer.content)

    def read() -> None:
        with rasterio.Env(GDAL_HTTP_PROXY="", GDAL_DISABLE_READDIR_ON_OPEN="YES"), rasterio.open(description) as opened:
            left, scale, _, top, _, minus = opened.transform.to_gdal()
            assert (scale, minus) == (1, -1)
            assert opened.crs.wkt == WKT
            # The window of a column and row of the map.
            window = rasterio.windows.Window(699 * TILE - 30 - left, top + -91 * TILE - 20, 1300, 1200)
            found = np.moveaxis(opened.read(window=window), 0, -1)
            assert (found == shown(world, Rect(699 * TILE - 30, -91 * TILE - 20, 1300, 1200))).all()
            overviews = opened.overviews(1)
            assert overviews == [2, 4]
        for level, factor in enumerate(overviews):
            with rasterio.Env(GDAL_HTTP_PROXY=""), rasterio.open(description, overview_level=level) as opened:
                z = -level - 1
                left, scale, _, top, _, _ = opened.transform.to_gdal()
                assert scale == factor
                whole = Rect(int(left) // factor, -int(top) // factor, opened.width, opened.height)
                assert (np.moveaxis(opened.read(), 0, -1) == shown(above[z], whole)).all()

    above = {z: {Place(*place): await easel.tile(*place, z=z) for place in easel.files_now(z)} for z in (-1, -2)}
    await asyncio.to_thread(read)


async def test_gdal_is_given_a_rectangle_before_anything_is_painted(easel: Easel) -> None:
    refused = await easel.client.get(f"{WORLD}/gdal.xml")
    assert (refused.status_code, refused.json()["code"]) == (422, "nothing_to_export")
    answer = await exported(easel, f"{WORLD}/gdal.xml", bbox="-1000,-1000,1000,1000")
    frame = ElementTree.fromstring(answer.content).find("DataWindow")
    assert frame is not None
    assert [frame.findtext(name) for name in ("UpperLeftX", "UpperLeftY", "SizeX", "SizeY")] == [
        "-1024",
        "1024",
        "2048",
        "2048",
    ]
    too_far = await easel.client.get(f"{WORLD}/gdal.xml", params={"bbox": "4294967000,0,4294967999,10"})
    assert (too_far.status_code, too_far.json()["code"]) == (422, "export_too_large")
    too_wide = await easel.client.get(f"{WORLD}/gdal.xml", params={"bbox": "-2000000000,0,2000000000,10"})
    assert (too_wide.status_code, too_wide.json()["code"]) == (422, "export_too_large")


# -- what is refused, and who leaves --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"bbox": "0,0,16385,10"}, "export_too_large", "16,385 × 10. Choose a smaller rectangle, or zoom -1."),
        ({"bbox": "0,0,100000,100000", "zoom": -1}, "export_too_large", "or zoom -3."),
        ({"bbox": "-999999999999,0,999999999999,9"}, "export_too_large", "Choose a smaller rectangle."),
        ({"bbox": "10,0,10,10"}, "invalid_input", "x0 < x1"),
        ({"bbox": "0,0,10"}, "invalid_input", ""),
        ({}, "invalid_input", ""),
        ({"bbox": "0,0,10,10", "zoom": 1}, "invalid_input", ""),
        ({"bbox": "0,0,10,10", "format": "bmp"}, "invalid_input", ""),
    ],
)
async def test_a_wrong_question_is_answered_by_what_to_do(
    easel: Easel, asked: dict[str, Any], code: str, words: str
) -> None:
    answer = await easel.client.get(EXPORT, params=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert words in answer.json()["detail"]


async def test_an_archive_of_nothing_or_of_too_much_is_refused(easel: Easel) -> None:
    empty = await easel.client.get(ARCHIVE)
    assert (empty.status_code, empty.json()["code"]) == (422, "nothing_to_export")
    await lay(easel, SHORE, overviews=False)
    elsewhere = await easel.client.get(ARCHIVE, params={"bbox": "5000,5000,6000,6000"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "nothing_to_export")
    await lay(easel, {Place(1 << 30, 0): land(1)}, overviews=False)
    apart = await easel.client.get(ARCHIVE)
    assert (apart.status_code, apart.json()["code"]) == (422, "export_too_large")
    assert "bbox" in apart.json()["detail"]
    missing = await easel.client.get("/api/atlas/worlds/nowhere/export.pmtiles")
    assert (missing.status_code, missing.json()["code"]) == (404, "world_not_found")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Rows of tiles that come one by one, as the test lets them."""
    state: dict[str, Any] = {"rows": 0, "may": asyncio.Semaphore(0)}
    gathered = TileSource.gathered

    async def gathered_when_allowed(self: TileSource, named: Mapping[Place, str], rect: Rect) -> Pixels:
        await state["may"].acquire()
        state["rows"] += 1
        return await gathered(self, named, rect)

    monkeypatch.setattr(TileSource, "gathered", gathered_when_allowed)
    return state


async def idle(easel: Easel) -> None:
    async with asyncio.timeout(10):
        while easel.house.atlas.exports.under_way:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("form", ["png", "geotiff"])
async def test_who_leaves_half_way_ends_the_work(easel: Easel, slow: dict[str, Any], form: str) -> None:
    slow["may"].release()
    slow["may"].release()
    asked = {"bbox": "0,0,16384,16384", "format": form}

    async def leave() -> None:
        async with easel.client.stream("GET", EXPORT, params=asked) as answer:
            async for _ in answer.aiter_raw():
                pass

    leaving = asyncio.create_task(leave())
    async with asyncio.timeout(10):
        while slow["rows"] < 2:
            await asyncio.sleep(0.01)
    assert easel.house.atlas.exports.under_way == 1
    leaving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await leaving
    # The row that is being asked for may come; no other is asked for.
    for _ in range(40):
        slow["may"].release()
    await idle(easel)
    assert slow["rows"] <= 4
    scratch = easel.house.settings.data / "scratch"
    assert not scratch.exists() or list(scratch.iterdir()) == []


async def test_who_leaves_while_an_archive_is_measured_ends_the_work(
    easel: Easel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lay(easel, {Place(x, 0): land(x) for x in range(40)}, overviews=False)
    asked: list[str] = []
    may = asyncio.Event()

    async def view_when_allowed(self: TileSource, name: str) -> bytes:
        asked.append(name)
        await may.wait()
        return b"WebP"

    monkeypatch.setattr(TileSource, "view", view_when_allowed)
    leaving = asyncio.create_task(easel.client.get(ARCHIVE))
    async with asyncio.timeout(10):
        while not asked:
            await asyncio.sleep(0.01)
    leaving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await leaving
    await idle(easel)
    before = len(asked)
    may.set()
    await asyncio.sleep(0)
    assert len(asked) == before < 40


@pytest.mark.parametrize(("form", "row", "breaks_off"), [("png", 1, False), ("png", 4, True), ("geotiff", 4, False)])
async def test_storage_that_goes_away_is_told_or_breaks_off_what_has_begun(
    easel: Easel, monkeypatch: pytest.MonkeyPatch, form: str, row: int, breaks_off: bool
) -> None:
    gathered, rows = TileSource.gathered, 0

    async def gathered_until(self: TileSource, named: Mapping[Place, str], rect: Rect) -> Pixels:
        nonlocal rows
        rows += 1
        if rows == row:
            raise StorageUnavailable
        return await gathered(self, named, rect)

    monkeypatch.setattr(TileSource, "gathered", gathered_until)
    # Whoever runs the server is told with all that there is to say, which takes its time.
    asking = easel.client.get(EXPORT, params={"bbox": "0,0,600,5120", "format": form}, timeout=90)
    if breaks_off:
        with pytest.raises(httpx.RemoteProtocolError):
            await asking
    else:
        answer = await asking
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    await idle(easel)


async def test_only_so_many_are_made_at_a_time_and_the_next_is_told_when_to_ask(
    easel: Easel, slow: dict[str, Any]
) -> None:
    at_once = easel.house.settings.map_exports
    async with easel.somebody() as other:
        waiting = [asyncio.create_task(other.get(EXPORT, params={"bbox": "0,0,10,10"})) for _ in range(at_once)]
        async with asyncio.timeout(10):
            while easel.house.atlas.exports.under_way < at_once:
                await asyncio.sleep(0.01)
        refused = await easel.client.get(EXPORT, params={"bbox": "0,0,10,10"})
        assert (refused.status_code, refused.json()["code"]) == (503, ExportsBusy.code)
        assert int(refused.headers["retry-after"]) > 0
        for _ in range(at_once):
            slow["may"].release()
        assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200] * at_once
    slow["may"].release()
    await exported(easel, bbox="0,0,10,10")


async def test_what_one_may_export_is_counted_in_megapixels(database_url: str, data: Path) -> None:
    settings = Settings.model_validate({"data": data, "limit_map_exports": "10/hour"})
    async with (
        serving(settings, database_url, with_worker=False) as address,
        httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as client,
    ):
        assert (await client.get(EXPORT, params={"bbox": "0,0,3000,3000"})).status_code == 200
        refused = await client.get(EXPORT, params={"bbox": "0,0,2000,1000"})
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert int(refused.headers["retry-after"]) > 0
        assert (await client.get(EXPORT, params={"bbox": "0,0,1000,1000"})).status_code == 200


async def test_a_painted_place_is_exported_as_it_is_seen(easel: Easel) -> None:
    await easel.paint(-128, -128, RED)
    answer = await exported(easel, bbox="-128,-128,128,128")
    assert (pixels_of(answer) == (200, 40, 40, 255)).all()
