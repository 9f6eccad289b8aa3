"""Auto-terrain with the built-in model: time of a tile near and far, memory of a long walk, seams, order; and pictures to look at.

.venv/bin/python -m benchmarks.terrain [--side 5] [--only speed order]     all figures, some minutes
.venv/bin/python -m benchmarks.terrain --sheet sheet.png --far-view far.png [--seed 7] [--at 3 -27] [--tiles 8]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import psutil
from PIL import Image

from benchmarks.figures import heading, milliseconds, verdict
from figment.engine.local import LocalEngine, local_engine
from figment.features.atlas.jobs.terrain import Shared, Terrain, least_cache_bytes
from figment.features.atlas.rules.terrain import PHASES, TILE_PX, Grid, Pixels, Rectangle, coarse_view, tile_view
from figment.features.atlas.service.files import encoded_view
from figment.generation.contract import Finished, ImageRequest, ModelCard, Opening, Ticket, Update

SEED = 7
FAR = 3 * 10**9
"""A multiple of 3, so that tiles lie on the windows' grid as they do at the origin."""
CACHE_BYTES = 128 * 2**20
NEARBY = tuple(range(3, 13))
LEVEL = 1.0
"""One step of 255, added above and below: what is flatter than that, as open sea, nobody sees."""
LOOKED_AT = ((3, -25), (9, -27), (-20, 10))
"""A coast with a lake, a range, and a dry land of seed 7: the corner tiles of what seams are measured on."""


class Unpainted:
    """An `ImageWorker` that gives back what it is given: what is left is the terrain's own work."""

    def __init__(self, card: ModelCard) -> None:
        self._card = card

    async def models(self) -> Sequence[ModelCard]:
        return [self._card]

    async def open(self, name: str) -> AsyncGenerator[Opening | ModelCard, None]:
        yield self._card

    async def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Update, None]:
        assert request.init_image is not None
        yield Finished(request.init_image.copy(), 0.0)


def seam_ratio(picture: Pixels, columns: Iterable[int], rows: Iterable[int]) -> float:
    """The gradient across borders over the gradient nearby, 1 where there is nothing to see.

    `columns`, `rows`: the first column right of each upright border, the first row below each level one. Nearby: `NEARBY` pixels to either side.
    """
    across, nearby = 0.0, 0.0
    for lines, axis in ((columns, 1), (rows, 0)):
        gradient = np.abs(np.diff(picture.astype(np.float64), axis=axis)).mean(axis=(1 - axis, 2))
        for line in lines:
            beside = [line - 1 + sign * away for away in NEARBY for sign in (-1, 1)]
            if min(beside) >= 0 and max(beside) < len(gradient):
                across += float(gradient[line - 1]) + LEVEL
                nearby += float(gradient[beside].mean()) + LEVEL
    return across / nearby


def borders(grid: Grid, phase: int, start: int, length: int) -> list[int]:
    """Where windows of a phase begin and end, in pixels from `start`."""
    area = Rectangle(start, start, length, length)
    places = [grid.place(window) for window in grid.covering(phase, area)]
    return sorted({edge - start for place in places for edge in (place.x, place.x + place.width)})


async def speed(engine: LocalEngine, card: ModelCard, pairs: int) -> None:
    """Cold tiles, near and far in turn, each with neighbours that nobody has seen. Compared by the processor's time, which others on this
    machine change less than they do the clock's."""
    spent: dict[int, list[float]] = {0: [], FAR: []}
    worked: dict[int, list[float]] = {0: [], FAR: []}
    for k in range(pairs + 1):
        for far, times in spent.items():
            world = Terrain(SEED, engine, card, Shared(CACHE_BYTES))
            begun, began = time.perf_counter(), time.process_time()
            await world.tile(far + 3 * k, -far)
            times.append(time.perf_counter() - begun)
            worked[far].append(time.process_time() - began)
    for name, far in (("at 0", 0), ("at 3 x 10^9", FAR)):
        print(f"   a cold tile {name}: {milliseconds(spent[far][1:])}; processor {milliseconds(worked[far][1:])}")
    ratio = statistics.median(b / a for a, b in zip(worked[0][1:], worked[FAR][1:], strict=True))
    verdict("far over near, median of pairs", ratio, 1.15, at_most=True)


async def walk(engine: LocalEngine, card: ModelCard, tiles: int) -> None:
    """Tiles side by side, as a pan shows them."""
    world = Terrain(SEED, engine, card, Shared(CACHE_BYTES))
    spent = []
    for x in range(tiles + 2):
        begun = time.perf_counter()
        await world.tile(FAR + x, 0)
        spent.append(time.perf_counter() - begun)
    print(f"   the next tile of a walk: {milliseconds(spent[2:])}")


async def views() -> None:
    """Sketches, as a server answers with them before anything is painted: drawn, and made into WebP."""
    for z in (0, -1, -3, -5, -8, -12):
        spent = []
        for k in range(6):
            begun = time.perf_counter()
            tile = tile_view(SEED, z, k, -1)
            encoded_view(np.concatenate([tile, np.full((*tile.shape[:2], 1), 255, np.uint8)], axis=2))
            spent.append(time.perf_counter() - begun)
        print(f"   the sketch of a tile of zoom {z}: {milliseconds(spent)}")


