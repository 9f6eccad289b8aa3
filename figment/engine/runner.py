"""One thread that owns one device: choose a batch, run it, deliver the images."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from figment.engine.backends.base import Backend, Improving, PreviewSource
from figment.engine.costs import Phase
from figment.engine.schedule import Batch, Limits, Row, Schedule
from figment.generation.contract import Pixels, Urgency, WorkerLost

log = structlog.get_logger(__name__)

IMPROVING_SHARE = 0.1
"""Of the device's time, for work that makes later steps faster, while rows wait. All of it while none does."""


class Listener(Protocol):
    """Who is told about a row. Called on the runner's thread with its lock held: return at once and call nothing of the runner."""

    def waiting(self, ahead: int) -> None: ...

    def progressed(self, step: int, of: int, preview: PreviewSource | None) -> None: ...

    def finished(self, pixels: Pixels, compute_s: float) -> None: ...

    def failed(self, error: Exception) -> None: ...


@dataclass(slots=True, eq=False)
class Job:
    """What the runner keeps of a row: whom to tell, and, once it is encoded, its trajectory on its backend."""

    row: Row
    listener: Listener
    previews: bool = True
    backend: Backend[Any] | None = None
    trajectory: Any = None
    began: float | None = None
    ahead: int | None = None


@dataclass(frozen=True, slots=True)
class EngineStats:
    """What the engine is doing. `step_s`: seconds of one call by "model height×width phase" and bucket of network rows."""

    queued: dict[Urgency, int]
    running: int
    backlog_s: float
    steps: int
    images: int
    failed: int
    busy_s: float
    step_s: dict[tuple[str, int], float]


@dataclass(slots=True)
class _Outcome:
    """What one call gave: decoded pictures and errors by row id. `whole`: all rows ran in one call."""

    batch: Batch
    jobs: list[Job]
    seconds: float = 0.0
    whole: bool = True
    pixels: dict[int, Pixels] = field(default_factory=dict)
    errors: dict[int, Exception] = field(default_factory=dict)


@dataclass(slots=True)
class _Tally:
    steps: int = 0
    images: int = 0
    failed: int = 0
    busy_s: float = 0.0


