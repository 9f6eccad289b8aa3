"""A device that exists only as a cost, and a clock that only steps move: the schedule's tests and benchmark run on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from figment.engine.costs import Lane, Phase, Shape
from figment.engine.schedule import Batch, Limits, Row, Schedule
from figment.generation.contract import QueueFull, Urgency

STEP_S = 0.01
SHAPES = (Shape("a", 32, 32), Shape("a", 16, 16), Shape("b", 32, 32))

Cost = Callable[[Batch], float]


def per_row(batch: Batch) -> float:
    """A processor: twice the rows take twice the time."""
    return STEP_S * batch.network_rows


def flat(batch: Batch) -> float:
    """A graphics card far from full: a batch takes as long as one."""
    return STEP_S


@dataclass(order=True, slots=True)
class Arrival:
    """One image to come, at `at` seconds; cancelled `cancelled_after` seconds later, if at all."""

    at: float
    id: int
    urgency: Urgency = Urgency.STUDIO
    person: str = ""
    steps: int = 1
    network_rows: int = 1
    shape: Shape = SHAPES[0]
    deadline_s: float | None = None
    cancelled_after: float | None = None
    windows: int = 1

    def row(self) -> Row:
        return Row(
            self.id,
            self.urgency,
            self.person,
            self.shape,
            self.steps,
            self.network_rows,
            self.deadline_s,
            windows=self.windows,
        )


@dataclass
class Simulation:
    """Runs arrivals through a schedule and keeps what happened."""

    limits: Limits = field(default_factory=Limits)
    cost: Cost = per_row
    now: float = 0.0
    done: dict[int, float] = field(default_factory=dict)
    cancelled: set[int] = field(default_factory=set)
    refused: dict[int, QueueFull] = field(default_factory=dict)
    ran: Counter[tuple[int, Phase]] = field(default_factory=Counter)
    batches: list[Batch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.schedule = Schedule(self.limits, lambda: self.now)

    def run(self, arrivals: Iterable[Arrival], until: float = float("inf")) -> Simulation:
        """Until nothing is left, or `until`."""
        coming = sorted(arrivals)
        leaving = sorted((a.at + a.cancelled_after, a.id) for a in coming if a.cancelled_after is not None)
        while self.now < until and (coming or len(self.schedule)):
            while coming and coming[0].at <= self.now:
                self._admit(coming.pop(0))
            while leaving and leaving[0][0] <= self.now:
                self._cancel(leaving.pop(0)[1])
            if not self.step() and coming:
                self.now = coming[0].at
        return self

    def step(self) -> bool:
        """Run one call. False: there is nothing to run."""
        batch = self.schedule.choose()
        if batch is None:
            return False
        seconds = self.cost(batch)
        self.now += seconds
        self.batches.append(batch)
        for share in batch.shares:
            self.ran[share.row.id, batch.lane.phase] += len(share.windows)
        for row in self.schedule.ran(batch, seconds):
            self.done[row.id] = self.now
        return True

    def _admit(self, arrival: Arrival) -> None:
        try:
            self.schedule.add(arrival.row())
        except QueueFull as full:
            self.refused[arrival.id] = full

    def _cancel(self, row_id: int) -> None:
        if self.schedule.remove(row_id) is not None:
            self.cancelled.add(row_id)


def lanes(batch: Batch) -> set[Lane]:
    return {Lane(row.shape, batch.lane.phase) for row in batch.rows}
