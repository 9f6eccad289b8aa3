"""The engine on this machine's processor: against the bare loop that it wraps, and under mixed arrivals against other ways to batch.

    .venv/bin/python -m benchmarks.engine [--seconds 20] [--profile FILE]

Everything that is compared runs in turns, so that other load on the machine meets all alike. FILE gets the step times that were
measured, as `benchmarks.schedule` reads them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import queue
import statistics
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from benchmarks.figures import heading, milliseconds, percentile, verdict
from benchmarks.schedule import BACKLOG, LIVE_GOAL, LOAD, OURS, POLICIES, Policy, Profile, Traffic
from figment.engine.backends import onnx
from figment.engine.backends.minilm import MiniLM
from figment.engine.backends.sessions import usable_cores
from figment.engine.local import LocalEngine
from figment.engine.models import Catalogue, built_in
from figment.engine.prompts import PromptCache
from figment.engine.schedule import Limits
from figment.generation.contract import Finished, ImageRequest, ModelCard, Ticket, Urgency
from tests.engine.simulation import Arrival

CLIENTS = 8
ROUNDS = 3
BARE_GOAL = 0.95
PROMPT = "a blue boat on the sea at sunset"


def request(card: ModelCard, seed: int, steps: int | None = None, guidance: float | None = None) -> ImageRequest:
    side = card.native_size
    guided = card.default_guidance if guidance is None else guidance
    return ImageRequest(card.name, PROMPT, seed, steps or card.default_steps, guided, side, side)


def timed(work: Callable[[], object], times: int = 10) -> float:
    """Median seconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def measured(backend: onnx.OnnxBackend, buckets: Sequence[int]) -> Profile:
    """What a step and a decoding cost, by how many rows run at once."""
    begun = [backend.begin(request(backend.card, seed, steps=1000, guidance=1.0)) for seed in range(max(buckets))]
    return Profile(
        "this processor, built-in model",
        {rows: timed(lambda: backend.denoise(begun[:rows])) for rows in buckets},  # noqa: B023 - run at once
        {rows: timed(lambda: backend.decode(begun[:rows]), 5) for rows in buckets},  # noqa: B023 - run at once
    )


# -- against the bare loop --------------------------------------------------------------------------------------------


def bare(backend: onnx.OnnxBackend, seed: int) -> None:
    row = backend.begin(request(backend.card, seed))
    for _ in range(backend.card.default_steps):
        backend.denoise([row])
    backend.decode([row])


async def through(engine: LocalEngine, asked: ImageRequest, ticket: Ticket) -> None:
    async for update in engine.run(asked, ticket):
        if isinstance(update, Finished):
            return


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


async def against_bare(backend: onnx.OnnxBackend, engine: LocalEngine, seconds: float) -> None:
    card = backend.card

    async def one(seed: int) -> None:
        await through(engine, request(card, seed), Ticket(person=str(seed)))

    async def crowd(seed: int) -> None:
        await asyncio.gather(*(one(seed + n) for n in range(CLIENTS)))

    kinds = {
        "bare loop": Kind(lambda seed: asyncio.to_thread(bare, backend, seed)),
        "engine": Kind(one),
        f"engine, {CLIENTS} at once": Kind(crowd, CLIENTS),
    }
    until, seed = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        seed += CLIENTS
        for kind in kinds.values():
            await kind.turn(seed)
    for name, kind in kinds.items():
        print(f"   {name:20} {milliseconds(kind.wall_s)}   processor {statistics.median(kind.cpu_s) * 1e3:6.1f} ms")
    alone, *ours = (statistics.median(kind.wall_s) for kind in kinds.values())
    for name, wall in zip(("one after the other", f"{CLIENTS} at once"), ours, strict=True):
        verdict(f"images/s over bare, {name}", alone / wall, BARE_GOAL, at_most=False)


# -- mixed arrivals ---------------------------------------------------------------------------------------------------


def by_policy(policy: Policy, profile: Profile, backend: onnx.OnnxBackend, arrivals: Sequence[Arrival]) -> list[float]:
    """Latency of each request, made in whole batches as the policy says, in real time."""
    coming: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
    began = time.perf_counter()

    def arrive() -> None:
        for one in arrivals:
            time.sleep(max(0.0, began + one.at - time.perf_counter()))
            coming.put(one)

    arriving = threading.Thread(target=arrive)
    arriving.start()
    waiting: list[Arrival] = []
    took: list[float] = []
    while len(took) < len(arrivals):
        while not coming.empty() or not waiting:
            waiting.append(coming.get())
        waiting.sort(key=lambda one: (one.urgency, one.at, one.id))
        run = policy(profile, waiting, time.perf_counter() - began)
        if not run.requests:
            time.sleep(min(run.seconds, 0.005))
            continue
        _make(backend, run.requests)
        took += [time.perf_counter() - began - one.at for one in run.requests]
        waiting = [one for one in waiting if one not in run.requests]
    arriving.join()
    return took


def _make(backend: onnx.OnnxBackend, requests: Sequence[Arrival]) -> None:
    steps = max(one.steps for one in requests)
    rows = [backend.begin(request(backend.card, one.id, steps, guidance=1.0)) for one in requests]
    for _ in range(steps):
        backend.denoise(rows)
    backend.decode(rows)


