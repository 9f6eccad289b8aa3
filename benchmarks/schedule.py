"""The schedule against the ways in which others batch, on devices that exist only as step times.

    .venv/bin/python -m benchmarks.schedule [--seconds 60] [--profile FILE]

The same arrivals go through four policies:

- one at a time: the oldest request, alone, to its end;
- static batches: requests of one kind wait for each other until a batch is full, or the oldest has waited long enough;
- dynamic batches: whenever the device is free, the oldest request and all of its kind that wait, to their end (what Ray Serve's
  and Triton's batching do), in two forms: of equal steps only, or of any steps, each row as long as the longest;
- Figment's: `figment.engine.schedule`, which decides anew at every step.

The others run a more urgent class first, as ours does, and may use every batch size that ours may. All decode at the end.
FILE holds measured step times: {"name", "denoise_s": {"1": …, "2": …}, "decode_s": {…}} by bucket of network rows.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.figures import heading, percentile, verdict
from figment.engine.costs import Phase
from figment.engine.schedule import Batch, Limits
from figment.generation.contract import Urgency
from tests.engine.simulation import Arrival, Simulation

LOAD = 0.8
WORTH_GOAL = 2.0
LIVE_GOAL = 1.5
BACKLOG = 100
PATIENCE_STEPS = 4
"""How long a static batch waits for company: so many steps of a full one."""


@dataclass(frozen=True)
class Profile:
    """Seconds of one call by bucket of network rows (denoise) and pictures (decode)."""

    name: str
    denoise_s: dict[int, float]
    decode_s: dict[int, float]

    @property
    def buckets(self) -> tuple[int, ...]:
        return tuple(sorted(self.denoise_s))

    @property
    def limits(self) -> Limits:
        # Room for all that a test of a load which the device can bear brings; what is sent away beyond it counts as never done.
        return Limits(max_rows=2048, buckets=self.buckets)

    def call_s(self, phase: Phase, rows: int) -> float:
        table = self.denoise_s if phase is Phase.DENOISE else self.decode_s
        return table[next(bucket for bucket in sorted(table) if bucket >= rows)]

    def alone_s(self, request: Arrival) -> float:
        """One request with the device to itself."""
        return request.steps * self.call_s(Phase.DENOISE, request.network_rows) + self.call_s(Phase.DECODE, 1)

    @classmethod
    def read(cls, file: Path) -> Profile:
        kept = json.loads(file.read_text())
        denoise, decode = ({int(b): s for b, s in kept[key].items()} for key in ("denoise_s", "decode_s"))
        return cls(kept["name"], denoise, decode)


# The built-in model on two cores: `benchmarks.engine`, 2026-11-21 (docs/measurements).
PROCESSOR = Profile(
    "two cores, built-in model (measured)",
    {1: 0.0115, 2: 0.0194, 4: 0.0347, 8: 0.0754},
    {1: 0.019, 2: 0.038, 4: 0.076, 8: 0.152},
)


def modelled_card(flops_s: float = 400e12, floor_s: float = 0.006) -> Profile:
    """A graphics card that SD-Turbo's UNet at 512² (804 GFLOP a row and step; TAESD's decoder 141) fills from about four rows on.

    Not measured: `floor_s` is what a step takes however small, `flops_s` what the card computes a second when it is full.
    `benchmarks.gpu` writes a measured profile.
    """

    def seconds(flop: float, rows: int) -> float:
        return math.hypot(floor_s, rows * flop / flops_s)

    buckets = (1, 2, 4, 8, 16, 32)
    return Profile(
        "a graphics card, SD-Turbo at 512² (modelled)",
        {rows: seconds(804e9, rows) for rows in buckets},
        {rows: seconds(141e9, rows) / 2 for rows in buckets},
    )


@dataclass(frozen=True)
class Run:
    """What a policy does with a free device: these requests, all done after `seconds`. No requests: look again by then."""

    requests: Sequence[Arrival]
    seconds: float


Policy = Callable[[Profile, Sequence[Arrival], float], Run]
"""Called whenever the device is free, with the requests that wait, the most urgent and oldest first, and the time."""


def one_at_a_time(profile: Profile, waiting: Sequence[Arrival], now: float) -> Run:
    return _together(profile, waiting[:1])


def dynamic(profile: Profile, waiting: Sequence[Arrival], now: float, *, padded: bool) -> Run:
    return _together(profile, _company(profile, waiting, padded))


def static(profile: Profile, waiting: Sequence[Arrival], now: float) -> Run:
    patience_s = PATIENCE_STEPS * profile.denoise_s[profile.buckets[-1]]
    for first in waiting:
        company = _company(profile, [first, *(one for one in waiting if one is not first)], padded=False)
        full = sum(one.network_rows for one in company) + first.network_rows > profile.buckets[-1]
        if full or now >= first.at + patience_s:
            return _together(profile, company)
    return Run((), max(1e-6, min(one.at for one in waiting) + patience_s - now))


def _company(profile: Profile, waiting: Sequence[Arrival], padded: bool) -> list[Arrival]:
    """The first and all that can be made in one call of a pipeline with it, as far as the largest batch holds them."""
    first, room, found = waiting[0], profile.buckets[-1], []
    for one in waiting:
        alike = one.shape == first.shape and one.network_rows == first.network_rows and one.urgency == first.urgency
        if alike and (padded or one.steps == first.steps) and one.network_rows <= room:
            found.append(one)
            room -= one.network_rows
    return found


def _together(profile: Profile, requests: Sequence[Arrival]) -> Run:
    steps = max(one.steps for one in requests)
    denoise = profile.call_s(Phase.DENOISE, sum(one.network_rows for one in requests))
    return Run(requests, steps * denoise + profile.call_s(Phase.DECODE, len(requests)))


def served(policy: Policy, profile: Profile, arrivals: Iterable[Arrival]) -> dict[int, float]:
    """When each request is done."""
    coming, now = sorted(arrivals), 0.0
    waiting: list[Arrival] = []
    done: dict[int, float] = {}
    while coming or waiting:
        while coming and coming[0].at <= now:
            waiting.append(coming.pop(0))
        if not waiting:
            now = coming[0].at
            continue
        waiting.sort(key=lambda one: (one.urgency, one.at, one.id))
        run = policy(profile, waiting, now)
        # A device that waits for company looks again when somebody comes.
        idle_until = min(now + run.seconds, coming[0].at if coming else math.inf)
        now = now + run.seconds if run.requests else idle_until
        done |= {one.id: now for one in run.requests}
        waiting = [one for one in waiting if one.id not in done]
    return done


def ours(profile: Profile, arrivals: Iterable[Arrival]) -> dict[int, float]:
    def cost(batch: Batch) -> float:
        return profile.call_s(batch.lane.phase, batch.network_rows)

    run = Simulation(profile.limits, cost).run(arrivals)
    return run.done | dict.fromkeys(run.refused, math.inf)


Way = Callable[[Profile, Iterable[Arrival]], dict[int, float]]
OURS = "Figment's"
POLICIES: dict[str, Policy] = {
    "one at a time": one_at_a_time,
    "static batches": static,
    "dynamic, equal steps": partial(dynamic, padded=False),
    "dynamic, any steps": partial(dynamic, padded=True),
}
WAYS: dict[str, Way] = {**{name: partial(served, policy) for name, policy in POLICIES.items()}, OURS: ours}


@dataclass(frozen=True)
class Traffic:
    """Requests at random: `burst` of them at once, `rate` a second in the mean, each of one of these steps."""

    steps: Sequence[int]
    rate: float
    burst: int = 1
    network_rows: int = 1
    urgency: Urgency = Urgency.STUDIO

    def arrivals(self, seconds: float, seed: int = 1) -> list[Arrival]:
        draw, at = random.Random(seed), 0.0
        made: list[Arrival] = []
        while (at := at + draw.expovariate(self.rate / self.burst)) < seconds:
            for _ in range(self.burst):
                steps = draw.choice(self.steps)
                made.append(Arrival(at, len(made), self.urgency, f"p{len(made)}", steps, self.network_rows))
        return made


def latencies(arrivals: Sequence[Arrival], done: dict[int, float]) -> list[float]:
    return [done[one.id] - one.at for one in arrivals]


def at_load(profile: Profile, traffic: Traffic, seconds: float) -> None:
    """The same arrivals through every policy, at `LOAD` of what one at a time can do."""
    alone = statistics.mean(profile.alone_s(Arrival(0, 0, steps=n)) for n in traffic.steps)
    traffic = replace(traffic, rate=LOAD / alone)
    arrivals = traffic.arrivals(seconds)
    print(f"   {len(arrivals)} requests of {min(traffic.steps)} to {max(traffic.steps)} steps, {traffic.burst} at once")
    p95, a_second = {}, {}
    for name, way in WAYS.items():
        done = way(profile, arrivals)
        took = latencies(arrivals, done)
        p95[name], a_second[name] = percentile(took, 0.95), len(done) / max(done.values())
        print(
            f"   {name:22} median {statistics.median(took) * 1e3:8.1f}   p95 {p95[name] * 1e3:8.1f} ms"
            f"   images/s {a_second[name]:7.2f}"
        )
    verdict("p95 over the best of the others", p95[OURS] / min(p95[name] for name in POLICIES), 1.0, at_most=True)
    verdict("images/s over the best", a_second[OURS] / max(a_second[name] for name in POLICIES), 0.99, at_most=False)


Bound = Callable[[Profile, Traffic, Sequence[Arrival], dict[int, float]], float]
"""How long things took, as a multiple of what they may take at most."""


def longest_kind(times: float) -> Bound:
    """The p95 of all requests, against some times what the longest kind takes alone."""

    def stretched(profile: Profile, traffic: Traffic, requests: Sequence[Arrival], done: dict[int, float]) -> float:
        alone = profile.alone_s(Arrival(0, 0, steps=max(traffic.steps)))
        return percentile(latencies(requests, done), 0.95) / (times * alone)

    return stretched


def every_kind(times: float) -> Bound:
    """The p95 of each kind, against some times what that kind takes alone: the worst of them."""

    def stretched(profile: Profile, traffic: Traffic, requests: Sequence[Arrival], done: dict[int, float]) -> float:
        kinds = ([one for one in requests if one.steps == steps] for steps in traffic.steps)
        return max(
            percentile(latencies(kind, done), 0.95) / (times * profile.alone_s(kind[0])) for kind in kinds if kind
        )

    return stretched


def most_within(way: Way, profile: Profile, traffic: Traffic, bound: Bound, seconds: float) -> float:
    """The highest rate of requests that stays within the bound, to one part in a hundred."""
    fullest = profile.buckets[-1] / profile.denoise_s[profile.buckets[-1]]
    low, high = 0.0, 1.2 * fullest / statistics.mean(traffic.steps)
    while high - low > 0.01 * high and high > 1:
        rate = (low + high) / 2
        arrivals = replace(traffic, rate=rate).arrivals(seconds)
        # A queue that grows without end shows in its second half, however short the run.
        late = arrivals[len(arrivals) // 2 :]
        low, high = (rate, high) if bound(profile, traffic, late, way(profile, arrivals)) <= 1 else (low, rate)
    return low


def at_equal_p95(profile: Profile, traffic: Traffic, seconds: float) -> None:
    """How many requests a second each policy takes while nobody waits too long."""
    bounds = {f"p95 of each kind within {n} × its time alone": every_kind(n) for n in (2, 3, 5)} | {
        f"p95 of all within {n} × the longest kind's time alone": longest_kind(n) for n in (2, 3, 5)
    }
    for said, bound in bounds.items():
        most = {name: most_within(way, profile, traffic, bound, seconds) for name, way in WAYS.items()}
        print(f"   {said}: " + ", ".join(f"{name} {rate:.1f}/s" for name, rate in most.items()))
        others = max(rate for name, rate in most.items() if name.startswith("dynamic"))
        verdict("requests a second over request-level batching", most[OURS] / others, WORTH_GOAL, at_most=False)


def live_beside_backlog(profile: Profile, frames_a_second: float = 10) -> None:
    """Live frames of one step, for as long as a hundred studio images of thirty steps wait."""
    feed = [Arrival(0.0, 10**6 + n, Urgency.STUDIO, f"p{n}", steps=30) for n in range(BACKLOG)]
    for name, way in WAYS.items():
        lasts = max(way(profile, feed).values())
        # Not in time with the steps, as no camera is.
        frames = Traffic((1,), frames_a_second, urgency=Urgency.LIVE).arrivals(lasts)
        unloaded = percentile(latencies(frames, way(profile, frames)), 0.95)
        done = way(profile, [*frames, *feed])
        loaded = percentile(latencies(frames, done), 0.95)
        a_second = BACKLOG / max(done[one.id] for one in feed)
        print(
            f"   {name:22} p95 without the backlog {unloaded * 1e3:6.1f} ms, beside it {loaded * 1e3:8.1f} ms"
            f"   backlog {a_second:6.2f} images/s, without frames {BACKLOG / lasts:6.2f}"
        )
    verdict("live p95 beside a backlog over alone", loaded / unloaded, LIVE_GOAL, at_most=True)


def main(seconds: float, measured: Path | None) -> None:
    card = Profile.read(measured) if measured else modelled_card()
    for profile in (PROCESSOR, card):
        for traffic in (Traffic(range(1, 9), 0), Traffic((1, 4), 0), Traffic(range(1, 9), 0, burst=8)):
            heading(f"{profile.name}: {LOAD:.0%} of what one at a time can do")
            at_load(profile, traffic, seconds)
        heading(f"{profile.name}: live frames beside a backlog of {BACKLOG}")
        live_beside_backlog(profile)
    heading(f"{card.name}: 1- and 4-step work, requests a second at equal p95")
    at_equal_p95(card, Traffic((1, 4), 0), min(10, seconds))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="of simulated time")
    parser.add_argument("--profile", type=Path, help="measured step times of a device, instead of the modelled card")
    chosen = parser.parse_args()
    main(chosen.seconds, chosen.profile)
