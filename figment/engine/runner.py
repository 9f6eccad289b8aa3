"""One thread that owns one device: choose a batch, run it, deliver the images."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from figment.engine.backends.base import Backend, Improving, PreviewSource, Windowed
from figment.engine.costs import Phase
from figment.engine.schedule import Batch, Limits, Row, Schedule, Share
from figment.engine.windows import Mosaic, Window
from figment.generation.contract import Pixels, Urgency, WorkerLost

log = structlog.get_logger(__name__)

IMPROVING_SHARE = 0.1
"""Of the device's time, for work that makes later steps faster, while rows wait. All of it while none does."""


class Listener(Protocol):
    """Who is told about a row. Called on the runner's thread with its lock held: return at once and call nothing of the runner."""

    def waiting(self, ahead: int) -> None: ...

    def progressed(self, step: int, of: int, preview: PreviewSource | None) -> None: ...

    def finished(self, picture: Pixels | Mosaic, compute_s: float) -> None: ...

    def failed(self, error: Exception) -> None: ...


@dataclass(slots=True, eq=False)
class Job:
    """What the runner keeps of a row: whom to tell, and, once it is encoded, its trajectory on its backend; of a picture in `windows`, one
    of each, and what is decoded of it so far.
    """

    row: Row
    listener: Listener
    previews: bool = True
    windows: Sequence[Window] = ()
    backend: Backend[Any] | None = None
    trajectories: Sequence[Any] = ()
    mosaic: Mosaic | None = None
    began: float | None = None
    ahead: int | None = None

    def preview(self, backend: Backend[Any]) -> PreviewSource:
        parts = [backend.preview(trajectory) for trajectory in self.trajectories]
        return _tiled(self.windows, parts) if self.windows else parts[0]


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
    """What one call gave: what was decoded to the end, and errors, by row id. `whole`: all rows ran in one call."""

    batch: Batch
    jobs: list[Job]
    seconds: float = 0.0
    whole: bool = True
    pictures: dict[int, Pixels | Mosaic] = field(default_factory=dict)
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

    def ready(
        self, row_id: int, backend: Backend[Any], trajectories: Sequence[Any], mosaic: Mosaic | None = None
    ) -> None:
        """A row is encoded: it joins at the next step. A row that was cancelled meanwhile is left alone.

        `mosaic`: where the pictures of its windows are put together, if it has windows.
        """
        with self._work:
            job = self._jobs.get(row_id)
            if job is not None:
                job.backend, job.trajectories, job.mosaic = backend, trajectories, mosaic
                self._schedule.make_ready(row_id, backend.steps(trajectories[0]))
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
            outcome.pictures = _call(batch.lane.phase, list(zip(batch.shares, jobs, strict=True)))
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
        for share, job in zip(outcome.batch.shares, outcome.jobs, strict=True):
            try:
                outcome.pictures |= _call(outcome.batch.lane.phase, [(share, job)])
            except Exception as error:
                outcome.errors[job.row.id] = error

    def _deliver(self, outcome: _Outcome) -> None:
        with self._work:
            self._count(outcome)
            for row_id, error in outcome.errors.items():
                self._fail(row_id, _lost_to(error, outcome.batch))
            for row in self._schedule.ran(outcome.batch, outcome.seconds, typical=outcome.whole):
                self._finish(row, outcome.pictures[row.id])
            for share, job in zip(outcome.batch.shares, outcome.jobs, strict=True):
                if share.ends_step and outcome.batch.lane.phase is Phase.DENOISE:
                    self._tell_progress(job)
            self._tell_places()

    def _count(self, outcome: _Outcome) -> None:
        self._tally.busy_s += outcome.seconds
        self._tally.steps += outcome.batch.lane.phase is Phase.DENOISE

    def _finish(self, row: Row, picture: Pixels | Mosaic) -> None:
        job = self._jobs.pop(row.id)
        self._tally.images += 1
        job.listener.finished(picture, self._clock() - (job.began or 0.0))

    def _fail(self, row_id: int, error: Exception) -> None:
        job = self._take_out(row_id)
        if job is not None:
            self._tally.failed += 1
            job.listener.failed(error)

    def _take_out(self, row_id: int) -> Job | None:
        self._schedule.remove(row_id)
        return self._jobs.pop(row_id, None)

    def _tell_progress(self, job: Job) -> None:
        if job.row.id in self._jobs and job.backend is not None:
            preview = job.preview(job.backend) if job.previews else None
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


def _call(phase: Phase, work: Sequence[tuple[Share, Job]]) -> dict[int, Pixels | Mosaic]:
    """One call of the device for rows of one lane, which therefore share a backend. Gives the pictures that are decoded to the end."""
    backend, trajectories = work[0][1].backend, [job.trajectories[n] for share, job in work for n in share.windows]
    if backend is None:
        raise RuntimeError(f"row {work[0][1].row.id} was run before it was ready")
    if phase is Phase.DENOISE:
        backend.denoise(trajectories)
        for share, job in work:
            if share.ends_step and job.windows and isinstance(backend, Windowed):
                backend.agree(job.trajectories, job.windows)
        return {}
    decoded = iter(backend.decode(trajectories))
    kept = [(share, job, _kept(job, share, decoded)) for share, job in work]
    return {job.row.id: picture for share, job, picture in kept if share.ends_step}


def _kept(job: Job, share: Share, decoded: Iterator[Pixels]) -> Pixels | Mosaic:
    """What is decoded of a picture by now."""
    if job.mosaic is None:
        return next(decoded)
    for n in share.windows:
        job.mosaic.put(job.windows[n], next(decoded))
    return job.mosaic


def _tiled(windows: Sequence[Window], parts: Sequence[PreviewSource]) -> PreviewSource:
    def preview() -> Pixels:
        mosaic = Mosaic(windows[0], 1)
        for window, part in zip(windows, parts, strict=True):
            mosaic.put(window, part())
        return mosaic.picture()

    return preview


def _lost_to(error: Exception, batch: Batch) -> WorkerLost:
    lost = WorkerLost(f"the engine failed to {batch.lane.phase.value} this image: {error}")
    lost.__cause__ = error
    return lost
