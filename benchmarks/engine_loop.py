"""The engine against the bare loop that it wraps, and what each part of a picture costs.

    .venv/bin/python -m benchmarks.engine_loop [--seconds 20]

Bare and engine run in turns, so that other load on the machine meets both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import psutil

from figment.engine.backends import onnx
from figment.engine.backends.minilm import MiniLM
from figment.engine.backends.sessions import usable_cores
from figment.engine.local import LocalEngine
from figment.engine.models import Catalogue, built_in
from figment.engine.prompts import PromptCache
from figment.generation.contract import Finished, ImageRequest, ModelCard, Ticket

CLIENTS = 8


def request(card: ModelCard, seed: int, guidance: float | None = None) -> ImageRequest:
    guided = card.default_guidance if guidance is None else guidance
    side = card.native_size
    return ImageRequest(card.name, "a blue boat on the sea at sunset", seed, card.default_steps, guided, side, side)


def bare(backend: onnx.OnnxBackend, seed: int) -> None:
    row = backend.begin(request(backend.card, seed))
    for _ in range(backend.card.default_steps):
        backend.denoise([row])
    backend.decode([row])


async def through(engine: LocalEngine, card: ModelCard, seed: int, previews: bool) -> None:
    async for update in engine.run(request(card, seed), Ticket(person=str(seed), previews=previews)):
        if isinstance(update, Finished):
            return


async def crowd(engine: LocalEngine, card: ModelCard, seed: int) -> None:
    await asyncio.gather(*(through(engine, card, seed + n, True) for n in range(CLIENTS)))


def best_and_median(times: list[float]) -> str:
    return f"best {min(times) * 1e3:7.1f} ms   median {statistics.median(times) * 1e3:7.1f} ms"


def timed(work: Callable[[], object], times: int = 10) -> str:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return best_and_median(took)


def parts(backend: onnx.OnnxBackend, text: MiniLM) -> None:
    print("step, by network rows")
    for rows in (1, 2, 3, 4, 6, 8):
        begun = [backend.begin(request(backend.card, seed, guidance=1.0)) for seed in range(rows)]
        print(f"  {rows}: {timed(partial(backend._velocities, begun))}")
    for pictures in (1, 4):
        print(f"decode {pictures}: {timed(partial(backend.decode, begun[:pictures]))}")
    image = np.zeros((backend.card.native_size,) * 2 + (3,), np.uint8)
    print(f"encode image: {timed(lambda: backend.encode_image(image))}")
    print(f"encode text: {timed(lambda: text.token_states(['a blue boat on the sea at sunset']))}")
    print(f"preview: {timed(backend.preview(begun[0]))}")


@dataclass
class Kind:
    """One way to make pictures: wall and processor seconds of each picture."""

    make: Callable[[int], Awaitable[None]]
    pictures: int = 1
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    async def turn(self, seed: int) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        await self.make(seed)
        self.wall_s.append((time.perf_counter() - wall) / self.pictures)
        self.cpu_s.append((time.process_time() - cpu) / self.pictures)


async def compare(backend: onnx.OnnxBackend, engine: LocalEngine, seconds: float) -> None:
    card = backend.card
    kinds = {
        "bare loop": Kind(lambda seed: asyncio.to_thread(bare, backend, seed)),
        "engine": Kind(lambda seed: through(engine, card, seed, True)),
        "engine, no previews": Kind(lambda seed: through(engine, card, seed, False)),
        f"engine, {CLIENTS} at once": Kind(lambda seed: crowd(engine, card, seed), CLIENTS),
    }
    until, seed = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        seed += CLIENTS
        for kind in kinds.values():
            await kind.turn(seed)
    print("\none picture")
    for name, kind in kinds.items():
        processor = statistics.median(kind.cpu_s) * 1e3
        print(f"  {name:22} {best_and_median(kind.wall_s)}   processor {processor:6.1f} ms")


async def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as cache:
        text = MiniLM(Path(cache), threads=1)
    prompts, cores = PromptCache(lambda: text), usable_cores()
    catalogue = Catalogue()
    model = built_in()
    began = time.perf_counter()
    backend = onnx.load(model, prompts, cores)
    opened = time.perf_counter() - began
    backend.warm_up()
    print(
        f"{model.manifest.name}, {cores} cores, load {psutil.getloadavg()[0]:.1f}: open {opened:.2f} s, first run {time.perf_counter() - began - opened:.2f} s"
    )
    parts(backend, text)
    engine = LocalEngine(catalogue, lambda _model: backend)
    await engine.start()
    await compare(backend, engine, seconds)
    print(f"  {engine.stats().step_s}\n  {psutil.Process().memory_info().rss / 1e6:.0f} MB resident")
    await engine.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    asyncio.run(main(parser.parse_args().seconds))
