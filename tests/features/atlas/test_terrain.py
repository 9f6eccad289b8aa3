"""Auto-terrain: the same pixels whoever comes first, from wherever, and land that makes sense."""

from __future__ import annotations

import asyncio
import hashlib
import random
import subprocess
import sys
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from benchmarks.terrain import borders, seam_ratio
from figment.engine.local import LocalEngine, local_engine
from figment.engine.models import BUILTIN
from figment.features.atlas.jobs import terrain as jobs
from figment.features.atlas.jobs.terrain import Shared, Terrain, drawn_land, least_cache_bytes
from figment.features.atlas.rules.terrain import (
    FARTHEST_PX,
    GROUNDS,
    PHASES,
    TILE_PX,
    Grid,
    Mosaic,
    Pixels,
    Rectangle,
    climate,
    coarse_view,
    prompt,
    sketch,
    tile_area,
)
from figment.features.atlas.rules.terrain import noise as terrain_noise
from figment.features.atlas.rules.terrain.rivers import drainage
from figment.generation.contract import (
    Finished,
    GenerationRefused,
    ImageRequest,
    ModelCard,
    Opening,
    QueueFull,
    Ticket,
    Update,
    Waiting,
)

WORLD = 7
FAR = 10**9
CARD = ModelCard(
    name="brush",
    title="A brush",
    weights_hash="0" * 64,
    tasks=frozenset({"text-to-image", "image-to-image"}),
    native_size=128,
    min_size=64,
    max_size=256,
    size_multiple=64,
    default_steps=3,
    max_steps=50,
    default_guidance=2.5,
    max_guidance=10,
)
ROOM = 100_000_000


class Brush:
    """An `ImageWorker` that answers at once and in any order with what follows from the request alone: all of its noise, prompt and picture."""

    def __init__(self, shuffle: int = 0) -> None:
        self._dice = random.Random(shuffle)
        self.asked: list[ImageRequest] = []
        self.running = 0
        self.failures: list[Exception] = []
        self.held = asyncio.Event()
        self.held.set()

    async def models(self) -> Sequence[ModelCard]:
        return [CARD]

    async def open(self, name: str) -> AsyncGenerator[Opening | ModelCard, None]:
        yield CARD

    async def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Update, None]:
        if self.failures:
            raise self.failures.pop(0)
        self.asked.append(request)
        self.running += 1
        try:
            yield Waiting(0)
            for _ in range(self._dice.randrange(4)):
                await asyncio.sleep(0)
            await self.held.wait()
            yield Finished(painted(request), 0.0)
        finally:
            self.running -= 1


def test_a_seam_is_seen_where_one_is() -> None:
    dice = np.random.default_rng(0)
    even = dice.integers(100, 110, (64, 64, 3)).astype(np.uint8)
    assert 0.9 < seam_ratio(even, [32], [32]) < 1.1
    even[:, 32:] += 12
    assert seam_ratio(even, [32], []) > 2


def painted(request: ImageRequest) -> Pixels:
    assert request.init_image is not None
    dice = np.random.default_rng([request.seed, zlib.crc32(request.prompt.encode())])
    dabs = dice.integers(0, 256, request.init_image.shape).astype(np.float64)
    return np.rint((1 - request.strength) * request.init_image + request.strength * dabs).astype(np.uint8)


def terrain(brush: Brush | None = None, seed: int = WORLD, cache_bytes: int = ROOM, card: ModelCard = CARD) -> Terrain:
    return Terrain(seed, brush or Brush(), card, Shared(cache_bytes))


def digest(pixels: Pixels) -> str:
    return hashlib.sha256(pixels.tobytes()).hexdigest()


@cache
def rough_land(seed: int, area: Rectangle) -> Pixels:
    """Sketch and ground, of one sample every four pixels each way, and drawn once for all terrains: the full ones have tests of their own."""
    land = climate(seed, area.x, area.y, area.width // 4, area.height // 4, 4)
    few = np.concatenate([sketch(seed, land), land.ground[..., None]], axis=2)
    return few.repeat(4, axis=0).repeat(4, axis=1)


@pytest.fixture
def land_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "drawn_land", rough_land)


