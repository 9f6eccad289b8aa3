"""What the runner does between steps, on a backend whose time is the test's."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from figment.engine.backends.base import Improving, PreviewSource
from figment.engine.costs import Shape
from figment.engine.runner import IMPROVING_SHARE, Job, Runner
from figment.engine.schedule import Limits, Row
from figment.engine.windows import Mosaic
from figment.generation.contract import ImageRequest, ModelCard, Pixels, Urgency

PATIENCE_S = 20.0
STEPS, PIECES = 35, 6


@dataclass
class Clocked:
    """Every call takes a second of `now`. `log`: what was called."""

    pieces: int
    now: float = 0.0
    log: list[str] = field(default_factory=list)
    improved: threading.Event = field(default_factory=threading.Event)

    def _took(self, what: str) -> None:
        self.now += 1
        self.log.append(what)

    @property
    def card(self) -> ModelCard:
        raise NotImplementedError

    downscale = 8

    def begin(self, request: ImageRequest) -> int:
        raise NotImplementedError

    def steps(self, row: int) -> int:
        return row

    def denoise(self, rows: Sequence[int]) -> None:
        self._took("step")

    def decode(self, rows: Sequence[int]) -> list[Pixels]:
        self._took("decode")
        return [np.zeros((8, 8, 3), np.uint8) for _ in rows]

    def preview(self, row: int) -> PreviewSource:
        raise NotImplementedError

    def warm_up(self) -> None:
        raise NotImplementedError

    def improve(self) -> bool:
        if not self.pieces:
            self.improved.set()
            return False
        self.pieces -= 1
        self._took("piece")
        return True


class Deaf:
    """Waits for the end."""

    def __init__(self) -> None:
        self.done = threading.Event()

    def waiting(self, ahead: int) -> None: ...

    def progressed(self, step: int, of: int, preview: PreviewSource | None) -> None: ...

    def finished(self, picture: Pixels | Mosaic, compute_s: float) -> None:
        self.done.set()

    def failed(self, error: Exception) -> None:
        raise error


def ran(backend: Clocked) -> list[str]:
    """One row of `STEPS` from begin to end, and what was called then and after."""
    runner, listener = Runner(Limits(), lambda: backend.now), Deaf()
    runner.start()
    row = Row(runner.next_id(), Urgency.STUDIO, "", Shape("any", 8, 8), STEPS, ready=False)
    runner.admit(Job(row, listener, previews=False))
    runner.ready(row.id, backend, [STEPS])
    assert listener.done.wait(PATIENCE_S)
    assert backend.improved.wait(PATIENCE_S)
    runner.stop()
    return backend.log


def test_a_backend_improves_in_a_part_of_the_time_while_rows_wait_and_in_all_of_it_after() -> None:
    backend = Clocked(PIECES)
    assert isinstance(backend, Improving)
    log = ran(backend)
    serving, idle = log[: log.index("decode") + 1], log[log.index("decode") + 1 :]
    assert serving.count("step") == STEPS
    pieces = [place for place, what in enumerate(serving) if what == "piece"]
    assert len(pieces) == 1 + (STEPS - 1) // (1 / IMPROVING_SHARE)
    assert all(b - a == 1 / IMPROVING_SHARE + 1 for a, b in pairwise(pieces))
    assert idle == ["piece"] * (PIECES - len(pieces))


def test_nothing_is_done_where_nothing_can_be_improved() -> None:
    assert ran(Clocked(0)) == ["step"] * STEPS + ["decode"]
