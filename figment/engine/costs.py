"""What one step costs, learnt from the steps that ran: plain Python, no clock of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

NEW_WEIGHT = 0.2
OUTLIER = 3.0
FORGET_AFTER = 256
HOPED_GROWTH = 0.75
PRIOR_S_PER_CELL = 2e-5


class Phase(Enum):
    """What the device does for a row next."""

    DENOISE = "denoise"
    DECODE = "decode"


class Shape(NamedTuple):
    """Rows of one shape can share a batch. Height and width count latent cells."""

    model: str
    height: int
    width: int


class Lane(NamedTuple):
    """Rows in one lane run in one call: same shape, same phase."""

    shape: Shape
    phase: Phase

    @property
    def cells(self) -> int:
        return self.shape.height * self.shape.width


@dataclass(slots=True)
class _Measured:
    seconds: float
    seen_at: int


@dataclass(slots=True)
class _LaneCosts:
    steps: int = 0
    buckets: dict[int, _Measured] = field(default_factory=dict)

    def fresh(self) -> dict[int, float]:
        """Seconds by bucket, without what was last measured long ago: the machine may have changed since, so it is tried again."""
        return {b: m.seconds for b, m in self.buckets.items() if self.steps - m.seen_at <= FORGET_AFTER}


class StepCosts:
    """Seconds of one call by lane and bucket, as a moving average."""

    def __init__(self, buckets: Sequence[int]) -> None:
        if not buckets or list(buckets) != sorted(set(buckets)) or buckets[0] < 1:
            raise ValueError(f"buckets are positive and ascending, not {list(buckets)}")
        self.buckets = tuple(buckets)
        self._lanes: dict[Lane, _LaneCosts] = {}
        self._per_cell: dict[Phase, float] = {}

    def bucket(self, network_rows: int) -> int:
        """The smallest bucket that holds so many network rows; the largest when none does."""
        return next((b for b in self.buckets if b >= network_rows), self.buckets[-1])

    def observe(self, lane: Lane, network_rows: int, seconds: float) -> None:
        costs = self._lanes.setdefault(lane, _LaneCosts())
        costs.steps += 1
        bucket = self.bucket(network_rows)
        old = costs.fresh().get(bucket)
        new = seconds if old is None else old + NEW_WEIGHT * (min(seconds, OUTLIER * old) - old)
        costs.buckets[bucket] = _Measured(new, costs.steps)
        self._per_cell[lane.phase] = new / (bucket * lane.cells)

    def seconds(self, lane: Lane, network_rows: int) -> float:
        """What a call should take at most: a size never measured counts as so many single rows, though batches are cheaper."""
        return self._estimate(lane, self.bucket(network_rows), growth=1.0)

    def hoped_seconds(self, lane: Lane, bucket: int) -> float:
        """As `seconds`, but a larger bucket that was never measured is hoped to be cheaper by the row, so that it gets tried."""
        return self._estimate(lane, bucket, growth=HOPED_GROWTH)

    def measured(self) -> dict[tuple[Lane, int], float]:
        return {(lane, b): s for lane, costs in self._lanes.items() for b, s in costs.fresh().items()}

    def _estimate(self, lane: Lane, bucket: int, growth: float) -> float:
        known = self._lanes[lane].fresh() if lane in self._lanes else {}
        if bucket in known:
            return known[bucket]
        if not known:
            return float(self._per_cell.get(lane.phase, PRIOR_S_PER_CELL) * lane.cells * bucket**growth)
        nearest = max((b for b in known if b < bucket), default=min(known))
        ratio = bucket / nearest
        return known[nearest] * float(ratio**growth if ratio > 1 else ratio)
