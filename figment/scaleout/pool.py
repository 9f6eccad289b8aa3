"""The pool as a process inside its cluster sees it: deploys the replicas, and sends each request to one."""

from __future__ import annotations

import asyncio
import contextlib
import time
import warnings
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any, cast

from ray import serve
from ray.exceptions import RayError
from ray.serve.config import AutoscalingConfig
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, RayServeException
from ray.serve.handle import DeploymentHandle

from figment.generation.contract import (
    Finished,
    ImageRequest,
    ModelCard,
    Opening,
    QueueFull,
    Ticket,
    Update,
    Waiting,
    WorkerLost,
)
from figment.scaleout.errors import first_line
from figment.scaleout.hosting import Build, Weights
from figment.scaleout.letters import Letter, Lost, Said, opened
from figment.scaleout.plan import Plan
from figment.scaleout.replica import Replica

APPLICATION = "figment"
# How often the queue's depth is told, and over how long it is looked at: the delays of the plan count from there.
_METRICS_S = 0.25
_LOOK_BACK_S = 1.0
# What a replica that is let go may still finish.
_GRACE_S = 120.0
# A request that waits for its replica sees so often whether one will come at all.
_LOOK_AGAIN_S = 5.0
_HOPELESS = ("UNHEALTHY", "DEPLOY_FAILED")
# What one image is thought to take before any was made.
_FIRST_GUESS_S = 0.5


