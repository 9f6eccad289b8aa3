"""Atlas's exports of 16,384 × 16,384 pixels: seconds, and how much memory the server takes for them.

.venv/bin/python -m benchmarks.atlas_export [--side 16384]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import psutil
from PIL import Image

from benchmarks.figures import heading, milliseconds, verdict
from figment.core.database import Database
from figment.core.postgres import running_url
from figment.core.storage import Storage
from figment.features.atlas import store
from figment.features.atlas.rules.painting import Pixels
from figment.features.atlas.rules.tiles import TILE, Place
from figment.features.atlas.service.files import TileFiles
from tests.processes import served

WORLD = "/api/atlas/worlds/commons"
GOAL_MIB = 1024
_TEXTURE = 4096
_OCTAVES = 8


def texture(seed: int) -> Pixels:
    """(4096, 4096, 4): something like land: fractal noise in three colours, with grain."""
    random = np.random.default_rng(seed)
    found = np.zeros((_TEXTURE, _TEXTURE, 3))
    for octave in range(_OCTAVES):
        coarse = random.integers(0, 256, (4 << octave, 4 << octave, 3), np.uint8)
        found += np.asarray(Image.fromarray(coarse).resize((_TEXTURE, _TEXTURE), Image.Resampling.BICUBIC)) / 2**octave
    grained = found / 2 + random.normal(0, 3, found.shape)
    return np.dstack([np.clip(grained, 0, 255).astype(np.uint8), np.full(found.shape[:2], 255, np.uint8)])


async def seed(data: Path, url: str, tiles: int) -> None:
    """A square of tiles, each with pixels of its own."""
    files = TileFiles(Storage.from_url(str(data / "blobs"), b"x" * 32, ""))
    land, random = texture(1), np.random.default_rng(2)
    named: dict[Place, str | None] = {}
    for y in range(tiles):
        for x in range(tiles):
            left, top = random.integers(0, _TEXTURE - TILE, 2)
            named[Place(x, y)] = await files.put(land[top : top + TILE, left : left + TILE])
    async with Database(url, 4) as database, database.transaction() as connection:
        world = await store.world_id(connection, "commons")
        assert world is not None
        await store.set_tiles(connection, world, await store.next_commit(connection, world), named)


@dataclass
class Watched:
    """What was seen of a server while something went on: resident bytes, and seconds that a small request took."""

    resident: list[int] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)


@contextmanager
def watching(pid: int, address: str) -> Iterator[Watched]:
    seen, ended = Watched(), threading.Event()
    process = psutil.Process(pid)

    def look() -> None:
        while not ended.wait(0.02):
            seen.resident.append(process.memory_info().rss)

    def ask() -> None:
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
            while True:
                begun = time.perf_counter()
                client.get(f"{WORLD}/tiles/0/0/0")
                seen.answers.append(time.perf_counter() - begun)
                if ended.wait(0.25):
                    return

    threads = [threading.Thread(target=look), threading.Thread(target=ask)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def export(name: str, address: str, pid: int, path: str) -> None:
    before = psutil.Process(pid).memory_info().rss
    begun, size, first = time.perf_counter(), 0, 0.0
    with (
        watching(pid, address) as seen,
        httpx.stream("GET", f"{address}{path}", trust_env=False, timeout=900) as answer,
    ):
        answer.raise_for_status()
        for piece in answer.iter_raw():
            first = first or time.perf_counter() - begun
            size += len(piece)
    took = time.perf_counter() - begun
    peak = max(seen.resident)
    print(f"   {name}: {took:.1f} s, first byte after {first:.1f} s, {size / 2**20:.0f} MiB")
    print(f"      a tile meanwhile: {milliseconds(seen.answers)}, worst {1e3 * max(seen.answers):.0f}")
    print(f"      resident before {before / 2**20:.0f} MiB, median {statistics.median(seen.resident) / 2**20:.0f} MiB")
    verdict(f"peak resident memory of {name}", peak / 2**20, GOAL_MIB, at_most=True, unit=" MiB")
    verdict(f"of it more than before, {name}", (peak - before) / 2**20, GOAL_MIB, at_most=True, unit=" MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=16_384, help="pixels a side, a multiple of 512")
    side = parser.parse_args().side
    heading(f"Exports of {side} × {side} pixels of an Atlas world")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        off = dict.fromkeys(("limit_map_exports", "limit_requests"), "off")
        with served(data, **off, log_level="warning") as server:
            url = running_url(data / "postgres")
            assert url is not None
            asyncio.run(seed(data, url, side // TILE))
            pid, address = server.process.pid, server.address
            # What the server loads at its first picture is not this picture's.
            httpx.get(f"{address}{WORLD}/export?bbox=0,0,1024,1024", trust_env=False).raise_for_status()
            for form in ("png", "geotiff"):
                export(form, address, pid, f"{WORLD}/export?bbox=0,0,{side},{side}&format={form}")
            export("pmtiles, nothing looked at before", address, pid, f"{WORLD}/export.pmtiles")
            export("pmtiles, once more", address, pid, f"{WORLD}/export.pmtiles")


if __name__ == "__main__":
    main()