# The same from everywhere

SQUARE = [(FAR + x, -3 + y) for y in range(3) for x in range(3)]
FULL = [(FAR - 9, 4), (0, 0)]


async def digests(order: Sequence[tuple[int, int]], shuffle: int) -> dict[tuple[int, int], str]:
    """Of the tiles, each asked for in turn of a terrain that has seen nothing yet."""
    world = terrain(Brush(shuffle))
    return {place: digest(await world.tile(*place)) for place in order}


IN_ANOTHER_PROCESS = """
import asyncio
from tests.features.atlas.test_terrain import FULL, SQUARE, WORLD, digest, digests, jobs, rough_land, tile_area
for place in FULL:
    print(*place, digest(jobs.drawn_land(WORLD, tile_area(*place))))
jobs.drawn_land = rough_land
for place, digest in asyncio.run(digests(SQUARE[::-1], 99)).items():
    print(*place, digest)
"""


@pytest.mark.usefixtures("land_once")
async def test_tiles_are_the_same_in_any_order_and_in_another_process() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", IN_ANOTHER_PROCESS, stdout=subprocess.PIPE)
    first, *others = [await digests(random.Random(seed).sample(SQUARE, 9), seed) for seed in (1, 2, 3)]
    assert len(set(first.values())) == 9
    assert others == [first, first]
    full = {place: digest(drawn_land(WORLD, tile_area(*place))) for place in FULL}
    output, _ = await process.communicate()
    lines = [line.split() for line in output.decode().splitlines()]
    assert {(int(x), int(y)): digest for x, y, digest in lines} == full | first


async def test_a_region_is_what_its_tiles_are(land_once: None) -> None:
    whole = np.block([[[await terrain().tile(x, y)] for x in (-1, 0)] for y in (-1, 0)])
    region = await terrain().region(-130, -70, 200, 150)
    assert np.array_equal(region, whole[TILE_PX - 70 : TILE_PX + 80, TILE_PX - 130 : TILE_PX + 70])


async def test_another_seed_is_another_world(land_once: None) -> None:
    one, other = [await terrain(seed=seed).region(0, 0, 64, 64) for seed in (1, 2)]
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("step", [1, 4, 32, 512])
@pytest.mark.parametrize("far", [0, -FAR * TILE_PX + 77])
def test_a_sample_does_not_depend_on_its_rectangle(step: int, far: int) -> None:
    whole = coarse_view(WORLD, far, far, 160, 120, step)
    part = coarse_view(WORLD, far + 37 * step, far + 21 * step, 50, 60, step)
    assert np.array_equal(part, whole[21:81, 37:87])
    assert whole.std() > 0


def test_positions_are_exact_up_to_the_end_of_the_world() -> None:
    at = terrain_noise.Places.grid(FARTHEST_PX - 8, -FARTHEST_PX, 8, 4)
    assert np.unique(np.diff(at.x)).tolist() == [terrain_noise.SUBPIXELS]
    near = terrain_noise.gradient_noise(WORLD, 0, at, 32)
    assert np.abs(np.diff(near)).min() > 0
    with pytest.raises(ValueError, match="beyond the end"):
        climate(WORLD, FARTHEST_PX - 8, 0, 9, 1)


# Windows


@pytest.mark.parametrize("side", [64, 128, 256, 512, 1024])
def test_the_windows_over_a_pixel_count_for_exactly_one(side: int) -> None:
    grid = Grid(side)
    dice = np.random.default_rng(side)
    for phase in range(len(PHASES)):
        x, y = (int(part) for part in dice.integers(-(10**12), 10**12, 2))
        area = Rectangle(x, y, side + 31, side + 17)
        mosaic = Mosaic(area, grid.weights())
        for window in grid.covering(phase, area):
            mosaic.lay(grid.place(window), np.full((side, side, 3), 173, np.uint8))
        assert (mosaic.pixels() == 173).all()


