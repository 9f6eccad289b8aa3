"""A backend that runs a step when the test says so: what happens between two steps is then no matter of timing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from figment.engine.backends.onnx import OnnxBackend
from figment.engine.sampling import Trajectory
from figment.engine.windows import Window
from figment.generation.contract import ImageRequest

PATIENCE_S = 20.0


@dataclass
class Gate:
    """`steps` lets steps through; `log` has the seeds of every step's rows; rows with a seed in `poison` fail."""

    log: list[tuple[int, ...]] = field(default_factory=list)
    poison: set[int] = field(default_factory=set)
    open: bool = True
    _permits: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def close(self) -> None:
        self.open = False

    def arrived(self) -> None:
        """Wait until a step stands at the gate."""
        assert self._arrived.acquire(timeout=PATIENCE_S), "no step came to the gate"

    def let(self, steps: int = 1) -> None:
        self._permits.release(steps)

    def fling_open(self) -> None:
        self.open = True
        self._permits.release()

    def pass_through(self, seeds: tuple[int, ...]) -> None:
        self.log.append(seeds)
        if not self.open:
            self._arrived.release()
            assert self._permits.acquire(timeout=PATIENCE_S), "the test never opened the gate"
        if self.poison & set(seeds):
            raise ValueError("poisoned")


class GatedBackend(OnnxBackend):
    """Denoising waits at the gate. Rows are told apart by the seed of their request."""

    gate: Gate

    def begin(self, request: ImageRequest) -> Trajectory:
        row = super().begin(request)
        self._seeds[id(row)] = request.seed
        return row

    def begin_window(self, request: ImageRequest, window: Window) -> Trajectory:
        row = super().begin_window(request, window)
        self._seeds[id(row)] = request.seed
        return row

    def behind(self, gate: Gate) -> GatedBackend:
        self.gate, self._seeds = gate, dict[int, int]()
        return self

    def denoise(self, rows: Sequence[Trajectory]) -> None:
        self.gate.pass_through(tuple(self._seeds[id(row)] for row in rows))
        super().denoise(rows)

    def warm_up(self) -> None:
        """Not through the gate."""