class Pool:
    """An `ImageWorker` over the replicas of one plan. `deploy` before use, off the event loop."""

    def __init__(self, plan: Plan, build: Build, weights: Weights) -> None:
        self._plan = plan
        self._hosted = (build, dict(weights))
        self._name = f"engine-{plan.fingerprint(*self._hosted)}"
        self._handle: DeploymentHandle[Any] | None = None
        self._waiting: set[object] = set()
        self._pace = _Pace()
        self._looked_at = 0.0
        self._known_trouble: str | None = None

    def deploy(self) -> None:
        """Find the replicas of this plan, or have them made."""
        serve.start(proxy_location="Disabled")
        running = serve.status().applications.get(APPLICATION)
        if running is None or self._name not in running.deployments:
            serve.run(self._deployment(), name=APPLICATION, route_prefix=None)
        self._handle = serve.get_app_handle(APPLICATION).options(stream=True)

    def leave(self) -> None:
        """Stop telling of this process's queue. The replicas stay, for other processes or until nobody has asked for a while."""
        if self._handle is not None:
            self._handle.shutdown()
            self._handle = None

    def _deployment(self) -> serve.Application:
        plan = self._plan
        with warnings.catch_warnings():
            # `metrics_interval_s` is called deprecated, and the variables that are to replace it are read by nothing in this release.
            warnings.simplefilter("ignore")
            scaling = AutoscalingConfig(
                min_replicas=plan.min_replicas,
                max_replicas=plan.max_replicas,
                target_ongoing_requests=plan.target,
                upscale_delay_s=plan.upscale_delay_s,
                downscale_delay_s=plan.downscale_delay_s,
                metrics_interval_s=_METRICS_S,
                look_back_period_s=_LOOK_BACK_S,
                # A burst is seen whole at once; the mean would let it climb for as long as one looks back.
                aggregation_function="max",
            )
        deployment = serve.deployment(
            name=self._name,
            autoscaling_config=scaling,
            max_ongoing_requests=plan.replica_requests,
            max_queued_requests=plan.queue,
            ray_actor_options={"num_cpus": plan.replica_cpus, "num_gpus": plan.replica_gpus},
            graceful_shutdown_timeout_s=_GRACE_S,
            graceful_shutdown_wait_loop_s=0.2,
            user_config={},
            # What is asked for is told by the jobs; a line for each request would say it again on every node.
            logging_config={"enable_access_log": False, "log_level": "WARNING"},
        )
        return deployment(Replica).bind(*self._hosted)

    async def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Update, None]:
        """See `ImageWorker.run`."""
        handle = self._deployed().options(multiplexed_model_id=request.model)
        place = object()
        yield Waiting(len(self._waiting))
        self._waiting.add(place)
        try:
            async with contextlib.aclosing(self._told(handle.run.remote(request, ticket))) as updates:
                async for update in updates:
                    self._waiting.discard(place)
                    if isinstance(update, Finished):
                        self._pace.finished()
                    yield cast(Update, update)
        finally:
            self._waiting.discard(place)

    async def open(self, name: str) -> AsyncGenerator[Opening | ModelCard, None]:
        """See `ImageWorker.open`. One replica opens it now; any other when the first request for it gets there."""
        handle = self._deployed().options(multiplexed_model_id=name)
        async with contextlib.aclosing(self._told(handle.open.remote(name))) as updates:
            async for update in updates:
                yield cast(Opening | ModelCard, update)

    def _deployed(self) -> DeploymentHandle[Any]:
        """
        Raises:
            WorkerLost: the pool is not started, or was left.
        """
        if self._handle is None:
            raise WorkerLost("the pool has not been started")
        return self._handle

    async def _told(self, response: Any) -> AsyncGenerator[Said, None]:
        """What a replica says until its last word. Closing it takes the row out."""
        ended = False
        try:
            async with contextlib.aclosing(self._updates(response)) as updates:
                async for update in updates:
                    ended = isinstance(update, Finished | ModelCard)
                    yield update
                    if ended:
                        return
        finally:
            if not ended:
                # Out of the batch, or out of the router's queue; of what failed there is nothing left to take.
                with contextlib.suppress(RayError, RayServeException):
                    response.cancel()

    async def _updates(self, letters: AsyncIterator[Letter]) -> AsyncGenerator[Said, None]:
        """
        Raises:
            QueueFull: too many wait in this process for a replica, or the replica's own queue is full.
            GenerationRefused: the replica's engine will not make it.
            WorkerLost: the replica died, or none can be had.
        """
        try:
            yield opened(await self._first(letters))
            async for letter in letters:
                yield opened(letter)
        except BackPressureError as full:
            waiting = len(self._waiting)
            raise QueueFull(waiting, self._pace.retry_after_s(waiting)) from full
        except DeploymentUnavailableError as error:
            raise WorkerLost(await asyncio.to_thread(_why_no_replica, self._name) or "the pool is not there") from error
        except (RayError, RayServeException) as error:
            raise WorkerLost(f"the replica was lost: {first_line(error)}") from error

    async def _first(self, letters: AsyncIterator[Letter]) -> Letter:
        """The first letter, however long a replica takes to come, unless none will.

        Raises:
            WorkerLost: replicas were tried, and do not start.
        """
        coming = asyncio.ensure_future(_next(letters))
        try:
            while not (await asyncio.wait({coming}, timeout=_LOOK_AGAIN_S))[0]:
                if (trouble := await self._trouble()) is not None:
                    raise WorkerLost(trouble)
            return coming.result()
        finally:
            coming.cancel()

    async def _trouble(self) -> str | None:
        """Why no replica will come, or None. Asked of the controller once for all that wait."""
        now = time.monotonic()
        if now > self._looked_at + _LOOK_AGAIN_S:
            self._looked_at = now
            self._known_trouble = await asyncio.to_thread(_why_no_replica, self._name)
        return self._known_trouble


async def _next(letters: AsyncIterator[Letter]) -> Letter:
    return await anext(letters, Lost("the replica ended the stream without a picture"))


def _why_no_replica(name: str) -> str | None:
    application = serve.status().applications.get(APPLICATION)
    deployment = application and application.deployments.get(name)
    if deployment is None:
        return "this pool was deleted, or replaced by a process with other settings: give all processes the same, and start this one again"
    if deployment.status in _HOPELESS and not deployment.replica_states.get("RUNNING"):
        lines = [line for line in deployment.message.splitlines() if line.strip()]
        return f"no replica starts: {lines[0]} {lines[-1]}" if lines else "no replica starts"
    return None


class _Pace:
    """How fast images come back to this process, for the words "try again in"."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends: deque[float] = deque(maxlen=32)

    def finished(self) -> None:
        self._ends.append(self._clock())

    def retry_after_s(self, waiting: int) -> float:
        """Half the time that those who wait would take: by then there is room, and the pool has not run dry while everybody stays away."""
        enough = len(self._ends) > 1
        image_s = (self._ends[-1] - self._ends[0]) / (len(self._ends) - 1) if enough else _FIRST_GUESS_S
        return max(1.0, waiting * image_s / 2)
