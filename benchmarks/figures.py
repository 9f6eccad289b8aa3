"""What every benchmark says of its figures."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime


def heading(title: str) -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0]
    print(
        f"\n== {title}\n   {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, {cores} cores, load before {load:.1f}"
    )


def percentile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(part * len(ordered)))]


def milliseconds(seconds: Sequence[float]) -> str:
    """Best, median and 95th percentile of some durations in seconds."""
    best, median, p95 = (
        1e3 * figure for figure in (min(seconds), statistics.median(seconds), percentile(seconds, 0.95))
    )
    return f"best {best:7.1f}   median {median:7.1f}   p95 {p95:7.1f} ms"


def verdict(name: str, value: float, goal: float, at_most: bool, unit: str = "") -> None:
    met = value <= goal if at_most else value >= goal
    print(f"   {'met ' if met else 'MISSED'} {name}: {value:.3g}{unit} (goal {'≤' if at_most else '≥'} {goal:g}{unit})")