class Runner:
    """Runs rows until it is stopped. Every public method may be called on any thread."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._schedule = Schedule(limits, clock)
        self._jobs: dict[int, Job] = {}
        self._tally = _Tally()
        self._ids = itertools.count(1)
        self._lost: str | None = "the engine has not been started"
        self._improve_at = 0.0
        # Guards everything above. Never held while the device works: it would stop every caller for a step.
        self._work = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        with self._work:
            self._lost = None
        self._thread = threading.Thread(target=self._run, name="figment-engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the step in flight. Every row that is left fails with `WorkerLost`."""
        self._lose("the engine was stopped before the image was done")
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def next_id(self) -> int:
        return next(self._ids)

    def admit(self, job: Job) -> None:
        """Queue a row, which may still be getting ready.

        Raises:
            QueueFull: there is no room; nothing was queued.
            WorkerLost: the engine is not running.
        """
        with self._work:
            if self._lost is not None:
                raise WorkerLost(self._lost)
            self._schedule.add(job.row)
            self._jobs[job.row.id] = job
            self._tell_places()

    def ready(self, row_id: int, backend: Backend[Any], trajectory: Any) -> None:
        """A row is encoded: it joins at the next step. A row that was cancelled meanwhile is left alone."""
        with self._work:
            job = self._jobs.get(row_id)
            if job is not None:
                job.backend, job.trajectory = backend, trajectory
                self._schedule.make_ready(row_id, backend.steps(trajectory))
                self._work.notify()

    def fail(self, row_id: int, error: Exception) -> None:
        """A row could not be made ready."""
        with self._work:
            self._fail(row_id, error)
            self._tell_places()

    def cancel(self, row_id: int) -> None:
        """Take a row out. Of a step in flight nothing of it is delivered; unknown rows are left alone."""
        with self._work:
            self._take_out(row_id)
            self._tell_places()

    def stats(self) -> EngineStats:
        with self._work:
            started = sum(job.began is not None for job in self._jobs.values())
            return EngineStats(
                queued=self._schedule.depth(),
                running=started,
                backlog_s=self._schedule.backlog_s(),
                steps=self._tally.steps,
                images=self._tally.images,
                failed=self._tally.failed,
                busy_s=self._tally.busy_s,
                step_s={
                    (f"{lane.shape.model} {lane.shape.height}×{lane.shape.width} {lane.phase.value}", bucket): seconds
                    for (lane, bucket), seconds in self._schedule.costs.measured().items()
                },
            )

    def _run(self) -> None:
        try:
            while (work := self._choose()) is not None:
                self._deliver(self._step(*work))
                self._improve(work[1][0].backend)
        except Exception as error:
            log.exception("engine.died")
            self._lose(f"the engine died: {error}")

    def _choose(self) -> tuple[Batch, list[Job]] | None:
        """Wait for work. None: stop."""
        with self._work:
            while self._lost is None:
                batch = self._schedule.choose()
                if batch is not None:
                    return batch, [self._begun(row) for row in batch.rows]
                self._work.wait()
            return None

    def _improve(self, backend: Backend[Any] | None) -> None:
        """Between two steps: what just ran may become faster."""
        while isinstance(backend, Improving) and self._may_improve():
            began = self._clock()
            if not backend.improve():
                return
            self._improve_at = self._clock() + (self._clock() - began) / IMPROVING_SHARE

    def _may_improve(self) -> bool:
        with self._work:
            return self._lost is None and (self._clock() >= self._improve_at or self._schedule.choose() is None)

    def _begun(self, row: Row) -> Job:
        job = self._jobs[row.id]
        job.began = self._clock() if job.began is None else job.began
        return job

    def _step(self, batch: Batch, jobs: list[Job]) -> _Outcome:
        """Run one call without the lock. When it fails, every row runs alone, so that only those fail that cannot run."""
        outcome = _Outcome(batch, jobs)
        began = self._clock()
        try:
            outcome.pixels = _call(batch, jobs)
        except Exception as error:
            log.warning("engine.step_failed", rows=len(jobs), error=str(error))
            self._step_one_by_one(outcome, error)
        outcome.seconds = self._clock() - began
        return outcome

    def _step_one_by_one(self, outcome: _Outcome, first: Exception) -> None:
        outcome.whole = False
        if len(outcome.jobs) == 1:
            outcome.errors[outcome.jobs[0].row.id] = first
            return
        for job in outcome.jobs:
            try:
                outcome.pixels |= _call(outcome.batch, [job])
            except Exception as error:
                outcome.errors[job.row.id] = error

    def _deliver(self, outcome: _Outcome) -> None:
        with self._work:
            self._count(outcome)
            for row_id, error in outcome.errors.items():
                self._fail(row_id, _lost_to(error, outcome.batch))
            for row in self._schedule.ran(outcome.batch, outcome.seconds, typical=outcome.whole):
                self._finish(row, outcome.pixels[row.id])
            for job in outcome.jobs:
                self._tell_progress(job, outcome.batch)
            self._tell_places()

    def _count(self, outcome: _Outcome) -> None:
        self._tally.busy_s += outcome.seconds
        self._tally.steps += outcome.batch.lane.phase is Phase.DENOISE

    def _finish(self, row: Row, pixels: Pixels) -> None:
        job = self._jobs.pop(row.id)
        self._tally.images += 1
        job.listener.finished(pixels, self._clock() - (job.began or 0.0))

    def _fail(self, row_id: int, error: Exception) -> None:
        job = self._take_out(row_id)
        if job is not None:
            self._tally.failed += 1
            job.listener.failed(error)

    def _take_out(self, row_id: int) -> Job | None:
        self._schedule.remove(row_id)
        return self._jobs.pop(row_id, None)

    def _tell_progress(self, job: Job, batch: Batch) -> None:
        if batch.lane.phase is Phase.DENOISE and job.row.id in self._jobs and job.backend is not None:
            preview = job.backend.preview(job.trajectory) if job.previews else None
            job.listener.progressed(job.row.steps_done, job.row.steps, preview)

    def _tell_places(self) -> None:
        for ahead, row in enumerate(self._schedule.order()):
            job = self._jobs[row.id]
            if job.began is None and job.ahead != ahead:
                job.ahead = ahead
                job.listener.waiting(ahead)

    def _lose(self, reason: str) -> None:
        """Fail everything and take nothing more."""
        with self._work:
            self._lost = reason
            for row_id in list(self._jobs):
                self._fail(row_id, WorkerLost(reason))
            self._work.notify_all()


def _call(batch: Batch, jobs: Sequence[Job]) -> dict[int, Pixels]:
    """One call of the device for rows of one lane, which therefore share a backend."""
    backend, trajectories = jobs[0].backend, [job.trajectory for job in jobs]
    if backend is None:
        raise RuntimeError(f"row {jobs[0].row.id} was run before it was ready")
    if batch.lane.phase is Phase.DENOISE:
        backend.denoise(trajectories)
        return {}
    return dict(zip((job.row.id for job in jobs), backend.decode(trajectories), strict=True))


def _lost_to(error: Exception, batch: Batch) -> WorkerLost:
    lost = WorkerLost(f"the engine failed to {batch.lane.phase.value} this image: {error}")
    lost.__cause__ = error
    return lost