def test_windows_have_seeds_of_their_own() -> None:
    windows = [window for phase in (0, 1) for window in Grid(128).covering(phase, Rectangle(-900, FAR, 1800, 1800))]
    seeds = {window.seed(WORLD) for window in windows}
    assert len(seeds) == len(windows)
    assert all(0 <= seed < 2**32 for seed in seeds)


async def asked_for_a_tile(x: int, y: int) -> int:
    brush = Brush()
    await terrain(brush).tile(x, y)
    return len(brush.asked)


async def test_a_tile_costs_as_much_at_any_distance(land_once: None) -> None:
    # 3 tiles are 16 strides of 96: these lie alike over the grid.
    near, far = await asked_for_a_tile(0, 0), await asked_for_a_tile(3 * FAR, -3 * FAR)
    assert near == far


# Sharing


async def test_what_two_ask_for_at_once_is_made_once(land_once: None) -> None:
    brush = Brush()
    world = terrain(brush)
    one, other = await asyncio.gather(world.tile(0, 0), world.tile(0, 0))
    assert np.array_equal(one, other)
    asked = [(request.seed, request.strength) for request in brush.asked]
    assert len(set(asked)) == len(asked)
    again = len(asked)
    await world.tile(0, 0)
    assert len(brush.asked) == again


async def test_one_who_leaves_harms_nobody_and_the_last_one_ends_the_work(land_once: None) -> None:
    brush = Brush()
    expected = await terrain().tile(0, 0)
    brush.held.clear()
    world = terrain(brush)
    leaving, staying = (asyncio.create_task(world.tile(0, 0)) for _ in range(2))
    while not brush.running:
        await asyncio.sleep(0.01)
    leaving.cancel()
    await asyncio.wait([leaving])
    assert brush.running
    brush.held.set()
    assert np.array_equal(await staying, expected)

    brush.held.clear()
    last = asyncio.create_task(world.tile(9, 9))
    while not brush.running:
        await asyncio.sleep(0.01)
    last.cancel()
    await asyncio.wait([last])
    for _ in range(20):
        await asyncio.sleep(0)
    assert brush.running == 0
    brush.held.set()
    assert np.array_equal(await world.tile(0, 0), expected)


async def test_a_refusal_reaches_who_asked_and_a_full_queue_is_waited_for(land_once: None) -> None:
    brush = Brush()
    world = terrain(brush)
    brush.failures = [GenerationRefused("no such model")]
    with pytest.raises(GenerationRefused, match="no such model"):
        await world.tile(0, 0)
    brush.failures = [QueueFull(3, 0.01)]
    assert np.array_equal(await world.tile(0, 0), await terrain().tile(0, 0))


async def test_a_small_cache_changes_nothing_and_holds(land_once: None) -> None:
    small = least_cache_bytes(Grid(CARD.native_size))
    world = terrain(cache_bytes=small)
    roomy = terrain()
    for x in range(4):
        assert np.array_equal(await world.tile(x, 0), await roomy.tile(x, 0))
        assert world._shared.kept_bytes <= small
    assert roomy._shared.kept_bytes > small
    poor = terrain(cache_bytes=1000)
    await poor.tile(0, 0)
    assert poor._shared.kept_bytes > 1000, "what one tile is made of is always kept"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"seed": -1}, "whole number from 0"),
        ({"seed": 2**64}, "whole number from 0"),
        ({"card": replace(CARD, tasks=frozenset({"text-to-image"}))}, "choose another model"),
    ],
)
def test_what_cannot_be_a_terrain_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        terrain(**wrong)  # type: ignore[arg-type]