async def memory(card: ModelCard, tiles: int) -> None:
    """Resident memory after a quarter of a long walk and at its end; the model's own does not count here."""
    world = Terrain(SEED, Unpainted(card), card, Shared(least_cache_bytes(Grid(card.native_size))))
    resident = []
    for x in range(tiles):
        await world.tile(x - FAR, 5)
        resident.append(psutil.Process().memory_info().rss / 2**20)
    quarter = max(resident[: tiles // 4])
    print(f"   resident after {tiles // 4} tiles {quarter:.0f} MiB, after {tiles} at most {max(resident):.0f} MiB")
    verdict("growth over the rest of the walk", max(resident) - quarter, 24, at_most=True, unit=" MiB")


async def seams(engine: LocalEngine, card: ModelCard) -> None:
    """Of two by two tiles at each place, the borders of tiles and of every phase's windows."""
    grid, side = Grid(card.native_size), 2 * TILE_PX
    ratios: dict[str, list[float]] = {}
    for x, y in LOOKED_AT:
        world = Terrain(SEED, engine, card, Shared(CACHE_BYTES))
        picture = await world.region(x * TILE_PX, y * TILE_PX, side, side)
        for phase in range(len(PHASES)):
            columns, rows = (borders(grid, phase, start * TILE_PX, side) for start in (x, y))
            ratios.setdefault(f"phase {phase}", []).append(seam_ratio(picture, columns, rows))
        ratios.setdefault("tiles", []).append(seam_ratio(picture, [TILE_PX], [TILE_PX]))
    for name, found in ratios.items():
        verdict(f"seam at the borders of {name}", statistics.mean(found), 1.2, at_most=True)
        print(f"      at each of {len(found)} places: {', '.join(f'{ratio:.2f}' for ratio in found)}")


async def visited(engine: LocalEngine, card: ModelCard, seed: int, side: int) -> str:
    """What a square of tiles is, told by its SHA-256, when it is visited from cold caches in the order that a seed gives."""
    places = [(x, y) for y in range(side) for x in range(side)]
    world = Terrain(SEED, engine, card, Shared(CACHE_BYTES))
    tiles = {place: await world.tile(*place) for place in random.Random(seed).sample(places, len(places))}
    return hashlib.sha256(b"".join(tiles[place].tobytes() for place in places)).hexdigest()


async def order(engine: LocalEngine, card: ModelCard, side: int) -> None:
    """A square of tiles in one order here and, at the same time, in two others in a process of its own."""
    asked = ["--visit", "1", "2", "--side", str(side)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.terrain", *asked, stdout=asyncio.subprocess.PIPE
    )
    here = await visited(engine, card, 0, side)
    output, _ = await process.communicate()
    seen = [here, *output.decode().split()]
    print(
        f"      SHA-256 of the {side} x {side} tiles, from cold caches, the first here, the others in another process:"
    )
    for digest in seen:
        print(f"      {digest}")
    verdict("orders that are missing", 3 - len(seen), 0, at_most=True)
    verdict("different results in 3 orders", len(set(seen)), 1, at_most=True)


async def sheet(engine: LocalEngine, card: ModelCard, seed: int, at: tuple[int, int], tiles: int, path: Path) -> None:
    world = Terrain(seed, engine, card, Shared(CACHE_BYTES))
    picture = np.empty((tiles * TILE_PX, tiles * TILE_PX, 3), np.uint8)
    for j in range(tiles):
        for i in range(tiles):
            picture[j * TILE_PX : (j + 1) * TILE_PX, i * TILE_PX : (i + 1) * TILE_PX] = await world.tile(
                at[0] + i, at[1] + j
            )
    Image.fromarray(picture).save(path)


def far_view(seed: int, at: tuple[int, int], tiles: int, path: Path) -> None:
    """Zoom -5 around the sheet: 1024 samples of 32 pixels each way."""
    x, y = (round((part + tiles / 2) * TILE_PX) - 512 * 32 for part in at)
    Image.fromarray(coarse_view(seed, x, y, 1024, 1024, 32)).save(path)


PARTS: Mapping[str, Callable[[LocalEngine, ModelCard, int], Awaitable[None]]] = MappingProxyType(
    {
        "memory": lambda _, card, __: memory(card, 32),
        "views": lambda _, __, ___: views(),
        "speed": lambda engine, card, _: speed(engine, card, 5),
        "walk": lambda engine, card, _: walk(engine, card, 6),
        "seams": lambda engine, card, _: seams(engine, card),
        "order": order,
    }
)


async def run(asked: argparse.Namespace) -> None:
    at = (asked.at[0], asked.at[1])
    if asked.far_view:
        far_view(asked.seed, at, asked.tiles, asked.far_view)
    with tempfile.TemporaryDirectory() as cache:
        engine = local_engine(Path(cache))
        await engine.start()
        try:
            card = (await engine.models())[0]
            if asked.sheet:
                await sheet(engine, card, asked.seed, at, asked.tiles, asked.sheet)
            for order_seed in asked.visit:
                print(await visited(engine, card, order_seed, asked.side))
            if not (asked.sheet or asked.far_view or asked.visit):
                heading(f"Auto-terrain with {card.title}, {card.default_steps} steps")
                for part in asked.only:
                    await PARTS[part](engine, card, asked.side)
        finally:
            await engine.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheet", type=Path, help="write this picture of tiles instead of measuring")
    parser.add_argument("--far-view", type=Path, help="write this picture of zoom -5")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--at", type=int, nargs=2, default=LOOKED_AT[0], metavar=("X", "Y"), help="the upper left tile")
    parser.add_argument("--tiles", type=int, default=8)
    parser.add_argument(
        "--side", type=int, default=3, help="tiles on a side of the square that is visited in three orders"
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="only these figures")
    parser.add_argument(
        "--visit", type=int, nargs="+", default=[], metavar="SEED", help="only visit it in these orders"
    )
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
