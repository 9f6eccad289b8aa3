"""A model's weights, which can leave the device and come back."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from figment.engine.backends.diffusion import memory
from figment.engine.errors import NotEnoughMemory


@dataclass(slots=True, eq=False)
class Weights:
    """Every parameter and buffer of some networks, each once. Whoever calls the networks must not while they are moved.

    The copies in the processor's memory are kept once they are made: weights do not change, so a model that has been parked before is parked
    by forgetting.
    """

    networks: Sequence[nn.Module]
    device: torch.device
    _parked: bool = False
    _copies: list[Tensor] = field(default_factory=list)
    _bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self._bytes = sum(tensor.nbytes for tensor in self._tensors())

    @property
    def bytes(self) -> int:
        """What they take of the device's memory when they are there."""
        return self._bytes

    def park(self) -> None:
        """Free the device's memory.

        Raises:
            NotEnoughMemory: the processor's memory has no room; nothing has moved.
        """
        if self._parked:
            return
        if not self._copies:
            self._copies = self._copied()
        self._wait()
        for tensor in self._tensors():
            tensor.data = torch.empty(0, dtype=tensor.dtype, device=self.device)
        self._parked = True
        self._give_back()

    def bring_back(self) -> None:
        """Put them on the device again.

        Raises:
            NotEnoughMemory: the device has no room; nothing has moved.
        """
        if not self._parked:
            return
        try:
            there = [copy.to(self.device, non_blocking=True, copy=True) for copy in self._copies]
        except torch.OutOfMemoryError as error:
            self._give_back()
            raise NotEnoughMemory(f"{self.device} has no room for {self._bytes / 1e9:.1f} GB of weights") from error
        for tensor, moved in zip(self._tensors(), there, strict=True):
            tensor.data = moved
        self._parked = False
        # The copies run on the caller's stream: later work of other threads must find them done.
        self._wait()

    def _copied(self) -> list[Tensor]:
        pinned = self.device.type == "cuda"
        try:
            return [_host_copy(tensor, pinned) for tensor in self._tensors()]
        except RuntimeError as error:  # page-locked memory that cannot be had is one of CUDA's errors
            raise NotEnoughMemory(
                f"the processor has no room for {self._bytes / 1e9:.1f} GB of weights: {error}"
            ) from error

    def _tensors(self) -> Iterator[Tensor]:
        """Always in the same order."""
        return _each_once(tensor for network in self.networks for tensor in (*network.parameters(), *network.buffers()))

    def _wait(self) -> None:
        """Of the calling thread's stream only: a wait for the whole device would spoil a recording that another thread makes."""
        if self.device.type == "cuda":
            torch.cuda.current_stream(self.device).synchronize()

    def _give_back(self) -> None:
        """To the driver, where other models and other processes can have it."""
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


class OnDevice:
    """What every backend of torch networks can: `figment.engine.backends.base.Parkable`."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        # Held while weights move, and by all that the runner does with them: a step of rows that were given up may still be in flight when
        # nobody wants the model any more.
        self._in_place = threading.Lock()

    @property
    def device_bytes(self) -> int:
        return self._weights.bytes if self._weights.device.type == "cuda" else 0

    def free_bytes(self) -> int:
        return memory.free_bytes(self._weights.device)

    def park(self) -> None:
        with self._in_place:
            self._before_parking()
            self._weights.park()

    def bring_back(self) -> None:
        with self._in_place:
            self._weights.bring_back()

    def _before_parking(self) -> None:
        """Let go of what belongs to weights that are there."""


def _host_copy(tensor: Tensor, pinned: bool) -> Tensor:
    host = torch.empty_like(tensor, device="cpu", pin_memory=pinned)
    return host.copy_(tensor, non_blocking=pinned)


def _each_once(tensors: Iterable[Tensor]) -> Iterator[Tensor]:
    """Networks may have parts in common."""
    seen: set[int] = set()
    for tensor in tensors:
        if id(tensor) not in seen:
            seen.add(id(tensor))
            yield tensor