async def by_engine(engine: LocalEngine, card: ModelCard, arrivals: Sequence[Arrival]) -> list[float]:
    """Latency of each request through the engine, in real time."""
    began = time.perf_counter()

    async def one(arrival: Arrival) -> float:
        await asyncio.sleep(began + arrival.at - time.perf_counter())
        asked = request(card, arrival.id, arrival.steps, guidance=1.0)
        await through(engine, asked, Ticket(arrival.urgency, arrival.person, previews=False))
        return time.perf_counter() - began - arrival.at

    return await asyncio.gather(*map(one, arrivals))


async def mixed(profile: Profile, backend: onnx.OnnxBackend, engine: LocalEngine, seconds: float) -> None:
    traffic = Traffic(range(1, 9), 1.0)
    alone = statistics.mean(profile.alone_s(Arrival(0, 0, steps=n)) for n in traffic.steps)
    traffic = replace(traffic, rate=LOAD / alone)
    took: dict[str, list[float]] = {name: [] for name in (*POLICIES, OURS)}
    spent = dict.fromkeys(took, 0.0)
    for number in range(ROUNDS):
        arrivals = traffic.arrivals(seconds / ROUNDS, seed=number)
        for name in took:
            began = time.perf_counter()
            if name == OURS:
                took[name] += await by_engine(engine, backend.card, arrivals)
            else:
                took[name] += await asyncio.to_thread(by_policy, POLICIES[name], profile, backend, arrivals)
            spent[name] += time.perf_counter() - began
    a_second = {name: len(latencies) / spent[name] for name, latencies in took.items()}
    for name, latencies in took.items():
        print(f"   {name:22} {milliseconds(latencies)}   images/s {a_second[name]:6.2f}")
    p95 = {name: percentile(latencies, 0.95) for name, latencies in took.items()}
    verdict("p95 over the best of the others", p95[OURS] / min(p95[name] for name in POLICIES), 1.0, at_most=True)
    best = max(a_second[name] for name in POLICIES)
    verdict("images/s over the best of the others", a_second[OURS] / best, 0.97, at_most=False)


async def live(engine: LocalEngine, card: ModelCard, seconds: float, frames_a_second: float = 5) -> None:
    """Live frames of one step, alone and while a hundred studio images wait."""
    took: dict[str, list[float]] = {"alone": [], "beside the backlog": []}
    for number in range(ROUNDS):
        frames = Traffic((1,), frames_a_second, urgency=Urgency.LIVE).arrivals(seconds / ROUNDS, seed=number)
        took["alone"] += await by_engine(engine, card, frames)
        feed = [
            asyncio.create_task(through(engine, request(card, n, card.max_steps, 1.0), Ticket(person=f"p{n}")))
            for n in range(BACKLOG)
        ]
        await asyncio.sleep(1)
        took["beside the backlog"] += await by_engine(engine, card, frames)
        waiting = sum(not task.done() for task in feed)
        for task in feed:
            task.cancel()
        await asyncio.gather(*feed, return_exceptions=True)
        print(f"   round {number + 1}: {waiting} of {BACKLOG} still wait at its end")
    for name, latencies in took.items():
        print(f"   {name:22} {milliseconds(latencies)}")
    alone, beside = (percentile(latencies, 0.95) for latencies in took.values())
    verdict("live p95 beside a backlog over alone", beside / alone, LIVE_GOAL, at_most=True)


async def main(seconds: float, file: Path | None) -> None:
    with tempfile.TemporaryDirectory() as cache:
        text = MiniLM(Path(cache), threads=1)
    catalogue, limits = Catalogue(), Limits()
    backend = onnx.load(built_in(), PromptCache(lambda: text), usable_cores())
    backend.warm_up()
    engine = LocalEngine(catalogue, lambda _model: backend, limits)
    await engine.start()
    heading(f"{backend.card.name}: milliseconds of one call, by rows")
    profile = measured(backend, limits.buckets)
    for name, table in (("step", profile.denoise_s), ("decode", profile.decode_s)):
        print(f"   {name:8}" + "".join(f"{rows:>4}: {took * 1e3:6.1f}" for rows, took in table.items()))
    if file is not None:
        kept = {"name": profile.name, "denoise_s": profile.denoise_s, "decode_s": profile.decode_s}
        file.write_text(json.dumps(kept, indent=2))
    heading("one picture of the default steps and guidance, against the bare loop")
    await against_bare(backend, engine, seconds)
    heading(f"1 to 8 steps at {LOAD:.0%} of what one at a time can do, in real time")
    await mixed(profile, backend, engine, seconds)
    heading("live frames beside a backlog")
    await live(engine, backend.card, seconds)
    print(f"   {psutil.Process().memory_info().rss / 1e6:.0f} MB resident")
    await engine.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="for each comparison and way")
    parser.add_argument("--profile", type=Path, help="where to write the measured step times")
    chosen = parser.parse_args()
    asyncio.run(main(chosen.seconds, chosen.profile))
