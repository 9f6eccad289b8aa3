"""Who runs next: decided anew at every step, in plain Python, without a device or a clock of its own.

The order, from first to last:

1. **Class.** Live before interactive before studio before prefetch. So that nobody starves, a class that waits is owed a small share
   of the device's time (`Limits.shares`); when it is owed a whole step, it gets one. A class with share s therefore waits at most
   about 1/s of its own steps between two steps.
2. **Turn.** Inside a class everyone's first image comes before anyone's second: one person's hundred do not delay another's one.
3. **Deadline.** Earliest first. A row's clock starts when its turn comes. A row without a deadline gets one in proportion to its work, so
   that short work overtakes long work, but never for ever: newcomers' deadlines lie later and later, and some day behind its own.

A picture of several windows is one row that takes so many places of a batch, or of several batches one after the other: its step is done when
all of them are. Windows join a batch like rows, of their own picture or of others', and count as the work that they are.

The first row leads. Rows of its lane (same model, size and phase) join it up to the bucket that pays: the smallest whose cost by the
row is nearly the best, and whose step fits the live budget. A less urgent row may ride along only where the leaders hardly notice.
A lone row runs at once.

The live budget is for a frame that may come while a step runs. As long as frames do come, it is a part of what they take themselves:
batches become smaller, and throughput is paid for frames that arrive as fast as if nobody else were there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from figment.engine.costs import Lane, Phase, Shape, StepCosts
from figment.generation.contract import QueueFull, Urgency

SHARES: Mapping[Urgency, float] = MappingProxyType(
    {Urgency.INTERACTIVE: 1 / 16, Urgency.STUDIO: 1 / 32, Urgency.PREFETCH: 1 / 64}
)
ROOM: Mapping[Urgency, float] = MappingProxyType(
    {Urgency.LIVE: 1.0, Urgency.INTERACTIVE: 7 / 8, Urgency.STUDIO: 3 / 4, Urgency.PREFETCH: 1 / 2}
)


@dataclass(frozen=True, slots=True)
class Limits:
    """`max_rows`: windows in the engine at once (a row of one counts as one), each class up to its part of it (`ROOM`), each person up to
    `max_rows_a_person`; one picture finds room in what is empty, however large.

    `buckets`: sizes of a step's batch in network rows. `step_budget_s`: no step with company takes longer, since a live frame may have
    to wait for it; while frames come (one within `live_memory_s`), none without frames takes longer than `live_wait` of a frame's own work.
    `knee`: a bigger batch must be cheaper by the row by more than this part. `riding`: how much slower a step may become
    for the sake of less urgent rows. `stretch`: the deadline of a row that names none, as a multiple of its own work.
    """

    max_rows: int = 256
    max_rows_a_person: int = 64
    buckets: tuple[int, ...] = (1, 2, 4, 8)
    step_budget_s: float = 0.1
    live_wait: float = 0.4
    live_memory_s: float = 1.0
    knee: float = 0.05
    riding: float = 0.15
    stretch: float = 4.0
    shares: Mapping[Urgency, float] = field(default_factory=lambda: SHARES)

    def room(self, urgency: Urgency) -> int:
        """How full the engine may be for one more row of this class; floods of what can wait leave room for what cannot."""
        return max(1, int(self.max_rows * ROOM[urgency]))


@dataclass(slots=True, eq=False)
class Row:
    """One image on its way. `network_rows` is 2 where guidance needs the unconditional velocity too.

    `deadline_s` counts from arrival. A row can be queued before it is `ready` (text still being encoded).
    `turn_began` is when it became its person's first. `windows`: as many parts of `shape` as it is made of, each of which takes
    `network_rows`; `windows_done`: of its present step.
    """

    id: int
    urgency: Urgency
    person: str
    shape: Shape
    steps: int
    network_rows: int = 1
    deadline_s: float | None = None
    ready: bool = True
    steps_done: int = 0
    arrived: float = 0.0
    turn_began: float | None = None
    windows: int = 1
    windows_done: int = 0

    @property
    def lane(self) -> Lane:
        return Lane(self.shape, Phase.DENOISE if self.steps_done < self.steps else Phase.DECODE)

    @property
    def breadth(self) -> int:
        """Network rows that a window of its next call takes."""
        return self.network_rows if self.steps_done < self.steps else 1

    @property
    def wanted(self) -> int:
        """Network rows that all of its next step still takes."""
        return self.breadth * (self.windows - self.windows_done)

    @property
    def queue(self) -> tuple[Urgency, str | int]:
        """Whose turn this row takes. Rows that name no person are nobody's hundred."""
        return (self.urgency, self.person or self.id)


@dataclass(frozen=True, slots=True)
class Share:
    """What one call does of a row: those windows of its next step. `network_rows`: what they take of the call."""

    row: Row
    windows: range
    network_rows: int

    @property
    def ends_step(self) -> bool:
        return self.windows.stop == self.row.windows


