"""A network's calls, recorded once for each shape and replayed: on CUDA as graphs, which spare a step the launching of a thousand kernels.

A shape is that of the inputs of one row, and how many rows; rows are padded to the next of `BUCKETS`. A shape that comes again and again is
recorded, in pieces of about a step each, whenever the runner has time between two steps; until then, and where that fails, the network
is called as ever. Everything here runs on the runner's thread (docs/decisions/0015-cuda-graphs.md says why).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import structlog
import torch
from torch import Tensor

log = structlog.get_logger(__name__)

BUCKETS = (1, 2, 4, 8, 16, 32)
WORTH_IT = 3
"""Calls of a shape before it is recorded: about as many as recording costs."""
WARM_UPS = 2
KEPT = 24
"""Recordings of one network: four sizes in every bucket."""
_one_at_a_time = threading.Lock()

Inputs = Mapping[str, Tensor]
Network = Callable[[Inputs], Tensor]
"""Inputs and answer have the rows first. Nothing of it may wait for the device."""


class Recording(Protocol):
    """One call with fixed inputs, which can be made again."""

    @property
    def output(self) -> Tensor:
        """What the last `replay` gave; it may be overwritten by any other recording of the same recorder."""
        ...

    def replay(self) -> None: ...


class Recorder(Protocol):
    """Makes recordings, on the thread that replays them."""

    def warm_up(self, call: Callable[[], Tensor]) -> None:
        """Run it once as it will be recorded, so that what libraries do at a first call is behind."""
        ...

    def record(self, call: Callable[[], Tensor]) -> Recording: ...

    def settle(self) -> None:
        """Wait until no recording runs on the device any more, so that they can be thrown away."""
        ...

    def start_over(self) -> None:
        """Recordings were thrown away: later ones have nothing to do with them."""
        ...


class Shape(NamedTuple):
    """`inputs`: name, shape of one row, precision."""

    bucket: int
    inputs: tuple[tuple[str, tuple[int, ...], torch.dtype], ...]


@dataclass(slots=True)
class _Candidate:
    """A shape that is not recorded yet. `inputs`: the tensors that its recording will read, once it is worth it."""

    calls: int = 0
    warmed: int = 0
    inputs: dict[str, Tensor] | None = None


@dataclass(frozen=True, slots=True)
class _Recorded:
    inputs: dict[str, Tensor]
    recording: Recording

    def __call__(self, inputs: Inputs, rows: int) -> Tensor:
        for name, fixed in self.inputs.items():
            fixed[:rows].copy_(inputs[name])
        self.recording.replay()
        # A copy: the next replay, of this recording or another, writes over the output, and previews are made of it later.
        return self.recording.output[:rows].clone()


@dataclass(slots=True, eq=False)
class Replayed:
    """A network that is called as ever and answers as ever. `recorder`: None records nothing. Not for two threads at a time."""

    name: str
    network: Network
    recorder: Recorder | None
    kept: int = KEPT
    _recorded: OrderedDict[Shape, _Recorded] = field(default_factory=OrderedDict)
    _candidates: OrderedDict[Shape, _Candidate] = field(default_factory=OrderedDict)
    _refused: set[Shape] = field(default_factory=set)

    def __call__(self, inputs: Inputs) -> Tensor:
        rows = len(next(iter(inputs.values())))
        if self.recorder is None or rows > BUCKETS[-1]:
            return self.network(inputs)
        shape = _shape(inputs, rows)
        recorded = self._recorded.get(shape)
        if recorded is not None:
            self._recorded.move_to_end(shape)
            return recorded(inputs, rows)
        if shape not in self._refused:
            self._want(shape, inputs)
        return self._eagerly(inputs)

    def recorded(self) -> list[Shape]:
        """What is replayed, the least lately used first."""
        return list(self._recorded)

    def improve(self) -> bool:
        """A piece of the work of recording: one warm-up, or the recording. False: there is nothing to do."""
        wanted = next(((shape, c) for shape, c in self._candidates.items() if c.inputs is not None), None)
        if self.recorder is None or wanted is None:
            return False
        shape, candidate = wanted
        try:
            self._advance(self.recorder, shape, candidate)
        except (
            Exception
        ) as error:  # libraries have many ways to say that something cannot be recorded, or that memory is full
            self._refuse(shape, error)
        return True

    def forget(self) -> None:
        """Throw all recordings away, as the weights that they read are about to move."""
        if self.recorder is not None and self._recorded:
            self.recorder.settle()
        self._recorded.clear()
        self._candidates.clear()
        if self.recorder is not None:
            self.recorder.start_over()

    def _eagerly(self, inputs: Inputs) -> Tensor:
        """The plain call. Where the recordings hold the memory that it lacks, they go, for good."""
        try:
            return self.network(inputs)
        except torch.OutOfMemoryError:
            if not self._recorded:
                raise
        log.warning("engine.recordings_given_up", network=self.name, reason="the device's memory is full")
        self.forget()
        self.recorder = None
        return self.network(inputs)

    def _want(self, shape: Shape, inputs: Inputs) -> None:
        candidate = self._candidates.setdefault(shape, _Candidate())
        self._candidates.move_to_end(shape)
        candidate.calls += 1
        if candidate.calls == WORTH_IT:
            candidate.inputs = {name: _padded(given, shape.bucket) for name, given in inputs.items()}
        while len(self._candidates) > self.kept:
            self._candidates.popitem(last=False)

    def _advance(self, recorder: Recorder, shape: Shape, candidate: _Candidate) -> None:
        inputs = candidate.inputs or {}
        if candidate.warmed < WARM_UPS:
            recorder.warm_up(lambda: self.network(inputs))
            candidate.warmed += 1
            return
        self._recorded[shape] = _Recorded(inputs, recorder.record(lambda: self.network(inputs)))
        del self._candidates[shape]
        while len(self._recorded) > self.kept:
            recorder.settle()
            self._recorded.popitem(last=False)

    def _refuse(self, shape: Shape, error: Exception) -> None:
        del self._candidates[shape]
        self._refused.add(shape)
        rows = {name: list(row) for name, row, _ in shape.inputs}
        log.warning("engine.not_recorded", network=self.name, bucket=shape.bucket, inputs=rows, error=str(error))


def _shape(inputs: Inputs, rows: int) -> Shape:
    bucket = next(size for size in BUCKETS if size >= rows)
    return Shape(bucket, tuple((name, tuple(given.shape[1:]), given.dtype) for name, given in inputs.items()))


def _padded(given: Tensor, rows: int) -> Tensor:
    """Its first row so many times over: numbers as they come, for rows that nobody reads."""
    return given[:1].repeat(rows, *(1 for _ in given.shape[1:]))


# -- recorders --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Called:
    call: Callable[[], Tensor]
    output: Tensor

    def replay(self) -> None:
        self.output.copy_(self.call())


class Calling:
    """Records nothing and calls again, on any device: the way to try everything around a recording without CUDA."""

    def warm_up(self, call: Callable[[], Tensor]) -> None:
        call()

    def record(self, call: Callable[[], Tensor]) -> Recording:
        return _Called(call, call())

    def settle(self) -> None:
        """Nothing runs on after a call."""

    def start_over(self) -> None:
        """Calls have nothing in common."""


@dataclass(frozen=True, slots=True)
class _Graph:
    graph: torch.cuda.CUDAGraph
    output: Tensor

    def replay(self) -> None:
        self.graph.replay()


class CudaGraphs:
    """CUDA graphs that share one pool of memory, which is as large as the largest of them needs: no two run at a time."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)
        self._pool = torch.cuda.graph_pool_handle()

    def warm_up(self, call: Callable[[], Tensor]) -> None:
        """On the stream of the recording: cuBLAS keeps its memory by thread and stream, and none can be had while recording."""
        at_work = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(at_work)
        with torch.cuda.stream(self._stream):
            call()
        at_work.wait_stream(self._stream)

    def record(self, call: Callable[[], Tensor]) -> Recording:
        """thread_local: other threads go on encoding prompts and pictures, whose allocations would else spoil the recording."""
        graph = torch.cuda.CUDAGraph()
        try:
            # The outer stream context: torch.cuda.graph leaves the thread on its own stream when a recording fails.
            with (
                _one_at_a_time,
                torch.cuda.stream(self._stream),
                torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"),
            ):
                output = call()
        except Exception:
            self.start_over()
            raise
        return _Graph(graph, output)

    def settle(self) -> None:
        torch.cuda.current_stream(self._device).synchronize()

    def start_over(self) -> None:
        """torch does not open a pool again whose last graph is gone."""
        self._pool = torch.cuda.graph_pool_handle()


def recorder(device: torch.device) -> Recorder | None:
    """What records on a device; None where nothing is gained by it."""
    return CudaGraphs(device) if device.type == "cuda" else None


def nothing(device: torch.device) -> Recorder | None:
    """Records nowhere."""
    return None