async def test_places_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="beyond the end"):
        await terrain().tile(FARTHEST_PX // TILE_PX, 0)
    with pytest.raises(ValueError, match="ask for parts"):
        await terrain().region(0, 0, 0, 5)
    with pytest.raises(ValueError, match="ask for parts"):
        await terrain().region(0, 0, 5000, 5000)


# The land


def test_rivers_run_down_and_grow() -> None:
    nodes = drainage(WORLD, 0, 0, 16384, 16384)
    child = np.flatnonzero(nodes.drains & nodes.known)
    below = nodes.parent[child]
    assert (nodes.height_m[below] < nodes.height_m[child]).all()
    assert nodes.flow.max() > 50
    # Counted over a bounded reach, a river cannot shrink by more than what entered it just out of reach.
    assert (nodes.flow[below] > nodes.flow[child] / 2).mean() > 0.99


def test_a_continent_has_every_kind_of_land() -> None:
    grounds: set[str] = set()
    shares = []
    for seed in (1, 2, 3):
        land = climate(seed, -65536, -65536, 256, 256, 512)
        grounds |= {GROUNDS[number] for number in np.unique(land.ground)}
        shares.append(float((land.ground == GROUNDS.index("sea")).mean()))
    assert grounds >= {"sea", "grass", "forest", "conifers", "jungle", "dunes", "stones", "rock", "snow"}
    assert all(0.25 < share < 0.75 for share in shares)


def test_towns_lie_by_rivers() -> None:
    land = climate(WORLD, 8000, -15000, 512, 512, 8)
    town = land.ground == GROUNDS.index("town")
    assert town.mean() > 0.005
    assert np.median(land.bank_px[town]) < np.median(land.bank_px[land.ground == GROUNDS.index("grass")])


def ground_of(**shares: float) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    parts = [np.full(round(10_000 * share), GROUNDS.index(name), np.uint8) for name, share in shares.items()]
    return np.concatenate(parts)


@pytest.mark.parametrize(
    ("ground", "said"),
    [
        (ground_of(sea=1), "a satellite image of the sea"),
        (ground_of(sea=0.4, rock=0.6), "a satellite image of a rocky coast"),
        (ground_of(sea=0.7, grass=0.3), "a satellite image of green islands in the sea"),
        (ground_of(forest=0.9, river=0.1), "a satellite image of a river through a forest"),
        (ground_of(town=0.8, grass=0.15, river=0.05), "a satellite image of a town by a river"),
        (ground_of(rock=0.6, snow=0.4), "a satellite image of snowy mountains"),
        (ground_of(fields=0.6, forest=0.4), "a satellite image of a patchwork of farm fields and a broadleaf forest"),
        (ground_of(town=0.4, forest=0.6), "a satellite image of an old town and a broadleaf forest"),
        (ground_of(sea=0.4, grass=0.55, river=0.05), "a satellite image of a green coast, a river"),
        (ground_of(dunes=1), "a satellite image of desert dunes"),
    ],
)
def test_a_window_is_called_by_what_lies_in_it(
    ground: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], said: str
) -> None:
    assert prompt(ground) == said


# With the model that ships


@pytest.fixture(scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalEngine]:
    running = local_engine(tmp_path_factory.mktemp("cache"))
    await running.start()
    yield running
    await running.stop()


@pytest.mark.skipif(not any(BUILTIN.glob("*/model.json")), reason="no built-in model in this tree")
async def test_the_real_engine_makes_the_same_tiles_in_any_company(engine: LocalEngine, land_once: None) -> None:
    # Small windows and few steps, so that there are many of them on few tiles.
    card = replace((await engine.models())[0], native_size=128, default_steps=2)
    places = [(13, -8), (14, -8)]
    at_once = Terrain(WORLD, engine, card, Shared(ROOM))
    crowd = await asyncio.gather(*(at_once.tile(*place) for place in places))
    one_by_one = Terrain(WORLD, engine, card, Shared(ROOM))
    alone = {place: await one_by_one.tile(*place) for place in reversed(places)}
    for place, tile in zip(places, crowd, strict=True):
        assert np.array_equal(tile, alone[place]), place
    assert len({digest(tile) for tile in crowd}) == len(places)
    whole = np.concatenate(crowd, axis=1)
    assert seam_ratio(whole, [TILE_PX], []) <= 1.2
    for phase in range(len(PHASES)):
        grid = Grid(card.native_size)
        columns, rows = (borders(grid, phase, x * TILE_PX, count * TILE_PX) for x, count in ((13, 2), (-8, 1)))
        assert seam_ratio(whole, columns, rows) <= 1.2