@dataclass(frozen=True, slots=True)
class Batch:
    """The shares of one call to the device, all of one lane, the leader's first."""

    lane: Lane
    shares: tuple[Share, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(share.row for share in self.shares)

    @property
    def network_rows(self) -> int:
        return sum(share.network_rows for share in self.shares)


@dataclass(slots=True)
class Schedule:
    """The rows in the engine and their order. Not thread-safe: whoever owns it holds a lock."""

    limits: Limits
    clock: Callable[[], float]
    costs: StepCosts = field(init=False)
    _rows: dict[int, Row] = field(default_factory=dict)
    _order: list[Row] | None = None
    _owed_s: dict[Urgency, float] = field(default_factory=dict)
    _last_frame: Row | None = None

    def __post_init__(self) -> None:
        self.costs = StepCosts(self.limits.buckets)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row_id: int) -> bool:
        return row_id in self._rows

    def add(self, row: Row) -> None:
        """Queue a row.

        Raises:
            QueueFull: its class, or its person, has no room; nothing was queued.
            ValueError: it is queued already, or too broad for the largest bucket.
        """
        if row.id in self._rows or row.network_rows > self.limits.buckets[-1]:
            raise ValueError(f"row {row.id} cannot be queued")
        self._refuse_if_full(row)
        row.arrived = self.clock()
        self._rows[row.id] = row
        if row.urgency is Urgency.LIVE:
            self._last_frame = row
        self._changed(row)

    def remove(self, row_id: int) -> Row | None:
        """Take a row out: done, failed or cancelled. It is never chosen again."""
        row = self._rows.pop(row_id, None)
        if row is not None:
            self._changed(row)
        return row

    def make_ready(self, row_id: int, steps: int | None = None) -> None:
        """A row may run. `steps`: how many it takes, where that was not known exactly before."""
        row = self._rows.get(row_id)
        if row is None:
            return
        row.ready = True
        if steps not in (None, row.steps):
            row.steps = steps
            self._order = None

    def choose(self) -> Batch | None:
        """The rows of the next call, or None when nothing is ready."""
        ready = [row for row in self.order() if row.ready]
        if not ready:
            return None
        leader = self._leader(ready)
        lane = [leader, *(row for row in ready if row.lane == leader.lane and row is not leader)]
        return Batch(leader.lane, tuple(self._fill(lane)))

    def ran(self, batch: Batch, seconds: float, *, typical: bool = True) -> list[Row]:
        """Book a call. Returns the rows that are done (decoded) and gone; rows removed meanwhile, failed ones too, are left alone.

        `typical` is False where the time says nothing about the next such call (it failed, or was run in parts).
        """
        if typical:
            self.costs.observe(batch.lane, batch.network_rows, seconds)
        self._pay(batch, seconds)
        here = [share for share in batch.shares if share.row.id in self._rows]
        for share in here:
            share.row.windows_done = 0 if share.ends_step else share.windows.stop
        ended = [share.row for share in here if share.ends_step]
        if batch.lane.phase is Phase.DECODE:
            for row in ended:
                self.remove(row.id)
            return ended
        for row in ended:
            row.steps_done += 1
        return []

    def order(self) -> Sequence[Row]:
        """All rows, first to last."""
        if self._order is None:
            self._order = sorted(self._rows.values(), key=_by_turn(self._rows.values(), self._patience_s))
        return self._order

    def place(self, row_id: int) -> int:
        """How many rows are ahead of this one."""
        return next((ahead for ahead, row in enumerate(self.order()) if row.id == row_id), 0)

    def depth(self) -> dict[Urgency, int]:
        return {u: sum(row.urgency == u for row in self._rows.values()) for u in Urgency}

    def backlog_s(self) -> float:
        """Seconds that all rows would still take."""
        return sum(self._work_s(row, row.steps - row.steps_done) for row in self._rows.values())

    def _refuse_if_full(self, row: Row) -> None:
        everybodys = sum(other.windows for other in self._rows.values())
        own = sum(other.windows for other in self._rows.values() if other.queue == row.queue)
        room, own_room = self.limits.room(row.urgency), self.limits.max_rows_a_person
        if (everybodys and everybodys + row.windows > room) or (own and own + row.windows > own_room):
            ahead = sum(other.urgency <= row.urgency for other in self._rows.values())
            # Half the backlog: by then there is room, and the device has not run dry while everybody stays away.
            raise QueueFull(ahead, max(1.0, self.backlog_s() / 2))

    def _changed(self, row: Row) -> None:
        self._order = None
        mine = [other for other in self._rows.values() if other.queue == row.queue]
        if mine:
            first = min(mine, key=lambda other: (other.arrived + self._patience_s(other), other.id))
            first.turn_began = self.clock() if first.turn_began is None else first.turn_began

    def _work_s(self, row: Row, steps: int) -> float:
        """So many steps of a row and its decoding, with the device to itself."""
        step = self.costs.seconds(Lane(row.shape, Phase.DENOISE), row.network_rows)
        return row.windows * (steps * step + self.costs.seconds(Lane(row.shape, Phase.DECODE), 1))

    def _patience_s(self, row: Row) -> float:
        """How long a row may take: its deadline, or some times its own work.

        By what a step costs now, not by what it seemed to cost when the row came: between two rows only their work may decide, or the one
        that came before the device was measured (or while it was slow) waits for all that come after.
        """
        if row.deadline_s is not None:
            return row.deadline_s
        return self.limits.stretch * self._work_s(row, row.steps)

    def _leader(self, ready: Sequence[Row]) -> Row:
        """The first row, unless a less urgent class is owed a whole step."""
        for row in _first_of_each_class(ready):
            owed = self._owed_s.get(row.urgency, 0.0)
            if owed > 0 and owed >= self.costs.seconds(row.lane, row.breadth):
                return row
        return ready[0]

    def _pay(self, batch: Batch, seconds: float) -> None:
        """Classes that were served are owed nothing more; those that waited are owed their share of this step."""
        served = {row.urgency for row in batch.rows}
        waiting = {row.urgency for row in self._rows.values() if row.ready} - served
        self._owed_s = {u: self._owed_s.get(u, 0.0) + self.limits.shares.get(u, 0.0) * seconds for u in waiting}

    def _fill(self, lane: Sequence[Row]) -> Iterator[Share]:
        """The leader, and as many after it as pay."""
        leader = lane[0]
        peers = [row for row in lane if row.urgency <= leader.urgency]
        riders = [row for row in lane if row.urgency > leader.urgency]
        taken = list(_fitting(peers, self._paying_bucket(peers)))
        used = sum(share.network_rows for share in taken)
        all_taken = used == sum(row.wanted for row in peers)
        room = self._riding_bucket(leader.lane, used) - used if all_taken else 0
        yield from taken
        yield from _fitting(riders, room)

    def _paying_bucket(self, rows: Sequence[Row]) -> int:
        """The smallest bucket whose cost by the row is nearly the best, among those whose step fits the live budget."""
        lane, waiting = rows[0].lane, sum(row.wanted for row in rows)
        least, most = self.costs.bucket(rows[0].breadth), self.costs.bucket(waiting)
        budget_s = self._budget_s(rows[0].urgency)
        sizes = [b for b in self.limits.buckets if least <= b <= most]
        fitting = [b for b in sizes if b == least or self.costs.seconds(lane, b) <= budget_s]
        by_row = {b: self.costs.hoped_seconds(lane, b) / min(b, waiting) for b in fitting}
        return next(b for b in fitting if by_row[b] <= min(by_row.values()) * (1 + self.limits.knee))

    def _budget_s(self, urgency: Urgency) -> float:
        """How long a step with company may take that is led by a row of this class."""
        frame = self._last_frame
        if urgency is Urgency.LIVE or frame is None or self.clock() > frame.arrived + self.limits.live_memory_s:
            return self.limits.step_budget_s
        return min(self.limits.step_budget_s, self.limits.live_wait * self._work_s(frame, frame.steps))

    def _riding_bucket(self, lane: Lane, used: int) -> int:
        """The largest bucket whose step is hardly slower than the leaders' own; the padding of their bucket is free."""
        allowed_s = self.costs.seconds(lane, used) * (1 + self.limits.riding)
        own = self.costs.bucket(used)
        return max(b for b in self.limits.buckets if b == own or self._rides(lane, b, used, allowed_s))

    def _rides(self, lane: Lane, bucket: int, used: int, allowed_s: float) -> bool:
        seconds = self.costs.seconds(lane, bucket)
        return bucket > used and seconds <= allowed_s and seconds <= self.limits.step_budget_s


def _by_turn(rows: Iterable[Row], patience_s: Callable[[Row], float]) -> Callable[[Row], tuple[int, int, float, int]]:
    """The sort key: class, turn (0: its person's first row), deadline, age."""
    turns: dict[int, int] = {}
    seen: dict[tuple[Urgency, str | int], int] = {}
    for row in sorted(rows, key=lambda row: (row.arrived + patience_s(row), row.id)):
        turns[row.id] = seen.get(row.queue, 0)
        seen[row.queue] = turns[row.id] + 1

    def key(row: Row) -> tuple[int, int, float, int]:
        began = row.arrived if row.turn_began is None else row.turn_began
        return (row.urgency, turns[row.id], began + patience_s(row), row.id)

    return key


def _first_of_each_class(ready: Sequence[Row]) -> Iterator[Row]:
    firsts: dict[Urgency, Row] = {}
    for row in ready:
        firsts.setdefault(row.urgency, row)
    yield from list(firsts.values())[1:]


def _fitting(rows: Iterable[Row], network_rows: int) -> Iterator[Share]:
    """The first rows that fit together, of the last of them as many windows as do: stops there, so that nobody is overtaken for being broad."""
    for row in rows:
        if row.breadth > network_rows:
            return
        taken = min(row.wanted, network_rows // row.breadth * row.breadth)
        first = row.windows_done
        yield Share(row, range(first, first + taken // row.breadth), taken)
        if taken < row.wanted:
            return
        network_rows -= taken
